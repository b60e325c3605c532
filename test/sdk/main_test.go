package sdk_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/test/instance"
)

// coffer is the binary under test, shared a server that most tests use.
var (
	coffer string
	shared *instance.Instance
	keys   instance.Keys
)

func TestMain(m *testing.M) {
	if os.Getenv(readerTask) != "" { // a process of a test
		if err := readAsProcess(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "coffer-sdk-test-")
	if err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	coffer = filepath.Join(dir, "coffer")
	if out, err := exec.Command("go", "build", "-o", coffer, "../../cmd/coffer").CombinedOutput(); err != nil {
		return 1, fmt.Errorf("building coffer: %w\n%s", err, out)
	}
	ctx := context.Background()
	if shared, err = instance.Start(ctx, instance.Config{Binary: coffer, Data: filepath.Join(dir, "data"), Env: instance.Clean()}); err != nil {
		return 1, err
	}
	defer func() {
		if stopped := shared.Stop(); stopped != nil {
			err = stopped
		}
	}()
	if keys, err = shared.CreateKeys(ctx); err != nil {
		return 1, err
	}
	if code = m.Run(); code != 0 {
		fmt.Fprintln(os.Stderr, shared.LogTail())
	}
	return code, nil
}

// config connects to the shared server and to nothing of whoever runs the
// tests.
func config(t *testing.T) client.Config {
	t.Helper()
	return client.Config{
		File: "-", Env: environment(nil), API: keys.API, Web: keys.Web, Files: keys.Files,
		AccessKey: keys.Access, SecretKey: keys.Secret, Patience: 20 * time.Second,
	}
}

// environment is one of the given variables alone.
func environment(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := vars[name]
		return v, ok
	}
}

// open connects; the test closes what it opened.
func open(t *testing.T, change ...func(*client.Config)) *client.Client {
	t.Helper()
	cfg := config(t)
	for _, f := range change {
		f(&cfg)
	}
	c, err := client.Open(t.Context(), cfg)
	must(t, err)
	t.Cleanup(func() { must(t, c.Close(context.WithoutCancel(t.Context()))) })
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// project is a project of the test's own.
func project(t *testing.T) string { return "sdk/" + strings.ReplaceAll(t.Name(), "/", " ") }

func start(t *testing.T, c *client.Client, name string) *client.Run {
	t.Helper()
	r, err := c.StartTask(t.Context(), client.TaskSpec{Project: project(t), Name: name})
	must(t, err)
	return r
}

func create(t *testing.T, c *client.Client, name string) *client.Task {
	t.Helper()
	task, err := c.CreateTask(t.Context(), client.TaskSpec{Project: project(t), Name: name})
	must(t, err)
	return task
}

// is checks the kind of an error.
func is(t *testing.T, err, want error) {
	t.Helper()
	e, ok := errorAs(err)
	if !ok || !e.Is(want) {
		t.Errorf("got error %v, want one that is %q", err, want)
	}
}
