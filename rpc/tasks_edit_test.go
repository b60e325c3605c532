package rpc_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/rpc/rpctest"
)

// at calls an endpoint of some version.
func (w world) at(t *testing.T, version, endpoint string, body map[string]any) map[string]any {
	t.Helper()
	text, _ := json.Marshal(body)
	r := w.Do(t, rpctest.Request{Path: "/v" + version + "/" + endpoint, Body: string(text)})
	if r.Status != 200 {
		t.Fatalf("%s: %d/%d %s", endpoint, r.Status, r.Subcode, r.Message)
	}
	return r.Data
}

func hyperparam(section, name, value string) []any {
	return []any{map[string]any{"section": section, "name": name, "value": value}}
}

// editable says in which statuses each change is taken, without force and by
// force; "all" are all, "open" all but publishing and published.
var editable = []struct {
	endpoint    string
	body        map[string]any
	free, force string
}{
	{"tasks.edit", map[string]any{"comment": "x"}, "created", "all"},
	{"tasks.edit_hyper_params", map[string]any{"hyperparams": hyperparam("Args", "a", "1")}, "created", "created queued in_progress"},
	{"tasks.delete_hyper_params", map[string]any{"hyperparams": []any{map[string]any{"section": "Args"}}}, "created", "created queued in_progress"},
	{"tasks.edit_hyper_params", map[string]any{"hyperparams": hyperparam("PROPERTIES", "a", "1")}, "open", "open"},
	{"tasks.delete_hyper_params", map[string]any{"hyperparams": []any{map[string]any{"section": "properties", "name": "a"}}}, "open", "open"},
	{"tasks.edit_configuration", map[string]any{"configuration": []any{map[string]any{"name": "c", "value": "1"}}}, "created", "created queued in_progress"},
	{"tasks.delete_configuration", map[string]any{"configuration": []any{"c"}}, "created", "created queued in_progress"},
	{"tasks.add_or_update_artifacts", map[string]any{"artifacts": []any{map[string]any{"key": "k", "type": "custom", "uri": "s3://b/k"}}}, "open", "open"},
	{"tasks.delete_artifacts", map[string]any{"artifacts": []any{map[string]any{"key": "k"}}}, "open", "open"},
	{"tasks.add_or_update_model", map[string]any{"name": "m", "model": "id", "type": "output"}, "open", "open"},
	{"tasks.delete_models", map[string]any{"models": []any{map[string]any{"name": "m", "type": "output"}}}, "open", "open"},
	{"tasks.edit_runtime", map[string]any{"add_or_update": map[string]any{"r": 1}}, "open", "open"},
	{"tasks.update", map[string]any{"comment": "y"}, "all", "all"},
	{"tasks.set_requirements", map[string]any{"requirements": map[string]any{}}, "all", "all"},
}

func TestWhatCanChangeInWhichStatus(t *testing.T) {
	w := world{World: rpctest.New(t)}
	every := slices.Sorted(maps.Keys(follows))
	among := func(rule, status string) bool {
		switch rule {
		case "all":
			return true
		case "open":
			return status != "published" && status != "publishing"
		}
		return slices.Contains(strings.Fields(rule), status)
	}
	for _, status := range every {
		id := w.Call(t, "tasks.create", map[string]any{"name": status, "type": "training"})["id"].(string)
		w.Call(t, "tasks.edit", map[string]any{"task": id, "status": status})
		for _, c := range editable {
			for _, force := range []bool{false, true} {
				body := map[string]any{"task": id, "force": force}
				maps.Copy(body, c.body)
				rule := c.free
				if force {
					rule = c.force
				}
				text, _ := json.Marshal(body)
				r := w.Do(t, rpctest.Request{Path: "/v2.34/" + c.endpoint, Body: string(text)})
				if among(rule, status) != (r.Status == 200) || r.Status != 200 && (r.Status != 400 || r.Subcode != 110) {
					t.Errorf("%s %v on a task that is %s, force %v: %d/%d %s", c.endpoint, c.body, status, force, r.Status, r.Subcode, r.Message)
				}
			}
		}
		many := map[string]any{"ids": []string{id}, "add_tags": []string{"x"}}
		w.at(t, "2.34", "tasks.update_tags", many)
		w.Call(t, "tasks.move", map[string]any{"ids": []string{id}, "project_name": "moved"})
		w.Call(t, "tasks.archive_many", map[string]any{"ids": []string{id}})
	}
}

