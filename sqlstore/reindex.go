package sqlstore

import (
	"context"
	"fmt"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/task"
)

// indexRules counts the rules by which the program derives what searches need:
// words, runs of letters, comments, sort keys. It grows with each change of them, and
// then everything is derived anew at the next start.
const indexRules = "2"

// reindexed names the setting that holds the rules of the database.
const reindexed = "search.rules"

// reindexSlice is how many rows are read at once: their texts may be long.
const reindexSlice = 500

// reindex derives what searches need, if that was done by other rules or not
// at all. It is one transaction: of several servers that start together, one
// does the work and the others find it done.
func (db *DB) reindex(ctx context.Context) error {
	rules, err := users{db}.Setting(ctx, reindexed)
	if err != nil || rules == indexRules {
		return err
	}
	return db.Tx(ctx, func(ctx context.Context) error {
		rules, err := users{db}.Setting(ctx, reindexed)
		if err != nil || rules == indexRules {
			return err
		}
		if err := (users{db}).SetSetting(ctx, reindexed, indexRules); err != nil {
			return err
		}
		for _, table := range []string{"task_name", "task_name_trigram", "task_word", "task_comment", "project_word", "artifact_name", "artifact_name_trigram", "artifact_metadata", "model_name", "model_name_trigram", "model_word", "model_comment"} {
			if _, err := db.exec(ctx, `DELETE FROM `+table); err != nil {
				return fmt.Errorf("empty the index %s: %w", table, err)
			}
		}
		for _, of := range []func(context.Context, *DB, string) (string, error){reindexTasks, reindexProjects, reindexParams, reindexArtifacts, reindexMetadata, reindexModels, reindexItems} {
			for last := ""; ; {
				next, err := of(ctx, db, last)
				if err != nil {
					return fmt.Errorf("derive what searches need: %w", err)
				}
				if next == "" {
					break
				}
				last = next
			}
		}
		return nil
	})
}

// slice reads the rows after a key and hands each to fn. It returns the last
// key, "" if there was none.
func slice[T any](ctx context.Context, db *DB, scan func(scanner) (T, error), key func(T) string, fn func(T) error, text string, args ...any) (string, error) {
	rows, err := collect(ctx, db, scan, text+fmt.Sprintf(" LIMIT %d", reindexSlice), args...)
	if err != nil || len(rows) == 0 {
		return "", err
	}
	for _, r := range rows {
		if err := fn(r); err != nil {
			return "", err
		}
	}
	return key(rows[len(rows)-1]), nil
}

func reindexTasks(ctx context.Context, db *DB, after string) (string, error) {
	return slice(ctx, db, func(s scanner) (t task.Task, err error) {
		return t, s.Scan(&t.ID, &t.Name, &t.Comment, &t.Script.Repository, &t.Script.EntryPoint)
	}, func(t task.Task) string { return string(t.ID) }, func(t task.Task) error {
		return tasks{db}.reword(ctx, string(t.ID), task.Task{}, t)
	}, `SELECT id, name, comment, script_repository, script_entry_point FROM task WHERE id > ? ORDER BY id`, after)
}

func reindexProjects(ctx context.Context, db *DB, after string) (string, error) {
	type row struct {
		id string
		note
	}
	return slice(ctx, db, func(s scanner) (r row, err error) {
		return r, s.Scan(&r.id, &r.name, &r.description)
	}, func(r row) string { return r.id }, func(r row) error {
		return projectWords.change(ctx, db, r.id, nil, projectTexts(r.name, r.description))
	}, `SELECT id, name, description FROM project WHERE id > ? ORDER BY id`, after)
}

// reindexParams goes by task: a task has few parameters as a rule.
func reindexParams(ctx context.Context, db *DB, after string) (string, error) {
	type row struct{ task, section, name, value string }
	return slice(ctx, db, scalar[string], func(id string) string { return id }, func(id string) error {
		params, err := collect(ctx, db, func(s scanner) (r row, err error) {
			return r, s.Scan(&r.task, &r.section, &r.name, &r.value)
		}, `SELECT task_id, section, name, value FROM task_param WHERE task_id = ?`, id)
		if err != nil {
			return err
		}
		for _, p := range params {
			if _, err := db.exec(ctx, `UPDATE task_param SET sort_key = ? WHERE task_id = ? AND section = ? AND name = ?`,
				sortKey(p.value), p.task, p.section, p.name); err != nil {
				return err
			}
		}
		return nil
	}, `SELECT id FROM task WHERE id > ? ORDER BY id`, after)
}

func reindexArtifacts(ctx context.Context, db *DB, after string) (string, error) {
	return slice(ctx, db, scalar[string], func(name string) string { return name }, func(name string) error {
		if _, err := db.exec(ctx, `UPDATE artifact SET key_fold = ? WHERE key = ?`, query.Fold(name), name); err != nil {
			return err
		}
		return artifactNames.add(ctx, db, name)
	}, `SELECT DISTINCT key FROM artifact WHERE key > ? ORDER BY key`, after)
}

func reindexMetadata(ctx context.Context, db *DB, after string) (string, error) {
	return slice(ctx, db, func(s scanner) (v artifact.Version, err error) {
		return v, s.Scan(&v.ID, parsed{&v.Metadata})
	}, func(v artifact.Version) string { return fmt.Sprint(v.ID) }, func(v artifact.Version) error {
		return artifacts{db}.addMetadata(ctx, v.ID, v.Metadata)
	}, `SELECT id, metadata FROM artifact_version WHERE id > ? AND metadata IS NOT NULL ORDER BY id`, whole(after))
}

func reindexModels(ctx context.Context, db *DB, after string) (string, error) {
	return slice(ctx, db, scanFormerModel, func(m formerModel) string { return string(m.ID) }, func(m formerModel) error {
		return models{db}.reword(ctx, string(m.ID), model.Model{}, m.Model)
	}, selectFormerModel+` WHERE id > ? ORDER BY id`, after)
}

// reindexItems goes by model: a model has little metadata as a rule.
func reindexItems(ctx context.Context, db *DB, after string) (string, error) {
	return slice(ctx, db, scalar[string], func(id string) string { return id }, func(id string) error {
		items, err := models{db}.loadItems(ctx, []string{id})
		if err != nil {
			return err
		}
		for key, it := range items[id] {
			if _, err := db.exec(ctx, `UPDATE model_metadata SET sort_key = ? WHERE model_id = ? AND key = ?`, sortKey(it.Value), id, key); err != nil {
				return err
			}
		}
		return nil
	}, `SELECT id FROM model WHERE id > ? ORDER BY id`, after)
}

// whole reads a key that is a number; "" is 0.
func whole(text string) (n int64) {
	_, _ = fmt.Sscan(text, &n)
	return n
}
