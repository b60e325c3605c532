package sqlstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/coffer-ml/coffer/internal/query"
)

const (
	// maxDays is how many days a range of time may have to be read day by day: each
	// is one place in an index.
	maxDays = 1000
	// dayGrowth is how many times as many rows are read after days that did not fill
	// the page.
	dayGrowth = 4
)

// days are those of a range of time that the rows of a list lie in. An index has
// the rows of each in the order of their last update.
type days struct {
	timeRange
	met         cond // the range put to its column
	first, last int64
}

// day is the expression of the day of a time, as indexes have it.
func (d days) day() string { return fmt.Sprintf("%s / %d", d.field.value, dayLength) }

// byDays lets the days of a range of time pick the rows of a list, the newest
// first.
func (d *drivers) byDays(ctx context.Context, n *node) (bool, error) {
	picks := func(p *node) bool { return p.matched != nil || p.union }
	if d.picked || d.search != nil || len(d.order) != 1 || !newestFirst(d.order) || slices.ContainsFunc(n.conjuncts(), picks) {
		return false, nil
	}
	ranges, err := d.ranges(n, d.order)
	if err != nil {
		return false, err
	}
	for _, r := range ranges {
		if r.field.daily == "" {
			return false, nil
		}
		met, err := d.put(r, r.field.value)
		if err != nil {
			return false, err
		}
		span := days{timeRange: r, met: met}
		if err := d.db.bounds(ctx, d.compiler, &span); err != nil {
			return false, err
		}
		if n.days == nil || span.last-span.first < n.days.last-n.days.first {
			n.days = &span
		}
	}
	if n.days == nil || n.days.last-n.days.first >= maxDays {
		n.days = nil
		return false, nil
	}
	for _, p := range d.given {
		few, err := d.db.fewAtHome(ctx, d.compiler, p, d.db.driving/5) // each is tested by its row
		if err != nil {
			return false, err
		}
		d.picked = d.picked || few
	}
	if d.picked {
		n.days = nil
		return false, nil
	}
	test(d.given)
	n.spans = true
	return true, nil
}

// bounds finds the first and the last day of a range that have rows; if none has,
// the last comes before the first.
func (db *DB) bounds(ctx context.Context, c compiler, span *days) error {
	end := func(pick string) string {
		return "coalesce((SELECT " + pick + "(" + span.field.value + ") FROM " + c.source.table + " WHERE " + span.met.sql + "), ?)"
	}
	_, err := collect(ctx, db, func(s scanner) (none struct{}, err error) {
		return none, s.Scan(&span.first, &span.last)
	}, "SELECT "+end("min")+", "+end("max"), slices.Concat(span.met.args, []any{int64(dayLength)}, span.met.args, []any{int64(0)})...)
	span.first, span.last = span.first/dayLength, span.last/dayLength
	return err
}

// newestOfDays lists rows, the newest first, of the days that a range of time has,
// if it is one. It reads days from the end of the range on until the page is full,
// and of all earlier days only what was updated later than the last of that.
func (db *DB) newestOfDays(ctx context.Context, p prepared, behind cond, r query.Request) (found []place, ok bool, err error) {
	span, offset := p.root.days, max(r.Page.Offset, 0)
	need := offset + r.Page.Limit
	if span == nil || r.Page.Limit <= 0 || need > db.driving {
		return nil, false, nil
	}
	tested, err := p.put(span.timeRange, p.dialect.unwalked(span.field.value)) // the days pick the rows
	if err != nil {
		return nil, false, err
	}
	met, err := p.but(span.nodes, tested, behind)
	if err != nil {
		return nil, false, err
	}
	last := span.last
	for rows := 0; last >= span.first && len(found) < need; rows = max(db.driving/2, rows*dayGrowth) {
		first, err := db.daysBefore(ctx, p.source, *span, last, rows)
		if err != nil {
			return nil, false, err
		}
		more, err := db.newestFrom(ctx, p, met, first, last, need)
		if err != nil {
			return nil, false, err
		}
		found, last = merged(found, more, need), first-1
	}
	if last >= span.first {
		met = all(met, when(p.source.updated()+" >= ?", found[need-1].keys[0]))
		more, err := db.newestFrom(ctx, p, met, span.first, last, need)
		if err != nil {
			return nil, false, err
		}
		found = merged(found, more, need)
	}
	return found[min(offset, len(found)):], true, nil
}

// newestFrom lists the rows of some days, the newest first.
func (db *DB) newestFrom(ctx context.Context, p prepared, met cond, first, last int64, limit int) ([]place, error) {
	span, id, updated := p.root.days, p.source.id(), p.source.updated()
	of, by := p.dialect.inInts(span.day()), p.dialect.unwalked(updated)
	var which any = list(between(first, last))
	if first == last { // the index has them in this order
		of, by, which = span.day()+" = ?", updated, first
	}
	number := p.source.number(p.dialect)
	return collect(ctx, db, scanPlace(1, true, number != ""), "SELECT "+id+", "+updated+number+" FROM "+p.source.table+p.dialect.by(span.field.daily)+" WHERE "+of+" AND "+met.sql+
		" ORDER BY "+by+" DESC, "+id+" DESC LIMIT ?", slices.Concat([]any{which}, met.args, []any{limit})...)
}

// merged are the newest of two lists.
func merged(a, b []place, limit int) []place {
	a = append(a, b...)
	slices.SortFunc(a, func(a, b place) int {
		return cmp.Or(cmp.Compare(b.keys[0].(int64), a.keys[0].(int64)), strings.Compare(b.id, a.id))
	})
	return a[:min(len(a), limit)]
}

// daysBefore is the first of the days up to the last that together have no more
// rows than that; the last if it alone has.
func (db *DB) daysBefore(ctx context.Context, src source, span days, last int64, rows int) (int64, error) {
	if rows == 0 {
		return last, nil
	}
	key := orderKey{cond: when(span.field.value), desc: true, null: span.field.null}
	crowded, err := collect(ctx, db, scalar[int64],
		"SELECT "+span.field.value+" FROM "+src.table+" WHERE "+span.met.sql+" AND "+span.field.value+" < ? ORDER BY "+key.way()+" LIMIT 1 OFFSET ?",
		append(span.met.args[:len(span.met.args):len(span.met.args)], (last+1)*dayLength, rows)...)
	if err != nil || len(crowded) == 0 {
		return span.first, err
	}
	return min(crowded[0]/dayLength+1, last), nil
}

// between are the numbers from the first to the last.
func between(first, last int64) []int64 {
	out := make([]int64, 0, last-first+1)
	for n := first; n <= last; n++ {
		out = append(out, n)
	}
	return out
}
