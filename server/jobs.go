package server

import (
	"context"
	"log/slog"
	"time"

	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/schedule"
	"github.com/coffer-ml/coffer/user"
)

// jobs lists what the server does by itself.
func (s *services) jobs(cfg Config, logger *slog.Logger) []schedule.Job {
	jobs := []schedule.Job{
		// First at once: what a killed server left unfinished takes room.
		{Name: "sweep unfinished writes", Every: time.Hour, AtStart: true, Run: func(ctx context.Context) error {
			n, err := s.files.SweepTemporary(ctx, s.abandoned())
			if n > 0 {
				logger.Info("swept unfinished writes", "files", n)
			}
			return err
		}},
		{Name: "collect files", Every: time.Hour, Run: func(ctx context.Context) error {
			r, err := s.files.Collect(ctx, s.files.Grace)
			if !r.IsZero() {
				logger.Info("collected", "files", r.Files, "generations", r.Generations, "blobs", r.Blobs,
					"orphans", r.Orphans, "bytes", r.Bytes, "temporary", r.Temporary, "sessions", r.Sessions, "drafts", r.Drafts)
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
	if cfg.AuditRetention > 0 {
		jobs = append(jobs, schedule.Job{Name: "prune the audit", Every: time.Hour, Run: func(ctx context.Context) error {
			n, err := s.users.PruneAudit(ctx, time.Now().Add(-cfg.AuditRetention))
			if n > 0 {
				logger.Info("pruned the audit", "entries", n)
			}
			return err
		}})
	}
	for i, j := range jobs {
		jobs[i].Run = func(ctx context.Context) error {
			return j.Run(user.WithAct(ctx, user.Act{Who: user.Server, Action: j.Name}))
		}
	}
	return jobs
}

// abandoned is the time since when a write must have grown to be under way.
// Nobody but this process writes for a database that it owns, and what it
// writes itself is left alone anyway.
func (s *services) abandoned() time.Time {
	if s.db.Shared() {
		return time.Now().Add(-file.DefaultGrace)
	}
	return time.Now()
}
