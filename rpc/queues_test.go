package rpc_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/rpc"
	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/user"
)

func TestQueuesAreMadeAndChanged(t *testing.T) {
	w := world{World: rpctest.New(t)}
	id := w.Call(t, "queues.create", map[string]any{"name": " gpu ", "display_name": "GPUs", "tags": []string{"b", "a"}, "system_tags": []string{"s"}})["id"].(string)
	q := w.Call(t, "queues.get_by_id", map[string]any{"queue": id})["queue"].(map[string]any)
	if fmt.Sprintf("%v %v %v %v", q["name"], q["display_name"], q["tags"], q["system_tags"]) != "gpu GPUs [a b] [s]" {
		t.Error(q)
	}
	r := w.Call(t, "queues.update", map[string]any{"queue": id, "name": "cpu", "tags": []string{"c"}})
	if r["updated"] != 1.0 || fmt.Sprint(r["fields"]) != "map[name:cpu tags:[c]]" {
		t.Error(r)
	}
	if r := w.Call(t, "queues.update", map[string]any{"queue": id}); r["updated"] != 0.0 || len(r["fields"].(map[string]any)) != 0 {
		t.Error(r)
	}
	after := w.Call(t, "queues.get_by_id", map[string]any{"queue": id})["queue"].(map[string]any)
	if fmt.Sprintf("%v %v %v %v", after["name"], after["display_name"], after["tags"], after["system_tags"]) != "cpu GPUs [c] [s]" || after["last_update"] != q["last_update"] {
		t.Error(after)
	}
	wantList(t, w.listed(t, "queues.get_all", map[string]any{"name": "cpu"}, "name"), "cpu")
}

func TestAgentsTakeTasksOutOfQueues(t *testing.T) {
	w := newWorld(t)
	id := w.Call(t, "queues.get_default", map[string]any{})["id"].(string)
	draft := func(name string) string {
		return w.Call(t, "tasks.create", map[string]any{"name": name, "type": "training"})["id"].(string)
	}
	a, b, c := draft("a"), draft("b"), draft("c")
	w.Call(t, "workers.register", map[string]any{"worker": "box:0", "queues": []string{id}, "timeout": 600})
	for _, task := range []string{a, b} {
		w.Call(t, "tasks.enqueue", map[string]any{"task": task, "queue": id})
	}
	if r := w.Call(t, "queues.add_task", map[string]any{"queue": id, "task": c}); r["added"] != 1.0 {
		t.Error(r)
	}
	if d := w.doc(t, c); d["status"] != "created" || d["execution"].(map[string]any)["queue"] != id {
		t.Error(d["status"], d["execution"])
	}
	all := w.Call(t, "queues.get_all_ex", map[string]any{"name": "default", "only_fields": []string{"id"}})["queues"].([]any)[0].(map[string]any)
	var waiting []string
	for _, e := range all["entries"].([]any) {
		waiting = append(waiting, e.(map[string]any)["task"].(map[string]any)["name"].(string))
	}
	if fmt.Sprintf("%v %v %v", waiting, all["workers"], all["name"]) != "[a b c] [] default" {
		t.Error(all)
	}
	if r := w.Call(t, "queues.peek_task", map[string]any{"queue": id}); r["task"] != a {
		t.Error(r)
	}
	if r := w.Call(t, "queues.get_next_task", map[string]any{"queue": id, "task": b}); len(r) != 0 {
		t.Error("another stands before it:", r)
	}
	w.Call(t, "tasks.stopped", map[string]any{"task": a})
	r := w.Call(t, "queues.get_next_task", map[string]any{"queue": id, "get_task_info": true})
	if r["entry"].(map[string]any)["task"] != a || r["task_info"].(map[string]any)["user"] != w.doc(t, a)["user"] {
		t.Error(r)
	}
	if d := w.doc(t, a); d["status"] != "queued" {
		t.Error("a task that was stopped while it waited is", d["status"])
	}
	w.Pass(time.Minute)
	w.Call(t, "tasks.started", map[string]any{"task": a})
	w.Pass(time.Minute)
	w.Call(t, "workers.status_report", map[string]any{"worker": "box:0", "timestamp": 1, "task": a, "queue": id})
	if d := w.doc(t, a); d["last_worker"] != "box:0" || d["last_worker_report"] == nil || d["active_duration"] != 60.0 {
		t.Error(d["last_worker"], d["last_worker_report"], d["active_duration"])
	}
	if r := w.Call(t, "queues.remove_task", map[string]any{"queue": id, "task": b, "update_task_status": true}); r["removed"] != 1.0 {
		t.Error(r)
	}
	if d := w.doc(t, b); d["status"] != "created" || d["execution"].(map[string]any)["queue"] != nil {
		t.Error(d["status"], d["execution"])
	}
	if r := w.Call(t, "queues.get_next_task", map[string]any{"queue": id}); r["entry"].(map[string]any)["task"] != c {
		t.Error(r)
	}
	if r := w.Call(t, "queues.get_next_task", map[string]any{"queue": id}); len(r) != 0 {
		t.Error(r)
	}
	if r := w.Call(t, "queues.peek_task", map[string]any{"queue": id}); fmt.Sprint(r) != "map[task:<nil>]" {
		t.Error(r)
	}
	if r := w.Call(t, "workers.get_all", map[string]any{"last_seen": 3600}); fmt.Sprint(r) != "map[workers:[]]" {
		t.Error(r)
	}
	if r := w.Call(t, "workers.get_count", map[string]any{}); r["count"] != 0.0 {
		t.Error(r)
	}
	w.Call(t, "workers.status_report", map[string]any{"worker": "box:0", "timestamp": 2})
	w.Call(t, "workers.unregister", map[string]any{"worker": "box:0"})
}

