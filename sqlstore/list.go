package sqlstore

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/coffer-ml/coffer/internal/query"
)

// driving is how many rows may be picked by a condition and then put in order.
// Beyond that it is quicker to walk the list in its order and to test each row,
// since about as many rows are read until a page is full.
const driving = 5_000

// maxKeys bounds the keys of an order: more say nothing to anybody.
const maxKeys = 20

// page returns the ids of the rows that a list request asks for, in its order.
// own are the conditions that the noun adds.
func (db *DB) page(ctx context.Context, src source, own []cond, r query.Request) ([]string, error) {
	n, err := tree(r.Filter)
	if err != nil {
		return nil, err
	}
	c := compiler{dialect: db.dialect, source: src}
	if err := db.decidePatterns(ctx, c, own, n); err != nil {
		return nil, err
	}
	if err := db.chooseDrivers(ctx, c, n, r.Order); err != nil {
		return nil, err
	}
	filter, err := c.compile(n)
	if err != nil {
		return nil, err
	}
	order, err := c.order(r.Order)
	if err != nil {
		return nil, err
	}
	id := src.id()
	if len(r.Order) == 0 && c.ranged(n) {
		id = db.dialect.unindexed(id)
	}
	order.sql += id + " ASC"
	where := all(append(own[:len(own):len(own)], filter)...)
	text := "SELECT " + src.id() + " FROM " + src.table + " WHERE " + where.sql + " ORDER BY " + order.sql
	args := append(append([]any{}, where.args...), order.args...)
	if r.Page.Limit > 0 || r.Page.Offset > 0 {
		limit := int64(r.Page.Limit)
		if limit <= 0 {
			limit = math.MaxInt64
		}
		text += " LIMIT ? OFFSET ?"
		args = append(args, limit, max(r.Page.Offset, 0))
	}
	ids, err := collect(ctx, db, scalar[string], text, args...)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", src.table, err)
	}
	return ids, nil
}

// ranged reports whether a range of time must hold. Such ranges tend to be
// short, and then are to pick the rows: walking the ids in their order would
// read them all.
func (c compiler) ranged(n *node) bool {
	return slices.ContainsFunc(n.conjuncts(), func(p *node) bool {
		l, ok := p.leaf.(query.Compare)
		f, err := c.find(l.Field)
		return ok && err == nil && f.kind == query.Time && !p.not
	})
}

// order is what stands after ORDER BY, up to the id. Missing values and empty
// texts come last either way.
func (c compiler) order(keys []query.Order) (cond, error) {
	var parts []string
	var args []any
	if len(keys) > maxKeys {
		return cond{}, query.ErrTooMany.Errorf("the order has %d keys, the limit is %d", len(keys), maxKeys)
	}
	for _, k := range keys {
		f, err := c.find(k.Field)
		if err != nil {
			return cond{}, err
		}
		way := " ASC"
		if k.Desc {
			way = " DESC"
		}
		switch {
		case f.rows != nil:
			texts, more := c.source.orderByRows(f, k.Desc)
			parts, args = append(parts, texts...), append(args, more...)
		case f.long:
			parts = append(parts, head(f.value)+way, f.value+way)
		case f.kind == query.Text && !f.null && !f.name && f.value != c.source.id():
			parts = append(parts, "NULLIF("+f.value+", '')"+way+" NULLS LAST")
		case f.null:
			parts = append(parts, f.value+way+" NULLS LAST")
		default:
			parts = append(parts, f.value+way)
		}
	}
	return cond{strings.Join(append(parts, ""), ", "), args}, nil
}

// orderByRows orders by the least or greatest value of a list, or by the one
// value of a parameter: numbers by size, before all other texts.
func (s source) orderByRows(f field, desc bool) (parts []string, args []any) {
	pick, way := "min", " ASC"
	if desc {
		pick, way = "max", " DESC"
	}
	part := func(format, value string) {
		parts = append(parts, fmt.Sprintf(format, "(SELECT "+pick+"("+value+") "+f.rows.of(s)+")"))
		args = append(args, f.rows.args...)
	}
	if f.number != "" && desc {
		part("NULLIF(%s, '') IS NULL", f.value)
		part("%s IS NOT NULL", f.number)
	}
	if f.number != "" {
		part("%s"+way+" NULLS LAST", f.number)
	}
	part("NULLIF(%s, '')"+way+" NULLS LAST", f.value)
	return parts, args
}

// chooseDrivers decides which of the conditions that must hold pick the rows of
// the list, and which only test them: an engine that knows nothing of how often
// a value occurs would guess.
func (db *DB) chooseDrivers(ctx context.Context, c compiler, n *node, order []query.Order) error {
	for _, p := range n.conjuncts() {
		in, ok := p.leaf.(query.In)
		if !ok || p.not {
			continue
		}
		f, err := c.find(in.Field)
		if err != nil {
			return err
		}
		switch {
		case f.rows != nil:
			few, err := db.few(ctx, c, f, in, f.rows.table+" v", cond{f.rows.where, f.rows.args})
			if err != nil {
				return err
			}
			p.drives = few
		case f.indexed != nil && !f.gives(in, order):
			few, err := db.few(ctx, c, f, in, c.source.table, always)
			if err != nil {
				return err
			}
			p.tests = !few
		}
	}
	return nil
}

// gives reports whether the index of the field has the wanted rows in the
// wanted order.
func (f field) gives(in query.In, order []query.Order) bool {
	return len(in.Values) == 1 && *f.indexed != "" && len(order) > 0 && order[0].Field == *f.indexed
}

// few reports whether no more rows than may drive a list meet a condition.
func (db *DB) few(ctx context.Context, c compiler, f field, in query.In, from string, where cond) (bool, error) {
	test, err := c.test(f, in)
	if err != nil {
		return false, err
	}
	both := all(where, test)
	n, err := one(ctx, db, nil, scalar[int], fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM %s WHERE %s LIMIT %d) few", from, both.sql, driving+1), both.args...)
	return n <= driving, err
}

// inOrder puts rows into the order of their ids.
func inOrder[T any](ids []string, rows []T, id func(T) string) []T {
	at := make(map[string]int, len(ids))
	for i, id := range ids {
		at[id] = i
	}
	slices.SortFunc(rows, func(a, b T) int { return at[id(a)] - at[id(b)] })
	return rows
}

// texts returns ids as plain texts.
func texts[T ~string](ids []T) []string { return convert[string](ids) }

// convert changes the type of ids.
func convert[To, From ~string](ids []From) []To {
	out := make([]To, len(ids))
	for i, id := range ids {
		out[i] = To(id)
	}
	return out
}
