package sqlstore

import (
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/coffer-ml/coffer/internal/query"
)

// test is the condition that a leaf puts to one value. It may be unknown where
// the value is missing, which counts as not.
func (c compiler) test(f field, leaf query.Filter) (cond, error) {
	switch l := leaf.(type) {
	case query.In:
		if !f.isText() {
			return cond{}, wrongType(l.Field, f)
		}
		return c.oneOf(f, distinct(l.Values)), nil
	case query.Match:
		if !f.isText() {
			return cond{}, wrongType(l.Field, f)
		}
		return c.match(f, l.Pattern), nil
	case query.Compare:
		return c.compare(f, l)
	case query.Same:
		return c.same(f, l)
	}
	return never, nil
}

// same compares with a value as it was given.
func (c compiler) same(f field, l query.Same) (cond, error) {
	if f.rows != nil && f.rows.object != "" {
		return c.dialect.sameMember("v", l.Value)
	}
	switch v := l.Value.(type) {
	case string, bool:
		return c.compare(f, query.Compare{Field: l.Field, Op: query.Equal, Value: v})
	}
	return never, nil
}

func (f field) isText() bool { return f.kind == query.Text || f.kind == query.List }

func wrongType(name string, f field) error {
	kinds := map[query.Type]string{
		query.Text: "a text", query.List: "a list of texts", query.Number: "a number", query.Time: "a time", query.Bool: "true or false",
	}
	return query.ErrValue.Errorf("%s is %s and cannot be compared so", name, kinds[f.kind]).With("field", name)
}

func distinct(values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = clean(v)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// oneOf holds if the text is one of the values. Long texts are looked up by
// their heads first; a shorter value is all of its head.
func (c compiler) oneOf(f field, values []string) cond {
	if f.long && !slices.ContainsFunc(values, func(v string) bool { return utf8.RuneCountInString(v) >= headLength }) {
		f.value, f.long = f.head(), false
	}
	switch {
	case len(values) == 0:
		return never
	case len(values) == 1 && f.long:
		return all(when(f.head()+" = ?", headOf(values[0])), when(f.value+" = ?", values[0]))
	case f.long:
		heads := make([]string, len(values))
		for i, v := range values {
			heads[i] = headOf(v)
		}
		return all(when(c.dialect.in(f.head()), list(distinct(heads))), when(c.dialect.in(f.value), list(values)))
	}
	return when(among(c.dialect, f.value, values))
}

// inSQL reports whether a pattern can be put to the field in SQL.
func (f field) inSQL(r query.Regexp) bool {
	switch r.Form {
	case query.General:
		return false
	case query.Anything:
		return true
	}
	return !r.Fold || f.fold != ""
}

// match compares with a pattern that needs no regular expression.
func (c compiler) match(f field, r query.Regexp) cond {
	text := clean(r.Literal)
	if f.name && !r.Fold && (r.Form == query.Contains || r.Form == query.Suffix) && c.dialect.indexesWhole() {
		// First by the folded text, which stands in the index that most lists
		// walk: the name itself stands in the row alone, as both do on PostgreSQL.
		return all(matches(c.dialect, f.fold, r.Form, query.Fold(text)), matches(c.dialect, f.value, r.Form, text))
	}
	if r.Fold {
		f.value, f.long = f.fold, false
	}
	switch r.Form {
	case query.Anything:
		if f.null && f.rows == nil {
			return when(f.value + " IS NOT NULL")
		}
		return always
	case query.Exact:
		return c.oneOf(f, []string{text})
	case query.Prefix:
		return prefixed(f, text)
	}
	return matches(c.dialect, f.value, r.Form, text)
}

// prefixed holds if the text begins so. As a range, an index can answer it.
func prefixed(f field, text string) cond {
	value, start := f.value, text
	if f.long {
		value, start = f.head(), headOf(text)
	}
	if start != text { // the index knows its first part only
		return all(when(value+" = ?", start), when("substr("+f.value+", 1, ?) = ?", utf8.RuneCountInString(text), text))
	}
	if end, ok := following(text); ok {
		return when(value+" >= ? AND "+value+" < ?", text, end)
	}
	return when(value+" >= ?", text)
}

// following returns the least text that is greater than all texts beginning
// with s, if there is one.
func following(s string) (string, bool) {
	for s != "" {
		r, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
		switch r {
		case utf8.MaxRune:
			continue
		case 0xD7FF: // the surrogates are no characters
			return s + "\uE000", true
		}
		return s + string(r+1), true
	}
	return "", false
}

var operators = map[query.Op]bool{query.Equal: true, query.Less: true, query.LessEqual: true, query.Greater: true, query.GreaterEqual: true}

func (c compiler) compare(f field, l query.Compare) (cond, error) {
	if !operators[l.Op] {
		return cond{}, query.ErrValue.Errorf("%s: there is no comparison %q", l.Field, l.Op).With("field", l.Field)
	}
	switch v := l.Value.(type) {
	case string:
		if f.kind == query.Text && l.Op != query.Equal {
			return when(f.value+" "+string(l.Op)+" ?", clean(v)), nil
		}
		if f.isText() && l.Op == query.Equal {
			return c.oneOf(f, []string{clean(v)}), nil
		}
	case int64:
		if n := f.numeric(); n != "" {
			return when(n+" "+string(l.Op)+" ?", v), nil
		}
	case float64:
		if n := f.numeric(); n != "" && !math.IsNaN(v) {
			return when(n+" "+string(l.Op)+" CAST(? AS DOUBLE PRECISION)", v), nil
		}
	case bool:
		if f.kind == query.Bool && l.Op == query.Equal {
			truth := 0
			if v {
				truth = 1
			}
			return when(f.value+" = ?", truth), nil
		}
	case time.Time:
		if f.kind == query.Time {
			return moment(f.value, l.Op, v), nil
		}
	}
	return cond{}, query.ErrValue.Errorf("%s cannot be compared with %v", l.Field, l.Value).With("field", l.Field)
}

// numeric is the expression of the value as a number, "" if it has none.
func (f field) numeric() string {
	if f.kind == query.Number {
		return f.value
	}
	return f.number
}

// moment compares a stored time, which is whole milliseconds, with one that
// may be finer.
func moment(value string, op query.Op, t time.Time) cond {
	ms := t.UnixMilli() // rounds down
	finer := !time.UnixMilli(ms).Equal(t)
	switch {
	case finer && op == query.Equal:
		return never
	case finer && (op == query.Less || op == query.GreaterEqual):
		ms++
	}
	return when(value+" "+string(op)+" ?", ms)
}
