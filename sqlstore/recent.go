package sqlstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/coffer-ml/coffer/internal/query"
)

const (
	// reach is how far down conditions are held against each other: the one
	// whose rows up to there begin the longest ago leaves the fewest. No more
	// rows are put in order at once where their days are known.
	reach = 500
	// dayLength is in the unit of stored times.
	dayLength = 24 * 60 * 60 * 1000
)

// newestFirst reports whether the order is the one that the days of dated rows
// follow.
func newestFirst(order []query.Order) bool {
	return len(order) > 0 && order[0].Field == "last_update" && order[0].Desc
}

// updated is the column of the last update.
func (s source) updated() string { return s.table + ".last_update" }

// rarest returns which of the conditions has its rows spread the widest over
// time: of those that an index has in the order of the list, given, and those
// with rows that have their day, dated, of which there is one at least.
func (db *DB) rarest(ctx context.Context, c compiler, given, dated []*node) (*node, error) {
	for _, p := range given {
		var err error
		if p.since, err = db.dayGiven(ctx, c, p, reach); err != nil {
			return nil, err
		}
	}
	return slices.MinFunc(slices.Concat(given, dated), func(a, b *node) int { return cmp.Compare(a.since, b.since) }), nil
}

// dayGiven is the day of the row that comes after so many of those that meet a
// condition on a column, the newest first; 0 if they are not more.
func (db *DB) dayGiven(ctx context.Context, c compiler, p *node, rows int) (int64, error) {
	f, err := c.find(fieldOf(p.leaf))
	if err != nil {
		return 0, err
	}
	met, err := c.test(f, p.leaf)
	if err != nil {
		return 0, err
	}
	day, _, err := db.dayAt(ctx, fmt.Sprintf("%s / %d", c.source.updated(), dayLength), c.source.updated(), c.source.table, met, rows)
	return day, err
}

// dayAt is the day of the row that comes after so many, the newest first; false if
// they are not more.
func (db *DB) dayAt(ctx context.Context, day, by, from string, met cond, rows int) (at int64, ok bool, err error) {
	days, err := collect(ctx, db, scalar[int64], "SELECT "+day+" FROM "+from+" WHERE "+met.sql+" ORDER BY "+by+" DESC LIMIT 1 OFFSET ?",
		append(met.args[:len(met.args):len(met.args)], rows)...)
	if err != nil || len(days) == 0 {
		return 0, false, err
	}
	return days[0], true, nil
}

// newest narrows a list, the newest first, by the one of its conditions whose
// rows have their day: to as many rows as the page needs, from the newest day
// on, and what else there is of the last of these days. Within a day nothing is
// known of their order, but all that is older comes behind them. It returns the
// conditions that are left; false if all are.
func (db *DB) newest(ctx context.Context, p prepared, r query.Request, behind cond) (met cond, ok bool, err error) {
	c := p.compiler
	var driver *node
	for _, n := range p.root.conjuncts() {
		if n.dated {
			driver = n
		}
	}
	need := r.Page.Limit
	if r.Bookmark == nil {
		need += max(r.Page.Offset, 0)
	}
	if driver == nil || r.Page.Limit <= 0 || need > db.driving {
		return always, false, nil
	}
	of, err := c.stretch(driver)
	if err != nil {
		return always, false, err
	}
	filed, nodes, err := c.filed(p.root, of.filed)
	if err != nil {
		return always, false, err
	}
	of.within = filed
	if at := r.Bookmark; at != nil && len(at.Keys) > 0 {
		if last, ok := at.Keys[0].(int64); ok {
			of.within = all(filed, when("v.day <= ?", last/dayLength))
		}
	}
	nodes = append(nodes, driver)
	found, err := db.newestOf(ctx, p, of, nodes, behind, need)
	if err != nil {
		return always, false, err
	}
	ids := make([]string, len(found))
	for i, d := range found {
		ids[i] = d.id
	}
	if len(found) < need {
		met, err = c.among(ids) // which met all others
		return met, err == nil, err
	}
	ofDay := all(of.met, filed, when("v.day = ?", found[need-1].day))
	if much, err := db.more(ctx, of.table+" v", ofDay, db.driving); err != nil || much {
		return always, false, err // much happened on that day: walking in order finds them sooner
	}
	either := when(c.source.id()+" IN (SELECT w.value FROM "+c.dialect.elements()+" UNION ALL SELECT v."+of.owner+" FROM "+of.table+" v WHERE "+ofDay.sql+")",
		append([]any{list(ids)}, ofDay.args...)...)
	met, err = p.but(nodes, either)
	return met, err == nil, err
}

