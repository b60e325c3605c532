package codec

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
)

// pandas' defaults of how tables are printed, in a program without a terminal.
const (
	tableWidth  = 80
	tableRows   = 60 // longer tables are summarised
	tableEnds   = 5  // rows shown at either end of a summarised table
	cellWidth   = 50
	floatDigits = 6
)

// TableText returns what pandas prints as the repr() of the table as a
// DataFrame.
func TableText(t arrow.Table) string {
	p := newTablePrinter(t)
	if t.NumRows() == 0 || len(p.columns) == 0 {
		return p.empty(t)
	}
	columns := p.strings(p.columns, -1)
	cut := -1
	if n := p.fitting(columns); n < len(p.columns) {
		half := n / 2
		shown := append(slices.Clone(p.columns[:half]), p.columns[len(p.columns)-half:]...)
		columns, cut = p.strings(shown, half), half
	}
	text := adjoin(columns)
	if cut >= 0 || p.cutRows {
		text += fmt.Sprintf("\n\n[%d rows x %d columns]", t.NumRows(), len(p.columns))
	}
	return text
}

type tablePrinter struct {
	t       arrow.Table
	index   []int // columns, none for a range
	names   []string
	r       rangeIndex
	columns []int
	rows    []int64
	cutRows bool
	kinds   map[string]string // NumPy's types by column
}

func newTablePrinter(t arrow.Table) *tablePrinter {
	p := &tablePrinter{t: t, kinds: map[string]string{}}
	var index []string
	index, p.r = indexOf(t.Schema())
	for _, name := range index {
		p.index = append(p.index, t.Schema().FieldIndices(name)[0])
		own := indexName(t.Schema(), name)
		if unnamed(own) {
			own = ""
		}
		p.names = append(p.names, own)
	}
	for i := range int(t.NumCols()) {
		if !slices.Contains(p.index, i) {
			p.columns = append(p.columns, i)
		}
	}
	m, _ := metaOf(t.Schema())
	for _, c := range m.Columns {
		if name, ok := c.FieldName.(string); ok {
			p.kinds[name] = c.NumpyType
		}
	}
	n := t.NumRows()
	p.cutRows = n > tableRows
	for i := range n {
		if p.cutRows && i == tableEnds {
			i = n - tableEnds
			for ; i < n; i++ {
				p.rows = append(p.rows, i)
			}
			break
		}
		p.rows = append(p.rows, i)
	}
	return p
}

func (p *tablePrinter) empty(t arrow.Table) string {
	names := make([]string, len(p.columns))
	for i, c := range p.columns {
		names[i] = t.Schema().Field(c).Name
	}
	index := "[]"
	if t.NumRows() > 0 {
		shown := make([]string, 0, t.NumRows())
		for i := range min(t.NumRows(), 100) {
			shown = append(shown, p.label(i))
		}
		index = "[" + strings.Join(shown, ", ") + "]"
	}
	return "Empty DataFrame\nColumns: [" + strings.Join(names, ", ") + "]\nIndex: " + index
}

func (p *tablePrinter) label(row int64) string {
	if len(p.index) == 0 {
		return strconv.FormatInt(p.r.start+row*p.r.step, 10)
	}
	c := newCellColumn(p.t, p.index[0])
	a, i := c.at(row)
	return c.text(a, i)
}

