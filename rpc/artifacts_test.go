package rpc_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/rpc/rpctest"
)

// world is a server with one running task.
type world struct {
	*rpctest.World
	task string
}

func newWorld(t *testing.T) world {
	w := world{World: rpctest.New(t)}
	w.task = w.newTask(t, "producer")
	return w
}

func (w world) newTask(t *testing.T, name string) string {
	id := w.Call(t, "tasks.create", map[string]any{"name": name, "type": "training"})["id"].(string)
	w.Call(t, "tasks.started", map[string]any{"task": id})
	return id
}

func sum(content string) string {
	s := sha256.Sum256([]byte(content))
	return hex.EncodeToString(s[:])
}

// item is a registration as the SDK sends it.
func item(key, content string, timestamp int) map[string]any {
	return map[string]any{
		"key": key, "type": "custom", "uri": rpctest.FilesBase + "/p/" + url.PathEscape(key), "hash": sum(content),
		"content_size": len(content), "timestamp": timestamp, "type_data": map[string]any{"preview": "preview of " + content},
	}
}

func (w world) register(t *testing.T, items ...map[string]any) {
	t.Helper()
	if n := w.Call(t, "tasks.add_or_update_artifacts", map[string]any{"task": w.task, "force": true, "artifacts": items})["updated"]; n.(float64) < 1 {
		t.Errorf("updated %v: clients take that for a failure", n)
	}
}

func (w world) own(t *testing.T, path string) map[string]any {
	t.Helper()
	r := w.Do(t, rpctest.Request{Method: "GET", Path: path})
	var out map[string]any
	if err := json.Unmarshal(r.Body, &out); err != nil || r.Status != 200 {
		t.Fatalf("%s: %d %s", path, r.Status, r.Body)
	}
	return out
}

func (w world) get(t *testing.T, key string) map[string]any {
	t.Helper()
	return w.own(t, "/tasks/"+w.task+"/artifact?key="+url.QueryEscape(key))
}

// versions returns "number:state" of the versions, the newest first.
func (w world) versions(t *testing.T, key string) string {
	t.Helper()
	var out []string
	for _, v := range w.own(t, "/tasks/"+w.task+"/artifact/versions?key="+url.QueryEscape(key))["versions"].([]any) {
		out = append(out, fmt.Sprintf("%v:%v", v.(map[string]any)["version"], v.(map[string]any)["state"]))
	}
	return strings.Join(out, " ")
}

func (w world) keys(t *testing.T) string {
	t.Helper()
	var out []string
	doc := w.Call(t, "tasks.get_by_id", map[string]any{"task": w.task})["task"].(map[string]any)
	for _, a := range doc["execution"].(map[string]any)["artifacts"].([]any) {
		out = append(out, a.(map[string]any)["key"].(string))
	}
	return strings.Join(out, " ")
}

func TestArtifactStates(t *testing.T) {
	t.Run("stored when the bytes came first", func(t *testing.T) {
		w := newWorld(t)
		w.Upload(t, "p/a", "one")
		w.register(t, item("a", "one", 100))
		if got := w.versions(t, "a"); got != "1:stored" {
			t.Error(got)
		}
	})
	t.Run("pending until the bytes come", func(t *testing.T) {
		w := newWorld(t)
		w.register(t, item("a", "one", 100))
		if got := w.versions(t, "a"); got != "1:pending" {
			t.Error(got)
		}
		w.Upload(t, "p/a", "one")
		if got := w.versions(t, "a"); got != "1:stored" {
			t.Error(got)
		}
	})
	t.Run("mismatched when other bytes come, and stored after all", func(t *testing.T) {
		w := newWorld(t)
		w.register(t, item("a", "one", 100))
		w.Upload(t, "p/a", "two")
		if got := w.versions(t, "a"); got != "1:mismatched" {
			t.Error(got)
		}
		w.Upload(t, "p/a", "one")
		if got := w.versions(t, "a"); got != "1:stored" {
			t.Error(got)
		}
	})
	t.Run("pending, not mismatched, while only older bytes are there", func(t *testing.T) {
		w := newWorld(t)
		w.Upload(t, "p/a", "old")
		w.register(t, item("a", "new", 100))
		if got := w.versions(t, "a"); got != "1:pending" {
			t.Error(got)
		}
	})
	t.Run("a re-upload without waiting keeps what was stored", func(t *testing.T) {
		w := newWorld(t)
		w.Upload(t, "p/a", "one")
		w.register(t, item("a", "one", 100))
		w.register(t, item("a", "two", 101))
		if got := w.versions(t, "a"); got != "2:pending 1:stored" {
			t.Error(got)
		}
		w.Upload(t, "p/a", "two")
		if got := w.versions(t, "a"); got != "2:stored 1:stored" {
			t.Error(got)
		}
	})
	t.Run("external elsewhere, as written", func(t *testing.T) {
		w := newWorld(t)
		it := item("a", "one", 100)
		it["uri"] = "s3://bucket/a b?c"
		w.register(t, it)
		if got := w.get(t, "a"); got["state"] != "external" || got["uri"] != "s3://bucket/a b?c" {
			t.Error(got)
		}
	})
	t.Run("waiting ends when the bytes come", func(t *testing.T) {
		w := newWorld(t)
		w.register(t, item("a", "one", 100))
		done := make(chan map[string]any)
		go func() { done <- w.own(t, "/tasks/"+w.task+"/artifact?key=a&wait=60") }()
		w.Upload(t, "p/a", "one")
		if got := <-done; got["state"] != "stored" {
			t.Error(got)
		}
	})
}

