package client

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/coffer-ml/coffer/client/cache"
	"github.com/coffer-ml/coffer/codec"
)

// GetOptions say how an artifact is decoded.
type GetOptions struct {
	Format  codec.Codec  // nil means the one that its record names
	Limits  codec.Limits // zero fields are those of Config.Limits
	Refresh bool         // fetch it anew, also if it is in the cache
}

// Get returns the value of an artifact as a T: what package codec decodes it to,
// such as *codec.NDArray or an arrow.Table, or what codec.As makes of that, such
// as *mat.Dense, []float64, a map, a struct, a string, []byte. The digest is
// checked before anything is decoded. If it is something else the error is
// [ErrType] and names what it is; if reading it would need running code,
// [ErrUnsafe].
//
// Of any artifact, a codec.File is its path, as LocalCopy returns it, and of a
// logged folder a codec.Dir that of the folder.
func Get[T any](ctx context.Context, a *Artifact, options ...GetOptions) (T, error) {
	var none T
	v, err := a.value(ctx, first(options), any(none))
	if err != nil {
		return none, err
	}
	t, err := codec.As[T](v)
	return t, codecError("read an artifact", a.Name, err)
}

// value decodes the artifact; wanted is of the type that is asked for.
func (a *Artifact) value(ctx context.Context, o GetOptions, wanted any) (any, error) {
	switch wanted.(type) {
	case codec.File:
		p, err := a.LocalCopy(ctx, LocalCopyOptions{KeepArchive: true, Refresh: o.Refresh})
		return codec.File(p), err
	case codec.Dir:
		p, err := a.LocalCopy(ctx, LocalCopyOptions{Extract: true, Refresh: o.Refresh})
		return codec.Dir(p), err
	}
	s, err := a.source()
	if err != nil {
		return nil, err
	}
	f, size, err := a.c.checked(ctx, s, o.Refresh)
	if err != nil {
		return nil, err
	}
	record := codec.Record{Name: a.Name, Type: a.Type, ContentType: a.ContentType, File: s.file(), Hash: a.SHA256, DataHash: a.DataHash, Size: size, Preview: a.Preview}
	format := o.Format
	if format == nil {
		format = a.c.conn.set.Codecs.Of(record)
	}
	limits := o.Limits
	if limits == (codec.Limits{}) {
		limits = a.c.conn.set.Limits
	}
	v, err := format.Decode(f, size, record, limits)
	switch v.(type) {
	case *codec.Blob, *codec.Archive: // which read from the file as they are used
		a.c.keep(f)
	default:
		err = errors.Join(err, f.Close())
	}
	return v, codecError("read an artifact", a.Name, err)
}

// opened is a file in the cache, or one that is used where it is.
type opened struct {
	*os.File
	entry *cache.Entry
}

// Close implements io.Closer.
func (o *opened) Close() error {
	err := o.File.Close()
	if o.entry != nil {
		o.entry.Release()
	}
	return err
}

// checked opens the bytes of a source, all of which were checked just now:
// what lies on the disk for long may have changed there.
func (c *Client) checked(ctx context.Context, s source, refresh bool) (*opened, int64, error) {
	if p := s.local(); p != "" {
		f, err := os.Open(p)
		if err != nil {
			return nil, 0, localError("read", s.address, err)
		}
		info, err := f.Stat()
		if err == nil && s.digest != "" {
			var got string
			if got, err = digestOf(f, 0, info.Size()); err == nil && got != s.digest {
				err = mismatch(s, fmt.Sprintf("SHA-256 %s was expected, %s came", s.digest, got))
			}
		}
		if err != nil {
			_ = f.Close()
			return nil, 0, err
		}
		return &opened{File: f}, info.Size(), nil
	}
	for again := false; ; again = true {
		e, err := c.cached(ctx, s, refresh || again)
		if err != nil {
			return nil, 0, err
		}
		f, err := os.Open(e.Path)
		if err != nil {
			e.Release()
			return nil, 0, localError("read", e.Path, err)
		}
		got, err := digestOf(f, 0, e.Size)
		if err == nil && got == e.Digest {
			return &opened{f, e}, e.Size, nil
		}
		_ = f.Close()
		e.Release()
		if again {
			return nil, 0, mismatch(s, fmt.Sprintf("SHA-256 %s was expected, %s lies in the cache", e.Digest, got))
		}
		c.conn.set.Log.WarnContext(ctx, "the cache holds other bytes than it was given; fetching them anew", "path", e.Path)
	}
}

// Read returns the value of an artifact of a task by its name: [Task.Artifact]
// and [Get] in one.
func Read[T any](ctx context.Context, t *Task, name string, which ...Which) (T, error) {
	var none T
	a, err := t.Artifact(ctx, name, which...)
	if err != nil {
		return none, err
	}
	return Get[T](ctx, a)
}
