package sqlstore

import (
	"context"

	"github.com/coffer-ml/coffer/internal/query"
)

// alongNames returns the conditions of a list for a walk along the names to some
// end; false if there is none. It is for ranges of time that are met so often
// that the page is likely to be full by then: to read the range and put it in
// order would take four times as long at least. Where it is not full, more may
// follow.
func (db *DB) alongNames(ctx context.Context, p prepared, keys []orderKey, r query.Request) (cond, bool, error) {
	if len(r.Order) != 1 || r.Order[0].Field == query.Score || r.Search != nil || r.Page.Limit <= 0 || r.Page.Offset > db.driving {
		return always, false, nil
	}
	f, err := p.find(r.Order[0].Field)
	if err != nil || !f.name || f.indexed == nil {
		return always, false, err
	}
	ranges, err := p.ranges(p.root, r.Order)
	if err != nil || len(ranges) == 0 {
		return always, false, err
	}
	for _, met := range ranges {
		if long, err := db.more(ctx, p.source.table, met, 2*db.driving); err != nil || !long {
			return always, false, err
		}
	}
	key, from := keys[0], always
	if r.Bookmark != nil && len(r.Bookmark.Keys) > 0 {
		from = key.compare(orEqual(key.desc), r.Bookmark.Keys[0])
	}
	at := "SELECT * FROM (SELECT " + key.sql + " FROM " + p.source.table + " WHERE " + from.sql + " ORDER BY " + key.way() + " LIMIT 1 OFFSET ?) a"
	args := append(append(from.args[:len(from.args):len(from.args)], db.driving/2), from.args...)
	ends, err := collect(ctx, db, scalar[string], at+" UNION ALL "+at, append(args, db.driving)...)
	if err != nil || len(ends) < 2 || ends[0] == ends[1] { // few rows are left, or very many of one name
		return always, false, err
	}
	for _, n := range p.root.conjuncts() {
		if l, ok := n.leaf.(query.Compare); ok && ranges[l.Field].sql != "" {
			n.tests = true
		}
	}
	filter, err := p.compile(p.root)
	own := p.where[:len(p.where)-1]
	return all(append(own[:len(own):len(own)], filter, key.compare(orEqual(!key.desc), ends[0]))...), true, err
}
