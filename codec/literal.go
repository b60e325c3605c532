package codec

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// literal reads a Python literal as headers of NumPy hold it: strings,
// integers, True, False, None, tuples, lists and dicts with string keys.
type literal struct {
	text  string
	at    int
	depth int
}

// literalDepth is deeper than any type people nest.
const literalDepth = 32

// tuple tells a tuple of a header from a list.
type tuple []any

// parseLiteral reads the whole text.
func parseLiteral(text string) (any, error) {
	p := &literal{text: text}
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	p.space()
	if p.at != len(p.text) {
		return nil, p.bad()
	}
	return v, nil
}

func (p *literal) bad() error {
	return malformed("no Python literal at %.20q", p.text[min(p.at, len(p.text)):])
}

func (p *literal) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// next skips space and returns the next byte without taking it, 0 at the end.
func (p *literal) next() byte {
	p.space()
	if p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func (p *literal) value() (any, error) {
	if p.depth++; p.depth > literalDepth {
		return nil, tooLarge("a header of more than %d levels", literalDepth)
	}
	defer func() { p.depth-- }()
	switch c := p.next(); {
	case c == '{':
		return p.dict()
	case c == '(':
		items, comma, err := p.items(')')
		if err == nil && len(items) == 1 && !comma {
			return items[0], nil
		}
		return tuple(items), err
	case c == '[':
		items, _, err := p.items(']')
		return items, err
	case c == '\'' || c == '"':
		return p.str()
	case c == '-' || (c >= '0' && c <= '9'):
		return p.integer()
	}
	for word, v := range map[string]any{"True": true, "False": false, "None": nil} {
		if strings.HasPrefix(p.text[p.at:], word) {
			p.at += len(word)
			return v, nil
		}
	}
	return nil, p.bad()
}

func (p *literal) items(end byte) (items []any, comma bool, err error) {
	p.at++
	for {
		if p.next() == end {
			p.at++
			return items, comma, nil
		}
		if len(items) > 0 && !comma {
			return nil, false, p.bad()
		}
		v, err := p.value()
		if err != nil {
			return nil, false, err
		}
		items = append(items, v)
		if comma = p.next() == ','; comma {
			p.at++
		}
	}
}

func (p *literal) dict() (any, error) {
	p.at++
	out := map[string]any{}
	for comma := true; ; {
		if p.next() == '}' {
			p.at++
			return out, nil
		}
		if !comma {
			return nil, p.bad()
		}
		key, err := p.value()
		if err != nil {
			return nil, err
		}
		name, ok := key.(string)
		if !ok || p.next() != ':' {
			return nil, p.bad()
		}
		p.at++
		if out[name], err = p.value(); err != nil {
			return nil, err
		}
		if comma = p.next() == ','; comma {
			p.at++
		}
	}
}

func (p *literal) integer() (any, error) {
	start := p.at
	p.at++
	for p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
		p.at++
	}
	digits := p.text[start:p.at]
	if p.at < len(p.text) && p.text[p.at] == 'L' {
		p.at++ // Python 2 wrote long integers so
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return nil, malformed("no length: %.30s", digits)
	}
	return int(n), nil
}

func (p *literal) str() (any, error) {
	quote := p.text[p.at]
	p.at++
	var b strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		p.at++
		switch {
		case c == quote:
			return b.String(), nil
		case c != '\\':
			b.WriteByte(c)
		default:
			if err := p.escape(&b); err != nil {
				return nil, err
			}
		}
	}
	return nil, p.bad()
}

var escapes = map[byte]byte{'n': '\n', 't': '\t', 'r': '\r', '\\': '\\', '\'': '\'', '"': '"', 'a': '\a', 'b': '\b', 'f': '\f', 'v': '\v'}

func (p *literal) escape(b *strings.Builder) error {
	if p.at == len(p.text) {
		return p.bad()
	}
	c := p.text[p.at]
	p.at++
	if v, ok := escapes[c]; ok {
		b.WriteByte(v)
		return nil
	}
	n := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
	if n == 0 || p.at+n > len(p.text) {
		return p.bad()
	}
	v, err := strconv.ParseUint(p.text[p.at:p.at+n], 16, 32)
	if err != nil || !utf8.ValidRune(rune(v)) {
		return p.bad()
	}
	p.at += n
	b.WriteRune(rune(v))
	return nil
}

// descrOf reads the type of a header: a text, or a list of fields.
func descrOf(v any) (DType, error) {
	switch v := v.(type) {
	case string:
		return parseDescr(v)
	case []any:
		return fieldsOf(v)
	case tuple: // a type with a shape: (type, shape)
		return DType{}, malformed("an array of arrays as a type")
	}
	return DType{}, malformed("a type of NumPy is a text or a list, not %T", v)
}

// maxFields bounds the fields of one structured type.
const maxFields = 10_000

func fieldsOf(list []any) (DType, error) {
	d := DType{Kind: 'V'}
	if len(list) > maxFields {
		return d, tooLarge("%d fields, of at most %d", len(list), maxFields)
	}
	for _, item := range list {
		parts, ok := item.(tuple)
		if !ok || len(parts) < 2 || len(parts) > 3 {
			return d, malformed("a field is a tuple of name, type and shape")
		}
		f := Field{Offset: d.Size}
		switch name := parts[0].(type) {
		case string:
			f.Name = name
		case tuple: // title and name
			if len(name) == 2 {
				f.Name, _ = name[1].(string)
			}
		}
		var err error
		if f.Type, err = descrOf(parts[1]); err != nil {
			return d, err
		}
		if len(parts) == 3 {
			if f.Shape, err = shapeOf(parts[2]); err != nil {
				return d, err
			}
		}
		n, err := elements(f.Shape, f.Type.Size, Limits{Bytes: maxItem})
		if err != nil {
			return d, err
		}
		size := int64(d.Size) + int64(n)*int64(f.Type.Size)
		if size > maxItem {
			return d, tooLarge("an element of %d bytes", size)
		}
		d.Size = int(size)
		if f.Name == "" && f.Type.Kind == 'V' && len(f.Type.Fields) == 0 {
			continue // padding
		}
		d.Fields = append(d.Fields, f)
	}
	if len(d.Fields) == 0 && len(list) > 0 {
		return d, malformed("a structured type without a field")
	}
	return d, nil
}

// maxDimensions is NumPy's own limit, NPY_MAXDIMS of NumPy 2.
const maxDimensions = 64

func shapeOf(v any) ([]int, error) {
	if n, ok := v.(int); ok {
		return []int{n}, nil
	}
	parts, ok := v.(tuple)
	if !ok {
		return nil, malformed("a shape is a tuple, not %T", v)
	}
	if len(parts) > maxDimensions {
		return nil, tooLarge("%d dimensions, of at most %d", len(parts), maxDimensions)
	}
	var shape []int
	for _, p := range parts {
		n, ok := p.(int)
		if !ok || n < 0 {
			return nil, malformed("a length of %v in a shape", p)
		}
		shape = append(shape, n)
	}
	return shape, nil
}
