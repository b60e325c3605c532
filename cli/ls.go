package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/coffer-ml/coffer/client"
)

func lsCommand() *cobra.Command {
	var f connection
	cmd := &cobra.Command{
		Use:   "ls [PROJECT/TASK | ADDRESS]",
		Short: "List projects, the artifacts of a task, or the versions of an artifact",
		Example: "  coffer ls                        # projects\n" +
			"  coffer ls churn/train            # artifacts of a task\n" +
			"  coffer ls churn/train:weights    # versions of an artifact",
		Long: addressHelp,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd, func(ctx context.Context, c *client.Client) error {
				if len(args) == 0 {
					return f.listProjects(ctx, cmd, c)
				}
				a, err := parseAddress(args[0])
				if err != nil {
					return err
				}
				t, err := a.find(ctx, c)
				if err != nil {
					return err
				}
				list := t.Artifacts(ctx)
				if a.artifact != "" {
					one, err := t.Artifact(ctx, a.artifact)
					if err != nil {
						return err
					}
					list = one.All(ctx)
				}
				out := []artifactJSON{}
				var rows [][]string
				for a, err := range list {
					if err != nil {
						return err
					}
					out, rows = append(out, artifactOut(a)), append(rows, artifactRow(a))
				}
				if f.json {
					return showJSON(cmd.OutOrStdout(), out)
				}
				return table(cmd.OutOrStdout(), artifactTitles, rows)
			})
		},
	}
	cmd.ValidArgsFunction = completeAddresses(0)
	return f.add(cmd)
}

func (f *connection) listProjects(ctx context.Context, cmd *cobra.Command, c *client.Client) error {
	names := []string{}
	for p, err := range c.Projects(ctx) {
		if err != nil {
			return err
		}
		names = append(names, p.Name)
	}
	if f.json {
		return showJSON(cmd.OutOrStdout(), names)
	}
	for _, name := range names {
		if _, err := fmt.Fprintln(cmd.OutOrStdout(), name); err != nil {
			return err
		}
	}
	return nil
}

func infoCommand() *cobra.Command {
	var f connection
	cmd := &cobra.Command{
		Use:     "info ADDRESS",
		Short:   "Show what is known of an artifact, without its bytes",
		Example: "  coffer info churn/train:weights\n  coffer info churn/train:weights@2 --json",
		Long:    addressHelp,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := parseArtifact(args[0])
			if err != nil {
				return err
			}
			return f.run(cmd, func(ctx context.Context, c *client.Client) error {
				got, err := a.open(ctx, c)
				if err != nil {
					return err
				}
				if f.json {
					return showJSON(cmd.OutOrStdout(), artifactOut(got))
				}
				rows := [][2]string{
					{"name", got.Name},
					{"task", got.Task},
					{"mode", string(got.Mode)},
					{"type", got.Type},
					{"content type", got.ContentType},
					{"state", string(got.State)},
					{"version", fmt.Sprintf("%d of %d", got.Version, max(got.Version, got.Versions))},
					{"size", sizeText(got.Size)},
					{"sha256", got.SHA256},
					{"logged", timeText(got.Timestamp)},
					{"uri", got.URI},
				}
				for key, value := range got.Metadata {
					rows = append(rows, [2]string{"metadata " + key, value})
				}
				return fields(cmd.OutOrStdout(), append(rows, [2]string{"preview", got.Preview}))
			})
		},
	}
	cmd.ValidArgsFunction = completeAddresses(0)
	return f.add(cmd)
}
