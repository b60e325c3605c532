package rpc

import (
	"context"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/queue"
)

func (h *handlers) queueDocument(ctx context.Context, q queue.Queue) (api.Fields, error) {
	company, _, err := h.Users.Company(ctx)
	d := doc{
		"id": q.ID, "name": q.Name, "company": company, "created": stamp(q.Created), "last_update": stamp(q.LastUpdate),
		"tags": list(q.Tags), "system_tags": list(q.SystemTags), "entries": []any{}, "metadata": map[string]any{},
	}
	d.text("display_name", q.DisplayName)
	return api.Fields(d), err
}

// queueDocuments builds the documents of queues.
func (h *handlers) queueDocuments(ctx context.Context, found []queue.Queue) ([]api.Fields, error) {
	docs := make([]api.Fields, len(found))
	for i, q := range found {
		var err error
		if docs[i], err = h.queueDocument(ctx, q); err != nil {
			return nil, err
		}
	}
	return docs, nil
}

// listQueues answers a list request. Queues of machinery show only to those
// who ask for them.
func (h *handlers) listQueues(ctx context.Context, c Call, req api.QueryRequest) (api.QueuesResponse, error) {
	p, err := projectionOf(req.Keys, "queue", false)
	if err != nil {
		return api.QueuesResponse{}, err
	}
	r, err := listRequest(req.Keys, nouns["queue"])
	if err != nil {
		return api.QueuesResponse{}, err
	}
	if !truthy(req.Keys["search_hidden"]) && !truthy(req.Keys["id"]) && !truthy(req.Keys["name"]) {
		r.Filter = query.And{r.Filter, query.Not{Part: query.In{Field: "system_tags", Values: []string{queue.Glue}}}}
	}
	found, err := h.Queues.List(ctx, c.Who, r)
	if err != nil {
		return api.QueuesResponse{}, err
	}
	docs, err := h.queueDocuments(ctx, found)
	if err != nil {
		return api.QueuesResponse{}, err
	}
	return api.QueuesResponse{Queues: docs, ScrollID: scrollID(r)}, h.shape(ctx, c, docs, p)
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
