package sdk_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/codec"
)

// numbered is a table of so many rows: a number and a name.
func numbered(rows int) arrow.Table {
	schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}, {Name: "name", Type: arrow.BinaryTypes.String}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for i := range rows {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		b.Field(1).(*array.StringBuilder).Append(fmt.Sprint("row ", i))
	}
	record := b.NewRecordBatch()
	return array.NewTableFromRecords(schema, []arrow.RecordBatch{record})
}

// rowsOf is how many rows the newest snapshot has for whoever reads it.
func rowsOf(t *testing.T, c *client.Client, task, name string) int64 {
	t.Helper()
	other, err := c.Task(t.Context(), task)
	must(t, err)
	return get[arrow.Table](t, other, name).NumRows()
}

func TestC01ToC13RegisteredTablesAreFollowed(t *testing.T) {
	ctx := t.Context()
	c, reader := open(t), open(t, cached(t))
	run := start(t, c, "registers")
	g, err := run.Register(ctx, "train", numbered(3), client.RegisterOptions{Metadata: map[string]string{"split": "train"}})
	must(t, err)
	must(t, run.Flush(ctx))
	if n := rowsOf(t, reader, run.ID, "train"); n != 3 { // C-13: while the producer runs
		t.Errorf("%d rows", n)
	}
	// What did not change is not stored again: C-03.
	must(t, g.Set(ctx, numbered(3)))
	must(t, run.Flush(ctx))
	a, err := run.Artifact(ctx, "train")
	must(t, err)
	if a.Versions != 1 {
		t.Errorf("%d versions of one content", a.Versions)
	}
	// Assigning stores: C-10. Metadata and statistics go along: C-06, C-09.
	must(t, g.Set(ctx, numbered(5)))
	must(t, run.Flush(ctx))
	a, err = run.Artifact(ctx, "train")
	must(t, err)
	if a.Versions != 2 || a.Type != codec.TypeAudit || a.Metadata["split"] != "train" || a.ContentType != "text/csv" || a.DataHash == "" || a.DataHash == a.SHA256 ||
		!strings.Contains(a.Preview, "[train]: shape=(5, 2), 5 unique rows, 100.0% uniqueness") || !strings.HasSuffix(a.URI, "/artifacts/train/train.csv.gz") {
		t.Errorf("got %+v", a)
	}
	first, err := run.Artifact(ctx, "train", client.Which{Version: 1})
	must(t, err)
	if old, err := client.Get[arrow.Table](ctx, first); err != nil || old.NumRows() != 3 {
		t.Errorf("the first snapshot: %v, error %v", old, err)
	}
	type read struct {
		Columns       []string
		Rows          [][]any
		Dtypes        []string
		Type, Preview string
		Metadata      map[string]string
		Again         bool
	}
	got := parse[read](t, python(t, "read_table.py", run.ID, "train"))
	if fmt.Sprint(got.Columns, got.Rows) != "[n name] [[0 row 0] [1 row 1] [2 row 2] [3 row 3] [4 row 4]]" || got.Dtypes[0] != "int64" ||
		got.Type != "data-audit-table" || got.Metadata["split"] != "train" || got.Preview != a.Preview || !got.Again {
		t.Errorf("Python reads %+v", got)
	}
	// Registering again follows the other one: C-12.
	_, err = run.Register(ctx, "train", numbered(7))
	must(t, err)
	// Unregistering takes a last snapshot and no more: C-11.
	rows := 8
	_, err = run.Register(ctx, "asked", func() (arrow.Table, error) { return numbered(rows), nil })
	must(t, err)
	rows = 9
	must(t, run.Unregister(ctx, "asked"))
	must(t, run.Flush(ctx))
	rows = 10
	// The end looks once more: C-03.
	_, err = run.Register(ctx, "last", func() (arrow.Table, error) { return numbered(rows), nil })
	must(t, err)
	if n := len(run.Registered()); n != 2 {
		t.Errorf("%d are registered", n)
	}
	rows = 11
	run.End(ctx, nil)
	for name, want := range map[string]int64{"train": 7, "asked": 9, "last": 11} {
		if n := rowsOf(t, reader, run.ID, name); n != want {
			t.Errorf("%s has %d rows, want %d", name, n, want)
		}
	}
	_, err = run.Register(ctx, "late", numbered(1))
	is(t, err, client.ErrState)
}

func TestC02AndB40OnlyTablesAreRegisteredAndNamesAreTaken(t *testing.T) {
	ctx := t.Context()
	run := start(t, open(t), "registers")
	_, err := run.Register(ctx, "x", map[string]any{"a": 1})
	is(t, err, client.ErrType)
	_, err = run.Register(ctx, "x", func() (arrow.Table, error) { return nil, errors.New("not today") })
	is(t, err, client.ErrInvalid)
	g, err := run.Register(ctx, "x", numbered(1))
	must(t, err)
	is(t, g.Set(ctx, "a text"), client.ErrType)
	if table, err := g.Table(); err != nil || table.NumRows() != 1 {
		t.Errorf("a text took the place of the table: %v, error %v", table, err)
	}
	err = run.Upload(ctx, "x", "a text")
	is(t, err, client.ErrConflict)
	if !strings.Contains(err.Error(), "Unregister") {
		t.Errorf("%v does not tell the way out", err)
	}
	is(t, run.Unregister(ctx, "y"), client.ErrNotFound)
	must(t, run.Unregister(ctx, "x"))
	must(t, run.Upload(ctx, "x", "a text", client.UploadOptions{Wait: true}))
	run.End(ctx, nil)
}

func TestRegisteredTablesAreLookedAtByThemselves(t *testing.T) {
	ctx := t.Context()
	c := open(t)
	run := start(t, c, "registers")
	var rows atomic.Int32
	rows.Store(1)
	_, err := run.Register(ctx, "x", func() (arrow.Table, error) { return numbered(int(rows.Load())), nil }, client.RegisterOptions{Every: 20 * time.Millisecond})
	must(t, err)
	_, err = run.WaitArtifact(ctx, "x")
	must(t, err)
	rows.Store(2)
	for get[arrow.Table](t, run.Task, "x").NumRows() != 2 {
		must(t, ctx.Err())
	}
	run.End(ctx, nil)
}

// A snapshot that did not arrive is told of, sent again, and hides nothing that
// did.
func TestSnapshotsThatFailLeaveTheOneBefore(t *testing.T) {
	ctx := t.Context()
	var broken atomic.Bool
	web := between(t, keys.Web, func(w http.ResponseWriter, r *http.Request) bool {
		if broken.Load() && r.Method == http.MethodPost && r.URL.Path == "/files" {
			w.WriteHeader(http.StatusForbidden)
			return true
		}
		return false
	})
	c := open(t, through(web))
	run := start(t, c, "registers")
	g, err := run.Register(ctx, "x", numbered(1))
	must(t, err)
	must(t, run.Flush(ctx))
	broken.Store(true)
	must(t, g.Set(ctx, numbered(2)))
	var lost *client.UploadError
	if err := run.Flush(ctx); !errors.As(err, &lost) || lost.Failed[0].Name != "x" {
		t.Errorf("got %v", err)
	}
	if n := rowsOf(t, open(t, cached(t)), run.ID, "x"); n != 1 {
		t.Errorf("%d rows", n)
	}
	broken.Store(false)
	run.End(ctx, &err)
	must(t, err)
	if n := rowsOf(t, open(t, cached(t)), run.ID, "x"); n != 2 {
		t.Errorf("%d rows", n)
	}
}
