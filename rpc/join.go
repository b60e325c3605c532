package rpc

import (
	"context"
	"slices"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// joinTasks turns the references of task documents into objects: {"id": ...},
// with name where the projection asks for it. One query for each noun.
func (h *handlers) joinTasks(ctx context.Context, c Call, docs []api.Fields, p projection) error {
	projects := make(map[string]string)
	if p.goesInto("project") {
		found, err := h.Projects.Many(ctx, c.Who, ids[project.ID](docs, "project"))
		if err != nil {
			return err
		}
		for id, it := range found {
			projects[string(id)] = it.Name
		}
	}
	parents := make(map[string]string)
	if p.goesInto("parent") {
		var values []string
		for _, id := range ids[task.ID](docs, "parent") {
			values = append(values, string(id))
		}
		found, err := h.Tasks.List(ctx, c.Who, task.Query{
			Request: query.Request{Filter: query.In{Field: "id", Values: values}}, IncludeHidden: true, Bare: true,
		})
		if err != nil {
			return err
		}
		for _, t := range found {
			parents[string(t.ID)] = t.Name
		}
	}
	users, err := h.userNames(ctx, c, p)
	if err != nil {
		return err
	}
	for _, d := range docs {
		refer(d, "project", projects)
		refer(d, "parent", parents)
		refer(d, "user", users)
		refer(d, "company", nil)
	}
	return nil
}

// goesInto reports whether the projection asks for more of a reference than
// its id.
func (p projection) goesInto(name string) bool {
	return slices.ContainsFunc(p.include, func(path []string) bool { return path[0] == name && len(path) > 1 && path[1] != "id" })
}

func (h *handlers) userNames(ctx context.Context, c Call, p projection) (map[string]string, error) {
	if !p.goesInto("user") {
		return nil, nil
	}
	all, err := h.Users.All(ctx, c.Who)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(all))
	for _, u := range all {
		out[string(u.ID)] = u.Name
	}
	return out, nil
}

// ids gathers the values of a reference, each once.
func ids[T ~string](docs []api.Fields, key string) []T {
	var out []T
	for _, d := range docs {
		if id := reference(d[key]); id != "" {
			out = append(out, T(id))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func reference(v any) string {
	switch v := v.(type) {
	case project.ID:
		return string(v)
	case task.ID:
		return string(v)
	case user.ID:
		return string(v)
	case string:
		return v
	}
	return ""
}

// refer replaces an id by an object. A dangling reference has only its id, an
// unset one stays absent.
func refer(d api.Fields, key string, names map[string]string) {
	id := reference(d[key])
	if id == "" {
		return
	}
	object := map[string]any{"id": id}
	if name, ok := names[id]; ok {
		object["name"] = name
	}
	d[key] = object
}
