package schedule_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coffer-ml/coffer/internal/schedule"
)

func TestJobsRunAtTheirIntervalsUntilTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var quick, failing, early int
		jobs := []schedule.Job{
			{Name: "quick", Every: time.Second, Run: func(context.Context) error { quick++; return nil }},
			{Name: "failing", Every: 3 * time.Second, Run: func(context.Context) error { failing++; return errors.New("no") }},
			{Name: "early", Every: 4 * time.Second, AtStart: true, Run: func(context.Context) error { early++; return nil }},
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			schedule.Run(ctx, slog.New(slog.DiscardHandler), jobs)
		}()
		time.Sleep(9*time.Second + time.Millisecond)
		synctest.Wait()
		if quick != 9 || failing != 3 || early != 3 {
			t.Errorf("quick ran %d times, failing %d, early %d; want 9, 3 and 3", quick, failing, early)
		}
		cancel()
		<-ended
	})
}
