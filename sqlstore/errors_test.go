package sqlstore_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/task"
)

func TestErrors(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		p := aProject("twice")
		addProjects(t, db, p)

		t.Run("unique indexes of every kind are told by their codes", func(t *testing.T) {
			for name, stmt := range map[string]string{
				"unique column":       `INSERT INTO project (id, name, name_key, name_fold, basename, basename_fold, path, description, description_fold, created, last_update, default_output_destination) SELECT 'other', name, name_key, name_fold, basename, basename_fold, path, description, description_fold, created, last_update, default_output_destination FROM project`,
				"text primary key":    `INSERT INTO preview (hash, body) VALUES ('a', 'b'), ('a', 'c')`,
				"integer primary key": `INSERT INTO artifact_version (id, artifact_id, number, identity, state, type, uri, hash, timestamp, content_type, data_hash, registered) VALUES (1, 0, 1, '', '', '', '', '', 0, '', '', 0), (1, 0, 1, '', '', '', '', '', 0, '', '', 0)`,
				"clustered key":       `INSERT INTO project_tag (project_id, system, tag, tag_fold) SELECT id, 0, 'a', 'A' FROM project UNION ALL SELECT id, 0, 'a', 'A' FROM project`,
			} {
				t.Run(name, func(t *testing.T) {
					if sqlstore.Engine(db) == "postgres" {
						stmt = strings.Replace(stmt, "registered) VALUES", "registered) OVERRIDING SYSTEM VALUE VALUES", 1)
					}
					if err := db.Exec(ctx, stmt); !sqlstore.IsDuplicate(err) {
						t.Errorf("error %v is not told as a duplicate", err)
					}
				})
			}
		})

		t.Run("other constraints are no duplicates", func(t *testing.T) {
			x := aTask("homeless")
			x.Project = "nowhere"
			if err := db.Tasks().Insert(ctx, x); err == nil || sqlstore.IsDuplicate(err) {
				t.Errorf("error %v", err)
			}
		})

		t.Run("a reader that is cancelled says so", func(t *testing.T) {
			gone, cancel := context.WithCancel(ctx)
			cancel()
			_, err := db.Projects().Get(gone, p.ID)
			wantIs(t, err, context.Canceled)
		})

		t.Run("a slow read ends with its context", func(t *testing.T) {
			soon, cancel := context.WithTimeout(ctx, 20e6)
			defer cancel()
			_, err := db.Texts(soon, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT count(*) FROM n`)
			wantIs(t, err, context.DeadlineExceeded)
		})

		t.Run("a closed database is an error, not a panic", func(t *testing.T) {
			closed := engines(t)[0].open(t)
			must(t, closed.Close())
			if err := closed.Projects().Insert(ctx, aProject("x")); fault.KindOf(err) != fault.Internal {
				t.Errorf("error %v", err)
			}
		})
	})
}

func TestSQLiteThatCannotForTheMomentIsUnavailable(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "raw.db")
	conn := func(t *testing.T, options string) *sql.Conn {
		t.Helper()
		pool, err := sql.Open("sqlite", "file:"+path+options)
		must(t, err)
		c, err := pool.Conn(ctx)
		must(t, err)
		t.Cleanup(func() { _, _ = c.Close(), pool.Close() })
		return c
	}
	holder := conn(t, "")
	_, err := holder.ExecContext(ctx, `CREATE TABLE a (x TEXT)`)
	must(t, err)
	_, err = holder.ExecContext(ctx, `BEGIN IMMEDIATE`)
	must(t, err)
	for name, options := range map[string]string{
		"when it is busy":      "?_pragma=busy_timeout(0)",
		"when it is read only": "?_pragma=query_only(ON)",
		"when it is not there": "/nowhere",
	} {
		t.Run(name, func(t *testing.T) {
			pool, err := sql.Open("sqlite", "file:"+path+options)
			must(t, err)
			defer func() { must(t, pool.Close()) }()
			_, err = pool.ExecContext(ctx, `INSERT INTO a VALUES ('x')`)
			if err == nil {
				t.Fatal("it was written")
			}
			wantIs(t, sqlstore.Translate(err), fault.ErrUnavailable)
		})
	}
	t.Run("but what is nobody's fault stays what it is", func(t *testing.T) {
		if err := sqlstore.Translate(nil); err != nil {
			t.Error(err)
		}
		_, err := holder.ExecContext(ctx, `INSERT INTO nowhere VALUES (1)`)
		if fault.KindOf(sqlstore.Translate(err)) != fault.Internal {
			t.Errorf("error %v", err)
		}
	})
}

func TestTextsThatNoEngineHoldsAreReplaced(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		const odd, kept = "a\x00b\xffc", "a\uFFFDb\uFFFDc"
		x := aTask(odd)
		x.ID, x.Comment = task.ID(odd), odd
		x.Tags = []string{odd}
		x.Hyperparams = task.Params{"s": {odd: {Value: odd}}}
		addTasks(t, db, x)
		for _, id := range []task.ID{odd, kept} {
			got, err := db.Tasks().Get(ctx, id)
			must(t, err)
			if got.ID != kept || got.Name != kept || got.Comment != kept || got.Tags[0] != kept || got.Hyperparams["s"][kept].Value != kept {
				t.Errorf("kept as %+v", got)
			}
		}
		for name, f := range map[string]query.Filter{
			"one of":  query.In{Field: "id", Values: []string{odd, "x"}},
			"is":      query.In{Field: "name", Values: []string{odd}},
			"equals":  query.Compare{Field: "name", Op: query.Equal, Value: odd},
			"has tag": query.HasAll{Field: "tags", Values: []string{odd}},
		} {
			found, err := db.Tasks().List(ctx, task.Query{Request: query.Request{Filter: f}})
			if err != nil || len(found) != 1 {
				t.Errorf("%s finds %d, %v", name, len(found), err)
			}
		}
	})
}

func TestTextsThatAreTooLongForAnIndexAreRefused(t *testing.T) {
	db := engines(t)[1].open(t)
	x := aTask("x")
	random := make([]byte, 6000) // an index entry is compressed
	_, err := rand.Read(random)
	must(t, err)
	x.Models.Input = []task.ModelLink{{Name: "m", Model: hex.EncodeToString(random)}}
	wantIs(t, db.Tasks().Insert(context.Background(), x), sqlstore.ErrTooLong)
}
