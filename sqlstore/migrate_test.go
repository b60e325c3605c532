package sqlstore_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/coffer-ml/coffer/sqlstore"
)

// schema is a set of migrations, made of the text of each.
func schema(steps ...string) fstest.MapFS {
	fsys := fstest.MapFS{"migration/sqlite/README": {Data: []byte("not SQL")}}
	for i, s := range steps {
		fsys[fmt.Sprintf("migration/sqlite/%04d_step.sql", i+1)] = &fstest.MapFile{Data: []byte(s)}
	}
	return fsys
}

const (
	first  = "CREATE TABLE a (x TEXT);\nINSERT INTO a VALUES ('kept; all of it');\n"
	second = "-- a comment; with a semicolon\nCREATE TABLE b (x TEXT);\nINSERT INTO b SELECT x FROM a;\n"
)

func openSchema(t *testing.T, path string, s fs.FS) (*sqlstore.DB, error) {
	t.Helper()
	return sqlstore.OpenWith(context.Background(), sqlstore.Config{Path: path, Now: func() time.Time { return at(0) }}, s)
}

func mustOpen(t *testing.T, path string, s fs.FS) *sqlstore.DB {
	t.Helper()
	db, err := openSchema(t, path, s)
	must(t, err)
	return db
}

func TestMigrate(t *testing.T) {
	ctx := context.Background()
	fresh := func(t *testing.T) string { return filepath.Join(t.TempDir(), "a b#?.db") }

	t.Run("all steps run once, in order", func(t *testing.T) {
		path := fresh(t)
		for range 2 {
			db := mustOpen(t, path, schema(first, second))
			rows, err := db.Texts(ctx, `SELECT x FROM b`)
			if err != nil || len(rows) != 1 || rows[0] != "kept; all of it" {
				t.Errorf("rows %q, %v", rows, err)
			}
			must(t, db.Close())
		}
		names, err := os.ReadDir(filepath.Dir(path))
		must(t, err)
		if len(names) != 1 || names[0].Name() != filepath.Base(path) {
			t.Errorf("beside the database there are %v", names)
		}
	})

	t.Run("an upgrade takes a snapshot first", func(t *testing.T) {
		path := fresh(t)
		must(t, mustOpen(t, path, schema(first)).Close())
		must(t, os.WriteFile(path+".before-0002.part", []byte("half a snapshot of a try that was cut short"), 0o600))
		must(t, mustOpen(t, path, schema(first, second)).Close())
		before := mustOpen(t, path+".before-0002", schema(first))
		rows, err := before.Texts(ctx, `SELECT x FROM a`)
		if err != nil || len(rows) != 1 {
			t.Errorf("the snapshot holds %q, %v", rows, err)
		}
		if tables, err := before.Texts(ctx, `SELECT name FROM sqlite_master WHERE name = 'b'`); err != nil || len(tables) != 0 {
			t.Errorf("the snapshot has the new table, %v", err)
		}
		must(t, before.Close())
	})

	t.Run("a step that fails leaves the database as it was", func(t *testing.T) {
		path := fresh(t)
		must(t, mustOpen(t, path, schema(first)).Close())
		_, err := openSchema(t, path, schema(first, second, "INSERT INTO nowhere VALUES (1);\n"))
		if err == nil || !strings.Contains(err.Error(), "0003_step") {
			t.Errorf("error %v does not name the step", err)
		}
		db := mustOpen(t, path, schema(first))
		if tables, err := db.Texts(ctx, `SELECT name FROM sqlite_master WHERE name = 'b'`); err != nil || len(tables) != 0 {
			t.Errorf("half an upgrade is left, %v", err)
		}
		must(t, db.Close())
		must(t, mustOpen(t, path, schema(first, second)).Close()) // the snapshot of the first try is there already
	})

	t.Run("a newer schema is refused", func(t *testing.T) {
		path := fresh(t)
		must(t, mustOpen(t, path, schema(first, second)).Close())
		_, err := openSchema(t, path, schema(first))
		wantIs(t, err, sqlstore.ErrSchemaNewer)
	})

	t.Run("a step that is not the one that was applied is refused", func(t *testing.T) {
		path := fresh(t)
		must(t, mustOpen(t, path, schema(first)).Close())
		_, err := openSchema(t, path, schema(first+"-- and more\n", second))
		wantIs(t, err, sqlstore.ErrSchemaChanged)
	})

	t.Run("gaps and other names are refused", func(t *testing.T) {
		for _, name := range []string{"0003_late.sql", "second.sql", "0002.sql", "0001_again.sql"} {
			s := schema(first)
			s["migration/sqlite/"+name] = &fstest.MapFile{Data: []byte(second)}
			if _, err := openSchema(t, fresh(t), s); err == nil {
				t.Errorf("%s was taken", name)
			}
		}
	})

	t.Run("a folder that is not there is told", func(t *testing.T) {
		_, err := sqlstore.Open(ctx, sqlstore.Config{Path: filepath.Join(t.TempDir(), "no", "coffer.db")})
		if err == nil || !strings.Contains(err.Error(), "no") {
			t.Errorf("error %v", err)
		}
	})

	t.Run("a file that is no database is told", func(t *testing.T) {
		path := fresh(t)
		must(t, os.WriteFile(path, []byte(strings.Repeat("no database ", 500)), 0o600))
		if _, err := openSchema(t, path, schema(first)); err == nil {
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
