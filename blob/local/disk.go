package local

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"syscall"
)

// Step is one call that durability rests on.
type Step string

// The steps. Each is told after it went well, with the path that it was for.
const (
	Wrote     Step = "write"   // all bytes of a file were written
	Synced    Step = "sync"    // a file's bytes are on disk
	Linked    Step = "link"    // a file has its final name
	Unlinked  Step = "unlink"  // a name was removed
	MadeDir   Step = "mkdir"   // a folder was made
	SyncedDir Step = "syncdir" // the names in a folder are on disk
)

// disk makes every change of the file system that the store makes, so that
// none goes by the trace.
type disk struct {
	trace func(Step, string) // nil: nobody wants to know
	hard  func(from, to string) error
}

func (d disk) tell(s Step, path string, err error) error {
	if err == nil && d.trace != nil {
		d.trace(s, path)
	}
	return err
}

// write writes from an offset on. The writer in between has no ReadFrom, so
// that io.Copy takes the reader's WriteTo with its large chunks.
func (d disk) write(f *os.File, off int64, r io.Reader) (int64, error) {
	n, err := io.Copy(io.NewOffsetWriter(f, off), r)
	return n, d.tell(Wrote, f.Name(), err)
}

func (d disk) sync(f *os.File) error { return d.tell(Synced, f.Name(), f.Sync()) }

// linkless are how file systems say that they have no hard links, as some that
// are shared over a network.
var linkless = []error{syscall.EPERM, syscall.ENOTSUP, syscall.EOPNOTSUPP, syscall.ENOSYS, syscall.EMLINK}

// link gives a file its final name. It never replaces what is there, which a
// rename would do; where there are no hard links a rename it is, since keys are
// never used twice. The name that the file had may be gone afterwards.
func (d disk) link(from, to string) error {
	err := d.hard(from, to)
	switch {
	case errors.Is(err, fs.ErrExist) && same(from, to):
		err = nil // the answer of a server was lost, and the call made again
	case slices.ContainsFunc(linkless, func(e error) bool { return errors.Is(err, e) }):
		if _, serr := os.Lstat(to); serr == nil {
			return fs.ErrExist
		}
		err = os.Rename(from, to)
	}
	return d.tell(Linked, to, err)
}

// same reports whether two names are of one file.
func same(a, b string) bool {
	ai, aerr := os.Lstat(a)
	bi, berr := os.Lstat(b)
	return aerr == nil && berr == nil && os.SameFile(ai, bi)
}

func (d disk) unlink(path string) error { return d.tell(Unlinked, path, os.Remove(path)) }

func (d disk) mkdir(path string) error { return d.tell(MadeDir, path, os.Mkdir(path, 0o700)) }

// syncless are how file systems say that a folder cannot be synced: they keep
// names as they are made.
var syncless = []error{syscall.EINVAL, syscall.ENOTSUP}

func (d disk) syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	err = f.Sync()
	if slices.ContainsFunc(syncless, func(e error) bool { return errors.Is(err, e) }) {
		err = nil
	}
	return d.tell(SyncedDir, path, err)
}

// look opens or describes a file that another server may have made: clients of
// a network file system remember for a while that a name is missing, or whose
// it was, unless the folder is opened again.
func look[T any](path string, call func(string) (T, error), folder string) (T, error) {
	v, err := call(path)
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ESTALE) {
		return v, err
	}
	f, ferr := os.Open(folder)
	if ferr != nil {
		return v, err
	}
	_, _ = f.Readdirnames(1)
	_ = f.Close()
	return call(path)
}
