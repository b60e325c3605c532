package rpc

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/task"
)

func (h *handlers) setRequirements(ctx context.Context, c Call, req api.TasksRequirementsRequest) (api.FieldsResponse, error) {
	t, err := h.Tasks.SetRequirements(ctx, c.Who, task.ID(req.Task), req.Requirements)
	if err != nil {
		return api.FieldsResponse{}, err
	}
	return c.changedFields(t, "script.requirements", "last_update"), nil
}

func (h *handlers) editRuntime(ctx context.Context, c Call, req api.TasksEditRuntimeRequest) (api.UpdatedResponse, error) {
	_, err := h.Tasks.EditRuntime(ctx, c.Who, task.ID(req.Task), req.AddOrUpdate, req.Remove)
	if err != nil || len(req.AddOrUpdate)+len(req.Remove) == 0 {
		return api.UpdatedResponse{}, err
	}
	return api.UpdatedResponse{Updated: 1}, nil
}

// find loads those of the tasks that exist.
func (h *handlers) find(ctx context.Context, c Call, wanted []string) ([]task.Task, error) {
	if len(wanted) == 0 {
		return nil, ErrMissing.Errorf("tasks: at least one id is required").With("field", "tasks")
	}
	if len(wanted) > task.MaxIDs {
		return nil, task.ErrTooMany.Errorf("tasks: %d are named, the limit is %d at once", len(wanted), task.MaxIDs).With("field", "tasks")
	}
	return h.Tasks.List(ctx, c.Who, task.Query{
		Request:       query.Request{Filter: query.In{Field: "id", Values: wanted}},
		IncludeHidden: true,
	})
}

// named loads tasks by id, in that order; all of them must exist.
func (h *handlers) named(ctx context.Context, c Call, wanted []string) ([]task.Task, error) {
	found, err := h.find(ctx, c, wanted)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]task.Task, len(found))
	for _, t := range found {
		byID[string(t.ID)] = t
	}
	out := make([]task.Task, 0, len(wanted))
	for _, id := range wanted {
		t, ok := byID[id]
		if !ok {
			return nil, task.ErrNotFound.Errorf("there is no task %s", id)
		}
		out = append(out, t)
	}
	return out, nil
}

func (h *handlers) getParams(ctx context.Context, c Call, req api.TasksListRequest) (api.TasksParamsResponse, error) {
	tasks, err := h.named(ctx, c, req.Tasks)
	out := api.TasksParamsResponse{Params: []api.TaskParams{}}
	for _, t := range tasks {
		items := []task.Param{}
		for _, section := range t.Hyperparams {
			items = slices.AppendSeq(items, maps.Values(section))
		}
		slices.SortFunc(items, func(a, b task.Param) int {
			return cmp.Or(cmp.Compare(a.Section, b.Section), cmp.Compare(a.Name, b.Name))
		})
		out.Params = append(out.Params, api.TaskParams{Task: string(t.ID), Hyperparams: documents(items)})
	}
	return out, err
}

func (h *handlers) editParams(ctx context.Context, c Call, req api.TasksEditParamsRequest) (api.UpdatedResponse, error) {
	if len(req.Hyperparams) == 0 {
		return api.UpdatedResponse{}, ErrMissing.Errorf("hyperparams: at least one item is required").With("field", "hyperparams")
	}
	items := make([]task.Param, len(req.Hyperparams))
	for i, p := range req.Hyperparams {
		if p.Value == nil {
			return api.UpdatedResponse{}, ErrMissing.Errorf("hyperparams[%d].value: this field is required", i).With("field", "value")
		}
		items[i] = task.Param{Section: p.Section, Name: p.Name, Value: *p.Value, Type: p.Type, Description: p.Description}
	}
	replace := task.ReplaceNone
	give(&replace, (*task.Replace)(req.Replace))
	_, err := h.Tasks.EditParams(ctx, c.Who, task.ID(req.Task), items, replace, req.Force)
	return api.UpdatedResponse{Updated: 1}, err
}

