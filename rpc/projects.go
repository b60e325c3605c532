package rpc

import (
	"context"
	"maps"
	"slices"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/project"
)

func (h *handlers) createProject(ctx context.Context, c Call, req api.ProjectsCreateRequest) (api.IDResponse, error) {
	p, err := h.Projects.Create(ctx, c.Who, project.Spec{
		Name: req.Name, Description: req.Description, Tags: req.Tags, SystemTags: req.SystemTags,
		DefaultOutputDestination: h.destination(c, req.DefaultOutputDestination),
	})
	return api.IDResponse{ID: string(p.ID)}, err
}

// projectDocument builds the document of a project.
func (h *handlers) projectDocument(ctx context.Context, c Call, p project.Project) (api.Fields, error) {
	company, _, err := h.Users.Company(ctx)
	if p.Public {
		company = ""
	}
	d := doc{
		"id": p.ID, "name": p.Name, "basename": p.Basename(), "description": p.Description, "user": p.User, "company": company,
		"created": stamp(p.Created), "last_update": stamp(p.LastUpdate), "tags": list(p.Tags), "system_tags": list(p.SystemTags),
	}
	d.text("parent", string(p.Parent))
	if p.DefaultOutputDestination != "" {
		d["default_output_destination"] = c.shownDestination(p.DefaultOutputDestination)
	}
	path := make([]string, len(p.Path))
	for i, id := range p.Path {
		path[i] = string(id)
	}
	d["path"] = path
	return api.Fields(d), err
}

// projectDocuments builds the documents of projects.
func (h *handlers) projectDocuments(ctx context.Context, c Call, found []project.Project) ([]api.Fields, error) {
	docs := make([]api.Fields, len(found))
	for i, p := range found {
		var err error
		if docs[i], err = h.projectDocument(ctx, c, p); err != nil {
			return nil, err
		}
	}
	return docs, nil
}

func (h *handlers) getProject(ctx context.Context, c Call, req api.ProjectID) (api.ProjectResponse, error) {
	p, err := h.Projects.Get(ctx, c.Who, project.ID(req.Project))
	if err != nil {
		return api.ProjectResponse{}, err
	}
	d, err := h.projectDocument(ctx, c, p)
	return api.ProjectResponse{Project: d}, err
}

func (h *handlers) listProjects(ctx context.Context, c Call, req api.QueryRequest) (api.ProjectsResponse, error) {
	return h.findProjects(ctx, c, req.Keys, false)
}

func (h *handlers) listProjectsEx(ctx context.Context, c Call, req api.QueryRequest) (api.ProjectsResponse, error) {
	return h.findProjects(ctx, c, req.Keys, true)
}

func (h *handlers) findProjects(ctx context.Context, c Call, keys api.Fields, joined bool) (api.ProjectsResponse, error) {
	p, err := projectionOf(keys, "project", joined)
	if err != nil {
		return api.ProjectsResponse{}, err
	}
	q, err := projectQuery(keys)
	if err != nil {
		return api.ProjectsResponse{}, err
	}
	var b beside
	var among map[project.ID]bool
	if joined {
		if b, err = besideOf(keys); err != nil {
			return api.ProjectsResponse{}, err
		}
		q.Private = keys["allow_public"] != nil && !truthy(keys["allow_public"]) || truthy(keys["non_public"])
	}
	if b.onlyThese {
		if among, err = h.selected(ctx, c, b); err != nil {
			return api.ProjectsResponse{}, err
		}
		ids := slices.Collect(maps.Keys(among))
		q.Among = &ids
	}
	found, err := h.Projects.List(ctx, c.Who, q)
	if err != nil {
		return api.ProjectsResponse{}, err
	}
	docs, err := h.projectDocuments(ctx, c, found)
	if err != nil {
		return api.ProjectsResponse{}, err
	}
	if err := h.shape(ctx, c, docs, p); err != nil {
		return api.ProjectsResponse{}, err
	}
	if joined && truthy(keys["search_hidden"]) {
		for i, it := range found {
			if slices.Contains(it.SystemTags, project.Hidden) {
				docs[i]["hidden"] = true
			}
		}
	}
	return api.ProjectsResponse{Projects: docs, ScrollID: scrollID(q.Request)}, h.tellBeside(ctx, c, docs, found, b, among)
}

// projectQuery reads a list request for projects.
func projectQuery(keys api.Fields) (project.Query, error) {
	parents, err := texts("parent", keys["parent"])
	if err != nil {
		return project.Query{}, err
	}
	keys = maps.Clone(keys)
	delete(keys, "parent") // any ancestor, or direct children: the store knows
	r, err := listRequest(keys, nouns["project"])
	q := project.Query{Request: r, IncludeHidden: truthy(keys["search_hidden"]) || truthy(keys["id"]), Shallow: truthy(keys["shallow_search"])}
	for _, id := range parents {
		q.Parents = append(q.Parents, project.ID(id))
	}
	return q, err
}

func (h *handlers) updateProject(ctx context.Context, c Call, req api.ProjectsUpdateRequest) (api.FieldsResponse, error) {
	patch, wrote, err := h.projectPatch(c, req.Keys)
	if err != nil {
		return api.FieldsResponse{}, err
	}
	if _, err := h.Lifecycle.UpdateProject(ctx, c.Who, project.ID(req.Project), patch); err != nil {
		return api.FieldsResponse{}, err
	}
	return api.FieldsResponse{Updated: 1, Fields: wrote}, nil
}

// projectPatch reads what to change; an explicit null clears a field, but not
// the name.
func (h *handlers) projectPatch(c Call, keys api.Fields) (project.Patch, api.Fields, error) {
	var p project.Patch
	wrote := api.Fields{}
	for name, to := range map[string]**string{
		"name": &p.Name, "description": &p.Description, "default_output_destination": &p.DefaultOutputDestination,
	} {
		v, given := keys[name]
		if !given || name == "name" && v == nil {
			continue
		}
		s, ok := v.(string)
		if !ok && v != nil {
			return p, nil, wrong(name, "a string", v)
		}
		wrote[name] = v
		if name == "default_output_destination" && s != "" {
			s = h.destination(c, s)
		}
		*to = &s
	}
	for name, to := range map[string]**[]string{"tags": &p.Tags, "system_tags": &p.SystemTags} {
		v, given := keys[name]
		if !given {
			continue
		}
		tags, err := texts(name, v)
		if err != nil {
			return p, nil, err
		}
		wrote[name] = list(tags)
		*to = &tags
	}
	return p, wrote, nil
}
