package sqlstore

import (
	"context"
	"fmt"
	"slices"

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