func TestWhichChangesCountAsAnUpdate(t *testing.T) {
	w := newWorld(t)
	p := w.Call(t, "projects.create", map[string]any{"name": "elsewhere"})["id"]
	for _, c := range []struct {
		endpoint string
		body     map[string]any
		updates  bool
	}{
		{"tasks.edit", map[string]any{"name": "new", "comment": "c", "tags": []string{"b", "a"}, "system_tags": []string{"s"}, "project": p, "status_message": "m"}, false},
		{"tasks.edit", map[string]any{"runtime": map[string]any{"a": 1}}, true},
		{"tasks.update", map[string]any{"name": "newer", "output__error": "e", "script": map[string]any{"branch": "ignored"}, "status": "failed"}, false},
		{"tasks.set_requirements", map[string]any{"requirements": map[string]any{"pip": "x"}}, true},
		{"tasks.edit_hyper_params", map[string]any{"hyperparams": hyperparam("properties", "a", "1")}, false},
		{"tasks.edit_hyper_params", map[string]any{"hyperparams": hyperparam("Args", "a", "1")}, true},
		{"tasks.edit_configuration", map[string]any{"configuration": []any{map[string]any{"name": "c", "value": "1"}}}, true},
		{"tasks.add_or_update_model", map[string]any{"name": "m", "model": "id", "type": "output"}, true},
		{"tasks.delete_models", map[string]any{"models": []any{map[string]any{"name": "m", "type": "output"}}}, false},
		{"tasks.edit_runtime", map[string]any{"add_or_update": map[string]any{"r": 1}}, true},
		{"tasks.add_or_update_artifacts", map[string]any{"artifacts": []any{map[string]any{"key": "k", "type": "custom", "uri": "s3://b/k"}}}, true},
	} {
		before := w.doc(t, w.task)
		w.Pass(time.Minute)
		body := map[string]any{"task": w.task, "force": true}
		maps.Copy(body, c.body)
		r := w.at(t, "2.34", c.endpoint, body)
		after := w.doc(t, w.task)
		if before["last_change"] == after["last_change"] {
			t.Errorf("%s %v: no change was noted", c.endpoint, c.body)
		}
		if updated := before["last_update"] != after["last_update"]; updated != c.updates {
			t.Errorf("%s %v: noted as an update: %v, want %v", c.endpoint, c.body, updated, c.updates)
		}
		if fields, ok := r["fields"].(map[string]any); ok {
			if _, told := fields["last_update"]; told != c.updates {
				t.Errorf("%s %v tells %v", c.endpoint, c.body, fields)
			}
			for name, v := range fields {
				if shown := fmt.Sprint(after[name]); !strings.Contains(name, ".") && fmt.Sprint(v) != shown {
					t.Errorf("%s: %s is told as %v and is %v", c.endpoint, name, v, shown)
				}
			}
		}
	}
	d := w.doc(t, w.task)
	if d["status"] != "in_progress" || d["script"].(map[string]any)["branch"] != nil || d["output"].(map[string]any)["error"] != "e" || fmt.Sprint(d["tags"]) != "[a b]" {
		t.Errorf("after all: %v %v %v %v", d["status"], d["script"], d["output"], d["tags"])
	}
	for _, endpoint := range []string{"tasks.edit", "tasks.update"} {
		r := w.Call(t, endpoint, map[string]any{"task": w.task, "force": true, "name": nil, "unknown": 1})
		if r["updated"] != 0.0 || len(r["fields"].(map[string]any)) != 0 {
			t.Errorf("%s of nothing: %v", endpoint, r)
		}
	}
	if r := w.at(t, "2.34", "tasks.edit_runtime", map[string]any{"task": w.task}); r["updated"] != 0.0 {
		t.Errorf("no runtime property: %v", r)
	}
}

