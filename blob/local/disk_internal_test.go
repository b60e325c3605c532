package local

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/blobtest"
	"github.com/coffer-ml/coffer/internal/fault"
)

// A file system without hard links, as some that are shared, passes the suite.
func TestConformanceWithoutHardLinks(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blob.Store {
		s, err := Open(Config{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		s.disk.hard = func(from, to string) error {
			return &os.LinkError{Op: "link", Old: from, New: to, Err: syscall.EOPNOTSUPP}
		}
		return s
	})
}

// Over a network a call may be made again whose answer was lost: then the name
// exists, and is our own.
func TestALinkThatWasMadeTwice(t *testing.T) {
	s, err := Open(Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	s.disk.hard = func(from, to string) error { return errors.Join(os.Link(from, to), os.Link(from, to)) }
	key := blob.NewKey()
	if _, err := s.Put(t.Context(), key, strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(t.Context(), key, strings.NewReader("y")); !errors.Is(err, blob.ErrExists) {
		t.Errorf("somebody else's name: %v", err)
	}
}

// A stale handle is looked up once more, and is never a missing object.
func TestStaleHandles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	stale := &fs.PathError{Op: "open", Path: path, Err: syscall.ESTALE}
	for times, works := range map[int]bool{1: true, 2: false} {
		calls := 0
		_, err := look(path, func(p string) (fs.FileInfo, error) {
			if calls++; calls <= times {
				return nil, stale
			}
			return os.Stat(p)
		}, dir)
		if works != (err == nil) {
			t.Errorf("stale %d times: %v", times, err)
		}
	}
	err := translate(stale, "open object")
	if errors.Is(err, blob.ErrNotFound) || fault.KindOf(err) != fault.Unavailable || !blob.CanRetry(err) {
		t.Errorf("a stale handle is told as %v", err)
	}
}
