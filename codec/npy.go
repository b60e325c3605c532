package codec

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The .npy format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
const npyMagic = "\x93NUMPY"

// npyHeaderLimit is the most that is taken for a header. NumPy itself takes
// 10,000 bytes; version 2 exists for structured types with many long names.
const npyHeaderLimit = 1 << 20

// npyHeader is what stands before the data.
type npyHeader struct {
	dtype   DType
	shape   []int
	fortran bool
}

// readNPYHeader reads magic, version and header and stops before the data.
func readNPYHeader(r io.Reader) (npyHeader, error) {
	var h npyHeader
	head := make([]byte, len(npyMagic)+2)
	if _, err := io.ReadFull(r, head); err != nil {
		return h, short(err, "the header of an .npy file")
	}
	if string(head[:len(npyMagic)]) != npyMagic {
		return h, malformed("no .npy file: it begins with %q", head)
	}
	major := head[len(npyMagic)]
	width := 4
	switch major {
	case 1:
		width = 2
	case 2, 3:
	default:
		return h, malformed("version %d of .npy", major)
	}
	var length [4]byte
	if _, err := io.ReadFull(r, length[:width]); err != nil {
		return h, short(err, "the header of an .npy file")
	}
	n := binary.LittleEndian.Uint32(length[:])
	if n > npyHeaderLimit {
		return h, tooLarge("an .npy header of %d bytes, of at most %d", n, npyHeaderLimit)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return h, short(err, "the header of an .npy file")
	}
	if major < 3 {
		text = []byte(latin1(text))
	}
	return h, h.parse(string(text))
}

func (h *npyHeader) parse(text string) error {
	v, err := parseLiteral(text)
	if err != nil {
		return err
	}
	dict, ok := v.(map[string]any)
	if !ok || len(dict) != 3 {
		return malformed("an .npy header is a dict of descr, fortran_order and shape")
	}
	if h.dtype, err = descrOf(dict["descr"]); err != nil {
		return err
	}
	if h.fortran, ok = dict["fortran_order"].(bool); !ok {
		return malformed("fortran_order is no bool")
	}
	if _, ok := dict["shape"].(tuple); !ok {
		return malformed("a shape is a tuple")
	}
	h.shape, err = shapeOf(dict["shape"])
	return err
}

// latin1 turns bytes that are code points into a text.
func latin1(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		s.WriteRune(rune(c))
	}
	return s.String()
}

// short says which part was cut off; other errors of the reader stay.
func short(err error, what string) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF { //nolint:errorlint // io.ReadFull returns them unwrapped
		return malformed("%s is cut off", what)
	}
	return fmt.Errorf("read %s: %w", what, err)
}

// readNPY reads one .npy file of size bytes.
func readNPY(r io.Reader, size int64, l Limits) (*NDArray, error) {
	count := &countingReader{r: r}
	h, err := readNPYHeader(count)
	if err != nil {
		return nil, err
	}
	n, err := h.elements(size-count.n, l)
	if err != nil {
		return nil, err
	}
	if err := l.bytes(footprint(h.dtype, int64(n))); err != nil {
		return nil, err
	}
	return readArray(r, h.dtype, h.shape, n, h.fortran)
}

// elements counts the elements, for which have bytes follow the header.
func (h *npyHeader) elements(have int64, l Limits) (int, error) {
	if h.dtype.object() {
		return 0, unsafely("an array of Python objects (dtype %s), which only pickle can keep", h.dtype)
	}
	n, err := elements(h.shape, h.dtype.Size, l)
	if err != nil {
		return 0, err
	}
	if need := int64(n) * int64(h.dtype.Size); need > have {
		return 0, malformed("an array of shape %s and type %s needs %d bytes, the file has %d", shapeText(h.shape), h.dtype, need, have)
	}
	return n, nil
}

// footprint estimates what n elements take once decoded: texts have a header of
// 16 bytes each, byte strings one of 24.
func footprint(d DType, n int64) int64 {
	size := int64(d.Size)
	for _, f := range d.Fields {
		size += footprint(f.Type, int64(f.count()))
	}
	switch d.Kind {
	case 'U':
		size += 16
	case 'S', 'V':
		size += 24
	}
	return n * max(size, 1)
}

func readArray(r io.Reader, d DType, shape []int, n int, fortran bool) (*NDArray, error) {
	data, err := readValues(r, d, shape, n)
	if err != nil {
		return nil, err
	}
	a := &NDArray{DType: d, Shape: shape, Fortran: fortran && len(shape) > 1, Data: data}
	if a.Fortran {
		if columns, ok := data.(Columns); ok {
			for _, c := range columns {
				c.Data = permute(c.Data, shape, toC, product(c.Shape[len(shape):]))
			}
		} else {
			a.Data = permute(data, shape, toC, 1)
		}
	}
	return a, nil
}

