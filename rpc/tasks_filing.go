package rpc

import (
	"context"
	"errors"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
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
	n, err := h.Tasks.UpdateTags(ctx, c.Who, taskIDs(req.IDs), req.AddTags, req.RemoveTags)
	return api.UpdatedResponse{Updated: n}, err
}

func (h *handlers) archiveTasks(ctx context.Context, c Call, req api.TasksArchiveRequest) (api.ArchivedResponse, error) {
	n, err := h.Tasks.Archive(ctx, c.Who, taskIDs(req.Tasks), task.Why{Reason: req.StatusReason, Message: req.StatusMessage})
	return api.ArchivedResponse{Archived: n}, err
}

func (h *handlers) archiveMany(ctx context.Context, c Call, req api.ManyRequest) (api.ManyResponse, error) {
	return h.many(ctx, c, req, "archived", h.Tasks.Archive)
}

func (h *handlers) unarchiveMany(ctx context.Context, c Call, req api.ManyRequest) (api.ManyResponse, error) {
	return h.many(ctx, c, req, "unarchived", h.Tasks.Unarchive)
}

// many runs a change over tasks one by one; what fails keeps back no other.
func (h *handlers) many(ctx context.Context, c Call, req api.ManyRequest, done string,
	change func(context.Context, user.Identity, []task.ID, task.Why) (int, error),
) (api.ManyResponse, error) {
	if len(req.IDs) == 0 {
		return api.ManyResponse{}, ErrMissing.Errorf("ids: at least one id is required").With("field", "ids")
	}
	out := api.ManyResponse{Succeeded: []api.Fields{}, Failed: []api.Fields{}}
	for _, id := range req.IDs {
		_, err := change(ctx, c.Who, []task.ID{task.ID(id)}, task.Why{Reason: req.StatusReason, Message: req.StatusMessage})
		switch f := fault.Of(err); {
		case err == nil:
			out.Succeeded = append(out.Succeeded, api.Fields{"id": id, done: true})
		case errors.Is(err, fault.ErrInternal) || f.Reason.Kind == fault.Internal:
			return out, err
		default:
			status, sub := code(f)
			out.Failed = append(out.Failed, api.Fields{"id": id, "error": api.Fields{
				"codes": []int{status, sub}, "msg": f.Message, "data": object(f.Data),
			}})
		}
	}
	return out, nil
}

func (h *handlers) moveTasks(ctx context.Context, c Call, req api.MoveRequest) (api.MoveResponse, error) {
	to, err := h.moveTarget(ctx, c, req.Keys)
	if err != nil {
		return api.MoveResponse{}, err
	}
	_, err = h.Tasks.Move(ctx, c.Who, taskIDs(req.IDs), to)
	out := api.MoveResponse{}
	if to != "" {
		out.ProjectID = (*string)(&to)
	}
	return out, err
}

// moveTarget reads where to move: a project id, null for the root, or a name
// that is found or made.
func (h *handlers) moveTarget(ctx context.Context, c Call, keys api.Fields) (project.ID, error) {
	id, given := keys["project"]
	if given {
		s, ok := id.(string)
		if !ok && id != nil {
			return "", wrong("project", "an id", id)
		}
		return project.ID(s), nil
	}
	name, ok := keys["project_name"].(string)
	if !ok {
		return "", ErrMissingKey.Errorf("project or project_name: one of them is required").With("field", "project")
	}
	p, err := h.Projects.FindOrCreate(ctx, c.Who, name)
	return p.ID, err
}
