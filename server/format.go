package server

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/coffer-ml/coffer/user"
)

// formats are the ways in which a key pair is printed.
var formats = map[string]func(io.Writer, keyPair) error{
	"env":  showEnv,
	"conf": showConf,
	"json": func(w io.Writer, p keyPair) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(p)
	},
}

// showEnv prints lines for eval in a shell.
func showEnv(w io.Writer, p keyPair) error {
	for _, v := range [][2]string{
		{"CLEARML_API_HOST", p.APIServer},
		{"CLEARML_WEB_HOST", p.WebServer},
		{"CLEARML_FILES_HOST", p.FilesServer},
		{"CLEARML_API_ACCESS_KEY", p.AccessKey},
		{"CLEARML_API_SECRET_KEY", p.SecretKey},
	} {
		if _, err := fmt.Fprintf(w, "export %s=%s\n", v[0], quoted(v[1])); err != nil {
			return err
		}
	}
	return nil
}

// quoted quotes a text for a POSIX shell.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// showConf prints the block of clearml.conf that clearml-init takes.
func showConf(w io.Writer, p keyPair) error {
	_, err := fmt.Fprintf(w, `api {
    web_server: %s
    api_server: %s
    files_server: %s
    credentials {
        "access_key" = "%s"
        "secret_key" = "%s"
    }
}
`, p.WebServer, p.APIServer, p.FilesServer, p.AccessKey, p.SecretKey)
	return err
}

// showFirstRun prints, once, what the first start drew.
func showFirstRun(w io.Writer, first *user.FirstRun, p keyPair) {
	p.AccessKey, p.SecretKey = first.Pair.Access, first.Pair.Secret
	_, _ = fmt.Fprintf(w, `
Coffer is ready. This is shown once:

  web        %s
  user       %s
  password   %s

Point the ClearML Python SDK at it: save this as ~/clearml.conf

`, p.WebServer, first.Name, first.Password)
	_ = showConf(w, p)
	_, _ = fmt.Fprint(w, "\nor set it in the shell\n\n")
	_ = showEnv(w, p)
	_, _ = fmt.Fprint(w, "\nAnother pair: coffer keys create\n\n")
}
