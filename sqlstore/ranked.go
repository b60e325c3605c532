package sqlstore

import (
	"context"
	"slices"
	"strings"

	"github.com/coffer-ml/coffer/internal/query"
)

// ranking says where indexes have the values of a field in their order, one
// for each row of the source at most.
type ranking struct {
	from string // the tables; "" for that of the source, whose column it is then
	id   string // the column that holds the id of the row
	// where picks the values of the field; its arguments are those of rows.
	where string
	// filed is the project of the row, which the indexes hold too; "" if they do
	// not.
	filed string
	// phases follow each other in an ascending order, each by an index of its
	// own. Rows without a value in any of them come last either way, unless they
	// count as the least.
	phases []phase
	least  bool // rows without a value come before all others
	// keys makes the keys of a place in the list, as orderByRows has them, of
	// those of a phase; of none for rows without a value.
	keys func(phase int, values []any, desc bool) []any
}

type phase struct {
	where string
	keys  []string
}

// plain reports whether the conditions of a list are such that enough of the
// rows meet them: then it is quicker to walk along the values of the field by
// which the list is ordered.
func (n *node) plain() bool {
	return !slices.ContainsFunc(n.conjuncts(), func(p *node) bool {
		if p.not {
			return false
		}
		_, in := p.leaf.(query.In)
		return !in || p.drives || p.few || p.matched != nil
	})
}

// ranked lists rows by the values of a field as an index has them, if that is
// possible.
func (db *DB) ranked(ctx context.Context, p prepared, where cond, r query.Request) (found []place, ok bool, err error) {
	if len(r.Order) != 1 || r.Order[0].Field == query.Score || r.Search != nil || r.Page.Limit <= 0 || r.Page.Offset > db.driving || !p.root.plain() {
		return nil, false, nil
	}
	f, err := p.find(r.Order[0].Field)
	if err != nil || f.ranks == nil {
		return nil, false, err
	}
	w := walk{db: db, list: p, ranking: f.ranks, where: where, desc: r.Order[0].Desc}
	if f.ranks.filed != "" {
		if w.where, err = p.near(f.ranks.filed); err != nil {
			return nil, false, err
		}
	}
	if f.rows != nil {
		w.args = f.rows.args
	}
	w.turns = w.inTurn()
	begin, after := 0, []any(nil)
	if r.Bookmark != nil && len(r.Bookmark.Keys) > 0 {
		begin, after = w.begin(r.Bookmark.Keys)
	}
	for _, at := range w.turns[begin:] {
		more, err := w.phase(ctx, at, after, r.Page.Limit-len(found), max(r.Page.Offset, 0))
		if err != nil {
			return nil, false, err
		}
		found = append(found, more...)
		if len(found) == r.Page.Limit {
			return found, true, nil
		}
		if r.Page.Offset > 0 { // how many were skipped is not known
			return nil, false, nil
		}
		after = nil
	}
	return found, true, nil
}

// walk goes along a ranking.
type walk struct {
	db   *DB
	list prepared
	*ranking
	args  []any
	where cond // for rows with a value
	desc  bool
	turns []int // the phases in the direction of the walk
}

// without stands for the rows that have a value in no phase.
const without = -1

func (w walk) inTurn() []int {
	out := make([]int, len(w.phases))
	for i := range out {
		out[i] = i
	}
	if w.desc {
		slices.Reverse(out)
	}
	if w.least && !w.desc {
		return slices.Insert(out, 0, without)
	}
	return append(out, without)
}

// begin returns the turn that a place belongs to, and its keys there.
func (w walk) begin(keys []any) (int, []any) {
	own, id := keys[:len(keys)-1], keys[len(keys)-1:]
	if slices.Equal(own, w.keys(without, nil, w.desc)) {
		return slices.Index(w.turns, without), id
	}
	for turn, at := range w.turns {
		if at == without {
			continue
		}
		// What the phase makes of its own keys is told apart by what is missing.
		values := make([]any, len(w.phases[at].keys))
		for i := range values {
			values[i] = i + 1
		}
		made := w.keys(at, values, w.desc)
		fits := len(made) == len(own)
		for i := range made {
			if !fits {
				break
			}
			if k, of := made[i].(int); of {
				values[k-1] = keys[i]
				fits = keys[i] != nil
			} else {
				fits = made[i] == keys[i]
			}
		}
		if fits {
			return turn, append(values, id...)
		}
	}
	return slices.Index(w.turns, without), id
}

// phase lists rows of a phase, or those without a value, after the keys that
// end with an id.
func (w walk) phase(ctx context.Context, at int, after []any, limit, offset int) ([]place, error) {
	way, op := " ASC", " > "
	if w.desc {
		way, op = " DESC", " < "
	}
	id := w.list.source.id()
	columns := []string{id}
	where := w.where
	var text string
	var args []any
	if at != without {
		p := w.phases[at]
		columns = append(slices.Clone(p.keys), id)
		text = " FROM " + w.list.source.table + " WHERE " + p.where
		if w.from != "" {
			columns[len(p.keys)] = w.id
			text = " FROM " + w.from + " CROSS JOIN " + w.list.source.table + " WHERE " + w.ranking.where + " AND " + p.where + " AND " + id + " = " + w.id
			args = slices.Clone(w.args)
		}
	} else {
		var err error
		if where, err = w.db.rest(ctx, w.list); err != nil {
			return nil, err
		}
		text = " FROM " + w.list.source.table + " WHERE TRUE"
		for _, p := range w.phases {
			if w.from == "" {
				text += " AND NOT (" + p.where + ")"
				continue
			}
			text += " AND NOT EXISTS (SELECT 1 FROM " + w.from + " WHERE " + w.ranking.where + " AND " + p.where + " AND " + w.id + " = " + id + ")"
			args = append(args, w.args...)
		}
	}
	if len(after) > 0 {
		marks := make([]string, len(after))
		for i, v := range after {
			marks[i] = typed(v)
		}
		text += " AND (" + strings.Join(columns, ", ") + ")" + op + "(" + strings.Join(marks, ", ") + ")"
		args = append(args, after...)
	}
	number := w.list.source.number(w.db.dialect)
	text = "SELECT " + strings.Join(columns, ", ") + number + text + " AND (" + where.sql + ") ORDER BY " + strings.Join(columns, way+", ") + way + " LIMIT ? OFFSET ?"
	args = append(append(args, where.args...), limit, offset)
	return collect(ctx, w.db, func(s scanner) (p place, err error) {
		values := make([]any, len(columns)-1)
		into := make([]any, 0, len(columns)+1)
		for i := range values {
			into = append(into, &values[i])
		}
		if into = append(into, &p.id); number != "" {
			into = append(into, &p.row)
		}
		if err := s.Scan(into...); err != nil {
			return p, err
		}
		for i, v := range values {
			if b, ok := v.([]byte); ok {
				values[i] = string(b)
			}
		}
		p.keys = w.keys(at, values, w.desc)
		return p, nil
	}, text, args...)
}
