package sdk_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/codec"
)

// settings is a struct that people log.
type settings struct {
	Rate   float64  `json:"rate"`
	Layers []int    `json:"layers"`
	Names  []string `json:"names"`
}

func theSettings() settings {
	return settings{Rate: 0.5, Layers: []int{3, 2, 1}, Names: []string{"a", "ü"}}
}

func thePicture() *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 8, 4))
	for y := range 4 {
		for x := range 8 {
			m.SetNRGBA(x, y, color.NRGBA{uint8(x * 30), uint8(y * 60), 200, 255})
		}
	}
	return m
}

// folder is one with files in it.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "dataset")
	for name, text := range files {
		path := filepath.Join(dir, name)
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return dir
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	must(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		found[filepath.ToSlash(name)] = string(text)
		return err
	}))
	return found
}

// cached gives a client a cache of the test's own.
func cached(t *testing.T) func(*client.Config) {
	dir := t.TempDir()
	return func(cfg *client.Config) { cfg.CacheDir = dir }
}

func get[T any](t *testing.T, task *client.Task, name string) T {
	t.Helper()
	a, err := task.Artifact(t.Context(), name)
	must(t, err)
	v, err := client.Get[T](t.Context(), a)
	must(t, err)
	return v
}

func TestB01AnyValueIsLoggedWithOneCallAndReadBack(t *testing.T) {
	c := open(t, cached(t))
	ctx := t.Context()
	run := start(t, c, "types")
	files := map[string]string{"readme.txt": "hello", "deep/er.bin": "\x00\x01"}
	dir := folder(t, files)
	matrix := mat.NewDense(2, 3, []float64{1, 2, 3, 4, 5, 6})
	for name, value := range map[string]any{
		"array": codec.Array([]float64{1, 2, 3, 4, 5, 6}, 2, 3), "matrix": matrix, "map": map[string]any{"a": 1, "b": []string{"x"}},
		"struct": theSettings(), "image": thePicture(), "text": "a note\n", "file": codec.File(filepath.Join(dir, "readme.txt")),
		"folder": codec.Dir(dir), "list": codec.Paths{filepath.Join(dir, "readme.txt")}, "link": codec.Link("https://example.com/data.csv"),
	} {
		must(t, run.Upload(ctx, name, value))
	}
	must(t, run.Flush(ctx))

	reader, err := open(t, cached(t)).Task(ctx, run.ID)
	must(t, err)
	if a := get[*codec.NDArray](t, reader, "array"); !reflect.DeepEqual(a.Shape, []int{2, 3}) {
		t.Errorf("got shape %v", a.Shape)
	}
	if m := get[*mat.Dense](t, reader, "matrix"); !mat.Equal(m, matrix) {
		t.Errorf("got %v", m)
	}
	if m := get[map[string]any](t, reader, "map"); len(m) != 2 {
		t.Errorf("got %v", m)
	}
	if s := get[settings](t, reader, "struct"); !reflect.DeepEqual(s, theSettings()) {
		t.Errorf("got %v", s)
	}
	if m := get[image.Image](t, reader, "image"); m.Bounds() != thePicture().Bounds() || color.NRGBAModel.Convert(m.At(3, 2)) != thePicture().At(3, 2) {
		t.Errorf("got %v with %v", m.Bounds(), m.At(3, 2))
	}
	if s := get[string](t, reader, "text"); s != "a note\n" {
		t.Errorf("got %q", s)
	}
	if s := get[string](t, reader, "file"); s != "hello" {
		t.Errorf("got %q", s)
	}
	if d := get[codec.Dir](t, reader, "folder"); !reflect.DeepEqual(contents(t, string(d)), files) {
		t.Errorf("got %v", contents(t, string(d)))
	}
	if d := get[codec.Dir](t, reader, "list"); !reflect.DeepEqual(contents(t, string(d)), map[string]string{"readme.txt": "hello"}) {
		t.Errorf("got %v", contents(t, string(d)))
	}
	link, err := reader.Artifact(ctx, "link")
	must(t, err)
	if link.State != client.External || link.URI != "https://example.com/data.csv" || link.Size != -1 || link.SHA256 != "" || link.Type != "custom" {
		t.Errorf("got %+v", link)
	}
	n := 0
	for a, err := range reader.Artifacts(ctx) {
		must(t, err)
		if n++; a.Name != "link" && (a.State != client.Stored || a.Size < 0 || len(a.SHA256) != 64 || a.Timestamp.IsZero()) {
			t.Errorf("got %+v", a)
		}
	}
	if n != 10 {
		t.Errorf("got %d artifacts", n)
	}
	run.End(ctx, nil)
}

