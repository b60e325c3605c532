package rpc

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/file"
)

func (h *handlers) addEvents(ctx context.Context, c Call, req api.BatchRequest) (api.EventsAddedResponse, error) {
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
			"@timestamp": l.Received.UTC().Format(receiptForm),
		}
	}
	return out, nil
}

// position is where a scroll through events stands. It travels in the scroll
// id, so that it holds whatever happens to the server meanwhile.
type position struct {
	Type  event.Type `json:"t"`
	Desc  bool       `json:"d"`
	After *int64     `json:"a,omitempty"`
}

func (p position) String() string {
	b, _ := json.Marshal(p) // plain values
	return base64.RawURLEncoding.EncodeToString(b)
}

func scrollOf(id string) (p position, err error) {
	b, err := base64.RawURLEncoding.DecodeString(id)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil {
		return p, ErrScroll.Wrap(err, "scroll_id: %.40q is none of ours; begin again without one", id).With("field", "scroll_id")
	}
	return p, nil
}

// defaultEvents is the page size of tasks' events if none is asked for.
const defaultEvents = 500

func (h *handlers) taskEvents(ctx context.Context, c Call, req api.TaskEventsRequest) (api.TaskEventsResponse, error) {
	p := position{Type: event.Type(firstOf(value(req.EventType), "*")), Desc: value(req.Order) == "desc"}
	if req.ScrollID != "" {
		var err error
		if p, err = scrollOf(req.ScrollID); err != nil {
			return api.TaskEventsResponse{}, err
		}
	}
	limit := int64(defaultEvents)
	give(&limit, req.BatchSize)
	items, total, err := h.Events.Items(ctx, c.Who, event.Target{Kind: event.Task, ID: req.Task},
		event.ItemQuery{Type: p.Type, After: p.After, Desc: p.Desc, Limit: int(limit)})
	if err != nil {
		return api.TaskEventsResponse{}, err
	}
	out := api.TaskEventsResponse{Events: make([]api.Fields, len(items)), Returned: len(items)}
	if req.CountTotal == nil || *req.CountTotal {
		out.Total = &total
	}
	for i, e := range items {
		out.Events[i] = c.eventDocument(e)
		p.After = &items[i].Iter
	}
	out.ScrollID = p.String()
	return out, nil
}

// eventDocument shows an event with the fields it came with.
func (c Call) eventDocument(e event.Event) api.Fields {
	d := doc(maps.Clone(e.Body))
	if d == nil {
		d = doc{}
	}
	maps.Copy(d, doc{
		"task": e.Target.ID, "type": e.Type, "timestamp": e.Timestamp, "worker": e.Worker, "metric": e.Metric, "variant": e.Variant,
		"iter": e.Iter, "model_event": e.Target.Kind == event.Model, "@timestamp": e.Received.UTC().Format(receiptForm),
	})
	d.text("key", e.Key)
	if e.Value != nil {
		d["value"] = *e.Value
	}
	if url, ok := d["url"].(string); ok {
		d["url"] = file.Stored(url).Render(c.files)
	}
	return api.Fields(d)
}

// value reads an optional text.
func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// receiptForm is how the protocol writes when an event came in.
const receiptForm = "2006-01-02T15:04:05.000Z"
