package codec

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// NumPy's defaults of how arrays are printed (numpy.set_printoptions).
const (
	printWidth     = 75
	printThreshold = 1000 // larger arrays are summarised
	printEdge      = 3    // shown at either end of a summarised dimension
	printPrecision = 8
)

// String returns what NumPy 2 prints as the repr() of the array.
func (a *NDArray) String() string {
	const prefix, suffix = "array(", ")"
	large := a.Len() > printThreshold
	text := "[]"
	if a.Len() > 0 {
		text = a.body(prefix, printWidth-len(suffix), large)
	}
	var extras []string
	if (a.Len() == 0 && (len(a.Shape) != 1 || a.Shape[0] != 0)) || large {
		extras = append(extras, "shape="+shapeText(a.Shape))
	}
	if !a.DType.implied() || a.Len() == 0 {
		extras = append(extras, "dtype="+a.DType.short())
	}
	if len(extras) == 0 {
		return prefix + text + suffix
	}
	text = prefix + text + ","
	extra := strings.Join(extras, ", ") + suffix
	last := utf8.RuneCountInString(text[strings.LastIndexByte(text, '\n')+1:])
	space := " "
	if last+len(extra)+1 > printWidth {
		space = "\n" + strings.Repeat(" ", len(prefix))
	}
	return text + space + extra
}

// implied reports whether the elements' texts show the type.
func (d DType) implied() bool {
	if len(d.Fields) > 0 || (d.BigEndian && d.Size > 1) {
		return false
	}
	switch d.Kind {
	case 'b':
		return true
	case 'i', 'f':
		return d.Size == 8
	case 'c':
		return d.Size == 16
	}
	return false
}

// flexible is NumPy's word for types of any size.
func (d DType) flexible() bool { return d.Kind == 'U' || d.Kind == 'S' || d.Kind == 'V' }

// short is the type as an argument of numpy.array.
func (d DType) short() string {
	switch {
	case len(d.Fields) > 0:
		return d.constructor()
	case d.flexible() || (d.BigEndian && d.Size > 1):
		return "'" + d.String() + "'"
	case d.Kind == 'M' || d.Kind == 'm':
		if d.Unit != "" {
			return "'" + d.String() + "'"
		}
	}
	return d.String()
}

