package sqlstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/internal/curve"
	"github.com/coffer-ml/coffer/sqlstore"
)

// thousand is a slice of new points of ten curves.
func thousand(first int64, at time.Time) []*event.Event {
	slice := make([]*event.Event, 1000)
	for i := range slice {
		n := first + int64(i)
		v := float64(n%977) / 7
		slice[i] = &event.Event{
			Type: event.Scalar, Target: run, Metric: "loss", Variant: string(rune('a' + n%10)), Iter: n / 10,
			Value: &v, Timestamp: at.UnixMilli() + n, Received: at, Worker: "w",
		}
	}
	return slice
}

func addThousand(b *testing.B, db *sqlstore.DB, first int64) {
	b.Helper()
	must(b, db.BulkTx(context.Background(), func(ctx context.Context) error {
		_, err := db.Events().AddScalars(ctx, thousand(first, at(0)), event.MaxSeries)
		return err
	}))
}

// BenchmarkScalars adds new points.
func BenchmarkScalars(b *testing.B) {
	for _, e := range engines(b) {
		b.Run(e.name, func(b *testing.B) {
			db := e.open(b)
			next := int64(0)
			for b.Loop() {
				addThousand(b, db, next)
				next += 1000
			}
			b.ReportMetric(float64(next)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkCurve cuts one of ten curves of 200,000 points into 1,000 buckets.
func BenchmarkCurve(b *testing.B) {
	for _, e := range engines(b) {
		b.Run(e.name, func(b *testing.B) {
			db := e.open(b)
			for first := int64(0); first < 2_000_000; first += 1000 {
				addThousand(b, db, first)
			}
			series, err := db.Events().Series(context.Background(), []event.Target{run}, nil)
			must(b, err)
			for b.Loop() {
				buckets, err := db.Events().Buckets(context.Background(), series[0], curve.ByIter, curve.Width(curve.ByIter, series[0].Curve, 1000))
				must(b, err)
				if len(buckets) != 1000 {
					b.Fatal(len(buckets))
				}
			}
		})
	}
}
