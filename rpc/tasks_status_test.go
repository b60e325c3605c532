package rpc_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/rpc/rpctest"
)

// follows is the life cycle as the protocol has it: what may follow what
// without force. It stands here a second time on purpose.
var follows = map[string]string{
	"created":     "queued in_progress",
	"queued":      "created in_progress stopped",
	"in_progress": "stopped failed created completed",
	"stopped":     "closed created failed queued in_progress published publishing completed",
	"closed":      "created failed published publishing stopped",
	"failed":      "created stopped published queued",
	"publishing":  "published",
	"completed":   "published in_progress created",
	"published":   "",
	"unknown":     "",
}

// leadsTo is the status that each endpoint moves a task to.
var leadsTo = map[string]string{
	"tasks.started": "in_progress", "tasks.stopped": "stopped", "tasks.failed": "failed", "tasks.completed": "completed",
	"tasks.close": "closed", "tasks.publish": "published", "tasks.enqueue": "queued", "tasks.reset": "created",
}

func TestEveryMoveOfTheLifeCycle(t *testing.T) {
	w := world{World: rpctest.New(t)}
	for from, next := range follows {
		for endpoint, to := range leadsTo {
			// A published task is published and reset by force alone, though
			// the same status may follow itself elsewhere.
			allowed := slices.Contains(strings.Fields(next), to) || from == to && from != "published"
			for _, force := range []bool{false, true} {
				name := fmt.Sprintf("%s from %s, force %v", endpoint, from, force)
				id := w.Call(t, "tasks.create", map[string]any{"name": name, "type": "training"})["id"].(string)
				w.Call(t, "tasks.edit", map[string]any{"task": id, "status": from})
				w.Pass(time.Second)
				body := map[string]any{"task": id, "force": force, "status_reason": "why", "status_message": "how"}
				if !allowed && !force {
					w.Refused(t, endpoint, body, 400, 110)
					continue
				}
				r := w.Call(t, endpoint, body)
				fields := r["fields"].(map[string]any)
				d := w.doc(t, id)
				if r["updated"] != 1.0 || fields["status"] != to || d["status"] != to {
					t.Errorf("%s: %v, task is %v", name, r, d["status"])
				}
				reason, message := "why", "how"
				if endpoint == "tasks.reset" {
					reason, message = "reset", "reset"
				}
				if d["status_reason"] != reason || d["status_message"] != message || fields["status_message"] != message {
					t.Errorf("%s: reason %v, message %v", name, d["status_reason"], d["status_message"])
				}
				for _, field := range []string{"status_changed", "last_update", "last_change"} {
					if fields[field] == nil || fields[field] != d[field] {
						t.Errorf("%s: %s is told as %v and is %v", name, field, fields[field], d[field])
					}
				}
				if d["status_changed"] != d["last_change"] && !near(t, d["status_changed"], d["last_change"]) || d["last_changed_by"] != fields["last_changed_by"] {
					t.Errorf("%s: changed %v, last change %v by %v", name, d["status_changed"], d["last_change"], d["last_changed_by"])
				}
			}
		}
	}
}

// near reports whether two stamps are less than a second apart.
func near(t *testing.T, a, b any) bool {
	t.Helper()
	x, err1 := time.Parse(time.RFC3339, a.(string))
	y, err2 := time.Parse(time.RFC3339, b.(string))
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	return x.Sub(y).Abs() < time.Second
}

