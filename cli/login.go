package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/coffer-ml/coffer/client"
)

// Lines around what login writes, so that it finds it again.
const (
	loginBegin = "# >>> coffer login"
	loginEnd   = "# <<< coffer login"
)

func loginCommand() *cobra.Command {
	var access, secret, file string
	cmd := &cobra.Command{
		Use:   "login SERVER",
		Short: "Check a key pair and keep it in clearml.conf",
		Example: "  coffer login http://coffer.lab:8080\n" +
			"  coffer login http://coffer.lab:8080 --access-key KEY < secret.txt",
		Long: "Asks for a key pair, which the settings page of the web app makes, or coffer keys create. What it writes, the\n" +
			"ClearML Python SDK reads too. The rest of the file stays as it is. SERVER is the address of the web app; the\n" +
			"one of the API, on port 8008, does as well.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in := bufio.NewReader(cmd.InOrStdin())
			var err error
			if access == "" {
				if access, err = ask(cmd, in, "access key: ", false); err != nil {
					return err
				}
			}
			if secret == "" {
				if secret, err = ask(cmd, in, "secret key: ", true); err != nil {
					return err
				}
			}
			cfg := client.Config{File: "-", AccessKey: access, SecretKey: secret, Env: func(string) (string, bool) { return "", false }}
			if server := strings.TrimRight(args[0], "/"); strings.HasSuffix(server, ":8008") || strings.HasSuffix(server, "/api") {
				cfg.API = server
			} else {
				cfg.Web = server
			}
			c, err := client.Open(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			defer func() { _ = c.Close(context.WithoutCancel(cmd.Context())) }() // nothing is on its way
			name, role, err := c.WhoAmI(cmd.Context())
			if err != nil {
				return err
			}
			if file == "" {
				if file, err = defaultFile(); err != nil {
					return err
				}
			}
			if err := keepLogin(file, c.Addresses(), access, secret); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "signed in as %s (%s), kept in %s\n", name, role, file)
			return err
		},
	}
	cmd.Flags().StringVar(&access, "access-key", "", "access `key`; asked for if it is not given")
	cmd.Flags().StringVar(&secret, "secret-key", "", "secret `key`; asked for if it is not given, so that it is not seen in the list of processes")
	cmd.Flags().StringVar(&file, "conf", "", "configuration `file` (default $CLEARML_CONFIG_FILE, else ~/clearml.conf)")
	return cmd
}

func defaultFile() (string, error) {
	if file := os.Getenv("CLEARML_CONFIG_FILE"); file != "" {
		return file, nil
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, "clearml.conf"), err
}

// ask reads one line, unseen if it is a secret that is typed.
func ask(cmd *cobra.Command, in *bufio.Reader, what string, hidden bool) (string, error) {
	if f, ok := cmd.InOrStdin().(*os.File); ok && isatty.IsTerminal(f.Fd()) {
		_, _ = fmt.Fprint(cmd.ErrOrStderr(), what)
		if hidden {
			text, err := term.ReadPassword(int(f.Fd()))
			_, _ = fmt.Fprintln(cmd.ErrOrStderr())
			return strings.TrimSpace(string(text)), err
		}
	}
	line, err := in.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if line = strings.TrimSpace(line); line == "" {
		return "", usagef("no %s was given", strings.TrimSuffix(what, ": "))
	}
	return line, nil
}

// keepLogin writes the api section into a file, in place of the one that an
// earlier login wrote, else behind what is there: the later one counts.
func keepLogin(file string, a client.Addresses, access, secret string) error {
	old, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	block := fmt.Sprintf("%s\napi {\n    web_server: %q\n    api_server: %q\n    files_server: %q\n    credentials {\n        access_key: %q\n        secret_key: %q\n    }\n}\n%s\n",
		loginBegin, a.Web, a.API, a.Files, access, secret, loginEnd)
	text := string(old)
	before, rest, begun := strings.Cut(text, loginBegin)
	_, after, ended := strings.Cut(rest, loginEnd+"\n")
	switch {
	case begun && ended:
		text = before + block + after
	case text == "" || strings.HasSuffix(text, "\n"):
		text += block
	default:
		text += "\n" + block
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	aside, err := os.CreateTemp(filepath.Dir(file), ".clearml-conf-*") // which nobody else may read
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(aside.Name()) }() // unless it was renamed
	_, err = aside.WriteString(text)
	return errors.Join(err, aside.Close(), os.Rename(aside.Name(), file))
}
