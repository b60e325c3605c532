package rpc

import (
	"context"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/lifecycle"
	"github.com/coffer-ml/coffer/model"
)

func publishing(o api.PublishOptions) lifecycle.PublishModel {
	return lifecycle.PublishModel{Task: unlessFalse(o.PublishTask) && unlessFalse(o.PublishTasks), Force: o.ForcePublishTask}
}

// publishModel publishes one model and tells what became of its task; nil if
// nothing.
func (h *handlers) publishModel(ctx context.Context, c Call, id model.ID, o api.PublishOptions) (*api.PublishedTask, error) {
	_, with, err := h.Lifecycle.PublishModel(ctx, c.Who, id, publishing(o))
	if err != nil || with == nil {
		return nil, err
	}
	data, err := c.status(*with, nil, "published")
	return &api.PublishedTask{ID: string(with.ID), Data: data}, err
}

func (h *handlers) setReady(ctx context.Context, c Call, req api.ModelsSetReadyRequest) (api.ModelsSetReadyResponse, error) {
	published, err := h.publishModel(ctx, c, model.ID(req.Model), req.PublishOptions)
	return api.ModelsSetReadyResponse{Updated: 1, Fields: api.Fields{}, PublishedTask: published}, err
}

func (h *handlers) publishModels(ctx context.Context, c Call, req api.ModelsPublishManyRequest) (api.ManyResponse, error) {
	return each(req.IDs, func(id model.ID) (api.Fields, error) {
		published, err := h.publishModel(ctx, c, id, req.PublishOptions)
		return api.Fields{"updated": true, "published_task": published}, err
	})
}

func (h *handlers) deleteModel(ctx context.Context, c Call, req api.ModelsDeleteRequest) (api.ModelsDeleteResponse, error) {
	m, err := h.Lifecycle.DeleteModel(ctx, c.Who, model.ID(req.Model), req.Force, deletesFiles(c, req.DeleteExternalArtifacts))
	return api.ModelsDeleteResponse{Deleted: true, URL: m.Address.Render(c.files)}, err
}

func (h *handlers) deleteModels(ctx context.Context, c Call, req api.ModelsDeleteManyRequest) (api.ManyResponse, error) {
	return each(req.IDs, func(id model.ID) (api.Fields, error) {
		m, err := h.Lifecycle.DeleteModel(ctx, c.Who, id, req.Force, deletesFiles(c, req.DeleteExternalArtifacts))
		return api.Fields{"deleted": true, "url": m.Address.Render(c.files)}, err
	})
}

func (h *handlers) archiveModels(ctx context.Context, c Call, req api.IDsRequest) (api.ManyResponse, error) {
	return each(req.IDs, func(id model.ID) (api.Fields, error) {
		_, err := h.Models.Archive(ctx, c.Who, id)
		return api.Fields{"archived": true}, err
	})
}

func (h *handlers) unarchiveModels(ctx context.Context, c Call, req api.IDsRequest) (api.ManyResponse, error) {
	return each(req.IDs, func(id model.ID) (api.Fields, error) {
		_, err := h.Models.Unarchive(ctx, c.Who, id)
		return api.Fields{"unarchived": true}, err
	})
}

func modelIDs(ids []string) []model.ID {
	out := make([]model.ID, len(ids))
	for i, id := range ids {
		out[i] = model.ID(id)
	}
	return out
}

func (h *handlers) tagModels(ctx context.Context, c Call, req api.TagsRequest) (api.UpdatedResponse, error) {
	if err := someTags(req); err != nil {
		return api.UpdatedResponse{}, err
	}
	n, err := h.Models.UpdateTags(ctx, c.Who, modelIDs(req.IDs), req.AddTags, req.RemoveTags)
	return api.UpdatedResponse{Updated: n}, err
}

func (h *handlers) moveModels(ctx context.Context, c Call, req api.MoveRequest) (api.MoveResponse, error) {
	to, name, err := destinationOf(req)
	if err != nil {
		return api.MoveResponse{}, err
	}
	to, err = h.Lifecycle.MoveModels(ctx, c.Who, modelIDs(req.IDs), to, name)
	return moved(to), err
}

func (h *handlers) makeModelsPublic(ctx context.Context, c Call, req api.IDsRequest) (api.UpdatedResponse, error) {
	return h.shareModels(ctx, c, req, true)
}

func (h *handlers) makeModelsPrivate(ctx context.Context, c Call, req api.IDsRequest) (api.UpdatedResponse, error) {
	return h.shareModels(ctx, c, req, false)
}

func (h *handlers) shareModels(ctx context.Context, c Call, req api.IDsRequest, public bool) (api.UpdatedResponse, error) {
	if err := someIDs(req.IDs); err != nil {
		return api.UpdatedResponse{}, err
	}
	n, err := h.Models.Share(ctx, c.Who, modelIDs(req.IDs), public)
	return api.UpdatedResponse{Updated: n}, err
}
