package sdk_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/codec"
)

// weights is a file with so much in it.
func weights(t *testing.T, name, text string) codec.File {
	t.Helper()
	return codec.File(filepath.Join(folder(t, map[string]string{name: text}), name))
}

func output(t *testing.T, run *client.Run, spec client.ModelSpec) *client.Model {
	t.Helper()
	m, err := run.OutputModel(t.Context(), spec)
	must(t, err)
	return m
}

func read(t *testing.T, path string, err error) string {
	t.Helper()
	must(t, err)
	text, err := os.ReadFile(path)
	must(t, err)
	return string(text)
}

func TestF22WeightsGoWhereTheCallSays(t *testing.T) {
	ctx := t.Context()
	run := start(t, open(t), "train")
	shared := t.TempDir()
	m := output(t, run, client.ModelSpec{Name: "gbm", Framework: "CatBoost"})
	must(t, m.Update(ctx, weights(t, "weights", "one"), client.SnapshotOptions{Destination: shared, FileName: "best", Wait: true}))
	if want := "/models/best.cbm"; !strings.HasPrefix(m.URI, "file://"+shared) || !strings.HasSuffix(m.URI, want) {
		t.Errorf("got %s, want %s below %s", m.URI, want, shared)
	}
	if text := read(t, strings.TrimPrefix(m.URI, "file://"), nil); text != "one" {
		t.Errorf("got %q", text)
	}
	must(t, m.Update(ctx, weights(t, "weights.bin", "two"), client.SnapshotOptions{FileName: "best", Wait: true}))
	if !strings.HasPrefix(m.URI, keys.Files) || !strings.HasSuffix(m.URI, "/models/best.bin") {
		t.Errorf("got %s", m.URI)
	}
	run.End(ctx, nil)
}

func TestF23ToF26WeightsThatFailReplaceNothing(t *testing.T) {
	ctx := t.Context()
	var broken atomic.Bool
	web := between(t, keys.Web, func(w http.ResponseWriter, r *http.Request) bool {
		if broken.Load() && r.Method == http.MethodPost && r.URL.Path == "/files" {
			w.WriteHeader(http.StatusForbidden)
			return true
		}
		return false
	})
	c := open(t, through(web), cached(t))
	run := start(t, c, "train")
	m := output(t, run, client.ModelSpec{Name: "gbm", Comment: "the model"})
	good := weights(t, "good.pt", "good")
	must(t, m.Update(ctx, good, client.SnapshotOptions{Iteration: 7, Comment: "snapshot good.pt", DeleteFile: true})) // F-25: in the background
	must(t, run.Flush(ctx))
	must(t, m.Reload(ctx))
	must(t, run.Reload(ctx))
	if m.Comment != "the model\nsnapshot good.pt" || run.Iteration != 7 { // F-24
		t.Errorf("got %q at iteration %d", m.Comment, run.Iteration)
	}
	if _, err := os.Stat(string(good)); !errors.Is(err, os.ErrNotExist) { // F-23
		t.Errorf("the file is still there: %v", err)
	}
	broken.Store(true)
	bad, uri := weights(t, "bad.pt", "bad"), m.URI
	err := m.Update(ctx, bad, client.SnapshotOptions{Wait: true, DeleteFile: true}) // F-25: fails here
	is(t, err, client.ErrDenied)
	must(t, m.Reload(ctx))
	if m.URI != uri { // F-26
		t.Errorf("the weights are now at %s", m.URI)
	}
	if text := read(t, string(bad), nil); text != "bad" {
		t.Errorf("the file that was not stored holds %q", text)
	}
	path, err := m.LocalCopy(ctx)
	if text := read(t, path, err); text != "good" {
		t.Errorf("got %q", text)
	}
	var lost *client.UploadError
	if err := run.Flush(ctx); !errors.As(err, &lost) || lost.Failed[0].Name != "gbm" {
		t.Errorf("got %v", err)
	}
	broken.Store(false)
	must(t, m.Update(ctx, bad, client.SnapshotOptions{Wait: true}))
	run.End(ctx, nil)
}

