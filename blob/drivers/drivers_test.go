package drivers_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/bucket"
	"github.com/coffer-ml/coffer/blob/drivers"
	"github.com/coffer-ml/coffer/blob/local"
	"github.com/coffer-ml/coffer/blob/mem"
	"github.com/coffer-ml/coffer/test/objectstore"
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
	for _, spec := range []string{"", "ftp://host/dir", "file:", "file://host/dir", "file:///dir?x=y", "s3://bad host"} {
		if _, err := drivers.Open(spec); !errors.Is(err, drivers.ErrSpec) {
			t.Errorf("%q: %v, want a refusal", spec, err)
		}
	}
	if _, err := drivers.Open("s4://bucket"); err == nil || !strings.Contains(err.Error(), "s4") {
		t.Errorf("the message does not name the scheme: %v", err)
	}
}

// Each scheme of an object store opens its driver, and a bad address no store.
func TestOpenObjectStores(t *testing.T) {
	for _, kind := range objectstore.Kinds() {
		at := objectstore.Bucket(t, kind)
		s, err := drivers.Open(at)
		if err != nil {
			t.Fatal(err)
		}
		o, err := blob.Put(t.Context(), s, strings.NewReader("content"), blob.PutOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if info, err := s.Stat(t.Context(), o.Key); err != nil || info.Size != 7 {
			t.Errorf("%s: %+v, %v", kind, info, err)
		}
		if s, err := drivers.Open(at + "&unknown=1"); s != nil || !errors.Is(err, bucket.ErrAddress) {
			t.Errorf("%s: %v, %v, want a refusal", kind, s, err)
		}
	}
}
