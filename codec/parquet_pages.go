package codec

import (
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// valueBytes is what the library takes for a value while a page is read.
const valueBytes = 24

// levelBytes is what the levels of a value take, which may be packed to nothing.
const levelBytes = 2

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
				needed := m.NumValues
				if w.flat() { // a value for each row
					needed = min(needed, to)
				}
				bytes, err := chunkPages(r, size, m, needed, l)
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
func chunkPages(r io.ReaderAt, size int64, m format.ColumnMetaData, needed int64, l Limits) (int64, error) {
	start, err := chunkStart(m)
	if err != nil {
		return 0, err
	}
	length := m.TotalCompressedSize
	if start < 0 || start > size-length {
		return 0, malformed("a column at byte %d of %d", start, size)
	}
	total := int64(0)
	data := false // the first page of data has begun where it should
	for at, seen := start, int64(0); seen < needed; {
		left := start + length - at
		if left <= 0 {
			return 0, malformed("%d values where %d were promised", seen, needed)
		}
		data = data || at == m.DataPageOffset
		h, header, err := pageHead(r, at, left, l)
		if err != nil {
			return 0, err
		}
		n := pageValues(h)
		if n < 0 || n > m.NumValues-seen || n > 0 && !data {
			return 0, malformed("a page of %d values at byte %d", n, at)
		}
		seen += n
		total += int64(h.UncompressedPageSize) + levelBytes*n
		if err := l.bytes(total); err != nil {
			return 0, err
		}
		if err := checkExpansion(r, at+header, h, m.Codec, l); err != nil {
			return 0, err
		}
		at += header + int64(h.CompressedPageSize)
	}
	return total, nil
}
