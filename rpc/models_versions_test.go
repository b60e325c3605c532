package rpc_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/rpc/rpctest"
)

func (w world) modelVersions(t *testing.T, id string) []map[string]any {
	t.Helper()
	var out []map[string]any
	for _, v := range w.Call(t, "models.get_versions", map[string]any{"model": id})["versions"].([]any) {
		out = append(out, v.(map[string]any))
	}
	return out
}

// content reads the bytes of a version by its url.
func (w world) content(t *testing.T, v map[string]any) string {
	t.Helper()
	u, err := url.Parse(v["url"].(string))
	if err != nil {
		t.Fatal(err)
	}
	var want file.Want
	if _, err := fmt.Sscan(u.Query().Get("version"), &want.Number); err != nil {
		t.Fatal(err)
	}
	p, err := file.ParsePath(u.Path)
	if err != nil {
		t.Fatal(err)
	}
	g, err := w.Files.Stat(t.Context(), w.Operator, p, want)
	if err != nil {
		t.Fatalf("%s: %v", v["url"], err)
	}
	c, err := w.Files.Open(t.Context(), w.Operator, g)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	text, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// snapshots tells the versions of a model, the oldest first: content and
// iteration of each.
func (w world) snapshots(t *testing.T, id string) string {
	t.Helper()
	var out []string
	for i, v := range slices.Backward(w.modelVersions(t, id)) {
		if v["sha256"] != sum(w.content(t, v)) || v["state"] != "stored" || v["version"] != float64(len(w.modelVersions(t, id))-i) {
			t.Errorf("%v", v)
		}
		out = append(out, fmt.Sprint(w.content(t, v), "@", v["iteration"]))
	}
	return strings.Join(out, " ")
}

func TestSnapshots(t *testing.T) {
	w := newWorld(t)
	const path, uri = "m/w eights.pt", rpctest.FilesBase + "/m/w%20eights.pt"
	fresh := func(of any) string {
		w.Call(t, "tasks.reset", map[string]any{"task": w.task, "force": true})
		w.Call(t, "tasks.started", map[string]any{"task": w.task})
		return w.newModel(t, "m", map[string]any{"uri": "file:///uploading_file", "task": of})
	}
	type step = func(id string)
	upload := func(content string) step { return func(string) { w.Upload(t, path, content) } }
	edit := func(at ...int) step {
		return func(id string) {
			body := map[string]any{"model": id, "uri": uri}
			if len(at) > 0 {
				body["iteration"] = at[0]
			}
			w.Call(t, "models.edit", body)
		}
	}
	report := func(iter int) step {
		return func(string) {
			w.Call(t, "events.add", map[string]any{"type": "training_stats_scalar", "task": w.task, "metric": "m", "variant": "v", "iter": iter, "value": 1.5})
		}
	}
	for name, c := range map[string]struct {
		of    any
		steps []step
		want  string
	}{
		"bytes, then the edit":       {w.task, []step{upload("a"), edit(1), upload("b"), edit(2)}, "a@1 b@2"},
		"the edit, then the bytes":   {w.task, []step{edit(1), upload("a")}, "a@1"},
		"a later edit wins over it":  {w.task, []step{edit(1), upload("a"), edit(2)}, "a@2"},
		"the first edit after":       {w.task, []step{upload("a"), edit(1), edit(2), edit()}, "a@1"},
		"no version for equal bytes": {w.task, []step{upload("a"), edit(1), upload("a"), edit(2), upload("b"), edit(3), upload("a"), edit(4)}, "a@1 b@3 a@4"},
		"edits that tell no iteration mean where the task is": {w.task, []step{
			edit(), report(1), upload("a"), edit(), edit(), report(2), upload("b"), edit(), edit(), report(3), upload("c"), edit(),
		}, "a@1 b@2 c@3"},
		// as the Python SDK saves in the background: an edit at the beginning of
		// each save tells no iteration, and may come between the bytes of the save
		// before and its edit
		"saves in the background": {w.task, []step{edit(), upload("a"), edit(), edit(1), upload("b"), edit(2), edit(), edit(), upload("c"), edit(3)}, "a@1 b@2 c@3"},
		"of no task, untold":      {nil, []step{upload("a"), edit(), upload("b"), edit()}, "a@<nil> b@<nil>"},
		"of no task, told":        {nil, []step{upload("a"), edit(), upload("b"), edit(7)}, "a@<nil> b@7"},
	} {
		t.Run(name, func(t *testing.T) {
			id := fresh(c.of)
			for _, do := range c.steps {
				do(id)
			}
			if got := w.snapshots(t, id); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			// the next case begins with no file
			w.Call(t, "models.delete", map[string]any{"model": id})
			w.Pass(48 * time.Hour)
			if _, err := w.Files.Collect(t.Context(), w.Files.Grace); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestSnapshotsOfAnAddress(t *testing.T) {
	w := newWorld(t)
	const uri = rpctest.FilesBase + "/a"
	w.Upload(t, "a", "one")
	first := w.newModel(t, "first", map[string]any{"uri": uri, "task": w.task})
	if got := w.snapshots(t, first); got != "one@0" {
		t.Errorf("a model that is made of weights that are there: %s", got)
	}
	second := w.newModel(t, "second", map[string]any{"uri": rpctest.FilesBase + "/b"})
	w.Call(t, "models.update", map[string]any{"model": second, "uri": uri, "iteration": 5})
	w.Upload(t, "a", "two")
	if a, b := w.snapshots(t, first), w.snapshots(t, second); a != "one@0 two@0" || b != "one@5 two@5" {
		t.Errorf("each model that names an address gets what comes there: %s, %s", a, b)
	}

	t.Run("are kept when it names another", func(t *testing.T) {
		w.Call(t, "models.edit", map[string]any{"model": first, "uri": rpctest.FilesBase + "/b"})
		w.Upload(t, "a", "three")
		w.Upload(t, "b", "four")
		if a, b := w.snapshots(t, first), w.snapshots(t, second); a != "one@0 two@0 four@0" || b != "one@5 two@5 three@5" {
			t.Errorf("%s, %s", a, b)
		}
		w.Pass(48 * time.Hour)
		if _, err := w.Files.Collect(t.Context(), w.Files.Grace); err != nil {
			t.Fatal(err)
		}
		if a, b := w.snapshots(t, first), w.snapshots(t, second); a != "one@0 two@0 four@0" || b != "one@5 two@5 three@5" {
			t.Errorf("after the sweep: %s, %s", a, b)
		}
	})

	t.Run("page by page", func(t *testing.T) {
		page := w.Call(t, "models.get_versions", map[string]any{"model": second, "page": 1, "page_size": 2})["versions"].([]any)
		if len(page) != 1 || page[0].(map[string]any)["version"] != 1.0 {
			t.Errorf("%v", page)
		}
	})

	t.Run("go with the last model that names it", func(t *testing.T) {
		w.Call(t, "models.delete", map[string]any{"model": first})
		if !w.has(t, "a") || w.has(t, "b") {
			t.Error("what the other model names stays, the rest goes")
		}
		if got := w.snapshots(t, second); got != "one@5 two@5 three@5" {
			t.Errorf("the other model: %s", got)
		}
		w.Call(t, "models.delete", map[string]any{"model": second})
		if w.has(t, "a") {
			t.Error("nothing names it any more")
		}
	})
}

func TestAFailedUploadTakesNoGoodAddressAway(t *testing.T) {
	w := newWorld(t)
	const uri = rpctest.FilesBase + "/good"
	w.Upload(t, "good", "weights")
	id := w.newModel(t, "m", map[string]any{"uri": uri, "task": w.task})
	p, _ := file.ParsePath("good")
	broken := io.MultiReader(strings.NewReader("wei"), brokenReader{})
	if _, err := w.Files.Upload(t.Context(), w.Operator, p, broken, file.UploadOptions{}); !errors.Is(err, errBroken) {
		t.Fatalf("the upload: %v", err)
	}
	for _, placeholder := range []string{"file:///failed_uploading", rpctest.FilesBase + "/m/failed_uploading"} {
		w.Call(t, "models.edit", map[string]any{"model": id, "uri": placeholder, "comment": "snapshot failed"})
	}
	if d := w.model(t, id); d["uri"] != uri || d["comment"] != "snapshot failed" {
		t.Errorf("%v", d)
	}
	if got := w.snapshots(t, id); got != "weights@0" {
		t.Error(got)
	}
	never := w.newModel(t, "never uploaded", map[string]any{"uri": rpctest.FilesBase + "/m/uploading_file"})
	w.Call(t, "models.edit", map[string]any{"model": never, "uri": "file:///failed_uploading"})
	if d := w.model(t, never); d["uri"] != "file:///failed_uploading" {
		t.Errorf("a model without weights says that they failed: %v", d["uri"])
	}
}

var errBroken = errors.New("the line broke")

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errBroken }

func TestThePathOfAPublishedModelIsFrozen(t *testing.T) {
	w := newWorld(t)
	w.Upload(t, "w", "weights")
	id := w.newModel(t, "m", map[string]any{"uri": rpctest.FilesBase + "/w"})
	w.Call(t, "models.set_ready", map[string]any{"model": id})
	p, _ := file.ParsePath("w")
	_, err := w.Files.Upload(t.Context(), w.Operator, p, strings.NewReader("other"), file.UploadOptions{})
	if !errors.Is(err, file.ErrFrozen) || !strings.Contains(err.Error(), id) {
		t.Errorf("an upload: %v", err)
	}
	if err := w.Files.Delete(t.Context(), w.Operator, p); !errors.Is(err, file.ErrFrozen) {
		t.Errorf("a deletion: %v", err)
	}
	w.Call(t, "models.delete", map[string]any{"model": id, "delete_external_artifacts": false})
	w.Upload(t, "w", "other")
}

func TestDeletedFilesOfModels(t *testing.T) {
	w := newWorld(t)
	w.Upload(t, "w", "weights")
	id := w.newModel(t, "m", map[string]any{"uri": rpctest.FilesBase + "/w"})
	p, _ := file.ParsePath("w")
	if err := w.Files.Delete(t.Context(), w.Operator, p); err != nil {
		t.Fatal(err)
	}
	if got := w.snapshots(t, id); got != "weights@<nil>" {
		t.Errorf("a path that a model names waits with its deletion: %s", got)
	}
	w.Call(t, "models.delete", map[string]any{"model": id, "delete_external_artifacts": false})
	if w.has(t, "w") {
		t.Error("the deletion that waited takes effect with the model")
	}
	r := w.Do(t, rpctest.Request{Path: "/v2.34/models.get_versions", Body: `{"model":"` + id + `"}`})
	if r.Status != http.StatusBadRequest || r.Subcode != 201 {
		t.Errorf("%d/%d", r.Status, r.Subcode)
	}
}
