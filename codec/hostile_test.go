package codec_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/coffer-ml/coffer/codec"
)

// hostileLimits are those under which hostile files are read, and the memory
// that reading one may ask for altogether: what is given back counts as well,
// so that the figure depends on no garbage collector.
var hostileLimits = codec.Limits{Bytes: 16 << 20, Rows: 100_000, Columns: 1000, Depth: 100, Members: 1000, Values: 200_000}

const hostileMemory = 128 << 20

// hostile is a file, and the kind of the error that it must give.
type hostile struct {
	b    []byte
	want error
}

// refuse reads each file whole and in parts.
func refuse(t *testing.T, rec codec.Record, files map[string]hostile) {
	t.Helper()
	for name, f := range files {
		t.Run(name, func(t *testing.T) {
			var v any
			var err error
			took := allocated(func() { v, err = codec.Decode(bytes.NewReader(f.b), int64(len(f.b)), rec, hostileLimits) })
			if !errors.Is(err, f.want) {
				t.Errorf("%.100v, %v", codec.PyRepr(v), err)
			}
			if took > hostileMemory {
				t.Errorf("a file of %d bytes took %d MB", len(f.b), took>>20)
			}
			took = allocated(func() { known(t, parts(f.b, rec, false)) })
			if took > 5*hostileMemory { // under fuzzLimits
				t.Errorf("parts of a file of %d bytes took %d MB", len(f.b), took>>20)
			}
		})
	}
}

// allocated is how many bytes fn asks for.
func allocated(fn func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fn()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestHostilePickles holds what grows by being named again and again: a memo
// makes a short file of it. What would run code is in pickle_test.go.
func TestHostilePickles(t *testing.T) {
	text := func(n int) string { // a text at place 0 of the memo, and not on the stack
		return "X" + string(binary.LittleEndian.AppendUint32(nil, uint32(n))) + strings.Repeat("a", n) + "q\x000"
	}
	objects := func(shape string, items string) string { // an array of objects
		return "cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85C\x01btR(K\x01" + shape +
			"\x85cnumpy\ndtype\n(X\x02\x00\x00\x00O8\x89\x88tR(K\x03X\x01\x00\x00\x00|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb\x89](" + items + "etb"
	}
	series := func(values, index string) string { // a Series of values
		block := "}(X\x06\x00\x00\x00values" + values + "X\x08\x00\x00\x00mgr_locscbuiltins\nslice\nK\x00K\x01K\x01\x87Ru"
		state := "}X\x06\x00\x00\x000.14.1}(X\x04\x00\x00\x00axes](" + index + "eX\x06\x00\x00\x00blocks](" + block + "eus"
		manager := "cpandas.core.internals.managers\nSingleBlockManager\n)\x81(]]]" + state + "tb"
		return "cpandas\nSeries\n)\x81}(X\x04\x00\x00\x00_mgr" + manager + "ub"
	}
	rangeOf := func(stop string) string {
		return "cpandas.core.indexes.base\n_new_Index\n(cpandas.core.indexes.range\nRangeIndex\n}(X\x04\x00\x00\x00nameNX\x05\x00\x00\x00startK\x00" +
			"X\x04\x00\x00\x00stop" + stop + "X\x04\x00\x00\x00stepK\x01utR"
	}
	digits := "\x8b" + string(binary.LittleEndian.AppendUint32(nil, 1<<20)) + strings.Repeat("\x7f", 1<<20)
	refuse(t, codec.Record{Type: codec.TypePickle}, map[string]hostile{
		"encoded again and again": {pickled(text(1<<16) + "](" + strings.Repeat("c_codecs\nencode\nh\x00X\x06\x00\x00\x00latin1\x86R", 10_000) + "e"), codec.ErrTooLarge},
		"old texts again":         {pickled("T" + string(binary.LittleEndian.AppendUint32(nil, 1<<16)) + strings.Repeat("a", 1<<16) + "q\x000](" + strings.Repeat("h\x00", 50_000) + "e"), codec.ErrTooLarge},
		"a column of one text":    {pickled(text(1<<16) + series(objects("M\x10\x27", strings.Repeat("h\x00", 10_000)), rangeOf("M\x10\x27"))), codec.ErrTooLarge},
		"an index without end":    {pickled(series(objects("K\x01", "K\x01"), rangeOf("\x8a\x06\x00\x00\x00\x00\x00\x01"))), codec.ErrFormat},
		"a number of digits":      {pickled(digits), nil},
		"gzip that expands":       {gzipped(repeated(strings.Repeat("N", 1<<20), 40)...), codec.ErrTooLarge},
	})
}

// npyFile is an .npy file of this version with this header and data.
func npyFile(major byte, header, data string) []byte {
	b := []byte{0x93, 'N', 'U', 'M', 'P', 'Y', major, 0}
	if major == 1 {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	} else {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(header)))
	}
	return append(append(b, header...), data...)
}

