package codec

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// cells gives the texts of a table's values as pandas' to_csv writes them.
type cells struct {
	columns []cellColumn
}

type cellColumn struct {
	name   string
	column *arrow.Chunked
	starts []int64 // first row of each chunk
	last   int     // chunk of the row asked for last
	text   func(a arrow.Array, i int) string
	number func(row int64) string // of a range index
}

func newCells(t arrow.Table, index bool) *cells {
	c := &cells{}
	names, r := indexOf(t.Schema())
	if index {
		for _, name := range names {
			col := newCellColumn(t, t.Schema().FieldIndices(name)[0])
			col.name = indexName(t.Schema(), name)
			if unnamed(col.name) {
				col.name = ""
			}
			c.columns = append(c.columns, col)
		}
		if len(names) == 0 {
			c.columns = append(c.columns, cellColumn{name: r.name, number: func(row int64) string {
				return strconv.FormatInt(r.start+row*r.step, 10)
			}})
		}
	}
	for i := range int(t.NumCols()) {
		if !slices.Contains(names, t.Schema().Field(i).Name) {
			c.columns = append(c.columns, newCellColumn(t, i))
		}
	}
	return c
}

func newCellColumn(t arrow.Table, i int) cellColumn {
	col := cellColumn{name: t.Schema().Field(i).Name, column: t.Column(i).Data()}
	at := int64(0)
	for _, chunk := range col.column.Chunks() {
		col.starts = append(col.starts, at)
		at += int64(chunk.Len())
	}
	col.text = cellText(col.column)
	return col
}

// at returns the chunk of a row and its place in there.
func (c *cellColumn) at(row int64) (arrow.Array, int) {
	for row < c.starts[c.last] {
		c.last--
	}
	for c.last+1 < len(c.starts) && row >= c.starts[c.last+1] {
		c.last++
	}
	return c.column.Chunk(c.last), int(row - c.starts[c.last])
}

func (c *cells) text(column int, row int64) string {
	col := &c.columns[column]
	if col.number != nil {
		return col.number(row)
	}
	a, i := col.at(row)
	if a.IsNull(i) {
		return ""
	}
	return col.text(a, i)
}

// cellText chooses how a column's values are written; moments look at all of
// them, since a column of midnights has no times.
func cellText(c *arrow.Chunked) func(arrow.Array, int) string {
	switch t := c.DataType().(type) {
	case *arrow.TimestampType:
		format := stampFormat(c, t)
		return func(a arrow.Array, i int) string { return format(stampTime(a, i, t)) }
	case *arrow.DictionaryType:
		return func(a arrow.Array, i int) string {
			d := a.(*array.Dictionary)
			return plainCell(d.Dictionary(), d.GetValueIndex(i))
		}
	}
	return plainCell
}

func stampTime(a arrow.Array, i int, t *arrow.TimestampType) time.Time {
	v := int64(a.(*array.Timestamp).Value(i))
	m, err := moment(v, t.Unit.String())
	if err != nil {
		return time.Time{}
	}
	if t.TimeZone != "" {
		if zone, err := arrowZone(t.TimeZone); err == nil {
			return m.In(zone)
		}
	}
	return m
}

// arrowZone reads a zone of Arrow: a name, or an offset such as "+01:00".
func arrowZone(name string) (*time.Location, error) {
	if len(name) == 6 && (name[0] == '+' || name[0] == '-') {
		t, err := time.Parse("-07:00", name)
		if err != nil {
			return nil, err
		}
		return t.Location(), nil
	}
	return namedZone(name)
}

// stampFormat chooses the form of a column of moments: days alone when all
// are midnights, and as many digits as the finest needs.
func stampFormat(c *arrow.Chunked, t *arrow.TimestampType) func(time.Time) string {
	midnights, digits := true, 0
	for _, chunk := range c.Chunks() {
		for i := range chunk.Len() {
			if chunk.IsNull(i) {
				continue
			}
			m := stampTime(chunk, i, t)
			if h, mi, s := m.Clock(); h+mi+s+m.Nanosecond() > 0 {
				midnights = false
			}
			switch ns := m.Nanosecond(); {
			case ns%1000 != 0:
				digits = 9
			case ns%1e6 != 0:
				digits = max(digits, 6)
			case ns != 0:
				digits = max(digits, 3)
			}
		}
	}
	layout := "2006-01-02 15:04:05"
	if digits > 0 {
		layout += "." + strings.Repeat("0", digits)
	}
	if midnights && t.TimeZone == "" {
		layout = "2006-01-02"
	}
	if t.TimeZone != "" {
		layout += "-07:00"
	}
	return func(m time.Time) string { return m.Format(layout) }
}

// plainCell writes a value by itself.
func plainCell(a arrow.Array, i int) string {
	if a.IsNull(i) {
		return ""
	}
	switch a := a.(type) {
	case *array.Boolean:
		if a.Value(i) {
			return "True"
		}
		return "False"
	case *array.Float64:
		return csvNumber(a.Value(i), 64)
	case *array.Float32:
		return csvNumber(float64(a.Value(i)), 32)
	case *array.Float16:
		return csvNumber(float64(a.Value(i).Float32()), 32)
	case *array.String:
		return a.Value(i)
	case *array.LargeString:
		return a.Value(i)
	case *array.StringView:
		return a.Value(i)
	case *array.Binary:
		return pyBytes(a.Value(i))
	case *array.LargeBinary:
		return pyBytes(a.Value(i))
	case *array.FixedSizeBinary:
		return pyBytes(a.Value(i))
	case *array.Date32:
		return a.Value(i).ToTime().Format("2006-01-02")
	case *array.Date64:
		return a.Value(i).ToTime().Format("2006-01-02")
	case *array.Decimal128:
		return a.Value(i).ToString(a.DataType().(*arrow.Decimal128Type).Scale)
	case *array.Struct:
		return nestedText(a, i)
	case *array.Duration:
		return durationText(int64(a.Value(i)), a.DataType().(*arrow.DurationType).Unit.String())
	}
	if list, ok := a.(array.ListLike); ok {
		from, to := list.ValueOffsets(i)
		parts := make([]string, 0, to-from)
		for j := from; j < to; j++ {
			parts = append(parts, nestedCell(list.ListValues(), int(j)))
		}
		return "[" + strings.Join(parts, " ") + "]"
	}
	return a.ValueStr(i)
}

func nestedCell(a arrow.Array, i int) string {
	if a.IsNull(i) {
		return "None"
	}
	if arrow.IsBaseBinary(a.DataType().ID()) {
		return pyRepr(plainCell(a, i))
	}
	return plainCell(a, i)
}

func csvNumber(x float64, bits int) string {
	if math.IsNaN(x) {
		return ""
	}
	return pyFloatBits(x, bits)
}

// durationText is how pandas prints a Timedelta: "1 days 02:03:04.500000".
func durationText(v int64, unit string) string {
	per := perSecond[unit]
	if per == 0 {
		return strconv.FormatInt(v, 10)
	}
	sec, rest := floorDiv(v, per)
	days, sec := floorDiv(sec, 86400)
	text := fmt.Sprintf("%d days %02d:%02d:%02d", days, sec/3600, sec/60%60, sec%60)
	if days < 0 {
		text = fmt.Sprintf("%d days +%02d:%02d:%02d", days, sec/3600, sec/60%60, sec%60)
	}
	if ns := rest * (1e9 / per); ns%1000 != 0 {
		text += fmt.Sprintf(".%09d", ns)
	} else if ns != 0 {
		text += fmt.Sprintf(".%06d", ns/1000)
	}
	return text
}
