package sdk_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// logged uploads a value to a run of the test's own and returns the artifact.
func logged(t *testing.T, c *client.Client, name string, value any, o client.UploadOptions) (*client.Run, *client.Artifact) {
	t.Helper()
	run := start(t, c, "rows")
	o.Wait = true
	must(t, run.Upload(t.Context(), name, value, o))
	a, err := run.Artifact(t.Context(), name)
	must(t, err)
	t.Cleanup(func() { run.End(t.Context(), nil) })
	return run, a
}

// bytesOf reads an artifact whole.
func bytesOf(t *testing.T, a *client.Artifact) string {
	t.Helper()
	r, err := a.Open(t.Context())
	must(t, err)
	content, err := io.ReadAll(r)
	must(t, errors.Join(err, r.Close()))
	return string(content)
}

// zipOf is an archive with one member.
func zipOf(t *testing.T, member string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(member)
	must(t, err)
	_, err = io.WriteString(w, "x")
	must(t, errors.Join(err, z.Close()))
	return b.Bytes()
}

// counted tells how often files are downloaded.
func counted(t *testing.T) (*atomic.Int32, func(*client.Config)) {
	t.Helper()
	n := new(atomic.Int32)
	web := between(t, keys.Web, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/files/") {
			n.Add(1)
		}
		return false
	})
	return n, through(web)
}

func TestA01EachTaskHasArtifactsOfItsOwn(t *testing.T) {
	c := open(t)
	one, _ := logged(t, c, "x", "one", client.UploadOptions{})
	two, _ := logged(t, c, "x", "two", client.UploadOptions{})
	if get[string](t, one.Task, "x") != "one" || get[string](t, two.Task, "x") != "two" {
		t.Error("they share one")
	}
	must(t, one.RemoveArtifacts(t.Context(), []string{"x"}))
	if get[string](t, two.Task, "x") != "two" {
		t.Error("one took the other along")
	}
}

func TestA03FinishedTasksGiveAndTakeArtifacts(t *testing.T) {
	c := open(t, cached(t))
	run, _ := logged(t, c, "x", "one", client.UploadOptions{})
	run.End(t.Context(), nil)
	task, err := open(t, cached(t)).Task(t.Context(), run.ID)
	must(t, err)
	if get[string](t, task, "x") != "one" {
		t.Error("not to be read")
	}
	must(t, task.Upload(t.Context(), "x", "two", client.UploadOptions{Wait: true}))
	if get[string](t, task, "x") != "two" {
		t.Error("not replaced")
	}
}

func TestA04ArtifactsAreReachedByTheirAddress(t *testing.T) {
	_, a := logged(t, open(t), "x", "by address", client.UploadOptions{})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.URI, nil)
	must(t, err)
	r.SetBasicAuth(keys.Access, keys.Secret)
	resp, err := http.DefaultClient.Do(r)
	must(t, err)
	text, err := io.ReadAll(resp.Body)
	must(t, errors.Join(err, resp.Body.Close()))
	if string(text) != "by address" {
		t.Errorf("got %q", text)
	}
}

