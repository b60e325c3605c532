package rpc

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/coffer-ml/coffer/file"
)

// Addresses says under which names this server is reached. Records hold no
// host of ours: an address that names us is kept as a path and rendered for
// whoever asks.
type Addresses struct {
	// PublicURL is the one address for all, such as "https://coffer.lab"; "" if
	// callers reach us under several.
	PublicURL string
	// AlsoKnownAs are further hosts, with or without a port, that are us.
	AlsoKnownAs []string
	// WebPort, APIPort and FilesPort are the ports in use; "" if a listener
	// is off.
	WebPort, APIPort, FilesPort string
}

// FilesPrefix is where files lie on hosts that also serve the web app.
const FilesPrefix = "/files"

// The ports that clients assume when a proxy hides ours.
const (
	usualAPIPort   = "8008"
	usualFilesPort = "8081"
)

// base returns the address under which the caller of r reaches our files.
func (a Addresses) base(r *http.Request) string {
	if a.PublicURL != "" {
		return strings.TrimRight(a.PublicURL, "/") + FilesPrefix
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	if port := a.filesPortBeside(r.Host); port != "" {
		return scheme + "://" + net.JoinHostPort(hostname(r.Host), port)
	}
	return scheme + "://" + r.Host + FilesPrefix
}

// filesPortBeside returns the port of the file server on the host that a
// caller of the API named; "" if he named one that serves files by prefix.
func (a Addresses) filesPortBeside(host string) string {
	switch port := portOf(host); {
	case port == "" || a.FilesPort == "":
		return ""
	case port == a.APIPort && port != a.WebPort:
		return a.FilesPort
	case port == usualAPIPort:
		return usualFilesPort
	}
	return ""
}

// parse takes an address as a client wrote it. It is ours if scheme and host
// are, and the path lies where that host serves files; all others are kept to
// the letter.
func (a Addresses) parse(r *http.Request, text string) file.Address {
	host, path, ok := splitURL(text)
	if !ok {
		return file.Elsewhere(text)
	}
	root, prefixed := a.serves(r, host)
	if prefixed {
		if rest, ok := strings.CutPrefix(path, FilesPrefix+"/"); ok {
			return ownOr(rest, text)
		}
	}
	if root {
		return ownOr(path, text)
	}
	return file.Elsewhere(text)
}

func ownOr(written, text string) file.Address {
	a, err := file.Own(written)
	if err != nil {
		return file.Elsewhere(text) // a path that we never serve
	}
	return a
}

// serves reports how a host serves our files: at its root, or below the
// prefix.
func (a Addresses) serves(r *http.Request, host string) (root, prefixed bool) {
	same := func(b string) bool { return b != "" && strings.EqualFold(host, b) }
	if u, err := url.Parse(a.PublicURL); err == nil && same(u.Host) {
		return false, true
	}
	name, port := hostname(host), portOf(host)
	for _, known := range a.AlsoKnownAs {
		if same(known) || portOf(known) == "" && strings.EqualFold(name, hostname(known)) {
			return a.isFilesPort(port), !a.isFilesPort(port)
		}
	}
	if !strings.EqualFold(name, hostname(r.Host)) {
		return false, false
	}
	switch {
	case a.isFilesPort(port):
		return true, false
	case same(r.Host), port != "" && port == a.WebPort:
		return false, true
	}
	return false, false
}

func (a Addresses) isFilesPort(port string) bool {
	return port != "" && a.FilesPort != "" && (port == a.FilesPort || port == usualFilesPort)
}

// splitURL cuts an http address into host and path, as written: a path with
// blanks or question marks that a client did not quote stays whole.
func splitURL(text string) (host, path string, ok bool) {
	rest, ok := strings.CutPrefix(text, "http://")
	if !ok {
		if rest, ok = strings.CutPrefix(text, "https://"); !ok {
			return "", "", false
		}
	}
	host, path, ok = strings.Cut(rest, "/")
	return host, "/" + path, ok && host != ""
}

func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		return h
	}
	return strings.Trim(host, "[]")
}

func portOf(host string) string {
	_, port, err := net.SplitHostPort(host)
	if err != nil {
		return ""
	}
	return port
}

// address takes an address out of a request.
func (h *handlers) address(c Call, text string) file.Address {
	return h.Addresses.parse(c.Request, text)
}

// destination takes an output destination: it may be the file server itself,
// without a path.
func (h *handlers) destination(c Call, text string) string {
	trimmed := strings.TrimRight(text, "/")
	if trimmed == strings.TrimRight(c.files, "/") && trimmed != "" {
		return ownRoot
	}
	return h.address(c, text).String()
}

// ownRoot is how the file server itself is stored as a destination.
const ownRoot = "files:/"

// shownDestination renders a stored destination for the caller.
func (c Call) shownDestination(stored string) string {
	if stored == ownRoot {
		return strings.TrimRight(c.files, "/")
	}
	return file.Stored(stored).Render(c.files)
}
