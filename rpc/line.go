package rpc

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// plain is a JSON value as it was written. The zero value is a value that is
// not there.
type plain struct {
	kind  plainKind
	text  string // of a text or a number
	other any    // a list or an object
}

type plainKind byte

const (
	absent plainKind = iota
	isNull
	isFalse
	isTrue
	isNumber
	isText
	isOther
)

// plainOf is what the general decoder read.
func plainOf(v any) plain {
	switch v := v.(type) {
	case nil:
		return plain{kind: isNull}
	case bool:
		if v {
			return plain{kind: isTrue}
		}
		return plain{kind: isFalse}
	case json.Number:
		return plain{kind: isNumber, text: v.String()}
	case string:
		return plain{kind: isText, text: v}
	}
	return plain{kind: isOther, other: v}
}

// value is what the general decoder would have read; nil if nothing is there.
func (v plain) value() any {
	switch v.kind {
	case isFalse, isTrue:
		return v.kind == isTrue
	case isNumber:
		return json.Number(v.text)
	case isText:
		return v.text
	case isOther:
		return v.other
	}
	return nil
}

// str is the text; "" if it is none.
func (v plain) str() string {
	if v.kind != isText {
		return ""
	}
	return v.text
}

// line is one object of a batch: the text as it came, or what the body of the
// call was if that is no batch.
type line struct {
	text string
	only map[string]any
}

// object decodes the line; nil if it cannot be.
func (l line) object() map[string]any {
	if l.only != nil {
		return l.only
	}
	object := make(map[string]any, 12)
	if flatLine(l.text, func(name string, v plain) { object[name] = v.value() }) {
		return object
	}
	object, err := readLine([]byte(l.text))
	if err != nil {
		object, err = readLine(quoteLiterals([]byte(l.text)))
	}
	if err != nil || depth(object) > maxDepth {
		return nil
	}
	return object
}

// flatLine reads a JSON object of texts, numbers and literals, written without
// escapes: what reporters send by the million, at a tenth of the cost of the
// general decoder. Texts are parts of the line. ok is false if the line is
// anything else, which the general decoder is left to judge; some members may
// have been visited by then.
func flatLine(s string, visit func(name string, v plain)) (ok bool) {
	if !utf8.ValidString(s) {
		return false
	}
	i := space(s, 0)
	if i == len(s) || s[i] != '{' {
		return false
	}
	i = space(s, i+1)
	for {
		name, next, ok := plainText(s, i)
		if !ok {
			return false
		}
		if i = space(s, next); i == len(s) || s[i] != ':' {
			return false
		}
		value, next, ok := flatValue(s, space(s, i+1))
		if !ok {
			return false
		}
		visit(name, value)
		if i = space(s, next); i == len(s) {
			return false
		}
		switch s[i] {
		case ',':
			i = space(s, i+1)
		case '}':
			return space(s, i+1) == len(s)
		default:
			return false
		}
	}
}

func space(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\r' || s[i] == '\n') {
		i++
	}
	return i
}

// plainText reads a text without escapes.
func plainText(s string, i int) (text string, next int, ok bool) {
	if i >= len(s) || s[i] != '"' {
		return "", 0, false
	}
	for j := i + 1; j < len(s); j++ {
		switch c := s[j]; {
		case c == '"':
			return s[i+1 : j], j + 1, true
		case c == '\\' || c < ' ':
			return "", 0, false
		}
	}
	return "", 0, false
}

func flatValue(s string, i int) (v plain, next int, ok bool) {
	if i >= len(s) {
		return v, 0, false
	}
	literal := func(kind plainKind, word string) (plain, int, bool) {
		return plain{kind: kind}, i + len(word), strings.HasPrefix(s[i:], word)
	}
	switch s[i] {
	case '"':
		text, next, ok := plainText(s, i)
		return plain{kind: isText, text: text}, next, ok
	case 't':
		return literal(isTrue, "true")
	case 'f':
		return literal(isFalse, "false")
	case 'n':
		return literal(isNull, "null")
	}
	end, ok := numeral(s, i)
	if !ok {
		return v, 0, false
	}
	return plain{kind: isNumber, text: s[i:end]}, end, true
}

// numeral reads a number as JSON has it.
func numeral(s string, i int) (end int, ok bool) {
	digits := func() bool {
		begin := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		return i > begin
	}
	if i < len(s) && s[i] == '-' {
		i++
	}
	if i < len(s) && s[i] == '0' {
		i++
	} else if !digits() {
		return 0, false
	}
	if i < len(s) && s[i] == '.' {
		i++
		if !digits() {
			return 0, false
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		if i++; i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if !digits() {
			return 0, false
		}
	}
	return i, true
}
