package sqlstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// Count implements task.Store.
func (s tasks) Count(ctx context.Context, q task.Query, limit int) (int, error) {
	return s.db.total(ctx, taskSource, s.own(q), q.Request, limit)
}

// Held implements task.Filed.
func (s tasks) Held(ctx context.Context, in []project.ID) ([]project.Held, error) {
	return s.db.held(ctx, taskKind, in)
}

// unended are the statuses of runs that did not end well, or not yet.
const unended = `('queued', 'in_progress', 'failed')`

// Summaries implements task.Filed.
func (s tasks) Summaries(ctx context.Context, q task.Summing) (map[project.ID]task.Summary, error) {
	out := make(map[project.ID]task.Summary, len(q.Projects))
	if len(q.Projects) == 0 {
		return out, nil
	}
	if q.Filter == nil && q.Living {
		return out, s.sumTallies(ctx, q, out)
	}
	own := []cond{filed(s.db.dialect, "task.project_id", q.Projects), when("task.project_id IS NOT NULL")}
	if q.Living {
		own = append(own, when("task.archived = 0"))
	}
	if q.Users != nil {
		own = append(own, when(among(s.db.dialect, "task.user_id", q.Users)))
	}
	p, err := s.db.prepare(ctx, taskSource, own, query.Request{Filter: q.Filter})
	if err != nil {
		return nil, err
	}
	where := all(p.where...)
	rows, err := collect(ctx, s.db, scanSum, `
		SELECT task.project_id, task.status, count(*),
			CAST(sum(CASE WHEN task.completed > task.started THEN (task.completed - task.started) / 1000 ELSE 0 END) AS BIGINT),
			max(task.started),
			CAST(sum(CASE WHEN task.completed >= ? AND task.status NOT IN `+unended+` THEN 1 ELSE 0 END) AS BIGINT)
		FROM task WHERE `+where.sql+` GROUP BY task.project_id, task.status`, append([]any{q.Since.UnixMilli()}, where.args...)...)
	for _, r := range rows {
		out[r.project] = out[r.project].Add(r.summary())
	}
	return out, err
}

// sum is what the tasks of one status come to.
type sum struct {
	project project.ID
	status  task.Status
	number  int
	seconds int64
	lastRun time.Time
	recent  int
}

func scanSum(s scanner) (r sum, err error) {
	return r, s.Scan(&r.project, &r.status, &r.number, &r.seconds, clock{&r.lastRun}, &r.recent)
}

func (r sum) summary() task.Summary {
	out := task.Summary{Seconds: r.seconds, LastRun: r.lastRun, Recent: r.recent}
	if r.number > 0 {
		out.Number = map[task.Status]int{r.status: r.number}
	}
	return out
}

// sumTallies adds up what is counted already; of runs it probes for the last.
func (s tasks) sumTallies(ctx context.Context, q task.Summing, out map[project.ID]task.Summary) error {
	in, arg := among(s.db.dialect, "t.project_id", q.Projects)
	by, args := "", []any{arg}
	if q.Users != nil {
		cond, arg := among(s.db.dialect, "t.user_id", q.Users)
		by, args = ` AND `+cond, append(args, arg)
	}
	rows, err := collect(ctx, s.db, func(s scanner) (r sum, err error) {
		return r, s.Scan(&r.project, &r.status, &r.number, &r.seconds)
	}, `SELECT t.project_id, t.status, CAST(sum(t.number) AS BIGINT), CAST(sum(t.seconds) AS BIGINT) FROM project_tally t
		WHERE t.kind = '`+taskKind+`' AND t.archived = 0 AND t.number > 0 AND `+in+by+` GROUP BY t.project_id, t.status`, args...)
	if err != nil {
		return err
	}
	in, arg = among(s.db.dialect, "p.id", q.Projects)
	args = nil
	for range 2 {
		if args = append(args, q.Since.UnixMilli()); q.Users != nil {
			args = append(args, list(q.Users))
		}
	}
	if by = ""; q.Users != nil {
		by = " AND " + s.db.dialect.in("t.user_id")
	}
	args = append(args[1:], arg)
	runs, err := collect(ctx, s.db, func(s scanner) (r sum, err error) {
		return r, s.Scan(&r.project, clock{&r.lastRun}, &r.recent)
	}, `SELECT p.id,
			(SELECT max(t.started) FROM task t WHERE t.project_id = p.id AND t.archived = 0 AND t.started IS NOT NULL`+by+`),
			(SELECT count(*) FROM task t WHERE t.project_id = p.id AND t.archived = 0 AND t.completed IS NOT NULL
				AND t.completed >= ? AND t.status NOT IN `+unended+by+`)
		FROM project p WHERE `+in, args...)
	for _, r := range append(rows, runs...) {
		out[r.project] = out[r.project].Add(r.summary())
	}
	return err
}

