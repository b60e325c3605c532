package rpc_test

import (
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/rpc"
	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/user"
)

func TestOwnEndpointsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../docs/protocol/own.md")
	if err != nil {
		t.Fatal(err)
	}
	endpoints := rpc.OwnEndpoints()
	for _, e := range endpoints {
		if !strings.Contains(string(page), "| `"+e.Name+"` | "+e.Access+" |") {
			t.Errorf("docs/protocol/own.md has no row for %s with access %s", e.Name, e.Access)
		}
	}
	_, rows, _ := strings.Cut(string(page), "| endpoint |")
	rows, _, _ = strings.Cut(rows, "\n\n")
	if n := strings.Count(rows, "| `"); n != len(endpoints) {
		t.Errorf("docs/protocol/own.md lists %d endpoints, there are %d", n, len(endpoints))
	}
}

func TestTheListHasNoPreviewsAndOneArtifactHas(t *testing.T) {
	w := newWorld(t)
	w.Upload(t, "p/a", "content")
	first := item("a", "content", 100)
	first["display_data"] = [][]string{{"split", "train"}}
	w.register(t, first, item("b", "other", 100))
	list := w.own(t, "/tasks/"+w.task+"/artifacts")["artifacts"].([]any)
	if len(list) != 2 {
		t.Fatalf("%d artifacts", len(list))
	}
	for _, a := range list {
		if _, given := a.(map[string]any)["preview"]; given {
			t.Errorf("a preview in the list: %v", a)
		}
	}
	a := w.own(t, "/tasks/"+w.task+"/artifact?key=a")
	for name, want := range map[string]any{
		"task": w.task, "key": "a", "mode": "output", "type": "custom", "state": "stored", "version": 1.0, "versions": 1.0, "file_version": 1.0,
		"uri": rpctest.FilesBase + "/p/a", "size": 7.0, "sha256": sum("content"), "timestamp": 100.0, "preview": "preview of content",
	} {
		if a[name] != want {
			t.Errorf("%s is %v, expected %v", name, a[name], want)
		}
	}
	if metadata := a["metadata"].(map[string]any); len(metadata) != 1 || metadata["split"] != "train" {
		t.Errorf("metadata %v", metadata)
	}
	if a["registered"] == "" || a["user"] == "" {
		t.Errorf("nobody registered it: %v", a)
	}
}

func TestTheListComesByPages(t *testing.T) {
	w := newWorld(t)
	var items []map[string]any
	var want []string
	for i := range 25 {
		key := fmt.Sprintf("k %02d ä/#", i)
		items = append(items, item(key, "x", 1))
		want = append(want, key+" output")
	}
	input := item("k 07 ä/#", "y", 1)
	input["mode"] = "input"
	w.register(t, append(items, input)...)
	want = slices.Sorted(slices.Values(append(want, "k 07 ä/# input")))
	for _, limit := range []int{1, 7, 13, 26, 5000} {
		var got []string
		pages := 0
		for after := ""; pages == 0 || after != ""; pages++ {
			page := w.own(t, fmt.Sprintf("/tasks/%s/artifacts?limit=%d&after=%s", w.task, limit, url.QueryEscape(after)))
			for _, a := range page["artifacts"].([]any) {
				a := a.(map[string]any)
				got = append(got, a["key"].(string)+" "+a["mode"].(string))
			}
			after, _ = page["next"].(string)
		}
		if !slices.Equal(got, want) {
			t.Errorf("by %d: %q", limit, got)
		}
		if most := (len(want) + limit - 1) / limit; pages != most {
			t.Errorf("by %d: %d pages, expected %d", limit, pages, most)
		}
	}
}

func TestOwnRepliesHaveATag(t *testing.T) {
	w := newWorld(t)
	w.register(t, item("a", "x", 1))
	for _, path := range []string{"/artifacts", "/artifact?key=a", "/artifact/versions?key=a"} {
		q := rpctest.Request{Method: "GET", Path: "/api/tasks/" + w.task + path}
		first := w.Do(t, q)
		q.Header = map[string]string{"If-None-Match": first.Header.Get("ETag")}
		if first.Header.Get("ETag") == "" {
			t.Errorf("%s has no tag", path)
		}
		if again := w.Do(t, q); again.Status != 304 || len(again.Body) != 0 {
			t.Errorf("%s, unchanged: %d, %d bytes", path, again.Status, len(again.Body))
		}
		w.register(t, item("a", "x"+path, len(path)))
		if again := w.Do(t, q); again.Status != 200 || again.Header.Get("ETag") == first.Header.Get("ETag") {
			t.Errorf("%s, changed: %d", path, again.Status)
		}
	}
}

