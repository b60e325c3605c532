package codec

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"strings"
	"time"
)

// Archive is a zip file whose names are safe: relative, inside, no two alike,
// no links or devices, and no more of them, nor larger, than the limits allow.
// It reads from the file it was opened on, for as long as it is used.
type Archive struct {
	// Members in the order of the file; folders are left out.
	Members []Member
	r       io.ReaderAt
	size    int64
}

// Member is a file in an archive.
type Member struct {
	// Name is a path with forward slashes.
	Name string
	// Size in bytes, as the archive tells it; reading more is an error.
	Size int64
	// Compressed is what it takes in the archive, in bytes.
	Compressed int64
	// Modified is the time its archive tells, zero for none.
	Modified time.Time
	file     *zip.File
}

// ListArchive tells what is in a zip file, for people to look at: all members
// but folders, by the names they have there, also those that make OpenArchive
// refuse the whole. Of each of these, unsafe has the reason by its name.
func ListArchive(r io.ReaderAt, size int64, l Limits) (members []Member, unsafe map[string]error, err error) {
	z, err := openZip(r, size, l.filled())
	if err != nil {
		return nil, nil, err
	}
	unsafe = map[string]error{}
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		_, err := safeName(f)
		if err == nil {
			_, err = expanded(f)
		}
		if err != nil {
			unsafe[f.Name] = err
		}
		members = append(members, memberOf(f.Name, f))
	}
	return members, unsafe, nil
}

func memberOf(name string, f *zip.File) Member {
	return Member{
		Name: name, Size: int64(min(f.UncompressedSize64, math.MaxInt64)), Compressed: int64(min(f.CompressedSize64, math.MaxInt64)),
		Modified: f.Modified, file: f,
	}
}

// OpenArchive reads the directory of a zip file. A member that would be unsafe
// to write makes the whole archive ErrUnsafe, and nothing is written.
func OpenArchive(r io.ReaderAt, size int64, l Limits) (*Archive, error) {
	l = l.filled()
	z, err := openZip(r, size, l)
	if err != nil {
		return nil, err
	}
	a := &Archive{r: r, size: size}
	taken := map[string]bool{} // name -> is a file
	total := int64(0)
	for _, f := range z.File {
		name, err := safeName(f)
		if err != nil {
			return nil, err
		}
		isFile := !strings.HasSuffix(f.Name, "/")
		if was, twice := taken[name]; twice && (was || isFile) {
			return nil, unsafely("two members named %q", name)
		}
		taken[name] = isFile
		if !isFile {
			continue
		}
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if taken[dir] {
				return nil, unsafely("member %q below a file", name)
			}
			taken[dir] = false
		}
		n, err := expanded(f)
		if err != nil {
			return nil, err
		}
		if total += n; total < n {
			return nil, tooLarge("an archive of %d members", len(z.File))
		}
		if err := l.bytes(total); err != nil {
			return nil, err
		}
		a.Members = append(a.Members, memberOf(name, f))
	}
	return a, nil
}

// safeName returns the member's path, or why it must not be written.
func safeName(f *zip.File) (string, error) {
	name := strings.TrimSuffix(f.Name, "/")
	switch {
	case name == "" || strings.ContainsAny(name, "\\\x00"):
		return "", unsafely("a member named %q", f.Name)
	case !fs.ValidPath(name) || name == ".":
		return "", unsafely("member %q leads outside", f.Name)
	case len(name) > 1 && name[1] == ':':
		return "", unsafely("member %q names a drive", f.Name)
	}
	if mode := f.Mode(); !mode.IsRegular() && !mode.IsDir() {
		return "", unsafely("member %q is no file (%s)", f.Name, mode.Type())
	}
	if f.Flags&1 != 0 {
		return "", mistyped("member %q is encrypted", f.Name)
	}
	return name, nil
}

// Open reads a member. Reading to the end checks its size and checksum.
func (a *Archive) Open(m Member) (io.ReadCloser, error) {
	if m.file == nil {
		return nil, fmt.Errorf("member %q: %w", m.Name, fs.ErrNotExist)
	}
	r, err := m.file.Open()
	if err != nil {
		return nil, fmt.Errorf("member %q: %w", m.Name, zipError(err))
	}
	return r, nil
}

// Section returns a member that is not compressed as a part of the archive's
// file, to be read from anywhere; its checksum is not looked at. The others
// have none.
func (a *Archive) Section(m Member) (*io.SectionReader, bool) {
	if m.file == nil || m.file.Method != zip.Store {
		return nil, false
	}
	at, err := m.file.DataOffset()
	if err != nil || at > a.size-m.Size {
		return nil, false
	}
	return io.NewSectionReader(a.r, at, m.Size), true
}

// Extract writes the members into the folder, which is made when missing. It
// never writes outside of it, also when others change the folder meanwhile,
// and never over what is there: that is an error which is fs.ErrExist.
func (a *Archive) Extract(folder string) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for _, m := range a.Members {
		if err := a.extract(root, m); err != nil {
			return fmt.Errorf("extract %q: %w", m.Name, err)
		}
	}
	return nil
}

func (a *Archive) extract(root *os.Root, m Member) error {
	if dir := path.Dir(m.Name); dir != "." {
		if err := root.MkdirAll(dir, 0o777); err != nil {
			return err
		}
	}
	in, err := a.Open(m)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	mode := fs.FileMode(0o666)
	if m.file.Mode()&0o100 != 0 {
		mode = 0o777
	}
	out, err := root.OpenFile(m.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	// One byte more than was promised shows that the promise was broken.
	n, err := io.Copy(out, io.LimitReader(in, m.Size+1))
	if err == nil && n != m.Size {
		err = malformed("%d bytes or more in place of %d", n, m.Size)
	}
	if err != nil {
		err = zipError(err)
	}
	return errors.Join(err, out.Close())
}
