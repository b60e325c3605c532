package codec

import (
	"fmt"
	"strconv"
	"strings"
)

// DType is the type of an array's elements, in NumPy's terms.
type DType struct {
	// Kind is NumPy's letter: b bool, i int, u uint, f float, c complex,
	// M datetime64, m timedelta64, S bytes, U string, V raw or structured,
	// O object (in pickles only).
	Kind byte
	// Size of an element in bytes; a string has four per character.
	Size int
	// Unit of M and m: "ns", "D", "25s"; "" is NumPy's generic unit.
	Unit string
	// BigEndian is how the file keeps it; values in memory are Go's own.
	BigEndian bool
	// Fields of a structured type, in order.
	Fields []Field
}

// Field is a named part of a structured DType.
type Field struct {
	Name string
	Type DType
	// Shape of the field in each element; nil for a single value.
	Shape []int
	// Offset of the field in an element, in bytes.
	Offset int
}

// count returns the number of values of the field in each element.
func (f Field) count() int { return product(f.Shape) }

// String returns the name NumPy prints: "float64", "datetime64[ns]", "<U5".
func (d DType) String() string {
	switch d.Kind {
	case 'b':
		return "bool"
	case 'i':
		return d.ordered("int")
	case 'u':
		return d.ordered("uint")
	case 'f':
		return d.ordered("float")
	case 'c':
		return d.ordered("complex")
	case 'M':
		return d.timed("datetime64")
	case 'm':
		return d.timed("timedelta64")
	case 'O':
		return "object"
	}
	return d.descr()
}

func (d DType) ordered(name string) string {
	if d.BigEndian && d.Size > 1 {
		return d.descr()
	}
	return name + strconv.Itoa(8*d.Size)
}

func (d DType) timed(name string) string {
	if d.BigEndian {
		return d.descr()
	}
	if d.Unit == "" {
		return name
	}
	return name + "[" + d.Unit + "]"
}

// descr is the type as the header of an .npy file writes it.
func (d DType) descr() string {
	if len(d.Fields) > 0 {
		return d.fieldList()
	}
	order := "<"
	if d.BigEndian {
		order = ">"
	}
	size := strconv.Itoa(d.Size)
	switch d.Kind {
	case 'M', 'm':
		if d.Unit != "" {
			size += "[" + d.Unit + "]"
		}
	case 'U':
		size = strconv.Itoa(d.Size / 4)
	case 'S', 'V', 'b', 'O':
		order = "|"
	case 'i', 'u':
		if d.Size == 1 {
			order = "|"
		}
	}
	if d.Kind == 'O' {
		size = ""
	}
	return order + string(d.Kind) + size
}

func (d DType) fieldList() string {
	var b strings.Builder
	b.WriteByte('[')
	end := 0
	item := func(s string) {
		if b.Len() > 1 {
			b.WriteString(", ")
		}
		b.WriteString(s)
	}
	for _, f := range d.Fields {
		if f.Offset > end {
			item(fmt.Sprintf("('', '|V%d')", f.Offset-end))
		}
		text := f.Type.descr()
		if len(f.Type.Fields) == 0 {
			text = "'" + text + "'"
		}
		text = pyRepr(f.Name) + ", " + text
		if f.Shape != nil {
			text += ", " + shapeText(f.Shape)
		}
		item("(" + text + ")")
		end = f.Offset + f.Type.Size*f.count()
	}
	if d.Size > end {
		item(fmt.Sprintf("('', '|V%d')", d.Size-end))
	}
	b.WriteByte(']')
	return b.String()
}

