package codec

import (
	"errors"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/parquet-go/parquet-go"
)

// wantedColumn is a column that is asked for: its node and its leaves.
type wantedColumn struct {
	node         parquet.Node
	name         string
	leaf, leaves int
	index        int // among all columns
}

// flat columns have one value for each row.
func (w wantedColumn) flat() bool { return w.node.Leaf() && !w.node.Repeated() }

// readParquet reads the columns and rows of the part.
func readParquet(r io.ReaderAt, size int64, part TableSlice, l Limits) (t arrow.Table, err error) {
	defer rescue("parquet", &err)
	f, err := openParquet(r, size, l)
	if err != nil {
		return nil, err
	}
	from, to := part.within(0, f.NumRows())
	if err := l.rows(to - from); err != nil {
		return nil, err
	}
	wanted := part.parquetColumns(f)
	if err := checkPages(r, size, f, wanted, part, l); err != nil {
		return nil, err
	}
	kept := schemaOf(f, l)
	if kept != nil && kept.NumFields() != len(f.Root().Columns()) {
		kept = nil
	}
	mem := newBoundedMemory(l)
	fields := make([]arrow.Field, len(wanted))
	columns := make([]arrow.Column, len(wanted))
	for i, w := range wanted {
		var chunks []arrow.Array
		if fields[i], chunks, err = w.read(f, part, mem); err != nil {
			return nil, err
		}
		if kept != nil && kept.Field(w.index).Name == w.name {
			known, err := w.categories(f, kept.Field(w.index).Type, part)
			if err != nil {
				return nil, malformed("column %q: %w", w.name, err)
			}
			fields[i], chunks = retyped(fields[i], kept.Field(w.index), chunks, known, mem)
		}
		columns[i] = *arrow.NewColumn(fields[i], arrow.NewChunked(fields[i].Type, chunks))
	}
	whole := array.NewTable(arrow.NewSchema(fields, parquetMeta(f)), columns, to-from)
	return part.of(whole)
}

// parquetMeta is what writers left beside the columns, without Arrow's schema.
func parquetMeta(f *parquet.File) *arrow.Metadata {
	var keys, values []string
	for _, kv := range f.Metadata().KeyValueMetadata {
		if kv.Key != arrowSchemaKey {
			keys, values = append(keys, kv.Key), append(values, kv.Value)
		}
	}
	md := arrow.NewMetadata(keys, values)
	return &md
}

// parquetColumns returns the columns that are asked for, in the order of the
// file.
func (s TableSlice) parquetColumns(f *parquet.File) []wantedColumn {
	var out []wantedColumn
	leaf := 0
	for i, root := range f.Root().Columns() {
		w := wantedColumn{root, root.Name(), leaf, leaves(root), i}
		leaf += w.leaves
		if s.takes(w.name) {
			out = append(out, w)
		}
	}
	return out
}

// field is the column as Arrow sees it.
func (w wantedColumn) field() (arrow.Field, error) {
	t, err := arrowType(w.node)
	if err != nil {
		return arrow.Field{}, mistyped("column %q: %w", w.name, err)
	}
	if w.node.Repeated() {
		return arrow.Field{}, mistyped("column %q repeats without a list", w.name)
	}
	return arrow.Field{Name: w.name, Type: t, Nullable: true}, nil
}

// read reads the part's rows, an array for each group of rows that has some.
func (w wantedColumn) read(f *parquet.File, part TableSlice, mem *boundedMemory) (arrow.Field, []arrow.Array, error) {
	field, err := w.field()
	if err != nil {
		return field, nil, err
	}
	var chunks []arrow.Array
	first := int64(0)
	for _, g := range f.RowGroups() {
		from, to := part.within(first, g.NumRows())
		first += g.NumRows()
		if from == to {
			continue
		}
		a, err := w.readGroup(g, field.Type, from, to, mem)
		if err != nil {
			return field, nil, malformed("column %q: %w", w.name, err)
		}
		chunks = append(chunks, a)
	}
	return field, chunks, nil
}

// cursor walks over the values of one leaf.
type cursor struct {
	values []parquet.Value
	at     int
}

func (c *cursor) peek() (parquet.Value, bool) {
	if c.at == len(c.values) {
		return parquet.Value{}, false
	}
	return c.values[c.at], true
}

// readGroup reads the rows from from up to to, which is left out, of one group.
func (w wantedColumn) readGroup(g parquet.RowGroup, t arrow.DataType, from, to int64, mem *boundedMemory) (arrow.Array, error) {
	cursors := make([]*cursor, w.leaves)
	all := g.ColumnChunks()
	for i := range cursors {
		var values []parquet.Value
		var err error
		if w.flat() {
			values, err = readLeaf(all[w.leaf+i], from, to-from)
		} else if values, err = readLeaf(all[w.leaf+i], 0, all[w.leaf+i].NumValues()); err == nil {
			values = rowsOf(values, from, to)
		}
		if err != nil {
			return nil, err
		}
		cursors[i] = &cursor{values: values}
	}
	b := array.NewBuilder(mem, t)
	defer b.Release()
	for range to - from {
		if err := assemble(b, w.node, cursors, 0, 0); err != nil {
			return nil, err
		}
	}
	for _, c := range cursors {
		if c.at != len(c.values) {
			return nil, malformed("%d values for %d rows", len(c.values), to-from)
		}
	}
	return b.NewArray(), nil
}

