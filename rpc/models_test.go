package rpc_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/rpc/rpctest"
)

// newModel makes a draft model.
func (w world) newModel(t *testing.T, name string, more map[string]any) string {
	t.Helper()
	body := map[string]any{"name": name, "uri": "s3://bucket/" + name, "ready": false}
	maps.Copy(body, more)
	return w.Call(t, "models.create", body)["id"].(string)
}

func (w world) model(t *testing.T, id string) map[string]any {
	t.Helper()
	return w.Call(t, "models.get_by_id", map[string]any{"model": id})["model"].(map[string]any)
}

func (w world) link(t *testing.T, task, kind, name, model string) {
	t.Helper()
	w.Call(t, "tasks.add_or_update_model", map[string]any{"task": task, "type": kind, "name": name, "model": model})
}

// linked is what a task says of its models: "name:model" of each.
func (w world) linked(t *testing.T, task, kind string) []string {
	t.Helper()
	out := []string{}
	for _, l := range w.doc(t, task)["models"].(map[string]any)[kind].([]any) {
		l := l.(map[string]any)
		out = append(out, fmt.Sprint(l["name"], ":", l["model"]))
	}
	return out
}

func TestModelsAreKeptAsTheyAreTold(t *testing.T) {
	w := newWorld(t)
	p := w.newProject(t, "vision")
	parent := w.newModel(t, "parent", nil)
	w.Upload(t, "w eights.pt", "weights")
	id := w.newModel(t, "weights", map[string]any{
		"uri": rpctest.FilesBase + "/w%20eights.pt", "comment": "c", "project": p, "task": w.task, "parent": parent, "framework": "PyTorch",
		"design": map[string]any{"design": "layers: 2", "n": 7}, "labels": map[string]any{"cat": 1, "dog": "2", "none": 0, "nothing": 0},
		"tags": []string{"b", "a", "b"}, "system_tags": []string{"package"},
		"metadata": map[string]any{"a.b": map[string]any{"key": "a.b", "type": "str", "value": "v"}},
	})
	d := w.model(t, id)
	got := fmt.Sprintln(d["name"], d["uri"], d["comment"], d["project"] == p, d["task"] == w.task, d["parent"] == parent, d["framework"], d["ready"],
		d["tags"], d["system_tags"], d["labels"], d["design"], d["metadata"], d["last_iteration"], d["last_metrics"])
	want := "weights http://coffer.test:8081/w%20eights.pt c true true true PyTorch false [a b] [package] map[cat:1 dog:2 none:0 nothing:0] " +
		"map[design:layers: 2 n:7] map[a.b:map[key:a.b type:str value:v]] 0 map[]\n"
	if got != want {
		t.Errorf("got  %swant %s", got, want)
	}
	if d["ui_cache"] != nil || d["created"] == nil || d["last_update"] != d["created"] || d["user"] == "" || d["company"] == "" {
		t.Errorf("%v", d)
	}
	if d := w.model(t, w.Call(t, "models.create", map[string]any{"name": "x", "uri": ""})["id"].(string)); d["ready"] != true || d["uri"] != "" {
		t.Errorf("a model is ready unless it is said not to be: %v", d)
	}
	old := w.at(t, "2.16", "models.get_by_id", map[string]any{"model": id})["model"].(map[string]any)
	if fmt.Sprint(old["metadata"]) != "[]" {
		t.Errorf("metadata as clients up to 2.16 see it: %v", old["metadata"])
	}
	old = w.at(t, "2.2", "models.get_by_id", map[string]any{"model": id})["model"].(map[string]any)
	if fmt.Sprint(old["tags"]) != "[a b package]" {
		t.Errorf("tags as clients before 2.3 see them: %v", old["tags"])
	}
}

