package rpc_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/rpc/rpctest"
)

func (w world) doc(t *testing.T, id string) map[string]any {
	t.Helper()
	return w.Call(t, "tasks.get_by_id", map[string]any{"task": id})["task"].(map[string]any)
}

func TestNewTasksHaveAllThatClientsReadUnguarded(t *testing.T) {
	w := newWorld(t)
	d := w.doc(t, w.task)
	for _, key := range []string{"id", "name", "type", "status", "created", "last_update", "status_changed", "user", "company"} {
		if s, _ := d[key].(string); s == "" {
			t.Errorf("%s is %v", key, d[key])
		}
	}
	for _, key := range []string{"output", "execution", "models", "script", "hyperparams", "configuration", "runtime", "last_metrics"} {
		if _, ok := d[key].(map[string]any); !ok {
			t.Errorf("%s is %v, want an object", key, d[key])
		}
	}
	for _, key := range []string{"tags", "system_tags"} {
		if _, ok := d[key].([]any); !ok {
			t.Errorf("%s is %v, want a list", key, d[key])
		}
	}
}

func TestCreateRefusals(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		body map[string]any
		sub  int
	}{
		"no name":                {map[string]any{"type": "training"}, 12},
		"blank name":             {map[string]any{"name": " ", "type": "training"}, 12},
		"no type":                {map[string]any{"name": "x"}, 12},
		"unknown type":           {map[string]any{"name": "x", "type": "fishing"}, 12},
		"unknown project":        {map[string]any{"name": "x", "type": "training", "project": "none"}, 16},
		"unknown parent":         {map[string]any{"name": "x", "type": "training", "parent": "none"}, 16},
		"tag like an operator":   {map[string]any{"name": "x", "type": "training", "tags": []string{"__$all"}}, 16},
		"runtime that is a list": {map[string]any{"name": "x", "type": "training", "runtime": []int{1}}, 12},
	} {
		t.Run(name, func(t *testing.T) { w.Refused(t, "tasks.create", c.body, 400, c.sub) })
	}
}

func TestEditMergesOneLevelDeep(t *testing.T) {
	w := newWorld(t)
	edit := func(fields map[string]any) {
		fields["task"], fields["force"] = w.task, true
		w.Call(t, "tasks.edit", fields)
	}
	edit(map[string]any{"script": map[string]any{"repository": "r", "branch": "b"}, "runtime": map[string]any{"a": 1, "b": nil}})
	edit(map[string]any{"script": map[string]any{"branch": "c"}, "runtime": map[string]any{"c": "x"}, "comment": nil})
	d := w.doc(t, w.task)
	script := d["script"].(map[string]any)
	if script["repository"] != "r" || script["branch"] != "c" {
		t.Errorf("script: %v", script)
	}
	if got := fmt.Sprint(d["runtime"]); got != "map[c:x]" {
		t.Errorf("runtime is replaced whole: %v", got)
	}
	if n := w.Call(t, "tasks.edit", map[string]any{"task": w.task, "force": true})["updated"]; n != 0.0 {
		t.Errorf("an empty edit updated %v", n)
	}
	w.Refused(t, "tasks.edit", map[string]any{"task": w.task, "name": "x"}, 400, 110)
	w.Refused(t, "tasks.edit", map[string]any{"task": "none", "name": "x", "force": true}, 400, 101)
}

func TestOutputDestinationFollowsTheHost(t *testing.T) {
	w := newWorld(t)
	for written, want := range map[string]string{
		"http://coffer.test:8081":     "http://coffer.test:8081",
		"http://coffer.test:8081/sub": "http://coffer.test:8081/sub",
		"s3://bucket/x":               "s3://bucket/x",
	} {
		w.Call(t, "tasks.edit", map[string]any{"task": w.task, "force": true, "output_dest": written})
		if got := w.doc(t, w.task)["output"].(map[string]any)["destination"]; got != want {
			t.Errorf("%s came back as %v", written, got)
		}
	}
	w.Call(t, "tasks.edit", map[string]any{"task": w.task, "force": true, "output_dest": "http://coffer.test:8081"})
	r := w.Do(t, rpctest.Request{Path: "/v2.23/tasks.get_by_id", Body: `{"task":"` + w.task + `"}`, Header: map[string]string{}})
	if r.Status != 200 {
		t.Fatal(r.Message)
	}
}

