package gcs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"sync"
	"time"

	"cloud.google.com/go/storage"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/bucket"
)

// Put implements bucket.Client.
func (c *client) Put(ctx context.Context, name string, r io.Reader) (int64, error) {
	return bucket.Upload(ctx, r, c.upload(name))
}

// upload is one object on its way. It carries a token, so that an object can be
// told from one that somebody else wrote when an answer was lost. What does not
// fit into one request is a resumable upload, which takes one part after the
// other.
type upload struct {
	*client
	name  string
	token string

	w      *storage.Writer
	cancel context.CancelFunc
	sum    uint32
	trying patience
	turn   *sync.Cond // of next
	next   int        // number of the part that is to be written
	failed error
}

func (c *client) upload(name string) *upload {
	return &upload{client: c, name: name, token: string(blob.NewKey()), turn: sync.NewCond(&sync.Mutex{}), next: 1}
}

// tokenKey is the name of the token in an object's metadata.
const tokenKey = "coffer-write"

// chunk is what one request of a resumable upload carries, which is kept until
// it was acknowledged: fewer of them are fewer waits, since they go one after
// the other.
const chunk = 16 << 20

// anySize is the size of an object that is checked elsewhere.
const anySize = -1

// castagnoli is the checksum that the store compares with what it received.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (u *upload) object() *storage.ObjectHandle {
	return u.handle.Object(u.name).If(storage.Conditions{DoesNotExist: true})
}

func (u *upload) describe(a *storage.ObjectAttrs) {
	a.ContentType = "application/octet-stream"
	a.Metadata = map[string]string{tokenKey: u.token}
}

// Whole implements bucket.Uploader.
func (u *upload) Whole(ctx context.Context, content []byte) error {
	sum := crc32.Checksum(content, castagnoli)
	return u.show(ctx, int64(len(content)), func() error {
		w := u.object().NewWriter(ctx)
		u.describe(&w.ObjectAttrs)
		w.ChunkSize = 0 // one request, without a buffer of its own
		w.CRC32C, w.SendCRC32C = sum, true
		_, err := io.Copy(w, bytes.NewReader(content))
		if err != nil {
			_ = w.Close()
		} else {
			err = w.Close()
		}
		return u.fail(ctx, "put", u.name, "storage.objects.create", err)
	})
}

// show makes the call that makes an object visible.
func (u *upload) show(ctx context.Context, size int64, call func() error) error {
	return bucket.Show(ctx, u.showing(size, call))
}

func (u *upload) showing(size int64, call func() error) bucket.Showing {
	return bucket.Showing{
		Call:  call,
		Taken: func(err error) bool { return bucket.Status(err) == http.StatusPreconditionFailed },
		Ours:  func(ctx context.Context) bool { return u.ours(ctx, size) },
		Drop:  func(ctx context.Context) error { return u.Delete(ctx, u.name) },
	}
}

// ours reports whether the object is there, and of this upload.
func (u *upload) ours(ctx context.Context, size int64) bool {
	attrs, err := u.stat(ctx, u.name)
	return err == nil && (size == anySize || attrs.Size == size) && attrs.Metadata[tokenKey] == u.token
}

// Begin implements bucket.Uploader.
func (u *upload) Begin(ctx context.Context) error {
	ctx, u.cancel = context.WithCancel(ctx)
	// Each chunk is kept until it was acknowledged, and sent again by the library.
	u.trying.now = u.now
	u.w = u.object().Retryer(storage.WithPolicy(storage.RetryAlways), storage.WithErrorFunc(u.trying.again)).NewWriter(ctx)
	u.describe(&u.w.ObjectAttrs)
	u.w.ProgressFunc = u.trying.progress
	u.w.ChunkSize = chunk
	u.w.ChunkRetryDeadline = bucket.Patience
	return nil
}

// patience bounds how long the library tries again without progress, which it
// would do for ever where an upload begins.
type patience struct {
	now   func() time.Time
	mu    sync.Mutex
	since time.Time // of the first failure since the last progress
}

func (p *patience) again(err error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.since.IsZero() {
		p.since = p.now()
	}
	return storage.ShouldRetry(err) && p.now().Sub(p.since) < bucket.Patience
}

func (p *patience) progress(int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.since = time.Time{}
}

// Part implements bucket.Uploader.
func (u *upload) Part(ctx context.Context, number int, content []byte) error {
	u.turn.L.Lock()
	defer u.turn.L.Unlock()
	for u.next != number && u.failed == nil {
		u.turn.Wait()
	}
	if u.failed != nil {
		return u.failed
	}
	defer u.turn.Broadcast()
	u.next++
	u.sum = crc32.Update(u.sum, castagnoli, content)
	_, err := u.w.Write(content)
	u.failed = u.interrupted(ctx, err)
	return u.failed
}

// interrupted is fail for an upload that has begun: when the store no longer
// knows of it, sending all of it anew helps.
func (u *upload) interrupted(ctx context.Context, err error) error {
	err = u.fail(ctx, "put", u.name, "storage.objects.create", err)
	var f *blob.Failure
	if errors.As(err, &f) && (f.Status == http.StatusNotFound || f.Status == http.StatusGone) {
		f.Retry = true
		return f.Fault()
	}
	return err
}

// Complete implements bucket.Uploader.
func (u *upload) Complete(ctx context.Context, size int64) error {
	defer u.cancel()
	err := u.interrupted(ctx, u.w.Close())
	if bucket.Status(err) == http.StatusPreconditionFailed && !u.ours(ctx, size) {
		return blob.ErrExists.Wrap(err, "an object with this key exists")
	}
	if err == nil {
		if a := u.w.Attrs(); a.Size != size || a.CRC32C != u.sum {
			f := &blob.Failure{
				Store: "gcs", Op: "put", Bucket: u.bucket, Name: u.name, Retry: true,
				Cause: fmt.Errorf("the store has %d bytes with the CRC-32C %08x, sent were %d with %08x", a.Size, a.CRC32C, size, u.sum),
			}
			return errors.Join(f.Fault(), u.Delete(ctx, u.name))
		}
		return nil
	}
	return bucket.Settle(ctx, u.showing(size, nil), err) // the library may have tried more than once
}

// Abort implements bucket.Uploader.
func (u *upload) Abort(context.Context) {
	u.cancel()
	_ = u.w.Close() // it fails, since its context has ended
}
