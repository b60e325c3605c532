package rpc_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/user"
)

func TestTagging(t *testing.T) {
	w := newWorld(t)
	p := w.Call(t, "projects.create", map[string]any{"name": "home"})["id"]
	w.Call(t, "tasks.move", map[string]any{"ids": []string{w.task}, "project": p})
	other := w.newTask(t, "other")
	touched := func() any {
		return w.Call(t, "projects.get_by_id", map[string]any{"project": p})["project"].(map[string]any)["last_update"]
	}
	before, updated := touched(), w.doc(t, w.task)["last_update"]
	w.Pass(time.Minute)
	r := w.at(t, "2.34", "tasks.update_tags", map[string]any{"ids": []string{w.task, other, w.task}, "add_tags": []string{"z", "a", "z"}})
	if r["updated"] != 2.0 || fmt.Sprint(w.doc(t, w.task)["tags"], w.doc(t, other)["tags"]) != "[a z] [a z]" {
		t.Error(r, w.doc(t, w.task)["tags"])
	}
	w.at(t, "2.34", "tasks.update_tags", map[string]any{"ids": []string{w.task}, "add_tags": []string{"b"}, "remove_tags": []string{"z", "never"}})
	if got := fmt.Sprint(w.doc(t, w.task)["tags"]); got != "[a b]" {
		t.Error(got)
	}
	if touched() == before || w.doc(t, w.task)["last_update"] != updated {
		t.Error("retagging is a change of the project and no update of the task")
	}
}

func TestArchiving(t *testing.T) {
	w := newWorld(t)
	waiting := w.Call(t, "tasks.create", map[string]any{"name": "waiting", "type": "training"})["id"].(string)
	w.Call(t, "tasks.enqueue", map[string]any{"task": waiting})
	r := w.Call(t, "tasks.archive", map[string]any{"tasks": []string{w.task, waiting}, "status_reason": "why", "status_message": "how"})
	if r["archived"] != 2.0 {
		t.Error(r)
	}
	for id, status := range map[string]string{w.task: "stopped", waiting: "created"} {
		d := w.doc(t, id)
		if d["status"] != status || fmt.Sprint(d["system_tags"]) != "[archived]" || d["status_reason"] != "why" || d["status_message"] != "how" {
			t.Errorf("%v %v %v %v", d["status"], d["system_tags"], d["status_reason"], d["status_message"])
		}
	}
	if d := w.doc(t, w.task); d["completed"] == nil {
		t.Error("a run that is archived has ended")
	}
	w.Call(t, "tasks.archive_many", map[string]any{"ids": []string{w.task}}) // texts are overwritten
	if d := w.doc(t, w.task); d["status_message"] != "" || d["status"] != "stopped" {
		t.Errorf("archived again: %v %v", d["status"], d["status_message"])
	}
	w.Call(t, "tasks.unarchive_many", map[string]any{"ids": []string{w.task}})
	if d := w.doc(t, w.task); fmt.Sprint(d["system_tags"]) != "[]" || d["status"] != "stopped" {
		t.Errorf("unarchived: %v %v", d["system_tags"], d["status"])
	}
}

func TestMoving(t *testing.T) {
	w := newWorld(t)
	id := w.Call(t, "tasks.move", map[string]any{"ids": []string{w.task}, "project_name": " far / away "})["project_id"]
	d := w.Call(t, "tasks.get_all_ex", map[string]any{"id": []string{w.task}, "only_fields": []string{"project.name"}})["tasks"].([]any)[0].(map[string]any)
	if p := d["project"].(map[string]any); p["id"] != id || p["name"] != "far/away" {
		t.Error(d)
	}
	near := w.Call(t, "projects.create", map[string]any{"name": "near"})["id"]
	if got := w.Call(t, "tasks.move", map[string]any{"ids": []string{w.task}, "project": near, "project_name": "ignored"})["project_id"]; got != near {
		t.Errorf("of the two the id counts, not %v", got)
	}
	if n := len(w.Call(t, "projects.get_all", map[string]any{"name": "ignored"})["projects"].([]any)); n != 0 {
		t.Error("a project was made for nothing")
	}
	if got := w.Call(t, "tasks.move", map[string]any{"ids": []string{w.task}, "project": nil})["project_id"]; got != nil || w.doc(t, w.task)["project"] != nil {
		t.Errorf("null is the root, not %v", got)
	}
}

