package server

import (
	"context"
	"net/http"
	"net/url"
	"os"

	"github.com/spf13/cobra"

	"github.com/coffer-ml/coffer/user"
)

func keysCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Make, list and revoke key pairs",
		Long: "Works through the running server of the data directory, or on its database while none runs: the directory\n" +
			"itself, or that of --db. Whoever may open either may do this: it needs no key.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	// The others only say where a server that does not run would be.
	flagsShowing(cmd.PersistentFlags(), "data", dbKey, "public-url")
	cmd.AddCommand(keysCreateCommand(), keysListCommand(), keysRevokeCommand())
	return cmd
}

func keysCreateCommand() *cobra.Command {
	var name, label, format string
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Make a key pair and print it, ready to use",
		Example: "  eval \"$(coffer keys create --format env)\"\n" +
			"  coffer keys create --format conf   # paste it when clearml-init asks",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			show, ok := formats[format]
			if !ok {
				return ErrUsage.Errorf("format: %q is not valid: expected one of %s", format, formatNames())
			}
			ctx := cmd.Context()
			cfg, err := Load(cmd.Flags(), os.Getenv)
			if err != nil {
				return err
			}
			var pair keyPair
			query := url.Values{"user": {name}, "label": {label}}.Encode()
			err = manage(ctx, cfg, http.MethodPost, "/admin/keys?"+query, "", &pair, func(ctx context.Context, users *user.Service) error {
				p, err := createKey(ctx, users, user.Operator, name, label)
				pair = sdkAddresses(cfg, configured(cfg)).with(p)
				return err
			})
			if err != nil {
				return err
			}
			if cfg.PublicURL != "" { // whoever gives it here means it, whatever the server was told
				pair = onePort(cfg.PublicURL).with(user.Pair{Access: pair.AccessKey, Secret: pair.SecretKey})
			}
			return show(cmd.OutOrStdout(), pair)
		},
	}
	cmd.Flags().StringVar(&name, "user", user.AdminName, "name of the user that the pair is for")
	cmd.Flags().StringVar(&label, "label", "", "what the pair is for, to know it again")
	cmd.Flags().StringVar(&format, "format", "env", "one of "+formatNames())
	return cmd
}

func keysListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "ls",
		Short: "List key pairs, without secrets",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := Load(cmd.Flags(), os.Getenv)
			if err != nil {
				return err
			}
			var rows []keyRow
			err = manage(cmd.Context(), cfg, http.MethodGet, "/admin/keys", "", &rows, func(ctx context.Context, users *user.Service) (err error) {
				rows, err = listKeys(ctx, users, user.Operator)
				return err
			})
			if err != nil {
				return err
			}
			return showKeys(cmd.OutOrStdout(), rows)
		},
	}
}

func keysRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke KEY",
		Short: "End a key pair and every session that was opened with it",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := Load(cmd.Flags(), os.Getenv)
			if err != nil {
				return err
			}
			query := url.Values{"key": {args[0]}}.Encode()
			return manage(cmd.Context(), cfg, http.MethodDelete, "/admin/keys?"+query, "", new(struct{}), func(ctx context.Context, users *user.Service) error {
				return users.RevokeKey(ctx, user.Operator, args[0])
			})
		},
	}
}
