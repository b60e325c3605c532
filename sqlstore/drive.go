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

// spanned reports whether an index has the rows in the order of a time.
func (c compiler) spanned(name string) bool {
	f, err := c.find(name)
	return err == nil && f.spanned
}

// timeRange is a range of a time, and the conditions that it consists of.
type timeRange struct {
	field field
	nodes []*node
}

// put is the range put to some expression of the time.
func (c compiler) put(r timeRange, value string) (met cond, err error) {
	r.field.value, met = value, always
	for _, p := range r.nodes {
		test, err := c.test(r.field, p.leaf)
		if err != nil {
			return met, err
		}
		met = all(met, test)
	}
	return met, nil
}

// ranges are the ranges of time that must hold and an index answers, by field,
// but for that by which the list is ordered: its index has them in the wanted
// order.
func (c compiler) ranges(n *node, order []query.Order) (map[string]timeRange, error) {
	ranges := make(map[string]timeRange)
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
		ranges[l.Field] = timeRange{f, append(ranges[l.Field].nodes, p)}
	}
	return ranges, nil
}

// chooseDrivers decides which of the conditions that must hold pick the rows of
// the list, and which only test them: an engine that knows nothing of how often
// a value occurs would guess.
func (db *DB) chooseDrivers(ctx context.Context, c compiler, n *node, order []query.Order) error {
	d := drivers{db: db, compiler: c, order: order}
	for _, p := range n.conjuncts() {
		if p.leaf == nil || p.not {
			continue
		}
		if err := d.consider(ctx, p); err != nil {
			return err
		}
	}
	for _, chosen := range []func(context.Context, *node) (bool, error){d.withinProject, d.byDay, d.byDays, d.byRange, d.inOrder} {
		if done, err := chosen(ctx, n); done || err != nil {
			return err
		}
	}
	return nil
}

// drivers are the conditions of a list that may pick its rows.
type drivers struct {
	db *DB
	compiler
	order  []query.Order
	given  []*node // an index has their rows in the wanted order
	within *node   // the project, if an index has the order of its rows; else nil
	dated  []*node // an index has their rows by day
	picked bool    // by conditions that few rows meet
}

// consider looks at one condition by itself.
func (d *drivers) consider(ctx context.Context, p *node) error {
	f, err := d.find(fieldOf(p.leaf))
	if err != nil {
		return err
	}
	switch l := p.leaf.(type) {
	case query.Compare:
		if f.ranks != nil && f.rows != nil {
			p.drives, err = d.db.few(ctx, d.compiler, f, l, f.rows.table+" v", cond{f.rows.where, f.rows.args}, d.db.driving)
			d.picked = d.picked || p.drives
		}
	case query.Match:
		// Where the list goes by the field, its index has the rows in the wanted order.
		if f.startsSo(l.Pattern) && p.matched == nil && (len(d.order) == 0 || d.order[0].Field != l.Field) {
			var few bool
			few, err = d.db.few(ctx, d.compiler, f, l, d.source.table, always, d.db.driving)
			p.tests, d.picked = !few && l.Pattern.Form == query.Prefix, d.picked || few
		}
	case query.In:
		_, flagged := f.flagged(l)
		switch {
		case flagged:
		case f.rows != nil && f.rows.object == "":
			err = d.considerRows(ctx, p, f, l)
		case f.indexed != nil && f.gives(l, d.order):
			d.given = append(d.given, p)
		case d.ranksWithin(l):
			d.within = p
		case f.value == d.source.id():
			d.picked = true
		case f.indexed != nil:
			err = d.considerColumn(ctx, p, d.most(l.Field))
		}
	}
	return err
}

// most is how many rows a condition may pick. Those of a project are fewer where
// the order is along an index that has the project as well: most of what is
// walked there is passed over without a look at the row, while each row that is
// to be put in order costs one, or two and more where its value stands in another
// table by a key of its own.
func (d *drivers) most(name string) int {
	if name != "project" || len(d.order) != 1 {
		return d.db.driving
	}
	f, err := d.find(d.order[0].Field)
	walked := f.ranks != nil && f.ranks.filed != ""
	switch {
	case err != nil:
		return d.db.driving
	case f.name, walked && f.rows != nil && f.rows.single:
		return d.db.driving / d.dialect.passing()
	case walked:
		return d.db.driving * 2 / 3 / d.dialect.passing()
	}
	return d.db.driving
}

// ranksWithin reports whether an index has the values by which the list goes in
// their order for the one project that it is of.
func (d *drivers) ranksWithin(in query.In) bool {
	if in.Field != "project" || len(in.Values) != 1 || len(d.order) != 1 {
		return false
	}
	f, err := d.find(d.order[0].Field)
	return err == nil && f.ranks != nil && f.ranks.filed != ""
}

// withinProject leaves a project to the index that has its rows in the wanted order,
// where that is going to be walked.
func (d *drivers) withinProject(ctx context.Context, n *node) (done bool, err error) {
	if d.within == nil || n.plain() && d.search == nil {
		return false, nil
	}
	return false, d.considerColumn(ctx, d.within, d.db.driving)
}

// considerColumn looks at a condition on a column of the list itself.
func (d *drivers) considerColumn(ctx context.Context, p *node, most int) (err error) {
	p.few, err = d.db.fewAtHome(ctx, d.compiler, p, most)
	p.tests, d.picked = !p.few, d.picked || p.few
	return err
}

