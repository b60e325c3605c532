package sdk_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/codec"
)

// asked calls an endpoint without the SDK under test.
func asked(t *testing.T, endpoint, body string) map[string]any {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, keys.API+"/"+endpoint, strings.NewReader(body))
	must(t, err)
	r.Header.Set("Content-Type", "application/json")
	r.SetBasicAuth(keys.Access, keys.Secret)
	resp, err := http.DefaultClient.Do(r)
	must(t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	must(t, err)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", endpoint, text)
	}
	return parse[map[string]any](t, string(text))["data"].(map[string]any)
}

func TestEverythingThatIsReportedArrives(t *testing.T) {
	c := open(t)
	run := start(t, c, "reports")
	l := run.Logger()
	for i := range 2500 {
		l.Scalar("loss", "train", int64(i), 1/float64(i+1))
	}
	l.Single("accuracy", 0.93)
	l.Text(slog.LevelWarn, "the learning rate is high\nand stays so")
	l.Table("confusion", "test", 1, []string{"class", "n"}, [][]any{{"cat", 3}, {"dog"}})
	l.Plotly("curve", "roc", 1, `{"data": [{"type": "scatter", "x": [1, 2], "y": [3, 4]}], "layout": {}}`)
	must(t, l.Image(t.Context(), "samples", "first", 1, thePicture()))
	must(t, l.Media(t.Context(), "samples", "page", 1, codec.File(filepath.Join(folder(t, map[string]string{"a.html": "<p>"}), "a.html"))))
	must(t, l.Media(t.Context(), "samples", "far", 1, codec.Link("https://example.com/x.png")))
	must(t, run.Flush(t.Context()))
	id := `"` + run.ID + `"`
	curve := asked(t, "events.scalar_metrics_iter_histogram", `{"task": `+id+`, "samples": 5000}`)["loss"].(map[string]any)["train"].(map[string]any)
	if n := len(curve["x"].([]any)); n != 2500 {
		t.Errorf("%d points", n)
	}
	single := asked(t, "events.get_task_single_value_metrics", `{"tasks": [`+id+`]}`)
	if text, _ := json.Marshal(single); !strings.Contains(string(text), `"value":0.93`) {
		t.Errorf("got %s", text)
	}
	logged, _ := json.Marshal(asked(t, "events.get_task_log", `{"task": `+id+`}`))
	if !strings.Contains(string(logged), `the learning rate is high\nand stays so`) || !strings.Contains(string(logged), `"warn`) {
		t.Errorf("got %s", logged)
	}
	plots, _ := json.Marshal(asked(t, "events.get_task_plots", `{"task": `+id+`}`))
	for _, want := range []string{`\"table\"`, `\"cat\"`, `scatter`} {
		if !strings.Contains(string(plots), want) {
			t.Errorf("no %s in %s", want, plots)
		}
	}
	images, _ := json.Marshal(asked(t, "events.debug_images", `{"metrics": [{"task": `+id+`}]}`))
	for _, want := range []string{"samples_first_00000000.png", "samples_page_00000000.html", "https://example.com/x.png"} {
		if !strings.Contains(string(images), want) {
			t.Errorf("no %s in %s", want, images)
		}
	}
	run.End(t.Context(), nil)
}

func TestContinuedRunsCountOn(t *testing.T) {
	c := open(t)
	run := start(t, c, "continued")
	for i := range int64(5) {
		run.Logger().Scalar("loss", "train", i, 1)
	}
	run.End(t.Context(), nil)
	again, err := c.ContinueTask(t.Context(), run.ID, client.ContinueOptions{})
	must(t, err)
	if again.FirstIteration != 5 {
		t.Errorf("goes on from %d", again.FirstIteration)
	}
	again.Logger().Scalar("loss", "train", 0, 1)
	again.End(t.Context(), nil)
	curve := asked(t, "events.scalar_metrics_iter_histogram", `{"task": "`+run.ID+`"}`)["loss"].(map[string]any)["train"].(map[string]any)
	if text, _ := json.Marshal(curve["x"]); string(text) != "[0,1,2,3,4,5]" {
		t.Errorf("got %s", text)
	}
}

