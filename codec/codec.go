package codec

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
)

// Codec is one file format. Implementations are values whose zero value is the
// default; they keep no state and may be used by many goroutines.
type Codec interface {
	// Accepts reports whether Encode takes v.
	Accepts(v any) bool
	// Encode writes v and returns its record, without Hash, DataHash and Size:
	// Write adds these. An error that is ErrType says that the format cannot
	// hold v; w may have bytes by then.
	Encode(w io.Writer, name string, v any) (Record, error)
	// Reads reports whether Decode is made for files of this record.
	Reads(rec Record) bool
	// Decode reads the size bytes of r. It checks l on headers before it
	// decodes anything. The value may refer to r for as long as it lives only
	// if the codec says so (Zip, Raw).
	Decode(r io.ReaderAt, size int64, rec Record, l Limits) (any, error)
}

// Codecs is a list of codecs to choose from; the first that fits is taken.
type Codecs []Codec

// Standard returns all codecs of this package, in the order in which For and
// Of ask them.
func Standard() Codecs {
	return Codecs{
		NPZ{},
		ArrayCSV{},
		Parquet{},
		Feather{},
		CSVGzip{},
		AuditTable{},
		PNG{},
		JPEG{},
		OtherImage{},
		JSON{},
		YAML{},
		Text{},
		Zip{},
		Raw{},
		Reference{},
		Pickle{},
	}
}

// For returns the codec the Python SDK would choose for a value of this kind.
// When there is none the error is ErrType.
func (cs Codecs) For(v any) (Codec, error) {
	for _, c := range cs {
		if c.Accepts(v) {
			return c, nil
		}
	}
	return nil, mistyped("no format for a %T", v)
}

// Of returns the codec that reads files of this record. What no codec knows is
// read by Raw, as the Python SDK returns a path.
func (cs Codecs) Of(rec Record) Codec {
	for _, c := range cs {
		if c.Reads(rec) {
			return c
		}
	}
	return Raw{}
}

// Write encodes v with c and returns the whole record: what c says of it, with
// the digest and the size of what was written.
func Write(w io.Writer, c Codec, name string, v any) (Record, error) {
	m := &meter{w: w, whole: sha256.New(), data: sha256.New(), skip: auditHeader}
	rec, err := c.Encode(m, name, v)
	if err != nil {
		return Record{}, fmt.Errorf("encode %q: %w", name, err)
	}
	rec.Name = name
	rec.Preview = clip(rec.Preview, "preview", PreviewLimit+previewSlack)
	if rec.URI != "" {
		return rec, nil
	}
	rec.Size = m.size
	rec.Hash = hex.EncodeToString(m.whole.Sum(nil))
	if rec.Type == TypeAudit {
		rec.DataHash = hex.EncodeToString(m.data.Sum(nil))
	}
	return rec, nil
}

// Decode reads a file by its record, with the codecs of Standard.
func Decode(r io.ReaderAt, size int64, rec Record, l Limits) (any, error) {
	return Standard().Of(rec).Decode(r, size, rec, l)
}

// auditHeader is how many bytes the data hash of an AuditTable leaves out; the
// Python SDK skips them for the time in a gzip header.
const auditHeader = 32

// meter hashes and counts what passes through it.
type meter struct {
	w           io.Writer
	whole, data hash.Hash
	size        int64
	skip        int
}

// Write implements io.Writer.
func (m *meter) Write(p []byte) (int, error) {
	n, err := m.w.Write(p)
	m.size += int64(n)
	m.whole.Write(p[:n])
	skipped := min(m.skip, n)
	m.skip -= skipped
	m.data.Write(p[skipped:n])
	return n, err
}
