package preview_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/codec"
	"github.com/coffer-ml/coffer/preview"
)

func ramp(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(i)
	}
	return out
}

func TestArrays(t *testing.T) {
	w := newWorld(t)
	t.Run("of one axis are curves", func(t *testing.T) {
		data := ramp(1000)
		data[10], data[11] = math.NaN(), math.Inf(1)
		src, _ := file("a.npy", npy(t, codec.Array(data)))
		p := w.show(t, src, preview.Query{})
		a := p.Array
		if p.Kind != "array" || p.Title != "(1000,) float64" || a.Curve == nil || len(a.Curve.Mean) != 256 || a.Heat != nil {
			t.Fatalf("%+v %+v", p, a)
		}
		s := a.Stats
		if s.Sampled || s.Count != 1000 || s.NaN != 1 || s.Inf != 1 || s.Zeros != 1 || s.Min != 0 || s.Max != 999 {
			t.Errorf("%+v", s)
		}
		total := int64(0)
		for _, c := range s.Histogram.Counts {
			total += c
		}
		if total != 998 || s.Histogram.From > 0 || s.Histogram.To < 999 || len(s.Histogram.Counts) > 32 {
			t.Errorf("%+v", s.Histogram)
		}
		if a.Curve.Min[0] != 0 || a.Curve.Max[255] != 999 {
			t.Errorf("from %v to %v", a.Curve.Min[0], a.Curve.Max[255])
		}
		if got := fmt.Sprint(a.Values.Cells[:2]); got != "[[0] [1]]" {
			t.Error(got)
		}
	})
	t.Run("of several axes are heatmaps, and any slice is found", func(t *testing.T) {
		a := codec.Array(ramp(3*200*300), 3, 200, 300)
		for _, fortran := range []bool{false, true} {
			shown := a
			if fortran {
				shown = &codec.NDArray{DType: a.DType, Shape: a.Shape, Data: a.Data, Fortran: true}
			}
			src, _ := file(fmt.Sprintf("%v.npz", fortran), zipped(t, "a.npy", npy(t, shown)))
			p := w.show(t, src, preview.Query{})
			if p.Array.Slice != "0,:,:" || p.Array.Heat == nil || p.Array.Heat.Rows != 96 || p.Array.Heat.Sampled || p.Array.Arrays[0].Name != "a" {
				t.Fatalf("%+v", p.Array)
			}
			p = w.show(t, src, preview.Query{Slice: "-1,5,:", Rows: preview.Span{From: 2, To: 4}})
			if got := fmt.Sprint(p.Array.Values.Cells); got != "[[121502] [121503]]" {
				t.Errorf("fortran %v: %s", fortran, got)
			}
			p = w.show(t, src, preview.Query{Slice: ":,5,:", Rows: preview.Span{From: 1, To: 2}, Cols: preview.Span{From: 7, To: 9}})
			if got := fmt.Sprint(p.Array.Values.Cells); got != "[[61507 61508]]" || p.Array.Heat.Rows != 3 {
				t.Errorf("fortran %v: %s", fortran, got)
			}
			if m := p.Array.Heat; m.Min < 1500 || m.Max > 121799 {
				t.Errorf("%v to %v", m.Min, m.Max)
			}
		}
	})
	t.Run("of records are tables", func(t *testing.T) {
		a := codec.Structured([]string{"id", "name"}, codec.Array([]int64{1, 1 << 60}), codec.Array([]string{"x", "yy"}))
		src, _ := file("r.npy", npy(t, a))
		p := w.show(t, src, preview.Query{})
		if got := fmt.Sprint(p.Array.Values.Columns, p.Array.Values.Cells); got != "[id name] [[1 x] [1152921504606846976 yy]]" {
			t.Error(got)
		}
	})
	t.Run("of every type say what they hold", func(t *testing.T) {
		for _, a := range []*codec.NDArray{
			codec.Array([]bool{true, false}), codec.Array([]complex128{3 + 4i}), codec.Array([]string{"a", "é"}), codec.Array([][]byte{[]byte("x")}),
			codec.Array([]float32{0.1}), codec.Array([]uint8{255}), codec.Array([]float64{}), codec.Array([]int64{7}, 1, 1, 1, 1),
			{DType: codec.DType{Kind: 'M', Size: 8, Unit: "D"}, Shape: []int{1}, Data: []codec.Datetime64{1}},
		} {
			src, _ := file(a.DType.String()+".npy", npy(t, a))
			p := w.show(t, src, preview.Query{})
			if p.Problem != "" || p.Array == nil || p.Array.Values == nil {
				t.Errorf("%s: %+v", a.DType, p)
			}
		}
		src, _ := file("m.npy", npy(t, &codec.NDArray{DType: codec.DType{Kind: 'M', Size: 8, Unit: "D"}, Shape: []int{1}, Data: []codec.Datetime64{1}}))
		if got := w.show(t, src, preview.Query{}).Array.Values.Cells[0][0]; got != "1970-01-02T00:00:00" {
			t.Error(got)
		}
	})
	t.Run("that are large are sampled", func(t *testing.T) {
		const n = 1 << 33 // bytes
		head := npy(t, codec.Array([]uint8{}))
		text := strings.Replace(string(head), "(0,), }", fmt.Sprintf("(%d, 4096), }", n/4096), 1)
		header := text[:10] + strings.TrimRight(text[10:], " \n")
		header += strings.Repeat(" ", len(head)-len(header)-1) + "\n"
		f := sparse(t, int64(len(head))+n, map[int64][]byte{0: []byte(header), int64(len(head)) + n - 1: {9}})
		src, c := at("big.npy", f, int64(len(head))+n, nil)
		p := w.show(t, src, preview.Query{})
		if p.Problem != "" || !p.Array.Stats.Sampled || !p.Array.Heat.Sampled || p.Array.Elements != n {
			t.Fatalf("%+v %+v", p, p.Array)
		}
		if c.read > 32<<20 || p.Read != c.read {
			t.Errorf("%d bytes were read, %d told", c.read, p.Read)
		}
		p = w.show(t, src, preview.Query{Slice: "-1,:", Rows: preview.Span{From: 4095, To: 4096}})
		if got := fmt.Sprint(p.Array.Values.Cells); got != "[[9]]" {
			t.Error(got)
		}
	})
	t.Run("take no slice that is none", func(t *testing.T) {
		src, _ := file("s.npy", npy(t, codec.Array(ramp(8), 2, 2, 2)))
		for _, s := range []string{"0", ":,:,:", "2,:,:", "a,:,:", "0,0,0,0", "-3,:,:"} {
			if _, _, err := w.Show(t.Context(), src, preview.Query{Slice: s}); !errors.Is(err, preview.ErrQuery) {
				t.Errorf("%s: %v", s, err)
			}
		}
		if p := w.show(t, src, preview.Query{Slice: "1,1,1"}); fmt.Sprint(p.Array.Values.Cells) != "[[7]]" {
			t.Errorf("%+v", p.Array.Values)
		}
	})
}

