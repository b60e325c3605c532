package rpc

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/internal/curve"
	"github.com/coffer-ml/coffer/task"
)

// defaultSamples is into how many buckets a curve is cut if nothing is asked.
const defaultSamples = 2000

// axis is the key that buckets are cut by, and how its values are written.
type axis struct {
	name string
	key  curve.Key
}

func axisOf(name *string) axis {
	a := axis{name: firstOf(value(name), "iter")}
	if a.name != "iter" {
		a.key = curve.ByTime
	}
	return a
}

func (a axis) show(x int64) any {
	if a.name == "iso_time" {
		return time.UnixMilli(x).UTC().Format(receiptForm)
	}
	return x
}

// histogram shows a sampled curve: the mean of each bucket where it begins.
func (a axis) histogram(s event.Sampled, name string) api.Fields {
	x, y := make([]any, len(s.Buckets)), make([]float64, len(s.Buckets))
	for i, b := range s.Buckets {
		x[i], y[i] = a.show(b.At), b.Mean()
	}
	d := doc{"name": name, "x": x, "y": y}
	d.text("x_axis_label", s.Label)
	return api.Fields(d)
}

func samples(asked *int64) int {
	n := int64(defaultSamples)
	give(&n, asked)
	return int(max(math.MinInt32, min(n, math.MaxInt32)))
}

// under returns the object under a name, which is made if there is none.
func under(d api.Fields, name string) api.Fields {
	inner, ok := d[name].(api.Fields)
	if !ok {
		inner = api.Fields{}
		d[name] = inner
	}
	return inner
}

func (h *handlers) scalarHistogram(ctx context.Context, c Call, req api.ScalarHistogramRequest) (api.Fields, error) {
	a := axisOf(req.Key)
	curves, err := h.Events.Sample(ctx, c.Who, []event.Target{target(req.Task, req.ModelEvents)}, selection(req.Metrics), a.key, samples(req.Samples), true)
	out := api.Fields{}
	for _, s := range curves {
		under(out, s.Metric)[s.Variant] = a.histogram(s, s.Variant)
	}
	return out, err
}

func (h *handlers) multiScalarHistogram(ctx context.Context, c Call, req api.MultiScalarHistogramRequest) (api.MetricsResponse, error) {
	of, err := targets(req.Tasks, req.ModelEvents)
	if err != nil {
		return api.MetricsResponse{}, err
	}
	a := axisOf(req.Key)
	curves, err := h.Events.Sample(ctx, c.Who, of, selection(req.Metrics), a.key, samples(req.Samples), true)
	if err != nil {
		return api.MetricsResponse{}, err
	}
	titles, err := h.titles(ctx, c, of)
	out := api.Fields{}
	for _, s := range curves {
		under(under(out, s.Metric), s.Variant)[s.Target.ID] = a.histogram(s, titles[s.Target])
	}
	return api.MetricsResponse{Metrics: out}, err
}

// titles are the names of targets; there are at most a hundred.
func (h *handlers) titles(ctx context.Context, c Call, of []event.Target) (map[event.Target]string, error) {
	out := make(map[event.Target]string, len(of))
	for _, t := range of {
		if t.Kind != event.Task {
			continue
		}
		found, err := h.Tasks.Get(ctx, c.Who, task.ID(t.ID))
		if err != nil {
			return nil, err
		}
		out[t] = found.Name
	}
	return out, nil
}

// rawPosition is where a scroll through raw scalars stands.
type rawPosition struct {
	After *int64 `json:"a,omitempty"`
	Key   string `json:"k,omitempty"`
}

// defaultRaw is the page size of raw scalars.
const defaultRaw = 10_000

