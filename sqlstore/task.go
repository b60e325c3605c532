package sqlstore

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

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
		user.Note(ctx, user.TaskObject, id, "")
		archived := slices.Contains(t.SystemTags, task.Archived)
		if _, err := s.db.exec(ctx, insertTask, append([]any{id, truthful(archived)}, values...)...); err != nil {
			return err
		}
		if err := s.db.tally(ctx, share{}, taskShare(t, archived)); err != nil {
			return err
		}
		if _, err := s.db.exec(ctx, `INSERT INTO task_document (task_id, script, configuration, script_diff) VALUES (?, ?, ?, ?)`,
			append([]any{id}, docs...)...); err != nil {
			return err
		}
		if err := s.reword(ctx, id, task.Task{}, t); err != nil {
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
	t, err := one(ctx, s.db, task.ErrNotFound, scanTask(task.All), selectTask(task.All)+` WHERE task.id = ?`+lock, id)
	if err == task.ErrNotFound { //nolint:errorlint // it is the very value given above
		return task.Task{}, noTask(id)
	}
	if err != nil {
		return task.Task{}, err
	}
	found := []task.Task{t}
	err = s.attach(ctx, found, task.All)
	return found[0], err
}

// Standing implements task.Store.
func (s tasks) Standing(ctx context.Context, id task.ID) (task.Standing, error) {
	return s.standing(ctx, id, "")
}

