package codec

import (
	"math"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// values formats a column's shown values, and tells whether pandas takes it
// for numbers.
func (p *tablePrinter) values(c int) ([]string, bool) {
	col := newCellColumn(p.t, c)
	kind := p.kinds[p.t.Schema().Field(c).Name]
	t := col.column.DataType()
	none := false
	for _, row := range p.rows {
		a, i := col.at(row)
		none = none || a.IsNull(i)
	}
	whole := arrow.IsInteger(t.ID())
	nullable := kind == "boolean" || (kind != "" && kind[0] >= 'A' && kind[0] <= 'Z') // "Int64"
	if arrow.IsFloating(t.ID()) || whole && none && !nullable {
		return p.floats(&col), true
	}
	out := make([]string, len(p.rows))
	for k, row := range p.rows {
		a, i := col.at(row)
		out[k] = p.text(&col, a, i, t, nullable)
	}
	return out, whole || t.ID() == arrow.BOOL && (!none || nullable)
}

func (p *tablePrinter) text(col *cellColumn, a arrow.Array, i int, t arrow.DataType, nullable bool) string {
	stamp := t.ID() == arrow.TIMESTAMP || t.ID() == arrow.DURATION
	switch {
	case a.IsNull(i) && stamp:
		return "NaT"
	case a.IsNull(i) && nullable:
		return " <NA>"
	case a.IsNull(i) && (isText(t) || t.ID() == arrow.DICTIONARY):
		return " NaN"
	case a.IsNull(i):
		return " None"
	case stamp:
		return col.text(a, i)
	case arrow.IsInteger(t.ID()):
		if s := a.ValueStr(i); s[0] == '-' {
			return s
		}
		return " " + a.ValueStr(i)
	case t.ID() == arrow.STRUCT || t.ID() == arrow.LIST || t.ID() == arrow.LARGE_LIST || t.ID() == arrow.FIXED_SIZE_LIST:
		return " " + nestedText(a, i)
	}
	return " " + escapedSpace.Replace(col.text(a, i))
}

// escapedSpace keeps a text within its line.
var escapedSpace = strings.NewReplacer("\t", `\t`, "\r", `\r`, "\n", `\n`)

// nestedItems is how many elements of a list pandas prints.
const nestedItems = 100

// nestedText prints lists and structs as pandas prints sequences and dicts.
func nestedText(a arrow.Array, i int) string {
	if a.IsNull(i) {
		return "None"
	}
	switch a := a.(type) {
	case *array.Struct:
		parts := make([]string, a.NumField())
		for k := range parts {
			parts[k] = pyRepr(a.DataType().(*arrow.StructType).Field(k).Name) + ": " + nestedText(a.Field(k), i)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case array.ListLike:
		from, to := a.ValueOffsets(i)
		var parts []string
		for j := from; j < min(to, from+nestedItems); j++ {
			parts = append(parts, nestedText(a.ListValues(), int(j)))
		}
		if to-from > nestedItems {
			parts = append(parts, "...")
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	if isText(a.DataType()) {
		return pyRepr(plainCell(a, i))
	}
	return plainCell(a, i)
}

// floats is pandas' FloatArrayFormatter: six digits after the point, less when
// none needs them, an exponent when they do not suffice.
func (p *tablePrinter) floats(col *cellColumn) []string {
	values := make([]float64, len(p.rows))
	large, small := false, false
	for k, row := range p.rows {
		a, i := col.at(row)
		values[k] = math.NaN()
		if !a.IsNull(i) {
			values[k] = floatOf(a, i)
		}
		x := math.Abs(values[k])
		large = large || x > 1e6
		small = small || (x < 1e-6 && x > 0)
	}
	format := func(verb byte) []string {
		out := make([]string, len(values))
		for k, x := range values {
			switch {
			case math.IsNaN(x):
				out[k] = " NaN"
			case math.IsInf(x, 1):
				out[k] = " inf"
			case math.IsInf(x, -1):
				out[k] = "-inf"
			default:
				if out[k] = strconv.FormatFloat(x, verb, floatDigits, 64); out[k][0] != '-' {
					out[k] = " " + out[k]
				}
			}
		}
		return trimZeros(out)
	}
	out := format('f')
	longest := 0
	for _, s := range out {
		longest = max(longest, len(s))
	}
	if small || (longest > floatDigits+6 && large) {
		return format('e')
	}
	return out
}

func floatOf(a arrow.Array, i int) float64 {
	switch a := a.(type) {
	case *array.Float64:
		return a.Value(i)
	case *array.Float32:
		return float64(a.Value(i))
	case *array.Float16:
		return float64(a.Value(i).Float32())
	}
	x, err := strconv.ParseFloat(a.ValueStr(i), 64)
	if err != nil {
		return math.NaN()
	}
	return x
}

// trimZeros takes zeros off the end of all plain numbers together, and leaves
// one digit after the point.
func trimZeros(texts []string) []string {
	plain := func(s string) bool { return strings.Contains(s, ".") && !strings.Contains(s, "e") }
	for {
		found := false
		for _, s := range texts {
			if plain(s) {
				found = true
				if !strings.HasSuffix(s, "0") || strings.HasSuffix(s, ".0") {
					return texts
				}
			}
		}
		if !found {
			return texts
		}
		for i, s := range texts {
			if plain(s) {
				texts[i] = s[:len(s)-1]
			}
		}
	}
}
