package codec_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/coffer-ml/coffer/codec"
)

// countingAt counts the bytes that are read of a file.
type countingAt struct {
	io.ReaderAt
	n int64
}

func (c *countingAt) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, off)
	c.n += int64(n)
	return n, err
}

// TestSlicesOfArrays cuts every array that NumPy wrote in all three kinds of
// file and compares with the same part of the whole.
func TestSlicesOfArrays(t *testing.T) {
	for name := range numpyTexts(t) {
		b, err := os.ReadFile(filepath.Join("testdata/numpy", name+".npy"))
		if err != nil {
			t.Fatal(err)
		}
		whole := decode(t, b, codec.Record{Type: codec.TypeNumPy}).(*codec.NDArray)
		files := map[string][]byte{"": b, "stored": zipOf(t, zip.Store, b), "deflated": zipOf(t, zip.Deflate, b)}
		from, to := make([]int, len(whole.Shape)), make([]int, len(whole.Shape))
		for i, n := range whole.Shape {
			from[i], to[i] = n/3, n-n/4
		}
		for kind, file := range files {
			member := ""
			if kind != "" {
				member = "value"
			}
			infos, err := codec.ReadArrayInfo(bytes.NewReader(file), int64(len(file)), codec.Limits{})
			if err != nil {
				t.Fatalf("%s, %s: %v", name, kind, err)
			}
			want := codec.ArrayInfo{Name: member, DType: whole.DType, Shape: whole.Shape, Fortran: infos[0].Fortran}
			if len(infos) != 1 || !reflect.DeepEqual(infos[0], want) {
				t.Errorf("%s, %s: %+v, want %+v", name, kind, infos, want)
			}
			got, err := codec.ReadArraySlice(bytes.NewReader(file), int64(len(file)), member, from, to, codec.Limits{})
			if err != nil {
				t.Fatalf("%s, %s: %v", name, kind, err)
			}
			if !reflect.DeepEqual(cells(got, make([]int, len(to)), got.Shape), cells(whole, from, to)) {
				t.Errorf("%s, %s: got\n%s\nof\n%s", name, kind, got, whole)
			}
		}
	}
}

// cells are the texts of the elements between two corners.
func cells(a *codec.NDArray, from, to []int) []string {
	var out []string
	index := append([]int(nil), from...)
	for i := range to {
		if to[i] <= from[i] {
			return nil
		}
	}
	for {
		at := 0
		for i, n := range a.Shape {
			at = at*n + index[i]
		}
		out = append(out, cell(a, at))
		i := len(index) - 1
		for ; i >= 0; i-- {
			if index[i]++; index[i] < to[i] {
				break
			}
			index[i] = from[i]
		}
		if i < 0 {
			return out
		}
	}
}

func cell(a *codec.NDArray, at int) string {
	columns, ok := a.Data.(codec.Columns)
	if !ok {
		return fmt.Sprint(reflect.ValueOf(a.Data).Index(at))
	}
	text := ""
	for _, c := range columns {
		each := c.Len() / max(a.Len(), 1)
		for i := range each {
			text += cell(c, at*each+i) + ";"
		}
	}
	return text
}

func zipOf(t testing.TB, method uint16, npy []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range []struct {
		name string
		b    []byte
	}{{"readme.txt", []byte("no array")}, {"value.npy", npy}} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: m.name, Method: method})
		if err == nil {
			_, err = w.Write(m.b)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestSlicesReadNoMoreThanTheyNeed takes rows out of the middle of a file, and
// more of it than the limits allow of a whole.
func TestSlicesReadNoMoreThanTheyNeed(t *testing.T) {
	var file bytes.Buffer
	data := make([]float64, 1<<20)
	for i := range data {
		data[i] = float64(i)
	}
	if err := codec.WriteNPY(&file, codec.Array(data, 1<<10, 1<<10)); err != nil {
		t.Fatal(err)
	}
	r := &countingAt{ReaderAt: bytes.NewReader(file.Bytes())}
	l := codec.Limits{Bytes: 1 << 16}
	a, err := codec.ReadArraySlice(r, int64(file.Len()), "", []int{500, 10}, []int{502, 12}, l)
	if err != nil {
		t.Fatal(err)
	}
	if want := []float64{500<<10 + 10, 500<<10 + 11, 501<<10 + 10, 501<<10 + 11}; !reflect.DeepEqual(a.Data, want) {
		t.Errorf("got %v, want %v", a.Data, want)
	}
	if r.n > 1<<18 {
		t.Errorf("read %d bytes for four numbers", r.n)
	}
	if _, err := codec.ReadArraySlice(r, int64(file.Len()), "", nil, []int{100}, l); !errors.Is(err, codec.ErrTooLarge) {
		t.Errorf("a slice over the limit: %v", err)
	}
	if _, err := codec.ReadArraySlice(r, int64(file.Len()), "", nil, []int{1, 1, 1}, l); !errors.Is(err, codec.ErrType) {
		t.Errorf("a slice of three dimensions: %v", err)
	}
	if _, err := codec.ReadArraySlice(r, int64(file.Len())-1, "", nil, []int{1}, l); !errors.Is(err, codec.ErrFormat) {
		t.Errorf("a slice of a cut file: %v", err)
	}
}
