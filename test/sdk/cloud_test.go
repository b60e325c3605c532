package sdk_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/client/storage/azure"
	"github.com/coffer-ml/coffer/client/storage/gcs"
	"github.com/coffer-ml/coffer/client/storage/s3"
	"github.com/coffer-ml/coffer/codec"
	"github.com/coffer-ml/coffer/test/objectstore"
)

// cloud is a bucket on a real store, as a program sees it.
type cloud struct {
	kind    objectstore.Kind
	address string // of a folder in the bucket
	conf    string // clearml.conf, with its credentials
	env     map[string]string
	drivers []client.Driver

	endpoint, bucket string
	key, secret      string
}

func newCloud(t *testing.T, kind objectstore.Kind) cloud {
	t.Helper()
	u := objectstore.Parse(t, objectstore.Bucket(t, kind))
	endpoint := u.Query().Get("endpoint")
	host := objectstore.Parse(t, endpoint).Host
	keys, err := os.ReadFile(u.Query().Get("credentials"))
	must(t, err)
	b := cloud{kind: kind, endpoint: endpoint, bucket: u.Host, secret: strings.TrimSpace(string(keys))}
	switch kind {
	case objectstore.S3:
		_, err := fmt.Sscanf(string(keys), "[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n", &b.key, &b.secret)
		must(t, err)
		b.address = "s3://" + host + "/" + u.Host + "/folder"
		b.conf = fmt.Sprintf(`sdk.aws.s3.credentials: [{host: %q, bucket: %q, key: %s, secret: %s, secure: false, multipart: true}]`, host, u.Host, b.key, b.secret)
		b.drivers = []client.Driver{s3.Driver{}}
	case objectstore.GCS:
		b.address = "gs://" + u.Host + "/folder"
		b.conf = fmt.Sprintf("sdk.google.storage: {project: test, credentials_json: %q}", u.Query().Get("credentials"))
		b.env = map[string]string{"STORAGE_EMULATOR_HOST": host}
		b.drivers = []client.Driver{gcs.Driver{}}
	case objectstore.Azure:
		b.key = u.Host
		b.bucket, _, _ = strings.Cut(strings.Trim(u.Path, "/"), "/")
		b.address = "azure://" + u.Host + ".blob.core.windows.net/" + b.bucket + "/folder"
		b.conf = fmt.Sprintf("sdk.azure.storage.containers: [{account_name: %s, account_key: %q, container_name: %s}]", b.key, b.secret, b.bucket)
		b.drivers = []client.Driver{azure.Driver{Endpoint: endpoint}}
	}
	return b
}

// use gives a client the driver and the configuration.
func (b cloud) use(t *testing.T) func(*client.Config) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "clearml.conf")
	must(t, os.WriteFile(path, []byte(b.conf), 0o600))
	return func(cfg *client.Config) {
		cfg.File, cfg.Env, cfg.Drivers, cfg.CacheDir = path, environment(b.env), b.drivers, filepath.Join(dir, "cache")
	}
}

func eachCloud(t *testing.T, test func(t *testing.T, b cloud)) {
	for _, kind := range objectstore.Kinds() {
		t.Run(string(kind), func(t *testing.T) { test(t, newCloud(t, kind)) })
	}
}

