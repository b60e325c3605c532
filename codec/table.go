package codec

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Tables are Arrow tables. What makes one a DataFrame beyond its columns is
// kept where pyarrow keeps it, in the schema's metadata under "pandas": which
// columns are the index. Without it a table has pandas' plain index, the
// numbers from zero.

// pandasKey is where pyarrow keeps what it knows of a DataFrame.
const pandasKey = "pandas"

// pandasMeta is that text. Its columns say how pandas sees each of them.
type pandasMeta struct {
	IndexColumns  []any          `json:"index_columns"`
	ColumnIndexes []pandasColumn `json:"column_indexes"`
	Columns       []pandasColumn `json:"columns"`
	Creator       map[string]any `json:"creator,omitempty"`
	Version       string         `json:"pandas_version,omitempty"`
}

type pandasColumn struct {
	Name       any            `json:"name"`
	FieldName  any            `json:"field_name"`
	PandasType string         `json:"pandas_type"`
	NumpyType  string         `json:"numpy_type"`
	Metadata   map[string]any `json:"metadata"`
}

// rangeIndex is the index of a DataFrame that has no column for it.
type rangeIndex struct {
	name        string
	start, step int64
}

// tableOf returns what the table codecs take as a table.
func tableOf(v any) (arrow.Table, bool) {
	switch v := v.(type) {
	case arrow.Table:
		return v, v != nil
	case arrow.RecordBatch:
		return array.NewTableFromRecords(v.Schema(), []arrow.RecordBatch{v}), true
	}
	return nil, false
}

// IndexColumns returns the names of the columns that are a DataFrame's index,
// by the metadata pyarrow writes; none when the index is the row's number.
func IndexColumns(s *arrow.Schema) []string {
	names, _ := indexOf(s)
	return names
}

func metaOf(s *arrow.Schema) (pandasMeta, bool) {
	var m pandasMeta
	md := s.Metadata()
	i := md.FindKey(pandasKey)
	if i < 0 || json.Unmarshal([]byte(md.Values()[i]), &m) != nil {
		return pandasMeta{}, false
	}
	return m, true
}

// indexOf returns the index columns, or the range that stands for them.
func indexOf(s *arrow.Schema) ([]string, rangeIndex) {
	r := rangeIndex{step: 1}
	m, _ := metaOf(s)
	var names []string
	for _, c := range m.IndexColumns {
		switch c := c.(type) {
		case string:
			if len(s.FieldIndices(c)) > 0 {
				names = append(names, c)
			}
		case map[string]any:
			if n, ok := c["start"].(float64); ok {
				r.start = int64(n)
			}
			if n, ok := c["step"].(float64); ok && n != 0 {
				r.step = int64(n)
			}
			r.name, _ = c["name"].(string)
		}
	}
	return names, r
}

// indexName is the index column's own name, "" when it has none.
func indexName(s *arrow.Schema, column string) string {
	m, ok := metaOf(s)
	if ok {
		for _, c := range m.Columns {
			if c.FieldName == column {
				name, _ := c.Name.(string)
				return name
			}
		}
	}
	return column
}

// WithIndex returns the table with columns marked as a DataFrame's index:
// pandas reads them as such. A name of "" or "__index_level_N__" is an index
// without a name.
func WithIndex(t arrow.Table, columns ...string) (arrow.Table, error) {
	for _, c := range columns {
		if len(t.Schema().FieldIndices(c)) != 1 {
			return nil, mistyped("no single column %q for an index", c)
		}
	}
	schema := withMeta(t.Schema(), columns, rangeIndex{step: 1}, t.NumRows(), nil)
	cols := make([]arrow.Column, t.NumCols())
	for i := range cols {
		cols[i] = *t.Column(i)
	}
	return array.NewTable(schema, cols, t.NumRows()), nil
}

