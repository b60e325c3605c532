package rpc

import (
	"context"
	"slices"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/event"
)

// viewing is the debug sample, or the plots of a metric, that a reader looks at.
type viewing struct {
	Of        event.Type `json:"y"`
	Task      string     `json:"t"`
	Model     bool       `json:"e,omitempty"`
	Metric    string     `json:"m"`
	Variant   string     `json:"v,omitempty"` // of a debug sample
	Within    bool       `json:"w,omitempty"` // the current metric only
	Iteration *int64     `json:"i,omitempty"` // nil before anything was shown
}

func (v viewing) target() event.Target { return target(v.Task, v.Model) }

// selection is what the reader looks at.
func (v viewing) selection() event.Selection {
	m := event.MetricVariants{Metric: v.Metric}
	if v.Of == event.DebugImage {
		m.Variants = []string{v.Variant}
	}
	return event.Selection{m}
}

// scope is what he moves in.
func (v viewing) scope() event.Selection {
	if v.Within {
		return event.Selection{{Metric: v.Metric}}
	}
	return nil
}

// sight is what is shown of a place; nil where there is nothing.
type sight struct {
	scroll          *string
	events          []event.Event
	least, greatest *int64
}

// look starts a view: at the iteration or the nearest before it.
func (h *handlers) look(ctx context.Context, c Call, req api.SampleRequest, of event.Type, variant string) (sight, error) {
	v := viewing{Of: of, Task: req.Task, Model: req.ModelEvents, Metric: req.Metric, Variant: variant, Within: true}
	give(&v.Within, req.CurrentMetric)
	var before viewing
	if err := resume(req.ScrollID, &before); err != nil {
		return sight{}, err
	}
	if req.ScrollID != "" && (before.Of != of || before.Task != v.Task || before.Within != v.Within || v.Within && before.Metric != v.Metric) {
		return sight{}, ErrScroll.Errorf("scroll_id: it belongs to another task, metric or way of moving").With("field", "scroll_id")
	}
	q := event.IterationQuery{Type: of, Selection: v.selection(), Located: of == event.DebugImage, Limit: 1}
	if req.Iteration != nil {
		if next := *req.Iteration + 1; next > *req.Iteration {
			q.Before = &next
		}
	}
	found, err := h.Events.Iterations(ctx, c.Who, v.target(), q)
	if err != nil {
		return sight{}, err
	}
	if len(found) > 0 {
		v.Iteration = &found[0]
	}
	return h.see(ctx, c, v)
}

// see shows where the reader stands.
func (h *handlers) see(ctx context.Context, c Call, v viewing) (sight, error) {
	id := scrolled(v)
	s := sight{scroll: &id}
	ranges, err := h.Events.Ranges(ctx, c.Who, v.target(), v.Of, v.selection())
	if err != nil {
		return sight{}, err
	}
	for _, r := range ranges {
		if s.least == nil || r.Least < *s.least {
			s.least = &r.Least
		}
		if s.greatest == nil || r.Greatest > *s.greatest {
			s.greatest = &r.Greatest
		}
	}
	if v.Iteration != nil {
		s.events, err = h.Events.At(ctx, c.Who, v.target(), v.Of, v.selection(), []int64{*v.Iteration})
	}
	return s, err
}

// move goes to the place before or after: another variant (of plots: metric)
// of the same iteration, else the nearest iteration that has any.
func (h *handlers) move(ctx context.Context, c Call, req api.NextSampleRequest, of event.Type) (sight, error) {
	var v viewing
	if err := resume(req.ScrollID, &v); err != nil {
		return sight{}, err
	}
	if v.Of != of || v.Task != req.Task {
		return sight{}, ErrScroll.Errorf("scroll_id: it belongs to another task or view").With("field", "scroll_id")
	}
	earlier := true
	give(&earlier, req.NavigateEarlier)
	id := scrolled(v)
	stay := sight{scroll: &id}
	if v.Iteration == nil {
		return stay, nil
	}
	if !req.NextIteration && (of == event.DebugImage || !v.Within) {
		beside, err := h.places(ctx, c, v, *v.Iteration)
		if err != nil {
			return sight{}, err
		}
		at := slices.IndexFunc(beside, func(p viewing) bool { return p.Metric == v.Metric && p.Variant == v.Variant })
		step := at + 1
		if earlier {
			step = at - 1
		}
		if at >= 0 && step >= 0 && step < len(beside) {
			return h.see(ctx, c, beside[step])
		}
	}
	q := event.IterationQuery{Type: of, Selection: v.scope(), Located: of == event.DebugImage, Limit: 1}
	if req.NextIteration && of == event.DebugImage {
		q.Selection = v.selection() // the same variant in another iteration
	}
	if earlier {
		q.Before = v.Iteration
	} else {
		q.After = v.Iteration
	}
	found, err := h.Events.Iterations(ctx, c.Who, v.target(), q)
	if err != nil || len(found) == 0 {
		return stay, err
	}
	there, err := h.places(ctx, c, v, found[0])
	if err != nil || len(there) == 0 {
		return stay, err
	}
	if i := slices.IndexFunc(there, func(p viewing) bool { return p.Metric == v.Metric && p.Variant == v.Variant }); req.NextIteration && i >= 0 {
		return h.see(ctx, c, there[i])
	}
	if earlier {
		return h.see(ctx, c, there[len(there)-1])
	}
	return h.see(ctx, c, there[0])
}

// places are where one can look at an iteration, in order.
func (h *handlers) places(ctx context.Context, c Call, v viewing, iteration int64) ([]viewing, error) {
	events, err := h.Events.At(ctx, c.Who, v.target(), v.Of, v.scope(), []int64{iteration})
	var out []viewing
	for _, e := range events {
		p := v
		p.Metric, p.Iteration = e.Metric, &iteration
		if v.Of == event.DebugImage {
			p.Variant = e.Variant
		}
		if n := len(out); n == 0 || out[n-1].Metric != p.Metric || out[n-1].Variant != p.Variant {
			out = append(out, p)
		}
	}
	return out, err
}

func (s sight) sample(c Call) api.DebugSampleResponse {
	out := api.DebugSampleResponse{ScrollID: s.scroll, MinIteration: s.least, MaxIteration: s.greatest}
	if len(s.events) > 0 {
		out.Event = c.eventDocument(s.events[0])
	}
	return out
}

func (s sight) plots(c Call) api.PlotSampleResponse {
	return api.PlotSampleResponse{ScrollID: s.scroll, Events: c.eventDocuments(s.events), MinIteration: s.least, MaxIteration: s.greatest}
}

func (h *handlers) debugSample(ctx context.Context, c Call, req api.DebugSampleRequest) (api.DebugSampleResponse, error) {
	s, err := h.look(ctx, c, req.SampleRequest, event.DebugImage, req.Variant)
	return s.sample(c), err
}

func (h *handlers) nextDebugSample(ctx context.Context, c Call, req api.NextSampleRequest) (api.DebugSampleResponse, error) {
	s, err := h.move(ctx, c, req, event.DebugImage)
	return s.sample(c), err
}

func (h *handlers) plotSample(ctx context.Context, c Call, req api.SampleRequest) (api.PlotSampleResponse, error) {
	s, err := h.look(ctx, c, req, event.Plot, "")
	return s.plots(c), err
}

func (h *handlers) nextPlotSample(ctx context.Context, c Call, req api.NextSampleRequest) (api.PlotSampleResponse, error) {
	s, err := h.move(ctx, c, req, event.Plot)
	return s.plots(c), err
}
