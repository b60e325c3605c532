package preview_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/preview"
)

// peak runs a function and returns how much the heap grew at most meanwhile.
// Garbage is collected often, so that it is what is in use that counts.
func peak(fn func()) uint64 {
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before, most := m.HeapAlloc, uint64(0)
	var stop atomic.Bool
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for !stop.Load() {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
			time.Sleep(200 * time.Microsecond)
		}
	}()
	fn()
	stop.Store(true)
	<-ended
	return max(most, before) - before
}

// bomb is a zip member of zeros: a thousandth of its size.
func bomb(t *testing.T, name string, size int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	must(t, err)
	zeros := make([]byte, 1<<20)
	for range size >> 20 {
		_, err := w.Write(zeros)
		must(t, err)
	}
	must(t, z.Close())
	return b.Bytes()
}

// giantPNG is the header of an image of so many pixels to a side.
func giantPNG(side uint32) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, 1, 1)))
	content := b.Bytes()
	binary.BigEndian.PutUint32(content[16:], side)
	binary.BigEndian.PutUint32(content[20:], side)
	binary.BigEndian.PutUint32(content[29:], crc32.ChecksumIEEE(content[12:29]))
	return content
}

func laughs() []byte {
	var b strings.Builder
	b.WriteString("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n")
	for i := range 30 {
		fmt.Fprintf(&b, "a%d: &a%d [%s*a%d]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 8), i)
	}
	return []byte(b.String())
}

// npyHeader is an .npy file that says it has this shape.
func npyHeader(shape, descr string) []byte {
	text := fmt.Sprintf("{'descr': %s, 'fortran_order': False, 'shape': %s, }", descr, shape)
	return append([]byte("\x93NUMPY\x01\x00"+string([]byte{byte(len(text) + 1), byte((len(text) + 1) >> 8)})), text+"\n"...)
}

// What is made to harm is shown, each time within the memory of one preview.
func TestHostileFiles(t *testing.T) {
	nested := bomb(t, "x.txt", 64<<20)
	for range 5 {
		nested = zipped(t, "in.zip", nested)
	}
	many := func() []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := range 300_000 {
			_, err := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("some/folder/of/members/member number %d", i)})
			must(t, err)
		}
		must(t, z.Close())
		return b.Bytes()
	}()
	lists := "\x80\x04" + strings.Repeat("]", 1_000_000) + strings.Repeat("a", 999_999) + "."
	growing := "\x80\x04]\x94" + strings.Repeat("(h\x00h\x00h\x00h\x00e2", 200_000) + "."
	for _, c := range []struct {
		name    string
		content []byte
		query   preview.Query
		kind    string
		says    string // in problem, warning or title
	}{
		{"bomb.zip", bomb(t, "x.txt", 256<<20), preview.Query{}, "archive", "1 file"},
		{"bomb.zip", bomb(t, "x.txt", 256<<20), preview.Query{Members: []string{"x.txt"}}, "hex", ""},
		{"bomb.zip", bomb(t, "x.csv", 256<<20), preview.Query{Members: []string{"x.csv"}}, "hex", ""},
		{"bomb.npz", bomb(t, "x.npy", 256<<20), preview.Query{}, "archive", "none of its arrays"},
		{"nested.zip", nested, preview.Query{Members: []string{"in.zip", "in.zip", "in.zip", "in.zip"}}, "archive", "1 file"},
		{"many.zip", many, preview.Query{}, "hex", "directory"},
		{"bomb.csv.gz", gzipped(t, make([]byte, 256<<20)), preview.Query{}, "hex", ""},
		{"commas.csv.gz", gzipped(t, bytes.Repeat([]byte(","), 256<<20)), preview.Query{}, "hex", "over the limit"},
		{"lines.csv.gz", gzipped(t, append([]byte("a,b\n"), bytes.Repeat([]byte("1,2\n"), 64<<20)...)), preview.Query{Rows: preview.Span{From: 1 << 40, To: 1<<40 + 1}}, "table", "at least"},
		{"bomb.json.gz", gzipped(t, bytes.Repeat([]byte("["), 64<<20)), preview.Query{}, "hex", "ends within"},
		{"bomb.gz", gzipped(t, gzipped(t, gzipped(t, make([]byte, 64<<20)))), preview.Query{}, "gzip", ""},
		{"laughs.yaml", laughs(), preview.Query{}, "tree", "yaml"},
		{"deep.yaml", []byte(strings.Repeat("[", 400_000)), preview.Query{}, "text", ""},
		{"dashes.yaml", []byte(strings.Repeat("- ", 250_000)), preview.Query{}, "text", ""},
		{"long.yaml", bytes.Repeat([]byte("- a\n"), 128<<10), preview.Query{}, "tree", "yaml"},
		{"deep.json", bytes.Repeat([]byte("["), 32<<20), preview.Query{}, "text", "ends within"},
		{"long.json", append(append([]byte("["), bytes.Repeat([]byte("1,"), 20<<20)...), "1]"...), preview.Query{}, "tree", "json"},
		{"wide.npy", npyHeader("(1000000000000000,)", "'<f8'"), preview.Query{}, "hex", "needs 8000000000000000 bytes"},
		{"over.npy", npyHeader("(1000000000000, 1000000000000, 1000000000000)", "'<f8'"), preview.Query{}, "hex", "over the limit"},
		{"item.npy", append(npyHeader("(1,)", "'|S2000000000'"), 1), preview.Query{}, "hex", ""},
		{"empty.npy", npyHeader("(4000000000000,)", "'|S0'"), preview.Query{}, "hex", ""},
		{"nothing.npy", npyHeader("(4000000000000, 0)", "'<f8'"), preview.Query{}, "array", "4000000000000"},
		{"axes.npy", npyHeader("("+strings.Repeat("1,", 100)+")", "'<f8'"), preview.Query{}, "hex", "100 dimensions"},
		{"objects.npy", append(npyHeader("(1,)", "'|O'"), "cos\nsystem\n(S'x'\ntR."...), preview.Query{}, "hex", "Python objects"},
		{"giant.png", giantPNG(100_000), preview.Query{}, "image", "so many pixels"},
		{"lists.pkl", []byte(lists), preview.Query{}, "pickle", ""},
		{"growing.pkl", []byte(growing), preview.Query{}, "pickle", ""},
		{"memos.pkl", []byte("\x80\x04]" + strings.Repeat("\x94", 20<<20) + "."), preview.Query{}, "pickle", "memos"},
		{"claims.pkl", []byte("\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f"), preview.Query{}, "pickle", ""},
		{"footer.parquet", append([]byte("PAR1"), "\xff\xff\xff\x7fPAR1"...), preview.Query{}, "hex", "footer"},
		{"zeros.parquet", append(append([]byte("PAR1"), make([]byte, 1<<20)...), "\x00\x00\x08\x00PAR1"...), preview.Query{}, "hex", ""},
		{"claims.feather", append([]byte("ARROW1\x00\x00"), "\xff\xff\xff\x7fARROW1"...), preview.Query{}, "hex", ""},
		{"page.html", []byte("<script>alert(1)</script>"), preview.Query{}, "html", "HTML page"},
		{"drawing.svg", []byte("<svg onload=alert(1)></svg>"), preview.Query{}, "image", "SVG"},
	} {
		t.Run(c.name+strings.Join(c.query.Members, "/"), func(t *testing.T) {
			w := newWorld(t)
			src, _ := file(c.name, c.content)
			var p preview.Preview
			if took := peak(func() { p = w.show(t, src, c.query) }); took > 64<<20 {
				t.Errorf("it took %d MiB", took>>20)
			}
			if said := p.Problem + "|" + p.Warning + "|" + p.Title; p.Kind != c.kind || !strings.Contains(strings.ToLower(said), strings.ToLower(c.says)) {
				t.Errorf("%s: %s", p.Kind, said)
			}
			if p.Kind == "hex" && p.Hex == nil || p.Kind == "text" && p.Text == nil {
				t.Errorf("nothing is shown: %+v", p)
			}
			t.Logf("%s: %s | %s | %s", p.Kind, p.Title, p.Problem, p.Warning)
		})
	}
}

