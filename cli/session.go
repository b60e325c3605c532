package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/client/storage/azure"
	"github.com/coffer-ml/coffer/client/storage/gcs"
	"github.com/coffer-ml/coffer/client/storage/s3"
)

// connection are the flags of all commands that talk to a server.
type connection struct {
	file string
	json bool
}

func (f *connection) add(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().StringVar(&f.file, "conf", "", "configuration `file` (default $CLEARML_CONFIG_FILE, else ~/clearml.conf)")
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

// drivers are those of all stores that the SDK knows.
func drivers() []client.Driver { return []client.Driver{s3.Driver{}, gcs.Driver{}, azure.Driver{}} }

// run opens a client for a command and closes it, so that nothing is left on
// its way. An interrupt ends the command in order.
func (f *connection) run(cmd *cobra.Command, fn func(ctx context.Context, c *client.Client) error) (err error) {
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	bars := newBars(cmd.ErrOrStderr(), f.json)
	c, err := client.Open(ctx, client.Config{File: f.file, Progress: bars.told, Drivers: drivers()})
	if err != nil {
		return err
	}
	err = fn(ctx, c)
	closed := c.Close(ctx)
	bars.end()
	if err == nil {
		err = closed
	}
	// What one upload told is enough.
	var lost *client.UploadError
	if errors.As(err, &lost) && len(lost.Failed) == 1 {
		return lost.Failed[0].Err
	}
	return err
}
