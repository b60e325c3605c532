package fileserver

import (
	"io"
	"net/http"
	"os"
	"sync"
)

const (
	// copyChunk is how much of a stream is read and written at a time: net/http
	// would take 32 KiB, and the calls for that cost as much as the bytes.
	copyChunk = 512 << 10
	// aheadChunks is how many of them are read while others are written.
	aheadChunks = 2
)

var copyChunks = sync.Pool{New: func() any { b := make([]byte, copyChunk); return &b }}

// ahead is a response whose body, where it comes from a store that is not a
// local disk, is read in large pieces while the one before is being sent.
type ahead struct{ http.ResponseWriter }

// Unwrap lets http.ResponseController through.
func (a ahead) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// ReadFrom implements io.ReaderFrom, which io.Copy prefers.
func (a ahead) ReadFrom(src io.Reader) (int64, error) {
	if limited, ok := src.(*io.LimitedReader); ok {
		if _, ok := limited.R.(*os.File); ok { // for the kernel
			return io.Copy(a.ResponseWriter, src)
		}
		if limited.N <= copyChunk {
			return io.Copy(struct{ io.Writer }{a.ResponseWriter}, src)
		}
	}
	return copyAhead(a.ResponseWriter, src)
}

// piece is a chunk that was read, and what reading ended with.
type piece struct {
	buffer *[]byte
	n      int
	err    error
}

// copyAhead copies as io.Copy does, with another goroutine that reads. It
// returns when that one has ended, so that src can be closed.
func copyAhead(dst io.Writer, src io.Reader) (sent int64, err error) {
	pieces, stop := make(chan piece, aheadChunks-1), make(chan struct{})
	go func() {
		defer close(pieces)
		for {
			p := piece{buffer: copyChunks.Get().(*[]byte)}
			p.n, p.err = io.ReadFull(src, *p.buffer)
			select {
			case pieces <- p:
			case <-stop:
				copyChunks.Put(p.buffer)
				return
			}
			if p.err != nil {
				return
			}
		}
	}()
	defer func() {
		close(stop)
		for p := range pieces {
			copyChunks.Put(p.buffer)
		}
	}()
	for p := range pieces {
		n, werr := dst.Write((*p.buffer)[:p.n])
		copyChunks.Put(p.buffer)
		sent += int64(n)
		switch {
		case werr != nil:
			return sent, werr
		case p.err == io.EOF || p.err == io.ErrUnexpectedEOF: //nolint:errorlint // of io.ReadFull itself
			return sent, nil
		case p.err != nil:
			return sent, p.err
		}
	}
	return sent, nil
}
