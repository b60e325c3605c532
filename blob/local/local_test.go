package local_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/blobtest"
	"github.com/coffer-ml/coffer/blob/local"
)

func open(t *testing.T, cfg local.Config) *local.Store {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	s, err := local.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blob.Store { return open(t, local.Config{}) })
}

func TestLarge(t *testing.T) { blobtest.Large(t, open(t, local.Config{}), blobtest.AllBytes) }

func TestCuts(t *testing.T) {
	dir := t.TempDir()
	blobtest.Cuts(t, open(t, local.Config{Dir: dir}), blobtest.AllCuts)
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// recorder notes steps by what they were for, relative to the directory.
type recorder struct {
	dir   string
	steps []string
}

func (r *recorder) trace(step local.Step, path string) {
	rel, _ := filepath.Rel(r.dir, path)
	r.steps = append(r.steps, string(step)+" "+rel)
}

// A kill does not lose the page cache, so durability cannot be tested by
// killing: the order of the calls that it rests on is asserted instead.
func TestPutSyncsBeforeItReturns(t *testing.T) {
	r := &recorder{dir: t.TempDir()}
	s := open(t, local.Config{Dir: r.dir, Trace: r.trace})
	r.steps = nil
	const key = "ab0123456789abcdef0123456789abcd"
	if _, err := s.Put(t.Context(), key, strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	want := []string{"write tmp/" + key, "sync tmp/" + key, "link objects/ab/" + key, "syncdir objects/ab", "unlink tmp/" + key}
	if !slices.Equal(r.steps, want) {
		t.Errorf("%q, want %q", r.steps, want)
	}
}

// Every folder that an object will lie in is made and synced into the one
// above before the first write, down from a directory that did not exist, and
// anew by each opening, since who made them may have come no further.
func TestOpenMakesTheFoldersDurable(t *testing.T) {
	r := &recorder{dir: t.TempDir()}
	for _, first := range []bool{true, false} {
		r.steps = nil
		s := open(t, local.Config{Dir: filepath.Join(r.dir, "new", "blobs"), Trace: r.trace})
		opened := slices.Clone(r.steps)
		for _, key := range []blob.Key{"00" + blob.NewKey()[2:], "ff" + blob.NewKey()[2:], blob.NewKey()} {
			if _, err := s.Put(t.Context(), key, strings.NewReader("x")); err != nil {
				t.Fatal(err)
			}
			for _, folder := range []string{"new", "new/blobs", "new/blobs/objects", "new/blobs/objects/" + string(key[:2])} {
				made := slices.Index(opened, "mkdir "+folder)
				if first && (made < 0 || !slices.Contains(opened[made:], "syncdir "+filepath.Dir(folder))) {
					t.Errorf("%s was not made, or not synced into the folder above", folder)
				}
				if !first && folder != "new" && !slices.Contains(opened, "syncdir "+filepath.Dir(folder)) {
					t.Errorf("%s was not synced again into the folder above", folder)
				}
			}
		}
		for _, step := range r.steps[len(opened):] {
			if strings.HasPrefix(step, "mkdir") {
				t.Errorf("a put made a folder: %s", step)
			}
		}
	}
}

func TestWhatWasWrittenSurvivesReopening(t *testing.T) {
	dir := t.TempDir()
	content := blobtest.Bytes(100_000, 1)
	o, err := blob.Put(t.Context(), open(t, local.Config{Dir: dir}), bytes.NewReader(content), blob.PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := open(t, local.Config{Dir: dir}).Open(t.Context(), o.Key, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content) {
		t.Errorf("other bytes, %v", err)
	}
}

func TestAFailedWriteLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	s := open(t, local.Config{Dir: dir})
	if _, err := s.Put(t.Context(), blob.NewKey(), iotest.ErrReader(errors.New("gone"))); err == nil {
		t.Fatal("a broken reader made an object")
	}
	if files := files(t, dir); len(files) != 0 {
		t.Errorf("left behind: %v", files)
	}
}

func files(t *testing.T, dir string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSweepRemovesOldUnfinishedWrites(t *testing.T) {
	dir := t.TempDir()
	s := open(t, local.Config{Dir: dir})
	for name, age := range map[string]time.Duration{"old": 48 * time.Hour, "new": time.Minute} {
		path := filepath.Join(dir, "tmp", name)
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-age)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	n, err := s.SweepTemporary(t.Context(), time.Now().Add(-24*time.Hour))
	if err != nil || n != 1 {
		t.Errorf("swept %d, %v; want 1", n, err)
	}
	if left := files(t, dir); len(left) != 1 || filepath.Base(left[0]) != "new" {
		t.Errorf("left: %v", left)
	}
}

func TestKeysThatAreNoneNeverBecomePaths(t *testing.T) {
	s := open(t, local.Config{})
	for _, key := range []blob.Key{"", "../../etc/passwd", "ABCD", blob.Key(strings.Repeat("g", 32)), blob.Key(strings.Repeat("a", 31) + "/")} {
		if _, err := s.Put(t.Context(), key, strings.NewReader("x")); err == nil {
			t.Errorf("put under %q went through", key)
		}
		if _, err := s.Stat(t.Context(), key); err == nil {
			t.Errorf("stat of %q went through", key)
		}
		if err := s.Delete(t.Context(), key); err == nil {
			t.Errorf("delete of %q went through", key)
		}
	}
}