func TestUpdateBatch(t *testing.T) {
	w := newWorld(t)
	other := w.newTask(t, "other")
	send := func(lines ...string) rpctest.Reply {
		body := strings.NewReplacer("$a", w.task, "$b", other).Replace(strings.Join(lines, "\n"))
		return w.Do(t, rpctest.Request{Path: "/v2.34/tasks.update_batch", Body: body, Header: map[string]string{"Content-Type": "application/json-lines"}})
	}
	r := send(`{"task":"$a","name":"first"}`, `{"task":"$b","comment":"c","tags":["z","y"]}`, ``, `{"task":"$a","name":"last"}`, `{"task":"$b"}`)
	if r.Status != 200 || r.Data["updated"] != 1.0 {
		t.Errorf("%d %v %s: the last line of a task counts", r.Status, r.Data, r.Message)
	}
	if got := w.doc(t, w.task)["name"]; got != "last" {
		t.Errorf("the name is %v", got)
	}
	if r := send(``); r.Status != 200 || r.Data["updated"] != 0.0 {
		t.Errorf("an empty batch: %d %v", r.Status, r.Data)
	}
	if r := w.Call(t, "tasks.update_batch", map[string]any{"task": other, "comment": "alone"}); r["updated"] != 1.0 || w.doc(t, other)["comment"] != "alone" {
		t.Errorf("a plain object is a batch of one: %v", r)
	}
	if r := send(`{"task":"$a"}`, `{"task":"$b","tags":7}`); r.Status != 400 || r.Meta["error_data"].(map[string]any)["line"] != 2.0 {
		t.Errorf("%d %v: the line that is wrong is named", r.Status, r.Meta["error_data"])
	}
}

func TestLinksToModels(t *testing.T) {
	w := newWorld(t)
	shown := func() string {
		t.Helper()
		var out []string
		models := w.doc(t, w.task)["models"].(map[string]any)
		for _, list := range []string{"input", "output"} {
			for _, l := range models[list].([]any) {
				m := l.(map[string]any)
				if m["updated"] == nil {
					t.Errorf("%v has no time", m)
				}
				out = append(out, fmt.Sprintf("%s:%v=%v", list, m["name"], m["model"]))
			}
		}
		return strings.Join(out, " ")
	}
	add := func(list, name, model string, iteration any) {
		w.Call(t, "tasks.add_or_update_model", map[string]any{"task": w.task, "type": list, "name": name, "model": model, "iteration": iteration})
	}
	add("output", "best", "1", 7)
	add("output", "last", "2", 3)
	add("input", "best", "3", nil)
	w.Pass(time.Minute)
	add("output", "best", "4", nil)
	if got := shown(); got != "input:best=3 output:best=4 output:last=2" {
		t.Error(got)
	}
	if d := w.doc(t, w.task); d["last_iteration"] != 7.0 || d["active_duration"] != 60.0 {
		t.Errorf("last iteration %v, active for %v", d["last_iteration"], d["active_duration"])
	}
	r := w.Call(t, "tasks.delete_models", map[string]any{"task": w.task, "models": []any{
		map[string]any{"name": "best", "type": "output"}, map[string]any{"name": "never", "type": "input"},
	}})
	if got := shown(); r["updated"] != 1.0 || got != "input:best=3 output:last=2" {
		t.Error(r, got)
	}
}

