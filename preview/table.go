package preview

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/coffer-ml/coffer/codec"
)

const (
	// usualRows and usualCols of a table are shown unless others are asked for.
	usualRows, usualCols = 100, 50
	maxRows, maxCols     = 1000, 500
	// maxCells bounds a page of both.
	maxCells = 50_000
	// sampledRows at the beginning make the first statistics, sampledCells of
	// them in all.
	sampledRows  = 2000
	sampledCells = 400_000
	// maxColumns is how many columns a table may have to be shown as one.
	maxColumns = 20_000
)

// TableView is a part of a table.
type TableView struct {
	Format string `json:"format"`
	// Rows is how many there are; -1 while that is not known, and then there
	// are AtLeast so many.
	Rows    int64 `json:"rows"`
	AtLeast int64 `json:"at_least"`
	// ColumnCount is how many columns there are, Columns are those from
	// FromColumn on.
	ColumnCount int64    `json:"column_count"`
	FromColumn  int64    `json:"from_column"`
	Columns     []Column `json:"columns"`
	// Cells are rows from From on. Missing values are null, numbers that
	// JavaScript does not keep are texts.
	From  int64   `json:"from"`
	Cells [][]any `json:"cells"`
	More  bool    `json:"more"`
	// Ragged counts rows that are longer or shorter than the first line.
	Ragged int64 `json:"ragged,omitempty"`
	// Statistics are "sampled", of the first rows, or "complete". Job is the
	// state of the job that makes them complete: waiting, running or failed.
	Statistics string `json:"statistics"`
	Job        string `json:"job,omitempty"`
}

// Column is a column of a table.
type Column struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Index bool   `json:"index,omitempty"` // of a DataFrame
	*Summary
}

// Summary is what the values of a column have in common.
type Summary struct {
	// Rows is how many were looked at, Nulls how many of them are missing.
	Rows  int64 `json:"rows"`
	Nulls int64 `json:"nulls"`
	// Numbers is set for numbers, Top for texts: the values seen most often.
	// Distinct is how many there are, -1 for too many to count.
	Numbers  *Stats `json:"numbers,omitempty"`
	Top      []Top  `json:"top,omitempty"`
	Distinct int64  `json:"distinct,omitempty"`
	// First and Last are the least and the greatest moment or text.
	First string `json:"first,omitempty"`
	Last  string `json:"last,omitempty"`
}

// Top is a value and how often it was seen.
type Top struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}

func (v *view) table(p *Preview, f piece, k kind) error {
	switch k.format {
	case "parquet":
		return v.parquet(p, f)
	case "feather":
		return v.feather(p, f)
	case "csv", "tsv", "csv.gz", "tsv.gz":
		return v.csv(p, f, k.format)
	}
	return fmt.Errorf("%w: it is no table", codec.ErrType)
}

// columnPage is the columns that are shown.
func (v *view) columnPage(count int64) Span { return v.query.Cols.or(usualCols, maxCols, count) }

// rowPage is the rows that are shown of so many columns.
func (v *view) rowPage(columns, count int64) Span {
	return v.query.Rows.or(usualRows, min(maxRows, max(maxCells/max(columns, 1), 1)), count)
}

// complete puts the statistics of all rows in the place of those of the first
// ones, and starts the job that makes them if there are none.
func (v *view) complete(t *TableView) {
	if t.Rows >= 0 && len(t.Columns) > 0 && t.Columns[0].Summary != nil && t.Columns[0].Rows == t.Rows {
		t.Statistics = "complete"
		return
	}
	t.Statistics = "sampled"
	if v.inner {
		return
	}
	found, state := v.service.jobs.ask(v.source, v.query.Members)
	if found == nil {
		t.Job, v.changing = state, true
		return
	}
	t.Statistics, t.Rows, t.AtLeast, t.Ragged = "complete", found.Rows, found.Rows, found.Ragged
	t.More = t.From+int64(len(t.Cells)) < t.Rows
	for i := range t.Columns {
		if at := t.FromColumn + int64(i); at < int64(len(found.Columns)) {
			t.Columns[i].Summary, t.Columns[i].Type = found.Columns[at].Summary, found.Columns[at].Type
		}
	}
}

// fields makes the columns of a schema.
func fields(s *arrow.Schema, page Span) []Column {
	index := codec.IndexColumns(s)
	out := []Column{}
	for _, f := range s.Fields()[page.From:page.To] {
		out = append(out, Column{Name: clip(f.Name, keyBytes), Type: typeName(f.Type), Index: slices.Contains(index, f.Name)})
	}
	return out
}

