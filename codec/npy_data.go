package codec

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// number lists the element types whose bytes in memory are those of the file,
// up to their order.
type number interface {
	~bool | ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64 |
		~float32 | ~float64 | ~complex64 | ~complex128 | ~[16]byte | ~[2]LongDouble
}

// raw returns the memory of s. The element types hold no pointer.
func raw[T number](s []T) []byte {
	if len(s) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), len(s)*int(unsafe.Sizeof(s[0])))
}

// bigHost is the byte order of this machine.
var bigHost = binary.NativeEndian.Uint16([]byte{0, 1}) == 1

// swap turns the byte order of each part of width bytes.
func swap(b []byte, width int) {
	for ; len(b) >= width; b = b[width:] {
		for i, j := 0, width-1; i < j; i, j = i+1, j-1 {
			b[i], b[j] = b[j], b[i]
		}
	}
}

// width of the parts whose byte order counts: a complex number has two.
func (d DType) width() int {
	if d.Kind == 'c' {
		return d.Size / 2
	}
	return d.Size
}

// swapped reports whether the file's order is not this machine's. LongDouble
// keeps its little-endian bytes everywhere.
func (d DType) swapped() bool {
	if d.width() == 16 {
		return d.BigEndian
	}
	return d.BigEndian != bigHost
}

func readNumbers[T number](r io.Reader, d DType, n int) (any, error) {
	out := make([]T, n)
	b := raw(out)
	if d.Kind == 'b' { // any other byte than 0 and 1 in a bool is undefined behaviour
		if _, err := io.ReadFull(r, b); err != nil {
			return nil, short(err, "the data of an array")
		}
		for i, v := range b {
			if v > 1 {
				b[i] = 1
			}
		}
		return out, nil
	}
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, short(err, "the data of an array")
	}
	if w := d.width(); w > 1 && d.swapped() {
		swap(b, w)
	}
	return out, nil
}

func writeNumbers[T number](w io.Writer, d DType, in []T) error {
	b := raw(in)
	if width := d.width(); width > 1 && d.swapped() {
		b = bytes.Clone(b)
		swap(b, width)
	}
	_, err := w.Write(b)
	return err
}

// readValues reads n elements in the order of the file.
func readValues(r io.Reader, d DType, shape []int, n int) (any, error) {
	if len(d.Fields) > 0 {
		return readColumns(r, d, shape, n)
	}
	switch d.Kind {
	case 'b':
		return readNumbers[bool](r, d, n)
	case 'i':
		switch d.Size {
		case 1:
			return readNumbers[int8](r, d, n)
		case 2:
			return readNumbers[int16](r, d, n)
		case 4:
			return readNumbers[int32](r, d, n)
		case 8:
			return readNumbers[int64](r, d, n)
		}
	case 'u':
		switch d.Size {
		case 1:
			return readNumbers[uint8](r, d, n)
		case 2:
			return readNumbers[uint16](r, d, n)
		case 4:
			return readNumbers[uint32](r, d, n)
		case 8:
			return readNumbers[uint64](r, d, n)
		}
	case 'f':
		switch d.Size {
		case 2:
			return readNumbers[Float16](r, d, n)
		case 4:
			return readNumbers[float32](r, d, n)
		case 8:
			return readNumbers[float64](r, d, n)
		case 16:
			return readNumbers[LongDouble](r, d, n)
		}
	case 'c':
		switch d.Size {
		case 8:
			return readNumbers[complex64](r, d, n)
		case 16:
			return readNumbers[complex128](r, d, n)
		case 32:
			return readNumbers[ComplexLongDouble](r, d, n)
		}
	case 'M':
		return readNumbers[Datetime64](r, d, n)
	case 'm':
		return readNumbers[Timedelta64](r, d, n)
	case 'S', 'V', 'U':
		return readStrings(r, d, n)
	}
	return nil, mistyped("an array of %s", d)
}

func readStrings(r io.Reader, d DType, n int) (any, error) {
	item := make([]byte, d.Size)
	next := func() error {
		if _, err := io.ReadFull(r, item); err != nil {
			return short(err, "the data of an array")
		}
		return nil
	}
	if d.Kind == 'U' {
		out := make([]string, n)
		var order binary.ByteOrder = binary.LittleEndian
		if d.BigEndian {
			order = binary.BigEndian
		}
		var b strings.Builder
		for i := range out {
			if err := next(); err != nil {
				return nil, err
			}
			b.Reset()
			for j := 0; j < len(item); j += 4 {
				b.WriteRune(rune(order.Uint32(item[j:])))
			}
			out[i] = strings.TrimRight(b.String(), "\x00")
		}
		return out, nil
	}
	out := make([][]byte, n)
	for i := range out {
		if err := next(); err != nil {
			return nil, err
		}
		out[i] = bytes.Clone(item)
		if d.Kind == 'S' {
			out[i] = bytes.TrimRight(out[i], "\x00")
		}
		if out[i] == nil {
			out[i] = []byte{}
		}
	}
	return out, nil
}

