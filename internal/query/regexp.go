package query

import (
	"regexp"
	"regexp/syntax"
	"strings"
)

// MaxPattern bounds a pattern in bytes: RE2 runs in linear time, but its
// programs grow with the pattern.
const MaxPattern = 1024

// Form is a shape of pattern that needs no regular expression.
type Form uint8

// The forms.
const (
	General  Form = iota // only the expression itself will do
	Anything             // matches every text
	Exact                // the whole text is Literal
	Prefix               // the text begins with Literal
	Suffix               // the text ends with Literal
	Contains             // the text holds Literal
)

// Regexp is a compiled pattern.
type Regexp struct {
	Source  string
	Fold    bool   // case-insensitive
	Form    Form   // General whenever Fold is set
	Literal string // for the forms that have one

	re *regexp.Regexp
}

// Compile compiles a pattern that is searched, unanchored. It takes RE2 with
// the escapes of Python's re.escape (a backslash before any punctuation or
// space) and its \Z. Lookarounds and back-references are refused.
func Compile(source string, fold bool) (Regexp, error) {
	if len(source) > MaxPattern {
		return Regexp{}, ErrPattern.Errorf("the pattern has %d bytes, the limit is %d", len(source), MaxPattern)
	}
	text := goEscapes(source)
	flags := syntax.Perl
	if fold {
		text = "(?i)" + text
	}
	parsed, err := syntax.Parse(text, flags)
	if err != nil {
		return Regexp{}, ErrPattern.Wrap(err, "the pattern %q is no RE2 expression: %s", source, detail(err))
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return Regexp{}, ErrPattern.Wrap(err, "the pattern %q is no RE2 expression: %s", source, detail(err))
	}
	r := Regexp{Source: source, Fold: fold, re: re}
	r.Form, r.Literal = form(parsed.Simplify())
	return r, nil
}

// MatchString reports whether the pattern is found in s.
func (r Regexp) MatchString(s string) bool {
	switch r.Form {
	case Anything:
		return true
	case Exact:
		return s == r.Literal
	case Prefix:
		return strings.HasPrefix(s, r.Literal)
	case Suffix:
		return strings.HasSuffix(s, r.Literal)
	case Contains:
		return strings.Contains(s, r.Literal)
	}
	return r.re.MatchString(s)
}

// goEscapes replaces the two escapes of Python that RE2 writes otherwise.
func goEscapes(source string) string {
	if !strings.Contains(source, `\`) {
		return source
	}
	var b strings.Builder
	for i := 0; i < len(source); i++ {
		if source[i] != '\\' || i+1 == len(source) {
			b.WriteByte(source[i])
			continue
		}
		i++
		switch next := source[i]; {
		case next == 'Z':
			b.WriteString(`\z`)
		case next >= 0x80 || next == '\n':
			b.WriteByte(next) // an escaped letter beyond ASCII stands for itself
		default:
			b.WriteByte('\\')
			b.WriteByte(next)
		}
	}
	return b.String()
}

// form recognises what needs no expression.
func form(re *syntax.Regexp) (Form, string) {
	parts := []*syntax.Regexp{re}
	if re.Op == syntax.OpConcat {
		parts = re.Sub
	}
	begin, end := false, false
	if len(parts) > 0 && parts[0].Op == syntax.OpBeginText {
		begin, parts = true, parts[1:]
	}
	if n := len(parts); n > 0 && parts[n-1].Op == syntax.OpEndText {
		end, parts = true, parts[:n-1]
	}
	var literal strings.Builder
	for _, p := range parts {
		switch {
		case p.Op == syntax.OpEmptyMatch:
		case p.Op == syntax.OpLiteral && p.Flags&syntax.FoldCase == 0:
			literal.WriteString(string(p.Rune))
		default:
			return General, ""
		}
	}
	text := literal.String()
	switch {
	case begin && end:
		return Exact, text
	case text == "":
		return Anything, ""
	case begin:
		return Prefix, text
	case end:
		return Suffix, text
	}
	return Contains, text
}

// detail is the part of a syntax error that tells the caller something.
func detail(err error) string {
	if e, ok := err.(*syntax.Error); ok { //nolint:errorlint // Parse returns it bare
		return e.Code.String()
	}
	return "it does not compile"
}
