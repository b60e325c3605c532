package sqlstore

import (
	"context"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// Tasks returns the store of tasks.
func (db *DB) Tasks() task.Store { return tasks{db} }

type tasks struct{ db *DB }

func noTask(id task.ID) error { return task.ErrNotFound.Errorf("there is no task %s", id) }

// Insert implements task.Store.
func (s tasks) Insert(ctx context.Context, t task.Task) error {
	values, err := taskValues(t)
	if err != nil {
		return err
	}
	docs, err := taskDocuments(t)
	if err != nil {
		return err
	}
	id := string(t.ID)
	return s.db.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.db.exec(ctx, insertTask, append([]any{id}, values...)...); err != nil {
			return err
		}
		if _, err := s.db.exec(ctx, `INSERT INTO task_document (task_id, script, configuration, script_diff) VALUES (?, ?, ?, ?)`,
			append([]any{id}, docs...)...); err != nil {
			return err
		}
		if err := taskTags.insert(ctx, s.db, id, tagged{t.Tags, t.SystemTags}); err != nil {
			return err
		}
		if err := s.changeParams(ctx, t.ID, nil, t.Hyperparams); err != nil {
			return err
		}
		return s.changeLinks(ctx, t.ID, task.Models{}, t.Models)
	})
}

// Get implements task.Store.
func (s tasks) Get(ctx context.Context, id task.ID) (task.Task, error) { return s.get(ctx, id, "") }

// Lock implements task.Store.
func (s tasks) Lock(ctx context.Context, id task.ID) (task.Task, error) {
	return s.get(ctx, id, s.db.dialect.lock("task"))
}

func (s tasks) get(ctx context.Context, id task.ID, lock string) (task.Task, error) {
	t, err := one(ctx, s.db, task.ErrNotFound, scanTask, selectTask+` WHERE task.id = ?`+lock, id)
	if err == task.ErrNotFound { //nolint:errorlint // it is the very value given above
		return task.Task{}, noTask(id)
	}
	if err != nil {
		return task.Task{}, err
	}
	found := []task.Task{t}
	err = s.attach(ctx, found, false)
	return found[0], err
}

// Standing implements task.Store.
func (s tasks) Standing(ctx context.Context, id task.ID) (task.Standing, error) {
	return s.standing(ctx, id, "")
}

// LockStanding implements task.Store.
func (s tasks) LockStanding(ctx context.Context, id task.ID) (task.Standing, error) {
	return s.standing(ctx, id, s.db.dialect.lock("task"))
}

func (s tasks) standing(ctx context.Context, id task.ID, lock string) (task.Standing, error) {
	return one(ctx, s.db, noTask(id), func(r scanner) (st task.Standing, err error) {
		return st, r.Scan(&st.Status, &st.Public)
	}, `SELECT status, public FROM task WHERE id = ?`+lock, id)
}

// Save implements task.Store.
func (s tasks) Save(ctx context.Context, t task.Task, what task.Part) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		if what&task.Row != 0 {
			if err := s.saveRow(ctx, t); err != nil {
				return err
			}
		} else if _, err := s.LockStanding(ctx, t.ID); err != nil {
			return err
		}
		if what&task.Tags != 0 {
			if err := taskTags.save(ctx, s.db, string(t.ID), tagged{t.Tags, t.SystemTags}); err != nil {
				return err
			}
		}
		if what&task.Parameters != 0 {
			if err := s.saveParams(ctx, t.ID, t.Hyperparams); err != nil {
				return err
			}
		}
		if what&task.Links != 0 {
			return s.saveLinks(ctx, t.ID, t.Models)
		}
		return nil
	})
}

func (s tasks) saveRow(ctx context.Context, t task.Task) error {
	values, err := taskValues(t)
	if err != nil {
		return err
	}
	docs, err := taskDocuments(t)
	if err != nil {
		return err
	}
	n, err := s.db.changed(ctx, updateTask, append(values, t.ID)...)
	if err := touchedNone(n, err, task.ErrNotFound); err != nil {
		if n == 0 && err == task.ErrNotFound { //nolint:errorlint // it is the very value given above
			return noTask(t.ID)
		}
		return err
	}
	_, err = s.db.exec(ctx, `UPDATE task_document SET script = ?, configuration = ?, script_diff = ? WHERE task_id = ?`, append(docs, t.ID)...)
	return err
}

// Touch implements task.Store.
func (s tasks) Touch(ctx context.Context, id task.ID, by user.ID, at time.Time) error {
	ms := at.UnixMilli()
	_, err := s.db.exec(ctx, `
		UPDATE task SET last_update = ?, last_change = ?, last_changed_by = ?,
			active_duration = CASE WHEN status = 'in_progress' AND started <= ? THEN (? - started) / 1000 ELSE active_duration END
		WHERE id = ? AND public = 0`, ms, ms, null(by), ms, ms, id)
	return err
}

// Delete implements task.Store.
func (s tasks) Delete(ctx context.Context, id task.ID) (children int, err error) {
	err = s.db.Tx(ctx, func(ctx context.Context) error {
		n, err := s.db.changed(ctx, `DELETE FROM task WHERE id = ?`, id)
		if err := touchedNone(n, err, noTask(id)); err != nil {
			return err
		}
		n, err = s.db.changed(ctx, `UPDATE task SET parent = ? WHERE parent = ?`, task.DeletedPrefix+id, id)
		children = int(n)
		return err
	})
	return children, err
}

