package rpc

import (
	"context"
	"slices"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/event"
)

// browsing is where a reader of debug samples or plots stands. It fixes whose
// are browsed, and what of them.
type browsing struct {
	Of    event.Type      `json:"y"`
	Model bool            `json:"m,omitempty"`
	Tasks []*browsingTask `json:"s"`
}

// browsingTask is where he stands in one task: the iterations of the last page
// that showed something. Without one he begins at the newest.
type browsingTask struct {
	Task    string `json:"t"`
	Metrics []struct {
		Metric   *string  `json:"m"`
		Variants []string `json:"v,omitempty"`
	} `json:"m"`
	Oldest *int64 `json:"o,omitempty"`
	Newest *int64 `json:"n,omitempty"`
}

func (t browsingTask) selection() event.Selection {
	sel := event.Selection{}
	for _, m := range t.Metrics {
		sel = append(sel, event.MetricVariants{Metric: value(m.Metric), Any: m.Metric == nil, Variants: m.Variants})
	}
	return sel
}

func (h *handlers) debugImages(ctx context.Context, c Call, req api.BrowseRequest) (api.BrowseResponse, error) {
	return h.browse(ctx, c, req, event.DebugImage)
}

func (h *handlers) browsePlots(ctx context.Context, c Call, req api.BrowseRequest) (api.BrowseResponse, error) {
	return h.browse(ctx, c, req, event.Plot)
}

// browse shows the iterations next to those of the last page. At the end it
// shows none and the position stays: the same scroll id comes back, as clients
// expect who page until nothing comes.
func (h *handlers) browse(ctx context.Context, c Call, req api.BrowseRequest, of event.Type) (api.BrowseResponse, error) {
	out := api.BrowseResponse{Metrics: []api.BrowsedTask{}}
	var b browsing
	if err := resume(req.ScrollID, &b); err != nil {
		return out, err
	}
	if b.Tasks == nil {
		if len(req.Metrics) == 0 {
			return out, ErrField.Errorf("metrics: expected at least one").With("field", "metrics")
		}
		b = begin(req, of)
	} else if b.Of != of {
		return out, ErrScroll.Errorf("scroll_id: it belongs to %s events, not to %s", b.Of, of).With("field", "scroll_id")
	}
	n, earlier := int64(1), true
	give(&n, req.Iters)
	give(&earlier, req.NavigateEarlier)
	n = min(n, event.MaxIterations) // the SDK may ask for more, and goes on until nothing comes
	for _, t := range b.Tasks {
		q := event.IterationQuery{Type: of, Selection: t.selection(), Located: of == event.DebugImage, Limit: int(n)}
		switch {
		case req.Refresh:
		case earlier:
			q.Before = t.Oldest
		default:
			q.After = t.Newest
		}
		shown := api.BrowsedTask{Task: t.Task, Iterations: []api.BrowsedIterations{}}
		found, err := h.Events.Iterations(ctx, c.Who, target(t.Task, b.Model), q)
		if err != nil {
			return out, err
		}
		if len(found) > 0 {
			t.Newest, t.Oldest = &found[0], &found[len(found)-1]
			events, err := h.Events.At(ctx, c.Who, target(t.Task, b.Model), of, q.Selection, found)
			if err != nil {
				return out, err
			}
			shown.Iterations = c.byIteration(events)
		}
		out.Metrics = append(out.Metrics, shown)
	}
	out.ScrollID = scrolled(b)
	return out, nil
}

// begin is where a reader stands who has seen nothing. Items of one task are
// joined.
func begin(req api.BrowseRequest, of event.Type) browsing {
	b := browsing{Of: of, Model: req.ModelEvents}
	for _, m := range req.Metrics {
		i := slices.IndexFunc(b.Tasks, func(t *browsingTask) bool { return t.Task == m.Task })
		if i < 0 {
			i = len(b.Tasks)
			b.Tasks = append(b.Tasks, &browsingTask{Task: m.Task})
		}
		b.Tasks[i].Metrics = append(b.Tasks[i].Metrics, struct {
			Metric   *string  `json:"m"`
			Variants []string `json:"v,omitempty"`
		}{m.Metric, m.Variants})
	}
	return b
}

// byIteration groups events that are in order of iterations.
func (c Call) byIteration(events []event.Event) []api.BrowsedIterations {
	out := []api.BrowsedIterations{}
	for _, e := range events {
		if n := len(out); n == 0 || out[n-1].Iter != e.Iter {
			out = append(out, api.BrowsedIterations{Iter: e.Iter})
		}
		last := &out[len(out)-1]
		last.Events = append(last.Events, c.eventDocument(e))
	}
	return out
}
