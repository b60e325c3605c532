package sqlstore

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/coffer-ml/coffer/internal/query"
)

// maxConditions bounds how many conditions one filter may hold: engines bound
// the depth of expressions, SQLite at 1,000.
const maxConditions = 500

// cond is a condition and its arguments.
type cond struct {
	sql  string
	args []any
}

func when(sql string, args ...any) cond { return cond{sql, args} }

var (
	always = cond{sql: "TRUE"}
	never  = cond{sql: "FALSE"}
)

// all joins conditions that must all hold.
func all(parts ...cond) cond {
	real := make([]cond, 0, len(parts))
	for _, p := range parts {
		if p.sql != always.sql {
			real = append(real, p)
		}
	}
	return join(" AND ", always, real)
}

func join(with string, none cond, parts []cond) cond {
	if len(parts) == 0 {
		return none
	}
	if len(parts) == 1 {
		return parts[0]
	}
	var b strings.Builder
	var args []any
	for i, p := range parts {
		if i > 0 {
			b.WriteString(with)
		}
		b.WriteString("(" + p.sql + ")")
		args = append(args, p.args...)
	}
	return cond{b.String(), args}
}

// node is a filter with its negations pushed down to the leaves. That leaves
// only conditions that hold or do not, where "unknown" counts as not.
type node struct {
	or    bool // else and
	parts []*node

	leaf query.Filter // nil for and, or
	not  bool
	// drives marks a condition on subordinate rows that few rows meet, so that
	// it may pick the rows instead of testing them.
	drives bool
	// dated marks a condition on subordinate rows that have their day, of which
	// the newest are to pick the rows. Where given is set they do, and nothing
	// is left to be tested.
	dated, given bool
	// since is the day that the newest of the rows with their day go back to, as
	// far as reach.
	since int64
	// few marks a condition on a column that few rows meet.
	few bool
	// tests marks a condition on a column that so many rows meet that its
	// index must not pick them.
	tests bool
	// spans marks conditions of which a range of time, or one on subordinate rows,
	// picks the rows, where an index would have them in the wanted order by a time.
	spans bool
	// days are those of the range of time that does, if an index has the rows of
	// each of them in the wanted order.
	days *days
	// union marks a condition that picks the rows: a leaf, or alternatives
	// each of which an index answers.
	union bool
	// matched holds, for a leaf that was decided by the program, the ids of
	// the rows that meet it.
	matched *[]string
}

// tree normalises a filter.
func tree(f query.Filter) (*node, error) {
	leaves := 0
	n, err := normal(f, false, &leaves)
	if err == nil && leaves > maxConditions {
		return nil, query.ErrTooMany.Errorf("the filter has %d conditions, the limit is %d", leaves, maxConditions)
	}
	return n, err
}

func normal(f query.Filter, not bool, leaves *int) (*node, error) {
	switch f := f.(type) {
	case nil:
		return &node{or: not}, nil
	case query.Not:
		return normal(f.Part, !not, leaves)
	case query.And:
		return normals(f, not, not, leaves)
	case query.Or:
		return normals(f, !not, not, leaves)
	case query.HasAll:
		each := make(query.And, 0, len(f.Values))
		for _, v := range f.Values {
			each = append(each, query.In{Field: f.Field, Values: []string{v}})
		}
		if len(each) == 0 { // it holds, for a field that there is
			each = append(each, query.Or{query.Not{Part: query.In{Field: f.Field}}})
		}
		return normal(each, not, leaves)
	case query.In, query.Empty, query.Match, query.Compare, query.Same:
		*leaves++
		return &node{leaf: f, not: not}, nil
	}
	return nil, fmt.Errorf("filter of unknown kind %T", f)
}

func normals(filters []query.Filter, or, not bool, leaves *int) (*node, error) {
	n := &node{or: or}
	for _, f := range filters {
		part, err := normal(f, not, leaves)
		if err != nil {
			return nil, err
		}
		if part.leaf == nil && part.or == or { // and in and, or in or
			n.parts = append(n.parts, part.parts...)
			continue
		}
		n.parts = append(n.parts, part)
	}
	return n, nil
}

// conjuncts returns the nodes that must all hold.
func (n *node) conjuncts() []*node {
	if n.leaf == nil && !n.or {
		return n.parts
	}
	return []*node{n}
}

// walk visits the leaves.
func (n *node) walk(visit func(*node) error) error {
	if n.leaf != nil {
		return visit(n)
	}
	for _, p := range n.parts {
		if err := p.walk(visit); err != nil {
			return err
		}
	}
	return nil
}

// compiler turns nodes over a source into conditions.
type compiler struct {
	dialect dialect
	source  source
	search  *query.Search // nil for none
}

// find returns the field of a name, as the engine keeps it.
func (c compiler) find(name string) (field, error) {
	f, err := c.source.find(name)
	f.long = f.long && (!f.name || !c.dialect.indexesWhole())
	if f.member != "" {
		f.value = c.dialect.member(f.value, f.member)
	}
	if f.otherwise != "" {
		f.value = "coalesce(NULLIF(" + f.value + ", ''), '" + f.otherwise + "')"
	}
	if f.rows != nil && f.rows.object != "" {
		members := *f.rows
		members.table = c.dialect.members(members.object)
		f.rows, f.value = &members, c.dialect.memberText(f.value)
	}
	return f, err
}

