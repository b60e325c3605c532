package codec_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/codec"
)

const tables = "../../codec/testdata/tables"

// TestPythonReadsWhatGoWrites turns the tables pandas wrote, and values of
// every other kind, into files, which read.py compares with its own.
func TestPythonReadsWhatGoWrites(t *testing.T) {
	out := t.TempDir()
	records := map[string]codec.Record{}
	put := func(c codec.Codec, name, key string, v any) {
		t.Helper()
		var b bytes.Buffer
		rec, err := codec.Write(&b, c, name, v)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(out, rec.File), b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		records[key] = rec
	}
	files, err := filepath.Glob(filepath.Join(tables, "*.pickle"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tables: %v", err)
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".pickle")
		v := read(t, path, codec.Record{Type: codec.TypePickle})
		put(codec.Parquet{}, name, name+".parquet", v)
		put(codec.Feather{}, name, name+".feather", v)
		put(codec.CSVGzip{}, name, name+".csv.gz", v)
	}
	put(codec.Parquet{}, "nested", "nested", read(t, filepath.Join(tables, "nested.parquet"),
		codec.Record{Type: codec.TypePandas, ContentType: "application/parquet"}))
	put(codec.NPZ{}, "array", "array", codec.Array([]float64{1, 2, 3, 4}, 2, 2))
	put(codec.ArrayCSV{}, "lines", "lines", codec.Array([]float64{0.1, 2, 3, -4e-30}, 2, 2))
	m := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	m.SetNRGBA(1, 1, color.NRGBA{R: 1, G: 2, B: 3, A: 4})
	put(codec.PNG{}, "image", "image", m)
	settings := map[string]any{"a": 1.0, "b": []any{1, nil, "yes", "größe"}}
	put(codec.JSON{}, "json", "json", settings)
	put(codec.YAML{}, "yaml", "yaml", settings)
	moment := time.Date(2024, 2, 29, 1, 2, 3, 0, time.UTC)
	put(codec.Pickle{}, "pickle", "pickle", codec.Tuple{
		1, -5, 1 << 40, 2.5, "s",
		[]byte{1, 2},
		[]int{1},
		codec.Set{1},
		codec.Dict{{Key: 1, Value: "x"}},
		nil, true, complex(1, 2),
		90 * time.Second,
		codec.Date{Year: 2024, Month: 2, Day: 29},
		codec.Naive(moment.Add(4 * time.Microsecond)), moment,
		map[string]int{"k": 1},
	})
	text, err := json.Marshal(records)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(out, "records.json"), text, 0o666); err != nil {
		t.Fatal(err)
	}
	report, err := exec.Command("../../.venv/compat-newest/bin/python", "read.py", out, tables).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, report)
	}
}

func read(t *testing.T, path string, rec codec.Record) any {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	v, err := codec.Decode(bytes.NewReader(b), int64(len(b)), rec, codec.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}
