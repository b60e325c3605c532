package rpc_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/user"
)

// shown is one project as get_all_ex shows it.
func (w world) shown(t *testing.T, id string, options map[string]any) map[string]any {
	t.Helper()
	body := map[string]any{"id": []string{id}}
	for k, v := range options {
		body[k] = v
	}
	list := w.Call(t, "projects.get_all_ex", body)["projects"].([]any)
	if len(list) != 1 {
		t.Fatalf("%d projects for %v", len(list), options)
	}
	return list[0].(map[string]any)
}

// stats are the statistics of a project.
func (w world) stats(t *testing.T, id string) map[string]any {
	t.Helper()
	return w.shown(t, id, map[string]any{"include_stats": true})["stats"].(map[string]any)["active"].(map[string]any)
}

// counts writes the statuses that occur.
func counts(stats map[string]any) string {
	var out []string
	for status, n := range stats["status_count"].(map[string]any) {
		if n != 0.0 {
			out = append(out, fmt.Sprintf("%s:%v", status, n))
		}
	}
	return strings.Join(sorted(out), " ")
}

func names(v any) string {
	var out []string
	for _, p := range v.([]any) {
		out = append(out, p.(map[string]any)["name"].(string))
	}
	return strings.Join(out, " ")
}

// as calls an endpoint in the name of a role.
func (w world) as(t *testing.T, role user.Role, endpoint string, body map[string]any) map[string]any {
	t.Helper()
	text, _ := json.Marshal(body)
	r := w.Do(t, request(endpoint, string(text), role))
	if r.Status != 200 {
		t.Fatalf("%s as %s: %d/%d %s", endpoint, role, r.Status, r.Subcode, r.Message)
	}
	return r.Data
}

func TestStatsFollowEachChange(t *testing.T) {
	w := newWorld(t)
	p, q := w.newProject(t, "p"), w.newProject(t, "q")
	wants := func(what, status string, total int) {
		t.Helper()
		s := w.stats(t, p)
		if counts(s) != status || s["total_tasks"] != float64(total) {
			t.Errorf("%s: %s of %v, want %s of %d", what, counts(s), s["total_tasks"], status, total)
		}
	}
	wants("empty", "", 0)
	if s := w.stats(t, p); s["last_task_run"] != nil || s["total_runtime"] != 0.0 || len(s["status_count"].(map[string]any)) != 10 {
		t.Error(s)
	}
	create := func(name string) string {
		return w.Call(t, "tasks.create", map[string]any{"name": name, "type": "training", "project": p})["id"].(string)
	}
	a, b := create("a"), create("b")
	wants("created", "created:2", 2)
	w.Call(t, "tasks.started", map[string]any{"task": a})
	wants("started", "created:1 in_progress:1", 2)
	started := w.doc(t, a)["started"]
	w.Pass(90 * time.Second)
	w.Call(t, "tasks.completed", map[string]any{"task": a})
	wants("completed", "completed:1 created:1", 2)
	if s := w.stats(t, p); s["total_runtime"] != 90.0 || s["completed_tasks_24h"] != 1.0 || s["last_task_run"] != started {
		t.Error(s, started)
	}
	w.Call(t, "tasks.archive", map[string]any{"tasks": []string{a}})
	wants("archived", "created:1", 1)
	if s := w.stats(t, p); s["total_runtime"] != 0.0 || s["completed_tasks_24h"] != 0.0 || s["last_task_run"] != nil {
		t.Error(s)
	}
	w.Call(t, "tasks.unarchive_many", map[string]any{"ids": []string{a}})
	wants("unarchived", "completed:1 created:1", 2)
	w.Call(t, "tasks.move", map[string]any{"ids": []string{b}, "project": q})
	wants("moved", "completed:1", 1)
	if s := w.stats(t, q); counts(s) != "created:1" {
		t.Error(s)
	}
	w.Call(t, "tasks.edit", map[string]any{"task": a, "force": true, "status": "failed", "type": "testing"})
	wants("edited", "failed:1", 1)
	if s := w.stats(t, p); s["completed_tasks_24h"] != 0.0 {
		t.Error(s)
	}
	w.Call(t, "tasks.edit", map[string]any{"task": a, "force": true, "status": "completed", "system_tags": []string{"archived"}})
	wants("archived by tag", "", 0)
	w.Call(t, "tasks.update", map[string]any{"task": a, "system_tags": []string{}})
	w.Pass(25 * time.Hour)
	if s := w.stats(t, p); s["completed_tasks_24h"] != 0.0 || s["total_runtime"] != 90.0 {
		t.Error("a day later:", s)
	}
	w.Call(t, "tasks.reset", map[string]any{"task": a})
	wants("reset", "created:1", 1)
	if s := w.stats(t, p); s["total_runtime"] != 0.0 {
		t.Error(s)
	}
	w.Call(t, "tasks.delete", map[string]any{"task": a})
	wants("deleted", "", 0)
}

