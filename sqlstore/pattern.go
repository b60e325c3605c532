package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/coffer-ml/coffer/internal/query"
)

// maxCandidates bounds the rows that are read for patterns which the program
// itself must apply: more would stall everybody else.
const maxCandidates = 50_000

// decidePatterns applies the patterns that SQL cannot: in one pass over the
// rows that the other conditions leave, each such leaf becomes a set of ids.
func (db *DB) decidePatterns(ctx context.Context, c compiler, own []cond, n *node) error {
	var wanted candidates
	err := n.walk(func(leaf *node) error { return wanted.add(c, leaf) })
	if err != nil || len(wanted.leaves) == 0 {
		return err
	}
	where := own[:len(own):len(own)]
	for _, p := range n.conjuncts() {
		if wanted.in(p) {
			continue
		}
		other, err := c.compile(p)
		if err != nil {
			return err
		}
		where = append(where, other)
	}
	limit, cancel := context.WithTimeout(ctx, db.matching)
	defer cancel()
	err = db.match(ctx, limit, c, all(where...), &wanted)
	if err != nil && limit.Err() != nil && ctx.Err() == nil {
		return query.ErrTooMany.Wrap(err, "the pattern %s takes more than %v on the rows that the other conditions leave; narrow them", wanted.pattern(), db.matching)
	}
	return err
}

// candidates are the leaves to be decided and the fields they need.
type candidates struct {
	leaves []*node
	column []int // of each leaf: its field, as an index into fields
	names  []string
	fields []field
}

func (w *candidates) add(c compiler, leaf *node) error {
	m, ok := leaf.leaf.(query.Match)
	if !ok {
		return nil
	}
	f, err := c.find(m.Field)
	if err != nil {
		return err
	}
	if !f.isText() {
		return wrongType(m.Field, f)
	}
	if f.inSQL(m.Pattern) {
		return nil
	}
	at := -1
	for i, name := range w.names {
		if name == m.Field {
			at = i
		}
	}
	if at < 0 {
		at = len(w.names)
		w.names, w.fields = append(w.names, m.Field), append(w.fields, f)
	}
	leaf.matched = new([]string)
	w.leaves, w.column = append(w.leaves, leaf), append(w.column, at)
	return nil
}

// in reports whether the node holds a leaf that is to be decided.
func (w *candidates) in(n *node) bool {
	found := errors.New("found")
	return n.walk(func(leaf *node) error {
		if slices.Contains(w.leaves, leaf) {
			return found
		}
		return nil
	}) != nil
}

func (w *candidates) pattern() string {
	m, _ := w.leaves[0].leaf.(query.Match)
	return fmt.Sprintf("%q on %s", m.Pattern.Source, m.Field)
}

// match reads the candidates and fills the sets of the leaves.
func (db *DB) match(ctx, limit context.Context, c compiler, where cond, w *candidates) error {
	columns := []string{c.source.id()}
	var args []any
	for _, f := range w.fields {
		if f.rows == nil {
			columns = append(columns, f.value)
			continue
		}
		columns = append(columns, "(SELECT "+db.dialect.texts(f.value)+" "+f.rows.of(c.dialect, c.source)+")")
		args = append(args, f.rows.args...)
	}
	text := fmt.Sprintf("SELECT %s FROM %s WHERE %s LIMIT %d", strings.Join(columns, ", "), c.source.table, where.sql, maxCandidates+1)
	if db.open(ctx) == nil {
		ctx = limit // a statement of a transaction is not to be interrupted
	}
	rows, err := db.query(ctx, text, append(args, where.args...)...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	var id string
	cells := make([]sql.NullString, len(w.fields))
	into := []any{&id}
	for i := range cells {
		into = append(into, &cells[i])
	}
	for n := 0; rows.Next(); n++ {
		if n == maxCandidates {
			return query.ErrTooMany.Errorf("the pattern %s would be put to more than %d rows; narrow them by other conditions", w.pattern(), maxCandidates)
		}
		if err := errors.Join(rows.Scan(into...), limit.Err()); err != nil {
			return err
		}
		for i, leaf := range w.leaves {
			m, _ := leaf.leaf.(query.Match)
			texts, err := w.fields[w.column[i]].texts(cells[w.column[i]])
			if err != nil {
				return err
			}
			if found(m.Pattern, texts) != leaf.not {
				*leaf.matched = append(*leaf.matched, id)
			}
		}
	}
	return translate(rows.Err())
}

// texts returns the values of a field in a row of candidates.
func (f field) texts(cell sql.NullString) (texts []string, err error) {
	switch {
	case !cell.Valid:
		return nil, nil
	case f.rows != nil:
		return texts, json.Unmarshal([]byte(cell.String), &texts)
	}
	return []string{cell.String}, nil
}

func found(r query.Regexp, texts []string) bool {
	for _, t := range texts {
		if r.MatchString(t) {
			return true
		}
	}
	return false
}