func (h *handlers) rawScalars(ctx context.Context, c Call, req api.RawScalarsRequest) (api.RawScalarsResponse, error) {
	p := rawPosition{Key: firstOf(value(req.Key), "iter")}
	if err := resume(req.ScrollID, &p); err != nil {
		return api.RawScalarsResponse{}, err
	}
	a := axisOf(&p.Key)
	size := int64(defaultRaw)
	give(&size, req.BatchSize)
	points, total, err := h.Events.Scalars(ctx, c.Who, target(req.Task, req.ModelEvents), selection([]api.MetricVariants{*req.Metric}),
		curve.Query{Key: a.key, After: p.After, Limit: int(min(size, event.MaxRaw))})
	if err != nil {
		return api.RawScalarsResponse{}, err
	}
	type column struct{ x, y []any }
	variants := map[string]*column{}
	for _, e := range points {
		v := variants[e.Variant]
		if v == nil {
			v = new(column)
			variants[e.Variant] = v
		}
		at := e.Iter
		if a.key == curve.ByTime {
			at = e.Timestamp
		}
		v.x, v.y = append(v.x, at), append(v.y, *e.Value)
		p.After = &at
	}
	out := api.RawScalarsResponse{Variants: api.Fields{}, Returned: len(points), ScrollID: scrolled(p)}
	for name, v := range variants {
		out.Variants[name] = api.Fields{a.name: v.x, "y": v.y}
	}
	if req.CountTotal {
		out.Total = &total
	}
	return out, nil
}

// metricPage is the page size of a metric's events.
const metricPage = 500

func (h *handlers) metricData(ctx context.Context, c Call, req api.MetricDataRequest) (api.TaskEventsResponse, error) {
	none := 0
	out := api.TaskEventsResponse{Events: []api.Fields{}, Total: &none}
	if req.ScrollID == finished {
		return out, nil
	}
	var p rawPosition
	if err := resume(req.ScrollID, &p); err != nil {
		return out, err
	}
	points, total, err := h.Events.Scalars(ctx, c.Who, target(req.Task, req.ModelEvents), selection([]api.MetricVariants{{Metric: req.Metric}}),
		curve.Query{Desc: true, After: p.After, Limit: metricPage})
	if err != nil {
		return out, err
	}
	out.Events, out.Returned, out.Total = c.eventDocuments(points), len(points), &total
	if req.NoScroll || total == 0 {
		return out, nil
	}
	next := finished
	if len(points) > 0 {
		p.After = &points[len(points)-1].Iter
		next = scrolled(p)
	}
	out.ScrollID = &next
	return out, nil
}

func (h *handlers) singleValues(ctx context.Context, c Call, req api.SingleValuesRequest) (api.SingleValuesResponse, error) {
	out := api.SingleValuesResponse{Tasks: []api.Fields{}}
	of, err := targets(req.Tasks, req.ModelEvents)
	if err != nil {
		return out, err
	}
	series, err := h.Events.Series(ctx, c.Who, of, selection(req.Metrics))
	if err != nil {
		return out, err
	}
	values := map[event.Target][]api.Fields{}
	var having []event.Target
	for _, s := range series {
		if s.Single == nil {
			continue
		}
		if values[s.Target] == nil {
			having = append(having, s.Target)
		}
		values[s.Target] = append(values[s.Target], api.Fields{
			"metric": s.Metric, "variant": s.Variant, "value": s.Single.Value, "timestamp": s.Single.Time,
		})
	}
	titles, err := h.titles(ctx, c, having)
	for _, t := range having {
		out.Tasks = append(out.Tasks, api.Fields{"task": t.ID, "task_name": titles[t], "values": values[t]})
	}
	return out, err
}

func (h *handlers) scalarNames(ctx context.Context, c Call, req api.EventsOf) (api.MetricsResponse, error) {
	return h.variants(ctx, c, req, event.Scalar)
}

func (h *handlers) vectorNames(ctx context.Context, c Call, req api.EventsOf) (api.MetricsResponse, error) {
	return h.variants(ctx, c, req, event.Vector)
}

// variants lists the variants of each metric that has events of a type.
func (h *handlers) variants(ctx context.Context, c Call, req api.EventsOf, of event.Type) (api.MetricsResponse, error) {
	found, err := h.Events.Names(ctx, c.Who, []event.Target{target(req.Task, req.ModelEvents)}, []event.Type{of})
	out := api.Fields{}
	for _, n := range found {
		list, _ := out[n.Metric].([]string)
		out[n.Metric] = append(list, n.Variant)
	}
	return api.MetricsResponse{Metrics: out}, err
}