func TestStatsAddUpWhatLiesBelow(t *testing.T) {
	w := newWorld(t)
	top, sub := w.newProject(t, "top"), w.newProject(t, "top/sub")
	leaf, other := w.newProject(t, "top/sub/leaf"), w.newProject(t, "topmost")
	hidden := w.Call(t, "projects.create", map[string]any{"name": "top/.hidden", "system_tags": []string{"hidden"}})["id"].(string)
	for i, id := range []string{top, sub, leaf, leaf, other, hidden} {
		w.newTaskIn(t, fmt.Sprint(i), id)
	}
	d := w.shown(t, top, map[string]any{"include_stats": true})
	if s := d["stats"].(map[string]any)["active"].(map[string]any); s["total_tasks"] != 4.0 || names(d["sub_projects"]) != "top/sub top/sub/leaf" {
		t.Error(d)
	}
	d = w.shown(t, top, map[string]any{"include_stats": true, "search_hidden": true})
	if s := d["stats"].(map[string]any)["active"].(map[string]any); s["total_tasks"] != 5.0 || names(d["sub_projects"]) != "top/.hidden top/sub top/sub/leaf" {
		t.Error(d)
	}
	d = w.shown(t, top, map[string]any{"include_stats": true, "stats_with_children": false})
	if s := d["stats"].(map[string]any)["active"].(map[string]any); s["total_tasks"] != 1.0 || names(d["sub_projects"]) != "" {
		t.Error(d)
	}
	if d := w.shown(t, sub, map[string]any{"check_own_contents": true}); d["own_tasks"] != 1.0 || d["own_models"] != 0.0 {
		t.Error(d)
	}
}

func TestStatsOfSomeTasksOnly(t *testing.T) {
	w := newWorld(t)
	p := w.newProject(t, "p")
	a := w.newTaskIn(t, "a", p)
	w.newTaskIn(t, "b", p, "archived")
	w.Call(t, "tasks.update", map[string]any{"task": a, "tags": []string{"keep"}})
	total := func(filter map[string]any) any {
		t.Helper()
		return w.shown(t, p, map[string]any{"include_stats": true, "include_stats_filter": filter})["stats"].(map[string]any)["active"].(map[string]any)["total_tasks"]
	}
	own := func(filter map[string]any) any {
		t.Helper()
		return w.shown(t, p, map[string]any{"check_own_contents": true, "include_stats_filter": filter})["own_tasks"]
	}
	tagged := map[string]any{"tags": []string{"keep"}}
	none := map[string]any{"tags": []string{"none"}}
	block := map[string]any{"tags": map[string]any{"any": map[string]any{"include": []string{"keep", "x"}}}}
	archived := map[string]any{"system_tags": []string{"archived"}}
	if fmt.Sprint(total(tagged), total(none), total(block), total(archived)) != "1 0 1 1" {
		t.Error(total(tagged), total(none), total(block), total(archived))
	}
	if got := fmt.Sprint(own(tagged), own(none), own(archived), own(map[string]any{"status": []string{"created"}})); got != "1 0 1 1" {
		t.Error(got)
	}
}

