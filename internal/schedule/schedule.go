package schedule

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Job is something to be done again and again.
type Job struct {
	Name  string
	Every time.Duration
	// AtStart runs it once before the first interval, too.
	AtStart bool
	Run     func(ctx context.Context) error
}

// Run runs the jobs until ctx ends, and returns when the last one has ended.
func Run(ctx context.Context, logger *slog.Logger, jobs []Job) {
	var wg sync.WaitGroup
	for _, j := range jobs {
		wg.Go(func() { repeat(ctx, logger, j) })
	}
	wg.Wait()
}

func repeat(ctx context.Context, logger *slog.Logger, j Job) {
	tick := time.NewTicker(j.Every)
	defer tick.Stop()
	for first := true; ; first = false {
		if !first || !j.AtStart {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
		if err := j.Run(ctx); err != nil && ctx.Err() == nil {
			logger.Error("job failed", "job", j.Name, "error", err)
		}
	}
}
