package codec

import (
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// jsonReader parses what Python's json.load takes: JSON, and NaN, Infinity and
// -Infinity. Numbers stay whole where they are written so.
type jsonReader struct {
	b      []byte
	at     int
	depth  int64
	values int64
	l      Limits
}

func parseJSON(b []byte, l Limits) (any, error) {
	r := &jsonReader{b: b, l: l}
	v, err := r.value()
	if err != nil {
		return nil, err
	}
	if r.next() != 0 || r.at != len(b) {
		return nil, r.bad()
	}
	return v, nil
}

func (r *jsonReader) bad() error { return malformed("no JSON at byte %d", r.at) }

// next skips space and returns the next byte without taking it.
func (r *jsonReader) next() byte {
	for r.at < len(r.b) {
		switch c := r.b[r.at]; c {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			return c
		}
	}
	return 0
}

func (r *jsonReader) value() (any, error) {
	r.values++
	if err := r.l.values(r.values); err != nil {
		return nil, err
	}
	switch c := r.next(); {
	case c == '{' || c == '[':
		r.depth++
		defer func() { r.depth-- }()
		if err := r.l.depth(r.depth); err != nil {
			return nil, err
		}
		if c == '[' {
			return r.list()
		}
		return r.dict()
	case c == '"':
		return r.str()
	case c == '-' && strings.HasPrefix(string(r.rest(9)), "-Infinity"):
		r.at += 9
		return math.Inf(-1), nil
	case c == '-' || (c >= '0' && c <= '9'):
		return r.number()
	}
	for _, w := range []struct {
		text  string
		value any
	}{{"true", true}, {"false", false}, {"null", nil}, {"NaN", math.NaN()}, {"Infinity", math.Inf(1)}} {
		if string(r.rest(len(w.text))) == w.text {
			r.at += len(w.text)
			return w.value, nil
		}
	}
	return nil, r.bad()
}

func (r *jsonReader) rest(n int) []byte { return r.b[r.at:min(r.at+n, len(r.b))] }

func (r *jsonReader) list() (any, error) {
	r.at++
	out := []any{}
	if r.next() == ']' {
		r.at++
		return out, nil
	}
	for {
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		out = append(out, v)
		switch r.next() {
		case ',':
			r.at++
		case ']':
			r.at++
			return out, nil
		default:
			return nil, r.bad()
		}
	}
}

func (r *jsonReader) dict() (any, error) {
	r.at++
	out := map[string]any{}
	if r.next() == '}' {
		r.at++
		return out, nil
	}
	for {
		if r.next() != '"' {
			return nil, r.bad()
		}
		key, err := r.str()
		if err != nil {
			return nil, err
		}
		if r.next() != ':' {
			return nil, r.bad()
		}
		r.at++
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		out[key] = v
		switch r.next() {
		case ',':
			r.at++
		case '}':
			r.at++
			return out, nil
		default:
			return nil, r.bad()
		}
	}
}

func (r *jsonReader) str() (string, error) {
	start := r.at
	for r.at++; r.at < len(r.b); r.at++ {
		switch r.b[r.at] {
		case '\\':
			r.at++
		case '"':
			r.at++
			text := r.b[start:r.at]
			if plain(text) {
				return string(text[1 : len(text)-1]), nil
			}
			var s string
			if err := json.Unmarshal(text, &s); err != nil {
				return "", malformed("no JSON at byte %d: %w", start, err)
			}
			return s, nil
		}
	}
	return "", r.bad()
}

// plain reports a string of valid UTF-8 without escapes or control bytes.
func plain(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c == '\\' {
			return false
		}
	}
	return utf8.Valid(text)
}

func (r *jsonReader) number() (any, error) {
	start := r.at
	for r.at < len(r.b) && strings.IndexByte("+-0123456789.eE", r.b[r.at]) >= 0 {
		r.at++
	}
	text := string(r.b[start:r.at])
	if !json.Valid([]byte(text)) {
		r.at = start
		return nil, r.bad()
	}
	return parseNumber(text)
}

// maxDigits of an integer: Python's own limit, since reading them takes time
// that grows with their square.
const maxDigits = 4300

// parseNumber reads an integer or a float of JSON's grammar.
func parseNumber(text string) (any, error) {
	if strings.ContainsAny(text, ".eE") {
		// Too large a number is an infinity, in Python as well.
		f, _ := strconv.ParseFloat(text, 64)
		return f, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	return parseBig(text)
}

func parseBig(text string) (any, error) {
	if len(text) > maxDigits {
		return nil, tooLarge("an integer of %d digits, of at most %d", len(text), maxDigits)
	}
	n, ok := new(big.Int).SetString(text, 10)
	if !ok {
		return nil, malformed("no integer: %.30q", text)
	}
	return n, nil
}

// jsonNumber is a json.Number in a tree.
func jsonNumber(text string) (any, error) {
	if text == "" {
		text = "0"
	}
	if !json.Valid([]byte(text)) {
		return nil, mistyped("no number: %.30q", text)
	}
	if strings.ContainsAny(text, ".eE") {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, mistyped("%w", err)
		}
		return number64{float: f}, nil
	}
	return number64{integer: text}, nil
}
