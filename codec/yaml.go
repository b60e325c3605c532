package codec

import (
	"bytes"
	"fmt"
	"io"
	"math/big"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// YAML keeps maps with string keys and structs as YAML, keys sorted. Structs
// follow the tags of encoding/json.
type YAML struct{}

var _ Codec = YAML{}

// Accepts implements Codec.
func (YAML) Accepts(v any) bool { return isDict(v) }

// Encode implements Codec.
func (YAML) Encode(w io.Writer, name string, v any) (Record, error) {
	rec := Record{Name: name, Type: TypeDict, ContentType: contentYAML, File: name + ".yaml"}
	if !isDict(v) {
		return rec, mistyped("a YAML artifact is a map of string keys or a struct, not a %T", v)
	}
	tree, err := treeOf(v)
	if err != nil {
		return rec, err
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
	switch n.ShortTag() {
	case "!!null":
		return nil, nil
	case "!!str":
		return yamlString(n), nil
	}
	var v any
	if err := n.Decode(&v); err != nil {
		return nil, malformed("line %d: %w", n.Line, err)
	}
	switch x := v.(type) {
	case int:
		return int64(x), nil
	case uint64:
		return new(big.Int).SetUint64(x), nil
	case float64:
		if n.Tag == "!!int" || (n.Style == 0 && isDigits(n.Value)) {
			return parseBig(n.Value)
		}
		return x, nil
	case string:
		if n.ShortTag() == "!!binary" {
			return []byte(x), nil
		}
	}
	return v, nil
}

// yamlString reads the words that YAML 1.1, which Python writes and reads,
// takes for a bool.
func yamlString(n *yaml.Node) any {
	if b := oldBool(n.Value); b != nil && n.Style == 0 {
		return *b
	}
	return n.Value
}

// oldBool returns what a word is in YAML 1.1 and no longer in 1.2.
func oldBool(s string) *bool {
	var is bool
	switch s {
	case "yes", "Yes", "YES", "on", "On", "ON":
		is = true
	case "no", "No", "NO", "off", "Off", "OFF":
	default:
		return nil
	}
	return &is
}

func isDigits(s string) bool {
	for i, c := range s {
		if (c < '0' || c > '9') && (i > 0 || (c != '-' && c != '+')) {
			return false
		}
	}
	return s != ""
}

// yamlText writes a tree; the tree is of treeOf, so nothing can fail.
func yamlText(tree any) string {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(4)
	if err := e.Encode(yamlNode(tree)); err != nil {
		return fmt.Sprintf("# %v\n", err)
	}
	return b.String()
}

func yamlNode(v any) *yaml.Node {
	scalar := func(tag, text string) *yaml.Node {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: text}
	}
	switch v := v.(type) {
	case bool:
		return scalar("!!bool", strconv.FormatBool(v))
	case number64:
		if v.integer != "" {
			return scalar("!!int", v.integer)
		}
		return scalar("!!float", yamlFloat(v.float))
	case string:
		n := &yaml.Node{}
		n.SetString(v)
		if n.Style == 0 && oldBool(v) != nil {
			n.Style = yaml.SingleQuotedStyle
		}
		return n
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		if len(v) == 0 {
			n.Style = yaml.FlowStyle
		}
		for _, item := range v {
			n.Content = append(n.Content, yamlNode(item))
		}
		return n
	case map[string]any:
		n := &yaml.Node{Kind: yaml.MappingNode}
		if len(v) == 0 {
			n.Style = yaml.FlowStyle
		}
		for _, k := range sortedKeys(v) {
			n.Content = append(n.Content, yamlNode(k), yamlNode(v[k]))
		}
		return n
	}
	return scalar("!!null", "null")
}

// yamlFloat writes a float as YAML 1.1 knows it: an exponent needs a point
// before it.
func yamlFloat(x float64) string {
	switch s := pyFloat(x); s {
	case "nan", "inf":
		return "." + s
	case "-inf":
		return "-.inf"
	default:
		for i, c := range s {
			if c == '.' {
				break
			}
			if c == 'e' {
				return s[:i] + ".0" + s[i:]
			}
		}
		return s
	}
}