func npyOf(descr, shape, data string) []byte {
	return npyFile(2, fmt.Sprintf("{'descr': %s, 'fortran_order': False, 'shape': %s, }", descr, shape), data)
}

func TestHostileArrays(t *testing.T) {
	giantHeader := npyFile(2, "{}", "")
	binary.LittleEndian.PutUint32(giantHeader[8:], 1<<32-1)
	fields := make([]string, 0, 20_000)
	for i := range cap(fields) {
		fields = append(fields, fmt.Sprintf("('f%d', '<f8')", i))
	}
	refuse(t, codec.Record{Type: codec.TypeNumPy}, map[string]hostile{
		"a petabyte":            {npyOf("'<f8'", "(1000000000000000,)", ""), codec.ErrTooLarge},
		"overflow to little":    {npyOf("'<f8'", "(4294967296, 4294967296, 2)", "12345678"), codec.ErrTooLarge},
		"overflow by the size":  {npyOf("'<c32'", "(4611686018427387904,)", ""), codec.ErrTooLarge},
		"many of no size":       {npyOf("'|S0'", "(1000000000000,)", ""), codec.ErrTooLarge},
		"many of no fields":     {npyOf("'|V0'", "(9223372036854775807,)", ""), codec.ErrTooLarge},
		"strings beyond memory": {npyOf("'|S1'", "(1000000,)", strings.Repeat("a", 1_000_000)), codec.ErrTooLarge},
		"a length over int64":   {npyOf("'<f8'", "(9223372036854775808,)", ""), codec.ErrFormat},
		"a length below zero":   {npyOf("'<f8'", "(-1,)", ""), codec.ErrFormat},
		"many dimensions":       {npyOf("'<f8'", "("+strings.Repeat("1,", 65)+")", "12345678"), codec.ErrTooLarge},
		"none of too many":      {npyOf("'<f8'", "(0, 9223372036854775807, 9223372036854775807)", ""), nil},
		"a header of 4 GB":      {giantHeader, codec.ErrTooLarge},
		"a header cut off":      {npyFile(1, "{'descr'", "")[:12], codec.ErrFormat},
		"nesting":               {npyOf(strings.Repeat("[('a', ", 5000), "(1,)", ""), codec.ErrTooLarge},
		"many fields":           {npyOf("["+strings.Join(fields, ", ")+"]", "(1,)", ""), codec.ErrTooLarge},
		"a field of a petabyte": {npyOf("[('a', '<f8', (1000000, 1000000))]", "(1,)", ""), codec.ErrTooLarge},
		"code":                  {npyOf("__import__('os').system('true')", "(1,)", ""), codec.ErrFormat},
		"a name that is code":   {npyOf("[(lambda: 1, '<f8')]", "(1,)", ""), codec.ErrFormat},
		"objects":               {npyOf("'|O'", "(1,)", "cos\nsystem\n(S'true'\ntR."), codec.ErrUnsafe},
		"objects in a field":    {npyOf("[('a', [('b', '|O')])]", "(1,)", "cos\nsystem\n(S'true'\ntR."), codec.ErrUnsafe},
	})
}

func gzipped(parts ...string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for _, p := range parts {
		_, _ = io.WriteString(z, p) // a buffer takes everything
	}
	_ = z.Close()
	return b.Bytes()
}

