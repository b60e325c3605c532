package sqlstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/curve"
	"github.com/coffer-ml/coffer/sqlstore"
)

var run = event.Target{Kind: event.Task, ID: "0123456789abcdef0123456789abcdef"}

func scalar(variant string, iter int64, value float64) event.Event {
	return event.Event{
		Type: event.Scalar, Target: run, Metric: "loss", Variant: variant, Iter: iter, Value: &value,
		Timestamp: 1000 + iter, Received: at(0), Worker: "w",
	}
}

func addScalars(t testing.TB, db *sqlstore.DB, list ...event.Event) (refused []int) {
	t.Helper()
	given := make([]*event.Event, len(list))
	for i := range list {
		given[i] = &list[i]
	}
	must(t, db.Tx(context.Background(), func(ctx context.Context) (err error) {
		refused, err = db.Events().AddScalars(ctx, given, 3)
		return err
	}))
	return refused
}

// Series answer as their points say, after gaps, overwrites, duplicates and
// points below zero, whatever the order in which they came.
func TestScalarsAgreeWithPoints(t *testing.T) {
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		ctx := context.Background()
		r := rand.New(rand.NewPCG(3, 4))
		points := map[int64]float64{}
		for batch := range int64(30) {
			var list []event.Event
			for i := range int64(200) {
				iter := batch*200 + i - 1000
				if i%3 == 0 {
					iter = r.Int64N(9000) - 2000
				}
				v := float64(r.IntN(2001) - 1000)
				list = append(list, scalar("v", iter, v))
				points[iter] = v
			}
			addScalars(t, db, append(list, scalar("v", event.Single, 5))...)
		}
		series, err := db.Events().Series(ctx, []event.Target{run}, nil)
		must(t, err)
		if len(series) != 1 || series[0].Single == nil || series[0].Single.Value != 5 {
			t.Fatalf("series: %+v", series)
		}
		var all curve.Aggregate
		for iter, v := range points {
			all.Add(curve.Point{Iter: iter, Value: v, Time: 1000 + iter})
		}
		if series[0].Curve != all {
			t.Errorf("the series comes to\n%+v, want\n%+v", series[0].Curve, all)
		}
		for _, key := range []curve.Key{curve.ByIter, curve.ByTime} {
			width := curve.Width(key, all, 50)
			buckets, err := db.Events().Buckets(ctx, series[0], key, width)
			must(t, err)
			var n int64
			for _, b := range buckets {
				var exact curve.Aggregate
				for iter, v := range points {
					x := iter
					if key == curve.ByTime {
						x += 1000
					}
					if x >= b.At && x < b.At+width {
						exact.Add(curve.Point{Iter: iter, Value: v, Time: 1000 + iter})
					}
				}
				if b.Aggregate != exact {
					t.Fatalf("bucket %d is\n%+v, want\n%+v", b.At, b.Aggregate, exact)
				}
				n += b.Count
			}
			if n != all.Count {
				t.Errorf("%d points in buckets, %d in all", n, all.Count)
			}
		}
		page, err := db.Events().Scalars(ctx, run, series, curve.Query{Limit: 100_000})
		must(t, err)
		if len(page) != len(points)+1 || page[0].Iter != event.Single {
			t.Errorf("%d points, want %d and the single one", len(page), len(points))
		}
		for _, e := range page[1:] {
			if *e.Value != points[e.Iter] {
				t.Fatalf("iteration %d is %v, want %v", e.Iter, *e.Value, points[e.Iter])
			}
		}
	})
}

func TestSeriesHaveALimit(t *testing.T) {
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		var list []event.Event
		for i := range 5 {
			list = append(list, scalar(fmt.Sprint(i), 0, 1))
		}
		if refused := addScalars(t, db, list...); len(refused) != 2 {
			t.Errorf("%d refused", len(refused))
		}
		if refused := addScalars(t, db, scalar("0", 1, 2), scalar("9", 1, 2)); len(refused) != 1 {
			t.Errorf("%d refused, want the one that is new", len(refused))
		}
		p, err := db.Events().Progress(context.Background(), []event.Target{run}, event.WithSeries, 2)
		must(t, err)
		if len(p[run].Series) != 2 || p[run].Series[0].Curve.Last.Value != 2 {
			t.Errorf("progress: %+v", p[run])
		}
	})
}

