package rpc

import (
	"context"
	"fmt"
	"slices"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// shape cuts documents down to what is wanted. Where references are
// followed, they become objects: {"id": ...} and what the projection asks for
// of it, by one load for each kind of reference and level, however many
// documents there are.
func (h *handlers) shape(ctx context.Context, c Call, docs []api.Fields, p projection) error {
	if p.joined {
		for _, l := range references[p.noun] {
			if !p.wants(l.path...) {
				continue
			}
			if err := h.follow(ctx, c, docs, p, l); err != nil {
				return err
			}
		}
	}
	for i := range docs {
		docs[i] = p.apply(docs[i])
	}
	return nil
}

// follow turns the references of one kind into objects. A dangling one has
// only its id, an unset one stays absent.
func (h *handlers) follow(ctx context.Context, c Call, docs []api.Fields, p projection, l link) error {
	var found map[string]api.Fields
	if of, more := p.into(l); more {
		var ids []string
		for _, d := range docs {
			eachAt(d, l.path, func(object map[string]any, key string) { ids = append(ids, fmt.Sprint(object[key])) })
		}
		slices.Sort(ids)
		var err error
		if found, err = h.load(ctx, c, l.of, slices.Compact(ids), of); err != nil {
			return err
		}
	}
	for _, d := range docs {
		eachAt(d, l.path, func(object map[string]any, key string) {
			id := fmt.Sprint(object[key])
			if to, ok := found[id]; ok {
				object[key] = to
				return
			}
			object[key] = map[string]any{"id": id}
		})
	}
	return nil
}

// eachAt visits what stands at a path, through lists, where it is set.
func eachAt(d map[string]any, path []string, visit func(object map[string]any, key string)) {
	value, ok := d[path[0]]
	if !ok {
		return
	}
	if len(path) == 1 {
		visit(d, path[0])
		return
	}
	switch v := value.(type) {
	case map[string]any:
		eachAt(v, path[1:], visit)
	case []any:
		for _, item := range v {
			if object, ok := item.(map[string]any); ok {
				eachAt(object, path[1:], visit)
			}
		}
	}
}

// load returns documents by id, cut down to what is wanted of them.
func (h *handlers) load(ctx context.Context, c Call, of string, ids []string, p projection) (map[string]api.Fields, error) {
	docs, err := h.loadAll(ctx, c, of, ids, p)
	if err != nil {
		return nil, err
	}
	known := make([]string, len(docs))
	for i, d := range docs {
		known[i] = fmt.Sprint(d["id"])
	}
	if err := h.shape(ctx, c, docs, p); err != nil {
		return nil, err
	}
	out := make(map[string]api.Fields, len(docs))
	for i, d := range docs {
		out[known[i]] = d
	}
	return out, nil
}

func (h *handlers) loadAll(ctx context.Context, c Call, of string, ids []string, p projection) ([]api.Fields, error) {
	byID := query.Request{Filter: query.In{Field: "id", Values: ids}, Order: []query.Order{{Field: "id"}}}
	switch of {
	case "task":
		found, err := h.Tasks.List(ctx, c.Who, task.Query{Request: byID, IncludeHidden: true, Parts: c.taskParts(p)})
		if err != nil {
			return nil, err
		}
		return h.rawTaskDocuments(ctx, c, found, p)
	case "model":
		found, err := h.Models.List(ctx, c.Who, model.Query{Request: byID, Parts: modelParts(p)})
		if err != nil {
			return nil, err
		}
		return h.rawModelDocuments(ctx, c, found, p)
	case "project":
		found, err := h.Projects.List(ctx, c.Who, project.Query{
			Request: byID, IncludeHidden: true, Untagged: !p.wantsAny("tags", "system_tags"), Heading: p.only("id", "name"),
		})
		if err != nil {
			return nil, err
		}
		return h.projectDocuments(ctx, c, found)
	case "queue":
		found, err := h.Queues.List(ctx, c.Who, byID)
		if err != nil {
			return nil, err
		}
		return h.queueDocuments(ctx, c, found, p)
	case "user":
		found, err := h.Users.List(ctx, c.Who, user.Query{Request: byID, Gone: true})
		if err != nil {
			return nil, err
		}
		return h.userDocuments(ctx, c, found)
	case "company":
		id, name, err := h.Users.Company(ctx)
		return []api.Fields{{"id": id, "name": name}}, err
	}
	return nil, nil
}
