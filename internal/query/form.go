package query

import (
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fold folds case away: two texts are equal for a case-insensitive pattern if
// and only if their folded texts are equal. Every letter becomes the first of
// those that RE2 takes for the same.
func Fold(s string) string {
	return strings.Map(foldRune, s)
}

func foldRune(r rune) rune {
	if r < utf8.RuneSelf { // capital letters are the first of their kind
		if 'a' <= r && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}
	first := r
	for o := unicode.SimpleFold(r); o != r; o = unicode.SimpleFold(o) {
		first = min(first, o)
	}
	return first
}

// form recognises what needs no expression, and whether its literal is folded.
func form(re *syntax.Regexp) (f Form, text string, fold bool) {
	parts := flatten(nil, re)
	begin, end := false, false
	if len(parts) > 0 && parts[0].Op == syntax.OpBeginText {
		begin, parts = true, parts[1:]
	}
	if n := len(parts); n > 0 && parts[n-1].Op == syntax.OpEndText {
		end, parts = true, parts[:n-1]
	}
	// What a search may skip anyhow says nothing at an open end.
	for !begin && len(parts) > 0 && skippable(parts[0]) {
		parts = parts[1:]
	}
	for n := len(parts); !end && n > 0 && skippable(parts[n-1]); n = len(parts) {
		parts = parts[:n-1]
	}
	text, fold, ok := spelled(parts)
	switch {
	case !ok:
		return General, "", false
	case begin && end:
		return Exact, text, fold
	case text == "":
		return Anything, "", false
	case begin:
		return Prefix, text, fold
	case end:
		return Suffix, text, fold
	}
	return Contains, text, fold
}

// flatten lists the parts that must match one after the other, without groups.
func flatten(parts []*syntax.Regexp, re *syntax.Regexp) []*syntax.Regexp {
	switch re.Op {
	case syntax.OpConcat, syntax.OpCapture:
		for _, sub := range re.Sub {
			parts = flatten(parts, sub)
		}
		return parts
	case syntax.OpEmptyMatch:
		return parts
	}
	return append(parts, re)
}

// skippable reports whether re matches the empty text wherever it stands.
func skippable(re *syntax.Regexp) bool {
	return re.Op == syntax.OpStar || re.Op == syntax.OpQuest || re.Op == syntax.OpRepeat && re.Min == 0
}

// spelled joins parts that are all literal. Letters that are sensitive to case
// do not mix with letters that are not.
func spelled(parts []*syntax.Regexp) (text string, fold, ok bool) {
	var b strings.Builder
	exact := false
	for _, p := range parts {
		if p.Op != syntax.OpLiteral {
			return "", false, false
		}
		for _, r := range p.Rune {
			switch {
			case unicode.SimpleFold(r) == r: // has no case
			case p.Flags&syntax.FoldCase != 0:
				fold = true
			default:
				exact = true
			}
			b.WriteRune(r)
		}
	}
	if fold && exact {
		return "", false, false
	}
	if fold {
		return Fold(b.String()), true, true
	}
	return b.String(), false, true
}

// literal recognises, without compiling it, a pattern that is plain or escaped
// text between optional anchors.
func literal(source string) (f Form, text string, ok bool) {
	rest, begin := strings.CutPrefix(source, "^")
	end := false
	var b strings.Builder
	for i := 0; i < len(rest); i++ {
		c := rest[i]
		last := i == len(rest)-1
		switch {
		case c == '$' && last:
			end = true
		case c == '\\' && !last:
			i++
			if rest[i] == 'Z' && i == len(rest)-1 {
				end = true
				continue
			}
			if isWord(rest[i]) {
				return General, "", false // a class, an assertion or a reference
			}
			b.WriteByte(rest[i])
		case strings.IndexByte(`\.+*?()|[]{}^$`, c) >= 0:
			return General, "", false
		default:
			b.WriteByte(c)
		}
	}
	text = b.String()
	if !utf8.ValidString(text) {
		return General, "", false
	}
	switch {
	case begin && end:
		return Exact, text, true
	case begin:
		return Prefix, text, true
	case end:
		return Suffix, text, true
	}
	return Contains, text, true
}

func isWord(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
