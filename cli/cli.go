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
	all := []*cobra.Command{
		loginCommand(), putCommand(), getCommand(), lsCommand(), infoCommand(), rmCommand(), waitCommand(),
		taskCommand(), modelCommand(), cacheCommand(),
	}
	for _, c := range all {
		c.SetHelpTemplate(helpTemplate)
	}
	return append(all, versionCommand(b))
}

// helpTemplate begins with an example: it is what most who ask look for.
const helpTemplate = `{{if .HasExample}}Examples:
{{.Example}}

{{end}}{{with (or .Long .Short)}}{{. | trimTrailingWhitespaces}}

{{end}}Usage:
{{if .Runnable}}  {{.UseLine}}
{{end}}{{if .HasAvailableSubCommands}}  {{.CommandPath}} COMMAND

Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}
{{end}}{{if .HasAvailableLocalFlags}}
Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}
{{end}}`
