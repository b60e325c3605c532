package sqlstore

import (
	"context"
	"slices"

	"github.com/coffer-ml/coffer/internal/query"
)

// maxDistinct is how many values of a field are listed one after another:
// more than any field that is marked for it takes.
const maxDistinct = 32

// byValue lists rows in the order of a field of few values: those of one value
// after those of another, each of them in the order of the further keys, for
// which there may be an index. It is not possible if a condition leaves few
// rows, which then are put in order at once.
func (db *DB) byValue(ctx context.Context, src source, own []cond, p prepared, r query.Request) (found []place, ok bool, err error) {
	if len(r.Order) == 0 || r.Order[0].Field == query.Score || r.Search != nil || r.Page.Limit <= 0 || !p.root.plain() {
		return nil, false, nil
	}
	by := r.Order[0]
	f, err := p.find(by.Field)
	if err != nil || !f.few {
		return nil, false, err
	}
	values, err := db.distinct(ctx, src, f)
	if err != nil || len(values) > maxDistinct {
		return nil, false, err
	}
	values = p.root.allowed(by.Field, values)
	if by.Desc {
		slices.Reverse(values)
	}
	if i := slices.Index(values, ""); i >= 0 { // empty texts come last
		values = append(slices.Delete(values, i, i+1), "")
	}
	rest := r.Order[1:]
	if len(rest) == 0 {
		rest = []query.Order{{Field: "id", Desc: by.Desc}}
	}
	skip := max(r.Page.Offset, 0)
	var after []any
	if r.Bookmark != nil && len(r.Bookmark.Keys) > 0 {
		at, _ := r.Bookmark.Keys[0].(string)
		from := slices.Index(values, at)
		if from < 0 {
			return nil, false, nil // the last row with the value where the page begins is gone
		}
		values, after = values[from:], r.Bookmark.Keys[1:]
		if len(r.Order) == 1 {
			after = append(slices.Clone(after), after...)
		}
	}
	for _, value := range values {
		filter := query.And{query.In{Field: by.Field, Values: []string{value}}}
		if r.Filter != nil {
			filter = append(filter, r.Filter)
		}
		of := query.Request{Filter: filter, Order: rest, Page: query.Page{Limit: r.Page.Limit - len(found), Offset: skip}}
		if r.Bookmark != nil {
			of.Bookmark = &query.Bookmark{Keys: after}
		}
		rows, err := db.places(ctx, src, own, of)
		if err != nil {
			return nil, false, err
		}
		for _, row := range rows {
			keys := []any{value}
			if value == "" {
				keys[0] = nil
			}
			if len(r.Order) > 1 {
				keys = append(keys, row.keys...)
			}
			row.keys = keys
			found = append(found, row)
		}
		if len(found) == r.Page.Limit {
			break
		}
		if skip > 0 && len(rows) > 0 {
			skip = 0
		} else if skip > 0 {
			n, err := db.total(ctx, src, own, of, skip)
			if err != nil {
				return nil, false, err
			}
			skip -= n
		}
		after = nil
	}
	return found, true, nil
}

// distinct are the values of a field, in their order, found by jumping from
// one to the next in an index; it stops beyond maxDistinct.
func (db *DB) distinct(ctx context.Context, src source, f field) ([]string, error) {
	return collect(ctx, db, scalar[string], `WITH RECURSIVE v (value) AS (
		SELECT (SELECT min(`+f.value+`) FROM `+src.table+`)
		UNION ALL SELECT (SELECT min(`+f.value+`) FROM `+src.table+` WHERE `+f.value+` > v.value) FROM v WHERE v.value IS NOT NULL)
		SELECT value FROM v WHERE value IS NOT NULL LIMIT ?`, maxDistinct+1)
}

// allowed are those values of a field that the conditions leave.
func (n *node) allowed(name string, values []string) []string {
	for _, p := range n.conjuncts() {
		if in, ok := p.leaf.(query.In); ok && in.Field == name {
			values = slices.DeleteFunc(values, func(v string) bool { return slices.Contains(in.Values, v) == p.not })
		}
	}
	return values
}