// raisedByQueues is the closed list of errors of the endpoints of queues and
// workers, as raises is of tasks.
var raisedByQueues = map[string]string{
	"queues.get_all":         "400/11 400/12 400/14 400/16 400/21 400/1104",
	"queues.get_all_ex":      "400/11 400/12 400/14 400/16 400/21 400/1104",
	"queues.create":          "400/12 400/16 400/801",
	"queues.update":          "400/12 400/16 400/701 400/801",
	"queues.add_task":        "400/12 400/101 400/701 400/706 403/21",
	"queues.remove_task":     "400/12 400/701 400/703",
	"queues.get_next_task":   "400/12 400/701",
	"queues.peek_task":       "400/12 400/701",
	"queues.get_by_id":       "400/12 400/701",
	"queues.get_num_entries": "400/12 400/701",
	"queues.get_default":     "400/707 400/708",
	"queues.delete":          "400/12 400/701 400/702",
	"workers.register":       "400/12 400/701",
	"workers.unregister":     "400/12",
	"workers.status_report":  "400/12 400/101 403/21",
	"workers.get_all":        "",
	"workers.get_count":      "",
}

var queueProvocations = []provocation{
	{"queues.get_all", "400/11", `{"page":0,"page_size":null}`},
	{"queues.get_all", "400/12", `{"page":-1}`},
	{"queues.get_all", "400/14", `{"only_fields":["nonsense"]}`},
	{"queues.get_all", "400/16", `{"search_text":"word"}`},
	{"queues.get_all", "400/21", `{"name":"("}`},
	{"queues.get_all", "400/1104", `{"scroll_id":"of somebody else","size":1}`},
	{"queues.get_all_ex", "400/11", `{"page":0,"page_size":null}`},
	{"queues.get_all_ex", "400/12", `{"page":-1}`},
	{"queues.get_all_ex", "400/14", `{"order_by":["nonsense"]}`},
	{"queues.get_all_ex", "400/16", `{"tags":[7]}`},
	{"queues.get_all_ex", "400/21", `{"name":"("}`},
	{"queues.get_all_ex", "400/1104", `{"scroll_id":"of somebody else","size":1}`},
	{"queues.create", "400/12", `{}`},
	{"queues.create", "400/12", `{"name":" "}`},
	{"queues.create", "400/16", `{"name":"x","tags":["__$all"]}`},
	{"queues.create", "400/801", `{"name":"default"}`},
	{"queues.update", "400/12", `{"name":"x"}`},
	{"queues.update", "400/12", `{"queue":"$line","name":" "}`},
	{"queues.update", "400/16", `{"queue":"$line","system_tags":["__$or"]}`},
	{"queues.update", "400/701", `{"queue":"none","name":"x"}`},
	{"queues.update", "400/801", `{"queue":"$line","name":"default"}`},
	{"queues.add_task", "400/12", `{"queue":"$line"}`},
	{"queues.add_task", "400/101", `{"queue":"$line","task":"none"}`},
	{"queues.add_task", "400/701", `{"queue":"none","task":"$draft"}`},
	{"queues.add_task", "400/706", `{"queue":"$line","task":"$waiting"}`},
	{"queues.add_task", "403/21", `{"queue":"$line","task":"$public"}`},
	{"queues.remove_task", "400/12", `{"task":"$draft"}`},
	{"queues.remove_task", "400/701", `{"queue":"none","task":"$waiting"}`},
	{"queues.remove_task", "400/703", `{"queue":"$line","task":"$draft"}`},
	{"queues.get_next_task", "400/12", `{}`},
	{"queues.get_next_task", "400/701", `{"queue":"none"}`},
	{"queues.peek_task", "400/12", `{}`},
	{"queues.peek_task", "400/701", `{"queue":"none"}`},
	{"queues.get_by_id", "400/12", `{}`},
	{"queues.get_by_id", "400/701", `{"queue":"none"}`},
	{"queues.get_num_entries", "400/12", `{}`},
	{"queues.get_num_entries", "400/701", `{"queue":"none"}`},
	{"queues.delete", "400/12", `{}`},
	{"queues.delete", "400/701", `{"queue":"none"}`},
	{"queues.delete", "400/702", `{"queue":"$line"}`},
	{"workers.register", "400/12", `{}`},
	{"workers.register", "400/701", `{"worker":"w","queues":["none"]}`},
	{"workers.unregister", "400/12", `{}`},
	{"workers.status_report", "400/12", `{"worker":"w"}`},
	{"workers.status_report", "400/101", `{"worker":"w","timestamp":1,"task":"none"}`},
	{"workers.status_report", "403/21", `{"worker":"w","timestamp":1,"task":"$public"}`},
}

