package preview

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Query says which part of a file is shown, and how. The zero value is the
// beginning, as what it is.
type Query struct {
	// As is the kind to show it as, "" for what it is.
	As string
	// Members leads into archives: a member, a member of that, and so on.
	Members []string
	// Rows and Cols are the rows or lines, and the columns.
	Rows, Cols Span
	// Slice picks two axes of an array and a place on the others, in Python's
	// notation: "0,:,:".
	Slice string
	// Path leads to a node of a tree, as a JSON pointer (RFC 6901).
	Path string
	// At is the first byte, of a hex dump.
	At int64
	// Width is the greatest width and height of a picture, in pixels.
	Width int
	// Find is a text that the names of members hold.
	Find string
}

// Span is a range counted from 0, its end left out. The zero value means the
// usual part.
type Span struct{ From, To int64 }

// IsZero reports whether nothing was asked for.
func (s Span) IsZero() bool { return s == Span{} }

// or returns the span cut to what is there, or the usual one.
func (s Span) or(usual, most, length int64) Span {
	if s.IsZero() {
		s.To = usual
	}
	s.From = min(s.From, length)
	s.To = min(s.To, length, s.From+most)
	return s
}

// The bounds of what may be asked for.
const (
	// maxNesting is how deep archives are opened within each other.
	maxNesting = 4
	// maxName bounds a member's name, a path and a slice, in bytes.
	maxName = 4096
	// MaxWidth of a picture, in pixels.
	MaxWidth = 2048
)

// arguments are the names in a query string.
var arguments = []string{"as", "member", "rows", "cols", "slice", "path", "at", "w", "find"}

// ParseQuery reads the arguments of a request.
func ParseQuery(q url.Values) (Query, error) {
	for name := range q {
		if !slices.Contains(arguments, name) {
			return Query{}, ErrQuery.Errorf("there is no argument %.40q; there are %s", name, strings.Join(arguments, ", ")).With("field", name)
		}
	}
	out := Query{As: q.Get("as"), Members: q["member"], Slice: q.Get("slice"), Path: q.Get("path"), Find: q.Get("find")}
	var err error
	if out.Rows, err = span("rows", q.Get("rows")); err != nil {
		return out, err
	}
	if out.Cols, err = span("cols", q.Get("cols")); err != nil {
		return out, err
	}
	if s := q.Get("at"); s != "" {
		if out.At, err = strconv.ParseInt(s, 10, 64); err != nil || out.At < 0 {
			return out, ErrQuery.Errorf("at: expected a whole number from 0 on, got %.40q", s).With("field", "at")
		}
	}
	if s := q.Get("w"); s != "" {
		if out.Width, err = strconv.Atoi(s); err != nil || out.Width < 1 || out.Width > MaxWidth {
			return out, ErrQuery.Errorf("w: expected a whole number from 1 to %d, got %.40q", MaxWidth, s).With("field", "w")
		}
	}
	return out, out.check()
}

// span reads "10-20": from 10 to before 20, or "10-" and "10" for one.
func span(name, s string) (Span, error) {
	if s == "" {
		return Span{}, nil
	}
	from, to, ranged := strings.Cut(s, "-")
	a, err := strconv.ParseInt(from, 10, 62)
	b := a + 1
	switch {
	case err == nil && ranged && to == "":
		b = 1 << 62
	case err == nil && ranged:
		b, err = strconv.ParseInt(to, 10, 62)
	}
	if err != nil || a < 0 || b <= a {
		return Span{}, ErrQuery.Errorf("%s: expected a range such as 10-20, from 10 to before 20, got %.40q", name, s).With("field", name)
	}
	return Span{a, b}, nil
}

func (q Query) check() error {
	if len(q.Members) > maxNesting {
		return ErrQuery.Errorf("member: archives are opened %d deep", maxNesting).With("field", "member")
	}
	for _, m := range q.Members {
		if m == "" || len(m) > maxName {
			return ErrQuery.Errorf("member: expected a name of 1 to %d bytes", maxName).With("field", "member")
		}
	}
	if q.As != "" && !slices.Contains(kinds, q.As) {
		return ErrQuery.Errorf("as: expected one of %s, got %.40q", strings.Join(kinds, ", "), q.As).With("field", "as")
	}
	if len(q.Slice) > maxName || len(q.Path) > maxName || len(q.Find) > maxName {
		return ErrQuery.Errorf("slice, path and find have at most %d bytes", maxName)
	}
	return nil
}