func TestB06ToB24FilesAndFoldersAreLoggedAsTheyAre(t *testing.T) {
	dir := folder(t, map[string]string{"weights.csv": "1,2\n", "deep/er.bin": "x", "deep/two.csv": "3", "unknown.zzz": "?"})
	c := open(t, cached(t))
	for _, w := range []struct {
		value                            any
		kind, contentType, file, preview string
		members                          map[string]string
	}{
		{codec.File(dir + "/weights.csv"), "custom", "text/csv", "weights.csv", "weights.csv - 4 bytes\n", nil},                                                                               // B-22
		{codec.File(dir + "/unknown.zzz"), "custom", "", "unknown.zzz", "unknown.zzz - 1 byte\n", nil},                                                                                        // B-22
		{codec.Dir(dir), "archive", "application/zip", "dataset.zip", "deep/er.bin - 1 byte\ndeep/two.csv - 1 byte\n", contents(t, dir)},                                                      // B-07, B-23, B-24
		{codec.Dir(dir + "/*.csv"), "archive", "application/zip", "dataset.zip", "", map[string]string{"weights.csv": "1,2\n", "deep/two.csv": "3"}},                                          // B-25
		{codec.Paths{dir + "/deep/er.bin", dir + "/weights.csv"}, "archive", "application/zip", "x.zip", "Archive content:\n", map[string]string{"weights.csv": "1,2\n", "deep/er.bin": "x"}}, // B-26
	} {
		_, a := logged(t, c, "x", w.value, client.UploadOptions{})
		if a.Type != w.kind || a.ContentType != w.contentType || !strings.HasSuffix(a.URI, "/artifacts/x/"+w.file) || !strings.Contains(a.Preview, w.preview) {
			t.Errorf("%v: got %+v", w.value, a)
		}
		if w.members != nil {
			got, err := client.Get[codec.Dir](t.Context(), a)
			must(t, err)
			if !reflect.DeepEqual(contents(t, string(got)), w.members) {
				t.Errorf("%v: got %v", w.value, contents(t, string(got)))
			}
		}
	}
}

func TestB18ToB20MapsBecomeJSONAndYAML(t *testing.T) {
	c := open(t, cached(t))
	value := map[string]any{"b": 1, "a": "ü"}
	_, a := logged(t, c, "x", value, client.UploadOptions{})
	if text := bytesOf(t, a); a.Type != "dict" || a.ContentType != "application/json" || text != "{\n    \"a\": \"\\u00fc\",\n    \"b\": 1\n}" || a.Preview != text {
		t.Errorf("%q in %+v", text, a)
	}
	_, a = logged(t, c, "x", value, client.UploadOptions{Format: codec.YAML{}})
	got, err := client.Get[map[string]any](t.Context(), a)
	must(t, err)
	if a.ContentType != "application/yaml" || !strings.HasSuffix(a.URI, "/x.yaml") || got["a"] != "ü" {
		t.Errorf("%v in %+v", got, a)
	}
	type rates struct {
		Start float64 `json:"start"`
		End   float64 `json:"end"`
	}
	for _, w := range []struct {
		format codec.Codec
		want   string
	}{
		{codec.JSON{InOrder: true}, "{\n    \"b\": 1,\n    \"a\": {\n        \"start\": 0.1,\n        \"end\": 0.01\n    }\n}"},
		{codec.YAML{InOrder: true}, "b: 1\na:\n    start: 0.1\n    end: 0.01\n"},
	} {
		_, a = logged(t, c, "x", codec.Dict{{Key: "b", Value: 1}, {Key: "a", Value: rates{0.1, 0.01}}}, client.UploadOptions{Format: w.format})
		if text := bytesOf(t, a); text != w.want || a.Type != "dict" {
			t.Errorf("%q in %+v", text, a)
		}
	}
}

func TestB27ToB28TextsAndLinks(t *testing.T) {
	c := open(t)
	_, a := logged(t, c, "x", "a note", client.UploadOptions{})
	if a.Type != "string" || a.ContentType != "text/plain" || !strings.HasSuffix(a.URI, "/x.txt") || a.Preview != "a note" {
		t.Errorf("got %+v", a)
	}
	for _, link := range []string{"https://example.com/a.csv", "s3://bucket/a.csv", "gs://bucket/a.csv", "azure://account.blob.core.windows.net/c/a.csv"} {
		_, a := logged(t, c, "x", codec.Link(link), client.UploadOptions{})
		if a.URI != link || a.State != client.External || a.Size != -1 || a.SHA256 != "" || a.Type != "custom" {
			t.Errorf("got %+v", a)
		}
	}
}

// upper is a format of the test's own.
type upper struct{}

func (upper) Accepts(v any) bool { _, ok := v.(error); return ok }

func (upper) Encode(w io.Writer, name string, v any) (codec.Record, error) {
	_, err := io.WriteString(w, strings.ToUpper(v.(error).Error()))
	return codec.Record{Name: name, Type: "shouted", File: name + ".up", Preview: "loud"}, err
}

