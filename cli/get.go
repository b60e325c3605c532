package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/coffer-ml/coffer/client"
)

func getCommand() *cobra.Command {
	var f connection
	var out string
	var raw, cached bool
	cmd := &cobra.Command{
		Use:   "get ADDRESS",
		Short: "Download an artifact, or all of a task",
		Example: "  coffer get churn/train:weights               # into this folder\n" +
			"  coffer get churn/train:weights@2 -o models   # an earlier version, into models/\n" +
			"  coffer get churn/train -o results            # all artifacts, each in a folder of its name\n" +
			"  coffer get churn/train:report.txt -o - | less",
		Long: "Prints the path of what it wrote. The digest is checked: what arrives is what was logged, or the command fails.\n" +
			"A logged folder comes back as a folder.\n\n" + addressHelp,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := parseAddress(args[0])
			if err != nil {
				return err
			}
			return f.run(cmd, func(ctx context.Context, c *client.Client) error {
				t, err := a.find(ctx, c)
				if err != nil {
					return err
				}
				o := client.LocalCopyOptions{Dir: out, KeepArchive: raw}
				if cached {
					o.Dir = ""
				}
				if a.artifact == "" {
					return f.getAll(ctx, cmd, t, o)
				}
				got, err := t.Artifact(ctx, a.artifact, client.Which{Version: a.version})
				if err != nil {
					return err
				}
				if out == "-" {
					return stream(ctx, cmd.OutOrStdout(), got)
				}
				path, err := got.LocalCopy(ctx, o)
				if err != nil {
					return err
				}
				if f.json {
					return showJSON(cmd.OutOrStdout(), struct {
						artifactJSON
						Path string `json:"path"`
					}{artifactOut(got), path})
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), path)
				return err
			})
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", ".", "`folder` to write into; - for the standard output")
	cmd.Flags().BoolVar(&raw, "archive", false, "leave a logged folder as the archive that it is stored as")
	cmd.Flags().BoolVar(&cached, "cached", false, "print the path of a copy in the cache, which is shared, in place of making one")
	cmd.ValidArgsFunction = completeAddresses(0)
	return f.add(cmd)
}

// stream copies an artifact to the standard output.
func stream(ctx context.Context, w io.Writer, a *client.Artifact) error {
	r, err := a.Open(ctx)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, r.Close())
}

// getAll downloads all artifacts of a task, each into a folder of its name:
// their files may have equal ones.
func (f *connection) getAll(ctx context.Context, cmd *cobra.Command, t *client.Task, o client.LocalCopyOptions) error {
	type row struct {
		Name string `json:"name"`
		Path string `json:"path"`
	}
	rows := []row{}
	base := o.Dir
	var failed []error
	for a, err := range t.Artifacts(ctx) {
		if err != nil {
			return err
		}
		if base != "" {
			o.Dir = filepath.Join(base, client.FileName(a.Name))
		}
		path, err := a.LocalCopy(ctx, o)
		if err != nil { // the others come all the same
			failed = append(failed, err)
			continue
		}
		rows = append(rows, row{a.Name, path})
		if !f.json {
			if _, err := fmt.Fprintln(cmd.OutOrStdout(), path); err != nil {
				return err
			}
		}
	}
	if f.json {
		failed = append(failed, showJSON(cmd.OutOrStdout(), rows))
	}
	return errors.Join(failed...)
}
