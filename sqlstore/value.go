package sqlstore

import (
	"encoding/json"
	"strings"
	"time"
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

// clean replaces NUL, which PostgreSQL cannot hold, by U+FFFD.
func clean(s string) string { return strings.ReplaceAll(s, "\x00", "\uFFFD") }

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

// list is the argument of dialect.in and dialect.inInts.
func list[T any](values []T) string {
	b, _ := json.Marshal(values) // texts and numbers always marshal
	return string(b)
}
