package codec

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

// ArrayInfo is what the header of an array tells.
type ArrayInfo struct {
	// Name of the array in its .npz file, "" in an .npy file.
	Name  string
	DType DType
	Shape []int
	// Fortran says that the file keeps the first index running fastest.
	Fortran bool
}

// ReadArrayInfo reads the headers of an .npy or .npz file alone: one entry for
// each array, in the order of the file. Members of an .npz file that are no
// arrays are left out. Arrays of Python objects are told as well, though they
// cannot be read.
func ReadArrayInfo(r io.ReaderAt, size int64, l Limits) (infos []ArrayInfo, err error) {
	if isNPY(r) {
		h, err := readNPYHeader(io.NewSectionReader(r, 0, size))
		if err != nil {
			return nil, err
		}
		return []ArrayInfo{{"", h.dtype, h.shape, h.fortran}}, nil
	}
	defer rescue("npz", &err)
	z, err := openZip(r, size, l.filled())
	if err != nil {
		return nil, err
	}
	for _, f := range z.File {
		name, ok := strings.CutSuffix(f.Name, ".npy")
		if !ok {
			continue
		}
		h, err := memberHeader(f)
		if err != nil {
			return nil, fmt.Errorf("member %q: %w", f.Name, err)
		}
		infos = append(infos, ArrayInfo{name, h.dtype, h.shape, h.fortran})
	}
	return infos, nil
}

func memberHeader(f *zip.File) (npyHeader, error) {
	m, err := f.Open()
	if err != nil {
		return npyHeader{}, zipError(err)
	}
	defer func() { _ = m.Close() }()
	h, err := readNPYHeader(m)
	return h, zipError(err)
}

func isNPY(r io.ReaderAt) bool {
	magic := make([]byte, len(npyMagic))
	n, _ := r.ReadAt(magic, 0) // what is too short is none
	return string(magic[:n]) == npyMagic
}

// ReadArraySlice reads a part of an array in an .npy or .npz file, in which it
// has the name that ReadArrayInfo tells: the elements from from up to to, which
// is left out, in each dimension. As in NumPy, dimensions that are not given
// are taken whole, and ends beyond the array are moved to its end: the first
// ten rows are from nil to [10].
//
// Limits count for the part. Of an .npy file, and of members that are not
// compressed, no more is read than the part needs; a compressed member is
// expanded up to the end of the part. Its checksum is not looked at.
func ReadArraySlice(r io.ReaderAt, size int64, name string, from, to []int, l Limits) (a *NDArray, err error) {
	l = l.filled()
	defer rescue("npy", &err)
	if isNPY(r) && name == "" {
		return readSlice(newForward(io.NewSectionReader(r, 0, size)), size, from, to, l)
	}
	z, err := openZip(r, size, l)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(z.File, func(f *zip.File) bool { return f.Name == name+".npy" })
	if at < 0 {
		return nil, malformed("no array %q in the file", name)
	}
	f := z.File[at]
	whole, err := expanded(f)
	if err != nil {
		return nil, err
	}
	if f.Method == zip.Store {
		start, err := f.DataOffset()
		if err != nil {
			return nil, zipError(err)
		}
		return readSlice(newForward(io.NewSectionReader(r, start, whole)), whole, from, to, l)
	}
	m, err := f.Open()
	if err != nil {
		return nil, zipError(err)
	}
	defer func() { _ = m.Close() }()
	a, err = readSlice(newForward(m), whole, from, to, l)
	return a, zipError(err)
}

