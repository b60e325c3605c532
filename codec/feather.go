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
	f, err := OpenFeather(r, size, l)
	if err != nil {
		return nil, err
	}
	var kept []arrow.RecordBatch
	first, rows, bytes := int64(0), int64(0), int64(0)
	for i, b := range f.batches {
		from, to := part.within(first, b.rows)
		first += b.rows
		if from == to {
			continue
		}
		if rows += to - from; rows < 0 || l.rows(rows) != nil {
			return nil, tooLarge("more than %d rows", l.Rows)
		}
		if bytes, err = b.expand(bytes, l); err != nil {
			return nil, err
		}
		batch, err := f.Batch(i)
		if err != nil {
			return nil, err
		}
		kept = append(kept, batch.NewSlice(from, to))
	}
	return part.of(array.NewTableFromRecords(f.Schema, kept))
}

// featherInfo reads the schema and adds up the rows.
func featherInfo(r io.ReaderAt, size int64, l Limits) (info TableInfo, err error) {
	defer rescue("feather", &err)
	f, err := OpenFeather(r, size, l)
	if err != nil {
		return info, err
	}
	info.Schema = f.Schema
	for _, b := range f.batches {
		if info.Rows += b.rows; info.Rows < 0 {
			return info, malformed("batches of more rows than there are numbers")
		}
	}
	return info, nil
}
