package codec

import (
	"io"
	"unicode/utf8"
)

// Text keeps a string as UTF-8. An empty one is for Pickle, as in the Python
// SDK.
type Text struct{}

var _ Codec = Text{}

// Accepts implements Codec.
func (Text) Accepts(v any) bool {
	s, ok := v.(string)
	return ok && s != ""
}

// Encode implements Codec.
func (Text) Encode(w io.Writer, name string, v any) (Record, error) {
	s, ok := v.(string)
	if !ok {
		return Record{}, mistyped("a text is a string, not a %T", v)
	}
	if !utf8.ValidString(s) {
		return Record{}, mistyped("a string that is no UTF-8; give []byte for bytes")
	}
	rec := Record{Name: name, Type: TypeString, ContentType: contentText, File: name + ".txt", Preview: clipSource(s, "text")}
	_, err := io.WriteString(w, s)
	return rec, err
}

// Reads implements Codec.
func (Text) Reads(rec Record) bool { return rec.Type == TypeString }

// Decode implements Codec.
func (Text) Decode(r io.ReaderAt, size int64, _ Record, l Limits) (any, error) {
	b, err := readAll(r, size, l.filled())
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(b) {
		return nil, malformed("the text is no UTF-8")
	}
	return string(b), nil
}

// readAll reads a whole file within the limit.
func readAll(r io.ReaderAt, size int64, l Limits) ([]byte, error) {
	if size < 0 {
		return nil, malformed("a file of %d bytes", size)
	}
	if err := l.bytes(size); err != nil {
		return nil, err
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(r, 0, size), b); err != nil {
		return nil, short(err, "the file")
	}
	return b, nil
}