// stretch is a part of the index of a dated field: rows v of a table, which one
// value meets.
type stretch struct {
	*rows
	met    cond
	within cond  // what of it is wanted
	since  int64 // see node
}

// stretch is that of a condition.
func (c compiler) stretch(p *node) (stretch, error) {
	f, err := c.find(fieldOf(p.leaf))
	if err != nil {
		return stretch{}, err
	}
	test, err := c.test(f, p.leaf)
	return stretch{f.rows, all(cond{f.rows.where, f.rows.args}, test), always, p.since}, err
}

// dayAt is the day of the row that comes after so many, the newest first; false if
// they are not more.
func (s stretch) dayAt(ctx context.Context, db *DB, rows int) (int64, bool, error) {
	return db.dayAt(ctx, "v.day", "v.day", s.table+" v", s.met, rows)
}

// wanted selects the days and ids of the rows that are.
func (s stretch) wanted() cond {
	met := all(s.met, s.within)
	return when("SELECT v.day AS day, v."+s.owner+" AS id FROM "+s.table+" v WHERE "+met.sql, met.args...)
}

// datedRow is a row of which the day of the last update is known.
type datedRow struct {
	id  string
	day int64
}

// newestOf lists the newest rows of a driver's stretch that meet all conditions of a
// list but for those of some nodes, which all of its rows meet. Others that have a
// stretch of their own need not be tested row by row: what is in both is found by
// reading either once, where the rarer is not so rare that each of its rows had
// better be looked up.
func (db *DB) newestOf(ctx context.Context, p prepared, of stretch, nodes []*node, behind cond, limit int) ([]datedRow, error) {
	beside, also, err := p.beside(p.root)
	if err != nil {
		return nil, err
	}
	from, order := of.wanted(), "d.day DESC"
	switch {
	case len(beside) == 0:
	case p.dialect.merges():
		from.sql = "SELECT d0.day, d0.id FROM (" + from.sql + ") d0"
		for i, s := range beside {
			w := s.wanted()
			from.sql += fmt.Sprintf(" JOIN (%[2]s) d%[1]d ON d%[1]d.day = d0.day AND d%[1]d.id = d0.id", i+1, w.sql)
			from.args = slices.Concat(from.args, w.args)
		}
		nodes, order = append(nodes, also...), order+", d.id DESC" // as stretches are merged
	default:
		given := append(nodes, also...)
		met, err := p.around(given, behind)
		if err != nil {
			return nil, err
		}
		more := limit
		if len(given) == len(p.root.conjuncts()) {
			more = limit / spare
		}
		found, enough, err := db.newestOfAll(ctx, p.source, of, beside, met, limit, limit+more)
		if enough || err != nil {
			return found, err
		}
	}
	met, err := p.around(nodes, behind)
	if err != nil {
		return nil, err
	}
	return collect(ctx, db, func(s scanner) (d datedRow, err error) { return d, s.Scan(&d.id, &d.day) },
		"SELECT d.id, d.day FROM ("+from.sql+") d CROSS JOIN "+p.source.table+" WHERE "+p.source.id()+" = d.id AND "+met.sql+" ORDER BY "+order+" LIMIT ?",
		slices.Concat(from.args, met.args, []any{limit})...)
}

