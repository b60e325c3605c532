package drivers_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/drivers"
	"github.com/coffer-ml/coffer/blob/local"
	"github.com/coffer-ml/coffer/blob/mem"
)

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	for spec, isLocal := range map[string]bool{
		dir: true, "file://" + dir: true, filepath.Join(dir, "a b", "c"): true, "mem:": false,
	} {
		s, err := drivers.Open(spec)
		if err != nil {
			t.Errorf("%s: %v", spec, err)
			continue
		}
		if _, ok := s.(*local.Store); ok != isLocal {
			t.Errorf("%s: got %T", spec, s)
		}
		if _, ok := s.(*mem.Store); ok == isLocal {
			t.Errorf("%s: got %T", spec, s)
		}
	}
	for _, spec := range []string{"", "ftp://host/dir", "file:", "file://host/dir"} {
		if _, err := drivers.Open(spec); !errors.Is(err, drivers.ErrSpec) {
			t.Errorf("%q: %v, want a refusal", spec, err)
		}
	}
	if _, err := drivers.Open("s4://bucket"); err == nil || !strings.Contains(err.Error(), "s4") {
		t.Errorf("the message does not name the scheme: %v", err)
	}
	var _ blob.Store = (*mem.Store)(nil)
}
