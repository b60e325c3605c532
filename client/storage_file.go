package client

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
)

// Storage puts files at addresses and gets them from there, without a task: the
// counterpart of the Python SDK's StorageManager. Addresses are folders, those
// of files on the server, and those that a driver of Config.Drivers is for.
type Storage struct{ c *Client }

// Storage returns the storage of the client.
func (c *Client) Storage() Storage { return Storage{c} }

// Put stores a local file at an address, in place of what is there, and returns
// when it is there.
func (s Storage) Put(ctx context.Context, file, address string) error {
	f, err := os.Open(file)
	if err != nil {
		return localError("upload", file, err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = errors.New("it is a folder: PutFolder takes folders")
	}
	if err != nil {
		return localError("upload", file, err)
	}
	return s.c.put(ctx, path.Base(filepath.ToSlash(file)), address, &content{ReaderAt: f, size: info.Size(), media: mediaOf(file)})
}

// FolderOptions say how folders travel. The zero value takes all files, some
// at a time.
type FolderOptions struct {
	Pattern   string // of file names, such as "*.csv"; "" means all
	Workers   int    // files at a time; 0 means 8
	Overwrite bool   // GetFolder: also files that are there already
}

func (o FolderOptions) takes(name string) (bool, error) {
	if o.Pattern == "" {
		return true, nil
	}
	return path.Match(o.Pattern, path.Base(name))
}

// each runs fn for what next yields, some at a time, and joins the errors: what
// fails does not keep the others.
func (o FolderOptions) each(ctx context.Context, items iter.Seq2[string, error], fn func(context.Context, string) error) error {
	workers := o.Workers
	if workers <= 0 {
		workers = 8
	}
	var mu sync.Mutex
	var errs []error
	failed := func(err error) {
		if err != nil {
			mu.Lock()
			errs = append(errs, err)
			mu.Unlock()
		}
	}
	turns := make(chan struct{}, workers)
	var running sync.WaitGroup
	for item, err := range items {
		if err != nil {
			failed(err)
			break
		}
		if ctx.Err() != nil {
			failed(ctx.Err())
			break
		}
		turns <- struct{}{}
		running.Go(func() {
			defer func() { <-turns }()
			failed(fn(ctx, item))
		})
	}
	running.Wait()
	return errors.Join(errs...)
}

// PutFolder stores the files of a local folder below an address, with the tree
// that they form. What fails is named; the others are stored.
func (s Storage) PutFolder(ctx context.Context, dir, address string, options ...FolderOptions) error {
	o := first(options)
	files := func(yield func(string, error) bool) {
		err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			name, err := filepath.Rel(dir, p)
			if err != nil {
				return err
			}
			if ok, err := o.takes(filepath.ToSlash(name)); err != nil || !ok {
				return err
			}
			if !yield(name, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield("", localError("upload", dir, err))
		}
	}
	return o.each(ctx, files, func(ctx context.Context, name string) error {
		return s.Put(ctx, filepath.Join(dir, name), s.below(address, filepath.ToSlash(name)))
	})
}

// below is the address of a file below another.
func (s Storage) below(address, name string) string {
	if scheme, _, ok := strings.Cut(address, "://"); ok && strings.HasPrefix(scheme, "http") {
		name = percent(name, "/")
	}
	return strings.TrimRight(address, "/") + "/" + name
}

// StorageGetOptions say how a file is fetched.
type StorageGetOptions struct {
	LocalCopyOptions
	// Empty says that a file of no bytes is right; else it is an error, since it
	// mostly is one.
	Empty bool
}

// Get returns the local path of what is at an address, from the cache if it is
// there and has not changed.
func (s Storage) Get(ctx context.Context, address string, options ...StorageGetOptions) (string, error) {
	o := first(options)
	from := source{name: path.Base(address), address: s.c.substituted(address), size: -1, label: address}
	if !o.Empty {
		info, err := s.stat(ctx, from.address)
		if err != nil {
			return "", err
		}
		if info.Size == 0 {
			return "", &Error{Kind: KindInvalid, Op: "download", Object: address, Message: "it has no bytes; StorageGetOptions.Empty says that this is right"}
		}
	}
	return s.c.localCopy(ctx, from, o.Extract, o.LocalCopyOptions)
}

// GetFolder copies what lies below an address into a local folder, with the
// tree that it forms. What fails is named; the others are there.
func (s Storage) GetFolder(ctx context.Context, address, dir string, options ...FolderOptions) error {
	o := first(options)
	base := strings.TrimRight(s.c.substituted(address), "/") + "/"
	root, err := mkRoot(dir)
	if err != nil {
		return localError("download", dir, err)
	}
	defer func() { _ = root.Close() }()
	names := func(yield func(string, error) bool) {
		for info, err := range s.List(ctx, base) {
			if err != nil {
				yield("", err)
				return
			}
			name := strings.TrimPrefix(info.Address, base)
			if ok, err := o.takes(name); err != nil || !ok && err == nil {
				if err != nil {
					yield("", err)
					return
				}
				continue
			}
			if !yield(name, nil) {
				return
			}
		}
	}
	return o.each(ctx, names, func(ctx context.Context, name string) error {
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return &Error{Kind: KindUnsafe, Op: "download", Object: base + name, Message: "it would lie outside of " + dir}
		}
		if _, err := root.Stat(filepath.FromSlash(name)); err == nil && !o.Overwrite {
			return nil
		}
		target := filepath.Join(dir, filepath.FromSlash(name))
		from := source{name: name, address: base + name, size: -1, label: base + name}
		_, err := s.c.copyInto(ctx, from, false, filepath.Dir(target))
		return err
	})
}

func mkRoot(dir string) (*os.Root, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return os.OpenRoot(dir)
}

func (s Storage) stat(ctx context.Context, address string) (Object, error) {
	store, err := s.c.store(ctx, address)
	if err != nil {
		return Object{}, err
	}
	return store.Stat(ctx, address)
}

// Stat tells of what is at an address; [ErrNotFound] if there is nothing. A
// folder is nothing.
func (s Storage) Stat(ctx context.Context, address string) (Object, error) {
	return s.stat(ctx, s.c.substituted(address))
}

// Exists reports whether there is a file at an address; a folder is none.
func (s Storage) Exists(ctx context.Context, address string) (bool, error) {
	_, err := s.Stat(ctx, address)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Size returns how many bytes a file at an address has.
func (s Storage) Size(ctx context.Context, address string) (int64, error) {
	o, err := s.Stat(ctx, address)
	if err == nil && o.Size < 0 {
		err = &Error{Kind: KindUnsupported, Op: "look for", Object: address, Message: fmt.Sprintf("the store of %s tells no sizes", address)}
	}
	return o.Size, err
}

// List lists what lies at addresses that begin with prefix. Files behind HTTP
// cannot be listed.
func (s Storage) List(ctx context.Context, prefix string) iter.Seq2[Object, error] {
	prefix = s.c.substituted(prefix)
	store, err := s.c.store(ctx, prefix)
	if err != nil {
		return func(yield func(Object, error) bool) { yield(Object{}, err) }
	}
	return store.List(ctx, prefix)
}

// Delete removes what is at an address.
func (s Storage) Delete(ctx context.Context, address string) error {
	address = s.c.substituted(address)
	store, err := s.c.store(ctx, address)
	if err != nil {
		return err
	}
	return store.Delete(ctx, address)
}
