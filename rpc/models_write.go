package rpc

import (
	"context"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/lifecycle"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
)

func (h *handlers) createModel(ctx context.Context, c Call, req api.ModelsCreateRequest) (api.ModelsCreateResponse, error) {
	if req.Name == nil || req.URI == nil {
		return api.ModelsCreateResponse{}, ErrMissing.Errorf("name and uri: these fields are required").With("field", "name")
	}
	if req.Metadata != nil {
		for key, it := range *req.Metadata {
			if it.Key == nil || it.Type == nil || it.Value == nil {
				return api.ModelsCreateResponse{}, ErrMissing.Errorf("metadata.%s: key, type and value are required", key).With("field", "metadata")
			}
		}
	}
	p, err := h.modelPatch(c, req.ModelFields)
	if err != nil {
		return api.ModelsCreateResponse{}, err
	}
	spec := p.Spec()
	spec.Ready, spec.Public = unlessFalse(req.Ready), req.Public
	m, err := h.Lifecycle.CreateModel(ctx, c.Who, spec)
	return api.ModelsCreateResponse{ID: string(m.ID), Created: err == nil}, err
}

// modelPatch converts the parts of a model that a request gives.
func (h *handlers) modelPatch(c Call, in api.ModelFields) (model.Patch, error) {
	c.splitTags(&in.Tags, &in.SystemTags)
	p := model.Patch{
		Name: in.Name, Comment: in.Comment, Framework: in.Framework, Design: in.Design, Labels: in.Labels, Task: (*task.ID)(in.Task),
		Parent: (*model.ID)(in.Parent), Project: (*project.ID)(in.Project), Tags: in.Tags, SystemTags: in.SystemTags, Ready: in.Ready, Cache: in.UICache,
	}
	if in.URI != nil {
		a := h.address(c, *in.URI)
		p.Address = &a
	}
	if in.Metadata != nil {
		items := make(model.Metadata, len(*in.Metadata))
		for key, sent := range *in.Metadata {
			var it model.Item
			give(&it.Type, sent.Type)
			give(&it.Value, sent.Value)
			items[key] = it
		}
		p.Metadata = &items
	}
	if in.Created != nil {
		at, err := moment("created", *in.Created)
		if err != nil {
			return p, err
		}
		p.Created = &at
	}
	return p, nil
}

func (h *handlers) editModel(ctx context.Context, c Call, req api.ModelsEditRequest) (api.FieldsResponse, error) {
	req.Created, req.UICache = nil, nil
	patch, err := h.modelPatch(c, req.ModelFields)
	if err != nil {
		return api.FieldsResponse{}, err
	}
	m, err := h.Lifecycle.EditModel(ctx, c.Who, model.ID(req.Model), patch, req.Iteration)
	if err != nil {
		return api.FieldsResponse{}, err
	}
	return c.changedModel(m, patch), nil
}

func (h *handlers) updateModel(ctx context.Context, c Call, req api.ModelsEditRequest) (api.FieldsResponse, error) {
	patch, err := h.modelPatch(c, req.ModelFields)
	if err != nil {
		return api.FieldsResponse{}, err
	}
	var of task.ID
	give(&of, (*task.ID)(req.Task))
	m, err := h.Lifecycle.UpdateModel(ctx, c.Who, model.ID(req.Model), patch, of, req.Iteration)
	if err != nil {
		return api.FieldsResponse{}, err
	}
	return c.changedModel(m, patch.Filing()), nil
}

// changedModel tells what was written: what the patch gives as it is now, and
// what goes with every change.
func (c Call) changedModel(m model.Model, p model.Patch) api.FieldsResponse {
	fields := api.Fields{}
	if p.IsZero() {
		return api.FieldsResponse{Fields: fields}
	}
	document := c.modelDocument(m, noProgress)
	for name, given := range map[string]bool{
		"name": p.Name != nil, "comment": p.Comment != nil, "uri": p.Address != nil, "framework": p.Framework != nil, "design": p.Design != nil,
		"labels": p.Labels != nil, "task": p.Task != nil, "parent": p.Parent != nil, "project": p.Project != nil, "tags": p.Tags != nil,
		"system_tags": p.SystemTags != nil, "metadata": p.Metadata != nil, "ready": p.Ready != nil, "created": p.Created != nil,
		"ui_cache": p.Cache != nil || p.Address != nil, "last_update": p.Content(), "last_change": true, "last_changed_by": true,
	} {
		if v, ok := document[name]; ok && given {
			fields[name] = v
		}
	}
	return api.FieldsResponse{Updated: 1, Fields: fields}
}

func (h *handlers) updateModelForTask(ctx context.Context, c Call, req api.ModelsUpdateForTaskRequest) (api.ModelsUpdateForTaskResponse, error) {
	if err := c.outdated(); err != nil {
		return api.ModelsUpdateForTaskResponse{}, err
	}
	if (req.URI == nil) == (req.Override == nil) {
		return api.ModelsUpdateForTaskResponse{}, ErrMissingKey.Errorf("uri or override_model_id: exactly one of them is required").With("field", "uri")
	}
	patch, err := h.modelPatch(c, api.ModelFields{Name: req.Name, Comment: req.Comment, URI: req.URI, Tags: req.Tags, SystemTags: req.SystemTags})
	if err != nil {
		return api.ModelsUpdateForTaskResponse{}, err
	}
	u := lifecycle.OutputModel{Patch: patch, Iteration: req.Iteration}
	give(&u.Override, (*model.ID)(req.Override))
	m, wrote, err := h.Lifecycle.UpdateModelForTask(ctx, c.Who, task.ID(req.Task), u)
	if err != nil {
		return api.ModelsUpdateForTaskResponse{}, err
	}
	out := api.ModelsUpdateForTaskResponse{ID: string(m.ID), Created: wrote.IsZero()}
	if !out.Created {
		r := c.changedModel(m, wrote)
		out.Updated, out.Fields = &r.Updated, r.Fields
	}
	return out, nil
}

func (h *handlers) editMetadata(ctx context.Context, c Call, req api.ModelsMetadataRequest) (api.UpdatedResponse, error) {
	items := make([]model.Item, len(req.Metadata))
	for i, it := range req.Metadata {
		items[i] = model.Item{Key: it.Key, Type: it.Type, Value: it.Value}
	}
	_, err := h.Models.EditMetadata(ctx, c.Who, model.ID(req.Model), items, req.Replace)
	return api.UpdatedResponse{Updated: 1}, err
}

func (h *handlers) deleteMetadata(ctx context.Context, c Call, req api.ModelsDeleteMetadataRequest) (api.UpdatedResponse, error) {
	_, err := h.Models.DeleteMetadata(ctx, c.Who, model.ID(req.Model), req.Keys)
	return api.UpdatedResponse{Updated: 1}, err
}
