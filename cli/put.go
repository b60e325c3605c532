package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/codec"
)

func putCommand() *cobra.Command {
	var f connection
	var o client.UploadOptions
	var metadata map[string]string
	cmd := &cobra.Command{
		Use:   "put ADDRESS PATH...",
		Short: "Log a file, a folder or an address as an artifact",
		Example: "  coffer put churn/train:weights model.bin\n" +
			"  coffer put churn/train:dataset data/              # a folder, as one archive\n" +
			"  coffer put churn/train:samples 'runs/*.csv'       # what matches, as one archive\n" +
			"  coffer put churn/train:raw s3://bucket/raw.csv    # registered, not uploaded\n" +
			"  make report | coffer put churn/train:report.txt - # what another program prints",
		Long: "Makes the newest version of an artifact; earlier ones stay. If there is no such task it is made, as a completed\n" +
			"one. Returns when the bytes are safe on the server. A large upload that was cut off goes on where it was.\n\n" + addressHelp,
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := parseArtifact(args[0])
			if err != nil {
				return err
			}
			if a.version != 0 {
				return usagef("%q is not valid: a new version is made, it has no number yet", args[0])
			}
			return f.run(cmd, func(ctx context.Context, c *client.Client) error {
				value, done, err := whatToPut(cmd.InOrStdin(), a.artifact, args[1:])
				if err != nil {
					return err
				}
				defer done()
				t, err := a.ensure(ctx, c)
				if err != nil {
					return err
				}
				o.Metadata, o.Wait = metadata, true
				if err := t.Upload(ctx, a.artifact, value, o); err != nil {
					return err
				}
				made, err := t.Artifact(ctx, a.artifact)
				if err != nil {
					return err
				}
				if f.json {
					return showJSON(cmd.OutOrStdout(), artifactOut(made))
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s:%s@%d  %s  %s\n", t.ID, made.Name, made.Version, sizeText(made.Size), made.SHA256)
				return err
			})
		},
	}
	cmd.Flags().StringToStringVar(&metadata, "metadata", nil, "`key=value` to be shown with the artifact, several times if need be")
	cmd.Flags().StringVar(&o.Preview, "preview", "", "`text` that people are shown")
	cmd.Flags().StringVar(&o.Destination, "to", "", "folder or `address` to store it at, in place of that of the task")
	cmd.Flags().DurationVar(&o.Timeout, "timeout", 0, "how long it may take in all")
	cmd.ValidArgsFunction = completeAddresses(0)
	return f.add(cmd)
}

// ensure returns the task of an address, made as a completed one if there is
// none.
func (a address) ensure(ctx context.Context, c *client.Client) (*client.Task, error) {
	t, err := a.find(ctx, c)
	if !errors.Is(err, client.ErrNotFound) || a.project == "" && isID(a.task) {
		return t, err
	}
	if t, err = c.CreateTask(ctx, client.TaskSpec{Project: a.project, Name: a.task, Type: client.Custom}); err != nil {
		return nil, err
	}
	return t, t.Complete(ctx)
}

// whatToPut makes a value of what the command names. Done is called when it is
// no more needed.
func whatToPut(in io.Reader, name string, paths []string) (value any, done func(), err error) {
	done = func() {}
	if len(paths) > 1 {
		return codec.Paths(paths), done, nil
	}
	path := paths[0]
	if path == "-" {
		dir, err := os.MkdirTemp("", "coffer-put-")
		if err != nil {
			return nil, done, err
		}
		done = func() { _ = os.RemoveAll(dir) }
		file := filepath.Join(dir, filepath.Base(name))
		f, err := os.Create(file)
		if err != nil {
			return nil, done, err
		}
		_, err = io.Copy(f, in)
		return codec.File(file), done, errors.Join(err, f.Close())
	}
	if scheme, _, ok := strings.Cut(path, "://"); ok && scheme != "" && !strings.ContainsAny(scheme, `/\.`) {
		return codec.Link(path), done, nil
	}
	info, err := os.Stat(path)
	if err == nil && !info.IsDir() {
		return codec.File(path), done, nil
	}
	if err != nil && !strings.ContainsAny(path, "*?[") {
		return nil, done, &client.Error{Kind: client.KindNotFound, Op: "read", Object: path, Err: err}
	}
	return codec.Dir(path), done, nil
}
