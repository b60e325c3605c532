package rpc

import (
	"context"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/task"
)

// someIDs refuses an empty list.
func someIDs(ids []string) error {
	if len(ids) == 0 {
		return ErrMissing.Errorf("ids: at least one id is required").With("field", "ids")
	}
	return nil
}

// each runs a change over entities one by one, each in a transaction of its
// own; what fails keeps back no other. Only a failure of the server ends it.
func each[ID ~string](ids []string, change func(ID) (api.Fields, error)) (api.ManyResponse, error) {
	out := api.ManyResponse{Succeeded: []api.Fields{}, Failed: []api.Fields{}}
	if err := someIDs(ids); err != nil {
		return out, err
	}
	for _, id := range ids {
		done, err := change(ID(id))
		if err == nil {
			done["id"] = id
			out.Succeeded = append(out.Succeeded, done)
			continue
		}
		f := fault.Of(err)
		if f.Reason.Kind == fault.Internal || f.Reason.Kind == fault.Unavailable {
			return out, err
		}
		status, sub := code(f)
		out.Failed = append(out.Failed, api.Fields{"id": id, "error": api.Fields{
			"codes": []int{status, sub}, "msg": f.Message, "data": object(f.Data),
		}})
	}
	return out, nil
}

// item is the reply of an update as an item of a batch.
func item(r api.FieldsResponse) api.Fields {
	return api.Fields{"updated": r.Updated, "fields": r.Fields}
}

func whyMany(req api.ManyRequest) task.Why {
	return task.Why{Reason: req.StatusReason, Message: req.StatusMessage, Force: req.Force}
}

func (h *handlers) stopMany(ctx context.Context, c Call, req api.ManyRequest) (api.ManyResponse, error) {
	return each(req.IDs, func(id task.ID) (api.Fields, error) {
		t, err := h.Lifecycle.StopTask(ctx, c.Who, id, whyMany(req), req.Steps)
		r, err := c.status(t, err)
		return item(r), err
	})
}

func (h *handlers) publishMany(ctx context.Context, c Call, req api.ManyRequest) (api.ManyResponse, error) {
	return each(req.IDs, func(id task.ID) (api.Fields, error) {
		t, err := h.Lifecycle.PublishTask(ctx, c.Who, id, whyMany(req), unlessFalse(req.PublishModel))
		r, err := c.status(t, err, "published")
		return item(r), err
	})
}

func (h *handlers) resetMany(ctx context.Context, c Call, req api.TasksResetManyRequest) (api.ManyResponse, error) {
	return each(req.IDs, func(id task.ID) (api.Fields, error) {
		t, gone, err := h.Lifecycle.ResetTask(ctx, c.Who, id, reset(req.ResetOptions))
		r, err := c.status(t, err)
		if err != nil {
			return nil, err
		}
		out := item(r)
		out["dequeued"], out["deleted_models"], out["urls"] = gone.Queues > 0, gone.DeletedModels, api.Fields{}
		if req.ReturnFileURLs {
			out["urls"] = c.urls(gone)
		}
		return out, nil
	})
}

func (h *handlers) deleteMany(ctx context.Context, c Call, req api.TasksDeleteManyRequest) (api.ManyResponse, error) {
	return each(req.IDs, func(id task.ID) (api.Fields, error) {
		gone, err := h.Lifecycle.DeleteTask(ctx, c.Who, id, deletion(c, req.DeleteOptions))
		out := api.Fields{
			"deleted": true, "updated_children": gone.Children, "updated_models": gone.UpdatedModels, "deleted_models": gone.DeletedModels, "urls": nil,
		}
		if req.ReturnFileURLs {
			out["urls"] = c.urls(gone)
		}
		return out, err
	})
}