// Pictures of giants are refused by their header, those of large images stay
// within the memory of one preview.
func TestHostilePictures(t *testing.T) {
	w := newWorld(t)
	src, _ := file("giant.png", giantPNG(100_000))
	if _, err := w.Picture(t.Context(), src, preview.Query{}); err == nil || !strings.Contains(err.Error(), "over the limit") {
		t.Error(err)
	}
	var b bytes.Buffer
	must(t, png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, 2400, 2400))))
	large, _ := file("large.png", b.Bytes())
	if took := peak(func() {
		_, err := w.Picture(t.Context(), large, preview.Query{Width: preview.MaxWidth})
		must(t, err)
	}); took > 64<<20 {
		t.Errorf("it took %d MiB", took>>20)
	}
}

// Nothing that a decoder meets makes it panic, hang or forget its bounds.
func FuzzShow(f *testing.F) {
	for _, seed := range []struct {
		name    string
		content []byte
	}{
		{"a.npy", npyHeader("(2,)", "'<f8'")},
		{"a.json", []byte(`{"a":[1]}`)},
		{"a.yaml", []byte("a: [1]")},
		{"a.csv", []byte("a,b\n1,2\n")},
		{"a.pkl", []byte("\x80\x04]\x94.")},
		{"a.wav", []byte("RIFF\x00\x00\x00\x00WAVEfmt ")},
		{"a.jpg", []byte("\xff\xd8\xff\xe1\x00\x10Exif")},
		{"a.zip", []byte("PK\x05\x06" + strings.Repeat("\x00", 18))},
		{"a.safetensors", []byte("\x02\x00\x00\x00\x00\x00\x00\x00{}")},
	} {
		f.Add(seed.name, seed.content, "", "")
	}
	s := preview.New(preview.Config{})
	f.Fuzz(func(t *testing.T, name string, content []byte, slice, path string) {
		src, _ := file(name, content)
		b, _, err := s.Show(t.Context(), src, preview.Query{Slice: slice, Path: path})
		if err == nil && len(b) > 16<<20 {
			t.Errorf("a reply of %d bytes", len(b))
		}
		_, _ = s.Picture(t.Context(), src, preview.Query{})
	})
}
