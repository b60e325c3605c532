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
)

// Config says where the blobs are.
type Config struct {
	// Dir is the directory; it is made if it is missing.
	Dir string
	// Trace, if set, is told of each step that durability rests on, in order:
	// "write", "sync", "link", "syncdir", with the file's path. Tests use it.
	Trace func(step, path string)
}

// Store keeps objects as files.
type Store struct {
	cfg     Config
	durable sync.Map // folders and drafts known to be on disk, with their entry above
}

var (
	_ blob.Store      = (*Store)(nil)
	_ blob.FileOpener = (*Store)(nil)
	_ blob.Sweeper    = (*Store)(nil)
)

// Open prepares the directory and returns the store.
func Open(cfg Config) (*Store, error) {
	s := &Store{cfg: cfg}
	for _, dir := range []string{s.tmp(), s.drafts(), s.objects()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("prepare blob directory: %w", err)
		}
	}
	if err := s.syncDir(cfg.Dir); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Store) tmp() string     { return filepath.Join(s.cfg.Dir, "tmp") }
func (s *Store) drafts() string  { return filepath.Join(s.cfg.Dir, "drafts") }
func (s *Store) objects() string { return filepath.Join(s.cfg.Dir, "objects") }

// path returns where the object is. Keys are hex digits: nothing else ever
// becomes part of a path.
func (s *Store) path(key blob.Key) (string, error) {
	if !key.Valid() {
		return "", fmt.Errorf("%q is no blob key", key)
	}
	k := string(key)
	return filepath.Join(s.objects(), k[:2], k[2:4], k), nil
}

func (s *Store) trace(step, path string) {
	if s.cfg.Trace != nil {
		s.cfg.Trace(step, path)
	}
}

// Put implements blob.Store.
func (s *Store) Put(ctx context.Context, key blob.Key, r io.Reader) (size int64, err error) {
	path, err := s.path(key)
	if err != nil {
		return 0, err
	}
	tmp := filepath.Join(s.tmp(), string(key))
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return 0, blob.ErrExists.Errorf("an object with this key is being written")
	}
	if err != nil {
		return 0, translate(err, "open temporary file")
	}
	defer func() {
		_ = f.Close()
		if rerr := os.Remove(tmp); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) && err == nil {
			err = translate(rerr, "remove temporary file")
		}
	}()
	s.trace("write", tmp)
	if size, err = io.Copy(onlyWriter{f}, cancelled{ctx, r}); err != nil {
		return 0, translate(err, "write object")
	}
	if err := f.Sync(); err != nil {
		return 0, translate(err, "sync object")
	}
	s.trace("sync", tmp)
	if err := s.show(tmp, path); err != nil {
		return 0, err
	}
	return size, nil
}

// show makes a synced file visible as an object, durably.
func (s *Store) show(from, path string) error {
	if err := s.ensureDir(filepath.Dir(path)); err != nil {
		return err
	}
	// A link never replaces what is there, which a rename would do.
	if err := os.Link(from, path); errors.Is(err, fs.ErrExist) {
		return blob.ErrExists.Errorf("an object with this key exists")
	} else if err != nil {
		return translate(err, "link object")
	}
	s.trace("link", path)
	if err := s.syncDir(filepath.Dir(path)); err != nil {
		_ = os.Remove(path)
		return err
	}
	return nil
}

// onlyWriter hides ReadFrom of the file, so that io.Copy takes the reader's
// WriteTo with its large chunks.
type onlyWriter struct{ io.Writer }

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

// ensureDir makes the two folders above an object, durably. Folders that were
// seen once stay, so they are remembered.
func (s *Store) ensureDir(dir string) error {
	if _, ok := s.durable.Load(dir); ok {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return translate(err, "make folder")
	}
	for _, above := range []string{filepath.Dir(dir), s.objects()} {
		if err := s.syncDir(above); err != nil {
			return err
		}
	}
	s.durable.Store(dir, struct{}{})
	return nil
}

func (s *Store) syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return translate(err, "open folder")
	}
	defer func() { _ = d.Close() }()
	if err := d.Sync(); err != nil {
		return translate(err, "sync folder")
	}
	s.trace("syncdir", dir)
	return nil
}

// OpenFile implements blob.FileOpener.
func (s *Store) OpenFile(_ context.Context, key blob.Key) (*os.File, error) {
	path, err := s.path(key)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
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
	fi, err := os.Stat(path)
	if err != nil {
		return blob.Info{}, translate(err, "stat object")
	}
	return blob.Info{Key: key, Size: fi.Size(), Modified: fi.ModTime().UTC()}, nil
}

// Delete implements blob.Store. The removal is not synced: a crash leaves
// extra bytes, which a later sweep removes.
func (s *Store) Delete(_ context.Context, key blob.Key) error {
	path, err := s.path(key)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
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
		fi, err := e.Info()
		if err != nil || !fi.ModTime().Before(before) {
			continue // gone meanwhile, or still being written
		}
		if err := os.Remove(filepath.Join(s.tmp(), e.Name())); err == nil {
			removed++
		}
	}
	return removed, nil
}

// full are the errors that mean that no space is left.
var full = []error{syscall.ENOSPC, syscall.EDQUOT}

// translate turns errors of the file system into the reasons of blob; others
// are told with what was being done.
func translate(err error, doing string) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return blob.ErrNotFound.Wrap(err, "there is no such object")
	case slices.ContainsFunc(full, func(e error) bool { return errors.Is(err, e) }):
		return blob.ErrStoreFull.Wrap(err, "the disk that holds the files is full")
	}
	return fmt.Errorf("%s: %w", doing, err)
}
