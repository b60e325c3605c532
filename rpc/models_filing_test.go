package rpc_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/rpc/rpctest"
)

func TestFilingModels(t *testing.T) {
	w := newWorld(t)
	p := w.newProject(t, "home")
	a, b := w.newModel(t, "a", map[string]any{"project": p, "tags": []string{"x"}}), w.newModel(t, "b", nil)
	touched := func() any {
		return w.Call(t, "projects.get_by_id", map[string]any{"project": p})["project"].(map[string]any)["last_update"]
	}

	t.Run("under tags", func(t *testing.T) {
		before, updated := touched(), w.model(t, a)["last_update"]
		w.Pass(time.Minute)
		r := w.at(t, "2.34", "models.update_tags", map[string]any{"ids": []string{a, b, "none", a}, "add_tags": []string{"z", "y"}, "remove_tags": []string{"x"}})
		if r["updated"] != 2.0 || fmt.Sprint(w.model(t, a)["tags"], w.model(t, b)["tags"]) != "[y z] [y z]" {
			t.Errorf("%v %v", r, w.model(t, a)["tags"])
		}
		if touched() == before || w.model(t, a)["last_update"] != updated {
			t.Error("retagging is a change of the project and no update of the model")
		}
	})

	t.Run("in the archive", func(t *testing.T) {
		for range 2 { // twice is once
			r := w.Call(t, "models.archive_many", map[string]any{"ids": []string{a, "none"}})
			if fmt.Sprint(r["succeeded"]) != fmt.Sprintf("[map[archived:true id:%s]]", a) || len(r["failed"].([]any)) != 1 {
				t.Errorf("%v", r)
			}
		}
		if got := fmt.Sprint(w.model(t, a)["system_tags"]); got != "[archived]" {
			t.Error(got)
		}
		r := w.Call(t, "models.unarchive_many", map[string]any{"ids": []string{a, b}})
		if len(r["succeeded"].([]any)) != 2 || fmt.Sprint(w.model(t, a)["system_tags"]) != "[]" {
			t.Errorf("%v", r)
		}
	})

	t.Run("under projects", func(t *testing.T) {
		before := w.model(t, a)
		to := w.Call(t, "models.move", map[string]any{"ids": []string{a, b, "none"}, "project_name": "far / away"})["project_id"]
		d := w.model(t, a)
		if d["project"] != to || w.model(t, b)["project"] != to || d["uri"] != before["uri"] {
			t.Errorf("%v", d)
		}
		if got := w.Call(t, "models.move", map[string]any{"ids": []string{a}, "project": p, "project_name": "ignored"})["project_id"]; got != p {
			t.Errorf("of the two the id counts, not %v", got)
		}
		if got := w.Call(t, "models.move", map[string]any{"ids": []string{a}, "project": nil})["project_id"]; got != nil || w.model(t, a)["project"] != nil {
			t.Errorf("null is the root, not %v", got)
		}
	})

	t.Run("as public ones", func(t *testing.T) {
		company := w.model(t, a)["company"]
		if n := w.Call(t, "models.make_public", map[string]any{"ids": []string{a}})["updated"]; n != 1.0 || w.model(t, a)["company"] != "" {
			t.Errorf("updated %v, of %v", n, w.model(t, a)["company"])
		}
		before := fmt.Sprint(w.model(t, a))
		for endpoint, body := range map[string]map[string]any{
			"models.edit": {"name": "x"}, "models.update": {"name": "x"}, "models.set_ready": {}, "models.delete": {"force": true},
			"models.add_or_update_metadata": {"metadata": []any{map[string]any{"key": "k", "type": "t", "value": "v"}}}, "models.delete_metadata": {"keys": []string{"k"}},
		} {
			body["model"] = a
			w.Refused(t, endpoint, body, 400, 201)
		}
		w.Call(t, "models.move", map[string]any{"ids": []string{a}, "project": p}) // passes it over
		w.at(t, "2.34", "models.update_tags", map[string]any{"ids": []string{a}, "add_tags": []string{"x"}})
		w.Refused(t, "events.add", map[string]any{"type": "plot", "model_event": true, "task": a}, 400, 131)
		if after := fmt.Sprint(w.model(t, a)); after != before {
			t.Errorf("a public model changed:\n%s\n%s", before, after)
		}
		w.Call(t, "models.make_private", map[string]any{"ids": []string{a}})
		if got := w.model(t, a)["company"]; got != company {
			t.Errorf("of %v", got)
		}
		public := w.Call(t, "models.create", map[string]any{"name": "p", "uri": "s3://b/p", "public": true})["id"].(string)
		if w.model(t, public)["company"] != "" {
			t.Error("it was made public")
		}
		w.Refused(t, "models.create", map[string]any{"name": "p", "uri": "s3://b/p", "public": true, "task": w.task}, 400, 101)
	})
}

