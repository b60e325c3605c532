package codec

import (
	"encoding/json"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// TableInfo is what the headers of a table file tell.
type TableInfo struct {
	// Schema has the columns in the order of the file, those of the index among
	// them; IndexColumns names these. A CSV file has no types: there they are
	// those of the first rows.
	Schema *arrow.Schema
	// Rows of the table, -1 where only reading the whole file would tell: CSV.
	Rows int64
}

// csvHead is how many rows of a CSV file ReadTableInfo looks at.
const csvHead = 100

// ReadTableInfo reads the headers of a table alone: of Parquet, Feather and CSV
// files. A pickled table must be decoded whole, so for it the error is ErrType.
func ReadTableInfo(r io.ReaderAt, size int64, rec Record, l Limits) (TableInfo, error) {
	l = l.filled()
	switch c := Standard().Of(rec).(type) {
	case Parquet:
		return parquetInfo(r, size, l)
	case Feather:
		return featherInfo(r, size, l)
	case CSVGzip, AuditTable:
		t, err := ReadTableSlice(r, size, rec, TableSlice{Rows: csvHead}, l)
		if err != nil {
			return TableInfo{}, err
		}
		return TableInfo{t.Schema(), -1}, nil
	default:
		return TableInfo{}, mistyped("%T keeps no table with a header", c)
	}
}

// TableSlice is a part of a table. The zero value is all of it.
type TableSlice struct {
	// Offset is how many rows are passed over.
	Offset int64
	// Rows is the most that are read, 0 for all that follow.
	Rows int64
	// Columns by name, in the order of the file; nil for all. Columns of the
	// index count like others. Names that the table does not have are ErrType.
	Columns []string
}

// ReadTableSlice reads a part of a table. Limits count for the part: of a
// Parquet file the columns and pages that hold it are read, of a Feather file
// the batches of rows that do, of a CSV file everything up to its end. The types
// of a CSV file are those of the part. A pickled DataFrame or Series is decoded
// whole and then cut.
func ReadTableSlice(r io.ReaderAt, size int64, rec Record, s TableSlice, l Limits) (arrow.Table, error) {
	l = l.filled()
	if s.Offset < 0 || s.Rows < 0 {
		return nil, mistyped("a part of %d rows from row %d on", s.Rows, s.Offset)
	}
	switch c := Standard().Of(rec).(type) {
	case Parquet:
		return readParquet(r, size, s, l)
	case Feather:
		return readFeather(r, size, s, l)
	case CSVGzip:
		return readCSV(r, size, c.index(), s, l)
	case AuditTable:
		return readCSV(r, size, 0, s, l)
	case Pickle:
		v, err := c.Decode(r, size, rec, l)
		if err != nil {
			return nil, err
		}
		switch v := v.(type) {
		case arrow.Table:
			return s.cut(v)
		case *Series:
			return s.cut(v.Table)
		}
		return nil, mistyped("%s, not a table", describe(v))
	default:
		return nil, mistyped("%T keeps no table", c)
	}
}

// within returns which of n rows, the first of which is row first of the table,
// belong to the part.
func (s TableSlice) within(first, n int64) (from, to int64) {
	from, to = min(max(s.Offset-first, 0), n), n
	if s.Rows > 0 && s.Offset < first+n && s.Rows < first+n-s.Offset {
		to = max(s.Offset+s.Rows-first, from)
	}
	return from, to
}

func (s TableSlice) takes(column string) bool {
	return s.Columns == nil || slices.Contains(s.Columns, column)
}

// cut takes the part out of a whole table.
func (s TableSlice) cut(t arrow.Table) (arrow.Table, error) {
	from, to := s.within(0, t.NumRows())
	cols := make([]arrow.Column, t.NumCols())
	for i := range cols {
		cols[i] = *array.NewColumnSlice(t.Column(i), from, to)
	}
	return s.of(array.NewTable(t.Schema(), cols, to-from))
}

// of leaves out the columns that are not asked for, and moves the index of a
// table whose rows are those of the part already.
func (s TableSlice) of(t arrow.Table) (arrow.Table, error) {
	for _, name := range s.Columns {
		if !t.Schema().HasField(name) {
			return nil, mistyped("no column %q", name)
		}
	}
	var fields []arrow.Field
	var cols []arrow.Column
	for i, f := range t.Schema().Fields() {
		if s.takes(f.Name) {
			fields = append(fields, f)
			cols = append(cols, *t.Column(i))
		}
	}
	return array.NewTable(arrow.NewSchema(fields, s.moved(t)), cols, t.NumRows()), nil
}

// moved is the table's metadata, with the range of an index that is none of
// the columns at the part's rows.
func (s TableSlice) moved(t arrow.Table) *arrow.Metadata {
	md := t.Schema().Metadata()
	_, r := indexOf(t.Schema())
	at := md.FindKey(pandasKey)
	var m map[string]any
	if at < 0 || json.Unmarshal([]byte(md.Values()[at]), &m) != nil {
		return &md
	}
	index, _ := m["index_columns"].([]any)
	if len(index) != 1 {
		return &md
	}
	of, ok := index[0].(map[string]any)
	if !ok {
		return &md
	}
	start := r.start + s.Offset*r.step
	of["start"], of["stop"] = start, start+t.NumRows()*r.step
	text, err := json.Marshal(m)
	if err != nil {
		return &md
	}
	values := slices.Clone(md.Values())
	values[at] = string(text)
	out := arrow.NewMetadata(md.Keys(), values)
	return &out
}
