package hocon

import (
	"slices"
	"strings"
)

// reference reads ${path} or ${?path}.
func (p *parser) reference() (node, error) {
	r := &reference{in: p, pos: p.pos}
	p.pos += len("${")
	r.optional = p.take("?")
	end := strings.IndexAny(p.text[p.pos:], "}\n")
	if end < 0 || p.text[p.pos+end] != '}' {
		return nil, p.errorf("a substitution was not closed: expected }")
	}
	inner := &parser{file: p.file, text: strings.TrimSpace(p.text[p.pos : p.pos+end])}
	path, err := inner.key()
	if err != nil || inner.pos < len(inner.text) {
		return nil, p.errorf("%q is not the name of a value", inner.text)
	}
	r.env = inner.text
	if len(p.base) > 0 {
		r.paths = append(r.paths, append(slices.Clone(p.base), path...))
	}
	r.paths = append(r.paths, path)
	p.pos += end + 1
	return r, nil
}

// below is what lies at a path of keys in nodes.
func below(nodes []node, keys []string) []node {
	var found []node
	for _, n := range nodes {
		rest := keys
		for o, ok := n.(*object); ok && len(rest) > 0; o, ok = n.(*object) {
			n, rest = o.fields[rest[0]], rest[1:]
		}
		switch n.(type) {
		case nil:
			continue
		case *override, *joined, *reference, *inside:
			if len(rest) > 0 {
				n = &inside{n, rest}
			}
		default:
			if len(rest) > 0 {
				continue
			}
		}
		found = append(found, n)
	}
	return found
}

// bind makes references to the field at path, within its own new value, mean
// what it was before.
func bind(n node, path []string, before node) {
	switch n := n.(type) {
	case *joined:
		for _, part := range n.parts {
			bind(part, path, before)
		}
	case *array:
		for _, item := range n.items {
			bind(item, path, before)
		}
	case *reference:
		if !n.own && slices.ContainsFunc(n.paths, func(p []string) bool { return slices.Equal(p, path) }) {
			n.own, n.before = true, before
		}
	}
}
