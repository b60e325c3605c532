package server

import (
	"context"
	"log/slog"
	"time"

	"github.com/coffer-ml/coffer/internal/schedule"
)

// jobs lists what the server does by itself.
func (s *services) jobs(logger *slog.Logger) []schedule.Job {
	return []schedule.Job{
		{Name: "collect files", Every: time.Hour, Run: func(ctx context.Context) error {
			r, err := s.files.Collect(ctx)
			if r.Files+r.Generations+r.Blobs+r.Orphans+r.Temporary > 0 {
				logger.Info("collected", "files", r.Files, "generations", r.Generations, "blobs", r.Blobs,
					"bytes", r.Bytes, "orphans", r.Orphans, "temporary", r.Temporary)
			}
			return err
		}},
		{Name: "sweep events", Every: time.Minute, Run: func(ctx context.Context) error {
			_, err := s.events.Sweep(ctx)
			return err
		}},
		{Name: "drop sessions", Every: time.Hour, Run: func(ctx context.Context) error {
			_, err := s.users.DropSessions(ctx)
			return err
		}},
	}
}
