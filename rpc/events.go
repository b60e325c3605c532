package rpc

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/file"
)

func (h *handlers) addEvents(ctx context.Context, c Call, req batch) (api.EventsAddedResponse, error) {
	events := make([]event.Event, len(req))
	for i, in := range req {
		events[i] = h.event(c, in)
	}
	r, err := h.Events.Add(ctx, c.Who, events)
	out := api.EventsAddedResponse{Added: r.Added, Errors: r.Errors, ErrorsInfo: r.Reasons}
	if out.ErrorsInfo == nil {
		out.ErrorsInfo = map[string]int{}
	}
	return out, err
}

// sources finds the addresses of pictures inside of plots.
var (
	sources    = regexp.MustCompile(`("source":\s*")([A-Za-z][A-Za-z0-9+.-]*://[^"]+)(")`)
	ownSources = regexp.MustCompile(`("source":\s*")files:(/[^"]*")`)
)

// ownSources takes our host out of the pictures of a plot, and notes how long
// it is and what it shows.
func (h *handlers) ownSources(c Call, body map[string]any) {
	plot, _ := body["plot_str"].(string)
	if body != nil {
		body["plot_len"] = utf8.RuneCountInString(plot)
	}
	if !strings.Contains(plot, `"source":`) {
		return
	}
	var urls []any
	seen := make(map[string]bool)
	body["plot_str"] = sources.ReplaceAllStringFunc(plot, func(m string) string {
		parts := sources.FindStringSubmatch(m)
		stored := h.address(c, parts[2]).String()
		if !seen[stored] {
			seen[stored] = true
			urls = append(urls, stored)
		}
		return parts[1] + stored + parts[3]
	})
	if urls != nil {
		body["source_urls"] = urls
	}
}

func target(id string, model bool) event.Target {
	if model {
		return event.Target{Kind: event.Model, ID: id}
	}
	return event.Target{Kind: event.Task, ID: id}
}

func targets(ids []string, model bool) ([]event.Target, error) {
	if len(ids) == 0 {
		return nil, ErrField.Errorf("tasks: expected at least one id").With("field", "tasks")
	}
	out := make([]event.Target, len(ids))
	for i, id := range ids {
		out[i] = target(id, model)
	}
	return out, nil
}

func selection(list []api.MetricVariants) event.Selection {
	var sel event.Selection
	for _, m := range list {
		sel = append(sel, event.MetricVariants{Metric: m.Metric, Variants: m.Variants})
	}
	return sel
}

// eventDocument shows an event with the fields it came with.
func (c Call) eventDocument(e event.Event) api.Fields {
	d := doc(maps.Clone(e.Body))
	if d == nil {
		d = doc{}
	}
	maps.Copy(d, doc{
		"task": e.Target.ID, "type": e.Type, "timestamp": e.Timestamp, "worker": e.Worker, "metric": e.Metric, "variant": e.Variant,
		"model_event": e.Target.Kind == event.Model, "@timestamp": e.Received.UTC().Format(receiptForm),
	})
	d.text("key", e.Key)
	if e.Type == event.Log {
		d["level"], d["msg"] = e.Level, e.Msg
		return api.Fields(d)
	}
	d["iter"] = e.Iter
	if e.Value != nil {
		d["value"] = *e.Value
	}
	if !e.URL.IsZero() {
		d["url"] = e.URL.Render(c.files)
		if e.Overwritten {
			// The address stays as it is: the SDK deletes by it.
			d["overwritten"] = true
			if e.Version > 0 {
				d["version"] = e.Version
			}
		}
	}
	if plot, ok := d["plot_str"].(string); ok {
		d["plot_str"] = ownSources.ReplaceAllString(plot, "${1}"+strings.ReplaceAll(c.files, "$", "$$")+"${2}")
	}
	if urls, ok := d["source_urls"].([]any); ok {
		shown := make([]any, len(urls))
		for i, u := range urls {
			shown[i] = file.Stored(text(u)).Render(c.files)
		}
		d["source_urls"] = shown
	}
	return api.Fields(d)
}

func (c Call) eventDocuments(events []event.Event) []api.Fields {
	out := make([]api.Fields, len(events))
	for i, e := range events {
		out[i] = c.eventDocument(e)
	}
	return out
}

// receiptForm is how the protocol writes when an event came in.
const receiptForm = "2006-01-02T15:04:05.000Z"

// value reads an optional text.
func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// scrolled is where a scroll stands. It travels in the scroll id, so that it
// holds whatever happens to the server meanwhile, and costs no memory.
func scrolled(position any) string {
	b, _ := json.Marshal(position) // plain values
	return base64.RawURLEncoding.EncodeToString(b)
}

// resume reads a scroll id; an empty one leaves the position alone.
func resume(id string, position any) error {
	if id == "" {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(id)
	if err == nil {
		err = json.Unmarshal(b, position)
	}
	if err != nil {
		return ErrScroll.Wrap(err, "scroll_id: %.40q is none of ours; begin again without one", id).With("field", "scroll_id")
	}
	return nil
}

// finished is the scroll id of those that have come to their end.
const finished = "FFFF"

// clearScroll has nothing to free.
func (h *handlers) clearScroll(context.Context, Call, api.ClearScrollRequest) (api.Empty, error) {
	return api.Empty{}, nil
}

func (h *handlers) deleteTaskEvents(ctx context.Context, c Call, req api.DeleteTaskEventsRequest) (api.DeletedEventsResponse, error) {
	n, err := h.Events.Clear(ctx, c.Who, target(req.Task, false), req.AllowLocked)
	return api.DeletedEventsResponse{Deleted: n}, err
}

func (h *handlers) deleteModelEvents(ctx context.Context, c Call, req api.ModelEventsRequest) (api.DeletedEventsResponse, error) {
	n, err := h.Events.Clear(ctx, c.Who, target(req.Model, true), req.AllowLocked)
	return api.DeletedEventsResponse{Deleted: n}, err
}