func TestModelEdits(t *testing.T) {
	w := newWorld(t)
	id := w.newModel(t, "m", map[string]any{"task": w.task})
	before := w.model(t, id)
	w.Pass(time.Minute)
	if r := w.Call(t, "models.edit", map[string]any{"model": id, "name": nil}); r["updated"] != 0.0 || fmt.Sprint(r["fields"]) != "map[]" {
		t.Errorf("nothing given: %v", r)
	}
	keys := func(r map[string]any) string {
		return strings.Join(slices.Sorted(maps.Keys(r["fields"].(map[string]any))), " ")
	}
	if r := w.Call(t, "models.edit", map[string]any{"model": id, "name": "n", "project": nil}); keys(r) != "last_change last_changed_by name" {
		t.Errorf("fields %v", r)
	}
	if d := w.model(t, id); d["last_update"] != before["last_update"] || d["last_change"] == before["last_change"] {
		t.Error("a name is no content")
	}
	r := w.Call(t, "models.edit", map[string]any{"model": id, "uri": rpctest.FilesBase + "/a b", "labels": map[string]any{"x": 1, "y": 1}, "iteration": 7})
	if keys(r) != "labels last_change last_changed_by last_update ui_cache uri" || r["fields"].(map[string]any)["uri"] != rpctest.FilesBase+"/a b" {
		t.Errorf("fields %v", r)
	}
	if got := w.doc(t, w.task)["last_iteration"]; got != 7.0 {
		t.Errorf("the task is at iteration %v", got)
	}
	w.Call(t, "models.edit", map[string]any{"model": id, "task": "__DELETED__" + w.task, "iteration": 3})
	if d := w.model(t, id); d["task"] != w.task || w.doc(t, w.task)["last_iteration"] != 7.0 {
		t.Errorf("a task that is gone is passed over: %v", d["task"])
	}
	other := w.newTask(t, "other")
	r = w.Call(t, "models.update", map[string]any{
		"model": id, "name": "u", "framework": "x", "ready": true, "task": other, "iteration": 4, "ui_cache": map[string]any{"k": 1}, "created": "2026-01-02T03:04:05",
	})
	if keys(r) != "created last_change last_changed_by name ui_cache" {
		t.Errorf("fields %v", r)
	}
	d := w.model(t, id)
	if d["name"] != "u" || d["framework"] != nil || d["ready"] != false || d["task"] != w.task || d["created"] != "2026-01-02T03:04:05+00:00" {
		t.Errorf("updated: %v", d)
	}
	if w.doc(t, other)["last_iteration"] != 4.0 {
		t.Error("the task that the update names moves on")
	}
	if r := w.Call(t, "models.update", map[string]any{"model": id, "framework": "x"}); r["updated"] != 0.0 {
		t.Errorf("nothing that update writes: %v", r)
	}
	if got := w.Call(t, "models.get_all", map[string]any{"id": []string{id}, "only_fields": []string{"ui_cache"}})["models"].([]any); fmt.Sprint(got) != "[map[ui_cache:map[k:1]]]" {
		t.Errorf("the cache shows by name: %v", got)
	}
	w.Call(t, "models.edit", map[string]any{"model": id, "uri": "s3://b/c"})
	if got := w.Call(t, "models.get_all", map[string]any{"id": []string{id}, "only_fields": []string{"ui_cache"}})["models"].([]any); fmt.Sprint(got) != "[map[ui_cache:map[]]]" {
		t.Errorf("a new address empties the cache: %v", got)
	}
}

func TestReadyModelsStayWhatTheyAre(t *testing.T) {
	w := newWorld(t)
	content := map[string]any{
		"uri": rpctest.FilesBase + "/w%20w", "framework": "PyTorch", "labels": map[string]any{"a": 1}, "design": map[string]any{"design": "d"},
	}
	id := w.newModel(t, "m", content)
	w.Call(t, "models.set_ready", map[string]any{"model": id})
	for field, value := range map[string]any{
		"uri": "s3://b/x", "framework": "JAX", "labels": map[string]any{"a": 2}, "design": map[string]any{"design": "e"},
	} {
		w.Refused(t, "models.edit", map[string]any{"model": id, field: value}, 400, 203)
	}
	w.Refused(t, "models.update", map[string]any{"model": id, "uri": "s3://b/x"}, 400, 203)
	same := map[string]any{"model": id, "name": "called otherwise", "comment": "c", "tags": []string{"t"}}
	maps.Copy(same, content)
	same["uri"] = rpctest.FilesBase + "/w w" // quoted otherwise
	w.Call(t, "models.edit", same)
	w.Call(t, "models.add_or_update_metadata", map[string]any{"model": id, "metadata": []any{map[string]any{"key": "k", "type": "int", "value": "1"}}})
	w.Call(t, "models.edit", map[string]any{"model": id, "ready": false, "framework": "JAX"})
	if d := w.model(t, id); d["name"] != "called otherwise" || d["framework"] != "JAX" || d["ready"] != false || len(d["metadata"].(map[string]any)) != 1 {
		t.Errorf("%v", d)
	}
}

