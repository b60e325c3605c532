package rpc

import (
	"context"
	"strings"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
)

// modelParts are the parts of models that a projection shows.
func modelParts(p projection) model.Part {
	what := model.Row
	if p.wantsAny("tags", "system_tags") {
		what |= model.Tags
	}
	if p.wantsAny("metadata") {
		what |= model.Items
	}
	if p.wantsAny("design", "ui_cache") {
		what |= model.Design
	}
	return what
}

// modelDocuments builds the documents of models, in their order, by a fixed
// number of queries.
func (h *handlers) modelDocuments(ctx context.Context, c Call, models []model.Model, p projection) ([]api.Fields, error) {
	docs, err := h.rawModelDocuments(ctx, c, models, p)
	if err != nil {
		return nil, err
	}
	return docs, h.shape(ctx, c, docs, p)
}

// rawModelDocuments builds documents with all that the projection wants, and
// maybe more.
func (h *handlers) rawModelDocuments(ctx context.Context, c Call, models []model.Model, p projection) ([]api.Fields, error) {
	targets := make([]event.Target, len(models))
	for i, m := range models {
		targets[i] = event.Target{Kind: event.Model, ID: string(m.ID)}
	}
	progress, err := h.progress(ctx, c, targets, p)
	if err != nil {
		return nil, err
	}
	company, _, err := h.Users.Company(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]api.Fields, len(models))
	for i, m := range models {
		d := c.modelDocument(m, progress[targets[i]])
		d["company"] = company
		if m.Public {
			d["company"] = "" // everybody's
		}
		out[i] = d
	}
	return out, nil
}

// modelDocument builds one document out of what the nouns say.
func (c Call) modelDocument(m model.Model, progress event.Progress) api.Fields {
	d := doc{
		"id": m.ID, "name": m.Name, "user": m.User, "uri": m.Address.Render(c.files), "ready": m.Ready,
		"tags": list(m.Tags), "system_tags": list(m.SystemTags), "labels": object(m.Labels), "design": object(m.Design),
		"metadata": metadata(m.Metadata), "ui_cache": object(m.Cache),
		"last_iteration": progress.LastIteration, "last_metrics": metrics(progress.Series),
	}
	d.text("comment", m.Comment)
	d.text("framework", m.Framework)
	d.text("task", string(m.Task))
	d.text("parent", string(m.Parent))
	d.text("project", string(m.Project))
	d.text("last_changed_by", string(m.LastChangedBy))
	d.time("created", m.Created)
	d.time("last_update", m.LastUpdate)
	d.time("last_change", m.LastChange)
	if c.Version.less(twoTagLists) {
		d["tags"] = oneTagList(m.Tags, m.SystemTags)
	}
	if c.Version.less(metadataByKey) {
		d["metadata"] = []any{}
	}
	return api.Fields(d)
}

func metadata(items model.Metadata) map[string]any {
	out := make(map[string]any, len(items))
	for key, it := range items {
		out[key] = map[string]any{"key": it.Key, "type": it.Type, "value": it.Value}
	}
	return out
}

func (h *handlers) getModel(ctx context.Context, c Call, req api.ModelID) (api.ModelResponse, error) {
	m, err := h.Models.Get(ctx, c.Who, model.ID(req.Model))
	return h.oneModel(ctx, c, m, err)
}

func (h *handlers) oneModel(ctx context.Context, c Call, m model.Model, err error) (api.ModelResponse, error) {
	if err != nil {
		return api.ModelResponse{}, err
	}
	docs, err := h.modelDocuments(ctx, c, []model.Model{m}, projection{noun: "model"})
	if err != nil {
		return api.ModelResponse{}, err
	}
	return api.ModelResponse{Model: docs[0]}, nil
}

// outdated refuses what clients call no more since a task may have several
// models.
func (c Call) outdated() error {
	if linksAndImages.less(c.Version) {
		return ErrOutdated.Errorf("%s answers up to version %s only: a task may have several models since", c.Endpoint, linksAndImages)
	}
	return nil
}

