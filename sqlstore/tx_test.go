package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/sqlstore"
)

var errOops = errors.New("oops")

// has reports whether a project is there for readers.
func has(t *testing.T, db *sqlstore.DB, p project.Project) bool {
	t.Helper()
	_, err := db.Projects().Get(context.Background(), p.ID)
	if err != nil && !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

func TestTx(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		insert := func(ctx context.Context, p project.Project) error { return db.Projects().Insert(ctx, p) }

		t.Run("what returns nil is kept, and seen by nobody before", func(t *testing.T) {
			p := aProject("kept")
			must(t, db.Tx(ctx, func(tx context.Context) error {
				if !sqlstore.InTx(tx) || sqlstore.InTx(ctx) {
					t.Error("InTx does not tell the contexts apart")
				}
				must(t, insert(tx, p))
				if _, err := db.Projects().Get(tx, p.ID); err != nil {
					t.Error("the transaction does not see its own row:", err)
				}
				if has(t, db, p) {
					t.Error("a reader sees the row before the commit")
				}
				return nil
			}))
			if !has(t, db, p) {
				t.Error("the row is not there after the commit")
			}
		})

		t.Run("what returns an error leaves nothing", func(t *testing.T) {
			p := aProject("dropped")
			wantIs(t, db.Tx(ctx, func(ctx context.Context) error {
				must(t, insert(ctx, p))
				db.After(ctx, func() { t.Error("After ran without a commit") })
				return errOops
			}), errOops)
			if has(t, db, p) {
				t.Error("the row is there")
			}
		})

		t.Run("what panics leaves nothing and keeps nobody waiting", func(t *testing.T) {
			p := aProject("panicked")
			func() {
				defer func() {
					if recover() == nil {
						t.Error("the panic was swallowed")
					}
				}()
				_ = db.Tx(ctx, func(ctx context.Context) error {
					must(t, insert(ctx, p))
					panic("oops")
				})
			}()
			if has(t, db, p) {
				t.Error("the row is there")
			}
			must(t, insert(ctx, p))
		})

		t.Run("an error of a joined call dooms the whole", func(t *testing.T) {
			p := aProject("joined")
			wantIs(t, db.Tx(ctx, func(ctx context.Context) error {
				must(t, insert(ctx, p))
				_ = db.Tx(ctx, func(context.Context) error { return errOops })
				return nil
			}), errOops)
			if has(t, db, p) {
				t.Error("the row is there")
			}
		})

		t.Run("After runs in order, once the rows are there, outside of the transaction", func(t *testing.T) {
			p := aProject("after")
			var order []int
			must(t, db.Tx(ctx, func(ctx context.Context) error {
				db.After(ctx, func() {
					order = append(order, 1)
					if !has(t, db, p) {
						t.Error("After ran before the commit")
					}
				})
				must(t, db.Tx(ctx, func(ctx context.Context) error {
					db.After(ctx, func() { order = append(order, 2) })
					return insert(ctx, p)
				}))
				db.After(ctx, func() {
					order = append(order, 3)
					must(t, db.Projects().Touch(context.Background(), p.ID, at(9))) // the writer is free again
				})
				if order != nil {
					t.Error("After ran at once")
				}
				return nil
			}))
			if !slices.Equal(order, []int{1, 2, 3}) {
				t.Errorf("order %v", order)
			}
			db.After(ctx, func() { order = nil })
			if order != nil {
				t.Error("After without a transaction did not run at once")
			}
		})

		t.Run("the end of the caller's context does not interrupt it", func(t *testing.T) {
			p := aProject("begun")
			ctx, cancel := context.WithCancel(ctx)
			must(t, db.Tx(ctx, func(ctx context.Context) error {
				cancel()
				return insert(ctx, p)
			}))
			if !has(t, db, p) {
				t.Error("the row is not there")
			}
		})

		t.Run("who waits for his turn may give up", func(t *testing.T) {
			begun, finish := make(chan struct{}), make(chan struct{})
			var wait sync.WaitGroup
			for range sqlstore.AtOnce(db) {
				wait.Go(func() {
					must(t, db.Tx(ctx, func(context.Context) error { begun <- struct{}{}; <-finish; return nil }))
				})
				<-begun
			}
			waiting, cancel := context.WithCancel(ctx)
			done := make(chan error)
			go func() { done <- db.Tx(waiting, func(context.Context) error { t.Error("it ran"); return nil }) }()
			cancel()
			wantIs(t, <-done, context.Canceled)
			close(finish)
			wait.Wait()
			wantIs(t, db.Tx(waiting, func(context.Context) error { t.Error("it ran"); return nil }), context.Canceled)
		})

		t.Run("the context of an ended transaction is refused", func(t *testing.T) {
			var kept context.Context
			must(t, db.Tx(ctx, func(ctx context.Context) error { kept = ctx; return nil }))
			if err := insert(kept, aProject("late")); err == nil {
				t.Error("a write after the end was taken")
			}
			if _, err := db.Projects().Get(kept, "x"); err == nil || errors.Is(err, project.ErrNotFound) {
				t.Errorf("a read after the end: %v", err)
			}
		})

		t.Run("fifty writers and as many readers lose nothing", func(t *testing.T) {
			const n = 50
			counter := aProject("counter")
			addProjects(t, db, counter)
			var wait sync.WaitGroup
			for i := range n {
				wait.Go(func() {
					err := db.Tx(ctx, func(ctx context.Context) error {
						p, err := db.Projects().Get(ctx, counter.ID)
						if err != nil {
							return err
						}
						p.LastUpdate = p.LastUpdate.Add(1e9)
						if err := db.Projects().Update(ctx, p); err != nil {
							return err
						}
						return insert(ctx, aProject(fmt.Sprintf("writer %d", i)))
					})
					if err != nil {
						t.Error(err)
					}
				})
				wait.Go(func() {
					if _, err := db.Projects().List(ctx, project.Query{}); err != nil {
						t.Error(err)
					}
				})
			}
			wait.Wait()
			p, err := db.Projects().Get(ctx, counter.ID)
			must(t, err)
			if !p.LastUpdate.Equal(at(n)) {
				t.Errorf("counted to %v, expected %v", p.LastUpdate, at(n))
			}
		})
	})
}
