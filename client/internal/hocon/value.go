package hocon

import (
	"fmt"
	"strconv"
	"strings"
)

// Value is what a key stands for: a *Object, a List or a Text. A key that was
// set to null, or to an optional substitution that is not there, has none.
type Value interface{ value() }

// Text is a scalar as it was written, without quotes.
type Text string

// List is a list of values.
type List []Value

// Object maps keys to values and remembers their order. A nil object is empty.
type Object struct {
	keys   []string
	fields map[string]Value
}

func (Text) value()    {}
func (List) value()    {}
func (*Object) value() {}

// Keys returns the keys in the order in which they first came.
func (o *Object) Keys() []string {
	if o == nil {
		return nil
	}
	return o.keys
}

// Get returns the value at a dotted path, nil if there is none. Keys that hold
// a dot themselves are not reached this way; see Field.
func (o *Object) Get(path string) Value {
	var v Value = o
	for key := range strings.SplitSeq(path, ".") {
		inner, ok := v.(*Object)
		if !ok {
			return nil
		}
		v = inner.Field(key)
	}
	return v
}

// Field returns the value of one key, nil if there is none.
func (o *Object) Field(key string) Value {
	if o == nil {
		return nil
	}
	return o.fields[key]
}

// Object returns the section at path, empty if there is none.
func (o *Object) Object(path string) *Object {
	inner, _ := o.Get(path).(*Object)
	return inner
}

// Objects returns the sections in the list at path.
func (o *Object) Objects(path string) []*Object {
	list, _ := o.Get(path).(List)
	var all []*Object
	for _, v := range list {
		if inner, ok := v.(*Object); ok {
			all = append(all, inner)
		}
	}
	return all
}

// Text returns the scalar at path, "" if there is none.
func (o *Object) Text(path string) string {
	text, _ := o.Get(path).(Text)
	return string(text)
}

// Texts returns the scalars in the list at path; a scalar in its place counts
// as a list of one.
func (o *Object) Texts(path string) []string {
	switch v := o.Get(path).(type) {
	case Text:
		return []string{string(v)}
	case List:
		var all []string
		for _, item := range v {
			if text, ok := item.(Text); ok {
				all = append(all, string(text))
			}
		}
		return all
	}
	return nil
}

// Bool returns the truth value at path, or otherwise if there is none. True,
// yes and on, whatever the case, and 1 are true.
func (o *Object) Bool(path string, otherwise bool) (bool, error) {
	text := o.Text(path)
	switch strings.ToLower(text) {
	case "":
		return otherwise, nil
	case "true", "yes", "on", "1":
		return true, nil
	case "false", "no", "off", "0", "none":
		return false, nil
	}
	return otherwise, fmt.Errorf("%s: %q is not valid: expected true or false", path, text)
}

// Int returns the number at path, or otherwise if there is none.
func (o *Object) Int(path string, otherwise int64) (int64, error) {
	text := o.Text(path)
	if text == "" || strings.EqualFold(text, "none") {
		return otherwise, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && f == float64(int64(f)) { // 1e6, 72.0
		return int64(f), nil
	}
	return otherwise, fmt.Errorf("%s: %q is not valid: expected a whole number", path, text)
}

// units of sizes in bytes: powers of 1024 for one letter, as the Python SDK
// and HOCON read them, and for the names with an i; powers of 1000 are written
// as kB, MB, GB by HOCON, but the Python SDK takes those for powers of 1024, so
// that is what a clearml.conf means by them.
var units = map[string]int64{
	"": 1, "b": 1, "k": 1 << 10, "kb": 1 << 10, "kib": 1 << 10, "m": 1 << 20, "mb": 1 << 20, "mib": 1 << 20,
	"g": 1 << 30, "gb": 1 << 30, "gib": 1 << 30, "t": 1 << 40, "tb": 1 << 40, "tib": 1 << 40,
}

// Size returns the number of bytes at path, such as 10GB or 512 MiB, or
// otherwise if there is none.
func (o *Object) Size(path string, otherwise int64) (int64, error) {
	text := strings.TrimSpace(o.Text(path))
	if text == "" || strings.EqualFold(text, "none") {
		return otherwise, nil
	}
	n, err := ParseSize(text)
	if err != nil {
		return otherwise, fmt.Errorf("%s: %w", path, err)
	}
	return n, nil
}

// ParseSize reads a number of bytes, such as 10GB or 512 MiB.
func ParseSize(text string) (int64, error) {
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	unit, known := units[strings.ToLower(text[len(digits):])]
	n, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if size := n * float64(unit); known && err == nil && size >= -1<<62 && size <= 1<<62 {
		return int64(size), nil
	}
	return 0, fmt.Errorf("%q is not valid: expected bytes, such as 500000 or 10GB", text)
}
