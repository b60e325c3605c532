package sqlstore_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/test/postgres"
)

func TestMove(t *testing.T) {
	ctx := context.Background()
	from := openFile(t, filepath.Join(t.TempDir(), "coffer.db"))
	a := newActor(t, from, 1)
	_, err := a.users.Bootstrap(ctx)
	must(t, err)
	for range 6000 {
		a.act(ctx)
	}
	was := a.dump(t)
	for name, rows := range was {
		if len(rows) == 0 {
			t.Errorf("table %s is empty: nothing is moved", name)
		}
	}

	at := sqlstore.Config{URL: postgres.Database(t)}
	to := openDB(t, at)
	empty := func(t *testing.T) {
		t.Helper()
		rows, _, err := to.Dump(ctx)
		must(t, err)
		for name, list := range rows {
			if name == "setting" && len(list) == 1 {
				continue // the rules of searching, noted as the database was opened
			}
			if len(list) > 0 {
				t.Errorf("table %s has %d rows", name, len(list))
			}
		}
	}

	for name, change := range map[string]string{
		"a row that changed":          `UPDATE artifact_version SET size = size + 1 WHERE id = (SELECT min(id) FROM artifact_version WHERE size IS NOT NULL)`,
		"a number that changed a bit": `UPDATE event_series SET mean_value = mean_value * 1.0000000000000003 + 5e-324 WHERE id = (SELECT id FROM event_series WHERE mean_value > 0 AND mean_value < 1e300 LIMIT 1)`,
		"bytes that changed":          `UPDATE event_node SET body = body || '\x00'::bytea WHERE series = (SELECT min(series) FROM event_node)`,
		"a text that lost a blank":    `UPDATE task SET comment = 'spaced' WHERE id = (SELECT id FROM task WHERE comment = ' spaced ' LIMIT 1)`,
		"a row that was lost":         `DELETE FROM event_log WHERE owner = (SELECT max(owner) FROM event_log)`,
		"a row too many":              `INSERT INTO preview (hash, body) VALUES ('zzz', 'more')`,
	} {
		t.Run(name+" is found, and nothing is kept", func(t *testing.T) {
			_, err := sqlstore.MoveWith(ctx, from, to, func(ctx context.Context) error { return to.Exec(ctx, change) })
			wantIs(t, err, sqlstore.ErrDiffers)
			empty(t)
		})
	}

	t.Run("that is interrupted leaves nothing and can be run again", func(t *testing.T) {
		_, err := sqlstore.MoveWith(ctx, from, to, func(context.Context) error { return errOops })
		wantIs(t, err, errOops)
		empty(t)
		gone, cancel := context.WithCancel(ctx)
		cancel()
		_, err = sqlstore.Move(gone, from, to)
		wantIs(t, err, context.Canceled)
		empty(t)
	})

	t.Run("copies every row of every table", func(t *testing.T) {
		moved, err := sqlstore.Move(ctx, from, to)
		must(t, err)
		a.db = to
		is := a.dump(t)
		a.db = from
		for name, rows := range was {
			if !slices.Equal(rows, is[name]) {
				t.Errorf("table %s differs: %s", name, firstDifference(rows, is[name]))
			}
			i := slices.IndexFunc(moved, func(m sqlstore.Moved) bool { return m.Table == name })
			if i < 0 || moved[i].Rows != int64(len(rows)) {
				t.Errorf("table %s: %d rows, told was %v", name, len(rows), moved)
			}
		}
		drawn := func(db *sqlstore.DB) string {
			values, err := db.Texts(ctx, `SELECT store_key FROM blob UNION ALL SELECT secret_hash FROM user_key UNION ALL SELECT value FROM setting`)
			must(t, err)
			slices.Sort(values)
			return strings.Join(values, "\n")
		}
		if drawn(from) != drawn(to) {
			t.Error("what is drawn at random differs")
		}
	})

	t.Run("lets life go on: numbers continue", func(t *testing.T) {
		b := newActor(t, to, 2)
		for range 300 {
			b.act(ctx)
		}
		for _, said := range b.said {
			if strings.Contains(said, ": internal") {
				t.Error(said)
			}
		}
	})

	t.Run("into a database that is in use is refused", func(t *testing.T) {
		_, err := sqlstore.Move(ctx, from, to)
		wantIs(t, err, sqlstore.ErrNotEmpty)
	})
}

func TestMovedEventsThatWaitToBeSweptKeepTheirNumber(t *testing.T) {
	ctx := context.Background()
	from := openFile(t, filepath.Join(t.TempDir(), "coffer.db"))
	addScalars(t, from, scalar("gone", 1, 1))
	must(t, from.Tx(ctx, func(ctx context.Context) error { return from.Events().Delete(ctx, run) }))
	to := openDB(t, sqlstore.Config{URL: postgres.Database(t)})
	_, err := sqlstore.Move(ctx, from, to)
	must(t, err)
	addScalars(t, to, scalar("kept", 1, 1))
	for n := 1; n > 0; {
		must(t, to.Tx(ctx, func(ctx context.Context) (err error) { n, err = to.Events().Sweep(ctx, 100); return err }))
	}
	series, err := to.Events().Series(ctx, []event.Target{run}, nil)
	must(t, err)
	if len(series) != 1 || series[0].Variant != "kept" {
		t.Errorf("after the sweep: %+v", series)
	}
}

func TestMovedSamplesKeepTheNumberOfWhatTheyShowed(t *testing.T) {
	ctx := context.Background()
	from := openFile(t, filepath.Join(t.TempDir(), "coffer.db"))
	land(t, from, "a", "one")
	g := land(t, from, "b", "two")
	addSampleOf(t, from, g)
	collect(t, from, g)
	to := openDB(t, sqlstore.Config{URL: postgres.Database(t)})
	_, err := sqlstore.Move(ctx, from, to)
	must(t, err)
	if next := land(t, to, "c", "three"); next.ID <= g.ID {
		t.Errorf("%d came after %d", next.ID, g.ID)
	}
}
