package sqlstore

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
)

// share is what one thing adds to the tally of its project; without a project
// nothing.
type share struct {
	project  project.ID
	kind     string
	user     string
	kindOf   string // the type of a task
	status   string
	archived bool
	seconds  int64
}

// The kinds of things that are counted.
const taskKind = "task"

// taskShare is what a task adds.
func taskShare(t task.Task, archived bool) share {
	return share{
		project: t.Project, kind: taskKind, user: clean(string(t.User)), kindOf: string(t.Type), status: string(t.Status), archived: archived,
		seconds: runtimeOf(t.Started, t.Completed),
	}
}

// runtimeOf is how long a run took, in whole seconds; 0 if it has not ended.
func runtimeOf(started, completed time.Time) int64 {
	if started.IsZero() || completed.IsZero() || !completed.After(started) {
		return 0
	}
	return (completed.UnixMilli() - started.UnixMilli()) / 1000
}

// tally notes that a thing that was counted as from is now to be counted as to.
// Either may be zero.
func (db *DB) tally(ctx context.Context, from, to share) error {
	if from == to {
		return nil
	}
	type change struct {
		share
		number int64
	}
	var changes []change
	if from.project != "" {
		from.seconds = -from.seconds
		changes = append(changes, change{from, -1})
	}
	if to.project != "" {
		changes = append(changes, change{to, 1})
	}
	if len(changes) == 2 {
		a, b := changes[0].share, changes[1].share
		a.seconds, b.seconds = 0, 0
		if a == b { // one row, which may be written once in a statement
			changes = []change{{to, 0}}
			changes[0].seconds = from.seconds + to.seconds
		}
	}
	if len(changes) == 0 {
		return nil
	}
	var args []any
	for _, c := range changes {
		args = append(args, string(c.project), c.kind, c.user, c.kindOf, c.status, truthful(c.archived), c.number, c.seconds)
	}
	_, err := db.exec(ctx, `
		INSERT INTO project_tally (project_id, kind, user_id, type, status, archived, number, seconds)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`+strings.Repeat(`, (?, ?, ?, ?, ?, ?, ?, ?)`, len(changes)-1)+`
		ON CONFLICT (project_id, kind, user_id, type, status, archived) DO UPDATE SET
			number = project_tally.number + excluded.number, seconds = project_tally.seconds + excluded.seconds`, args...)
	return err
}

// truthful is a truth as stored.
func truthful(holds bool) int {
	if holds {
		return 1
	}
	return 0
}

// retally counts all things of a kind in one project with those of another, or
// "" for no project.
func (db *DB) retally(ctx context.Context, kind string, from, to project.ID) error {
	if to != "" {
		if _, err := db.exec(ctx, `
			INSERT INTO project_tally (project_id, kind, user_id, type, status, archived, number, seconds)
			SELECT CAST(? AS TEXT), kind, user_id, type, status, archived, number, seconds FROM project_tally WHERE project_id = ? AND kind = ?
			ON CONFLICT (project_id, kind, user_id, type, status, archived) DO UPDATE SET
				number = project_tally.number + excluded.number, seconds = project_tally.seconds + excluded.seconds`, to, from, kind); err != nil {
			return err
		}
	}
	_, err := db.exec(ctx, `DELETE FROM project_tally WHERE project_id = ? AND kind = ?`, from, kind)
	return err
}

// held returns how many things of a kind there are in the projects, by sort;
// nil means all projects.
func (db *DB) held(ctx context.Context, kind string, in []project.ID) ([]project.Held, error) {
	where, args := `kind = ? AND number > 0`, []any{kind}
	if in != nil {
		cond, arg := among(db.dialect, "project_id", in)
		where, args = where+` AND `+cond, append(args, arg)
	}
	return collect(ctx, db, func(s scanner) (h project.Held, err error) {
		return h, s.Scan(&h.Project, &h.User, &h.Type, &h.Archived, &h.Number)
	}, `SELECT project_id, user_id, type, archived, CAST(sum(number) AS BIGINT) FROM project_tally WHERE `+where+`
		GROUP BY project_id, user_id, type, archived ORDER BY project_id, user_id, type, archived`, args...)
}

// filed holds for rows in one of the projects, of which "" is the root; nil
// means everywhere.
func filed(d dialect, column string, in []project.ID) cond {
	if in == nil {
		return always
	}
	var parts []cond
	if slices.Contains(in, "") {
		parts = append(parts, when(column+" IS NULL"))
		in = slices.DeleteFunc(slices.Clone(in), func(id project.ID) bool { return id == "" })
	}
	if len(in) > 0 {
		parts = append(parts, when(among(d, column, in)))
	}
	return join(" OR ", never, parts)
}
