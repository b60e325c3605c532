package server

import (
	"context"
	"log/slog"
	"time"

	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/schedule"
)

// jobs lists what the server does by itself.
func (s *services) jobs(cfg Config, logger *slog.Logger) []schedule.Job {
	jobs := []schedule.Job{
		{Name: "collect files", Every: time.Hour, Run: func(ctx context.Context) error {
			r, err := s.files.Collect(ctx)
			if r != (file.Report{}) {
				logger.Info("collected", "files", r.Files, "generations", r.Generations, "blobs", r.Blobs, "bytes", r.Bytes,
					"orphans", r.Orphans, "temporary", r.Temporary, "sessions", r.Sessions, "drafts", r.Drafts)
			}
			return err
		}},
		{Name: "drop sessions", Every: time.Hour, Run: func(ctx context.Context) error {
			_, err := s.users.DropSessions(ctx)
			return err
		}},
	}
	if cfg.WatchdogSilence > 0 {
		// The first look comes an interval after the start, so that runs which
		// could not report while the server was away have the time to do so.
		jobs = append(jobs, schedule.Job{Name: "stop silent runs", Every: cfg.WatchdogEvery, Run: func(ctx context.Context) error {
			stopped, err := s.tasks.StopSilent(ctx, cfg.WatchdogSilence)
			if len(stopped) > 0 {
				logger.Info("stopped silent runs", "tasks", stopped, "silence", cfg.WatchdogSilence)
			}
			return err
		}})
	}
	return jobs
}
