package bucket

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/coffer-ml/coffer/blob"
)

// Uploader takes an object to a store, whole or in parts.
type Uploader interface {
	// Whole stores an object that fits into one part.
	Whole(ctx context.Context, content []byte) error
	// Begin is called before the first part.
	Begin(ctx context.Context) error
	// Part stores one part, numbered from 1 on; several at a time. The content
	// is the caller's again afterwards.
	Part(ctx context.Context, number int, content []byte) error
	// Complete makes the object, which has so many bytes, visible.
	Complete(ctx context.Context, size int64) error
	// Abort leaves nothing of an object that failed after Begin was called.
	Abort(ctx context.Context)
}

const (
	// BuffersEach is how many parts of one upload are in memory: one that is
	// being filled, the others on their way.
	BuffersEach = 3
	// buffersMore is how many buffers beyond their first all uploads of the
	// process share, so that a hundred of them do not take a hundred times as
	// much.
	buffersMore = 16
	// cleaning is how long an upload that failed may take to leave nothing.
	cleaning = 30 * time.Second
)

// PartSize is the size of a part, in bytes. Ten thousand parts are the most that
// S3 takes, so they grow: to 16 GiB with parts of 8 MiB, to 141 GiB with parts
// of 32 MiB, to 641 GiB with parts of 128 MiB.
func PartSize(number int) int {
	switch {
	case number <= 2000:
		return 8 << 20
	case number <= 6000:
		return 32 << 20
	}
	return 128 << 20
}

// maxParts is the most parts that S3 takes.
const maxParts = 10_000

// Upload reads r to its end and hands it to u, in bounded memory. If r fails
// that is the error, and nothing is left.
func Upload(ctx context.Context, r io.Reader, u Uploader) (size int64, err error) {
	b := &buffers{}
	defer b.close()
	first, err := b.fill(ctx, r, PartSize(1))
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	if errors.Is(err, io.EOF) {
		if err := u.Whole(ctx, first); err != nil {
			return 0, err
		}
		pool(first)
		return int64(len(first)), nil
	}
	return inParts(ctx, r, u, b, first)
}

func inParts(ctx context.Context, r io.Reader, u Uploader, b *buffers, first []byte) (size int64, err error) {
	defer func() {
		if err != nil {
			ctx, cancel := Cleaning(ctx)
			defer cancel()
			u.Abort(ctx)
		}
	}()
	if err := u.Begin(ctx); err != nil {
		return 0, err
	}
	sends, sctx := errgroup.WithContext(ctx)
	sends.SetLimit(BuffersEach - 1)
	number, content := 1, first
	var rerr error
	for len(content) > 0 {
		size += int64(len(content))
		// The variables change while this part is on its way.
		n, part := number, content
		sends.Go(func() error {
			defer b.release()
			err := u.Part(sctx, n, part)
			if err == nil {
				// Else a transport that was given up may still be reading it.
				pool(part)
			}
			return err
		})
		if rerr != nil || sctx.Err() != nil {
			break
		}
		if number++; number > maxParts {
			rerr = blob.ErrTooLarge.Errorf("an upload to an object store may have %d bytes; send larger files in parts", size)
			break
		}
		content, rerr = b.fill(sctx, r, PartSize(number))
		if rerr != nil && !errors.Is(rerr, io.EOF) {
			break
		}
	}
	serr := sends.Wait()
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case serr != nil:
		return 0, serr
	case rerr != nil && !errors.Is(rerr, io.EOF):
		return 0, rerr
	}
	return size, u.Complete(ctx, size)
}

// Cleaning is the context of what must be done after a call failed, whatever
// ended it.
func Cleaning(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), cleaning)
}

// more are the buffers that uploads share beyond their first.
var more = make(chan struct{}, buffersMore)

// classes are the sizes of buffers. Most objects are small, and must not take
// the memory of a part.
var classes = []int{64 << 10, 1 << 20, 8 << 20, 32 << 20, 128 << 20}

// pools keep buffers by their size.
var pools = func() map[int]*sync.Pool {
	m := make(map[int]*sync.Pool, len(classes))
	for _, n := range classes {
		m[n] = &sync.Pool{New: func() any { b := make([]byte, n); return &b }}
	}
	return m
}()

func unpool(n int) []byte { return *pools[n].Get().(*[]byte) }

// pool keeps a buffer that nobody reads any longer.
func pool(content []byte) {
	whole := content[:cap(content)]
	if p := pools[len(whole)]; p != nil {
		p.Put(&whole)
	}
}

// buffers are those of one upload.
type buffers struct {
	mu     sync.Mutex
	held   int
	shared int           // of them such that count among more
	freed  chan struct{} // tells that one came back
}

// take waits until the upload may hold one buffer more.
func (b *buffers) take(ctx context.Context) error {
	for {
		b.mu.Lock()
		if b.freed == nil {
			b.freed = make(chan struct{}, BuffersEach)
		}
		if b.held == 0 {
			b.held++
			b.mu.Unlock()
			return nil
		}
		select {
		case more <- struct{}{}:
			b.held++
			b.shared++
			b.mu.Unlock()
			return nil
		default:
		}
		b.mu.Unlock()
		select {
		case <-b.freed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// release counts a buffer as given back.
func (b *buffers) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held--
	if b.shared > 0 {
		b.shared--
		<-more
	}
	select {
	case b.freed <- struct{}{}:
	default:
	}
}

// close gives back what an upload that ended early did not.
func (b *buffers) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ; b.shared > 0; b.shared-- {
		<-more
	}
}

// fill reads a part, in a buffer that grows with what there is. It returns
// io.EOF with the last one, which may be empty, and keeps the reader's own
// error otherwise.
func (b *buffers) fill(ctx context.Context, r io.Reader, size int) ([]byte, error) {
	if err := b.take(ctx); err != nil {
		return nil, err
	}
	var buf []byte
	n := 0
	for _, class := range classes {
		bigger := unpool(class)
		copy(bigger, buf[:n])
		if buf != nil {
			pool(buf)
		}
		for buf = bigger; n < len(buf); {
			if err := ctx.Err(); err != nil {
				b.release()
				return nil, err
			}
			m, err := r.Read(buf[n:])
			n += m
			if err == io.EOF { // a wrapped one is an error of the reader
				return buf[:n], io.EOF
			}
			if err != nil {
				b.release()
				return nil, err
			}
		}
		if class >= size {
			break
		}
	}
	return buf, nil
}