func TestOwnRefusals(t *testing.T) {
	w := newWorld(t)
	w.register(t, item("a", "x", 1))
	of := "/tasks/" + w.task
	for name, c := range map[string]struct {
		q      rpctest.Request
		status int
		says   string
	}{
		"no credentials":           {rpctest.Request{Method: "GET", Path: of + "/artifacts", As: rpctest.Nobody}, 401, "credentials"},
		"a guest deletes":          {rpctest.Request{Method: "DELETE", Path: of + "/artifact?key=a", As: user.Guest}, 403, ""},
		"no key":                   {rpctest.Request{Method: "GET", Path: of + "/artifact"}, 400, "key"},
		"another mode":             {rpctest.Request{Method: "GET", Path: of + "/artifact?key=a&mode=both"}, 400, "mode"},
		"a version that is none":   {rpctest.Request{Method: "GET", Path: of + "/artifact?key=a&v=x"}, 400, "v: "},
		"a wait that is none":      {rpctest.Request{Method: "GET", Path: of + "/artifact?key=a&wait=soon"}, 400, "wait"},
		"a page size that is none": {rpctest.Request{Method: "GET", Path: of + "/artifacts?limit=-1"}, 400, "limit"},
		"a cursor that is none":    {rpctest.Request{Method: "GET", Path: of + "/artifacts?after=%21"}, 400, "after"},
		"a cursor of another kind": {rpctest.Request{Method: "GET", Path: of + "/artifacts?after=e30"}, 400, "after"},
		"an unknown key":           {rpctest.Request{Method: "GET", Path: of + "/artifact?key=b"}, 404, `"b"`},
		"an unknown version":       {rpctest.Request{Method: "GET", Path: of + "/artifact?key=a&v=9"}, 404, "9"},
		"an unknown task":          {rpctest.Request{Method: "GET", Path: "/tasks/none/artifacts"}, 404, "none"},
		"deleting an unknown key":  {rpctest.Request{Method: "DELETE", Path: of + "/artifact?key=b"}, 404, `"b"`},
		"no such endpoint":         {rpctest.Request{Method: "GET", Path: of + "/nothing"}, 404, "/nothing"},
		"another method":           {rpctest.Request{Method: "PUT", Path: of + "/artifacts"}, 404, "PUT"},
		"an empty task":            {rpctest.Request{Method: "GET", Path: "/api/tasks//artifacts"}, 404, "//artifacts"},
		"a path that climbs":       {rpctest.Request{Method: "GET", Path: "/api/tasks/../x"}, 404, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.Do(t, c.q)
			if r.Status != c.status || r.Header.Get("Location") != "" {
				t.Fatalf("%d %s to %q, expected %d", r.Status, r.Body, r.Header.Get("Location"), c.status)
			}
			if !strings.Contains(string(r.Body), c.says) && !strings.Contains(string(r.Body), strings.ReplaceAll(c.says, `"`, `\"`)) {
				t.Errorf("%s does not say %q", r.Body, c.says)
			}
		})
	}
	if left := w.own(t, of+"/artifacts")["artifacts"].([]any); len(left) != 1 {
		t.Errorf("%d artifacts are left", len(left))
	}
}

func TestPublishedArtifactsAreNotRemoved(t *testing.T) {
	w := newWorld(t)
	w.register(t, item("a", "x", 1))
	w.Call(t, "tasks.completed", map[string]any{"task": w.task})
	w.Call(t, "tasks.publish", map[string]any{"task": w.task})
	for _, query := range []string{"?key=a", "?key=a&v=1"} {
		r := w.Do(t, rpctest.Request{Method: "DELETE", Path: "/tasks/" + w.task + "/artifact" + query})
		if r.Status != 409 || !strings.Contains(string(r.Body), "published") {
			t.Errorf("%s: %d %s", query, r.Status, r.Body)
		}
	}
	if left := w.own(t, "/tasks/"+w.task+"/artifacts")["artifacts"].([]any); len(left) != 1 {
		t.Errorf("%d artifacts are left", len(left))
	}
}
