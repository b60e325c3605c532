package codec

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// yamlWriter writes trees as PyYAML's dump(indent=4) does, which
// is what the Python SDK calls: YAML 1.1, blocks for all but empty containers,
// lines folded at spaces after 80 columns, ASCII alone.
type yamlWriter struct {
	b      strings.Builder
	column int
	// indent of the block in hand, -1 before the first one.
	indent int
	// blank says that the last thing written was space or the indicator of a
	// block, fresh that there were only such since the line began.
	blank, fresh bool
}

const (
	yamlIndent = 4
	yamlWidth  = 80
	// yamlKey is how long a key may be to stand before its value in one line.
	yamlKey = 123
)

// yamlText writes a tree of treeOf.
func yamlText(tree any) string {
	w := &yamlWriter{indent: -1, blank: true, fresh: true}
	w.value(tree, false)
	w.line()
	return w.b.String()
}

func (w *yamlWriter) put(s string) {
	w.b.WriteString(s)
	w.column += utf8.RuneCountInString(s)
}

func (w *yamlWriter) line() {
	w.b.WriteByte('\n')
	w.column, w.blank, w.fresh = 0, true, true
}

// begin starts a line of the block, unless that is where we are.
func (w *yamlWriter) begin() {
	indent := max(w.indent, 0)
	if !w.fresh || w.column > indent || (w.column == indent && !w.blank) {
		w.line()
	}
	if w.column < indent {
		w.blank = true
		w.put(strings.Repeat(" ", indent-w.column))
	}
}

// mark writes an indicator, with a space before it where one is needed.
func (w *yamlWriter) mark(s string, spaced, opens bool) {
	if spaced && !w.blank {
		s = " " + s
	}
	w.blank = false
	w.fresh = w.fresh && opens
	w.put(s)
}

// within writes with a deeper indent; at the top it is first.
func (w *yamlWriter) within(first int, deeper bool, write func()) {
	outer := w.indent
	switch {
	case w.indent < 0:
		w.indent = first
	case deeper:
		w.indent += yamlIndent
	}
	write()
	w.indent = outer
}

// value writes a node; inMap says that it belongs to a key.
func (w *yamlWriter) value(v any, inMap bool) {
	switch v := v.(type) {
	case nil:
		w.plain("null", true)
	case bool:
		w.plain(strconv.FormatBool(v), true)
	case number64:
		if v.integer != "" {
			w.plain(v.integer, true)
		} else {
			w.plain(yamlFloat(v.float), true)
		}
	case string:
		w.within(yamlIndent, true, func() { w.text(v, false) })
	case []any:
		if len(v) == 0 {
			w.mark("[]", true, false)
			return
		}
		w.within(0, !inMap || w.fresh, func() { // the dashes of a key's list stand below the key
			for _, item := range v {
				w.begin()
				w.mark("-", true, true)
				w.value(item, false)
			}
		})
	case Dict:
		if len(v) == 0 {
			w.mark("{}", true, false)
			return
		}
		w.within(0, true, func() {
			for _, item := range v {
				w.begin()
				w.entry(item.Key.(string), item.Value)
			}
		})
	}
}

func (w *yamlWriter) entry(key string, v any) {
	if key != "" && utf8.RuneCountInString(key) < yamlKey && !strings.ContainsAny(key, yamlBreaks) {
		w.within(yamlIndent, true, func() { w.text(key, true) })
		w.mark(":", false, false)
		w.value(v, true)
		return
	}
	w.mark("?", true, true)
	w.within(yamlIndent, true, func() { w.text(key, false) })
	w.begin()
	w.mark(":", true, true)
	w.value(v, true)
}

// text writes a string in the plainest style that keeps it.
func (w *yamlWriter) text(s string, key bool) {
	plain, single := yamlStyles(s)
	switch {
	case plain && (!key || s != "") && !yamlResolves.MatchString(s):
		w.plain(s, !key)
	case single:
		w.single(s, !key)
	default:
		w.double(s, !key)
	}
}

// yamlBreaks end a line in YAML 1.1, yamlSpaces end a word.
const (
	yamlBreaks = "\n\u0085\u2028\u2029"
	yamlSpaces = "\x00 \t\r" + yamlBreaks
)

// yamlResolves are the plain texts that YAML 1.1 takes for something else than
// a text: https://yaml.org/type/
var yamlResolves = regexp.MustCompile(`^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF` +
	`|[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?` +
	`|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)` +
	`|[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+` +
	`|<<|~|null|Null|NULL||=|[0-9]{4}-[0-9]{2}-[0-9]{2}` +
	`|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9]{2})?))?)$`)

