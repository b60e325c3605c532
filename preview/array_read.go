package preview

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/coffer-ml/coffer/codec"
)

const (
	// wholeArray is up to which size, in bytes, an array is read whole; of a
	// larger one samples are.
	wholeArray = 16 << 20
	// sampledParts and partBytes are how much is read of a larger one.
	sampledParts = 64
	partBytes    = 64 << 10
	// maxAxes is NumPy's own limit.
	maxAxes = 64
)

// nd is an array in a file.
type nd struct {
	piece
	codec.NPYHeader
	strides []int64 // in elements
	count   int64
	whole   bool // it is in memory
}

// openArray reads the header. An array that is not all there is an error, and
// its header is returned all the same.
func openArray(f piece) (*nd, error) {
	h, err := codec.ReadNPYHeader(f.from(0))
	a := &nd{piece: f, NPYHeader: h}
	if err != nil {
		return a, err
	}
	if len(h.Shape) > maxAxes {
		return a, malformed("an array of %d axes", len(h.Shape))
	}
	if h.DType.HoldsObjects() {
		return a, fmt.Errorf("%w: it holds Python objects, which only a pickle can keep", codec.ErrUnsafe)
	}
	a.count = 1
	for _, n := range h.Shape {
		if n > 0 && a.count > (1<<62)/int64(n)/int64(max(h.DType.Size, 1)) {
			return a, tooLarge("an array of shape %s", shapeText(h.Shape))
		}
		a.count *= int64(n)
	}
	if need, have := a.count*int64(h.DType.Size), f.size-h.Offset; need > have {
		return a, malformed("an array of shape %s and type %s needs %d bytes, the file has %d", shapeText(h.Shape), h.DType, need, have)
	}
	if h.DType.Size > wholeArray || h.DType.Size == 0 && a.count > wholeArray {
		return a, tooLarge("elements of %d bytes", h.DType.Size)
	}
	a.strides = make([]int64, len(h.Shape))
	step := int64(1)
	for i := range h.Shape {
		axis := len(h.Shape) - 1 - i
		if h.Fortran {
			axis = i
		}
		a.strides[axis] = step
		step *= int64(h.Shape[axis])
	}
	return a, nil
}

// load takes a small array into memory, so that it is read once.
func (a *nd) load() error {
	size := a.count * int64(a.DType.Size)
	if size > wholeArray {
		return nil
	}
	b := make([]byte, size)
	if n, err := a.ReadAt(b, a.Offset); n < len(b) {
		return err
	}
	a.piece = piece{name: a.name, size: size, ReaderAt: bytes.NewReader(b)}
	a.Offset, a.whole = 0, true
	return nil
}

// values reads n elements that follow each other in the file.
func (a *nd) values(at int64, n int) (any, error) {
	size := int64(a.DType.Size)
	return codec.ReadNPYValues(io.NewSectionReader(a.ReaderAt, a.Offset+at*size, int64(n)*size), a.DType, n)
}

func (a *nd) numbers(at int64, n int) ([]float64, error) {
	v, err := a.values(at, n)
	if err != nil {
		return nil, err
	}
	return floats(v), nil
}

// stats looks at all elements, or at parts of a large array.
func (a *nd) stats() (*Stats, error) {
	var s spread
	part := int64(max(partBytes/max(a.DType.Size, 1), 1))
	step := part
	end := a.count
	if !a.whole {
		if _, compressed := a.ReaderAt.(*stream); compressed {
			end = min(end, wholeArray/int64(a.DType.Size)) // only its beginning is near
		}
		step = max(part, end/sampledParts)
	}
	for at := int64(0); at < end; at += step {
		values, err := a.numbers(at, int(min(part, end-at)))
		if err != nil {
			return nil, err
		}
		for _, x := range values {
			s.add(x)
		}
	}
	return s.stats(a.count), nil
}

func numeric(d codec.DType) bool { return strings.IndexByte("biufc", d.Kind) >= 0 }
