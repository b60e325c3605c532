package query_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/coffer-ml/coffer/internal/query"
)

func compile(t *testing.T, source string, fold bool) query.Regexp {
	t.Helper()
	r, err := query.Compile(source, fold)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestCompileRecognisesForms(t *testing.T) {
	for _, c := range []struct {
		source  string
		fold    bool
		form    query.Form
		literal string
		folded  bool
	}{
		{"", false, query.Anything, "", false},
		{".*", false, query.Anything, "", false},
		{"^", false, query.Anything, "", false},
		{"$", false, query.Anything, "", false},
		{"()", false, query.Anything, "", false},
		{"^.*$", false, query.General, "", false}, // a dot is no line break
		{"^$", false, query.Exact, "", false},
		{"^abc$", false, query.Exact, "abc", false},
		{`\Aabc\z`, false, query.Exact, "abc", false},
		{`^abc\Z`, false, query.Exact, "abc", false},
		{"^abc", false, query.Prefix, "abc", false},
		{"^abc.*", false, query.Prefix, "abc", false},
		{"^abc.*$", false, query.General, "", false},
		{"abc$", false, query.Suffix, "abc", false},
		{"x*abc$", false, query.Suffix, "abc", false},
		{"abc", false, query.Contains, "abc", false},
		{".*abc.*", false, query.Contains, "abc", false},
		{"x?abc(y|z)*w{0,3}", false, query.Contains, "abc", false},
		{"(a)(?:b)(?P<n>c)", false, query.Contains, "abc", false},
		{"日本語", false, query.Contains, "日本語", false},

		{"^aBc$", true, query.Exact, "ABC", true},
		{"(?i)^aBc$", false, query.Exact, "ABC", true},
		{"(?i:ab)1", false, query.Contains, "AB1", true},
		{"[Aa][Bb]", false, query.Contains, "AB", true},
		{"(?i:a)b", false, query.General, "", false}, // half of it is sensitive
		{"123", true, query.Contains, "123", false},  // has no case
		{"straße", true, query.Contains, query.Fold("straße"), true},

		{"a+", false, query.General, "", false},
		{"a|b", false, query.General, "", false},
		{"a.c", false, query.General, "", false},
		{`a\b`, false, query.General, "", false},
		{"(?m)^a", false, query.General, "", false},
		{"a^b", false, query.General, "", false},
		{"[ab]", false, query.General, "", false},
		{"a{2}", false, query.General, "", false},
	} {
		r := compile(t, c.source, c.fold)
		if r.Form != c.form || r.Literal != c.literal {
			t.Errorf("%q: form %d of %q, expected %d of %q", c.source, r.Form, r.Literal, c.form, c.literal)
		}
		if r.Form != query.General && r.Fold != c.folded {
			t.Errorf("%q: folded %v, expected %v", c.source, r.Fold, c.folded)
		}
	}
}

// What Python's re.escape makes of texts, by its own account.
var escaped = map[string]string{
	"a b":         `a\ b`,
	"my-task":     `my\-task`,
	"a.b*c+d?":    `a\.b\*c\+d\?`,
	"(x)[y]{z}":   `\(x\)\[y\]\{z\}`,
	"^$|\\":       `\^\$\|\\`,
	"#&~":         `\#\&\~`,
	"tab\there":   "tab\\\there",
	"line\nfeed":  "line\\\nfeed",
	"50% off/_":   "50% off/_",
	"\"'<>=!:;,@": "\"'<>=!:;,@",
	"a/b%c,":      `a\/b\%c\,`, // by older versions
	"äöü日本😀":      "äöü日本😀",
	"ä ü":         `ä\ ü`,
}

func TestCompileTakesWhatPythonEscapes(t *testing.T) {
	for text, source := range escaped {
		for _, more := range []string{"", strings.Repeat("x", query.MaxPattern)} { // short ones are parsed, long ones are read
			r := compile(t, "^"+source+more+"$", false)
			if r.Form != query.Exact || r.Literal != text+more {
				t.Errorf("%q: form %d of %.40q, expected the exact %q", source, r.Form, r.Literal, text)
			}
			if !r.MatchString(text+more) || r.MatchString(text+more+"!") || r.MatchString("!"+text+more) {
				t.Errorf("%q does not match %q alone", source, text)
			}
		}
	}
	for source, text := range map[string]string{`^\ü\-\日$`: "ü-日", `\_`: "_", `^a\Z`: "a"} {
		if r := compile(t, source, false); r.Literal != text {
			t.Errorf("%q: literal %q, expected %q", source, r.Literal, text)
		}
	}
}

func TestMatchString(t *testing.T) {
	for _, c := range []struct {
		source string
		fold   bool
		yes    string
		no     string
	}{
		{"abc", false, "xabcx", "xABCx"},
		{"ABC", true, "xaBcx", "ab"},
		{"^straße$", true, "STRAßE", "STRASSE"},
		{"k", true, "\u212a", "c"}, // the Kelvin sign is a k
		{"ſ", true, "S", "f"},
		{"Ω", true, "\u2126", "O"},
		{"ǅ", true, "ǆ", "d"},
		{"a.c", true, "xABCx", "a\nc"},
		{`\d+`, false, "a1", "a"},
		{"a{2,3}$", false, "baa", "ab"},
		{"^$", false, "", "a"},
	} {
		r := compile(t, c.source, c.fold)
		if !r.MatchString(c.yes) {
			t.Errorf("%q is not found in %q", c.source, c.yes)
		}
		if r.MatchString(c.no) {
			t.Errorf("%q is found in %q", c.source, c.no)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	for name, source := range map[string]string{
		"what is no expression":        "a(",
		"a lookahead":                  "a(?=b)",
		"a back-reference":             `(a)\1`,
		"an escape that means nothing": `\y`,
		"a long expression":            "a+" + strings.Repeat("x", query.MaxPattern),
		"a long class":                 `\d` + strings.Repeat("x", query.MaxPattern),
		"a literal beyond its limit":   strings.Repeat("x", query.MaxLiteral+1),
		"broken UTF-8":                 "a\xff",
		"long broken UTF-8":            "\xff" + strings.Repeat("x", query.MaxPattern),
		"a bomb":                       strings.Repeat("(((a{1,100}){1,100}){1,100}){1,100}", 2),
	} {
		_, err := query.Compile(source, false)
		if !errors.Is(err, query.ErrPattern) {
			t.Errorf("%s: error %v, expected %v", name, err, query.ErrPattern)
		}
	}
	for name, source := range map[string]string{
		"an expression at its limit": "a+" + strings.Repeat("x", query.MaxPattern-2),
		"a literal at its limit":     strings.Repeat("x", query.MaxLiteral),
	} {
		if _, err := query.Compile(source, true); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFoldKeepsWhatTheExpressionTellsApart(t *testing.T) {
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		s := string(r)
		if f := query.Fold(s); query.Fold(f) != f {
			t.Fatalf("%q folds to %q, which folds on", s, f)
		}
	}
	letters := []string{"a", "A", "k", "K", "\u212a", "s", "ſ", "ß", "ẞ", "µ", "μ", "Μ", "σ", "ς", "Σ", "i", "İ", "ı", "I", "ä", "Ä", "日", "1"}
	for _, a := range letters {
		re := regexp.MustCompile("^(?i:" + a + ")$")
		for _, b := range letters {
			if same := query.Fold(a) == query.Fold(b); same != re.MatchString(b) {
				t.Errorf("%q and %q: folded alike %v, expression says %v", a, b, same, !same)
			}
		}
	}
}

// FuzzCompile holds the short cuts against the expression itself.
func FuzzCompile(f *testing.F) {
	for _, source := range []string{"^abc$", "(?i)Ab", `a\.b`, ".*x.*", "^k?a$", "x{0,2}y", "[Aa]b", "a\\ b\\Z", "(a)|b", "^(?i:k)s"} {
		for _, text := range []string{"", "abc", "xABx", "a.b", "\u212a", "a b", "aby"} {
			f.Add(source, text, false)
			f.Add(source, text, true)
		}
	}
	f.Fuzz(func(t *testing.T, source, text string, fold bool) {
		r, err := query.Compile(source, fold)
		if err != nil || !utf8.ValidString(text) {
			return
		}
		plain := source
		if fold {
			plain = "(?i)" + plain
		}
		re, err := regexp.Compile(plain)
		if err != nil {
			return // an escape of Python's
		}
		if want := re.MatchString(text); r.MatchString(text) != want {
			t.Errorf("%q in %q, fold %v: form %d of %q says %v", source, text, fold, r.Form, r.Literal, !want)
		}
	})
}