// PublishedChildren implements task.Store.
func (s tasks) PublishedChildren(ctx context.Context, id task.ID) (int, error) {
	return one(ctx, s.db, nil, scalar[int], `SELECT count(*) FROM task WHERE parent = ? AND status = ?`, id, task.Published)
}

// Children implements task.Store.
func (s tasks) Children(ctx context.Context, id task.ID) ([]task.ID, error) {
	return collect(ctx, s.db, scalar[task.ID], `SELECT id FROM task WHERE parent = ? ORDER BY id`, id)
}

// Silent implements task.Store.
func (s tasks) Silent(ctx context.Context, since time.Time, limit int) ([]task.ID, error) {
	return collect(ctx, s.db, scalar[task.ID], `
		SELECT id FROM task WHERE status = ? AND last_update < ? AND public = 0 ORDER BY last_update, id LIMIT ?`,
		task.InProgress, since.UnixMilli(), limit)
}

// Types implements task.Store. It probes for each type that there is: reading
// them off the tasks would read all tasks.
func (s tasks) Types(ctx context.Context, in []project.ID) ([]task.Type, error) {
	types := task.Types()
	var args []any
	for _, t := range types {
		args = append(args, t)
	}
	where := ""
	if in != nil {
		cond, arg := among(s.db.dialect, "task.project_id", in)
		where, args = ` AND `+cond, append(args, arg)
	}
	return collect(ctx, s.db, scalar[task.Type], `
		SELECT t.column1 FROM (VALUES (?)`+strings.Repeat(`, (?)`, len(types)-1)+`) AS t
		WHERE EXISTS (SELECT 1 FROM task WHERE task.type = t.column1`+where+`)
		ORDER BY t.column1`, args...)
}

// List implements task.Store.
func (s tasks) List(ctx context.Context, q task.Query) ([]task.Task, error) {
	var own []cond
	if !q.IncludeHidden {
		own = append(own, untagged(taskSource, taskTags, task.Hidden))
	}
	ids, err := s.db.page(ctx, taskSource, own, q.Request)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	sel, scan := selectTask, scanTask
	if q.Bare {
		sel, scan = selectBareTask, scanBareTask
	}
	where, arg := among(s.db.dialect, "task.id", ids)
	found, err := collect(ctx, s.db, scan, sel+` WHERE `+where, arg)
	if err != nil {
		return nil, err
	}
	found = inOrder(ids, found, func(t task.Task) string { return string(t.ID) })
	return found, s.attach(ctx, found, q.Bare)
}

// taskSource maps task.Fields to columns.
var taskSource = source{
	table: "task",
	fields: map[string]field{
		"id":              idField("task.id"),
		"name":            nameField("task.name"),
		"comment":         noteField("task.comment"),
		"user":            within(refField("task.user_id"), "last_update"),
		"project":         within(refField("task.project_id"), "last_update"),
		"parent":          within(refField("task.parent"), ""),
		"type":            within(textField("task.type"), ""),
		"status":          within(textField("task.status"), "last_update"),
		"tags":            tagField(taskTags, 0),
		"system_tags":     tagField(taskTags, 1),
		"created":         timeField("task.created"),
		"started":         maybeTimeField("task.started"),
		"completed":       maybeTimeField("task.completed"),
		"published":       maybeTimeField("task.published"),
		"last_update":     timeField("task.last_update"),
		"last_change":     timeField("task.last_change"),
		"status_changed":  timeField("task.status_changed"),
		"active_duration": {kind: query.Number, value: "task.active_duration", null: true},
		"last_iteration": {
			kind:  query.Number,
			value: "coalesce((SELECT p.last_iteration FROM event_progress p WHERE p.target = task.id), 0)",
		},
		"status_reason":     textField("task.status_reason"),
		"status_message":    textField("task.status_message"),
		"script.repository": textField("task.script_repository"),
		"script.branch":     textField("task.script_branch"),
		"execution.queue":   within(refField("task.execution_queue"), ""),
	},
	family: map[string]func(string) (field, bool){"hyperparams": paramField},
}

// paramField is the field "hyperparams.<section>.<name>", with or without
// ".value" behind it. A dot within a section or name is written as %2E.
func paramField(path string) (field, bool) {
	parts := strings.Split(path, ".")
	if len(parts) == 3 && parts[2] == "value" {
		parts = parts[:2]
	}
	if len(parts) != 2 {
		return field{}, false
	}
	for i := range parts {
		parts[i] = clean(paramEscapes.Replace(parts[i]))
	}
	return field{
		kind: query.Text, value: "v.value", number: "v.number", long: true,
		rows: &rows{table: "task_param", owner: "task_id", where: "v.section = ? AND v.name = ?", args: []any{parts[0], parts[1]}},
	}, true
}

// paramEscapes undoes the escapes of path parts, see docs/protocol.
var paramEscapes = strings.NewReplacer("%%", "%", "%2E", ".", "%24", "$", "%_", "_")
