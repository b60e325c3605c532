package codec

import (
	"encoding/binary"
	"errors"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// The heads of a Parquet file are in Thrift's compact protocol:
// https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
// The library takes memory for whatever a length or a list's size says, so
// these are walked over first: every length must be there, and all lists
// together fit the limits.
type thriftWalk struct {
	b      []byte
	at     int
	memory int64
	l      Limits
	// lists is called with the size of each list that is a field of the
	// outermost structure.
	lists func(field int64, size int64) error
}

// What an element of a list takes at most once it is decoded.
const (
	thriftStruct = 512
	thriftScalar = 24
	thriftDepth  = 32 // the deepest of Parquet's structures has eight levels
)

// errThriftShort says that the bytes end before the structure does.
var errThriftShort = errors.New("a structure is cut off")

// The types of the compact protocol.
const (
	thriftTrue, thriftFalse, thriftByte, thriftI16, thriftI32, thriftI64, thriftDouble = 1, 2, 3, 4, 5, 6, 7
	thriftBinary, thriftList, thriftSet, thriftMap, thriftStructure, thriftUUID        = 8, 9, 10, 11, 12, 13
)

func (w *thriftWalk) byte() (byte, error) {
	if w.at >= len(w.b) {
		return 0, errThriftShort
	}
	w.at++
	return w.b[w.at-1], nil
}

func (w *thriftWalk) varint() (int64, error) {
	n, k := binary.Uvarint(w.b[w.at:])
	switch {
	case k == 0:
		return 0, errThriftShort
	case k < 0:
		return 0, malformed("a number of more than 64 bits")
	}
	w.at += k
	return int64(n), nil
}

func (w *thriftWalk) skip(n int64) error {
	if n < 0 {
		return malformed("a length of %d", n)
	}
	if n > int64(len(w.b)-w.at) {
		return errThriftShort
	}
	w.at += int(n)
	return nil
}

// structure walks over a structure to its end.
func (w *thriftWalk) structure(depth int) error {
	if depth > thriftDepth {
		return malformed("structures in structures")
	}
	id := int64(0)
	for {
		head, err := w.byte()
		if err != nil || head == 0 {
			return err
		}
		if delta := int64(head >> 4); delta != 0 {
			id += delta
		} else {
			n, err := w.varint()
			if err != nil {
				return err
			}
			id = int64(uint64(n)>>1) ^ -(n & 1)
		}
		kind := head & 15
		if kind == thriftTrue || kind == thriftFalse {
			continue // the type is the value
		}
		if depth == 0 && w.lists != nil && (kind == thriftList || kind == thriftSet) {
			at := w.at
			n, _, err := w.listHead()
			if err != nil {
				return err
			}
			if err := w.lists(id, n); err != nil {
				return err
			}
			w.at = at
		}
		if err := w.value(kind, depth); err != nil {
			return err
		}
	}
}

func (w *thriftWalk) value(kind byte, depth int) error {
	switch kind {
	case thriftTrue, thriftFalse, thriftByte:
		return w.skip(1)
	case thriftI16, thriftI32, thriftI64:
		_, err := w.varint()
		return err
	case thriftDouble:
		return w.skip(8)
	case thriftUUID:
		return w.skip(16)
	case thriftBinary:
		n, err := w.varint()
		if err != nil {
			return err
		}
		return w.skip(n)
	case thriftList, thriftSet:
		n, kind, err := w.listHead()
		if err != nil {
			return err
		}
		return w.items(n, depth, kind)
	case thriftMap:
		n, err := w.varint()
		if err != nil || n == 0 {
			return err
		}
		kinds, err := w.byte()
		if err != nil {
			return err
		}
		return w.items(n, depth, kinds>>4, kinds&15)
	case thriftStructure:
		return w.structure(depth + 1)
	}
	return malformed("a value of type %d", kind)
}

func (w *thriftWalk) listHead() (n int64, kind byte, err error) {
	head, err := w.byte()
	if err != nil {
		return 0, 0, err
	}
	if n = int64(head >> 4); n == 15 {
		n, err = w.varint()
	}
	return n, head & 15, err
}

func (w *thriftWalk) items(n int64, depth int, kinds ...byte) error {
	if n < 0 {
		return malformed("a list of %d", n)
	}
	if n > int64(len(w.b)-w.at) { // an element takes a byte at least
		return errThriftShort
	}
	each := int64(thriftScalar)
	if kinds[0] == thriftStructure {
		each = thriftStruct
	}
	w.memory += n * each
	if err := w.l.bytes(w.memory); err != nil {
		return err
	}
	if depth > thriftDepth {
		return malformed("lists in lists")
	}
	for range n {
		for _, kind := range kinds {
			if err := w.value(kind, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// What the footer's structure FileMetaData has as fields.
const (
	footerSchema = 2
	// schemaSlack is how many more elements a schema has than columns: lists
	// and structs have groups around them.
	schemaSlack = 1000
	schemaEach  = 8
	schemaMost  = 1 << 20
)

// checkFooter walks over the footer. The library builds the schema by a
// recursion as deep as it is nested, which its number of elements bounds.
func checkFooter(r io.ReaderAt, size int64, l Limits) error {
	n, err := footerLength(r, size)
	if err != nil {
		return err
	}
	if err := l.bytes(n); err != nil {
		return err
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(io.NewSectionReader(r, size-8-n, n), b); err != nil {
		return short(err, "the footer")
	}
	w := thriftWalk{b: b, l: l, memory: n, lists: func(field, elements int64) error {
		if field != footerSchema {
			return nil
		}
		most := int64(schemaMost)
		if l.Columns < (schemaMost-schemaSlack)/schemaEach {
			most = schemaEach*l.Columns + schemaSlack
		}
		return check("columns and groups of columns", elements, most)
	}}
	if err := w.structure(0); errors.Is(err, errThriftShort) {
		return malformed("the footer: %w", err)
	} else if err != nil {
		return err
	}
	return nil
}

// pageHeadRead is what is read at first for the head of a page; statistics
// make it longer.
const pageHeadRead = 512

// pageHead reads the head of a page that has left bytes, with its length.
func pageHead(r io.ReaderAt, at, left int64, l Limits) (h format.PageHeader, length int64, err error) {
	for n := min(pageHeadRead, left); ; n = min(8*n, left) {
		b := make([]byte, n)
		if _, err := io.ReadFull(io.NewSectionReader(r, at, n), b); err != nil {
			return h, 0, short(err, "a page")
		}
		w := thriftWalk{b: b, l: l}
		err := w.structure(0)
		if errors.Is(err, errThriftShort) {
			if n < left && l.bytes(8*n) == nil {
				continue
			}
			return h, 0, malformed("a page header at byte %d: %w", at, err)
		}
		if err != nil {
			return h, 0, malformed("a page header at byte %d: %w", at, err)
		}
		if err := thrift.Unmarshal(&thrift.CompactProtocol{}, b[:w.at], &h); err != nil {
			return h, 0, malformed("a page header at byte %d: %w", at, err)
		}
		if h.CompressedPageSize < 0 || h.UncompressedPageSize < 0 || int64(h.CompressedPageSize) > left-int64(w.at) {
			return h, 0, malformed("a page of %d bytes at byte %d", h.CompressedPageSize, at)
		}
		return h, int64(w.at), nil
	}
}

// pageValues is how many values a page says it has, 0 for a dictionary.
func pageValues(h format.PageHeader) int64 {
	switch {
	case h.DataPageHeader.Valid:
		return int64(h.DataPageHeader.V.NumValues)
	case h.DataPageHeaderV2.Valid:
		return int64(h.DataPageHeaderV2.V.NumValues)
	}
	return 0
}

// chunkStart is where the library begins to read a column in a group: at the
// dictionary if there is one. The data must follow it.
func chunkStart(m format.ColumnMetaData) (int64, error) {
	if m.DictionaryPageOffset == 0 {
		return m.DataPageOffset, nil
	}
	if m.DictionaryPageOffset > m.DataPageOffset {
		return 0, malformed("a dictionary at byte %d, after the data at %d", m.DictionaryPageOffset, m.DataPageOffset)
	}
	return m.DictionaryPageOffset, nil
}