func TestPublicTasks(t *testing.T) {
	w := newWorld(t)
	other := w.newTask(t, "other")
	w.register(t, item("a", "one", 100))
	company := w.doc(t, w.task)["company"]
	if n := w.Call(t, "tasks.make_public", map[string]any{"ids": []string{w.task, other}})["updated"]; n != 2.0 {
		t.Errorf("updated %v", n)
	}
	before := w.doc(t, w.task)
	if before["company"] != "" || w.keys(t) != "a" {
		t.Errorf("a public task belongs to %v and shows %s", before["company"], w.keys(t))
	}
	w.Call(t, "tasks.ping", map[string]any{"task": w.task}) // does nothing, silently
	if r := w.Call(t, "events.add", map[string]any{"type": "log", "task": other, "msg": "x", "allow_locked": true}); r["added"] != 1.0 {
		t.Errorf("an event that insists: %v", r)
	}
	w.Refused(t, "events.add", map[string]any{"type": "log", "task": w.task, "msg": "x"}, 400, 131)
	if r := w.Do(t, rpctest.Request{Method: "DELETE", Path: "/tasks/" + w.task + "/artifact?key=a&version=1"}); r.Status == 200 {
		t.Error("an artifact of a public task was deleted")
	}
	if after := w.doc(t, w.task); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("a public task changed:\n%v\n%v", before, after)
	}
	clone := w.Call(t, "tasks.clone", map[string]any{"task": w.task})["id"].(string)
	if got := w.doc(t, clone)["company"]; got != company {
		t.Errorf("the clone belongs to %v", got)
	}
	if n := w.Call(t, "tasks.make_private", map[string]any{"ids": []string{w.task}})["updated"]; n != 1.0 || w.doc(t, w.task)["company"] != company {
		t.Errorf("made %v private, company %v", n, w.doc(t, w.task)["company"])
	}
	w.Call(t, "tasks.stopped", map[string]any{"task": w.task})
}

func TestClonesAreWhatTheyAreToldToBe(t *testing.T) {
	w := newWorld(t)
	first, second, third := w.newModel(t, "first", nil), w.newModel(t, "second", nil), w.newModel(t, "third", nil)
	w.Call(t, "tasks.edit", map[string]any{
		"task": w.task, "force": true, "comment": "of the source", "tags": []string{"t"}, "runtime": map[string]any{"r": 1},
		"execution": map[string]any{"framework": "torch", "test_split": 20, "parameters": map[string]any{"lr": 0.1}},
		"models":    map[string]any{"input": []any{map[string]any{"name": "in", "model": first}}, "output": []any{map[string]any{"name": "out", "model": "2"}}},
		"container": map[string]any{"image": "old"},
	})
	parent := w.newTask(t, "parent")
	project := w.Call(t, "projects.create", map[string]any{"name": "given"})["id"]
	id := w.Call(t, "tasks.clone", map[string]any{
		"task": w.task, "new_task_name": "n", "new_task_comment": "c", "new_task_tags": []string{"x"}, "new_task_system_tags": []string{"development"},
		"new_task_parent": parent, "new_task_project": project, "new_project_name": "ignored",
		"new_task_hyperparams":   map[string]any{"Args": map[string]any{"bs": map[string]any{"value": "4"}}},
		"new_task_configuration": map[string]any{"conf": map[string]any{"value": "v"}},
		"new_task_container":     map[string]any{"image": "new"},
		"new_task_input_models":  []any{map[string]any{"name": "in", "model": second}},
		"execution_overrides":    map[string]any{"framework": "jax", "queue": "q", "docker_cmd": "cuda --gpus all", "model": third, "parameters": map[string]any{"wd": 1}},
		"validate_references":    true,
	})["id"].(string)
	d := w.doc(t, id)
	run := d["execution"].(map[string]any)
	got := fmt.Sprintln(d["name"], d["comment"], d["tags"], d["system_tags"], d["parent"] == parent, d["project"] == project,
		run["framework"], run["test_split"], d["container"], len(d["runtime"].(map[string]any)), d["user"] == w.doc(t, w.task)["user"])
	if want := "n c [x] [development] true true jax 20 map[arguments:--gpus all image:cuda] 0 true\n"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	models := d["models"].(map[string]any)
	if in := models["input"].([]any)[0].(map[string]any); in["model"] != third || in["name"] != "in" || len(models["output"].([]any)) != 0 {
		t.Errorf("models: %v", models)
	}
	args := d["hyperparams"].(map[string]any)["Args"].(map[string]any)
	if args["bs"] == nil || args["wd"] == nil || args["lr"] != nil {
		t.Errorf("parameters: %v", args)
	}
	if n := len(w.Call(t, "projects.get_all", map[string]any{"name": "ignored"})["projects"].([]any)); n != 0 {
		t.Error("a project was made for nothing")
	}
}

