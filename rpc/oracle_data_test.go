package rpc_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/user"
)

// Names and texts with what patterns, paths, case and orders stumble over.
var oddNames = []string{
	"train", "training 9", "training 10", "Train the model", "models of train", "resnet50", "a.b*c+d?", "(x)[y]{z}", "^$|\\", "50% off",
	"__x__", "-minus", "__$all", "日本語", "Übung", "übung 2", "straße", "#&~ tab\there", "10", "9", "0.05", "1e-3", "x", "K",
	"a long name that goes on " + strings.Repeat("and on ", 20),
}

var oddComments = []string{"", "", "trained well", "Training the Models", "50%", "line\nfeed", "日本", "resnet50 twice", "no"}

var oddTags = []string{"prod", "dev", "-x", "a b", "Prod", "日本", "50%", "dataset", "null"}

// oddKeys are names of hyper-parameters.
var oddKeys = []string{"lr", "a.b", "50%", "__x__", "_y", "$d"}

var oddValues = []string{"0.1", "0.05", "10", "9", "1e-3", "", "Adam", "adam", "layer 9", "layer 10", "layer 010", "true", "x.y", "-1", "日本"}

var words = []string{"train", "training", "trained", "model", "models", "the", "resnet50", "übung", "twice", "well", "repo", "py", "nothing", "10"}

var phrases = []string{"train the", "models of", "Training the Models", "resnet50 twice", "no such phrase"}

// field is one that conditions may name.
type field struct {
	key  string   // as a client writes it
	path []string // where a document has it
}

func plain(key string) field { return field{key, strings.Split(key, ".")} }

func param(name string) field {
	return field{"hyperparams.Args." + mangle(name) + ".value", []string{"hyperparams", "Args", name, "value"}}
}

func metric(name, part string) field {
	path := []string{"last_metrics", md5Of(name), md5Of("val"), part}
	return field{strings.Join(path, "."), path}
}

// dataset is what requests are put to.
type dataset struct {
	*rpctest.World
	docs     []document
	projects []string            // ids
	models   []string            // ids of input models
	below    map[string][]string // with their descendants
}

func newDataset(t testing.TB, d dice, on *rpctest.World, tasks int) *dataset {
	w := &dataset{World: on, below: make(map[string][]string)}
	for _, name := range []string{"p", "p/sub", "p/sub/deep", "q"} {
		id := w.Call(t, "projects.create", map[string]any{"name": name})["id"].(string)
		w.projects = append(w.projects, id)
	}
	for _, name := range []string{"resnet50", "yolo"} {
		w.models = append(w.models, w.Call(t, "models.create", map[string]any{"name": name, "uri": "s3://bucket/" + name})["id"].(string))
	}
	p := w.projects
	w.below[p[0]], w.below[p[1]] = []string{p[1], p[2]}, []string{p[2]}
	var ids []string
	for i := range tasks {
		ids = append(ids, w.newTask(t, d, ids))
		if i%3 == 0 {
			w.Pass(time.Duration(d.IntN(3)) * time.Hour)
		}
	}
	all := w.Call(t, "tasks.get_all", map[string]any{"page": nil, "page_size": nil, "search_hidden": true})["tasks"].([]any)
	for _, x := range all {
		w.docs = append(w.docs, x.(document))
	}
	if len(w.docs) != tasks {
		t.Fatalf("%d of %d tasks are listed", len(w.docs), tasks)
	}
	return w
}

func (w *dataset) newTask(t testing.TB, d dice, earlier []string) string {
	args := map[string]any{}
	for _, k := range oddKeys {
		if d.IntN(3) > 0 {
			args[k] = map[string]any{"value": pick(d, oddValues), "section": "Args", "name": k}
		}
	}
	runtime := map[string]any{}
	for k, v := range map[string][]any{
		"version": {"1.0", "1.10", "2"}, "n": {5, 6.5}, "flag": {true, false}, "list": {[]any{1, "a"}, []any{}}, "dotted.key": {"x", "y"}, "gone": {nil},
	} {
		if d.IntN(2) == 0 {
			runtime[k] = pick(d, v)
		}
	}
	body := map[string]any{
		"name": pick(d, oddNames), "type": pick(d, []string{"training", "testing", "data_processing"}), "comment": pick(d, oddComments),
		"tags": d.some(oddTags, 3), "system_tags": d.some([]string{"archived", "development", "hidden"}, 1),
		"hyperparams": map[string]any{"Args": args}, "runtime": runtime,
		"script": map[string]any{"repository": pick(d, []string{"", "git@host:repo.git"}), "entry_point": pick(d, []string{"train.py", "main.py"}), "binary": pick(d, []string{"", "python3.11"})},
	}
	if slices.Contains(body["tags"].([]string), "__$all") {
		t.Fatal("tags must not be operators")
	}
	if d.IntN(4) > 0 {
		body["project"] = pick(d, w.projects)
	}
	if len(earlier) > 0 && d.IntN(3) == 0 {
		body["parent"] = pick(d, earlier[:min(5, len(earlier))])
	}
	if d.IntN(3) == 0 {
		body["execution"] = map[string]any{"queue": pick(d, []string{"q1", "q2"})}
	}
	if d.IntN(3) == 0 {
		body["models"] = map[string]any{"input": []any{map[string]any{"name": "in", "model": pick(d, w.models)}}}
	}
	text, _ := json.Marshal(body)
	r := w.Do(t, rpctest.Request{Path: "/v2.34/tasks.create", Body: string(text), As: pick(d, []user.Role{user.Admin, user.Member})})
	if r.Status != 200 {
		t.Fatal(r.Message)
	}
	id := r.Data["id"].(string)
	if d.IntN(2) == 0 {
		w.Call(t, "tasks.started", map[string]any{"task": id})
		w.Pass(time.Duration(d.IntN(100)) * time.Second)
		for _, name := range []string{"loss", "accuracy"} {
			for iter := range d.IntN(3) {
				w.Call(t, "events.add", map[string]any{
					"type": "training_stats_scalar", "task": id, "iter": iter, "timestamp": 1764000000000 + iter, "metric": name, "variant": "val",
					"value": float64(d.IntN(40)-20) / 8,
				})
			}
		}
		if d.IntN(2) == 0 {
			w.Call(t, pick(d, []string{"tasks.completed", "tasks.failed"}), map[string]any{"task": id})
		}
	}
	return id
}
