// Package drivers is the explicit list of blob drivers: it turns the
// specification in a configuration into an open store.
package drivers

import (
	"net/url"
	"strings"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/azure"
	"github.com/coffer-ml/coffer/blob/gcs"
	"github.com/coffer-ml/coffer/blob/local"
	"github.com/coffer-ml/coffer/blob/mem"
	"github.com/coffer-ml/coffer/blob/s3"
	"github.com/coffer-ml/coffer/internal/fault"
)

// ErrSpec is the reason of a specification that names no driver.
var ErrSpec = fault.Reason{Kind: fault.Invalid, Name: "blob.bad_store_spec"}

// known are the forms of a specification.
const known = "file:///dir, a path, s3://bucket/prefix, gs://bucket/prefix, azure://account/container/prefix, or mem:"

// Open opens the store that spec names: "file:///dir" or a path for a
// directory, "s3://bucket/prefix?options", "gs://bucket/prefix?options" or
// "azure://account/container/prefix?options" for a bucket, "mem:" for memory,
// which forgets all at the end. Stores elsewhere are not asked: whether they
// answer shows with the first call.
func Open(spec string) (blob.Store, error) {
	scheme, _, hasScheme := strings.Cut(spec, ":")
	switch {
	case spec == "":
		return nil, ErrSpec.Errorf("blobs: no store is named; expected %s", known)
	case !hasScheme || strings.ContainsAny(scheme, "/\\."):
		return local.Open(local.Config{Dir: spec})
	case scheme == "mem":
		return &mem.Store{}, nil
	}
	u, err := url.Parse(spec)
	if err != nil {
		return nil, ErrSpec.Errorf("blobs: the address of the store cannot be read; expected %s", known)
	}
	switch scheme {
	case "file":
		if u.Host != "" || u.Path == "" || u.RawQuery != "" {
			return nil, ErrSpec.Errorf("blobs: %q is no folder; expected file:///dir with three slashes", spec)
		}
		return local.Open(local.Config{Dir: u.Path})
	case "s3":
		return from(u, s3.FromURL, s3.Open)
	case "gs":
		return from(u, gcs.FromURL, gcs.Open)
	case "azure":
		return from(u, azure.FromURL, azure.Open)
	}
	return nil, ErrSpec.Errorf("blobs: %q has the unknown scheme %q; expected %s", Location(spec), scheme, known)
}

// from opens the store at an address. A nil pointer of a driver's type must not
// become a store.
func from[Config any, Store blob.Store](u *url.URL, read func(*url.URL) (Config, error), open func(Config) (Store, error)) (blob.Store, error) {
	cfg, err := read(u)
	if err != nil {
		return nil, err
	}
	s, err := open(cfg)
	if err != nil {
		return nil, err
	}
	return s, nil
}