func TestF30CopiesOfModelsAreFetchedOnceUnlessAsked(t *testing.T) {
	ctx := t.Context()
	n, proxied := counted(t)
	c := open(t, cached(t), proxied)
	run := start(t, c, "train")
	m := output(t, run, client.ModelSpec{Name: "gbm"})
	_, err := m.LocalCopy(ctx)
	is(t, err, client.ErrPending)
	must(t, m.Update(ctx, weights(t, "w.onnx", "one"), client.SnapshotOptions{Wait: true}))
	first, err := m.LocalCopy(ctx)
	must(t, err)
	second, err := m.LocalCopy(ctx)
	must(t, err)
	if first != second || n.Load() != 1 || m.Framework != "ONNX" {
		t.Errorf("%s and %s after %d downloads of %s", first, second, n.Load(), m.Framework)
	}
	_, err = m.LocalCopy(ctx, client.LocalCopyOptions{Refresh: true})
	must(t, err)
	if n.Load() != 2 {
		t.Errorf("%d downloads", n.Load())
	}
	gone, err := c.ImportModel(ctx, keys.Files+"/no/such/w.onnx", client.ModelSpec{Project: project(t)})
	must(t, err)
	_, err = gone.LocalCopy(ctx)
	is(t, err, client.ErrNotFound)
	run.End(ctx, nil)
}

func TestF35ModelsTellWhatTheyAre(t *testing.T) {
	ctx := t.Context()
	c := open(t)
	run := start(t, c, "train")
	m := output(t, run, client.ModelSpec{Name: "gbm", Tags: []string{"prod"}, Comment: "a comment", Framework: "LightGBM"})
	made := m.Updated
	name, comment := "renamed", "another"
	must(t, m.Edit(ctx, client.ModelEdit{Name: &name, Comment: &comment, Tags: &[]string{"prod", "eu"}, Labels: &map[string]int64{"cat": 1, "dog": 2}}))
	got, err := c.Model(ctx, m.ID)
	must(t, err)
	if got.Name != name || got.Project != project(t) || got.ProjectID == "" || !reflect.DeepEqual(got.Tags, []string{"eu", "prod"}) || len(got.SystemTags) != 0 ||
		got.Comment != comment || got.Framework != "LightGBM" || got.Created.IsZero() || got.Updated.Before(made) || got.Task != run.ID || got.Labels["dog"] != 2 {
		t.Errorf("got %+v", got)
	}
	run.End(ctx, nil)
}

func TestF36PublishedModelsStayAsTheyAre(t *testing.T) {
	ctx := t.Context()
	c, err := client.Open(ctx, config(t))
	must(t, err)
	run := start(t, c, "train")
	m := output(t, run, client.ModelSpec{Name: "gbm"})
	must(t, m.Update(ctx, weights(t, "w.pt", "one"), client.SnapshotOptions{Wait: true}))
	run.End(ctx, nil)
	must(t, m.Publish(ctx, true))
	task, err := c.Task(ctx, run.ID)
	must(t, err)
	if !m.Published || task.Status != client.Published {
		t.Errorf("published: %t, its task is %s", m.Published, task.Status)
	}
	is(t, m.Update(ctx, weights(t, "w.pt", "two")), client.ErrState)
	stale := *m
	stale.Published = false // read before somebody published it
	if err := stale.Update(ctx, weights(t, "w.pt", "two"), client.SnapshotOptions{Wait: true}); err == nil {
		t.Error("the weights of a published model were replaced")
	}
	must(t, m.SetMetadata(ctx, map[string]client.Metadata{"seen": {Value: "yes"}}, false))
	path, err := m.LocalCopy(ctx, client.LocalCopyOptions{Dir: t.TempDir()})
	if text := read(t, path, err); text != "one" || m.Metadata["seen"].Value != "yes" {
		t.Errorf("got %q with %v", text, m.Metadata)
	}
	if err := c.Close(ctx); err == nil {
		t.Error("what did not arrive was not told of")
	}
}