func TestEveryErrorOfQueuesIsProvoked(t *testing.T) {
	w := world{World: rpctest.New(t)}
	ids := map[string]string{"line": w.Call(t, "queues.create", map[string]any{"name": "line"})["id"].(string)}
	for _, name := range []string{"draft", "waiting", "public"} {
		ids[name] = w.Call(t, "tasks.create", map[string]any{"name": name, "type": "training"})["id"].(string)
	}
	w.Call(t, "tasks.enqueue", map[string]any{"task": ids["waiting"], "queue": ids["line"]})
	w.Call(t, "tasks.make_public", map[string]any{"ids": []string{ids["public"]}})
	provoked := map[string]map[string]bool{}
	before := w.state(t)
	provoke := func(p provocation) {
		r := w.Do(t, p.request(ids))
		got := strings.Join(codes(r), " ")
		if got != p.want || r.Message == "" {
			t.Errorf("%s %.200s: %v (%s), want %s", p.endpoint, p.body, got, r.Body, p.want)
		}
		if provoked[p.endpoint] == nil {
			provoked[p.endpoint] = map[string]bool{}
		}
		provoked[p.endpoint][got] = true
		if after := w.state(t); after != before {
			t.Fatalf("%s %s was refused and changed something:\n%s\n%s", p.endpoint, p.body, before, after)
		}
	}
	for _, p := range queueProvocations {
		provoke(p)
	}
	twoDefaults(t, w, func() {
		before = w.state(t)
		provoke(provocation{"queues.get_default", "400/708", `{}`})
	})
	w.Call(t, "queues.delete", map[string]any{"queue": w.Call(t, "queues.get_default", map[string]any{})["id"]})
	before = w.state(t)
	provoke(provocation{"queues.get_default", "400/707", `{}`})
	for _, e := range rpc.Endpoints() {
		if !strings.HasPrefix(e.Name, "queues.") && !strings.HasPrefix(e.Name, "workers.") {
			continue
		}
		listed, known := raisedByQueues[e.Name]
		if !known {
			t.Errorf("%s has no list of errors", e.Name)
		}
		want := map[string]bool{}
		for _, c := range strings.Fields(listed) {
			want[c] = true
		}
		if !maps.Equal(want, provoked[e.Name]) {
			t.Errorf("%s: listed %s, provoked %v", e.Name, listed, slices.Sorted(maps.Keys(provoked[e.Name])))
		}
		q := rpctest.Request{Path: "/v2.34/" + e.Name, Body: `{}`, As: user.Guest}
		if r := w.Do(t, q); (r.Status == 403 && r.Subcode == 20) != (e.Access == "member") {
			t.Errorf("%s as a guest, who needs %s: %d/%d", e.Name, e.Access, r.Status, r.Subcode)
		}
	}
}
