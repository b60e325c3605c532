package codec

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/klauspost/compress/gzip"
)

// CSVGzip keeps tables as gzipped CSV, as pandas' to_csv writes them: a line of
// names, the index in front, numbers in full, missing values empty. It takes
// arrow.Table and arrow.RecordBatch and reads an arrow.Table.
//
// CSV has no types: columns come back as int64, float64, bool or string, by
// the rules of pandas, and moments as texts.
type CSVGzip struct {
	// Index is how many columns in front are the index when reading. 0 is one,
	// as the Python SDK reads; -1 is none. Writing follows the table.
	Index int
}

// AuditTable keeps the tables of registered artifacts, which follow a table
// that changes: CSV without the index.
type AuditTable struct{}

var (
	_ Codec = CSVGzip{}
	_ Codec = AuditTable{}
)

// Accepts implements Codec.
func (CSVGzip) Accepts(v any) bool { _, ok := tableOf(v); return ok }

// Accepts implements Codec. It never offers itself: a table is registered,
// not uploaded, when the caller says so.
func (AuditTable) Accepts(any) bool { return false }

// Encode implements Codec.
func (CSVGzip) Encode(w io.Writer, name string, v any) (rec Record, err error) {
	t, ok := tableOf(v)
	if !ok {
		return rec, mistyped("a CSV table is an Arrow table, not a %T", v)
	}
	defer rescue("csv", &err)
	return tableRecord(name, ".csv.gz", contentCSV, t), writeCSV(w, t, true)
}

// Encode implements Codec.
func (AuditTable) Encode(w io.Writer, name string, v any) (rec Record, err error) {
	t, ok := tableOf(v)
	if !ok {
		return rec, mistyped("a registered table is an Arrow table, not a %T", v)
	}
	defer rescue("csv", &err)
	rec = tableRecord(name, ".csv.gz", contentCSV, t)
	rec.Type = TypeAudit
	unique := uniqueRows(t)
	share := 0.0
	if n := t.NumRows(); n > 0 {
		share = 100 * float64(unique) / float64(n)
	}
	columns := t.NumCols() - int64(len(IndexColumns(t.Schema())))
	rec.Preview += fmt.Sprintf("\n\n[%s]: shape=(%d, %d), %d unique rows, %.1f%% uniqueness\n", name, t.NumRows(), columns, unique, share)
	return rec, writeCSV(w, t, false)
}

// uniqueRows counts the rows that differ in a value that is no index.
func uniqueRows(t arrow.Table) int {
	cells := newCells(t, false)
	seen := map[string]bool{}
	var row strings.Builder
	for i := range t.NumRows() {
		row.Reset()
		for c := range cells.columns {
			text := cells.text(c, i)
			fmt.Fprintf(&row, "%d:%s,", len(text), text)
		}
		seen[row.String()] = true
	}
	return len(seen)
}

// Reads implements Codec.
func (CSVGzip) Reads(rec Record) bool {
	return rec.Type == TypePandas && rec.ContentType != contentPickle
}

// Reads implements Codec.
func (AuditTable) Reads(rec Record) bool { return rec.Type == TypeAudit }

// Decode implements Codec.
func (c CSVGzip) Decode(r io.ReaderAt, size int64, _ Record, l Limits) (any, error) {
	return readCSV(r, size, c.index(), TableSlice{}, l.filled())
}

// index is how many columns in front are the index.
func (c CSVGzip) index() int {
	if c.Index == 0 {
		return 1
	}
	return max(c.Index, 0)
}

// Decode implements Codec.
func (AuditTable) Decode(r io.ReaderAt, size int64, _ Record, l Limits) (any, error) {
	return readCSV(r, size, 0, TableSlice{}, l.filled())
}