// around are the conditions of a list but for some, for rows d.
func (p prepared) around(given []*node, behind cond) (cond, error) {
	give(true, given...)
	defer give(false, given...)
	before, others, err := p.apart(p.root)
	return all(append(p.own(), before, others, behind)...), err
}

// beside are the stretches of conditions that one value of a dated field meets,
// and these conditions.
func (c compiler) beside(n *node) (out []stretch, nodes []*node, err error) {
	for _, p := range n.conjuncts() {
		in, ok := p.leaf.(query.In)
		if !ok || p.not || p.drives || p.dated || p.matched != nil || len(in.Values) != 1 {
			continue
		}
		f, err := c.find(in.Field)
		if err != nil {
			return nil, nil, err
		}
		if _, flagged := f.flagged(in); flagged || f.byDay == "" {
			continue
		}
		s, err := c.stretch(p)
		if err != nil {
			return nil, nil, err
		}
		out, nodes = append(out, s), append(nodes, p)
	}
	return out, nodes, nil
}

const (
	// likeness is how many times as many rows one stretch may have as another that
	// is read along with it.
	likeness = 4
	// spare divides a page: so many rows more than it needs are taken of what is in
	// all stretches, for those that are hidden. With further conditions, which may
	// leave out any, it is as many again.
	spare = 5
)

// newestOfAll lists the newest rows that are in several stretches. The engine reads
// one along with the other as long as it has nothing else to do, so that more are
// taken than the page needs, most; it says whether these were enough. They are not
// where one of the stretches has far more rows than the driver's, the shortest:
// where the newest of its rows do not go back nearly as far.
func (db *DB) newestOfAll(ctx context.Context, src source, of stretch, beside []stretch, met cond, limit, most int) (found []datedRow, enough bool, err error) {
	now, _, err := of.dayAt(ctx, db, 0)
	if err != nil || slices.ContainsFunc(beside, func(s stretch) bool { return now-of.since > likeness*(now-s.since+1) }) {
		return nil, false, err
	}
	from := of.wanted()
	for _, s := range beside {
		w := s.wanted()
		from.sql, from.args = from.sql+" INTERSECT "+w.sql, slices.Concat(from.args, w.args)
	}
	type row struct {
		datedRow
		fits bool
	}
	rows, err := collect(ctx, db, func(s scanner) (r row, err error) { return r, s.Scan(&r.id, &r.day, &r.fits) },
		"SELECT d.id, d.day, CASE WHEN "+met.sql+" THEN 1 ELSE 0 END FROM ("+from.sql+" ORDER BY 1 DESC, 2 DESC LIMIT ?) d CROSS JOIN "+
			src.table+" WHERE "+src.id()+" = d.id ORDER BY d.day DESC, d.id DESC", slices.Concat(met.args, from.args, []any{most})...)
	for _, r := range rows {
		if r.fits && len(found) < limit {
			found = append(found, r.datedRow)
		}
	}
	return found, len(found) == limit || len(rows) < most, err
}

// apart compiles conditions that must hold: those on subordinate rows, which
// need no more than an id and are put to that of the table d, and the others.
func (c compiler) apart(n *node) (before, others cond, err error) {
	early := c
	early.source.ref, early.source.day = "d.id", "d.day"
	var parts, rest []cond
	for _, p := range n.conjuncts() {
		by, into := c, &rest
		if p.leaf != nil && !p.drives && !p.union && p.matched == nil {
			f, err := c.find(fieldOf(p.leaf))
			if err != nil {
				return before, others, err
			}
			if f.rows != nil && f.rows.object == "" {
				by, into = early, &parts
			}
		}
		met, err := by.compile(p)
		if err != nil {
			return before, others, err
		}
		*into = append(*into, met)
	}
	return all(parts...), all(rest...), nil
}
