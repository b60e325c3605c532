package drivers

import (
	"net/url"
	"path/filepath"
	"strings"
)

// memory is the location of stores in memory.
const memory = "mem:"

// Location is where the store of a specification is, as it may be shown and
// written down: without credentials, and the same for each way of writing it.
// It is a specification itself, for those who have the credentials elsewhere.
func Location(spec string) string {
	scheme, _, hasScheme := strings.Cut(spec, ":")
	switch {
	case !hasScheme || strings.ContainsAny(scheme, "/\\."):
		return folder(spec)
	case scheme == "mem":
		return memory
	}
	u, err := url.Parse(spec)
	if err != nil {
		return scheme + ": (not shown, since it may hold credentials)"
	}
	if scheme == "file" {
		return folder(u.Path)
	}
	u.User = nil
	u.Fragment = ""
	kept := url.Values{}
	for name, values := range u.Query() {
		if shownOptions[name] {
			kept[name] = values
		}
	}
	u.RawQuery = kept.Encode()
	return u.String()
}

// shownOptions are the options that say where a store is. What is not here may
// be a secret.
var shownOptions = map[string]bool{"endpoint": true, "region": true, "path-style": true, "insecure": true, "ca": true, "account": true}

func folder(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return (&url.URL{Scheme: "file", Path: filepath.Clean(path)}).String()
}

// Forgets reports whether the store at a location begins empty each time that
// it is opened.
func Forgets(location string) bool { return location == memory }
