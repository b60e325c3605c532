package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/coffer-ml/coffer/client/cache"
	"github.com/coffer-ml/coffer/codec"
)

// LocalCopyOptions say how a local copy is made.
type LocalCopyOptions struct {
	// Extract makes a folder of an archive; only what was logged as a folder, or
	// a list of files, is one. KeepArchive leaves it as it is. By default what was
	// logged as a folder comes back as one.
	Extract     bool
	KeepArchive bool
	Refresh     bool   // fetch it anew, also if it is in the cache
	Dir         string // copy it into this folder, which is the caller's, rather than into the cache
}

// LocalCopy returns the path of the artifact on the local disk: of a file, or
// of a folder if a folder was logged. It is fetched if the cache does not have
// it, and stays there until the client is closed; it is shared, and not to be
// changed. What lies in a folder that is reachable from here is used where it
// is.
func (a *Artifact) LocalCopy(ctx context.Context, options ...LocalCopyOptions) (string, error) {
	o := first(options)
	s, err := a.source()
	if err != nil {
		return "", err
	}
	return a.c.localCopy(ctx, s, a.Type == codec.TypeArchive && !o.KeepArchive || o.Extract, o)
}

func (c *Client) localCopy(ctx context.Context, s source, extract bool, o LocalCopyOptions) (string, error) {
	if o.Dir != "" {
		return c.copyInto(ctx, s, extract, o.Dir)
	}
	if s.local() != "" && !extract {
		return s.local(), c.checkLocal(s)
	}
	e, err := c.cached(ctx, s, o.Refresh)
	if err != nil {
		return "", err
	}
	if !extract {
		c.keep(released{e})
		return e.Path, nil
	}
	defer e.Release()
	tree, err := c.extracted(ctx, s, e)
	if err != nil {
		return "", err
	}
	c.keep(released{tree})
	return tree.Path, nil
}

// checkLocal checks a file that is used where it is.
func (c *Client) checkLocal(s source) error {
	f, err := os.Open(s.local())
	if err != nil {
		return localError("read", s.address, err)
	}
	defer func() { _ = f.Close() }()
	if s.digest == "" {
		return nil
	}
	info, err := f.Stat()
	if err != nil {
		return localError("read", s.address, err)
	}
	got, err := digestOf(f, 0, info.Size())
	if err == nil && got != s.digest {
		err = mismatch(s, fmt.Sprintf("SHA-256 %s was expected, %s came", s.digest, got))
	}
	return err
}

// released lets go of an entry of the cache when the client is closed.
type released struct{ *cache.Entry }

// Close implements io.Closer.
func (r released) Close() error {
	r.Release()
	return nil
}

// key is where the cache keeps what a source names.
func (c *Client) key(ctx context.Context, s *source) (cache.Key, error) {
	k := cache.Key{Digest: s.digest, Name: s.file(), Source: s.label}
	if k.Digest != "" {
		return k, nil
	}
	store, err := c.store(ctx, s.at())
	if err != nil {
		return k, err
	}
	o, err := store.Stat(ctx, s.at())
	if err != nil {
		return k, err
	}
	if o.Size >= 0 {
		s.size = o.Size
	}
	if _, mine := c.conn.mine(s.address); mine && o.SHA256 != "" && s.fetchAt == "" { // this content, whatever comes to its address meanwhile
		s.digest, s.fetchAt = o.SHA256, s.address+"?digest="+o.SHA256
	}
	k.Digest, k.Address, k.Version = o.SHA256, s.at(), o.Version
	if k.Version == "" {
		k.Version = fmt.Sprint(o.Size, o.Modified)
	}
	return k, nil
}

// cached returns the bytes of a source as an entry of the cache.
func (c *Client) cached(ctx context.Context, s source, refresh bool) (*cache.Entry, error) {
	store, err := c.Cache()
	if err != nil {
		return nil, err
	}
	k, err := c.key(ctx, &s)
	if err != nil {
		return nil, err
	}
	if refresh {
		if err := store.Refresh(k); err != nil {
			return nil, localError("refresh", s.name, err)
		}
	}
	e, err := store.File(ctx, k, max(0, s.size), func(ctx context.Context, w io.Writer) error {
		r, err := c.read(ctx, s)
		if err != nil {
			return err
		}
		defer func() { _ = r.Close() }()
		_, err = io.CopyBuffer(struct{ io.Writer }{w}, r, make([]byte, 256<<10))
		return err
	})
	return e, cacheError(s, err)
}

// cacheError gives an error of package cache its kind.
func cacheError(s source, err error) error {
	var known *Error
	var digest *cache.DigestError
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.As(err, &digest):
		return mismatch(s, digest.Error())
	case errors.Is(err, cache.ErrNoRoom):
		return &Error{Kind: KindTooLarge, Op: "read", Object: s.name, Err: err}
	}
	return localError("read", s.name, err)
}

// extracted returns the folder that an archive in the cache becomes.
func (c *Client) extracted(ctx context.Context, s source, e *cache.Entry) (*cache.Entry, error) {
	f, err := os.Open(e.Path)
	if err != nil {
		return nil, localError("read", e.Path, err)
	}
	defer func() { _ = f.Close() }()
	archive, err := codec.OpenArchive(f, e.Size, c.conn.set.Limits)
	if err != nil {
		return nil, codecError("extract", s.name, err)
	}
	size := int64(0)
	for _, m := range archive.Members {
		size += m.Size
	}
	store, err := c.Cache()
	if err != nil {
		return nil, err
	}
	k := cache.Key{Digest: e.Digest, Name: strings.TrimSuffix(s.file(), path.Ext(s.file())), Source: s.label}
	tree, err := store.Tree(ctx, k, size, func(_ context.Context, dir string) error {
		return codecError("extract", s.name, archive.Extract(dir))
	})
	return tree, cacheError(s, err)
}

// copyInto makes a copy in a folder of the caller's.
func (c *Client) copyInto(ctx context.Context, s source, extract bool, dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", localError("write", dir, err)
	}
	r, err := c.read(ctx, s)
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }()
	f, err := os.CreateTemp(dir, ".coffer-*")
	if err != nil {
		return "", localError("write", dir, err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // unless it was renamed
	defer func() { _ = f.Close() }()
	size, err := io.CopyBuffer(struct{ io.Writer }{f}, r, make([]byte, 256<<10))
	if err != nil {
		var known *Error
		if errors.As(err, &known) {
			return "", err
		}
		return "", localError("write", dir, err)
	}
	name := cache.FileName(s.file())
	if extract {
		archive, err := codec.OpenArchive(f, size, c.conn.set.Limits)
		if err != nil {
			return "", codecError("extract", s.name, err)
		}
		target := filepath.Join(dir, strings.TrimSuffix(name, path.Ext(name)))
		return target, codecError("extract", s.name, archive.Extract(target))
	}
	target := filepath.Join(dir, name)
	if err := errors.Join(f.Chmod(0o644), f.Close(), os.Rename(f.Name(), target)); err != nil {
		return "", localError("write", target, err)
	}
	return target, nil
}
