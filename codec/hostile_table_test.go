package codec_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/coffer-ml/coffer/codec"
)

// parquetFile ends the pages with a footer.
func parquetFile(t *testing.T, pages []byte, m format.FileMetaData) []byte {
	t.Helper()
	footer, err := thrift.Marshal(&thrift.CompactProtocol{}, &m)
	if err != nil {
		t.Fatal(err)
	}
	return parquetEnd(append([]byte("PAR1"), pages...), footer)
}

func parquetEnd(b, footer []byte) []byte {
	b = append(bytes.Clone(b), footer...)
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(footer))), "PAR1"...)
}

// flatParquet has one column of numbers; change makes it hostile.
func flatParquet(t *testing.T, page format.PageHeader, content []byte, change func(*format.FileMetaData)) []byte {
	t.Helper()
	head, err := thrift.Marshal(&thrift.CompactProtocol{}, &page)
	if err != nil {
		t.Fatal(err)
	}
	pages := append(head, content...)
	optional, children, kind := format.Optional, int32(1), format.Int64
	m := format.FileMetaData{Version: 1, NumRows: 1, Schema: []format.SchemaElement{{Name: "schema"}, {Name: "a"}}}
	m.Schema[0].NumChildren.V, m.Schema[0].NumChildren.Valid = children, true
	m.Schema[1].Type.V, m.Schema[1].Type.Valid = kind, true
	m.Schema[1].RepetitionType.V, m.Schema[1].RepetitionType.Valid = optional, true
	m.RowGroups = []format.RowGroup{{NumRows: 1, Columns: []format.ColumnChunk{{MetaData: format.ColumnMetaData{
		Type: kind, PathInSchema: []string{"a"}, NumValues: 1, DataPageOffset: 4,
		TotalCompressedSize: int64(len(pages)), TotalUncompressedSize: int64(len(pages)),
	}}}}}
	change(&m)
	return parquetFile(t, pages, m)
}

// dataPage is a page of so many values that says it expands to so many bytes.
func dataPage(values, packed, expanded int32) format.PageHeader {
	h := format.PageHeader{Type: format.DataPage, CompressedPageSize: packed, UncompressedPageSize: expanded}
	h.DataPageHeader.Valid = true
	h.DataPageHeader.V = format.DataPageHeader{
		NumValues: values, Encoding: format.Plain, DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE,
	}
	return h
}

