package codec

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// number64 is a number of a tree, with the text JSON and YAML write of it.
type number64 struct {
	float   float64
	integer string // decimal; "" for a float
}

func (n number64) json() string {
	if n.integer != "" {
		return n.integer
	}
	switch {
	case math.IsNaN(n.float):
		return "NaN"
	case math.IsInf(n.float, 1):
		return "Infinity"
	case math.IsInf(n.float, -1):
		return "-Infinity"
	}
	return pyFloat(n.float)
}

// treeDepth is where a value that refers to itself is given up; Python's own
// limit is near 1,000.
const treeDepth = 1000

// treeOf turns a Go value into nil, bool, string, number64, []any and Dict with
// keys that are texts, by the rules of encoding/json. The keys of a map are
// sorted, those of a struct or Dict stand as they do there.
func treeOf(v any) (any, error) { return tree(reflect.ValueOf(v), 0, false) }

func tree(v reflect.Value, depth int, quoted bool) (any, error) {
	if depth > treeDepth {
		return nil, mistyped("a value of more than %d levels", treeDepth)
	}
	if !v.IsValid() {
		return nil, nil
	}
	if v.CanInterface() {
		switch x := v.Interface().(type) {
		case *big.Int:
			if x == nil {
				return nil, nil
			}
			return number64{integer: x.String()}, nil
		case json.Number:
			return jsonNumber(string(x))
		case Dict:
			return treeDict(x, depth)
		}
		if done, out, err := marshalled(v); done {
			return out, err
		}
	}
	switch v.Kind() {
	case reflect.Bool:
		return maybeQuoted(v.Bool(), quoted)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return maybeQuoted(number64{integer: strconv.FormatInt(v.Int(), 10)}, quoted)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return maybeQuoted(number64{integer: strconv.FormatUint(v.Uint(), 10)}, quoted)
	case reflect.Float64:
		return maybeQuoted(number64{float: v.Float()}, quoted)
	case reflect.Float32:
		// The shortest text of the float32, not the digits it has as a float64.
		short, err := strconv.ParseFloat(strconv.FormatFloat(v.Float(), 'g', -1, 32), 64)
		if err != nil {
			short = v.Float()
		}
		return maybeQuoted(number64{float: short}, quoted)
	case reflect.String:
		if quoted {
			return jsonText(v.String()), nil
		}
		return strings.ToValidUTF8(v.String(), "\uFFFD"), nil
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil, nil
		}
		return tree(v.Elem(), depth+1, quoted)
	case reflect.Slice:
		if v.IsNil() {
			return nil, nil
		}
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return base64.StdEncoding.EncodeToString(v.Bytes()), nil
		}
		return treeList(v, depth)
	case reflect.Array:
		return treeList(v, depth)
	case reflect.Map:
		return treeMap(v, depth)
	case reflect.Struct:
		out := Dict{}
		return out, treeStruct(v, depth, &out)
	}
	return nil, mistyped("JSON holds no %s", v.Type())
}

