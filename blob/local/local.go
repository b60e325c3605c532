package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/internal/fault"
)

// Config says where the blobs are.
type Config struct {
	// Dir is the directory; it is made if it is missing.
	Dir string
	// Trace, if set, is told of each step that durability rests on, in order.
	// Tests use it.
	Trace func(step Step, path string)
}

// Store keeps objects as files.
type Store struct {
	dir     string
	disk    disk
	writing sync.Map // temporary files of writes under way
	begun   sync.Map // drafts whose entry in the folder is on disk
}

var (
	_ blob.Store      = (*Store)(nil)
	_ blob.FileOpener = (*Store)(nil)
	_ blob.Sweeper    = (*Store)(nil)
	_ blob.Measurer   = (*Store)(nil)
)

// Open prepares the directory and returns the store.
func Open(cfg Config) (*Store, error) {
	s := &Store{dir: cfg.Dir, disk: disk{cfg.Trace, os.Link}}
	if err := s.prepare(); err != nil {
		return nil, fmt.Errorf("prepare blob directory: %w", err)
	}
	return s, nil
}

// shards is how many folders hold the objects: few enough to be there before
// the first write, which then needs no folder made and synced above its own,
// and enough that ten million objects are 40,000 in each.
const shards = 256

// prepare makes every folder there will ever be, durably, so that no write has
// to.
func (s *Store) prepare() error {
	if err := s.mkdirAll(s.dir); err != nil {
		return err
	}
	folders := []string{s.tmp(), s.drafts(), s.objects()}
	for n := range shards {
		folders = append(folders, filepath.Join(s.objects(), fmt.Sprintf("%02x", n)))
	}
	for _, folder := range folders {
		if err := s.disk.mkdir(folder); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	// Also those that were there: whoever made them may not have come so far.
	return errors.Join(s.disk.syncDir(s.objects()), s.disk.syncDir(s.dir), s.disk.syncDir(filepath.Dir(s.dir)))
}

// mkdirAll makes the folder and those above it that are missing, durably.
func (s *Store) mkdirAll(dir string) error {
	err := s.disk.mkdir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if err = s.mkdirAll(filepath.Dir(dir)); err == nil {
			err = s.disk.mkdir(dir)
		}
	}
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.disk.syncDir(filepath.Dir(dir))
}

func (s *Store) tmp() string     { return filepath.Join(s.dir, "tmp") }
func (s *Store) drafts() string  { return filepath.Join(s.dir, "drafts") }
func (s *Store) objects() string { return filepath.Join(s.dir, "objects") }

// path returns where the object is. Keys are hex digits: nothing else ever
// becomes part of a path.
func (s *Store) path(key blob.Key) (string, error) {
	if !key.Valid() {
		return "", fmt.Errorf("%q is no blob key", key)
	}
	return filepath.Join(s.objects(), string(key[:2]), string(key)), nil
}

// Put implements blob.Store.
func (s *Store) Put(ctx context.Context, key blob.Key, r io.Reader) (size int64, err error) {
	path, err := s.path(key)
	if err != nil {
		return 0, err
	}
	tmp := filepath.Join(s.tmp(), string(key))
	s.writing.Store(string(key), nil)
	defer s.writing.Delete(string(key))
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return 0, blob.ErrExists.Errorf("an object with this key is being written")
	}
	if err != nil {
		return 0, unwritten(err, "open temporary file")
	}
	defer func() {
		_ = f.Close()
		if rerr := s.disk.unlink(tmp); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) && err == nil {
			err = unwritten(rerr, "remove temporary file")
		}
	}()
	if size, err = s.disk.write(f, 0, cancelled{ctx, r}); err != nil {
		return 0, unwritten(err, "write object")
	}
	if err := s.disk.sync(f); err != nil {
		return 0, unwritten(err, "sync object")
	}
	if err := s.show(tmp, path); err != nil {
		return 0, err
	}
	return size, nil
}

// show makes a synced file visible as an object, durably.
func (s *Store) show(from, path string) error {
	if err := s.disk.link(from, path); errors.Is(err, fs.ErrExist) {
		return blob.ErrExists.Errorf("an object with this key exists")
	} else if err != nil {
		return unwritten(err, "link object")
	}
	if err := s.disk.syncDir(filepath.Dir(path)); err != nil {
		_ = s.disk.unlink(path)
		return unwritten(err, "sync folder")
	}
	return nil
}

// unwritten is translate for writes: a folder or temporary file that is not
// there is no absent object.
func unwritten(err error, doing string) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fault.ErrUnavailable.Wrap(err, "the folder of the stored files was changed by somebody else")
	}
	return translate(err, doing)
}

// cancelled stops reading when the context ends.
type cancelled struct {
	ctx context.Context
	r   io.Reader
}