func TestMetadata(t *testing.T) {
	w := newWorld(t)
	id := w.newModel(t, "m", nil)
	set := func(replace bool, pairs ...string) {
		var items []any
		for i := 0; i < len(pairs); i += 2 {
			items = append(items, map[string]any{"key": pairs[i], "type": "str", "value": pairs[i+1]})
		}
		w.Pass(time.Second)
		before := w.model(t, id)["last_update"]
		w.Call(t, "models.add_or_update_metadata", map[string]any{"model": id, "metadata": items, "replace_metadata": replace})
		if w.model(t, id)["last_update"] == before {
			t.Error("metadata is content")
		}
	}
	values := func() string {
		out := map[string]any{}
		for key, it := range w.model(t, id)["metadata"].(map[string]any) {
			out[key] = it.(map[string]any)["value"]
		}
		return fmt.Sprint(out)
	}
	for _, c := range []struct {
		do   func()
		want string
	}{
		{func() { set(false, "a.b", "1", " c ", "2") }, "map[a.b:1 c:2]"},
		{func() { set(false, "c", "3", "d", "") }, "map[a.b:1 c:3 d:]"},
		{func() {
			w.Call(t, "models.delete_metadata", map[string]any{"model": id, "keys": []string{"d", "never"}})
		}, "map[a.b:1 c:3]"},
		{func() { set(true, "e", "5") }, "map[e:5]"},
		{func() {
			w.Call(t, "models.edit", map[string]any{"model": id, "metadata": map[string]any{"f": map[string]any{"value": "6"}}})
		}, "map[f:6]"},
	} {
		if c.do(); values() != c.want {
			t.Errorf("%s, want %s", values(), c.want)
		}
	}
}