// marshalled asks the value itself how it is written.
func marshalled(v reflect.Value) (done bool, out any, err error) {
	if (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil() {
		return false, nil, nil
	}
	x := v.Interface()
	if _, ok := x.(json.Marshaler); !ok && v.CanAddr() {
		if m, ok := v.Addr().Interface().(json.Marshaler); ok {
			x = m
		} else if m, ok := v.Addr().Interface().(encoding.TextMarshaler); ok {
			x = m
		}
	}
	switch m := x.(type) {
	case json.Marshaler:
		b, err := m.MarshalJSON()
		if err != nil {
			return true, nil, err
		}
		parsed, err := parseJSON(bytes.TrimSpace(b), Limits{}.filled())
		if err != nil {
			return true, nil, err
		}
		out, err = treeOf(parsed)
		return true, out, err
	case encoding.TextMarshaler:
		b, err := m.MarshalText()
		return true, string(b), err
	}
	return false, nil, nil
}

func maybeQuoted(v any, quoted bool) (any, error) {
	if quoted {
		return jsonText(v), nil
	}
	return v, nil
}

func treeList(v reflect.Value, depth int) (any, error) {
	out := make([]any, v.Len())
	for i := range out {
		var err error
		if out[i], err = tree(v.Index(i), depth+1, false); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func treeMap(v reflect.Value, depth int) (any, error) {
	if v.IsNil() {
		return nil, nil
	}
	out := make(Dict, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		key, err := mapKey(it.Key())
		if err != nil {
			return nil, err
		}
		value, err := tree(it.Value(), depth+1, false)
		if err != nil {
			return nil, err
		}
		out = append(out, Item{key, value})
	}
	out.sort()
	return out, nil
}

// treeDict takes the last of two values of one key, at the place of the first,
// as Python does.
func treeDict(d Dict, depth int) (any, error) {
	out, at := make(Dict, 0, len(d)), make(map[string]int, len(d))
	for _, item := range d {
		k := reflect.ValueOf(item.Key)
		if !k.IsValid() {
			return nil, mistyped("JSON has no key that is nothing")
		}
		key, err := mapKey(k)
		if err != nil {
			return nil, err
		}
		value, err := tree(reflect.ValueOf(item.Value), depth+1, false)
		if err != nil {
			return nil, err
		}
		if i, twice := at[key]; twice {
			out[i].Value = value
			continue
		}
		at[key] = len(out)
		out = append(out, Item{key, value})
	}
	return out, nil
}

// sort puts the items of a tree in the order of their keys: by code points, as
// Python does.
func (d Dict) sort() {
	slices.SortFunc(d, func(a, b Item) int { return strings.Compare(a.Key.(string), b.Key.(string)) })
}

// sortKeys sorts every Dict of a tree.
func sortKeys(tree any) {
	switch v := tree.(type) {
	case []any:
		for _, item := range v {
			sortKeys(item)
		}
	case Dict:
		v.sort()
		for _, item := range v {
			sortKeys(item.Value)
		}
	}
}

func mapKey(k reflect.Value) (string, error) {
	if k.Kind() == reflect.String {
		return k.String(), nil
	}
	if m, ok := k.Interface().(encoding.TextMarshaler); ok {
		b, err := m.MarshalText()
		return string(b), err
	}
	switch {
	case k.CanInt():
		return strconv.FormatInt(k.Int(), 10), nil
	case k.CanUint():
		return strconv.FormatUint(k.Uint(), 10), nil
	}
	return "", mistyped("JSON has no keys of %s", k.Type())
}

// treeStruct adds the exported fields to out. Fields of an embedded struct
// count as its own where a field of the outer one has not taken the name.
func treeStruct(v reflect.Value, depth int, out *Dict) error {
	t := v.Type()
	type part struct {
		value reflect.Value
		at    int // of its fields in out
	}
	var embedded []part
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" && options == "" && f.Tag.Get("json") == "-" {
			continue
		}
		field := v.Field(i)
		if f.Anonymous && name == "" {
			if field.Kind() == reflect.Pointer && field.Type().Elem().Kind() == reflect.Struct {
				if field.IsNil() {
					continue
				}
				field = field.Elem()
			}
			if field.Kind() == reflect.Struct {
				embedded = append(embedded, part{field, len(*out)})
				continue
			}
		}
		if !f.IsExported() {
			continue
		}
		if name == "" {
			name = f.Name
		}
		has := func(o string) bool { return strings.Contains(","+options+",", ","+o+",") }
		if (has("omitempty") && isEmpty(field)) || (has("omitzero") && isZero(field)) {
			continue
		}
		value, err := tree(field, depth+1, has("string"))
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(*out, func(o Item) bool { return o.Key == name }); i >= 0 {
			(*out)[i].Value = value
			continue
		}
		*out = append(*out, Item{name, value})
	}
	for _, e := range slices.Backward(embedded) { // so that places before stay what they are
		var inner Dict
		if err := treeStruct(e.value, depth+1, &inner); err != nil {
			return err
		}
		inner = slices.DeleteFunc(inner, func(i Item) bool {
			return slices.ContainsFunc(*out, func(o Item) bool { return o.Key == i.Key })
		})
		*out = slices.Insert(*out, e.at, inner...)
	}
	return nil
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

func isZero(v reflect.Value) bool {
	if z, ok := v.Interface().(interface{ IsZero() bool }); ok {
		return z.IsZero()
	}
	return v.IsZero()
}
