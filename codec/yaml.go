package codec

import (
	"bytes"
	"io"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// YAML keeps maps with string keys and structs as YAML, keys sorted. Structs
// follow the tags of encoding/json.
type YAML struct {
	// InOrder keeps the keys in the order they have, as with JSON.
	InOrder bool
}

var _ Codec = YAML{}

// Accepts implements Codec.
func (y YAML) Accepts(v any) bool { return isDict(v) || y.InOrder && isOrdered(v) }

// Encode implements Codec.
func (y YAML) Encode(w io.Writer, name string, v any) (Record, error) {
	rec := Record{Name: name, Type: TypeDict, ContentType: contentYAML, File: name + ".yaml"}
	if !y.Accepts(v) {
		return rec, mistyped("a YAML artifact is a map of string keys or a struct, not a %T", v)
	}
	tree, err := treeOf(v)
	if err != nil {
		return rec, err
	}
	if !y.InOrder {
		sortKeys(tree)
	}
	text := yamlText(tree)
	rec.Preview = clipSource(text, "serialized dict")
	_, err = io.WriteString(w, text)
	return rec, err
}

// Reads implements Codec.
func (YAML) Reads(rec Record) bool { return rec.Type == TypeDict && rec.ContentType != contentJSON }

// Decode implements Codec. It returns what JSON does, and time.Time for a date
// or a moment. Aliases are followed as far as the limits allow.
func (YAML) Decode(r io.ReaderAt, size int64, _ Record, l Limits) (v any, err error) {
	l = l.filled()
	b, err := readAll(r, size, l)
	if err != nil {
		return nil, err
	}
	if err := yamlDepth(b, l); err != nil {
		return nil, err
	}
	defer rescue("yaml", &err)
	var root yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(b))
	if err := d.Decode(&root); err != nil {
		if err == io.EOF { //nolint:errorlint // an empty document, returned unwrapped
			return nil, nil
		}
		return nil, malformed("%w", err)
	}
	y := &yamlReader{l: l, open: map[*yaml.Node]bool{}}
	return y.value(&root, 0)
}

// yamlDepth bounds the nesting that the parser, which recurses, meets. In flow
// style each level takes a bracket, in block style a column more of indent, or
// a dash; none is deeper than what one line opens.
func yamlDepth(b []byte, l Limits) error {
	var depth, indent, deepest int64
	start := true
	for _, c := range b {
		switch {
		case c == '\n':
			start, indent = true, 0
			continue
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth = max(depth-1, 0)
		case start && (c == ' ' || c == '-' || c == '?'):
			if c != ' ' {
				indent++
			}
			continue
		}
		start = false
		deepest = max(deepest, depth+indent)
	}
	// Brackets in texts count too, hence the room.
	return check("levels", deepest, l.Depth+10_000)
}

// yamlReader turns nodes into values.
type yamlReader struct {
	l      Limits
	values int64
	open   map[*yaml.Node]bool // what an alias inside of it would make endless
}

func (y *yamlReader) value(n *yaml.Node, depth int64) (any, error) {
	y.values++
	if err := y.l.values(y.values); err != nil {
		return nil, err
	}
	if err := y.l.depth(depth); err != nil {
		return nil, err
	}
	if y.open[n] {
		return nil, malformed("line %d: a value that holds itself", n.Line)
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return y.value(n.Content[0], depth)
	case yaml.AliasNode:
		return y.value(n.Alias, depth)
	case yaml.SequenceNode:
		y.open[n] = true
		defer delete(y.open, n)
		out := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			v, err := y.value(c, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	case yaml.MappingNode:
		y.open[n] = true
		defer delete(y.open, n)
		return y.mapping(n, depth)
	case yaml.ScalarNode:
		return yamlScalar(n)
	}
	return nil, malformed("line %d: no value", n.Line)
}

func (y *yamlReader) mapping(n *yaml.Node, depth int64) (any, error) {
	out := make(map[string]any, len(n.Content)/2)
	set := func(m map[string]any) {
		for k, v := range m {
			if _, taken := out[k]; !taken {
				out[k] = v
			}
		}
	}
	var merged []any
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		v, err := y.value(value, depth+1)
		if err != nil {
			return nil, err
		}
		if key.ShortTag() == "!!merge" {
			merged = append(merged, v)
			continue
		}
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			return nil, mistyped("line %d: a key that is no text", key.Line)
		}
		out[key.Value] = v
	}
	for _, m := range merged {
		switch m := m.(type) {
		case map[string]any:
			set(m)
		case []any:
			for _, item := range m {
				if item, ok := item.(map[string]any); ok {
					set(item)
				}
			}
		}
	}
	return out, nil
}

