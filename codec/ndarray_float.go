package codec

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// part is one real number of an array, in its own precision.
type part struct {
	a         *NDArray
	imaginary bool
}

func (p part) at(i int) float64 {
	switch d := p.a.Data.(type) {
	case []Float16:
		return d[i].Float64()
	case []float32:
		return float64(d[i])
	case []float64:
		return d[i]
	case []LongDouble:
		return d[i].Float64()
	case []complex64:
		if p.imaginary {
			return float64(imag(d[i]))
		}
		return float64(real(d[i]))
	case []complex128:
		if p.imaginary {
			return imag(d[i])
		}
		return real(d[i])
	case []ComplexLongDouble:
		if p.imaginary {
			return d[i][1].Float64()
		}
		return d[i][0].Float64()
	}
	return math.NaN()
}

// bits of precision the number has: 16, 32 or 64. A long double is printed
// with what a float64 keeps of it, which is more than is shown.
func (p part) bits() int {
	return min(8*p.a.DType.width(), 64)
}

// shortest returns the digits that tell the number from its neighbours, as
// 'e' or 'f'.
func shortest(x float64, format byte, bits int) string {
	if bits != 16 {
		return strconv.FormatFloat(x, format, -1, bits)
	}
	for digits := range 6 {
		s := strconv.FormatFloat(x, 'e', digits, 64)
		if back, _ := strconv.ParseFloat(s, 64); NewFloat16(back) == NewFloat16(x) {
			if format == 'e' {
				return s
			}
			return strconv.FormatFloat(back, 'f', -1, 64)
		}
	}
	return strconv.FormatFloat(x, format, -1, 64)
}

// pointed returns the number with at most printPrecision digits after the
// point, which stays when none do: "0.5", "2.".
func pointed(x float64, bits int) string {
	s := shortest(x, 'f', bits)
	whole, fraction, _ := strings.Cut(s, ".")
	if len(fraction) > printPrecision {
		s = strconv.FormatFloat(x, 'f', printPrecision, 64)
		whole, fraction, _ = strings.Cut(s, ".")
		fraction = strings.TrimRight(fraction, "0")
	}
	return whole + "." + fraction
}

// scientific is pointed with an exponent; digits after the point, or as many
// as needed when digits is negative.
func scientific(x float64, bits, digits int) (mantissa, exponent string) {
	s := shortest(x, 'e', bits)
	mantissa, exponent, _ = strings.Cut(s, "e")
	_, fraction, _ := strings.Cut(mantissa, ".")
	switch {
	case digits >= 0:
		mantissa, exponent, _ = strings.Cut(strconv.FormatFloat(x, 'e', digits, 64), "e")
	case len(fraction) > printPrecision:
		mantissa, exponent, _ = strings.Cut(strconv.FormatFloat(x, 'e', printPrecision, 64), "e")
		mantissa = strings.TrimRight(mantissa, "0")
	}
	if !strings.Contains(mantissa, ".") {
		mantissa += "."
	}
	return mantissa, exponent
}

// decimals is NumPy's FloatingFormat: one layout for all elements, chosen by
// those that are shown.
func decimals(a *NDArray, shown []int, imaginary, plus bool) func(int) string {
	p := part{a, imaginary}
	f := floatFormat{bits: p.bits(), plus: plus}
	values := make([]float64, len(shown))
	for k, i := range shown {
		values[k] = p.at(i)
	}
	f.fit(values)
	return func(i int) string { return f.text(p.at(i)) }
}

type floatFormat struct {
	bits        int
	plus        bool // positive numbers have a sign, as imaginary parts do
	exponent    bool
	digits      int // after the point, with an exponent
	left, right int // characters before and after the point
	expWidth    int
}

func (f *floatFormat) fit(values []float64) {
	smallest, largest, finite, negative := math.Inf(1), 0.0, 0, false
	for _, x := range values {
		if math.IsInf(x, -1) {
			negative = true
		}
		if math.IsNaN(x) || math.IsInf(x, 0) {
			continue
		}
		finite++
		if x != 0 {
			smallest, largest = min(smallest, math.Abs(x)), max(largest, math.Abs(x))
		}
	}
	if largest > 0 {
		// The digits a number has for sure: 3, 6 and more than 8.
		cutoff := map[int]float64{16: 1e3, 32: 1e6}[f.bits]
		if cutoff == 0 {
			cutoff = 1e8
		}
		ratio := largest / smallest
		switch f.bits {
		case 32:
			ratio = float64(float32(largest) / float32(smallest))
		case 16:
			ratio = NewFloat16(ratio).Float64()
		}
		f.exponent = largest >= cutoff || smallest < 0.0001 || ratio > 1000
	}
	for _, x := range values {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			continue
		}
		text := pointed(x, f.bits)
		if f.exponent {
			var exp string
			text, exp = scientific(x, f.bits, -1)
			f.expWidth = max(f.expWidth, len(exp)-1)
		}
		whole, fraction, _ := strings.Cut(f.signed(x, text), ".")
		f.left = max(f.left, len(whole))
		f.right = max(f.right, len(fraction))
	}
	if f.exponent {
		f.digits = f.right
		f.right += f.expWidth + 2
	}
	if finite < len(values) {
		inf := len("inf")
		if negative || f.plus {
			inf++
		}
		f.left = max(f.left, len("nan")-f.right-1, inf-f.right-1)
	}
}

func (f *floatFormat) signed(x float64, text string) string {
	if f.plus && !math.Signbit(x) {
		return "+" + text
	}
	return text
}

func (f *floatFormat) text(x float64) string {
	switch {
	case math.IsNaN(x):
		s := "nan"
		if f.plus {
			s = "+nan"
		}
		return fmt.Sprintf("%*s", f.left+f.right+1, s)
	case math.IsInf(x, 0):
		s := "inf"
		if x < 0 {
			s = "-inf"
		} else if f.plus {
			s = "+inf"
		}
		return fmt.Sprintf("%*s", f.left+f.right+1, s)
	}
	if f.exponent {
		mantissa, exp := scientific(x, f.bits, f.digits)
		mantissa = f.signed(x, mantissa)
		whole, fraction, _ := strings.Cut(mantissa, ".")
		digits := exp[1:]
		return fmt.Sprintf("%*s.%se%c%s%s", f.left, whole, fraction, exp[0], strings.Repeat("0", max(f.expWidth-len(digits), 0)), digits)
	}
	whole, fraction, _ := strings.Cut(f.signed(x, pointed(x, f.bits)), ".")
	return fmt.Sprintf("%*s.%-*s", f.left, whole, f.right, fraction)
}
