package codec_test

import (
	"image"
	"image/color"
	"math"
	"math/big"
	"path/filepath"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/coffer-ml/coffer/codec"
)

// sample is a value as a Go program has it, under the name of the same object
// in samples.py, and the codec that the program chooses; nil for the one that
// fits the value.
type sample struct {
	codec codec.Codec
	value any
}

// samples are the values that Go makes by itself. What Go has from Python
// alone, such as a pickled DataFrame, is not among them.
func samples(work string) map[string]sample {
	out := map[string]sample{
		"array csv":      {codec.ArrayCSV{}, mat.NewDense(2, 2, []float64{0.1, 2, 3.25, -4e-30})},
		"dict":           {nil, settings()},
		"dict empty":     {nil, map[string]int{}},
		"dict.yaml":      {codec.YAML{}, settings()},
		"text":           {nil, "two\nlines, äöü, 日本語 🎛"},
		"text long":      {nil, longText()},
		"file":           {nil, codec.File(filepath.Join(work, "file", "notes.txt"))},
		"file unknown":   {nil, codec.File(filepath.Join(work, "file unknown", "weights.cofferbin"))},
		"folder":         {nil, codec.Dir(filepath.Join(work, "folder", "tree"))},
		"folder pattern": {nil, codec.Dir(filepath.Join(work, "folder pattern", "tree", "*.txt"))},
		"paths ü": {nil, codec.Paths{
			filepath.Join(work, "paths ü", "tree", "a.txt"), filepath.Join(work, "paths ü", "tree", "sub", "c.txt"),
		}},
		"link": {nil, codec.Link("s3://bucket/raw.csv")},
	}
	for kind, a := range arrays() {
		out["array "+kind] = sample{nil, a}
	}
	for mode, m := range images() {
		out["image "+mode+".png"] = sample{nil, m}
		if mode == "L" || mode == "RGB" {
			out["image "+mode+".jpg"] = sample{codec.JPEG{}, m}
		}
	}
	for name, v := range plain() {
		out["pickle "+name] = sample{codec.Pickle{}, v}
	}
	return out
}

func settings() map[string]any {
	return map[string]any{
		"rate": 0.1, "one": 1.0, "layers": []int{64, 32},
		"nested": map[string]any{"zeta": nil, "alpha": true, "empty": map[string]any{}}, "größe": "日本語 🎛", "yes": "no",
	}
}

func longText() string {
	text := ""
	for range 20 {
		text += "long ä "
	}
	out := ""
	for range 1000 {
		out += text
	}
	return out
}

// ofType gives an array a type that its data does not tell by itself.
func ofType(a *codec.NDArray, change func(*codec.DType)) *codec.NDArray {
	change(&a.DType)
	return a
}

func bigEndian(d *codec.DType) { d.BigEndian = true }

func arrays() map[string]any {
	// NumPy's NaN is the plainest; Go's own has a bit more.
	inf, nan := math.Inf(1), math.Float64frombits(0x7ff8<<48)
	out := map[string]any{
		"u1":   codec.Array([]uint8{0, 1, 2, 3, 4, 5}, 2, 3),
		"u2":   codec.Array([]uint16{0, 1, 2, 3, 4, 5}, 2, 3),
		"u4":   codec.Array([]uint32{0, 1, 2, 3, 4, 5}, 2, 3),
		"u8":   codec.Array([]uint{0, 1, 2, 3, 4, 5}, 2, 3),
		"i1":   codec.Array([]int8{0, 1, 2, 3, 4, 5}, 2, 3),
		"i2":   codec.Array([]int16{0, 1, 2, 3, 4, 5}, 2, 3),
		"i4":   codec.Array([]int32{0, 1, 2, 3, 4, 5}, 2, 3),
		"i8":   codec.Array([]int{0, 1, 2, 3, 4, 5}, 2, 3),
		">i2":  ofType(codec.Array([]int16{0, 1, 2, 3, 4, 5}, 2, 3), bigEndian),
		">u8":  ofType(codec.Array([]uint64{0, 1, 2, 3, 4, 5}, 2, 3), bigEndian),
		"bool": codec.Array([]bool{true, false, false, true}, 2, 2),
		"f2": codec.Array([]codec.Float16{
			0, codec.NewFloat16(-1.5), codec.NewFloat16(65504), codec.NewFloat16(6e-8), codec.NewFloat16(inf),
		}),
		"f4":   codec.Array([]float32{0.1, -2.5, 1e30, float32(nan), float32(-inf)}),
		"f8":   mat.NewVecDense(5, []float64{0.1, -2.5, 1e30, nan, -inf}),
		">f4":  ofType(codec.Array([]float32{0.1, -2.5, 1e30, float32(nan), float32(-inf)}), bigEndian),
		">f8":  ofType(codec.Array([]float64{0.1, -2.5, 1e30, nan, -inf}), bigEndian),
		"c8":   codec.Array([]complex64{1 + 2i, complex(float32(math.Copysign(0, -1)), -3.5), 0}),
		"c16":  codec.Array([]complex128{1 + 2i, complex(math.Copysign(0, -1), -3.5), 0}),
		">c16": ofType(codec.Array([]complex128{1 + 2i, complex(math.Copysign(0, -1), -3.5), 0}), bigEndian),
		">M8[s]": ofType(codec.Array([]codec.Datetime64{19781 * 86400, codec.NaT}), func(d *codec.DType) {
			d.Unit, d.BigEndian = "s", true
		}),
		"U":  codec.Array([]string{"", "größe", "日本🎛"}),
		">U": ofType(codec.Array([]string{"", "größe"}), bigEndian),
		"S":  codec.Array([][]byte{{}, []byte("ab"), []byte("abc")}),
		"V":  ofType(codec.Array([][]byte{[]byte("abc"), []byte("xyz")}), func(d *codec.DType) { d.Kind = 'V' }),
		"structured": codec.Structured([]string{"id", "score", "label", "vector"},
			codec.Array([]int32{1, 2}), codec.Array([]float64{0.5, -1.25}),
			codec.Array([][]byte{[]byte("ab"), []byte("cdef")}), codec.Array([]float32{1, 2, 3, 4}, 2, 2)),
		"gaps":    gaps(),
		"Fortran": fortran(),
		"zero-d":  &codec.NDArray{DType: codec.DType{Kind: 'f', Size: 8}, Data: []float64{2.5}},
		"empty":   codec.Array([]int16{}, 0, 3),
		"deep":    codec.Array(count[int32](24), 2, 3, 4),
		"long":    codec.Array(count[int64](5000)),
	}
	day := []int64{19781, math.MinInt64, -1}
	for unit, per := range map[string]int64{"D": 1, "h": 24, "m": 1440, "s": 86400, "ms": 86400e3, "us": 86400e6, "ns": 86400e9} {
		out["M8["+unit+"]"] = moments(unit, day[0]*per, codec.NaT, day[2]*per)
	}
	out["M8[Y]"] = moments("Y", 54, codec.NaT, -1)
	out["M8[M]"] = moments("M", 54*12+1, codec.NaT, -1)
	out["M8[W]"] = moments("W", 19781/7, codec.NaT, -1)
	for _, unit := range []string{"D", "s", "ms", "us", "ns"} {
		out["m8["+unit+"]"] = ofType(codec.Array([]codec.Timedelta64{5, codec.NaT, -7}), func(d *codec.DType) { d.Unit = unit })
	}
	return out
}