func TestHostileParquet(t *testing.T) {
	whole, _ := write(t, codec.Parquet{}, longTable(100))
	group := func(m *format.FileMetaData) *format.RowGroup { return &m.RowGroups[0] }
	column := func(m *format.FileMetaData) *format.ColumnMetaData { return &m.RowGroups[0].Columns[0].MetaData }
	// Level runs of no values in three bytes: 2^30 rows of nothing.
	levels := []byte{6, 0, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x08, 0}
	nulls := func(n int32) []byte {
		return flatParquet(t, dataPage(n, int32(len(levels)), int32(len(levels))), levels, func(m *format.FileMetaData) {
			m.NumRows, group(m).NumRows, column(m).NumValues = int64(n), int64(n), int64(n)
		})
	}
	longFooter := bytes.Clone(whole)
	binary.LittleEndian.PutUint32(longFooter[len(longFooter)-8:], 1<<31)
	list := func(field byte, kind byte, size uint64) []byte { // a footer that is a list of so many
		return append(append([]byte{field<<4 | 9, 0xf0 | kind}, binary.AppendUvarint(nil, size)...), 0, 0)
	}
	deep := []byte{}
	for range 100_000 {
		deep = append(deep, 0x1c)
	}
	schema := func(n int) []byte {
		return flatParquet(t, dataPage(1, 0, 0), nil, func(m *format.FileMetaData) {
			elements := m.Schema[:1:1]
			for range n {
				e := format.SchemaElement{Name: "g"}
				e.NumChildren.V, e.NumChildren.Valid = 1, true
				e.RepetitionType.V, e.RepetitionType.Valid = format.Required, true
				elements = append(elements, e)
			}
			m.Schema = append(elements, m.Schema[1])
		})
	}
	statistics := []byte{0x15, 0, 0x15, 0, 0x15, 0, 0x2c, 0x5c, 0x18, 0xff, 0xff, 0xff, 0xff, 0x07} // a statistic of 2 GB
	refuse(t, codec.Record{Type: codec.TypePandas, ContentType: "application/parquet"}, map[string]hostile{
		"nothing":                  {nil, codec.ErrFormat},
		"no footer":                {whole[:len(whole)-20], codec.ErrFormat},
		"a footer over the file":   {longFooter, codec.ErrFormat},
		"a list of two billion":    {parquetEnd([]byte("PAR1"), list(4, 12, 1<<31-1)), codec.ErrFormat},
		"a list beyond int64":      {parquetEnd([]byte("PAR1"), list(2, 12, 1<<63)), codec.ErrFormat},
		"a footer of lists":        {parquetEnd([]byte("PAR1"), append(list(4, 12, 1<<20), make([]byte, 1<<20)...)), codec.ErrTooLarge},
		"structures in structures": {parquetEnd([]byte("PAR1"), deep), codec.ErrFormat},
		"a schema of many levels":  {schema(300), codec.ErrFormat},
		"a schema of too many":     {schema(50_000), codec.ErrTooLarge},
		"rows beyond all":          {flatParquet(t, dataPage(1, 0, 0), nil, func(m *format.FileMetaData) { m.NumRows = 1 << 60 }), codec.ErrTooLarge},
		"rows below zero":          {flatParquet(t, dataPage(1, 0, 0), nil, func(m *format.FileMetaData) { m.NumRows = -1 }), codec.ErrFormat},
		"values beyond all":        {flatParquet(t, dataPage(1, 0, 0), nil, func(m *format.FileMetaData) { column(m).NumValues = 1 << 60 }), codec.ErrFormat},
		"a group of other rows":    {flatParquet(t, dataPage(1, 0, 0), nil, func(m *format.FileMetaData) { group(m).NumRows = 1 << 40 }), codec.ErrFormat},
		"a column outside":         {flatParquet(t, dataPage(1, 0, 0), nil, func(m *format.FileMetaData) { column(m).DataPageOffset = 1 << 40 }), codec.ErrFormat},
		"a dictionary behind":      {flatParquet(t, dataPage(1, 0, 0), nil, func(m *format.FileMetaData) { column(m).DictionaryPageOffset = 1 << 20 }), codec.ErrFormat},
		"a page that expands":      {flatParquet(t, dataPage(1, 0, 1<<30), nil, func(*format.FileMetaData) {}), codec.ErrTooLarge},
		"a page beyond the file":   {flatParquet(t, dataPage(1, 1<<30, 8), nil, func(*format.FileMetaData) {}), codec.ErrFormat},
		"a page of many values":    {flatParquet(t, dataPage(1<<30, 0, 0), nil, func(*format.FileMetaData) {}), codec.ErrFormat},
		"nulls without end":        {nulls(1 << 30), codec.ErrTooLarge},
		"a statistic of 2 GB":      {flatParquetHead(t, statistics), codec.ErrFormat},
		"a snappy page of wrong size": {flatParquet(t, dataPage(1, 5, 8), []byte{0xff, 0xff, 0xff, 0xff, 0x0f}, func(m *format.FileMetaData) {
			column(m).Codec = format.Snappy
		}), codec.ErrFormat},
	})
}

// flatParquetHead has this in place of a page header.
func flatParquetHead(t *testing.T, head []byte) []byte {
	t.Helper()
	b := flatParquet(t, dataPage(1, 0, 0), make([]byte, 64), func(*format.FileMetaData) {})
	copy(b[4:], head)
	return b
}

