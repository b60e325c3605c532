// Package drivers is the explicit list of blob drivers: it turns the
// specification in a configuration into an open store.
package drivers

import (
	"net/url"
	"strings"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/local"
	"github.com/coffer-ml/coffer/blob/mem"
	"github.com/coffer-ml/coffer/internal/fault"
)

// ErrSpec is the reason of a specification that names no driver.
var ErrSpec = fault.Reason{Kind: fault.Invalid, Name: "blob.bad_store_spec"}

// Open opens the store that spec names: "file:///dir" or a path for a
// directory, "mem:" for memory, which forgets all at the end.
func Open(spec string) (blob.Store, error) {
	scheme, _, hasScheme := strings.Cut(spec, ":")
	switch {
	case spec == "":
		return nil, ErrSpec.Errorf("blobs: no store is named; expected file:///dir, a path, or mem:")
	case !hasScheme || strings.ContainsAny(scheme, "/\\."):
		return local.Open(local.Config{Dir: spec})
	case scheme == "mem":
		return &mem.Store{}, nil
	case scheme == "file":
		u, err := url.Parse(spec)
		if err != nil || u.Host != "" || u.Path == "" {
			return nil, ErrSpec.Wrap(err, "blobs: %q is no folder; expected file:///dir with three slashes", spec)
		}
		return local.Open(local.Config{Dir: u.Path})
	}
	return nil, ErrSpec.Errorf("blobs: %q has the unknown scheme %q; expected file:///dir, a path, or mem:", spec, scheme)
}
