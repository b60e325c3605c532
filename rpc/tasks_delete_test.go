package rpc_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/rpc/rpctest"
)

// sdkClient is how the Python SDK names itself.
const sdkClient = "clearml-2.1.7"

func (w world) has(t *testing.T, path string) bool {
	t.Helper()
	p, err := file.ParsePath(path)
	if err != nil {
		t.Fatal(err)
	}
	_, found, err := w.Files.Find(t.Context(), p, "")
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// logged makes a task with an output and an input artifact and a debug sample.
func (w world) logged(t *testing.T, name string) world {
	t.Helper()
	of := world{w.World, w.newTask(t, name)}
	output, input := item(name+" out", "out", 100), item(name+" in", "in", 100)
	input["mode"] = "input"
	for _, file := range []string{"out", "in", "sample"} {
		w.Upload(t, "p/"+name+" "+file, file)
	}
	of.register(t, output, input)
	w.Call(t, "events.add", map[string]any{
		"type": "training_debug_image", "task": of.task, "metric": "m", "variant": "v", "iter": 1, "key": "k", "url": rpctest.FilesBase + "/p/" + name + "%20sample",
	})
	return of
}

func TestDeletingWithAndWithoutFiles(t *testing.T) {
	w := world{World: rpctest.New(t)}
	for name, c := range map[string]struct {
		client string
		body   map[string]any
		keeps  bool
	}{
		"asked by nothing": {"", map[string]any{}, false},
		"not asked":        {"", map[string]any{"delete_external_artifacts": false}, true},
		"asked by the SDK": {sdkClient, map[string]any{"delete_external_artifacts": true}, true},
	} {
		for _, endpoint := range []string{"tasks.delete", "tasks.delete_many"} {
			t.Run(name+" "+endpoint, func(t *testing.T) {
				of := w.logged(t, name+endpoint)
				body := map[string]any{"task": of.task, "ids": []string{of.task}, "force": true, "return_file_urls": true}
				for k, v := range c.body {
					body[k] = v
				}
				text, _ := json.Marshal(body)
				r := w.Do(t, rpctest.Request{Path: "/v2.34/" + endpoint, Body: string(text), Header: map[string]string{"X-ClearML-Client": c.client}})
				reply := r.Data
				if list, ok := reply["succeeded"].([]any); ok {
					reply = list[0].(map[string]any)
				}
				uri := item(name+endpoint+" out", "out", 100)["uri"]
				urls, _ := reply["urls"].(map[string]any)
				if r.Status != 200 || reply["deleted"] != true || fmt.Sprint(urls) != fmt.Sprintf("map[artifact_urls:[%v] event_urls:[] model_urls:[]]", uri) {
					t.Errorf("%d %v", r.Status, r.Data)
				}
				w.Refused(t, "tasks.get_by_id", map[string]any{"task": of.task}, 400, 101)
				for _, file := range []string{"out", "sample"} {
					if w.has(t, "p/"+name+endpoint+" "+file) != c.keeps {
						t.Errorf("%s: kept %v, want %v", file, !c.keeps, c.keeps)
					}
				}
				if !w.has(t, "p/"+name+endpoint+" in") {
					t.Error("an input is not the task's to delete")
				}
			})
		}
	}
}

func TestDeleteTellsNoAddressesUnlessAsked(t *testing.T) {
	w := world{World: rpctest.New(t)}
	of := w.logged(t, "quiet")
	if r := w.Call(t, "tasks.reset", map[string]any{"task": of.task}); len(r["urls"].(map[string]any)) != 0 || len(r["dequeued"].(map[string]any)) != 0 {
		t.Errorf("reset: %v", r)
	}
	if r := w.Call(t, "tasks.delete", map[string]any{"task": of.task}); r["urls"] != nil {
		t.Errorf("delete: %v", r)
	}
}

func TestAFileThatTwoTasksNameGoesWithTheSecond(t *testing.T) {
	w := world{World: rpctest.New(t)}
	first, second := w.logged(t, "first"), w.logged(t, "second")
	second.register(t, item("first out", "out", 100))
	w.Call(t, "tasks.delete", map[string]any{"task": first.task, "force": true})
	if !w.has(t, "p/first out") {
		t.Error("a file that a living record names is gone")
	}
	w.Call(t, "tasks.delete", map[string]any{"task": second.task, "force": true})
	if w.has(t, "p/first out") {
		t.Error("the file outlived the last record")
	}
}

func TestChildrenOfADeletedTask(t *testing.T) {
	w := newWorld(t)
	child := w.Call(t, "tasks.create", map[string]any{"name": "child", "type": "training", "parent": w.task})["id"].(string)
	r := w.Call(t, "tasks.delete", map[string]any{"task": w.task, "force": true})
	if got := w.doc(t, child)["parent"]; r["updated_children"] != 1.0 || got != "__DELETED__"+w.task {
		t.Errorf("%v, parent %v", r, got)
	}
	if got := w.doc(t, w.Call(t, "tasks.clone", map[string]any{"task": child})["id"].(string))["parent"]; got != child {
		t.Errorf("a parent that is gone is no parent for a clone: %v", got)
	}
}

func TestWhatMayBeDeletedWithoutForce(t *testing.T) {
	w := newWorld(t)
	w.Refused(t, "tasks.delete", map[string]any{"task": w.task}, 400, 123)
	w.Call(t, "tasks.archive", map[string]any{"tasks": []string{w.task}})
	w.Call(t, "tasks.delete", map[string]any{"task": w.task, "move_to_trash": true})
	draft := w.Call(t, "tasks.create", map[string]any{"name": "draft", "type": "training"})["id"]
	w.Call(t, "tasks.delete", map[string]any{"task": draft})
}

func TestResetManySkipsWhatIsPublished(t *testing.T) {
	w := world{World: rpctest.New(t)}
	done, published := w.logged(t, "done"), w.logged(t, "published")
	w.Call(t, "tasks.completed", map[string]any{"task": done.task})
	w.Call(t, "tasks.completed", map[string]any{"task": published.task, "publish": true})
	r := w.Call(t, "tasks.reset_many", map[string]any{"ids": []string{done.task, published.task}, "clear_all": true, "return_file_urls": true})
	ok := r["succeeded"].([]any)[0].(map[string]any)
	if len(ok["urls"].(map[string]any)["artifact_urls"].([]any)) != 1 || ok["dequeued"] != false || len(r["failed"].([]any)) != 1 {
		t.Errorf("%v", r)
	}
	if done.keys(t) != "done in" || published.keys(t) != "published in published out" {
		t.Errorf("left are %s and %s", done.keys(t), published.keys(t))
	}
	if w.has(t, "p/done out") || w.has(t, "p/done sample") || !w.has(t, "p/done in") || !w.has(t, "p/published out") {
		t.Error("files of the reset task must go, others stay")
	}
}

// A draft stays while a task uses it, but not for one that is deleted with its
// maker, whichever of the two goes first.
func TestDraftsMadeForEachOtherGoWithThoseWhoUseThem(t *testing.T) {
	for name, remove := range map[string]func(t *testing.T, w world, pipeline, project string){
		"steps of a pipeline": func(t *testing.T, w world, pipeline, _ string) {
			w.Call(t, "tasks.delete", map[string]any{"task": pipeline, "force": true, "include_pipeline_steps": true})
		},
		"tasks of a project": func(t *testing.T, w world, _, project string) {
			w.Call(t, "projects.delete", map[string]any{"project": project, "force": true, "delete_contents": true})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.newProject(t, "p")
			made := func(body map[string]any) string {
				body["project"] = p
				return w.Call(t, "tasks.create", body)["id"].(string)
			}
			pipeline := made(map[string]any{"name": "pipeline", "type": "controller"})
			first := made(map[string]any{"name": "first", "type": "training", "parent": pipeline})
			second := made(map[string]any{"name": "second", "type": "training", "parent": pipeline})
			// Filed nowhere: those in the project would go with it anyway.
			one, other := w.newModel(t, "one", map[string]any{"task": first}), w.newModel(t, "other", map[string]any{"task": second})
			used := w.newModel(t, "used", map[string]any{"task": first})
			w.link(t, second, "input", "in", one)
			w.link(t, first, "input", "in", other)
			w.link(t, w.task, "input", "in", used)

			remove(t, w, pipeline, p)
			for _, id := range []string{first, second} {
				w.Refused(t, "tasks.get_by_id", map[string]any{"task": id}, 400, 101)
			}
			for _, id := range []string{one, other} {
				w.Refused(t, "models.get_by_id", map[string]any{"model": id}, 400, 201)
			}
			if got := w.model(t, used)["task"]; got != "__DELETED__"+first {
				t.Errorf("the model that another task uses is of task %v", got)
			}
		})
	}
}
