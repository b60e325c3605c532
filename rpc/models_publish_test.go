package rpc_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/rpc/rpctest"
)

func TestPublishingModels(t *testing.T) {
	w := newWorld(t)
	ready := func(id string) bool { return w.model(t, id)["ready"] == true }
	status := func(id string) any { return w.doc(t, id)["status"] }

	t.Run("publishes the task that made it", func(t *testing.T) {
		id := w.newModel(t, "m", map[string]any{"task": w.task})
		w.Refused(t, "models.set_ready", map[string]any{"model": id}, 400, 110) // it runs
		if ready(id) || status(w.task) != "in_progress" {
			t.Error("a refusal changed something")
		}
		w.Call(t, "tasks.completed", map[string]any{"task": w.task})
		r := w.Call(t, "models.set_ready", map[string]any{"model": id})
		p, _ := r["published_task"].(map[string]any)
		if p == nil || p["id"] != w.task || p["data"].(map[string]any)["updated"] != 1.0 || p["data"].(map[string]any)["fields"].(map[string]any)["status"] != "published" {
			t.Errorf("%v", r)
		}
		if !ready(id) || status(w.task) != "published" || fmt.Sprint(r["fields"]) != "map[]" {
			t.Errorf("%v %v", r, status(w.task))
		}
		w.Refused(t, "models.set_ready", map[string]any{"model": id}, 400, 203)
	})

	t.Run("by force whatever its status", func(t *testing.T) {
		of := w.newTask(t, "running")
		id := w.newModel(t, "m", map[string]any{"task": of})
		w.Call(t, "models.set_ready", map[string]any{"model": id, "force_publish_task": true})
		if !ready(id) || status(of) != "published" {
			t.Errorf("%v", status(of))
		}
		other := w.newModel(t, "of a task that is published already", nil)
		w.Call(t, "models.edit", map[string]any{"model": other, "task": of})
		if r := w.Call(t, "models.set_ready", map[string]any{"model": other}); r["published_task"] != nil || !ready(other) {
			t.Errorf("%v", r)
		}
	})

	t.Run("or leaves it alone", func(t *testing.T) {
		of := w.newTask(t, "running")
		id := w.newModel(t, "m", map[string]any{"task": of})
		if r := w.Call(t, "models.set_ready", map[string]any{"model": id, "publish_task": false}); r["published_task"] != nil {
			t.Errorf("%v", r)
		}
		if !ready(id) || status(of) != "in_progress" {
			t.Errorf("%v", status(of))
		}
		lonely := w.newModel(t, "of a task that is gone", map[string]any{"task": of})
		w.Call(t, "tasks.delete", map[string]any{"task": of, "force": true, "delete_output_models": false})
		w.Call(t, "models.set_ready", map[string]any{"model": lonely})
		if !ready(lonely) {
			t.Error("a task that is gone keeps nothing back")
		}
	})

	t.Run("with their task, the last output alone", func(t *testing.T) {
		of := w.newTask(t, "t")
		first, last := w.newModel(t, "first", nil), w.newModel(t, "last", nil)
		w.link(t, of, "output", "a", first)
		w.link(t, of, "output", "b", last)
		w.Call(t, "tasks.completed", map[string]any{"task": of})
		w.Call(t, "tasks.publish", map[string]any{"task": of})
		if ready(first) || !ready(last) {
			t.Error("the last output model is published, no other")
		}
		for _, publish := range []map[string]any{{"publish_model": false}, {}} {
			of, m := w.newTask(t, "t"), w.newModel(t, "m", nil)
			w.link(t, of, "output", "m", m)
			w.Call(t, "tasks.completed", map[string]any{"task": of})
			publish["ids"] = []string{of}
			w.Call(t, "tasks.publish_many", publish)
			if want := len(publish) == 1; ready(m) != want {
				t.Errorf("%v: ready %v", publish, ready(m))
			}
		}
		of = w.newTask(t, "t")
		w.link(t, of, "output", "gone", "never was")
		w.Call(t, "tasks.completed", map[string]any{"task": of, "publish": true})
		if status(of) != "published" {
			t.Error("a link that leads nowhere keeps nothing back")
		}
	})

	t.Run("many at once", func(t *testing.T) {
		of := w.newTask(t, "running")
		good, bad := w.newModel(t, "good", nil), w.newModel(t, "bad", map[string]any{"task": of})
		r := w.Call(t, "models.publish_many", map[string]any{"ids": []string{bad, good, "none", good}})
		done := r["succeeded"].([]any)
		if len(done) != 1 || done[0].(map[string]any)["id"] != good || done[0].(map[string]any)["updated"] != true || done[0].(map[string]any)["published_task"] != nil {
			t.Errorf("%v", done)
		}
		if got := strings.Join(codes(rpctest.Reply{Status: 200, Data: r}), " "); got != "+400/110 +400/201 +400/203" {
			t.Errorf("failed with %s", got)
		}
	})
}

