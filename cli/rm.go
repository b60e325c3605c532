package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/coffer-ml/coffer/client"
)

func rmCommand() *cobra.Command {
	var f connection
	var yes, keep bool
	cmd := &cobra.Command{
		Use:   "rm ADDRESS...",
		Short: "Remove artifacts with their bytes, or one version",
		Example: "  coffer rm churn/train:weights       # asks first\n" +
			"  coffer rm -y churn/train:weights@2  # one version",
		Long: "This cannot be undone. Of what is published nothing is removed.\n\n" + addressHelp,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var all []address
			for _, arg := range args {
				a, err := parseArtifact(arg)
				if err != nil {
					return err
				}
				all = append(all, a)
			}
			if !yes {
				if err := sure(cmd, fmt.Sprintf("remove %s? This cannot be undone.", strings.Join(args, ", "))); err != nil {
					return err
				}
			}
			return f.run(cmd, func(ctx context.Context, c *client.Client) error {
				var failed []error
				removed := []string{}
				for i, a := range all {
					err := a.remove(ctx, c, keep)
					if err != nil {
						failed = append(failed, err)
						continue
					}
					removed = append(removed, args[i])
				}
				if f.json {
					failed = append(failed, showJSON(cmd.OutOrStdout(), map[string]any{"removed": removed}))
				}
				return errors.Join(failed...)
			})
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&keep, "keep-bytes", false, "remove the record alone")
	cmd.ValidArgsFunction = completeAddresses(-1)
	return f.add(cmd)
}

func (a address) remove(ctx context.Context, c *client.Client, keep bool) error {
	got, err := a.open(ctx, c)
	if err != nil {
		return err
	}
	if a.version != 0 {
		return got.RemoveVersion(ctx)
	}
	return got.Remove(ctx, client.RemoveOptions{KeepBytes: keep})
}

// sure asks a person. Where nobody is to be asked, --yes is needed.
func sure(cmd *cobra.Command, question string) error {
	f, ok := cmd.InOrStdin().(*os.File)
	if !ok || !isatty.IsTerminal(f.Fd()) {
		return usagef("%s --yes says that you are sure", question)
	}
	_, _ = fmt.Fprint(cmd.ErrOrStderr(), question, " [y/N] ")
	line, _ := bufio.NewReader(f).ReadString('\n') // nothing typed is a no
	if answer := strings.ToLower(strings.TrimSpace(line)); answer != "y" && answer != "yes" {
		return usagef("nothing was removed")
	}
	return nil
}

func waitCommand() *cobra.Command {
	var f connection
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:     "wait ADDRESS",
		Short:   "Wait until an artifact is there, bytes and all",
		Example: "  coffer wait churn/train:weights --timeout 10m && coffer get churn/train:weights",
		Long:    "Ends early, and fails, if the task fails or is stopped.\n\n" + addressHelp,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := parseArtifact(args[0])
			if err != nil {
				return err
			}
			return f.run(cmd, func(ctx context.Context, c *client.Client) error {
				if timeout > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, timeout)
					defer cancel()
				}
				t, err := a.find(ctx, c)
				if err != nil {
					return err
				}
				got, err := t.WaitArtifact(ctx, a.artifact, client.Which{Version: a.version})
				if err != nil || !f.json {
					return err
				}
				return showJSON(cmd.OutOrStdout(), artifactOut(got))
			})
		},
	}
	cmd.Flags().DurationVar(&timeout, "timeout", 0, "how long at most; 0 means without end")
	cmd.ValidArgsFunction = completeAddresses(0)
	return f.add(cmd)
}