// considerRows looks at a condition on rows that hang on those of the list, such
// as tags.
func (d *drivers) considerRows(ctx context.Context, p *node, f field, in query.In) error {
	if f.byDay != "" && len(in.Values) == 1 && newestFirst(d.order) {
		of, err := d.stretch(p)
		if err != nil {
			return err
		}
		day, many, err := of.dayAt(ctx, d.db, min(reach, d.db.driving))
		p.since, p.drives = day, !many
		if many {
			d.dated = append(d.dated, p)
		}
		d.picked = d.picked || p.drives
		return err
	}
	few, err := d.db.few(ctx, d.compiler, f, in, f.rows.table+" v", cond{f.rows.where, f.rows.args}, d.db.driving)
	p.drives, d.picked = few, d.picked || few
	return err
}

// byDay lets the rarest of the conditions whose rows an index has by day pick the
// rows, if that is one.
func (d *drivers) byDay(ctx context.Context, _ *node) (bool, error) {
	if d.picked || len(d.dated) == 0 {
		return false, nil
	}
	given, err := d.rivals(ctx)
	if err != nil {
		return false, err
	}
	chosen, err := d.db.rarest(ctx, d.compiler, given, d.dated)
	if err != nil {
		return false, err
	}
	chosen.dated = slices.Contains(d.dated, chosen)
	if chosen.dated {
		test(d.given)
	}
	return chosen.dated, nil
}

// rivals are the conditions that an index answers in the wanted order but for that
// of the project where the rows with a day have it too: unless few tasks are in
// it, to pass over those of others there is quicker than to look at all of its.
// Where an index has those of the project by themselves, there are none to pass.
func (d *drivers) rivals(ctx context.Context) (given []*node, err error) {
	for _, p := range d.given {
		if fieldOf(p.leaf) == "project" && d.allDated(func(r *rows) bool { return r.filed != "" }) {
			if d.allDated(func(r *rows) bool { return r.byProject }) {
				continue
			}
			if few, err := d.db.fewAtHome(ctx, d.compiler, p, d.db.driving/d.dialect.passing()); err != nil {
				return nil, err
			} else if !few {
				continue
			}
		}
		given = append(given, p)
	}
	return given, nil
}

// allDated reports whether something holds for all rows with a day.
func (d *drivers) allDated(holds func(*rows) bool) bool {
	return !slices.ContainsFunc(d.dated, func(p *node) bool {
		f, err := d.find(fieldOf(p.leaf))
		return err != nil || !holds(f.rows)
	})
}

// byRange lets a range of time pick the rows, if it is short, of a list that
// otherwise would be walked by time.
func (d *drivers) byRange(ctx context.Context, n *node) (bool, error) {
	if d.picked || len(d.order) == 0 || !d.spanned(d.order[0].Field) {
		return false, nil
	}
	ranges, err := d.ranges(n, d.order)
	if err != nil {
		return false, err
	}
	for _, r := range ranges {
		long, err := d.db.longer(ctx, d.compiler, r, ranging)
		if err != nil {
			return false, err
		}
		if !long {
			test(d.given)
			n.spans = true
			return true, nil
		}
	}
	return false, nil
}

// inOrder lets the conditions whose rows an index has in the wanted order only
// test them where another leaves few: that is worth more than the order. Where that
// is one on subordinate rows, no index is to be walked in it.
func (d *drivers) inOrder(ctx context.Context, n *node) (bool, error) {
	if !d.picked && len(d.given) < 2 {
		return true, nil
	}
	var common []*node
	for _, p := range d.given {
		few, err := d.db.fewAtHome(ctx, d.compiler, p, d.db.driving)
		if err != nil {
			return false, err
		}
		if d.picked = d.picked || few; !few {
			common = append(common, p)
		}
	}
	if d.picked {
		test(common)
	}
	hangs := slices.ContainsFunc(n.conjuncts(), func(p *node) bool { return p.drives })
	n.spans = hangs && len(common) == len(d.given) && len(d.order) > 0 && d.spanned(d.order[0].Field)
	return true, nil
}

// test makes conditions only test the rows that others pick.
func test(nodes []*node) {
	for _, p := range nodes {
		p.tests = true
	}
}

// startsSo reports whether a pattern tells how a text begins, or all of it, of
// which an index has all.
func (f field) startsSo(r query.Regexp) bool {
	return f.name && f.indexed != nil && (r.Form == query.Prefix || r.Form == query.Exact) && !r.Fold
}

// gives reports whether an index of the field has the wanted rows in the wanted
// order.
func (f field) gives(in query.In, order []query.Order) bool {
	return len(in.Values) == 1 && len(order) > 0 && slices.Contains(f.indexed, order[0].Field)
}

// fewAtHome is few for a condition on a column of the source.
func (db *DB) fewAtHome(ctx context.Context, c compiler, p *node, most int) (bool, error) {
	f, err := c.find(fieldOf(p.leaf))
	if err != nil {
		return false, err
	}
	from, kept := c.source.table, always
	if f.home != "" {
		from = f.home
	}
	if f.kept != "" {
		kept = when(f.kept)
	}
	return db.few(ctx, c, f, p.leaf, from, kept, most)
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

// longer reports whether a range of time holds more rows than that.
func (db *DB) longer(ctx context.Context, c compiler, r timeRange, than int) (bool, error) {
	met, err := c.put(r, r.field.value)
	if err != nil {
		return false, err
	}
	return db.more(ctx, c.source.table, met, than)
}

// more reports whether more rows than that meet a condition. To pass over them
// takes a third of what counting them does.
func (db *DB) more(ctx context.Context, from string, where cond, than int) (bool, error) {
	found, err := collect(ctx, db, scalar[int],
		fmt.Sprintf("SELECT 1 FROM %s WHERE %s LIMIT 1 OFFSET %d", from, where.sql, than), where.args...)
	return len(found) > 0, err
}
