package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/sqlstore"
)

// crowdIn holds the writer until all of the transactions stand in line, so that
// they follow each other closely, and returns what each of them returned. Where
// there is no line they run at once.
func crowdIn(t *testing.T, db *sqlstore.DB, fns []func(context.Context) error) []error {
	t.Helper()
	errs := make([]error, len(fns))
	var wait sync.WaitGroup
	wantIs(t, db.Tx(context.Background(), func(context.Context) error {
		for i, fn := range fns {
			before, _ := sqlstore.Standing(db)
			wait.Go(func() {
				defer func() {
					if p := recover(); p != nil {
						errs[i] = errOops
					}
				}()
				errs[i] = db.Tx(context.Background(), fn)
			})
			for n, ok := sqlstore.Standing(db); ok && n == before; n, _ = sqlstore.Standing(db) {
				runtime.Gosched()
			}
		}
		return errOops // so as to be no part of what follows
	}), errOops)
	wait.Wait()
	return errs
}

func TestTransactionsThatShareACommit(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		t.Run("stand or fall alone", func(t *testing.T) {
			const n = 40
			projects := make([]project.Project, n)
			fns := make([]func(context.Context) error, n)
			after := make([]bool, n)
			for i := range fns {
				p := aProject(fmt.Sprint("p", i))
				projects[i] = p
				fns[i] = func(ctx context.Context) error {
					if err := db.Projects().Insert(ctx, p); err != nil {
						return err // in the way of another one: it is run again
					}
					db.After(ctx, func() { after[i] = has(t, db, p) })
					switch i % 4 {
					case 1:
						return errOops
					case 2:
						if err := db.Projects().Insert(ctx, aProject(p.Name)); !errors.Is(err, project.ErrNameTaken) {
							return err // nil would be found out below
						}
						return nil // doomed by the joined insert
					case 3:
						if i%8 == 3 {
							panic("oops")
						}
					}
					return nil
				}
			}
			errs := crowdIn(t, db, fns)
			for i, err := range errs {
				good := i%4 == 0 || i%8 == 7
				if (err == nil) != good || has(t, db, projects[i]) != good || after[i] != good {
					t.Errorf("%d: error %v, kept %v, told %v; expected %v", i, err, has(t, db, projects[i]), after[i], good)
				}
			}
		})

		t.Run("a bulk one does its work like any other", func(t *testing.T) {
			p := aProject("bulk")
			must(t, db.BulkTx(ctx, func(ctx context.Context) error { return db.Projects().Insert(ctx, p) }))
			if !has(t, db, p) {
				t.Error("the row is not there")
			}
			wantIs(t, db.BulkTx(ctx, func(context.Context) error { return errOops }), errOops)
		})

		t.Run("a database that closes finishes what has begun", func(t *testing.T) {
			closing := engines(t)[0].open(t)
			var errs [20]error
			var wait sync.WaitGroup
			must(t, closing.Tx(ctx, func(context.Context) error {
				for i := range errs {
					wait.Go(func() { errs[i] = closing.Projects().Insert(ctx, aProject(fmt.Sprint(i))) })
				}
				wait.Go(func() { _ = closing.Close() })
				return nil
			}))
			wait.Wait() // nobody is left waiting
		})
	})
}

func TestTransactionsAreDurableOnlyIfTheySaySoWhenTheDiskIsFull(t *testing.T) {
	db := engines(t)[0].open(t)
	must(t, sqlstore.LimitPages(db, 40))
	defer func() { must(t, sqlstore.LimitPages(db, 0)) }()
	const n = 12
	projects := make([]project.Project, n)
	fns := make([]func(context.Context) error, n)
	for i := range fns {
		p := aProject(fmt.Sprint("full ", i))
		if i%3 == 1 {
			p.Description = strings.Repeat("x", 4<<20)
		}
		projects[i] = p
		fns[i] = func(ctx context.Context) error { return db.Projects().Insert(ctx, p) }
		if i%3 == 2 { // who goes on after a failure of the engine must not commit a part
			huge := aProject(fmt.Sprint("huge ", i))
			huge.Description = strings.Repeat("x", 4<<20)
			fns[i] = func(ctx context.Context) error {
				_ = db.Projects().Insert(ctx, huge)
				_ = db.Projects().Insert(ctx, p)
				return nil
			}
		}
	}
	errs := crowdIn(t, db, fns)
	failed := 0
	for i, err := range errs {
		if err != nil {
			failed++
			wantIs(t, err, fault.ErrFull)
		}
		if kept := has(t, db, projects[i]); kept != (err == nil) {
			t.Errorf("%d: kept %v, error %v", i, kept, err)
		}
	}
	if failed == 0 {
		t.Error("nothing failed, so nothing was shown")
	}
	must(t, sqlstore.LimitPages(db, 0))
	addProjects(t, db, aProject("life goes on"))
}

// That SQLite syncs its log before a commit returns hangs on two settings of
// the connection that writes.
func TestCommitsWaitForTheDisk(t *testing.T) {
	db := engines(t)[0].open(t)
	must(t, db.Tx(context.Background(), func(ctx context.Context) error {
		for query, want := range map[string]string{"PRAGMA synchronous": "2", "PRAGMA journal_mode": "wal"} {
			if got, err := db.Texts(ctx, query); err != nil || len(got) != 1 || got[0] != want {
				t.Errorf("%s is %q, %v; want %s", query, got, err, want)
			}
		}
		return nil
	}))
}
