package sqlstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// modelKind is how models are counted.
const modelKind = "model"

// modelShare is what a model adds to the tally of its project.
func modelShare(m model.Model, archived bool) share {
	return share{project: m.Project, kind: modelKind, user: clean(string(m.User)), archived: archived}
}

// Count implements model.Store.
func (s models) Count(ctx context.Context, q model.Query, limit int) (int, error) {
	return s.db.total(ctx, modelSource, s.own(q), q.Request, limit)
}

// Held implements model.Filed.
func (s models) Held(ctx context.Context, in []project.ID) ([]project.Held, error) {
	return s.db.held(ctx, modelKind, in)
}

// Tags implements model.Filed.
func (s models) Tags(ctx context.Context, in []project.ID, filter query.Filter) (project.Tags, error) {
	return modelTags.inUse(ctx, s.db, modelSource, filed(s.db.dialect, "model.project_id", in), filter)
}

// Keys implements model.Filed. Of all models it goes from one key to the next:
// reading them off the models would read all models.
func (s models) Keys(ctx context.Context, in []project.ID) ([]string, error) {
	text := `
		WITH RECURSIVE known (key) AS (
			SELECT min(i.key) FROM model_metadata i
			UNION ALL SELECT (SELECT min(i.key) FROM model_metadata i WHERE i.key > known.key) FROM known WHERE known.key IS NOT NULL
		)
		SELECT key FROM known WHERE key IS NOT NULL`
	var args []any
	if in != nil {
		where := filed(s.db.dialect, "model.project_id", in)
		text, args = `SELECT DISTINCT i.key FROM model JOIN model_metadata i ON i.model_id = model.id WHERE `+where.sql, where.args
	}
	keys, err := collect(ctx, s.db, scalar[string], text, args...)
	slices.Sort(keys)
	return keys, err
}

// Values implements model.Filed.
func (s models) Values(ctx context.Context, in []project.ID, key string) ([]string, error) {
	where := all(filed(s.db.dialect, "model.project_id", in), when("i.key = ?", key))
	return collect(ctx, s.db, func(s scanner) (v string, err error) { return v, s.Scan(&v, &skipped{}, &skipped{}) }, `
		SELECT DISTINCT i.value, i.number, i.sort_key FROM model_metadata i JOIN model ON model.id = i.model_id WHERE `+where.sql+`
		ORDER BY i.number NULLS LAST, i.sort_key NULLS LAST, i.value`, where.args...)
}

// Metrics implements model.Filed.
func (s models) Metrics(ctx context.Context, in []project.ID) ([]task.Series, error) {
	if in == nil {
		return tasks(s).series(ctx, allSeries("model"))
	}
	return s.metrics(ctx, filed(s.db.dialect, "model.project_id", in))
}

// MetricsOf implements model.Filed.
func (s models) MetricsOf(ctx context.Context, ids []model.ID) ([]task.Series, error) {
	return s.metrics(ctx, when(among(s.db.dialect, "model.id", ids)))
}

func (s models) metrics(ctx context.Context, where cond) ([]task.Series, error) {
	return tasks(s).series(ctx, `
		SELECT DISTINCT s.metric, s.variant FROM model JOIN event_progress p ON p.target = model.id JOIN event_series s ON s.owner = p.id
		WHERE `+where.sql, where.args...)
}

// Owners implements model.Filed. In the root nobody is counted: there it looks
// at the models.
func (s models) Owners(ctx context.Context, in []project.ID) ([]user.ID, error) {
	return s.db.owners(ctx, modelKind, "model", in)
}

// IDs implements model.Filed.
func (s models) IDs(ctx context.Context, in []project.ID) ([]model.ID, error) {
	where := filed(s.db.dialect, "project_id", in)
	return collect(ctx, s.db, scalar[model.ID], `SELECT id FROM model WHERE `+where.sql+` ORDER BY created, id`, where.args...)
}

// Refile implements model.Filed.
func (s models) Refile(ctx context.Context, from, to project.ID, by user.ID, at time.Time) (int, error) {
	n := int64(0)
	err := s.db.Tx(ctx, func(ctx context.Context) (err error) {
		if n, err = s.db.changed(ctx, `UPDATE model SET project_id = ?, last_change = ?, last_changed_by = ? WHERE project_id = ?`,
			null(to), millis(at), null(by), from); err != nil {
			return fmt.Errorf("file the models of %s under %q: %w", from, to, err)
		}
		return s.db.retally(ctx, modelKind, from, to)
	})
	return int(n), err
}
