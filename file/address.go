package file

import (
	"net/url"
	"strings"
)

// own marks addresses of our own in stored text: "files:" and the path as it
// was written. It is no scheme that anybody else uses.
const own = "files:"

// Address is where a record says its bytes are: a path on this server,
// whatever it is called today, or a place elsewhere that is kept as written.
type Address struct {
	// Path is set for own addresses: decoded.
	Path Path
	// Text is, for own addresses, the path as written with its quoting style
	// and its leading slash; for others the whole address verbatim.
	Text string
}

// Own makes the address of a path on this server from the path part of a URL,
// as written: percent-encoded or not. The path is decoded exactly once; a
// percent sign that begins no valid escape stands for itself.
func Own(written string) (Address, error) {
	decoded, err := url.PathUnescape(written)
	if err != nil {
		decoded = written
	}
	p, err := ParsePath(decoded)
	if err != nil {
		return Address{}, err
	}
	return Address{Path: p, Text: "/" + strings.TrimLeft(written, "/")}, nil
}

// Elsewhere makes the address of a place that is not ours.
func Elsewhere(text string) Address { return Address{Text: text} }

// IsOwn reports whether the address is a path on this server.
func (a Address) IsOwn() bool { return a.Path != "" }

// IsZero reports whether there is no address at all.
func (a Address) IsZero() bool { return a.Text == "" }

// String returns the text under which the address is stored.
func (a Address) String() string {
	if a.IsOwn() {
		return own + a.Text
	}
	return a.Text
}

// Canonical returns the text by which addresses are compared: own ones by
// their decoded path, whatever their quoting.
func (a Address) Canonical() string {
	if a.IsOwn() {
		return own + "/" + string(a.Path)
	}
	return a.Text
}

// Stored reads the text that String returned.
func Stored(text string) Address {
	written, ok := strings.CutPrefix(text, own)
	if !ok {
		return Elsewhere(text)
	}
	a, err := Own(written)
	if err != nil {
		return Elsewhere(text)
	}
	return a
}

// Render returns the address for a reader who reaches our files under base,
// such as "http://host:8081" or "https://host/files".
func (a Address) Render(base string) string {
	if a.IsOwn() {
		return strings.TrimRight(base, "/") + a.Text
	}
	return a.Text
}