func TestRepeatsChangeNothing(t *testing.T) {
	w := newWorld(t)
	w.Upload(t, "p/a", "one")
	w.register(t, item("a", "one", 100))
	doc := func() any {
		return w.Call(t, "tasks.get_by_id", map[string]any{"task": w.task})["task"].(map[string]any)["last_update"]
	}
	before := doc()
	w.register(t, item("a", "one", 100))
	if got := w.versions(t, "a"); got != "1:stored" {
		t.Error(got)
	}
	if doc() != before {
		t.Error("a repeat moved last_update")
	}
}

func TestStaleListsBringNothingBack(t *testing.T) {
	w := newWorld(t)
	for _, key := range []string{"a", "b"} {
		w.Upload(t, "p/"+key, "of "+key)
		w.register(t, item(key, "of "+key, 100))
	}
	remove := map[string]any{"task": w.task, "force": true, "artifacts": []any{map[string]any{"key": "a", "mode": "output"}}}
	if n := w.Call(t, "tasks.delete_artifacts", remove)["deleted"]; n != 1.0 {
		t.Errorf("deleted %v", n)
	}
	if n := w.Call(t, "tasks.delete_artifacts", remove)["deleted"]; n != 0.0 {
		t.Errorf("deleted %v of none", n)
	}
	w.register(t, item("a", "of a", 100), item("b", "of b", 100), item("c", "of c", 101))
	if got := w.keys(t); got != "b c" {
		t.Errorf("listed: %s", got)
	}
	t.Run("but bytes that are uploaded anew do", func(t *testing.T) {
		w.Upload(t, "p/a", "of a")
		w.register(t, item("a", "of a", 100))
		if got := w.keys(t); got != "a b c" {
			t.Errorf("listed: %s", got)
		}
	})
}

func TestTheLaterTimestampIsNewest(t *testing.T) {
	w := newWorld(t)
	w.register(t, item("a", "late", 200))
	w.register(t, item("a", "early", 100)) // a slow process with a stale list
	if got := w.get(t, "a"); got["sha256"] != sum("late") {
		t.Errorf("newest is %v", got)
	}
	w.register(t, item("a", "later in the same second", 200))
	if got := w.get(t, "a"); got["sha256"] != sum("later in the same second") {
		t.Errorf("newest is %v", got)
	}
}

func TestOneVersionCanBeDeleted(t *testing.T) {
	w := newWorld(t)
	for i, content := range []string{"one", "two", "three"} {
		w.Upload(t, "p/a", content)
		w.register(t, item("a", content, 100+i))
	}
	for _, c := range []struct{ v, left string }{{"2", "3:stored 1:stored"}, {"3", "1:stored"}} {
		r := w.Do(t, rpctest.Request{Method: "DELETE", Path: "/tasks/" + w.task + "/artifact?key=a&v=" + c.v})
		if got := w.versions(t, "a"); r.Status != 200 || got != c.left {
			t.Errorf("after deleting %s: %d, %s; want %s", c.v, r.Status, got, c.left)
		}
	}
	for path, want := range map[string]int{
		"artifact?key=a&v=9": 404, "artifact?key=none": 404, "artifact?key=": 400, "artifact?key=a&mode=sideways": 400, "artifact?key=a&v=zero": 400,
	} {
		if r := w.Do(t, rpctest.Request{Method: "DELETE", Path: "/tasks/" + w.task + "/" + path}); r.Status != want {
			t.Errorf("%s: %d %s, want %d", path, r.Status, r.Body, want)
		}
	}
}

func TestPublishedTasksAreFrozen(t *testing.T) {
	w := newWorld(t)
	w.Upload(t, "p/a", "one")
	w.register(t, item("a", "one", 100))
	w.Call(t, "tasks.completed", map[string]any{"task": w.task, "publish": true})
	w.register(t, item("a", "one", 100)) // a repeat is no change
	add := func(it map[string]any) map[string]any {
		return map[string]any{"task": w.task, "force": true, "artifacts": []any{it}}
	}
	w.Refused(t, "tasks.add_or_update_artifacts", add(item("b", "new", 101)), 400, 110)
	w.Refused(t, "tasks.add_or_update_artifacts", add(item("a", "other", 101)), 400, 110)
	w.Refused(t, "tasks.delete_artifacts", map[string]any{"task": w.task, "artifacts": []any{map[string]any{"key": "a"}}}, 400, 110)
	if got := w.keys(t); got != "a" {
		t.Error(got)
	}
}

