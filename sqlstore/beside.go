package sqlstore

import (
	"context"

	"github.com/coffer-ml/coffer/internal/query"
)

// filed is what the conditions that must hold say of the project, put to a
// column beside values, and the nodes that say it; "" is for no such column.
func (c compiler) filed(n *node, column string) (met cond, nodes []*node, err error) {
	met = always
	if column == "" {
		return met, nil, nil
	}
	for _, p := range n.conjuncts() {
		in, ok := p.leaf.(query.In)
		if !ok || in.Field != "project" || p.not || p.matched != nil {
			continue
		}
		f, err := c.find(in.Field)
		if err != nil {
			return met, nil, err
		}
		f.value = column
		test, err := c.test(f, in)
		if err != nil {
			return met, nil, err
		}
		met, nodes = all(met, test), append(nodes, p)
	}
	return met, nodes, nil
}

// near compiles the conditions of a list with that on the project put to a
// column beside values.
func (p prepared) near(column string) (cond, error) {
	filed, nodes, err := p.filed(p.root, column)
	if err != nil {
		return always, err
	}
	return p.but(nodes, filed)
}

// rest are the conditions of a list for rows that have no value to walk along:
// the project picks them if few are in it, of which most may have none.
func (db *DB) rest(ctx context.Context, p prepared) (cond, error) {
	_, nodes, err := p.filed(p.root, "project_id")
	if err != nil {
		return always, err
	}
	for _, n := range nodes {
		few, err := db.fewAtHome(ctx, p.compiler, n, db.driving)
		if err != nil {
			return always, err
		}
		n.tests = !few
	}
	return p.but(nil)
}

// give says of conditions that nothing is left of them to be tested, or that
// there is.
func give(given bool, nodes ...*node) {
	for _, p := range nodes {
		p.given = given
	}
}
