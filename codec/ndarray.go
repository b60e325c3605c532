package codec

import (
	"fmt"
	"math"
	"time"
	"unicode/utf8"
)

// NDArray is an array of any number of dimensions, as NumPy keeps it.
//
// Data is a slice in C order (the last index runs fastest), one entry for each
// element, by the kind and size of DType:
//
//	b                        []bool
//	i1 i2 i4 i8, u1 ... u8   []int8 ... []int64, []uint8 ... []uint64
//	f2 f4 f8 f16             []Float16, []float32, []float64, []LongDouble
//	c8 c16 c32               []complex64, []complex128, []ComplexLongDouble
//	M8, m8                   []Datetime64, []Timedelta64, counted in DType.Unit
//	U, S and V               []string, [][]byte
//	structured               Columns, one array for each field
//	O                        []any (from pickles only)
type NDArray struct {
	DType DType
	// Shape is the length of each dimension; nil for a single value.
	Shape []int
	// Fortran says that the file keeps the first index running fastest.
	// Data is in C order either way.
	Fortran bool
	Data    any
}

// Columns is the data of a structured array: an array for each field, whose
// shape is that of the whole followed by that of the field.
type Columns []*NDArray

// Arrays is an .npz file of several arrays by name.
type Arrays map[string]*NDArray

// Float16 is a half-precision number of IEEE 754 in its bits.
type Float16 uint16

