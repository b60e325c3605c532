package s3

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/bucket"
)

// Get implements bucket.Client.
func (c *client) Get(ctx context.Context, name string, off, n int64, version string) (b bucket.Body, err error) {
	o := minio.GetObjectOptions{}
	if version != "" {
		if err := o.SetMatchETag(version); err != nil {
			return bucket.Body{}, err
		}
	}
	switch {
	case n >= 0:
		err = o.SetRange(off, off+n-1)
	case off > 0:
		err = o.SetRange(off, 0)
	}
	if err != nil {
		return bucket.Body{}, err
	}
	err = bucket.Retry(ctx, func(int) error {
		body, info, header, err := c.core.GetObject(ctx, c.bucket, name, o)
		if err := c.fail(ctx, "get", name, "s3:GetObject", err); err != nil {
			return err
		}
		b = bucket.Body{ReadCloser: body, Size: info.Size, Total: bucket.TotalOf(header.Get("Content-Range"), info.Size), Version: info.ETag}
		if o.Header().Get("Range") != "" && header.Get("Content-Range") == "" {
			_ = body.Close()
			return fmt.Errorf("s3: get %s/%s: the store answers with all of the object where a range was asked for", c.bucket, name)
		}
		return nil
	})
	switch {
	case code(err) == "InvalidRange":
		return bucket.Body{}, bucket.ErrRange
	case errors.Is(err, blob.ErrNotFound):
		return bucket.Body{}, err
	}
	return b, err
}

// bucketTrust is how long the bucket counts as there after it was.
const bucketTrust = 10 * time.Second

// Stat implements bucket.Client. The answer to HEAD has no body that would tell
// a missing object from a missing bucket, so the bucket is asked as well.
func (c *client) Stat(ctx context.Context, name string) (bucket.Entry, error) {
	info, err := c.stat(ctx, name)
	if errors.Is(err, blob.ErrNotFound) && c.now().UnixNano()-c.seen.Load() > int64(bucketTrust) {
		if berr := c.there(ctx, name); berr != nil {
			return bucket.Entry{}, berr
		}
	}
	return entry(info), err
}

func (c *client) stat(ctx context.Context, name string) (info minio.ObjectInfo, err error) {
	err = bucket.Retry(ctx, func(int) error {
		info, err = c.core.StatObject(ctx, c.bucket, name, minio.StatObjectOptions{})
		return c.fail(ctx, "stat", name, "s3:GetObject", err)
	})
	return info, err
}

// there returns an error if the bucket is not there.
func (c *client) there(ctx context.Context, prefix string) error {
	return bucket.Retry(ctx, func(int) error {
		_, err := c.core.ListObjectsV2(c.bucket, prefix, "", "", "", 1)
		return c.fail(ctx, "list", "", "s3:ListBucket", err)
	})
}

func entry(info minio.ObjectInfo) bucket.Entry {
	return bucket.Entry{Name: info.Key, Size: info.Size, Modified: info.LastModified.UTC(), Version: info.ETag}
}

// Delete implements bucket.Client.
func (c *client) Delete(ctx context.Context, name string) error {
	err := bucket.Retry(ctx, func(int) error {
		return c.fail(ctx, "delete", name, "s3:DeleteObject", c.core.RemoveObject(ctx, c.bucket, name, minio.RemoveObjectOptions{}))
	})
	if errors.Is(err, blob.ErrNotFound) {
		return nil // some stores say so
	}
	return err
}

// List implements bucket.Client. A page that fails is asked for again, from the
// last name on.
func (c *client) List(ctx context.Context, prefix, after string) iter.Seq2[bucket.Entry, error] {
	return func(yield func(bucket.Entry, error) bool) {
		left := false
		err := bucket.Retry(ctx, func(int) error {
			for info := range c.core.ListObjectsIter(ctx, c.bucket, minio.ListObjectsOptions{Prefix: prefix, StartAfter: after, Recursive: true}) {
				if err := c.fail(ctx, "list", "", "s3:ListBucket", info.Err); err != nil {
					return err
				}
				if !strings.HasPrefix(info.Key, prefix) || info.Key <= after {
					continue // a store that knows no start-after
				}
				after = info.Key
				if left = !yield(entry(info), nil); left {
					return nil
				}
			}
			return c.fail(ctx, "list", "", "s3:ListBucket", ctx.Err())
		})
		if err != nil && !left {
			yield(bucket.Entry{}, err)
		}
	}
}

// sweep aborts multipart uploads that got no part since the time.
func (c *client) sweep(ctx context.Context, prefix string, before time.Time) (removed int, err error) {
	for up, err := range c.uploads(ctx, prefix) {
		if err != nil {
			return removed, err
		}
		if _, ours := c.running.Load(up.UploadID); ours || !up.Initiated.Before(before) {
			continue
		}
		grown, err := c.grown(ctx, up.Key, up.UploadID)
		if err != nil {
			return removed, err
		}
		if !grown.Before(before) {
			continue
		}
		if err := c.abort(ctx, up.Key, up.UploadID); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}

// uploads yields the multipart uploads under way.
func (c *client) uploads(ctx context.Context, prefix string) iter.Seq2[minio.ObjectMultipartInfo, error] {
	return func(yield func(minio.ObjectMultipartInfo, error) bool) {
		for key, id := "", ""; ; {
			var page minio.ListMultipartUploadsResult
			err := bucket.Retry(ctx, func(int) (err error) {
				page, err = c.core.ListMultipartUploads(ctx, c.bucket, prefix, key, id, "", 1000)
				return c.fail(ctx, "sweep", "", "s3:ListBucketMultipartUploads", err)
			})
			if err != nil {
				yield(minio.ObjectMultipartInfo{}, err)
				return
			}
			for _, up := range page.Uploads {
				if strings.HasPrefix(up.Key, prefix) && !yield(up, nil) {
					return
				}
			}
			if !page.IsTruncated || page.NextKeyMarker == key && page.NextUploadIDMarker == id {
				return
			}
			key, id = page.NextKeyMarker, page.NextUploadIDMarker
		}
	}
}

// grown returns when a multipart upload last got a part, zero if never.
func (c *client) grown(ctx context.Context, name, id string) (last time.Time, err error) {
	for marker := 0; ; {
		var page minio.ListObjectPartsResult
		err := bucket.Retry(ctx, func(int) (err error) {
			page, err = c.core.ListObjectParts(ctx, c.bucket, name, id, marker, 1000)
			return c.fail(ctx, "sweep", name, "s3:ListMultipartUploadParts", err)
		})
		if code(err) == minio.NoSuchUpload {
			return last, nil // it ended meanwhile
		}
		if err != nil {
			return last, err
		}
		for _, p := range page.ObjectParts {
			if p.LastModified.After(last) {
				last = p.LastModified
			}
		}
		if !page.IsTruncated || page.NextPartNumberMarker <= marker {
			return last, nil
		}
		marker = page.NextPartNumberMarker
	}
}

// abort ends a multipart upload; one that is gone is none.
func (c *client) abort(ctx context.Context, name, id string) error {
	err := bucket.Retry(ctx, func(int) error {
		return c.fail(ctx, "abort", name, "s3:AbortMultipartUpload", c.core.AbortMultipartUpload(ctx, c.bucket, name, id))
	})
	if code(err) == minio.NoSuchUpload {
		return nil
	}
	return err
}
