package gcs

import (
	"context"
	"errors"
	"fmt"
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

// Get implements bucket.Client. It goes below Google's reader, which takes up a
// body that breaks off without an end to its patience.
func (c *client) Get(ctx context.Context, name string, off, n int64, version string) (b bucket.Body, err error) {
	err = bucket.Retry(ctx, func(int) error {
		call := c.raw.Objects.Get(c.bucket, name).Context(ctx)
		if version != "" {
			generation, err := strconv.ParseInt(version, 10, 64)
			if err != nil {
				return err
			}
			call.Generation(generation)
		}
		switch {
		case n >= 0:
			call.Header().Set("Range", fmt.Sprintf("bytes=%d-%d", off, off+n-1))
		case off > 0:
			call.Header().Set("Range", fmt.Sprintf("bytes=%d-", off))
		}
		answer, err := call.Download()
		if err := c.fail(ctx, "get", name, "storage.objects.get", err); err != nil {
			return err
		}
		b = bucket.Body{
			ReadCloser: answer.Body, Size: answer.ContentLength, Version: answer.Header.Get("X-Goog-Generation"),
			Total: bucket.TotalOf(answer.Header.Get("Content-Range"), answer.ContentLength),
		}
		if ranged := call.Header().Get("Range") != ""; b.Size < 0 || ranged && answer.StatusCode != http.StatusPartialContent {
			_ = answer.Body.Close()
			return fmt.Errorf("gcs: get %s/%s: the store answers with %s and %d bytes, asked for %d from %d on", c.bucket, name, answer.Status, b.Size, n, off)
		}
		return nil
	})
	switch {
	case bucket.Status(err) == http.StatusRequestedRangeNotSatisfiable:
		return bucket.Body{}, bucket.ErrRange
	case errors.Is(err, blob.ErrNotFound):
		if berr := c.there(ctx, name); berr != nil {
			return bucket.Body{}, berr
		}
		return bucket.Body{}, err
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
		if berr := c.there(ctx, name); berr != nil {
			return bucket.Entry{}, berr
		}
	}
	if err != nil {
		return bucket.Entry{}, err
	}
	return entry(attrs), nil
}

// there returns an error if the bucket is not there.
func (c *client) there(ctx context.Context, name string) error {
	if c.now().UnixNano()-c.seen.Load() <= int64(bucketTrust) {
		return nil
	}
	for _, err := range c.List(ctx, name, "") {
		return err
	}
	return nil
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
