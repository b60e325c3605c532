package sqlstore_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/internal/ident"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/test/postgres"
)

// engine is a kind of database that every test must hold on.
type engine struct {
	name string
	// open returns an empty database that is closed after the test.
	open func(t testing.TB) *sqlstore.DB
	// pair opens one database twice, where two servers may share one.
	pair func(t testing.TB) [2]*sqlstore.DB
}

// engines lists them all.
func engines(testing.TB) []engine {
	sqlite := func(t testing.TB) *sqlstore.DB { return openFile(t, filepath.Join(t.TempDir(), "coffer.db")) }
	server := func(t testing.TB) *sqlstore.DB { return openDB(t, sqlstore.Config{URL: postgres.Database(t)}) }
	return []engine{
		{name: "sqlite", open: sqlite, pair: func(t testing.TB) [2]*sqlstore.DB {
			db := sqlite(t)
			return [2]*sqlstore.DB{db, db}
		}},
		{name: "postgres", open: server, pair: func(t testing.TB) [2]*sqlstore.DB {
			at := sqlstore.Config{URL: postgres.Database(t)}
			return [2]*sqlstore.DB{openDB(t, at), openDB(t, at)}
		}},
	}
}

// onEach runs a test on an empty database of each engine.
func onEach(t *testing.T, test func(t *testing.T, db *sqlstore.DB)) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) { test(t, e.open(t)) })
	}
}

func openFile(t testing.TB, path string) *sqlstore.DB {
	t.Helper()
	return openDB(t, sqlstore.Config{Path: path})
}

func openDB(t testing.TB, cfg sqlstore.Config) *sqlstore.DB {
	t.Helper()
	cfg.Matching = time.Minute // what is found must not depend on what else runs
	db, err := sqlstore.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error("close:", err)
		}
	})
	return db
}

// at is a moment of test time, in seconds.
func at(seconds int) time.Time {
	return time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(seconds) * time.Second)
}

func aProject(name string) project.Project {
	return project.Project{ID: project.ID(ident.New()), Name: name, User: "u1", Created: at(0), LastUpdate: at(0)}
}

func aTask(name string) task.Task {
	return task.Task{
		ID: task.ID(ident.New()), Name: name, Type: "training", User: "u1", LastChangedBy: "u1", Status: task.Created,
		StatusChanged: at(0), Created: at(0), LastUpdate: at(0), LastChange: at(0),
	}
}

func addProjects(t testing.TB, db *sqlstore.DB, projects ...project.Project) {
	t.Helper()
	for _, p := range projects {
		must(t, db.Projects().Insert(context.Background(), p))
	}
}

func addTasks(t testing.TB, db *sqlstore.DB, tasks ...task.Task) {
	t.Helper()
	must(t, db.Tx(context.Background(), func(ctx context.Context) error {
		for _, x := range tasks {
			if err := db.Tasks().Insert(ctx, x); err != nil {
				return err
			}
		}
		return nil
	}))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantIs(t testing.TB, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("error %v, expected %v", err, target)
	}
}

func ids[T any](rows []T, id func(T) string) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = id(r)
	}
	return out
}
