package rpc_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/user"
)

// ask calls one of our own endpoints by GET and reads its JSON.
func ask[T any](t *testing.T, w world, target string) (out T) {
	t.Helper()
	r := w.Do(t, rpctest.Request{Method: "GET", Path: target})
	if r.Status != 200 {
		t.Fatalf("%s: %d %s", target, r.Status, r.Body)
	}
	if err := json.Unmarshal(r.Body, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestArchive(t *testing.T) {
	w := newWorld(t)
	w.Upload(t, "p/a", "one")
	w.Upload(t, "p/b", "two")
	w.register(t, item("a", "one", 100), item("b/../c", "two", 100), item("late", "never", 100))
	late := item("b/../c", "two", 100)
	late["uri"] = rpctest.FilesBase + "/p/b"
	w.register(t, late)
	read := func(query string) string {
		t.Helper()
		r := w.Do(t, rpctest.Request{Method: "GET", Path: "/archive?task=" + w.task + query})
		if r.Status != 200 || r.Header.Get("Content-Type") != "application/zip" || !strings.HasPrefix(r.Header.Get("Content-Disposition"), "attachment; filename=") {
			t.Fatalf("%d %s %v", r.Status, r.Body, r.Header)
		}
		z, err := zip.NewReader(bytes.NewReader(r.Body), int64(len(r.Body)))
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, f := range z.File {
			in, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			content, err := io.ReadAll(in)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, f.Name+": "+strings.ReplaceAll(string(content), "\n", " "))
		}
		return strings.Join(out, ", ")
	}
	if got := read("&key=a"); got != "a/a: one" {
		t.Error(got)
	}
	if got := read(""); !strings.HasPrefix(got, "a/a: one, b_.._c/b: two, NOT INCLUDED.txt: The bytes of these are not here: late: pending, http") {
		t.Error(got)
	}
	for query, status := range map[string]int{"": 400, "task=none": 404, "task=" + w.task + "&key=none": 404, "task=" + w.task + "&mode=input": 404, "task=" + w.task + "&mode=x": 400} {
		if r := w.Do(t, rpctest.Request{Method: "GET", Path: "/archive?" + query}); r.Status != status {
			t.Errorf("%q: %d, want %d: %s", query, r.Status, status, r.Body)
		}
	}
}

func TestRestore(t *testing.T) {
	w := newWorld(t)
	for i, content := range []string{"one", "two", "three"} {
		w.Upload(t, "p/a", content)
		w.register(t, item("a", content, 100+i))
	}
	restore := func(query string, as user.Role) rpctest.Reply {
		return w.Do(t, rpctest.Request{Method: "POST", Path: "/tasks/" + w.task + "/artifact/restore?" + query, As: as, Header: map[string]string{"X-Coffer": "1"}})
	}
	if r := restore("key=a&v=1", ""); r.Status != 200 {
		t.Fatalf("%d %s", r.Status, r.Body)
	}
	a := w.own(t, "/tasks/"+w.task+"/artifact?key=a")
	if a["version"] != 4.0 || a["sha256"] != sum("one") || a["state"] != "stored" || a["versions"] != 4.0 || a["preview"] != "preview of one" {
		t.Errorf("%v", a)
	}
	// Whoever knows only the address gets the restored bytes.
	blobs := ask[api.Blob](t, w, "/blobs/"+sum("one"))
	if len(blobs.Files) != 1 || blobs.Files[0].Version != 4 {
		t.Errorf("%+v", blobs.Files)
	}
	if r := restore("key=a&v=4", ""); r.Status != 200 || len(w.own(t, "/tasks/"+w.task+"/artifact/versions?key=a")["versions"].([]any)) != 4 {
		t.Errorf("restoring the newest: %d", r.Status)
	}
	for query, status := range map[string]int{"key=a&v=9": 404, "key=b&v=1": 404, "key=a": 400, "v=1": 400} {
		if r := restore(query, ""); r.Status != status {
			t.Errorf("%s: %d, want %d", query, r.Status, status)
		}
	}
	if r := restore("key=a&v=2", user.Guest); r.Status != 403 {
		t.Errorf("a guest: %d", r.Status)
	}
	w.Call(t, "tasks.publish", map[string]any{"task": w.task, "force": true})
	if r := restore("key=a&v=2", ""); r.Status != 409 {
		t.Errorf("of a published task: %d %s", r.Status, r.Body)
	}
}

func TestChange(t *testing.T) {
	w := newWorld(t)
	var items []map[string]any
	for i, content := range []string{"one", "two"} {
		w.Upload(t, "p/a", content)
		one := item("a", content, 100+i)
		one["display_data"] = [][]string{{"split", "train"}, {"seed", "7"}}
		w.register(t, one)
		items = append(items, one)
	}
	w.register(t, item("taken", "x", 1))
	change := func(query, body string, as user.Role) rpctest.Reply {
		return w.Do(t, rpctest.Request{
			Method: "PATCH", Path: "/tasks/" + w.task + "/artifact?" + query, Body: body, As: as,
			Header: map[string]string{"X-Coffer": "1", "Content-Type": "application/json"},
		})
	}
	if r := change("key=a", `{"key":"b","set":{"split":"test","by":"hand"},"unset":["seed"]}`, ""); r.Status != 200 {
		t.Fatalf("%d %s", r.Status, r.Body)
	}
	b := w.own(t, "/tasks/"+w.task+"/artifact?key=b")
	if b["versions"] != 2.0 || b["state"] != "stored" || b["sha256"] != sum("two") || b["preview"] != "preview of two" {
		t.Errorf("%v", b)
	}
	if got := fmt.Sprint(b["metadata"]); got != "map[by:hand split:test]" {
		t.Error(got)
	}
	if got := fmt.Sprint(w.own(t, "/tasks/"+w.task+"/artifact?key=b&v=1")["metadata"]); got != "map[seed:7 split:train]" {
		t.Errorf("of the version before: %s", got)
	}
	found := w.own(t, "/artifacts?metadata.by=hand")["artifacts"].([]any)
	if len(found) != 1 || found[0].(map[string]any)["key"] != "b" {
		t.Errorf("found by its metadata: %v", found)
	}
	// A client that does not know of it sends its whole list again.
	w.register(t, items...)
	if list := w.own(t, "/tasks/"+w.task+"/artifacts")["artifacts"].([]any); len(list) != 2 {
		t.Errorf("it came back under its old name: %v", list)
	}
	w.register(t, item("a", "one", 100))
	for _, c := range []struct {
		query, body string
		as          user.Role
		status      int
	}{
		{"key=b", `{"key":"taken"}`, "", 409},
		{"key=none", `{"key":"c"}`, "", 404},
		{"", `{"key":"c"}`, "", 400},
		{"key=b", `{"key":"` + strings.Repeat("x", 1025) + `"}`, "", 400},
		{"key=b", `{"key":"c"}`, user.Guest, 403},
	} {
		if r := change(c.query, c.body, c.as); r.Status != c.status {
			t.Errorf("%s %.40s: %d, want %d", c.query, c.body, r.Status, c.status)
		}
	}
	w.Call(t, "tasks.publish", map[string]any{"task": w.task, "force": true})
	if r := change("key=b", `{"set":{"x":"y"}}`, ""); r.Status != 409 {
		t.Errorf("of a published task: %d %s", r.Status, r.Body)
	}
}

func TestBlobs(t *testing.T) {
	w := newWorld(t)
	w.Upload(t, "p/a b%", "one")
	w.Upload(t, "p/copy", "one")
	w.register(t, item("copy", "one", 100))
	w.newModel(t, "net", map[string]any{"uri": rpctest.FilesBase + "/p/copy"})
	b := ask[api.Blob](t, w, "/blobs/sha256:"+sum("one"))
	if b.Size != 3 || len(b.Files) != 2 || len(b.Artifacts) != 1 || len(b.Models) != 1 || b.Models[0].Name != "net" || b.Artifacts[0].TaskName == "" {
		t.Errorf("%+v", b)
	}
	if got := b.Files[0].URL; got != rpctest.FilesBase+"/p/a%20b%25?version=1" {
		t.Error(got)
	}
	for target, status := range map[string]int{"x": 400, sum("none"): 404} {
		if r := w.Do(t, rpctest.Request{Method: "GET", Path: "/blobs/" + target}); r.Status != status {
			t.Errorf("%s: %d, want %d", target, r.Status, status)
		}
	}
}

func TestUsage(t *testing.T) {
	w := newWorld(t)
	w.Upload(t, "p/a", "one")
	w.Upload(t, "p/b", "one")
	w.Upload(t, "p/c", "four")
	w.Upload(t, "p/c", "fives")
	u := ask[api.Usage](t, w, "/usage")
	if got := fmt.Sprint(u.Blobs, u.Files, u.Earlier, u.Waiting, u.Failed); got != "{3 12} {3 11} {1 4} {0 0} {0 0}" || u.Measured == "" {
		t.Errorf("%s %s", got, u.Measured)
	}
	w.Upload(t, "p/d", "more")
	if again := ask[api.Usage](t, w, "/usage"); again != u {
		t.Errorf("measured again within a minute: %+v", again)
	}
	w.Pass(61e9)
	if now := ask[api.Usage](t, w, "/usage"); now.Blobs.Count != 4 {
		t.Errorf("%+v", now)
	}
}

func TestSearchForAnything(t *testing.T) {
	w := newWorld(t)
	p := w.newProject(t, "Birds of prey")
	task := w.newTaskIn(t, "train the Owl", p)
	model := w.newModel(t, "owl-net", nil)
	w.Upload(t, "p/owls", "hoot")
	w.registerAt(t, task, item("owls", "hoot", 100))
	h := ask[api.Hits](t, w, "/search?q=OWL")
	if len(h.Tasks) != 1 || h.Tasks[0].ID != task || h.Tasks[0].Project != p || len(h.Models) != 1 || h.Models[0].ID != model || len(h.Artifacts) != 1 || len(h.Projects) != 0 || len(h.More) != 0 {
		t.Errorf("%+v", h)
	}
	if h := ask[api.Hits](t, w, "/search?q=prey"); len(h.Projects) != 1 || h.Projects[0].ID != p {
		t.Errorf("%+v", h)
	}
	if h := ask[api.Hits](t, w, "/search?q="+task); len(h.Tasks) != 1 || len(h.Artifacts) != 1 || len(h.Models) != 0 {
		t.Errorf("%+v", h)
	}
	if h := ask[api.Hits](t, w, "/search?q="+sum("hoot")); len(h.Artifacts) != 1 || h.Artifacts[0].Key != "owls" || h.Artifacts[0].ProjectName != "Birds of prey" {
		t.Errorf("%+v", h)
	}
	if h := ask[api.Hits](t, w, "/search?q=.*"); len(h.Tasks)+len(h.Models)+len(h.Artifacts)+len(h.Projects) != 0 {
		t.Errorf("a pattern means itself: %+v", h)
	}
	for i := range 7 {
		w.newTaskIn(t, fmt.Sprint("many ", i), p)
	}
	if h := ask[api.Hits](t, w, "/search?q=many"); len(h.Tasks) != 5 || fmt.Sprint(h.More) != "[tasks]" || h.Tasks[0].Name != "many 6" {
		t.Errorf("%+v", h)
	}
	for _, q := range []string{"", "%20", strings.Repeat("x", 201)} {
		if r := w.Do(t, rpctest.Request{Method: "GET", Path: "/search?q=" + q}); r.Status != 400 {
			t.Errorf("%q: %d", q, r.Status)
		}
	}
}

func TestOwnContentNeedsCredentials(t *testing.T) {
	w := newWorld(t)
	w.Upload(t, "p/a", "one")
	w.register(t, item("a", "one", 100))
	for _, target := range []string{"/archive?task=" + w.task, "/blobs/" + sum("one"), "/usage", "/search?q=x"} {
		for as, status := range map[user.Role]int{rpctest.Nobody: 401, user.Guest: 200} {
			if r := w.Do(t, rpctest.Request{Method: "GET", Path: target, As: as}); r.Status != status {
				t.Errorf("%s as %s: %d, want %d", target, as, r.Status, status)
			}
		}
	}
}

func TestDeletePlan(t *testing.T) {
	w := newWorld(t)
	plan := func(body map[string]any) api.DeletePlan {
		t.Helper()
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		r := w.Do(t, rpctest.Request{Path: "/delete-plan", Body: string(text)})
		var out api.DeletePlan
		if err := json.Unmarshal(r.Body, &out); err != nil || r.Status != 200 {
			t.Fatalf("%d %s", r.Status, r.Body)
		}
		return out
	}
	w.Upload(t, "p/own", "alone")
	w.Upload(t, "p/shared", "both")
	w.Upload(t, "p/elsewhere", "both")
	w.register(t, item("own", "alone", 100), item("shared", "both", 100))
	before := w.own(t, "/tasks/"+w.task+"/artifacts")
	for range 2 { // a plan leaves nothing behind
		p := plan(map[string]any{"tasks": []string{w.task}, "force": true, "files": true})
		if p.Removed != 1 || p.Named != (api.Sum{Count: 2, Bytes: 9}) || p.Freed != (api.Sum{Count: 1, Bytes: 5}) || len(p.Blocked) != 0 {
			t.Errorf("%+v", p)
		}
	}
	if after := w.own(t, "/tasks/"+w.task+"/artifacts"); fmt.Sprint(after) != fmt.Sprint(before) || !w.has(t, "p/own") {
		t.Errorf("the plan was carried out: %v", after)
	}
	if p := plan(map[string]any{"tasks": []string{w.task}, "force": true}); p.Freed.Count != 0 || p.Named.Count != 2 {
		t.Errorf("without files: %+v", p)
	}
	if p := plan(map[string]any{"tasks": []string{w.task, "none"}}); p.Removed != 0 || len(p.Blocked) != 2 || p.Blocked[0].Reason != "task.cannot_be_deleted" || p.Blocked[1].Reason != "task.not_found" {
		t.Errorf("without force: %+v", p)
	}
	if p := plan(map[string]any{"artifacts": []map[string]string{{"task": w.task, "key": "own"}, {"task": w.task, "key": "none"}}, "files": true}); p.Removed != 1 || p.Freed.Bytes != 5 || len(p.Blocked) != 1 || p.Blocked[0].Key != "none" {
		t.Errorf("of artifacts: %+v", p)
	}
	w.Upload(t, "p/w", "weights")
	net := w.newModel(t, "net", map[string]any{"uri": rpctest.FilesBase + "/p/w", "task": w.task})
	if p := plan(map[string]any{"models": []string{net}, "files": true}); p.Removed != 1 || p.Freed.Bytes != 7 {
		t.Errorf("of a model: %+v", p)
	}
	if got := w.model(t, net)["name"]; got != "net" {
		t.Errorf("the model is %v", got)
	}
	for body, status := range map[string]int{`{}`: 400, `{"tasks": "x"}`: 400, `{"what": 1}`: 400, `{"tasks": [` + strings.Repeat(`"x",`, 200) + `"x"]}`: 400} {
		if r := w.Do(t, rpctest.Request{Path: "/delete-plan", Body: body}); r.Status != status {
			t.Errorf("%.40s: %d %s", body, r.Status, r.Body)
		}
	}
	if r := w.Do(t, rpctest.Request{Path: "/delete-plan", Body: `{"tasks": ["` + w.task + `"]}`, As: user.Guest}); r.Status != 403 {
		t.Errorf("a guest: %d", r.Status)
	}
}
