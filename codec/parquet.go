package codec

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/parquet-go/parquet-go"
)

// Parquet keeps tables as Apache Parquet, compressed with Snappy, with Arrow's
// own schema beside them as pyarrow writes it. It takes arrow.Table and
// arrow.RecordBatch and reads an arrow.Table.
type Parquet struct{}

var _ Codec = Parquet{}

// arrowSchemaKey is where Arrow keeps its schema in a Parquet file: base64 of
// an IPC message.
const arrowSchemaKey = "ARROW:schema"

// Accepts implements Codec.
func (Parquet) Accepts(v any) bool { _, ok := tableOf(v); return ok }

// parquetRows is how many rows go into a group: what pyarrow takes is more
// than fits into memory as values of this library.
const parquetRows = 1 << 16

// Encode implements Codec.
func (Parquet) Encode(w io.Writer, name string, v any) (rec Record, err error) {
	t, ok := tableOf(v)
	if !ok {
		return rec, mistyped("a Parquet file holds an Arrow table, not a %T", v)
	}
	defer rescue("parquet", &err)
	rec = tableRecord(name, ".parquet", contentParquet, t)
	root := &group{}
	first := make([]int, t.NumCols()) // leaf of each column
	leaf := 0
	for i := range first {
		f := t.Schema().Field(i)
		node, err := parquetNode(f.Type, true)
		if err != nil {
			return rec, mistyped("column %q: %w", f.Name, err)
		}
		if node, err = categoryColumn(node, t.Column(i)); err != nil {
			return rec, mistyped("column %q: %w", f.Name, err)
		}
		root.add(f.Name, node)
		first[i] = leaf
		leaf += leaves(node)
	}
	options := []parquet.WriterOption{
		parquet.NewSchema("schema", root), parquet.Compression(&parquet.Snappy), parquet.CreatedBy("coffer", "1", "go"),
	}
	md := t.Schema().Metadata()
	for i, k := range md.Keys() {
		options = append(options, parquet.KeyValueMetadata(k, md.Values()[i]))
	}
	text, err := schemaText(t.Schema())
	if err != nil {
		return rec, err
	}
	options = append(options, parquet.KeyValueMetadata(arrowSchemaKey, text))
	out := parquet.NewGenericWriter[any](w, options...)
	batches := array.NewTableReader(t, parquetRows)
	defer batches.Release()
	for batches.Next() {
		if err := writeBatch(out, batches.RecordBatch(), first); err != nil {
			return rec, err
		}
	}
	return rec, out.Close()
}

// writeBatch writes the rows of a batch as one row group.
func writeBatch(out *parquet.GenericWriter[any], b arrow.RecordBatch, first []int) error {
	rows := make([]parquet.Row, 0, 256)
	for i := range int(b.NumRows()) {
		var row parquet.Row
		for c, leaf := range first {
			var err error
			if row, err = columnValues(row, b.Column(c), i, level{}, leaf, true); err != nil {
				return err
			}
		}
		if rows = append(rows, row); len(rows) == cap(rows) {
			if _, err := out.WriteRows(rows); err != nil {
				return err
			}
			rows = rows[:0]
		}
	}
	if _, err := out.WriteRows(rows); err != nil {
		return err
	}
	return out.Flush()
}

// schemaText is the schema as Arrow keeps it in Parquet's metadata.
func schemaText(s *arrow.Schema) (string, error) {
	var b bytes.Buffer
	w := ipc.NewWriter(&b, ipc.WithSchema(s))
	if err := w.Close(); err != nil {
		return "", err
	}
	// A stream ends with eight bytes that are no part of the message.
	const end = 8
	return base64.StdEncoding.EncodeToString(b.Bytes()[:max(b.Len()-end, 0)]), nil
}

// schemaOf reads the schema that Arrow kept, nil when there is none to read.
func schemaOf(f *parquet.File, l Limits) (schema *arrow.Schema) {
	text, ok := f.Lookup(arrowSchemaKey)
	if !ok {
		return nil
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	// What others wrote may be anything; the file's own schema serves as well.
	defer func() {
		if recover() != nil {
			schema = nil
		}
	}()
	if err := soundMessage(b, l); err != nil {
		return nil
	}
	r, err := ipc.NewReader(bytes.NewReader(append(b, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0)))
	if err != nil {
		return nil
	}
	defer r.Release()
	return r.Schema()
}

// Reads implements Codec. Where the Python SDK had no support for Parquet it
// wrote CSV under this extension, but says so in the content type.
func (Parquet) Reads(rec Record) bool {
	return rec.Type == TypePandas && rec.ContentType == contentParquet
}

// Decode implements Codec.
func (Parquet) Decode(r io.ReaderAt, size int64, _ Record, l Limits) (any, error) {
	return readParquet(r, size, TableSlice{}, l.filled())
}

// openParquet reads the footer alone.
func openParquet(r io.ReaderAt, size int64, l Limits) (*parquet.File, error) {
	if err := checkFooter(r, size, l); err != nil {
		return nil, err
	}
	f, err := parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, malformed("parquet: %w", err)
	}
	if f.NumRows() < 0 {
		return nil, malformed("a table of %d rows", f.NumRows())
	}
	return f, l.columns(int64(len(f.Root().Columns())))
}

// footerLength is what the end of the file says of its footer, in bytes.
func footerLength(r io.ReaderAt, size int64) (int64, error) {
	var tail [8]byte
	if size < 12 {
		return 0, malformed("a Parquet file of %d bytes", size)
	}
	if _, err := r.ReadAt(tail[:], size-8); err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	n := int64(tail[0]) | int64(tail[1])<<8 | int64(tail[2])<<16 | int64(tail[3])<<24
	if n > size-12 {
		return 0, malformed("a footer of %d bytes in a Parquet file of %d", n, size)
	}
	return n, nil
}
