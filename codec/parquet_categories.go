package codec

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// Categories, their order, and those that no row has, are kept by the
// dictionary page of a column alone: that is where pyarrow looks for them.

// categoryNode keeps a column of categories. Its dictionary begins with values,
// in every group of rows.
type categoryNode struct {
	parquet.Node
	values []parquet.Value
}

// Type implements parquet.Node.
func (n categoryNode) Type() parquet.Type { return categoryType{n.Node.Type(), n.values} }

type categoryType struct {
	parquet.Type
	values []parquet.Value
}

// NewDictionary implements parquet.Type.
func (t categoryType) NewDictionary(column, n int, data encoding.Values) parquet.Dictionary {
	d := categoryDictionary{t.Type.NewDictionary(column, n, data), t.values}
	d.seed()
	return d
}

type categoryDictionary struct {
	parquet.Dictionary
	values []parquet.Value
}

// Reset implements parquet.Dictionary; the next group of rows begins with it.
func (d categoryDictionary) Reset() {
	d.Dictionary.Reset()
	d.seed()
}

func (d categoryDictionary) seed() {
	d.Insert(make([]int32, len(d.values)), d.values)
}

// categoryColumn makes the node of a column of categories; of another column it
// leaves the node as it is.
func categoryColumn(n parquet.Node, c *arrow.Column) (parquet.Node, error) {
	if c.DataType().ID() != arrow.DICTIONARY || n.Encoding() != &parquet.RLEDictionary {
		return n, nil
	}
	var values []parquet.Value
	var first arrow.Array
	for _, chunk := range c.Data().Chunks() {
		d := chunk.(*array.Dictionary).Dictionary()
		if first != nil && array.Equal(first, d) {
			continue
		}
		first = d
		for i := range d.Len() {
			if d.IsNull(i) {
				continue
			}
			v, err := leafValue(d, i)
			if err != nil {
				return nil, err
			}
			values = append(values, v)
		}
	}
	return categoryNode{n, values}, nil
}

// categories are the texts of a column's dictionaries, in their order, if Arrow
// kept it as one of categories.
func (w wantedColumn) categories(f *parquet.File, kept arrow.DataType, part TableSlice) ([]string, error) {
	t, ok := kept.(*arrow.DictionaryType)
	if !ok || !isText(t.ValueType) || !w.flat() {
		return nil, nil
	}
	var out []string
	first := int64(0)
	for _, g := range f.RowGroups() {
		from, to := part.within(first, g.NumRows())
		first += g.NumRows()
		if from == to {
			continue
		}
		texts, err := chunkCategories(g.ColumnChunks()[w.leaf])
		if err != nil {
			return nil, err
		}
		out = append(out, texts...)
	}
	return out, nil
}

func chunkCategories(c parquet.ColumnChunk) ([]string, error) {
	pages := c.Pages()
	defer func() { _ = pages.Close() }()
	reader, ok := pages.(interface {
		ReadDictionary() (parquet.Dictionary, error)
	})
	if !ok || c.NumValues() == 0 {
		return nil, nil
	}
	d, err := reader.ReadDictionary()
	if err != nil || d == nil {
		return nil, err
	}
	out := make([]string, d.Len())
	for i := range out {
		out[i] = d.Index(int32(i)).String()
	}
	return out, nil
}
