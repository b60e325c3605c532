package codec

import (
	"bufio"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// valueBytes is what the library takes for a value while a page is read.
const valueBytes = 24

// checkPages reads the header of every page of the columns and rows that are
// asked for: what they say they expand to, and how many values they say they
// have, must fit the limits before any is decompressed. A value that is
// repeated or missing takes no bytes in a page, so the number counts by itself.
func checkPages(r io.ReaderAt, size int64, f *parquet.File, wanted []wantedColumn, part TableSlice, l Limits) error {
	total, values, largest, first := int64(0), int64(0), int64(0), int64(0)
	for _, g := range f.Metadata().RowGroups {
		if g.NumRows < 0 {
			return malformed("a group of %d rows", g.NumRows)
		}
		from, to := part.within(first, g.NumRows)
		first += g.NumRows
		if from == to {
			continue
		}
		for _, w := range wanted {
			if w.leaf+w.leaves > len(g.Columns) {
				return malformed("a group of %d columns", len(g.Columns))
			}
			for _, c := range g.Columns[w.leaf : w.leaf+w.leaves] {
				m := c.MetaData
				if m.NumValues < 0 || m.TotalCompressedSize < 0 || m.TotalCompressedSize > size {
					return malformed("a column of %d values in %d bytes", m.NumValues, m.TotalCompressedSize)
				}
				start := m.DataPageOffset
				if m.DictionaryPageOffset > 0 && m.DictionaryPageOffset < start {
					start = m.DictionaryPageOffset
				}
				promised, needed := m.NumValues, m.NumValues
				if w.flat() { // a value for each row
					needed = min(needed, to)
				}
				bytes, err := chunkPages(r, size, start, m.TotalCompressedSize, promised, needed, l)
				if err != nil {
					return err
				}
				total += bytes
				if w.flat() {
					needed = max(needed-from, 0)
				}
				values += needed
				largest = max(largest, needed)
				if err := l.bytes(total + 16*values + valueBytes*largest); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// chunkPages adds up the pages of one column in one group, up to those with
// the values that are needed.
func chunkPages(r io.ReaderAt, size, start, length, values, needed int64, l Limits) (int64, error) {
	if start < 0 || start > size-length {
		return 0, malformed("a column at byte %d of %d", start, size)
	}
	total := int64(0)
	for at, seen := start, int64(0); seen < needed; {
		left := start + length - at
		if left <= 0 {
			return 0, malformed("%d values where %d were promised", seen, values)
		}
		in := &countingReader{r: io.NewSectionReader(r, at, left)}
		buffered := bufio.NewReaderSize(in, 512)
		var h format.PageHeader
		var protocol thrift.CompactProtocol
		if err := thrift.NewDecoder(protocol.NewReader(buffered)).Decode(&h); err != nil {
			return 0, malformed("a page header at byte %d: %w", at, err)
		}
		header := in.n - int64(buffered.Buffered())
		if h.CompressedPageSize < 0 || h.UncompressedPageSize < 0 || int64(h.CompressedPageSize) > left-header {
			return 0, malformed("a page of %d bytes at byte %d", h.CompressedPageSize, at)
		}
		n := int64(0)
		switch {
		case h.DataPageHeader.Valid:
			n = int64(h.DataPageHeader.V.NumValues)
		case h.DataPageHeaderV2.Valid:
			n = int64(h.DataPageHeaderV2.V.NumValues)
		}
		if n < 0 || n > values-seen {
			return 0, malformed("a page of %d values at byte %d", n, at)
		}
		seen += n
		total += int64(h.UncompressedPageSize)
		if err := l.bytes(total); err != nil {
			return 0, err
		}
		at += header + int64(h.CompressedPageSize)
	}
	return total, nil
}
