package cli

import "github.com/spf13/cobra"

// Build tells what is running.
type Build struct {
	Version string
	Commit  string // "" if it is not known
	API     string // the newest version of the protocol that is spoken
}

// Commands returns the commands.
func Commands(b Build) []*cobra.Command {
	return []*cobra.Command{versionCommand(b)}
}