func TestReportsThatCannotBeDeliveredAreTold(t *testing.T) {
	var refuse atomic.Bool
	web := between(t, keys.Web, func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "events.add_batch") && refuse.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return true
		}
		return false
	})
	c := open(t, through(web), func(cfg *client.Config) { cfg.Patience = -1 })
	run := start(t, c, "lost")
	run.Logger().Scalar("loss", "train", 1, math.NaN())
	is(t, run.Flush(t.Context()), client.ErrInvalid)
	refuse.Store(true)
	other := start(t, c, "late")
	other.Logger().Scalar("loss", "train", 1, 1)
	is(t, other.Flush(t.Context()), client.ErrUnavailable)
	refuse.Store(false)
	must(t, other.Flush(t.Context())) // nothing was lost
	other.End(t.Context(), nil)
	var err error
	run.End(t.Context(), &err)
	is(t, err, client.ErrInvalid)
	if got := status(t, c, run.ID); got.Status != client.Failed {
		t.Errorf("a run that lost reports has %s", got.Status)
	}
}

func TestH01SamplesHaveADestinationOfTheirOwn(t *testing.T) {
	dir := t.TempDir()
	c := open(t)
	run := start(t, c, "samples")
	run.Logger().SetDestination(dir)
	must(t, run.Logger().Image(t.Context(), "a", "b", 1, thePicture()))
	must(t, run.Upload(t.Context(), "x", "elsewhere"))
	must(t, run.Flush(t.Context()))
	files := contents(t, dir)
	if len(files) != 1 {
		t.Errorf("got %d files", len(files))
	}
	for name := range files {
		if !strings.HasSuffix(name, "/metrics/a/b/a_b_00000000.png") {
			t.Errorf("got %s", name)
		}
	}
	run.End(t.Context(), nil)
}

func TestH08SampleFilesAreUsedAgain(t *testing.T) {
	conf := filepath.Join(t.TempDir(), "clearml.conf")
	must(t, os.WriteFile(conf, []byte("sdk.metrics.file_history_size: 3"), 0o600))
	dir := t.TempDir()
	c := open(t, func(cfg *client.Config) { cfg.File = conf })
	run := start(t, c, "samples")
	run.Logger().SetDestination(dir)
	for i := range int64(7) {
		must(t, run.Logger().Image(t.Context(), "a", "b", i, thePicture()))
	}
	run.End(t.Context(), nil)
	if n := len(contents(t, dir)); n != 3 {
		t.Errorf("%d files", n)
	}
}

func TestG01ToG13DestinationsAreAMatterOfConfiguration(t *testing.T) {
	byCall, byTask, byConf := t.TempDir(), t.TempDir(), t.TempDir()
	c := open(t, cached(t), func(cfg *client.Config) {
		cfg.Env = environment(map[string]string{"CLEARML_DEFAULT_OUTPUT_URI": byConf})
	})
	plain := start(t, c, "plain")
	own, err := c.StartTask(t.Context(), client.TaskSpec{Project: project(t), Name: "own", Destination: byTask})
	must(t, err)
	for _, w := range []struct {
		run   *client.Run
		name  string
		o     client.UploadOptions
		under string
	}{
		{plain, "conf", client.UploadOptions{}, "file://" + byConf},
		{plain, "call", client.UploadOptions{Destination: byCall}, "file://" + byCall},
		{own, "task", client.UploadOptions{}, "file://" + byTask},
		{own, "call", client.UploadOptions{Destination: "file://" + byCall}, "file://" + byCall},
		{own, "server", client.UploadOptions{Destination: keys.Files}, keys.Files},
	} {
		w.o.Wait = true
		must(t, w.run.Upload(t.Context(), w.name, "content of "+w.name, w.o))
		a, err := w.run.Artifact(t.Context(), w.name)
		must(t, err)
		if !strings.HasPrefix(a.URI, w.under+"/") {
			t.Errorf("%s is at %s, want below %s", w.name, a.URI, w.under)
		}
		if s := get[string](t, w.run.Task, w.name); s != "content of "+w.name {
			t.Errorf("%s: got %q", w.name, s)
		}
		path, err := a.LocalCopy(t.Context())
		must(t, err)
		if strings.HasPrefix(w.under, "file://") && "file://"+path != a.URI { // D-18: used where it is
			t.Errorf("%s was copied to %s", a.URI, path)
		}
	}
	// A byte that changed is noticed there, too.
	a, err := own.Artifact(t.Context(), "task")
	must(t, err)
	must(t, os.WriteFile(strings.TrimPrefix(a.URI, "file://"), []byte("content of tusk"), 0o600))
	_, err = client.Get[string](t.Context(), a)
	is(t, err, client.ErrMismatch)
	_, err = a.LocalCopy(t.Context())
	is(t, err, client.ErrMismatch)
	must(t, own.RemoveArtifacts(t.Context(), []string{"task"}))
	if files := contents(t, byTask); len(files) != 0 {
		t.Errorf("left %v", files)
	}
	plain.End(t.Context(), nil)
	own.End(t.Context(), nil)
}

