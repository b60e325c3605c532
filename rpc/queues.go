package rpc

import (
	"context"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/queue"
)

// queueDocuments builds the documents of queues, in their order, by a fixed
// number of queries. What the projection does not want need not be there.
func (h *handlers) queueDocuments(ctx context.Context, c Call, queues []queue.Queue, p projection) ([]api.Fields, error) {
	company, _, err := h.Users.Company(ctx)
	if err != nil {
		return nil, err
	}
	var waiting map[queue.ID][]queue.Entry
	if p.wants("entries") {
		ids := make([]queue.ID, len(queues))
		for i, q := range queues {
			ids[i] = q.ID
		}
		if waiting, err = h.Queues.Entries(ctx, c.Who, ids); err != nil {
			return nil, err
		}
	}
	out := make([]api.Fields, len(queues))
	for i, q := range queues {
		entries := make([]any, len(waiting[q.ID]))
		for j, e := range waiting[q.ID] {
			entries[j] = map[string]any{"task": e.Task, "added": stamp(e.Added)}
		}
		d := doc{
			"id": q.ID, "name": q.Name, "company": company, "created": stamp(q.Created), "last_update": stamp(q.LastUpdate),
			"tags": list(q.Tags), "system_tags": list(q.SystemTags), "entries": entries, "metadata": map[string]any{},
		}
		d.text("display_name", q.DisplayName)
		d.text("user", string(q.User))
		out[i] = api.Fields(d)
	}
	return out, nil
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
	docs, err := h.queueDocuments(ctx, c, found, p)
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
	docs, err := h.queueDocuments(ctx, c, []queue.Queue{q}, projection{})
	if err != nil {
		return api.QueueResponse{}, err
	}
	return api.QueueResponse{Queue: docs[0]}, nil
}

func (h *handlers) queueLength(ctx context.Context, c Call, req api.QueueID) (api.NumResponse, error) {
	if _, err := h.Queues.Get(ctx, c.Who, queue.ID(req.Queue)); err != nil {
		return api.NumResponse{}, err
	}
	waiting, err := h.Queues.Entries(ctx, c.Who, []queue.ID{queue.ID(req.Queue)})
	return api.NumResponse{Num: len(waiting[queue.ID(req.Queue)])}, err
}

func (h *handlers) deleteQueue(ctx context.Context, c Call, req api.QueuesDeleteRequest) (api.DeletedCountResponse, error) {
	err := h.Lifecycle.DeleteQueue(ctx, c.Who, queue.ID(req.Queue), req.Force)
	return api.DeletedCountResponse{Deleted: 1}, err
}

func (h *handlers) defaultQueue(ctx context.Context, c Call, _ api.Empty) (api.Reference, error) {
	q, err := h.Queues.DefaultQueue(ctx, c.Who)
	return api.Reference{ID: string(q.ID), Name: q.Name}, err
}