func TestImages(t *testing.T) {
	w := newWorld(t)
	m := image.NewNRGBA(image.Rect(0, 0, 2000, 1000))
	for x := range 2000 {
		for y := range 1000 {
			m.Set(x, y, color.NRGBA{uint8(x), uint8(y), 0, 255})
		}
	}
	var b bytes.Buffer
	must(t, png.Encode(&b, m))
	src, _ := file("a.png", b.Bytes())
	p := w.show(t, src, preview.Query{})
	if p.Kind != "image" || p.Media != "image/png" || p.Image.Width != 2000 || p.Image.Mode != "RGB" || !p.Image.Thumb || !p.Image.Inline || p.Title != "2000 x 1000" {
		t.Errorf("%+v %+v", p, p.Image)
	}
	pic, err := w.Picture(t.Context(), src, preview.Query{Width: 100})
	must(t, err)
	small, _, err := image.Decode(bytes.NewReader(pic.Bytes))
	must(t, err)
	if small.Bounds().Dx() != 100 || small.Bounds().Dy() != 50 {
		t.Errorf("%v as %s", small.Bounds(), pic.Media)
	}
	t.Run("are turned as cameras note", func(t *testing.T) {
		var b bytes.Buffer
		must(t, jpeg.Encode(&b, m, nil))
		exif := "\xff\xd8\xff\xe1\x00\x22Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
		src, _ := file("a.jpg", append([]byte(exif), b.Bytes()[2:]...))
		if p := w.show(t, src, preview.Query{}); p.Image.Turned != 6 {
			t.Errorf("%+v", p.Image)
		}
		pic, err := w.Picture(t.Context(), src, preview.Query{Width: 100})
		must(t, err)
		if small, _, err := image.Decode(bytes.NewReader(pic.Bytes)); err != nil || small.Bounds().Dx() != 50 {
			t.Errorf("%v %v", small.Bounds(), err)
		}
	})
	t.Run("arrays of bytes are images as well", func(t *testing.T) {
		src, _ := file("a.npy", npy(t, codec.Array(make([]uint8, 20*30*3), 20, 30, 3)))
		if p := w.show(t, src, preview.Query{}); !p.Array.Picture {
			t.Errorf("%+v", p.Array)
		}
		pic, err := w.Picture(t.Context(), src, preview.Query{})
		must(t, err)
		if m, _, err := image.Decode(bytes.NewReader(pic.Bytes)); err != nil || m.Bounds().Dx() != 30 {
			t.Error(err)
		}
	})
	t.Run("there are none of other things", func(t *testing.T) {
		src, _ := file("a.txt", []byte("text"))
		if _, err := w.Picture(t.Context(), src, preview.Query{}); !errors.Is(err, preview.ErrNoImage) {
			t.Error(err)
		}
	})
}

