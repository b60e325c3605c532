package cluster_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/server"
	"github.com/coffer-ml/coffer/test/postgres"
)

func TestDatabaseMovesToPostgres(t *testing.T) {
	at := postgres.Database(t)
	old := serve(t)
	of := old.newTask(t, "x")
	if got := old.upload(t, "x/one.bin", "content"); got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	old.record(t, of, "one", "x/one.bin", digestOf("content"))

	_, err := tryCommand("db", "move", "--from", old.data, "--to", at)
	if server.ExitCode(err) != 5 {
		t.Fatalf("while a server runs: exit code %d, %v", server.ExitCode(err), err)
	}
	old.stop()

	out := command(t, "db", "move", "--from", old.data, "--to", at)
	for _, line := range []string{" 1 task\n", " 1 artifact_version\n", " 1 generation\n"} {
		if !strings.Contains(out, line) {
			t.Errorf("%q is not told in\n%s", line, out)
		}
	}
	moved := serve(t, "--db", at, "--blobs", filepath.Join(old.data, "blobs"))
	moved.pair = old.pair // it moved, too
	if s := moved.state(t, of, "one", 0); s != "stored" {
		t.Errorf("the artifact is %q", s)
	}
	if got := moved.get(t, moved.Files+"/x/one.bin"); string(got.body) != "content" {
		t.Errorf("%d %s", got.status, got.body)
	}

	for name, c := range map[string]struct {
		args []string
		code int
	}{
		"into what is in use":    {[]string{"--from", old.data, "--to", at}, 5},
		"from where nothing is":  {[]string{"--from", t.TempDir(), "--to", at}, 3},
		"to what is no database": {[]string{"--from", old.data, "--to", "sqlite:///secret"}, 2},
		"to nowhere":             {[]string{"--from", old.data}, 2},
	} {
		_, err := tryCommand(append([]string{"db", "move"}, c.args...)...)
		if server.ExitCode(err) != c.code {
			t.Errorf("%s: exit code %d, expected %d: %v", name, server.ExitCode(err), c.code, err)
		}
	}
}
