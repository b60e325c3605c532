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

// checkPages reads the header of every page: what they say they expand to, and
// how many values they say they have, must fit the limits before any is
// decompressed. A value that is repeated or missing takes no bytes in a page,
// so the number counts by itself.
func checkPages(r io.ReaderAt, size int64, f *parquet.File, l Limits) error {
	total, values, largest := int64(0), int64(0), int64(0)
	for _, g := range f.Metadata().RowGroups {
		if g.NumRows < 0 {
			return malformed("a group of %d rows", g.NumRows)
		}
		for _, c := range g.Columns {
			m := c.MetaData
			if m.NumValues < 0 || m.TotalCompressedSize < 0 || m.TotalCompressedSize > size {
				return malformed("a column of %d values in %d bytes", m.NumValues, m.TotalCompressedSize)
			}
			start := m.DataPageOffset
			if m.DictionaryPageOffset > 0 && m.DictionaryPageOffset < start {
				start = m.DictionaryPageOffset
			}
			bytes, err := chunkPages(r, size, start, m.TotalCompressedSize, m.NumValues, l)
			if err != nil {
				return err
			}
			total += bytes
			values += m.NumValues
			largest = max(largest, m.NumValues)
			if err := l.bytes(total + 16*values + valueBytes*largest); err != nil {
				return err
			}
		}
	}
	return nil
}

// chunkPages adds up the pages of one column in one group.
func chunkPages(r io.ReaderAt, size, start, length, values int64, l Limits) (int64, error) {
	if start < 0 || start > size-length {
		return 0, malformed("a column at byte %d of %d", start, size)
	}
	total := int64(0)
	for at, seen := start, int64(0); seen < values; {
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
