package codec

import (
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
)

// FeatherFile is a Feather file of which parts are read: its footer and the
// heads of its batches when it is opened, then batch by batch.
type FeatherFile struct {
	Schema  *arrow.Schema
	in      *ipc.FileReader
	batches []featherBatch
	limits  Limits
}

// OpenFeather reads the footer.
func OpenFeather(r io.ReaderAt, size int64, l Limits) (f *FeatherFile, err error) {
	l = l.filled()
	defer rescue("feather", &err)
	batches, err := featherBatches(r, size, l)
	if err != nil {
		return nil, err
	}
	in, err := ipc.NewFileReader(io.NewSectionReader(r, 0, size), ipc.WithAllocator(newBoundedMemory(l)),
		ipc.WithBodySizeLimit(size), ipc.WithMetadataSizeLimit(size))
	if err != nil {
		return nil, malformed("feather: %w", err)
	}
	if err := l.columns(int64(in.Schema().NumFields())); err != nil {
		return nil, err
	}
	return &FeatherFile{in.Schema(), in, batches, l}, nil
}

// Batches is how many batches there are.
func (f *FeatherFile) Batches() int { return len(f.batches) }

// Batch reads one of them whole.
func (f *FeatherFile) Batch(i int) (b arrow.RecordBatch, err error) {
	defer rescue("feather", &err)
	if _, err := f.batches[i].expand(0, f.limits); err != nil {
		return nil, err
	}
	if b, err = f.in.RecordBatchAt(i); err != nil {
		return nil, malformed("feather: %w", err)
	}
	if b.NumRows() != f.batches[i].rows {
		return nil, malformed("a batch of %d rows in place of %d", b.NumRows(), f.batches[i].rows)
	}
	for _, c := range b.Columns() {
		if err := sound(c); err != nil {
			return nil, err
		}
	}
	return b, nil
}
