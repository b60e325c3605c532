package codec

import (
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
)

// Feather keeps tables as an Arrow IPC file compressed with LZ4, which
// pandas calls Feather. It takes arrow.Table and arrow.RecordBatch and reads
// an arrow.Table.
type Feather struct{}

var _ Codec = Feather{}

// Accepts implements Codec.
func (Feather) Accepts(v any) bool { _, ok := tableOf(v); return ok }

// featherRows is how many rows pyarrow puts into a batch.
const featherRows = 1 << 16

// Encode implements Codec.
func (Feather) Encode(w io.Writer, name string, v any) (rec Record, err error) {
	t, ok := tableOf(v)
	if !ok {
		return rec, mistyped("a Feather file holds an Arrow table, not a %T", v)
	}
	defer rescue("feather", &err)
	rec = tableRecord(name, ".feather", contentFeather, t)
	out, err := ipc.NewFileWriter(w, ipc.WithSchema(t.Schema()), ipc.WithLZ4())
	if err != nil {
		return rec, err
	}
	batches := array.NewTableReader(t, featherRows)
	defer batches.Release()
	for batches.Next() {
		if err := out.Write(batches.RecordBatch()); err != nil {
			return rec, err
		}
	}
	return rec, out.Close()
}

// Reads implements Codec.
func (Feather) Reads(rec Record) bool {
	return rec.Type == TypePandas && rec.ContentType == contentFeather
}

// Decode implements Codec.
func (Feather) Decode(r io.ReaderAt, size int64, _ Record, l Limits) (v any, err error) {
	l = l.filled()
	defer rescue("feather", &err)
	in, err := ipc.NewFileReader(io.NewSectionReader(r, 0, size), ipc.WithAllocator(newBoundedMemory(l)),
		ipc.WithBodySizeLimit(size), ipc.WithMetadataSizeLimit(size))
	if err != nil {
		return nil, malformed("feather: %w", err)
	}
	defer func() { _ = in.Close() }()
	if err := checkTable(0, int64(in.Schema().NumFields()), l); err != nil {
		return nil, err
	}
	if err := l.members(int64(in.NumRecords())); err != nil {
		return nil, err
	}
	var batches []arrow.RecordBatch
	rows := int64(0)
	for i := range in.NumRecords() {
		b, err := in.RecordBatchAt(i)
		if err != nil {
			return nil, malformed("feather: %w", err)
		}
		rows += b.NumRows()
		if err := l.rows(rows); err != nil {
			return nil, err
		}
		batches = append(batches, b)
	}
	return array.NewTableFromRecords(in.Schema(), batches), nil
}
