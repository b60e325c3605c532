package sqlstore

import (
	"context"
	"maps"
	"slices"

	"github.com/coffer-ml/coffer/model"
)

// attach loads the parts that hang on the rows. Each is one query, however many
// rows there are.
func (s models) attach(ctx context.Context, found []model.Model, what model.Part) error {
	ids := make([]string, len(found))
	at := make(map[string]*model.Model, len(found))
	for i := range found {
		ids[i] = string(found[i].ID)
		at[ids[i]] = &found[i]
	}
	if what&model.Tags != 0 {
		tags, err := modelTags.load(ctx, s.db, ids)
		if err != nil {
			return err
		}
		for id, of := range tags {
			at[id].Tags, at[id].SystemTags = of.tags, of.system
		}
	}
	if what&model.Items != 0 {
		items, err := s.loadItems(ctx, ids)
		if err != nil {
			return err
		}
		for id, of := range items {
			at[id].Metadata = of
		}
	}
	return nil
}

func (s models) loadItems(ctx context.Context, ids []string) (map[string]model.Metadata, error) {
	type row struct {
		id string
		model.Item
	}
	where, arg := among(s.db.dialect, "model_id", ids)
	rows, err := collect(ctx, s.db, func(s scanner) (r row, err error) {
		return r, s.Scan(&r.id, &r.Key, &r.Type, &r.Value)
	}, `SELECT model_id, key, type, value FROM model_metadata WHERE `+where, arg)
	out := make(map[string]model.Metadata)
	for _, r := range rows {
		if out[r.id] == nil {
			out[r.id] = make(model.Metadata)
		}
		out[r.id][r.Key] = r.Item
	}
	return out, err
}

func (s models) saveItems(ctx context.Context, id model.ID, to model.Metadata) error {
	now, err := s.loadItems(ctx, []string{string(id)})
	if err != nil {
		return err
	}
	return s.changeItems(ctx, id, now[string(id)], to)
}

// changeItems writes what differs. Keys are what the map says.
func (s models) changeItems(ctx context.Context, id model.ID, from, to model.Metadata) error {
	stored := make(model.Metadata, len(to))      // keys as they are kept
	for _, asKept := range []bool{true, false} { // what a client wrote just now wins over what it is kept as
		for _, key := range slices.Sorted(maps.Keys(to)) {
			if it := to[key]; storable(key) == asKept {
				it.Key = clean(key)
				stored[it.Key] = it
			}
		}
	}
	for key := range from {
		if _, kept := stored[key]; kept {
			continue
		}
		if _, err := s.db.exec(ctx, `DELETE FROM model_metadata WHERE model_id = ? AND key = ?`, id, key); err != nil {
			return err
		}
	}
	for key, it := range stored {
		if old, ok := from[key]; ok && old == it {
			continue
		}
		if _, err := s.db.exec(ctx, `
			INSERT INTO model_metadata (model_id, key, type, value, number, sort_key, day)
			VALUES (?, ?, ?, ?, ?, ?, (SELECT last_update / 86400000 FROM model WHERE id = ?))
			ON CONFLICT (model_id, key) DO UPDATE SET type = excluded.type, value = excluded.value, number = excluded.number, sort_key = excluded.sort_key`,
			id, key, it.Type, it.Value, number(it.Value), sortKey(it.Value), id); err != nil {
			return err
		}
	}
	return nil
}
