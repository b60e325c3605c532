package sdk_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/test/instance"
)

// shell runs commands as a person with a home and a configuration does.
type shell struct {
	t    *testing.T
	home string
	dir  string
}

func newShell(t *testing.T) *shell {
	t.Helper()
	s := &shell{t: t, home: t.TempDir(), dir: t.TempDir()}
	s.ok("signed in as admin", []string{"login", keys.Web, "--access-key", keys.Access, "--secret-key", keys.Secret})
	return s
}

// run returns what a command printed, and its exit code.
func (s *shell) run(stdin string, args ...string) (out, problem string, code int) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), coffer, args...)
	cmd.Dir = s.dir
	cmd.Env = append(instance.Clean(), "HOME="+s.home)
	cmd.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

// ok expects success and a text in the output.
func (s *shell) ok(want string, args []string, stdin ...string) string {
	s.t.Helper()
	out, problem, code := s.run(strings.Join(stdin, ""), args...)
	if code != 0 || !strings.Contains(out, want) {
		s.t.Fatalf("coffer %s: exit %d\n%s%s\nlacks %q", strings.Join(args, " "), code, out, problem, want)
	}
	return out
}

// fails expects an exit code and a text among the problems.
func (s *shell) fails(code int, want string, args ...string) {
	s.t.Helper()
	out, problem, got := s.run("", args...)
	if got != code || !strings.Contains(problem, want) {
		s.t.Errorf("coffer %s: exit %d, want %d\n%s%s\nlacks %q", strings.Join(args, " "), got, code, out, problem, want)
	}
}

func parse[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

func (s *shell) write(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	must(s.t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(s.t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func (s *shell) read(path string) string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, path))
	must(s.t, err)
	return string(text)
}

func TestLoginKeepsTheRestOfTheFile(t *testing.T) {
	s := &shell{t: t, home: t.TempDir(), dir: t.TempDir()}
	conf := filepath.Join(s.home, "clearml.conf")
	must(t, os.WriteFile(conf, []byte("# mine\nsdk.development.default_output_uri: \"\"\napi.api_server: \"http://old:8008\""), 0o600))
	s.ok("signed in as admin", []string{"login", keys.Web}, keys.Access+"\n", keys.Secret+"\n")
	s.ok("signed in as admin", []string{"login", keys.Web}, keys.Access+"\n", keys.Secret+"\n")
	text, err := os.ReadFile(conf)
	must(t, err)
	if !strings.HasPrefix(string(text), "# mine\n") || strings.Count(string(text), "coffer login") != 2 {
		t.Errorf("the file is now\n%s", text)
	}
	s.ok("[]", []string{"task", "ls", "--project", "none", "--json"})
	s.fails(4, "", "login", keys.Web, "--access-key", "wrong", "--secret-key", "wrong")
	s.fails(2, "", "login", "no address", "--access-key", "a", "--secret-key", "b")
	info, err := os.Stat(conf)
	must(t, err)
	if info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may read the secret: %s", info.Mode())
	}
}

func TestD22TheCommandLineListsAndDownloads(t *testing.T) {
	s := newShell(t)
	at := "cli/" + t.Name() + "/train"
	s.write("model.bin", "weights")
	s.write("data/one.csv", "1")
	s.write("data/deep/two.csv", "2")
	s.ok("weights@1", []string{"put", at + ":weights", "model.bin", "--metadata", "split=train", "--preview", "looks good"})
	s.write("model.bin", "better weights")
	s.ok("weights@2", []string{"put", at + ":weights", "model.bin"})
	s.ok("dataset@1", []string{"put", at + ":dataset", "data"})
	s.ok("report.txt@1", []string{"put", at + ":report.txt", "-"}, "all is well")
	s.ok("link@1", []string{"put", at + ":link", "https://example.com/x.csv"})

	s.ok("completed", []string{"task", "ls", "--project", "cli/" + t.Name()})
	list := parse[[]map[string]any](t, s.ok("", []string{"ls", at, "--json"}))
	if len(list) != 4 || list[0]["name"] != "dataset" || list[3]["version"] != 2.0 || list[3]["state"] != "stored" {
		t.Errorf("got %v", list)
	}
	s.ok("cli/"+t.Name(), []string{"ls"})
	if versions := parse[[]map[string]any](t, s.ok("", []string{"ls", at + ":weights", "--json"})); len(versions) != 2 || versions[0]["version"] != 2.0 {
		t.Errorf("got %v", versions)
	}
	info := s.ok("looks good", []string{"info", at + ":weights@1"})
	if !strings.Contains(info, "metadata split") || !strings.Contains(info, "1 of 2") {
		t.Errorf("got %s", info)
	}

	if path := strings.TrimSpace(s.ok("", []string{"get", at + ":weights"})); s.read(path) != "better weights" || path != "model.bin" {
		t.Errorf("got %q", path)
	}
	if path := strings.TrimSpace(s.ok("", []string{"get", at + ":weights@1", "-o", "old"})); s.read(path) != "weights" {
		t.Errorf("got %q", path)
	}
	s.ok("all is well", []string{"get", at + ":report.txt", "-o", "-"})
	got := parse[map[string]any](t, s.ok("", []string{"get", at + ":dataset", "-o", "out", "--json"}))
	if s.read(got["path"].(string)+"/deep/two.csv") != "2" {
		t.Errorf("got %v", got)
	}
	s.ok("", []string{"rm", "-y", at + ":link"})
	if all := strings.Fields(s.ok("", []string{"get", at, "-o", "all"})); len(all) != 3 {
		t.Errorf("got %v", all)
	}
	if shown := parse[map[string]any](t, s.ok("", []string{"task", "show", at, "--json"})); shown["status"] != "completed" || len(shown["artifacts"].([]any)) != 3 {
		t.Errorf("got %v", shown)
	}
	id := parse[[]map[string]any](t, s.ok("", []string{"ls", at, "--json"}))[0]["task"].(string)
	s.ok("weights", []string{"ls", id})
	s.ok("", []string{"wait", at + ":weights", "--timeout", "10s"})
	s.ok(at+":weights", []string{"__complete", "get", at + ":w"})
	s.ok(at, []string{"__complete", "get", "cli/" + t.Name() + "/"})
}

