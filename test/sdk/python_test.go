package sdk_test

import (
	"os"
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
	return pythonWith(t, "", program, args...)
}

// reporter makes the SDK's reporter a thread. As a process, which is the
// default, it is forked while another thread runs git: now and then it inherits
// the pipe to git, and the program waits for ever for git to close it.
const reporter = "sdk.development.report_use_subprocess: false\n"

// pythonWith gives the program a clearml.conf of its own.
func pythonWith(t *testing.T, conf, program string, args ...string) string {
	t.Helper()
	interpreter, err := filepath.Abs("../../.venv/compat-newest/bin/python")
	must(t, err)
	cmd := exec.CommandContext(t.Context(), interpreter, append([]string{program}, args...)...)
	home := t.TempDir()
	file := filepath.Join(home, "clearml.conf")
	must(t, os.WriteFile(file, []byte(reporter+conf), 0o600))
	cmd.Env = append(instance.Clean(), "HOME="+home, "CLEARML_CONFIG_FILE="+file, "CLEARML_CACHE_DIR="+home,
		"CLEARML_API_HOST="+keys.API, "CLEARML_FILES_HOST="+keys.Files, "CLEARML_WEB_HOST="+keys.Web, "CLEARML_LOG_LEVEL=WARNING",
		"CLEARML_API_ACCESS_KEY="+keys.Access, "CLEARML_API_SECRET_KEY="+keys.Secret, "PYTHONHASHSEED=1")
	var out, problem strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &problem
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %v: %v\n%s%s", program, args, err, out.String(), problem.String())
	}
	return out.String()
}
