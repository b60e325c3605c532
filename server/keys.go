package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/coffer-ml/coffer/user"
)

func keysCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Make, list and revoke key pairs",
		Long: "Works through the running server of the data directory, or on the directory itself while none runs.\n" +
			"Whoever may open the directory may do this: it needs no key.",
	}
	Flags(cmd.PersistentFlags())
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
				return usageError{fmt.Errorf("format: %q is not valid: expected env, conf or json", format)}
			}
			cfg, err := Load(cmd.Flags(), os.Getenv)
			if err != nil {
				return usageError{err}
			}
			var p user.Pair
			q := url.Values{"user": {name}, "label": {label}}
			err = askServer(cmd.Context(), cfg.Data, http.MethodPost, "/admin/keys?"+q.Encode(), &p)
			if errors.Is(err, errNoServer) {
				err = withUsers(cmd.Context(), cfg, func(users *user.Service) (err error) {
					p, err = createKey(cmd.Context(), users, name, label)
					return err
				})
			}
			if err != nil {
				return err
			}
			pair := sdkAddresses(cfg, servedAddresses(cfg.Data))
			pair.AccessKey, pair.SecretKey = p.Access, p.Secret
			return show(cmd.OutOrStdout(), pair)
		},
	}
	cmd.Flags().StringVar(&name, "user", "admin", "name of the user that the pair is for")
	cmd.Flags().StringVar(&label, "label", "", "what the pair is for, to know it again")
	cmd.Flags().StringVar(&format, "format", "env", "env, conf or json")
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
				return usageError{err}
			}
			var rows []keyRow
			err = askServer(cmd.Context(), cfg.Data, http.MethodGet, "/admin/keys", &rows)
			if errors.Is(err, errNoServer) {
				err = withUsers(cmd.Context(), cfg, func(users *user.Service) (err error) {
					rows, err = listKeys(cmd.Context(), users)
					return err
				})
			}
			if err != nil {
				return err
			}
			return showKeys(cmd.OutOrStdout(), rows)
		},
	}
}

func showKeys(out io.Writer, rows []keyRow) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if _, err := fmt.Fprintln(t, "KEY\tUSER\tLABEL\tCREATED\tLAST USED\tFROM"); err != nil {
		return err
	}
	for _, k := range rows {
		used := "never"
		if !k.LastUsed.IsZero() {
			used = k.LastUsed.Local().Format(time.DateTime)
		}
		if _, err := fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", k.AccessKey, k.User, k.Label, k.Created.Local().Format(time.DateTime), used, k.LastUsedFrom); err != nil {
			return err
		}
	}
	return t.Flush()
}

func keysRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke KEY",
		Short: "End a key pair and every session that was opened with it",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := Load(cmd.Flags(), os.Getenv)
			if err != nil {
				return usageError{err}
			}
			var none struct{}
			err = askServer(cmd.Context(), cfg.Data, http.MethodDelete, "/admin/keys/"+url.PathEscape(args[0]), &none)
			if errors.Is(err, errNoServer) {
				err = withUsers(cmd.Context(), cfg, func(users *user.Service) error {
					return users.RevokeKey(cmd.Context(), user.Operator, args[0])
				})
			}
			return err
		},
	}
}

// withUsers opens the accounts of a data directory that nobody serves.
func withUsers(ctx context.Context, cfg Config, fn func(*user.Service) error) error {
	if _, err := os.Stat(filepath.Join(cfg.Data, "coffer.db")); err != nil {
		return fmt.Errorf("%s holds no Coffer yet; start it once with: coffer serve --data %s", cfg.Data, cfg.Data)
	}
	unlock, err := lockData(cfg.Data)
	if err != nil {
		return err
	}
	defer unlock()
	db, users, err := openUsers(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(fn(users), db.Close())
}

// servedAddresses reads where the server of a data directory is reached; empty
// if none runs.
func servedAddresses(data string) Addresses {
	var a Addresses
	if text, err := os.ReadFile(filepath.Join(data, addressesFile)); err == nil {
		_ = json.Unmarshal(text, &a) // ours; else the configured ones are shown
	}
	return a
}

// sdkAddresses returns what an SDK is told to connect to: one address for all
// if there is a public one, else the listeners as they are, or as configured.
func sdkAddresses(cfg Config, a Addresses) keyPair {
	if cfg.PublicURL != "" {
		return keyPair{APIServer: cfg.PublicURL + "/api", WebServer: cfg.PublicURL, FilesServer: cfg.PublicURL + "/files"}
	}
	if a.Web == "" {
		a = Addresses{Web: configured(cfg.Listen), API: configured(cfg.APIListen), Files: configured(cfg.FilesListen)}
	}
	p := keyPair{APIServer: a.API, WebServer: a.Web, FilesServer: a.Files}
	if p.APIServer == "" {
		p.APIServer = a.Web + "/api"
	}
	if p.FilesServer == "" {
		p.FilesServer = a.Web + "/files"
	}
	return p
}

// configured guesses the address of a listener that is not open.
func configured(listen string) string {
	if listen == off || listen == "" {
		return ""
	}
	if strings.HasPrefix(listen, ":") {
		listen = "localhost" + listen
	}
	return "http://" + listen
}