func TestF38ModelsAreFoundByFilters(t *testing.T) {
	ctx := t.Context()
	c := open(t)
	run := start(t, c, "train")
	for i, tags := range [][]string{{"a"}, {"a", "b"}, {"b"}, {"c"}} {
		m := output(t, run, client.ModelSpec{Name: fmt.Sprint("m", i), Tags: tags, Framework: []string{"PyTorch", "ONNX"}[i%2]})
		must(t, m.SetMetadata(ctx, map[string]client.Metadata{"n": {Type: "int", Value: fmt.Sprint(i)}}, true))
		switch i {
		case 2:
			must(t, m.Publish(ctx, false))
		case 3:
			must(t, m.Archive(ctx))
		}
	}
	for _, w := range []struct {
		query client.ModelQuery
		want  string
	}{
		{client.ModelQuery{}, "m2 m1 m0"},
		{client.ModelQuery{OrderBy: "name"}, "m0 m1 m2"},
		{client.ModelQuery{Archived: true}, "m3 m2 m1 m0"},
		{client.ModelQuery{Published: true}, "m2"},
		{client.ModelQuery{Name: "m1"}, "m1"},
		{client.ModelQuery{NamePattern: "[02]$"}, "m2 m0"},
		{client.ModelQuery{Framework: "ONNX"}, "m1"},
		{client.ModelQuery{Tags: client.All("a", "b")}, "m1"},
		{client.ModelQuery{Tags: client.AnyOf("a", "b")}, "m2 m1 m0"},
		{client.ModelQuery{Tags: client.All("a").And(client.None("b"))}, "m0"},
		{client.ModelQuery{Metadata: map[string]string{"n": "1"}}, "m1"},
		{client.ModelQuery{Limit: 2}, "m2 m1"},
		{client.ModelQuery{Task: run.ID, Where: map[string]any{"name": "m0"}}, "m0"},
	} {
		w.query.Project = project(t)
		var names []string
		for m, err := range c.Models(ctx, w.query) {
			must(t, err)
			names = append(names, m.Name)
		}
		if got := strings.Join(names, " "); got != w.want {
			t.Errorf("%+v: got %s, want %s", w.query, got, w.want)
		}
	}
	run.End(ctx, nil)
}

func TestF39ModelsAreDeletedWithAndWithoutTheirWeights(t *testing.T) {
	ctx := t.Context()
	c := open(t)
	run := start(t, c, "train")
	there := func(uri string) bool {
		t.Helper()
		yes, err := c.Storage().Exists(ctx, uri)
		must(t, err)
		return yes
	}
	for _, keep := range []bool{false, true} {
		m := output(t, run, client.ModelSpec{Name: fmt.Sprint("model ", keep)})
		must(t, m.Update(ctx, weights(t, fmt.Sprint("w", keep, ".pt"), "one"), client.SnapshotOptions{Wait: true}))
		must(t, m.Delete(ctx, client.ModelDeleteOptions{KeepWeights: keep}))
		_, err := c.Model(ctx, m.ID)
		is(t, err, client.ErrNotFound)
		if there(m.URI) != keep {
			t.Errorf("kept: %t, there: %t", keep, !keep)
		}
	}
	used := output(t, run, client.ModelSpec{Name: "used"})
	consumer := start(t, c, "consumer")
	must(t, consumer.ConnectModel(ctx, used, ""))
	consumer.End(ctx, nil)
	if err := used.Delete(ctx, client.ModelDeleteOptions{}); err == nil || !strings.Contains(err.Error(), consumer.ID) {
		t.Errorf("a model that a task uses was deleted without force: %v", err)
	}
	must(t, used.Delete(ctx, client.ModelDeleteOptions{Force: true}))
	// The record goes, the weights cannot: that is told.
	far, err := c.ImportModel(ctx, "s3://bucket-of-nobody/w.pt", client.ModelSpec{Project: project(t)})
	must(t, err)
	if err := far.Delete(ctx, client.ModelDeleteOptions{}); err == nil || !strings.Contains(err.Error(), "s3://bucket-of-nobody/w.pt") {
		t.Errorf("got %v", err)
	}
	_, err = c.Model(ctx, far.ID)
	is(t, err, client.ErrNotFound)
	run.End(ctx, nil)
}

