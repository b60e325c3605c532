package preview_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"sync"
	"testing"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/codec"
	"github.com/coffer-ml/coffer/preview"
)

// counted is a file in memory that counts what is read of it.
type counted struct {
	io.ReaderAt
	mu   sync.Mutex // jobs read, too
	read int64
	far  int64 // end of the furthest read
}

func (c *counted) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, off)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read += int64(n)
	c.far = max(c.far, off+int64(n))
	return n, err
}

func (*counted) Close() error { return nil }

type world struct{ *preview.Service }

func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{preview.New(preview.Config{Dir: t.TempDir()})}
}

// file makes a source of bytes.
func file(name string, content []byte) (preview.Source, *counted) {
	return at(name, bytes.NewReader(content), int64(len(content)), content)
}

func at(name string, r io.ReaderAt, size int64, hashed []byte) (preview.Source, *counted) {
	c := &counted{ReaderAt: r}
	sum := sha256.Sum256(append([]byte(name), hashed...))
	return preview.Source{
		Digest: blob.Digest(hex.EncodeToString(sum[:])), Name: name, Size: size,
		Open: func(context.Context) (preview.Content, error) { return c, nil },
	}, c
}

// show makes a preview, which must work.
func (w *world) show(t *testing.T, src preview.Source, q preview.Query) preview.Preview {
	t.Helper()
	b, _, err := w.Show(t.Context(), src, q)
	if err != nil {
		t.Fatalf("%s: %v", src.Name, err)
	}
	var p preview.Preview
	if err := json.Unmarshal(b, &p); err != nil {
		t.Fatalf("%s: %v in %.300s", src.Name, err, b)
	}
	return p
}

func zipped(t *testing.T, members ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		w, err := z.Create(members[i].(string))
		must(t, err)
		_, err = w.Write(members[i+1].([]byte))
		must(t, err)
	}
	must(t, z.Close())
	return b.Bytes()
}

func gzipped(t *testing.T, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(content)
	must(t, err)
	must(t, z.Close())
	return b.Bytes()
}

func npy(t *testing.T, a *codec.NDArray) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, codec.WriteNPY(&b, a))
	return b.Bytes()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sparse is a file on disk of a size, all zeros but for what is written.
func sparse(t *testing.T, size int64, parts map[int64][]byte) *os.File {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "")
	must(t, err)
	t.Cleanup(func() { _ = f.Close() })
	must(t, f.Truncate(size))
	for at, b := range parts {
		_, err := f.WriteAt(b, at)
		must(t, err)
	}
	return f
}

// listing returns the sizes of the files in a directory.
func listing(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	out := map[string]int64{}
	must(t, fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			out[name] = info.Size()
		}
		return err
	}))
	return out
}
