package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/coffer-ml/coffer/blob/drivers"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/fault"
)

func blobsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "blobs",
		Short: "List the stores that hold bytes, and move bytes between them",
		Long: "Works through the running server of the data directory, or on the directory itself, or the database of --db, while\n" +
			"none runs. A store is named as --blobs names it, or by its number in the listing.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	flagsShowing(cmd.PersistentFlags(), "data", dbKey, blobsKey, alsoBlobsKey)
	cmd.AddCommand(blobsListCommand(), blobsMoveCommand(), blobsMarkCommand())
	return cmd
}

func blobsListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "ls",
		Short: "List the stores with what they hold",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := Load(cmd.Flags(), os.Getenv)
			if err != nil {
				return err
			}
			var rows []volumeRow
			ctx := cmd.Context()
			err = askServer(ctx, cfg.Data, http.MethodGet, "/admin/blobs", &rows)
			if errors.Is(err, errNoServer) {
				err = withServices(ctx, cfg, cmd.ErrOrStderr(), func(s *services) (err error) {
					rows, err = listVolumes(ctx, s)
					return err
				})
			}
			if err != nil {
				return err
			}
			return showVolumes(cmd.OutOrStdout(), rows, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the list as JSON")
	return cmd
}

func showVolumes(out io.Writer, rows []volumeRow, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(rows)
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "NUMBER\tCONTENTS\tBYTES\tLEFT BEHIND\tLOST\tUPLOADS\tSTATE\tLOCATION") // Flush tells errors
	for _, r := range rows {
		_, _ = fmt.Fprintf(t, "%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\n", r.Number, r.Contents, r.Bytes, r.Left, r.Lost, r.Uploads, r.State, r.Location)
	}
	return t.Flush()
}

func blobsMoveCommand() *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use:   "move --from STORE [--to STORE]",
		Short: "Move all bytes of one store to another, while the server serves",
		Long: "Copies each content, verifies its SHA-256 on the way, and only then reads it from the new store. It may be\n" +
			"interrupted at any point, also by a crash: run it again, and it goes on with what is left. The old bytes are freed\n" +
			"a day later. Where new bytes go is said by --blobs of the server and nothing else: restart it with the new store\n" +
			"as --blobs and the old one as --also-blobs first, then move.",
		Example: "  coffer blobs move --from file:///srv/coffer/blobs --to s3://bucket/prefix",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if from == "" {
				return ErrUsage.Errorf("from: the store to move from is missing; expected what --blobs takes, or a number of: coffer blobs ls")
			}
			cfg, err := Load(cmd.Flags(), os.Getenv)
			if err != nil {
				return err
			}
			ctx, cancel := signal.NotifyContext(cmd.Context(), syscall.SIGTERM, os.Interrupt)
			defer cancel()
			all, err := moveBlobs(ctx, cfg, from, to, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(cmd.OutOrStdout(), "moved %d contents with %d bytes\n", all.Blobs, all.Bytes); err != nil {
				return err
			}
			return incomplete(all)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "store to move from")
	cmd.Flags().StringVar(&to, "to", "", "store to move to; default is where new bytes go")
	return cmd
}

// ErrNotMoved is the reason of contents that could not be moved.
var ErrNotMoved = fault.Reason{Kind: fault.Internal, Name: "server.not_moved"}

func incomplete(all file.Moved) error {
	if len(all.Lost)+len(all.Damaged) == 0 {
		return nil
	}
	return ErrNotMoved.Errorf("not moved: %d contents whose bytes are lost, %d that are damaged and stay where they are; SHA-256 %.20v",
		len(all.Lost), len(all.Damaged), append(all.Lost, all.Damaged...))
}

// moveBlobs moves step by step, and tells of each.
func moveBlobs(ctx context.Context, cfg Config, from, to string, progress io.Writer) (all file.Moved, err error) {
	steps := func(step func(after int64) (file.Moved, error)) error {
		for !all.Done {
			m, err := step(all.Next)
			if err != nil {
				return err
			}
			all.Blobs, all.Bytes, all.Next, all.Done = all.Blobs+m.Blobs, all.Bytes+m.Bytes, m.Next, m.Done
			all.Lost, all.Damaged = append(all.Lost, m.Lost...), append(all.Damaged, m.Damaged...)
			if !all.Done {
				_, _ = fmt.Fprintf(progress, "%d contents, %d bytes\n", all.Blobs, all.Bytes) // only to pass the time
			}
		}
		return nil
	}
	err = steps(func(after int64) (m file.Moved, err error) {
		query := url.Values{"from": {from}, "to": {to}, "after": {strconv.FormatInt(after, 10)}}
		return m, askServer(ctx, cfg.Data, http.MethodPost, "/admin/blobs/move?"+query.Encode(), &m)
	})
	if errors.Is(err, errNoServer) {
		err = withServices(ctx, cfg, progress, func(s *services) error {
			return steps(func(after int64) (file.Moved, error) { return moveStep(ctx, s, from, to, after) })
		})
	}
	return all, err
}

func blobsMarkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "mark",
		Short: "Take the store of --blobs as it is, although it lost its mark",
		Long: "A store that was used before and has no mark any more is refused: most often its disk is not mounted, or it is the\n" +
			"wrong bucket. If it is the right one, say after a loss or a restore, this marks it again. Files whose bytes are\n" +
			"not there read as lost from then on. No server may run meanwhile.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := Load(cmd.Flags(), os.Getenv)
			if err != nil {
				return err
			}
			return owning(cfg, func() error {
				of, err := markStore(cmd.Context(), cfg)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "the store at %s has the number %d\n", of.Location, of.ID)
				return err
			})
		},
	}
}

func markStore(ctx context.Context, cfg Config) (of file.Volume, err error) {
	db, _, err := openUsers(ctx, cfg)
	if err != nil {
		return of, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	store, err := drivers.Open(cfg.Blobs)
	if err != nil {
		return of, err
	}
	return newVolumes(db, nil).Adopt(ctx, drivers.Location(cfg.Blobs), store)
}
