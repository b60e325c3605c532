package rpc_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/rpc/rpctest"
)

// project is the document of a project.
func (w world) project(t *testing.T, id string) map[string]any {
	t.Helper()
	return w.Call(t, "projects.get_by_id", map[string]any{"project": id})["project"].(map[string]any)
}

// tree is all projects by name, each with its parent's name and how deep its
// path is.
func (w world) tree(t *testing.T) string {
	t.Helper()
	all := w.Call(t, "projects.get_all_ex", map[string]any{
		"search_hidden": true, "order_by": []string{"name"}, "only_fields": []string{"name", "basename", "parent.name", "path"},
	})["projects"].([]any)
	var out []string
	for _, p := range all {
		d := p.(map[string]any)
		parent := "-"
		if of, ok := d["parent"].(map[string]any); ok && of["name"] != nil {
			parent = of["name"].(string)
		}
		out = append(out, fmt.Sprintf("%s(%s<%s,%d)", d["name"], d["basename"], parent, len(d["path"].([]any))))
	}
	return strings.Join(out, " ")
}

func TestProjectsAreMadeWithTheirParents(t *testing.T) {
	w := world{World: rpctest.New(t)}
	id := w.Call(t, "projects.create", map[string]any{"name": " /a// b /c/", "description": "deep", "tags": []string{"z", "a"}})["id"].(string)
	if got, want := w.tree(t), "a(a<-,0) a/b(b<a,1) a/b/c(c<a/b,2)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	d := w.project(t, id)
	if d["description"] != "deep" || fmt.Sprint(d["tags"]) != "[a z]" || len(d["path"].([]any)) != 2 {
		t.Error(d)
	}
	w.Call(t, "projects.update", map[string]any{"project": d["parent"], "name": "a/x"})
	if got, want := w.tree(t), "a(a<-,0) a/x(x<a,1) a/x/c(c<a/x,2)"; got != want {
		t.Errorf("renamed: %s, want %s", got, want)
	}
}

func TestARenamedDatasetIsFoundByItsNewName(t *testing.T) {
	w := newWorld(t)
	set := w.Call(t, "projects.create", map[string]any{"name": "lab/.datasets/old", "system_tags": []string{"hidden", "dataset"}})["id"].(string)
	version, other := w.newTaskIn(t, "old", set), w.newTaskIn(t, "other", set)
	w.Call(t, "projects.update", map[string]any{"project": set, "name": "lab/.datasets/new"})
	if w.doc(t, version)["name"] != "new" || w.doc(t, other)["name"] != "other" {
		t.Error(w.doc(t, version)["name"], w.doc(t, other)["name"])
	}
	plain := w.newProject(t, "plain")
	task := w.newTaskIn(t, "plain", plain)
	w.Call(t, "projects.update", map[string]any{"project": plain, "name": "simple"})
	if got := w.doc(t, task)["name"]; got != "plain" {
		t.Error(got)
	}
}

func TestAPublicTaskKeepsItsProjectsContents(t *testing.T) {
	w := newWorld(t)
	p := w.newProject(t, "p")
	task := w.newTaskIn(t, "shown", p)
	w.Call(t, "tasks.make_public", map[string]any{"ids": []string{task}})
	w.Refused(t, "projects.delete", map[string]any{"project": p, "force": true, "delete_contents": true}, 403, 21)
	w.Call(t, "projects.delete", map[string]any{"project": p, "force": true})
	if got := w.doc(t, task)["project"]; got != nil {
		t.Error(got)
	}
}

func TestProjectsMove(t *testing.T) {
	w := world{World: rpctest.New(t)}
	b, other := w.newProject(t, "a/b"), w.newProject(t, "other")
	w.newProject(t, "a/b/c/d")
	w.Pass(time.Minute)
	before := w.project(t, other)["last_update"]
	if r := w.Call(t, "projects.move", map[string]any{"project": b, "new_location": "other/new"}); r["moved"] != 3.0 {
		t.Error(r)
	}
	if got, want := w.tree(t), "a(a<-,0) other(other<-,0) other/new(new<other,1) other/new/b(b<other/new,2) other/new/b/c(c<other/new/b,3) other/new/b/c/d(d<other/new/b/c,4)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if w.project(t, other)["last_update"] != before {
		t.Error("what lies deeper is no change of the project itself")
	}
	w.Call(t, "projects.move", map[string]any{"project": b, "new_location": ""})
	if got, want := w.tree(t), "a(a<-,0) b(b<-,0) b/c(c<b,1) b/c/d(d<b/c,2) other(other<-,0) other/new(new<other,1)"; got != want {
		t.Errorf("to the root: %s, want %s", got, want)
	}
	wantList(t, w.listed(t, "projects.get_all_ex", map[string]any{"parent": []string{b}, "order_by": []string{"name"}}, "name"), "b/c", "b/c/d")
	wantList(t, w.listed(t, "projects.get_all_ex", map[string]any{"search_text": "b", "order_by": []string{"name"}}, "name"), "b", "b/c", "b/c/d")
}

