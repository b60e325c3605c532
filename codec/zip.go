package codec

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/flate"
)

// Dir is a folder on disk, or a pattern of files below one ("runs/*.csv", as
// the Python SDK takes it: files of any depth whose name matches).
type Dir string

// Paths are files that travel in one archive, named relative to the folder
// they have in common.
type Paths []string

// Zip keeps folders as the Python SDK does: a zip file of all regular files,
// sorted, with names relative to the folder. It takes Dir and Paths and reads
// an *Archive, which refers to the file it was read from.
type Zip struct{}

var _ Codec = Zip{}

// zipEpoch is the first time a zip file can tell, which NumPy writes as well:
// equal arrays make equal files.
var zipEpoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// compress takes a faster deflate than the standard library's.
func compress(z *zip.Writer) {
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.DefaultCompression)
	})
}

// Accepts implements Codec.
func (Zip) Accepts(v any) bool {
	switch v.(type) {
	case Dir, Paths:
		return true
	}
	return false
}

// Encode implements Codec.
func (Zip) Encode(w io.Writer, name string, v any) (Record, error) {
	rec := Record{Name: name, Type: TypeArchive, ContentType: mimeTypes[".zip"]}
	switch v := v.(type) {
	case Dir:
		root, pattern, err := v.split()
		if err != nil {
			return rec, err
		}
		files, err := below(root, pattern)
		if err != nil {
			return rec, err
		}
		rec.File = filepath.Base(root) + ".zip"
		rec.Preview, err = pack(w, files, fmt.Sprintf("Archive content %s:\n", filepath.ToSlash(filepath.Join(root, pattern))))
		return rec, err
	case Paths:
		rec.File = pyQuote(name) + ".zip"
		files, err := v.members()
		if err != nil {
			return rec, err
		}
		rec.Preview, err = pack(w, files, "Archive content:\n")
		return rec, err
	}
	return rec, mistyped("a zip file is made of Dir or Paths, not a %T", v)
}

// pyQuote is Python's urllib.parse.quote with no safe character.
func pyQuote(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(s), "+", "%20"), "%7E", "~")
}

// split returns the folder and the pattern its files must match.
func (d Dir) split() (root, pattern string, err error) {
	p := filepath.Clean(string(d))
	if info, err := os.Stat(p); err == nil && info.IsDir() {
		if filepath.Base(p) == "." || filepath.Base(p) == ".." {
			if p, err = filepath.Abs(p); err != nil {
				return "", "", err
			}
		}
		return p, "*", nil
	}
	root, pattern = filepath.Dir(p), filepath.Base(p)
	if _, err := filepath.Match(pattern, ""); err != nil {
		return "", "", fmt.Errorf("pattern %q: %w", pattern, err)
	}
	info, err := os.Stat(root)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s: %w", root, fs.ErrNotExist)
	}
	return root, pattern, err
}

// packed is a file on its way into an archive.
type packed struct{ path, name string }

// below lists the regular files under root whose name matches, as Python
// sorts paths: part by part. Links to files count as files, links to folders
// are not followed.
func below(root, pattern string) ([]packed, error) {
	var out []packed
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		if ok, _ := filepath.Match(pattern, d.Name()); !ok {
			return nil
		}
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			return nil //nolint:nilerr // a dangling link is no file
		}
		name, err := filepath.Rel(root, path)
		out = append(out, packed{path, filepath.ToSlash(name)})
		return err
	})
	sortPacked(out)
	return out, err
}

func sortPacked(files []packed) {
	slices.SortStableFunc(files, func(a, b packed) int {
		return slices.Compare(strings.Split(a.name, "/"), strings.Split(b.name, "/"))
	})
}

// members names the files relative to the folder they have in common.
func (p Paths) members() ([]packed, error) {
	var common []string
	out := make([]packed, len(p))
	for i, path := range p {
		abs, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		info, err := os.Stat(abs)
		if err != nil {
			return nil, err
		}
		if !info.Mode().IsRegular() {
			return nil, fmt.Errorf("%s is no file", path)
		}
		out[i] = packed{abs, abs}
		parts := strings.Split(filepath.ToSlash(filepath.Dir(abs)), "/")
		if i == 0 {
			common = parts
		}
		n := 0
		for n < min(len(common), len(parts)) && common[n] == parts[n] {
			n++
		}
		common = common[:n]
	}
	for i := range out {
		out[i].name = strings.TrimPrefix(strings.TrimPrefix(filepath.ToSlash(out[i].path), strings.Join(common, "/")), "/")
	}
	sortPacked(out)
	return out, nil
}

// pack writes the archive and returns the list of what is in it.
func pack(w io.Writer, files []packed, title string) (string, error) {
	var preview strings.Builder
	preview.WriteString(title)
	z := zip.NewWriter(w)
	compress(z)
	for _, f := range files {
		size, err := packFile(z, f)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&preview, "%s - %s\n", f.name, formatSize(size))
	}
	return preview.String(), z.Close()
}

func packFile(z *zip.Writer, f packed) (int64, error) {
	in, err := os.Open(f.path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = in.Close() }()
	info, err := in.Stat()
	if err != nil {
		return 0, err
	}
	head, err := zip.FileInfoHeader(info)
	if err != nil {
		return 0, err
	}
	head.Name, head.Method = f.name, zip.Deflate
	out, err := z.CreateHeader(head)
	if err != nil {
		return 0, err
	}
	return io.Copy(out, in)
}

// Reads implements Codec.
func (Zip) Reads(rec Record) bool { return rec.Type == TypeArchive }

// Decode implements Codec.
func (Zip) Decode(r io.ReaderAt, size int64, _ Record, l Limits) (any, error) {
	return OpenArchive(r, size, l)
}

// deflateRatio is the most that deflate can expand: 258 bytes by two bits.
const deflateRatio = 1032

// expanded returns the size a member claims, which its compressed size must
// make possible.
func expanded(f *zip.File) (int64, error) {
	size, from := f.UncompressedSize64, f.CompressedSize64
	if size > 1<<62 || from > 1<<62 || size > from*deflateRatio+deflateRatio {
		return 0, malformed("member %q cannot hold %d bytes in %d", f.Name, size, from)
	}
	return int64(size), nil
}

// openZip reads the directory of a zip file.
func openZip(r io.ReaderAt, size int64, l Limits) (z *zip.Reader, err error) {
	defer rescue("zip", &err)
	r = io.NewSectionReader(r, 0, size) // what a directory leads out of the file to is its end, not an error of the reader
	if z, err = zip.NewReader(r, size); err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, zipError(err)
	}
	if err := l.members(int64(len(z.File))); err != nil {
		return nil, err
	}
	left := uint64(max(size, 0))
	for _, f := range z.File {
		if f.CompressedSize64 > left {
			return nil, malformed("members overlap, or are larger than the file")
		}
		left -= f.CompressedSize64
	}
	return z, nil
}

// zipError tells a broken file from one that cannot be read; nil stays nil.
func zipError(err error) error {
	if err == nil {
		return nil
	}
	for _, bad := range []error{zip.ErrFormat, zip.ErrAlgorithm, zip.ErrChecksum, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, bad) {
			return malformed("zip: %w", err)
		}
	}
	var corrupt flate.CorruptInputError
	if errors.As(err, &corrupt) || strings.Contains(err.Error(), "flate:") {
		return malformed("zip: %w", err)
	}
	return err
}
