package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/coffer-ml/coffer/client"
)

func modelCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "model",
		Short:   "List models and download their weights",
		Example: "  coffer model ls --project churn --published\n  coffer model get gbm",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(modelListCommand(), modelGetCommand())
	return cmd
}

// modelJSON is a model as --json prints it.
type modelJSON struct {
	ID        string                     `json:"id"`
	Name      string                     `json:"name"`
	Project   string                     `json:"project"`
	Framework string                     `json:"framework"`
	Published bool                       `json:"published"`
	Task      string                     `json:"task,omitempty"`
	URI       string                     `json:"uri"`
	Tags      []string                   `json:"tags"`
	Metadata  map[string]client.Metadata `json:"metadata"`
	Path      string                     `json:"path,omitempty"`
}

func modelOut(m *client.Model) modelJSON {
	return modelJSON{
		ID: m.ID, Name: m.Name, Project: m.Project, Framework: m.Framework, Published: m.Published, Task: m.Task, URI: m.URI,
		Tags: append([]string{}, m.Tags...), Metadata: m.Metadata,
	}
}

func modelListCommand() *cobra.Command {
	var f connection
	q := client.ModelQuery{}
	var tags []string
	cmd := &cobra.Command{
		Use:     "ls",
		Short:   "List models, the latest first",
		Example: "  coffer model ls --project churn --tag prod",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(tags) > 0 {
				q.Tags = client.All(tags...)
			}
			return f.run(cmd, func(ctx context.Context, c *client.Client) error {
				out := []modelJSON{}
				var rows [][]string
				for m, err := range c.Models(ctx, q) {
					if err != nil {
						return err
					}
					out = append(out, modelOut(m))
					published := ""
					if m.Published {
						published = "yes"
					}
					rows = append(rows, []string{m.ID, m.Name, m.Project, m.Framework, published, timeText(m.Updated), strings.Join(m.Tags, ", ")})
				}
				if f.json {
					return showJSON(cmd.OutOrStdout(), out)
				}
				return table(cmd.OutOrStdout(), "ID\tNAME\tPROJECT\tFRAMEWORK\tPUBLISHED\tUPDATED\tTAGS", rows)
			})
		},
	}
	cmd.Flags().StringVar(&q.Project, "project", "", "full `name` of the project")
	cmd.Flags().StringVar(&q.NamePattern, "name", "", "`pattern` of the name, a regular expression")
	cmd.Flags().StringArrayVar(&tags, "tag", nil, "a `tag` that it must have, several times if need be")
	cmd.Flags().BoolVar(&q.Published, "published", false, "only published ones")
	cmd.Flags().BoolVar(&q.Archived, "archived", false, "also archived ones")
	cmd.Flags().IntVar(&q.Limit, "limit", 50, "at most so many; 0 means all")
	return f.add(cmd)
}

func modelGetCommand() *cobra.Command {
	var f connection
	var out, project string
	cmd := &cobra.Command{
		Use:     "get ID|NAME",
		Short:   "Download the weights of a model",
		Example: "  coffer model get gbm --project churn -o models",
		Long:    "Of several models of one name the latest is meant. A package comes as a folder.",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd, func(ctx context.Context, c *client.Client) error {
				q := client.ModelQuery{Name: args[0], Project: project}
				if isID(args[0]) {
					q = client.ModelQuery{IDs: []string{args[0]}, Archived: true}
				}
				m, err := c.FindModel(ctx, q)
				if err != nil {
					return err
				}
				path, err := m.LocalCopy(ctx, client.LocalCopyOptions{Dir: out})
				if err != nil {
					return err
				}
				if f.json {
					shown := modelOut(m)
					shown.Path = path
					return showJSON(cmd.OutOrStdout(), shown)
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), path)
				return err
			})
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", ".", "`folder` to write into")
	cmd.Flags().StringVar(&project, "project", "", "full `name` of the project")
	return f.add(cmd)
}