func (upper) Reads(r codec.Record) bool { return r.Type == "shouted" }

func (upper) Decode(r io.ReaderAt, size int64, _ codec.Record, _ codec.Limits) (any, error) {
	text, err := io.ReadAll(io.NewSectionReader(r, 0, size))
	return errors.New(strings.ToLower(string(text))), err
}

func TestB33AndD10FormatsOfOnesOwn(t *testing.T) {
	c := open(t, cached(t), func(cfg *client.Config) { cfg.Codecs = codec.Codecs{upper{}} })
	_, a := logged(t, c, "x", errors.New("quiet"), client.UploadOptions{})
	if bytesOf(t, a) != "QUIET" || a.Type != "shouted" || !strings.HasSuffix(a.URI, "/x.up") {
		t.Errorf("got %+v", a)
	}
	got, err := client.Get[error](t.Context(), a)
	must(t, err)
	if got.Error() != "quiet" {
		t.Errorf("got %v", got)
	}
	// Whoever does not have it gives it along.
	other, err := open(t, cached(t)).Task(t.Context(), a.Task)
	must(t, err)
	b, err := other.Artifact(t.Context(), "x")
	must(t, err)
	if got, err = client.Get[error](t.Context(), b, client.GetOptions{Format: upper{}}); err != nil || got.Error() != "quiet" {
		t.Errorf("got %v, error %v", got, err)
	}
}

func TestB36LongPreviewsAreCut(t *testing.T) {
	_, a := logged(t, open(t), "x", strings.Repeat("x", 200_000), client.UploadOptions{})
	if len(a.Preview) > 66_600 || !strings.Contains(strings.SplitN(a.Preview, "\n", 2)[0], "too large to store") || a.Size != 200_000 {
		t.Errorf("%d bytes of %d: %.80s", len(a.Preview), a.Size, a.Preview)
	}
}

func TestB38RecordsHoldWhatWasStored(t *testing.T) {
	_, a := logged(t, open(t), "x", "content", client.UploadOptions{})
	if a.Size != 7 || a.SHA256 != "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73" || a.Timestamp.IsZero() || a.ContentType == "" || a.Type == "" {
		t.Errorf("got %+v", a)
	}
}

func TestB43AndG32FailedUploadsAreTriedAgain(t *testing.T) {
	var left atomic.Int32
	left.Store(2)
	web := between(t, keys.Web, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost && r.URL.Path == "/files" && left.Add(-1) >= 0 {
			w.WriteHeader(http.StatusBadGateway)
			return true
		}
		return false
	})
	c := open(t, through(web))
	_, a := logged(t, c, "x", "third time lucky", client.UploadOptions{})
	if a.State != client.Stored || left.Load() >= 0 {
		t.Errorf("%s with %d failures left", a.State, left.Load())
	}
}

func TestB46ThePathIsThatOfThePythonSDK(t *testing.T) {
	run, a := logged(t, open(t), "a/b", "x", client.UploadOptions{})
	if want := fmt.Sprintf("%s/sdk/%s/rows.%s/artifacts/a.slash.b/a.slash.b.txt", keys.Files, t.Name(), run.ID); a.URI != want {
		t.Errorf("got %s, want %s", a.URI, want)
	}
}

func TestD01AndD05ArtifactsAreReachedByName(t *testing.T) {
	run, _ := logged(t, open(t), "x", "y", client.UploadOptions{})
	task, err := open(t, cached(t)).FindTask(t.Context(), client.TaskQuery{Project: project(t), Name: "rows"})
	must(t, err)
	if s := get[string](t, task, "x"); s != "y" || task.ID != run.ID {
		t.Errorf("got %q", s)
	}
	_, err = task.Artifact(t.Context(), "X") // names count to the letter
	is(t, err, client.ErrNotFound)
}

