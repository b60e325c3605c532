package codec_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestImportsStayLight keeps server, cloud and gRPC packages out of what a
// program takes in with this package, and lets nobody reach for HTTP but the
// brotli that Parquet needs, which has a helper for servers beside it.
func TestImportsStayLight(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", `{{.ImportPath}} {{if .Standard}}std{{else}}{{join .Imports " "}}{{end}}`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		pkg, imports, _ := strings.Cut(line, " ")
		if strings.HasPrefix(pkg, "github.com/coffer-ml/coffer") && pkg != "github.com/coffer-ml/coffer/codec" {
			t.Errorf("imports %s", pkg)
		}
		for _, bad := range []string{"google.golang.org/grpc", "google.golang.org/api", "cloud.google.com", "/aws-", "azure", "pqarrow", "/flight"} {
			if strings.Contains(pkg, bad) {
				t.Errorf("imports %s", pkg)
			}
		}
		if strings.Contains(" "+imports+" ", " net/http ") && pkg != "github.com/andybalholm/brotli" {
			t.Errorf("%s imports net/http", pkg)
		}
	}
}
