package preview

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/coffer-ml/coffer/codec"
)

const (
	// usualChildren of a node are shown unless others are asked for, and
	// innerChildren of each of them.
	usualChildren = 200
	maxChildren   = 1000
	innerChildren = 20
	// treeLevels are shown below the node that was asked for.
	treeLevels = 2
	// textValue is how many bytes of a text are shown, keyBytes of a key.
	textValue = 1000
	keyBytes  = 300
)

// TreeView is a part of a tree of values.
type TreeView struct {
	// Path leads to Node, as a JSON pointer; "" is the root.
	Path string `json:"path"`
	Node Node   `json:"node"`
}

// Node is a value.
type Node struct {
	// Key within the node above; absent in lists.
	Key *string `json:"key,omitempty"`
	// Kind is object, list, string, number, bool, null, link or a name of the
	// language that the value comes from.
	Kind string `json:"kind"`
	// Value of one that has no children, as a text.
	Value string `json:"value,omitempty"`
	// Cut says that Value is only the beginning, or that children could not be
	// counted to their end.
	Cut bool `json:"cut,omitempty"`
	// Count is how many children there are; Children are those from From on.
	Count    int64  `json:"count,omitempty"`
	From     int64  `json:"from,omitempty"`
	Children []Node `json:"children,omitempty"`
}

// scalar makes a node of a value without children.
func scalar(kind, value string) Node {
	if len(value) > textValue {
		return Node{Kind: kind, Value: strings.ToValidUTF8(value[:textValue], ""), Cut: true}
	}
	return Node{Kind: kind, Value: strings.ToValidUTF8(value, "\uFFFD")}
}

// children is the page of the node that is asked for.
func (v *view) children() Span { return v.query.Rows.or(usualChildren, maxChildren, 1<<62) }

// pointer takes a JSON pointer apart.
func pointer(path string) ([]string, error) {
	if path == "" {
		return nil, nil
	}
	if path[0] != '/' {
		return nil, ErrQuery.Errorf("path: expected a JSON pointer such as /a/0, got %.100q", path).With("field", "path")
	}
	parts := strings.Split(path[1:], "/")
	for i, s := range parts {
		parts[i] = strings.ReplaceAll(strings.ReplaceAll(s, "~1", "/"), "~0", "~")
	}
	return parts, nil
}

func noNode(path string) error { return ErrNoMember.Errorf("there is nothing at %.200q", path) }

func (v *view) tree(p *Preview, f piece, k kind) error {
	path, err := pointer(v.query.Path)
	if err != nil {
		return err
	}
	out := &TreeView{Path: v.query.Path}
	if k.format == "yaml" {
		out.Node, err = v.yaml(f, path)
	} else {
		out.Node, err = v.json(f, path)
	}
	if errors.Is(err, codec.ErrTooLarge) && out.Node.Kind != "" {
		p.Warning = "It is too long to be read to its end: what is shown is its beginning."
		err = nil
	}
	if err != nil {
		return err
	}
	p.Tree = out
	p.Title = k.format
	return nil
}

// json walks over a JSON text: it keeps what is shown and passes over the
// rest, so that its memory does not grow with the text.
func (v *view) json(f piece, path []string) (Node, error) {
	w := &walker{in: bufio.NewReaderSize(f.from(0), block)}
	if b, err := w.in.Peek(3); err == nil && string(b) == "\xef\xbb\xbf" {
		_, _ = w.in.Discard(3) // it is there
	}
	for _, step := range path {
		if err := w.enter(step); err != nil {
			if errors.Is(err, errAbsent) {
				return Node{}, noNode(v.query.Path)
			}
			return Node{}, err
		}
	}
	n, err := w.node(treeLevels, v.children())
	if err != nil {
		return n, err
	}
	if len(path) == 0 {
		if c, err := w.token(); err == nil {
			return n, malformed("byte %d: %q behind the end of the value", w.at, c)
		}
	}
	return n, nil
}

var errAbsent = errors.New("absent")

// walker reads JSON as Python writes it: NaN and Infinity are numbers.
type walker struct {
	in *bufio.Reader
	at int64
}

func (w *walker) byte() (byte, error) {
	b, err := w.in.ReadByte()
	if errors.Is(err, io.EOF) {
		return 0, malformed("byte %d: the text ends within a value", w.at)
	}
	w.at++
	return b, err
}

// token returns the next byte that is no space.
func (w *walker) token() (byte, error) {
	for {
		b, err := w.byte()
		if err != nil || b != ' ' && b != '\n' && b != '\r' && b != '\t' {
			return b, err
		}
	}
}

func (w *walker) back() {
	_ = w.in.UnreadByte() // a byte was read
	w.at--
}

func (w *walker) expect(c byte) error {
	b, err := w.token()
	if err == nil && b != c {
		err = malformed("byte %d: expected %q, got %q", w.at-1, c, b)
	}
	return err
}

