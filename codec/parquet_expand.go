package codec

import (
	"encoding/binary"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// How much a byte can expand to at most: of zstd a block of four bytes that
// repeats one, of lz4 a byte of a length.
const (
	zstdRatio = 1 << 15
	lz4Ratio  = 255
)

// checkExpansion refuses a page that expands to another size than its header
// says. The library takes the size that the compressed bytes tell, or expands
// until they end, whatever the header said.
func checkExpansion(r io.ReaderAt, at int64, h format.PageHeader, codec format.CompressionCodec, l Limits) error {
	packed, size := int64(h.CompressedPageSize), int64(h.UncompressedPageSize)
	if h.DataPageHeaderV2.Valid { // levels stand before what is compressed
		v := h.DataPageHeaderV2.V
		levels := int64(v.RepetitionLevelsByteLength) + int64(v.DefinitionLevelsByteLength)
		if v.RepetitionLevelsByteLength < 0 || v.DefinitionLevelsByteLength < 0 || levels > packed || levels > size {
			return malformed("levels of %d bytes in a page of %d", levels, packed)
		}
		if v.IsCompressed.Valid && !v.IsCompressed.V {
			return nil
		}
		at, packed, size = at+levels, packed-levels, size-levels
	}
	if packed == 0 {
		return nil
	}
	in := io.NewSectionReader(r, at, packed)
	switch codec {
	case format.Uncompressed:
		return nil
	case format.Snappy:
		head := make([]byte, min(packed, binary.MaxVarintLen32))
		if _, err := io.ReadFull(in, head); err != nil {
			return short(err, "a page")
		}
		if n, k := binary.Uvarint(head); k <= 0 || n != uint64(size) {
			return malformed("a page of Snappy with %d bytes in place of %d", n, size)
		}
		return nil
	case format.Gzip:
		if packed < l.Bytes/deflateRatio {
			return nil
		}
		z, err := gzip.NewReader(in)
		if err != nil {
			return malformed("a page: %w", err)
		}
		return expandsTo(z, size)
	case format.Zstd:
		if packed < l.Bytes/zstdRatio {
			return nil
		}
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
		if err != nil {
			return malformed("a page: %w", err)
		}
		defer z.Close()
		return expandsTo(z, size)
	case format.Brotli:
		return expandsTo(brotli.NewReader(in), size)
	case format.Lz4Raw:
		if size > packed*lz4Ratio+lz4Ratio || l.bytes(packed+size) != nil {
			return malformed("a page of LZ4 cannot hold %d bytes in %d", size, packed)
		}
		b := make([]byte, packed+size)
		if _, err := io.ReadFull(in, b[:packed]); err != nil {
			return short(err, "a page")
		}
		if n, err := lz4.UncompressBlock(b[:packed], b[packed:]); err != nil || int64(n) != size {
			return malformed("a page of LZ4 does not have %d bytes", size)
		}
		return nil
	}
	return mistyped("pages compressed as %s", codec)
}

// expandsTo reads no more than a byte beyond the size.
func expandsTo(r io.Reader, size int64) error {
	if n, err := io.Copy(io.Discard, io.LimitReader(r, size+1)); err != nil {
		return malformed("a page: %w", err)
	} else if n != size {
		return malformed("a page of %d bytes or more in place of %d", n, size)
	}
	return nil
}
