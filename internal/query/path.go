package query

import "strings"

// Names of fields are dotted paths. A part may hold any text, as names of
// hyper-parameters do: Join escapes what would cut it, Split undoes that.

var (
	escapes   = strings.NewReplacer("%", "%25", ".", "%2E")
	unescapes = strings.NewReplacer("%25", "%", "%2E", ".")
)

// Join makes the name of a field out of raw parts.
func Join(parts ...string) string {
	escaped := make([]string, len(parts))
	for i, p := range parts {
		escaped[i] = escapes.Replace(p)
	}
	return strings.Join(escaped, ".")
}

// Split returns the raw parts of a name.
func Split(name string) []string {
	parts := strings.Split(name, ".")
	for i, p := range parts {
		parts[i] = unescapes.Replace(p)
	}
	return parts
}
