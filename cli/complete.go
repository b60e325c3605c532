package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/coffer-ml/coffer/client"
)

// mostCompletions is how many a shell is offered.
const mostCompletions = 100

// completeAddresses completes the argument at a position, every one below 0:
// tasks by path, and behind a colon their artifacts.
func completeAddresses(position int) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if position >= 0 && len(args) != position {
			return nil, cobra.ShellCompDirectiveDefault // files
		}
		file, _ := cmd.Flags().GetString("conf")
		c, err := client.Open(cmd.Context(), client.Config{File: file, Patience: -1})
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer func() { _ = c.Close(cmd.Context()) }() // nothing is on its way
		var found []cobra.Completion
		if path, _, named := strings.Cut(begun, ":"); named {
			a, err := parseAddress(path)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			t, err := a.find(cmd.Context(), c)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			for artifact, err := range t.Artifacts(cmd.Context()) {
				if err != nil || len(found) == mostCompletions {
					break
				}
				if one := path + ":" + artifact.Name; strings.HasPrefix(one, begun) {
					found = append(found, one)
				}
			}
			return found, cobra.ShellCompDirectiveNoFileComp
		}
		project, _, _ := cutLast(begun, "/")
		seen := map[string]bool{}
		for t, err := range c.Tasks(cmd.Context(), client.TaskQuery{Project: project, Subprojects: true, Limit: 5 * mostCompletions}) {
			if err != nil || len(found) == mostCompletions {
				break
			}
			one := t.Project + "/" + t.Name
			if strings.HasPrefix(one, begun) && !seen[one] {
				seen[one] = true
				found = append(found, one)
			}
		}
		return found, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return "", s, false
}
