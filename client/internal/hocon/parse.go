package hocon

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// maxFile is far above any clearml.conf: the one that clearml-init writes
	// has 12 kB.
	maxFile = 1 << 20
	// maxDepth of sections and lists in each other; parsing recurses.
	maxDepth = 100
	// maxIncludes of files in each other. A file that includes itself ends here.
	maxIncludes = 10
)

// Options say where things outside of the text are. The zero value finds
// nothing outside.
type Options struct {
	// Env looks up a variable that a substitution names and the file does not.
	Env func(string) (string, bool)
	// Read reads an included file. The name is relative to that of the including
	// one; nil means that there are no such files.
	Read func(name string) ([]byte, error)
}

// Load reads a file with what it includes.
func Load(file string, env func(string) (string, bool)) (*Object, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return Parse(file, text, Options{Env: env, Read: os.ReadFile})
}

// Parse reads a text; file is its name in messages and what includes are
// relative to.
func Parse(file string, text []byte, o Options) (*Object, error) {
	root := newObject()
	if err := parse(file, text, o, root, nil, nil, 0); err != nil {
		return nil, err
	}
	return resolve(root, o)
}

// parser reads one file. At the root it is at path nil, in an include at the
// path of the section that includes it.
type parser struct {
	file     string
	text     string
	pos      int
	opts     Options
	base     []string // where an include stands
	path     []string // of the section that is being read, base included
	shadow   []node   // what lies below that section once it is merged, the newest first
	depth    int
	includes int
}

// parse reads a file into the section at base.
func parse(file string, text []byte, o Options, into *object, base []string, shadow []node, includes int) error {
	if len(text) > maxFile {
		return fmt.Errorf("%s: the file has %d bytes, at most %d are read", file, len(text), maxFile)
	}
	if !utf8.Valid(text) {
		return fmt.Errorf("%s: the file is not UTF-8", file)
	}
	p := &parser{
		file: file, text: strings.TrimPrefix(string(text), "\ufeff"), opts: o,
		base: base, path: slices.Clone(base), shadow: shadow, includes: includes,
	}
	p.blank()
	braced := p.take("{")
	if err := p.fields(into, braced); err != nil {
		return err
	}
	p.blank()
	if p.pos < len(p.text) {
		return p.errorf("%q was not expected here", p.rest())
	}
	return nil
}

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

// fields reads the inside of a section into o, up to its brace or to the end.
func (p *parser) fields(o *object, braced bool) error {
	if p.depth++; p.depth > maxDepth {
		return p.errorf("sections and lists are more than %d deep", maxDepth)
	}
	defer func() { p.depth-- }()
	for {
		p.blank()
		for p.take(",") {
			p.blank()
		}
		if braced && p.take("}") {
			return nil
		}
		if p.pos == len(p.text) {
			if braced {
				return p.errorf("a section was not closed: expected }")
			}
			return nil
		}
		included, err := p.include(o)
		if err == nil && !included {
			err = p.field(o)
		}
		if err != nil {
			return err
		}
		p.inline()
		p.comment()
		if c := p.peek(); c != '\n' && c != ',' && c != '}' && c != 0 {
			return p.errorf("%q was not expected here: a value ends with its line or a comma", p.rest())
		}
		if !braced && p.peek() == '}' {
			return p.errorf("there is no section for this } to close")
		}
	}
}

// field reads one key with its value into o.
func (p *parser) field(o *object) error {
	keys, err := p.key()
	if err != nil {
		return err
	}
	p.inline()
	appends := false
	switch {
	case p.take("+="):
		appends = true
	case p.take("="), p.take(":"):
	case p.peek() == '{':
	default:
		return p.errorf("%q was not expected after the key %s: expected =, : or {", p.rest(), strings.Join(keys, "."))
	}
	p.blank()

	outer, shadow := len(p.path), p.shadow
	p.path = append(p.path, keys...)
	p.shadow = below(append([]node{o}, shadow...), keys)
	defer func() { p.path, p.shadow = p.path[:outer], shadow }()
	value, err := p.value()
	if err != nil {
		return err
	}
	if appends {
		own := &reference{paths: [][]string{slices.Clone(p.path)}, optional: true, in: p, pos: p.pos}
		value = &joined{parts: []node{own, &array{[]node{value}}}, between: []string{"", ""}}
	}
	for _, key := range keys[:len(keys)-1] {
		inner, ok := o.fields[key].(*object)
		if !ok {
			fresh := newObject()
			o.set(key, merge(o.fields[key], fresh))
			inner = fresh
		}
		o = inner
	}
	last := keys[len(keys)-1]
	if len(p.shadow) > 0 {
		bind(value, p.path, p.shadow[0])
	} else {
		bind(value, p.path, nil)
	}
	o.set(last, merge(o.fields[last], value))
	return nil
}

