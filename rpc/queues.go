package rpc

import (
	"context"
	"maps"
	"slices"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/queue"
	"github.com/coffer-ml/coffer/task"
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
	return h.findQueues(ctx, c, req.Keys, false)
}

// listQueuesEx shows queues whole, with what waits in them by name, and who
// works on them: nobody, since agents are not kept.
func (h *handlers) listQueuesEx(ctx context.Context, c Call, req api.QueryRequest) (api.QueuesResponse, error) {
	keys := maps.Clone(req.Keys)
	delete(keys, "projection")
	var whole []any
	for _, part := range slices.Sorted(maps.Keys(nouns["queue"].shape)) {
		whole = append(whole, part)
	}
	keys["only_fields"] = append(whole, "entries.added", "entries.task.name")
	r, err := h.findQueues(ctx, c, keys, true)
	for _, q := range r.Queues {
		q["workers"] = []any{}
	}
	return r, err
}

func (h *handlers) findQueues(ctx context.Context, c Call, keys api.Fields, joined bool) (api.QueuesResponse, error) {
	p, err := projectionOf(keys, "queue", joined)
	if err != nil {
		return api.QueuesResponse{}, err
	}
	r, err := listRequest(keys, nouns["queue"])
	if err != nil {
		return api.QueuesResponse{}, err
	}
	if !truthy(keys["search_hidden"]) && !truthy(keys["id"]) && !truthy(keys["name"]) {
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

func (h *handlers) createQueue(ctx context.Context, c Call, req api.QueuesCreateRequest) (api.IDResponse, error) {
	q, err := h.Queues.Create(ctx, c.Who, queue.Queue{Name: req.Name, DisplayName: req.DisplayName, Tags: req.Tags, SystemTags: req.SystemTags})
	return api.IDResponse{ID: string(q.ID)}, err
}

func (h *handlers) updateQueue(ctx context.Context, c Call, req api.QueuesUpdateRequest) (api.FieldsResponse, error) {
	q, err := h.Queues.Update(ctx, c.Who, queue.ID(req.Queue), queue.Patch{
		Name: req.Name, DisplayName: req.DisplayName, Tags: req.Tags, SystemTags: req.SystemTags,
	})
	if err != nil {
		return api.FieldsResponse{}, err
	}
	wrote := api.Fields{}
	for _, f := range []struct {
		given bool
		name  string
		value any
	}{
		{req.Name != nil, "name", q.Name},
		{req.DisplayName != nil, "display_name", q.DisplayName},
		{req.Tags != nil, "tags", list(q.Tags)},
		{req.SystemTags != nil, "system_tags", list(q.SystemTags)},
	} {
		if f.given {
			wrote[f.name] = f.value
		}
	}
	return api.FieldsResponse{Updated: min(len(wrote), 1), Fields: wrote}, nil
}

func (h *handlers) addQueueTask(ctx context.Context, c Call, req api.QueuesAddTaskRequest) (api.AddedResponse, error) {
	runs := req.UpdateExecutionQueue == nil || *req.UpdateExecutionQueue
	return api.AddedResponse{Added: 1}, h.Lifecycle.AddToQueue(ctx, c.Who, queue.ID(req.Queue), task.ID(req.Task), runs)
}

func (h *handlers) removeQueueTask(ctx context.Context, c Call, req api.QueuesRemoveTaskRequest) (api.RemovedResponse, error) {
	return api.RemovedResponse{Removed: 1}, h.Lifecycle.TakeFromQueue(ctx, c.Who, queue.ID(req.Queue), task.ID(req.Task), req.UpdateTaskStatus)
}

func (h *handlers) nextQueueTask(ctx context.Context, c Call, req api.QueuesNextTaskRequest) (api.QueuesNextTaskResponse, error) {
	e, t, ok, err := h.Lifecycle.NextTask(ctx, c.Who, queue.ID(req.Queue), task.ID(req.Task))
	if err != nil || !ok {
		return api.QueuesNextTaskResponse{}, err
	}
	out := api.QueuesNextTaskResponse{Entry: api.Fields{"task": e.Task, "added": stamp(e.Added)}}
	if req.TaskInfo {
		company, _, err := h.Users.Company(ctx)
		if err != nil {
			return api.QueuesNextTaskResponse{}, err
		}
		out.TaskInfo = api.Fields{"company": company, "user": t.User}
	}
	return out, nil
}

func (h *handlers) peekQueueTask(ctx context.Context, c Call, req api.QueueID) (api.QueuesPeekTaskResponse, error) {
	if _, err := h.Queues.Get(ctx, c.Who, queue.ID(req.Queue)); err != nil {
		return api.QueuesPeekTaskResponse{}, err
	}
	waiting, err := h.Queues.Entries(ctx, c.Who, []queue.ID{queue.ID(req.Queue)})
	if first := waiting[queue.ID(req.Queue)]; len(first) > 0 {
		id := string(first[0].Task)
		return api.QueuesPeekTaskResponse{Task: &id}, err
	}
	return api.QueuesPeekTaskResponse{}, err
}
