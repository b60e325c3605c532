package sqlstore

import (
	"bytes"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"
)

// millis is a time as stored: milliseconds since 1970 UTC, NULL if zero.
func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// clock scans a stored time; NULL becomes the zero time.
type clock struct{ to *time.Time }

// Scan implements sql.Scanner.
func (c clock) Scan(src any) error {
	if ms, ok := src.(int64); ok {
		*c.to = time.UnixMilli(ms).UTC()
		return nil
	}
	*c.to = time.Time{}
	return nil
}

// text scans a nullable text; NULL becomes "".
type text[T ~string] struct{ to *T }

// Scan implements sql.Scanner.
func (t text[T]) Scan(src any) error {
	switch v := src.(type) {
	case string:
		*t.to = T(v)
	case []byte:
		*t.to = T(v)
	default:
		*t.to = ""
	}
	return nil
}

// null is a text as stored where "" means "not given".
func null[T ~string](s T) any {
	if s == "" {
		return nil
	}
	return clean(string(s))
}

// storable reports whether PostgreSQL can hold a text.
func storable(s string) bool { return strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) }

// clean replaces what PostgreSQL cannot hold, NUL and broken UTF-8, by U+FFFD,
// on both engines.
func clean(s string) string {
	if storable(s) {
		return s
	}
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD")
}

// document is a value as stored: JSON text.
func document(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

// parsed scans JSON text into a value; NULL leaves it alone.
type parsed struct{ to any }

// Scan implements sql.Scanner.
func (p parsed) Scan(src any) error {
	switch v := src.(type) {
	case string:
		return json.Unmarshal([]byte(v), p.to)
	case []byte:
		return json.Unmarshal(v, p.to)
	}
	return nil
}

// elements is the argument of dialect.in and dialect.inInts.
type elements struct{ of any } // []string or []int64

// list makes values such an argument.
func list[T ~string | int64](values []T) elements {
	if ints, ok := any(values).([]int64); ok {
		return elements{ints}
	}
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = clean(reflect.ValueOf(v).String())
	}
	return elements{out}
}

// Value implements driver.Valuer: SQLite has no arrays and takes JSON.
func (e elements) Value() (driver.Value, error) { return document(e.of) }

// tuples is the argument of dialect.rows.
func tuples(rows [][]any) string {
	b, _ := json.Marshal(rows) // texts and whole numbers always marshal
	return string(b)
}

// key is the hex SHA-256 of a text: it stands in unique indexes for texts that
// may be too long for one.
func key[T ~string](s T) string {
	sum := sha256.Sum256([]byte(clean(string(s))))
	return hex.EncodeToString(sum[:])
}

// nullable scans a text of any type; NULL becomes "".
func nullable[T ~string](to *T) text[T] { return text[T]{to} }

// exact scans JSON text into a value whose numbers of open type keep all
// their digits; NULL leaves it alone.
type exact struct{ to any }

// Scan implements sql.Scanner.
func (e exact) Scan(src any) error {
	var raw []byte
	switch v := src.(type) {
	case string:
		raw = []byte(v)
	case []byte:
		raw = v
	default:
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(e.to)
}

// documents turns values into JSON texts; a nil map or slice becomes NULL.
func documents(values ...any) ([]any, error) {
	out := make([]any, len(values))
	for i, v := range values {
		doc, err := document(v)
		if err != nil {
			return nil, fmt.Errorf("document: %w", err)
		}
		if doc != "null" {
			out[i] = doc
		}
	}
	return out, nil
}

// integer scans a nullable number; NULL becomes 0.
type integer[T ~int | ~int64] struct{ to *T }

// Scan implements sql.Scanner.
func (i integer[T]) Scan(src any) error {
	n, _ := src.(int64)
	*i.to = T(n)
	return nil
}
