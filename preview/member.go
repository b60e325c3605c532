package preview

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/coffer-ml/coffer/codec"
)

const (
	// maxDirectory bounds the directory of a zip file, in bytes. Each of its
	// entries has 46 at least and takes about 250 once it is read.
	maxDirectory = 10 << 20
	// wholeMember is up to which size a compressed member is unpacked into
	// memory. Beyond it reading goes onwards only, or begins anew.
	wholeMember = 4 << 20
	// deflateRatio is the most that deflate can expand: 258 bytes by two bits.
	deflateRatio = 1032
)

// directoryReader gives up where a directory is longer than the bound: archive/zip
// takes memory for each entry, and believes no count.
type directoryReader struct {
	io.ReaderAt
	left  int64
	ended bool
}

// ReadAt implements io.ReaderAt.
func (d *directoryReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := d.ReaderAt.ReadAt(p, off)
	if d.left -= int64(n); d.left < 0 && !d.ended {
		return 0, tooLarge("an archive whose directory is longer than %d MiB", maxDirectory>>20)
	}
	return n, err
}

// unzip reads the directory of a zip file.
func unzip(f piece) (*zip.Reader, error) {
	d := &directoryReader{ReaderAt: io.NewSectionReader(f.ReaderAt, 0, f.size), left: maxDirectory}
	z, err := zip.NewReader(d, f.size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		if errors.Is(err, codec.ErrTooLarge) {
			return nil, err
		}
		return nil, malformed("zip: %v", err)
	}
	d.ended = true // members are read through it
	return z, nil
}

// find opens the member that the query leads to; the file itself without one.
func (v *view) find() (piece, error) {
	f := piece{name: v.source.Name, size: v.source.Size, ReaderAt: v.in}
	for _, name := range v.query.Members {
		z, err := unzip(f)
		if err != nil {
			if broken := v.in.failed(); broken != nil {
				return f, broken
			}
			return f, ErrNoMember.Wrap(err, "%.200q is no archive that can be opened", f.name)
		}
		i := slices.IndexFunc(z.File, func(m *zip.File) bool { return m.Name == name })
		if i < 0 {
			return f, ErrNoMember.Errorf("the archive %.200q has no member %.200q", f.name, name)
		}
		if f, err = v.member(z.File[i]); err != nil {
			if broken := v.in.failed(); broken != nil {
				return f, broken
			}
			return f, ErrNoMember.Wrap(err, "the member %.200q cannot be opened: %s", name, problem(err))
		}
	}
	return f, nil
}

// trouble is why a member is not opened; "" if it is.
func trouble(m *zip.File) string {
	switch {
	case m.Flags&1 != 0:
		return "encrypted"
	case !m.Mode().IsRegular() && !m.Mode().IsDir():
		return "a link or device"
	case m.Method != zip.Store && m.Method != zip.Deflate:
		return fmt.Sprintf("packed by method %d", m.Method)
	case m.UncompressedSize64 > 1<<62 || m.CompressedSize64 > 1<<62 || m.UncompressedSize64/deflateRatio > m.CompressedSize64+1:
		return "larger than its bytes can make it"
	case m.Method == zip.Store && m.UncompressedSize64 != m.CompressedSize64:
		return "of two sizes"
	}
	return ""
}

// outside reports a name that would lead outside of the folder that an
// archive is unpacked into.
func outside(name string) bool {
	name = strings.TrimSuffix(name, "/")
	return !fs.ValidPath(name) || strings.ContainsAny(name, "\\\x00") || len(name) > 1 && name[1] == ':'
}

// member opens one.
func (v *view) member(m *zip.File) (piece, error) {
	f := piece{name: path.Base(m.Name), size: int64(m.UncompressedSize64)}
	if why := trouble(m); why != "" {
		return f, fmt.Errorf("%w: it is %s", codec.ErrType, why)
	}
	if m.Method == zip.Store {
		raw, err := m.OpenRaw()
		if err != nil {
			return f, malformed("zip: %v", err)
		}
		at, ok := raw.(io.ReaderAt)
		if !ok {
			return f, malformed("zip: no place to read at")
		}
		f.ReaderAt = at
		return f, nil
	}
	s := &stream{in: v.in, size: f.size, open: func() (io.ReadCloser, error) { return m.Open() }}
	if f.size > wholeMember {
		f.ReaderAt = s
		return f, nil
	}
	b := make([]byte, f.size)
	if _, err := s.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return f, err
	}
	f.ReaderAt = bytes.NewReader(b)
	return f, nil
}

// stream reads a compressed member at places: onwards it unpacks what is
// between, backwards it begins anew. All of it counts.
type stream struct {
	in   *input
	size int64
	open func() (io.ReadCloser, error)
	r    io.ReadCloser
	at   int64
}

// ReadAt implements io.ReaderAt. It is not for several goroutines.
func (s *stream) ReadAt(p []byte, off int64) (int, error) {
	if off >= s.size {
		return 0, io.EOF
	}
	if s.r == nil || off < s.at {
		if s.r != nil {
			_ = s.r.Close()
		}
		r, err := s.open()
		if err != nil {
			return 0, malformed("%v", err)
		}
		s.r, s.at = r, 0
	}
	for s.at < off {
		step := min(off-s.at, block)
		if err := s.in.unpack(step); err != nil {
			return 0, err
		}
		n, err := io.CopyN(io.Discard, s.r, step)
		s.at += n
		if err != nil {
			return 0, s.named(err)
		}
	}
	want := int(min(int64(len(p)), s.size-off))
	if err := s.in.unpack(int64(want)); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(s.r, p[:want])
	s.at += int64(n)
	if err != nil {
		return n, s.named(err)
	}
	if want < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (s *stream) named(err error) error {
	if broken := s.in.failed(); broken != nil {
		return broken
	}
	if errors.Is(err, codec.ErrTooLarge) || s.in.ctx.Err() != nil {
		return err
	}
	return malformed("its compressed bytes are broken: %v", err)
}