// withMeta writes the metadata of a table with this index.
func withMeta(s *arrow.Schema, index []string, r rangeIndex, rows int64, nullable map[string]bool) *arrow.Schema {
	m := pandasMeta{
		ColumnIndexes: []pandasColumn{{PandasType: "unicode", NumpyType: "str", Metadata: map[string]any{"encoding": "UTF-8"}}},
		Creator:       map[string]any{"library": "coffer", "version": "1"},
		Version:       "2.0.0",
	}
	for _, name := range index {
		m.IndexColumns = append(m.IndexColumns, name)
	}
	if len(index) == 0 {
		var name any
		if r.name != "" {
			name = r.name
		}
		m.IndexColumns = []any{map[string]any{
			"kind": "range", "name": name, "start": r.start, "stop": r.start + rows*r.step, "step": r.step,
		}}
	}
	for _, f := range s.Fields() {
		c := pandasColumn{Name: f.Name, FieldName: f.Name}
		if slices.Contains(index, f.Name) && unnamed(f.Name) {
			c.Name = nil
		}
		c.PandasType, c.NumpyType, c.Metadata = pandasType(f.Type)
		if nullable[f.Name] {
			c.NumpyType = nullableName(f.Type)
		}
		m.Columns = append(m.Columns, c)
	}
	text, err := json.Marshal(m)
	if err != nil {
		return s
	}
	keys, values := []string{pandasKey}, []string{string(text)}
	old := s.Metadata()
	for i, k := range old.Keys() {
		if k != pandasKey {
			keys, values = append(keys, k), append(values, old.Values()[i])
		}
	}
	md := arrow.NewMetadata(keys, values)
	return arrow.NewSchema(s.Fields(), &md)
}

// nullableName is pandas' own type for numbers that may be missing: "Int64",
// "UInt8", "Float32", "boolean".
func nullableName(t arrow.DataType) string {
	switch name := t.Name(); {
	case t.ID() == arrow.BOOL:
		return "boolean"
	case strings.HasPrefix(name, "uint"):
		return "UI" + name[2:]
	default:
		return strings.ToUpper(name[:1]) + name[1:]
	}
}

// unnamed reports the names that stand for an index without one.
func unnamed(name string) bool {
	var level int
	n, err := fmt.Sscanf(name, "__index_level_%d__", &level)
	return name == "" || (err == nil && n == 1)
}

// pandasType tells how pandas sees a column of an Arrow type.
func pandasType(t arrow.DataType) (pandas, numpy string, meta map[string]any) {
	switch t := t.(type) {
	case *arrow.BooleanType:
		return "bool", "bool", nil
	case *arrow.StringType, *arrow.LargeStringType:
		return "unicode", "str", nil
	case *arrow.BinaryType, *arrow.LargeBinaryType:
		return "bytes", "object", nil
	case *arrow.TimestampType:
		if t.TimeZone != "" {
			return "datetimetz", "datetime64[" + t.Unit.String() + "]", map[string]any{"timezone": t.TimeZone}
		}
		return "datetime", "datetime64[" + t.Unit.String() + "]", nil
	case *arrow.DurationType:
		return "timedelta", "timedelta64[" + t.Unit.String() + "]", nil
	case *arrow.Date32Type, *arrow.Date64Type:
		return "date", "object", nil
	case *arrow.DictionaryType:
		return "categorical", t.IndexType.Name(), map[string]any{"ordered": t.Ordered}
	case *arrow.Float16Type:
		return "float16", "float16", nil
	case *arrow.Float32Type:
		return "float32", "float32", nil
	case *arrow.Float64Type:
		return "float64", "float64", nil
	}
	if arrow.IsInteger(t.ID()) {
		return t.Name(), t.Name(), nil
	}
	return t.Name(), "object", nil
}

// checkTable refuses a table beyond the limits.
func checkTable(rows, columns int64, l Limits) error {
	if err := l.columns(columns); err != nil {
		return err
	}
	return l.rows(rows)
}

// boundedMemory is an Arrow allocator that ends decoding, by a panic that
// rescue turns into its error, before it takes more than the limit.
type boundedMemory struct {
	memory.Allocator
	l    Limits
	used int64
}

func newBoundedMemory(l Limits) *boundedMemory {
	return &boundedMemory{Allocator: memory.NewGoAllocator(), l: l}
}

func (b *boundedMemory) take(n int) {
	b.used += int64(n)
	if n < 0 {
		panic(malformed("a buffer of %d bytes", n))
	}
	if err := b.l.bytes(b.used); err != nil {
		panic(err)
	}
}

// Allocate implements memory.Allocator.
func (b *boundedMemory) Allocate(n int) []byte {
	b.take(n)
	return b.Allocator.Allocate(n)
}

// Reallocate implements memory.Allocator.
func (b *boundedMemory) Reallocate(n int, old []byte) []byte {
	b.take(n)
	b.used -= int64(len(old))
	return b.Allocator.Reallocate(n, old)
}

// Free implements memory.Allocator.
func (b *boundedMemory) Free(old []byte) {
	b.used -= int64(len(old))
	b.Allocator.Free(old)
}

// tableRecord is what all tables have in common. Of tables alone the Python SDK
// leaves a name that has the extension as it is.
func tableRecord(name, ext, content string, t arrow.Table) Record {
	return Record{Name: name, Type: TypePandas, ContentType: content, File: strings.TrimSuffix(name, ext) + ext, Preview: TableText(t)}
}
