package codec_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	flatbuffers "github.com/google/flatbuffers/go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/coffer-ml/coffer/codec"
)

// The vectors of Arrow's schema: https://github.com/apache/arrow/blob/main/format/Schema.fbs
const (
	slotOfFields, slotOfPairs         = 6, 8
	slotInFooter, slotInMessage       = 6, 8
	slotOfChildren, slotOfFieldsPairs = 14, 16
)

func annotated() *arrow.Schema {
	pairs := arrow.NewMetadata([]string{"key"}, []string{"value"})
	return arrow.NewSchema([]arrow.Field{
		{Name: "number", Type: arrow.PrimitiveTypes.Int64, Metadata: pairs},
		{Name: "list", Type: arrow.ListOf(arrow.PrimitiveTypes.Int32)},
	}, &pairs)
}

// inner is the table that another leads to.
func inner(t *flatbuffers.Table, slot flatbuffers.VOffsetT) *flatbuffers.Table {
	return &flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(flatbuffers.UOffsetT(t.Offset(slot)) + t.Pos)}
}

// item is a table of a vector.
func item(t *flatbuffers.Table, slot flatbuffers.VOffsetT, i int) *flatbuffers.Table {
	first := t.Vector(flatbuffers.UOffsetT(t.Offset(slot)))
	return &flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(first + flatbuffers.UOffsetT(4*i))}
}

// widen claims that a vector has so many items.
func widen(t *flatbuffers.Table, slot flatbuffers.VOffsetT, n uint32) {
	binary.LittleEndian.PutUint32(t.Bytes[t.Vector(flatbuffers.UOffsetT(t.Offset(slot)))-4:], n)
}

// hostileSchemas are schemas that claim more than they have, and one that holds
// itself.
var hostileSchemas = map[string]func(schema *flatbuffers.Table){
	"a billion pairs":            func(s *flatbuffers.Table) { widen(s, slotOfPairs, 1<<30) },
	"four billion pairs":         func(s *flatbuffers.Table) { widen(s, slotOfPairs, 1<<32-1) },
	"a billion fields":           func(s *flatbuffers.Table) { widen(s, slotOfFields, 1<<30) },
	"a billion pairs of a field": func(s *flatbuffers.Table) { widen(item(s, slotOfFields, 0), slotOfFieldsPairs, 1<<30) },
	"a billion children":         func(s *flatbuffers.Table) { widen(item(s, slotOfFields, 1), slotOfChildren, 1<<30) },
	"a field that holds itself": func(s *flatbuffers.Table) {
		list := item(s, slotOfFields, 1)
		at := list.Vector(flatbuffers.UOffsetT(list.Offset(slotOfChildren)))
		binary.LittleEndian.PutUint32(s.Bytes[at:], uint32(list.Pos-at))
	},
}

func TestHostileSchemasOfFeather(t *testing.T) {
	var whole bytes.Buffer
	w, err := ipc.NewFileWriter(&whole, ipc.WithSchema(annotated()))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	files := map[string]hostile{}
	for name, change := range hostileSchemas {
		b := bytes.Clone(whole.Bytes())
		end := len(b) - 10
		footer := b[end-int(binary.LittleEndian.Uint32(b[end:])) : end]
		change(inner(&flatbuffers.Table{Bytes: footer, Pos: flatbuffers.GetUOffsetT(footer)}, slotInFooter))
		files[name] = hostile{b, codec.ErrFormat}
	}
	refuse(t, codec.Record{Type: codec.TypePandas, ContentType: "application/feather"}, files)
}

// A Parquet file may hold a schema of Arrow, which only says more about its
// columns: without it the table is read just so.
func TestHostileSchemasOfParquet(t *testing.T) {
	var stream bytes.Buffer
	w := ipc.NewWriter(&stream, ipc.WithSchema(annotated()))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	schemas := map[string][]byte{"a message of 2 GB": binary.LittleEndian.AppendUint32([]byte("\xff\xff\xff\xff"), 1<<31-1), "nothing": nil}
	for name, change := range hostileSchemas {
		b := bytes.Clone(stream.Bytes())
		message := b[8:]
		change(inner(&flatbuffers.Table{Bytes: message, Pos: flatbuffers.GetUOffsetT(message)}, slotInMessage))
		schemas[name] = b
	}
	rec := codec.Record{Type: codec.TypePandas, ContentType: "application/parquet"}
	plain := keptParquet(t, nil)
	if _, err := codec.Decode(bytes.NewReader(plain), int64(len(plain)), rec, hostileLimits); err != nil {
		t.Fatal(err)
	}
	for name, schema := range schemas {
		t.Run(name, func(t *testing.T) {
			b := keptParquet(t, []format.KeyValue{{Key: "ARROW:schema", Value: base64.StdEncoding.EncodeToString(schema)}})
			var err error
			took := allocated(func() { _, err = codec.Decode(bytes.NewReader(b), int64(len(b)), rec, hostileLimits) })
			if err != nil {
				t.Error(err)
			}
			if took > hostileMemory {
				t.Errorf("a file of %d bytes took %d MB", len(b), took>>20)
			}
		})
	}
}

// keptParquet is one null with what else is kept in the file.
func keptParquet(t *testing.T, pairs []format.KeyValue) []byte {
	t.Helper()
	levels := []byte{2, 0, 0, 0, 2, 0} // one run of one level, which is that of a null
	return flatParquet(t, dataPage(1, int32(len(levels)), int32(len(levels))), levels, func(m *format.FileMetaData) { m.KeyValueMetadata = pairs })
}
