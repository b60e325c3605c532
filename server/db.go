package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/coffer-ml/coffer/sqlstore"
)

func dbCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "db",
		Short: "Move the database",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(dbMoveCommand())
	return cmd
}

func dbMoveCommand() *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use:   "move --from DIR --to postgres://user:password@host/name",
		Short: "Copy the database of a data directory to a PostgreSQL server",
		Long: "Copies every row of the data directory's SQLite database into an empty database on a PostgreSQL server, and compares\n" +
			"each row there with what it came from. It happens whole or not at all, so it can be run again after an interruption.\n" +
			"No server may run on the directory meanwhile. Nothing is removed, and the bytes of the files stay where they are:\n" +
			"afterwards run `coffer serve` on the same directory, or with the same --blobs, and --db.",
		Example: "  coffer db move --from coffer-data --to postgres://coffer:secret@db.lab/coffer",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkDB(to); err != nil || to == "" {
				return ErrUsage.Errorf("to: %q is not valid: expected postgres://user:password@host:port/name", shown(dbKey, to))
			}
			ctx, cancel := signal.NotifyContext(cmd.Context(), syscall.SIGTERM, os.Interrupt)
			defer cancel()
			moved, err := moveDatabase(ctx, from, to)
			if err != nil {
				return err
			}
			return showMoved(cmd.OutOrStdout(), moved)
		},
	}
	cmd.Flags().StringVar(&from, "from", "./coffer-data", "data directory to copy from")
	cmd.Flags().StringVar(&to, "to", "", "empty database to copy to")
	return cmd
}

// moveDatabase copies the database of a data directory that nobody serves.
func moveDatabase(ctx context.Context, data, to string) (moved []sqlstore.Moved, err error) {
	path := filepath.Join(data, databaseFile)
	if _, err := os.Stat(path); err != nil {
		return nil, ErrNoData.Errorf("%s holds no database of a Coffer", data)
	}
	unlock, err := lockData(data)
	if err != nil {
		return nil, err
	}
	defer unlock()
	source, err := sqlstore.Open(ctx, sqlstore.Config{Path: path})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := sqlstore.Open(ctx, sqlstore.Config{URL: to})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	return sqlstore.Move(ctx, source, target)
}

// showMoved prints how many rows there were.
func showMoved(to io.Writer, moved []sqlstore.Moved) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(w, "ROWS\t TABLE") // errors come with Flush
	total := int64(0)
	for _, m := range moved {
		_, _ = fmt.Fprintf(w, "%d\t %s\n", m.Rows, m.Table)
		total += m.Rows
	}
	_, _ = fmt.Fprintf(w, "%d\t in all, each compared with its source\n", total)
	return w.Flush()
}
