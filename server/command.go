package server

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/internal/fault"
)

// Commands returns the commands that run and manage a server.
func Commands() []*cobra.Command {
	return []*cobra.Command{serveCommand(), keysCommand(), usersCommand(), gcCommand(), dbCommand(), blobsCommand()}
}

// ErrUsage is the reason of mistakes in arguments, flags and configuration.
var ErrUsage = fault.Reason{Kind: fault.Invalid, Name: "command.usage"}

// exits is the one table from failures to exit codes: those of commands here,
// and those of commands that talk to a server elsewhere. Whatever has no row
// ends with exitFailure.
var exits = []struct {
	code      int
	meaning   string
	kinds     []fault.Kind
	elsewhere []client.Kind
}{
	{
		2, "a mistake in arguments, flags or configuration",
		[]fault.Kind{fault.Invalid, fault.TooLarge, fault.Unsupported},
		[]client.Kind{client.KindInvalid, client.KindTooLarge, client.KindUnsupported, client.KindType},
	},
	{3, "there is no such thing", []fault.Kind{fault.NotFound}, []client.Kind{client.KindNotFound}},
	{4, "not allowed", []fault.Kind{fault.Unauthenticated, fault.Forbidden}, []client.Kind{client.KindDenied}},
	{
		5, "in the way of something else, such as another server on the same data, or frozen",
		[]fault.Kind{fault.Conflict, fault.State},
		[]client.Kind{client.KindConflict, client.KindState},
	},
	{6, "not possible for the moment, or not there yet", []fault.Kind{fault.Unavailable}, []client.Kind{client.KindUnavailable, client.KindPending}},
	{7, "other bytes than those that were registered, or unsafe ones", nil, []client.Kind{client.KindMismatch, client.KindUnsafe}},
}

const exitFailure = 1

// ExitCode returns the exit code for the error of a command.
func ExitCode(err error) int {
	if err == nil {
		return 0
	}
	var told *client.Error
	elsewhere := errors.As(err, &told)
	kind := fault.KindOf(err)
	for _, e := range exits {
		if elsewhere && slices.Contains(e.elsewhere, told.Kind) || !elsewhere && slices.Contains(e.kinds, kind) {
			return e.code
		}
	}
	return exitFailure
}

// ExitCodes lists the exit codes, for the help.
func ExitCodes() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Exit codes:\n  0  done\n  %d  failed\n", exitFailure)
	for _, e := range exits {
		fmt.Fprintf(&b, "  %d  %s\n", e.code, e.meaning)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// usage marks err as a mistake of whoever typed the command.
func usage(err error) error {
	if err == nil || errors.Is(err, ErrUsage) {
		return err
	}
	return ErrUsage.Errorf("%s", err)
}

// Run runs the command that root was given and returns its error.
func Run(root *cobra.Command) error {
	began := false
	root.PersistentPreRun = func(*cobra.Command, []string) { began = true }
	err := root.Execute()
	if !began { // refused before it ran: unknown command, flag or argument
		return usage(err)
	}
	return err
}
