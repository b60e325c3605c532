// Command coffer is the server and its tools; see coffer help.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/coffer-ml/coffer/cli"
	"github.com/coffer-ml/coffer/server"
)

func main() {
	root := &cobra.Command{
		Use:           "coffer",
		Short:         "Coffer keeps the artifacts and models of machine-learning tasks",
		Long:          "Coffer keeps the artifacts and models of machine-learning tasks, and gives them back.\n\n" + server.ExitCodes(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.HiddenDefaultCmd = false
	root.AddCommand(server.Commands()...)
	root.AddCommand(cli.Commands(server.Build())...)
	if err := server.Run(root); err != nil {
		fmt.Fprintln(os.Stderr, "coffer:", err)
		os.Exit(server.ExitCode(err))
	}
}
