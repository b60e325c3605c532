package rpc

import (
	"context"
	"regexp"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/internal/curve"
	"github.com/coffer-ml/coffer/internal/query"
)

// foundLines is how many matches a page of a search in a log has.
const foundLines = 1000

// searchLog finds the lines of a console log that hold a text, or with re=1
// match an expression, whatever the case.
func (h *handlers) searchLog(ctx context.Context, c Call) (any, error) {
	q := c.Request.URL.Query()
	text := q.Get("q")
	if text == "" {
		return nil, ErrMissing.Errorf("q: a text to look for is required").With("field", "q")
	}
	if q.Get("re") != "1" {
		text = regexp.QuoteMeta(text)
	}
	search := event.LogSearch{}
	var err error
	if search.Pattern, err = query.Compile(text, true); err != nil {
		return nil, err
	}
	if search.After, err = c.number("after"); err != nil {
		return nil, err
	}
	if search.Limit, err = c.number("limit"); err != nil {
		return nil, err
	}
	if search.Limit == 0 {
		search.Limit = foundLines
	}
	found, err := h.Events.SearchLog(ctx, c.Who, target(c.Request.PathValue("task"), false), search)
	out := api.LogMatches{Matches: make([]api.LogMatch, len(found.Lines)), Total: found.Matches, Lines: found.Of}
	for i, l := range found.Lines {
		out.Matches[i] = api.LogMatch(l)
	}
	if n := len(found.Lines); n == search.Limit {
		out.Next = found.Lines[n-1].Line
	}
	return out, err
}

// ownScalars samples the curves of a task without losing what sticks out: of
// each bucket it tells least, greatest and mean value, and where they are.
func (h *handlers) ownScalars(ctx context.Context, c Call) (any, error) {
	q := c.Request.URL.Query()
	samples, err := c.number("samples")
	if err != nil {
		return nil, err
	}
	if samples == 0 {
		samples = defaultSamples
	}
	var key curve.Key
	switch name := firstOf(q.Get("key"), "iter"); name {
	case "iter":
	case "timestamp":
		key = curve.ByTime
	default:
		return nil, ErrField.Errorf("key: expected iter or timestamp, got %.40q", name).With("field", "key")
	}
	var sel event.Selection
	if q.Has("metric") || q.Has("variant") {
		sel = event.Selection{{Metric: q.Get("metric"), Any: !q.Has("metric"), Variants: q["variant"]}}
	}
	curves, err := h.Events.Sample(ctx, c.Who, []event.Target{target(c.Request.PathValue("task"), false)}, sel, key, samples, false)
	out := api.CurveList{Curves: make([]api.Curve, len(curves))}
	for i, s := range curves {
		out.Curves[i] = sampledCurve(s, key)
	}
	return out, err
}

func sampledCurve(s event.Sampled, key curve.Key) api.Curve {
	n := len(s.Buckets)
	out := api.Curve{
		Task: s.Target.ID, Metric: s.Metric, Variant: s.Variant, Label: s.Label, Points: s.Curve.Count, Width: s.Width,
		X: make([]int64, n), Count: make([]int64, n), FirstX: make([]int64, n), LastX: make([]int64, n), Mean: make([]float64, n),
		MeanX: make([]float64, n), Min: make([]float64, n), MinX: make([]int64, n), Max: make([]float64, n), MaxX: make([]int64, n),
	}
	for i, b := range s.Buckets {
		first, last := key.Span(b.Aggregate)
		out.X[i], out.Count[i], out.FirstX[i], out.LastX[i] = b.At, b.Count, first, last
		out.Mean[i], out.MeanX[i] = b.Mean(), float64(first)/2+float64(last)/2
		out.Min[i], out.MinX[i] = b.Min.Value, key.At(b.Min)
		out.Max[i], out.MaxX[i] = b.Max.Value, key.At(b.Max)
	}
	return out
}