func yamlScalar(n *yaml.Node) (any, error) {
	if n.Style == 0 { // neither quoted nor tagged
		return yamlPlain(n)
	}
	switch n.ShortTag() {
	case "!!null":
		return nil, nil
	case "!!str":
		return n.Value, nil
	case "!!int":
		return yamlInt(n.Value)
	}
	v, err := yamlDecoded(n)
	if s, ok := v.(string); ok && n.ShortTag() == "!!binary" {
		return []byte(s), err
	}
	return v, err
}

func yamlDecoded(n *yaml.Node) (v any, err error) {
	if err := n.Decode(&v); err != nil {
		return nil, malformed("line %d: %w", n.Line, err)
	}
	switch x := v.(type) {
	case int:
		return int64(x), nil
	case uint64:
		return new(big.Int).SetUint64(x), nil
	}
	return v, nil
}

// yamlPlain reads a text without quotes by the rules of YAML 1.1, which Python
// writes and reads: yes is a bool, 017 is fifteen, and 1e5 a text.
func yamlPlain(n *yaml.Node) (any, error) {
	s := n.Value
	switch {
	case !yamlResolves.MatchString(s) || s == "=" || s == "<<":
		return s, nil
	case s == "" || s == "~" || strings.EqualFold(s, "null"):
		return nil, nil
	case yamlBools[strings.ToLower(s)] != nil:
		return *yamlBools[strings.ToLower(s)], nil
	case yamlMoment.MatchString(s):
		return yamlDecoded(n)
	case strings.Contains(s, ".") && !strings.HasPrefix(s, "0x"):
		return yamlReal(s)
	}
	return yamlInt(s)
}

var yamlMoment = regexp.MustCompile(`^[0-9]{4}-`)

var yamlBools = func() map[string]*bool {
	yes, no := true, false
	return map[string]*bool{"yes": &yes, "true": &yes, "on": &yes, "no": &no, "false": &no, "off": &no}
}()

// yamlInt reads decimal, 0b, 0x, octal after a zero, and base 60: 1:30 is 90.
func yamlInt(s string) (any, error) {
	s = strings.ReplaceAll(s, "_", "")
	digits := strings.TrimLeft(s, "+-")
	negative := strings.HasPrefix(s, "-")
	base := 10
	switch {
	case strings.Contains(digits, ":"):
		total := new(big.Int)
		if len(digits) > maxDigits {
			return nil, tooLarge("a number of %d digits", len(digits))
		}
		for _, part := range strings.Split(digits, ":") {
			n, ok := new(big.Int).SetString(part, 10)
			if !ok {
				return nil, malformed("no number: %.30q", s)
			}
			total.Add(total.Mul(total, big.NewInt(60)), n)
		}
		return signed(total, negative), nil
	case strings.HasPrefix(digits, "0b"):
		base, digits = 2, digits[2:]
	case strings.HasPrefix(digits, "0x"):
		base, digits = 16, digits[2:]
	case len(digits) > 1 && digits[0] == '0':
		base, digits = 8, digits[1:]
	}
	if len(digits) > maxDigits {
		return nil, tooLarge("a number of %d digits", len(digits))
	}
	n, ok := new(big.Int).SetString(digits, base)
	if !ok {
		return nil, malformed("no number: %.30q", s)
	}
	return signed(n, negative), nil
}

func signed(n *big.Int, negative bool) any {
	if negative {
		n.Neg(n)
	}
	if n.IsInt64() {
		return n.Int64()
	}
	return n
}

func yamlReal(s string) (any, error) {
	text := strings.ToLower(strings.ReplaceAll(s, "_", ""))
	if parts := strings.Split(text, ":"); len(parts) > 1 { // base 60
		total := 0.0
		for _, part := range parts {
			x, err := strconv.ParseFloat(strings.TrimLeft(part, "+-"), 64)
			if err != nil {
				return nil, malformed("no number: %.30q", s)
			}
			total = total*60 + x
		}
		if text[0] == '-' {
			total = -total
		}
		return total, nil
	}
	x, err := strconv.ParseFloat(strings.Replace(strings.Replace(text, ".inf", "inf", 1), ".nan", "nan", 1), 64)
	if err != nil && !math.IsInf(x, 0) {
		return nil, malformed("no number: %.30q", s)
	}
	return x, nil
}