func TestB37MetadataAndPreviewsAreThoseOfTheCaller(t *testing.T) {
	c := open(t)
	run := start(t, c, "described")
	must(t, run.Upload(t.Context(), "a", "text", client.UploadOptions{Preview: "my own words", Metadata: map[string]string{"split": "train", "fold": "2"}, Wait: true}))
	a, err := run.Artifact(t.Context(), "a")
	must(t, err)
	if a.Preview != "my own words" || !reflect.DeepEqual(a.Metadata, map[string]string{"split": "train", "fold": "2"}) {
		t.Errorf("got %q, %v", a.Preview, a.Metadata)
	}
	run.End(t.Context(), nil)
}

func TestB39UploadingAgainReplacesAndKeepsVersions(t *testing.T) {
	c := open(t, cached(t))
	ctx := t.Context()
	run := start(t, c, "versions")
	for i := range 5 {
		must(t, run.Upload(ctx, "note", fmt.Sprintf("version %d", i)))
	}
	must(t, run.Flush(ctx))
	if s := get[string](t, run.Task, "note"); s != "version 4" {
		t.Errorf("got %q", s)
	}
	a, err := run.Artifact(ctx, "note")
	must(t, err)
	n := 4
	for v, err := range a.All(ctx) {
		must(t, err)
		s, err := client.Get[string](ctx, v)
		must(t, err)
		if s != fmt.Sprintf("version %d", n) {
			t.Errorf("version %d is %q", v.Version, s)
		}
		n--
	}
	run.End(ctx, nil)
	must(t, run.Upload(ctx, "note", "after the end", client.UploadOptions{Wait: true})) // E-01
	if s := get[string](t, run.Task, "note"); s != "after the end" {
		t.Errorf("got %q", s)
	}
	must(t, run.Publish(ctx, false))
	is(t, run.Upload(ctx, "note", "too late"), client.ErrState)
	is(t, run.Upload(ctx, "new", "too late"), client.ErrState)
}

func TestB44WhatIsNotThereIsAnErrorThatShowsThePath(t *testing.T) {
	c := open(t)
	task := create(t, c, "nothing")
	for _, value := range []any{codec.File("/no/such/file"), codec.Dir("/no/such/folder"), codec.Paths{"/no/such/member"}} {
		err := task.Upload(t.Context(), "x", value)
		is(t, err, client.ErrNotFound)
		if !strings.Contains(err.Error(), "/no/such") {
			t.Errorf("%q does not show the path", err)
		}
	}
	is(t, task.Upload(t.Context(), "x", make(chan int)), client.ErrType)
	is(t, task.Upload(t.Context(), "", "x"), client.ErrInvalid)
	for a, err := range task.Artifacts(t.Context()) {
		must(t, err)
		t.Errorf("%s was registered", a.Name)
	}
}

func TestB47NamesAreOnlyNames(t *testing.T) {
	c := open(t, cached(t))
	ctx := t.Context()
	names := []string{"a/b", `q"uote`, "per%20cent", "ha#sh", "prüf 日本", "sp ace ", "..", "x?y&z=1", strings.Repeat("long", 100), `back\slash`, "new\nline", "+plus", "semi;colon:"}
	run, err := c.StartTask(ctx, client.TaskSpec{Project: project(t) + "/prüf #1 100%", Name: `odd "name" #2`})
	must(t, err)
	for _, name := range names {
		must(t, run.Upload(ctx, name, "content of "+name))
	}
	run.End(ctx, &err)
	must(t, err)
	for _, name := range names {
		if s := get[string](t, run.Task, name); s != "content of "+name {
			t.Errorf("%q: got %q", name, s)
		}
		must(t, run.RemoveArtifacts(ctx, []string{name}))
		_, err := run.Artifact(ctx, name)
		is(t, err, client.ErrNotFound)
	}
}