func TestD02AndD13CopiesAreFetchedOnceUnlessAsked(t *testing.T) {
	n, proxied := counted(t)
	c := open(t, cached(t), proxied)
	_, a := logged(t, c, "x", "content", client.UploadOptions{})
	first, err := a.LocalCopy(t.Context())
	must(t, err)
	second, err := a.LocalCopy(t.Context())
	must(t, err)
	if first != second || n.Load() != 1 {
		t.Errorf("%s and %s after %d downloads", first, second, n.Load())
	}
	_, err = a.LocalCopy(t.Context(), client.LocalCopyOptions{Refresh: true})
	must(t, err)
	if n.Load() != 2 {
		t.Errorf("%d downloads", n.Load())
	}
}

func TestD08ToD12FilesAreFilesAndFoldersAreFolders(t *testing.T) {
	dir := folder(t, map[string]string{"a.txt": "a"})
	c := open(t, cached(t))
	_, a := logged(t, c, "folder", codec.Dir(dir), client.UploadOptions{})
	path, err := a.LocalCopy(t.Context())
	must(t, err)
	zipped, err := a.LocalCopy(t.Context(), client.LocalCopyOptions{KeepArchive: true})
	must(t, err)
	if !reflect.DeepEqual(contents(t, path), map[string]string{"a.txt": "a"}) || filepath.Base(zipped) != "dataset.zip" {
		t.Errorf("got %s and %s", path, zipped)
	}
	// Somebody's own archive is a file.
	_, b := logged(t, c, "own", codec.File(zipped), client.UploadOptions{})
	path, err = b.LocalCopy(t.Context())
	must(t, err)
	if info, err := os.Stat(path); err != nil || info.IsDir() || b.SHA256 != a.SHA256 {
		t.Errorf("got %s, error %v", path, err)
	}
	file, err := client.Get[codec.File](t.Context(), b)
	must(t, err)
	if string(file) != path {
		t.Errorf("got %s and %s", file, path)
	}
}

func TestD14ErrorsNameArtifactAndAddress(t *testing.T) {
	c := open(t, cached(t))
	run := start(t, c, "rows")
	must(t, run.Upload(t.Context(), "far", codec.Link(keys.Web+"/none/of/ours")))
	a, err := run.Artifact(t.Context(), "far")
	must(t, err)
	_, err = a.LocalCopy(t.Context())
	if e, ok := errorAs(err); !ok || !strings.Contains(e.Error(), "/none/of/ours") || e.Host == "" {
		t.Errorf("got %v", err)
	}
	run.End(t.Context(), nil)
}

func TestD17ArchivesStayInTheirFolder(t *testing.T) {
	c := open(t, cached(t))
	evil := filepath.Join(t.TempDir(), "evil.zip")
	must(t, os.WriteFile(evil, zipOf(t, "../../escape.txt"), 0o600))
	_, a := logged(t, c, "evil", codec.File(evil), client.UploadOptions{})
	_, err := a.LocalCopy(t.Context(), client.LocalCopyOptions{Extract: true})
	is(t, err, client.ErrUnsafe)
	_, err = a.LocalCopy(t.Context(), client.LocalCopyOptions{Extract: true, Dir: t.TempDir()})
	is(t, err, client.ErrUnsafe)
}

func TestD19LinksAreFetchedFromWhereTheyAre(t *testing.T) {
	var auth atomic.Value
	origin := between(t, keys.Web, func(w http.ResponseWriter, r *http.Request) bool {
		auth.Store(r.Header.Get("Authorization"))
		_, _ = io.WriteString(w, "from afar")
		return true
	})
	c := open(t, cached(t))
	task := create(t, c, "rows")
	must(t, task.Upload(t.Context(), "far", codec.Link(origin+"/x.txt")))
	if s := get[string](t, task, "far"); s != "from afar" || auth.Load() != "" {
		t.Errorf("got %q, with credentials %q", s, auth.Load())
	}
}

