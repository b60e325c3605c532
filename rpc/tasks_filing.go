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

// someTags refuses a request that names no tag or no entity.
func someTags(req api.TagsRequest) error {
	if len(req.AddTags)+len(req.RemoveTags) == 0 {
		return ErrMissing.Errorf("add_tags, remove_tags: at least one tag is required").With("field", "add_tags")
	}
	return someIDs(req.IDs)
}

func (h *handlers) updateTags(ctx context.Context, c Call, req api.TagsRequest) (api.UpdatedResponse, error) {
	if err := someTags(req); err != nil {
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

// destinationOf reads where entities are to be filed: under a project id, null
// for the root, or under a name that is found or made.
func destinationOf(req api.MoveRequest) (to project.ID, name string, err error) {
	if err := someIDs(req.IDs); err != nil {
		return "", "", err
	}
	if id, given := req.Keys["project"]; given {
		s, ok := id.(string)
		if !ok && id != nil {
			return "", "", wrong("project", "an id", id)
		}
		return project.ID(s), "", nil
	}
	if name, _ = req.Keys["project_name"].(string); name == "" {
		return "", "", ErrMissingKey.Errorf("project or project_name: one of them is required").With("field", "project")
	}
	return "", name, nil
}

// moved tells where entities are filed now; null is the root.
func moved(to project.ID) api.MoveResponse {
	if to == "" {
		return api.MoveResponse{}
	}
	return api.MoveResponse{ProjectID: (*string)(&to)}
}

func (h *handlers) moveTasks(ctx context.Context, c Call, req api.MoveRequest) (api.MoveResponse, error) {
	to, name, err := destinationOf(req)
	if err != nil {
		return api.MoveResponse{}, err
	}
	to, err = h.Lifecycle.MoveTasks(ctx, c.Who, taskIDs(req.IDs), to, name)
	return moved(to), err
}
