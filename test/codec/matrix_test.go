package codec_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/coffer-ml/coffer/codec"
	"github.com/coffer-ml/coffer/test/truth"
)

const python = "../../.venv/compat-newest/bin/python"

// matrix is the work of the test: what both sides wrote.
type matrix struct {
	work           string
	python, golang map[string]codec.Record
	truth          map[string]truth.Truth
	values         map[string]any // what Go read of Python's files
}

// TestMatrix writes one value of every kind in Python and in Go and reads it in
// Python and in Go: the same values, and the same records. The Python side is
// the SDK itself with pandas, pyarrow, NumPy and Pillow; its get() is what it
// is in a program.
func TestMatrix(t *testing.T) {
	m := &matrix{work: t.TempDir(), golang: map[string]codec.Record{}, values: map[string]any{}}
	m.run(t, "write", m.work)
	m.load(t, "python/records.json", &m.python)
	m.load(t, "truth.json", &m.truth)

	t.Run("Python to Python", func(t *testing.T) { m.run(t, "read", m.work, "python") })
	t.Run("Python to Go", m.readPython)
	if err := os.Mkdir(filepath.Join(m.work, "go"), 0o777); err != nil {
		t.Fatal(err)
	}
	t.Run("Go writes", m.write)
	t.Run("Go to Python", func(t *testing.T) { m.run(t, "read", m.work, "go") })
	t.Run("Go to Go", m.readGo)
}

func (m *matrix) run(t *testing.T, args ...string) {
	t.Helper()
	if report, err := exec.Command(python, append([]string{"matrix.py"}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, report)
	}
}

func (m *matrix) load(t *testing.T, name string, v any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(m.work, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

// get reads the file of a record that one side wrote.
func (m *matrix) get(writer string, rec codec.Record) (any, error) {
	b, err := os.ReadFile(filepath.Join(m.work, writer, rec.Name, rec.File))
	if err != nil {
		return nil, err
	}
	return codec.Decode(bytes.NewReader(b), int64(len(b)), rec, codec.Limits{})
}

// refused are the samples that only running code could read, with the type
// that the error must name.
var refused = map[string]string{"array object": "object", "pickle object": "samples.Model"}

func (m *matrix) readPython(t *testing.T) {
	for name, rec := range m.python {
		if rec.URI != "" {
			continue
		}
		v, err := m.get("python", rec)
		if typ := refused[name]; typ != "" {
			if !errors.Is(err, codec.ErrUnsafe) || !strings.Contains(err.Error(), typ) {
				t.Errorf("%s: %v, %v", name, v, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		m.values[name] = v
		m.check(t, name, rec, v)
	}
	for name, s := range samples(filepath.Join(m.work, "samples")) {
		if rec := m.python[name]; rec.Type == "" {
			t.Errorf("Python has no sample %q", name)
		} else if got, want := normal(m.values[name]), normal(s.value); comparable(rec) && !reflect.DeepEqual(got, want) {
			t.Errorf("%s: Python's is %#v, Go's %#v", name, got, want)
		}
	}
}

// comparable reports the kinds that are read as what was written, in Go's own
// terms; files and images are not.
func comparable(rec codec.Record) bool {
	switch rec.Type {
	case codec.TypeNumPy, codec.TypeDict, codec.TypeString, codec.TypePickle:
		return rec.Name != "array csv"
	}
	return false
}

// normal is a value in the form in which it is read.
func normal(v any) any {
	var b bytes.Buffer
	c, err := codec.Standard().For(v)
	if err != nil {
		return v
	}
	switch c.(type) {
	case codec.NPZ, codec.JSON, codec.Pickle:
		rec, err := codec.Write(&b, c, "x", v)
		if err != nil {
			return err
		}
		if v, err = codec.Decode(bytes.NewReader(b.Bytes()), rec.Size, rec, codec.Limits{}); err != nil {
			return err
		}
	}
	if a, ok := v.(*codec.NDArray); ok { // NaN is not equal to itself
		var b bytes.Buffer
		if err := codec.WriteNPY(&b, a); err != nil {
			return err
		}
		return b.String()
	}
	return v
}

// check compares what Go read with what Python says of it.
func (m *matrix) check(t *testing.T, name string, rec codec.Record, v any) {
	t.Helper()
	switch v := v.(type) {
	case *codec.Archive:
		if !strings.Contains(rec.Preview, v.Members[0].Name) {
			t.Errorf("%s: members %v", name, v.Members)
		}
	case *codec.Blob:
	default:
		if err := m.truth[name].Compare(name, rec.ContentType, v); err != nil {
			t.Error(err)
		}
	}
}

// write writes Go's own values, and all tables, as those that Python wrote.
func (m *matrix) write(t *testing.T) {
	all := samples(filepath.Join(m.work, "samples"))
	for name := range m.values {
		c := codec.Standard().Of(m.python[name])
		// What was pickled has the types that CSV loses.
		source := strings.TrimSuffix(name, filepath.Ext(strings.TrimSuffix(name, ".gz"))+".gz")
		source = strings.TrimSuffix(strings.TrimSuffix(source, ".parquet"), ".feather") + ".pickle"
		v, ok := m.values[source]
		if !ok {
			v = m.values[name]
		}
		if table, ok := v.(arrow.Table); ok && c.Accepts(table) {
			all[name] = sample{c, table}
		}
	}
	for name, s := range all {
		c := s.codec
		var err error
		if c == nil {
			if c, err = codec.Standard().For(s.value); err != nil {
				t.Fatal(err)
			}
		}
		var b bytes.Buffer
		rec, err := codec.Write(&b, c, name, s.value)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		m.golang[name] = rec
		m.sameRecord(t, rec, b.Bytes())
		if rec.URI != "" {
			continue
		}
		folder := filepath.Join(m.work, "go", name)
		if err := os.Mkdir(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, rec.File), b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	text, err := json.Marshal(m.golang)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(m.work, "go", "records.json"), text, 0o666); err != nil {
		t.Fatal(err)
	}
}

// sameRecord compares with the record of the SDK. Hash and size belong to the
// bytes, which are the same where nothing is compressed.
func (m *matrix) sameRecord(t *testing.T, got codec.Record, b []byte) {
	t.Helper()
	want := m.python[got.Name]
	want.File = strings.ReplaceAll(want.File, "0x25", "%") // how the SDK keeps a name that is quoted already
	switch got.Type {
	case codec.TypeDict, codec.TypeString, codec.TypeCustom:
	default:
		want.Hash, want.Size, want.DataHash = got.Hash, got.Size, got.DataHash
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("record of %s: got\n%+v\nwant\n%+v", got.Name, got, want)
	}
	if got.Size != int64(len(b)) {
		t.Errorf("%s: %d bytes recorded of %d", got.Name, got.Size, len(b))
	}
}

func (m *matrix) readGo(t *testing.T) {
	for name, rec := range m.golang {
		if rec.URI != "" {
			continue
		}
		v, err := m.get("go", rec)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		m.check(t, name, rec, v)
		if got, want := normal(v), normal(m.values[name]); comparable(rec) && !reflect.DeepEqual(got, want) {
			t.Errorf("%s: Go's is %#v, Python's %#v", name, got, want)
		}
	}
	// A cell that nobody filled must not go unnoticed.
	if len(m.golang) < 100 {
		t.Errorf("Go wrote %d samples", len(m.golang))
	}
}