// featherOf is an uncompressed Feather file of two rows.
func featherOf(t *testing.T, compressed bool) []byte {
	t.Helper()
	mem := memory.DefaultAllocator
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "text", Type: arrow.BinaryTypes.String},
		{Name: "number", Type: arrow.PrimitiveTypes.Int64},
		{Name: "kind", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}},
		{Name: "list", Type: arrow.ListOf(arrow.PrimitiveTypes.Int32)},
	}, nil)
	b := array.NewRecordBuilder(mem, schema)
	defer b.Release()
	for i := range 2 {
		b.Field(0).(*array.StringBuilder).Append("0123456789")
		b.Field(1).(*array.Int64Builder).Append(int64(0x1122334455667700 + i))
		if err := b.Field(2).AppendValueFromString(fmt.Sprint("kind", i)); err != nil {
			t.Fatal(err)
		}
		b.Field(3).(*array.ListBuilder).Append(true)
		b.Field(3).(*array.ListBuilder).ValueBuilder().(*array.Int32Builder).Append(int32(0x55667788))
	}
	var out bytes.Buffer
	options := []ipc.Option{ipc.WithSchema(schema)}
	if compressed {
		options = append(options, ipc.WithZstd())
	}
	w, err := ipc.NewFileWriter(&out, options...)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(b.NewRecordBatch()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// patched replaces the bytes at every place where old stands.
func patched(t *testing.T, b []byte, old, with string) []byte {
	t.Helper()
	if len(old) != len(with) || !bytes.Contains(b, []byte(old)) {
		t.Fatalf("no %q in the file", old)
	}
	return bytes.ReplaceAll(b, []byte(old), []byte(with))
}

func TestHostileFeather(t *testing.T) {
	plain, packed := featherOf(t, false), featherOf(t, true)
	offsets := "\x00\x00\x00\x00\x0a\x00\x00\x00\x14\x00\x00\x00"
	lists := "\x00\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00"
	indices := "\x00\x00\x00\x00\x01\x00\x00\x00" + lists
	longFooter := bytes.Clone(plain)
	binary.LittleEndian.PutUint32(longFooter[len(longFooter)-10:], 1<<31-1)
	// A buffer of the 16 bytes of numbers, which says that it expands to more.
	buffer := func(size int64) []byte {
		b := bytes.Clone(packed)
		at := bytes.Index(b, []byte("\x28\xb5\x2f\xfd")) - 8 // zstd's magic
		if at < 0 {
			t.Fatal("no compressed buffer")
		}
		binary.LittleEndian.PutUint64(b[at:], uint64(size))
		return b
	}
	refuse(t, codec.Record{Type: codec.TypePandas, ContentType: "application/feather"}, map[string]hostile{
		"nothing":                    {nil, codec.ErrFormat},
		"cut off":                    {plain[:len(plain)-100], codec.ErrFormat},
		"a footer over the file":     {longFooter, codec.ErrFormat},
		"a buffer of a petabyte":     {buffer(1 << 50), codec.ErrTooLarge},
		"a buffer of 1 GB":           {buffer(1 << 30), codec.ErrTooLarge},
		"a buffer below zero":        {buffer(-2), codec.ErrFormat},
		"a text beyond its buffer":   {patched(t, plain, offsets, "\x00\x00\x00\x00\xff\xff\xff\x7f\x14\x00\x00\x00"), codec.ErrFormat},
		"a text that ends before":    {patched(t, plain, offsets, "\x0a\x00\x00\x00\x00\x00\x00\x00\x14\x00\x00\x00"), codec.ErrFormat},
		"a text from below":          {patched(t, plain, offsets, "\xff\xff\xff\xff\x0a\x00\x00\x00\x14\x00\x00\x00"), codec.ErrFormat},
		"a text that is no UTF-8":    {patched(t, plain, "0123456789", "01234\xff6789"), codec.ErrFormat},
		"a list beyond its values":   {patched(t, plain, lists, "\x00\x00\x00\x00\x01\x00\x00\x00\x20\x00\x00\x00"), codec.ErrFormat},
		"a category that is not":     {patched(t, plain, indices, "\x00\x00\x00\x00\x02"+indices[5:]), codec.ErrFormat},
		"a category below zero":      {patched(t, plain, indices, "\xff\xff\xff\xff"+indices[4:]), codec.ErrFormat},
		"the footer of another file": {append(bytes.Clone(plain[:8]), plain[len(plain)-300:]...), codec.ErrFormat},
	})
}
