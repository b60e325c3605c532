package hocon

import (
	"fmt"
	"strings"
)

// errorf tells where in the file something is wrong.
func (p *parser) errorf(format string, args ...any) error {
	return fmt.Errorf("%s: %s", p.where(p.pos), fmt.Sprintf(format, args...))
}

func (p *parser) where(pos int) string {
	return fmt.Sprintf("%s:%d", p.file, 1+strings.Count(p.text[:pos], "\n"))
}

// rest is what comes next, for messages.
func (p *parser) rest() string {
	line, _, _ := strings.Cut(p.text[p.pos:], "\n")
	if len(line) > 20 {
		line = strings.ToValidUTF8(line[:20], "") + "..."
	}
	return line
}

func (p *parser) take(s string) bool {
	if strings.HasPrefix(p.text[p.pos:], s) {
		p.pos += len(s)
		return true
	}
	return false
}

func (p *parser) peek() byte {
	if p.pos < len(p.text) {
		return p.text[p.pos]
	}
	return 0
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v' }

// inline skips blanks up to the end of the line, and returns them.
func (p *parser) inline() string {
	begin := p.pos
	for p.pos < len(p.text) {
		if isBlank(p.text[p.pos]) {
			p.pos++
		} else if strings.HasPrefix(p.text[p.pos:], "\u00a0") {
			p.pos += len("\u00a0")
		} else {
			break
		}
	}
	return p.text[begin:p.pos]
}

// comment skips a comment up to the end of its line.
func (p *parser) comment() bool {
	if p.peek() != '#' && !strings.HasPrefix(p.text[p.pos:], "//") {
		return false
	}
	if end := strings.IndexByte(p.text[p.pos:], '\n'); end >= 0 {
		p.pos += end
	} else {
		p.pos = len(p.text)
	}
	return true
}

// blank skips blanks, comments and line ends, and reports whether a line ended.
func (p *parser) blank() (ended bool) {
	for {
		p.inline()
		if p.take("\n") {
			ended = true
		} else if !p.comment() {
			return ended
		}
	}
}
