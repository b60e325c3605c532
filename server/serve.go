package server

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/coffer-ml/coffer/internal/schedule"
	"github.com/coffer-ml/coffer/rpc"
	"github.com/coffer-ml/coffer/user"
)

func serveCommand() *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: "Runs the API, the file server and the web app until it is told to stop by SIGTERM or SIGINT. Running requests\n" +
			"may then end within the grace period; a second signal ends the process at once.\n\n" +
			"Each flag is also a key of the configuration file, and an environment variable: --api-listen is COFFER_API_LISTEN.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := Load(cmd.Flags(), os.Getenv)
			if err != nil {
				return err
			}
			if check {
				return Check(cmd.Context(), cfg, cmd.OutOrStdout())
			}
			ctx, cancel := context.WithCancel(cmd.Context())
			defer cancel()
			told := make(chan os.Signal, 1)
			signal.Notify(told, syscall.SIGTERM, os.Interrupt)
			go func() {
				<-told
				// Before anybody can know of the stop: a second signal does what it
				// does by default.
				signal.Reset(syscall.SIGTERM, os.Interrupt)
				cancel()
			}()
			return Serve(ctx, cfg, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	Flags(cmd.Flags())
	cmd.Flags().BoolVar(&check, "check", false, "only try each call to the stores of the bytes on objects of its own, tell of each, and what permission one that fails needs")
	return cmd
}

// Serve runs a server until ctx ends. What is shown once goes to out, the log
// to logTo.
func Serve(ctx context.Context, cfg Config, out, logTo io.Writer) error {
	logger := newLogger(cfg, logTo)
	fixed, err := readAccounts(cfg.UsersFile)
	if err != nil {
		return err
	}
	unlock, err := lockData(cfg.Data)
	if err != nil {
		return err
	}
	defer unlock()
	_ = os.Remove(filepath.Join(cfg.Data, addressesFile)) // of a server that was killed
	m := newMetrics()
	s, err := build(ctx, cfg, logger, m)
	if err != nil {
		return err
	}
	defer func() {
		if err := s.close(); err != nil {
			logger.Error("close the database", "error", err)
		}
	}()
	m.watch(s.room)
	l, err := openListeners(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() {
		l.close()
		_ = os.Remove(filepath.Join(cfg.Data, adminSocket))
	}()
	addresses := l.addresses()
	at := sdkAddresses(cfg, addresses)
	if err := s.prepare(ctx, cfg, fixed, out, at); err != nil {
		return err
	}
	known := rpc.Addresses{
		PublicURL: cfg.PublicURL, AlsoKnownAs: cfg.AlsoKnownAs,
		WebPort: port(l.web), APIPort: port(l.api), FilesPort: port(l.files),
	}
	running := newDrain(s.hub.Close)
	m.follow(running)
	d := newDoors(newListening(s, cfg, m, logger, known, at, running.Stopping), m, logger)
	if err := writeAddresses(cfg.Data, addresses); err != nil {
		return err
	}
	defer func() { _ = os.Remove(filepath.Join(cfg.Data, addressesFile)) }()
	logger.Info("serving", "web", addresses.Web, "api", addresses.API, "files", addresses.Files, "data", cfg.Data, "db", shown(dbKey, cfg.DB), "blobs", shown(blobsKey, cfg.Blobs), "version", Version)

	working, stopJobs := context.WithCancel(context.WithoutCancel(ctx))
	jobsEnded := make(chan struct{})
	go func() {
		defer close(jobsEnded)
		previews := make(chan struct{})
		go func() {
			defer close(previews)
			s.previews.Run(working)
		}()
		schedule.Run(working, logger, s.jobs(cfg, logger))
		<-previews
	}()
	err = serveAll(ctx, l, d, running, cfg, logger)
	stopJobs()
	<-jobsEnded
	return err
}

// prepare makes what a database must hold, and shows what is shown once.
func (s *services) prepare(ctx context.Context, cfg Config, fixed []user.Fixed, out io.Writer, at keyPair) error {
	ctx = user.WithAct(ctx, user.Act{Who: user.Server, Action: "start"})
	if err := s.queues.Bootstrap(ctx); err != nil {
		return fmt.Errorf("default queue: %w", err)
	}
	if err := s.files.Recover(ctx); err != nil {
		return fmt.Errorf("recover upload sessions: %w", err)
	}
	// What cannot be shown is not kept either, but drawn anew by the next start.
	return s.db.Tx(ctx, func(ctx context.Context) error {
		first, err := s.users.Bootstrap(ctx)
		if err != nil {
			return fmt.Errorf("first start: %w", err)
		}
		if err := s.users.Fix(ctx, fixed); err != nil {
			return fmt.Errorf("%s: %w", usersFileKey, err)
		}
		if first == nil {
			return nil
		}
		if slices.ContainsFunc(fixed, func(f user.Fixed) bool { return strings.EqualFold(f.Name, first.Name) }) {
			first.Password = "(that of " + cfg.UsersFile + ")"
		}
		if err := showFirstRun(out, cfg, first, at); err != nil {
			return fmt.Errorf("first start: %w", err)
		}
		return nil
	})
}

func newLogger(cfg Config, to io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(to, options))
	}
	return slog.New(slog.NewTextHandler(to, options))
}
