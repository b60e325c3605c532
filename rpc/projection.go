package rpc

import (
	"net/url"
	"slices"
	"strings"
)

// projection is which parts of a document are wanted.
type projection struct {
	include [][]string // dotted paths, cut; empty means everything
	exclude [][]string
	joined  bool // references become objects, and paths go on into them
}

// projectionOf reads only_fields, or its alias projection, which wins. A path
// with a leading minus excludes.
func projectionOf(keys map[string]any, known map[string]bool, joined bool) (projection, error) {
	value := keys["projection"]
	if value == nil {
		value = keys["only_fields"]
	}
	p := projection{joined: joined}
	if value == nil {
		return p, nil
	}
	items, ok := value.([]any)
	if !ok {
		return p, wrong("only_fields", "a list of fields", value)
	}
	for _, item := range items {
		s, ok := item.(string)
		if !ok {
			return p, wrong("only_fields", "a list of fields", item)
		}
		name, excluded := strings.CutPrefix(s, "-")
		if joined {
			name = strings.TrimSuffix(name, ".*")
			if name == "*" {
				return projection{joined: true}, nil
			}
		}
		path := strings.Split(name, ".")
		if !known[path[0]] {
			return p, ErrProjection.Errorf("only_fields: there is no field %.60q", name).With("field", name)
		}
		for i, part := range path {
			path[i] = unescape(part)
		}
		if excluded {
			p.exclude = append(p.exclude, path)
		} else {
			p.include = append(p.include, path)
		}
	}
	if joined && len(p.include) > 0 {
		// An object is known by its id, and so is each that it refers to.
		for _, path := range slices.Clone(p.include) {
			if references[path[0]] {
				p.include = append(p.include, []string{path[0], "id"})
			}
		}
		p.include = append(p.include, []string{"id"})
	}
	return p, nil
}

// references are the fields that hold the id of something else.
var references = names("project", "user", "parent", "company")

// unescape reads a part of a path whose dots and dollars a client has escaped.
func unescape(part string) string {
	if !strings.Contains(part, "%") {
		return part
	}
	if s, err := url.PathUnescape(part); err == nil {
		return s
	}
	return part
}

// wants reports whether anything at or below the path is wanted.
func (p projection) wants(path ...string) bool {
	for _, x := range p.exclude {
		if len(x) <= len(path) && slices.Equal(x, path[:len(x)]) {
			return false
		}
	}
	if len(p.include) == 0 {
		return true
	}
	return slices.ContainsFunc(p.include, func(in []string) bool {
		n := min(len(in), len(path))
		return slices.Equal(in[:n], path[:n])
	})
}

// apply cuts a document down to what is wanted. The ancestors of a wanted path
// that exist appear even if the leaf does not, as empty objects: clients read
// through them unguarded.
func (p projection) apply(doc map[string]any) map[string]any {
	out := doc
	if len(p.include) > 0 {
		out = make(map[string]any)
		for _, path := range p.include {
			copyPath(out, doc, path)
		}
	}
	for _, path := range p.exclude {
		dropPath(out, path)
	}
	return out
}

func copyPath(to, from map[string]any, path []string) {
	value, ok := from[path[0]]
	if !ok {
		return
	}
	if len(path) == 1 {
		to[path[0]] = value
		return
	}
	switch v := value.(type) {
	case map[string]any:
		next, ok := to[path[0]].(map[string]any)
		if !ok {
			next = make(map[string]any)
			to[path[0]] = next
		}
		copyPath(next, v, path[1:])
	case []any:
		list, _ := to[path[0]].([]any)
		if len(list) != len(v) {
			list = make([]any, len(v))
		}
		for i, item := range v {
			object, _ := item.(map[string]any)
			next, ok := list[i].(map[string]any)
			if !ok {
				next = make(map[string]any)
			}
			copyPath(next, object, path[1:])
			list[i] = next
		}
		to[path[0]] = list
	default:
		to[path[0]] = value
	}
}

func dropPath(doc map[string]any, path []string) {
	if len(path) == 1 {
		delete(doc, path[0])
		return
	}
	if next, ok := doc[path[0]].(map[string]any); ok {
		dropPath(next, path[1:])
	}
}
