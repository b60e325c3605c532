package rpc_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// listed calls a list endpoint and returns the named field of what it lists.
func (w world) listed(t *testing.T, endpoint string, body map[string]any, field string) []string {
	t.Helper()
	kind, _, _ := strings.Cut(endpoint, ".")
	out := []string{}
	for _, x := range w.Call(t, endpoint, body)[kind].([]any) {
		out = append(out, fmt.Sprint(x.(map[string]any)[field]))
	}
	return out
}

func wantList(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, append([]string{}, want...)) {
		t.Errorf("listed %q, expected %q", got, want)
	}
}

func TestProjectsAreFoundByWhereTheyStand(t *testing.T) {
	w := newWorld(t)
	a, ab, abc, x := w.newProject(t, "a"), w.newProject(t, "a/b"), w.newProject(t, "a/b/c"), w.newProject(t, "x")
	w.Call(t, "projects.create", map[string]any{"name": "a/.hidden", "system_tags": []string{"hidden"}})
	list := func(body map[string]any) []string {
		body["order_by"] = []string{"name"}
		return w.listed(t, "projects.get_all_ex", body, "name")
	}
	wantList(t, list(map[string]any{}), "a", "a/b", "a/b/c", "x")
	wantList(t, list(map[string]any{"shallow_search": true}), "a", "x")
	wantList(t, list(map[string]any{"parent": []string{a}}), "a/b", "a/b/c")
	wantList(t, list(map[string]any{"parent": []string{a}, "shallow_search": true}), "a/b")
	wantList(t, list(map[string]any{"parent": []string{ab}}), "a/b/c")
	wantList(t, list(map[string]any{"name": "^a/b$"}), "a/b")
	wantList(t, list(map[string]any{"basename": "^c$"}), "a/b/c")
	wantList(t, list(map[string]any{"id": []string{abc, x}}), "a/b/c", "x")
	wantList(t, list(map[string]any{"search_text": "b"}), "a/b", "a/b/c")
	wantList(t, list(map[string]any{"search_text": x}), "x")
	wantList(t, list(map[string]any{"search_text": `"a/b" -c`}), "a/b")
	wantList(t, list(map[string]any{"path": []string{a}}), "a", "a/b", "a/b/c", "x")
	wantList(t, list(map[string]any{"search_hidden": true}), "a", "a/.hidden", "a/b", "a/b/c", "x")
	all := w.Call(t, "projects.get_all_ex", map[string]any{"search_hidden": true, "name": "hidden"})["projects"].([]any)
	if all[0].(map[string]any)["hidden"] != true {
		t.Errorf("a hidden project does not say so: %v", all[0])
	}
	wantList(t, w.listed(t, "projects.get_all", map[string]any{"order_by": "-name", "page_size": 2, "page": 0}, "name"), "x", "a/b/c")
	if d := w.Call(t, "projects.get_all", map[string]any{"id": []string{ab}})["projects"].([]any)[0].(map[string]any); d["path"] != nil {
		t.Errorf("the path shows unasked: %v", d)
	}
	if d := w.Call(t, "projects.get_all", map[string]any{"id": []string{ab}, "only_fields": []string{"path"}})["projects"].([]any)[0]; fmt.Sprint(d) != fmt.Sprintf("map[path:[%s]]", a) {
		t.Errorf("the path alone: %v", d)
	}
	w.Refused(t, "projects.get_all", map[string]any{"_any_": map[string]any{"fields": []string{"name"}, "datetime": "2026-01-01"}}, 400, 16)
}

func TestAccountsAndQueuesAreListed(t *testing.T) {
	w := newWorld(t)
	wantList(t, w.listed(t, "users.get_all", map[string]any{"name": "m"}, "name"), "admin", "member")
	wantList(t, w.listed(t, "users.get_all", map[string]any{"order_by": []string{"-name"}, "page": 0, "page_size": 1}, "name"), "member")
	wantList(t, w.listed(t, "queues.get_all", map[string]any{"system_tags": []string{"default"}}, "name"), "default")
	wantList(t, w.listed(t, "queues.get_all", map[string]any{"system_tags": []string{"-default"}}, "name"))
	wantList(t, w.listed(t, "queues.get_all", map[string]any{"metadata.a.value": []any{"x"}}, "name"))
	wantList(t, w.listed(t, "queues.get_all", map[string]any{"metadata.a.value": []any{nil}}, "name"), "default")
	w.Refused(t, "users.get_all", map[string]any{"search_text": "x"}, 400, 16)
	w.Refused(t, "queues.get_all", map[string]any{"search_text": "x"}, 400, 16)
	w.Refused(t, "queues.get_all", map[string]any{"metadata.a.b.c": []any{"x"}}, 400, 12)
	w.Refused(t, "users.get_all", map[string]any{"only_fields": []string{"password"}}, 400, 14)
}

