package rpc

import (
	"cmp"
	"context"
	"slices"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// homes are the projects that a getter asks about: those given and all below
// unless that is declined. nil means everywhere, and "" is the root.
func (h *handlers) homes(ctx context.Context, c Call, given []*string, below *bool) ([]project.ID, error) {
	if len(given) == 0 {
		return nil, nil
	}
	var named, out []project.ID
	for _, id := range given {
		if id == nil {
			out = append(out, "")
			continue
		}
		named = append(named, project.ID(*id))
	}
	if below == nil || *below {
		var err error
		if named, err = h.Projects.Descendants(ctx, c.Who, named); err != nil {
			return nil, err
		}
	}
	return append(out, named...), nil
}

// home is homes for getters of one project. Without one, and without
// sub-projects, only what lies in no project is meant.
func (h *handlers) home(ctx context.Context, c Call, req api.PlaceRequest) ([]project.ID, error) {
	switch {
	case req.Project != "":
		return h.homes(ctx, c, []*string{&req.Project}, req.Subprojects)
	case req.Subprojects != nil && !*req.Subprojects:
		return []project.ID{""}, nil
	}
	return nil, nil
}

// cut returns a page of a list, and how many lie behind it.
func cut[T any](all []T, req api.PageRequest) (page []T, behind int, err error) {
	number, size := int64(0), int64(maxPage)
	if req.Page != nil {
		number = *req.Page
	}
	if req.PageSize != nil {
		size = *req.PageSize
	}
	if number < 0 {
		return nil, 0, ErrField.Errorf("page: expected a whole number from 0 on").With("field", "page")
	}
	if size < 1 {
		return nil, 0, ErrField.Errorf("page_size: expected a whole number from 1 on").With("field", "page_size")
	}
	from := len(all)
	if number < int64(len(all)) { // else the product may be too large
		from = min(len(all), int(number*min(size, int64(len(all)))))
	}
	to := from + int(min(size, int64(len(all)-from)))
	return all[from:to:to], len(all) - to, nil
}

func (h *handlers) metricVariants(ctx context.Context, c Call, req api.MetricsRequest) (api.MetricNamesResponse, error) {
	out := api.MetricNamesResponse{Metrics: []api.MetricName{}}
	names, err := h.series(ctx, c, req)
	for _, n := range names {
		out.Metrics = append(out.Metrics, api.MetricName{Metric: n.Metric, MetricHash: hashName(n.Metric), Variant: n.Variant, VariantHash: hashName(n.Variant)})
	}
	return out, err
}

// series finds the names of the curves of tasks or models.
func (h *handlers) series(ctx context.Context, c Call, req api.MetricsRequest) ([]task.Series, error) {
	tasks, err := h.Tasks.Filed(c.Who)
	if err != nil {
		return nil, err
	}
	models, err := h.Models.Filed(c.Who)
	if err != nil {
		return nil, err
	}
	if len(req.IDs) > 0 {
		if req.ModelMetrics {
			return models.MetricsOf(ctx, modelIDs(req.IDs))
		}
		return tasks.MetricsOf(ctx, taskIDs(req.IDs))
	}
	in, err := h.home(ctx, c, req.PlaceRequest)
	if err != nil {
		return nil, err
	}
	if req.ModelMetrics {
		return models.Metrics(ctx, in)
	}
	return tasks.Metrics(ctx, in)
}

func (h *handlers) paramNames(ctx context.Context, c Call, req api.ParamNamesRequest) (api.ParamNamesResponse, error) {
	out := api.ParamNamesResponse{Parameters: []api.ParamName{}}
	f, err := h.Tasks.Filed(c.Who)
	if err != nil {
		return out, err
	}
	in, err := h.home(ctx, c, req.PlaceRequest)
	if err != nil {
		return out, err
	}
	all, err := f.Params(ctx, in)
	if err != nil {
		return out, err
	}
	page, behind, err := cut(all, req.PageRequest)
	for _, p := range page {
		out.Parameters = append(out.Parameters, api.ParamName{Section: p.Section, Name: p.Name})
	}
	out.Total, out.Remaining = len(all), behind
	return out, err
}

func (h *handlers) paramValues(ctx context.Context, c Call, req api.ParamValuesRequest) (api.ValuesResponse, error) {
	out := api.ValuesResponse{Values: []string{}}
	match, err := query.Compile(req.Pattern, true)
	if err != nil {
		return out, err
	}
	f, err := h.Tasks.Filed(c.Who)
	if err != nil {
		return out, err
	}
	in, err := h.homes(ctx, c, req.Projects, req.Subprojects)
	if err != nil {
		return out, err
	}
	all, err := f.ParamValues(ctx, in, req.Section, req.Name)
	if err != nil {
		return out, err
	}
	all = slices.DeleteFunc(all, func(v string) bool { return !match.MatchString(v) })
	page, _, err := cut(all, req.PageRequest)
	out.Total, out.Values = len(all), append(out.Values, page...)
	return out, err
}

func (h *handlers) modelMetadataKeys(ctx context.Context, c Call, req api.MetadataKeysRequest) (api.MetadataKeysResponse, error) {
	f, err := h.Models.Filed(c.Who)
	if err != nil {
		return api.MetadataKeysResponse{}, err
	}
	in, err := h.home(ctx, c, req.PlaceRequest)
	if err != nil {
		return api.MetadataKeysResponse{}, err
	}
	all, err := f.Keys(ctx, in)
	if err != nil {
		return api.MetadataKeysResponse{}, err
	}
	page, behind, err := cut(all, req.PageRequest)
	return api.MetadataKeysResponse{Keys: list(page), Total: len(all), Remaining: behind}, err
}

func (h *handlers) modelMetadataValues(ctx context.Context, c Call, req api.MetadataValuesRequest) (api.ValuesResponse, error) {
	f, err := h.Models.Filed(c.Who)
	if err != nil {
		return api.ValuesResponse{}, err
	}
	in, err := h.homes(ctx, c, req.Projects, req.Subprojects)
	if err != nil {
		return api.ValuesResponse{}, err
	}
	all, err := f.Values(ctx, in, req.Key)
	if err != nil {
		return api.ValuesResponse{}, err
	}
	page, _, err := cut(all, req.PageRequest)
	return api.ValuesResponse{Total: len(all), Values: list(page)}, err
}

// tagFilter reads the filter of a request for tags; nil if it says nothing.
func tagFilter(keys api.Fields) (query.Filter, error) {
	only := map[string]any{}
	for _, key := range []string{"tags", "system_tags"} {
		if v, given := keys[key]; given {
			only[key] = v
		}
	}
	all, err := filters(only, project.Fields) // tags are asked for alike in every noun
	if len(all) == 0 {
		return nil, err
	}
	return all, err
}

func (h *handlers) taskTags(ctx context.Context, c Call, req api.TagsInUseRequest) (api.TagsInUseResponse, error) {
	return h.tagsInUse(ctx, c, req, "task")
}

func (h *handlers) modelTags(ctx context.Context, c Call, req api.TagsInUseRequest) (api.TagsInUseResponse, error) {
	return h.tagsInUse(ctx, c, req, "model")
}

// projectTags always tells system tags: none unless they were asked for.
func (h *handlers) projectTags(ctx context.Context, c Call, req api.TagsInUseRequest) (api.TagsInUseResponse, error) {
	r, err := h.tagsInUse(ctx, c, req, "project")
	if r.SystemTags == nil {
		r.SystemTags = &[]string{}
	}
	return r, err
}

// tagsInUse lists the tags of things of one or more kinds.
func (h *handlers) tagsInUse(ctx context.Context, c Call, req api.TagsInUseRequest, kinds ...string) (api.TagsInUseResponse, error) {
	in, err := h.homes(ctx, c, req.Projects, nil)
	if err != nil {
		return api.TagsInUseResponse{}, err
	}
	var all project.Tags
	for _, of := range kinds {
		found, err := h.tagsOf(ctx, c, of, in, req.Filter)
		if err != nil {
			return api.TagsInUseResponse{}, err
		}
		all.Tags, all.System = append(all.Tags, found.Tags...), append(all.System, found.System...)
	}
	out := api.TagsInUseResponse{Tags: list(project.SortTags(all.Tags))}
	if req.IncludeSystem {
		system := list(project.SortTags(all.System))
		out.SystemTags = &system
	}
	return out, nil
}

func (h *handlers) tagsOf(ctx context.Context, c Call, of string, in []project.ID, keys api.Fields) (project.Tags, error) {
	filter, err := tagFilter(keys)
	if err != nil {
		return project.Tags{}, err
	}
	switch of {
	case "task":
		f, err := h.Tasks.Filed(c.Who)
		if err != nil {
			return project.Tags{}, err
		}
		return f.Tags(ctx, in, filter)
	case "project":
		return h.Projects.Tags(ctx, c.Who, in, filter)
	}
	f, err := h.Models.Filed(c.Who)
	if err != nil {
		return project.Tags{}, err
	}
	return f.Tags(ctx, in, filter)
}

func (h *handlers) taskParents(ctx context.Context, c Call, req api.ParentsRequest) (api.ParentsResponse, error) {
	out := api.ParentsResponse{Parents: []api.Parent{}}
	match, err := query.Compile(req.Name, false)
	if err != nil {
		return out, err
	}
	f, err := h.Tasks.Filed(c.Who)
	if err != nil {
		return out, err
	}
	in, err := h.homes(ctx, c, req.Projects, req.Subprojects)
	if err != nil {
		return out, err
	}
	var archived *bool
	if req.State != "" {
		is := req.State == "archived"
		archived = &is
	}
	parents, err := f.Parents(ctx, in, archived)
	if err != nil {
		return out, err
	}
	var places []project.ID
	for _, p := range parents {
		if p.Project != "" {
			places = append(places, p.Project)
		}
	}
	named, err := h.Projects.Many(ctx, c.Who, places)
	for _, p := range parents {
		if !match.MatchString(p.Name) {
			continue
		}
		home := api.Fields{}
		if p.Project != "" {
			home["id"], home["name"] = p.Project, named[p.Project].Name
		}
		out.Parents = append(out.Parents, api.Parent{ID: string(p.ID), Name: p.Name, Project: home})
	}
	return out, err
}

func (h *handlers) userNames(ctx context.Context, c Call, req api.UserNamesRequest) (api.UserNamesResponse, error) {
	out := api.UserNamesResponse{Users: []api.Reference{}}
	in, err := h.homes(ctx, c, req.Projects, req.Subprojects)
	if err != nil {
		return out, err
	}
	ids, err := h.owners(ctx, c, in, cmp.Or(req.Entity, "task"))
	if err != nil || len(ids) == 0 {
		return out, err
	}
	found, err := h.Users.List(ctx, c.Who, user.Query{Gone: true, Request: query.Request{
		Filter: query.In{Field: "id", Values: ids}, Order: []query.Order{{Field: "name"}},
	}})
	for _, u := range found {
		out.Users = append(out.Users, api.Reference{ID: string(u.ID), Name: u.Name})
	}
	return out, err
}

// owners are the ids of those who have things of a kind in the projects.
func (h *handlers) owners(ctx context.Context, c Call, in []project.ID, of string) ([]string, error) {
	tasks, err := h.Tasks.Filed(c.Who)
	if err != nil {
		return nil, err
	}
	models, err := h.Models.Filed(c.Who)
	if err != nil {
		return nil, err
	}
	find := tasks.Owners
	if of == "model" {
		find = models.Owners
	}
	owners, err := find(ctx, in)
	var ids []string
	for _, id := range owners {
		ids = append(ids, string(id))
	}
	return ids, err
}
