package rpc

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// decode fills a request struct of package api from arguments, by the lenient
// rules of the protocol: unknown keys are ignored, null counts as not given,
// whole numbers may be texts or have a fraction that is cut, booleans are
// whatever is true of the value, a list that is falsy is empty.
func decode(object map[string]any, into any) error {
	return decodeStruct(object, reflect.ValueOf(into).Elem(), "")
}

func decodeStruct(object map[string]any, v reflect.Value, path string) error {
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			if err := decodeStruct(object, v.Field(i), path); err != nil {
				return err
			}
			continue
		}
		name := f.Tag.Get("json")
		switch name {
		case "-":
			continue
		case "*":
			v.Field(i).Set(reflect.ValueOf(object))
			continue
		}
		name, _, _ = strings.Cut(name, ",")
		value, given := object[name]
		full := join(path, name)
		if err := required(f.Tag.Get("need"), full, value, given); err != nil {
			return err
		}
		choices := strings.Fields(f.Tag.Get("enum"))
		if value == nil {
			if given && len(choices) > 0 {
				return ErrField.Errorf("%s: null is none of %s", full, strings.Join(choices, ", ")).With("field", full)
			}
			continue
		}
		if s, isText := value.(string); len(choices) > 0 && (!isText || !slices.Contains(choices, s)) {
			return ErrField.Errorf("%s: expected one of %s", full, strings.Join(choices, ", ")).With("field", full)
		}
		if err := decodeValue(value, v.Field(i), full); err != nil {
			return err
		}
	}
	return nil
}

// required refuses a missing field.
func required(need, name string, value any, given bool) error {
	switch {
	case need == "12" && value == nil:
		return ErrMissing.Errorf("%s: this field is required", name).With("field", name)
	case need == "11" && !given:
		return ErrMissingKey.Errorf("%s: this field is required", name).With("field", name)
	}
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func wrong(path, want string, got any) error {
	return ErrField.Errorf("%s: expected %s, got %s", path, want, kindOf(got)).With("field", path)
}

func decodeValue(value any, to reflect.Value, path string) error {
	switch to.Kind() {
	case reflect.Pointer:
		p := reflect.New(to.Type().Elem())
		if err := decodeValue(value, p.Elem(), path); err != nil {
			return err
		}
		to.Set(p)
	case reflect.Interface:
		to.Set(reflect.ValueOf(value))
	case reflect.String:
		s, ok := value.(string)
		if !ok {
			return wrong(path, "a string", value)
		}
		if !utf8.ValidString(s) {
			s = strings.ToValidUTF8(s, "\uFFFD")
		}
		to.SetString(s)
	case reflect.Bool:
		to.SetBool(truthy(value))
	case reflect.Int64:
		n, ok := wholeNumber(value)
		if !ok {
			return wrong(path, "a whole number", value)
		}
		to.SetInt(n)
	case reflect.Float64:
		n, ok := value.(json.Number)
		if !ok {
			return wrong(path, "a number", value)
		}
		f, err := n.Float64()
		if err != nil {
			return wrong(path, "a number of double precision", value)
		}
		to.SetFloat(f)
	case reflect.Struct:
		object, ok := value.(map[string]any)
		if !ok {
			return wrong(path, "an object", value)
		}
		return decodeStruct(object, to, path)
	case reflect.Map:
		return decodeMap(value, to, path)
	case reflect.Slice:
		return decodeList(value, to, path)
	default:
		return wrong(path, to.Kind().String(), value)
	}
	return nil
}

func decodeMap(value any, to reflect.Value, path string) error {
	object, ok := value.(map[string]any)
	if !ok {
		return wrong(path, "an object", value)
	}
	out := reflect.MakeMapWithSize(to.Type(), len(object))
	for k, e := range object {
		item := reflect.New(to.Type().Elem()).Elem()
		if e != nil || item.Kind() != reflect.Interface {
			if e == nil {
				return wrong(join(path, k), "a value", e)
			}
			if err := decodeValue(e, item, join(path, k)); err != nil {
				return err
			}
		}
		out.SetMapIndex(reflect.ValueOf(k), item)
	}
	to.Set(out)
	return nil
}

func decodeList(value any, to reflect.Value, path string) error {
	items, ok := value.([]any)
	if !ok {
		if truthy(value) {
			return wrong(path, "a list", value)
		}
		items = nil
	}
	out := reflect.MakeSlice(to.Type(), len(items), len(items))
	for i, e := range items {
		at := path + "[" + strconv.Itoa(i) + "]"
		// Rows of display data hold whatever a client called a value.
		if to.Type().Elem().Kind() == reflect.Slice {
			if err := decodeRow(e, out.Index(i), at); err != nil {
				return err
			}
			continue
		}
		if e == nil && to.Type().Elem().Kind() == reflect.Pointer {
			continue // null is a value of this list
		}
		if err := decodeValue(e, out.Index(i), at); err != nil {
			return err
		}
	}
	to.Set(out)
	return nil
}

func decodeRow(value any, to reflect.Value, path string) error {
	cells, ok := value.([]any)
	if !ok {
		return wrong(path, "a list", value)
	}
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = text(c)
	}
	to.Set(reflect.ValueOf(row))
	return nil
}

// text writes any JSON value as a text.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	}
	b, _ := json.Marshal(v) // came from JSON
	return string(b)
}

func truthy(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case json.Number:
		f, err := v.Float64()
		return err != nil || f != 0
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return true
}

// wholeNumber reads what the protocol takes for an integer: "5" and 5.7 too.
func wholeNumber(v any) (int64, bool) {
	var s string
	switch v := v.(type) {
	case json.Number:
		s = v.String()
	case string:
		s = strings.TrimSpace(v)
		n, err := strconv.ParseInt(s, 10, 64)
		return n, err == nil
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	default:
		return 0, false
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.Abs(f) >= math.MaxInt64 {
		return 0, false
	}
	return int64(f), true
}