func TestReferencesAreFollowed(t *testing.T) {
	w := newWorld(t)
	p := w.newProject(t, "vision/yolo")
	parent := w.newTaskIn(t, "parent", p)
	input := w.newModel(t, "weights", map[string]any{"parent": "gone", "project": p})
	id := w.Call(t, "tasks.create", map[string]any{
		"name": "child", "type": "training", "project": p, "parent": parent,
		"models": map[string]any{"input": []any{map[string]any{"name": "in", "model": input}}}, "execution": map[string]any{"queue": "gone"},
	})["id"].(string)
	one := func(endpoint string, body map[string]any) map[string]any {
		t.Helper()
		body["id"] = []string{id}
		return w.Call(t, endpoint, body)["tasks"].([]any)[0].(map[string]any)
	}
	user := w.doc(t, id)["user"]
	for fields, want := range map[string]string{
		"name":                                fmt.Sprintf("map[id:%s name:child]", id),
		"project":                             fmt.Sprintf("map[id:%s project:map[id:%s]]", id, p),
		"project.name":                        fmt.Sprintf("map[id:%s project:map[id:%s name:vision/yolo]]", id, p),
		"project.parent.name":                 fmt.Sprintf("map[id:%s project:map[id:%s parent:map[id:%s name:vision]]]", id, p, w.listed(t, "projects.get_all", map[string]any{"name": "^vision$"}, "id")[0]),
		"parent.name parent.project.basename": fmt.Sprintf("map[id:%s parent:map[id:%s name:parent project:map[basename:yolo id:%s]]]", id, parent, p),
		"user.name":                           fmt.Sprintf("map[id:%s user:map[id:%s name:admin]]", id, user),
		"company.name":                        fmt.Sprintf("map[company:map[id:%s name:coffer] id:%s]", w.doc(t, id)["company"], id),
		"models.input.model.name":             fmt.Sprintf("map[id:%s models:map[input:[map[model:map[id:%s name:weights]]]]]", id, input),
		"models.input.model.project.basename": fmt.Sprintf("map[id:%s models:map[input:[map[model:map[id:%s project:map[basename:yolo id:%s]]]]]]", id, input, p),
		"models.input.model.parent.name":      fmt.Sprintf("map[id:%s models:map[input:[map[model:map[id:%s parent:map[id:gone]]]]]]", id, input),
		"execution.queue.name":                fmt.Sprintf("map[execution:map[queue:map[id:gone]] id:%s]", id),
		"script.*":                            fmt.Sprintf("map[id:%s script:map[binary:python entry_point: repository: requirements:map[]]]", id),
	} {
		for _, endpoint := range []string{"tasks.get_all_ex", "tasks.get_by_id_ex"} {
			if got := fmt.Sprint(one(endpoint, map[string]any{"only_fields": strings.Fields(fields)})); got != want {
				t.Errorf("%s of %s: %s\nexpected %s", endpoint, fields, got, want)
			}
		}
	}
	if got := one("tasks.get_all_ex", map[string]any{"only_fields": []string{"project.*"}})["project"].(map[string]any); got["basename"] != "yolo" || got["path"] == nil {
		t.Errorf("project.* lacks something: %v", got)
	}
	if got := one("tasks.get_all_ex", map[string]any{})["project"]; fmt.Sprint(got) != fmt.Sprintf("map[id:%s]", p) {
		t.Errorf("without a projection: %v", got)
	}
	if got := one("tasks.get_all_ex", map[string]any{"only_fields": []string{"*"}}); got["name"] != "child" || got["script"] == nil {
		t.Errorf("everything lacks something: %v", got)
	}
	if got := one("tasks.get_all_ex", map[string]any{"only_fields": []string{"-project", "-script"}}); got["project"] != nil || got["script"] != nil || got["name"] != "child" {
		t.Errorf("exclusions: %v", got)
	}
	if got := fmt.Sprint(one("tasks.get_all", map[string]any{"only_fields": []string{"runtime.version", "execution.queue"}})); got != "map[execution:map[queue:gone] runtime:map[]]" {
		t.Errorf("plain references: %s", got)
	}
	for _, field := range []string{"nose", "project.nose", "project.user.password", "models.input.nose", "*.name", strings.Repeat("parent.", 20) + "name"} {
		w.Refused(t, "tasks.get_all_ex", map[string]any{"only_fields": []string{field}}, 400, 14)
	}
	for _, field := range []string{"*", "script.*", "project.name", "nose", "output.nose"} {
		w.Refused(t, "tasks.get_all", map[string]any{"only_fields": []string{field}}, 400, 14)
	}
	w.Refused(t, "tasks.get_all", map[string]any{"only_fields": "name"}, 400, 12)
}

func TestArtifactsAreProjectedByTheirNames(t *testing.T) {
	w := newWorld(t)
	w.register(t, item("a.b", "x", 1), item("c", "y", 2))
	got := w.Call(t, "tasks.get_all", map[string]any{"id": []string{w.task}, "only_fields": []string{"execution.artifacts." + md5Of("c") + "_output"}})["tasks"].([]any)[0]
	list := at(got, "execution", "artifacts", "key")
	if fmt.Sprint(list) != "[c]" {
		t.Errorf("artifacts %v, expected the one asked for", list)
	}
}