// text reads a string behind its first quote; no more than most bytes of it
// are kept.
func (w *walker) text(most int) (string, bool, error) {
	var b strings.Builder
	cut := false
	put := func(s string) {
		if b.Len()+len(s) > most {
			cut = true
		} else if !cut {
			b.WriteString(s)
		}
	}
	high := rune(0)
	for {
		c, err := w.byte()
		if err != nil {
			return "", false, err
		}
		switch {
		case c == '"':
			return b.String(), cut, nil
		case c != '\\':
			put(string([]byte{c}))
			continue
		}
		if c, err = w.byte(); err != nil {
			return "", false, err
		}
		if c != 'u' {
			i := strings.IndexByte(`"\/bfnrt`, c)
			if i < 0 {
				return "", false, malformed("byte %d: \\%c in a text", w.at, c)
			}
			put("\"\\/\b\f\n\r\t"[i : i+1])
			continue
		}
		var digits [4]byte
		for i := range digits {
			if digits[i], err = w.byte(); err != nil {
				return "", false, err
			}
		}
		n, err := strconv.ParseUint(string(digits[:]), 16, 16)
		if err != nil {
			return "", false, malformed("byte %d: \\u%s in a text", w.at, digits)
		}
		r := rune(n)
		switch {
		case r >= 0xd800 && r < 0xdc00:
			high = r
			continue
		case r >= 0xdc00 && r < 0xe000 && high != 0:
			r = 0x10000 + (high-0xd800)<<10 + (r - 0xdc00)
		case r >= 0xdc00 && r < 0xe000:
			r = utf8.RuneError
		}
		high = 0
		put(string(r))
	}
}

// skip passes over a value, however deep it is.
func (w *walker) skip() error {
	depth := 0
	for {
		c, err := w.token()
		if err != nil {
			return err
		}
		switch c {
		case '{', '[':
			depth++
			continue
		case '}', ']':
			if depth--; depth < 0 {
				return malformed("byte %d: %q where a value was expected", w.at-1, c)
			}
		case ',', ':':
			if depth == 0 {
				return malformed("byte %d: %q where a value was expected", w.at-1, c)
			}
			continue
		case '"':
			if _, _, err := w.text(0); err != nil {
				return err
			}
		default:
			w.back()
			if _, err := w.word(); err != nil {
				return err
			}
		}
		if depth == 0 {
			return nil
		}
	}
}

// word reads a number or a name.
func (w *walker) word() (Node, error) {
	var b []byte
	for {
		c, err := w.in.ReadByte()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Node{}, err
		}
		w.at++
		if c != '+' && c != '-' && c != '.' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			w.back()
			break
		}
		if len(b) > textValue {
			return Node{}, malformed("byte %d: a number of more than %d digits", w.at, textValue)
		}
		b = append(b, c)
	}
	switch s := string(b); s {
	case "true", "false":
		return scalar("bool", s), nil
	case "null":
		return scalar("null", s), nil
	case "NaN", "Infinity", "-Infinity":
		return scalar("number", s), nil
	default:
		if _, err := strconv.ParseFloat(s, 64); errors.Is(err, strconv.ErrSyntax) {
			return Node{}, malformed("byte %d: %.40q is no value", w.at, s)
		}
		return scalar("number", s), nil
	}
}

// node reads a value and so many levels below it; page says which children of
// the first. It returns what it has also with an error.
func (w *walker) node(levels int, page Span) (Node, error) {
	c, err := w.token()
	if err != nil {
		return Node{}, err
	}
	switch c {
	case '"':
		s, cut, err := w.text(textValue)
		n := scalar("string", s)
		n.Cut = n.Cut || cut
		return n, err
	case '{', '[':
	default:
		w.back()
		return w.word()
	}
	n := Node{Kind: "list", From: page.From}
	end := byte(']')
	if c == '{' {
		n.Kind, end = "object", '}'
	}
	for {
		c, err := w.token()
		if err != nil {
			n.Cut = true
			return n, err
		}
		if c == end && n.Count == 0 {
			return n, nil
		}
		if n.Count == 0 {
			w.back()
		} else if c == end {
			return n, nil
		} else if c != ',' {
			return n, malformed("byte %d: expected a comma or the end, got %q", w.at-1, c)
		}
		shown := levels > 0 && n.Count >= page.From && n.Count < page.To
		key, child, err := w.child(n.Kind == "object", shown, levels-1)
		if shown && child.Kind != "" {
			child.Key = key
			n.Children = append(n.Children, child)
		}
		if err != nil {
			n.Cut = true
			return n, err
		}
		n.Count++
	}
}

// child reads a key, if there is one, and a value.
func (w *walker) child(keyed, shown bool, levels int) (key *string, n Node, err error) {
	if keyed {
		if err := w.expect('"'); err != nil {
			return nil, n, err
		}
		s, _, err := w.text(keyBytes)
		if err != nil {
			return nil, n, err
		}
		s = strings.ToValidUTF8(s, "\uFFFD")
		key = &s
		if err := w.expect(':'); err != nil {
			return nil, n, err
		}
	}
	if !shown {
		return key, n, w.skip()
	}
	n, err = w.node(levels, Span{0, innerChildren})
	return key, n, err
}

// enter goes to the child with a key or a place.
func (w *walker) enter(step string) error {
	c, err := w.token()
	if err != nil {
		return err
	}
	if c != '{' && c != '[' {
		return errAbsent
	}
	place, perr := strconv.ParseInt(step, 10, 62)
	if c == '[' && (perr != nil || place < 0) {
		return errAbsent
	}
	for i := int64(0); ; i++ {
		end, err := w.token()
		if err != nil {
			return err
		}
		switch {
		case end == '}' || end == ']':
			return errAbsent
		case i == 0:
			w.back()
		case end != ',':
			return malformed("byte %d: expected a comma or the end, got %q", w.at-1, end)
		}
		found := c == '[' && i == place
		if c == '{' {
			if err := w.expect('"'); err != nil {
				return err
			}
			key, cut, err := w.text(maxName)
			if err != nil {
				return err
			}
			if err := w.expect(':'); err != nil {
				return err
			}
			found = !cut && key == step
		}
		if found {
			return nil
		}
		if err := w.skip(); err != nil {
			return err
		}
	}
}