func TestProjectsMerge(t *testing.T) {
	w := newWorld(t)
	from, into := w.newProject(t, "from"), w.newProject(t, "into")
	leaf := w.newProject(t, "from/sub/leaf")
	w.newProject(t, "from/sub/leaf/twig")
	w.newTaskIn(t, "living", from)
	gone := w.newTaskIn(t, "archived", from)
	w.Call(t, "tasks.archive", map[string]any{"tasks": []string{gone}})
	w.newTaskIn(t, "deep", leaf)
	r := w.Call(t, "projects.merge", map[string]any{"project": from, "destination_project": into})
	if r["moved_entities"] != 2.0 || r["moved_projects"] != 1.0 {
		t.Error(r)
	}
	if got, want := w.tree(t), "into(into<-,0) into/sub(sub<into,1) into/sub/leaf(leaf<into/sub,2) into/sub/leaf/twig(twig<into/sub/leaf,3)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	wantList(t, w.listed(t, "tasks.get_all", map[string]any{"project": []string{into}, "order_by": []string{"name"}}, "name"), "archived", "living")
	if got := w.doc(t, gone)["project"]; got != into {
		t.Errorf("the archived task points at %v", got)
	}
	stats := w.stats(t, into)
	if stats["total_tasks"] != 2.0 { // living and deep; archived ones are counted apart
		t.Error(stats)
	}
	w.Refused(t, "projects.get_by_id", map[string]any{"project": from}, 400, 401)

	// Into the root, by a name that is taken only by what goes.
	x := w.newProject(t, "x")
	w.newProject(t, "x/x/y")
	task := w.newTaskIn(t, "rooted", x)
	if r := w.Call(t, "projects.merge", map[string]any{"project": x, "destination_project": nil}); r["moved_entities"] != 1.0 || r["moved_projects"] != 1.0 {
		t.Error(r)
	}
	if got := w.doc(t, task)["project"]; got != nil {
		t.Errorf("the task is in %v, want none", got)
	}
	if got := w.tree(t); !strings.Contains(got, "x(x<-,0) x/y(y<x,1)") {
		t.Error(got)
	}
}

func TestProjectsAreDeleted(t *testing.T) {
	w := newWorld(t)
	top := w.newProject(t, "top")
	sub := w.newProject(t, "top/sub")
	living, old := w.newTaskIn(t, "living", sub), w.newTaskIn(t, "old", top)
	child := w.newTask(t, "child")
	w.Call(t, "tasks.edit", map[string]any{"task": child, "parent": living, "force": true})
	w.registerAt(t, living, item("weights", "x", 1))
	w.Upload(t, "p/weights", "x")
	w.Call(t, "tasks.archive", map[string]any{"tasks": []string{old}})

	in := w.Call(t, "projects.validate_delete", map[string]any{"project": top})
	if fmt.Sprint(in) != "map[datasets:0 models:0 non_archived_models:0 non_archived_reports:0 non_archived_tasks:1 pipelines:0 reports:0 tasks:2]" {
		t.Error(in)
	}
	w.Refused(t, "projects.delete", map[string]any{"project": top}, 400, 402)
	r := w.Call(t, "projects.delete", map[string]any{"project": top, "force": true, "delete_contents": true})
	urls := fmt.Sprintf("map[artifact_urls:[%s/p/weights] event_urls:[] model_urls:[]]", rpctest.FilesBase)
	if fmt.Sprint(r["deleted"], r["disassociated_tasks"], r["deleted_tasks"], r["deleted_models"], r["urls"]) != "2 0 2 0 "+urls {
		t.Error(r)
	}
	if w.has(t, "p/weights") {
		t.Error("the files of what was deleted are still there")
	}
	if got := w.doc(t, child)["parent"]; got != nil {
		t.Errorf("the parent outside is %v, want none", got)
	}
	for _, id := range []string{living, old} {
		w.Refused(t, "tasks.get_by_id", map[string]any{"task": id}, 400, 101)
	}
	if got := w.tree(t); got != "" {
		t.Error(got)
	}
}