// strings lays out the index and the columns; dots stand before column dots
// of those given.
func (p *tablePrinter) strings(columns []int, dots int) [][]string {
	out := [][]string{p.indexStrings()}
	named := strings.Join(p.names, "") != ""
	for k, c := range columns {
		if k == dots {
			out = append(out, slices.Repeat([]string{" ..."}, len(out[0])))
		}
		values, numeric := p.values(c)
		head := p.t.Schema().Field(c).Name
		if numeric {
			head = " " + head
		}
		width := runes(head)
		for i, v := range values {
			if runes(v) > cellWidth {
				values[i] = firstRunes(v, cellWidth-3) + "..."
			}
			width = max(width, runes(values[i]))
		}
		col := []string{padLeft(head, width)}
		if named {
			col = append(col, strings.Repeat(" ", width))
		}
		for _, v := range values {
			col = append(col, padLeft(v, width))
		}
		out = append(out, col)
	}
	if p.cutRows {
		at := len(out[0]) - len(p.rows) + tableEnds
		for k := range out {
			width := runes(out[k][at-1])
			mark := ".."
			isDots := dots >= 0 && k == dots+1
			if width > 3 || isDots {
				mark = "..."
			}
			switch {
			case k == 0:
				mark = padRight(mark, width)
			case isDots:
				mark = padLeft(mark, 4)
			default:
				mark = padLeft(mark, width)
			}
			out[k] = slices.Insert(out[k], at, mark)
		}
	}
	return out
}

func runes(s string) int { return utf8.RuneCountInString(s) }

func padLeft(s string, n int) string { return strings.Repeat(" ", max(n-runes(s), 0)) + s }

func padRight(s string, n int) string { return s + strings.Repeat(" ", max(n-runes(s), 0)) }

// indexStrings is the index: each level to the left, an outer label once.
func (p *tablePrinter) indexStrings() []string {
	levels := make([][]string, max(len(p.index), 1))
	if len(p.index) == 0 {
		for _, row := range p.rows {
			levels[0] = append(levels[0], strconv.FormatInt(p.r.start+row*p.r.step, 10))
		}
	}
	for k, c := range p.index {
		values, _ := p.values(c)
		for _, v := range values {
			levels[k] = append(levels[k], strings.TrimPrefix(v, " "))
		}
	}
	shown := make([][]string, len(levels))
	for k := range levels {
		shown[k] = slices.Clone(levels[k])
		for i := 1; i < len(levels[k]) && k+1 < len(levels); i++ {
			same := true
			for o := 0; o <= k; o++ {
				same = same && levels[o][i] == levels[o][i-1]
			}
			if same {
				shown[k][i] = ""
			}
		}
	}
	if strings.Join(p.names, "") != "" {
		for k := range shown {
			shown[k] = append([]string{p.names[k]}, shown[k]...)
		}
	}
	for k := range shown {
		width := 0
		for _, s := range shown[k] {
			width = max(width, runes(s))
		}
		for i, s := range shown[k] {
			shown[k][i] = padRight(s, width)
		}
	}
	lines := shown[0]
	for _, level := range shown[1:] {
		for i := range lines {
			lines[i] += " " + level[i]
		}
	}
	width := runes(lines[0])
	out := []string{strings.Repeat(" ", width)}
	return append(out, lines[:len(lines):len(lines)]...)[:len(lines)+1]
}

// adjoin sets columns side by side with a space between.
func adjoin(columns [][]string) string {
	lines := make([]string, len(columns[0]))
	for k, col := range columns {
		width := 0
		for _, s := range col {
			width = max(width, runes(s))
		}
		for i := range lines {
			if k < len(columns)-1 {
				lines[i] += padRight(col[i], width+1)
			} else {
				lines[i] += col[i]
			}
		}
	}
	return strings.Join(lines, "\n")
}

// fitting is how many columns fit the width: pandas takes away the middle one
// until they do.
func (p *tablePrinter) fitting(columns [][]string) int {
	longest := 0
	for _, line := range strings.Split(adjoin(columns), "\n") {
		longest = max(longest, runes(line))
	}
	over := longest - tableWidth + 1
	if over <= 0 {
		return len(p.columns)
	}
	over += len(" ...") + 1 // the dots are a column, too
	widths := make([]int, len(columns))
	for k, col := range columns {
		for _, s := range col {
			widths[k] = max(widths[k], runes(s))
		}
	}
	for over > 0 && len(widths) > 1 {
		mid := int(math.RoundToEven(float64(len(widths)) / 2))
		over -= widths[mid] + 1
		widths = slices.Delete(widths, mid, mid+1)
	}
	return max(len(widths)-1, 2)
}