func TestConfigurations(t *testing.T) {
	w := newWorld(t)
	bare := w.newTask(t, "bare")
	edit := func(replace bool, items ...map[string]any) {
		t.Helper()
		w.Call(t, "tasks.edit_configuration", map[string]any{"task": w.task, "force": true, "replace_configuration": replace, "configuration": items})
	}
	shown := func(names ...string) string {
		t.Helper()
		r := w.Call(t, "tasks.get_configurations", map[string]any{"tasks": []string{w.task, bare}, "names": names})["configurations"].([]any)
		return fmt.Sprint(r[0].(map[string]any)["configuration"], r[1].(map[string]any)["configuration"])
	}
	names := func(more map[string]any) string {
		t.Helper()
		body := map[string]any{"tasks": []string{w.task, bare, "none"}}
		maps.Copy(body, more)
		return fmt.Sprint(len(w.Call(t, "tasks.get_configuration_names", body)["configurations"].([]any)))
	}
	edit(false, map[string]any{"name": "b.yaml", "value": "1", "type": "yaml"}, map[string]any{"name": "a", "value": "0"})
	edit(false, map[string]any{"name": "a", "value": "2", "description": "d"})
	if got := shown(); got != "[map[description:d name:a value:2] map[name:b.yaml type:yaml value:1]] []" {
		t.Error(got)
	}
	if got := shown("a", "c"); got != "[map[description:d name:a value:2]] []" {
		t.Error(got)
	}
	if got := names(nil) + names(map[string]any{"skip_empty": false}); got != "12" {
		t.Error(got)
	}
	r := w.Call(t, "tasks.get_configuration_names", map[string]any{"tasks": []string{w.task}})
	if got := fmt.Sprint(r["configurations"]); got != "[map[names:[a b.yaml] task:"+w.task+"]]" {
		t.Error(got)
	}
	edit(true, map[string]any{"name": "c", "value": "3"})
	if got := shown(); got != "[map[name:c value:3]] []" {
		t.Error(got)
	}
	if r := w.Call(t, "tasks.delete_configuration", map[string]any{"task": w.task, "force": true, "configuration": []string{"c", "never"}}); r["deleted"] != 1.0 || shown() != "[] []" {
		t.Error(r, shown())
	}
}

// Names that mean something in paths and queries mean nothing as keys.
func TestKeysAreWhatTheyAre(t *testing.T) {
	w := newWorld(t)
	keys := []string{"a.b", "$set", "in", "size", "__x__", "_y", "100%", "%2E", "ü n", "not"}
	section, configuration, runtime := map[string]any{}, map[string]any{}, map[string]any{}
	for _, k := range keys {
		section[k] = map[string]any{"section": k, "name": k, "value": k}
		configuration[k] = map[string]any{"name": k, "value": k}
		runtime[k] = k
	}
	params := map[string]any{}
	for _, k := range keys {
		params[k] = section
	}
	w.Call(t, "tasks.edit", map[string]any{"task": w.task, "force": true, "hyperparams": params, "configuration": configuration, "runtime": runtime, "container": runtime})
	w.at(t, "2.34", "tasks.edit_runtime", map[string]any{"task": w.task, "add_or_update": map[string]any{"gpu.count": 2}, "remove": []string{"size"}})
	d := w.doc(t, w.task)
	for _, k := range keys {
		if got := d["hyperparams"].(map[string]any)[k].(map[string]any)[k].(map[string]any)["value"]; got != k {
			t.Errorf("parameter %q is %v", k, got)
		}
		if got := d["configuration"].(map[string]any)[k].(map[string]any)["value"]; got != k {
			t.Errorf("configuration %q is %v", k, got)
		}
		if got := d["runtime"].(map[string]any)[k]; k != "size" && got != k {
			t.Errorf("runtime %q is %v", k, got)
		}
		if got := d["container"].(map[string]any)[k]; got != k {
			t.Errorf("container %q is %v", k, got)
		}
	}
	if r := d["runtime"].(map[string]any); r["gpu.count"] != 2.0 || len(r) != len(keys) {
		t.Errorf("runtime: %v", r)
	}
	w.Call(t, "tasks.delete_hyper_params", map[string]any{"task": w.task, "force": true, "hyperparams": []any{map[string]any{"section": "in", "name": "size"}, map[string]any{"section": "not"}}})
	w.Call(t, "tasks.delete_configuration", map[string]any{"task": w.task, "force": true, "configuration": []string{"in"}})
	d = w.doc(t, w.task)
	if p := d["hyperparams"].(map[string]any); len(p) != len(keys)-1 || len(p["in"].(map[string]any)) != len(keys)-1 || len(d["configuration"].(map[string]any)) != len(keys)-1 {
		t.Errorf("removing one thing removed others: %v", p)
	}
}
