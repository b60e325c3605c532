package codec

import (
	"encoding/json"
	"io"
	"reflect"
	"slices"
	"sort"
	"strings"
)

// JSON keeps maps with string keys and structs as the Python SDK keeps a dict:
// keys sorted, four spaces of indent, ASCII only. Structs follow the tags of
// encoding/json. A float stays a float in Python (1.0 is written "1.0"), and
// NaN and infinities are written and read as Python does.
type JSON struct {
	// InOrder keeps the keys in the order they have: that of a struct's fields,
	// or of a Dict, which is taken then, too. A map of Go has none, and is
	// sorted. (The Python SDK's sort_keys=False.)
	InOrder bool
}

var _ Codec = JSON{}

// Accepts implements Codec.
func (j JSON) Accepts(v any) bool { return isDict(v) || j.InOrder && isOrdered(v) }

// isOrdered reports whether v is a Dict of texts.
func isOrdered(v any) bool {
	d, ok := v.(Dict)
	return ok && !slices.ContainsFunc(d, func(i Item) bool { _, text := i.Key.(string); return !text })
}

// isDict reports whether v becomes a dict in Python: maps of string keys,
// structs, and what points to them.
func isDict(v any) bool {
	if v == nil || isOther(v) {
		return false
	}
	t := reflect.TypeOf(v)
	if t.Kind() == reflect.Pointer {
		if reflect.ValueOf(v).IsNil() {
			return false
		}
		t = t.Elem()
	}
	return t.Kind() == reflect.Struct || (t.Kind() == reflect.Map && t.Key().Kind() == reflect.String)
}

// Encode implements Codec.
func (j JSON) Encode(w io.Writer, name string, v any) (Record, error) {
	rec := Record{Name: name, Type: TypeDict, ContentType: contentJSON, File: name + ".json"}
	if !j.Accepts(v) {
		return rec, mistyped("a JSON artifact is a map of string keys or a struct, not a %T", v)
	}
	tree, err := treeOf(v)
	if err != nil {
		return rec, err
	}
	if !j.InOrder {
		sortKeys(tree)
	}
	text := jsonText(tree)
	rec.Preview = clipSource(text, "serialized dict")
	_, err = io.WriteString(w, text)
	return rec, err
}

// Reads implements Codec.
func (JSON) Reads(rec Record) bool {
	return rec.Type == typeJSON || (rec.Type == TypeDict && rec.ContentType == contentJSON)
}

// Decode implements Codec. It returns what the file holds: map[string]any,
// []any, string, bool, nil, int64 (*big.Int when larger) and float64. As turns
// that into a struct.
func (JSON) Decode(r io.ReaderAt, size int64, _ Record, l Limits) (any, error) {
	b, err := readAll(r, size, l.filled())
	if err != nil {
		return nil, err
	}
	return parseJSON(b, l.filled())
}

// jsonText writes a tree as json.dumps(indent=4) does.
func jsonText(tree any) string {
	var b strings.Builder
	writeJSON(&b, tree, "\n")
	return b.String()
}

// writeJSON writes what treeOf returned; indent begins each line.
func writeJSON(w *strings.Builder, v any, indent string) {
	const step = "    "
	block := func(open, end byte, n int, item func(i int)) {
		w.WriteByte(open)
		for i := range n {
			if i > 0 {
				w.WriteByte(',')
			}
			w.WriteString(indent + step)
			item(i)
		}
		if n > 0 {
			w.WriteString(indent)
		}
		w.WriteByte(end)
	}
	switch v := v.(type) {
	case nil:
		w.WriteString("null")
	case bool:
		if v {
			w.WriteString("true")
		} else {
			w.WriteString("false")
		}
	case string:
		writeJSONString(w, v)
	case number64:
		w.WriteString(v.json())
	case []any:
		block('[', ']', len(v), func(i int) { writeJSON(w, v[i], indent+step) })
	case Dict:
		block('{', '}', len(v), func(i int) {
			writeJSONString(w, v[i].Key.(string))
			w.WriteString(": ")
			writeJSON(w, v[i].Value, indent+step)
		})
	}
}

// sortedKeys sorts by code points, as Python does.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func writeJSONString(w *strings.Builder, s string) {
	const hex = "0123456789abcdef"
	u := func(r rune) {
		w.WriteString(`\u`)
		for shift := 12; shift >= 0; shift -= 4 {
			w.WriteByte(hex[r>>shift&15])
		}
	}
	w.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			w.WriteByte('\\')
			w.WriteByte(byte(r))
		case r == '\n':
			w.WriteString(`\n`)
		case r == '\r':
			w.WriteString(`\r`)
		case r == '\t':
			w.WriteString(`\t`)
		case r == '\b':
			w.WriteString(`\b`)
		case r == '\f':
			w.WriteString(`\f`)
		case r >= ' ' && r < 0x7f:
			w.WriteByte(byte(r))
		case r > 0xffff:
			r -= 0x10000
			u(0xd800 + r>>10)
			u(0xdc00 + r&0x3ff)
		default:
			u(r)
		}
	}
	w.WriteByte('"')
}

// into decodes a tree into a Go value with the rules of encoding/json.
func into(tree, target any) error {
	text := jsonText(tree)
	d := json.NewDecoder(strings.NewReader(text))
	if err := d.Decode(target); err != nil {
		return mistyped("%w", err)
	}
	return nil
}
