package rpc

import (
	"crypto/md5" //nolint:gosec // the protocol names artifacts by it
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// maxPath bounds the parts of a path into a document: each reference on the
// way costs queries.
const maxPath = 12

// projection is which parts of a document are wanted.
type projection struct {
	noun    string
	include [][]string // dotted paths, cut; empty means everything
	exclude [][]string
	joined  bool // references become objects, and paths go on into them
	hidden  bool // with an empty include: also what is shown only by name
}

// projectionOf reads only_fields, or its alias projection, which wins. A path
// with a leading minus excludes.
func projectionOf(keys map[string]any, of string, joined bool) (projection, error) {
	value := keys["projection"]
	if value == nil {
		value = keys["only_fields"]
	}
	p := projection{noun: of, joined: joined}
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
		if joined && name == "*" {
			return projection{noun: of, joined: true, hidden: true}, nil
		}
		path, err := p.path(name)
		if err != nil {
			return p, err
		}
		if excluded {
			p.exclude = append(p.exclude, path)
		} else {
			p.include = append(p.include, path)
		}
	}
	if joined && len(p.include) > 0 { // an object is known by its id
		p.include = append(p.include, []string{"id"})
	}
	return p, nil
}

// path reads and checks one path. Of a reference that is followed, "*" means
// all of what it leads to; elsewhere "x.*" is "x".
func (p projection) path(name string) ([]string, error) {
	parts := strings.Split(name, ".")
	if len(parts) > maxPath {
		return nil, ErrProjection.Errorf("only_fields: %.60q has more than %d parts", name, maxPath).With("field", name)
	}
	at := nouns[p.noun].shape
	for i := range parts {
		if parts[i] == "*" && p.joined && i == len(parts)-1 && i > 0 {
			return parts[:i], nil
		}
		next, known := at[parts[i]]
		switch {
		case !known:
			return nil, ErrProjection.Errorf("only_fields: there is no field %.60q", name).With("field", name)
		case next == nil:
			at = nil
		case next.open:
			for j := i + 1; j < len(parts); j++ {
				parts[j] = unescape(parts[j])
			}
			if p.joined && parts[len(parts)-1] == "*" {
				parts = parts[:len(parts)-1]
			}
			return parts, nil
		case next.of == "":
			at = next.below
		case !p.joined:
			at = nil
		default:
			at = nouns[next.of].shape
			if i == len(parts)-2 && parts[i+1] == "*" {
				return parts, nil
			}
		}
	}
	return parts, nil
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

// wantsAny reports whether it wants anything at or below any of the fields.
func (p projection) wantsAny(fields ...string) bool {
	return slices.ContainsFunc(fields, func(f string) bool { return p.wants(f) })
}

// only reports whether it wants nothing but some of the fields.
func (p projection) only(fields ...string) bool {
	return len(p.include) > 0 && !slices.ContainsFunc(p.include, func(path []string) bool { return !slices.Contains(fields, path[0]) })
}

// names reports whether a field is asked for by its name.
func (p projection) names(field string) bool {
	return slices.ContainsFunc(p.include, func(path []string) bool { return path[0] == field })
}

// into is what is wanted of what the reference at the path leads to, and
// whether that is more than its id.
func (p projection) into(l link) (of projection, more bool) {
	of = projection{noun: l.of, joined: true}
	n := len(l.path)
	for _, in := range p.include {
		if len(in) <= n || !slices.Equal(in[:n], l.path) {
			continue
		}
		if in[n] == "*" {
			return projection{noun: l.of, joined: true, hidden: true}, true
		}
		of.include = append(of.include, in[n:])
		more = more || len(in) > n+1 || in[n] != "id"
	}
	of.include = append(of.include, []string{"id"})
	return of, more
}

// apply cuts a document down to what is wanted. The ancestors of a wanted path
// that exist appear even if the leaf does not, as empty objects: clients read
// through them unguarded.
func (p projection) apply(doc map[string]any) map[string]any {
	out := doc
	if len(p.include) > 0 {
		out = make(map[string]any, len(p.include))
		for _, path := range p.include {
			copyPath(out, doc, p.upToReference(path))
		}
	} else if !p.hidden {
		for _, name := range nouns[p.noun].hidden {
			delete(out, name)
		}
	}
	for _, path := range p.exclude {
		dropPath(out, path)
	}
	return out
}

// upToReference cuts a path where it leads on into another document, which was
// cut down when it was loaded.
func (p projection) upToReference(path []string) []string {
	at := nouns[p.noun].shape
	for i, name := range path {
		next := at[name]
		if next == nil {
			break
		}
		if p.joined && next.of != "" {
			return path[:i+1]
		}
		at = next.below
	}
	return path
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
		if path[0] == "artifacts" {
			to[path[0]] = append(asList(to[path[0]]), artifactsNamed(v, path[1])...)
			return
		}
		list := asList(to[path[0]])
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

func asList(v any) []any {
	list, ok := v.([]any)
	if !ok {
		return []any{}
	}
	return list
}

// artifactsNamed picks those of the artifacts that a path names, as the
// protocol names them: by the MD5 of their key, and their mode.
func artifactsNamed(list []any, name string) []any {
	var out []any
	for _, item := range list {
		d, _ := item.(map[string]any)
		sum := md5.Sum([]byte(text(d["key"]))) //nolint:gosec // a name, no secret
		if hex.EncodeToString(sum[:])+"_"+fmt.Sprint(d["mode"]) == name {
			out = append(out, item)
		}
	}
	return out
}

func dropPath(doc map[string]any, path []string) {
	if len(path) == 1 {
		delete(doc, path[0])
		return
	}
	switch next := doc[path[0]].(type) {
	case map[string]any:
		dropPath(next, path[1:])
	case []any:
		for _, item := range next {
			if object, ok := item.(map[string]any); ok {
				dropPath(object, path[1:])
			}
		}
	}
}