func TestTexts(t *testing.T) {
	w := newWorld(t)
	var long strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&long, "line %d\n", i)
	}
	src, c := file("train.py", []byte(long.String()))
	p := w.show(t, src, preview.Query{})
	if p.Kind != "text" || p.Text.Language != "python" || len(p.Text.Lines) != 500 || !p.Text.More || c.read > 256<<10 {
		t.Errorf("%s %s %d lines, %d bytes", p.Kind, p.Text.Language, len(p.Text.Lines), c.read)
	}
	p = w.show(t, src, preview.Query{Rows: preview.Span{From: 99_998, To: 200_000}})
	if got := fmt.Sprint(p.Text.From, p.Text.Lines, p.Text.More); got != "99998 [line 99998 line 99999] false" {
		t.Error(got)
	}
	for name, want := range map[string][2]string{
		"a\n": {"text", "text"}, "#!/usr/bin/env python3\nx": {"text", "python"}, "<!DOCTYPE html><p>": {"html", ""}, "<svg></svg>": {"image", ""},
		`{"a": 1}`: {"tree", ""}, "[not json": {"text", "text"}, "\x00\x01": {"hex", ""}, "": {"empty", ""}, "caf\xe9": {"hex", ""}, "%PDF-1.4": {"hex", ""},
	} {
		src, _ := file("noname", []byte(name))
		p := w.show(t, src, preview.Query{})
		lang := ""
		if p.Text != nil && p.Kind == "text" {
			lang = p.Text.Language
		}
		if p.Kind != want[0] || lang != want[1] {
			t.Errorf("%q: %s %s, want %v", name, p.Kind, lang, want)
		}
	}
	src, _ = file("one.txt", []byte(strings.Repeat("x", 1<<20)))
	if p := w.show(t, src, preview.Query{}); len(p.Text.Lines) != 1 || len(p.Text.Lines[0]) != 16<<10 || !slices.Equal(p.Text.Cut, []int64{0}) {
		t.Errorf("%d lines", len(p.Text.Lines))
	}
	if p := w.show(t, src, preview.Query{As: "hex", At: 1<<20 - 2}); p.Hex.At != 1<<20-2 || string(p.Hex.Bytes) != "xx" {
		t.Errorf("%+v", p.Hex)
	}
}

