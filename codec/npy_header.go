package codec

import (
	"io"
)

// NPYHeader is what stands before the data of an .npy file.
type NPYHeader struct {
	DType DType
	// Shape is as the file says it: its product may be more than the file has,
	// and more than an int64 holds.
	Shape []int
	// Fortran says that the first index runs fastest.
	Fortran bool
	// Offset is where the data begin, in bytes.
	Offset int64
}

// ReadNPYHeader reads the header of an .npy file and stops before the data.
func ReadNPYHeader(r io.Reader) (NPYHeader, error) {
	in := &countingReader{r: r}
	h, err := readNPYHeader(in)
	return NPYHeader{DType: h.dtype, Shape: h.shape, Fortran: h.fortran, Offset: in.n}, err
}

// ReadNPYValues reads the next n elements of an .npy file's data, in the order
// of the file: a slice of the Go type that an NDArray of this DType has, or
// Columns. The caller bounds n: it takes that memory at once.
func ReadNPYValues(r io.Reader, d DType, n int) (any, error) {
	if d.object() {
		return nil, unsafely("an array of Python objects (dtype %s), which only pickle can keep", d)
	}
	if _, err := elements([]int{n}, d.Size, Limits{Bytes: Unlimited}); err != nil {
		return nil, err
	}
	return readValues(r, d, []int{n}, n)
}

// HoldsObjects reports whether elements refer to Python objects, which .npy
// files keep as a pickle.
func (d DType) HoldsObjects() bool { return d.object() }
