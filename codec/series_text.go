package codec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
)

// String returns what pandas prints as the repr() of the Series.
func (s *Series) String() string {
	p := newTablePrinter(s.Table)
	if len(p.columns) != 1 {
		return TableText(s.Table)
	}
	c := p.columns[0]
	var footer []string
	if s.Name != "" {
		footer = append(footer, "Name: "+s.Name)
	}
	dtype := "dtype: " + p.dtype(c)
	if s.Table.NumRows() == 0 {
		return "Series(" + strings.Join(slices.Concat([]string{"[]"}, footer, []string{dtype}), ", ") + ")"
	}
	if p.cutRows {
		footer = append(footer, fmt.Sprintf("Length: %d", s.Table.NumRows()))
	}
	index := p.indexStrings()[1:]
	head := ""
	if len(index) > len(p.rows) {
		head, index = index[0]+"\n", index[1:]
	}
	values, _ := p.values(c)
	width := 0
	for _, v := range values {
		width = max(width, runes(v))
	}
	for i, v := range values {
		values[i] = padLeft(v, width)
	}
	if p.cutRows {
		dots := ".."
		if width > 3 {
			dots = "..."
		}
		values = slices.Insert(values, tableEnds, padRight(strings.Repeat(" ", (width-len(dots))/2)+dots, width))
		index = slices.Insert(index, tableEnds, strings.Repeat(" ", runes(index[0])))
	}
	lines := make([]string, len(values))
	for i := range values {
		lines[i] = index[i] + "   " + values[i]
	}
	return head + strings.Join(append(lines, strings.Join(append(footer, dtype), ", ")), "\n")
}

// dtype is how pandas names the type of a column.
func (p *tablePrinter) dtype(c int) string {
	f := p.t.Schema().Field(c)
	switch t := f.Type.(type) {
	case *arrow.DictionaryType:
		return "category"
	case *arrow.TimestampType:
		if t.TimeZone != "" {
			return fmt.Sprintf("datetime64[%s, %s]", t.Unit, t.TimeZone)
		}
	}
	if kind := p.kinds[f.Name]; kind != "" {
		return kind
	}
	_, numpy, _ := pandasType(f.Type)
	return numpy
}
