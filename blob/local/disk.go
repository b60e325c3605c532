package local

import (
	"io"
	"os"
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

// link never replaces what is there, which a rename would do.
func (d disk) link(from, to string) error { return d.tell(Linked, to, os.Link(from, to)) }

func (d disk) unlink(path string) error { return d.tell(Unlinked, path, os.Remove(path)) }

func (d disk) mkdir(path string) error { return d.tell(MadeDir, path, os.Mkdir(path, 0o700)) }

func (d disk) syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return d.tell(SyncedDir, path, f.Sync())
}