func (c compiler) compile(n *node) (cond, error) {
	if n.leaf != nil && n.union {
		return c.union([]*node{n})
	}
	if n.leaf != nil {
		return c.leaf(n)
	}
	if n.union {
		return c.union(n.parts)
	}
	parts := make([]cond, len(n.parts))
	for i, p := range n.parts {
		var err error
		if parts[i], err = c.compile(p); err != nil {
			return cond{}, err
		}
	}
	if n.or {
		return join(" OR ", never, parts), nil
	}
	return all(parts...), nil
}

// union gathers the rows of each part by its own index.
func (c compiler) union(parts []*node) (cond, error) {
	var selects []string
	var args []any
	for _, p := range parts {
		if p.leaf == nil && len(p.parts) == 0 && p.or {
			continue // never
		}
		where, err := c.leaf(p)
		if err != nil {
			return cond{}, err
		}
		selects, args = append(selects, "SELECT "+c.source.id()+" FROM "+c.source.table+" WHERE "+where.sql), append(args, where.args...)
	}
	if len(selects) == 0 {
		return never, nil
	}
	return when(c.source.id()+" IN ("+strings.Join(selects, " UNION ALL ")+")", args...), nil
}

func (c compiler) leaf(n *node) (cond, error) {
	f, err := c.find(fieldOf(n.leaf))
	if err != nil {
		return cond{}, err
	}
	if n.given {
		return always, nil
	}
	if n.matched != nil {
		return c.among(*n.matched)
	}
	if _, ok := n.leaf.(query.Empty); ok {
		return c.empty(f, n.not), nil
	}
	if in, ok := n.leaf.(query.In); ok && f.flags != nil && !n.drives {
		if set, all := f.flagged(in); all {
			if n.not {
				set.sql = "NOT (" + set.sql + ")"
			}
			return set, nil
		}
	}
	if _, ok := n.leaf.(query.Compare); ok && f.ranks != nil && f.rows != nil && !n.drives {
		f = f.unindexed(c.dialect) // the row of the source is known, the value is only tested
	}
	if n.tests {
		f = f.unindexed(c.dialect)
	}
	test, err := c.test(f, n.leaf)
	if err != nil {
		return cond{}, err
	}
	if f.rows != nil {
		return c.some(f, test, n), nil
	}
	if !n.not {
		return test, nil
	}
	if f.null {
		return when(f.value+" IS NULL OR NOT ("+test.sql+")", test.args...), nil
	}
	return when("NOT ("+test.sql+")", test.args...), nil
}

// flagged is the condition that a list holds one of the texts, if columns tell
// that of all of them.
func (f field) flagged(in query.In) (cond, bool) {
	parts := make([]cond, 0, len(in.Values))
	for _, v := range in.Values {
		column, ok := f.flags[v]
		if !ok {
			return cond{}, false
		}
		parts = append(parts, when(column+" = 1"))
	}
	return join(" OR ", never, parts), len(parts) > 0
}

// among holds for the rows with the ids.
func (c compiler) among(ids []string) (cond, error) {
	if c.source.key == "" {
		return when(c.dialect.in(c.source.id()), list(ids)), nil
	}
	numbers, err := numbers(ids)
	return when(c.dialect.inInts(c.source.id()), list(numbers)), err
}

// numbers reads ids that are whole numbers.
func numbers(ids []string) ([]int64, error) {
	out := make([]int64, len(ids))
	for i, id := range ids {
		var err error
		if out[i], err = strconv.ParseInt(id, 10, 64); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// some holds if a row of the field meets the test.
func (c compiler) some(f field, test cond, n *node) cond {
	args := append(append([]any{}, f.rows.args...), test.args...)
	if n.drives {
		return when(fmt.Sprintf("%s IN (SELECT v.%s FROM %s v WHERE %s AND (%s))", c.source.id(), f.rows.owner, f.rows.table, f.rows.where, test.sql), args...)
	}
	from := f.rows.of(c.dialect, c.source)
	if _, one := n.leaf.(query.In); one && f.byDay != "" && c.source.day != "" && !n.tests {
		// The index of the values says whether the row is among them: what is
		// looked up for one row after the other lies side by side there.
		from = "FROM " + f.rows.table + " v" + c.dialect.by(f.byDay) + " WHERE v." + f.rows.owner + " = " + c.source.id() + " AND v.day = " + c.source.day + " AND " + f.rows.where
	}
	return exists(!n.not, from+" AND ("+test.sql+")", args)
}

// exists holds if there are such rows, or if there are none. It is put to each
// row by itself: what picks rows was chosen before, and PostgreSQL would join
// instead.
func exists(holds bool, from string, args []any) cond {
	text := "EXISTS (SELECT 1 " + from + " LIMIT 1 OFFSET 0)"
	if !holds {
		text = "NOT " + text
	}
	return when(text, args...)
}

func (c compiler) empty(f field, not bool) cond {
	switch {
	case f.rows != nil:
		return exists(not, f.rows.of(c.dialect, c.source), f.rows.args)
	case f.null && not:
		return when(f.value + " IS NOT NULL")
	case f.null:
		return when(f.value + " IS NULL")
	}
	return truth(not)
}

func truth(holds bool) cond {
	if holds {
		return always
	}
	return never
}

// fieldOf returns the name of the field that a leaf asks for.
func fieldOf(leaf query.Filter) string {
	switch f := leaf.(type) {
	case query.In:
		return f.Field
	case query.Empty:
		return f.Field
	case query.Match:
		return f.Field
	case query.Compare:
		return f.Field
	case query.Same:
		return f.Field
	}
	return ""
}