func TestDeletingModels(t *testing.T) {
	w := newWorld(t)
	gone := func(id string) bool {
		r := w.Do(t, rpctest.Request{Path: "/v2.34/models.get_by_id", Body: `{"model":"` + id + `"}`})
		return r.Status == 400 && r.Subcode == 201
	}

	t.Run("tells the address", func(t *testing.T) {
		id := w.newModel(t, "m", map[string]any{"uri": rpctest.FilesBase + "/a%20b", "ready": true})
		w.Call(t, "events.add", map[string]any{"type": "plot", "model_event": true, "task": id, "metric": "m", "variant": "v", "allow_locked": true})
		r := w.Call(t, "models.delete", map[string]any{"model": id})
		if r["deleted"] != true || r["url"] != rpctest.FilesBase+"/a%20b" || !gone(id) {
			t.Errorf("%v", r)
		}
		w.Refused(t, "events.get_task_plots", map[string]any{"task": id, "model_events": true}, 400, 201)
		w.Refused(t, "models.delete", map[string]any{"model": id}, 400, 201)
	})

	t.Run("that are in use", func(t *testing.T) {
		id := w.newModel(t, "m", nil)
		w.link(t, w.task, "input", "in", id)
		w.Refused(t, "models.delete", map[string]any{"model": id}, 400, 205)
		w.Call(t, "models.delete", map[string]any{"model": id, "force": true})
		if got := w.linked(t, w.task, "input"); !slices.Equal(got, []string{"in:__DELETED__" + id}) {
			t.Errorf("the user names %v", got)
		}
		// what names a deleted model can still be edited
		w.Call(t, "tasks.edit", map[string]any{"task": w.task, "force": true, "models": map[string]any{"output": []any{}}})
	})

	t.Run("of tasks", func(t *testing.T) {
		draft, published := w.newTask(t, "draft"), w.newTask(t, "published")
		ids := map[string]string{}
		for _, of := range []string{draft, published} {
			ids[of] = w.newModel(t, "m", map[string]any{"task": of})
			w.link(t, of, "output", "out", ids[of])
			w.link(t, of, "output", "other", "untouched")
		}
		w.Call(t, "tasks.completed", map[string]any{"task": published, "publish": true})
		w.Call(t, "models.delete", map[string]any{"model": ids[draft]})
		if got := w.linked(t, draft, "output"); !slices.Equal(got, []string{"other:untouched"}) {
			t.Errorf("the draft names %v", got)
		}
		w.Refused(t, "models.delete", map[string]any{"model": ids[published]}, 400, 206)
		w.Call(t, "models.delete", map[string]any{"model": ids[published], "force": true})
		if got := w.linked(t, published, "output"); !slices.Equal(got, []string{"out:__DELETED__" + ids[published], "other:untouched"}) {
			t.Errorf("the published task names %v", got)
		}
		if note := fmt.Sprint(w.doc(t, published)["output"].(map[string]any)["error"]); !strings.Contains(note, ids[published]) {
			t.Errorf("its output says %s", note)
		}
	})

	t.Run("many at once", func(t *testing.T) {
		used, free := w.newModel(t, "used", nil), w.newModel(t, "free", nil)
		w.link(t, w.task, "input", "used", used)
		r := w.Call(t, "models.delete_many", map[string]any{"ids": []string{used, free, "none"}})
		if got := fmt.Sprint(r["succeeded"]); got != fmt.Sprintf("[map[deleted:true id:%s url:s3://bucket/free]]", free) {
			t.Errorf("%v", got)
		}
		if got := strings.Join(codes(rpctest.Reply{Status: 200, Data: r}), " "); got != "+400/205 +400/201" {
			t.Errorf("failed with %s", got)
		}
	})

	t.Run("with their files, where no other record names them", func(t *testing.T) {
		for name, c := range map[string]struct {
			client string
			more   string
			shared bool
			stays  bool
		}{
			"asked for":             {"", ``, false, false},
			"asked for, but shared": {"", ``, true, true},
			"not asked for":         {"", `,"delete_external_artifacts":false`, false, true},
			"by the Python SDK":     {sdkClient, ``, false, true},
		} {
			t.Run(name, func(t *testing.T) {
				w.Upload(t, "of "+name, name)
				uri := rpctest.FilesBase + "/of " + name
				id := w.newModel(t, "m", map[string]any{"uri": uri})
				if c.shared {
					w.newModel(t, "another", map[string]any{"uri": uri})
				}
				q := rpctest.Request{Path: "/v2.34/models.delete", Body: `{"model":"` + id + `"` + c.more + `}`, Header: map[string]string{"X-ClearML-Client": c.client}}
				if r := w.Do(t, q); r.Status != 200 {
					t.Fatal(r.Message)
				}
				if got := w.has(t, "of "+name); got != c.stays {
					t.Errorf("the file is there: %v", got)
				}
			})
		}
	})
}

