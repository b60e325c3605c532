package sqlstore_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/task"
)

func previews(t testing.TB, db *sqlstore.DB) int {
	t.Helper()
	rows, err := db.Texts(context.Background(), `SELECT hash FROM preview`)
	must(t, err)
	return len(rows)
}

func TestArtifactRemoval(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		store := db.Artifacts()
		x, y := aTask("x"), aTask("y")
		addTasks(t, db, x, y)
		a, b, in := output("a"), output("b"), artifact.Ref{Key: "a", Mode: artifact.Input}
		g := land(t, db, "p", "one")
		bound := aVersion(5)
		bound.Address, bound.State, bound.Generation, bound.Hash = ownAddress(t, "p"), artifact.Stored, g.ID, string(g.Digest)
		fill := func(ref artifact.Ref, stamps ...int64) {
			t.Helper()
			for _, s := range stamps {
				v := bound
				v.Timestamp = s
				add(t, db, x.ID, ref, v, fmt.Sprint(s))
			}
		}
		fill(a, 3, 1, 2)
		fill(b, 1)
		fill(in, 1)
		add(t, db, y.ID, a, bound, "1")

		t.Run("of one version makes the next one the newest", func(t *testing.T) {
			gone, err := store.RemoveVersion(ctx, x.ID, a, 1, at(9))
			must(t, err)
			if gone.Number != 1 || gone.Generation != g.ID || gone.FileNumber != 1 || gone.Address.Path != "p" {
				t.Errorf("returned %+v", gone)
			}
			if n := newest(t, db, x.ID, a); n.Number != 3 || n.Versions != 2 {
				t.Errorf("newest is %d of %d, expected 3 of 2", n.Number, n.Versions)
			}
			_, err = store.RemoveVersion(ctx, x.ID, a, 1, at(9))
			wantIs(t, err, artifact.ErrNoVersion)
			_, err = store.RemoveVersion(ctx, x.ID, output("unknown"), 1, at(9))
			wantIs(t, err, artifact.ErrNoVersion)
		})

		t.Run("of refs returns their living versions and leaves the rest", func(t *testing.T) {
			gone, err := store.Remove(ctx, x.ID, []artifact.Ref{a, output("unknown")}, at(10))
			must(t, err)
			var got []int
			for _, p := range gone {
				got = append(got, p.Number)
				if p.Task != x.ID || p.Ref != a || p.Address.Path != "p" || p.Generation != g.ID {
					t.Errorf("returned %+v", p)
				}
			}
			if !slices.Equal(got, []int{2, 3}) {
				t.Errorf("versions %v were removed, expected 2 and 3", got)
			}
			if v := versions(t, db, x.ID, a); len(v) != 0 {
				t.Errorf("still living: %v", numbers(v))
			}
			if v := versions(t, db, x.ID, in); len(v) != 1 {
				t.Errorf("%d input versions, expected 1", len(v))
			}
			again, err := store.Remove(ctx, x.ID, []artifact.Ref{a}, at(11))
			if err != nil || len(again) != 0 {
				t.Errorf("a second time: %v, %v", again, err)
			}
		})

		t.Run("is remembered by identity, and numbers go on", func(t *testing.T) {
			known, err := store.Known(ctx, x.ID, []artifact.Ref{a})
			must(t, err)
			if !reflect.DeepEqual(known[a], map[string]time.Time{"3": at(9), "1": at(10), "2": at(10)}) {
				t.Errorf("known %v", known[a])
			}
			if v := add(t, db, x.ID, a, aVersion(1), "new"); v.Number != 4 {
				t.Errorf("number %d, expected 4", v.Number)
			}
			if n := newest(t, db, x.ID, a); n.Number != 4 || n.Versions != 1 {
				t.Errorf("newest is %d of %d, expected 4 of 1", n.Number, n.Versions)
			}
		})

		t.Run("of an empty list removes nothing, of nil everything of the task", func(t *testing.T) {
			gone, err := store.Remove(ctx, x.ID, []artifact.Ref{}, at(12))
			if err != nil || len(gone) != 0 {
				t.Errorf("an empty list: %v, %v", gone, err)
			}
			gone, err = store.Remove(ctx, x.ID, nil, at(12))
			if err != nil || len(gone) != 3 {
				t.Errorf("nil removed %d versions, %v; expected 3", len(gone), err)
			}
			if v := versions(t, db, y.ID, a); len(v) != 1 {
				t.Errorf("the other task has %d versions, expected 1", len(v))
			}
		})

		t.Run("a forgotten task leaves no row, and can be deleted then", func(t *testing.T) {
			if _, err := db.Tasks().Delete(ctx, x.ID); err == nil {
				t.Error("a task was deleted whose artifacts are on record")
			}
			must(t, store.Forget(ctx, x.ID))
			known, err := store.Known(ctx, x.ID, []artifact.Ref{a, b, in})
			if err != nil || len(known) != 0 {
				t.Errorf("known %v, %v", known, err)
			}
			_, err = db.Tasks().Delete(ctx, x.ID)
			must(t, err)
			if v := versions(t, db, y.ID, a); len(v) != 1 {
				t.Errorf("the other task has %d versions, expected 1", len(v))
			}
		})
	})
}

