package sqlstore

import (
	"context"
	"math"
	"strconv"
	"time"

	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/task"
)

var taskTags = tagTable{table: "task_tag", owner: "task_id", dated: "task", filed: true, shown: true}

// attach loads the parts that hang on the rows. Each is one query, however many
// rows there are.
func (s tasks) attach(ctx context.Context, found []task.Task, what task.Part) error {
	ids := make([]string, len(found))
	at := make(map[string]*task.Task, len(found))
	for i := range found {
		ids[i] = string(found[i].ID)
		at[ids[i]] = &found[i]
	}
	if what&task.Links != 0 {
		links, err := s.loadLinks(ctx, ids)
		if err != nil {
			return err
		}
		for id, of := range links {
			at[id].Models = of
		}
	}
	if what&task.Parameters != 0 {
		params, err := s.loadParams(ctx, ids)
		if err != nil {
			return err
		}
		for id, of := range params {
			at[id].Hyperparams = of
		}
	}
	return nil
}

func (s tasks) loadParams(ctx context.Context, ids []string) (map[string]task.Params, error) {
	type row struct {
		id string
		task.Param
	}
	where, arg := among(s.db.dialect, "task_id", ids)
	rows, err := collect(ctx, s.db, func(s scanner) (r row, err error) {
		return r, s.Scan(&r.id, &r.Section, &r.Name, &r.Value, &r.Type, &r.Description)
	}, `SELECT task_id, section, name, value, type, description FROM task_param WHERE `+where, arg)
	out := make(map[string]task.Params)
	for _, r := range rows {
		of := out[r.id]
		if of == nil {
			of = make(task.Params)
			out[r.id] = of
		}
		if of[r.Section] == nil {
			of[r.Section] = make(map[string]task.Param)
		}
		of[r.Section][r.Name] = r.Param
	}
	return out, err
}

func (s tasks) saveParams(ctx context.Context, id task.ID, to task.Params) error {
	now, err := s.loadParams(ctx, []string{string(id)})
	if err != nil {
		return err
	}
	return s.changeParams(ctx, id, now[string(id)], to)
}

// changeParams writes what differs. Sections and names are what the map says,
// whatever stands in the parameter.
func (s tasks) changeParams(ctx context.Context, id task.ID, from, to task.Params) error {
	for section, params := range from {
		for name := range params {
			if _, kept := to[section][name]; kept {
				continue
			}
			if _, err := s.db.exec(ctx, `DELETE FROM task_param WHERE task_id = ? AND section = ? AND name = ?`, id, section, name); err != nil {
				return err
			}
		}
	}
	for section, params := range to {
		for name, p := range params {
			p.Section, p.Name = section, name
			if old, ok := from[section][name]; ok && old == p {
				continue
			}
			if _, err := s.db.exec(ctx, `
				INSERT INTO task_param (task_id, section, name, value, head, number, sort_key, type, description, day, project_id)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT last_update / 86400000 FROM task WHERE id = ?), (SELECT project_id FROM task WHERE id = ?))
				ON CONFLICT (task_id, section, name) DO UPDATE SET value = excluded.value, head = excluded.head, number = excluded.number, sort_key = excluded.sort_key,
					type = excluded.type, description = excluded.description`,
				id, section, name, p.Value, headOf(clean(p.Value)), number(p.Value), sortKey(p.Value), p.Type, p.Description, id, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// sortKey is what a text that is no number is sorted by, NULL for numbers.
// Beyond what an index would hold, nobody looks.
func sortKey(text string) any {
	if number(text) != nil {
		return nil
	}
	return headOf(query.Natural(clean(text)))
}

// number is the value of a text that spells a finite decimal number, else
// NULL.
func number(text string) any {
	for _, c := range []byte(text) {
		if (c < '0' || c > '9') && c != '+' && c != '-' && c != '.' && c != 'e' && c != 'E' {
			return nil // ParseFloat takes hexadecimal, underscores and names as well
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) {
		return nil
	}
	return f
}

func (s tasks) loadLinks(ctx context.Context, ids []string) (map[string]task.Models, error) {
	type row struct {
		id    string
		input bool
		task.ModelLink
	}
	where, arg := among(s.db.dialect, "task_id", ids)
	rows, err := collect(ctx, s.db, func(s scanner) (r row, err error) {
		return r, s.Scan(&r.id, &r.input, &r.Name, &r.Model, clock{&r.Updated})
	}, `SELECT task_id, input, name, model_id, updated FROM task_model WHERE `+where+` ORDER BY task_id, input, place`, arg)
	out := make(map[string]task.Models)
	for _, r := range rows {
		of := out[r.id]
		if r.input {
			of.Input = append(of.Input, r.ModelLink)
		} else {
			of.Output = append(of.Output, r.ModelLink)
		}
		out[r.id] = of
	}
	return out, err
}

func (s tasks) saveLinks(ctx context.Context, id task.ID, to task.Models) error {
	now, err := s.loadLinks(ctx, []string{string(id)})
	if err != nil {
		return err
	}
	return s.changeLinks(ctx, id, now[string(id)], to)
}

// changeLinks writes the places that differ.
func (s tasks) changeLinks(ctx context.Context, id task.ID, from, to task.Models) error {
	for input, lists := range [][2][]task.ModelLink{{from.Output, to.Output}, {from.Input, to.Input}} {
		old, links := lists[0], lists[1]
		if len(old) > len(links) {
			if _, err := s.db.exec(ctx, `DELETE FROM task_model WHERE task_id = ? AND input = ? AND place >= ?`, id, input, len(links)); err != nil {
				return err
			}
		}
		for place, l := range links {
			if place < len(old) && sameLink(old[place], l) {
				continue
			}
			if _, err := s.db.exec(ctx, `
				INSERT INTO task_model (task_id, input, place, name, model_id, updated) VALUES (?, ?, ?, ?, ?, ?)
				ON CONFLICT (task_id, input, place) DO UPDATE SET name = excluded.name, model_id = excluded.model_id, updated = excluded.updated`,
				id, input, place, l.Name, l.Model, millis(l.Updated)); err != nil {
				return err
			}
		}
	}
	return nil
}

func sameLink(a, b task.ModelLink) bool {
	return a.Name == b.Name && a.Model == b.Model && a.Updated.Truncate(time.Millisecond).Equal(b.Updated.Truncate(time.Millisecond))
}

// Uses implements task.Store.
func (s tasks) Uses(ctx context.Context, models []string, input bool, limit int) ([]task.Use, error) {
	if len(models) == 0 {
		return nil, nil
	}
	where, arg := among(s.db.dialect, "m.model_id", models)
	tail, args := "", []any{arg, truthful(input)}
	if limit > 0 {
		tail, args = ` LIMIT ?`, append(args, limit)
	}
	return collect(ctx, s.db, func(s scanner) (u task.Use, err error) {
		return u, s.Scan(&u.Task, &u.Status, &u.Input, &u.Name, &u.Model)
	}, `SELECT m.task_id, t.status, m.input, m.name, m.model_id FROM task_model m JOIN task t ON t.id = m.task_id
		WHERE `+where+` AND m.input = ? ORDER BY m.model_id, m.task_id, m.place`+tail, args...)
}

// Relink implements task.Store.
func (s tasks) Relink(ctx context.Context, from, to string) error {
	_, err := s.db.exec(ctx, `UPDATE task_model SET model_id = ? WHERE model_id = ? AND input = 1`, to, from)
	return err
}
