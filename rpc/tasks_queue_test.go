package rpc_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/task"
)

// rowPart saves all of a task that has no part of its own.
const rowPart = task.Row

func taskID(id string) task.ID { return task.ID(id) }

// line is what stands in the queue of that name, by the names of the tasks.
func (w world) line(t *testing.T, name string) string {
	t.Helper()
	found := w.Call(t, "queues.get_all", map[string]any{"name": "^" + name + "$"})["queues"].([]any)
	if len(found) != 1 {
		return "no queue"
	}
	var names []string
	for _, e := range found[0].(map[string]any)["entries"].([]any) {
		names = append(names, w.doc(t, e.(map[string]any)["task"].(string))["name"].(string))
	}
	return strings.Join(names, " ")
}

func TestQueuing(t *testing.T) {
	w := world{World: rpctest.New(t)}
	draft := func(name string) string {
		return w.Call(t, "tasks.create", map[string]any{"name": name, "type": "training", "system_tags": []string{"development", "kept"}})["id"].(string)
	}
	a, b := draft("a"), draft("b")
	call := func(endpoint, id string, more ...any) map[string]any {
		t.Helper()
		body := map[string]any{"task": id}
		for i := 0; i < len(more); i += 2 {
			body[more[i].(string)] = more[i+1]
		}
		return w.Call(t, endpoint, body)
	}
	lines := func(want string) {
		t.Helper()
		if got := w.line(t, "default") + " | " + w.line(t, "gpu"); got != want {
			t.Errorf("queues: %s, want %s", got, want)
		}
	}
	defaultQueue := w.Call(t, "queues.get_default", map[string]any{})["id"]

	r := call("tasks.enqueue", a, "status_reason", "why", "status_message", "how")
	fields := r["fields"].(map[string]any)
	if r["queued"] != 1.0 || r["updated"] != 1.0 || fields["execution.queue"] != defaultQueue || fields["enqueue_status"] != "created" || fields["status"] != "queued" {
		t.Errorf("enqueued: %v", r)
	}
	if _, told := r["queue_watched"]; told {
		t.Errorf("nobody asked whether the queue is watched: %v", r)
	}
	if r := call("tasks.enqueue", b, "verify_watched_queue", true); r["queue_watched"] != false {
		t.Errorf("no agent watches: %v", r)
	}
	lines("a b | no queue")
	d := w.doc(t, a)
	if fmt.Sprint(d["system_tags"]) != "[kept]" || d["execution"].(map[string]any)["queue"] != defaultQueue || d["status_message"] != "how" {
		t.Errorf("queued: %v %v %v", d["system_tags"], d["execution"], d["status_message"])
	}

	call("tasks.enqueue", a, "queue_name", "gpu") // takes it out of the other
	lines("b | a")
	gpu := w.doc(t, a)["execution"].(map[string]any)["queue"]
	call("tasks.enqueue", a, "queue", defaultQueue, "update_execution_queue", false) // beside
	lines("b a | a")
	if got := w.doc(t, a)["execution"].(map[string]any)["queue"]; got != gpu {
		t.Errorf("the queue that the task is to be run by became %v", got)
	}
	if r := call("tasks.dequeue", a); r["dequeued"] != 1.0 || r["updated"] != 1.0 || r["fields"].(map[string]any)["status"] != "created" {
		t.Errorf("dequeued: %v", r)
	}
	lines("b a | ")
	if d := w.doc(t, a); d["status"] != "created" || d["execution"].(map[string]any)["queue"] != gpu {
		t.Errorf("dequeued: %v %v", d["status"], d["execution"])
	}
	if r := call("tasks.dequeue", a, "remove_from_all_queues", true); r["dequeued"] != 1.0 || r["updated"] != 0.0 || len(r["fields"].(map[string]any)) != 0 {
		t.Errorf("dequeued when it did not wait: %v", r)
	}
	lines("b | ")
	if r := call("tasks.dequeue", "none"); r["dequeued"] != 1.0 || r["updated"] != 0.0 {
		t.Errorf("dequeued what is gone: %v", r)
	}
	if r := call("tasks.dequeue", b, "new_status", "stopped"); r["fields"].(map[string]any)["status"] != "stopped" {
		t.Errorf("dequeued to a status: %v", r)
	}
	call("tasks.enqueue", b, "queue", gpu)
	call("tasks.dequeue", b)
	if got := w.doc(t, b)["status"]; got != "stopped" {
		t.Errorf("it goes back to where it was queued from, not to %v", got)
	}
	lines(" | ")
}

