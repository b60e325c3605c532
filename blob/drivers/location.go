package drivers

import (
	"net/url"
	"path/filepath"
	"strings"
)

// memory is the location of stores in memory.
const memory = "mem:"

// Location is where the store of a specification is, as it may be shown and
// written down: in one form for each way of writing it, and without a name and
// a password, which have no place there. It is a specification itself.
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
	u.User, u.Fragment = nil, ""
	u.Path = strings.TrimRight(u.Path, "/")
	kept := url.Values{}
	for name, values := range u.Query() {
		if shownOptions[name] {
			kept[name] = values
		}
	}
	u.RawQuery = kept.Encode()
	return u.String()
}

// shownOptions are the options of all drivers: none of them is a secret, those
// that lead to one name a file. What is not here may be one, typed by mistake.
var shownOptions = map[string]bool{
	"endpoint": true, "region": true, "path-style": true, "ca": true, "tls-verify": true, "stall": true, "credentials": true, "profile": true,
}

func folder(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return (&url.URL{Scheme: "file", Path: filepath.Clean(path)}).String()
}

// Forgets reports whether the store at a location begins empty each time that
// it is opened.
func Forgets(location string) bool { return location == memory }