func TestValidatingCreatesNothing(t *testing.T) {
	w := world{World: rpctest.New(t)}
	before := w.state(t)
	r := w.Call(t, "tasks.validate", map[string]any{"name": "x", "type": "training", "parent": "__DELETED__0123", "execution": map[string]any{"artifacts": []any{map[string]any{"key": "a", "type": "custom"}}}})
	if len(r) != 0 || w.state(t) != before {
		t.Errorf("reply %v", r)
	}
}

func TestTypesInUse(t *testing.T) {
	w := world{World: rpctest.New(t)}
	top := w.Call(t, "projects.create", map[string]any{"name": "top"})["id"]
	below := w.Call(t, "projects.create", map[string]any{"name": "top/below"})["id"]
	for typ, p := range map[string]any{"testing": top, "inference": below, "qc": nil} {
		w.Call(t, "tasks.create", map[string]any{"name": typ, "type": typ, "project": p})
	}
	for want, projects := range map[string][]any{"[inference qc testing]": nil, "[inference testing]": {top}, "[inference]": {below}} {
		if got := fmt.Sprint(w.Call(t, "tasks.get_types", map[string]any{"projects": projects})["types"]); got != want {
			t.Errorf("%v: %s, want %s", projects, got, want)
		}
	}
}

func TestCreatedTasksBelongToTheirMaker(t *testing.T) {
	w := world{World: rpctest.New(t)}
	r := w.Do(t, rpctest.Request{Path: "/v2.34/tasks.create", As: user.Member, Body: `{
		"name":" x ","type":"custom","status":"failed","user":"somebody","company":"other","tags":["b","a"],
		"script":{"repository":" r ","diff":" d "},"output_dest":"s3://b","container":{"image":"i"},"runtime":{"n":9007199254740993},
		"execution":{"artifacts":[{"key":"a","type":"custom","hash":"1"},{"key":"a","type":"custom","hash":"2"}],"nonsense":1}}`})
	d := w.doc(t, r.Data["id"].(string))
	owner := w.Do(t, rpctest.Request{Path: "/v2.34/users.get_current_user", As: user.Member}).Data["user"].(map[string]any)["id"]
	script := d["script"].(map[string]any)
	if d["user"] != owner || d["last_changed_by"] != owner || d["company"] == "other" || d["status"] != "created" || fmt.Sprint(d["tags"]) != "[a b]" ||
		script["repository"] != "r" || script["diff"] != " d " || script["binary"] != "python" || d["output"].(map[string]any)["destination"] != "s3://b" {
		t.Errorf("%v", d)
	}
	if list := d["execution"].(map[string]any)["artifacts"].([]any); len(list) != 1 || list[0].(map[string]any)["hash"] != "2" {
		t.Errorf("of two artifacts of one key the last counts: %v", list)
	}
}
