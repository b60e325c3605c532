package rpc_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/rpc"
)

func lines(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// Compatibility is a number: every endpoint of the protocol is a row of the
// table, or is listed as unsupported with a reason.
func TestEveryEndpointIsServedOrListedAsUnsupported(t *testing.T) {
	served := rpc.Endpoints()
	unsupported := map[string]bool{}
	for _, line := range lines(t, "../docs/protocol/unsupported.txt") {
		name, reason, ok := strings.Cut(line, "\t")
		if !ok || reason == "" {
			t.Errorf("unsupported.txt: %q has no reason", line)
		}
		unsupported[name] = true
		if slices.ContainsFunc(served, func(e rpc.Endpoint) bool { return e.Name == name }) {
			t.Errorf("%s is served and listed as unsupported", name)
		}
	}
	for _, name := range lines(t, "testdata/protocol_endpoints.txt") {
		if !unsupported[name] && !slices.ContainsFunc(served, func(e rpc.Endpoint) bool { return e.Name == name }) {
			t.Errorf("%s is neither served nor listed as unsupported", name)
		}
	}
}

// Every reason that a package declares has a row in the table of errors, or is
// known never to reach the API.
func TestEveryReasonHasARow(t *testing.T) {
	// What these packages declare never reaches the API: stores are behind the
	// file noun, the others, and uploads in parts, have doors of their own.
	elsewhere := regexp.MustCompile(`^(blob|blobtest|upload|sqlstore|fileserver|server|command)\.`)
	known := rpc.Reasons()
	found := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && d.Name() != ".." || d.Name() == "test" || d.Name() == "examples") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		for _, name := range declared(t, path) {
			found++
			if !known[name] && !elsewhere.MatchString(name) {
				t.Errorf("%s declares %s, which has no row in errors.go", path, name)
			}
		}
		return nil
	})
	if err != nil || found < 40 {
		t.Errorf("found %d reasons, %v: the walk does not see them", found, err)
	}
}

// declared returns the names of the reasons that a file declares.
func declared(t *testing.T, path string) (out []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		name := ""
		switch typ := lit.Type.(type) {
		case *ast.SelectorExpr:
			name = typ.Sel.Name
		case *ast.Ident:
			name = typ.Name
		}
		if name != "Reason" || len(lit.Elts) == 0 {
			return true
		}
		last := lit.Elts[len(lit.Elts)-1]
		if kv, ok := last.(*ast.KeyValueExpr); ok {
			last = kv.Value
		}
		if s, ok := last.(*ast.BasicLit); ok && s.Kind == token.STRING {
			text, _ := strconv.Unquote(s.Value)
			out = append(out, text)
		}
		return true
	})
	return out
}