// Latest implements task.Filed.
func (s tasks) Latest(ctx context.Context, in []project.ID) (map[project.ID]map[string]any, error) {
	type row struct {
		project project.ID
		runtime map[string]any
	}
	where, arg := among(s.db.dialect, "p.id", in)
	rows, err := collect(ctx, s.db, func(s scanner) (r row, err error) {
		return r, s.Scan(&r.project, exact{&r.runtime})
	}, `SELECT p.id, (SELECT t.runtime FROM task t WHERE t.project_id = p.id AND t.archived = 0 AND t.runtime IS NOT NULL
			ORDER BY t.last_update DESC, t.id LIMIT 1) FROM project p WHERE `+where, arg)
	out := make(map[project.ID]map[string]any, len(rows))
	for _, r := range rows {
		if r.runtime != nil {
			out[r.project] = r.runtime
		}
	}
	return out, err
}

// Tags implements task.Filed.
func (s tasks) Tags(ctx context.Context, in []project.ID, filter query.Filter) (project.Tags, error) {
	return taskTags.inUse(ctx, s.db, taskSource, filed(s.db.dialect, "task.project_id", in), filter)
}

// Params implements task.Filed.
func (s tasks) Params(ctx context.Context, in []project.ID) ([]task.Param, error) {
	// Of all tasks it goes from one name to the next: reading them off the
	// tasks would read all tasks.
	text := `
		WITH RECURSIVE chapter (section) AS (
			SELECT min(p.section) FROM task_param p
			UNION ALL SELECT (SELECT min(p.section) FROM task_param p WHERE p.section > chapter.section) FROM chapter WHERE chapter.section IS NOT NULL
		), known (section, name) AS (
			SELECT chapter.section, (SELECT min(p.name) FROM task_param p WHERE p.section = chapter.section) FROM chapter WHERE chapter.section IS NOT NULL
			UNION ALL SELECT known.section, (SELECT min(p.name) FROM task_param p WHERE p.section = known.section AND p.name > known.name)
			FROM known WHERE known.name IS NOT NULL
		)
		SELECT section, name FROM known WHERE name IS NOT NULL`
	var args []any
	if in != nil {
		where := filed(s.db.dialect, "task.project_id", in)
		text, args = `SELECT DISTINCT p.section, p.name FROM task JOIN task_param p ON p.task_id = task.id WHERE `+where.sql, where.args
	}
	found, err := collect(ctx, s.db, func(s scanner) (p task.Param, err error) { return p, s.Scan(&p.Section, &p.Name) }, text, args...)
	slices.SortFunc(found, func(a, b task.Param) int {
		return cmp.Or(cmp.Compare(a.Section, b.Section), cmp.Compare(a.Name, b.Name))
	})
	return found, err
}

// ParamValues implements task.Filed.
func (s tasks) ParamValues(ctx context.Context, in []project.ID, section, name string) ([]string, error) {
	where := all(filed(s.db.dialect, "task.project_id", in), when("p.section = ? AND p.name = ?", section, name))
	return collect(ctx, s.db, func(s scanner) (v string, err error) { return v, s.Scan(&v, &skipped{}, &skipped{}) }, `
		SELECT DISTINCT p.value, p.number, p.sort_key FROM task_param p JOIN task ON task.id = p.task_id WHERE `+where.sql+`
		ORDER BY p.number NULLS LAST, p.sort_key NULLS LAST, p.value`, where.args...)
}

// skipped takes a column that is only sorted by.
type skipped struct{}

// Scan implements sql.Scanner.
func (*skipped) Scan(any) error { return nil }

// Metrics implements task.Filed.
func (s tasks) Metrics(ctx context.Context, in []project.ID) ([]task.Series, error) {
	if in != nil {
		return s.metrics(ctx, filed(s.db.dialect, "task.project_id", in))
	}
	return s.series(ctx, allSeries("task"))
}

// allSeries selects the names of the curves of all rows of a noun. It goes from
// one name to the next: reading them off the rows would read all rows.
func allSeries(of string) string {
	return `
		WITH RECURSIVE known (name_key) AS (
			SELECT min(s.name_key) FROM event_series s
			UNION ALL SELECT (SELECT min(s.name_key) FROM event_series s WHERE s.name_key > known.name_key) FROM known WHERE known.name_key IS NOT NULL
		)
		SELECT s.metric, s.variant FROM known JOIN event_series s ON s.id = (
			SELECT e.id FROM event_series e JOIN event_progress p ON p.id = e.owner JOIN ` + of + ` o ON o.id = p.target WHERE e.name_key = known.name_key LIMIT 1)`
}