// below is what lies at a path of keys in nodes.
func below(nodes []node, keys []string) []node {
	var found []node
	for _, n := range nodes {
		rest := keys
		for o, ok := n.(*object); ok && len(rest) > 0; o, ok = n.(*object) {
			n, rest = o.fields[rest[0]], rest[1:]
		}
		switch n.(type) {
		case nil:
			continue
		case *override, *joined, *reference, *inside:
			if len(rest) > 0 {
				n = &inside{n, rest}
			}
		default:
			if len(rest) > 0 {
				continue
			}
		}
		found = append(found, n)
	}
	return found
}

// bind makes references to the field at path, within its own new value, mean
// what it was before.
func bind(n node, path []string, before node) {
	switch n := n.(type) {
	case *joined:
		for _, part := range n.parts {
			bind(part, path, before)
		}
	case *array:
		for _, item := range n.items {
			bind(item, path, before)
		}
	case *reference:
		if !n.own && slices.ContainsFunc(n.paths, func(p []string) bool { return slices.Equal(p, path) }) {
			n.own, n.before = true, before
		}
	}
}

// key reads a path of keys with dots between them.
func (p *parser) key() ([]string, error) {
	var keys []string
	var current strings.Builder
	given := false // current holds a key, if only an empty one in quotes
	quoted := 0    // so many bytes of current stand in quotes, or before some: blanks at their end belong to the key
	end := func() {
		text := current.String()
		keys = append(keys, text[:quoted]+strings.TrimRight(text[quoted:], " \t\r"))
		current.Reset()
		given, quoted = false, 0
	}
	for {
		switch c := p.peek(); {
		case c == '"':
			text, err := p.quoted()
			if err != nil {
				return nil, err
			}
			current.WriteString(text)
			given, quoted = true, current.Len()
			continue
		case c == '.':
			p.pos++
			if !given {
				return nil, p.errorf("a key has an empty part")
			}
			end()
			continue
		case c == 0, c == '\n', c == '=', c == ':', c == '{', c == '}', c == '[', c == ']', c == ',', c == '#', strings.HasPrefix(p.text[p.pos:], "+="):
			if !given {
				return nil, p.errorf("%q was not expected here: expected a key", p.rest())
			}
			end() // blanks before the separator do not belong to the key
			return keys, nil
		case isBlank(c) && !given:
			p.pos++
		default:
			current.WriteByte(c)
			p.pos++
			given = true
		}
	}
}

// value reads one value: what stands beside each other up to the end of the
// line is one.
func (p *parser) value() (node, error) {
	var j joined
	between := ""
	for {
		var part node
		var err error
		switch c := p.peek(); {
		case c == '{':
			p.pos++
			inner := newObject()
			part, err = inner, p.fields(inner, true)
		case c == '[':
			p.pos++
			part, err = p.list()
		case c == '"':
			var text string
			text, err = p.quoted()
			part = &scalar{text: text}
		case strings.HasPrefix(p.text[p.pos:], "${"):
			part, err = p.reference()
		default:
			text := p.unquoted()
			if text == "" {
				return p.end(j)
			}
			part = &scalar{text: text}
			if text == "null" && len(j.parts) == 0 {
				part = &scalar{null: true, text: text}
			}
		}
		if err != nil {
			return nil, err
		}
		j.parts, j.between = append(j.parts, part), append(j.between, between)
		between = p.inline()
	}
}