func TestTheOneOutputModelOfATask(t *testing.T) {
	w := newWorld(t)
	update := func(body map[string]any) map[string]any {
		t.Helper()
		body["task"] = w.task
		return w.at(t, "2.13", "models.update_for_task", body)
	}
	parent := w.newModel(t, "parent", nil)
	w.link(t, w.task, "input", "in", parent)
	p := w.newProject(t, "p")
	w.Call(t, "tasks.move", map[string]any{"ids": []string{w.task}, "project": p})
	w.Call(t, "tasks.edit", map[string]any{"task": w.task, "force": true, "execution": map[string]any{"framework": "torch", "model_labels": map[string]any{"cat": 1}}})
	w.Call(t, "tasks.edit_configuration", map[string]any{"task": w.task, "force": true, "configuration": []any{map[string]any{"name": "General", "value": "layers"}}})

	r := update(map[string]any{"uri": "s3://b/1", "iteration": 5})
	id := r["id"].(string)
	d := w.model(t, id)
	if r["created"] != true || r["updated"] != nil || d["name"] != "producer" || d["task"] != w.task || d["parent"] != parent || d["project"] != p ||
		d["framework"] != "torch" || d["ready"] != false || fmt.Sprint(d["labels"], d["design"]) != "map[cat:1] map[design:layers]" {
		t.Errorf("%v %v", r, d)
	}
	if got := w.linked(t, w.task, "output"); !slices.Equal(got, []string{"Output Model:" + id}) || w.doc(t, w.task)["last_iteration"] != 5.0 {
		t.Errorf("%v", got)
	}
	r = update(map[string]any{"uri": "s3://b/2", "name": "n"})
	if f := r["fields"].(map[string]any); r["id"] != id || r["created"] != false || r["updated"] != 1.0 || f["uri"] != "s3://b/2" || f["name"] != "n" {
		t.Errorf("%v", r)
	}
	other := w.newModel(t, "other", nil)
	w.link(t, w.task, "output", "second", parent)
	if r := update(map[string]any{"override_model_id": other}); r["id"] != other || r["created"] != true {
		t.Errorf("%v", r)
	}
	if got := w.linked(t, w.task, "output"); !slices.Equal(got, []string{"Output Model:" + other}) {
		t.Errorf("%v", got)
	}
	if got := w.at(t, "2.13", "models.get_by_task_id", map[string]any{"task": w.task})["model"].(map[string]any)["id"]; got != other {
		t.Errorf("the model of the task is %v", got)
	}
	for _, endpoint := range []string{"models.update_for_task", "models.get_by_task_id"} {
		if r := w.Do(t, rpctest.Request{Path: "/v2.14/" + endpoint, Body: `{"task":"` + w.task + `","uri":"x"}`}); r.Status != 301 || r.Subcode != 1 {
			t.Errorf("%s: %d/%d", endpoint, r.Status, r.Subcode)
		}
	}
}

func TestEventsOfModels(t *testing.T) {
	w := newWorld(t)
	id := w.newModel(t, "m", nil)
	send := func(more string) rpctest.Reply {
		return w.Do(t, rpctest.Request{Path: "/v2.34/events.add", Body: `{"type":"training_stats_scalar","model_event":true,"task":"` + id +
			`","metric":"loss","variant":"val","iter":3,"value":0.5,"timestamp":1762000000000` + more + `}`})
	}
	before := w.model(t, id)
	w.Pass(time.Minute)
	if r := send(""); r.Status != 200 || r.Data["added"] != 1.0 {
		t.Fatal(r.Message)
	}
	d := w.model(t, id)
	if d["last_iteration"] != 3.0 || len(d["last_metrics"].(map[string]any)) != 1 || d["last_update"] == before["last_update"] {
		t.Errorf("%v", d)
	}
	curve := w.Call(t, "events.scalar_metrics_iter_histogram", map[string]any{"task": id, "model_events": true})
	if fmt.Sprint(curve) != "map[loss:map[val:map[name:val x:[3] y:[0.5]]]]" {
		t.Errorf("%v", curve)
	}
	key := fmt.Sprintf("last_metrics.%s.%s.value", md5Of("loss"), md5Of("val"))
	if got := w.listed(t, "models.get_all", map[string]any{key: []any{0.4, 0.6}, "last_iteration": []any{3, nil}}, "id"); !slices.Equal(got, []string{id}) {
		t.Errorf("found by metric: %v", got)
	}
	w.Call(t, "models.set_ready", map[string]any{"model": id})
	if r := send(""); r.Status != 400 || r.Subcode != 131 {
		t.Errorf("a ready model takes events: %d/%d", r.Status, r.Subcode)
	}
	if r := send(`,"allow_locked":true`); r.Status != 200 {
		t.Errorf("an event that insists: %s", r.Message)
	}
	w.Refused(t, "events.delete_for_model", map[string]any{"model": id}, 400, 201)
	w.Refused(t, "events.delete_for_model", map[string]any{"model": "none"}, 400, 201)
	if n := w.Call(t, "events.delete_for_model", map[string]any{"model": id, "allow_locked": true})["deleted"]; n != 1.0 {
		t.Errorf("deleted %v", n)
	}
}
