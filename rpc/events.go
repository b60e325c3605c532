package rpc

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/event"
)

func (h *handlers) addEvents(ctx context.Context, c Call, req api.EventsBatchRequest) (api.EventsAddedResponse, error) {
	events := make([]event.Event, len(req.Batch))
	for i, in := range req.Batch {
		events[i] = h.event(c, in)
	}
	r, err := h.Events.Add(ctx, c.Who, events)
	out := api.EventsAddedResponse{Added: r.Added, Errors: r.Errors, ErrorsInfo: r.Reasons}
	if out.ErrorsInfo == nil {
		out.ErrorsInfo = map[string]int{}
	}
	return out, err
}

// event converts one event; what is no field of all events stays as it came.
func (h *handlers) event(c Call, in api.Fields) event.Event {
	get := func(name string) string { s, _ := in[name].(string); return s }
	e := event.Event{
		Type: event.Type(get("type")), Target: event.Target{Kind: event.Task, ID: firstOf(get("task"), get("model"))},
		Worker: firstOf(get("worker"), c.Worker, "<unknown>"), Metric: get("metric"), Variant: get("variant"),
		Level: get("level"), Msg: get("msg"), Key: get("key"), AllowLocked: truthy(in["allow_locked"]),
	}
	if truthy(in["model_event"]) {
		e.Target.Kind = event.Model
	}
	e.Iter, _ = wholeNumber(in["iter"])
	if at, ok := wholeNumber(in["timestamp"]); ok {
		e.Timestamp = at
	} else if at, ok := wholeNumber(in["ts"]); ok {
		e.Timestamp = at
	}
	if n, ok := in["value"].(json.Number); ok {
		if f, err := n.Float64(); err == nil {
			e.Value = &f
		}
	}
	if e.Type != event.Log {
		e.Body = maps.Clone(in)
		for _, name := range []string{"type", "task", "model", "worker", "metric", "variant", "iter", "timestamp", "ts", "key", "allow_locked", "method"} {
			delete(e.Body, name)
		}
		if url, ok := in["url"].(string); ok {
			e.Body["url"] = h.address(c, url).String()
		}
	}
	return e
}

func (h *handlers) taskLog(ctx context.Context, c Call, req api.TaskLogRequest) (api.TaskLogResponse, error) {
	q := event.LogQuery{From: int64(req.FromTimestamp), Earlier: true}
	give(&q.Earlier, req.NavigateEarlier)
	if req.BatchSize != nil {
		q.Limit = int(*req.BatchSize)
		if q.Limit == 0 {
			q.Limit = -1 // none is no page
		}
	}
	lines, total, err := h.Events.Log(ctx, c.Who, event.Target{Kind: event.Task, ID: req.Task}, q)
	if err != nil {
		return api.TaskLogResponse{}, err
	}
	if req.Order != nil && (*req.Order == "desc") != q.Earlier {
		slices.Reverse(lines)
	}
	out := api.TaskLogResponse{Events: make([]api.Fields, len(lines)), Returned: len(lines), Total: total}
	for i, l := range lines {
		out.Events[i] = api.Fields{
			"task": l.Target.ID, "type": l.Type, "timestamp": l.Timestamp, "worker": l.Worker, "level": l.Level, "msg": l.Msg,
			"metric": l.Metric, "variant": l.Variant, "model_event": false,
			"@timestamp": l.Received.UTC().Format("2006-01-02T15:04:05.000Z"),
		}
	}
	return out, nil
}
