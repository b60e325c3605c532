package file_test

import (
	"context"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/coffer-ml/coffer/blob/local"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/user"
)

// recorder notes what durability rests on, in order: the steps of the store on
// disk, the commits of the database and the acknowledgements.
type recorder struct {
	mu    sync.Mutex
	steps []string
}

func (r *recorder) note(step string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.steps = append(r.steps, step)
}

// taken returns the steps since it was called last.
func (r *recorder) taken() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := strings.Join(r.steps, ", ")
	r.steps = nil
	return all
}

var aKey = regexp.MustCompile(`[0-9a-f]{2}/[0-9a-f]{32}|[0-9a-f]{32}`)

// trace implements local.Config.Trace, keys left out: folder and object of a
// key are those of the write under way.
func (r *recorder) trace(step local.Step, path string) {
	where := "folder"
	if aKey.MatchString(filepath.Base(path)) {
		where = filepath.Base(filepath.Dir(path))
	}
	if where != "tmp" && where != "folder" {
		where = "object"
	}
	r.note(string(step) + " " + where)
}

// A kill loses no page cache, so that only the order of the steps shows that
// what is acknowledged would survive a power cut: a commit never names bytes
// that are not on disk with their name, an acknowledgement follows the commit,
// and bytes go only after the commit that says so.
func TestAcknowledgedMeansDurable(t *testing.T) {
	r := &recorder{}
	store, err := local.Open(local.Config{Dir: filepath.Join(t.TempDir(), "blobs"), Trace: r.trace})
	must(t, err)
	var db *sqlstore.DB
	w := newWorld(t, "sqlite", store, func(cfg *file.Config) {
		tx := cfg.Tx
		cfg.Tx = func(ctx context.Context, fn func(context.Context) error) error {
			if sqlstore.InTx(ctx) {
				return tx(ctx, fn)
			}
			return tx(ctx, func(ctx context.Context) error {
				db.After(ctx, func() { r.note("commit") })
				return fn(ctx)
			})
		}
	})
	db = w.db
	ctx := t.Context()
	upload := func(path file.Path, content string) func() error {
		return func() error { _, err := w.upload(ctx, path, []byte(content)); return err }
	}
	const write = "write tmp, sync tmp, link object, syncdir folder, unlink tmp, "
	for _, c := range []struct {
		what string
		do   func() error
		want string
	}{
		{"a new content", upload("a", "one"), write + "commit, acknowledge"},
		{"a known content", upload("b", "one"), write + "commit, unlink object, acknowledge"},
		{"an overwrite", upload("a", "two"), write + "commit, acknowledge"},
		{"the same again", upload("a", "two"), write + "commit, unlink object, acknowledge"},
		{"a delete", func() error { return w.files.Delete(ctx, user.Operator, "a") }, "commit, acknowledge"},
		{"a revival", upload("a", "three"), write + "commit, acknowledge"},
		{"another delete", func() error { return w.files.Delete(ctx, user.Operator, "a") }, "commit, acknowledge"},
		{
			"a collection", func() error { _, err := w.files.Collect(ctx, 0); return err },
			// expired, superseded, doomed: only then the bytes go; upload sessions
			"commit, commit, commit, unlink object, unlink object, commit, acknowledge",
		},
		{"an upload that breaks off", func() error {
			if _, err := w.files.Upload(ctx, user.Operator, "c", brokenReader{}, file.UploadOptions{}); err == nil {
				t.Error("it was acknowledged")
			}
			return nil
		}, "unlink tmp, acknowledge"},
	} {
		r.taken()
		if err := c.do(); err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		r.note("acknowledge")
		if got := r.taken(); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.what, got, c.want)
		}
	}
}
