package sqlstore

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/coffer-ml/coffer/internal/query"
)

// defaultDriving is how many rows may be picked by a condition and then put in order.
// Beyond that it is quicker to walk the list in its order and to test each row,
// since about as many rows are read until a page is full.
const defaultDriving = 5_000

// ranging is how many rows a range of time may hold to be read whole: most of
// them are tested by what stands in its index. Walking a list in its order would
// first pass all that is newer.
const ranging = 50_000

// prepared is a list request made ready for the engine.
type prepared struct {
	compiler
	root  *node
	where []cond // the last is that of the filter
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

// page returns the ids of the rows that a list request asks for, in its order.
// own are the conditions that the noun adds.
func (db *DB) page(ctx context.Context, src source, own []cond, r query.Request) ([]string, error) {
	rows, err := db.places(ctx, src, own, r)
	if err != nil {
		return nil, err
	}
	return turned(r.Bookmark, rows), nil
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
	keys, err := c.order(r.Order)
	if err != nil {
		return nil, err
	}
	id := orderKey{cond: when(src.id()), desc: backwards(r.Order)}
	if p.root.spans { // else PostgreSQL may walk the order, as if the range lay at its beginning
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
	narrowed, err := db.newest(ctx, p, r, rest)
	if err != nil {
		return nil, err
	}
	met := all(append(p.where, narrowed)...)
	if rows, ok, err := db.ranked(ctx, p, met, r); ok || err != nil {
		return rows, err
	}
	list := func(where cond) ([]place, error) {
		text, args := "SELECT "+columns+" FROM "+src.table+" WHERE "+where.sql+" ORDER BY ", append(args[:len(args):len(args)], where.args...)
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
		rows, err := collect(ctx, db, scanPlace(len(keys), r.Bookmark != nil), text, args...)
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
		if rows, err := list(all(near, narrowed, rest)); err != nil || len(rows) == r.Page.Limit {
			return rows, err
		}
	}
	return list(all(met, rest))
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

// ranges are the ranges of time that must hold and an index answers, by field,
// but for that by which the list is ordered: its index has them in the wanted
// order.
func (c compiler) ranges(n *node, order []query.Order) (map[string]cond, error) {
	ranges := make(map[string]cond)
	for _, p := range n.conjuncts() {
		l, ok := p.leaf.(query.Compare)
		if !ok || p.not || len(order) > 0 && order[0].Field == l.Field {
			continue
		}
		f, err := c.find(l.Field)
		if err != nil {
			return nil, err
		}
		if !f.spanned {
			continue
		}
		met, err := c.test(f, l)
		if err != nil {
			return nil, err
		}
		if before, ok := ranges[l.Field]; ok {
			met = all(before, met)
		}
		ranges[l.Field] = met
	}
	return ranges, nil
}

// chooseDrivers decides which of the conditions that must hold pick the rows of
// the list, and which only test them: an engine that knows nothing of how often
// a value occurs would guess.
func (db *DB) chooseDrivers(ctx context.Context, c compiler, n *node, order []query.Order) error {
	var given []*node // an index has their rows in the wanted order
	var dated []*node // an index has their rows by day
	picked := false
	for _, p := range n.conjuncts() {
		if p.leaf == nil || p.not {
			continue
		}
		f, err := c.find(fieldOf(p.leaf))
		if err != nil {
			return err
		}
		if l, ok := p.leaf.(query.Compare); ok && f.spanned && (len(order) == 0 || order[0].Field != l.Field) {
			continue // of the ranges
		}
		if _, ok := p.leaf.(query.Compare); ok && f.ranks != nil && f.rows != nil {
			few, err := db.few(ctx, c, f, p.leaf, f.rows.table+" v", cond{f.rows.where, f.rows.args}, db.driving)
			if err != nil {
				return err
			}
			p.drives, picked = few, picked || few
			continue
		}
		if m, ok := p.leaf.(query.Match); ok && f.startsSo(m.Pattern) && p.matched == nil {
			if len(order) > 0 && order[0].Field == m.Field {
				continue // the index has them in the wanted order
			}
			few, err := db.few(ctx, c, f, m, c.source.table, always, db.driving)
			if err != nil {
				return err
			}
			p.tests, picked = !few && m.Pattern.Form == query.Prefix, picked || few
			continue
		}
		in, ok := p.leaf.(query.In)
		if !ok {
			continue
		}
		_, flagged := f.flagged(in)
		switch {
		case flagged:
		case f.rows != nil && f.rows.object == "":
			most := db.driving
			byDay := f.byDay != "" && len(in.Values) == 1 && newestFirst(order)
			if byDay {
				most = min(most, reach)
			}
			few, err := db.few(ctx, c, f, in, f.rows.table+" v", cond{f.rows.where, f.rows.args}, most)
			if err != nil {
				return err
			}
			p.drives, picked = few, picked || few
			if !few && byDay {
				dated = append(dated, p)
			}
		case f.indexed != nil && f.gives(in, order):
			given = append(given, p)
		case f.indexed != nil:
			few, err := db.fewAtHome(ctx, c, f, in)
			if err != nil {
				return err
			}
			p.tests, p.few, picked = !few, few, picked || few
		}
	}
	if !picked && len(dated) > 0 {
		chosen, err := db.rarest(ctx, c, given, dated)
		if err != nil {
			return err
		}
		if chosen.dated = slices.Contains(dated, chosen); chosen.dated {
			for _, p := range given {
				p.tests = true
			}
			return nil
		}
	}
	if !picked && len(given) > 0 {
		ranges, err := c.ranges(n, order)
		if err != nil {
			return err
		}
		for _, met := range ranges {
			long, err := db.more(ctx, c.source.table, met, ranging)
			if err != nil {
				return err
			}
			if !long {
				for _, p := range given {
					p.tests = true
				}
				n.spans = true
				return nil
			}
		}
	}
	if !picked && len(given) < 2 {
		return nil
	}
	// Where another condition leaves few rows, the order of an index is worth
	// less than that.
	var common []*node
	for _, p := range given {
		in, _ := p.leaf.(query.In)
		f, err := c.find(in.Field)
		if err != nil {
			return err
		}
		few, err := db.fewAtHome(ctx, c, f, in)
		if err != nil {
			return err
		}
		if picked = picked || few; !few {
			common = append(common, p)
		}
	}
	for _, p := range common {
		p.tests = picked
	}
	return nil
}

// startsSo reports whether a pattern tells how a text begins, or all of it, of
// which an index has all.
func (f field) startsSo(r query.Regexp) bool {
	return f.name && f.indexed != nil && (r.Form == query.Prefix || r.Form == query.Exact) && !r.Fold
}

// gives reports whether the index of the field has the wanted rows in the
// wanted order.
func (f field) gives(in query.In, order []query.Order) bool {
	return len(in.Values) == 1 && *f.indexed != "" && len(order) > 0 && order[0].Field == *f.indexed
}

// fewAtHome is few for a column of the source.
func (db *DB) fewAtHome(ctx context.Context, c compiler, f field, in query.In) (bool, error) {
	from, kept := c.source.table, always
	if f.home != "" {
		from = f.home
	}
	if f.kept != "" {
		kept = when(f.kept)
	}
	return db.few(ctx, c, f, in, from, kept, db.driving)
}

// few reports whether at most so many rows meet a condition.
func (db *DB) few(ctx context.Context, c compiler, f field, leaf query.Filter, from string, where cond, most int) (bool, error) {
	test, err := c.test(f, leaf)
	if err != nil {
		return false, err
	}
	more, err := db.more(ctx, from, all(where, test), most)
	return !more, err
}

// more reports whether more rows than that meet a condition. To pass over them
// takes a third of what counting them does.
func (db *DB) more(ctx context.Context, from string, where cond, than int) (bool, error) {
	found, err := collect(ctx, db, scalar[int],
		fmt.Sprintf("SELECT 1 FROM %s WHERE %s LIMIT 1 OFFSET %d", from, where.sql, than), where.args...)
	return len(found) > 0, err
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

// convert changes the type of ids.
func convert[To, From ~string](ids []From) []To {
	out := make([]To, len(ids))
	for i, id := range ids {
		out[i] = To(id)
	}
	return out
}
