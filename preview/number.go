package preview

import (
	"fmt"
	"math"
	"math/cmplx"
	"strconv"

	"github.com/coffer-ml/coffer/codec"
)

// plain takes a number without counting it into bins.
func (s *spread) plain(x float64) {
	switch {
	case math.IsNaN(x):
		s.nan++
		return
	case math.IsInf(x, 0):
		s.inf++
		return
	}
	s.n++
	if s.n == 1 || x < s.min {
		s.min = x
	}
	if s.n == 1 || x > s.max {
		s.max = x
	}
	s.mean += (x - s.mean) / float64(s.n)
}

// ends returns the least, greatest and mean number; NaN if there is none.
func (s *spread) ends() (least, most, mean Number) {
	if s.n == 0 {
		nan := Number(math.NaN())
		return nan, nan, nan
	}
	return Number(s.min), Number(s.max), Number(s.mean)
}

func convert[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32](in []T) []float64 {
	out := make([]float64, len(in))
	for i, x := range in {
		out[i] = float64(x)
	}
	return out
}

// floats turns the values of an array into numbers: complex ones into their
// absolute values. What is no number is NaN.
func floats(data any) []float64 {
	switch v := data.(type) {
	case []float64:
		return v
	case []float32:
		return convert(v)
	case []int8:
		return convert(v)
	case []int16:
		return convert(v)
	case []int32:
		return convert(v)
	case []int64:
		return convert(v)
	case []uint8:
		return convert(v)
	case []uint16:
		return convert(v)
	case []uint32:
		return convert(v)
	case []uint64:
		return convert(v)
	case []bool:
		return each(v, func(b bool) float64 {
			if b {
				return 1
			}
			return 0
		})
	case []codec.Float16:
		return each(v, func(x codec.Float16) float64 { return x.Float64() })
	case []codec.LongDouble:
		return each(v, func(x codec.LongDouble) float64 { return x.Float64() })
	case []complex64:
		return each(v, func(x complex64) float64 { return cmplx.Abs(complex128(x)) })
	case []complex128:
		return each(v, cmplx.Abs)
	case []codec.ComplexLongDouble:
		return each(v, func(x codec.ComplexLongDouble) float64 { return math.Hypot(x[0].Float64(), x[1].Float64()) })
	}
	return nil
}

func each[T any](in []T, f func(T) float64) []float64 {
	out := make([]float64, len(in))
	for i, x := range in {
		out[i] = f(x)
	}
	return out
}

// exactInteger is the greatest whole number that JavaScript keeps; greater
// ones are sent as texts.
const exactInteger = 1 << 53

// longText is how many bytes of a text a cell has.
const longText = 300

// cell is one value of an array as it is shown.
func cell(data any, i int, d codec.DType) any {
	switch v := data.(type) {
	case []string:
		return clip(v[i], longText)
	case [][]byte:
		return codec.PyRepr(v[i][:min(len(v[i]), longText)])
	case []int64:
		return whole(v[i])
	case []uint64:
		if v[i] > exactInteger {
			return strconv.FormatUint(v[i], 10)
		}
		return v[i]
	case []bool:
		return v[i]
	case []complex64:
		return codec.PyRepr(complex128(v[i]))
	case []complex128:
		return codec.PyRepr(v[i])
	case []codec.Datetime64:
		return moment(v[i], d)
	case []codec.Timedelta64:
		return strconv.FormatInt(int64(v[i]), 10) + " " + d.Unit
	case []float32:
		short, err := strconv.ParseFloat(strconv.FormatFloat(float64(v[i]), 'g', -1, 32), 64)
		if err != nil {
			short = float64(v[i])
		}
		return Number(short)
	case []any:
		return clip(fmt.Sprint(v[i]), longText)
	case codec.Columns:
		return "..."
	}
	if all := floats(data); all != nil {
		return Number(all[i])
	}
	return nil
}

// moment writes a datetime64 as NumPy does, near enough for a cell.
func moment(x codec.Datetime64, d codec.DType) any {
	a := &codec.NDArray{DType: d, Shape: []int{1}, Data: []codec.Datetime64{x}}
	times, err := a.Times()
	if err != nil {
		return strconv.FormatInt(int64(x), 10) + " " + d.Unit
	}
	if times[0].IsZero() {
		return "NaT"
	}
	return times[0].Format("2006-01-02T15:04:05.999999999")
}

func whole(x int64) any {
	if x > exactInteger || x < -exactInteger {
		return strconv.FormatInt(x, 10)
	}
	return x
}
