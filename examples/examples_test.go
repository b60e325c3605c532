package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/test/instance"
)

func TestCurlCommandsPrintWhatThePageSays(t *testing.T) {
	coffer := build(t)
	data := filepath.Join(t.TempDir(), "coffer-data")
	server, err := instance.Start(t.Context(), instance.Config{Binary: coffer, Data: data, Env: instance.Clean()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	page, err := os.ReadFile("curl.md")
	if err != nil {
		t.Fatal(err)
	}
	script, expected := commands(string(page))
	shell := exec.CommandContext(t.Context(), "bash", "-e", "-o", "pipefail")
	shell.Dir = filepath.Dir(data)
	shell.Env = append(instance.Clean(), "PATH="+filepath.Dir(coffer)+":"+os.Getenv("PATH"), "NO_PROXY=127.0.0.1")
	shell.Stdin = strings.NewReader(script)
	out, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	rest := string(out)
	for _, text := range expected {
		_, after, found := strings.Cut(rest, text+"\n")
		if !found {
			t.Errorf("%q does not come, or not in its place, in:\n%s", text, out)
			continue
		}
		rest = after
	}
}

func TestConfigurationFilesStartAServer(t *testing.T) {
	coffer := build(t)
	files, err := filepath.Glob("config/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no configuration files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			server, err := instance.Start(t.Context(), instance.Config{
				Binary: coffer, Data: filepath.Join(t.TempDir(), "data"), Args: []string{"--config", file}, Env: instance.Clean(),
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := server.Stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

// commands gives the shell blocks of a page as one script, and what the
// comments at the ends of its lines say that will be printed.
func commands(page string) (script string, expected []string) {
	inside := false
	for line := range strings.Lines(page) {
		switch {
		case strings.HasPrefix(line, "```"):
			inside = !inside && strings.HasPrefix(line, "```sh")
		case inside:
			script += line
			if _, comment, ok := strings.Cut(line, " # "); ok {
				expected = append(expected, strings.TrimSpace(comment))
			}
		}
	}
	return script, expected
}

// build compiles coffer for this test.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "coffer")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../cmd/coffer").CombinedOutput(); err != nil {
		t.Fatalf("building coffer: %v\n%s", err, out)
	}
	return binary
}
