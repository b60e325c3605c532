package codec_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/preview"
)

// TestWhatPythonWritesIsShown lets the real NumPy, pandas, pyarrow, Pillow and
// PyYAML write files of every kind, and looks at their previews.
func TestWhatPythonWritesIsShown(t *testing.T) {
	dir := t.TempDir()
	python, err := filepath.Abs("../../.venv/compat-newest/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), python, "shown.py", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s := preview.New(preview.Config{Dir: t.TempDir()})
	source := func(name string) preview.Source {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(b)
		return preview.Source{Digest: blob.Digest(hex.EncodeToString(sum[:])), Name: name, Size: int64(len(b)), Open: func(context.Context) (preview.Content, error) {
			return os.Open(filepath.Join(dir, name))
		}}
	}
	show := func(name string, q preview.Query) preview.Preview {
		t.Helper()
		b, _, err := s.Show(t.Context(), source(name), q)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var p preview.Preview
		if err := json.Unmarshal(b, &p); err != nil {
			t.Fatal(err)
		}
		return p
	}
	for name, want := range map[string]string{
		"ramp.npy": "array (3, 4) int32", "fortran.npy": "array (3, 4) float64", "big_endian.npy": "array (3,) >f8", "several.npz": "array (300, 400) float64",
		"holes.npy": "array (5,) float64", "picture.npy": "array (64, 48, 3) uint8", "objects.npy": "hex (2,) object",
		"frame.csv.gz": "table 5000 rows, 7 columns", "frame.csv": "table 5000 rows, 6 columns", "frame.parquet": "table 5000 rows, 6 columns",
		"groups.parquet": "table 5000 rows, 6 columns", "frame.feather": "table 5000 rows, 6 columns", "frame.pkl": "pickle 5000 rows, 6 columns",
		"nested.parquet": "table 3 rows, 2 columns", "empty.parquet": "table 0 rows, 0 columns",
		"rgb.png": "image 90 x 60", "rgba.png": "image 90 x 60", "gray.png": "image 90 x 60", "palette.png": "image 90 x 60", "deep.png": "image 90 x 60",
		"photo.jpg": "image 90 x 60", "print.jpg": "image 90 x 60", "web.webp": "image 90 x 60", "anim.gif": "image 90 x 60", "old.bmp": "image 90 x 60", "bits.png": "image 90 x 60",
		"config.json": "tree json", "config.yaml": "tree yaml", "plain.pkl": "pickle Python pickle, protocol 4", "array.pkl": "pickle (20, 30) float64",
		"object.pkl": "pickle Python pickle, protocol 4", "old.pkl": "pickle Python pickle, protocol 0", "code.py": "text python, 3 lines",
		"log.txt.gz": "gzip text", "folder.zip": "archive 4 files", "tone.wav": "audio wav, 3s",
	} {
		p := show(name, preview.Query{})
		if got := p.Kind + " " + p.Title; !strings.HasPrefix(got, want) && !strings.HasPrefix(got, strings.Replace(want, "5000", "at least 2000", 1)) {
			t.Errorf("%s: %s, want %s: %s", name, got, want, p.Problem)
		}
		if p.Kind == "image" {
			if pic, err := s.Picture(t.Context(), source(name), preview.Query{Width: 30}); err != nil || len(pic.Bytes) == 0 {
				t.Errorf("no picture of %s: %v", name, err)
			}
		}
	}

	t.Run("arrays", func(t *testing.T) {
		for _, name := range []string{"ramp.npy", "fortran.npy"} {
			if got := fmt.Sprint(show(name, preview.Query{}).Array.Values.Cells); got != "[[0 1 2 3] [4 5 6 7] [8 9 10 11]]" {
				t.Errorf("%s: %s", name, got)
			}
		}
		s := show("holes.npy", preview.Query{}).Array.Stats
		if s.NaN != 1 || s.Inf != 2 || s.Zeros != 1 || s.Max != 1 {
			t.Errorf("%+v", s)
		}
		a := show("several.npz", preview.Query{}).Array
		if len(a.Arrays) != 3 || a.Arrays[1].DType != "<U2" || a.Heat == nil {
			t.Errorf("%+v", a.Arrays)
		}
		if p := show("several.npz", preview.Query{Members: []string{"second.npy"}}); fmt.Sprint(p.Array.Values.Cells) != "[[a] [bc]]" {
			t.Errorf("%+v", p.Array.Values)
		}
		if p := show("several.npz", preview.Query{Members: []string{"scalar.npy"}}); fmt.Sprint(p.Array.Values.Cells) != "[[2.5]]" {
			t.Errorf("%+v", p.Array)
		}
		if p := show("records.npy", preview.Query{}); fmt.Sprint(p.Array.Values.Cells) != "[[1 2.5 b'x']]" {
			t.Errorf("%+v", p.Array.Values)
		}
	})

	t.Run("tables", func(t *testing.T) {
		var want struct {
			Rows, Nulls         int64
			Mean, Std, Min, Max float64
		}
		b, err := os.ReadFile(filepath.Join(dir, "expected.txt"))
		if err == nil {
			err = json.Unmarshal(b, &want)
		}
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); s.Run(ctx) }()
		defer func() { stop(); <-ended }()
		for _, name := range []string{"frame.csv.gz", "frame.csv", "frame.parquet", "groups.parquet", "frame.feather", "frame.pkl"} {
			p := show(name, preview.Query{})
			for p.Table.Statistics != "complete" && p.Table.Job != "failed" {
				time.Sleep(5 * time.Millisecond)
				p = show(name, preview.Query{})
			}
			columns := map[string]preview.Column{}
			for _, c := range p.Table.Columns {
				columns[c.Name] = c
			}
			score, note, label := columns["score"], columns["note"], columns["label"]
			near := func(a preview.Number, b float64) bool { return math.Abs(float64(a)-b) < 1e-9 }
			if n := score.Numbers; p.Table.Rows != want.Rows || n == nil || !near(n.Mean, want.Mean) || !near(n.Std, want.Std) || !near(n.Min, want.Min) || !near(n.Max, want.Max) {
				t.Errorf("%s: %+v, want %+v", name, n, want)
			}
			if note.Nulls != want.Nulls || label.Distinct != 3 || columns["flag"].Distinct != 2 {
				t.Errorf("%s: %+v %+v", name, note.Summary, label.Summary)
			}
			if p = show(name, preview.Query{Rows: preview.Span{From: 4321, To: 4322}}); len(p.Table.Cells) != 1 || !strings.Contains(fmt.Sprint(p.Table.Cells[0]), "row 4321, with a comma") {
				t.Errorf("%s: %v", name, p.Table.Cells)
			}
		}
		if p := show("nested.parquet", preview.Query{}); fmt.Sprint(p.Table.Cells[1]) != "[[3] b]" {
			t.Errorf("%v", p.Table.Cells)
		}
	})

	t.Run("pickles and trees", func(t *testing.T) {
		if p := show("object.pkl", preview.Query{}); p.Pickle.Plain || len(p.Pickle.Imports) != 1 || !strings.HasSuffix(p.Pickle.Imports[0].Name, ".Net") || p.Warning == "" {
			t.Errorf("%+v", p)
		}
		if p := show("plain.pkl", preview.Query{Path: "/b/s"}); p.Tree == nil || p.Tree.Node.Kind != "set" || p.Tree.Node.Count != 2 {
			t.Errorf("%+v", p)
		}
		if p := show("array.pkl", preview.Query{}); p.Array == nil || p.Array.Heat == nil {
			t.Errorf("%+v", p)
		}
		if p := show("config.json", preview.Query{Path: "/layers/1/deep/1"}); p.Tree.Node.Kind != "null" {
			t.Errorf("%+v", p.Tree)
		}
		if p := show("folder.zip", preview.Query{Members: []string{"run/several.npz", "second.npy"}}); fmt.Sprint(p.Array.Values.Cells) != "[[a] [bc]]" {
			t.Errorf("%+v", p)
		}
		if p := show("log.txt.gz", preview.Query{}); p.Text == nil || p.Text.Lines[0] != "line" {
			t.Errorf("%+v", p)
		}
	})
}