func repeated(text string, times int) []string {
	out := make([]string, times)
	for i := range out {
		out[i] = text
	}
	return out
}

func TestHostileCSV(t *testing.T) {
	mega := strings.Repeat("a", 1<<20)
	tables := map[string]hostile{
		"an endless line":       {gzipped(repeated(mega, 40)...), codec.ErrTooLarge},
		"endless empty lines":   {gzipped(repeated(strings.Repeat("\n", 1<<20), 40)...), codec.ErrTooLarge},
		"endless columns":       {gzipped(strings.Repeat("a,", 1<<20)), codec.ErrTooLarge},
		"endless rows":          {gzipped("a,b\n", strings.Repeat("1,2\n", 1<<20)), codec.ErrTooLarge},
		"an endless quote":      {gzipped(append([]string{"a\n\""}, repeated(mega, 40)...)...), codec.ErrTooLarge},
		"a quote without end":   {[]byte("a,b\n1,\"2\n3,4\n"), codec.ErrFormat},
		"short rows":            {gzipped(strings.Repeat("a,", 900)+"a\n", strings.Repeat("1\n", 90_000)), codec.ErrTooLarge},
		"rows that are longer":  {[]byte("a,b\n1,2,3,4\n"), codec.ErrFormat},
		"gzip that is cut off":  {gzipped("a,b\n1,2\n")[:12], codec.ErrFormat},
		"gzip with a wrong sum": {append(gzipped("a,b\n1,2\n")[:20], make([]byte, 12)...), codec.ErrFormat},
		"nothing":               {nil, codec.ErrFormat},
	}
	refuse(t, codec.Record{Type: codec.TypePandas, ContentType: "text/csv"}, tables)
	refuse(t, codec.Record{Type: codec.TypeAudit, ContentType: "text/csv"}, tables)
	refuse(t, codec.Record{Type: codec.TypeNumPy, ContentType: "text/csv"}, map[string]hostile{
		"an endless line": {gzipped(repeated(mega, 40)...), codec.ErrTooLarge},
		"endless rows":    {gzipped(strings.Repeat("1\n", 4<<20)), codec.ErrTooLarge},
		"ragged":          {[]byte("1,2\n3\n"), codec.ErrFormat},
	})
}

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

func TestHostileImages(t *testing.T) {
	png, _ := write(t, codec.PNG{}, pictures()["L"])
	sized := func(w, h uint32) []byte {
		b := bytes.Clone(png)
		binary.BigEndian.PutUint32(b[16:], w)
		binary.BigEndian.PutUint32(b[20:], h)
		binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
		return b
	}
	jpeg, _ := write(t, codec.JPEG{}, pictures()["L"])
	at := bytes.Index(jpeg, []byte{0xff, 0xc0})
	if at < 0 {
		t.Fatal("no frame in a JPEG")
	}
	giantJPEG := bytes.Clone(jpeg)
	binary.BigEndian.PutUint32(giantJPEG[at+5:], 0xffffffff)
	webp := []byte("RIFF\x16\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\xff\x3f\x00\xff\x3f\x00")
	gif := []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02\x4c\x01\x00;")
	bmp := append([]byte("BM\x36\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\x30\x75\x00\x00\x30\x75\x00\x00\x01\x00\x18\x00"), make([]byte, 24)...)
	refuse(t, codec.Record{Type: codec.TypeImage}, map[string]hostile{
		"a PNG of giants":      {sized(1<<31-1, 1<<31-1), codec.ErrFormat},
		"a PNG of a gigapixel": {sized(1<<15, 1<<15), codec.ErrTooLarge},
		"a PNG of one row":     {sized(1<<31-1, 1), codec.ErrTooLarge},
		"a PNG of nothing":     {sized(0, 5), codec.ErrFormat},
		"a PNG of more lines":  {sized(7, 500), codec.ErrFormat},
		"a JPEG of giants":     {giantJPEG, codec.ErrTooLarge},
		"a WebP of giants":     {webp, codec.ErrTooLarge},
		"a GIF of giants":      {gif, codec.ErrTooLarge},
		"a BMP of giants":      {bmp, codec.ErrTooLarge},
		"a BMP upside down":    {append(append(bytes.Clone(bmp[:22]), 0, 0, 0, 0x80), bmp[26:]...), codec.ErrTooLarge},
		"a cut PNG":            {png[:len(png)/2], codec.ErrFormat},
		"a magic alone":        {png[:8], codec.ErrFormat},
	})
}