func typeName(t arrow.DataType) string {
	switch t := t.(type) {
	case *arrow.StringType, *arrow.LargeStringType:
		return "string"
	case *arrow.DictionaryType:
		return "category"
	case *arrow.TimestampType:
		if t.TimeZone != "" {
			return "timestamp[" + t.Unit.String() + ", " + t.TimeZone + "]"
		}
		return "timestamp[" + t.Unit.String() + "]"
	}
	return clip(t.String(), 100)
}

func (v *view) parquet(p *Preview, f piece) error {
	file, err := codec.OpenParquet(f, f.size, codec.Limits{Bytes: maxValues, Columns: maxColumns, Rows: codec.Unlimited, Values: 1 << 20})
	if err != nil {
		return err
	}
	columns := int64(file.Schema.NumFields())
	cols := v.columnPage(columns)
	rows := v.rowPage(cols.To-cols.From, file.NumRows())
	t := &TableView{Format: "parquet", Rows: file.NumRows(), AtLeast: file.NumRows(), ColumnCount: columns, FromColumn: cols.From, From: rows.From, Columns: fields(file.Schema, cols)}
	p.Table, p.Title = t, tableTitle(t)
	p.fact("row groups", strconv.Itoa(len(file.Groups())))
	t.Cells = make([][]any, rows.To-rows.From)
	sample := sampleSize(cols, file.NumRows())
	for i := range t.Columns {
		// The first page of a column has both, the page and the sample.
		from, n := rows.From, rows.To-rows.From
		if rows.From == 0 {
			n = max(n, sample)
		}
		chunks, err := file.Column(int(cols.From)+i, from, n)
		if err != nil {
			if v.in.failed() != nil {
				return err
			}
			p.Warning = problem(err)
			for r := range t.Cells {
				t.Cells[r] = append(t.Cells[r], nil)
			}
			continue
		}
		var s summary
		at := int64(0)
		for _, a := range chunks.Chunks() {
			for j := range a.Len() {
				if at < int64(len(t.Cells)) {
					t.Cells[at] = append(t.Cells[at], arrowCell(a, j))
				}
				at++
			}
			if rows.From == 0 {
				s.take(a)
			}
		}
		if rows.From == 0 {
			t.Columns[i].Summary = s.result(max(at, file.NumRows()))
		}
	}
	t.More = rows.To < t.Rows
	v.complete(t)
	return nil
}

// sampleSize is how many rows make the first statistics.
func sampleSize(cols Span, rows int64) int64 {
	return min(sampledRows, sampledCells/max(cols.To-cols.From, 1), rows)
}

func tableTitle(t *TableView) string {
	rows := strconv.FormatInt(t.Rows, 10)
	if t.Rows < 0 {
		rows = "at least " + strconv.FormatInt(t.AtLeast, 10)
	}
	return rows + " rows, " + strconv.FormatInt(t.ColumnCount, 10) + " columns"
}

func (v *view) feather(p *Preview, f piece) error {
	file, err := codec.OpenFeather(f, f.size, codec.Limits{Bytes: maxValues, Columns: maxColumns})
	if err != nil {
		return err
	}
	columns := int64(file.Schema.NumFields())
	cols := v.columnPage(columns)
	rows := v.rowPage(cols.To-cols.From, 1<<62)
	t := &TableView{Format: "feather", Rows: rangeRows(file.Schema), ColumnCount: columns, FromColumn: cols.From, From: rows.From, Columns: fields(file.Schema, cols), Cells: [][]any{}}
	p.Table = t
	sums := make([]summary, len(t.Columns))
	sample := sampleSize(cols, 1<<62)
	seen := int64(0)
	read := 0
	for ; read < file.Batches() && seen < max(rows.To, sample); read++ {
		b, err := file.Batch(read)
		if err != nil {
			if v.in.failed() != nil {
				return err
			}
			p.Problem = "Its rows are kept in parts too large to be read here: " + problem(err)
			break
		}
		for r := max(rows.From-seen, 0); r < min(rows.To-seen, b.NumRows()); r++ {
			line := make([]any, len(t.Columns))
			for i := range line {
				line[i] = arrowCell(b.Column(int(cols.From)+i), int(r))
			}
			t.Cells = append(t.Cells, line)
		}
		if take := min(sample-seen, b.NumRows()); take > 0 && rows.From == 0 {
			for i := range sums {
				part := array.NewSlice(b.Column(int(cols.From)+i), 0, take)
				sums[i].take(part)
				part.Release()
			}
		}
		seen += b.NumRows()
		b.Release()
	}
	if read == file.Batches() {
		t.Rows = seen
	}
	t.AtLeast = max(seen, t.Rows)
	t.More = rows.To < t.AtLeast
	p.Title = tableTitle(t)
	if rows.From == 0 && seen > 0 {
		for i := range sums {
			t.Columns[i].Summary = sums[i].result(t.AtLeast)
		}
	}
	v.complete(t)
	return nil
}

