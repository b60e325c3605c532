package rpctest

import (
	"flag"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/test/postgres"
)

// The databases that every scenario must hold on.
const (
	onSQLite   = "sqlite"
	onPostgres = "postgres"
)

// engine is the one that new worlds are built on.
var engine = onSQLite

// Main runs the tests of a package on each engine, one after the other, and
// returns the exit code. A package whose tests build worlds calls it in its
// TestMain. Fuzzing needs no database and happens once.
func Main(m *testing.M) int {
	flag.Parse()
	if f := flag.Lookup("test.fuzz"); f != nil && f.Value.String() != "" {
		return m.Run()
	}
	code := 0
	for _, engine = range []string{onSQLite, onPostgres} {
		fmt.Println("engine:", engine)
		code = max(code, m.Run())
	}
	return code
}

// database returns an empty database of the engine. On PostgreSQL transactions
// may run several times, and here they always do.
func database(t testing.TB) sqlstore.Config {
	if engine == onPostgres {
		return sqlstore.Config{URL: postgres.Database(t), Rehearse: true}
	}
	return sqlstore.Config{Path: filepath.Join(t.TempDir(), "coffer.db")}
}
