package task_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/task"
)

func fields(s string) []string { return strings.Fields(s) }

func TestCheckName(t *testing.T) {
	for name, ok := range map[string]bool{
		"a": true,
		"ünïcödé / % # + ? & . $ 漢字 🎉":      true,
		strings.Repeat("漢", 200):            true,
		strings.Repeat("x", task.MaxName):   true,
		"":                                  false,
		"   ":                               false,
		"bad \xff byte":                     false,
		strings.Repeat("x", task.MaxName+1): false,
	} {
		err := task.CheckName(name)
		if ok != (err == nil) {
			t.Errorf("%.40q: %v", name, err)
		}
		if err != nil && !errors.Is(err, task.ErrInvalid) {
			t.Errorf("%.40q: reason of %v is not ErrInvalid", name, err)
		}
	}
}

func TestTypes(t *testing.T) {
	for _, typ := range task.Types() {
		if !typ.Valid() {
			t.Errorf("%s is listed but not valid", typ)
		}
	}
	if task.Type("fishing").Valid() {
		t.Error("any text counts as a type")
	}
}