func TestListsOfModels(t *testing.T) {
	w := newWorld(t)
	p := w.newProject(t, "p")
	sub := w.newProject(t, "p/sub")
	w.newModel(t, "alpha", map[string]any{
		"project": p, "task": w.task, "framework": "PyTorch", "tags": []string{"x", "y"}, "uri": rpctest.FilesBase + "/a%20b.pt", "comment": "first of all",
		"metadata": map[string]any{"acc": map[string]any{"key": "acc", "type": "float", "value": "0.9"}}, "labels": map[string]any{"a": 1, "b": 2},
	})
	w.newModel(t, "beta", map[string]any{
		"project": sub, "framework": "JAX", "tags": []string{"x"}, "ready": true,
		"metadata": map[string]any{"acc": map[string]any{"key": "acc", "type": "float", "value": "0.10"}, "a.b": map[string]any{"key": "a.b", "type": "t", "value": "v"}},
	})
	gamma := w.newModel(t, "gamma", map[string]any{"parent": "nobody", "system_tags": []string{"archived"}, "uri": "file:///tmp/w.pt"})
	for name, c := range map[string]struct {
		keys map[string]any
		want string
	}{
		"all":                                  {map[string]any{}, "alpha beta gamma"},
		"by name":                              {map[string]any{"name": "^.eta$"}, "beta"},
		"by part of a name":                    {map[string]any{"name": "amm"}, "gamma"},
		"by comment":                           {map[string]any{"comment": "of all"}, "alpha"},
		"by project":                           {map[string]any{"project": []string{p}}, "alpha"},
		"by sub-projects":                      {map[string]any{"project": []string{p}, "include_subprojects": true}, "alpha beta"},
		"of no project":                        {map[string]any{"project": []any{nil}}, "gamma"},
		"by task":                              {map[string]any{"task": []string{w.task}}, "alpha"},
		"by parent":                            {map[string]any{"parent": []string{"nobody"}}, "gamma"},
		"by framework":                         {map[string]any{"framework": []string{"JAX", "PyTorch"}}, "alpha beta"},
		"by one of the tags":                   {map[string]any{"tags": []string{"y", "x"}}, "alpha beta"},
		"by both tags":                         {map[string]any{"tags": []string{"__$all", "x", "y"}}, "alpha"},
		"by tags but one":                      {map[string]any{"tags": []string{"x", "-y"}}, "beta"},
		"without archived":                     {map[string]any{"system_tags": []string{"-archived"}}, "alpha beta"},
		"published":                            {map[string]any{"ready": true}, "beta"},
		"drafts":                               {map[string]any{"ready": false}, "alpha gamma"},
		"by address":                           {map[string]any{"uri": []string{rpctest.FilesBase + "/a%20b.pt"}}, "alpha"},
		"quoted otherwise":                     {map[string]any{"uri": []string{rpctest.FilesBase + "/a b.pt", "s3://nowhere"}}, "alpha"},
		"by a local address":                   {map[string]any{"uri": "file:///tmp/w.pt"}, "gamma"},
		"all but an address":                   {map[string]any{"uri": []string{"-" + rpctest.FilesBase + "/a b.pt"}}, "beta gamma"},
		"addresses in filters":                 {map[string]any{"filters": map[string]any{"uri": map[string]any{"any": map[string]any{"include": []any{rpctest.FilesBase + "/a b.pt"}}}}}, "alpha"},
		"by metadata":                          {map[string]any{"metadata.acc.value": "0.9"}, "alpha"},
		"by metadata in short":                 {map[string]any{"metadata.acc": []string{"0.10", "7"}}, "beta"},
		"by a dotted key":                      {map[string]any{"metadata.a%2Eb.value": []string{"v"}}, "beta"},
		"by type of metadata":                  {map[string]any{"metadata.a%2Eb.type": []string{"t"}}, "beta"},
		"without metadata":                     {map[string]any{"metadata.acc.value": []any{nil}}, "gamma"},
		"by words":                             {map[string]any{"search_text": "first"}, "alpha"},
		"by the words of a name, and by an id": {map[string]any{"search_text": "beta " + gamma}, "beta gamma"},
		"by the id of a task":                  {map[string]any{"search_text": w.task}, "alpha"},
		"by several fields":                    {map[string]any{"_any_": map[string]any{"fields": []string{"name", "comment", "id"}, "pattern": "FIRST|gam"}}, "alpha gamma"},
		"updated lately":                       {map[string]any{"last_update": []string{">=2026-01-01"}}, "alpha beta gamma"},
		"updated long ago":                     {map[string]any{"last_update": []string{"<2026-01-01"}}, ""},
		"a key that there is not":              {map[string]any{"status": []string{"x"}}, "alpha beta gamma"},
	} {
		t.Run(name, func(t *testing.T) {
			c.keys["order_by"] = []string{"name"}
			if got := strings.Join(w.listed(t, "models.get_all", c.keys, "name"), " "); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
	t.Run("in other orders", func(t *testing.T) {
		for order, want := range map[string]string{
			"-created": "gamma beta alpha", "framework": "beta alpha gamma", "metadata.acc.value": "beta alpha gamma", "-ready": "beta alpha gamma",
			"tags": "alpha beta gamma", "uri": "gamma alpha beta",
		} {
			if got := strings.Join(w.listed(t, "models.get_all", map[string]any{"order_by": []string{order, "name"}}, "name"), " "); got != want {
				t.Errorf("by %s: %s, want %s", order, got, want)
			}
		}
	})
	t.Run("with what is joined", func(t *testing.T) {
		r := w.at(t, "2.34", "models.get_all_ex", map[string]any{"name": "alpha", "include_stats": true, "only_fields": []string{"project.name", "task.name"}})
		d := r["models"].([]any)[0].(map[string]any)
		if fmt.Sprintf("%v %v %v", d["project"].(map[string]any)["name"], d["task"].(map[string]any)["name"], d["stats"]) != "p producer map[labels_count:2]" {
			t.Errorf("%v", d)
		}
		w.Call(t, "models.make_public", map[string]any{"ids": []string{gamma}})
		if n := len(w.at(t, "2.34", "models.get_all_ex", map[string]any{"allow_public": false})["models"].([]any)); n != 2 {
			t.Errorf("%d without public ones", n)
		}
		if n := len(w.at(t, "2.34", "models.get_all", map[string]any{"allow_public": false})["models"].([]any)); n != 3 {
			t.Errorf("%d in get_all", n)
		}
	})
	t.Run("page by page", func(t *testing.T) {
		first := w.Call(t, "models.get_all", map[string]any{"scroll_id": nil, "size": 2, "order_by": []string{"name"}})
		rest := w.Call(t, "models.get_all", map[string]any{"scroll_id": first["scroll_id"], "size": 2, "order_by": []string{"name"}})["models"].([]any)
		if len(rest) != 1 || rest[0].(map[string]any)["name"] != "gamma" {
			t.Errorf("%v", rest)
		}
	})
	t.Run("of frameworks", func(t *testing.T) {
		for want, body := range map[string]map[string]any{"[JAX PyTorch]": {"projects": []string{p}}, "[JAX]": {"projects": []string{sub}}, "[]": {"projects": []string{"none"}}} {
			if got := fmt.Sprint(w.Call(t, "models.get_frameworks", body)["frameworks"]); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		if got := fmt.Sprint(w.Call(t, "models.get_frameworks", map[string]any{})["frameworks"]); got != "[JAX PyTorch]" {
			t.Errorf("everywhere %s", got)
		}
	})
}