func TestWhatHangsOnAStatus(t *testing.T) {
	w := newWorld(t)
	times := func() string {
		t.Helper()
		d := w.doc(t, w.task)
		var set []string
		for _, name := range []string{"started", "completed", "published", "active_duration"} {
			if d[name] != nil {
				set = append(set, name)
			}
		}
		return strings.Join(set, " ")
	}
	want := func(set string) {
		t.Helper()
		if got := times(); got != set {
			t.Errorf("set are %q, want %q", got, set)
		}
	}
	want("started")
	w.Pass(90 * time.Second)
	w.Call(t, "tasks.ping", map[string]any{"task": w.task})
	if d := w.doc(t, w.task)["active_duration"]; d != 90.0 {
		t.Errorf("active for %v", d)
	}
	w.Pass(30 * time.Second)
	w.Call(t, "tasks.stopped", map[string]any{"task": w.task})
	want("started completed active_duration")
	w.Pass(time.Hour)
	w.Call(t, "tasks.ping", map[string]any{"task": w.task})
	if d := w.doc(t, w.task)["active_duration"]; d != 120.0 {
		t.Errorf("the end of a run fixes how long it was active, got %v", d)
	}
	if r := w.Call(t, "tasks.started", map[string]any{"task": w.task}); r["started"] != 1.0 {
		t.Errorf("started again: %v", r)
	}
	want("started")
	w.Pass(time.Minute)
	r := w.Call(t, "tasks.completed", map[string]any{"task": w.task, "publish": true})
	if fields := r["fields"].(map[string]any); r["published"] != 1.0 || fields["status"] != "published" || fields["completed"] == nil {
		t.Errorf("completed and published at once: %v", r)
	}
	want("started completed published active_duration")
	w.Call(t, "tasks.reset", map[string]any{"task": w.task, "force": true})
	want("")
}

func TestStopping(t *testing.T) {
	w := newWorld(t)
	stop := func(body map[string]any) map[string]any {
		t.Helper()
		body["task"] = w.task
		w.Call(t, "tasks.stop", body)
		return w.doc(t, w.task)
	}
	report := func() {
		t.Helper()
		got, err := w.Tasks.Store.Get(t.Context(), taskID(w.task))
		if err != nil {
			t.Fatal(err)
		}
		got.LastWorker, got.LastUpdate = "worker:0", w.Now()
		if err := w.Tasks.Store.Save(t.Context(), got, rowPart); err != nil {
			t.Fatal(err)
		}
	}
	report()
	if d := stop(map[string]any{"status_reason": "enough", "status_message": "unused"}); d["status"] != "in_progress" || d["status_message"] != "stopping" || d["status_reason"] != "enough" {
		t.Errorf("a live worker is asked: %v %v", d["status"], d["status_message"])
	}
	w.Pass(11 * time.Minute)
	if d := stop(map[string]any{}); d["status"] != "stopped" || d["status_message"] != "stopped by admin" || d["completed"] == nil {
		t.Errorf("a silent worker is past asking: %v %v %v", d["status"], d["status_message"], d["completed"])
	}
	w.Call(t, "tasks.started", map[string]any{"task": w.task})
	w.Call(t, "tasks.edit", map[string]any{"task": w.task, "force": true, "system_tags": []string{"development"}})
	report()
	if d := stop(map[string]any{}); d["status"] != "stopped" {
		t.Errorf("a run by hand has no worker to ask: %v", d["status"])
	}
}

func TestStoppingAPipelineStopsItsRunningSteps(t *testing.T) {
	w := world{World: rpctest.New(t)}
	ids := map[string]string{}
	make := func(name, typ, parent, endpoint string) {
		body := map[string]any{"name": name, "type": typ}
		if parent != "" {
			body["parent"] = ids[parent]
		}
		ids[name] = w.Call(t, "tasks.create", body)["id"].(string)
		if endpoint != "" {
			w.Call(t, endpoint, map[string]any{"task": ids[name]})
		}
	}
	make("pipeline", "controller", "", "tasks.started")
	make("step", "training", "pipeline", "tasks.started")
	make("waiting", "training", "pipeline", "tasks.enqueue")
	make("done", "training", "pipeline", "tasks.started")
	w.Call(t, "tasks.completed", map[string]any{"task": ids["done"]})
	make("other", "training", "", "tasks.started")
	w.Call(t, "tasks.stop_many", map[string]any{"ids": []string{ids["pipeline"]}, "include_pipeline_steps": true})
	for name, want := range map[string]string{"pipeline": "stopped", "step": "stopped", "waiting": "stopped", "done": "completed", "other": "in_progress"} {
		if got := w.doc(t, ids[name])["status"]; got != want {
			t.Errorf("%s is %v, want %s", name, got, want)
		}
	}
	w.Call(t, "tasks.archive", map[string]any{"tasks": []string{ids["pipeline"]}, "include_pipeline_steps": true})
	for name, want := range map[string]string{"pipeline": "[archived]", "step": "[archived]", "done": "[archived]", "other": "[]"} {
		if got := fmt.Sprint(w.doc(t, ids[name])["system_tags"]); got != want {
			t.Errorf("%s has system tags %s, want %s", name, got, want)
		}
	}
	w.Call(t, "tasks.unarchive_many", map[string]any{"ids": []string{ids["pipeline"]}, "include_pipeline_steps": true})
	if got := fmt.Sprint(w.doc(t, ids["step"])["system_tags"]); got != "[]" {
		t.Errorf("the step came back with %s", got)
	}
	r := w.Call(t, "tasks.delete", map[string]any{"task": ids["pipeline"], "force": true, "include_pipeline_steps": true})
	if r["updated_children"] != 0.0 {
		t.Errorf("no child is left to be marked: %v", r)
	}
	for _, name := range []string{"pipeline", "step", "waiting", "done"} {
		w.Refused(t, "tasks.get_by_id", map[string]any{"task": ids[name]}, 400, 101)
	}
	w.doc(t, ids["other"])
}