func TestF49SnapshotsThatAreFoldersComeBackAsFolders(t *testing.T) {
	ctx := t.Context()
	c := open(t, cached(t))
	run := start(t, c, "train")
	files := map[string]string{"saved_model.pb": "graph", "variables/variables.index": "i", "variables/variables.data-00000-of-00001": "d"}
	m := output(t, run, client.ModelSpec{Name: "net", Framework: "TensorFlow"})
	must(t, m.Update(ctx, codec.Dir(folder(t, files)), client.SnapshotOptions{Wait: true, Iteration: 3}))
	path, err := m.LocalCopy(ctx)
	must(t, err)
	if !m.Package() || !reflect.DeepEqual(contents(t, path), files) {
		t.Errorf("got %v", contents(t, path))
	}
	zipped, err := m.LocalCopy(ctx, client.LocalCopyOptions{KeepArchive: true})
	must(t, err)
	if info, err := os.Stat(zipped); err != nil || info.IsDir() {
		t.Errorf("got %s, error %v", zipped, err)
	}
	run.End(ctx, nil)
}

func TestG09DestinationsCanBeTheServerAndNone(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	c := open(t, func(cfg *client.Config) { cfg.Destination = dir }) // the default of the configuration
	w := weights(t, "w.pt", "one")
	for destination, want := range map[string][2]string{
		"":              {"file://" + dir, "file://" + dir},
		client.ToServer: {keys.Files, keys.Files},
		client.NoUpload: {keys.Files, "file://" + string(w)},
	} {
		run, err := c.StartTask(ctx, client.TaskSpec{Project: project(t), Name: "goes", Destination: destination})
		must(t, err)
		must(t, run.Upload(ctx, "note", "x", client.UploadOptions{Wait: true}))
		a, err := run.Artifact(ctx, "note")
		must(t, err)
		must(t, run.Reload(ctx))
		m := output(t, run, client.ModelSpec{Name: "gbm"})
		must(t, m.Update(ctx, w, client.SnapshotOptions{Wait: true}))
		if !strings.HasPrefix(a.URI, want[0]) || !strings.HasPrefix(m.URI, want[1]) || m.Framework != "PyTorch" {
			t.Errorf("%q: the artifact is at %s, the model of %s at %s", destination, a.URI, m.Framework, m.URI)
		}
		path, err := m.LocalCopy(ctx)
		if text := read(t, path, err); text != "one" {
			t.Errorf("%q: got %q", destination, text)
		}
		run.End(ctx, nil)
	}
	run, err := c.StartTask(ctx, client.TaskSpec{Project: project(t), Name: "goes", Destination: client.NoUpload})
	must(t, err)
	m := output(t, run, client.ModelSpec{Name: "gone"})
	is(t, m.Update(ctx, codec.File(string(w)+" not")), client.ErrNotFound)
	is(t, m.Update(ctx, codec.Paths{string(w)}), client.ErrType)
	run.End(ctx, nil)
}

func TestG14DestinationsAreTriedWhenATaskStarts(t *testing.T) {
	ctx := t.Context()
	c := open(t)
	notADirectory := string(weights(t, "file", "x"))
	for destination, want := range map[string]error{
		notADirectory + "/below":     client.ErrInternal,
		"s3://bucket-of-nobody/data": client.ErrUnsupported,
	} {
		_, err := c.StartTask(ctx, client.TaskSpec{Project: project(t), Name: "starts", Destination: destination})
		is(t, err, want)
		if err == nil || !strings.Contains(err.Error(), destination) {
			t.Errorf("%v does not name %s", err, destination)
		}
	}
	for task, err := range c.Tasks(ctx, client.TaskQuery{Project: project(t)}) {
		t.Errorf("left %v, error %v", task, err)
	}
	dir := t.TempDir()
	run, err := c.StartTask(ctx, client.TaskSpec{Project: project(t), Name: "starts", Destination: dir})
	must(t, err)
	if len(contents(t, dir)) != 0 {
		t.Errorf("left %v", contents(t, dir))
	}
	run.End(ctx, nil)
}
