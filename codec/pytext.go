package codec

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// pyFloat is Python's repr() of a float: the shortest text that reads back,
// with an exponent below 1e-4 and from 1e16 on.
func pyFloat(x float64) string { return pyFloatBits(x, 64) }

func pyFloatBits(x float64, bits int) string {
	switch {
	case math.IsNaN(x):
		return "nan"
	case math.IsInf(x, 1):
		return "inf"
	case math.IsInf(x, -1):
		return "-inf"
	case x == 0:
		if math.Signbit(x) {
			return "-0.0"
		}
		return "0.0"
	}
	if a := math.Abs(x); a < 1e-4 || a >= 1e16 {
		return strconv.FormatFloat(x, 'e', -1, bits)
	}
	s := strconv.FormatFloat(x, 'f', -1, bits)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// pyComplex is Python's repr() of a complex number.
func pyComplex(c complex128) string {
	part := func(x float64) string { return strings.TrimSuffix(pyFloat(x), ".0") }
	im := part(imag(c)) + "j"
	if re := real(c); re != 0 || math.Signbit(re) {
		if !strings.HasPrefix(im, "-") {
			im = "+" + im
		}
		return "(" + part(re) + im + ")"
	}
	return im
}

// pyRepr is Python's repr() of a str.
func pyRepr(s string) string {
	quote := byte('\'')
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = '"'
	}
	var b strings.Builder
	b.WriteByte(quote)
	for _, r := range s {
		switch {
		case r == rune(quote) || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7f || (r > 0x7f && r < 0x100 && !unicode.IsPrint(r)):
			fmt.Fprintf(&b, `\x%02x`, r)
		case unicode.IsPrint(r) || (r > 0x7f && unicode.IsGraphic(r) && !unicode.IsSpace(r)):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte(quote)
	return b.String()
}

// pyBytes is Python's repr() of bytes.
func pyBytes(s []byte) string {
	quote := byte('\'')
	if strings.Contains(string(s), "'") && !strings.Contains(string(s), `"`) {
		quote = '"'
	}
	var b strings.Builder
	b.WriteByte('b')
	b.WriteByte(quote)
	for _, c := range s {
		switch {
		case c == quote || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte(quote)
	return b.String()
}

// formatSize tells a size as the Python SDK does: powers of 1000, two digits.
func formatSize(n int64) string {
	units := []string{"bytes", "KB", "MB", "GB", "TB", "PB"}
	size, order := float64(n), 0
	for size >= 1000 && order < len(units)-1 {
		size /= 1000
		order++
	}
	text := strings.TrimRight(strings.TrimRight(strconv.FormatFloat(size, 'f', 2, 64), "0"), ".")
	if n == 0 {
		text = "0"
	}
	if text == "1000" && order < len(units)-1 {
		text, order = "1", order+1
	}
	if n == 1 {
		return "1 byte"
	}
	return text + " " + units[order]
}
