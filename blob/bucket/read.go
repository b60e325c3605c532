package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/coffer-ml/coffer/blob"
)

const (
	// resumes is how often a body that breaks off is taken up again without
	// progress in between.
	resumes = attempts - 1
	// progress is what makes up for a break.
	progress = 1 << 20
)

// reader reads a range of one version of an object.
type reader struct {
	ctx     context.Context
	client  Client
	name    string
	body    io.ReadCloser
	version string
	off     int64 // of the next byte
	left    int64 // bytes
	since   int64 // bytes since the body broke off
	broken  int
}

// Open opens n bytes of an object from off on, to its end if n < 0. ErrRange if
// it ends before.
func Open(ctx context.Context, c Client, name string, off, n int64) (io.ReadCloser, error) {
	r := &reader{ctx: ctx, client: c, name: name, off: off}
	b, err := c.Get(ctx, name, off, n, "")
	if err != nil {
		return nil, err
	}
	r.left = b.Total - off
	if n >= 0 {
		r.left = min(r.left, n)
	}
	if b.Size != r.left {
		_ = b.Close()
		return nil, r.failure(fmt.Errorf("the store answers with %d bytes of %d, asked for %d from %d on", b.Size, b.Total, n, off))
	}
	r.body, r.version = b, b.Version
	return r, nil
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	for {
		n, err := r.body.Read(p[:min(int64(len(p)), r.left)])
		r.off, r.left, r.since = r.off+int64(n), r.left-int64(n), r.since+int64(n)
		if err != nil && r.left > 0 {
			err = r.resume(err)
		}
		if r.left == 0 {
			err = nil // all is here, whatever comes after it
		}
		if n > 0 || err != nil {
			return n, err
		}
		if r.left == 0 {
			return 0, io.EOF
		}
	}
}

// resume goes on where a body broke off.
func (r *reader) resume(cause error) error {
	if r.since >= progress {
		r.broken = 0
	}
	for r.since = 0; ; {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		if r.broken++; r.broken > resumes {
			if errors.Is(cause, io.EOF) {
				cause = io.ErrUnexpectedEOF
			}
			return r.failure(fmt.Errorf("the body broke off before byte %d: %w", r.off, cause))
		}
		if err := pause(r.ctx, r.broken); err != nil {
			return err
		}
		b, err := r.client.Get(r.ctx, r.name, r.off, r.left, r.version)
		if err != nil {
			if !blob.CanRetry(err) {
				return err
			}
			cause = err
			continue
		}
		if b.Version != r.version || b.Size != r.left {
			_ = b.Close()
			return r.failure(fmt.Errorf("the object is another one since: version %s with %d bytes to go, expected %s with %d", b.Version, b.Size, r.version, r.left))
		}
		_ = r.body.Close()
		r.body = b
		return nil
	}
}

func (r *reader) failure(cause error) error {
	store, bucket := r.client.Where()
	f := &blob.Failure{Store: store, Op: "get", Bucket: bucket, Name: r.name, Retry: true, Cause: cause}
	return f.Fault()
}

// Close implements io.Closer.
func (r *reader) Close() error { return r.body.Close() }