func TestTrees(t *testing.T) {
	w := newWorld(t)
	src, _ := file("a.json", []byte(`{"b": [1, {"c": "é\ud83d\ude00"}, NaN], "a": null, "/~": true}`))
	p := w.show(t, src, preview.Query{})
	if n := p.Tree.Node; n.Kind != "object" || n.Count != 3 || *n.Children[0].Key != "b" || n.Children[0].Count != 3 || *n.Children[2].Key != "/~" {
		t.Errorf("%+v", n)
	}
	for path, want := range map[string]string{"/b/1/c": "é😀", "/b/2": "NaN", "/a": "null", "/~1~0": "true"} {
		if got := w.show(t, src, preview.Query{Path: path}).Tree.Node.Value; got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	for _, path := range []string{"/x", "/b/9", "/a/0", "/b/-"} {
		if _, _, err := w.Show(t.Context(), src, preview.Query{Path: path}); !errors.Is(err, preview.ErrNoMember) {
			t.Errorf("%s: %v", path, err)
		}
	}
	long, err := json.Marshal(map[string]any{"items": ramp(5000)})
	must(t, err)
	src, _ = file("long.json", long)
	p = w.show(t, src, preview.Query{Path: "/items", Rows: preview.Span{From: 4999, To: 6000}})
	if n := p.Tree.Node; n.Count != 5000 || len(n.Children) != 1 || n.Children[0].Value != "4999" {
		t.Errorf("%+v", n)
	}
	for name, text := range map[string]string{"cut": `{"a": `, "extra": `{} x`, "deep": strings.Repeat("[", 1_000_000), "word": `{"a": nope}`} {
		src, _ := file(name+".json", []byte(text))
		if p := w.show(t, src, preview.Query{}); p.Kind != "text" || !strings.Contains(p.Problem, "byte") {
			t.Errorf("%s: %s %s", name, p.Kind, p.Problem)
		}
	}
	src, _ = file("a.yaml", []byte("x: &a [1, yes]\ny: *a\nz: {k: ~}\n"))
	p = w.show(t, src, preview.Query{})
	if n := p.Tree.Node; n.Count != 3 || n.Children[1].Kind != "link" || n.Children[1].Value != "*a" || n.Children[0].Count != 2 {
		t.Errorf("%+v", n)
	}
}

func TestArchives(t *testing.T) {
	w := newWorld(t)
	inner := zipped(t, "deep/array.npy", npy(t, codec.Array(ramp(4), 2, 2)))
	src, _ := file("a.zip", zipped(t, "a.txt", []byte("hello\n"), "inner.zip", inner, "data/t.csv", []byte("a,b\n1,2\n"), "../evil", []byte("x")))
	p := w.show(t, src, preview.Query{})
	if p.Kind != "archive" || p.Archive.Count != 4 || p.Archive.Strange != 1 || !p.Archive.Members[3].Outside || p.Archive.Types[0].Extension != ".zip" {
		t.Errorf("%+v", p.Archive)
	}
	if p := w.show(t, src, preview.Query{Members: []string{"a.txt"}}); p.Kind != "text" || p.Text.Lines[0] != "hello" {
		t.Errorf("%+v", p)
	}
	if p := w.show(t, src, preview.Query{Members: []string{"inner.zip", "deep/array.npy"}}); p.Title != "(2, 2) float64" {
		t.Errorf("%+v", p)
	}
	if p := w.show(t, src, preview.Query{Members: []string{"data/t.csv"}}); p.Table == nil || p.Table.Rows != 1 {
		t.Errorf("%+v", p)
	}
	if p := w.show(t, src, preview.Query{Find: "T.CS"}); p.Archive.Found != 1 || p.Archive.Members[0].Name != "data/t.csv" {
		t.Errorf("%+v", p.Archive)
	}
	for _, m := range [][]string{{"nothing"}, {"a.txt", "x"}, {"inner.zip", "x"}} {
		if _, _, err := w.Show(t.Context(), src, preview.Query{Members: m}); !errors.Is(err, preview.ErrNoMember) {
			t.Errorf("%v: %v", m, err)
		}
	}
}

func TestPreviewsAreKept(t *testing.T) {
	w := newWorld(t)
	src, c := file("a.txt", []byte("hello"))
	first, final, err := w.Show(t.Context(), src, preview.Query{})
	must(t, err)
	if !final || c.read == 0 {
		t.Errorf("final %v after %d bytes", final, c.read)
	}
	read := c.read
	again, _, err := w.Show(t.Context(), src, preview.Query{})
	must(t, err)
	if !bytes.Equal(first, again) || c.read != read {
		t.Errorf("%d bytes were read again", c.read-read)
	}
	t.Run("within bounds", func(t *testing.T) {
		dir := t.TempDir()
		s := preview.New(preview.Config{Dir: dir, DirBytes: 10_000})
		for i := range 100 {
			src, _ := file(fmt.Sprint(i, ".txt"), []byte(strings.Repeat("x", 500)))
			_, _, err := s.Show(t.Context(), src, preview.Query{})
			must(t, err)
		}
		size := int64(0)
		for _, f := range listing(t, dir) {
			size += f
		}
		if size == 0 || size > 10_000 {
			t.Errorf("%d bytes are kept", size)
		}
		// A server that starts anew knows what there is.
		s = preview.New(preview.Config{Dir: dir, DirBytes: 10_000})
		src, c := file("99.txt", []byte(strings.Repeat("x", 500)))
		if _, _, err := s.Show(t.Context(), src, preview.Query{}); err != nil || c.read != 0 {
			t.Errorf("%d bytes read, %v", c.read, err)
		}
	})
}

func TestAFailingStoreIsNoPreview(t *testing.T) {
	w := newWorld(t)
	broken := errors.New("the disk is gone")
	for _, name := range []string{"a.txt", "a.npy", "a.zip", "a.csv.gz"} {
		src, _ := at(name, failing{broken}, 1000, nil)
		if _, _, err := w.Show(t.Context(), src, preview.Query{}); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	src, _ := file("b.txt", []byte("x"))
	if _, _, err := w.Show(ctx, src, preview.Query{}); err == nil {
		t.Error("a caller who went away got a preview")
	}
}

type failing struct{ err error }

func (f failing) ReadAt([]byte, int64) (int, error) { return 0, f.err }
