package codec

import (
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
)

// FeatherFile is a Feather file of which parts are read: its footer when it is
// opened, then batch by batch.
type FeatherFile struct {
	Schema *arrow.Schema
	in     *ipc.FileReader
}

// OpenFeather reads the footer.
func OpenFeather(r io.ReaderAt, size int64, l Limits) (f *FeatherFile, err error) {
	l = l.filled()
	defer rescue("feather", &err)
	in, err := ipc.NewFileReader(io.NewSectionReader(r, 0, size), ipc.WithAllocator(newBoundedMemory(l)),
		ipc.WithBodySizeLimit(min(size, l.Bytes)), ipc.WithMetadataSizeLimit(min(size, l.Bytes)))
	if err != nil {
		return nil, malformed("feather: %w", err)
	}
	if err := checkTable(0, int64(in.Schema().NumFields()), l); err != nil {
		return nil, err
	}
	if err := l.members(int64(in.NumRecords())); err != nil {
		return nil, err
	}
	return &FeatherFile{Schema: in.Schema(), in: in}, nil
}

// Batches is how many batches there are.
func (f *FeatherFile) Batches() int { return f.in.NumRecords() }

// Batch reads one of them whole.
func (f *FeatherFile) Batch(i int) (b arrow.RecordBatch, err error) {
	defer rescue("feather", &err)
	if b, err = f.in.RecordBatchAt(i); err != nil {
		return nil, malformed("feather: %w", err)
	}
	return b, nil
}
