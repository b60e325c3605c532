package preview

import (
	"context"
	"errors"
	"io"
	"sync"
)

// block is how much is read at once. Stores elsewhere answer a request for so
// much as fast as one for less.
const block = 64 << 10

// keptBlocks are those that were read last: formats look at several places in
// turn, such as a directory and a member.
const keptBlocks = 16

// input reads a file for one preview: by blocks, counting, and only until the
// context ends or the bound of what may be read is reached.
type input struct {
	ctx  context.Context
	src  io.ReaderAt
	size int64

	mu     sync.Mutex
	left   int64 // bytes that may still be read
	read   int64
	err    error // of the store or the context: no trait of the file
	blocks []*cached
	spare  int64 // bytes that may still be unpacked
}

type cached struct {
	at   int64
	data []byte
}

func newInput(ctx context.Context, src io.ReaderAt, size int64) *input {
	return &input{ctx: ctx, src: src, size: size, left: maxRead, spare: maxUnpacked}
}

// unbounded lifts the bounds, for a job that reads all.
func (in *input) unbounded() *input {
	in.left, in.spare = 1<<62, 1<<62
	return in
}

// failed returns why reading failed for reasons that are not the file's.
func (in *input) failed() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.err
}

// taken is how many bytes were read.
func (in *input) taken() int64 {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.read
}

// unpack counts n bytes that came out of a compressed stream.
func (in *input) unpack(n int64) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.spare -= n; in.spare < 0 {
		return tooLarge("more than %d MiB unpacked", maxUnpacked>>20)
	}
	return in.ctx.Err()
}

// ReadAt implements io.ReaderAt.
func (in *input) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, malformed("a place before the beginning")
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	n := 0
	for n < len(p) {
		at := off + int64(n)
		if at >= in.size {
			return n, io.EOF
		}
		from := at / block * block
		data, err := in.block(from)
		if int64(len(data)) > at-from {
			n += copy(p[n:], data[at-from:])
			continue
		}
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
		return n, err
	}
	return n, nil
}

// block returns the block that begins at a place.
func (in *input) block(at int64) ([]byte, error) {
	for i, b := range in.blocks {
		if b.at == at {
			copy(in.blocks[1:i+1], in.blocks[:i])
			in.blocks[0] = b
			return b.data, nil
		}
	}
	if err := in.ctx.Err(); err != nil {
		// The deadline of a preview is what a file can bring about; that the
		// caller went away is not.
		if !errors.Is(err, context.DeadlineExceeded) {
			in.err = err
		}
		return nil, err
	}
	size := min(int64(block), in.size-at)
	if size > in.left {
		return nil, tooLarge("more than %d MiB read", maxRead>>20)
	}
	var b *cached
	if len(in.blocks) < keptBlocks {
		b = &cached{data: make([]byte, 0, block)}
		in.blocks = append(in.blocks, b)
	} else {
		b = in.blocks[len(in.blocks)-1]
	}
	b.at, b.data = -1, b.data[:size]
	n, err := in.src.ReadAt(b.data, at)
	in.left, in.read = in.left-int64(n), in.read+int64(n)
	b.data = b.data[:n]
	if int64(n) < size {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if in.ctx.Err() == nil || !errors.Is(in.ctx.Err(), context.DeadlineExceeded) {
			in.err = err
		}
		return nil, err
	}
	b.at = at
	copy(in.blocks[1:], in.blocks[:len(in.blocks)-1])
	in.blocks[0] = b
	return b.data, nil
}

// reader reads a piece from a place on.
func (f piece) from(at int64) *io.SectionReader {
	return io.NewSectionReader(f.ReaderAt, at, max(f.size-at, 0))
}

// head returns the first bytes of a piece, fewer if it has fewer.
func (f piece) head(n int64) ([]byte, error) {
	b := make([]byte, min(n, f.size))
	k, err := f.ReadAt(b, 0)
	if k == len(b) {
		err = nil
	}
	return b[:k], err
}
