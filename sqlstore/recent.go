package sqlstore

import (
	"context"
	"fmt"
	"math"
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

// rarest returns which of the conditions has its rows spread the widest over
// time: of those that an index has in the order of the list, given, and those
// with rows that have their day, dated. Nil if there is none of the latter.
func (db *DB) rarest(ctx context.Context, c compiler, given, dated []*node) (*node, error) {
	if len(dated) == 0 || len(given)+len(dated) == 1 {
		return first(dated), nil
	}
	var chosen *node
	least := int64(math.MaxInt64)
	for i, p := range append(given[:len(given):len(given)], dated...) {
		day, err := db.dayAt(ctx, c, p, i >= len(given))
		if err != nil {
			return nil, err
		}
		if day < least {
			chosen, least = p, day
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

// dayAt is the day of the row that stands at reach among those that meet a
// condition, the newest first; 0 if they are fewer.
func (db *DB) dayAt(ctx context.Context, c compiler, p *node, dated bool) (int64, error) {
	f, err := c.find(fieldOf(p.leaf))
	if err != nil {
		return 0, err
	}
	test, err := c.test(f, p.leaf)
	if err != nil {
		return 0, err
	}
	text := "SELECT last_update / ? FROM " + c.source.table + " WHERE " + test.sql + " ORDER BY last_update DESC LIMIT 1 OFFSET ?"
	args := append([]any{int64(dayLength)}, test.args...)
	if dated {
		met := all(cond{f.rows.where, f.rows.args}, test)
		text = "SELECT v.day FROM " + f.rows.table + " v WHERE " + met.sql + " ORDER BY v.day DESC LIMIT 1 OFFSET ?"
		args = met.args
	}
	days, err := collect(ctx, db, scalar[int64], text, append(args, reach)...)
	if err != nil || len(days) == 0 {
		return 0, err
	}
	return days[0], nil
}

// newest narrows a list, the newest first, by the one of its conditions whose
// rows have their day: to as many rows as the page needs, from the newest day
// on, and what else there is of the last of these days. Within a day nothing is
// known of their order, but all that is older comes behind them.
func (db *DB) newest(ctx context.Context, p prepared, r query.Request, behind cond) (cond, error) {
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
		return always, nil
	}
	f, err := c.find(fieldOf(driver.leaf))
	if err != nil {
		return always, err
	}
	test, err := c.test(f, driver.leaf)
	if err != nil {
		return always, err
	}
	filed, nodes, err := c.filed(p.root, f.rows.filed)
	if err != nil {
		return always, err
	}
	joins, joined, err := c.merged(p.root, f)
	if err != nil {
		return always, err
	}
	nodes = append(append(nodes, driver), joined...)
	give(true, nodes...)
	before, others, err := c.apart(p.root)
	give(false, nodes...)
	if err != nil {
		return always, err
	}
	rows := all(cond{f.rows.where, f.rows.args}, test, filed)
	picked := rows
	if at := r.Bookmark; at != nil && len(at.Keys) > 0 {
		if last, ok := at.Keys[0].(int64); ok {
			picked = all(rows, when("v.day <= ?", last/dayLength))
		}
	}
	met := all(append(p.own(), before, others, behind)...)
	order := "d.day DESC"
	if len(joined) > 0 {
		order += ", d.id DESC" // as the ranges that are merged
	}
	type dated struct {
		id  string
		day int64
	}
	found, err := collect(ctx, db, func(s scanner) (d dated, err error) { return d, s.Scan(&d.id, &d.day) },
		"SELECT d.id, d.day FROM (SELECT v."+f.rows.owner+" AS id, v.day AS day FROM "+f.rows.table+" v"+joins.sql+" WHERE "+picked.sql+") d CROSS JOIN "+c.source.table+
			" WHERE "+c.source.id()+" = d.id AND "+met.sql+" ORDER BY "+order+" LIMIT ?", append(slices.Concat(joins.args, picked.args, met.args), need)...)
	if err != nil {
		return always, err
	}
	ids := make([]string, len(found))
	for i, d := range found {
		ids[i] = d.id
	}
	if len(found) < need {
		return c.among(ids)
	}
	rows = all(rows, when("v.day = ?", found[need-1].day))
	if much, err := db.more(ctx, f.rows.table+" v", rows, db.driving); err != nil || much {
		return always, err // much happened on that day: walking in order finds them sooner
	}
	return when(c.source.id()+" IN (SELECT w.value FROM "+c.dialect.elements()+" UNION ALL SELECT v."+f.rows.owner+" FROM "+f.rows.table+" v WHERE "+rows.sql+")",
		append([]any{list(ids)}, rows.args...)...), nil
}

// merged joins the rows of a driver with those of other conditions that one
// value of a dated field meets, for engines that can merge the two: what has both
// is found by reading either range of the index once, where the rarer is not so
// rare that each of its rows had better be looked up.
func (c compiler) merged(n *node, driver field) (joins cond, nodes []*node, err error) {
	if !c.dialect.merges() {
		return joins, nil, nil
	}
	for _, p := range n.conjuncts() {
		in, ok := p.leaf.(query.In)
		if !ok || p.not || p.drives || p.dated || p.matched != nil || len(in.Values) != 1 {
			continue
		}
		f, err := c.find(in.Field)
		if err != nil {
			return joins, nil, err
		}
		if _, flagged := f.flagged(in); flagged || f.byDay == "" {
			continue
		}
		test, err := c.test(f, in)
		if err != nil {
			return joins, nil, err
		}
		name, met := fmt.Sprint("w", len(nodes)), all(cond{f.rows.where, f.rows.args}, test)
		joins.sql += " JOIN " + f.rows.table + " " + name + " ON " + name + ".day = v.day AND " + name + "." + f.rows.owner + " = v." + driver.rows.owner +
			" AND " + called(name, met.sql)
		joins.args, nodes = append(joins.args, met.args...), append(nodes, p)
	}
	return joins, nodes, nil
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
