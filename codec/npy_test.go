package codec_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/codec"
)

// numpyTexts are what NumPy prints of the arrays in testdata/numpy.
func numpyTexts(t *testing.T) map[string]string {
	t.Helper()
	b, err := os.ReadFile("testdata/numpy/repr.json")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	if err := json.Unmarshal(b, &texts); err != nil {
		t.Fatal(err)
	}
	return texts
}

// decode reads bytes with the codec of a record.
func decode(t testing.TB, b []byte, rec codec.Record) any {
	t.Helper()
	v, err := codec.Decode(bytes.NewReader(b), int64(len(b)), rec, codec.Limits{})
	if err != nil {
		t.Fatalf("decode %s: %v", rec.File, err)
	}
	return v
}

// write encodes a value under the name "value".
func write(t testing.TB, c codec.Codec, v any) ([]byte, codec.Record) {
	t.Helper()
	var b bytes.Buffer
	rec, err := codec.Write(&b, c, "value", v)
	if err != nil {
		t.Fatalf("%T: %v", c, err)
	}
	return b.Bytes(), rec
}

func TestArraysPrintAsInNumPy(t *testing.T) {
	for name, want := range numpyTexts(t) {
		t.Run(name, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join("testdata/numpy", name+".npy"))
			if err != nil {
				t.Fatal(err)
			}
			a, ok := decode(t, b, codec.Record{Type: codec.TypeNumPy}).(*codec.NDArray)
			if !ok {
				t.Fatal("no array")
			}
			if got := a.String(); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestArraysAreWrittenAsByNumPy compares files byte by byte: type, order,
// header and data of what Go read and wrote again.
func TestArraysAreWrittenAsByNumPy(t *testing.T) {
	for name := range numpyTexts(t) {
		t.Run(name, func(t *testing.T) {
			want, err := os.ReadFile(filepath.Join("testdata/numpy", name+".npy"))
			if err != nil {
				t.Fatal(err)
			}
			a := decode(t, want, codec.Record{Type: codec.TypeNumPy})
			packed, rec := write(t, codec.NPZ{}, a)
			again := decode(t, packed, rec)
			var got bytes.Buffer
			if err := codec.WriteNPY(&got, again.(*codec.NDArray)); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("got\n%q\nwant\n%q", head(got.Bytes()), head(want))
			}
		})
	}
}

func head(b []byte) []byte { return b[:min(len(b), 300)] }

func TestArraysWithoutAHome(t *testing.T) {
	for header, reason := range map[string]string{
		"{'descr': '|O', 'fortran_order': False, 'shape': (3,), }":                       "object",
		"{'descr': [('a', 'O')], 'fortran_order': False, 'shape': (3,), }":               "Python objects",
		"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000,), }":       "limit",
		"{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 16), }": "limit",
		"{'descr': '<f8', 'fortran_order': False, 'shape': (10,), }":                     "needs 80 bytes",
		"{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }":                     "length",
		"{'descr': '<U536870912', 'fortran_order': False, 'shape': (1,), }":              "no type",
		"{'descr': '<q9', 'fortran_order': False, 'shape': (1,), }":                      "no type",
		"{'descr': '<f8', 'fortran_order': 0, 'shape': (1,), }":                          "bool",
		"{'descr': '<f8', 'fortran_order': False, 'shape': 3}":                           "tuple",
		"__import__('os').system('true')":                                                "literal",
		strings.Repeat("(", 100):                                                         "levels",
	} {
		b := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
		b = append(append(b, header...), "12345678"...)
		v, err := codec.Decode(bytes.NewReader(b), int64(len(b)), codec.Record{Type: codec.TypeNumPy}, codec.Limits{})
		if err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: %v, %v", header, v, err)
		}
	}
}