func TestTheCommandLineTellsMistakesByItsExitCode(t *testing.T) {
	s := newShell(t)
	at := "cli/" + t.Name() + "/train"
	s.write("x", "x")
	s.ok("", []string{"put", at + ":x", "x"})
	s.fails(2, "expected PROJECT/TASK:ARTIFACT", "put", "nonsense", "x")
	s.fails(2, "counted from 1", "get", at+":x@0")
	s.fails(2, "--yes", "rm", at+":x")
	s.fails(2, "", "get")
	s.fails(2, "", "ls", "--nonsense")
	s.fails(3, "no such task", "get", "cli/none/none:x")
	s.fails(3, "none", "get", at+":none")
	s.fails(3, "", "put", at+":y", "no/such/file")
	s.fails(6, "", "wait", at+":never", "--timeout", "1s", "--conf", s.write("broken.conf", fmt.Sprintf(
		"api { api_server: %q, credentials { access_key: %q, secret_key: %q } }", "http://127.0.0.1:1", keys.Access, keys.Secret)))
	s.fails(3, "", "wait", at+":never", "--timeout", "1s")
	c := open(t)
	task, err := c.FindTask(t.Context(), client.TaskQuery{Project: "cli/" + t.Name(), Name: "train"})
	must(t, err)
	must(t, task.Publish(t.Context(), false))
	s.fails(5, "", "put", at+":x", "x")
	s.fails(5, "", "rm", "-y", at+":x")
}

func TestI11TheCacheIsLookedAfterFromTheCommandLine(t *testing.T) {
	s := newShell(t)
	at := "cli/" + t.Name() + "/train"
	s.write("x.txt", "content")
	s.ok("", []string{"put", at + ":x", "x.txt"})
	path := strings.TrimSpace(s.ok("", []string{"get", at + ":x", "--cached"}))
	if !strings.HasPrefix(path, s.home) {
		t.Errorf("the cache is at %s", path)
	}
	if du := parse[map[string]any](t, s.ok("", []string{"cache", "du", "--json"})); du["entries"] != 1.0 || du["bytes"] != 7.0 || du["in_use"] != 0.0 {
		t.Errorf("got %v", du)
	}
	s.ok("1 entries are sound, 0 were not", []string{"cache", "verify"})
	s.ok("removed 0 entries", []string{"cache", "prune", "--older", "1h"})
	s.ok("removed 0 entries", []string{"cache", "prune", "--task", "other"})
	s.ok("removed 1 entries, 7 B", []string{"cache", "prune"})
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestG31TransfersAreToldOfOnePerLineWhereThereIsNoTerminal(t *testing.T) {
	s := newShell(t)
	path, _ := bigFile(t, 3<<20)
	_, problem, code := s.run("", "put", "cli/"+t.Name()+"/train:w", path)
	if code != 0 || strings.Count(problem, "\n") != 1 || !strings.Contains(problem, "upload of w: 3.0 MiB") {
		t.Errorf("exit %d: %q", code, problem)
	}
	_, problem, _ = s.run("", "get", "cli/"+t.Name()+"/train:w")
	if strings.Count(problem, "\n") != 1 || !strings.Contains(problem, "download of w: 3.0 MiB") {
		t.Errorf("%q", problem)
	}
	if _, problem, _ = s.run("", "get", "cli/"+t.Name()+"/train:w", "--json"); problem != "" {
		t.Errorf("beside JSON: %q", problem)
	}
}

func TestHelpStartsWithAnExample(t *testing.T) {
	s := newShell(t)
	for _, name := range []string{"put", "get", "ls", "info", "rm", "wait", "login", "task", "task ls", "task show", "model", "model ls", "model get", "cache", "cache du", "cache prune", "cache verify"} {
		out := s.ok("coffer "+strings.Fields(name)[0], append(strings.Fields(name), "--help"))
		if first, _, _ := strings.Cut(out, "\n"); !strings.HasPrefix(first, "Example") {
			t.Errorf("the help of %s begins with %q", name, first)
		}
	}
}
