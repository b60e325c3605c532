package rpc

import (
	"context"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/queue"
	"github.com/coffer-ml/coffer/task"
)

// Agents are not kept: their calls are accepted, so that those who run tasks by
// them can, and lists of them are empty.

func (h *handlers) registerWorker(ctx context.Context, c Call, req api.WorkersRegisterRequest) (api.Empty, error) {
	for _, id := range req.Queues {
		if _, err := h.Queues.Get(ctx, c.Who, queue.ID(id)); err != nil {
			return api.Empty{}, err
		}
	}
	return api.Empty{}, nil
}

func (h *handlers) unregisterWorker(context.Context, Call, api.WorkerRequest) (api.Empty, error) {
	return api.Empty{}, nil
}

func (h *handlers) reportWorker(ctx context.Context, c Call, req api.WorkersStatusReportRequest) (api.Empty, error) {
	if req.Task == "" {
		return api.Empty{}, nil
	}
	return api.Empty{}, h.Tasks.ReportWorker(ctx, c.Who, task.ID(req.Task), req.Worker)
}

func (h *handlers) listWorkers(context.Context, Call, api.Empty) (api.WorkersResponse, error) {
	return api.WorkersResponse{Workers: []api.Fields{}}, nil
}

func (h *handlers) countWorkers(context.Context, Call, api.Empty) (api.CountedResponse, error) {
	return api.CountedResponse{}, nil
}
