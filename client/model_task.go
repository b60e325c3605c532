package client

import (
	"context"
	"slices"
)

func (t *Task) linkModel(ctx context.Context, m *Model, kind, entry string, iteration *int64) error {
	fields := map[string]any{"task": t.ID, "model": m.ID, "type": kind, "name": entry}
	if iteration != nil {
		fields["iteration"] = *iteration
	}
	return t.c.conn.call(ctx, "tasks.add_or_update_model", entry, again, fields, nil)
}

// ConnectModel makes a model an input of the task, under a name; "" means the
// name of the model.
func (t *Task) ConnectModel(ctx context.Context, m *Model, entry string) error {
	if entry == "" {
		entry = m.Name
	}
	return t.linkModel(ctx, m, "input", entry, nil)
}

// DisconnectModel takes a model off the task, by the name that it has there.
func (t *Task) DisconnectModel(ctx context.Context, mode Mode, entry string) error {
	return t.c.conn.call(ctx, "tasks.delete_models", entry, again, map[string]any{
		"task": t.ID, "models": []any{map[string]any{"name": entry, "type": string(mode)}},
	}, nil)
}

// TaskModel is a model with the name that it has on a task.
type TaskModel struct {
	Entry string
	*Model
}

// TaskModels are the models of a task, in the order in which they came: the
// last one is the newest.
type TaskModels struct{ Input, Output []TaskModel }

// Models returns the models of the task.
func (t *Task) Models(ctx context.Context) (TaskModels, error) {
	var all TaskModels
	var reply struct {
		Tasks []struct {
			Models struct {
				Input, Output []struct {
					Name  string `json:"name"`
					Model named  `json:"model"`
				}
			} `json:"models"`
		} `json:"tasks"`
	}
	err := t.c.conn.call(ctx, "tasks.get_all_ex", t.ID, again, map[string]any{
		"id": []string{t.ID}, "only_fields": []string{"models.input.model.name", "models.output.model.name", "models.input.name", "models.output.name"}, "search_hidden": true,
	}, &reply)
	if err != nil {
		return all, err
	}
	if len(reply.Tasks) == 0 {
		return all, absent("read a task", t.c.conn.host, t.ID, "there is no such task")
	}
	links := reply.Tasks[0].Models
	var ids []string
	for _, l := range append(slices.Clone(links.Input), links.Output...) {
		ids = append(ids, l.Model.ID)
	}
	if len(ids) == 0 {
		return all, nil
	}
	found := map[string]*Model{}
	for m, err := range t.c.Models(ctx, ModelQuery{IDs: ids, Archived: true}) {
		if err != nil {
			return all, err
		}
		found[m.ID] = m
	}
	for _, l := range links.Input {
		if m := found[l.Model.ID]; m != nil {
			all.Input = append(all.Input, TaskModel{l.Name, m})
		}
	}
	for _, l := range links.Output {
		if m := found[l.Model.ID]; m != nil {
			all.Output = append(all.Output, TaskModel{l.Name, m})
		}
	}
	return all, nil
}
