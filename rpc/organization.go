package rpc

import (
	"context"
	"maps"
	"slices"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

func (h *handlers) allTags(ctx context.Context, c Call, req api.TagsEverywhereRequest) (api.TagsInUseResponse, error) {
	return h.tagsInUse(ctx, c, api.TagsInUseRequest{IncludeSystem: req.IncludeSystem, Filter: req.Filter}, "task", "model")
}

// companies lists the one tenant with its administrators.
func (h *handlers) companies(ctx context.Context, c Call, _ api.Empty) (api.CompaniesResponse, error) {
	id, name, err := h.Users.Company(ctx)
	if err != nil {
		return api.CompaniesResponse{}, err
	}
	all, err := h.Users.All(ctx, c.Who)
	of := api.Company{ID: id, Name: name, Allocated: len(all), Owners: []api.Reference{}}
	for _, u := range all {
		if u.Role == user.Admin {
			of.Owners = append(of.Owners, api.Reference{ID: string(u.ID), Name: u.Name})
		}
	}
	return api.CompaniesResponse{Companies: []api.Company{of}}, err
}

// counted are the kinds that can be counted, by the key that asks for them.
var counted = map[string]struct {
	noun  string
	typed string // of tasks
	tag   string // of projects
}{
	"projects":         {noun: "project"},
	"pipelines":        {noun: "project", tag: project.Pipeline},
	"datasets":         {noun: "project", tag: project.Datasets},
	"tasks":            {noun: "task"},
	"pipeline_runs":    {noun: "task", typed: "controller"},
	"dataset_versions": {noun: "task", typed: "data_processing"},
	"reports":          {noun: "task", typed: "report"},
	"models":           {noun: "model"},
}

// countAll counts things of several kinds. One that cannot be counted keeps
// back no other.
func (h *handlers) countAll(ctx context.Context, c Call, req api.CountRequest) (api.CountResponse, error) {
	limit := 0
	if req.Limit != nil {
		if *req.Limit < 1 {
			return nil, ErrField.Errorf("limit: expected a whole number from 1 on").With("field", "limit")
		}
		limit = int(*req.Limit)
	}
	out := api.CountResponse{}
	problems := map[string]string{}
	for _, kind := range slices.Sorted(maps.Keys(counted)) {
		if req.Keys[kind] == nil {
			continue
		}
		n, err := h.count(ctx, c, kind, req, limit)
		if err == nil {
			out[kind] = n
			continue
		}
		f := fault.Of(err)
		if f.Reason.Kind == fault.Internal || f.Reason.Kind == fault.Unavailable {
			return nil, err
		}
		problems[kind] = f.Message
	}
	if len(problems) > 0 {
		out["errors"] = problems
	}
	return out, nil
}

func (h *handlers) count(ctx context.Context, c Call, kind string, req api.CountRequest, limit int) (int, error) {
	asked, ok := req.Keys[kind].(map[string]any)
	if !ok {
		return 0, wrong(kind, "an object", req.Keys[kind])
	}
	of := counted[kind]
	if of.noun == "model" {
		h.comparable(c, asked)
	}
	r, err := listRequest(asked, nouns[of.noun])
	if err != nil {
		return 0, err
	}
	var users []user.ID
	for _, id := range req.ActiveUsers {
		users = append(users, user.ID(id))
	}
	if of.noun == "task" {
		q := task.Query{Request: r, IncludeHidden: req.SearchHidden || of.typed != ""}
		if of.typed != "" {
			q.Filter = query.And{q.Filter, query.In{Field: "type", Values: []string{of.typed}}}
		}
		if len(users) > 0 {
			q.Filter = query.And{q.Filter, query.In{Field: "user", Values: req.ActiveUsers}}
		}
		return h.Tasks.Count(ctx, c.Who, q, limit)
	}
	if of.noun == "model" {
		q := model.Query{Request: r, PrivateOnly: req.AllowPublic != nil && !*req.AllowPublic}
		if len(users) > 0 {
			q.Filter = query.And{q.Filter, query.In{Field: "user", Values: req.ActiveUsers}}
		}
		return h.Models.Count(ctx, c.Who, q, limit)
	}
	q := project.Query{Request: r, IncludeHidden: req.SearchHidden || of.tag != "", Private: req.AllowPublic != nil && !*req.AllowPublic}
	if of.tag != "" {
		q.Filter = query.And{q.Filter, query.In{Field: "system_tags", Values: []string{of.tag}}}
	}
	if len(users) > 0 {
		active, err := h.selected(ctx, c, beside{users: users})
		if err != nil {
			return 0, err
		}
		ids := slices.Collect(maps.Keys(active))
		q.Among = &ids
	}
	return h.Projects.Count(ctx, c.Who, q, limit)
}