type countingReader struct {
	r io.Reader
	n int64
}

// Read implements io.Reader.
func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// growthDigits is how many digits NumPy leaves room for where a file may be
// appended to, so that its header can be rewritten in place.
const growthDigits = 21

// writeNPY writes a as NumPy does, its data aligned to 64 bytes.
func writeNPY(w io.Writer, a *NDArray) error {
	if err := a.valid(); err != nil {
		return err
	}
	if a.DType.object() {
		return mistyped("an array of Python objects (dtype %s)", a.DType)
	}
	order := "False"
	if a.Fortran {
		order = "True"
	}
	text := fmt.Sprintf("{'descr': %s, 'fortran_order': %s, 'shape': %s, }", quotedDescr(a.DType), order, shapeText(a.Shape))
	if len(a.Shape) > 0 {
		grows := a.Shape[0]
		if a.Fortran {
			grows = a.Shape[len(a.Shape)-1]
		}
		text += strings.Repeat(" ", growthDigits-len(strconv.Itoa(grows)))
	}
	head := []byte(npyMagic)
	wide, plain := false, isLatin1(text)
	if plain {
		text = encodeLatin1(text)
	}
	length := func(prefix int) int {
		return (prefix+len(text)+1+63)/64*64 - prefix
	}
	n := length(len(head) + 4)
	if n > 65535 || !plain {
		wide = true
		n = length(len(head) + 6)
	}
	switch {
	case !plain:
		head = append(head, 3, 0)
	case wide:
		head = append(head, 2, 0)
	default:
		head = append(head, 1, 0)
	}
	if wide {
		head = binary.LittleEndian.AppendUint32(head, uint32(n))
	} else {
		head = binary.LittleEndian.AppendUint16(head, uint16(n))
	}
	head = append(head, text...)
	head = append(head, bytes.Repeat([]byte{' '}, n-len(text)-1)...)
	head = append(head, '\n')
	if _, err := w.Write(head); err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<16)
	if err := writeArray(out, a); err != nil {
		return err
	}
	return out.Flush()
}

func writeArray(w io.Writer, a *NDArray) error {
	data := a.Data
	if a.Fortran && len(a.Shape) > 1 {
		if columns, ok := data.(Columns); ok {
			turned := make(Columns, len(columns))
			for i, c := range columns {
				turned[i] = &NDArray{DType: c.DType, Shape: c.Shape, Data: permute(c.Data, a.Shape, toFortran, product(c.Shape[len(a.Shape):]))}
			}
			data = turned
		} else {
			data = permute(data, a.Shape, toFortran, 1)
		}
	}
	return writeValues(w, a.DType, a.Len(), data)
}

func quotedDescr(d DType) string {
	if len(d.Fields) > 0 {
		return d.descr()
	}
	return "'" + d.descr() + "'"
}

func isLatin1(s string) bool {
	for _, r := range s {
		if r > 255 {
			return false
		}
	}
	return true
}

func encodeLatin1(s string) string {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		out = append(out, byte(r))
	}
	return string(out)
}

// valid refuses an array whose parts do not fit each other.
func (a *NDArray) valid() error {
	if a == nil {
		return mistyped("a nil array")
	}
	n, err := elements(a.Shape, a.DType.Size, Limits{Bytes: Unlimited})
	if err != nil {
		return err
	}
	columns, structured := a.Data.(Columns)
	if !structured {
		if has := length(a.Data); has != n {
			return mistyped("%d values of %T in an array of shape %s", has, a.Data, shapeText(a.Shape))
		}
		if of := dtypeOf(a.Data); of.Kind != a.DType.Kind && (of.Kind != 'S' || a.DType.Kind != 'V') || (of.Size != a.DType.Size && of.Kind != 'U' && of.Kind != 'S') {
			return mistyped("an array of %s with %T", a.DType, a.Data)
		}
		return nil
	}
	if len(columns) != len(a.DType.Fields) {
		return mistyped("%d columns for %d fields", len(columns), len(a.DType.Fields))
	}
	for i, c := range columns {
		f := a.DType.Fields[i]
		if c == nil || c.Len() != n*f.count() || c.DType.descr() != f.Type.descr() {
			return mistyped("the column of field %q does not fit", f.Name)
		}
		if err := c.valid(); err != nil {
			return fmt.Errorf("field %q: %w", f.Name, err)
		}
	}
	return nil
}

// WriteNPY writes an array as a plain .npy file, as numpy.save does.
func WriteNPY(w io.Writer, a *NDArray) error { return writeNPY(w, a) }