func TestProjectsOfUsersAndKinds(t *testing.T) {
	w := newWorld(t)
	mine, theirs := w.newProject(t, "a/mine"), w.newProject(t, "b/theirs")
	w.newTaskIn(t, "x", mine)
	w.as(t, user.Member, "tasks.create", map[string]any{"name": "y", "type": "controller", "project": theirs})
	member := w.listed(t, "users.get_all", map[string]any{"name": "^member$"}, "id")
	order := []string{"name"}
	wantList(t, w.listed(t, "projects.get_all_ex", map[string]any{"active_users": member, "order_by": order}, "name"), "b", "b/theirs")
	wantList(t, w.listed(t, "projects.get_all_ex", map[string]any{"active_users": []string{"nobody"}}, "name"))
	d := w.Call(t, "projects.get_all_ex", map[string]any{"active_users": member, "name": "^b$", "include_stats": true, "check_own_contents": true})["projects"].([]any)[0]
	if got := d.(map[string]any); got["own_tasks"] != 0.0 || names(got["sub_projects"]) != "b/theirs" {
		t.Error(got)
	}

	set := w.Call(t, "projects.create", map[string]any{"name": "a/.datasets/set", "tags": []string{"good"}, "system_tags": []string{"hidden", "dataset"}})["id"].(string)
	w.Call(t, "tasks.create", map[string]any{
		"name": "1.0", "type": "data_processing", "project": set, "system_tags": []string{"dataset"}, "runtime": map[string]any{"ds_file_count": 3, "ds_total_size": 700},
	})
	pipe := w.Call(t, "projects.create", map[string]any{"name": "b/.pipelines/pipe", "system_tags": []string{"hidden", "pipeline"}})["id"].(string)
	w.Call(t, "tasks.create", map[string]any{"name": "run", "type": "controller", "project": pipe})
	w.Call(t, "tasks.create", map[string]any{"name": "r", "type": "report", "project": mine, "tags": []string{"weekly"}})
	for kind, want := range map[string][]string{
		"dataset": {"a"}, "pipeline": {"b"}, "report": {"a", "a/mine"},
	} {
		wantList(t, w.listed(t, "projects.get_all_ex", map[string]any{"children_type": kind, "order_by": order}, "name"), want...)
	}
	wantList(t, w.listed(t, "projects.get_all_ex", map[string]any{"children_type": "dataset", "search_hidden": true, "order_by": order}, "name"), "a", "a/.datasets", "a/.datasets/set")
	wantList(t, w.listed(t, "projects.get_all_ex", map[string]any{"children_type": "dataset", "children_tags": []string{"good"}}, "name"), "a")
	wantList(t, w.listed(t, "projects.get_all_ex", map[string]any{"children_type": "dataset", "children_tags": []string{"bad"}}, "name"))
	wantList(t, w.listed(t, "projects.get_all_ex", map[string]any{"children_type": "report", "children_tags": []string{"weekly"}, "order_by": order}, "name"), "a", "a/mine")
	wantList(t, w.listed(t, "projects.get_all_ex", map[string]any{
		"children_type": "dataset", "children_tags_filter": map[string]any{"any": map[string]any{"include": []string{"bad"}}},
	}, "name"))

	e := w.Call(t, "projects.get_all_ex", map[string]any{"children_type": "dataset", "include_stats": true, "check_own_contents": true, "name": "^a$"})["projects"].([]any)[0].(map[string]any)
	if fmt.Sprint(e["stats"], e["own_datasets"]) != "map[datasets:map[count:1 tags:[good]]] 1" {
		t.Error(e)
	}
	if d := w.shown(t, set, map[string]any{"include_dataset_stats": true}); fmt.Sprint(d["dataset_stats"]) != "map[file_count:3 total_size:700]" {
		t.Error(d)
	}
	if d := w.shown(t, mine, map[string]any{"include_dataset_stats": true}); d["dataset_stats"] != nil {
		t.Error(d)
	}
	in := w.Call(t, "projects.validate_delete", map[string]any{"project": w.listed(t, "projects.get_all", map[string]any{"name": "^a$"}, "id")[0]})
	if in["datasets"] != 1.0 || in["reports"] != 1.0 || in["tasks"] != 1.0 {
		t.Error(in)
	}
}
