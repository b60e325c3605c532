package codec_test

import (
	"bytes"
	"errors"
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
			return
		}
		for _, known := range []error{codec.ErrFormat, codec.ErrTooLarge, codec.ErrUnsafe, codec.ErrType} {
			if errors.Is(err, known) {
				return
			}
		}
		t.Errorf("an error of no kind: %v", err)
	})
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
