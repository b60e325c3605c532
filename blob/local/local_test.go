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

// A kill does not lose the page cache, so durability cannot be tested by
// killing: the order of the calls that it rests on is asserted instead.
func TestPutSyncsBeforeItReturns(t *testing.T) {
	var steps []string
	s := open(t, local.Config{Trace: func(step, _ string) { steps = append(steps, step) }})
	for n, want := range [][]string{
		{"write", "sync", "syncdir", "syncdir", "link", "syncdir"}, // the folders above are new, too
		{"write", "sync", "link", "syncdir"},
	} {
		steps = nil
		key := blob.Key(strings.Repeat("ab", 15) + "0" + string(rune('0'+n)))
		if _, err := s.Put(t.Context(), key, strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(steps, want) {
			t.Errorf("put %d: %v, want %v", n, steps, want)
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
