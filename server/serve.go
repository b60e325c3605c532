package server

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/coffer-ml/coffer/internal/schedule"
	"github.com/coffer-ml/coffer/rpc"
)

func serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long:  "Runs the API, the file server and the web app until it is told to stop by SIGTERM or SIGINT.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := Load(cmd.Flags(), os.Getenv)
			if err != nil {
				return usageError{err}
			}
			ctx, cancel := signal.NotifyContext(cmd.Context(), syscall.SIGTERM, os.Interrupt)
			defer cancel()
			return Serve(ctx, cfg, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	Flags(cmd.Flags())
	return cmd
}

// Serve runs a server until ctx ends. What is shown once goes to out, the log
// to logTo.
func Serve(ctx context.Context, cfg Config, out, logTo io.Writer) error {
	logger := newLogger(cfg, logTo)
	unlock, err := lockData(cfg.Data)
	if err != nil {
		return err
	}
	defer unlock()
	m := newMetrics()
	s, err := build(ctx, cfg, logger, func(n int64) { m.hashed.Add(float64(n)) })
	if err != nil {
		return err
	}
	defer func() {
		if err := s.close(); err != nil {
			logger.Error("close the database", "error", err)
		}
	}()
	first, err := s.users.Bootstrap(ctx)
	if err != nil {
		return fmt.Errorf("first start: %w", err)
	}
	if err := s.queues.Bootstrap(ctx); err != nil {
		return fmt.Errorf("default queue: %w", err)
	}
	l, err := openListeners(ctx, cfg)
	if err != nil {
		return err
	}
	defer l.close()
	var stopping atomic.Bool
	known := rpc.Addresses{
		PublicURL: cfg.PublicURL, AlsoKnownAs: cfg.AlsoKnownAs,
		WebPort: port(l.web), APIPort: port(l.api), FilesPort: port(l.files),
	}
	addresses := l.addresses()
	d := newDoors(s, cfg, m, logger, known, stopping.Load)
	if err := writeAddresses(cfg.Data, addresses); err != nil {
		return err
	}
	defer func() {
		_ = os.Remove(filepath.Join(cfg.Data, addressesFile))
		_ = os.Remove(filepath.Join(cfg.Data, adminSocket))
	}()
	if first != nil {
		showFirstRun(out, first, sdkAddresses(cfg, addresses))
	}
	logger.Info("serving", "web", addresses.Web, "api", addresses.API, "files", addresses.Files, "data", cfg.Data, "version", Version)

	running, stopJobs := context.WithCancel(context.WithoutCancel(ctx))
	jobsEnded := make(chan struct{})
	go func() {
		defer close(jobsEnded)
		schedule.Run(running, logger, s.jobs(logger))
	}()
	context.AfterFunc(ctx, func() {
		stopping.Store(true)
		logger.Info("stopping", "grace", cfg.ShutdownGrace)
	})
	err = serveAll(ctx, l, d, cfg.ShutdownGrace)
	stopJobs()
	<-jobsEnded
	return err
}

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
		{Name: "drop sessions", Every: time.Hour, Run: func(ctx context.Context) error {
			_, err := s.users.DropSessions(ctx)
			return err
		}},
	}
}

func newLogger(cfg Config, to io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(to, options))
	}
	return slog.New(slog.NewTextHandler(to, options))
}