// end makes one value of what stood beside each other.
func (p *parser) end(j joined) (node, error) {
	switch len(j.parts) {
	case 0:
		// key = with nothing behind it, as people leave it: an empty text.
		return &scalar{}, nil
	case 1:
		return j.parts[0], nil
	}
	return &j, nil
}

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

func (p *parser) list() (node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.errorf("sections and lists are more than %d deep", maxDepth)
	}
	defer func() { p.depth-- }()
	l := &array{}
	for {
		p.blank()
		for p.take(",") {
			p.blank()
		}
		if p.take("]") {
			return l, nil
		}
		if c := p.peek(); c == 0 || c == '}' {
			return nil, p.errorf("a list was not closed: expected ]")
		}
		item, err := p.value()
		if err != nil {
			return nil, err
		}
		l.items = append(l.items, item)
		p.inline()
		p.comment()
		if c := p.peek(); c != '\n' && c != ',' && c != ']' {
			return nil, p.errorf("%q was not expected in a list: expected a comma or ]", p.rest())
		}
	}
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

// reference reads ${path} or ${?path}.
func (p *parser) reference() (node, error) {
	r := &reference{in: p, pos: p.pos}
	p.pos += len("${")
	r.optional = p.take("?")
	end := strings.IndexAny(p.text[p.pos:], "}\n")
	if end < 0 || p.text[p.pos+end] != '}' {
		return nil, p.errorf("a substitution was not closed: expected }")
	}
	inner := &parser{file: p.file, text: strings.TrimSpace(p.text[p.pos : p.pos+end])}
	path, err := inner.key()
	if err != nil || inner.pos < len(inner.text) {
		return nil, p.errorf("%q is not the name of a value", inner.text)
	}
	r.env = inner.text
	if len(p.base) > 0 {
		r.paths = append(r.paths, append(slices.Clone(p.base), path...))
	}
	r.paths = append(r.paths, path)
	p.pos += end + 1
	return r, nil
}

// include reads an include into o, if there is one.
func (p *parser) include(o *object) (bool, error) {
	begin := p.pos
	if !p.take("include") || !isBlank(p.peek()) {
		p.pos = begin
		return false, nil
	}
	p.inline()
	required, closing := false, 0
	for opened := true; opened; {
		opened = false
		for _, word := range []string{"required", "file", "classpath", "url"} {
			if strings.HasPrefix(p.text[p.pos:], word+"(") {
				if word == "classpath" || word == "url" {
					return false, p.errorf("include %s(...) is not possible: only files are included", word)
				}
				p.pos += len(word) + 1
				required = required || word == "required"
				closing++
				opened = true
				p.inline()
			}
		}
	}
	if p.peek() != '"' {
		if closing > 0 {
			return false, p.errorf("%q was not expected here: expected the name of a file in quotes", p.rest())
		}
		p.pos = begin // a key that is called include
		return false, nil
	}
	name, err := p.quoted()
	if err != nil {
		return false, err
	}
	for range closing {
		p.inline()
		if !p.take(")") {
			return false, p.errorf("%q was not expected here: expected )", p.rest())
		}
	}
	text, file, err := p.open(name)
	if errors.Is(err, fs.ErrNotExist) && !required {
		return true, nil
	}
	if err != nil {
		return false, p.errorf("include %q: %v", name, err)
	}
	if p.includes >= maxIncludes {
		return false, p.errorf("include %q: more than %d files include each other", name, maxIncludes)
	}
	return true, parse(file, text, p.opts, o, slices.Clone(p.path), p.shadow, p.includes+1)
}

// open reads an included file; its suffix may be left out.
func (p *parser) open(name string) (text []byte, file string, err error) {
	if p.opts.Read == nil {
		return nil, "", fs.ErrNotExist
	}
	file = name
	if !filepath.IsAbs(name) {
		file = filepath.Join(filepath.Dir(p.file), name)
	}
	for _, suffix := range []string{"", ".conf", ".json"} {
		text, err = p.opts.Read(file + suffix)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return text, file + suffix, err
		}
	}
	return nil, file, err
}