// MetricsOf implements task.Filed.
func (s tasks) MetricsOf(ctx context.Context, ids []task.ID) ([]task.Series, error) {
	return s.metrics(ctx, when(among(s.db.dialect, "task.id", ids)))
}

func (s tasks) metrics(ctx context.Context, where cond) ([]task.Series, error) {
	return s.series(ctx, `
		SELECT DISTINCT s.metric, s.variant FROM task JOIN event_progress p ON p.target = task.id JOIN event_series s ON s.owner = p.id
		WHERE `+where.sql, where.args...)
}

func (s tasks) series(ctx context.Context, text string, args ...any) ([]task.Series, error) {
	found, err := collect(ctx, s.db, func(s scanner) (n task.Series, err error) { return n, s.Scan(&n.Metric, &n.Variant) }, text, args...)
	slices.SortFunc(found, func(a, b task.Series) int {
		return cmp.Or(cmp.Compare(a.Metric, b.Metric), cmp.Compare(a.Variant, b.Variant))
	})
	return found, err
}

// Homes implements task.Filed.
func (s tasks) Homes(ctx context.Context, filter query.Filter, users []user.ID) ([]project.ID, error) {
	own := []cond{when("task.project_id IS NOT NULL")}
	if users != nil {
		own = append(own, when(among(s.db.dialect, "task.user_id", users)))
	}
	p, err := s.db.prepare(ctx, taskSource, own, query.Request{Filter: filter})
	if err != nil {
		return nil, err
	}
	where := all(p.where...)
	return collect(ctx, s.db, scalar[project.ID], `SELECT DISTINCT task.project_id FROM task WHERE `+where.sql+` ORDER BY task.project_id`, where.args...)
}

// Owners implements task.Filed. In the root nobody is counted: there it looks
// at the tasks.
func (s tasks) Owners(ctx context.Context, in []project.ID) ([]user.ID, error) {
	return s.db.owners(ctx, taskKind, "task", in)
}

// owners are those who have things of a kind in the projects.
func (db *DB) owners(ctx context.Context, kind, table string, in []project.ID) ([]user.ID, error) {
	where := all(when("number > 0 AND user_id <> '' AND kind = ?", kind), filed(db.dialect, "project_id", in))
	text, args := `SELECT user_id FROM project_tally WHERE `+where.sql, where.args
	if in == nil || slices.Contains(in, "") {
		text += ` UNION SELECT user_id FROM ` + table + ` WHERE project_id IS NULL AND user_id IS NOT NULL`
	}
	return collect(ctx, db, scalar[user.ID], `SELECT DISTINCT user_id FROM (`+text+`) o ORDER BY user_id`, args...)
}

// Parents implements task.Filed.
func (s tasks) Parents(ctx context.Context, in []project.ID, archived *bool) ([]task.Task, error) {
	where := filed(s.db.dialect, "child.project_id", in)
	if archived != nil {
		where = all(where, when("child.archived = ?", truthful(*archived)))
	}
	return collect(ctx, s.db, func(s scanner) (t task.Task, err error) {
		return t, s.Scan(&t.ID, &t.Name, nullable(&t.Project))
	}, `SELECT task.id, task.name, task.project_id FROM task WHERE task.id IN (
			SELECT child.parent FROM task child WHERE child.parent IS NOT NULL AND (`+where.sql+`))
		ORDER BY task.name, task.id`, where.args...)
}

// IDs implements task.Filed.
func (s tasks) IDs(ctx context.Context, in []project.ID) ([]task.ID, error) {
	where := filed(s.db.dialect, "project_id", in)
	return collect(ctx, s.db, scalar[task.ID], `SELECT id FROM task WHERE `+where.sql+` ORDER BY id`, where.args...)
}

// Refile implements task.Filed.
func (s tasks) Refile(ctx context.Context, from, to project.ID, by user.ID, at time.Time) (int, error) {
	n := int64(0)
	err := s.db.Tx(ctx, func(ctx context.Context) (err error) {
		if n, err = s.db.changed(ctx, `UPDATE task SET project_id = ?, last_change = ?, last_changed_by = ? WHERE project_id = ?`,
			null(to), millis(at), null(by), from); err != nil {
			return fmt.Errorf("file the tasks of %s under %q: %w", from, to, err)
		}
		return s.db.retally(ctx, taskKind, from, to)
	})
	return int(n), err
}

// Orphan implements task.Filed.
func (s tasks) Orphan(ctx context.Context, of []task.ID) error {
	gone := make([]string, len(of))
	for i, id := range of {
		gone[i] = task.DeletedPrefix + string(id)
	}
	_, err := s.db.exec(ctx, `UPDATE task SET parent = NULL WHERE `+s.db.dialect.in("parent"), list(gone))
	return err
}
