package hocon

import (
	"slices"
	"strings"
)

// fields reads the inside of a section into o, up to its brace or to the end.
func (p *parser) fields(o *object, braced bool) error {
	if p.depth++; p.depth > maxDepth {
		return p.errorf("sections and lists are more than %d deep", maxDepth)
	}
	defer func() { p.depth-- }()
	for {
		p.blank()
		for p.take(",") {
			p.blank()
		}
		if braced && p.take("}") {
			return nil
		}
		if p.pos == len(p.text) {
			if braced {
				return p.errorf("a section was not closed: expected }")
			}
			return nil
		}
		included, err := p.include(o)
		if err == nil && !included {
			err = p.field(o)
		}
		if err != nil {
			return err
		}
		p.inline()
		p.comment()
		if c := p.peek(); c != '\n' && c != ',' && c != '}' && c != 0 {
			return p.errorf("%q was not expected here: a value ends with its line or a comma", p.rest())
		}
		if !braced && p.peek() == '}' {
			return p.errorf("there is no section for this } to close")
		}
	}
}

// field reads one key with its value into o.
func (p *parser) field(o *object) error {
	keys, err := p.key()
	if err != nil {
		return err
	}
	p.inline()
	appends := false
	switch {
	case p.take("+="):
		appends = true
	case p.take("="), p.take(":"):
	case p.peek() == '{':
	default:
		return p.errorf("%q was not expected after the key %s: expected =, : or {", p.rest(), strings.Join(keys, "."))
	}
	p.blank()

	outer, shadow := len(p.path), p.shadow
	p.path = append(p.path, keys...)
	p.shadow = below(append([]node{o}, shadow...), keys)
	defer func() { p.path, p.shadow = p.path[:outer], shadow }()
	value, err := p.value()
	if err != nil {
		return err
	}
	if appends {
		own := &reference{paths: [][]string{slices.Clone(p.path)}, optional: true, in: p, pos: p.pos}
		value = &joined{parts: []node{own, &array{[]node{value}}}, between: []string{"", ""}}
	}
	for _, key := range keys[:len(keys)-1] {
		inner, ok := o.fields[key].(*object)
		if !ok {
			fresh := newObject()
			o.set(key, merge(o.fields[key], fresh))
			inner = fresh
		}
		o = inner
	}
	last := keys[len(keys)-1]
	if len(p.shadow) > 0 {
		bind(value, p.path, p.shadow[0])
	} else {
		bind(value, p.path, nil)
	}
	o.set(last, merge(o.fields[last], value))
	return nil
}

// key reads a path of keys with dots between them.
func (p *parser) key() ([]string, error) {
	var keys []string
	var current strings.Builder
	given := false // current holds a key, if only an empty one in quotes
	quoted := 0    // so many bytes of current stand in quotes, or before some: blanks at their end belong to the key
	end := func() {
		text := current.String()
		keys = append(keys, text[:quoted]+strings.TrimRight(text[quoted:], " \t\r"))
		current.Reset()
		given, quoted = false, 0
	}
	for {
		switch c := p.peek(); {
		case c == '"':
			text, err := p.quoted()
			if err != nil {
				return nil, err
			}
			current.WriteString(text)
			given, quoted = true, current.Len()
			continue
		case c == '.':
			p.pos++
			if !given {
				return nil, p.errorf("a key has an empty part")
			}
			end()
			continue
		case c == 0, c == '\n', c == '=', c == ':', c == '{', c == '}', c == '[', c == ']', c == ',', c == '#', strings.HasPrefix(p.text[p.pos:], "+="):
			if !given {
				return nil, p.errorf("%q was not expected here: expected a key", p.rest())
			}
			end() // blanks before the separator do not belong to the key
			return keys, nil
		case isBlank(c) && !given:
			p.pos++
		default:
			current.WriteByte(c)
			p.pos++
			given = true
		}
	}
}
