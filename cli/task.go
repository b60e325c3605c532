package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/coffer-ml/coffer/client"
)

func taskCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "task",
		Short:   "List and show tasks",
		Example: "  coffer task ls --project churn --status completed\n  coffer task show churn/train",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(taskListCommand(), taskShowCommand())
	return cmd
}

func taskListCommand() *cobra.Command {
	var f connection
	q := client.TaskQuery{}
	var status, kind string
	var tags []string
	cmd := &cobra.Command{
		Use:     "ls",
		Short:   "List tasks, the latest update first",
		Example: "  coffer task ls --project churn --status completed --tag prod\n  coffer task ls --name '^train' --limit 0 --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			q.Status, q.Type = client.Status(status), client.TaskType(kind)
			if len(tags) > 0 {
				q.Tags = client.All(tags...)
			}
			return f.run(cmd, func(ctx context.Context, c *client.Client) error {
				out := []taskJSON{}
				var rows [][]string
				for t, err := range c.Tasks(ctx, q) {
					if err != nil {
						return err
					}
					out, rows = append(out, taskOut(t)), append(rows, taskRow(t))
				}
				if f.json {
					return showJSON(cmd.OutOrStdout(), out)
				}
				return table(cmd.OutOrStdout(), taskTitles, rows)
			})
		},
	}
	cmd.Flags().StringVar(&q.Project, "project", "", "full `name` of the project")
	cmd.Flags().BoolVar(&q.Subprojects, "subprojects", false, "also tasks of projects below it")
	cmd.Flags().StringVar(&q.NamePattern, "name", "", "`pattern` of the name, a regular expression")
	cmd.Flags().StringVar(&status, "status", "", "created, queued, in_progress, stopped, failed, completed or published")
	cmd.Flags().StringVar(&kind, "type", "", "training, testing, ...")
	cmd.Flags().StringArrayVar(&tags, "tag", nil, "a `tag` that it must have, several times if need be")
	cmd.Flags().BoolVar(&q.Archived, "archived", false, "also archived ones")
	cmd.Flags().StringVar(&q.OrderBy, "order-by", "", "`field`, with a minus for the greatest first (default -last_update)")
	cmd.Flags().IntVar(&q.Limit, "limit", 50, "at most so many; 0 means all")
	return f.add(cmd)
}

func taskShowCommand() *cobra.Command {
	var f connection
	cmd := &cobra.Command{
		Use:     "show PROJECT/TASK",
		Short:   "Show a task with its parameters and artifacts",
		Example: "  coffer task show churn/train",
		Args:    cobra.ExactArgs(1),
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
				parameters, err := t.Parameters(ctx)
				if err != nil {
					return err
				}
				artifacts := []artifactJSON{}
				var rows [][]string
				for a, err := range t.Artifacts(ctx) {
					if err != nil {
						return err
					}
					artifacts, rows = append(artifacts, artifactOut(a)), append(rows, artifactRow(a))
				}
				if f.json {
					return showJSON(cmd.OutOrStdout(), struct {
						taskJSON
						Parameters map[string]string `json:"parameters"`
						Artifacts  []artifactJSON    `json:"artifacts"`
					}{taskOut(t), parameters, artifacts})
				}
				lines := [][2]string{
					{"id", t.ID},
					{"name", t.Name},
					{"project", t.Project},
					{"type", string(t.Type)},
					{"status", string(t.Status)},
					{"message", t.StatusMessage},
					{"comment", t.Comment},
					{"tags", strings.Join(t.Tags, ", ")},
					{"parent", t.Parent},
					{"user", t.User},
					{"created", timeText(t.Created)},
					{"started", timeText(t.Started)},
					{"completed", timeText(t.Completed)},
					{"updated", timeText(t.Updated)},
				}
				for _, name := range slices.Sorted(maps.Keys(parameters)) {
					lines = append(lines, [2]string{name, parameters[name]})
				}
				if err := fields(cmd.OutOrStdout(), lines); err != nil || len(rows) == 0 {
					return err
				}
				if _, err := fmt.Fprintln(cmd.OutOrStdout()); err != nil {
					return err
				}
				return table(cmd.OutOrStdout(), artifactTitles, rows)
			})
		},
	}
	cmd.ValidArgsFunction = completeAddresses(0)
	return f.add(cmd)
}
