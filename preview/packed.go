package preview

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// packed shows the beginning of what a gzip file holds.
func (v *view) packed(p *Preview, f piece) error {
	z, err := gzip.NewReader(io.LimitReader(f.from(0), maxHead))
	if err != nil {
		return malformed("gzip: %v", err)
	}
	b := make([]byte, wholeMember)
	if err := v.in.unpack(wholeMember); err != nil {
		return err
	}
	n, err := io.ReadFull(z, b)
	cut := err == nil
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		if n == 0 {
			return malformed("gzip: %v", err)
		}
		p.Warning = "Its compressed bytes are broken behind what is shown."
	}
	name := strings.TrimSuffix(strings.TrimSuffix(f.name, ".gz"), ".GZ")
	inner := piece{name: name, size: int64(n), ReaderAt: bytes.NewReader(b[:n])}
	k := sniff(inner)
	if k.show == Packed { // no deeper: that is how bombs are made
		k = kind{show: Hex, media: "application/gzip"}
	}
	v.inner = true
	if err := v.fill(p, inner, k.show, k); err != nil {
		return err
	}
	p.fact("compressed", "gzip")
	p.fact("holds", k.media)
	if cut {
		p.Warning = "Only the beginning of what it holds is shown."
	}
	return nil
}
