package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/test/postgres"
)

// schema is a set of migrations, made of the text of each.
func schema(steps ...string) fstest.MapFS {
	fsys := make(fstest.MapFS)
	for _, engine := range []string{"sqlite", "postgres"} {
		fsys[path.Join("migration", engine, "README")] = &fstest.MapFile{Data: []byte("not SQL")}
		for i, s := range steps {
			fsys[fmt.Sprintf("migration/%s/%04d_step.sql", engine, i+1)] = &fstest.MapFile{Data: []byte(s)}
		}
	}
	return fsys
}

const (
	first  = "CREATE TABLE a (x TEXT);\nINSERT INTO a VALUES ('kept; all of it');\n"
	second = "-- a comment; with a semicolon\nCREATE TABLE b (x TEXT);\nINSERT INTO b SELECT x FROM a;\n"
)

// bare is a place for databases that no migration has seen.
type bare struct {
	engine string
	// fresh returns an empty place.
	fresh func(t *testing.T) sqlstore.Config
	// before is where the snapshot before an upgrade to a step is found.
	before func(at sqlstore.Config, step string) sqlstore.Config
	tables string // selects the names of the tables
}

func bareEngines() []bare {
	return []bare{
		{
			engine: "sqlite",
			fresh: func(t *testing.T) sqlstore.Config {
				return sqlstore.Config{Path: filepath.Join(t.TempDir(), "a b#?.db")}
			},
			before: func(at sqlstore.Config, step string) sqlstore.Config {
				return sqlstore.Config{Path: at.Path + ".before-" + step}
			},
			tables: `SELECT name FROM sqlite_master WHERE type = 'table'`,
		},
		{
			engine: "postgres",
			fresh:  func(t *testing.T) sqlstore.Config { return sqlstore.Config{URL: postgres.Database(t)} },
			before: func(at sqlstore.Config, step string) sqlstore.Config {
				return sqlstore.Config{URL: at.URL + "&search_path=before_" + step}
			},
			tables: `SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()`,
		},
	}
}

func openSchema(t *testing.T, cfg sqlstore.Config, s fs.FS) (*sqlstore.DB, error) {
	t.Helper()
	cfg.Now = func() time.Time { return at(0) }
	return sqlstore.OpenWith(context.Background(), cfg, s)
}

func mustOpen(t *testing.T, cfg sqlstore.Config, s fs.FS) *sqlstore.DB {
	t.Helper()
	db, err := openSchema(t, cfg, s)
	must(t, err)
	return db
}

func TestMigrate(t *testing.T) {
	for _, b := range bareEngines() {
		t.Run(b.engine, func(t *testing.T) { testMigrate(t, b) })
	}
}

