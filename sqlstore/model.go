package sqlstore

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// Models returns the store of models.
func (db *DB) Models() model.Store { return models{db} }

type models struct{ db *DB }

func noModel(id model.ID) error { return model.ErrNotFound.Errorf("there is no model %s", id) }

// Insert implements model.Store.
func (s models) Insert(ctx context.Context, m model.Model) error {
	values, err := modelValues(m)
	if err != nil {
		return err
	}
	id := string(m.ID)
	return s.db.Tx(ctx, func(ctx context.Context) error {
		user.Note(ctx, user.ModelObject, string(m.ID), "")
		archived := slices.Contains(m.SystemTags, model.Archived)
		if _, err := s.db.exec(ctx, insertModel, append([]any{id, truthful(archived)}, values...)...); err != nil {
			return err
		}
		if err := s.db.tally(ctx, share{}, modelShare(m, archived)); err != nil {
			return err
		}
		if err := s.reword(ctx, id, model.Model{}, m); err != nil {
			return err
		}
		if err := modelTags.insert(ctx, s.db, id, tagged{m.Tags, m.SystemTags}); err != nil {
			return err
		}
		return s.changeItems(ctx, m.ID, nil, m.Metadata)
	})
}

// Get implements model.Store.
func (s models) Get(ctx context.Context, id model.ID) (model.Model, error) { return s.get(ctx, id, "") }

// Lock implements model.Store.
func (s models) Lock(ctx context.Context, id model.ID) (model.Model, error) {
	return s.get(ctx, id, s.db.dialect.lock("model"))
}

func (s models) get(ctx context.Context, id model.ID, lock string) (model.Model, error) {
	m, err := one(ctx, s.db, noModel(id), scanModel(model.All), selectModel(model.All)+` WHERE model.id = ?`+lock, id)
	if err != nil {
		return model.Model{}, err
	}
	found := []model.Model{m}
	err = s.attach(ctx, found, model.All)
	return found[0], err
}

// Standings implements model.Store.
func (s models) Standings(ctx context.Context, ids []model.ID) (map[model.ID]model.Standing, error) {
	out := make(map[model.ID]model.Standing, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	where, arg := among(s.db.dialect, "id", ids)
	_, err := collect(ctx, s.db, func(r scanner) (id model.ID, err error) {
		var st model.Standing
		err = r.Scan(&id, &st.Ready, &st.Public)
		out[id] = st
		return id, err
	}, `SELECT id, ready, public FROM model WHERE `+where, arg)
	return out, err
}

// Save implements model.Store.
func (s models) Save(ctx context.Context, m model.Model, what model.Part) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		user.Note(ctx, user.ModelObject, string(m.ID), "")
		before, err := one(ctx, s.db, noModel(m.ID), scanFormerModel, selectFormerModel+` WHERE id = ?`+s.db.dialect.lock("model"), m.ID)
		if err != nil {
			return err
		}
		if what&model.Row != 0 {
			if err := s.saveRow(ctx, before.Model, m); err != nil {
				return err
			}
		}
		if what&model.Tags != 0 {
			if err := modelTags.save(ctx, s.db, string(m.ID), tagged{m.Tags, m.SystemTags}); err != nil {
				return err
			}
		}
		if what&model.Items != 0 {
			if err := s.saveItems(ctx, m.ID, m.Metadata); err != nil {
				return err
			}
		}
		return s.recount(ctx, before, m, what)
	})
}

// recount counts a model that was saved where it belongs now.
func (s models) recount(ctx context.Context, before formerModel, m model.Model, what model.Part) error {
	archived := before.archived
	if what&model.Tags != 0 {
		archived = slices.Contains(m.SystemTags, model.Archived)
	}
	if archived != before.archived {
		if _, err := s.db.exec(ctx, `UPDATE model SET archived = ? WHERE id = ?`, truthful(archived), m.ID); err != nil {
			return err
		}
	}
	if what&model.Row == 0 {
		m = before.Model
	}
	return s.db.tally(ctx, modelShare(before.Model, before.archived), modelShare(m, archived))
}

func (s models) saveRow(ctx context.Context, before, m model.Model) error {
	values, err := modelValues(m)
	if err != nil {
		return err
	}
	if _, err := s.db.exec(ctx, updateModel, append(values, m.ID)...); err != nil {
		return err
	}
	return s.reword(ctx, string(m.ID), before, m)
}