func TestG24PathsAreSubstitutedOnReading(t *testing.T) {
	here := t.TempDir()
	conf := filepath.Join(t.TempDir(), "clearml.conf")
	must(t, os.WriteFile(conf, []byte(`sdk.storage.path_substitution = [ { registered_prefix: "s3://bucket/research", local_prefix: "`+here+`" } ]`), 0o600))
	must(t, os.WriteFile(filepath.Join(here, "raw.csv"), []byte("1,2"), 0o600))
	c := open(t, cached(t), func(cfg *client.Config) { cfg.File = conf })
	task := create(t, c, "far")
	must(t, task.Upload(t.Context(), "raw", codec.Link("s3://bucket/research/raw.csv")))
	if s := get[string](t, task, "raw"); s != "1,2" {
		t.Errorf("got %q", s)
	}
	must(t, task.Upload(t.Context(), "other", codec.Link("s3://other/raw.csv")))
	a, err := task.Artifact(t.Context(), "other")
	must(t, err)
	_, err = client.Get[string](t.Context(), a)
	is(t, err, client.ErrUnsupported)
}

func TestG26ToG29StorageMovesFilesAndFolders(t *testing.T) {
	c := open(t, cached(t))
	s := c.Storage()
	ctx := t.Context()
	files := map[string]string{"a.txt": "a", "deep/b.csv": "b", "deep/er/c #1.csv": "c"}
	dir := folder(t, files)
	far := "file://" + filepath.Join(t.TempDir(), "far")
	must(t, s.PutFolder(ctx, dir, far))
	must(t, s.PutFolder(ctx, dir, keys.Files+"/"+project(t), client.FolderOptions{Pattern: "*.csv"}))
	back := t.TempDir()
	must(t, s.GetFolder(ctx, far, back))
	if got := contents(t, back); len(got) != 3 || got["deep/er/c #1.csv"] != "c" {
		t.Errorf("got %v", got)
	}
	n := 0
	for o, err := range s.List(ctx, far) {
		must(t, err)
		if n++; o.Size != 1 || o.Modified.IsZero() {
			t.Errorf("got %+v", o)
		}
	}
	if n != 3 {
		t.Errorf("lists %d", n)
	}
	on := keys.Files + "/" + project(t) + "/deep/er/c%20%231.csv"
	path, err := s.Get(ctx, on)
	must(t, err)
	if text, err := os.ReadFile(path); err != nil || string(text) != "c" {
		t.Errorf("got %q, error %v", text, err)
	}
	for address, want := range map[string]bool{on: true, far + "/a.txt": true, far + "/deep": false, far + "/none": false, keys.Files + "/" + project(t) + "/a.txt": false} {
		if got, err := s.Exists(ctx, address); err != nil || got != want {
			t.Errorf("%s: %t, error %v", address, got, err)
		}
	}
	size, err := s.Size(ctx, on)
	must(t, err)
	if size != 1 {
		t.Errorf("size %d", size)
	}
	must(t, s.Delete(ctx, on))
	_, err = s.Get(ctx, on)
	is(t, err, client.ErrNotFound)
	for _, err := range s.List(ctx, keys.Files) {
		is(t, err, client.ErrUnsupported)
	}
	must(t, s.Put(ctx, filepath.Join(folder(t, map[string]string{"empty": ""}), "empty"), far+"/empty"))
	_, err = s.Get(ctx, far+"/empty") // G-30
	is(t, err, client.ErrInvalid)
	_, err = s.Get(ctx, far+"/empty", client.StorageGetOptions{Empty: true})
	must(t, err)
}