func TestTasksTakeTheirModelsWithThem(t *testing.T) {
	type made struct{ draft, linked, used, ready string }
	build := func(t *testing.T, w world, of string) made {
		user := w.newTask(t, "user")
		m := made{
			draft: w.newModel(t, "draft", map[string]any{"task": of}), linked: w.newModel(t, "linked", nil),
			used: w.newModel(t, "used", map[string]any{"task": of}), ready: w.newModel(t, "ready", map[string]any{"task": of, "ready": true}),
		}
		w.link(t, of, "output", "linked", m.linked)
		w.link(t, of, "input", "its own", m.draft)
		w.link(t, user, "input", "used", m.used)
		return m
	}
	state := func(t *testing.T, w world, id, of string) string {
		r := w.Do(t, rpctest.Request{Path: "/v2.34/models.get_by_id", Body: `{"model":"` + id + `"}`})
		if r.Status != 200 {
			return "gone"
		}
		task, _ := r.Data["model"].(map[string]any)["task"].(string)
		return "stays:" + strings.ReplaceAll(task, of, "id")
	}
	for name, c := range map[string]struct {
		endpoint string
		more     map[string]any
		want     string // draft, linked, used, ready
		counts   string
	}{
		"deleted":              {"tasks.delete", nil, "gone gone stays:__DELETED__id stays:__DELETED__id", "2 2"},
		"deleted without them": {"tasks.delete", map[string]any{"delete_output_models": false}, "stays:__DELETED__id stays: stays:__DELETED__id stays:__DELETED__id", "0 3"},
		// its own input keeps the draft back: that stays an input of the task
		"reset":              {"tasks.reset", nil, "stays: gone stays: stays:", "1 <nil>"},
		"reset without them": {"tasks.reset", map[string]any{"delete_output_models": false}, "stays: stays: stays: stays:", "0 <nil>"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			m := build(t, w, w.task)
			if c.endpoint == "tasks.reset" {
				w.Call(t, "tasks.completed", map[string]any{"task": w.task})
			}
			body := map[string]any{"task": w.task, "return_file_urls": true}
			w.Call(t, "tasks.archive", map[string]any{"tasks": []string{w.task}})
			w.Refused(t, c.endpoint, body, 400, 123) // one is ready
			body["force"] = true
			for k, v := range c.more {
				body[k] = v
			}
			r := w.Call(t, c.endpoint, body)
			got := strings.Join([]string{state(t, w, m.draft, w.task), state(t, w, m.linked, w.task), state(t, w, m.used, w.task), state(t, w, m.ready, w.task)}, " ")
			if got != c.want {
				t.Errorf("draft, linked, used and ready: %s, want %s", got, c.want)
			}
			if counts := fmt.Sprintf("%v %v", r["deleted_models"], r["updated_models"]); counts != c.counts {
				t.Errorf("deleted and updated: %s, want %s", counts, c.counts)
			}
			if n := len(r["urls"].(map[string]any)["model_urls"].([]any)); fmt.Sprint(float64(n)) != fmt.Sprint(r["deleted_models"]) {
				t.Errorf("%d addresses of models", n)
			}
		})
	}
}

func TestInputModelsExist(t *testing.T) {
	w := newWorld(t)
	in := func(id string) map[string]any {
		return map[string]any{"input": []any{map[string]any{"name": "in", "model": id}}}
	}
	good := w.newModel(t, "m", nil)
	w.Refused(t, "tasks.create", map[string]any{"name": "x", "type": "training", "models": in("none")}, 400, 201)
	w.Refused(t, "tasks.validate", map[string]any{"name": "x", "type": "training", "models": in("none")}, 400, 201)
	w.Refused(t, "tasks.edit", map[string]any{"task": w.task, "force": true, "models": in("none")}, 400, 201)
	w.Refused(t, "tasks.clone", map[string]any{"task": w.task, "new_task_input_models": in("none")["input"]}, 400, 201)
	if n := len(w.Call(t, "tasks.get_all", map[string]any{})["tasks"].([]any)); n != 1 {
		t.Errorf("%d tasks: what was refused is there", n)
	}
	w.Call(t, "tasks.edit", map[string]any{"task": w.task, "force": true, "models": in(good)})
	w.link(t, w.task, "input", "never looked for", "none")
	w.Call(t, "tasks.edit", map[string]any{"task": w.task, "force": true, "comment": "x"})
	w.Call(t, "tasks.clone", map[string]any{"task": w.task})
	w.Refused(t, "tasks.clone", map[string]any{"task": w.task, "validate_references": true}, 400, 201)
	if got := w.linked(t, w.task, "input"); len(got) != 2 {
		t.Errorf("%v", got)
	}
}
