package hocon

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// maxResolved bounds what substitutions make of a file, in bytes of text and
// values: a file that doubles a text a hundred times ends here.
const maxResolved = 8 << 20

// maxHops bounds how deep substitutions lead into each other; resolving
// recurses.
const maxHops = 1000

// resolver fills substitutions in.
type resolver struct {
	root   *object
	opts   Options
	active []node // being resolved, so that a circle is seen
	done   map[node]Value
	made   int
}

func resolve(root *object, o Options) (*Object, error) {
	r := &resolver{root: root, opts: o, done: map[node]Value{}}
	v, err := r.resolve(root)
	if err != nil {
		return nil, err
	}
	return v.(*Object), nil
}

func (r *resolver) grow(n int) error {
	if r.made += n; r.made > maxResolved {
		return fmt.Errorf("substitutions make more than %d bytes", maxResolved)
	}
	return nil
}

// resolve returns the value of a node, nil if there is none. Values are never
// changed once they were made, so that they can be shared.
func (r *resolver) resolve(n node) (Value, error) {
	switch n := n.(type) {
	case nil:
		return nil, nil
	case ready:
		return n.Value, nil
	case *scalar:
		if n.null {
			return nil, nil
		}
		return Text(n.text), r.grow(len(n.text) + 1)
	}
	if v, ok := r.done[n]; ok {
		return v, nil
	}
	v, err := r.compose(n)
	if err == nil {
		r.done[n] = v
	}
	return v, err
}

// compose makes the value of a node that is made of others.
func (r *resolver) compose(n node) (Value, error) {
	switch n := n.(type) {
	case *array:
		l := make(List, 0, len(n.items))
		for _, item := range n.items {
			v, err := r.resolve(item)
			if err != nil {
				return nil, err
			}
			if v != nil {
				l = append(l, v)
			}
		}
		return l, r.grow(len(n.items) + 1)
	case *object:
		o := &Object{fields: map[string]Value{}}
		for _, key := range n.keys {
			v, err := r.resolve(n.fields[key])
			if err != nil {
				return nil, err
			}
			if v != nil {
				o.put(key, v)
			}
			if err := r.grow(len(key) + 1); err != nil {
				return nil, err
			}
		}
		return o, nil
	case *override:
		newer, err := r.resolve(n.newer)
		if _, section := newer.(*Object); err != nil || newer != nil && !section {
			return newer, err
		}
		older, err := r.resolve(n.older)
		if err != nil {
			return nil, err
		}
		return r.lay(older, newer)
	case *joined:
		return r.join(n)
	case *reference:
		return r.follow(n)
	case *inside:
		found, err := r.lookup(n.of, n.path)
		if err != nil {
			return nil, err
		}
		return r.resolve(found)
	}
	return nil, fmt.Errorf("hocon: %T is no node", n)
}

func (o *Object) put(key string, v Value) {
	if _, ok := o.fields[key]; !ok {
		o.keys = append(o.keys, key)
	}
	o.fields[key] = v
}

// lay puts a newer value over an older one without changing either.
func (r *resolver) lay(older, newer Value) (Value, error) {
	if newer == nil {
		return older, nil
	}
	below, ok := older.(*Object)
	above, both := newer.(*Object)
	if !ok || !both {
		return newer, nil
	}
	if err := r.grow(len(below.keys) + len(above.keys)); err != nil {
		return nil, err
	}
	o := &Object{keys: slices.Clone(below.keys), fields: maps.Clone(below.fields)}
	for _, key := range above.keys {
		v, err := r.lay(o.fields[key], above.fields[key])
		if err != nil {
			return nil, err
		}
		o.put(key, v)
	}
	return o, nil
}