func TestArtifactPrune(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		store := db.Artifacts()
		x := aTask("x")
		addTasks(t, db, x)
		ref := output("frame")
		for i, stamp := range []int64{5, 1, 4, 2, 3, 3} {
			add(t, db, x.ID, ref, aVersion(stamp), fmt.Sprint(i))
		}
		_, err := store.RemoveVersion(ctx, x.ID, ref, 3, at(1))
		must(t, err)
		gone, err := store.Prune(ctx, x.ID, ref, 5)
		if err != nil || len(gone) != 0 {
			t.Errorf("pruned %v, %v though there are no more than five", numbers(gone), err)
		}
		gone, err = store.Prune(ctx, x.ID, ref, 2)
		must(t, err)
		if got := numbers(gone); !slices.Equal(got, []int{2, 4, 5}) {
			t.Errorf("pruned %v, expected the three oldest", got)
		}
		if got := numbers(versions(t, db, x.ID, ref)); !slices.Equal(got, []int{1, 6}) {
			t.Errorf("left %v", got)
		}
		if n := newest(t, db, x.ID, ref); n.Number != 1 || n.Versions != 2 {
			t.Errorf("newest is %d of %d", n.Number, n.Versions)
		}
		known, err := store.Known(ctx, x.ID, []artifact.Ref{ref})
		must(t, err)
		if len(known[ref]) != 3 { // two kept, one removed
			t.Errorf("known %v", known[ref])
		}
		gone, err = store.Prune(ctx, x.ID, output("unknown"), 2)
		if err != nil || len(gone) != 0 {
			t.Errorf("of an unknown artifact: %v, %v", gone, err)
		}
	})
}

func TestPreviewsAreSharedAndGoWithTheirLastVersion(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		store := db.Artifacts()
		x, y := aTask("x"), aTask("y")
		addTasks(t, db, x, y)
		with := func(of task.ID, key, preview string, stamp int64) {
			t.Helper()
			v := aVersion(stamp)
			v.Preview = preview
			add(t, db, of, output(key), v, fmt.Sprint(stamp))
		}
		step := func(what string, want int) {
			t.Helper()
			if n := previews(t, db); n != want {
				t.Errorf("%s: %d previews, expected %d", what, n, want)
			}
		}
		with(x.ID, "a", "same", 1)
		with(x.ID, "b", "same", 1)
		with(y.ID, "a", "same", 1)
		with(y.ID, "b", "", 1)
		with(y.ID, "c", "other", 1)
		with(y.ID, "c", "third", 2)
		step("equal texts are kept once", 3)
		_, err := store.Prune(ctx, y.ID, output("c"), 1)
		must(t, err)
		step("pruned", 2)
		must(t, store.Forget(ctx, x.ID))
		step("still in use", 2)
		_, err = store.Remove(ctx, y.ID, []artifact.Ref{output("a")}, at(1))
		must(t, err)
		step("removed", 1)
		_, err = store.RemoveVersion(ctx, y.ID, output("c"), 2, at(1))
		must(t, err)
		step("version removed", 0)
	})
}