func testMigrate(t *testing.T, b bare) {
	ctx := context.Background()
	has := func(t *testing.T, db *sqlstore.DB, table string) bool {
		t.Helper()
		names, err := db.Texts(ctx, b.tables)
		must(t, err)
		return slices.Contains(names, table)
	}

	t.Run("all steps run once, in order", func(t *testing.T) {
		at := b.fresh(t)
		for range 2 {
			db := mustOpen(t, at, schema(first, second))
			rows, err := db.Texts(ctx, `SELECT x FROM b`)
			if err != nil || len(rows) != 1 || rows[0] != "kept; all of it" {
				t.Errorf("rows %q, %v", rows, err)
			}
			must(t, db.Close())
		}
	})

	t.Run("an upgrade takes a snapshot first, which can be opened", func(t *testing.T) {
		at := b.fresh(t)
		must(t, mustOpen(t, at, schema(first)).Close())
		if at.Path != "" {
			must(t, os.WriteFile(at.Path+".before-0002.part", []byte("half a snapshot of a try that was cut short"), 0o600))
		}
		must(t, mustOpen(t, at, schema(first, second)).Close())
		before := mustOpen(t, b.before(at, "0002"), schema(first))
		rows, err := before.Texts(ctx, `SELECT x FROM a`)
		if err != nil || len(rows) != 1 {
			t.Errorf("the snapshot holds %q, %v", rows, err)
		}
		if has(t, before, "b") {
			t.Error("the snapshot has the new table")
		}
		must(t, before.Close())
	})

	t.Run("a step that fails leaves the database as it was", func(t *testing.T) {
		at := b.fresh(t)
		must(t, mustOpen(t, at, schema(first)).Close())
		_, err := openSchema(t, at, schema(first, second, "INSERT INTO nowhere VALUES (1);\n"))
		if err == nil || !strings.Contains(err.Error(), "0003_step") {
			t.Errorf("error %v does not name the step", err)
		}
		db := mustOpen(t, at, schema(first))
		if has(t, db, "b") {
			t.Error("half an upgrade is left")
		}
		must(t, db.Close())
		must(t, mustOpen(t, at, schema(first, second)).Close()) // the snapshot of the first try may be there already
	})

	t.Run("servers that start at once upgrade once", func(t *testing.T) {
		at := b.fresh(t)
		must(t, mustOpen(t, at, schema(first)).Close())
		if at.Path != "" {
			return // one process owns a file
		}
		var wait sync.WaitGroup
		for range 6 {
			wait.Go(func() {
				db, err := openSchema(t, at, schema(first, second))
				if err != nil {
					t.Error(err)
					return
				}
				if rows, err := db.Texts(ctx, `SELECT x FROM b`); err != nil || len(rows) != 1 {
					t.Errorf("rows %q, %v", rows, err)
				}
				must(t, db.Close())
			})
		}
		wait.Wait()
	})

	t.Run("a newer schema is refused", func(t *testing.T) {
		at := b.fresh(t)
		must(t, mustOpen(t, at, schema(first, second)).Close())
		_, err := openSchema(t, at, schema(first))
		wantIs(t, err, sqlstore.ErrSchemaNewer)
	})

	t.Run("a step that is not the one that was applied is refused", func(t *testing.T) {
		at := b.fresh(t)
		must(t, mustOpen(t, at, schema(first)).Close())
		_, err := openSchema(t, at, schema(first+"-- and more\n", second))
		wantIs(t, err, sqlstore.ErrSchemaChanged)
	})

	t.Run("gaps and other names are refused", func(t *testing.T) {
		at := b.fresh(t)
		for _, name := range []string{"0003_late.sql", "second.sql", "0002.sql", "0001_again.sql"} {
			s := schema(first)
			s[path.Join("migration", b.engine, name)] = &fstest.MapFile{Data: []byte(second)}
			if _, err := openSchema(t, at, s); err == nil {
				t.Errorf("%s was taken", name)
			}
		}
	})
}

func TestSnapshotOfPostgresIsAWholeCoffer(t *testing.T) {
	ctx := context.Background()
	at := sqlstore.Config{URL: postgres.Database(t)}
	db := mustOpen(t, at, sqlstore.Migrations)
	p := aProject("p")
	sub := child(p, "sub")
	addProjects(t, db, p, sub)
	addTasks(t, db, fullTask(sub.ID, ""))
	g := land(t, db, "a", "one")
	must(t, db.Close())
	next := migrationsBefore(t, "9999")
	number := fmt.Sprintf("%04d", len(next)/2+1)
	next["migration/postgres/"+number+"_harm.sql"] = &fstest.MapFile{Data: []byte("DELETE FROM generation;\nDELETE FROM task;\n")}
	must(t, mustOpen(t, at, next).Close())

	// What docs/storage/postgres.md says to do.
	conn, err := pgx.Connect(ctx, at.URL)
	must(t, err)
	_, err = conn.Exec(ctx, `ALTER SCHEMA public RENAME TO upgraded; ALTER SCHEMA before_`+number+` RENAME TO public`)
	must(t, errors.Join(err, conn.Close(ctx)))

	db = mustOpen(t, at, sqlstore.Migrations)
	if list, err := db.Tasks().List(ctx, task.Query{}); err != nil || len(list) != 1 {
		t.Errorf("%d tasks, %v", len(list), err)
	}
	if got, err := db.Files().Generation(ctx, "a", file.Want{}); err != nil || got != g {
		t.Errorf("generation %+v, %v", got, err)
	}
	if fresh := land(t, db, "a", "two"); fresh.ID <= g.ID {
		t.Errorf("the numbers began anew: %d after %d", fresh.ID, g.ID)
	}
	err = db.Exec(ctx, `DELETE FROM project WHERE id = ?`, p.ID)
	if err == nil {
		t.Error("the references are gone")
	}
	must(t, db.Close())
}