func TestDeletingAQueue(t *testing.T) {
	w := world{World: rpctest.New(t)}
	waiting := w.Call(t, "tasks.create", map[string]any{"name": "waiting", "type": "training"})["id"].(string)
	running := w.newTask(t, "running")
	w.Call(t, "tasks.enqueue", map[string]any{"task": waiting, "queue_name": "gpu"})
	w.Call(t, "tasks.stopped", map[string]any{"task": running})
	w.Call(t, "tasks.enqueue", map[string]any{"task": running, "queue_name": "gpu"})
	w.Call(t, "tasks.started", map[string]any{"task": running}) // its entry stays
	q := map[string]any{"queue": w.doc(t, waiting)["execution"].(map[string]any)["queue"]}
	if n := w.Call(t, "queues.get_num_entries", q)["num"]; n != 2.0 {
		t.Errorf("%v tasks wait", n)
	}
	w.Refused(t, "queues.delete", q, 400, 702)
	q["force"] = true
	w.Call(t, "queues.delete", q)
	if got := w.line(t, "gpu"); got != "no queue" {
		t.Errorf("there is still %q", got)
	}
	if a, b := w.doc(t, waiting)["status"], w.doc(t, running)["status"]; a != "created" || b != "in_progress" {
		t.Errorf("the tasks became %v and %v", a, b)
	}
	for _, endpoint := range []string{"queues.delete", "queues.get_num_entries"} {
		w.Refused(t, endpoint, q, 400, 701)
	}
}

func TestWhatLeavesAQueue(t *testing.T) {
	w := world{World: rpctest.New(t)}
	for name, c := range map[string]struct {
		endpoint string
		body     func(id string) map[string]any
		status   string
		waits    bool
	}{
		"stop":    {"tasks.stop", func(id string) map[string]any { return map[string]any{"task": id} }, "stopped", false},
		"archive": {"tasks.archive", func(id string) map[string]any { return map[string]any{"tasks": []string{id}} }, "created", false},
		"reset":   {"tasks.reset", func(id string) map[string]any { return map[string]any{"task": id} }, "created", false},
		"delete":  {"tasks.delete", func(id string) map[string]any { return map[string]any{"task": id, "force": true} }, "", false},
		"started": {"tasks.started", func(id string) map[string]any { return map[string]any{"task": id} }, "in_progress", true},
	} {
		t.Run(name, func(t *testing.T) {
			id := w.Call(t, "tasks.create", map[string]any{"name": name, "type": "training"})["id"].(string)
			w.Call(t, "tasks.enqueue", map[string]any{"task": id, "queue_name": "of " + name})
			r := w.Call(t, c.endpoint, c.body(id))
			if name == "reset" && fmt.Sprint(r["dequeued"]) != "map[removed:1]" {
				t.Errorf("reset tells %v", r["dequeued"])
			}
			want := ""
			if c.waits {
				want = name
			}
			if got := w.line(t, "of "+name); got != want {
				t.Errorf("there stands %q, want %q", got, want)
			}
			if c.status != "" && w.doc(t, id)["status"] != c.status {
				t.Errorf("it is %v, want %s", w.doc(t, id)["status"], c.status)
			}
		})
	}
}

// Whatever happens at once to a task, it stands in a queue exactly while it
// waits.
func TestStatusAndEntryNeverPart(t *testing.T) {
	w := world{World: rpctest.New(t)}
	id := w.Call(t, "tasks.create", map[string]any{"name": "busy", "type": "training"})["id"].(string)
	bodies := map[string]string{
		"tasks.enqueue": `{"task":"` + id + `","queue_name":"one"}`, "tasks.dequeue": `{"task":"` + id + `"}`,
		"tasks.archive": `{"tasks":["` + id + `"]}`, "tasks.reset": `{"task":"` + id + `","force":true}`, "tasks.enqueue_many": `{"ids":["` + id + `"],"queue_name":"two"}`,
	}
	for range 5 {
		var all sync.WaitGroup
		for endpoint, body := range bodies {
			for range 2 {
				all.Go(func() {
					r := w.Do(t, rpctest.Request{Path: "/v2.34/" + endpoint, Body: body})
					if r.Status != 200 && r.Status != 400 {
						t.Errorf("%s: %d %s", endpoint, r.Status, r.Message)
					}
				})
			}
		}
		all.Wait()
		entries := 0
		for _, q := range w.Call(t, "queues.get_all", map[string]any{})["queues"].([]any) {
			entries += len(q.(map[string]any)["entries"].([]any))
		}
		want := 0
		if w.doc(t, id)["status"] == "queued" {
			want = 1
		}
		if entries != want {
			t.Fatalf("the task is %v and has %d entries", w.doc(t, id)["status"], entries)
		}
	}
}