// constructor is how NumPy writes a type within a structured one.
func (d DType) constructor() string {
	if len(d.Fields) == 0 {
		switch d.Kind {
		case 'b':
			return "'?'"
		case 'O':
			return "'O'"
		}
		return "'" + strings.TrimPrefix(d.descr(), "|") + "'"
	}
	if !d.packed() {
		return d.dict()
	}
	items := make([]string, len(d.Fields))
	for i, f := range d.Fields {
		items[i] = pyRepr(f.Name) + ", " + f.Type.constructor()
		if f.Shape != nil {
			items[i] += ", " + shapeText(f.Shape)
		}
		items[i] = "(" + items[i] + ")"
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// packed reports whether the fields lie side by side, without gaps.
func (d DType) packed() bool {
	end := 0
	for _, f := range d.Fields {
		if f.Offset != end {
			return false
		}
		end += f.Type.Size * f.count()
	}
	return end == d.Size
}

// dict is the form that tells where the fields are.
func (d DType) dict() string {
	var names, formats, offsets []string
	for _, f := range d.Fields {
		format := f.Type.constructor()
		if f.Shape != nil {
			format = "(" + format + ", " + shapeText(f.Shape) + ")"
		}
		names, formats, offsets = append(names, pyRepr(f.Name)), append(formats, format), append(offsets, strconv.Itoa(f.Offset))
	}
	return fmt.Sprintf("{'names': [%s], 'formats': [%s], 'offsets': [%s], 'itemsize': %d}",
		strings.Join(names, ", "), strings.Join(formats, ", "), strings.Join(offsets, ", "), d.Size)
}

// printer lays the elements out in lines.
type printer struct {
	a       *NDArray
	stride  []int
	cell    func(i int) string
	summary bool
}

// body is NumPy's array2string with ", " between the elements.
func (a *NDArray) body(prefix string, width int, summary bool) string {
	p := &printer{a: a, stride: make([]int, len(a.Shape)), summary: summary}
	step := 1
	for i := len(a.Shape) - 1; i >= 0; i-- {
		p.stride[i] = step
		step *= a.Shape[i]
	}
	p.cell = a.cells(p.shown(nil, 0, 0))
	return p.block(0, 0, strings.Repeat(" ", len(prefix)+1), width)
}

// edges returns which indices of a dimension are shown before and after the
// dots.
func (p *printer) edges(axis int) (leading, trailing int) {
	if n := p.a.Shape[axis]; !p.summary || n <= 2*printEdge {
		return 0, n
	}
	return printEdge, printEdge
}

// shown collects the elements that are printed: the others do not count for
// the columns' width.
func (p *printer) shown(out []int, axis, at int) []int {
	if axis == len(p.a.Shape) {
		return append(out, at)
	}
	leading, trailing := p.edges(axis)
	for i := range leading {
		out = p.shown(out, axis+1, at+i*p.stride[axis])
	}
	for i := p.a.Shape[axis] - trailing; i < p.a.Shape[axis]; i++ {
		out = p.shown(out, axis+1, at+i*p.stride[axis])
	}
	return out
}

func (p *printer) block(axis, at int, indent string, width int) string {
	left := len(p.a.Shape) - axis
	if left == 0 {
		return p.cell(at)
	}
	leading, trailing := p.edges(axis)
	n := p.a.Shape[axis]
	item := func(i int) string { return p.block(axis+1, at+i*p.stride[axis], indent+" ", width-1) }
	var lines wrapper
	if left == 1 {
		lines = wrapper{indent: indent, line: indent, width: width - 1}
		for i := range leading {
			lines.word(item(i))
			lines.line += ", "
		}
		if leading > 0 {
			lines.word("...")
			lines.line += ", "
		}
		for i := n - trailing; i < n; i++ {
			lines.word(item(i))
			if i < n-1 {
				lines.line += ", "
			}
		}
		lines.done.WriteString(lines.line)
	} else {
		end := "," + strings.Repeat("\n", left-1)
		for i := range leading {
			lines.done.WriteString(indent + item(i) + end)
		}
		if leading > 0 {
			lines.done.WriteString(indent + "..." + end)
		}
		for i := n - trailing; i < n; i++ {
			lines.done.WriteString(indent + item(i))
			if i < n-1 {
				lines.done.WriteString(end)
			}
		}
	}
	return "[" + lines.done.String()[len(indent):] + "]"
}

// wrapper breaks a row into lines.
type wrapper struct {
	done         strings.Builder
	line, indent string
	width        int
}

func (w *wrapper) word(s string) {
	if utf8.RuneCountInString(w.line)+utf8.RuneCountInString(s) > w.width && len(w.line) > len(w.indent) {
		w.done.WriteString(strings.TrimRight(w.line, " ") + "\n")
		w.line = w.indent
	}
	w.line += s
}

// cells returns the text of single elements; the shown ones decide on width
// and precision.
func (a *NDArray) cells(shown []int) func(int) string {
	switch d := a.Data.(type) {
	case []bool:
		yes := " True"
		if len(a.Shape) == 0 {
			yes = "True"
		}
		return func(i int) string {
			if d[i] {
				return yes
			}
			return "False"
		}
	case []int8:
		return integers(d, shown)
	case []int16:
		return integers(d, shown)
	case []int32:
		return integers(d, shown)
	case []int64:
		return integers(d, shown)
	case []uint8:
		return integers(d, shown)
	case []uint16:
		return integers(d, shown)
	case []uint32:
		return integers(d, shown)
	case []uint64:
		return integers(d, shown)
	case []Float16, []float32, []float64, []LongDouble:
		return decimals(a, shown, false, false)
	case []complex64, []complex128, []ComplexLongDouble:
		re, im := decimals(a, shown, false, false), decimals(a, shown, true, true)
		return func(i int) string {
			imaginary := im(i)
			text := strings.TrimRight(imaginary, " ")
			return re(i) + text + "j" + imaginary[len(text):]
		}
	case []Datetime64:
		return timelike(shown, func(i int) (int64, string) {
			return int64(d[i]), "'" + momentText(int64(d[i]), a.DType.Unit) + "'"
		})
	case []Timedelta64:
		return timelike(shown, func(i int) (int64, string) { return int64(d[i]), strconv.FormatInt(int64(d[i]), 10) })
	case []string:
		return func(i int) string { return pyRepr(d[i]) }
	case [][]byte:
		if a.DType.Kind == 'V' {
			return func(i int) string { return voidText(d[i]) }
		}
		return func(i int) string { return pyBytes(d[i]) }
	case []any:
		return func(i int) string { return PyRepr(d[i]) }
	case Columns:
		return records(a, d, shown)
	}
	return func(int) string { return "?" }
}

func voidText(b []byte) string {
	var s strings.Builder
	s.WriteString("b'")
	for _, c := range b {
		fmt.Fprintf(&s, `\x%02X`, c)
	}
	return s.String() + "'"
}

func integers[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64](d []T, shown []int) func(int) string {
	width := 0
	for _, i := range shown {
		width = max(width, len(fmt.Sprint(d[i])))
	}
	return func(i int) string { return fmt.Sprintf("%*d", width, d[i]) }
}

// timelike pads to the widest text; "NaT" takes quotes, as NumPy gives it.
func timelike(shown []int, text func(int) (int64, string)) func(int) string {
	width, missing := 0, false
	for _, i := range shown {
		v, s := text(i)
		if v == NaT {
			missing = true
			continue
		}
		width = max(width, len(s))
	}
	if missing {
		width = max(width, len("'NaT'"))
	}
	return func(i int) string {
		v, s := text(i)
		if v == NaT {
			s = "'NaT'"
		}
		return fmt.Sprintf("%*s", width, s)
	}
}

// records prints the elements of a structured array as tuples.
func records(a *NDArray, columns Columns, shown []int) func(int) string {
	cells := make([]func(int) string, len(columns))
	for k, c := range columns {
		f := a.DType.Fields[k]
		n := f.count()
		var inner []int
		for _, i := range shown {
			for j := range n {
				inner = append(inner, i*n+j)
			}
		}
		cell := (&NDArray{DType: c.DType, Shape: c.Shape, Data: c.Data}).cells(inner)
		if f.Shape == nil {
			cells[k] = cell
			continue
		}
		cells[k] = func(i int) string {
			text, _ := nested(f.Shape, i*n, n > printThreshold, cell)
			return text
		}
	}
	return func(i int) string {
		parts := make([]string, len(cells))
		for k, cell := range cells {
			parts[k] = cell(i)
		}
		if len(parts) == 1 {
			return "(" + parts[0] + ",)"
		}
		return "(" + strings.Join(parts, ", ") + ")"
	}
}

// nested prints an array within an element, on one line.
func nested(shape []int, at int, summary bool, cell func(int) string) (string, int) {
	if len(shape) == 0 {
		return cell(at), 1
	}
	step := product(shape[1:])
	var parts []string
	for i := 0; i < shape[0]; i++ {
		if summary && shape[0] > 2*printEdge && i == printEdge {
			parts = append(parts, "...")
			i = shape[0] - printEdge
		}
		text, _ := nested(shape[1:], at+i*step, summary, cell)
		parts = append(parts, text)
	}
	return "[" + strings.Join(parts, ", ") + "]", step * shape[0]
}
