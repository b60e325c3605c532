package sqlstore

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

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

// rarest returns which of the conditions has its rows spread the widest over
// time: of those that an index has in the order of the list, given, and those
// with rows that have their day, dated. Nil if there is none of the latter.
func (db *DB) rarest(ctx context.Context, c compiler, given, dated []*node) (*node, error) {
	if len(dated) == 0 || len(given)+len(dated) == 1 {
		return first(dated), nil
	}
	var chosen *node
	least := int64(math.MaxInt64)
	for _, p := range given {
		var err error
		if p.since, _, err = db.dayAt(ctx, c, p, false, reach); err != nil {
			return nil, err
		}
	}
	for _, p := range append(given[:len(given):len(given)], dated...) {
		if p.since < least {
			chosen, least = p, p.since
		}
	}
	return chosen, nil
}

func first(nodes []*node) *node {
	if len(nodes) == 0 {
		return nil
	}
	return nodes[0]
}

// dayAt is the day of the row that comes after so many of those that meet a
// condition, the newest first; false if they are not more.
func (db *DB) dayAt(ctx context.Context, c compiler, p *node, dated bool, rows int) (day int64, ok bool, err error) {
	f, err := c.find(fieldOf(p.leaf))
	if err != nil {
		return 0, false, err
	}
	test, err := c.test(f, p.leaf)
	if err != nil {
		return 0, false, err
	}
	text := "SELECT last_update / ? FROM " + c.source.table + " WHERE " + test.sql + " ORDER BY last_update DESC LIMIT 1 OFFSET ?"
	args := append([]any{int64(dayLength)}, test.args...)
	if dated {
		met := all(cond{f.rows.where, f.rows.args}, test)
		text = "SELECT v.day FROM " + f.rows.table + " v WHERE " + met.sql + " ORDER BY v.day DESC LIMIT 1 OFFSET ?"
		args = met.args
	}
	days, err := collect(ctx, db, scalar[int64], text, append(args, rows)...)
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
	f, err := c.find(fieldOf(driver.leaf))
	if err != nil {
		return always, false, err
	}
	test, err := c.test(f, driver.leaf)
	if err != nil {
		return always, false, err
	}
	filed, nodes, err := c.filed(p.root, f.rows.filed)
	if err != nil {
		return always, false, err
	}
	rows := all(cond{f.rows.where, f.rows.args}, test, filed)
	picked := rows
	if at := r.Bookmark; at != nil && len(at.Keys) > 0 {
		if last, ok := at.Keys[0].(int64); ok {
			picked = all(rows, when("v.day <= ?", last/dayLength))
		}
	}
	nodes = append(nodes, driver)
	found, err := db.newestOf(ctx, p, driver, stretch{f.rows.table, f.rows.owner, picked}, nodes, behind, need)
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
	rows = all(rows, when("v.day = ?", found[need-1].day))
	if much, err := db.more(ctx, f.rows.table+" v", rows, db.driving); err != nil || much {
		return always, false, err // much happened on that day: walking in order finds them sooner
	}
	give(true, nodes...)
	defer give(false, nodes...)
	rest, err := c.compile(p.root)
	if err != nil {
		return always, false, err
	}
	either := when(c.source.id()+" IN (SELECT w.value FROM "+c.dialect.elements()+" UNION ALL SELECT v."+f.rows.owner+" FROM "+f.rows.table+" v WHERE "+rows.sql+")",
		append([]any{list(ids)}, rows.args...)...)
	return all(append(p.own(), rest, either)...), true, nil
}

// stretch is a part of the index of a dated field: rows v of a table, which one
// value meets.
type stretch struct {
	table, owner string
	met          cond
}

func (s stretch) rows() string {
	return "SELECT v.day AS day, v." + s.owner + " AS id FROM " + s.table + " v WHERE " + s.met.sql
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
func (db *DB) newestOf(ctx context.Context, p prepared, driver *node, of stretch, nodes []*node, behind cond, limit int) ([]datedRow, error) {
	beside, also, err := p.beside(p.root)
	if err != nil {
		return nil, err
	}
	from, args, order := of.rows(), of.met.args, "d.day DESC"
	switch {
	case len(beside) == 0:
	case p.dialect.merges():
		from = "SELECT d0.day, d0.id FROM (" + from + ") d0"
		for i, s := range beside {
			from += fmt.Sprintf(" JOIN (%[2]s) d%[1]d ON d%[1]d.day = d0.day AND d%[1]d.id = d0.id", i+1, s.rows())
			args = slices.Concat(args, s.met.args)
		}
		nodes, order = append(nodes, also...), order+", d.id DESC" // as stretches are merged
	default:
		met, err := p.around(append(nodes, also...), behind)
		if err != nil {
			return nil, err
		}
		found, enough, err := db.newestOfAll(ctx, p.compiler, driver, also, append(beside, of), met, limit)
		if enough || err != nil {
			return found, err
		}
	}
	met, err := p.around(nodes, behind)
	if err != nil {
		return nil, err
	}
	return collect(ctx, db, func(s scanner) (d datedRow, err error) { return d, s.Scan(&d.id, &d.day) },
		"SELECT d.id, d.day FROM ("+from+") d CROSS JOIN "+p.source.table+" WHERE "+p.source.id()+" = d.id AND "+met.sql+" ORDER BY "+order+" LIMIT ?",
		slices.Concat(args, met.args, []any{limit})...)
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
		test, err := c.test(f, in)
		if err != nil {
			return nil, nil, err
		}
		out, nodes = append(out, stretch{f.rows.table, f.rows.owner, all(cond{f.rows.where, f.rows.args}, test)}), append(nodes, p)
	}
	return out, nodes, nil
}

const (
	// likeness is how many times as many rows one stretch may have as another that
	// is read along with it.
	likeness = 4
	// spare is how many times as many rows as a page needs are taken of what is in
	// all stretches, since further conditions may leave some out.
	spare = 2
)

// newestOfAll lists the newest rows that are in several stretches. The engine reads
// one along with the other as long as it has nothing else to do, so that some more
// are taken than the page needs; it says whether these were enough. They are not
// where one of the stretches has far more rows than the driver's, the shortest:
// where the newest of its rows do not go back nearly as far.
func (db *DB) newestOfAll(ctx context.Context, c compiler, driver *node, also []*node, of []stretch, met cond, limit int) (found []datedRow, enough bool, err error) {
	now, _, err := db.dayAt(ctx, c, driver, true, 0)
	if err != nil || slices.ContainsFunc(also, func(p *node) bool { return now-driver.since > likeness*(now-p.since+1) }) {
		return nil, false, err
	}
	texts, args, most := make([]string, len(of)), []any(nil), spare*limit
	for i, s := range of {
		texts[i], args = s.rows(), append(args, s.met.args...)
	}
	type row struct {
		datedRow
		fits bool
	}
	rows, err := collect(ctx, db, func(s scanner) (r row, err error) { return r, s.Scan(&r.id, &r.day, &r.fits) },
		"SELECT d.id, d.day, CASE WHEN "+met.sql+" THEN 1 ELSE 0 END FROM ("+strings.Join(texts, " INTERSECT ")+" ORDER BY 1 DESC, 2 DESC LIMIT ?) d CROSS JOIN "+
			c.source.table+" WHERE "+c.source.id()+" = d.id ORDER BY d.day DESC, d.id DESC", slices.Concat(met.args, args, []any{most})...)
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