func (c cancelled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// WriteTo implements io.WriterTo for readers that have it.
func (c cancelled) WriteTo(w io.Writer) (int64, error) {
	out := checkedWriter{c.ctx, w}
	if wt, ok := c.r.(io.WriterTo); ok {
		return wt.WriteTo(out)
	}
	return io.Copy(out, struct{ io.Reader }{c.r})
}

type checkedWriter struct {
	ctx context.Context
	w   io.Writer
}

func (c checkedWriter) Write(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.w.Write(p)
}

// OpenFile implements blob.FileOpener.
func (s *Store) OpenFile(_ context.Context, key blob.Key) (*os.File, error) {
	path, err := s.path(key)
	if err != nil {
		return nil, err
	}
	f, err := look(path, os.Open, filepath.Dir(path))
	if err != nil {
		return nil, translate(err, "open object")
	}
	return f, nil
}

// Open implements blob.Store.
func (s *Store) Open(ctx context.Context, key blob.Key, off, n int64) (io.ReadCloser, error) {
	f, err := s.OpenFile(ctx, key)
	if err != nil {
		return nil, err
	}
	return section(f, off, n)
}

// section reads n bytes of a file from off on.
func section(f *os.File, off, n int64) (io.ReadCloser, error) {
	if _, err := f.Seek(off, io.SeekStart); err != nil {
		_ = f.Close()
		return nil, translate(err, "seek in object")
	}
	if n < 0 {
		return f, nil
	}
	return struct {
		io.Reader
		io.Closer
	}{io.LimitReader(f, n), f}, nil
}

// Stat implements blob.Store.
func (s *Store) Stat(_ context.Context, key blob.Key) (blob.Info, error) {
	path, err := s.path(key)
	if err != nil {
		return blob.Info{}, err
	}
	fi, err := look(path, os.Stat, filepath.Dir(path))
	if err != nil {
		return blob.Info{}, translate(err, "stat object")
	}
	return blob.Info{Key: key, Size: fi.Size(), Modified: fi.ModTime().UTC()}, nil
}

// Space implements blob.Measurer.
func (s *Store) Space(context.Context) (blob.Space, error) { return SpaceAt(s.dir) }

// SpaceAt measures the file system that a folder is on.
func SpaceAt(dir string) (blob.Space, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return blob.Space{}, fmt.Errorf("measure the file system of %s: %w", dir, err)
	}
	return blob.Space{Free: int64(st.Bavail) * st.Bsize, Total: int64(st.Blocks) * st.Bsize}, nil
}

// Delete implements blob.Store. The removal is not synced: a crash leaves
// extra bytes, which a later sweep removes.
func (s *Store) Delete(_ context.Context, key blob.Key) error {
	path, err := s.path(key)
	if err != nil {
		return err
	}
	if err := s.disk.unlink(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return translate(err, "delete object")
	}
	return nil
}

// List implements blob.Store.
func (s *Store) List(ctx context.Context, after blob.Key) iter.Seq2[blob.Info, error] {
	return func(yield func(blob.Info, error) bool) {
		err := filepath.WalkDir(s.objects(), func(_ string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // deleted meanwhile
			}
			if err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			if d.IsDir() || !blob.Key(d.Name()).Valid() || blob.Key(d.Name()) <= after {
				return nil
			}
			fi, err := d.Info()
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			if !yield(blob.Info{Key: blob.Key(d.Name()), Size: fi.Size(), Modified: fi.ModTime().UTC()}, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(blob.Info{}, translate(err, "list objects"))
		}
	}
}

// SweepTemporary implements blob.Sweeper.
func (s *Store) SweepTemporary(_ context.Context, before time.Time) (removed int, err error) {
	entries, err := os.ReadDir(s.tmp())
	if err != nil {
		return 0, translate(err, "list temporary files")
	}
	for _, e := range entries {
		if _, ours := s.writing.Load(e.Name()); ours {
			continue
		}
		fi, err := e.Info()
		if err != nil || !fi.ModTime().Before(before) {
			continue // gone meanwhile, or still being written by another server
		}
		if err := s.disk.unlink(filepath.Join(s.tmp(), e.Name())); err == nil {
			removed++
		}
	}
	return removed, nil
}

// passing are errors of file systems on a network that pass by themselves.
var passing = []error{syscall.ESTALE, syscall.EIO, syscall.ETIMEDOUT, syscall.EHOSTDOWN, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ENOTCONN}

// full are the errors that mean that no space is left.
var full = []error{syscall.ENOSPC, syscall.EDQUOT}

// translate turns errors of the file system into the reasons of blob; others
// are told with what was being done.
func translate(err error, doing string) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return blob.ErrNotFound.Wrap(err, "there is no such object")
	case slices.ContainsFunc(passing, func(e error) bool { return errors.Is(err, e) }):
		return fault.ErrUnavailable.Wrap(fmt.Errorf("%s: %w", doing, err), "the folder that holds the files does not answer as it should; try again")
	case slices.ContainsFunc(full, func(e error) bool { return errors.Is(err, e) }):
		return blob.ErrStoreFull.Wrap(err, "the store is full: no space is left on the disk that holds the files")
	}
	return fmt.Errorf("%s: %w", doing, err)
}