// Float64 returns the number.
func (f Float16) Float64() float64 {
	sign := 1.0
	if f>>15 == 1 {
		sign = -1
	}
	exponent, fraction := int(f>>10&31), float64(f&1023)
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 31:
		if fraction != 0 {
			return math.NaN()
		}
		return sign * math.Inf(1)
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

// NewFloat16 returns the half-precision number nearest to x, ties to even.
func NewFloat16(x float64) Float16 {
	sign := Float16(math.Float64bits(x)>>63) << 15
	x = math.Abs(x)
	switch {
	case math.IsNaN(x):
		return sign | 0x7e00
	case x >= 65520: // half way between the largest number and what would follow it
		return sign | 0x7c00
	case x < 0x1p-14:
		return sign | Float16(math.RoundToEven(math.Ldexp(x, 24)))
	}
	fraction, exponent := math.Frexp(x) // fraction in [0.5, 1)
	m := math.RoundToEven(math.Ldexp(fraction, 11))
	return sign | (Float16(exponent+13)<<10 + Float16(m))
}

// LongDouble is C's long double on x86-64, an 80-bit number of the x87, in its
// little-endian bytes with six of padding. Other machines keep other formats
// under the same name.
type LongDouble [16]byte

// Float64 returns the nearest number of double precision.
func (l LongDouble) Float64() float64 {
	var m uint64
	for i := 7; i >= 0; i-- {
		m = m<<8 | uint64(l[i])
	}
	exponent := int(l[9]&0x7f)<<8 | int(l[8])
	x := math.Ldexp(float64(m), exponent-16383-63)
	if exponent == 0x7fff {
		x = math.Inf(1)
		if m<<1 != 0 {
			x = math.NaN()
		}
	}
	if l[9]>>7 == 1 {
		return -x
	}
	return x
}

// ComplexLongDouble is a real and an imaginary LongDouble.
type ComplexLongDouble [2]LongDouble

// Datetime64 is a moment without a time zone: a count of the array's unit
// since 1970. NaT is none.
type Datetime64 int64

// Timedelta64 is a span of time: a count of the array's unit. NaT is none.
type Timedelta64 int64

// NaT is "not a time", of Datetime64 and Timedelta64.
const NaT = math.MinInt64

// Element lists the types an array can be made of.
type Element interface {
	bool | int | int8 | int16 | int32 | int64 | uint | uint8 | uint16 | uint32 | uint64 |
		Float16 | float32 | float64 | LongDouble | complex64 | complex128 | ComplexLongDouble |
		Datetime64 | Timedelta64 | time.Time | time.Duration | string | []byte
}

// Array makes an array of data, which is in C order and not copied unless it
// must be converted: int and uint become 64 bits wide, time.Time and
// time.Duration become datetime64[ns] and timedelta64[ns] (of UTC). Without a
// shape it has one dimension. A Datetime64 counts nanoseconds until its DType
// says otherwise. It panics when the shape does not fit the data, as
// mat.NewDense does.
func Array[T Element](data []T, shape ...int) *NDArray {
	if len(shape) == 0 {
		shape = []int{len(data)}
	}
	for _, n := range shape {
		if n < 0 {
			panic(fmt.Sprintf("codec: an array of shape %v", shape))
		}
	}
	if product(shape) != len(data) {
		panic(fmt.Sprintf("codec: %d values for an array of shape %v", len(data), shape))
	}
	a := &NDArray{Shape: shape, Data: any(data)}
	switch d := any(data).(type) {
	case []int:
		a.Data = convert(d, func(v int) int64 { return int64(v) })
	case []uint:
		a.Data = convert(d, func(v uint) uint64 { return uint64(v) })
	case []time.Time:
		a.Data = convert(d, func(v time.Time) Datetime64 {
			if v.IsZero() {
				return NaT
			}
			return Datetime64(v.UnixNano())
		})
	case []time.Duration:
		a.Data = convert(d, func(v time.Duration) Timedelta64 { return Timedelta64(v) })
	}
	a.DType = dtypeOf(a.Data)
	return a
}

func convert[A, B any](in []A, f func(A) B) []B {
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}

// dtypeOf returns the type that NumPy gives such data.
func dtypeOf(data any) DType {
	switch d := data.(type) {
	case []bool:
		return DType{Kind: 'b', Size: 1}
	case []int8:
		return DType{Kind: 'i', Size: 1}
	case []int16:
		return DType{Kind: 'i', Size: 2}
	case []int32:
		return DType{Kind: 'i', Size: 4}
	case []int64:
		return DType{Kind: 'i', Size: 8}
	case []uint8:
		return DType{Kind: 'u', Size: 1}
	case []uint16:
		return DType{Kind: 'u', Size: 2}
	case []uint32:
		return DType{Kind: 'u', Size: 4}
	case []uint64:
		return DType{Kind: 'u', Size: 8}
	case []Float16:
		return DType{Kind: 'f', Size: 2}
	case []float32:
		return DType{Kind: 'f', Size: 4}
	case []float64:
		return DType{Kind: 'f', Size: 8}
	case []LongDouble:
		return DType{Kind: 'f', Size: 16}
	case []complex64:
		return DType{Kind: 'c', Size: 8}
	case []complex128:
		return DType{Kind: 'c', Size: 16}
	case []ComplexLongDouble:
		return DType{Kind: 'c', Size: 32}
	case []Datetime64:
		return DType{Kind: 'M', Size: 8, Unit: "ns"}
	case []Timedelta64:
		return DType{Kind: 'm', Size: 8, Unit: "ns"}
	case []string:
		longest := 1 // NumPy makes no type of no characters
		for _, s := range d {
			longest = max(longest, utf8.RuneCountInString(s))
		}
		return DType{Kind: 'U', Size: 4 * longest}
	case [][]byte:
		longest := 1
		for _, s := range d {
			longest = max(longest, len(s))
		}
		return DType{Kind: 'S', Size: longest}
	case []any:
		return DType{Kind: 'O', Size: 8}
	}
	return DType{}
}

// Structured makes a structured array of columns of equal length by name:
// NumPy's counterpart of a slice of structs. Each column's further dimensions
// become the shape of its field. It panics when lengths differ.
func Structured(names []string, columns ...*NDArray) *NDArray {
	if len(names) != len(columns) || len(columns) == 0 {
		panic(fmt.Sprintf("codec: %d names for %d columns", len(names), len(columns)))
	}
	a := &NDArray{DType: DType{Kind: 'V'}, Data: Columns(columns)}
	for i, c := range columns {
		if len(c.Shape) == 0 || (i > 0 && c.Shape[0] != a.Shape[0]) {
			panic(fmt.Sprintf("codec: column %q of shape %v", names[i], c.Shape))
		}
		a.Shape = []int{c.Shape[0]}
		f := Field{Name: names[i], Type: c.DType, Offset: a.DType.Size}
		if len(c.Shape) > 1 {
			f.Shape = c.Shape[1:]
		}
		a.DType.Fields = append(a.DType.Fields, f)
		a.DType.Size += f.Type.Size * f.count()
	}
	return a
}

// Len returns the number of elements.
func (a *NDArray) Len() int { return product(a.Shape) }

// Column returns the field of a structured array, or nil.
func (a *NDArray) Column(name string) *NDArray {
	columns, _ := a.Data.(Columns)
	for i, f := range a.DType.Fields {
		if f.Name == name && i < len(columns) {
			return columns[i]
		}
	}
	return nil
}

// Float64s returns the elements as numbers of double precision: those of bool,
// int, uint and float arrays. Integers over 2^53 are rounded.
func (a *NDArray) Float64s() ([]float64, error) {
	switch d := a.Data.(type) {
	case []float64:
		return d, nil
	case []bool:
		return convert(d, func(v bool) float64 {
			if v {
				return 1
			}
			return 0
		}), nil
	case []int8:
		return floats(d), nil
	case []int16:
		return floats(d), nil
	case []int32:
		return floats(d), nil
	case []int64:
		return floats(d), nil
	case []uint8:
		return floats(d), nil
	case []uint16:
		return floats(d), nil
	case []uint32:
		return floats(d), nil
	case []uint64:
		return floats(d), nil
	case []float32:
		return floats(d), nil
	case []Float16:
		return convert(d, Float16.Float64), nil
	case []LongDouble:
		return convert(d, LongDouble.Float64), nil
	}
	return nil, mistyped("an array of %s holds no real numbers", a.DType)
}

func floats[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32](in []T) []float64 {
	return convert(in, func(v T) float64 { return float64(v) })
}

// Times returns the moments of a datetime64 array in UTC; NaT becomes the zero
// time. A moment that time.Time cannot tell is an error.
func (a *NDArray) Times() ([]time.Time, error) {
	d, ok := a.Data.([]Datetime64)
	if !ok {
		return nil, mistyped("an array of %s holds no moments", a.DType)
	}
	out := make([]time.Time, len(d))
	for i, v := range d {
		t, err := moment(int64(v), a.DType.Unit)
		if err != nil {
			return nil, err
		}
		out[i] = t
	}
	return out, nil
}
