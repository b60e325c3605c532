package hocon

import "strings"

// value reads one value: what stands beside each other up to the end of the
// line is one.
func (p *parser) value() (node, error) {
	var j joined
	between := ""
	for {
		var part node
		var err error
		switch c := p.peek(); {
		case c == '{':
			p.pos++
			inner := newObject()
			part, err = inner, p.fields(inner, true)
		case c == '[':
			p.pos++
			part, err = p.list()
		case c == '"':
			var text string
			text, err = p.quoted()
			part = &scalar{text: text}
		case strings.HasPrefix(p.text[p.pos:], "${"):
			part, err = p.reference()
		default:
			text := p.unquoted()
			if text == "" {
				return p.end(j)
			}
			part = &scalar{text: text}
			if text == "null" && len(j.parts) == 0 {
				part = &scalar{null: true, text: text}
			}
		}
		if err != nil {
			return nil, err
		}
		j.parts, j.between = append(j.parts, part), append(j.between, between)
		between = p.inline()
	}
}

// end makes one value of what stood beside each other.
func (p *parser) end(j joined) (node, error) {
	switch len(j.parts) {
	case 0:
		// key = with nothing behind it, as people leave it: an empty text.
		return &scalar{}, nil
	case 1:
		return j.parts[0], nil
	}
	return &j, nil
}

func (p *parser) list() (node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.errorf("sections and lists are more than %d deep", maxDepth)
	}
	defer func() { p.depth-- }()
	l := &array{}
	for {
		p.blank()
		for p.take(",") {
			p.blank()
		}
		if p.take("]") {
			return l, nil
		}
		if c := p.peek(); c == 0 || c == '}' {
			return nil, p.errorf("a list was not closed: expected ]")
		}
		item, err := p.value()
		if err != nil {
			return nil, err
		}
		l.items = append(l.items, item)
		p.inline()
		p.comment()
		if c := p.peek(); c != '\n' && c != ',' && c != ']' {
			return nil, p.errorf("%q was not expected in a list: expected a comma or ]", p.rest())
		}
	}
}