func TestB42UploadsGoInTheBackgroundAndAreWaitedFor(t *testing.T) {
	release := make(chan struct{})
	var once sync.Once
	letGo := func() { once.Do(func() { close(release) }) }
	defer letGo()
	web := between(t, keys.Web, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost && r.URL.Path == "/files" {
			<-release
		}
		return false
	})
	c := open(t, through(web), func(cfg *client.Config) { cfg.Queue, cfg.Uploads = 1, 1 })
	run := start(t, c, "slow")
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	must(t, run.Upload(ctx, "first", "1"))
	must(t, run.Upload(ctx, "second", "2"))
	is(t, run.Upload(ctx, "third", "3"), client.ErrUnavailable) // the queue is bounded
	a, err := run.Artifact(t.Context(), "first")
	must(t, err)
	if a.State != client.Pending {
		t.Errorf("the first is %s", a.State)
	}
	_, err = client.Get[string](t.Context(), a)
	is(t, err, client.ErrPending)
	var lost *client.UploadError
	if err := run.Flush(ctx); !errors.As(err, &lost) || len(lost.Failed) != 2 || lost.Failed[0].Name != "first" {
		t.Errorf("a flush that ends early tells %v", err)
	}
	letGo()
	must(t, run.Flush(t.Context()))
	must(t, a.Wait(t.Context()))
	run.End(t.Context(), nil)
}

func TestNothingThatFailedIsSilent(t *testing.T) {
	var refuse atomic.Bool
	refuse.Store(true)
	files := between(t, keys.Files, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost && refuse.Load() {
			w.WriteHeader(http.StatusInsufficientStorage)
			_, _ = w.Write([]byte(`{"error": {"kind": "unavailable?", "reason": "full", "message": "the disk is full"}}`))
			return true
		}
		return false
	})
	cfg := config(t)
	cfg.Files = files
	c, err := client.Open(t.Context(), cfg)
	must(t, err)
	run := start(t, c, "lost")
	must(t, run.Upload(t.Context(), "one", "1"))
	must(t, run.Upload(t.Context(), "two", "2"))
	var lost *client.UploadError
	if err := run.Flush(t.Context()); !errors.As(err, &lost) || len(lost.Failed) != 2 || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("a flush tells %v", err)
	}
	refuse.Store(false)
	must(t, run.Upload(t.Context(), "one", "1", client.UploadOptions{Wait: true})) // which mends it
	refuse.Store(true)
	err = nil
	run.End(t.Context(), &err)
	if !errors.As(err, &lost) || len(lost.Failed) != 1 || lost.Failed[0].Name != "two" || lost.Failed[0].Task != run.ID {
		t.Errorf("the end tells %v", err)
	}
	if got := status(t, c, run.ID); got.Status != client.Failed || !strings.Contains(got.StatusMessage, "two") {
		t.Errorf("%s: %s", got.Status, got.StatusMessage)
	}
	if err := c.Close(t.Context()); !errors.As(err, &lost) || len(lost.Failed) != 1 {
		t.Errorf("closing tells %v", err)
	}
	is(t, run.Upload(t.Context(), "three", "3"), client.ErrState)
}

func TestACloseWithADeadlineEndsAndTellsWhatIsLeft(t *testing.T) {
	hole := make(chan struct{})
	files := between(t, keys.Files, func(_ http.ResponseWriter, r *http.Request) bool {
		select {
		case <-hole:
		case <-r.Context().Done():
		}
		return true
	})
	defer close(hole)
	cfg := config(t)
	cfg.Files = files
	c, err := client.Open(t.Context(), cfg)
	must(t, err)
	run := start(t, c, "black hole")
	must(t, run.Upload(t.Context(), "never", "1"))
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var lost *client.UploadError
	if err := c.Close(ctx); !errors.As(err, &lost) || len(lost.Failed) != 1 || lost.Failed[0].Name != "never" {
		t.Errorf("closing tells %v", err)
	}
}