func TestE01ToE04ArtifactsAreRemovedWithAndWithoutTheirBytes(t *testing.T) {
	c := open(t)
	run, a := logged(t, c, "gone", "x", client.UploadOptions{})
	_, kept := logged(t, c, "kept", "y", client.UploadOptions{})
	must(t, a.Remove(t.Context()))
	must(t, kept.Remove(t.Context(), client.RemoveOptions{KeepBytes: true}))
	for address, want := range map[string]bool{a.URI: false, kept.URI: true} {
		if there, err := c.Storage().Exists(t.Context(), address); err != nil || there != want {
			t.Errorf("%s: %t, error %v", address, there, err)
		}
	}
	must(t, run.Upload(t.Context(), "left", "z", client.UploadOptions{Wait: true}))
	err := run.RemoveArtifacts(t.Context(), []string{"none", "left"}) // E-12: the others go
	is(t, err, client.ErrNotFound)
	if !strings.Contains(err.Error(), "none") {
		t.Errorf("%v does not name it", err)
	}
	_, err = run.Artifact(t.Context(), "left")
	is(t, err, client.ErrNotFound)
}

func TestG25LocalAddressesAreUsedInPlace(t *testing.T) {
	dir := folder(t, map[string]string{"a.txt": "a"})
	c := open(t, cached(t))
	task := create(t, c, "rows")
	for _, address := range []string{"file://" + dir + "/a.txt"} {
		must(t, task.Upload(t.Context(), "x", codec.Link(address)))
		a, err := task.Artifact(t.Context(), "x")
		must(t, err)
		path, err := a.LocalCopy(t.Context())
		must(t, err)
		if path != dir+"/a.txt" {
			t.Errorf("got %s", path)
		}
	}
}

func TestG33FilesHaveTheirMediaType(t *testing.T) {
	c := open(t)
	_, a := logged(t, c, "x", thePicture(), client.UploadOptions{})
	o, err := c.Storage().Stat(t.Context(), a.URI)
	must(t, err)
	if o.ContentType != "image/png" || o.Size != a.Size || o.SHA256 != a.SHA256 {
		t.Errorf("got %+v", o)
	}
}

func TestG34OldFileServersGetCredentials(t *testing.T) {
	var auth atomic.Value
	old := between(t, keys.Files, func(_ http.ResponseWriter, r *http.Request) bool {
		auth.Store(r.Header.Get("Authorization"))
		return false
	})
	conf := filepath.Join(t.TempDir(), "clearml.conf")
	text, err := json.Marshal(old)
	must(t, err)
	must(t, os.WriteFile(conf, []byte("sdk.storage.http.legacy_fileservers: ["+string(text)+"]"), 0o600))
	c := open(t, cached(t), func(cfg *client.Config) { cfg.File = conf })
	_, a := logged(t, c, "x", "y", client.UploadOptions{})
	_, err = c.Storage().Get(t.Context(), old+strings.TrimPrefix(a.URI, keys.Files))
	must(t, err)
	if got, _ := auth.Load().(string); !strings.HasPrefix(got, "Bearer ") {
		t.Errorf("asked with %q", got)
	}
}

func TestI02AndI03TheCacheIsWhereItIsConfigured(t *testing.T) {
	byEnv, byConf := t.TempDir(), t.TempDir()
	conf := filepath.Join(t.TempDir(), "clearml.conf")
	must(t, os.WriteFile(conf, []byte("sdk.storage.cache { default_base_dir: "+byConf+", size.max_used_bytes: 5MB }"), 0o600))
	for _, w := range []struct {
		change func(*client.Config)
		under  string
		most   int64
	}{
		{func(cfg *client.Config) { cfg.File = conf }, byConf, 5 << 20},
		{func(cfg *client.Config) {
			cfg.File, cfg.Env = conf, environment(map[string]string{"CLEARML_CACHE_DIR": byEnv})
		}, byEnv, 5 << 20},
		{func(cfg *client.Config) { cfg.CacheDir, cfg.CacheBytes = byEnv, 1<<20 }, byEnv, 1 << 20},
	} {
		c := open(t, w.change)
		_, a := logged(t, c, "x", "y", client.UploadOptions{})
		path, err := a.LocalCopy(t.Context())
		must(t, err)
		store, err := c.Cache()
		must(t, err)
		if u, err := store.Usage(); err != nil || u.MaxBytes != w.most || !strings.HasPrefix(path, w.under) {
			t.Errorf("%s with %+v, error %v", path, u, err)
		}
	}
}