// rowsOf cuts the values of rows out of a column with lists: a row begins
// where no list goes on.
func rowsOf(values []parquet.Value, from, to int64) []parquet.Value {
	start, end, row := len(values), len(values), int64(-1)
	for i := range values {
		if values[i].RepetitionLevel() == 0 {
			row++
			if row == from {
				start = i
			}
			if row == to {
				end = i
				break
			}
		}
	}
	return values[min(start, end):end]
}

// readLeaf reads n values after the first skip rows.
func readLeaf(c parquet.ColumnChunk, skip, n int64) ([]parquet.Value, error) {
	pages := c.Pages()
	defer func() { _ = pages.Close() }()
	if skip > 0 {
		if err := pages.SeekToRow(skip); err != nil {
			return nil, err
		}
	}
	n = min(n, c.NumValues())
	values := make([]parquet.Value, 0, n)
	for int64(len(values)) < n {
		p, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return values, nil
		}
		if err != nil {
			return nil, err
		}
		have := len(values)
		values = values[:have+int(min(p.NumValues(), n-int64(have)))]
		read, err := p.Values().ReadValues(values[have:])
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		values = values[:have+read]
		for i := have; i < len(values); i++ {
			values[i] = values[i].Clone() // a page's memory is used again
		}
		parquet.Release(p)
	}
	return values, nil
}

// assemble builds the next value of a column out of its leaves, as the Dremel
// paper describes: def and rep are the levels at which the column stands.
func assemble(b array.Builder, n parquet.Node, cursors []*cursor, def, rep int) error {
	first, ok := cursors[0].peek()
	if !ok {
		return malformed("fewer values than rows")
	}
	if n.Optional() {
		if first.DefinitionLevel() <= def {
			for _, c := range cursors {
				if c.at == len(c.values) {
					return malformed("fewer values than rows")
				}
				c.at++
			}
			b.AppendNull()
			return nil
		}
		def++
	}
	if n.Leaf() {
		cursors[0].at++
		return appendValue(b, first)
	}
	if list, ok := b.(*array.ListBuilder); ok {
		return assembleList(list, n, cursors, def, rep)
	}
	s, ok := b.(*array.StructBuilder)
	if !ok {
		return mistyped("a group as %s", b.Type())
	}
	s.Append(true)
	for i, f := range n.Fields() {
		k := leaves(f)
		var err error
		if f.Repeated() {
			return mistyped("field %q repeats without a list", f.Name())
		}
		if err = assemble(s.FieldBuilder(i), f, cursors[:k], def, rep); err != nil {
			return err
		}
		cursors = cursors[k:]
	}
	return nil
}

func assembleList(b *array.ListBuilder, n parquet.Node, cursors []*cursor, def, rep int) error {
	b.Append(true)
	def++ // of the repeated group
	rep++
	first, _ := cursors[0].peek()
	if first.DefinitionLevel() < def {
		for _, c := range cursors {
			if c.at == len(c.values) {
				return malformed("fewer values than rows")
			}
			c.at++
		}
		return nil
	}
	repeated := n.Fields()[0]
	element := listElement(n)
	for {
		var err error
		if element == parquet.Node(repeated) {
			// The repeated group is the element itself, and is never missing.
			err = assemble(b.ValueBuilder(), required{repeated}, cursors, def, rep)
		} else {
			err = assemble(b.ValueBuilder(), element, cursors, def, rep)
		}
		if err != nil {
			return err
		}
		if next, ok := cursors[0].peek(); !ok || next.RepetitionLevel() < rep {
			return nil
		}
	}
}

// required is a repeated node seen as one of its elements.
type required struct{ parquet.Node }

// Optional implements parquet.Node.
func (required) Optional() bool { return false }

// Repeated implements parquet.Node.
func (required) Repeated() bool { return false }

// parquetInfo reads the schema, as readParquet would give it to a table.
func parquetInfo(r io.ReaderAt, size int64, l Limits) (info TableInfo, err error) {
	defer rescue("parquet", &err)
	f, err := openParquet(r, size, l)
	if err != nil {
		return info, err
	}
	wanted := TableSlice{}.parquetColumns(f)
	kept := schemaOf(f, l)
	fields := make([]arrow.Field, len(wanted))
	for i, w := range wanted {
		if fields[i], err = w.field(); err != nil {
			return info, err
		}
		if kept != nil && kept.NumFields() == len(wanted) && kept.Field(i).Name == w.name {
			fields[i], _ = retyped(fields[i], kept.Field(i), nil, nil, newBoundedMemory(l))
		}
	}
	return TableInfo{arrow.NewSchema(fields, parquetMeta(f)), f.NumRows()}, nil
}
