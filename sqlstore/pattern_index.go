package sqlstore

import (
	"context"
	"strings"

	"github.com/coffer-ml/coffer/internal/query"
)

// indexPatterns lets indexes answer patterns where they can: those that must
// hold, and alternatives of which each has an index.
func (db *DB) indexPatterns(ctx context.Context, c compiler, n *node) error {
	for _, p := range n.conjuncts() {
		arms := []*node{p}
		if p.leaf == nil {
			arms = p.parts
		}
		answers := make([]*node, len(arms))
		picks := true
		for i, arm := range arms {
			answer, err := db.indexPattern(ctx, c, arm)
			if err != nil {
				return err
			}
			if answers[i] = answer; answer == nil {
				picks = false
				break
			}
		}
		if !picks {
			continue
		}
		if p.leaf != nil {
			*p = *answers[0]
			continue
		}
		p.parts, p.union = answers, true
	}
	return nil
}

// indexPattern returns a condition that means the same and that an index
// answers with few rows; nil if there is none.
func (db *DB) indexPattern(ctx context.Context, c compiler, n *node) (*node, error) {
	m, ok := n.leaf.(query.Match)
	if !ok || n.not {
		return nil, nil
	}
	f, err := c.find(m.Field)
	if err != nil || !f.isText() || !f.inSQL(m.Pattern) {
		return nil, err
	}
	plain := (m.Pattern.Form == query.Exact || m.Pattern.Form == query.Prefix) && !m.Pattern.Fold
	switch {
	case f.letters != "" && strings.Trim(query.Fold(m.Pattern.Literal), f.letters) != "":
		return &node{or: true}, nil // no row has such letters
	case f.names != nil && !plain: // the index on the column itself answers plain ones
		return db.indexNames(ctx, c, f, n)
	case f.comments != nil && m.Pattern.Form != query.Anything && m.Pattern.Literal != "":
		ids, ok, err := f.comments.find(ctx, db, c, m.Pattern)
		if err != nil || !ok {
			return nil, err
		}
		return &node{leaf: m, matched: &ids}, nil
	}
	return nil, nil
}

// indexNames replaces a pattern that few names match by these names.
func (db *DB) indexNames(ctx context.Context, c compiler, f field, n *node) (*node, error) {
	m, _ := n.leaf.(query.Match)
	found, ok, err := f.names.find(ctx, db, m.Pattern)
	if err != nil || !ok {
		return nil, err
	}
	in := &node{leaf: query.In{Field: m.Field, Values: found}}
	if len(found) > 0 {
		few, err := db.fewAtHome(ctx, c, in, db.driving)
		if err != nil || !few {
			return nil, err
		}
	}
	return in, nil
}