// join puts values that stand beside each other together: sections are merged,
// lists appended to each other, texts with the blanks between them.
func (r *resolver) join(n *joined) (Value, error) {
	var whole Value
	blank := ""
	for i, part := range n.parts {
		v, err := r.resolve(part)
		if err != nil {
			return nil, err
		}
		blank += n.between[i]
		if s, ok := part.(*scalar); ok && s.null {
			v = Text(s.text) // null beside something else is a word
		}
		if v == nil {
			continue
		}
		switch w := whole.(type) {
		case nil:
			whole = v
		case Text:
			text, ok := v.(Text)
			if !ok {
				return nil, mixed(whole, v)
			}
			if err := r.grow(len(w) + len(text)); err != nil {
				return nil, err
			}
			whole = w + Text(blank) + text
		case List:
			list, ok := v.(List)
			if !ok {
				return nil, mixed(whole, v)
			}
			if err := r.grow(len(w) + len(list)); err != nil {
				return nil, err
			}
			whole = append(slices.Clip(w), list...)
		case *Object:
			if _, ok := v.(*Object); !ok {
				return nil, mixed(whole, v)
			}
			if whole, err = r.lay(whole, v); err != nil {
				return nil, err
			}
		}
		blank = ""
	}
	return whole, nil
}

func mixed(a, b Value) error {
	return fmt.Errorf("%s and %s cannot be put together", kind(a), kind(b))
}

func kind(v Value) string {
	switch v := v.(type) {
	case *Object:
		return "a section"
	case List:
		return "a list"
	case Text:
		if len(v) > 20 {
			v = Text(strings.ToValidUTF8(string(v[:20]), "")) + "..."
		}
		return fmt.Sprintf("the text %q", string(v))
	}
	return "nothing"
}

// follow returns what a reference refers to: a value of the file, else a
// variable of the environment.
func (r *resolver) follow(n *reference) (Value, error) {
	if err := r.grow(1); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(r.active, func(a node) bool { return a == node(n) }) {
		return nil, fmt.Errorf("%s: ${%s} leads to itself", n.in.where(n.pos), n.env)
	}
	if len(r.active) >= maxHops {
		return nil, fmt.Errorf("%s: substitutions are more than %d deep", n.in.where(n.pos), maxHops)
	}
	r.active = append(r.active, n)
	defer func() { r.active = r.active[:len(r.active)-1] }()

	if n.own {
		if v, err := r.resolve(n.before); v != nil || err != nil {
			return v, err
		}
	} else {
		for _, path := range n.paths {
			found, err := r.lookup(r.root, path)
			if err != nil {
				return nil, err
			}
			if v, err := r.resolve(found); v != nil || err != nil {
				return v, err
			}
		}
	}
	if r.opts.Env != nil && n.env != "" {
		if text, ok := r.opts.Env(n.env); ok {
			return Text(text), r.grow(len(text) + 1)
		}
	}
	if n.optional {
		return nil, nil
	}
	return nil, fmt.Errorf("%s: ${%s} is neither set in the file nor in the environment", n.in.where(n.pos), n.env)
}

// lookup finds the node at a path below another, nil if there is none. It
// resolves no more than it must, so that sections may refer to their own
// parts.
func (r *resolver) lookup(n node, path []string) (node, error) {
	if len(path) == 0 {
		return n, nil
	}
	switch n := n.(type) {
	case *object:
		return r.lookup(n.fields[path[0]], path[1:])
	case *override:
		newer, err := r.lookup(n.newer, path)
		if err != nil {
			return nil, err
		}
		older, err := r.lookup(n.older, path)
		if err != nil || newer == nil {
			return older, err
		}
		return merged(older, newer), nil
	case *joined:
		var found node
		for _, part := range n.parts {
			in, err := r.lookup(part, path)
			if err != nil {
				return nil, err
			}
			if in != nil {
				found = merged(found, in)
			}
		}
		return found, nil
	case *inside:
		return r.lookup(n.of, append(slices.Clip(n.path), path...))
	case *reference:
		v, err := r.follow(n)
		if err != nil {
			return nil, err
		}
		for _, key := range path {
			o, ok := v.(*Object)
			if !ok {
				return nil, nil
			}
			v = o.Field(key)
		}
		if v == nil {
			return nil, nil
		}
		return ready{v}, nil
	}
	return nil, nil
}

// ready is a value that was resolved already.
type ready struct{ Value }

func merged(older, newer node) node {
	if older == nil {
		return newer
	}
	return &override{older, newer}
}
