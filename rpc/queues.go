package rpc

import (
	"context"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/queue"
)

var queueFields = names("id", "name", "display_name", "user", "company", "created", "tags", "system_tags", "entries",
	"last_update", "metadata")

func (h *handlers) queueDocument(ctx context.Context, q queue.Queue) (api.Fields, error) {
	company, _, err := h.Users.Company(ctx)
	d := doc{
		"id": q.ID, "name": q.Name, "company": company, "created": stamp(q.Created), "last_update": stamp(q.LastUpdate),
		"tags": list(q.Tags), "system_tags": list(q.SystemTags), "entries": []any{}, "metadata": map[string]any{},
	}
	d.text("display_name", q.DisplayName)
	return api.Fields(d), err
}

func (h *handlers) listQueues(ctx context.Context, c Call, req api.QueryRequest) (api.QueuesResponse, error) {
	p, err := projectionOf(req.Keys, queueFields, false)
	if err != nil {
		return api.QueuesResponse{}, err
	}
	r, err := listRequest(req.Keys, queue.Fields)
	if err != nil {
		return api.QueuesResponse{}, err
	}
	found, err := h.Queues.List(ctx, c.Who, r)
	if err != nil {
		return api.QueuesResponse{}, err
	}
	out := api.QueuesResponse{Queues: make([]api.Fields, len(found))}
	for i, q := range found {
		d, err := h.queueDocument(ctx, q)
		if err != nil {
			return api.QueuesResponse{}, err
		}
		out.Queues[i] = p.apply(d)
	}
	return out, nil
}

func (h *handlers) getQueue(ctx context.Context, c Call, req api.QueueID) (api.QueueResponse, error) {
	q, err := h.Queues.Get(ctx, c.Who, queue.ID(req.Queue))
	if err != nil {
		return api.QueueResponse{}, err
	}
	d, err := h.queueDocument(ctx, q)
	return api.QueueResponse{Queue: d}, err
}

func (h *handlers) defaultQueue(ctx context.Context, c Call, _ api.Empty) (api.Reference, error) {
	q, err := h.Queues.DefaultQueue(ctx, c.Who)
	return api.Reference{ID: string(q.ID), Name: q.Name}, err
}
