package blob

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"sync"
)

// Object is what Put stored.
type Object struct {
	Key    Key
	Digest Digest
	Size   int64 // bytes
}

// PutOptions says what the bytes must be. The zero value promises nothing.
type PutOptions struct {
	// Key is a fresh key of NewKey, for those who must know it before the
	// object is there; "" draws one.
	Key     Key
	MaxSize int64  // most bytes to take; 0 means no limit
	Size    *int64 // promised length
	Digest  Digest // promised digest
}

// chunk is the buffer between reading, hashing and writing. Readers of
// multipart bodies hand out about 4 KiB at a time, which would cost a system
// call each; beyond 1 MiB nothing is gained.
const chunk = 1 << 20

var chunks = sync.Pool{New: func() any { b := make([]byte, chunk); return &b }}

// Put is the only way in: it stores the bytes of r under a new key. They are
// hashed once, while they stream by, in bounded memory. If length or digest
// differ from the promise, r fails or ctx ends, nothing is stored.
func Put(ctx context.Context, s Store, r io.Reader, o PutOptions) (Object, error) {
	in := newVerifier(r, o)
	defer in.close()
	key := o.Key
	if key == "" {
		key = NewKey()
	}
	size, err := s.Put(ctx, key, in)
	if err != nil {
		return Object{}, stored(err)
	}
	if err := in.took(size); err != nil {
		_ = s.Delete(context.WithoutCancel(ctx), key)
		return Object{}, err
	}
	return Object{Key: key, Digest: in.digest, Size: in.size}, nil
}

// stored says what was being done when a store failed.
func stored(err error) error { return fmt.Errorf("store bytes: %w", err) }

// verifier hashes what it reads and returns an error in place of io.EOF when
// the bytes are not what was promised, so that a driver never makes them
// visible. Hashing runs beside reading and writing: a chunk is hashed while
// the driver writes it and the next one is read.
type verifier struct {
	r    io.Reader
	o    PutOptions
	hash hash.Hash

	current  []byte // the rest of the chunk that was handed out last
	buffers  [2]*[]byte
	turn     int
	hashed   chan struct{} // closed when the running hash step is done
	size     int64
	ended    error // what the reader ended with
	verified bool
	digest   Digest
}

func newVerifier(r io.Reader, o PutOptions) *verifier {
	return &verifier{r: r, o: o, hash: sha256.New()}
}

// took refuses a driver that stopped before the end: its bytes were never
// checked.
func (v *verifier) took(size int64) error {
	if size != v.size || !v.verified {
		return stored(fmt.Errorf("the driver took %d of %d bytes", size, v.size))
	}
	return nil
}

// Read implements io.Reader.
func (v *verifier) Read(p []byte) (int, error) {
	if len(v.current) == 0 {
		if err := v.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, v.current)
	v.current = v.current[n:]
	return n, nil
}

// WriteTo implements io.WriterTo, which spares io.Copy its own buffer.
func (v *verifier) WriteTo(w io.Writer) (int64, error) {
	var total int64
	for {
		if len(v.current) == 0 {
			err := v.fill()
			if err == io.EOF { //nolint:errorlint // our own sentinel, never wrapped
				return total, nil
			}
			if err != nil {
				return total, err
			}
		}
		n, err := w.Write(v.current)
		total += int64(n)
		v.current = v.current[n:]
		if err != nil {
			return total, err
		}
	}
}

// fill reads the next chunk and starts hashing it.
func (v *verifier) fill() error {
	if v.ended != nil {
		return v.finish()
	}
	if v.buffers[v.turn] == nil {
		v.buffers[v.turn] = chunks.Get().(*[]byte)
	}
	buf := *v.buffers[v.turn]
	n, err := readFull(v.r, buf)
	v.size += int64(n)
	v.ended = err
	if v.o.MaxSize > 0 && v.size > v.o.MaxSize {
		v.ended = ErrTooLarge.Errorf("the content is larger than the limit of %d bytes", v.o.MaxSize)
		return v.finish()
	}
	if n == 0 {
		return v.finish()
	}
	v.current = buf[:n]
	v.turn = 1 - v.turn
	v.wait()
	if n < smallChunk {
		_, _ = v.hash.Write(buf[:n])
		return nil
	}
	done := make(chan struct{})
	v.hashed = done
	go func() {
		defer close(done)
		_, _ = v.hash.Write(buf[:n])
	}()
	return nil
}

// readFull fills buf and returns the reader's own error. io.ReadFull would tell
// the end of the bytes by io.ErrUnexpectedEOF, as bodies tell that they broke
// off.
func readFull(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var m int
		m, err = r.Read(buf[n:])
		n += m
	}
	return n, err
}

// smallChunk is below what is worth handing to another goroutine.
const smallChunk = 64 << 10

// wait ends the hash step that may be running.
func (v *verifier) wait() {
	if v.hashed != nil {
		<-v.hashed
		v.hashed = nil
	}
}

// finish checks the whole and returns io.EOF only if it is what was promised.
func (v *verifier) finish() error {
	v.wait()
	if v.ended != io.EOF { //nolint:errorlint // a wrapped EOF is an error of the reader
		return v.ended
	}
	var sum [sha256.Size]byte
	v.digest = DigestOf([sha256.Size]byte(v.hash.Sum(sum[:0])))
	if v.o.Size != nil && *v.o.Size != v.size {
		return ErrLength.Errorf("expected %d bytes, received %d", *v.o.Size, v.size)
	}
	if v.o.Digest != "" && v.o.Digest != v.digest {
		return ErrMismatch.Errorf("expected the SHA-256 %s, received %s", v.o.Digest, v.digest)
	}
	v.verified = true
	return io.EOF
}

func (v *verifier) close() {
	v.wait()
	for _, b := range v.buffers {
		if b != nil {
			chunks.Put(b)
		}
	}
}
