package rpc

import (
	"encoding/json"
	"strings"

	"github.com/coffer-ml/coffer/api"
)

// lookUp returns what stands at a dotted path of a document.
func lookUp(document map[string]any, path string) (any, bool) {
	head, rest, nested := strings.Cut(path, ".")
	v, ok := document[head]
	if !ok || !nested {
		return v, ok
	}
	next, ok := v.(map[string]any)
	if !ok {
		return nil, false
	}
	return lookUp(next, rest)
}

// documents turns entities into JSON objects.
func documents[T any](items []T) []api.Fields {
	out := make([]api.Fields, len(items))
	for i, it := range items {
		b, _ := json.Marshal(it) // plain structs
		_ = json.Unmarshal(b, &out[i])
	}
	return out
}
