package rpc_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/rpc/rpctest"
)

func (w world) lineage(t *testing.T, query string) api.Lineage {
	t.Helper()
	r := w.Do(t, rpctest.Request{Method: "GET", Path: "/lineage?" + query})
	if r.Status != 200 {
		t.Fatalf("%s: %d %s", query, r.Status, r.Body)
	}
	var out api.Lineage
	if err := json.Unmarshal(r.Body, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// ledTo writes the edges of a lineage with the names of its nodes, sorted.
func ledTo(l api.Lineage) string {
	var out []string
	for _, e := range l.Edges {
		out = append(out, fmt.Sprint(l.Nodes[e.From].Name, " ", e.How, " ", l.Nodes[e.To].Name))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func TestLineage(t *testing.T) {
	w := newWorld(t)
	task := func(name string) world { return world{w.World, w.newTask(t, name)} }
	prepare, train, tune, other := task("prepare"), task("train"), task("tune"), task("other")
	w.Upload(t, "p/base", "base")
	base := w.newModel(t, "base", map[string]any{"task": prepare.task, "uri": rpctest.FilesBase + "/p/base"})
	trained := w.newModel(t, "trained", map[string]any{"task": train.task, "parent": base})
	tuned := w.newModel(t, "tuned", nil)
	w.link(t, train.task, "input", "in", base)
	w.link(t, train.task, "output", "out", trained)
	w.link(t, tune.task, "input", "in", trained)
	w.link(t, tune.task, "output", "out", tuned)
	w.link(t, other.task, "input", "in", base)
	input := item("data", "data", 100)
	input["mode"] = "input"
	train.register(t, input, item("curve", "curve", 100))
	tune.register(t, item("report", "report", 100))

	t.Run("of a model goes back and onwards", func(t *testing.T) {
		l := w.lineage(t, "model="+trained)
		want := "base derived trained, base used train, data used train, prepare made base, train made trained, trained used tune, tune made report, tune made tuned"
		if got := ledTo(l); got != want || l.Cut {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if n := l.Nodes[0]; n.ID != trained || n.Kind != "model" {
			t.Errorf("it begins at %+v", n)
		}
	})

	t.Run("onwards only from what led to nothing else", func(t *testing.T) {
		want := "base derived trained, base used other, base used train, prepare made base, train made curve, train made trained, trained used tune, tune made report, tune made tuned"
		got := ledTo(w.lineage(t, "model="+base))
		if a, b := strings.Split(got, ", "), strings.Split(want, ", "); !slices.Equal(a, slices.Sorted(slices.Values(b))) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})

	t.Run("of bytes begins wherever they are used", func(t *testing.T) {
		other.register(t, item("copy", "base", 100))
		w.Upload(t, "loose", "base")
		l := w.lineage(t, "digest="+sum("base"))
		var held []string
		for _, e := range l.Edges {
			if e.How == "held" {
				n := l.Nodes[e.To]
				held = append(held, fmt.Sprint(n.Kind, " ", n.Name, " ", n.Version))
			}
		}
		slices.Sort(held)
		if got := strings.Join(held, ", "); got != "artifact copy 0, file base 1, file loose 1, model base 1" {
			t.Errorf("held by %s", got)
		}
		if got := ledTo(l); !strings.Contains(got, "other made copy") || !strings.Contains(got, "tune made report") {
			t.Errorf("%s", got)
		}
		if l := w.lineage(t, "digest="+sum("nowhere")); len(l.Nodes) != 1 || l.Nodes[0].Kind != "bytes" || len(l.Edges) != 0 {
			t.Errorf("%+v", l)
		}
	})

	t.Run("is cut at the limit, and says where", func(t *testing.T) {
		l := w.lineage(t, "model="+trained+"&limit=3")
		if len(l.Nodes) != 3 || !l.Cut || l.Limit != 3 || !slices.ContainsFunc(l.Nodes, func(n api.LineageNode) bool { return n.More }) {
			t.Errorf("%+v", l)
		}
		for _, e := range l.Edges {
			if e.From >= 3 || e.To >= 3 {
				t.Errorf("an edge leads out of the graph: %+v", e)
			}
		}
	})

	t.Run("of things that go round ends", func(t *testing.T) {
		w.link(t, prepare.task, "input", "in", tuned)
		if l := w.lineage(t, "model="+tuned); l.Cut || len(l.Nodes) > 15 {
			t.Errorf("%d nodes", len(l.Nodes))
		}
	})

	t.Run("is refused where nothing is meant", func(t *testing.T) {
		for query, status := range map[string]int{"": 400, "model=" + base + "&digest=" + sum("x"): 400, "digest=short": 400, "model=none": 404, "model=" + base + "&limit=0": 400} {
			if r := w.Do(t, rpctest.Request{Method: "GET", Path: "/lineage?" + query}); r.Status != status {
				t.Errorf("%q: %d, want %d", query, r.Status, status)
			}
		}
		if r := w.Do(t, rpctest.Request{Method: "GET", Path: "/lineage?model=" + base, As: rpctest.Nobody}); r.Status != 401 {
			t.Errorf("without credentials: %d", r.Status)
		}
	})
}