func (h *handlers) latestScalars(ctx context.Context, c Call, req api.TaskID) (api.LatestScalarsResponse, error) {
	out := api.LatestScalarsResponse{Metrics: []api.Fields{}}
	t, err := h.Tasks.Get(ctx, c.Who, task.ID(req.Task))
	if err != nil {
		return out, err
	}
	of := target(req.Task, false)
	series, err := h.Events.Series(ctx, c.Who, []event.Target{of}, nil)
	if err != nil {
		return out, err
	}
	progress, err := h.Events.Progress(ctx, c.Who, []event.Target{of}, 0)
	out.Name, out.Status, out.LastIter = t.Name, string(t.Status), progress[of].LastIteration
	for _, s := range series {
		sum := s.Summary()
		if n := len(out.Metrics); n == 0 || out.Metrics[n-1]["name"] != s.Metric {
			out.Metrics = append(out.Metrics, api.Fields{"name": s.Metric, "variants": []api.Fields{}})
		}
		m := out.Metrics[len(out.Metrics)-1]
		m["variants"] = append(m["variants"].([]api.Fields), api.Fields{"name": s.Variant, "last_value": sum.Last.Value, "last_10_value": sum.Last.Value})
		if out.LastTimestamp == nil || *out.LastTimestamp < sum.End {
			out.LastTimestamp = &sum.End
		}
	}
	return out, err
}

// typesOf reads an event type of a request; * is all of them.
func typesOf(name string) []event.Type {
	if name == "*" {
		return event.Types
	}
	return []event.Type{event.Type(name)}
}

func (h *handlers) taskMetrics(ctx context.Context, c Call, req api.TaskMetricsRequest) (api.MetricsListResponse, error) {
	out := api.MetricsListResponse{Metrics: []api.Fields{}}
	of, err := targets(req.Tasks, req.ModelEvents)
	if err != nil {
		return out, err
	}
	found, err := h.Events.Names(ctx, c.Who, of, typesOf(value(req.EventType)))
	if err != nil {
		return out, err
	}
	metrics := map[event.Target][]string{}
	for _, n := range found {
		if !n.Lonely {
			metrics[n.Target] = append(metrics[n.Target], n.Metric)
		}
	}
	for _, t := range of {
		list := slices.Clone(metrics[t])
		slices.Sort(list)
		if list = slices.Compact(list); list == nil {
			list = []string{}
		}
		out.Metrics = append(out.Metrics, api.Fields{"task": t.ID, "metrics": list})
	}
	return out, nil
}

func (h *handlers) multiTaskMetrics(ctx context.Context, c Call, req api.MultiTaskMetricsRequest) (api.MetricsListResponse, error) {
	out := api.MetricsListResponse{Metrics: []api.Fields{}}
	of, err := targets(req.Tasks, req.ModelEvents)
	if err != nil {
		return out, err
	}
	found, err := h.Events.Names(ctx, c.Who, of, typesOf(firstOf(value(req.EventType), "*")))
	if err != nil {
		return out, err
	}
	variants := map[string][]string{}
	for _, n := range found {
		variants[n.Metric] = append(variants[n.Metric], n.Variant)
	}
	for _, metric := range sortedKeys(variants) {
		list := variants[metric]
		slices.Sort(list)
		out.Metrics = append(out.Metrics, api.Fields{"metric": metric, "variants": slices.Compact(list)})
	}
	return out, nil
}

// maxVectors is how many vectors a reply holds.
const maxVectors = 10_000

func (h *handlers) vectors(ctx context.Context, c Call, req api.VectorsRequest) (api.VectorsResponse, error) {
	out := api.VectorsResponse{Metric: req.Metric, Variant: req.Variant, Vectors: []any{}, Iterations: []int64{}}
	found, _, err := h.Events.Items(ctx, c.Who, target(req.Task, req.ModelEvents), event.ItemQuery{
		Types: []event.Type{event.Vector}, Limit: maxVectors,
		Selection: event.Selection{{Metric: req.Metric, Variants: []string{req.Variant}}},
	})
	for _, e := range found {
		out.Vectors = append(out.Vectors, e.Body["values"])
		out.Iterations = append(out.Iterations, e.Iter)
	}
	return out, err
}