// getModelOfTask finds the last output model of a task.
func (h *handlers) getModelOfTask(ctx context.Context, c Call, req api.TaskID) (api.ModelResponse, error) {
	if err := c.outdated(); err != nil {
		return api.ModelResponse{}, err
	}
	t, err := h.Tasks.Get(ctx, c.Who, task.ID(req.Task))
	if err != nil {
		return api.ModelResponse{}, err
	}
	n := len(t.Models.Output)
	if n == 0 {
		return api.ModelResponse{}, model.ErrNoOutput.Errorf("task %s has no output model", t.ID)
	}
	m, err := h.Models.Get(ctx, c.Who, model.ID(t.Models.Output[n-1].Model))
	return h.oneModel(ctx, c, m, err)
}

func (h *handlers) listModels(ctx context.Context, c Call, req api.QueryRequest) (api.ModelsResponse, error) {
	return h.findModels(ctx, c, req.Keys, false)
}

func (h *handlers) listModelsEx(ctx context.Context, c Call, req api.QueryRequest) (api.ModelsResponse, error) {
	return h.findModels(ctx, c, req.Keys, true)
}

func (h *handlers) getModelEx(ctx context.Context, c Call, req api.QueryRequest) (api.ModelsResponse, error) {
	if req.Keys["id"] == nil {
		return api.ModelsResponse{}, ErrMissingKey.Errorf("id: this field is required").With("field", "id")
	}
	return h.findModels(ctx, c, req.Keys, true)
}

// findModels answers a list request, with references as ids or as objects.
func (h *handlers) findModels(ctx context.Context, c Call, keys api.Fields, joined bool) (api.ModelsResponse, error) {
	p, err := projectionOf(keys, "model", joined)
	if err != nil {
		return api.ModelsResponse{}, err
	}
	c.splitTagFilter(keys)
	if err := h.expandProjects(ctx, c, keys); err != nil {
		return api.ModelsResponse{}, err
	}
	h.comparable(c, keys)
	r, err := listRequest(keys, nouns["model"])
	if err != nil {
		return api.ModelsResponse{}, err
	}
	public, told := keys["allow_public"]
	models, err := h.Models.List(ctx, c.Who, model.Query{Request: r, Parts: modelParts(p), PrivateOnly: joined && told && !truthy(public)})
	if err != nil {
		return api.ModelsResponse{}, err
	}
	docs, err := h.modelDocuments(ctx, c, models, p)
	if err == nil && joined && truthy(keys["include_stats"]) {
		for i, m := range models {
			docs[i]["stats"] = map[string]any{"labels_count": len(m.Labels)}
		}
	}
	return api.ModelsResponse{Models: docs, ScrollID: scrollID(r)}, err
}

// comparable writes the addresses that a list request asks for as they are
// compared: ours without a host.
func (h *handlers) comparable(c Call, keys api.Fields) {
	keys["uri"] = h.canonical(c, keys["uri"], true)
	blocks, _ := keys["filters"].(map[string]any)
	block, _ := blocks["uri"].(map[string]any)
	for _, part := range block {
		lists, _ := part.(map[string]any)
		for name, values := range lists {
			lists[name] = h.canonical(c, values, false)
		}
	}
}

// canonical rewrites one address or a list of them. Operators are none, and a
// minus may stand before one.
func (h *handlers) canonical(c Call, value any, signed bool) any {
	switch v := value.(type) {
	case string:
		sign := ""
		if rest, minus := strings.CutPrefix(v, "-"); minus && signed {
			sign, v = "-", rest
		}
		return sign + h.address(c, v).Canonical()
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = h.canonical(c, item, signed)
		}
		return out
	}
	return value
}

func (h *handlers) frameworks(ctx context.Context, c Call, req api.FrameworksRequest) (api.FrameworksResponse, error) {
	var in []project.ID
	for _, id := range req.Projects {
		in = append(in, project.ID(id))
	}
	if len(in) > 0 {
		var err error
		if in, err = h.Projects.Descendants(ctx, c.Who, in); err != nil {
			return api.FrameworksResponse{}, err
		}
	}
	found, err := h.Models.Frameworks(ctx, c.Who, in)
	return api.FrameworksResponse{Frameworks: list(found)}, err
}
