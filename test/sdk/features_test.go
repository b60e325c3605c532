package sdk_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each row of features.toml has a test that is there, or says what it needs.
func TestEveryRowHasATestOrNamesThePartItNeeds(t *testing.T) {
	declared := map[string]bool{}
	for _, dir := range []string{".", "../../client/cache"} {
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		must(t, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			must(t, err)
			for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(string(text), -1) {
				declared[m[1]] = true
			}
		}
	}
	list, err := os.ReadFile("features.toml")
	must(t, err)
	rows := strings.Split(string(list), "\n[")[1:]
	if len(rows) != 129 {
		t.Errorf("%d rows", len(rows))
	}
	field := regexp.MustCompile(`(?m)^(side|says|test|needs) = "(.*)"$`)
	for _, row := range rows {
		id, _, _ := strings.Cut(row, "]")
		fields := map[string]string{}
		for _, m := range field.FindAllStringSubmatch(row, -1) {
			fields[m[1]] = m[2]
		}
		if fields["side"] == "" || fields["says"] == "" || (fields["test"] == "") == (fields["needs"] == "") {
			t.Errorf("%s: got %v", id, fields)
		}
		if fields["test"] != "" && !declared[fields["test"]] {
			t.Errorf("%s: there is no %s", id, fields["test"])
		}
	}
}
