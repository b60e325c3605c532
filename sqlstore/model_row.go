package sqlstore

import (
	"strings"

	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/model"
)

// modelColumns are the columns of a model's row but for its id, in the order of
// modelValues.
var modelColumns = []string{
	"name", "name_fold", "comment", "comment_fold", "uri", "place", "path_key", "framework", "task_id", "parent", "project_id", "user_id",
	"ready", "public", "created", "last_update", "last_change", "last_changed_by", "iteration", "labels", "cache", "design",
}

var (
	insertModel = `INSERT INTO model (id, archived, ` + strings.Join(modelColumns, ", ") + `) VALUES (?, ?` + strings.Repeat(", ?", len(modelColumns)) + `)`
	updateModel = `UPDATE model SET ` + strings.Join(modelColumns, " = ?, ") + ` = ? WHERE id = ?`
)

func modelValues(m model.Model) ([]any, error) {
	docs, err := documents(m.Labels, m.Cache, m.Design)
	if err != nil {
		return nil, err
	}
	var path any
	if m.Address.IsOwn() {
		path = key(m.Address.Path)
	}
	return append([]any{
		m.Name, query.Fold(m.Name), m.Comment, query.Fold(m.Comment), m.Address.String(), m.Address.Canonical(), path, m.Framework,
		null(m.Task), null(m.Parent), null(m.Project), null(m.User),
		truthful(m.Ready), truthful(m.Public), millis(m.Created), millis(m.LastUpdate), millis(m.LastChange), null(m.LastChangedBy), m.Iteration,
	}, docs...), nil
}

const (
	modelRowColumns = `model.id, model.name, model.comment, model.uri, model.framework, model.task_id, model.parent, model.project_id, model.user_id,
		model.ready, model.public, model.created, model.last_update, model.last_change, model.last_changed_by, model.iteration, model.labels`
	modelDesign = `, model.cache, model.design`
)

// selectModel reads the parts of models that are columns of theirs, and
// scanModel takes them.
func selectModel(what model.Part) string {
	columns := modelRowColumns
	if what&model.Design != 0 {
		columns += modelDesign
	}
	return `SELECT ` + columns + ` FROM model`
}

func scanModel(what model.Part) func(scanner) (model.Model, error) {
	return func(s scanner) (m model.Model, err error) {
		to := modelRow(&m)
		if what&model.Design != 0 {
			to = append(to, exact{&m.Cache}, exact{&m.Design})
		}
		return m, s.Scan(to...)
	}
}

// modelRow takes modelRowColumns.
func modelRow(m *model.Model) []any {
	return []any{
		&m.ID, &m.Name, &m.Comment,
		address{&m.Address},
		&m.Framework, nullable(&m.Task), nullable(&m.Parent), nullable(&m.Project), nullable(&m.User),
		&m.Ready, &m.Public,
		clock{&m.Created},
		clock{&m.LastUpdate},
		clock{&m.LastChange},
		nullable(&m.LastChangedBy), &m.Iteration,
		parsed{&m.Labels},
	}
}
