package sdk_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/test/instance"
)

// python runs a program with the unmodified Python SDK against the shared
// server, and returns what it prints.
func python(t *testing.T, program string, args ...string) string {
	t.Helper()
	interpreter, err := filepath.Abs("../../.venv/compat-newest/bin/python")
	must(t, err)
	cmd := exec.CommandContext(t.Context(), interpreter, append([]string{program}, args...)...)
	home := t.TempDir()
	cmd.Env = append(instance.Clean(), "HOME="+home, "CLEARML_CONFIG_FILE="+filepath.Join(home, "none.conf"), "CLEARML_CACHE_DIR="+home,
		"CLEARML_API_HOST="+keys.API, "CLEARML_FILES_HOST="+keys.Files, "CLEARML_WEB_HOST="+keys.Web, "CLEARML_LOG_LEVEL=WARNING",
		"CLEARML_API_ACCESS_KEY="+keys.Access, "CLEARML_API_SECRET_KEY="+keys.Secret, "PYTHONHASHSEED=1")
	var out, problem strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &problem
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %v: %v\n%s%s", program, args, err, out.String(), problem.String())
	}
	return out.String()
}
