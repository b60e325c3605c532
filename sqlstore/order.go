package sqlstore

import (
	"fmt"

	"github.com/coffer-ml/coffer/internal/query"
)

// maxKeys bounds the keys of an order: more say nothing to anybody.
const maxKeys = 20

// orderKey is one expression that rows are ordered by.
type orderKey struct {
	cond
	desc bool
	null bool // it may be missing: then the row comes last
}

func (k orderKey) way() string {
	way := k.sql + " ASC"
	if k.desc {
		way = k.sql + " DESC"
	}
	if k.null {
		way += " NULLS LAST"
	}
	return way
}

// backwards reports in which way the id ends an order: as the key before it
// goes, so that one index serves both ways.
func backwards(order []query.Order) bool { return len(order) > 0 && order[len(order)-1].Desc }

// order turns an order into expressions, but for the id, and the joins that
// these need. Missing values and empty texts come last either way.
func (c compiler) order(keys []query.Order) (out []orderKey, joins cond, err error) {
	if len(keys) > maxKeys {
		return nil, joins, query.ErrTooMany.Errorf("the order has %d keys, the limit is %d", len(keys), maxKeys)
	}
	for _, k := range keys {
		if k.Field == query.Score {
			if c.search == nil || c.source.words == nil {
				return nil, joins, query.ErrField.Errorf("%s orders a search, and there is none", query.Score).With("field", query.Score)
			}
			out = append(out, orderKey{cond: c.source.words.score(c.dialect, c.source, c.search), desc: true})
			continue
		}
		f, err := c.find(k.Field)
		if err != nil {
			return nil, joins, err
		}
		switch {
		case f.rows != nil && f.rows.single:
			name := fmt.Sprint("o", len(out))
			joins.sql, joins.args = joins.sql+" LEFT JOIN "+f.rows.as(name, c.source), append(joins.args, f.rows.args...)
			out = append(out, orderByText(f, k.Desc, func(value string) cond { return when(called(name, value)) })...)
		case f.rows != nil:
			out = append(out, c.source.orderByRows(c.dialect, f, k.Desc)...)
		case f.long:
			out = append(out, orderKey{cond: when(f.head()), desc: k.Desc}, orderKey{cond: when(f.value), desc: k.Desc})
		case f.kind == query.Text && !f.name && f.value != c.source.id():
			out = append(out, orderKey{cond: when("NULLIF(" + f.value + ", '')"), desc: k.Desc, null: true})
		default:
			out = append(out, orderKey{cond: when(f.value), desc: k.Desc, null: f.null})
		}
	}
	return out, joins, nil
}

// orderByRows orders by the least or greatest value of a list.
func (s source) orderByRows(d dialect, f field, desc bool) []orderKey {
	pick := "min"
	if desc {
		pick = "max"
	}
	of := func(value string) cond {
		return when("(SELECT "+pick+"("+value+") "+f.rows.of(d, s)+")", f.rows.args...)
	}
	if f.kind == query.Number {
		return []orderKey{{cond: of(f.value), desc: desc, null: true}}
	}
	return orderByText(f, desc, of)
}

// orderByText orders by texts that may be numbers: these by size, before all
// others, which go as people sort them.
func orderByText(f field, desc bool, of func(value string) cond) (out []orderKey) {
	key := func(format, value string, desc, null bool) {
		k := of(value)
		out = append(out, orderKey{cond: cond{fmt.Sprintf(format, k.sql), k.args}, desc: desc, null: null})
	}
	if f.number != "" && desc {
		key("CASE WHEN NULLIF(%s, '') IS NULL THEN 1 ELSE 0 END", f.value, false, false)
		key("CASE WHEN %s IS NULL THEN 0 ELSE 1 END", f.number, false, false)
	}
	if f.number != "" {
		key("%s", f.number, desc, true)
	}
	if f.natural != "" {
		key("NULLIF(%s, '')", f.natural, desc, true)
	}
	if f.long { // beyond what an index would hold, nobody looks
		f.value = f.head()
	}
	key("NULLIF(%s, '')", f.value, desc, true)
	return out
}

// place is where a row stands in a list.
type place struct {
	id   string
	row  int64 // the number of the row; 0 if it is not known
	keys []any
}

// scanPlace takes an id, so many keys if they are wanted, and the number of the row
// where numbered.
func scanPlace(keys int, wanted, numbered bool) func(scanner) (place, error) {
	return func(s scanner) (p place, err error) {
		into := []any{&p.id}
		if wanted {
			p.keys = make([]any, keys)
			for i := range p.keys {
				into = append(into, &p.keys[i])
			}
		}
		if numbered {
			into = append(into, &p.row)
		}
		err = s.Scan(into...)
		for i, k := range p.keys {
			if b, ok := k.([]byte); ok {
				p.keys[i] = string(b)
			}
		}
		return p, err
	}
}

// behind holds for the rows that come after a place: those that are equal in
// the first keys and greater in the next. The first of them alone is told once
// more, as a range that an index can answer.
func behind(keys []orderKey, id orderKey, at []any) (cond, error) {
	if len(at) == 0 {
		return always, nil
	}
	if len(at) != len(keys)+1 {
		return cond{}, query.ErrBookmark.Errorf("this is no place in a list of this order; begin without one")
	}
	last, ok := at[len(keys)].(string)
	if !ok {
		return cond{}, query.ErrBookmark.Errorf("this is no place in a list of this order; begin without one")
	}
	parts := id.after(last)
	for i := len(keys) - 1; i >= 0; i-- {
		k, v := keys[i], at[i]
		equal := k.equals(v)
		parts = []cond{join(" OR ", never, append(k.after(v), all(equal, join(" OR ", never, parts))))}
	}
	if len(keys) > 0 && at[0] != nil && !keys[0].null {
		parts = append(parts, keys[0].compare(orEqual(keys[0].desc), at[0]))
	}
	return all(parts...), nil
}

func orEqual(desc bool) string {
	if desc {
		return "<="
	}
	return ">="
}

func (k orderKey) compare(op string, v any) cond {
	return when(k.sql+" "+op+" "+typed(v), append(append([]any{}, k.args...), v)...)
}

// typed is the parameter of a value: engines that infer types need to be told
// of fractions.
func typed(v any) string {
	if _, ok := v.(float64); ok {
		return "CAST(? AS DOUBLE PRECISION)"
	}
	return "?"
}

func (k orderKey) equals(v any) cond {
	if v == nil {
		return when(k.sql+" IS NULL", k.args...)
	}
	return k.compare("=", v)
}

// after is what comes behind the value; nothing comes behind a missing one.
func (k orderKey) after(v any) []cond {
	if v == nil {
		return nil
	}
	op := ">"
	if k.desc {
		op = "<"
	}
	parts := []cond{k.compare(op, v)}
	if k.null {
		parts = append(parts, when(k.sql+" IS NULL", k.args...))
	}
	return parts
}
