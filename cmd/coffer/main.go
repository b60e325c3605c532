// Command coffer is the server and its tools; see coffer help.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/coffer-ml/coffer/server"
)

func main() {
	root := &cobra.Command{
		Use:           "coffer",
		Short:         "Coffer keeps the artifacts and models of machine-learning tasks",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(server.Commands()...)
	if err := root.ExecuteContext(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "coffer:", err)
		os.Exit(server.ExitCode(err))
	}
}
