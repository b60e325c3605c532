package codec

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"math"
	"math/big"
	"reflect"
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

// treeOf turns a Go value into nil, bool, string, number64, []any and
// map[string]any, by the rules of encoding/json.
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
		out := map[string]any{}
		return out, treeStruct(v, depth, out)
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
	out := make(map[string]any, v.Len())
	for it := v.MapRange(); it.Next(); {
		key, err := mapKey(it.Key())
		if err != nil {
			return nil, err
		}
		if out[key], err = tree(it.Value(), depth+1, false); err != nil {
			return nil, err
		}
	}
	return out, nil
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
func treeStruct(v reflect.Value, depth int, out map[string]any) error {
	t := v.Type()
	var embedded []reflect.Value
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
				embedded = append(embedded, field)
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
		out[name] = value
	}
	for _, e := range embedded {
		inner := map[string]any{}
		if err := treeStruct(e, depth+1, inner); err != nil {
			return err
		}
		for k, value := range inner {
			if _, taken := out[k]; !taken {
				out[k] = value
			}
		}
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
