package rpc

import (
	"context"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
)

func taskIDs(ids []string) []task.ID {
	out := make([]task.ID, len(ids))
	for i, id := range ids {
		out[i] = task.ID(id)
	}
	return out
}

func (h *handlers) updateTags(ctx context.Context, c Call, req api.TagsRequest) (api.UpdatedResponse, error) {
	if len(req.AddTags)+len(req.RemoveTags) == 0 {
		return api.UpdatedResponse{}, ErrMissing.Errorf("add_tags, remove_tags: at least one tag is required").With("field", "add_tags")
	}
	if err := someIDs(req.IDs); err != nil {
		return api.UpdatedResponse{}, err
	}
	n, err := h.Tasks.UpdateTags(ctx, c.Who, taskIDs(req.IDs), req.AddTags, req.RemoveTags)
	return api.UpdatedResponse{Updated: n}, err
}

func (h *handlers) archiveTasks(ctx context.Context, c Call, req api.TasksArchiveRequest) (api.ArchivedResponse, error) {
	if len(req.Tasks) == 0 {
		return api.ArchivedResponse{}, ErrMissing.Errorf("tasks: at least one id is required").With("field", "tasks")
	}
	n, err := h.Lifecycle.ArchiveTasks(ctx, c.Who, taskIDs(req.Tasks), task.Why{Reason: req.StatusReason, Message: req.StatusMessage}, req.Steps)
	return api.ArchivedResponse{Archived: n}, err
}

func (h *handlers) archiveMany(ctx context.Context, c Call, req api.ManyRequest) (api.ManyResponse, error) {
	return each(req.IDs, func(id task.ID) (api.Fields, error) {
		_, err := h.Lifecycle.ArchiveTasks(ctx, c.Who, []task.ID{id}, whyMany(req), req.Steps)
		return api.Fields{"archived": true}, err
	})
}

func (h *handlers) unarchiveMany(ctx context.Context, c Call, req api.ManyRequest) (api.ManyResponse, error) {
	return each(req.IDs, func(id task.ID) (api.Fields, error) {
		_, err := h.Lifecycle.UnarchiveTasks(ctx, c.Who, []task.ID{id}, whyMany(req), req.Steps)
		return api.Fields{"unarchived": true}, err
	})
}

func (h *handlers) makePublic(ctx context.Context, c Call, req api.IDsRequest) (api.UpdatedResponse, error) {
	return h.share(ctx, c, req, true)
}

func (h *handlers) makePrivate(ctx context.Context, c Call, req api.IDsRequest) (api.UpdatedResponse, error) {
	return h.share(ctx, c, req, false)
}

func (h *handlers) share(ctx context.Context, c Call, req api.IDsRequest, public bool) (api.UpdatedResponse, error) {
	if err := someIDs(req.IDs); err != nil {
		return api.UpdatedResponse{}, err
	}
	n, err := h.Tasks.Share(ctx, c.Who, taskIDs(req.IDs), public)
	return api.UpdatedResponse{Updated: n}, err
}

// moveTasks files tasks under a project id, null for the root, or under a name
// that is found or made.
func (h *handlers) moveTasks(ctx context.Context, c Call, req api.MoveRequest) (api.MoveResponse, error) {
	if err := someIDs(req.IDs); err != nil {
		return api.MoveResponse{}, err
	}
	var to project.ID
	name := ""
	if id, given := req.Keys["project"]; given {
		s, ok := id.(string)
		if !ok && id != nil {
			return api.MoveResponse{}, wrong("project", "an id", id)
		}
		to = project.ID(s)
	} else if name, _ = req.Keys["project_name"].(string); name == "" {
		return api.MoveResponse{}, ErrMissingKey.Errorf("project or project_name: one of them is required").With("field", "project")
	}
	to, err := h.Lifecycle.MoveTasks(ctx, c.Who, taskIDs(req.IDs), to, name)
	out := api.MoveResponse{}
	if to != "" {
		out.ProjectID = (*string)(&to)
	}
	return out, err
}
