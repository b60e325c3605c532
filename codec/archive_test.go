package codec_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/codec"
)

// zipped makes a zip file of members with the content "x".
func zipped(t testing.TB, members ...*zip.FileHeader) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		w, err := z.CreateHeader(m)
		if err != nil {
			t.Fatal(err)
		}
		if m.Name[len(m.Name)-1] != '/' {
			if _, err := w.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func member(name string, mode fs.FileMode) *zip.FileHeader {
	h := &zip.FileHeader{Name: name}
	h.SetMode(mode)
	return h
}

func TestArchivesOfHostileShape(t *testing.T) {
	bomb := zipped(t, member("a", 0o666))
	// The directory's entry says how large the member is: at 24 from its start.
	at := bytes.Index(bomb, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(bomb[at+24:], 1<<31)
	for name, c := range map[string]struct {
		b    []byte
		want error
	}{
		"up":                {zipped(t, member("../a", 0o666)), codec.ErrUnsafe},
		"up within":         {zipped(t, member("a/../../b", 0o666)), codec.ErrUnsafe},
		"absolute":          {zipped(t, member("/etc/passwd", 0o666)), codec.ErrUnsafe},
		"backslash":         {zipped(t, member(`..\a`, 0o666)), codec.ErrUnsafe},
		"drive":             {zipped(t, member("C:a", 0o666)), codec.ErrUnsafe},
		"link":              {zipped(t, member("a", fs.ModeSymlink|0o777)), codec.ErrUnsafe},
		"device":            {zipped(t, member("a", fs.ModeDevice|0o666)), codec.ErrUnsafe},
		"pipe":              {zipped(t, member("a", fs.ModeNamedPipe|0o666)), codec.ErrUnsafe},
		"twice":             {zipped(t, member("a", 0o666), member("a", 0o666)), codec.ErrUnsafe},
		"below a file":      {zipped(t, member("a", 0o666), member("a/b", 0o666)), codec.ErrUnsafe},
		"a file as folder":  {zipped(t, member("a/b", 0o666), member("a", 0o666)), codec.ErrUnsafe},
		"dots":              {zipped(t, member("./a", 0o666)), codec.ErrUnsafe},
		"too many":          {zipped(t, member("a", 0o666), member("b", 0o666), member("c", 0o666)), codec.ErrTooLarge},
		"more than it says": {bomb, codec.ErrFormat},
		"cut":               {zipped(t, member("a", 0o666))[:60], codec.ErrFormat},
		"no zip":            {[]byte("PK"), codec.ErrFormat},
	} {
		rec := codec.Record{Type: codec.TypeArchive}
		v, err := codec.Decode(bytes.NewReader(c.b), int64(len(c.b)), rec, codec.Limits{Members: 2, Bytes: 1 << 20})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
}

func TestArchivesAreListed(t *testing.T) {
	when := time.Date(2024, 2, 29, 1, 2, 4, 0, time.UTC)
	good := member("dir/a", 0o666)
	good.Modified = when
	b := zipped(t, member("dir/", 0o777|fs.ModeDir), good, member("../b", 0o666), member("c", fs.ModeSymlink|0o777))
	members, unsafe, err := codec.ListArchive(bytes.NewReader(b), int64(len(b)), codec.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if len(members) != 3 || members[0].Name != "dir/a" || members[0].Size != 1 || !members[0].Modified.Equal(when) {
		t.Errorf("members %+v", members)
	}
	if len(unsafe) != 2 || !errors.Is(unsafe["../b"], codec.ErrUnsafe) || !errors.Is(unsafe["c"], codec.ErrUnsafe) {
		t.Errorf("unsafe %v", unsafe)
	}
	if _, _, err := codec.ListArchive(bytes.NewReader(b), int64(len(b)), codec.Limits{Members: 3}); !errors.Is(err, codec.ErrTooLarge) {
		t.Errorf("over the limit: %v", err)
	}
}

// TestMembersAsSections reads an uncompressed member without expanding any.
func TestMembersAsSections(t *testing.T) {
	stored := member("a", 0o666)
	stored.Method = zip.Store
	deflated := member("b", 0o666)
	deflated.Method = zip.Deflate
	b := zipped(t, stored, deflated)
	a, err := codec.OpenArchive(bytes.NewReader(b), int64(len(b)), codec.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	r, ok := a.Section(a.Members[0])
	if !ok {
		t.Fatal("no section")
	}
	if text, err := io.ReadAll(r); err != nil || string(text) != "x" {
		t.Errorf("read %q, %v", text, err)
	}
	if _, ok := a.Section(a.Members[1]); ok {
		t.Error("a section of a compressed member")
	}
}

// TestExtractionStaysInside meets a folder in which somebody put a link.
func TestExtractionStaysInside(t *testing.T) {
	outside, inside := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(inside, "sub")); err != nil {
		t.Fatal(err)
	}
	b := zipped(t, member("sub/a", 0o666))
	a, err := codec.OpenArchive(bytes.NewReader(b), int64(len(b)), codec.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Extract(inside); err == nil {
		t.Error("wrote through a link")
	}
	if entries, err := os.ReadDir(outside); err != nil || len(entries) > 0 {
		t.Errorf("outside: %v, %v", entries, err)
	}
}
