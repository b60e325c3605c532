package codec

import (
	"encoding/binary"

	flatbuffers "github.com/google/flatbuffers/go"
)

// The tables of a schema, by the slots of their fields:
// https://github.com/apache/arrow/blob/main/format/Schema.fbs
const (
	schemaOfFooter                = 6
	messageBody, kindSchema       = 10, 1
	messageMetadata               = 12
	schemaFields, schemaMetadata  = 6, 8
	fieldName, fieldKind, fieldOf = 4, 8, 10
	fieldChildren, fieldMetadata  = 14, 16
	pairKey, pairValue            = 4, 6
	kindTimestamp, timestampZone  = 10, 6
	kindUnion, unionIDs           = 14, 6
	bytesOfOffset                 = 4
)

// schemaTables walks the tables of a schema before the Arrow library does:
// that takes memory for as many fields and pairs as a vector claims to have,
// and copies each text as often as something leads to it. It panics where an
// offset leads outside of the bytes; rescue makes an error of that.
type schemaTables struct {
	limits Limits
	left   int64 // bytes that vectors and texts may still take
	things int64 // fields and pairs so far
}

// newSchemaTables allows what the bytes hold: nothing that a writer makes leads
// to the same place twice.
func newSchemaTables(b []byte, l Limits) *schemaTables {
	return &schemaTables{limits: l, left: int64(len(b))}
}

func (s *schemaTables) take(what string, n int64) error {
	if s.left -= n; n < 0 || s.left < 0 {
		return malformed("%s of %d bytes, which are not there", what, n)
	}
	return nil
}

// each calls visit with every table of a vector of tables.
func (s *schemaTables) each(t *flatbuffers.Table, slot flatbuffers.VOffsetT, visit func(flatbuffers.Table) error) error {
	at := flatbuffers.UOffsetT(t.Offset(slot))
	if at == 0 {
		return nil
	}
	first, n := t.Vector(at), int64(t.VectorLen(at))
	if err := s.take("a vector", bytesOfOffset*n); err != nil {
		return err
	}
	s.things += n
	if err := s.limits.members(s.things); err != nil {
		return err
	}
	for i := range n {
		if err := visit(flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(first + flatbuffers.UOffsetT(i*bytesOfOffset))}); err != nil {
			return err
		}
	}
	return nil
}

func (s *schemaTables) text(t *flatbuffers.Table, slot flatbuffers.VOffsetT) error {
	at := flatbuffers.UOffsetT(t.Offset(slot))
	if at == 0 {
		return nil
	}
	return s.take("a text", int64(binary.LittleEndian.Uint32(t.Bytes[t.Indirect(at+t.Pos):])))
}

// pairs walks custom metadata.
func (s *schemaTables) pairs(t *flatbuffers.Table, slot flatbuffers.VOffsetT) error {
	return s.each(t, slot, func(pair flatbuffers.Table) error {
		if err := s.text(&pair, pairKey); err != nil {
			return err
		}
		return s.text(&pair, pairValue)
	})
}

// schema walks a schema, whose columns are its fields.
func (s *schemaTables) schema(t *flatbuffers.Table) error {
	if err := s.pairs(t, schemaMetadata); err != nil {
		return err
	}
	return s.fields(t, schemaFields, 1)
}

func (s *schemaTables) fields(t *flatbuffers.Table, slot flatbuffers.VOffsetT, depth int64) error {
	if err := s.limits.depth(depth); err != nil {
		return err
	}
	return s.each(t, slot, func(f flatbuffers.Table) error {
		if err := s.text(&f, fieldName); err != nil {
			return err
		}
		if err := s.pairs(&f, fieldMetadata); err != nil {
			return err
		}
		if at := flatbuffers.UOffsetT(f.Offset(fieldOf)); at != 0 {
			var of flatbuffers.Table
			f.Union(&of, at)
			var err error
			switch f.GetByteSlot(fieldKind, 0) {
			case kindTimestamp:
				err = s.text(&of, timestampZone)
			case kindUnion:
				if ids := flatbuffers.UOffsetT(of.Offset(unionIDs)); ids != 0 {
					err = s.take("a vector", bytesOfOffset*int64(of.VectorLen(ids)))
				}
			}
			if err != nil {
				return err
			}
		}
		return s.fields(&f, fieldChildren, depth+1)
	})
}

// soundMessage checks the bytes of a message that holds a schema alone.
func soundMessage(b []byte, l Limits) error {
	start := bytesOfOffset
	if len(b) > start && binary.LittleEndian.Uint32(b) == continuation {
		start += bytesOfOffset
	}
	if len(b) < start {
		return malformed("a schema of %d bytes", len(b))
	}
	n := int64(binary.LittleEndian.Uint32(b[start-bytesOfOffset:]))
	if b = b[start:]; n < bytesOfOffset || n > int64(len(b)) {
		return malformed("a schema of %d bytes, of which there are %d", n, len(b))
	}
	b = b[:n]
	message := flatbuffers.Table{Bytes: b, Pos: flatbuffers.GetUOffsetT(b)}
	if message.GetByteSlot(messageKind, 0) != kindSchema || message.GetInt64Slot(messageBody, 0) != 0 {
		return malformed("a message that is not a schema alone")
	}
	if err := newSchemaTables(b, l).pairs(&message, messageMetadata); err != nil {
		return err
	}
	return soundSchema(&message, messageHeader, l)
}

// soundSchema checks the schema that a table of a footer or message has in a
// slot.
func soundSchema(t *flatbuffers.Table, slot flatbuffers.VOffsetT, l Limits) error {
	at := flatbuffers.UOffsetT(t.Offset(slot))
	if at == 0 {
		return malformed("there is no schema")
	}
	return newSchemaTables(t.Bytes, l).schema(&flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(at + t.Pos)})
}