func TestLifeCycle(t *testing.T) {
	w := newWorld(t)
	w.Call(t, "tasks.completed", map[string]any{"task": w.task, "status_reason": "done", "status_message": "all of it"})
	d := w.doc(t, w.task)
	if d["status"] != "completed" || d["status_reason"] != "done" || d["status_message"] != "all of it" || d["completed"] == nil {
		t.Errorf("after completed: %v %v %v %v", d["status"], d["status_reason"], d["status_message"], d["completed"])
	}
	w.Refused(t, "tasks.failed", map[string]any{"task": w.task}, 400, 110)
	w.Call(t, "tasks.publish", map[string]any{"task": w.task})
	w.Refused(t, "tasks.publish", map[string]any{"task": w.task}, 400, 110)
	w.Refused(t, "tasks.started", map[string]any{"task": w.task}, 400, 110)
	w.Refused(t, "tasks.reset", map[string]any{"task": w.task}, 400, 110)
	if d = w.doc(t, w.task); d["status"] != "published" || d["published"] == nil {
		t.Errorf("after publish: %v %v", d["status"], d["published"])
	}
}

func TestStartingAgainKeepsTheFirstStart(t *testing.T) {
	w := newWorld(t)
	first := w.doc(t, w.task)["started"]
	w.Pass(time.Minute)
	w.Call(t, "tasks.started", map[string]any{"task": w.task})
	if got := w.doc(t, w.task)["started"]; got != first {
		t.Errorf("started moved from %v to %v", first, got)
	}
}

func TestResetTakesAwayWhatTheRunLogged(t *testing.T) {
	w := newWorld(t)
	w.Upload(t, "p/out", "one")
	input := item("in", "given", 100)
	input["mode"] = "input"
	w.register(t, item("out", "one", 100), input)
	w.Call(t, "tasks.edit_hyper_params", map[string]any{"task": w.task, "force": true, "hyperparams": []any{map[string]any{"section": "Args", "name": "lr", "value": "1"}}})
	w.Call(t, "events.add", map[string]any{"type": "log", "task": w.task, "msg": "x"})
	w.Call(t, "tasks.reset", map[string]any{"task": w.task})
	d := w.doc(t, w.task)
	if d["status"] != "created" || d["started"] != nil || w.keys(t) != "in" || len(d["hyperparams"].(map[string]any)) != 1 {
		t.Errorf("after reset: %v, started %v, artifacts %s, parameters %v", d["status"], d["started"], w.keys(t), d["hyperparams"])
	}
	if n := w.Call(t, "events.get_task_log", map[string]any{"task": w.task})["total"]; n != 0.0 {
		t.Errorf("%v log lines are left", n)
	}
	if _, found, _ := w.Files.Find(t.Context(), "p/out", ""); found {
		t.Error("the file is still there")
	}
}

func TestClone(t *testing.T) {
	w := newWorld(t)
	input := item("in", "given", 100)
	input["mode"] = "input"
	w.register(t, item("out", "one", 100), input)
	w.Call(t, "tasks.edit", map[string]any{"task": w.task, "force": true, "runtime": map[string]any{"a": 1}, "system_tags": []string{"development", "kept"}})
	id := w.Call(t, "tasks.clone", map[string]any{"task": w.task, "new_task_name": "copy", "new_project_name": "made/here"})["id"].(string)
	d := w.doc(t, id)
	if d["status"] != "created" || d["name"] != "copy" || d["parent"] != w.task || fmt.Sprint(d["system_tags"]) != "[kept]" || len(d["runtime"].(map[string]any)) != 0 {
		t.Errorf("clone: %v %v %v %v %v", d["status"], d["name"], d["parent"], d["system_tags"], d["runtime"])
	}
	if got := (world{w.World, id}).keys(t); got != "in" {
		t.Errorf("artifacts of the clone: %s", got)
	}
	second := w.Call(t, "tasks.clone", map[string]any{"task": id})["id"].(string)
	if got := w.doc(t, second)["parent"]; got != w.task {
		t.Errorf("the clone of a clone has parent %v, want that of its source", got)
	}
}