func TestAnUploadHasATotalDeadline(t *testing.T) {
	files := between(t, keys.Files, func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	cfg := config(t)
	cfg.Files, cfg.Patience = files, time.Hour
	c, err := client.Open(t.Context(), cfg)
	must(t, err)
	task := create(t, c, "late")
	err = task.Upload(t.Context(), "x", "1", client.UploadOptions{Wait: true, Timeout: 300 * time.Millisecond})
	is(t, err, client.ErrUnavailable)
	is(t, c.Close(t.Context()), client.ErrUnavailable)
}

// random is content that is hard to compress and cheap to make.
type random struct{ size int64 }

func (r random) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for ; n < len(p) && off+int64(n) < r.size; n++ {
		i := uint64(off+int64(n)) * 0x9e3779b97f4a7c15
		p[n] = byte(i >> 56)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func bigFile(t *testing.T, size int64) (path, digest string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "weights.bin")
	f, err := os.Create(path)
	must(t, err)
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, h), io.NewSectionReader(random{size}, 0, size))
	must(t, errors.Join(err, f.Close()))
	return path, hex.EncodeToString(h.Sum(nil))
}

// A large file goes in parts: through a proxy that passes a megabyte at a time,
// over connections that break, and with progress that only grows.
func TestB49LargeFilesGoInPartsThroughWhateverIsBetween(t *testing.T) {
	var broken atomic.Int32
	api := between(t, keys.API, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut && r.ContentLength > 1<<20 {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return true
		}
		if r.Method == http.MethodPut && broken.Add(1)%7 == 3 {
			hangUp(w)
			return true
		}
		return false
	})
	var mu sync.Mutex
	var told []client.Progress
	c := open(t, cached(t), func(cfg *client.Config) {
		cfg.API = api
		cfg.Progress = func(p client.Progress) { mu.Lock(); told = append(told, p); mu.Unlock() }
	})
	path, digest := bigFile(t, 20<<20+17)
	run := start(t, c, "large")
	must(t, run.Upload(t.Context(), "weights", codec.File(path), client.UploadOptions{Wait: true, DeleteFile: true}))
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) { // B-41
		t.Errorf("the file is still there: %v", err)
	}
	a, err := run.Artifact(t.Context(), "weights")
	must(t, err)
	if a.State != client.Stored || a.SHA256 != digest || a.Size != 20<<20+17 || !strings.HasSuffix(a.URI, "/artifacts/weights/weights.bin") {
		t.Errorf("got %+v", a)
	}
	mu.Lock()
	last := told[len(told)-1]
	if !last.Ended || last.Done != 20<<20+17 || last.Total != last.Done || last.Op != "upload" || len(told) < 10 {
		t.Errorf("told %d times, last %+v", len(told), last)
	}
	mu.Unlock()

	got, err := os.ReadFile(must3(a.LocalCopy(t.Context())))
	must(t, err)
	if sum := sha256.Sum256(got); hex.EncodeToString(sum[:]) != digest {
		t.Error("other bytes came back")
	}
	r, err := a.OpenRange(t.Context(), 1<<20, 100)
	must(t, err)
	span, err := io.ReadAll(r)
	must(t, errors.Join(err, r.Close()))
	if !bytes.Equal(span, got[1<<20:1<<20+100]) {
		t.Error("other bytes came as a range")
	}
	run.End(t.Context(), nil)
}

func must3(path string, err error) string {
	if err != nil {
		panic(err)
	}
	return path
}

func TestA23TheEndWaitsForUploads(t *testing.T) {
	c := open(t)
	var err error
	run := start(t, c, "waits")
	for i := range 50 {
		must(t, run.Upload(t.Context(), fmt.Sprint("a", i), strings.Repeat("x", 1000+i)))
	}
	run.End(t.Context(), &err)
	must(t, err)
	n := 0
	for a, err := range run.Artifacts(t.Context()) {
		must(t, err)
		if n++; a.State != client.Stored {
			t.Errorf("%s is %s after the end", a.Name, a.State)
		}
	}
	if n != 50 {
		t.Errorf("%d artifacts", n)
	}
}
