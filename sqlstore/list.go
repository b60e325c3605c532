package sqlstore

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/coffer-ml/coffer/internal/query"
)

// prepared is a list request made ready for the engine.
type prepared struct {
	compiler
	root  *node
	where []cond // the last is that of the filter
}

// own are the conditions but for that of the filter.
func (p prepared) own() []cond {
	n := len(p.where) - 1
	return p.where[:n:n]
}

// but are all conditions of a list but for those of some nodes, and more.
func (p prepared) but(nodes []*node, more ...cond) (cond, error) {
	give(true, nodes...)
	defer give(false, nodes...)
	met, err := p.compile(p.root)
	return all(append(append(p.own(), met), more...)...), err
}

// prepare turns filter, search and the conditions that the noun adds, own,
// into SQL.
func (db *DB) prepare(ctx context.Context, src source, own []cond, r query.Request) (prepared, error) {
	n, err := tree(r.Filter)
	if err != nil {
		return prepared{}, err
	}
	c := compiler{dialect: db.dialect, source: src, search: r.Search}
	own = own[:len(own):len(own)]
	if r.Search != nil {
		if src.words == nil {
			return prepared{}, query.ErrValue.Errorf("there is no word search in the table %s", src.table)
		}
		found, err := src.words.condition(ctx, db, src, r.Search)
		if err != nil {
			return prepared{}, err
		}
		own = append(own, found)
	}
	for _, prepare := range []func() error{
		func() error { return db.indexPatterns(ctx, c, n) },
		func() error { return db.decidePatterns(ctx, c, own, n) },
		func() error { return db.chooseDrivers(ctx, c, n, r.Order) },
	} {
		if err := prepare(); err != nil {
			return prepared{}, err
		}
	}
	filter, err := c.compile(n)
	return prepared{c, n, append(own, filter)}, err
}

// total is how many rows a list request finds, whatever its page; it stops
// counting at limit unless that is 0.
func (db *DB) total(ctx context.Context, src source, own []cond, r query.Request, limit int) (int, error) {
	r.Order = nil
	p, err := db.prepare(ctx, src, own, r)
	if err != nil {
		return 0, err
	}
	where := all(p.where...)
	if limit <= 0 {
		return one(ctx, db, nil, scalar[int], "SELECT count(*) FROM "+src.table+" WHERE "+where.sql, where.args...)
	}
	return one(ctx, db, nil, scalar[int],
		"SELECT count(*) FROM (SELECT 1 FROM "+src.table+" WHERE "+where.sql+" LIMIT ?) few", append(where.args, limit)...)
}

// page returns the ids of the rows that a list request asks for, in its order,
// and maybe ids of which there is no row, if it asks for ids. own are the
// conditions that the noun adds.
func (db *DB) page(ctx context.Context, src source, own []cond, r query.Request) ([]string, error) {
	ids, _, err := db.numberedPage(ctx, src, own, r)
	return ids, err
}

// numberedPage is page with the numbers of the rows, each 0 if it is not known.
func (db *DB) numberedPage(ctx context.Context, src source, own []cond, r query.Request) (ids []string, rows []int64, err error) {
	if ids, ok := byIDs(own, r); ok {
		return ids, nil, nil
	}
	places, err := db.places(ctx, src, own, r)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range places {
		rows = append(rows, p.row)
	}
	return turned(r.Bookmark, places), rows, nil
}

// byIDs are the ids of a request that asks for rows by their ids and for nothing
// else, as those do that follow references: there is nothing to look up.
func byIDs(own []cond, r query.Request) ([]string, bool) {
	in, ok := r.Filter.(query.In)
	if !ok || in.Field != "id" || len(own) > 0 || r.Search != nil || r.Bookmark != nil || r.Page != (query.Page{}) {
		return nil, false
	}
	if len(r.Order) > 0 && r.Order[0] != (query.Order{Field: "id"}) {
		return nil, false
	}
	return slices.Compact(slices.Sorted(slices.Values(in.Values))), true
}

// places is page with what the rows are ordered by, if there is a bookmark.
func (db *DB) places(ctx context.Context, src source, own []cond, r query.Request) ([]place, error) {
	p, err := db.prepare(ctx, src, own, r)
	if err != nil {
		return nil, err
	}
	if rows, ok, err := db.byValue(ctx, src, own, p, r); ok || err != nil {
		return rows, err
	}
	c := p.compiler
	keys, joins, err := c.order(r.Order)
	if err != nil {
		return nil, err
	}
	id := orderKey{cond: when(src.id()), desc: backwards(r.Order)}
	if p.root.spans { // else PostgreSQL may walk the order, as if what is picked lay at its beginning
		keys[0].sql = db.dialect.unwalked(keys[0].sql)
	}
	if len(r.Order) == 0 && c.ranged(p.root) {
		id.sql = db.dialect.unindexed(id.sql)
	}
	columns := src.id()
	var args []any
	rest := always
	if r.Bookmark != nil {
		if rest, err = behind(keys, id, r.Bookmark.Keys); err != nil {
			return nil, err
		}
		r.Page.Offset = 0
		for _, k := range keys {
			columns, args = columns+", "+k.sql, append(args, k.args...)
		}
	}
	number := src.number(db.dialect)
	columns += number
	met := all(p.where...)
	if narrowed, ok, err := db.newest(ctx, p, r, rest); err != nil {
		return nil, err
	} else if ok {
		met = narrowed
	}
	if rows, ok, err := db.ranked(ctx, p, met, r); ok || err != nil {
		return rows, err
	}
	if rows, ok, err := db.newestOfDays(ctx, p, rest, r); ok || err != nil {
		return rows, err
	}
	list := func(where cond) ([]place, error) {
		text := "SELECT " + columns + " FROM " + src.table + joins.sql + " WHERE " + where.sql + " ORDER BY "
		args := slices.Concat(args, joins.args, where.args)
		for _, k := range keys {
			text, args = text+k.way()+", ", append(args, k.args...)
		}
		if n := len(keys); n == 0 || keys[n-1].sql != src.id() {
			text += id.way()
		} else {
			text = strings.TrimSuffix(text, ", ")
		}
		if r.Page.Limit > 0 || r.Page.Offset > 0 {
			limit := int64(r.Page.Limit)
			if limit <= 0 {
				limit = math.MaxInt64
			}
			text += " LIMIT ? OFFSET ?"
			args = append(args, limit, max(r.Page.Offset, 0))
		}
		rows, err := collect(ctx, db, scanPlace(len(keys), r.Bookmark != nil, number != ""), text, args...)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", src.table, err)
		}
		return rows, nil
	}
	near, ok, err := db.alongNames(ctx, p, keys, r)
	if err != nil {
		return nil, err
	}
	if ok {
		if rows, err := list(all(near, rest)); err != nil || len(rows) == r.Page.Limit {
			return rows, err
		}
	}
	return list(all(met, rest))
}

// number is what a list selects besides to tell the number of a row; "" if it does
// not.
func (s source) number(d dialect) string {
	if column := d.rowNumber(); s.rowed && column != "" {
		return ", " + s.table + "." + column
	}
	return ""
}

// turned returns the ids of a page and moves a bookmark to its end.
func turned(b *query.Bookmark, rows []place) []string {
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.id
	}
	if n := len(rows); b != nil && n > 0 {
		b.Keys, b.Seen = append(rows[n-1].keys, rows[n-1].id), b.Seen+n
	}
	return ids
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
