package server

import (
	"errors"

	"github.com/spf13/cobra"
)

// usageError marks a mistake in flags or configuration.
type usageError struct{ error }

// Unwrap returns what was wrong.
func (e usageError) Unwrap() error { return e.error }

// Exit codes of the commands.
const (
	exitFailure = 1
	exitUsage   = 2
)

// ExitCode returns the exit code for the error of a command.
func ExitCode(err error) int {
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		return exitUsage
	}
	return exitFailure
}

// Commands returns the commands that run and manage a server.
func Commands() []*cobra.Command {
	return []*cobra.Command{serveCommand(), keysCommand(), versionCommand()}
}
