package hocon

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// unquoted reads a text without quotes up to a blank or what else ends it.
func (p *parser) unquoted() string {
	begin := p.pos
	for p.pos < len(p.text) {
		c := p.text[p.pos]
		if isBlank(c) || strings.IndexByte("\n,{}[]\"#", c) >= 0 || strings.HasPrefix(p.text[p.pos:], "${") || strings.HasPrefix(p.text[p.pos:], "\u00a0") {
			break
		}
		// A comment, unless it is the // of an address.
		if strings.HasPrefix(p.text[p.pos:], "//") && (p.pos == 0 || p.text[p.pos-1] != ':') {
			break
		}
		p.pos++
	}
	return p.text[begin:p.pos]
}

// escapes of JSON; a backslash before anything else stands for itself.
var escapes = map[byte]string{
	'"': `"`, '\\': `\`, '/': `/`, 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t",
}

// quoted reads a text in quotes, one or three.
func (p *parser) quoted() (string, error) {
	if p.take(`"""`) {
		end := strings.Index(p.text[p.pos:], `"""`)
		if end < 0 {
			return "", p.errorf(`a text was not closed: expected """`)
		}
		// Further quotes at its end belong to the text.
		for strings.HasPrefix(p.text[p.pos+end+3:], `"`) {
			end++
		}
		text := p.text[p.pos : p.pos+end]
		p.pos += end + 3
		return text, nil
	}
	p.pos++
	var b strings.Builder
	for p.pos < len(p.text) {
		c := p.text[p.pos]
		switch {
		case c == '"':
			p.pos++
			return b.String(), nil
		case c == '\n':
			return "", p.errorf("a text was not closed: expected \" before the end of the line")
		case c == '\\' && p.pos+1 < len(p.text):
			next := p.text[p.pos+1]
			if text, ok := escapes[next]; ok {
				b.WriteString(text)
				p.pos += 2
			} else if r, n := unicode(p.text[p.pos:]); n > 0 {
				b.WriteRune(r)
				p.pos += n
			} else {
				b.WriteByte(c)
				p.pos++
			}
		default:
			b.WriteByte(c)
			p.pos++
		}
	}
	return "", p.errorf(`a text was not closed: expected "`)
}

// unicode reads the \uXXXX at the beginning of s, two of them for a character
// beyond 16 bits, and returns how long it is: 0 if there is none.
func unicode(s string) (rune, int) {
	one, ok := unit(s)
	if !ok {
		return 0, 0
	}
	if utf16.IsSurrogate(one) {
		two, ok := unit(s[6:])
		if r := utf16.DecodeRune(one, two); ok && r != utf8.RuneError {
			return r, 12
		}
		return utf8.RuneError, 6
	}
	return one, 6
}

func unit(s string) (rune, bool) {
	if len(s) < 6 || !strings.HasPrefix(s, `\u`) {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil
}