func TestListFilters(t *testing.T) {
	w := rpctest.New(t)
	p := w.Call(t, "projects.create", map[string]any{"name": "a/b"})["id"]
	for _, x := range []map[string]any{
		{"name": "ds one", "tags": []string{"x"}, "type": "training"},
		{"name": "ds one more", "tags": []string{"x", "y"}, "type": "testing"},
		{"name": "DS.one", "tags": []string{"y", "-x"}, "type": "testing", "project": p},
		{"name": "other", "type": "training", "project": p, "comment": "ds in a comment"},
		{"name": "shy", "type": "training", "system_tags": []string{"hidden"}},
	} {
		w.Call(t, "tasks.create", x)
	}
	for filter, want := range map[string]string{
		`{"name":"^ds\\ one$"}`:                                  "ds one",
		`{"name":"ds one"}`:                                      "ds one, ds one more",
		`{"name":"(?i)^ds.one$"}`:                                "DS.one, ds one",
		`{"name":"^DS\\.one$"}`:                                  "DS.one",
		`{"tags":["x"]}`:                                         "ds one, ds one more",
		`{"tags":["x","-y"]}`:                                    "ds one",
		`{"tags":["__$all","x","y"]}`:                            "ds one more",
		`{"tags":["__$all","x","__$not","y"]}`:                   "ds one",
		`{"tags":["__$any","x","__$not","y"]}`:                   "ds one, ds one more, other",
		`{"tags":[null]}`:                                        "other",
		`{"tags":["x",null]}`:                                    "ds one, ds one more, other",
		`{"tags":["__$all","-x"]}`:                               "DS.one",
		`{"type":["testing"]}`:                                   "DS.one, ds one more",
		`{"project":["` + p.(string) + `"]}`:                     "DS.one, other",
		`{"status":["created"],"search_hidden":true}`:            "DS.one, ds one, ds one more, other, shy",
		`{"_any_":{"fields":["name","comment"],"pattern":"ds"}}`: "DS.one, ds one, ds one more, other",
		`{"_all_":{"fields":["name","comment"],"pattern":"o"}}`:  "other",
		`{"created":[null,"2000-01-01"]}`:                        "",
		`{"last_update":[">=2000-01-01"],"type":["testing"]}`:    "DS.one, ds one more",
		`{"page_size":2,"page":1}`:                               "ds one more, other",
		`{"nonsense":["x"],"type":"testing"}`:                    "DS.one, ds one more",
	} {
		r := w.Do(t, rpctest.Request{Path: "/v2.23/tasks.get_all", Body: strings.TrimSuffix(filter, "}") + `,"only_fields":["name"],"order_by":["name"]}`})
		var names []string
		tasks, _ := r.Data["tasks"].([]any)
		for _, x := range tasks {
			names = append(names, x.(map[string]any)["name"].(string))
		}
		slices.Sort(names)
		if got := strings.Join(names, ", "); got != want {
			t.Errorf("%s: %q, want %q (%s)", filter, got, want, r.Message)
		}
	}
}

func TestProjectionKeepsAncestors(t *testing.T) {
	w := newWorld(t)
	got := w.Call(t, "tasks.get_all", map[string]any{"id": []string{w.task}, "only_fields": []string{"runtime.version", "execution.queue", "execution.artifacts", "parent"}})
	if text := fmt.Sprint(got["tasks"]); text != "[map[execution:map[artifacts:[]] runtime:map[]]]" {
		t.Error(text)
	}
}

