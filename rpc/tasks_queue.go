package rpc

import (
	"context"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/lifecycle"
	"github.com/coffer-ml/coffer/queue"
	"github.com/coffer-ml/coffer/task"
)

// enqueue reads where a task shall wait.
func enqueue(o api.EnqueueOptions) (lifecycle.Enqueue, error) {
	if o.Queue != "" && o.QueueName != "" {
		return lifecycle.Enqueue{}, ErrField.Errorf("queue and queue_name: only one of them can be given").With("field", "queue_name")
	}
	return lifecycle.Enqueue{
		Queue: queue.ID(o.Queue), QueueName: o.QueueName,
		Why: task.Why{Reason: o.StatusReason, Message: o.StatusMessage},
	}, nil
}

// watched tells whether an agent listens to the queue, if that was asked.
func watched(asked bool) *bool {
	if !asked {
		return nil
	}
	return new(bool) // agents are not offered, so nobody does
}

// queuedFields tells what enqueuing wrote.
func (c Call) queuedFields(t task.Task, err error) (api.FieldsResponse, error) {
	r, err := c.status(t, err, "execution.queue")
	if err == nil {
		r.Fields["enqueue_status"] = t.EnqueuedFrom
	}
	return r, err
}

func (h *handlers) enqueueTask(ctx context.Context, c Call, req api.TasksEnqueueRequest) (api.TasksEnqueueResponse, error) {
	e, err := enqueue(req.EnqueueOptions)
	if err != nil {
		return api.TasksEnqueueResponse{}, err
	}
	e.Why.Force = req.Force
	e.Beside = req.UpdateExecutionQueue != nil && !*req.UpdateExecutionQueue
	if e.Beside && req.VerifyWatchedQueue {
		return api.TasksEnqueueResponse{}, ErrField.Errorf("verify_watched_queue: it cannot go with update_execution_queue=false").With("field", "verify_watched_queue")
	}
	t, err := h.Lifecycle.EnqueueTask(ctx, c.Who, task.ID(req.Task), e)
	r, err := c.queuedFields(t, err)
	return api.TasksEnqueueResponse{Queued: 1, Updated: r.Updated, Fields: r.Fields, QueueWatched: watched(req.VerifyWatchedQueue)}, err
}

func (h *handlers) enqueueMany(ctx context.Context, c Call, req api.TasksEnqueueManyRequest) (api.TasksEnqueueManyResponse, error) {
	e, err := enqueue(req.EnqueueOptions)
	if err != nil {
		return api.TasksEnqueueManyResponse{}, err
	}
	out, err := each(req.IDs, func(id task.ID) (api.Fields, error) {
		if req.ValidateTasks {
			t, err := h.Tasks.Get(ctx, c.Who, id)
			if err == nil {
				err = h.Lifecycle.ValidateTask(ctx, c.Who, t)
			}
			if err != nil {
				return nil, err
			}
		}
		t, err := h.Lifecycle.EnqueueTask(ctx, c.Who, id, e)
		r, err := c.queuedFields(t, err)
		done := item(r)
		done["queued"] = true
		return done, err
	})
	return api.TasksEnqueueManyResponse{ManyResponse: out, QueueWatched: watched(req.VerifyWatchedQueue)}, err
}

// dequeue takes a task out of its queue. One that is gone is in none.
func (h *handlers) dequeue(ctx context.Context, c Call, id task.ID, o api.DequeueOptions) (api.FieldsResponse, error) {
	t, moved, err := h.Lifecycle.DequeueTask(ctx, c.Who, id, lifecycle.Dequeue{
		All: o.RemoveFromAllQueues, To: task.Status(o.NewStatus), Why: task.Why{Reason: o.StatusReason, Message: o.StatusMessage},
	})
	if err != nil || !moved {
		return api.FieldsResponse{Fields: api.Fields{}}, err
	}
	return c.status(t, nil)
}

func (h *handlers) dequeueTask(ctx context.Context, c Call, req api.TasksDequeueRequest) (api.TasksDequeueResponse, error) {
	r, err := h.dequeue(ctx, c, task.ID(req.Task), req.DequeueOptions)
	return api.TasksDequeueResponse{Dequeued: 1, Updated: r.Updated, Fields: r.Fields}, err
}

func (h *handlers) dequeueMany(ctx context.Context, c Call, req api.TasksDequeueManyRequest) (api.ManyResponse, error) {
	return each(req.IDs, func(id task.ID) (api.Fields, error) {
		r, err := h.dequeue(ctx, c, id, req.DequeueOptions)
		done := item(r)
		done["dequeued"] = true
		return done, err
	})
}