func TestManyGoOnAfterAFailure(t *testing.T) {
	w := newWorld(t)
	other := w.newTask(t, "other")
	for _, c := range []struct {
		endpoint, keys string
		more           map[string]any
	}{
		{"tasks.stop_many", "fields id updated", nil},
		{"tasks.publish_many", "fields id updated", nil},
		{"tasks.reset_many", "deleted_models dequeued fields id updated urls", map[string]any{"force": true}},
		{"tasks.enqueue_many", "fields id queued updated", nil},
		{"tasks.dequeue_many", "dequeued fields id updated", nil},
		{"tasks.archive_many", "archived id", nil},
		{"tasks.unarchive_many", "id unarchived", nil},
		{"tasks.delete_many", "deleted deleted_models id updated_children updated_models urls", nil},
	} {
		body := map[string]any{"ids": []string{w.task, "none", other}}
		for k, v := range c.more {
			body[k] = v
		}
		r := w.Call(t, c.endpoint, body)
		succeeded, failed := r["succeeded"].([]any), r["failed"].([]any)
		if c.endpoint == "tasks.dequeue_many" { // a task that is gone stands in no queue
			if len(succeeded) != 3 || len(failed) != 0 {
				t.Errorf("%s: %v", c.endpoint, r)
			}
		} else if len(succeeded) != 2 || len(failed) != 1 || failed[0].(map[string]any)["id"] != "none" {
			t.Errorf("%s: %v", c.endpoint, r)
		}
		if succeeded[0].(map[string]any)["id"] != w.task || keysOf(succeeded[0]) != c.keys {
			t.Errorf("%s: item %v, want the keys %s", c.endpoint, succeeded[0], c.keys)
		}
	}
}

func keysOf(object any) string {
	var keys []string
	for k := range object.(map[string]any) {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return strings.Join(keys, " ")
}

func TestSilentRunsAreStopped(t *testing.T) {
	w := newWorld(t)
	noisy, public := w.newTask(t, "noisy"), w.newTask(t, "public")
	w.register(t, item("kept", "one", 100))
	w.Call(t, "tasks.make_public", map[string]any{"ids": []string{public}})
	w.Pass(time.Hour)
	w.Call(t, "tasks.ping", map[string]any{"task": w.task})
	w.Call(t, "tasks.ping", map[string]any{"task": noisy})
	if got, err := w.Tasks.StopSilent(t.Context(), 2*time.Hour); err != nil || len(got) != 0 {
		t.Errorf("stopped %v, %v", got, err)
	}
	w.Pass(100 * time.Minute)
	w.Call(t, "tasks.ping", map[string]any{"task": noisy})
	w.Pass(30 * time.Minute)
	got, err := w.Tasks.StopSilent(t.Context(), 2*time.Hour)
	if err != nil || len(got) != 1 || string(got[0]) != w.task {
		t.Fatalf("stopped %v, %v", got, err)
	}
	d := w.doc(t, w.task)
	if d["status"] != "stopped" || d["status_reason"] != "forced stop (non-responsive)" || d["completed"] == nil || d["active_duration"] != 3600.0 {
		t.Errorf("%v %v, completed %v, active for %v: it was so until its last report", d["status"], d["status_reason"], d["completed"], d["active_duration"])
	}
	if w.keys(t) != "kept" {
		t.Error("what it logged is gone")
	}
	if w.doc(t, noisy)["status"] != "in_progress" || w.doc(t, public)["status"] != "in_progress" {
		t.Error("others were stopped, too")
	}
}