func TestG03ToG07ArtifactsAreKeptInObjectStores(t *testing.T) {
	eachCloud(t, func(t *testing.T, b cloud) {
		ctx := t.Context()
		c := open(t, b.use(t))
		run, err := c.StartTask(ctx, client.TaskSpec{Project: project(t), Name: "cloud", Destination: b.address})
		must(t, err)
		big, digest := bigFile(t, 20<<20+17) // more than two parts
		values := map[string]any{
			"array": codec.Array([]float64{1, 2, 3}, 3), "table": numbered(4), "picture": thePicture(), "settings": map[string]any{"a": 1.5},
			"note": "ü", "empty": "", "folder": codec.Dir(folder(t, map[string]string{"a.txt": "a", "b/c.txt": "c"})), "big": codec.File(big),
		}
		for name, value := range values {
			must(t, run.Upload(ctx, name, value))
		}
		m, err := run.OutputModel(ctx, client.ModelSpec{Name: "weights"})
		must(t, err)
		must(t, m.Update(ctx, codec.File(big), client.SnapshotOptions{Wait: true}))
		run.End(ctx, &err)
		must(t, err)

		task, err := open(t, b.use(t)).Task(ctx, run.ID)
		must(t, err)
		a, err := task.Artifact(ctx, "big")
		must(t, err)
		if a.State != client.External || a.SHA256 != digest || !strings.HasPrefix(a.URI, b.address+"/sdk/") {
			t.Errorf("got %+v", a)
		}
		path, err := a.LocalCopy(ctx)
		must(t, err)
		content, err := os.ReadFile(path)
		must(t, checkSum(content, digest, err))
		for _, w := range [][2]int64{{0, 5}, {8<<20 - 3, 6}, {20 << 20, -1}, {a.Size, -1}, {7, 0}} {
			r, err := a.OpenRange(ctx, w[0], w[1])
			must(t, err)
			got, err := io.ReadAll(r)
			must(t, errors.Join(err, r.Close()))
			want := content[w[0]:]
			if w[1] >= 0 {
				want = want[:w[1]]
			}
			if !bytes.Equal(got, want) {
				t.Errorf("range %v: got %d bytes, want %d, or others", w, len(got), len(want))
			}
		}
		if s := get[string](t, task, "note"); s != "ü" {
			t.Errorf("got %q", s)
		}
		if v := get[[]float64](t, task, "array"); !reflect.DeepEqual(v, []float64{1, 2, 3}) {
			t.Errorf("got %v", v)
		}
		if dir := get[codec.Dir](t, task, "folder"); !reflect.DeepEqual(contents(t, string(dir)), map[string]string{"a.txt": "a", "b/c.txt": "c"}) {
			t.Errorf("got %v", contents(t, string(dir)))
		}
		models, err := task.Models(ctx)
		must(t, err)
		path, err = models.Output[0].LocalCopy(ctx)
		must(t, err)
		content, err = os.ReadFile(path)
		must(t, checkSum(content, digest, err))
		// Another content under the same name is fetched anew, a spoiled one is an error.
		must(t, task.Upload(ctx, "note", "other", client.UploadOptions{Wait: true}))
		if s := get[string](t, task, "note"); s != "other" {
			t.Errorf("got %q", s)
		}
		spoiled := filepath.Join(t.TempDir(), "spoiled")
		must(t, os.WriteFile(spoiled, []byte("0ther"), 0o600))
		note, err := task.Artifact(ctx, "note")
		must(t, err)
		must(t, c.Storage().Put(ctx, spoiled, note.URI))
		_, err = note.LocalCopy(ctx, client.LocalCopyOptions{Refresh: true})
		is(t, err, client.ErrMismatch)
		// Bytes go with the record: E-02.
		must(t, task.RemoveArtifacts(ctx, []string{"note"}))
		there, err := c.Storage().Exists(ctx, note.URI)
		must(t, err)
		if there {
			t.Error("the bytes are left")
		}
	})
}

func TestG41NamesInObjectStoresAreOnlyNames(t *testing.T) {
	eachCloud(t, func(t *testing.T, b cloud) {
		ctx := t.Context()
		s := open(t, b.use(t)).Storage()
		files := map[string]string{}
		for _, name := range []string{"a b.txt", "100%.txt", "1+1.txt", "#1.txt", "größe 数.txt", "deep/er/%2F.txt", "q?x=1&y.txt"} {
			files[name] = name
		}
		dir := folder(t, files)
		must(t, s.PutFolder(ctx, dir, b.address+"/names"))
		var found []string
		for o, err := range s.List(ctx, b.address+"/names/") {
			must(t, err)
			name := strings.TrimPrefix(o.Address, b.address+"/names/")
			if o.Size != int64(len(name)) || o.Modified.IsZero() {
				t.Errorf("got %+v", o)
			}
			found = append(found, name)
		}
		slices.Sort(found)
		if !slices.Equal(found, slices.Sorted(maps.Keys(files))) {
			t.Errorf("listed %q", found)
		}
		for name := range files {
			at := b.address + "/names/" + name
			path, err := s.Get(ctx, at)
			must(t, err)
			text, err := os.ReadFile(path)
			must(t, err)
			o, err := s.Stat(ctx, at)
			must(t, err)
			if string(text) != name || o.Size != int64(len(name)) || !strings.HasPrefix(o.ContentType, "text/plain") {
				t.Errorf("%s: %q, %+v", name, text, o)
			}
		}
		back := filepath.Join(t.TempDir(), "back")
		must(t, s.GetFolder(ctx, b.address+"/names", back))
		files["q_x=1&y.txt"] = files["q?x=1&y.txt"] // as every file system takes it
		delete(files, "q?x=1&y.txt")
		if !reflect.DeepEqual(contents(t, back), files) {
			t.Errorf("got %v", contents(t, back))
		}
		must(t, s.Delete(ctx, b.address+"/names/#1.txt"))
		there, err := s.Exists(ctx, b.address+"/names/#1.txt")
		must(t, err)
		folders, err := s.Exists(ctx, b.address+"/names")
		must(t, err)
		if there || folders {
			t.Errorf("file %t, folder %t", there, folders)
		}
		is(t, s.Delete(ctx, b.address+"/names/#1.txt"), client.ErrNotFound)
	})
}