func moments(unit string, values ...int64) *codec.NDArray {
	data := make([]codec.Datetime64, len(values))
	for i, v := range values {
		data[i] = codec.Datetime64(v)
	}
	return ofType(codec.Array(data), func(d *codec.DType) { d.Unit = unit })
}

func count[T int32 | int64](n int) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = T(i)
	}
	return out
}

// gaps is a structured array with gaps and a structure inside.
func gaps() *codec.NDArray {
	y := ofType(codec.Array([]uint32{4, 0}), bigEndian)
	inner := codec.Structured([]string{"x", "y"}, codec.Array([]int16{-3, 0}), y)
	inner.DType.Size, inner.DType.Fields[1].Offset = 8, 4
	a := codec.Structured([]string{"flag", "value", "inner"}, codec.Array([]bool{true, false}), codec.Array([]float64{2.5, 0}), inner)
	a.DType.Size, a.DType.Fields[1].Offset, a.DType.Fields[2].Offset = 24, 8, 16
	return a
}

func fortran() *codec.NDArray {
	data := make([]float64, 12)
	for i := range data {
		data[i] = float64(i)
	}
	a := codec.Array(data, 3, 4)
	a.Fortran = true
	return a
}

// images are the pictures of samples.py, by the modes that Go writes.
func images() map[string]image.Image {
	r := image.Rect(0, 0, 16, 12)
	gray, gray16, rgb, rgba := image.NewGray(r), image.NewGray16(r), image.NewNRGBA(r), image.NewNRGBA(r)
	palette := image.NewPaletted(r, color.Palette{color.NRGBA{R: 255, A: 255}, color.NRGBA{G: 255, A: 255}, color.NRGBA{B: 255, A: 255}})
	for y := range 12 {
		for x := range 16 {
			v := uint8(x*9 + y*5)
			gray.SetGray(x, y, color.Gray{Y: v})
			gray16.SetGray16(x, y, color.Gray16{Y: uint16(x*4000 + y*300)})
			rgb.SetNRGBA(x, y, color.NRGBA{R: v, G: 255 - v, B: v / 2, A: 255})
			rgba.SetNRGBA(x, y, color.NRGBA{R: v, G: 255 - v, B: v / 2, A: 128 + v/2})
			palette.SetColorIndex(x, y, uint8(x%3))
		}
	}
	return map[string]image.Image{"L": gray, "I16": gray16, "RGB": rgb, "RGBA": rgba, "P": palette}
}

func plain() map[string]any {
	moment := time.Date(2024, 2, 29, 1, 2, 3, 0, time.UTC)
	return map[string]any{
		"none": nil, "text empty": "", "int": 42, "int negative": int64(math.MinInt32) - 1,
		"int huge": new(big.Int).Lsh(big.NewInt(1), 100), "float": -2.5, "bool": true, "complex": 1 + 2i,
		"bytes":    []byte("\x00\xff raw"),
		"list":     []any{1, "two", nil, []any{3.5, codec.Tuple{}}},
		"tuple":    codec.Tuple{1, codec.Tuple{"größe", "日本🎛"}},
		"set":      codec.Set{7},
		"mapping":  codec.Dict{{Key: codec.Tuple{"a", 1}, Value: []int{2}}, {Key: 3, Value: "x"}},
		"datetime": codec.Naive(moment.Add(4 * time.Microsecond)), "datetime utc": moment,
		"date":      codec.Date{Year: 2024, Month: 2, Day: 29},
		"timedelta": -24*time.Hour + 90*time.Second + 5*time.Microsecond,
	}
}