// liar is a zip file whose directory says that its only member has so many
// bytes.
func liar(t *testing.T, name string, content []byte, says uint32) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err == nil {
		_, err = w.Write(content)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	out := b.Bytes()
	binary.LittleEndian.PutUint32(out[bytes.Index(out, []byte("PK\x01\x02"))+24:], says)
	return out
}

// overlapping is a zip file with many entries for the same bytes.
func overlapping(t *testing.T, content []byte, times int) []byte {
	t.Helper()
	one := liar(t, "0000", content, uint32(len(content)))
	at, end := bytes.Index(one, []byte("PK\x01\x02")), bytes.Index(one, []byte("PK\x05\x06"))
	entry := one[at:end]
	out := bytes.Clone(one[:at])
	for i := range times {
		e := bytes.Clone(entry)
		copy(e[46:], fmt.Sprintf("%04d", i))
		out = append(out, e...)
	}
	tail := bytes.Clone(one[end:])
	binary.LittleEndian.PutUint16(tail[8:], uint16(times))
	binary.LittleEndian.PutUint16(tail[10:], uint16(times))
	binary.LittleEndian.PutUint32(tail[12:], uint32(times*len(entry)))
	return append(out, tail...)
}

func TestHostileZips(t *testing.T) {
	zeros := make([]byte, 1<<20)
	refuse(t, codec.Record{Type: codec.TypeArchive}, map[string]hostile{
		"a bomb":              {liar(t, "a", make([]byte, 32<<20), 32<<20), codec.ErrTooLarge},
		"more than there is":  {liar(t, "a", []byte("x"), 1<<30), codec.ErrFormat},
		"overlapping members": {overlapping(t, zeros, 500), codec.ErrFormat},
		"too many members":    {overlapping(t, nil, 2000), codec.ErrTooLarge},
	})
	refuse(t, codec.Record{Type: codec.TypeNumPy, ContentType: "application/numpy"}, map[string]hostile{
		"an array that is a bomb":    {liar(t, "a.npy", npyOf("'<f8'", "(4194304,)", string(make([]byte, 32<<20))), 32<<20+128), codec.ErrTooLarge},
		"an array larger than said":  {liar(t, "a.npy", npyOf("'<f8'", "(131072,)", string(zeros)), 100), codec.ErrFormat},
		"an array cut off":           {liar(t, "a.npy", npyOf("'<f8'", "(131072,)", "x"), 1<<20+100), codec.ErrFormat},
		"an array of objects inside": {liar(t, "a.npy", npyOf("'|O'", "(1,)", "cos\nsystem\n."), 78), codec.ErrUnsafe},
	})
}

// TestBombsStopWhileTheyAreExtracted expands a member that is larger than its
// archive says: no more than the promise is written, and nothing beside it.
func TestBombsStopWhileTheyAreExtracted(t *testing.T) {
	b := liar(t, "sub/a", make([]byte, 8<<20), 10_000)
	a, err := codec.OpenArchive(bytes.NewReader(b), int64(len(b)), hostileLimits)
	if err != nil {
		t.Fatal(err)
	}
	parent := t.TempDir()
	folder := filepath.Join(parent, "in")
	if err := a.Extract(folder); !errors.Is(err, codec.ErrFormat) {
		t.Errorf("extracted: %v", err)
	}
	total := int64(0)
	err = filepath.Walk(parent, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			total += info.Size()
			if !strings.HasPrefix(path, folder) {
				t.Errorf("wrote %s", path)
			}
		}
		return err
	})
	if err != nil || total > 10_001 {
		t.Errorf("%d bytes were written, %v", total, err)
	}
}
