package crash_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/coffer-ml/coffer/test/instance"
	"github.com/coffer-ml/coffer/test/postgres"
)

var rounds = flag.Int("rounds", 20, "how often each server is killed")

// binary is the coffer that is tested.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	if binary = os.Getenv(inside); binary != "" {
		os.Exit(m.Run())
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "coffer-crash-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary = filepath.Join(dir, "coffer")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/coffer").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build coffer: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// engine is a kind of database that a server must survive on.
type engine struct {
	name string
	// args are what serve and gc need for an empty database of the test's own.
	args func(t *testing.T) []string
}

var engines = []engine{
	{"sqlite", func(*testing.T) []string { return nil }},
	{"postgres", func(t *testing.T) []string { return []string{"--db", postgres.Database(t)} }},
}

// start runs a server on a data directory until the test ends.
func start(t *testing.T, data string, args ...string) *instance.Instance {
	t.Helper()
	i, err := instance.Start(t.Context(), instance.Config{Binary: binary, Data: data, Args: args, Env: instance.Clean()})
	must(t, err)
	t.Cleanup(func() {
		if !i.Killed() {
			must(t, i.Stop())
		}
	})
	return i
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
