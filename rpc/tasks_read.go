package rpc

import (
	"context"
	"slices"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
)

func (h *handlers) getTask(ctx context.Context, c Call, req api.TaskID) (api.TaskResponse, error) {
	t, err := h.Tasks.Get(ctx, c.Who, task.ID(req.Task))
	if err != nil {
		return api.TaskResponse{}, err
	}
	docs, err := h.taskDocuments(ctx, c, []task.Task{t}, projection{noun: "task"})
	if err != nil {
		return api.TaskResponse{}, err
	}
	return api.TaskResponse{Task: docs[0]}, nil
}

func (h *handlers) listTasks(ctx context.Context, c Call, req api.QueryRequest) (api.TasksResponse, error) {
	return h.findTasks(ctx, c, req.Keys, false)
}

func (h *handlers) listTasksEx(ctx context.Context, c Call, req api.QueryRequest) (api.TasksResponse, error) {
	return h.findTasks(ctx, c, req.Keys, true)
}

func (h *handlers) getTaskEx(ctx context.Context, c Call, req api.QueryRequest) (api.TasksResponse, error) {
	if req.Keys["id"] == nil {
		return api.TasksResponse{}, ErrMissingKey.Errorf("id: this field is required").With("field", "id")
	}
	return h.findTasks(ctx, c, req.Keys, true)
}

// findTasks answers a list request, with references as ids or as objects.
func (h *handlers) findTasks(ctx context.Context, c Call, keys api.Fields, joined bool) (api.TasksResponse, error) {
	p, err := projectionOf(keys, "task", joined)
	if err != nil {
		return api.TasksResponse{}, err
	}
	c.splitTagFilter(keys)
	if err := h.expandProjects(ctx, c, keys); err != nil {
		return api.TasksResponse{}, err
	}
	r, err := listRequest(keys, nouns["task"])
	if err != nil {
		return api.TasksResponse{}, err
	}
	q := task.Query{Request: r, IncludeHidden: truthy(keys["search_hidden"]) || truthy(keys["id"])}
	q.Parts = c.taskParts(p)
	tasks, err := h.Tasks.List(ctx, c.Who, q)
	if err != nil {
		return api.TasksResponse{}, err
	}
	docs, err := h.taskDocuments(ctx, c, tasks, p)
	return api.TasksResponse{Tasks: docs, ScrollID: scrollID(r)}, err
}

// expandProjects adds all descendants to the projects of a list request that
// asks for sub-projects.
func (h *handlers) expandProjects(ctx context.Context, c Call, keys api.Fields) error {
	if !truthy(keys["include_subprojects"]) || keys["project"] == nil {
		return nil
	}
	items, ok := keys["project"].([]any)
	if !ok {
		items = []any{keys["project"]}
	}
	var roots []project.ID
	for _, item := range items {
		if s, ok := item.(string); ok {
			roots = append(roots, project.ID(s))
		}
	}
	all, err := h.Projects.Descendants(ctx, c.Who, roots)
	if err != nil {
		return err
	}
	expanded := slices.DeleteFunc(slices.Clone(items), func(v any) bool { return v != nil })
	for _, id := range all {
		expanded = append(expanded, string(id))
	}
	keys["project"] = expanded
	return nil
}

func (h *handlers) taskTypes(ctx context.Context, c Call, req api.TypesRequest) (api.TypesResponse, error) {
	var projects []project.ID
	for _, id := range req.Projects {
		projects = append(projects, project.ID(id))
	}
	if len(projects) > 0 {
		var err error
		if projects, err = h.Projects.Descendants(ctx, c.Who, projects); err != nil {
			return api.TypesResponse{}, err
		}
	}
	types, err := h.Tasks.Types(ctx, c.Who, projects)
	out := api.TypesResponse{Types: []string{}}
	for _, t := range types {
		out.Types = append(out.Types, string(t))
	}
	return out, err
}
