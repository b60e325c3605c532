package rpc_test

import (
	"fmt"
	"testing"

	"github.com/coffer-ml/coffer/rpc/rpctest"
)

func (w world) docAt(t *testing.T, version string) map[string]any {
	t.Helper()
	return w.at(t, version, "tasks.get_by_id", map[string]any{"task": w.task})["task"].(map[string]any)
}

func TestTagsBefore2_3(t *testing.T) {
	w := world{World: rpctest.New(t)}
	w.task = w.at(t, "2.2", "tasks.create", map[string]any{"name": "x", "type": "training", "tags": []string{"b", "development", "a"}})["id"].(string)
	if d := w.docAt(t, "2.3"); fmt.Sprint(d["tags"], d["system_tags"]) != "[a b] [development]" {
		t.Errorf("stored: %v %v", d["tags"], d["system_tags"])
	}
	if d := w.docAt(t, "2.2"); fmt.Sprint(d["tags"]) != "[a b development]" {
		t.Errorf("shown: %v", d["tags"])
	}
	w.at(t, "2.2", "tasks.edit", map[string]any{"task": w.task, "tags": []string{"archived", "c"}})
	if d := w.docAt(t, "2.34"); fmt.Sprint(d["tags"], d["system_tags"]) != "[c] [archived]" {
		t.Errorf("edited: %v %v", d["tags"], d["system_tags"])
	}
	for filter, want := range map[string]int{"archived": 1, "-archived": 0, "c": 1, "-c": 0} {
		if got := len(w.at(t, "2.2", "tasks.get_all", map[string]any{"tags": []string{filter}})["tasks"].([]any)); got != want {
			t.Errorf("tags %s: %d tasks, want %d", filter, got, want)
		}
	}
}

func TestParametersBefore2_9(t *testing.T) {
	w := newWorld(t)
	edit := func(execution map[string]any) {
		w.at(t, "2.5", "tasks.edit", map[string]any{"task": w.task, "force": true, "execution": execution})
	}
	w.Call(t, "tasks.edit_hyper_params", map[string]any{"task": w.task, "force": true, "hyperparams": hyperparam("Args", "kept", "new")})
	w.Call(t, "tasks.edit_configuration", map[string]any{"task": w.task, "force": true, "configuration": []any{map[string]any{"name": "kept", "value": "new"}}})
	edit(map[string]any{"parameters": map[string]any{"lr": 0.1, "gone": "x", "TF_DEFINE/batch": true}, "model_desc": map[string]any{"design": "old"}})
	edit(map[string]any{"parameters": map[string]any{"lr": "0.2", "TF_DEFINE/batch": 8}, "model_desc": map[string]any{"prototxt": "text"}, "framework": "caffe"})
	run := w.docAt(t, "2.8")["execution"].(map[string]any)
	if got := fmt.Sprintf("%v %v %v", run["parameters"], run["model_desc"], run["framework"]); got != "map[TF_DEFINE/batch:8 lr:0.2] map[prototxt:text] caffe" {
		t.Errorf("shown to old clients: %s", got)
	}
	d := w.docAt(t, "2.9")
	if _, told := d["execution"].(map[string]any)["parameters"]; told {
		t.Errorf("new clients see %v", d["execution"])
	}
	args := d["hyperparams"].(map[string]any)["Args"].(map[string]any)
	lr := args["lr"].(map[string]any)
	if len(args) != 2 || args["kept"] == nil || lr["value"] != "0.2" || lr["type"] != "legacy" || len(d["configuration"].(map[string]any)) != 2 {
		t.Errorf("parameters %v, configuration %v", args, d["configuration"])
	}
	list := w.at(t, "2.8", "tasks.get_all", map[string]any{"id": []string{w.task}, "only_fields": []string{"execution.parameters"}})
	if got := fmt.Sprint(list["tasks"]); got != "[map[execution:map[parameters:map[TF_DEFINE/batch:8 lr:0.2]]]]" {
		t.Errorf("in a list: %s", got)
	}
}

func TestModelsAndImagesBefore2_13(t *testing.T) {
	w := newWorld(t)
	edit := func(version string, more map[string]any) {
		more["task"], more["force"] = w.task, true
		w.at(t, version, "tasks.edit", more)
	}
	in1, in2 := w.newModel(t, "first", nil), w.newModel(t, "second", nil)
	edit("2.12", map[string]any{"execution": map[string]any{"model": in1, "docker_cmd": "cuda:12  --ipc host"}, "output": map[string]any{"model": "out1"}})
	d := w.docAt(t, "2.12")
	run := d["execution"].(map[string]any)
	if run["model"] != in1 || run["docker_cmd"] != "cuda:12 --ipc host" || d["output"].(map[string]any)["model"] != "out1" {
		t.Errorf("shown to old clients: %v %v", run, d["output"])
	}
	d = w.docAt(t, "2.13")
	run = d["execution"].(map[string]any)
	if run["model"] != nil || run["docker_cmd"] != nil || d["output"].(map[string]any)["model"] != nil || fmt.Sprint(d["container"]) != "map[arguments:--ipc host image:cuda:12]" {
		t.Errorf("shown to new clients: %v %v %v", run, d["output"], d["container"])
	}
	w.Call(t, "tasks.add_or_update_model", map[string]any{"task": w.task, "name": "second", "model": "out2", "type": "output"})
	edit("2.12", map[string]any{"execution": map[string]any{"model": in2}, "output": map[string]any{"model": "out3"}})
	models := w.docAt(t, "2.34")["models"].(map[string]any)
	in, out := models["input"].([]any), models["output"].([]any)
	if len(in) != 1 || in[0].(map[string]any)["model"] != in2 || len(out) != 2 || out[1].(map[string]any)["model"] != "out3" || out[1].(map[string]any)["name"] != "second" {
		t.Errorf("models: %v", models)
	}
	edit("2.34", map[string]any{"execution": map[string]any{"model": "ignored", "docker_cmd": "ignored"}, "output": map[string]any{"model": "ignored"}})
	edit("2.12", map[string]any{"execution": map[string]any{"model": ""}})
	models = w.docAt(t, "2.34")["models"].(map[string]any)
	if len(models["input"].([]any)) != 0 || len(models["output"].([]any)) != 2 {
		t.Errorf("an empty id takes the link away: %v", models)
	}
}

func TestVersionsAreNumbersBefore2_1(t *testing.T) {
	w := newWorld(t)
	for version, want := range map[string]string{"2.0": "2 1", "2.1": "2.1 1.0"} {
		r := w.Do(t, rpctest.Request{Path: "/v" + version + "/tasks.get_by_id", Body: `{"task":"` + w.task + `"}`})
		e := r.Meta["endpoint"].(map[string]any)
		if got := fmt.Sprintf("%v %v", e["requested_version"], e["actual_version"]); got != want {
			t.Errorf("%s: %q, want %q", version, got, want)
		}
		if _, number := e["requested_version"].(float64); number != (version == "2.0") {
			t.Errorf("%s: %T", version, e["requested_version"])
		}
	}
}