func TestParameters(t *testing.T) {
	w := newWorld(t)
	edit := func(replace string, items ...string) {
		t.Helper()
		var list []any
		for _, it := range items {
			parts := strings.Split(it, "/")
			list = append(list, map[string]any{"section": parts[0], "name": parts[1], "value": parts[2]})
		}
		w.Call(t, "tasks.edit_hyper_params", map[string]any{"task": w.task, "force": true, "hyperparams": list, "replace_hyperparams": replace})
	}
	shown := func() string {
		t.Helper()
		var out []string
		params := w.Call(t, "tasks.get_hyper_params", map[string]any{"tasks": []string{w.task}})["params"].([]any)
		for _, x := range params[0].(map[string]any)["hyperparams"].([]any) {
			p := x.(map[string]any)
			out = append(out, fmt.Sprintf("%v/%v/%v", p["section"], p["name"], p["value"]))
		}
		return strings.Join(out, " ")
	}
	edit("none", "Args/lr/1", "Args/wd.x/2", "Net/$depth/3")
	edit("none", "Args/lr/9", "Properties/owner/me")
	if got := shown(); got != "Args/lr/9 Args/wd.x/2 Net/$depth/3 properties/owner/me" {
		t.Error(got)
	}
	edit("section", "Args/bs/4")
	if got := shown(); got != "Args/bs/4 Net/$depth/3 properties/owner/me" {
		t.Error(got)
	}
	edit("all", "Properties/owner/you")
	if got := shown(); got != "Args/bs/4 Net/$depth/3 properties/owner/you" {
		t.Error(got)
	}
	w.Call(t, "tasks.delete_hyper_params", map[string]any{"task": w.task, "force": true, "hyperparams": []any{map[string]any{"section": "Args"}, map[string]any{"section": "Net", "name": "$depth"}}})
	if got := shown(); got != "properties/owner/you" {
		t.Error(got)
	}
	w.Refused(t, "tasks.delete_hyper_params", map[string]any{"task": w.task, "hyperparams": []any{map[string]any{"section": "A"}, map[string]any{"section": "A", "name": "b"}}}, 400, 15)
	w.Refused(t, "tasks.edit_hyper_params", map[string]any{"task": w.task, "hyperparams": []any{map[string]any{"section": "A", "name": "b"}}}, 400, 12)
	w.Refused(t, "tasks.edit_hyper_params", map[string]any{"task": w.task, "hyperparams": []any{map[string]any{"section": "A", "name": "b", "value": "c"}}}, 400, 110)
}

func TestProjects(t *testing.T) {
	w := rpctest.New(t)
	id := w.Call(t, "projects.create", map[string]any{"name": " a / b/c "})["id"]
	p := w.Call(t, "projects.get_by_id", map[string]any{"project": id})["project"].(map[string]any)
	if p["name"] != "a/b/c" || p["basename"] != "c" || len(p["path"].([]any)) != 2 {
		t.Errorf("%v", p)
	}
	if n := len(w.Call(t, "projects.get_all", map[string]any{})["projects"].([]any)); n != 3 {
		t.Errorf("%d projects, want the two ancestors, too", n)
	}
	w.Refused(t, "projects.create", map[string]any{"name": "a/b/c"}, 400, 801)
	w.Refused(t, "projects.create", map[string]any{"name": " / "}, 400, 407)
	w.Refused(t, "projects.create", map[string]any{}, 400, 11)
	w.Refused(t, "projects.create", map[string]any{"name": strings.Repeat("x/", 11)}, 400, 409)
	w.Refused(t, "projects.get_by_id", map[string]any{"project": "none"}, 400, 401)
	w.Refused(t, "projects.update", map[string]any{"project": id, "name": "z/c"}, 400, 408)
	b := w.Call(t, "projects.get_all", map[string]any{"name": "^a/b$"})["projects"].([]any)[0].(map[string]any)["id"]
	w.Call(t, "projects.update", map[string]any{"project": b, "name": "a/renamed"})
	if got := w.Call(t, "projects.get_by_id", map[string]any{"project": id})["project"].(map[string]any)["name"]; got != "a/renamed/c" {
		t.Errorf("the descendant of a renamed project is %v", got)
	}
}