func (h *handlers) deleteParams(ctx context.Context, c Call, req api.TasksDeleteParamsRequest) (api.DeletedCountResponse, error) {
	if len(req.Hyperparams) == 0 {
		return api.DeletedCountResponse{}, ErrMissing.Errorf("hyperparams: at least one item is required").With("field", "hyperparams")
	}
	items := make([]task.Param, len(req.Hyperparams))
	for i, p := range req.Hyperparams {
		items[i] = task.Param{Section: p.Section, Name: p.Name}
	}
	_, err := h.Tasks.DeleteParams(ctx, c.Who, task.ID(req.Task), items, req.Force)
	return api.DeletedCountResponse{Deleted: 1}, err
}

func (h *handlers) getConfigurations(ctx context.Context, c Call, req api.TasksConfigurationsRequest) (api.TasksConfigurationsResponse, error) {
	tasks, err := h.named(ctx, c, req.Tasks)
	out := api.TasksConfigurationsResponse{Configurations: []api.TaskConfiguration{}}
	for _, t := range tasks {
		items := []task.ConfigItem{}
		for name, it := range t.Configuration {
			if len(req.Names) == 0 || slices.Contains(req.Names, name) {
				items = append(items, it)
			}
		}
		slices.SortFunc(items, func(a, b task.ConfigItem) int { return cmp.Compare(a.Name, b.Name) })
		out.Configurations = append(out.Configurations, api.TaskConfiguration{Task: string(t.ID), Configuration: documents(items)})
	}
	return out, err
}

func (h *handlers) getConfigurationNames(ctx context.Context, c Call, req api.TasksConfigurationNamesRequest) (api.TasksConfigurationNamesResponse, error) {
	tasks, err := h.find(ctx, c, req.Tasks)
	out := api.TasksConfigurationNamesResponse{Configurations: []api.TaskConfigurationNames{}}
	for _, t := range tasks {
		names := slices.Sorted(maps.Keys(t.Configuration))
		if len(names) == 0 && (req.SkipEmpty == nil || *req.SkipEmpty) {
			continue
		}
		out.Configurations = append(out.Configurations, api.TaskConfigurationNames{Task: string(t.ID), Names: list(names)})
	}
	return out, err
}

func (h *handlers) editConfiguration(ctx context.Context, c Call, req api.TasksEditConfigurationRequest) (api.UpdatedResponse, error) {
	if len(req.Configuration) == 0 {
		return api.UpdatedResponse{}, ErrMissing.Errorf("configuration: at least one object is required").With("field", "configuration")
	}
	items := make([]task.ConfigItem, len(req.Configuration))
	for i, it := range req.Configuration {
		items[i] = task.ConfigItem{Name: it.Name, Type: it.Type, Description: it.Description}
		give(&items[i].Value, it.Value)
	}
	_, err := h.Tasks.EditConfiguration(ctx, c.Who, task.ID(req.Task), items, req.Replace, req.Force)
	return api.UpdatedResponse{Updated: 1}, err
}

func (h *handlers) deleteConfiguration(ctx context.Context, c Call, req api.TasksDeleteConfigurationRequest) (api.DeletedCountResponse, error) {
	if len(req.Configuration) == 0 {
		return api.DeletedCountResponse{}, ErrMissing.Errorf("configuration: at least one name is required").With("field", "configuration")
	}
	_, err := h.Tasks.DeleteConfiguration(ctx, c.Who, task.ID(req.Task), req.Configuration, req.Force)
	return api.DeletedCountResponse{Deleted: 1}, err
}

func (h *handlers) addTaskModel(ctx context.Context, c Call, req api.TasksAddModelRequest) (api.UpdatedResponse, error) {
	ref := task.LinkRef{Name: req.Name, Input: req.Type == "input"}
	err := h.Lifecycle.AddModel(ctx, c.Who, task.ID(req.Task), ref, req.Model, req.Iteration)
	return api.UpdatedResponse{Updated: 1}, err
}

func (h *handlers) deleteTaskModels(ctx context.Context, c Call, req api.TasksDeleteModelsRequest) (api.UpdatedResponse, error) {
	if len(req.Models) == 0 {
		return api.UpdatedResponse{}, ErrMissing.Errorf("models: at least one item is required").With("field", "models")
	}
	refs := make([]task.LinkRef, len(req.Models))
	for i, m := range req.Models {
		refs[i] = task.LinkRef{Name: m.Name, Input: m.Type == "input"}
	}
	_, err := h.Tasks.RemoveModels(ctx, c.Who, task.ID(req.Task), refs)
	return api.UpdatedResponse{Updated: 1}, err
}
