package sdk_test

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/codec"
	"github.com/coffer-ml/coffer/test/truth"
)

// TestMatrix has one value of every kind written by a Python and by a Go
// program, and read by both, all through the SDKs and a real server: equal
// values, types and metadata. The samples are those of test/codec, where Go
// makes them by itself; here it writes what it read.
func TestMatrix(t *testing.T) {
	work := t.TempDir()
	printed := strings.Fields(python(t, "matrix.py", "write", work))
	c := open(t, cached(t))
	written, err := c.Task(t.Context(), printed[len(printed)-1])
	must(t, err)
	text, err := os.ReadFile(filepath.Join(work, "truth.json"))
	must(t, err)
	m := &matrix{c: c, truth: parse[map[string]truth.Truth](t, string(text)), records: map[string]*client.Artifact{}, values: map[string]any{}}
	var names []string
	for a, err := range written.Artifacts(t.Context()) {
		must(t, err)
		a, err = written.Artifact(t.Context(), a.Name) // with its preview
		must(t, err)
		m.records[a.Name] = a
		names = append(names, a.Name)
	}
	t.Run("Python to Python", func(t *testing.T) { m.python(t, work, written.ID, names) })
	t.Run("Python to Go", func(t *testing.T) {
		for _, name := range names {
			m.values[name] = m.read(t, m.records[name])
		}
	})
	var own *client.Task
	var logged []string
	t.Run("Go writes", func(t *testing.T) { own, logged = m.write(t) })
	t.Run("Go to Python", func(t *testing.T) { m.python(t, work, own.ID, logged) })
	t.Run("Go to Go", func(t *testing.T) {
		for _, name := range logged {
			a, err := own.Artifact(t.Context(), name)
			must(t, err)
			m.read(t, a)
			m.same(t, a)
		}
	})
	if len(names) < 120 || len(logged) < 100 { // a cell that nobody filled must not go unnoticed
		t.Errorf("Python wrote %d, Go %d", len(names), len(logged))
	}
}

type matrix struct {
	c       *client.Client
	truth   map[string]truth.Truth
	records map[string]*client.Artifact // that Python wrote
	values  map[string]any              // what Go read of them
}

func (m *matrix) python(t *testing.T, work, task string, names []string) {
	t.Helper()
	python(t, "matrix.py", append([]string{"read", work, task}, names...)...)
}

// read reads an artifact as a program does, and compares it with what Python
// says of the sample.
func (m *matrix) read(t *testing.T, a *client.Artifact) any {
	t.Helper()
	if a.Metadata["sample"] != a.Name {
		t.Errorf("%s: metadata %v", a.Name, a.Metadata)
	}
	if a.Name == "link" {
		if a.State != client.External || a.URI != "s3://bucket/raw.csv" {
			t.Errorf("got %+v", a)
		}
		return codec.Link(a.URI)
	}
	if a.State != client.Stored {
		t.Errorf("%s: %s", a.Name, a.State)
	}
	v, err := client.Get[any](t.Context(), a)
	if a.Name == "array object" || a.Name == "pickle object" { // that only running code could read
		is(t, err, client.ErrUnsafe)
		return nil
	}
	if err != nil {
		t.Errorf("%s: %v", a.Name, err)
		return nil
	}
	switch v := v.(type) {
	case *codec.Archive:
		dir, err := client.Get[codec.Dir](t.Context(), a)
		must(t, err)
		if len(contents(t, string(dir))) != len(v.Members) || !strings.Contains(a.Preview, v.Members[0].Name) {
			t.Errorf("%s: got %v", a.Name, contents(t, string(dir)))
		}
		return dir
	case *codec.Blob:
		file, err := client.Get[codec.File](t.Context(), a)
		must(t, err)
		return file
	default:
		if err := m.truth[a.Name].Compare(a.Name, a.ContentType, v); err != nil {
			t.Error(err)
		}
	}
	return v
}

// write logs again what Go read, in the formats that Python chose, where Go has
// them.
func (m *matrix) write(t *testing.T) (*client.Task, []string) {
	t.Helper()
	run := start(t, m.c, "written by Go")
	var names []string
	for name, a := range m.records {
		v := m.values[name]
		format := codec.Standard().Of(codec.Record{Name: name, Type: a.Type, ContentType: a.ContentType, File: path.Base(a.URI)})
		_, table := v.(arrow.Table)
		switch _, pickle := format.(codec.Pickle); {
		case v == nil && name != "pickle none", pickle && !m.truth[name].Plain, slices.Contains([]string{"image CMYK.jpg", "image 1.png", "image LA.png"}, name):
			continue // Python's own: Go's pictures have other modes
		case a.Type == codec.TypeAudit:
			_, err := run.Register(t.Context(), name, v, client.RegisterOptions{Metadata: a.Metadata})
			must(t, err)
			names = append(names, name)
			continue
		case table: // what was pickled has the types that CSV loses
			title := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, ".csv.gz"), ".parquet"), ".feather")
			if typed, ok := m.values[title+".pickle"]; ok {
				v = typed
			}
		case !pickle && !format.Accepts(v): // and so are some kinds of images
			if _, ok := v.(codec.File); !ok {
				if _, ok := v.(codec.Link); !ok {
					continue
				}
			}
			format = nil
		}
		if err := run.Upload(t.Context(), name, v, client.UploadOptions{Format: format, Metadata: a.Metadata}); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		names = append(names, name)
	}
	var err error
	run.End(t.Context(), &err)
	must(t, err)
	return run.Task, names
}

// same compares the record of an artifact with the one that Python wrote.
func (m *matrix) same(t *testing.T, a *client.Artifact) {
	t.Helper()
	want := m.records[a.Name]
	got, wanted := a.Preview, want.Preview
	if a.Type == codec.TypeArchive { // whose first line names the folder, or that it was a list
		_, got, _ = strings.Cut(got, "\n")
		_, wanted, _ = strings.Cut(wanted, "\n")
	}
	if a.Type != want.Type || a.ContentType != want.ContentType || a.Mode != want.Mode || got != wanted {
		t.Errorf("%s: got %s %s %s\n%.200s\nwant %s %s %s\n%.200s", a.Name, a.Type, a.ContentType, a.Mode, a.Preview, want.Type, want.ContentType, want.Mode, want.Preview)
	}
	if path.Base(a.URI) != path.Base(want.URI) {
		t.Errorf("%s is kept as %s, want %s", a.Name, path.Base(a.URI), path.Base(want.URI))
	}
	switch a.Type {
	case codec.TypeDict, codec.TypeString, codec.TypeCustom: // nothing is compressed
		if a.SHA256 != want.SHA256 || a.Size != want.Size {
			t.Errorf("%s: got %d bytes, %s, want %d, %s", a.Name, a.Size, a.SHA256, want.Size, want.SHA256)
		}
	}
}
