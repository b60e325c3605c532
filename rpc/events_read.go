package rpc

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/event"
)

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// defaultEvents is the page size of tasks' events if none is asked for.
const defaultEvents = 500

// position is where a scroll through events stands: it carries what was asked
// at first.
type position struct {
	Type    string               `json:"t"`
	Desc    bool                 `json:"d"`
	After   *int64               `json:"a,omitempty"` // iteration, of log lines time
	Metrics []api.MetricVariants `json:"m,omitempty"`
}

func (h *handlers) taskEvents(ctx context.Context, c Call, req api.TaskEventsRequest) (api.TaskEventsResponse, error) {
	var out api.TaskEventsResponse
	p := position{Type: firstOf(value(req.EventType), "*"), Desc: value(req.Order) == "desc", Metrics: req.Metrics}
	if err := resume(req.ScrollID, &p); err != nil {
		return out, err
	}
	size := int64(defaultEvents)
	give(&size, req.BatchSize)
	t := target(req.Task, req.ModelEvents)
	var found []event.Event
	var total int
	var err error
	if p.Type == string(event.Log) {
		q := event.LogQuery{Earlier: p.Desc, Limit: int(size), Selection: selection(p.Metrics)}
		give(&q.From, p.After)
		found, total, err = h.Events.Log(ctx, c.Who, t, q)
	} else {
		types := []event.Type{event.Type(p.Type)}
		if p.Type == "*" {
			types = slices.DeleteFunc(slices.Clone(event.Types), func(of event.Type) bool { return of == event.Log })
		}
		found, total, err = h.Events.Items(ctx, c.Who, t, event.ItemQuery{
			Types: types, After: p.After, Desc: p.Desc, Limit: int(size), Selection: selection(p.Metrics),
		})
	}
	if err != nil {
		return out, err
	}
	out.Events, out.Returned = c.eventDocuments(found), len(found)
	if req.CountTotal == nil || *req.CountTotal {
		out.Total = &total
	}
	if n := len(found); n > 0 {
		p.After = &found[n-1].Iter
		if p.Type == string(event.Log) {
			p.After = &found[n-1].Timestamp
		}
	}
	next := scrolled(p)
	out.ScrollID = &next
	return out, nil
}

func (h *handlers) taskPlots(ctx context.Context, c Call, req api.TaskPlotsRequest) (api.TaskPlotsResponse, error) {
	n := int64(1)
	give(&n, req.Iters)
	plots, err := h.Events.Newest(ctx, c.Who, target(req.Task, req.ModelEvents), selection(req.Metrics), int(n))
	return api.TaskPlotsResponse{Plots: c.eventDocuments(plots), Returned: len(plots), Total: len(plots)}, err
}

// multiTaskPlots answers in one page: nothing is cut.
func (h *handlers) multiTaskPlots(ctx context.Context, c Call, req api.MultiTaskPlotsRequest) (api.MultiTaskPlotsResponse, error) {
	out := api.MultiTaskPlotsResponse{Plots: api.Fields{}}
	of, err := targets(req.Tasks, req.ModelEvents)
	if err != nil || req.ScrollID == finished {
		return out, err
	}
	if len(of) > event.MaxTargets {
		return out, ErrField.Errorf("tasks: at most %d, got %d", event.MaxTargets, len(of)).With("field", "tasks")
	}
	n := int64(1)
	give(&n, req.Iters)
	perMetric := true
	give(&perMetric, req.PerMetric)
	titles, err := h.titles(ctx, c, of)
	if err != nil {
		return out, err
	}
	for _, t := range of {
		plots, err := h.Events.Newest(ctx, c.Who, t, selection(req.Metrics), int(n))
		if err != nil {
			return out, err
		}
		for _, e := range lastIterations(plots, int(n), perMetric) {
			at := under(under(under(under(out.Plots, e.Metric), e.Variant), t.ID), text(e.Iter))
			list, _ := at["plots"].([]api.Fields)
			at["name"], at["plots"] = titles[t], append(list, c.eventDocument(e))
			out.Total++
		}
	}
	out.Returned = len(out.Plots)
	if out.Total > 0 && !req.NoScroll {
		next := finished
		out.ScrollID = &next
	}
	return out, nil
}

// lastIterations leaves the plots of the last iterations, of each metric or of
// all together.
func lastIterations(plots []event.Event, n int, perMetric bool) []event.Event {
	group := func(e event.Event) string {
		if perMetric {
			return e.Metric
		}
		return ""
	}
	iterations := map[string][]int64{}
	for _, e := range plots {
		iterations[group(e)] = append(iterations[group(e)], e.Iter)
	}
	for g, list := range iterations {
		slices.Sort(list)
		list = slices.Compact(list)
		iterations[g] = list[max(0, len(list)-n):]
	}
	return slices.DeleteFunc(plots, func(e event.Event) bool { return !slices.Contains(iterations[group(e)], e.Iter) })
}
