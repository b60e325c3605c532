package gcs

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/storage"
	"google.golang.org/api/iterator"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/bucket"
)

// Get implements bucket.Client.
func (c *client) Get(ctx context.Context, name string, off, n int64, version string) (b bucket.Body, err error) {
	o := c.handle.Object(name)
	if version != "" {
		generation, err := strconv.ParseInt(version, 10, 64)
		if err != nil {
			return bucket.Body{}, err
		}
		o = o.Generation(generation)
	}
	err = bucket.Retry(ctx, func(int) error {
		r, err := o.NewRangeReader(ctx, off, n)
		if err := c.fail(ctx, "get", name, "storage.objects.get", err); err != nil {
			return err
		}
		b = bucket.Body{ReadCloser: r, Size: r.Remain(), Version: strconv.FormatInt(r.Attrs.Generation, 10)}
		return nil
	})
	if status(err) == http.StatusRequestedRangeNotSatisfiable {
		return bucket.Body{}, bucket.ErrRange
	}
	return b, err
}

// bucketTrust is how long the bucket counts as there after it was.
const bucketTrust = 10 * time.Second

// Stat implements bucket.Client. A missing object and a missing bucket look
// alike, so the bucket is asked as well.
func (c *client) Stat(ctx context.Context, name string) (bucket.Entry, error) {
	attrs, err := c.stat(ctx, name)
	if errors.Is(err, blob.ErrNotFound) {
		if c.now().UnixNano()-c.seen.Load() > int64(bucketTrust) {
			for _, lerr := range c.List(ctx, name, "") {
				if lerr != nil {
					return bucket.Entry{}, lerr
				}
				break
			}
		}
	}
	if err != nil {
		return bucket.Entry{}, err
	}
	return entry(attrs), nil
}

func (c *client) stat(ctx context.Context, name string) (attrs *storage.ObjectAttrs, err error) {
	err = bucket.Retry(ctx, func(int) error {
		attrs, err = c.handle.Object(name).Attrs(ctx)
		return c.fail(ctx, "stat", name, "storage.objects.get", err)
	})
	return attrs, err
}

func entry(a *storage.ObjectAttrs) bucket.Entry {
	return bucket.Entry{Name: a.Name, Size: a.Size, Modified: a.Updated.UTC(), Version: strconv.FormatInt(a.Generation, 10)}
}

// Delete implements bucket.Client.
func (c *client) Delete(ctx context.Context, name string) error {
	err := bucket.Retry(ctx, func(int) error {
		return c.fail(ctx, "delete", name, "storage.objects.delete", c.handle.Object(name).Delete(ctx))
	})
	if errors.Is(err, blob.ErrNotFound) {
		return nil
	}
	return err
}

// List implements bucket.Client. A page that fails is asked for again, from the
// last name on.
func (c *client) List(ctx context.Context, prefix, after string) iter.Seq2[bucket.Entry, error] {
	return func(yield func(bucket.Entry, error) bool) {
		left := false
		err := bucket.Retry(ctx, func(int) error {
			query := &storage.Query{Prefix: prefix, StartOffset: after}
			if err := query.SetAttrSelection([]string{"Name", "Size", "Updated", "Generation"}); err != nil {
				return err
			}
			for it := c.handle.Objects(ctx, query); ; {
				attrs, err := it.Next()
				if errors.Is(err, iterator.Done) {
					return c.fail(ctx, "list", "", "storage.objects.list", ctx.Err())
				}
				if err := c.fail(ctx, "list", "", "storage.objects.list", err); err != nil {
					return err
				}
				if !strings.HasPrefix(attrs.Name, prefix) || attrs.Name <= after {
					continue // the offset itself
				}
				after = attrs.Name
				if left = !yield(entry(attrs), nil); left {
					return nil
				}
			}
		})
		if err != nil && !left {
			yield(bucket.Entry{}, err)
		}
	}
}