func TestMigrateSQLite(t *testing.T) {
	ctx := context.Background()
	fresh := bareEngines()[0].fresh

	t.Run("leaves nothing beside the database", func(t *testing.T) {
		at := fresh(t)
		must(t, mustOpen(t, at, schema(first, second)).Close())
		names, err := os.ReadDir(filepath.Dir(at.Path))
		must(t, err)
		if len(names) != 1 || names[0].Name() != filepath.Base(at.Path) {
			t.Errorf("beside the database there are %v", names)
		}
	})

	t.Run("a folder that is not there is told", func(t *testing.T) {
		_, err := sqlstore.Open(ctx, sqlstore.Config{Path: filepath.Join(t.TempDir(), "no", "coffer.db")})
		if err == nil || !strings.Contains(err.Error(), "no") {
			t.Errorf("error %v", err)
		}
	})

	t.Run("a file that is no database is told", func(t *testing.T) {
		at := fresh(t)
		must(t, os.WriteFile(at.Path, []byte(strings.Repeat("no database ", 500)), 0o600))
		if _, err := openSchema(t, at, schema(first)); err == nil {
			t.Error("it was opened")
		}
	})

	t.Run("the program's own steps run, and every table says what it refers to", func(t *testing.T) {
		db := mustOpen(t, fresh(t), sqlstore.Migrations)
		broken, err := db.Texts(ctx, `SELECT "table" FROM pragma_foreign_key_check`)
		if err != nil || len(broken) != 0 {
			t.Errorf("broken references %q, %v", broken, err)
		}
		must(t, db.Ping(ctx))
		must(t, db.Close())
	})
}

// migrationsBefore are the program's own migrations up to the one of that number.
func migrationsBefore(t *testing.T, number string) fstest.MapFS {
	t.Helper()
	some := make(fstest.MapFS)
	for _, engine := range []string{"sqlite", "postgres"} {
		names, err := fs.Glob(sqlstore.Migrations, path.Join("migration", engine, "*.sql"))
		must(t, err)
		for _, name := range names {
			if path.Base(name) >= number {
				continue
			}
			text, err := fs.ReadFile(sqlstore.Migrations, name)
			must(t, err)
			some[name] = &fstest.MapFile{Data: text}
		}
	}
	return some
}

// addSampleOf adds a debug sample that shows a generation of a file.
func addSampleOf(t *testing.T, db *sqlstore.DB, g file.Generation) {
	t.Helper()
	must(t, db.Exec(context.Background(), `INSERT INTO event_item
		(owner, type, metric, variant, iter, key_hash, sample_key, timestamp, received, worker, generation, version, overwritten, body)
		VALUES (1, 'training_debug_image', 'm', 'v', 0, 'k', 'k', 0, 0, 'w', ?, 1, 0, ?)`, g.ID, []byte("packed")))
}

func collect(t *testing.T, db *sqlstore.DB, g file.Generation) {
	t.Helper()
	must(t, db.Tx(context.Background(), func(ctx context.Context) error { return db.Files().Drop(ctx, []int64{g.ID}, at(1)) }))
}

func TestNumbersOfCollectedGenerationsAreNotGivenAgain(t *testing.T) {
	ctx := context.Background()
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			db := e.open(t)
			land(t, db, "a", "one")
			g := land(t, db, "b", "two")
			collect(t, db, g)
			if next := land(t, db, "c", "three"); next.ID <= g.ID {
				t.Errorf("%d came after %d", next.ID, g.ID)
			}
		})
	}

	t.Run("nor those that a database of an earlier schema remembers", func(t *testing.T) {
		place := bareEngines()[0].fresh(t)
		db := mustOpen(t, place, migrationsBefore(t, "0025"))
		kept := land(t, db, "a", "one")
		g := land(t, db, "b", "two")
		addSampleOf(t, db, g)
		collect(t, db, g)
		must(t, db.Close())
		db = mustOpen(t, place, sqlstore.Migrations)
		if got, err := db.Files().Generation(ctx, "a", file.Want{}); err != nil || got != kept {
			t.Errorf("generation %+v, %v; want %+v", got, err, kept)
		}
		if next := land(t, db, "c", "three"); next.ID <= g.ID {
			t.Errorf("%d came after %d", next.ID, g.ID)
		}
		must(t, db.Close())
	})
}

