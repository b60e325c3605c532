package e2e_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/test/instance"
)

// The example in the documentation of uploads in parts runs as it stands there,
// at both addresses, and again.
func TestUploadByCurl(t *testing.T) {
	text, err := os.ReadFile("../../docs/protocol/uploads.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "```sh\n")
	script, _, ended := strings.Cut(after, "```")
	if !found || !ended {
		t.Fatal("the page has no example")
	}
	folder := t.TempDir()
	server := start(t, instance.Config{Binary: buildCoffer(t), Data: filepath.Join(folder, "data"), Env: instance.Clean()})
	keys, err := server.CreateKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	content := make([]byte, 3<<20+5)
	for version, api := range []string{server.Web + "/api", server.API, server.API + "/api"} {
		_, _ = rand.NewChaCha8([32]byte{byte(version)}).Read(content)
		if err := os.WriteFile(filepath.Join(folder, "weights.bin"), content, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, round := range []string{"first", "again"} {
			bash := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script)
			bash.Dir = folder
			bash.Env = append(instance.Clean(), "API="+api, "ACCESS_KEY="+keys.Access, "SECRET_KEY="+keys.Secret)
			out, err := bash.CombinedOutput()
			if err != nil {
				t.Fatalf("%s, %s: %v\n%s", api, round, err, out)
			}
			for _, want := range []string{`"state":"committed"`, fmt.Sprintf(`"version":%d`, version+1), `"offset":3145728,"size":5,`} {
				if !strings.Contains(string(out), want) {
					t.Errorf("%s, %s: %q is not in\n%s", api, round, want, out)
				}
			}
		}
		c := caller{t: t, base: server.Web, keys: keys}
		resp := c.do("GET", "/files/lab/weights.bin", nil, nil)
		defer func() { _ = resp.Body.Close() }()
		if got, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK || !bytes.Equal(got, content) {
			t.Errorf("%s: read back %d, %d other bytes, %v", api, resp.StatusCode, len(got), err)
		}
	}
}