// shapeText is a shape as Python writes a tuple.
func shapeText(shape []int) string {
	parts := make([]string, len(shape))
	for i, n := range shape {
		parts[i] = strconv.Itoa(n)
	}
	if len(parts) == 1 {
		return "(" + parts[0] + ",)"
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// maxItem is the largest size of one element: NumPy's own limit.
const maxItem = 1<<31 - 1

// parseDescr reads a type as headers and pickles write it: "<f8", "|S4",
// "<M8[ns]".
func parseDescr(s string) (DType, error) {
	bad := func() (DType, error) { return DType{}, malformed("no type of NumPy: %.40q", s) }
	rest := s
	var d DType
	if rest != "" && strings.ContainsRune("<>|=", rune(rest[0])) {
		d.BigEndian = rest[0] == '>'
		rest = rest[1:]
	}
	if rest == "" {
		return bad()
	}
	d.Kind, rest = rest[0], rest[1:]
	if d.Kind == 'a' {
		d.Kind = 'S'
	}
	if d.Kind == '?' {
		d.Kind, rest = 'b', "1"
	}
	if i := strings.IndexByte(rest, '['); i >= 0 {
		if (d.Kind != 'M' && d.Kind != 'm') || !strings.HasSuffix(rest, "]") {
			return bad()
		}
		d.Unit = rest[i+1 : len(rest)-1]
		if !validUnit(d.Unit) {
			return bad()
		}
		rest = rest[:i]
	}
	if d.Kind == 'O' {
		d.Size = 8
		return d, nil
	}
	n, err := strconv.Atoi(rest)
	if err != nil || n < 0 || n > maxItem || rest[0] == '+' || rest[0] == '-' {
		return bad()
	}
	d.Size = n
	if d.Kind == 'U' {
		d.Size = 4 * n
		if d.Size > maxItem {
			return bad()
		}
	}
	if !d.sized() {
		return bad()
	}
	if d.Size <= 1 || d.Kind == 'S' || d.Kind == 'V' {
		d.BigEndian = false
	}
	return d, nil
}

// sized reports whether the kind comes in this size. 16 and 32 bytes are
// C's long double and its complex on x86-64 and arm64.
func (d DType) sized() bool {
	switch d.Kind {
	case 'b':
		return d.Size == 1
	case 'i', 'u':
		return d.Size == 1 || d.Size == 2 || d.Size == 4 || d.Size == 8
	case 'f':
		return d.Size == 2 || d.Size == 4 || d.Size == 8 || d.Size == 16
	case 'c':
		return d.Size == 8 || d.Size == 16 || d.Size == 32
	case 'M', 'm':
		return d.Size == 8
	case 'S', 'U', 'V':
		return true
	}
	return false
}

// validUnit accepts a unit of time with an optional count before it.
func validUnit(u string) bool {
	u = strings.TrimLeft(u, "0123456789")
	switch u {
	case "Y", "M", "W", "D", "h", "m", "s", "ms", "us", "μs", "ns", "ps", "fs", "as", "generic":
		return true
	}
	return false
}

// object reports whether the type holds references to Python objects.
func (d DType) object() bool {
	if d.Kind == 'O' {
		return true
	}
	for _, f := range d.Fields {
		if f.Type.object() {
			return true
		}
	}
	return false
}

// product returns the number of elements of a shape; 1 for that of a scalar.
func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// elements is product with its arguments checked: no negative length, no
// overflow, no more than limit bytes at size bytes each.
func elements(shape []int, size int, l Limits) (int, error) {
	n := int64(1)
	for _, d := range shape {
		if d < 0 {
			return 0, malformed("a length of %d in shape %s", d, shapeText(shape))
		}
	}
	for _, d := range shape {
		if d == 0 {
			return 0, nil
		}
	}
	for _, d := range shape {
		if int64(d) > (1<<62)/n {
			return 0, tooLarge("an array of shape %s", shapeText(shape))
		}
		n *= int64(d)
	}
	if size > 0 && n > (1<<62)/int64(size) {
		return 0, tooLarge("an array of shape %s", shapeText(shape))
	}
	// An element takes a byte of memory at least, also one of no size.
	return int(n), l.bytes(n * int64(max(size, 1)))
}
