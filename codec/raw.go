package codec

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// File is a file on disk, taken as it is under its own name.
type File string

// Link is an address whose bytes stay where they are: it is registered, not
// uploaded.
type Link string

// Raw keeps a file as it is. It takes File and reads a *Blob, as the Python
// SDK returns a path.
type Raw struct{}

var _ Codec = Raw{}

// Blob is the content of a file that no other codec reads. It reads from the
// file it was opened on.
type Blob struct {
	*io.SectionReader
	// Name of the file and its content type, "" when unknown.
	Name, ContentType string
}

// Accepts implements Codec.
func (Raw) Accepts(v any) bool {
	_, ok := v.(File)
	return ok
}

// Encode implements Codec.
func (Raw) Encode(w io.Writer, name string, v any) (Record, error) {
	rec := Record{Name: name, Type: TypeCustom}
	path, ok := v.(File)
	if !ok {
		return rec, mistyped("a file is given as File, not a %T", v)
	}
	in, err := os.Open(string(path))
	if err != nil {
		return rec, err
	}
	defer func() { _ = in.Close() }()
	rec.File = filepath.Base(string(path))
	rec.ContentType = GuessContentType(rec.File)
	n, err := io.Copy(w, in)
	rec.Preview = fmt.Sprintf("%s - %s\n", rec.File, formatSize(n))
	return rec, err
}

// Reads implements Codec.
func (Raw) Reads(rec Record) bool { return rec.Type == TypeCustom }

// Decode implements Codec.
func (Raw) Decode(r io.ReaderAt, size int64, rec Record, _ Limits) (any, error) {
	return &Blob{SectionReader: io.NewSectionReader(r, 0, size), Name: rec.File, ContentType: rec.ContentType}, nil
}

// Reference registers a Link. It writes nothing, and what it refers to is read
// by Raw.
type Reference struct{}

var _ Codec = Reference{}

// Accepts implements Codec.
func (Reference) Accepts(v any) bool {
	_, ok := v.(Link)
	return ok
}

// Encode implements Codec.
func (Reference) Encode(_ io.Writer, name string, v any) (Record, error) {
	link, ok := v.(Link)
	if !ok || link == "" {
		return Record{}, mistyped("an address is given as Link, not a %T", v)
	}
	return Record{Name: name, Type: TypeCustom, ContentType: GuessContentType(string(link)), URI: string(link)}, nil
}

// Reads implements Codec.
func (Reference) Reads(Record) bool { return false }

// Decode implements Codec.
func (Reference) Decode(r io.ReaderAt, size int64, rec Record, l Limits) (any, error) {
	return Raw{}.Decode(r, size, rec, l)
}