// readColumns takes a structured array apart.
func readColumns(r io.Reader, d DType, shape []int, n int) (any, error) {
	whole := make([]byte, n*d.Size)
	if _, err := io.ReadFull(r, whole); err != nil {
		return nil, short(err, "the data of an array")
	}
	columns := make(Columns, len(d.Fields))
	for i, f := range d.Fields {
		size := f.Type.Size * f.count()
		part := make([]byte, 0, n*size)
		for j := range n {
			at := j*d.Size + f.Offset
			part = append(part, whole[at:at+size]...)
		}
		shape := append(append([]int(nil), shape...), f.Shape...)
		data, err := readValues(bytes.NewReader(part), f.Type, shape, n*f.count())
		if err != nil {
			return nil, err
		}
		columns[i] = &NDArray{DType: f.Type, Shape: shape, Data: data}
	}
	return columns, nil
}

// writeValues writes n elements in the order they have.
func writeValues(w io.Writer, d DType, n int, data any) error {
	switch v := data.(type) {
	case []bool:
		return writeNumbers(w, d, v)
	case []int8:
		return writeNumbers(w, d, v)
	case []int16:
		return writeNumbers(w, d, v)
	case []int32:
		return writeNumbers(w, d, v)
	case []int64:
		return writeNumbers(w, d, v)
	case []uint8:
		return writeNumbers(w, d, v)
	case []uint16:
		return writeNumbers(w, d, v)
	case []uint32:
		return writeNumbers(w, d, v)
	case []uint64:
		return writeNumbers(w, d, v)
	case []Float16:
		return writeNumbers(w, d, v)
	case []float32:
		return writeNumbers(w, d, v)
	case []float64:
		return writeNumbers(w, d, v)
	case []LongDouble:
		return writeNumbers(w, d, v)
	case []complex64:
		return writeNumbers(w, d, v)
	case []complex128:
		return writeNumbers(w, d, v)
	case []ComplexLongDouble:
		return writeNumbers(w, d, v)
	case []Datetime64:
		return writeNumbers(w, d, v)
	case []Timedelta64:
		return writeNumbers(w, d, v)
	case []string:
		return writeTexts(w, d, v)
	case [][]byte:
		item := make([]byte, d.Size)
		for _, s := range v {
			if len(s) > len(item) {
				return mistyped("%d bytes in an array of %s", len(s), d)
			}
			clear(item[copy(item, s):])
			if _, err := w.Write(item); err != nil {
				return err
			}
		}
		return nil
	case Columns:
		return writeColumns(w, d, n, v)
	}
	return mistyped("an array of %T", data)
}

func writeTexts(w io.Writer, d DType, in []string) error {
	var order binary.ByteOrder = binary.LittleEndian
	if d.BigEndian {
		order = binary.BigEndian
	}
	item := make([]byte, d.Size)
	for _, s := range in {
		if 4*utf8.RuneCountInString(s) > len(item) {
			return mistyped("%d characters in an array of %s", utf8.RuneCountInString(s), d)
		}
		at := 0
		for _, c := range s {
			order.PutUint32(item[at:], uint32(c))
			at += 4
		}
		clear(item[at:])
		if _, err := w.Write(item); err != nil {
			return err
		}
	}
	return nil
}

func writeColumns(w io.Writer, d DType, n int, columns Columns) error {
	whole := make([]byte, n*d.Size)
	for i, f := range d.Fields {
		var part bytes.Buffer
		if err := writeValues(&part, f.Type, n*f.count(), columns[i].Data); err != nil {
			return err
		}
		size := f.Type.Size * f.count()
		for j := range n {
			copy(whole[j*d.Size+f.Offset:], part.Next(size))
		}
	}
	_, err := w.Write(whole)
	return err
}

// length returns how many values data has, -1 when it is of no known type.
func length(data any) int {
	switch v := data.(type) {
	case []bool:
		return len(v)
	case []int8:
		return len(v)
	case []int16:
		return len(v)
	case []int32:
		return len(v)
	case []int64:
		return len(v)
	case []uint8:
		return len(v)
	case []uint16:
		return len(v)
	case []uint32:
		return len(v)
	case []uint64:
		return len(v)
	case []Float16:
		return len(v)
	case []float32:
		return len(v)
	case []float64:
		return len(v)
	case []LongDouble:
		return len(v)
	case []complex64:
		return len(v)
	case []complex128:
		return len(v)
	case []ComplexLongDouble:
		return len(v)
	case []Datetime64:
		return len(v)
	case []Timedelta64:
		return len(v)
	case []string:
		return len(v)
	case [][]byte:
		return len(v)
	case []any:
		return len(v)
	}
	return -1
}
