package rpc_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"testing"

	"github.com/coffer-ml/coffer/rpc/rpctest"
)

// found are the keys of the artifacts that a search finds, in their order.
func (w world) found(t *testing.T, arguments string) []string {
	t.Helper()
	keys := []string{}
	for _, a := range w.own(t, "/artifacts"+arguments)["artifacts"].([]any) {
		keys = append(keys, a.(map[string]any)["key"].(string))
	}
	return keys
}

func (w world) newTaskIn(t *testing.T, name, project string, systemTags ...string) string {
	t.Helper()
	return w.Call(t, "tasks.create", map[string]any{"name": name, "type": "training", "project": project, "system_tags": systemTags})["id"].(string)
}

func (w world) newProject(t *testing.T, name string) string {
	t.Helper()
	return w.Call(t, "projects.create", map[string]any{"name": name})["id"].(string)
}

func (w world) registerAt(t *testing.T, task string, items ...map[string]any) {
	t.Helper()
	w.Call(t, "tasks.add_or_update_artifacts", map[string]any{"task": task, "force": true, "artifacts": items})
}

func TestSearchForArtifactsAcrossTasks(t *testing.T) {
	w := newWorld(t)
	top, sub, other := w.newProject(t, "vision"), w.newProject(t, "vision/yolo"), w.newProject(t, "audio")
	a, b, c := w.newTaskIn(t, "in the project", top), w.newTaskIn(t, "below it", sub), w.newTaskIn(t, "elsewhere", other)
	hidden := w.newTaskIn(t, "hidden", top, "hidden")
	like := func(key, content, kind string, timestamp int, metadata ...[]string) map[string]any {
		it := item(key, content, timestamp)
		it["type"], it["display_data"] = kind, metadata
		return it
	}
	w.registerAt(t, a, like("features", "one", "numpy", 1, []string{"rows", "10"}), like("Features.csv", "four", "pandas", 2))
	w.registerAt(t, b, like("features", "three", "numpy", 3, []string{"rows", "20"}, []string{"a.b", "x"}))
	w.registerAt(t, c, like("labels", "one", "custom", 4))
	w.registerAt(t, c, like("labels", "seventeen", "custom", 5))
	w.registerAt(t, hidden, like("secret features", "one", "numpy", 6))
	w.Upload(t, "p/labels", "seventeen")
	for arguments, want := range map[string][]string{
		"":                                       {"labels", "features", "Features.csv", "features"},
		"?name=feat":                             {"features", "Features.csv", "features"},
		"?name=TURES":                            {"features", "Features.csv", "features"},
		"?name=" + url.QueryEscape("^feat"):      {"features", "Features.csv", "features"},
		"?name=" + url.QueryEscape("^features$"): {"features", "features"},
		"?name=" + url.QueryEscape("^tures"):     {},
		"?name=s.c":                              {"Features.csv"},
		"?name=s.v":                              {},
		"?name=labels&name=csv":                  {"labels", "Features.csv"},
		"?type=numpy":                            {"features", "features"},
		"?type=numpy&type=custom":                {"labels", "features", "features"},
		"?digest=" + sum("one"):                  {"features"},
		"?versions=all&digest=" + sum("one"):     {"labels", "features"},
		"?versions=all&digest=" + sum("one") + "&hidden=true": {"secret features", "labels", "features"},
		"?size=4":                            {"Features.csv"},
		"?size=4-5":                          {"features", "Features.csv"},
		"?size=5-":                           {"labels", "features"},
		"?size=-3":                           {"features"},
		"?metadata.rows=10":                  {"features"},
		"?metadata.rows=10&metadata.rows=20": {"features", "features"},
		"?metadata.a.b=x":                    {"features"},
		"?metadata.a=x":                      {},
		"?state=stored":                      {"labels"},
		"?state=pending&state=stored&type=custom": {"labels"},
		"?project=" + top:                         {"features", "Features.csv", "features"},
		"?project=" + sub:                         {"features"},
		"?project=" + sub + "&project=" + other:   {"labels", "features"},
		"?project=none":                           {},
		"?mode=input":                             {},
		"?name=feat&type=numpy&metadata.rows=20&project=" + top: {"features"},
	} {
		t.Run(arguments, func(t *testing.T) {
			if got := w.found(t, arguments); !slices.Equal(got, want) {
				t.Errorf("found %q, expected %q", got, want)
			}
		})
	}
	t.Run("tells all of what it finds", func(t *testing.T) {
		got := w.own(t, "/artifacts?name=labels")["artifacts"].([]any)[0].(map[string]any)
		for key, want := range map[string]any{
			"task": c, "task_name": "elsewhere", "project": other, "project_name": "audio", "key": "labels", "mode": "output", "type": "custom",
			"version": 2.0, "versions": 2.0, "state": "stored", "size": 9.0, "sha256": sum("seventeen"), "timestamp": 5.0,
			"uri": rpctest.FilesBase + "/p/labels",
		} {
			if got[key] != want {
				t.Errorf("%s is %v, expected %v", key, got[key], want)
			}
		}
		for _, key := range []string{"content_type", "metadata", "registered"} {
			if _, ok := got[key]; !ok {
				t.Errorf("%s is missing", key)
			}
		}
		if _, ok := got["preview"]; ok {
			t.Error("a list carries a preview")
		}
	})
}

func TestSearchForArtifactsGoesPageByPage(t *testing.T) {
	w := newWorld(t)
	var items []map[string]any
	for i := range 25 {
		items = append(items, item(fmt.Sprintf("artifact %02d", i), fmt.Sprint(i), i+1))
	}
	w.register(t, items...)
	var got []string
	next := ""
	for pages := 0; ; pages++ {
		reply := w.own(t, "/artifacts?name=artifact&limit=10&after="+next)
		for _, a := range reply["artifacts"].([]any) {
			got = append(got, a.(map[string]any)["key"].(string))
		}
		if pages == 0 { // what comes in meanwhile is newer than where the page ended
			w.register(t, item("artifact that came late", "late", 99))
		}
		var more bool
		if next, more = reply["next"].(string); !more {
			break
		}
	}
	if len(got) != 25 || got[0] != "artifact 24" || got[24] != "artifact 00" {
		t.Errorf("%d artifacts: %q", len(got), got)
	}
}

func TestSearchForArtifactsRefuses(t *testing.T) {
	w := newWorld(t)
	for _, arguments := range []string{
		"?names=x", "?digest=xyz", "?size=big", "?size=-", "?size=1-2-3", "?state=lost", "?limit=0", "?limit=501", "?limit=x",
		"?after=x", "?versions=some", "?hidden=perhaps", "?metadata.=x",
	} {
		r := w.Do(t, rpctest.Request{Method: "GET", Path: "/artifacts" + arguments})
		var problem struct{ Error struct{ Message string } }
		if json.Unmarshal(r.Body, &problem) != nil || r.Status != 400 || problem.Error.Message == "" {
			t.Errorf("%s: %d %s", arguments, r.Status, r.Body)
		}
	}
	if r := w.Do(t, rpctest.Request{Method: "GET", Path: "/artifacts", As: rpctest.Nobody}); r.Status != 401 {
		t.Errorf("without credentials: %d", r.Status)
	}
}