func TestH04SamplesGoWhereOnlyTheConfigurationHasKeysFor(t *testing.T) {
	eachCloud(t, func(t *testing.T, b cloud) {
		c := open(t, b.use(t))
		run := start(t, c, "samples")
		run.Logger().SetDestination(b.address)
		must(t, run.Logger().Image(t.Context(), "title", "series", 1, thePicture()))
		must(t, run.Flush(t.Context()))
		n := 0
		for o, err := range c.Storage().List(t.Context(), b.address+"/") {
			must(t, err)
			stat, err := c.Storage().Stat(t.Context(), o.Address)
			must(t, err)
			if strings.HasSuffix(o.Address, "/metrics/title/series/title_series_00000000.png") && stat.ContentType == "image/png" {
				n++
			}
		}
		if n != 1 {
			t.Errorf("found %d", n)
		}
		run.End(t.Context(), nil)
	})
}

func TestStoresThatCannotBeUsedAreNamed(t *testing.T) {
	ctx := t.Context()
	c := open(t)
	_, err := c.Storage().Exists(ctx, "s3://bucket/x")
	is(t, err, client.ErrUnsupported)
	b := newCloud(t, objectstore.S3)
	b.conf = strings.Replace(b.conf, "secret: "+b.secret, "secret: wrong", 1)
	file := filepath.Join(folder(t, map[string]string{"x": "y"}), "x")
	err = open(t, b.use(t)).Storage().Put(ctx, file, b.address+"/x")
	is(t, err, client.ErrDenied)
	if err != nil && !strings.Contains(err.Error(), b.address) {
		t.Errorf("%v does not name the address", err)
	}
	_, err = open(t, b.use(t)).Storage().Get(ctx, "s3:///nothing")
	is(t, err, client.ErrInvalid)
}

func TestTheCommandLineReadsObjectStores(t *testing.T) {
	b := newCloud(t, objectstore.S3)
	run := start(t, open(t, b.use(t)), "shared")
	must(t, run.Upload(t.Context(), "note", "from afar", client.UploadOptions{Destination: b.address, Wait: true}))
	run.End(t.Context(), nil)
	s := newShell(t)
	conf := filepath.Join(s.home, "clearml.conf")
	text, err := os.ReadFile(conf)
	must(t, err)
	must(t, os.WriteFile(conf, append(text, "\n"+b.conf+"\n"...), 0o600))
	s.ok("from afar", []string{"get", project(t) + "/shared:note", "-o", "-"})
	s.ok("", []string{"rm", "-y", project(t) + "/shared:note"})
	s.fails(3, "note", "get", project(t)+"/shared:note", "-o", "-")
}

// One side reads what the other keeps in a bucket, by the same configuration.
func TestG23BothSDKsMeetInABucket(t *testing.T) {
	ctx := t.Context()
	b := newCloud(t, objectstore.S3)
	c := open(t, b.use(t))
	run, err := c.StartTask(ctx, client.TaskSpec{Project: project(t), Name: "meets", Destination: b.address})
	must(t, err)
	must(t, run.Upload(ctx, "from Go: ü", map[string]any{"a": 1.5}))
	run.End(ctx, &err)
	must(t, err)
	out := pythonWith(t, b.conf, "meet.py", run.ID, "from Go: ü", "from Python: ü")
	if !strings.Contains(out, `{"a": 1.5}`) {
		t.Errorf("Python reads %s", out)
	}
	a, err := run.Artifact(ctx, "from Python: ü")
	must(t, err)
	got, err := client.Get[map[string]float64](ctx, a)
	must(t, err)
	if !strings.HasPrefix(a.URI, b.address) || got["b"] != 2.5 {
		t.Errorf("Go reads %v at %s", got, a.URI)
	}
}