func TestScrollsGoOnWhereTheyWere(t *testing.T) {
	w := newWorld(t)
	for i := range 6 {
		w.newTaskIn(t, fmt.Sprint("task ", i), "")
	}
	body := map[string]any{"name": "^task", "order_by": []string{"-created"}, "scroll_id": nil, "size": 2, "only_fields": []string{"name"}}
	next := func() []string {
		t.Helper()
		reply := w.Call(t, "tasks.get_all_ex", body)
		body["scroll_id"] = reply["scroll_id"]
		var out []string
		for _, x := range reply["tasks"].([]any) {
			out = append(out, x.(map[string]any)["name"].(string))
		}
		return out
	}
	wantList(t, next(), "task 5", "task 4")
	w.newTaskIn(t, "task 6", "") // stands before all that was seen
	wantList(t, next(), "task 3", "task 2")
	body["refresh_scroll"] = true
	wantList(t, next(), "task 6", "task 5", "task 4", "task 3")
	delete(body, "refresh_scroll")
	wantList(t, next(), "task 2", "task 1")
	wantList(t, next(), "task 0")
	wantList(t, next())
	body["scroll_id"] = "none of ours"
	w.Refused(t, "tasks.get_all_ex", body, 400, 1104)
	body["scroll_id"], body["order_by"] = nil, nil
	next()
	body["order_by"] = []string{"name"}
	w.Refused(t, "tasks.get_all_ex", body, 400, 1104)
	for _, size := range []any{nil, 0, -1, "x"} {
		w.Refused(t, "tasks.get_all_ex", map[string]any{"scroll_id": nil, "size": size}, 400, 12)
	}
	w.Refused(t, "tasks.get_all_ex", map[string]any{"scroll_id": 5, "size": 1}, 400, 12)
}

func TestPages(t *testing.T) {
	w := newWorld(t)
	for i := range 4 {
		w.newTaskIn(t, fmt.Sprint("task ", i), "")
	}
	list := func(keys map[string]any) []string {
		t.Helper()
		keys["name"], keys["order_by"] = "^task", []string{"name"}
		return w.listed(t, "tasks.get_all", keys, "name")
	}
	wantList(t, list(map[string]any{"page": 1, "page_size": 3}), "task 3")
	wantList(t, list(map[string]any{"page": nil, "page_size": 3}), "task 0", "task 1", "task 2")
	wantList(t, list(map[string]any{"start": 2, "size": 1, "page": 0, "page_size": 4}), "task 2")
	wantList(t, list(map[string]any{"size": 1}), "task 0", "task 1", "task 2", "task 3")
	wantList(t, list(map[string]any{"page": 1, "page_size": 1000}))
	wantList(t, list(map[string]any{"page": "1", "page_size": "3"}), "task 3")
	wantList(t, list(map[string]any{"page": int64(1) << 60, "page_size": 500}))
	wantList(t, list(map[string]any{"page": nil, "page_size": nil}), "task 0", "task 1", "task 2", "task 3")
	for body, sub := range map[*map[string]any]int{
		{"page_size": nil}: 11, {"page": -1}: 12, {"page_size": 0}: 12, {"page": "x"}: 12, {"start": 0}: 12, {"start": -1, "size": 1}: 12, {"start": 0, "size": 0}: 12,
	} {
		w.Refused(t, "tasks.get_all", *body, 400, sub)
	}
}

func TestPathsOfOlderVersionsAndTooLongOnes(t *testing.T) {
	w := newWorld(t)
	w.Call(t, "tasks.edit", map[string]any{
		"task": w.task, "force": true,
		"hyperparams": map[string]any{"Args": map[string]any{"lr": map[string]any{"value": "0.1"}}}, "container": map[string]any{"image": "python:3"},
	})
	wantList(t, w.listed(t, "tasks.get_all", map[string]any{"execution.parameters.lr": []string{"0.1"}}, "id"), w.task)
	wantList(t, w.listed(t, "tasks.get_all", map[string]any{"hyperparams.Args.lr.value": []string{"0.2"}}, "id"))
	wantList(t, w.listed(t, "tasks.get_all", map[string]any{"_any_": map[string]any{"fields": []string{"execution.docker_cmd.image"}, "pattern": "^PYTHON"}}, "id"), w.task)
	for _, key := range []string{"hyperparams.Args.a.b.value", "execution.parameters.a.b.c", "metadata.a.b.c"} {
		w.Refused(t, "tasks.get_all", map[string]any{key: []string{"x"}}, 400, 12)
	}
	w.Refused(t, "tasks.get_all", map[string]any{"order_by": []string{"hyperparams.a.b.c.d"}}, 400, 12)
}
