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
	return readFeather(r, size, TableSlice{}, l.filled())
}

// readFeather reads the batches that hold the rows of the part.
func readFeather(r io.ReaderAt, size int64, part TableSlice, l Limits) (t arrow.Table, err error) {
	defer rescue("feather", &err)
	_, batches, err := featherBatches(r, size, l)
	if err != nil {
		return nil, err
	}
	in, err := ipc.NewFileReader(io.NewSectionReader(r, 0, size), ipc.WithAllocator(newBoundedMemory(l)),
		ipc.WithBodySizeLimit(size), ipc.WithMetadataSizeLimit(size))
	if err != nil {
		return nil, malformed("feather: %w", err)
	}
	defer func() { _ = in.Close() }()
	if err := l.columns(int64(in.Schema().NumFields())); err != nil {
		return nil, err
	}
	var kept []arrow.RecordBatch
	first, rows := int64(0), int64(0)
	for i, b := range batches {
		from, to := part.within(first, b.rows)
		first += b.rows
		if from == to {
			continue
		}
		if rows += to - from; rows < 0 || l.rows(rows) != nil {
			return nil, tooLarge("more than %d rows", l.Rows)
		}
		batch, err := in.RecordBatchAt(i)
		if err != nil {
			return nil, malformed("feather: %w", err)
		}
		if batch.NumRows() != b.rows {
			return nil, malformed("a batch of %d rows in place of %d", batch.NumRows(), b.rows)
		}
		for _, c := range batch.Columns() {
			if err := sound(c); err != nil {
				return nil, err
			}
		}
		kept = append(kept, batch.NewSlice(from, to))
	}
	return part.of(array.NewTableFromRecords(in.Schema(), kept))
}

// featherInfo reads the schema and adds up the rows.
func featherInfo(r io.ReaderAt, size int64, l Limits) (info TableInfo, err error) {
	defer rescue("feather", &err)
	_, batches, err := featherBatches(r, size, l)
	if err != nil {
		return info, err
	}
	in, err := ipc.NewFileReader(io.NewSectionReader(r, 0, size), ipc.WithAllocator(newBoundedMemory(l)),
		ipc.WithBodySizeLimit(size), ipc.WithMetadataSizeLimit(size))
	if err != nil {
		return info, malformed("feather: %w", err)
	}
	defer func() { _ = in.Close() }()
	info.Schema = in.Schema()
	for _, b := range batches {
		if info.Rows += b.rows; info.Rows < 0 {
			return info, malformed("batches of more rows than there are numbers")
		}
	}
	return info, nil
}
