package rpc

import (
	"strings"

	"github.com/coffer-ml/coffer/internal/query"
)

// renamed are the paths of older versions of the protocol.
var renamed = [][2]string{
	{"execution.parameters.", "hyperparams.Args."},
	{"execution.model_desc", "configuration"},
	{"execution.docker_cmd", "container"},
}

// depths bounds the parts of paths whose keys are people's: a dot that is not
// escaped shows as one too many.
var depths = map[string]struct{ least, most int }{
	"hyperparams":   {2, 4},
	"configuration": {2, 4},
	"metadata":      {2, 3},
}

// fieldPath turns a path as clients write it into the name of a field: paths
// of older versions are renamed, keys read in their escaped form.
func fieldPath(path string) (string, error) {
	for _, r := range renamed {
		if rest, ok := strings.CutPrefix(path, r[0]); ok && (rest == "" || strings.HasSuffix(r[0], ".") || rest[0] == '.') {
			path = r[1] + rest
			break
		}
	}
	parts := strings.Split(path, ".")
	if d, ok := depths[parts[0]]; ok && len(parts) > 1 && (len(parts) < d.least || len(parts) > d.most) {
		return "", ErrField.Errorf("%.100s: a path into %s has %d to %d parts; write a dot within a name as %%2E", path, parts[0], d.least, d.most).
			With("field", path)
	}
	for i, p := range parts {
		parts[i] = unescape(p)
	}
	return query.Join(parts...), nil
}

// mangled undoes how the protocol writes keys into paths: "%%", "%2E", "%24",
// and "%_" for underscores that would be taken for an operator.
var mangled = strings.NewReplacer("%%", "%", "%2E", ".", "%24", "$", "%_", "_")

// unescape reads one part of a path; plain parts stay as they are.
func unescape(part string) string { return mangled.Replace(part) }
