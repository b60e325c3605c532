package hostile_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every test that docs/protocol/weaknesses.md names exists, and every row has
// one.
func TestTheListOfWeaknessesNamesRealTests(t *testing.T) {
	declared := regexp.MustCompile(`(?m)^(?:func ((?:Test|Fuzz)\w+)\(|def (test_\w+)\()`)
	exist := map[string]bool{}
	must(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && path != "../.." && (strings.HasPrefix(name, ".") || name == "node_modules") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") && (!strings.HasPrefix(d.Name(), "test_") || !strings.HasSuffix(path, ".py")) {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
			exist[m[1]+m[2]] = true
		}
		return err
	}))
	page, err := os.ReadFile("../../docs/protocol/weaknesses.md")
	must(t, err)
	named := regexp.MustCompile("`((?:Test|Fuzz|test_)\\w+)`")
	rows := 0
	body, _, _ := strings.Cut(string(page), "## Not here")
	for line := range strings.Lines(body) {
		tests := named.FindAllStringSubmatch(line, -1)
		for _, m := range tests {
			if !exist[m[1]] {
				t.Errorf("there is no test %s: %.80s", m[1], line)
			}
		}
		if isRow := regexp.MustCompile(`^\| \d+ \|`).MatchString(line); isRow {
			if rows++; len(tests) == 0 {
				t.Errorf("a row names no test: %.80s", line)
			}
		}
	}
	if rows < 28 {
		t.Errorf("found %d rows only", rows)
	}
}
