package codec_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/codec"
)

func TestHostileImages(t *testing.T) {
	png, _ := write(t, codec.PNG{}, pictures()["L"])
	sized := func(w, h uint32) []byte {
		b := bytes.Clone(png)
		binary.BigEndian.PutUint32(b[16:], w)
		binary.BigEndian.PutUint32(b[20:], h)
		binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
		return b
	}
	jpeg, _ := write(t, codec.JPEG{}, pictures()["L"])
	at := bytes.Index(jpeg, []byte{0xff, 0xc0})
	if at < 0 {
		t.Fatal("no frame in a JPEG")
	}
	giantJPEG := bytes.Clone(jpeg)
	binary.BigEndian.PutUint32(giantJPEG[at+5:], 0xffffffff)
	webp := []byte("RIFF\x16\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\xff\x3f\x00\xff\x3f\x00")
	gif := []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02\x4c\x01\x00;")
	bmp := append([]byte("BM\x36\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\x30\x75\x00\x00\x30\x75\x00\x00\x01\x00\x18\x00"), make([]byte, 24)...)
	refuse(t, codec.Record{Type: codec.TypeImage}, map[string]hostile{
		"a PNG of giants":      {sized(1<<31-1, 1<<31-1), codec.ErrFormat},
		"a PNG of a gigapixel": {sized(1<<15, 1<<15), codec.ErrTooLarge},
		"a PNG of one row":     {sized(1<<31-1, 1), codec.ErrTooLarge},
		"a PNG of nothing":     {sized(0, 5), codec.ErrFormat},
		"a PNG of more lines":  {sized(7, 500), codec.ErrFormat},
		"a JPEG of giants":     {giantJPEG, codec.ErrTooLarge},
		"a WebP of giants":     {webp, codec.ErrTooLarge},
		"a GIF of giants":      {gif, codec.ErrTooLarge},
		"a BMP of giants":      {bmp, codec.ErrTooLarge},
		"a BMP upside down":    {append(append(bytes.Clone(bmp[:22]), 0, 0, 0, 0x80), bmp[26:]...), codec.ErrTooLarge},
		"a cut PNG":            {png[:len(png)/2], codec.ErrFormat},
		"a magic alone":        {png[:8], codec.ErrFormat},
	})
}

// liar is a zip file whose directory says that its only member has so many
// bytes.
func liar(t *testing.T, name string, content []byte, says uint32) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err == nil {
		_, err = w.Write(content)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	out := b.Bytes()
	binary.LittleEndian.PutUint32(out[bytes.Index(out, []byte("PK\x01\x02"))+24:], says)
	return out
}

// overlapping is a zip file with many entries for the same bytes.
func overlapping(t *testing.T, content []byte, times int) []byte {
	t.Helper()
	one := liar(t, "0000", content, uint32(len(content)))
	at, end := bytes.Index(one, []byte("PK\x01\x02")), bytes.Index(one, []byte("PK\x05\x06"))
	entry := one[at:end]
	out := bytes.Clone(one[:at])
	for i := range times {
		e := bytes.Clone(entry)
		copy(e[46:], fmt.Sprintf("%04d", i))
		out = append(out, e...)
	}
	tail := bytes.Clone(one[end:])
	binary.LittleEndian.PutUint16(tail[8:], uint16(times))
	binary.LittleEndian.PutUint16(tail[10:], uint16(times))
	binary.LittleEndian.PutUint32(tail[12:], uint32(times*len(entry)))
	return append(out, tail...)
}

func TestHostileZips(t *testing.T) {
	zeros := make([]byte, 1<<20)
	refuse(t, codec.Record{Type: codec.TypeArchive}, map[string]hostile{
		"a bomb":              {liar(t, "a", make([]byte, 32<<20), 32<<20), codec.ErrTooLarge},
		"more than there is":  {liar(t, "a", []byte("x"), 1<<30), codec.ErrFormat},
		"overlapping members": {overlapping(t, zeros, 500), codec.ErrFormat},
		"too many members":    {overlapping(t, nil, 2000), codec.ErrTooLarge},
	})
	refuse(t, codec.Record{Type: codec.TypeNumPy, ContentType: "application/numpy"}, map[string]hostile{
		"an array that is a bomb":    {liar(t, "a.npy", npyOf("'<f8'", "(4194304,)", string(make([]byte, 32<<20))), 32<<20+128), codec.ErrTooLarge},
		"an array larger than said":  {liar(t, "a.npy", npyOf("'<f8'", "(131072,)", string(zeros)), 100), codec.ErrFormat},
		"an array cut off":           {liar(t, "a.npy", npyOf("'<f8'", "(131072,)", "x"), 1<<20+100), codec.ErrFormat},
		"an array of objects inside": {liar(t, "a.npy", npyOf("'|O'", "(1,)", "cos\nsystem\n."), 78), codec.ErrUnsafe},
	})
}

// TestBombsStopWhileTheyAreExtracted expands a member that is larger than its
// archive says: no more than the promise is written, and nothing beside it.
func TestBombsStopWhileTheyAreExtracted(t *testing.T) {
	b := liar(t, "sub/a", make([]byte, 8<<20), 10_000)
	a, err := codec.OpenArchive(bytes.NewReader(b), int64(len(b)), hostileLimits)
	if err != nil {
		t.Fatal(err)
	}
	parent := t.TempDir()
	folder := filepath.Join(parent, "in")
	if err := a.Extract(folder); !errors.Is(err, codec.ErrFormat) {
		t.Errorf("extracted: %v", err)
	}
	total := int64(0)
	err = filepath.Walk(parent, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			total += info.Size()
			if !strings.HasPrefix(path, folder) {
				t.Errorf("wrote %s", path)
			}
		}
		return err
	})
	if err != nil || total > 10_001 {
		t.Errorf("%d bytes were written, %v", total, err)
	}
}
