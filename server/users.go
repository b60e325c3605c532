package server

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/coffer-ml/coffer/user"
)

func usersCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "users",
		Short: "List, make, change and end accounts",
		Long: "Works through the running server of the data directory, or on its database while none runs: the directory\n" +
			"itself, or that of --db. Whoever may open either may do this: it needs no key. In the audit it is done by the\n" +
			"operator.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	flagsShowing(cmd.PersistentFlags(), "data", dbKey)
	cmd.PersistentFlags().Bool("json", false, "print the result as JSON")
	cmd.AddCommand(
		usersListCommand(), usersAddCommand(), usersInviteCommand(), usersRoleCommand(), usersResetCommand(), usersDeleteCommand(),
		usersKeysCommand(), usersRevokeCommand(),
	)
	return cmd
}

// actOn runs an act on accounts by its route. show prints the result for
// people.
func actOn[T any](cmd *cobra.Command, route string, args url.Values, password string, show func(io.Writer, T) error) error {
	cfg, err := Load(cmd.Flags(), os.Getenv)
	if err != nil {
		return err
	}
	method, path, _ := strings.Cut(route, " ")
	var result T
	err = manage(cmd.Context(), cfg, method, path+"?"+args.Encode(), password, &result, func(ctx context.Context, users *user.Service) error {
		got, err := accountActs[route](ctx, users, user.Operator, args, password)
		if err == nil {
			var is bool
			if result, is = got.(T); !is {
				err = fmt.Errorf("%s gives %T", route, got)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	if asJSON, err := cmd.Flags().GetBool("json"); err != nil || asJSON {
		e := json.NewEncoder(cmd.OutOrStdout())
		e.SetIndent("", "  ")
		return e.Encode(result)
	}
	return show(cmd.OutOrStdout(), result)
}

func usersListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "ls",
		Short: "List accounts",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return actOn(cmd, "GET /admin/users", nil, "", showAccounts)
		},
	}
}

func showAccounts(out io.Writer, rows []accountRow) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "NAME\tROLE\tEMAIL\tSIGNS IN BY\tCREATED\tID") // Flush tells errors
	for _, u := range rows {
		by := "key pair"
		switch {
		case u.Fixed:
			by = "password of the file"
		case u.Password:
			by = "password"
		case u.Invited.After(time.Time{}):
			by = "invitation until " + u.Invited.Local().Format(time.DateTime)
		}
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", u.Name, u.Role, u.Email, by, u.Created.Local().Format(time.DateTime), u.ID)
	}
	return t.Flush()
}

// accountFlags adds what a new account has beside its name.
func accountFlags(cmd *cobra.Command) func(name string) url.Values {
	role := cmd.Flags().String("role", string(user.Member), "guest, member or admin")
	email := cmd.Flags().String("email", "", "address of mail")
	return func(name string) url.Values { return url.Values{"name": {name}, "role": {*role}, "email": {*email}} }
}

func usersAddCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "add NAME",
		Short:   "Make an account with a password, which is read from standard input",
		Example: "  coffer users add ana --role member < password.txt",
		Args:    cobra.ExactArgs(1),
	}
	spec := accountFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		password, err := readPassword(cmd)
		if err != nil {
			return err
		}
		return actOn(cmd, "POST /admin/users", spec(args[0]), password, func(out io.Writer, u accountRow) error {
			_, err := fmt.Fprintf(out, "%s is there with the role %s\n", u.Name, u.Role)
			return err
		})
	}
	return cmd
}

// readPassword reads one line, which a terminal does not show.
func readPassword(cmd *cobra.Command) (string, error) {
	if f, ok := cmd.InOrStdin().(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		_, _ = fmt.Fprint(cmd.ErrOrStderr(), "password: ")
		text, err := term.ReadPassword(int(f.Fd()))
		_, _ = fmt.Fprintln(cmd.ErrOrStderr())
		return string(text), err
	}
	line, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", ErrUsage.Errorf("expected a password on standard input; coffer users invite lets its owner choose one")
	}
	if err == io.EOF { // the last line needs no end
		err = nil
	}
	return line, err
}

func usersInviteCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "invite NAME",
		Short: "Make an account whose owner chooses the password, and print the invitation",
		Args:  cobra.ExactArgs(1),
	}
	spec := accountFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return actOn(cmd, "POST /admin/users/invite", spec(args[0]), "", showInvitation)
	}
	return cmd
}

func showInvitation(out io.Writer, i invitationRow) error {
	_, err := fmt.Fprintf(out, `The invitation of %s. It is shown once, works once, and until %s:

  %s

Whoever has it chooses the password:

  curl -H 'Content-Type: application/json' -d '{"token": "%[3]s", "password": "..."}' SERVER/api/invitation/accept
`, i.User.Name, i.Expires.Local().Format(time.DateTime), i.Token)
	return err
}

func usersRoleCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "role NAME guest|member|admin",
		Short: "Change what an account may do",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return actOn(cmd, "POST /admin/users/role", url.Values{"name": {args[0]}, "role": {args[1]}}, "", func(out io.Writer, u accountRow) error {
				_, err := fmt.Fprintf(out, "%s has the role %s\n", u.Name, u.Role)
				return err
			})
		},
	}
}

func usersResetCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "reset NAME",
		Short: "Take the password away, end its sessions, and print an invitation to choose a new one",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return actOn(cmd, "POST /admin/users/reset", url.Values{"name": {args[0]}}, "", showInvitation)
		},
	}
}

func usersDeleteCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "delete NAME",
		Short: "End an account with its key pairs and sessions; what it made stays",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return actOn(cmd, "DELETE /admin/users", url.Values{"name": {args[0]}}, "", func(out io.Writer, _ struct{}) error {
				_, err := fmt.Fprintf(out, "%s has ended\n", args[0])
				return err
			})
		},
	}
}

func usersKeysCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "keys NAME",
		Short: "List the key pairs of an account, without secrets",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return actOn(cmd, "GET /admin/users/keys", url.Values{"name": {args[0]}}, "", showKeys)
		},
	}
}

func usersRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke NAME",
		Short: "End all key pairs of an account and what was opened with them; coffer keys revoke ends one",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return actOn(cmd, "DELETE /admin/users/keys", url.Values{"name": {args[0]}}, "", func(out io.Writer, r revokedRow) error {
				_, err := fmt.Fprintf(out, "%d key pairs of %s have ended\n", r.Revoked, args[0])
				return err
			})
		},
	}
}
