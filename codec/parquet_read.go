package codec

import (
	"errors"
	"io"
	"math/big"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/float16"
	"github.com/parquet-go/parquet-go"
)

// readParquet turns a file whose headers were checked into a table. kept is
// the schema Arrow left, nil when there is none.
func readParquet(f *parquet.File, kept *arrow.Schema, l Limits) (arrow.Table, error) {
	mem := newBoundedMemory(l)
	var keys, values []string
	for _, kv := range f.Metadata().KeyValueMetadata {
		if kv.Key != arrowSchemaKey {
			keys, values = append(keys, kv.Key), append(values, kv.Value)
		}
	}
	md := arrow.NewMetadata(keys, values)
	roots := f.Root().Columns()
	fields := make([]arrow.Field, len(roots))
	chunks := make([][]arrow.Array, len(roots))
	leaf := 0
	for i, root := range roots {
		t, err := arrowType(root)
		if err != nil {
			return nil, mistyped("column %q: %w", root.Name(), err)
		}
		if root.Repeated() {
			return nil, mistyped("column %q repeats without a list", root.Name())
		}
		fields[i] = arrow.Field{Name: root.Name(), Type: t, Nullable: true}
		for _, g := range f.RowGroups() {
			a, err := readColumn(g, root, t, leaf, mem)
			if err != nil {
				return nil, malformed("column %q: %w", root.Name(), err)
			}
			chunks[i] = append(chunks[i], a)
		}
		leaf += leaves(root)
		if kept != nil && kept.NumFields() == len(roots) && kept.Field(i).Name == root.Name() {
			fields[i], chunks[i] = retyped(fields[i], kept.Field(i), chunks[i], mem)
		}
	}
	schema := arrow.NewSchema(fields, &md)
	columns := make([]arrow.Column, len(fields))
	for i := range columns {
		columns[i] = *arrow.NewColumn(schema.Field(i), arrow.NewChunked(fields[i].Type, chunks[i]))
	}
	return array.NewTable(schema, columns, f.NumRows()), nil
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

// readColumn reads a column of one row group.
func readColumn(g parquet.RowGroup, root parquet.Node, t arrow.DataType, leaf int, mem *boundedMemory) (arrow.Array, error) {
	cursors := make([]*cursor, leaves(root))
	all := g.ColumnChunks()
	for i := range cursors {
		values, err := readLeaf(all[leaf+i])
		if err != nil {
			return nil, err
		}
		cursors[i] = &cursor{values: values}
	}
	b := array.NewBuilder(mem, t)
	defer b.Release()
	for range g.NumRows() {
		if err := assemble(b, root, cursors, 0, 0); err != nil {
			return nil, err
		}
	}
	for _, c := range cursors {
		if c.at != len(c.values) {
			return nil, malformed("%d values for %d rows", len(c.values), g.NumRows())
		}
	}
	return b.NewArray(), nil
}

func readLeaf(c parquet.ColumnChunk) ([]parquet.Value, error) {
	pages := c.Pages()
	defer func() { _ = pages.Close() }()
	values := make([]parquet.Value, 0, c.NumValues())
	for {
		p, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return values, nil
		}
		if err != nil {
			return nil, err
		}
		n := len(values)
		if int64(n)+p.NumValues() > c.NumValues() {
			return nil, malformed("more than the %d values promised", c.NumValues())
		}
		values = values[:n+int(p.NumValues())]
		read, err := p.Values().ReadValues(values[n:])
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		values = values[:n+read]
		for i := n; i < len(values); i++ {
			values[i] = values[i].Clone() // a page's memory is used again
		}
		parquet.Release(p)
	}
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

func appendValue(b array.Builder, v parquet.Value) error {
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(v.Boolean())
	case *array.Int8Builder:
		b.Append(int8(v.Int32()))
	case *array.Int16Builder:
		b.Append(int16(v.Int32()))
	case *array.Int32Builder:
		b.Append(v.Int32())
	case *array.Int64Builder:
		b.Append(v.Int64())
	case *array.Uint8Builder:
		b.Append(uint8(v.Int32()))
	case *array.Uint16Builder:
		b.Append(uint16(v.Int32()))
	case *array.Uint32Builder:
		b.Append(uint32(v.Int32()))
	case *array.Uint64Builder:
		b.Append(uint64(v.Int64()))
	case *array.Float32Builder:
		b.Append(v.Float())
	case *array.Float64Builder:
		b.Append(v.Double())
	case *array.StringBuilder:
		b.Append(string(v.ByteArray()))
	case *array.BinaryBuilder:
		b.Append(v.ByteArray())
	case *array.FixedSizeBinaryBuilder:
		b.Append(v.ByteArray())
	case *array.Date32Builder:
		b.Append(arrow.Date32(v.Int32()))
	case *array.Time32Builder:
		b.Append(arrow.Time32(v.Int32()))
	case *array.Time64Builder:
		b.Append(arrow.Time64(v.Int64()))
	case *array.TimestampBuilder:
		if v.Kind() == parquet.Int96 {
			b.Append(arrow.Timestamp(int96Nanos(v)))
		} else {
			b.Append(arrow.Timestamp(v.Int64()))
		}
	case *array.Float16Builder:
		raw := v.ByteArray()
		if len(raw) != 2 {
			return malformed("a half-precision number of %d bytes", len(raw))
		}
		b.Append(float16.FromBits(uint16(raw[0]) | uint16(raw[1])<<8))
	case *array.Decimal128Builder:
		return appendDecimal(b, v)
	case *array.NullBuilder:
		b.AppendNull()
	default:
		return mistyped("a column of %s", b.Type())
	}
	return nil
}

// int96Nanos is Impala's moment: nanoseconds of the day, and the Julian day.
func int96Nanos(v parquet.Value) int64 {
	n := v.Int96()
	const epoch = 2440588 // the Julian day of 1970-01-01
	return (int64(n[2])-epoch)*86400e9 + int64(uint64(n[1])<<32|uint64(n[0]))
}

func appendDecimal(b *array.Decimal128Builder, v parquet.Value) error {
	switch v.Kind() {
	case parquet.Int32:
		b.Append(decimal128.FromI64(int64(v.Int32())))
	case parquet.Int64:
		b.Append(decimal128.FromI64(v.Int64()))
	default:
		raw := v.ByteArray()
		if len(raw) > 16 {
			return malformed("a decimal of %d bytes", len(raw))
		}
		n := new(big.Int).SetBytes(raw)
		if len(raw) > 0 && raw[0]&0x80 != 0 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(raw))))
		}
		b.Append(decimal128.FromBigInt(n))
	}
	return nil
}
