package codec

import (
	"strconv"
	"strings"
)

// text pushes texts, bytes and the numbers of protocol 0.
func (m *pickleMachine) text(code byte, arg any) (bool, error) {
	var v any
	var err error
	switch code {
	case 'X', '\x8c', '\x8d', 'B', 'C', '\x8e', '\x96':
		v = arg
	case 'T', 'U':
		b, _ := arg.([]byte)
		v = pyBytes2(b)
	case 'V':
		v, err = rawUnicode(arg.(string))
	case 'S':
		v, err = quotedString(arg.(string))
	case 'I', 'L':
		v, err = pickleInt(arg.(string))
	case 'F':
		var f float64
		if f, err = strconv.ParseFloat(strings.TrimSpace(arg.(string)), 64); err != nil {
			err = malformed("no number: %.30q", arg)
		}
		v = f
	default:
		return false, nil
	}
	if err != nil {
		return true, err
	}
	n := int64(objectBytes)
	switch s := v.(type) {
	case string:
		n += int64(len(s))
	case []byte:
		n += int64(len(s))
	case pyBytes2:
		n += int64(len(s))
	}
	if err := m.charge(n); err != nil {
		return true, err
	}
	return true, m.push(v)
}

// rawUnicode undoes raw-unicode-escape: \uXXXX and \UXXXXXXXX only.
func rawUnicode(s string) (any, error) {
	if !strings.Contains(s, `\`) {
		return latin1([]byte(s)), nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			n := map[byte]int{'u': 4, 'U': 8}[s[i+1]]
			if n > 0 && i+2+n <= len(s) {
				if v, err := strconv.ParseUint(s[i+2:i+2+n], 16, 32); err == nil {
					b.WriteRune(rune(v))
					i += 1 + n
					continue
				}
			}
		}
		b.WriteRune(rune(s[i]))
	}
	return b.String(), nil
}

// quotedString undoes the repr() of a str of Python 2.
func quotedString(s string) (any, error) {
	s = strings.TrimSpace(s)
	if len(s) < 2 || s[0] != s[len(s)-1] || (s[0] != '\'' && s[0] != '"') {
		return nil, malformed("a text without quotes")
	}
	s = s[1 : len(s)-1]
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out = append(out, s[i])
			continue
		}
		i++
		if v, ok := escapes[s[i]]; ok {
			out = append(out, v)
			continue
		}
		if s[i] == 'x' && i+2 < len(s) {
			v, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
			if err != nil {
				return nil, malformed("no escape: %.10q", s[i:])
			}
			out = append(out, byte(v))
			i += 2
			continue
		}
		out = append(out, '\\', s[i])
	}
	return pyBytes2(out), nil
}
