package server_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/coffer-ml/coffer/server"
)

// load reads a configuration as `coffer serve` does.
func load(t *testing.T, args []string, env map[string]string) (server.Config, error) {
	t.Helper()
	f := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	server.Flags(f)
	if err := f.Parse(args); err != nil {
		t.Fatal(err)
	}
	return server.Load(f, func(name string) string { return env[name] })
}

// written leaves a configuration file and returns its path.
func written(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "coffer.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoadTakesTheNearestSource(t *testing.T) {
	file := written(t, "listen: \":1\"\napi-listen: \":2\"\nfiles-listen: \"off\"\nmax-upload-size: 4096\n"+
		"also-known-as: [coffer.lab, \"10.0.0.7:8081\"]\nlog-level:\n")
	c, err := load(t, []string{"--config", file, "--listen", ":11"}, map[string]string{"COFFER_LISTEN": ":21", "COFFER_API_LISTEN": ":22"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != ":11" {
		t.Errorf("the flag loses: %q", c.Listen)
	}
	if c.APIListen != ":22" {
		t.Errorf("the environment loses against the file: %q", c.APIListen)
	}
	if c.FilesListen != "off" || c.MaxUploadSize != 4096 || strings.Join(c.AlsoKnownAs, " ") != "coffer.lab 10.0.0.7:8081" {
		t.Errorf("the file is not read: %+v", c)
	}
	if c.ShutdownGrace != 30*time.Second || c.LogFormat != "text" || c.LogLevel != slog.LevelInfo {
		t.Errorf("what nobody sets has no default: %+v", c)
	}
	if !filepath.IsAbs(c.Data) || c.Blobs != filepath.Join(c.Data, "blobs") {
		t.Errorf("data %q, blobs %q", c.Data, c.Blobs)
	}
	c, err = load(t, nil, map[string]string{"COFFER_CONFIG": file})
	if err != nil || c.Listen != ":1" {
		t.Errorf("the environment names no file: %q, %v", c.Listen, err)
	}
}

func TestLoadNamesTheKeyItsValueAndItsSource(t *testing.T) {
	for key, values := range map[string][]string{
		"listen":          {"", "off", "8080", "host", ":x", ":70000", ":-1"},
		"api-listen":      {"", "on", ":x"},
		"files-listen":    {"", "8081"},
		"public-url":      {"coffer.lab", "ftp://coffer.lab", "http://", "https://coffer.lab/path", "https://u@coffer.lab", "http://coffer.lab?x"},
		"also-known-as":   {"http://coffer.lab", "a b", "coffer.lab:x"},
		"files-origins":   {"lab.example.org", "null", "https://lab.example.org/page", "https://a.org b", "https://a.org,ftp://b.org"},
		"max-upload-size": {"-1", "1GB", "1.5"},
		"shutdown-grace":  {"30", "-1s", "soon"},
		"log-format":      {"xml", "JSON"},
		"log-level":       {"loud"},
	} {
		variable := "COFFER_" + strings.ToUpper(strings.ReplaceAll(key, "-", "_"))
		for _, value := range values {
			for source, read := range map[string]func() error{
				"flag --" + key: func() error { _, err := load(t, []string{"--" + key, value}, nil); return err },
				"environment variable " + variable: func() error {
					_, err := load(t, nil, map[string]string{variable: value})
					return err
				},
			} {
				if value == "" && strings.HasPrefix(source, "environment") {
					continue // an empty variable is not set
				}
				err := read()
				if !errors.Is(err, server.ErrUsage) {
					t.Errorf("%s %q: %v", source, value, err)
					continue
				}
				for _, part := range []string{key, `"` + value + `"`, "expected", source} {
					if !strings.Contains(err.Error(), part) {
						t.Errorf("%s %q: %q does not say %q", source, value, err, part)
					}
				}
			}
		}
	}
}

func TestLoadTellsAllMistakesAtOnce(t *testing.T) {
	_, err := load(t, []string{"--listen", "x", "--log-level", "loud", "--tls-cert", "cert.pem"}, nil)
	for _, key := range []string{"listen", "log-level", "tls-key"} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%v does not name %s", err, key)
		}
	}
}

func TestConfigurationFilesAreRefusedByName(t *testing.T) {
	for expectation, c := range map[string]struct{ text, want string }{
		"an unknown key":    {"data: x\n\nlisten-on: \":1\"\n", `line 3: there is no key "listen-on"`},
		"a nested value":    {"data: {dir: x}\n", "line 1: data: expected a plain value"},
		"a list of lists":   {"also-known-as: [[a]]\n", "line 1: also-known-as: expected a list of texts"},
		"a bad value":       {"log-format: xml\n", `log-format: "xml" is not valid`},
		"no YAML":           {": : :\n", "coffer.yaml"},
		"a list of entries": {"- data\n", "coffer.yaml"},
	} {
		t.Run(expectation, func(t *testing.T) {
			path := written(t, c.text)
			_, err := load(t, []string{"--config", path}, nil)
			if !errors.Is(err, server.ErrUsage) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := load(t, []string{"--config", "/nowhere/coffer.yaml"}, nil); !errors.Is(err, server.ErrUsage) || !strings.Contains(err.Error(), "/nowhere/coffer.yaml") {
		t.Errorf("a missing file: %v", err)
	}
}

// Whoever looks a key up finds it: in the page about configuration, with its
// default, and in the configuration file to start from.
func TestEveryKeyIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("../examples/config/coffer.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	server.Flags(f)
	keys, _, _ := strings.Cut(string(page), "\n## ")
	rows := 0
	for line := range strings.Lines(keys) {
		if strings.HasPrefix(line, "| `") {
			rows++
			name := strings.Split(line, "`")[1]
			if flag := f.Lookup(name); flag == nil {
				t.Errorf("docs/configuration.md tells of %q, which is no key", name)
			}
		}
	}
	f.VisitAll(func(flag *pflag.Flag) {
		rows--
		fallback := flag.DefValue
		if fallback != "" {
			fallback = "`" + fallback + "`"
		}
		if !strings.Contains(keys, "| `"+flag.Name+"` | "+fallback+" |") {
			t.Errorf("docs/configuration.md has no row for %s with the default %q", flag.Name, flag.DefValue)
		}
		if flag.Name != "config" && !strings.Contains(string(example), "\n"+flag.Name+": ") && !strings.Contains(string(example), "\n# "+flag.Name+": ") {
			t.Errorf("examples/config/coffer.yaml has no line for %s", flag.Name)
		}
	})
	if rows != 0 {
		t.Errorf("docs/configuration.md has %d rows too many", rows)
	}
}

func TestExitCodesAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(server.ExitCodes()) {
		if code, meaning, ok := strings.Cut(strings.TrimSpace(line), "  "); ok && !strings.Contains(string(page), "| "+code+" | "+meaning+" |") {
			t.Errorf("docs/configuration.md does not say that %s means %q", code, meaning)
		}
	}
}