func TestRegistrationRefusals(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		body any
		sub  int
	}{
		"no task":      {map[string]any{"task": "none", "artifacts": []any{item("a", "x", 1)}}, 101},
		"no items":     {map[string]any{"task": w.task, "artifacts": []any{}}, 12},
		"no key":       {map[string]any{"task": w.task, "artifacts": []any{map[string]any{"type": "x"}}}, 12},
		"empty key":    {map[string]any{"task": w.task, "artifacts": []any{map[string]any{"key": "", "type": "x"}}}, 12},
		"no type":      {map[string]any{"task": w.task, "artifacts": []any{map[string]any{"key": "x"}}}, 12},
		"unknown mode": {map[string]any{"task": w.task, "artifacts": []any{map[string]any{"key": "x", "type": "x", "mode": "sideways"}}}, 12},
		"long key":     {map[string]any{"task": w.task, "artifacts": []any{item(strings.Repeat("k", 2000), "x", 1)}}, 12},
		"text as size": {map[string]any{"task": w.task, "artifacts": []any{map[string]any{"key": "x", "type": "x", "content_size": "many"}}}, 12},
	} {
		t.Run(name, func(t *testing.T) { w.Refused(t, "tasks.add_or_update_artifacts", c.body, 400, c.sub) })
	}
	if got := w.keys(t); got != "" {
		t.Errorf("a refusal left %s", got)
	}
}

func TestAnyNameOf200CharactersWorks(t *testing.T) {
	w := newWorld(t)
	for _, c := range []string{"x", "ü", "漢", "🎉", "%", "/", "#", " .", "$", `"`, "\\", "\t"} {
		key := strings.TrimSpace(strings.Repeat(c, 200/len([]rune(c)))) + "."
		w.register(t, item(key, "of "+c, 100))
		if got := w.get(t, key); got["key"] != key {
			t.Errorf("%q came back as %q", key, got["key"])
		}
		name := "n" + strings.Repeat(strings.ReplaceAll(c, "/", "|"), 199)
		id := w.newTask(t, name)
		found := w.Call(t, "tasks.get_all", map[string]any{"id": []string{id}, "only_fields": []string{"name"}})["tasks"].([]any)
		if got := found[0].(map[string]any)["name"]; got != name {
			t.Errorf("task %q came back as %q", name, got)
		}
	}
}

func TestDeletingATask(t *testing.T) {
	sdk := map[string]string{"X-ClearML-Client": "clearml-2.1.12"}
	for name, c := range map[string]struct {
		header map[string]string
		files  string
		want   bool // the file is still there
	}{
		"takes its files with it":             {nil, "true", false},
		"leaves them if told so":              {nil, "false", true},
		"leaves them to the SDK, which acts":  {sdk, "true", true},
		"takes them by default as told to us": {nil, "null", false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.Upload(t, "p/a", "one")
			w.register(t, item("a", "one", 100))
			r := w.Do(t, rpctest.Request{
				Path: "/v2.23/tasks.delete", Header: c.header,
				Body: `{"task":"` + w.task + `","force":true,"return_file_urls":true,"delete_external_artifacts":` + c.files + `}`,
			})
			if r.Status != 200 || r.Data["deleted"] != true || !strings.Contains(fmt.Sprint(r.Data["urls"]), rpctest.FilesBase+"/p/a") {
				t.Errorf("%d %v %s", r.Status, r.Data, r.Message)
			}
			_, found, err := w.Files.Find(t.Context(), "p/a", "")
			if err != nil || found != c.want {
				t.Errorf("the file is there: %v, want %v (%v)", found, c.want, err)
			}
			w.Refused(t, "tasks.get_by_id", map[string]any{"task": w.task}, 400, 101)
		})
	}
	t.Run("needs force while it runs", func(t *testing.T) {
		w := newWorld(t)
		w.Refused(t, "tasks.delete", map[string]any{"task": w.task}, 400, 123)
	})
}

// Rows of tasks tell of their artifacts when asked to, and only then.
func TestTasksSumUpTheirArtifacts(t *testing.T) {
	w := newWorld(t)
	row := func(fields ...string) map[string]any {
		t.Helper()
		d := w.Call(t, "tasks.get_all_ex", map[string]any{"id": []string{w.task}, "only_fields": fields})
		return d["tasks"].([]any)[0].(map[string]any)
	}
	none := map[string]any{"count": 0.0, "bytes": 0.0, "missing": 0.0, "mismatched": 0.0, "pending": 0.0}
	same(t, "no artifact", row("artifact_stats")["artifact_stats"], none)
	w.Upload(t, "p/a", "one")
	w.register(t, item("a", "one", 100), item("b", "never", 100), item("c", "its own", 100))
	w.Upload(t, "p/c", "others")
	w.register(t, item("a", "one", 200)) // again
	same(t, "three artifacts", row("artifact_stats")["artifact_stats"],
		map[string]any{"count": 3.0, "bytes": 15.0, "missing": 0.0, "mismatched": 1.0, "pending": 1.0})
	same(t, "a part", row("artifact_stats.count")["artifact_stats"], map[string]any{"count": 3.0})
	for _, fields := range [][]string{{"name"}, {"-name"}, nil} {
		if d := row(fields...); d["artifact_stats"] != nil {
			t.Errorf("%v brings them: %v", fields, d)
		}
	}
}