// yamlStyles tells in which styles a text can be written; in double quotes it
// always can.
func yamlStyles(s string) (plain, single bool) {
	if s == "" {
		return true, true
	}
	runes := []rune(s)
	in := func(i int, set string) bool { return i >= 0 && i < len(runes) && strings.ContainsRune(set, runes[i]) }
	indicator := strings.HasPrefix(s, "---") || strings.HasPrefix(s, "...")
	special, breaks, breakSpace, spaceBreak := false, false, false, false
	for i, c := range runes {
		last := i+1 == len(runes)
		followed := last || in(i+1, yamlSpaces)
		switch {
		case i == 0 && in(i, "#,[]{}&*!|>'\"%@`"), i == 0 && in(i, "?:-") && followed,
			i > 0 && c == ':' && followed, i > 0 && c == '#' && in(i-1, yamlSpaces):
			indicator = true
		}
		switch {
		case c == '\n' || c == ' ':
		case c < ' ' || c > '~':
			special = true
		}
		if in(i, yamlBreaks) {
			breaks = true
			spaceBreak = spaceBreak || in(i-1, " ")
		}
		breakSpace = breakSpace || c == ' ' && in(i-1, yamlBreaks)
	}
	ends := in(0, " "+yamlBreaks) || in(len(runes)-1, " "+yamlBreaks)
	single = !breakSpace && !spaceBreak && !special
	return single && !ends && !breaks && !indicator, single
}

// plain writes a text without quotes, folded if it may be.
func (w *yamlWriter) plain(s string, fold bool) {
	if s == "" {
		return
	}
	if !w.blank {
		w.put(" ")
	}
	w.blank, w.fresh = false, false
	w.words(s, fold, false)
}

// words writes words and the spaces between them; a single space may become a
// line end.
func (w *yamlWriter) words(s string, fold, quoted bool) {
	for i := 0; i < len(s); {
		n := strings.IndexByte(s[i:], ' ')
		if n < 0 {
			n = len(s) - i
		}
		w.put(s[i : i+n])
		i += n
		spaces := len(s[i:]) - len(strings.TrimLeft(s[i:], " "))
		inside := !quoted || (i > 0 && i+spaces < len(s))
		if spaces == 1 && fold && w.column > yamlWidth && inside {
			w.begin()
			w.blank, w.fresh = false, false
		} else {
			w.put(s[i : i+spaces])
		}
		i += spaces
	}
}

// single writes a text in single quotes. A line end is written twice, since
// one alone stands for a space.
func (w *yamlWriter) single(s string, fold bool) {
	w.mark("'", true, false)
	s = strings.ReplaceAll(s, "'", "''")
	for i := 0; i < len(s); {
		n := strings.IndexByte(s[i:], '\n')
		if n != 0 {
			if n < 0 {
				n = len(s) - i
			}
			w.quotedWords(s, i, i+n, fold)
			i += n
			continue
		}
		w.line()
		for ; i < len(s) && s[i] == '\n'; i++ {
			w.line()
		}
		w.begin()
	}
	w.mark("'", false, false)
}

// quotedWords writes s[from:to]; spaces at either end of the whole stay.
func (w *yamlWriter) quotedWords(s string, from, to int, fold bool) {
	part := s[from:to]
	for i := 0; i < len(part); {
		n := strings.IndexByte(part[i:], ' ')
		if n < 0 {
			n = len(part) - i
		}
		if n > 0 {
			w.blank, w.fresh = false, false
		}
		w.put(part[i : i+n])
		i += n
		spaces := len(part[i:]) - len(strings.TrimLeft(part[i:], " "))
		if spaces == 1 && fold && w.column > yamlWidth && from+i > 0 && from+i+1 < len(s) {
			w.begin()
		} else {
			w.put(part[i : i+spaces])
		}
		i += spaces
	}
}

// yamlEscapes are the characters with a letter of their own.
var yamlEscapes = map[rune]string{
	0: "0", 7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 27: "e", '"': `"`, '\\': `\`,
	0x85: "N", 0xa0: "_", 0x2028: "L", 0x2029: "P",
}

// double writes a text in double quotes, in ASCII.
func (w *yamlWriter) double(s string, fold bool) {
	w.mark(`"`, true, false)
	runes := []rune(s)
	start := 0 // of what is not written yet
	for end := 0; end <= len(runes); end++ {
		c := rune(-1)
		if end < len(runes) {
			c = runes[end]
		}
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			w.put(string(runes[start:end]))
			start = end
			if c >= 0 {
				w.put(yamlEscape(c))
				start++
			}
		}
		if end > 0 && end < len(runes)-1 && (c == ' ' || start >= end) && w.column+end-start > yamlWidth && fold {
			if start < end {
				w.put(string(runes[start:end]))
				start = end
			}
			w.put(`\`)
			w.begin()
			w.blank, w.fresh = false, false
			if runes[start] == ' ' {
				w.put(`\`)
			}
		}
	}
	w.mark(`"`, false, false)
}

func yamlEscape(c rune) string {
	switch letter, ok := yamlEscapes[c]; {
	case ok:
		return `\` + letter
	case c <= 0xff:
		return fmt.Sprintf(`\x%02X`, c)
	case c <= 0xffff:
		return fmt.Sprintf(`\u%04X`, c)
	default:
		return fmt.Sprintf(`\U%08X`, c)
	}
}

// yamlFloat writes a float as YAML 1.1 knows it: an exponent needs a point
// before it.
func yamlFloat(x float64) string {
	switch s := pyFloat(x); {
	case s == "nan" || s == "inf":
		return "." + s
	case s == "-inf":
		return "-.inf"
	case !strings.Contains(s, "."):
		return strings.Replace(s, "e", ".0e", 1)
	default:
		return s
	}
}