// rangeRows is the length of a DataFrame's index of numbers, which pyarrow
// notes in the schema; -1 if it has another one.
func rangeRows(s *arrow.Schema) int64 {
	md := s.Metadata()
	i := md.FindKey("pandas")
	if i < 0 {
		return -1
	}
	var m struct {
		Index []json.RawMessage `json:"index_columns"`
	}
	if json.Unmarshal([]byte(md.Values()[i]), &m) != nil || len(m.Index) != 1 {
		return -1
	}
	var r struct{ Start, Stop, Step int64 }
	if json.Unmarshal(m.Index[0], &r) != nil || r.Step == 0 || (r.Stop-r.Start)/r.Step < 0 {
		return -1
	}
	return (r.Stop - r.Start + r.Step - 1) / r.Step
}

// tableOf shows a table that is in memory.
func (v *view) tableOf(p *Preview, x arrow.Table) error {
	cols := v.columnPage(x.NumCols())
	rows := v.rowPage(cols.To-cols.From, x.NumRows())
	t := &TableView{
		Format: "pickle", Rows: x.NumRows(), AtLeast: x.NumRows(), ColumnCount: x.NumCols(), FromColumn: cols.From, From: rows.From,
		Columns: fields(x.Schema(), cols), Cells: make([][]any, rows.To-rows.From), More: rows.To < x.NumRows(), Statistics: "complete",
	}
	p.Table, p.Title = t, tableTitle(t)
	for i := range t.Columns {
		var s summary
		at := int64(0)
		for _, a := range x.Column(int(cols.From) + i).Data().Chunks() {
			s.take(a)
			for j := range a.Len() {
				if at >= rows.From && at < rows.To {
					t.Cells[at-rows.From] = append(t.Cells[at-rows.From], arrowCell(a, j))
				}
				at++
			}
		}
		t.Columns[i].Summary = s.result(at)
	}
	return nil
}

// arrowCell is one value of a column as it is shown.
func arrowCell(a arrow.Array, i int) any {
	if a.IsNull(i) {
		return nil
	}
	switch x := a.(type) {
	case *array.Boolean:
		return x.Value(i)
	case *array.Int64:
		return whole(x.Value(i))
	case *array.Uint64:
		if x.Value(i) > exactInteger {
			return strconv.FormatUint(x.Value(i), 10)
		}
		return x.Value(i)
	case *array.Float32:
		short, err := strconv.ParseFloat(strconv.FormatFloat(float64(x.Value(i)), 'g', -1, 32), 64)
		if err != nil {
			short = float64(x.Value(i))
		}
		return Number(short)
	case *array.String:
		return clip(x.Value(i), longText)
	case *array.LargeString:
		return clip(x.Value(i), longText)
	case *array.Dictionary:
		return arrowCell(x.Dictionary(), x.GetValueIndex(i))
	case *array.Timestamp:
		return momentText(x, i)
	case *array.Binary:
		b := x.Value(i)
		return codec.PyRepr(b[:min(len(b), longText)])
	}
	if n, ok := arrowNumber(a, i); ok {
		return Number(n)
	}
	return clip(strings.ToValidUTF8(a.ValueStr(i), "\uFFFD"), longText)
}

// momentText writes a point in time: without a zone where it has none.
func momentText(a arrow.Array, i int) string {
	s := a.ValueStr(i)
	if t, ok := a.DataType().(*arrow.TimestampType); ok && t.TimeZone == "" {
		s = strings.Replace(strings.TrimSuffix(s, "Z"), "T", " ", 1)
	}
	return s
}

// arrowNumber is a value that is a number.
func arrowNumber(a arrow.Array, i int) (float64, bool) {
	switch x := a.(type) {
	case *array.Int8:
		return float64(x.Value(i)), true
	case *array.Int16:
		return float64(x.Value(i)), true
	case *array.Int32:
		return float64(x.Value(i)), true
	case *array.Int64:
		return float64(x.Value(i)), true
	case *array.Uint8:
		return float64(x.Value(i)), true
	case *array.Uint16:
		return float64(x.Value(i)), true
	case *array.Uint32:
		return float64(x.Value(i)), true
	case *array.Uint64:
		return float64(x.Value(i)), true
	case *array.Float16:
		return float64(x.Value(i).Float32()), true
	case *array.Float32:
		return float64(x.Value(i)), true
	case *array.Float64:
		return x.Value(i), true
	case *array.Decimal128:
		t, ok := x.DataType().(*arrow.Decimal128Type)
		if !ok {
			return math.NaN(), false
		}
		return x.Value(i).ToFloat64(t.Scale), true
	}
	return 0, false
}
