package query

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// MaxPattern bounds a pattern in bytes: RE2 runs in linear time, but its
// programs grow with the pattern.
const MaxPattern = 1024

// MaxLiteral bounds a pattern that is nothing but literal text, with or without
// anchors: an exact name of ten levels in any script fits.
const MaxLiteral = 64 << 10

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
	Fold    bool   // case-insensitive: then Literal is folded, and so must be what it is compared with
	Form    Form   // a shape that needs no expression, or General
	Literal string // for the forms that have one

	re *regexp.Regexp // nil unless Form is General
}

// Compile compiles a pattern that is searched, unanchored. It takes RE2 with
// the escapes of Python's re.escape (a backslash before any punctuation or
// space) and its \Z. Lookarounds and back-references are refused.
func Compile(source string, fold bool) (Regexp, error) {
	r := Regexp{Source: source, Fold: fold}
	if len(source) > MaxPattern {
		form, text, ok := literal(source)
		switch {
		case !ok:
			return Regexp{}, ErrPattern.Errorf("the pattern has %d bytes, the limit is %d", len(source), MaxPattern)
		case len(source) > MaxLiteral:
			return Regexp{}, ErrPattern.Errorf("the pattern has %d bytes, the limit for literal text is %d", len(source), MaxLiteral)
		}
		r.Form, r.Literal = form, text
		if fold {
			r.Literal = Fold(text)
		}
		return r, nil
	}
	text := goEscapes(source)
	flags := syntax.Perl
	if fold {
		flags |= syntax.FoldCase
	}
	parsed, err := syntax.Parse(text, flags)
	if err != nil {
		return Regexp{}, ErrPattern.Wrap(err, "the pattern %q is no RE2 expression: %s", source, detail(err))
	}
	r.Form, r.Literal, r.Fold = form(parsed)
	if r.Form != General {
		return r, nil
	}
	r.Fold = fold
	if fold {
		text = "(?i)" + text
	}
	if r.re, err = regexp.Compile(text); err != nil {
		return Regexp{}, ErrPattern.Wrap(err, "the pattern %q is no RE2 expression: %s", source, detail(err))
	}
	return r, nil
}

// MatchString reports whether the pattern is found in s.
func (r Regexp) MatchString(s string) bool {
	if r.Form == General {
		return r.re.MatchString(s)
	}
	if r.Fold {
		s = Fold(s)
	}
	switch r.Form {
	case Exact:
		return s == r.Literal
	case Prefix:
		return strings.HasPrefix(s, r.Literal)
	case Suffix:
		return strings.HasSuffix(s, r.Literal)
	case Contains:
		return strings.Contains(s, r.Literal)
	}
	return true // Anything
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
		case next >= utf8.RuneSelf:
			b.WriteByte(next) // an escaped letter beyond ASCII stands for itself
		default:
			b.WriteByte('\\')
			b.WriteByte(next)
		}
	}
	return b.String()
}

// detail is the part of a syntax error that tells the caller something.
func detail(err error) string {
	if e, ok := err.(*syntax.Error); ok { //nolint:errorlint // Parse returns it bare
		return e.Code.String()
	}
	return "it does not compile"
}
