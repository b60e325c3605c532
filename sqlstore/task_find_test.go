package sqlstore_test

import (
	"context"
	"slices"
	"testing"

	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/task"
)

func TestChildrenAreFoundByTheirParent(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		parent, other := aTask("parent"), aTask("other")
		addTasks(t, db, parent, other)
		var want []task.ID
		for range 3 {
			child := aTask("child")
			child.Parent = parent.ID
			addTasks(t, db, child)
			want = append(want, child.ID)
		}
		slices.Sort(want)
		got, err := db.Tasks().Children(ctx, parent.ID)
		must(t, err)
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if got, err := db.Tasks().Children(ctx, other.ID); err != nil || len(got) != 0 {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

func TestSilentTasksAreFoundTheLongestSilentFirst(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		run := func(name string, status task.Status, reported int, public bool) task.ID {
			x := aTask(name)
			x.Status, x.LastUpdate, x.Public = status, at(reported), public
			addTasks(t, db, x)
			return x.ID
		}
		later, sooner := run("later", task.InProgress, 20, false), run("sooner", task.InProgress, 10, false)
		run("noisy", task.InProgress, 30, false)
		run("ended", task.Stopped, 10, false)
		run("public", task.InProgress, 10, true)
		for limit, want := range map[int][]task.ID{10: {sooner, later}, 1: {sooner}} {
			got, err := db.Tasks().Silent(ctx, at(30), limit)
			must(t, err)
			if !slices.Equal(got, want) {
				t.Errorf("of at most %d: got %q, want %q", limit, got, want)
			}
		}
	})
}

func TestTheLatestEventOfEachKindIsKnown(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		store, target := db.Events(), event.Target{Kind: event.Task, ID: "t"}
		note := func(of event.Target, list []event.Latest) {
			must(t, db.Tx(ctx, func(ctx context.Context) error { return store.Note(ctx, map[event.Target][]event.Latest{of: list}) }))
		}
		for _, list := range [][]event.Latest{
			{{Metric: "loss", Type: event.Scalar, At: at(2)}, {Metric: "loss", Type: event.Plot, At: at(1)}, {Metric: "loss", Type: event.Scalar, At: at(0)}},
			{{Metric: "loss", Type: event.Scalar, At: at(1)}, {Metric: "acc", Type: event.Scalar, At: at(3)}}, // the first was told late
		} {
			note(target, list)
		}
		note(event.Target{Kind: event.Task, ID: "u"}, []event.Latest{{Metric: "loss", Type: event.Scalar, At: at(9)}})
		progress, err := store.Progress(ctx, []event.Target{target}, event.WithLatest, event.MaxSummaries)
		must(t, err)
		want := []event.Latest{
			{Metric: "acc", Type: event.Scalar, At: at(3)},
			{Metric: "loss", Type: event.Plot, At: at(1)},
			{Metric: "loss", Type: event.Scalar, At: at(2)},
		}
		same := func(a, b event.Latest) bool { return a.Metric == b.Metric && a.Type == b.Type && a.At.Equal(b.At) }
		if got := progress[target].Latest; !slices.EqualFunc(got, want, same) {
			t.Errorf("got %v, want %v", got, want)
		}
		must(t, db.Tx(ctx, func(ctx context.Context) error { return store.Delete(ctx, target) }))
		if progress, err = store.Progress(ctx, []event.Target{target}, event.WithLatest, event.MaxSummaries); err != nil || len(progress[target].Latest) != 0 {
			t.Errorf("after the deletion: %v, %v", progress, err)
		}
	})
}