func TestI10ContentThatChangedAtItsAddressIsNoticed(t *testing.T) {
	var body atomic.Value
	body.Store("one")
	var asked atomic.Int32
	origin := between(t, keys.Web, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet {
			asked.Add(1)
		}
		w.Header().Set("ETag", `"`+body.Load().(string)+`"`)
		http.ServeContent(w, r, "x.txt", time.Time{}, strings.NewReader(body.Load().(string)))
		return true
	})
	c := open(t, cached(t))
	read := func(want string, downloads int32) {
		t.Helper()
		path, err := c.Storage().Get(t.Context(), origin+"/x.txt")
		must(t, err)
		if text, err := os.ReadFile(path); err != nil || string(text) != want || asked.Load() != downloads {
			t.Errorf("got %q after %d downloads, error %v", text, asked.Load(), err)
		}
	}
	read("one", 1)
	read("one", 1)
	body.Store("two")
	read("two", 2)
}

func TestAWrongByteIsAnErrorNeverAValue(t *testing.T) {
	var spoil atomic.Bool
	web := between(t, keys.Web, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/files/") && spoil.Load() {
			_, _ = w.Write([]byte("another text"))
			return true
		}
		return false
	})
	c := open(t, cached(t), through(web))
	run := start(t, c, "spoiled")
	must(t, run.Upload(t.Context(), "x", "correct text", client.UploadOptions{Wait: true}))
	spoil.Store(true)
	a, err := run.Artifact(t.Context(), "x")
	must(t, err)
	_, err = client.Get[string](t.Context(), a)
	is(t, err, client.ErrMismatch)
	_, err = a.LocalCopy(t.Context())
	is(t, err, client.ErrMismatch)
	r, err := a.Open(t.Context())
	must(t, err)
	_, err = io.ReadAll(r)
	is(t, errors.Join(err, r.Close()), client.ErrMismatch)
	spoil.Store(false)
	if s := get[string](t, run.Task, "x"); s != "correct text" {
		t.Errorf("got %q", s)
	}
	// Rot in the cache, which nobody sees from outside.
	path, err := a.LocalCopy(t.Context())
	must(t, err)
	info, err := os.Stat(path)
	must(t, err)
	must(t, os.Chmod(path, 0o600))
	must(t, os.WriteFile(path, []byte("rotten text!"), 0o600))
	must(t, os.Chtimes(path, info.ModTime(), info.ModTime()))
	if s := get[string](t, run.Task, "x"); s != "correct text" {
		t.Errorf("got %q", s)
	}
	run.End(t.Context(), nil)
}

func TestADownloadThatBreaksIsGoneOnWith(t *testing.T) {
	var broken atomic.Bool
	var ranges atomic.Int32
	web := between(t, keys.Web, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || !strings.HasPrefix(r.URL.Path, "/files/") {
			return false
		}
		if r.Header.Get("Range") != "" {
			ranges.Add(1)
			return false
		}
		if !broken.CompareAndSwap(false, true) {
			return false
		}
		// Half of it, then nothing.
		w.Header().Set("Content-Length", "3000000")
		w.Header().Set("ETag", `"`+r.URL.Query().Get("digest")+`"`)
		_, _ = io.Copy(w, io.NewSectionReader(random{3000000}, 0, 1500000))
		panic(http.ErrAbortHandler)
	})
	c := open(t, cached(t), through(web))
	path, digest := bigFile(t, 3000000)
	run := start(t, c, "broken")
	must(t, run.Upload(t.Context(), "x", codec.File(path), client.UploadOptions{Wait: true}))
	a, err := run.Artifact(t.Context(), "x")
	must(t, err)
	r, err := a.Open(t.Context())
	must(t, err)
	h := sha256.New()
	n, err := io.Copy(h, r)
	must(t, errors.Join(err, r.Close()))
	if hex.EncodeToString(h.Sum(nil)) != digest || n != 3000000 || ranges.Load() != 1 || !broken.Load() {
		t.Errorf("%d bytes, gone on %d times", n, ranges.Load())
	}
	run.End(t.Context(), nil)
}