func writeCSV(w io.Writer, t arrow.Table, index bool) error {
	z := gzip.NewWriter(w)
	out := bufio.NewWriterSize(z, 1<<16)
	cells := newCells(t, index)
	line := func(text func(c int) string) {
		for c := range cells.columns {
			if c > 0 {
				_ = out.WriteByte(',') // bufio keeps the error for Flush
			}
			s := text(c)
			if s == "" && len(cells.columns) == 1 || strings.ContainsAny(s, ",\"\r\n") {
				s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
			}
			_, _ = out.WriteString(s)
		}
		_ = out.WriteByte('\n')
	}
	line(func(c int) string { return cells.columns[c].name })
	for i := range t.NumRows() {
		line(func(c int) string { return cells.text(c, i) })
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return z.Close()
}

// missing are the texts that pandas reads as a missing value.
var missing = map[string]bool{
	"": true, "#N/A": true, "#N/A N/A": true, "#NA": true, "-1.#IND": true, "-1.#QNAN": true, "-NaN": true, "-nan": true,
	"1.#IND": true, "1.#QNAN": true, "<NA>": true, "N/A": true, "NA": true, "NULL": true, "NaN": true, "None": true,
	"n/a": true, "nan": true, "null": true,
}

// nameBytes bounds a column's name: it is kept several times over, and what is
// longer is text.
const nameBytes = 1 << 16

// readCSV reads the rows and columns of the part. Rows before it are passed
// over, those after it are not read.
func readCSV(r io.ReaderAt, size int64, index int, part TableSlice, l Limits) (arrow.Table, error) {
	in, err := unzipped(r, size)
	if err != nil {
		return nil, err
	}
	rows := newCSVReader(in, l)
	head, err := rows.read()
	if errors.Is(err, io.EOF) {
		return nil, malformed("a CSV table without a line of names")
	}
	if err != nil {
		return nil, err
	}
	names := append([]string(nil), head...)
	for i, name := range names {
		if len(name) > nameBytes {
			return nil, tooLarge("a name of %d bytes for column %d", len(name), i)
		}
	}
	columns := make([][]string, len(names))
	n, kept := int64(0), rows.taken
	for part.Rows == 0 || n-part.Offset < part.Rows {
		row, err := rows.read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		n++
		if len(row) > len(names) {
			return nil, malformed("line %d has %d columns, the first one %d", n+1, len(row), len(names))
		}
		if n <= part.Offset {
			rows.taken = kept // nothing of the row stays
			continue
		}
		if err := l.rows(n - part.Offset); err != nil {
			return nil, err
		}
		rows.taken += fieldBytes * int64(len(names)-len(row)) // a short row has empty fields
		if err := l.bytes(rows.taken); err != nil {
			return nil, err
		}
		for i := range columns {
			if i < len(row) {
				columns[i] = append(columns[i], row[i])
			} else {
				columns[i] = append(columns[i], "")
			}
		}
	}
	first := min(part.Offset, n)
	t := csvTable(names, columns, min(index, len(names)), first, n-first)
	return TableSlice{Columns: part.Columns}.of(t)
}

// csvTable gives the columns types and marks the index. The rows are those from
// first on.
func csvTable(names []string, columns [][]string, index int, first, rows int64) arrow.Table {
	r := rangeIndex{start: first, step: 1}
	if index == 1 && isRange(names[0], columns[0], first) {
		names, columns, index = names[1:], columns[1:], 0
	}
	taken := map[string]int{}
	fields := make([]arrow.Field, len(names))
	arrays := make([]arrow.Array, len(names))
	var marked []string
	for i, name := range names {
		switch {
		case name == "" && i < index:
			name = fmt.Sprintf("__index_level_%d__", i)
		case name == "":
			name = fmt.Sprintf("Unnamed: %d", i)
		}
		base := name
		for taken[name] > 0 { // pandas numbers names that are there already
			name = fmt.Sprintf("%s.%d", base, taken[base])
			taken[base]++
		}
		taken[name]++
		if i < index {
			marked = append(marked, name)
		}
		arrays[i] = inferred(columns[i])
		fields[i] = arrow.Field{Name: name, Type: arrays[i].DataType(), Nullable: true}
	}
	schema := withMeta(arrow.NewSchema(fields, nil), marked, r, rows, nil)
	cols := make([]arrow.Column, len(fields))
	for i := range cols {
		cols[i] = *arrow.NewColumn(schema.Field(i), arrow.NewChunked(fields[i].Type, []arrow.Array{arrays[i]}))
	}
	return array.NewTable(schema, cols, rows)
}

// isRange reports the index pandas writes when there is none: no name, and
// the numbers from zero; the column begins with that of the first row.
func isRange(name string, column []string, first int64) bool {
	if name != "" {
		return false
	}
	for i, s := range column {
		if s != strconv.FormatInt(first+int64(i), 10) {
			return false
		}
	}
	return true
}

// inferred makes the narrowest of int64, uint64, float64, bool and string that
// holds all values, as pandas does.
func inferred(column []string) arrow.Array {
	mem := memory.DefaultAllocator
	whole, positive, real, truth, holes := true, true, true, true, false
	for _, s := range column {
		if missing[s] {
			holes = true
			continue
		}
		t := strings.TrimSpace(s)
		if whole {
			_, err := strconv.ParseInt(t, 10, 64)
			whole = err == nil
		}
		if positive && !whole {
			_, err := strconv.ParseUint(t, 10, 64)
			positive = err == nil
		}
		if real && !whole {
			_, real = csvFloat(t)
		}
		if truth {
			_, truth = csvBool(s)
		}
		if !whole && !real && !truth {
			break
		}
	}
	n := len(column)
	switch {
	case whole && !holes && n > 0:
		b := array.NewInt64Builder(mem)
		b.Reserve(n)
		for _, s := range column {
			v, _ := strconv.ParseInt(strings.TrimSpace(s), 10, 64) // checked above
			b.UnsafeAppend(v)
		}
		return b.NewArray()
	case positive && !whole && !holes && n > 0:
		b := array.NewUint64Builder(mem)
		for _, s := range column {
			v, _ := strconv.ParseUint(strings.TrimSpace(s), 10, 64) // checked above
			b.Append(v)
		}
		return b.NewArray()
	case truth && !holes && n > 0:
		b := array.NewBooleanBuilder(mem)
		for _, s := range column {
			v, _ := csvBool(s)
			b.Append(v)
		}
		return b.NewArray()
	case real && n > 0:
		b := array.NewFloat64Builder(mem)
		for _, s := range column {
			if missing[s] {
				b.AppendNull()
				continue
			}
			v, _ := csvFloat(strings.TrimSpace(s))
			b.Append(v)
		}
		return b.NewArray()
	}
	b := array.NewStringBuilder(mem)
	for _, s := range column {
		if missing[s] {
			b.AppendNull()
		} else {
			b.Append(s)
		}
	}
	return b.NewArray()
}

func csvBool(s string) (value, ok bool) {
	switch s {
	case "True", "TRUE", "true":
		return true, true
	case "False", "FALSE", "false":
		return false, true
	}
	return false, false
}

// csvFloat reads a decimal number; Go's hexadecimal ones and underscores are
// none in pandas.
func csvFloat(s string) (float64, bool) {
	if strings.ContainsAny(s, "xXpP_") {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(v, 0) {
		return 0, false
	}
	return v, s != ""
}
