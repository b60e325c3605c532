package codec

import (
	"encoding/binary"
	"errors"
	"io"

	flatbuffers "github.com/google/flatbuffers/go"
)

// The form of an Arrow IPC file, and of the tables of its footer and messages:
// https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format
const (
	arrowMagic = "ARROW1"
	// continuation begins a message since Arrow 0.15.
	continuation = 0xffffffff

	footerDictionaries, footerBatches            = 8, 10 // vectors of blocks
	messageKind, messageHeader                   = 6, 8
	kindDictionary, kindBatch                    = 2, 3
	dictionaryData                               = 6
	batchLength, batchBuffers, batchCompression  = 4, 8, 10
	blockBytes, blockMeta, blockBody, vectorItem = 24, 8, 16, 16
)

// featherBatch is what the head of one batch of rows tells.
type featherBatch struct {
	rows int64
	// bytes it takes once it is expanded.
	bytes int64
}

// expand adds what a batch takes to what others did, and checks the limit.
func (b featherBatch) expand(total int64, l Limits) (int64, error) {
	if total += b.bytes; total < 0 || l.bytes(total) != nil {
		return total, tooLarge("batches that expand to more than %d bytes", l.Bytes)
	}
	return total, nil
}

// featherBatches reads footer and heads of a Feather file, so that what they
// promise is checked before the library takes memory for it. The dictionaries
// of categories, which it reads at once, are checked here.
func featherBatches(r io.ReaderAt, size int64, l Limits) (batches []featherBatch, err error) {
	defer rescue("feather", &err) // flatbuffers leads anywhere, and panics outside of the file
	footer, err := featherFooter(r, size)
	if err != nil {
		return nil, err
	}
	left := size
	vector := func(slot flatbuffers.VOffsetT) ([]featherBatch, error) {
		at := flatbuffers.UOffsetT(footer.Offset(slot))
		if at == 0 {
			return nil, nil
		}
		n := footer.VectorLen(at)
		if err := l.members(int64(n)); err != nil {
			return nil, err
		}
		out := make([]featherBatch, n)
		for i := range out {
			block := footer.Bytes[footer.Vector(at)+flatbuffers.UOffsetT(i*blockBytes):][:blockBytes]
			b := featherBlock{
				at:   int64(binary.LittleEndian.Uint64(block)),
				meta: int64(int32(binary.LittleEndian.Uint32(block[blockMeta:]))),
				body: int64(binary.LittleEndian.Uint64(block[blockBody:])),
			}
			if b.at < 0 || b.meta < 0 || b.body < 0 || b.meta > left || b.body > left-b.meta || b.at > size-b.meta-b.body {
				return nil, malformed("a batch of %d and %d bytes at byte %d of %d", b.meta, b.body, b.at, size)
			}
			left -= b.meta + b.body // batches do not overlap
			var err error
			if out[i], err = b.read(r, l); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	if err := soundSchema(footer, schemaOfFooter, l); err != nil {
		return nil, err
	}
	dictionaries, err := vector(footerDictionaries)
	if err != nil {
		return nil, err
	}
	total := int64(0)
	for _, d := range dictionaries {
		if total, err = d.expand(total, l); err != nil {
			return nil, err
		}
	}
	return vector(footerBatches)
}

// featherFooter finds the footer: its length stands before the last magic.
func featherFooter(r io.ReaderAt, size int64) (*flatbuffers.Table, error) {
	var tail [4 + len(arrowMagic)]byte
	if size < int64(len(tail)+2*len(arrowMagic)) {
		return nil, malformed("a Feather file of %d bytes", size)
	}
	if _, err := r.ReadAt(tail[:], size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	n := int64(binary.LittleEndian.Uint32(tail[:]))
	if string(tail[4:]) != arrowMagic || n < 4 || n > size-int64(len(tail)) {
		return nil, malformed("no Feather file: it ends with %q", tail)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(io.NewSectionReader(r, size-int64(len(tail))-n, n), b); err != nil {
		return nil, short(err, "the footer of a Feather file")
	}
	return &flatbuffers.Table{Bytes: b, Pos: flatbuffers.GetUOffsetT(b)}, nil
}

// featherBlock is where a message lies: its head, and the buffers after it.
type featherBlock struct{ at, meta, body int64 }

func (b featherBlock) read(r io.ReaderAt, l Limits) (featherBatch, error) {
	head := make([]byte, b.meta)
	if _, err := io.ReadFull(io.NewSectionReader(r, b.at, b.meta), head); err != nil {
		return featherBatch{}, short(err, "the head of a batch")
	}
	start := 4
	if binary.LittleEndian.Uint32(head) == continuation {
		start = 8
	}
	head = head[start:]
	message := flatbuffers.Table{Bytes: head, Pos: flatbuffers.GetUOffsetT(head)}
	var t flatbuffers.Table
	at := flatbuffers.UOffsetT(message.Offset(messageHeader))
	if at == 0 {
		return featherBatch{}, malformed("a message without a head")
	}
	if err := newSchemaTables(head, l).pairs(&message, messageMetadata); err != nil {
		return featherBatch{}, err
	}
	message.Union(&t, at)
	switch message.GetByteSlot(messageKind, 0) {
	case kindBatch:
	case kindDictionary:
		at := flatbuffers.UOffsetT(t.Offset(dictionaryData))
		if at == 0 {
			return featherBatch{}, malformed("a dictionary without values")
		}
		t = flatbuffers.Table{Bytes: head, Pos: t.Indirect(at + t.Pos)}
	default:
		return featherBatch{}, malformed("a message that is no batch")
	}
	out := featherBatch{rows: t.GetInt64Slot(batchLength, 0), bytes: b.body}
	if out.rows < 0 {
		return out, malformed("a batch of %d rows", out.rows)
	}
	if t.Offset(batchCompression) == 0 {
		return out, nil
	}
	expanded, err := b.expanded(r, &t)
	out.bytes += expanded
	return out, err
}

// expanded adds up what the buffers say they expand to, in the eight bytes
// before each.
func (b featherBlock) expanded(r io.ReaderAt, batch *flatbuffers.Table) (int64, error) {
	at := flatbuffers.UOffsetT(batch.Offset(batchBuffers))
	if at == 0 {
		return 0, nil
	}
	total := int64(0)
	first := batch.Vector(at)
	for i := range batch.VectorLen(at) {
		buffer := batch.Bytes[first+flatbuffers.UOffsetT(i*vectorItem):][:vectorItem]
		from, n := int64(binary.LittleEndian.Uint64(buffer)), int64(binary.LittleEndian.Uint64(buffer[8:]))
		if n == 0 {
			continue
		}
		if from < 0 || n < 8 || n > b.body || from > b.body-n {
			return 0, malformed("a buffer of %d bytes at byte %d of %d", n, from, b.body)
		}
		var length [8]byte
		if _, err := r.ReadAt(length[:], b.at+b.meta+from); err != nil {
			return 0, short(err, "a buffer")
		}
		size := int64(binary.LittleEndian.Uint64(length[:]))
		if size == -1 { // kept as it is
			size = 0
		}
		if size < 0 || size > 1<<56 || total > 1<<56 {
			return 0, malformed("a buffer that expands to %d bytes", size)
		}
		total += size
	}
	return total, nil
}
