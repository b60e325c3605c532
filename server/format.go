package server

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/coffer-ml/coffer/user"
)

// with returns the addresses together with a pair.
func (k keyPair) with(p user.Pair) keyPair {
	k.AccessKey, k.SecretKey = p.Access, p.Secret
	return k
}

// sdkAddresses returns what an SDK is told to connect to: one address for all
// if there is a public one, else the listeners, of which the web listener
// stands in for those that are off.
func sdkAddresses(cfg Config, a Addresses) keyPair {
	if cfg.PublicURL != "" {
		return onePort(cfg.PublicURL)
	}
	p := onePort(a.Web)
	if a.API != "" {
		p.APIServer = a.API
	}
	if a.Files != "" {
		p.FilesServer = a.Files
	}
	return p
}

func onePort(web string) keyPair {
	return keyPair{APIServer: web + "/api", WebServer: web, FilesServer: web + "/files"}
}

// configured returns the addresses of listeners that are not open.
func configured(cfg Config) Addresses {
	show := func(listen string) string {
		if listen == off {
			return ""
		}
		return reached(cfg.scheme(), listen)
	}
	return Addresses{Web: show(cfg.Listen), API: show(cfg.APIListen), Files: show(cfg.FilesListen)}
}

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

// formatNames lists them for messages.
func formatNames() string {
	return strings.Join(slices.Sorted(maps.Keys(formats)), ", ")
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

// showKeys prints a listing.
func showKeys(out io.Writer, rows []keyRow) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "KEY\tUSER\tLABEL\tCREATED\tLAST USED\tFROM") // Flush tells errors
	for _, k := range rows {
		used := "never"
		if !k.LastUsed.IsZero() {
			used = k.LastUsed.Local().Format(time.DateTime)
		}
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", k.AccessKey, k.User, k.Label, k.Created.Local().Format(time.DateTime), used, k.LastUsedFrom)
	}
	return t.Flush()
}

// showFirstRun prints, once, what the first start drew.
func showFirstRun(w io.Writer, cfg Config, first *user.FirstRun, p keyPair) error {
	p = p.with(first.Pair)
	var b strings.Builder
	fmt.Fprintf(&b, `
Coffer is ready. This is shown once:

  web        %s
  user       %s
  password   %s

Point the ClearML Python SDK at it: paste this where clearml-init asks,
or save it as ~/clearml.conf

`, p.WebServer, first.Name, first.Password)
	_ = showConf(&b, p) // writing to memory
	b.WriteString("\nor set it in the shell\n\n")
	_ = showEnv(&b, p)
	fmt.Fprintf(&b, "\nAnother pair: coffer keys create --data %s\n\n", shellWord(cfg.Data))
	_, err := io.WriteString(w, b.String())
	return err
}

// shellWord quotes a text for a shell if it needs it.
func shellWord(s string) string {
	if strings.IndexFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("-_./", r)
	}) < 0 {
		return s
	}
	return quoted(s)
}