// formerModel is what a change of a model needs to know of how it was: what
// searches go by, and what it is counted as.
type formerModel struct {
	model.Model
	archived bool
}

const (
	formerModelColumns = `id, name, comment, project_id, user_id, archived`
	selectFormerModel  = `SELECT ` + formerModelColumns + ` FROM model`
)

func scanFormerModel(s scanner) (f formerModel, err error) {
	return f, s.Scan(&f.ID, &f.Name, &f.Comment, nullable(&f.Project), nullable(&f.User), &f.archived)
}

// reword brings up to date what searches know of a model.
func (s models) reword(ctx context.Context, id string, before, now model.Model) error {
	if before.Name != now.Name {
		if err := modelNames.add(ctx, s.db, now.Name); err != nil {
			return err
		}
		if before.Name != "" {
			if err := modelNames.drop(ctx, s.db, before.Name); err != nil {
				return err
			}
		}
	}
	if err := modelComments.change(ctx, s.db, id, before.Comment, now.Comment); err != nil {
		return err
	}
	from, to := modelTexts(before), modelTexts(now)
	if slices.Equal(from, to) {
		return nil
	}
	return modelWords.change(ctx, s.db, id, from, to)
}

// modelTexts are what a word search looks at.
func modelTexts(m model.Model) []weighed {
	return []weighed{{m.Name, nameWeight}, {m.Comment, nameWeight}}
}

// TouchOld implements model.Store.
func (s models) TouchOld(ctx context.Context, ids []model.ID, by user.ID, at, notAfter time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	where, arg := among(s.db.dialect, "id", ids)
	_, err := s.db.exec(ctx, `UPDATE model SET last_update = ?, last_change = ?, last_changed_by = ? WHERE public = 0 AND `+where+` AND last_update <= ?`,
		at.UnixMilli(), at.UnixMilli(), null(by), arg, notAfter.UnixMilli())
	return err
}

// Delete implements model.Store.
func (s models) Delete(ctx context.Context, id model.ID) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		user.Note(ctx, user.ModelObject, string(id), "")
		before, err := one(ctx, s.db, noModel(id), scanFormerModel, `DELETE FROM model WHERE id = ? RETURNING `+formerModelColumns, id)
		if err != nil {
			return err
		}
		if err := modelNames.drop(ctx, s.db, before.Name); err != nil {
			return err
		}
		return s.db.tally(ctx, modelShare(before.Model, before.archived), share{})
	})
}

// MadeBy implements model.Store.
func (s models) MadeBy(ctx context.Context, of task.ID) ([]model.ID, error) {
	return collect(ctx, s.db, scalar[model.ID], `SELECT id FROM model WHERE task_id = ? ORDER BY created, id`, of)
}

// Frameworks implements model.Store. It leaps from one framework to the next:
// reading them off the models would read all models.
func (s models) Frameworks(ctx context.Context, in []project.ID) ([]string, error) {
	where, args := "", []any{}
	if in != nil {
		cond, arg := among(s.db.dialect, "m.project_id", in)
		where, args = ` WHERE EXISTS (SELECT 1 FROM model m WHERE m.framework = leap.framework AND `+cond+`)`, append(args, arg)
	}
	return collect(ctx, s.db, scalar[string], `
		WITH RECURSIVE leap (framework) AS (
			SELECT min(framework) FROM model WHERE framework > ''
			UNION ALL
			SELECT (SELECT min(m.framework) FROM model m WHERE m.framework > leap.framework) FROM leap WHERE leap.framework IS NOT NULL
		)
		SELECT framework FROM (SELECT framework FROM leap WHERE framework IS NOT NULL) leap`+where+` ORDER BY framework`, args...)
}

// List implements model.Store.
func (s models) List(ctx context.Context, q model.Query) ([]model.Model, error) {
	ids, err := s.db.page(ctx, modelSource, s.own(q), q.Request)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	what := cmp.Or(q.Parts, model.All)
	where, arg := among(s.db.dialect, "model.id", ids)
	found, err := collect(ctx, s.db, scanModel(what), selectModel(what)+` WHERE `+where, arg)
	if err != nil {
		return nil, err
	}
	found = inOrder(ids, found, func(m model.Model) string { return string(m.ID) })
	return found, s.attach(ctx, found, what)
}

// own are the conditions of a query beside its filter.
func (models) own(q model.Query) []cond {
	if !q.PrivateOnly {
		return nil
	}
	return []cond{when("model.public = 0")}
}