func TestWhatLiesInADeletedProjectCanStay(t *testing.T) {
	w := newWorld(t)
	p, above := w.newProject(t, "above/p"), w.listed(t, "projects.get_all", map[string]any{"name": "^above$"}, "id")[0]
	task := w.newTaskIn(t, "stays", p)
	w.registerAt(t, task, item("weights", "x", 1))
	w.Upload(t, "p/weights", "x")
	w.Pass(time.Minute)
	before := w.project(t, above)["last_update"]
	r := w.Call(t, "projects.delete", map[string]any{"project": p, "force": true})
	if fmt.Sprint(r["deleted"], r["disassociated_tasks"], r["deleted_tasks"], r["urls"]) != "1 1 0 <nil>" {
		t.Error(r)
	}
	if w.doc(t, task)["project"] != nil || !w.has(t, "p/weights") {
		t.Error("the task is gone, or its file, or it still has a project")
	}
	if w.project(t, above)["last_update"] == before {
		t.Error("the project above did not notice")
	}
	// Archived things never forbid it.
	q := w.newProject(t, "q")
	w.Call(t, "tasks.archive", map[string]any{"tasks": []string{w.newTaskIn(t, "old", q)}})
	w.Call(t, "projects.delete", map[string]any{"project": q})
}

func TestDeletionCanLeaveTheFiles(t *testing.T) {
	w := newWorld(t)
	p := w.newProject(t, "p")
	w.registerAt(t, w.newTaskIn(t, "x", p), item("weights", "x", 1))
	w.Upload(t, "p/weights", "x")
	w.Call(t, "projects.delete", map[string]any{"project": p, "force": true, "delete_contents": true, "delete_external_artifacts": false})
	if !w.has(t, "p/weights") {
		t.Error("the file is gone, though it was to stay")
	}
}

func TestADeletedProjectTakesNoFileThatOthersName(t *testing.T) {
	w := newWorld(t)
	p := w.newProject(t, "p")
	w.registerAt(t, w.newTaskIn(t, "x", p), item("shared", "x", 1), item("own", "y", 1))
	w.registerAt(t, w.newTask(t, "elsewhere"), item("shared", "x", 1))
	w.Upload(t, "p/shared", "x")
	w.Upload(t, "p/own", "y")
	w.Upload(t, "p/neighbour", "z") // no record names it, and the folder is no owner
	w.Call(t, "projects.delete", map[string]any{"project": p, "force": true, "delete_contents": true})
	if !w.has(t, "p/shared") || !w.has(t, "p/neighbour") || w.has(t, "p/own") {
		t.Error(w.has(t, "p/shared"), w.has(t, "p/neighbour"), w.has(t, "p/own"))
	}
}

func TestPublicProjectsAreReadAndNotChanged(t *testing.T) {
	w := newWorld(t)
	p, other := w.newProject(t, "shown"), w.newProject(t, "other")
	task := w.newTask(t, "task")
	if r := w.Call(t, "projects.make_public", map[string]any{"ids": []string{p, p}}); r["updated"] != 1.0 {
		t.Error(r)
	}
	if d := w.project(t, p); d["company"] != "" || d["name"] != "shown" {
		t.Error(d)
	}
	wantList(t, w.listed(t, "projects.get_all_ex", map[string]any{"order_by": []string{"name"}}, "name"), "other", "shown")
	wantList(t, w.listed(t, "projects.get_all_ex", map[string]any{"allow_public": false}, "name"), "other")
	w.Refused(t, "projects.update", map[string]any{"project": p, "description": "x"}, 403, 21)
	w.Refused(t, "tasks.move", map[string]any{"ids": []string{task}, "project": p}, 403, 21)
	w.Refused(t, "tasks.create", map[string]any{"name": "x", "type": "training", "project": p}, 403, 21)
	w.Refused(t, "projects.create", map[string]any{"name": "shown/below"}, 403, 21)
	w.Refused(t, "projects.move", map[string]any{"project": other, "new_location": "shown"}, 403, 21)
	w.Call(t, "projects.make_private", map[string]any{"ids": []string{p}})
	w.Call(t, "projects.update", map[string]any{"project": p, "description": "x"})
}