// Chunks of the log bound what a line makes us write; lines of one time may
// fill many.
func TestLogChunks(t *testing.T) {
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		ctx := context.Background()
		add := func(lines []event.Line) {
			must(t, db.Tx(ctx, func(ctx context.Context) error { return db.Events().AddLog(ctx, lines) }))
		}
		var lines []event.Line
		for i := range 7000 {
			lines = append(lines, event.Line{Event: event.Event{
				Type: event.Log, Target: run, Timestamp: int64(1000 + i/5000), Msg: fmt.Sprint("line ", i, strings.Repeat("x", i%100)), Level: "INFO", Worker: "w\x00", Received: at(0),
			}})
		}
		for range 2 {
			for i := 0; i < len(lines); i += 700 {
				add(lines[i : i+700])
			}
		}
		n, err := db.Events().LogCount(ctx, run, nil)
		must(t, err)
		if n != len(lines) {
			t.Errorf("%d lines, want %d", n, len(lines))
		}
		page, err := db.Events().Log(ctx, run, event.LogQuery{Limit: 10})
		must(t, err)
		if len(page) != 5000 || page[17].Msg != lines[17].Msg || page[0].Worker != "w\uFFFD" {
			t.Errorf("%d lines of the first time", len(page))
		}
		page, err = db.Events().Log(ctx, run, event.LogQuery{Limit: 10, From: 1000})
		must(t, err)
		if len(page) != 2000 || page[0].Msg != lines[5000].Msg {
			t.Errorf("%d lines of the second time", len(page))
		}
		var deleted int
		must(t, db.Tx(ctx, func(ctx context.Context) (err error) {
			deleted, err = db.Events().ClearLog(ctx, run, 1000, func(event.Event) bool { return true })
			return err
		}))
		last, err := db.Events().LastLog(ctx, run)
		must(t, err)
		if n, err = db.Events().LogCount(ctx, run, nil); err != nil || deleted != 5000 || n != 2000 || last != 1001 {
			t.Errorf("deleted %d, left %d, the last of %d: %v", deleted, n, last, err)
		}
	})
}

// What was deleted is out of sight at once, also when the target reports
// again, and is gone after the sweep.
func TestDeletedEventsAreSwept(t *testing.T) {
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		ctx := context.Background()
		fill := func() {
			for i := range int64(20) {
				var list []event.Event
				for j := range int64(600) {
					list = append(list, scalar("v", i*600+j, 1))
				}
				addScalars(t, db, list...)
			}
			must(t, db.Tx(ctx, func(ctx context.Context) error {
				if err := db.Events().AddLog(ctx, []event.Line{{Event: event.Event{Type: event.Log, Target: run, Msg: "x", Timestamp: 1}}}); err != nil {
					return err
				}
				return db.Events().Put(ctx, []event.Item{{Event: event.Event{
					Type: event.DebugImage, Target: run, Metric: "m", Variant: "v", Key: "k", URL: file.Elsewhere("s3://b/x"), Received: at(0),
				}}})
			}))
		}
		fill()
		must(t, db.Tx(ctx, func(ctx context.Context) error { return db.Events().Delete(ctx, run) }))
		if n, err := db.Events().Count(ctx, run); err != nil || n != 0 {
			t.Errorf("%d events in sight: %v", n, err)
		}
		fill()
		for {
			n := 0
			must(t, db.Tx(ctx, func(ctx context.Context) (err error) { n, err = db.Events().Sweep(ctx, 7); return err }))
			if n == 0 {
				break
			}
			if n > 7 {
				t.Fatalf("%d rows in one step", n)
			}
		}
		if n, err := db.Events().Count(ctx, run); err != nil || n != 12_002 {
			t.Errorf("%d events after the sweep: %v", n, err)
		}
		for table, most := range map[string]int{"event_node": 40, "event_series": 1, "event_log": 1, "event_item": 1, "event_dead": 0, "event_progress": 1} {
			rows, err := db.Texts(ctx, `SELECT '' FROM `+table)
			must(t, err)
			if len(rows) > most {
				t.Errorf("%s has %d rows", table, len(rows))
			}
		}
	})
}
