package codec_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/coffer-ml/coffer/codec"
)

// fuzzLimits keep a run within the memory of a small machine.
var fuzzLimits = codec.Limits{Bytes: 64 << 20, Rows: 100_000, Columns: 1000, Depth: 100, Members: 1000, Values: 1_000_000}

// fuzz decodes what it is given: the value, or one of this package's errors,
// and never a panic. Files of testdata are the first inputs.
func fuzz(f *testing.F, rec codec.Record, patterns ...string) {
	for _, p := range patterns {
		files, err := filepath.Glob(filepath.Join("testdata", p))
		if err != nil || len(files) == 0 {
			f.Fatalf("no files %s: %v", p, err)
		}
		for _, name := range files {
			b, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := codec.Decode(bytes.NewReader(b), int64(len(b)), rec, fuzzLimits)
		if err == nil {
			_ = codec.PyRepr(v)
			use(t, v)
		}
		known(t, err)
		known(t, parts(b, rec, err == nil))
	})
}

// known accepts this package's errors alone.
func known(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	for _, kind := range []error{codec.ErrFormat, codec.ErrTooLarge, codec.ErrUnsafe, codec.ErrType} {
		if errors.Is(err, kind) {
			return
		}
	}
	t.Errorf("an error of no kind: %v", err)
}

// use looks at all that a value holds, and writes it where it can be written:
// what was decoded must not lead out of its memory later.
func use(t *testing.T, v any) {
	t.Helper()
	if a, ok := v.(*codec.Archive); ok {
		for _, m := range a.Members {
			r, err := a.Open(m)
			if err == nil {
				_, _ = io.Copy(io.Discard, io.LimitReader(r, 1<<20)) // its errors are the archive's own
				_ = r.Close()
			}
		}
		return
	}
	for _, c := range codec.Standard() {
		if c.Accepts(v) {
			if _, err := codec.Write(io.Discard, c, "value", v); err != nil && !errors.Is(err, codec.ErrType) {
				t.Errorf("%T: %v", c, err)
			}
		}
	}
}

// parts reads the same bytes as those who want only a part of them do.
func parts(b []byte, rec codec.Record, whole bool) error {
	r, size := bytes.NewReader(b), int64(len(b))
	var err error
	switch rec.Type {
	case codec.TypeNumPy:
		var infos []codec.ArrayInfo
		if infos, err = codec.ReadArrayInfo(r, size, fuzzLimits); err == nil && len(infos) > 0 {
			_, err = codec.ReadArraySlice(r, size, infos[0].Name, []int{1}, []int{3}, fuzzLimits)
		}
	case codec.TypePandas:
		if _, err = codec.ReadTableInfo(r, size, rec, fuzzLimits); err == nil {
			_, err = codec.ReadTableSlice(r, size, rec, codec.TableSlice{Offset: 1, Rows: 2}, fuzzLimits)
		}
	case codec.TypePickle:
		_, err = codec.PickleListing(r, size, 10)
	case codec.TypeArchive:
		_, _, err = codec.ListArchive(r, size, fuzzLimits)
	case codec.TypeImage:
		_, err = codec.ReadImageInfo(r, size)
	}
	if whole && err != nil && !errors.Is(err, codec.ErrType) {
		return fmt.Errorf("the whole is read, but not a part: %w", err)
	}
	return err
}

func FuzzNPY(f *testing.F) {
	fuzz(f, codec.Record{Type: codec.TypeNumPy}, "numpy/*.npy")
}

func FuzzPickle(f *testing.F) {
	fuzz(f, codec.Record{Type: codec.TypePickle}, "pickles/*.pkl", "tables/*.pickle")
}

func FuzzZip(f *testing.F) {
	f.Add(zipped(f, member("a", 0o666), member("b/c", 0o666)))
	fuzz(f, codec.Record{Type: codec.TypeArchive})
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte(",a,b\n0,1,x\n1,,\"y\"\"\n\"\n"))
	f.Add([]byte("a\r\n\r\n1\r2"))
	fuzz(f, codec.Record{Type: codec.TypePandas, ContentType: "text/csv"}, "tables/*.csv.gz")
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"a": [1, 2.5, "x\u00e4", null, true, NaN, -Infinity]}`))
	fuzz(f, codec.Record{Type: codec.TypeDict, ContentType: "application/json"})
}

func FuzzYAML(f *testing.F) {
	f.Add([]byte("a: &x [1, 2.5]\nb: *x\nc:\n  - d: yes\n"))
	fuzz(f, codec.Record{Type: codec.TypeDict, ContentType: "application/yaml"})
}

func FuzzParquet(f *testing.F) {
	fuzz(f, codec.Record{Type: codec.TypePandas, ContentType: "application/parquet"}, "tables/*.parquet")
}

func FuzzFeather(f *testing.F) {
	fuzz(f, codec.Record{Type: codec.TypePandas, ContentType: "application/feather"}, "tables/*.feather")
}

func FuzzImage(f *testing.F) {
	for _, m := range pictures() {
		b, _ := write(f, codec.PNG{}, m)
		f.Add(b)
	}
	b, _ := write(f, codec.JPEG{}, pictures()["RGB"])
	f.Add(b)
	fuzz(f, codec.Record{Type: codec.TypeImage})
}