// Standings implements task.Store.
func (s tasks) Standings(ctx context.Context, ids []task.ID) (map[task.ID]task.Standing, error) {
	out := make(map[task.ID]task.Standing, len(ids))
	where, arg := among(s.db.dialect, "id", ids)
	_, err := collect(ctx, s.db, func(r scanner) (id task.ID, err error) {
		var st task.Standing
		err = r.Scan(&id, &st.Status, &st.Public)
		out[id] = st
		return id, err
	}, `SELECT id, status, public FROM task WHERE `+where, arg)
	return out, err
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
		user.Note(ctx, user.TaskObject, string(t.ID), "")
		before, err := one(ctx, s.db, noTask(t.ID), scanFormer, selectFormer+` WHERE id = ?`+s.db.dialect.lock("task"), t.ID)
		if err != nil {
			return err
		}
		if what&task.Row != 0 {
			if err := s.saveRow(ctx, before, t); err != nil {
				return err
			}
		}
		if what&task.Tags != 0 {
			if err := taskTags.save(ctx, s.db, string(t.ID), tagged{t.Tags, t.SystemTags}); err != nil {
				return err
			}
		}
		if err := s.recount(ctx, before, t, what); err != nil {
			return err
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

func (s tasks) saveRow(ctx context.Context, before former, t task.Task) error {
	values, err := taskValues(t)
	if err != nil {
		return err
	}
	docs, err := taskDocuments(t)
	if err != nil {
		return err
	}
	if _, err := s.db.exec(ctx, updateTask, append(values, t.ID)...); err != nil {
		return err
	}
	if err := s.reword(ctx, string(t.ID), before.Task, t); err != nil {
		return err
	}
	_, err = s.db.exec(ctx, `UPDATE task_document SET script = ?, configuration = ?, script_diff = ? WHERE task_id = ?`, append(docs, t.ID)...)
	return err
}

// recount counts a task that was saved where it belongs now.
func (s tasks) recount(ctx context.Context, before former, t task.Task, what task.Part) error {
	archived := before.archived
	if what&task.Tags != 0 {
		archived = slices.Contains(t.SystemTags, task.Archived)
	}
	if archived != before.archived {
		if _, err := s.db.exec(ctx, `UPDATE task SET archived = ? WHERE id = ?`, truthful(archived), t.ID); err != nil {
			return err
		}
	}
	if what&task.Row == 0 {
		t = before.Task
	}
	return s.db.tally(ctx, taskShare(before.Task, before.archived), taskShare(t, archived))
}

// former is what a change of a task needs to know of how it was: what searches
// go by, and what it is counted as.
type former struct {
	task.Task
	archived bool
}

const (
	formerColumns = `name, comment, script_repository, script_entry_point, project_id, user_id, type, status, started, completed, archived`
	selectFormer  = `SELECT ` + formerColumns + ` FROM task`
)

func scanFormer(s scanner) (f former, err error) {
	return f, s.Scan(&f.Name, &f.Comment, &f.Script.Repository, &f.Script.EntryPoint, nullable(&f.Project), nullable(&f.User), &f.Type, &f.Status,
		clock{&f.Started}, clock{&f.Completed}, &f.archived)
}

// reword brings up to date what searches know of a task.
func (s tasks) reword(ctx context.Context, id string, before, now task.Task) error {
	if before.Name != now.Name {
		if err := taskNames.add(ctx, s.db, now.Name); err != nil {
			return err
		}
		if before.Name != "" {
			if err := taskNames.drop(ctx, s.db, before.Name); err != nil {
				return err
			}
		}
	}
	if err := taskComments.change(ctx, s.db, id, before.Comment, now.Comment); err != nil {
		return err
	}
	from, to := taskTexts(before), taskTexts(now)
	if slices.Equal(from, to) {
		return nil
	}
	return taskWords.change(ctx, s.db, id, from, to)
}

// taskTexts are what a word search looks at.
func taskTexts(t task.Task) []weighed {
	return []weighed{{t.Name, nameWeight}, {t.Comment, nameWeight}, {t.Script.Repository, codeWeight}, {t.Script.EntryPoint, codeWeight}}
}

// Touch implements task.Store.
func (s tasks) Touch(ctx context.Context, id task.ID, by user.ID, at time.Time) error {
	ms := at.UnixMilli()
	_, err := s.db.exec(ctx, touch+`id = ?`, ms, ms, null(by), ms, ms, id)
	return err
}

const touch = `
	UPDATE task SET last_update = ?, last_change = ?, last_changed_by = ?,
		active_duration = CASE WHEN status = 'in_progress' AND started <= ? THEN (? - started) / 1000 ELSE active_duration END
	WHERE public = 0 AND `

// TouchOld implements task.Store.
func (s tasks) TouchOld(ctx context.Context, ids []task.ID, by user.ID, at, notAfter time.Time) error {
	ms := at.UnixMilli()
	where, arg := among(s.db.dialect, "id", ids)
	_, err := s.db.exec(ctx, touch+where+` AND last_update <= ?`, ms, ms, null(by), ms, ms, arg, notAfter.UnixMilli())
	return err
}

// Delete implements task.Store.
func (s tasks) Delete(ctx context.Context, id task.ID) (children int, err error) {
	err = s.db.Tx(ctx, func(ctx context.Context) error {
		user.Note(ctx, user.TaskObject, string(id), "")
		before, err := one(ctx, s.db, noTask(id), scanFormer, `DELETE FROM task WHERE id = ? RETURNING `+formerColumns, id)
		if err != nil {
			return err
		}
		if err := taskNames.drop(ctx, s.db, before.Name); err != nil {
			return err
		}
		if err := s.db.tally(ctx, taskShare(before.Task, before.archived), share{}); err != nil {
			return err
		}
		n, err := s.db.changed(ctx, `UPDATE task SET parent = ? WHERE parent = ?`, task.DeletedPrefix+id, id)
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
	ids, rows, err := s.db.numberedPage(ctx, taskSource, s.own(q), q.Request)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	what := cmp.Or(q.Parts, task.All)
	if what == task.Heading {
		return s.headings(ctx, ids)
	}
	found, err := s.read(ctx, ids, rows, what)
	if err != nil {
		return nil, err
	}
	return found, s.attach(ctx, found, what)
}

// headings returns tasks with id and name alone, in the order of their ids.
func (s tasks) headings(ctx context.Context, ids []string) ([]task.Task, error) {
	where, arg := among(s.db.dialect, "id", ids)
	found, err := collect(ctx, s.db, func(r scanner) (t task.Task, err error) { return t, r.Scan(&t.ID, &t.Name) },
		`SELECT id, name FROM task`+s.db.dialect.by("task_heading")+` WHERE `+where, arg)
	return inOrder(ids, found, idOfTask), err
}

func idOfTask(t task.Task) string { return string(t.ID) }

// read returns the rows of tasks in the order of their ids. By their numbers they
// are found without the index of the ids, which has a page for each; the id is
// checked, since a number is given again when the task with the greatest is gone.
func (s tasks) read(ctx context.Context, ids []string, rows []int64, what task.Part) ([]task.Task, error) {
	load := func(where string, arg any) ([]task.Task, error) {
		found, err := collect(ctx, s.db, scanTask(what), selectTask(what)+` WHERE `+where, arg)
		return inOrder(ids, found, idOfTask), err
	}
	if len(rows) == len(ids) && !slices.Contains(rows, 0) {
		found, err := load(s.db.dialect.inInts("task."+s.db.dialect.rowNumber()), list(rows))
		if err != nil || slices.EqualFunc(ids, found, func(id string, t task.Task) bool { return id == idOfTask(t) }) {
			return found, err
		}
	}
	return load(among(s.db.dialect, "task.id", ids))
}

// own are the conditions of a query beside its filter.
func (tasks) own(q task.Query) []cond {
	if q.IncludeHidden {
		return nil
	}
	return []cond{when("task.hidden = 0")}
}
