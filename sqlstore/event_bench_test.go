package sqlstore_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/sqlstore"
)

// BenchmarkScalars adds slices of 1,000 points of ten curves each.
func BenchmarkScalars(b *testing.B) {
	ctx := context.Background()
	db, err := sqlstore.Open(ctx, sqlstore.Config{Path: filepath.Join(b.TempDir(), "coffer.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	now := time.UnixMilli(1_762_000_000_000)
	next := int64(0)
	slice := make([]event.Event, 1000)
	for b.Loop() {
		for i := range slice {
			v := float64(next%977) / 7
			slice[i] = event.Event{
				Type: event.Scalar, Target: run, Metric: "loss", Variant: string(rune('a' + i%10)), Iter: next / 10,
				Value: &v, Timestamp: now.UnixMilli() + next, Received: now, Worker: "w",
			}
			next++
		}
		if err := db.BulkTx(ctx, func(ctx context.Context) error {
			_, err := db.Events().AddScalars(ctx, slice, event.MaxSeries)
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(next)/b.Elapsed().Seconds(), "events/s")
	series, err := db.Events().Series(ctx, []event.Target{run}, nil)
	if err != nil || series[0].Curve.Count != next/10 {
		b.Fatal(err, series)
	}
}