func readSlice(in *forward, size int64, from, to []int, l Limits) (*NDArray, error) {
	h, err := readNPYHeader(in)
	if err != nil {
		return nil, err
	}
	if _, err := h.elements(size-in.at, Limits{Bytes: Unlimited}); err != nil {
		return nil, err
	}
	b := box{in: in, start: in.at, from: make([]int, len(h.shape)), shape: h.shape, item: h.dtype.Size}
	if len(from) > len(h.shape) || len(to) > len(h.shape) {
		return nil, mistyped("a slice of %d dimensions of an array of shape %s", max(len(from), len(to)), shapeText(h.shape))
	}
	b.part = slices.Clone(h.shape)
	for i, n := range h.shape {
		end := n
		if i < len(from) {
			b.from[i] = min(max(from[i], 0), n)
		}
		if i < len(to) {
			end = min(max(to[i], b.from[i]), n)
		}
		b.part[i] = end - b.from[i]
	}
	part := b.part
	n, err := elements(part, h.dtype.Size, l)
	if err != nil {
		return nil, err
	}
	if err := l.bytes(footprint(h.dtype, int64(n))); err != nil {
		return nil, err
	}
	if h.fortran { // the first dimension runs fastest: the same walk, turned round
		b.from, b.shape, b.part = reversed(b.from), reversed(b.shape), reversed(b.part)
	}
	b.begin()
	return readArray(&b, h.dtype, part, n, h.fortran)
}

func reversed(s []int) []int {
	out := slices.Clone(s)
	slices.Reverse(out)
	return out
}

// box reads the bytes of a part of an array: runs that lie together, one after
// the other.
type box struct {
	in    *forward
	start int64 // of the data
	item  int   // bytes of an element

	from, shape, part []int

	outer []int // the index of the run in the dimensions outside of it
	run   int64 // its bytes
	left  int64 // of the run in hand
	done  bool
}

// begin finds the dimensions that make a run: the last one that is cut, and
// those after it, which are whole.
func (b *box) begin() {
	inner := len(b.shape)
	b.run = int64(b.item)
	for inner > 0 {
		inner--
		b.run *= int64(b.part[inner])
		if b.part[inner] != b.shape[inner] {
			break
		}
	}
	b.outer = make([]int, inner)
	b.done = product(b.part) == 0 || b.item == 0
	b.left = b.run
}

// at is where the run in hand begins in the file.
func (b *box) at() int64 {
	n := int64(0)
	for i, whole := range b.shape {
		index := b.from[i]
		if i < len(b.outer) {
			index += b.outer[i]
		}
		n = n*int64(whole) + int64(index)
	}
	return b.start + n*int64(b.item)
}

// Read implements io.Reader.
func (b *box) Read(p []byte) (int, error) {
	if b.done {
		return 0, io.EOF
	}
	if b.left == b.run {
		if err := b.in.skip(b.at()); err != nil {
			return 0, err
		}
	}
	n, err := b.in.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if b.left > 0 {
		return n, err
	}
	b.left = b.run
	for i := len(b.outer) - 1; i >= 0; i-- {
		if b.outer[i]++; b.outer[i] < b.part[i] {
			return n, nil
		}
		b.outer[i] = 0
	}
	b.done = true
	return n, nil
}

// forward reads a file or a stream and passes over what nobody asks for.
type forward struct {
	r   io.Reader
	buf *bufio.Reader
	at  int64
}

// forwardBytes is read ahead; gaps that are not longer are read over.
const forwardBytes = 1 << 16

func newForward(r io.Reader) *forward {
	return &forward{r: r, buf: bufio.NewReaderSize(r, forwardBytes)}
}

// Read implements io.Reader.
func (f *forward) Read(p []byte) (int, error) {
	n, err := f.buf.Read(p)
	f.at += int64(n)
	return n, err
}

// skip moves on to a place that is not before this one.
func (f *forward) skip(to int64) error {
	gap := to - f.at
	f.at = to
	if s, ok := f.r.(io.Seeker); ok && gap > forwardBytes {
		if _, err := s.Seek(to, io.SeekStart); err != nil {
			return err
		}
		f.buf.Reset(f.r)
		return nil
	}
	_, err := io.CopyN(io.Discard, f.buf, gap)
	return err
}
