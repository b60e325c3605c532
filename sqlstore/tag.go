package sqlstore

import (
	"context"
	"maps"
	"slices"

	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/project"
)

// tagTable is where a noun keeps its tags. Where dated is the table of the
// noun, each row has the day of its last update, too; where filed is set, it has
// the project as well. Where shown is set, the noun's own row has all its tags, in
// the columns tags and system_tags, for lists to show.
type tagTable struct {
	table, owner, dated string
	filed, shown        bool
}

// tagged is what one row of a noun is tagged with, sorted.
type tagged struct{ tags, system []string }

// insert adds the tags of a new row.
func (t tagTable) insert(ctx context.Context, db *DB, id string, to tagged) error {
	return t.change(ctx, db, id, tagged{}, to)
}

// save makes to the tags of a row, writing only what differs.
func (t tagTable) save(ctx context.Context, db *DB, id string, to tagged) error {
	now, err := t.load(ctx, db, []string{id})
	if err != nil {
		return err
	}
	return t.change(ctx, db, id, now[id], to)
}

func (t tagTable) change(ctx context.Context, db *DB, id string, from, to tagged) error {
	changed := false
	for system, lists := range [][2][]string{{from.tags, to.tags}, {from.system, to.system}} {
		gone, fresh := difference(lists[0], lists[1])
		changed = changed || len(gone)+len(fresh) > 0
		for _, tag := range gone {
			if _, err := db.exec(ctx, `DELETE FROM `+t.table+` WHERE `+t.owner+` = ? AND system = ? AND tag = ?`, id, system, tag); err != nil {
				return err
			}
		}
		for _, tag := range fresh {
			columns, values, args := t.owner+`, system, tag, tag_fold`, `?, ?, ?, ?`, []any{id, system, tag, query.Fold(tag)}
			if t.dated != "" {
				columns, args = columns+`, day`, append(args, id)
				values += `, (SELECT last_update / 86400000 FROM ` + t.dated + ` WHERE id = ?)`
			}
			if t.filed {
				columns, args = columns+`, project_id`, append(args, id)
				values += `, (SELECT project_id FROM ` + t.dated + ` WHERE id = ?)`
			}
			if _, err := db.exec(ctx, `INSERT INTO `+t.table+` (`+columns+`) VALUES (`+values+`)`, args...); err != nil {
				return err
			}
		}
	}
	if !t.shown || !changed {
		return nil
	}
	docs, err := documents(slices.Sorted(maps.Keys(set(to.tags))), slices.Sorted(maps.Keys(set(to.system))))
	if err != nil {
		return err
	}
	_, err = db.exec(ctx, `UPDATE `+t.dated+` SET tags = ?, system_tags = ? WHERE id = ?`, append(docs, id)...)
	return err
}

// load returns the tags of many rows.
func (t tagTable) load(ctx context.Context, db *DB, ids []string) (map[string]tagged, error) {
	type row struct {
		id, tag string
		system  bool
	}
	where, arg := among(db.dialect, t.owner, ids)
	rows, err := collect(ctx, db, func(s scanner) (r row, err error) {
		return r, s.Scan(&r.id, &r.system, &r.tag)
	}, `SELECT `+t.owner+`, system, tag FROM `+t.table+` WHERE `+where, arg)
	if err != nil {
		return nil, err
	}
	out := make(map[string]tagged, len(ids))
	for _, r := range rows {
		of := out[r.id]
		if r.system {
			of.system = append(of.system, r.tag)
		} else {
			of.tags = append(of.tags, r.tag)
		}
		out[r.id] = of
	}
	for _, of := range out {
		slices.Sort(of.tags)
		slices.Sort(of.system)
	}
	return out, nil
}

// difference returns what is only in a and what is only in b, each once.
func difference(a, b []string) (onlyA, onlyB []string) {
	inA, inB := set(a), set(b)
	for v := range inA {
		if !inB[v] {
			onlyA = append(onlyA, v)
		}
	}
	for v := range inB {
		if !inA[v] {
			onlyB = append(onlyB, v)
		}
	}
	return onlyA, onlyB
}

// set returns the texts as they are stored.
func set(texts []string) map[string]bool {
	out := make(map[string]bool, len(texts))
	for _, t := range texts {
		out[clean(t)] = true
	}
	return out
}

// untagged holds for rows without the system tag.
func untagged(src source, t tagTable, tag string) cond {
	return when("NOT EXISTS (SELECT 1 FROM "+t.table+" h WHERE h."+t.owner+" = "+src.id()+" AND h.system = 1 AND h.tag = ?)", tag)
}

// inUse returns the tags of those rows of a source that meet a condition and a
// filter, nil for none.
func (t tagTable) inUse(ctx context.Context, db *DB, src source, where cond, filter query.Filter) (out project.Tags, err error) {
	// Of all rows it goes from one tag to the next: reading them off the rows
	// would read all rows.
	text := `
		WITH RECURSIVE known (tag) AS (
			SELECT min(k.tag) FROM ` + t.table + ` k
			UNION ALL SELECT (SELECT min(k.tag) FROM ` + t.table + ` k WHERE k.tag > known.tag) FROM known WHERE known.tag IS NOT NULL
		)
		SELECT kinds.system, known.tag FROM known, (SELECT 0 AS system UNION ALL SELECT 1) kinds
		WHERE EXISTS (SELECT 1 FROM ` + t.table + ` t WHERE t.tag = known.tag AND t.system = kinds.system)`
	var args []any
	if filter != nil || where.sql != always.sql {
		p, err := db.prepare(ctx, src, []cond{where}, query.Request{Filter: filter})
		if err != nil {
			return out, err
		}
		met := all(p.where...)
		text = "SELECT DISTINCT t.system, t.tag FROM " + src.table + " JOIN " + t.table + " t ON t." + t.owner + " = " + src.id() + " WHERE " + met.sql
		args = met.args
	}
	type row struct {
		system bool
		tag    string
	}
	rows, err := collect(ctx, db, func(s scanner) (r row, err error) { return r, s.Scan(&r.system, &r.tag) }, text, args...)
	for _, r := range rows {
		if r.system {
			out.System = append(out.System, r.tag)
		} else {
			out.Tags = append(out.Tags, r.tag)
		}
	}
	slices.Sort(out.Tags)
	slices.Sort(out.System)
	return out, err
}
