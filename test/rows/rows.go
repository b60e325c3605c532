package rows

import (
	"database/sql"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // reads PostgreSQL
	_ "modernc.org/sqlite"             // reads SQLite

	"github.com/coffer-ml/coffer/sqlstore"
)

// unsaid are columns that change by reading: when a key pair was last used.
var unsaid = map[string]bool{"user_key.last_used": true, "user_key.last_used_from": true}

// Reader reads a database.
type Reader struct {
	db     *sql.DB
	tables []string
}

// Open opens a database for reading until the test ends. It must have its
// tables.
func Open(t testing.TB, cfg sqlstore.Config) *Reader {
	t.Helper()
	driver, source := "pgx", cfg.URL
	list := `SELECT tablename FROM pg_tables WHERE schemaname = current_schema()`
	if cfg.URL == "" {
		driver, source = "sqlite", "file:"+(&url.URL{Path: cfg.Path}).EscapedPath()+"?mode=ro"
		list = `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
	}
	db, err := sql.Open(driver, source)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	r := &Reader{db: db}
	found, err := db.Query(list)
	must(t, err)
	defer func() { must(t, found.Close()) }()
	for found.Next() {
		var name string
		must(t, found.Scan(&name))
		r.tables = append(r.tables, name)
	}
	must(t, found.Err())
	slices.Sort(r.tables)
	if len(r.tables) < 10 {
		t.Fatalf("only the tables %v were found", r.tables)
	}
	return r
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// All returns the rows of all tables as texts, sorted, by table.
func (r *Reader) All(t testing.TB) map[string][]string {
	t.Helper()
	all := make(map[string][]string, len(r.tables))
	for _, table := range r.tables {
		all[table] = r.table(t, table)
	}
	return all
}

func (r *Reader) table(t testing.TB, table string) (out []string) {
	t.Helper()
	found, err := r.db.Query(`SELECT * FROM ` + table) //nolint:gosec // a name of ours
	must(t, err)
	defer func() { must(t, found.Close()) }()
	columns, err := found.Columns()
	must(t, err)
	for found.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range into {
			into[i] = &values[i]
		}
		must(t, found.Scan(into...))
		var row strings.Builder
		for i, column := range columns {
			if !unsaid[table+"."+column] {
				fmt.Fprintf(&row, "%s=%v ", column, values[i])
			}
		}
		out = append(out, row.String())
	}
	must(t, found.Err())
	slices.Sort(out)
	return out
}

// Changed names the tables whose rows differ, with the first row that does.
func Changed(before, after map[string][]string) map[string]string {
	out := make(map[string]string)
	for table, rows := range after {
		if slices.Equal(rows, before[table]) {
			continue
		}
		i := slices.IndexFunc(rows, func(row string) bool { _, found := slices.BinarySearch(before[table], row); return !found })
		if i < 0 {
			out[table] = fmt.Sprintf("%d rows less", len(before[table])-len(rows))
			continue
		}
		out[table] = rows[i]
	}
	return out
}