// Tasks of an earlier schema, which had tags only in a table of their own, show them
// after the upgrade.
func TestTagsOfAnEarlierSchemaAreShown(t *testing.T) {
	ctx := context.Background()
	for _, b := range bareEngines() {
		t.Run(b.engine, func(t *testing.T) {
			place := b.fresh(t)
			db := mustOpen(t, place, migrationsBefore(t, "0030"))
			for _, id := range []string{"x", "y"} {
				must(t, db.Exec(ctx, `INSERT INTO task (id, name, name_fold, type, comment, comment_fold, status, status_reason, status_message, status_changed, created,
					last_update, last_change, last_worker, enqueued_from, script_repository, script_branch, script_entry_point, output, execution)
					VALUES (?, 'n', 'N', 'training', '', '', 'created', '', '', 0, 0, 0, 0, '', '', '', '', '', '{}', '{}')`, id))
			}
			for _, tag := range []string{"quoted \"b\"", "a", "ä"} {
				must(t, db.Exec(ctx, `INSERT INTO task_tag (task_id, system, tag, tag_fold) VALUES ('x', 0, ?, ?)`, tag, tag))
			}
			must(t, db.Close())
			db = mustOpen(t, place, sqlstore.Migrations)
			x, err := db.Tasks().Get(ctx, "x")
			must(t, err)
			if want := []string{"a", "quoted \"b\"", "ä"}; !slices.Equal(x.Tags, want) || x.SystemTags != nil {
				t.Errorf("tags %q and system tags %q, expected %q and none", x.Tags, x.SystemTags, want)
			}
			y, err := db.Tasks().Get(ctx, "y")
			must(t, err)
			if y.Tags != nil || y.SystemTags != nil {
				t.Errorf("tags %q and system tags %q, expected none", y.Tags, y.SystemTags)
			}
			must(t, db.Close())
		})
	}
}

func TestBothEnginesHaveTheSameTables(t *testing.T) {
	ctx := context.Background()
	columns := make(map[string][]string)
	for _, e := range engines(t) {
		list := `SELECT m.name || '.' || c.name || CASE WHEN c."notnull" OR c.pk THEN ' NOT NULL' ELSE '' END FROM sqlite_master m
			JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' ORDER BY m.name, c.cid`
		if e.name == "postgres" {
			list = `SELECT table_name || '.' || column_name || CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END
				FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY table_name COLLATE "C", ordinal_position`
		}
		var err error
		columns[e.name], err = e.open(t).Texts(ctx, list)
		must(t, err)
	}
	if len(columns["sqlite"]) < 100 {
		t.Errorf("only %d columns were found", len(columns["sqlite"]))
	}
	for i, c := range columns["sqlite"] {
		if i >= len(columns["postgres"]) || columns["postgres"][i] != c {
			t.Fatalf("from %s on the tables differ:\n%q\n%q", c, columns["sqlite"][i:], columns["postgres"][min(i, len(columns["postgres"])):])
		}
	}
	if len(columns["sqlite"]) != len(columns["postgres"]) {
		t.Errorf("PostgreSQL has more columns: %q", columns["postgres"][len(columns["sqlite"]):])
	}
}

func TestTextsOfPostgresSortByCodePoints(t *testing.T) {
	db := engines(t)[1].open(t)
	other, err := db.Texts(context.Background(), `SELECT table_name || '.' || column_name FROM information_schema.columns
		WHERE table_schema = current_schema() AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C' AND table_name <> 'schema_step'`)
	if err != nil || len(other) != 0 {
		t.Errorf("not declared COLLATE \"C\": %q, %v", other, err)
	}
}
