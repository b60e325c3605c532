package event

import (
	"context"
	"fmt"
	"slices"

	"github.com/coffer-ml/coffer/internal/curve"
	"github.com/coffer-ml/coffer/user"
)

// Limits of what is read at once.
const (
	// DefaultLog and MaxPage are how many log lines or events a page holds.
	DefaultLog = 5000
	MaxPage    = 10_000
	// MaxRaw is how many points a page of raw scalars holds.
	MaxRaw = 200_000
	// MaxSamples is into how many buckets a curve is cut.
	MaxSamples = 6000
	// MaxTargets is how many targets' curves are read by one call.
	MaxTargets = 100
	// MaxIterations is how many iterations of plots or samples a page holds.
	MaxIterations = 100
)

// Progress returns what the events of those targets that reported any come to.
func (s *Service) Progress(ctx context.Context, who user.Identity, targets []Target, what Part) (map[Target]Progress, error) {
	if err := who.Require(user.Guest); err != nil {
		return nil, err
	}
	return s.Store.Progress(ctx, targets, what, MaxSummaries)
}

// exist refuses targets that are not there.
func (s *Service) exist(ctx context.Context, who user.Identity, targets ...Target) error {
	if err := who.Require(user.Guest); err != nil {
		return err
	}
	states, err := s.Targets.Check(ctx, targets)
	if err != nil {
		return err
	}
	for _, t := range targets {
		if !states[t].Exists {
			return missing(t)
		}
	}
	return nil
}

func missing(t Target) error {
	if t.Kind == Model {
		return ErrNoModel.Errorf("there is no model %.40q", t.ID)
	}
	return ErrNoTarget.Errorf("there is no task %.40q", t.ID)
}

func within(name string, n, most int) error {
	if n < 1 || n > most {
		return ErrLimit.Errorf("%s: expected 1 to %d, got %d", name, most, n).With("field", name)
	}
	return nil
}

// Log returns a page of the console log in the order of navigation, and how
// many lines of the selection there are in all.
func (s *Service) Log(ctx context.Context, who user.Identity, t Target, q LogQuery) (lines []Event, total int, err error) {
	if err := within("batch_size", q.Limit, MaxPage); err != nil {
		return nil, 0, err
	}
	if err := s.exist(ctx, who, t); err != nil {
		return nil, 0, err
	}
	if lines, err = s.Store.Log(ctx, t, q); err != nil {
		return nil, 0, err
	}
	total, err = s.Store.LogCount(ctx, t, q.Selection)
	return lines, total, err
}

// EachLog calls visit with all lines of a console log, oldest first.
func (s *Service) EachLog(ctx context.Context, who user.Identity, t Target, visit func([]Event) error) error {
	if err := s.exist(ctx, who, t); err != nil {
		return err
	}
	q := LogQuery{Limit: DefaultLog}
	for {
		lines, err := s.Store.Log(ctx, t, q)
		if err != nil || len(lines) == 0 {
			return err
		}
		if err := visit(lines); err != nil {
			return err
		}
		q.From = lines[len(lines)-1].Timestamp
	}
}

// Follow returns the lines of a console log that came since the place, at
// most limit of them, and the place after them.
func (s *Service) Follow(ctx context.Context, who user.Identity, t Target, from Place, limit int) ([]Event, Place, error) {
	if err := who.Require(user.Guest); err != nil {
		return nil, from, err
	}
	return s.Store.LogSince(ctx, t, from, limit)
}

// End returns the place after all lines of a console log.
func (s *Service) End(ctx context.Context, who user.Identity, t Target) (Place, error) {
	if err := s.exist(ctx, who, t); err != nil {
		return Place{}, err
	}
	return s.Store.LogEnd(ctx, t)
}

// Items returns a page of events by iteration, and how many there are in all.
// Log lines have no iteration and are no part of it.
func (s *Service) Items(ctx context.Context, who user.Identity, t Target, q ItemQuery) (items []Event, total int, err error) {
	for _, of := range q.Types {
		if !slices.Contains(Types, of) || of == Log {
			return nil, 0, ErrBadType.Errorf("event_type: expected one of %s, %s, %s, %s and *, got %.40q", Scalar, Vector, DebugImage, Plot, of).With("field", "event_type")
		}
	}
	if err := within("batch_size", q.Limit, MaxPage); err != nil {
		return nil, 0, err
	}
	if err := s.exist(ctx, who, t); err != nil {
		return nil, 0, err
	}
	if slices.Contains(q.Types, Scalar) {
		series, err := s.Store.Series(ctx, []Target{t}, q.Selection)
		if err != nil {
			return nil, 0, err
		}
		total = points(series)
		if items, err = s.Store.Scalars(ctx, t, series, curve.Query{Desc: q.Desc, After: q.After, Limit: q.Limit}); err != nil {
			return nil, 0, err
		}
	}
	others := slices.DeleteFunc(slices.Clone(q.Types), func(of Type) bool { return of == Scalar })
	if len(others) == 0 {
		return items, total, nil
	}
	rest := q
	rest.Types = others
	more, err := s.Store.Items(ctx, t, rest)
	if err != nil {
		return nil, 0, err
	}
	count, err := s.Store.ItemCount(ctx, t, others, q.Selection)
	return merge(items, more, q), total + count, err
}

// merge joins two pages of one query to one.
func merge(a, b []Event, q ItemQuery) []Event {
	if len(a) == 0 || len(b) == 0 {
		return append(a, b...)
	}
	all := append(a, b...)
	slices.SortStableFunc(all, func(a, b Event) int {
		switch {
		case a.Iter == b.Iter:
			return 0
		case (a.Iter < b.Iter) != q.Desc:
			return -1
		}
		return 1
	})
	n := min(len(all), q.Limit)
	for n < len(all) && all[n].Iter == all[n-1].Iter {
		n++
	}
	return all[:n]
}

func points(series []Series) (n int) {
	for _, s := range series {
		n += int(s.Summary().Count)
	}
	return n
}

// Series returns the curves of the targets, by target, metric and variant.
func (s *Service) Series(ctx context.Context, who user.Identity, targets []Target, sel Selection) ([]Series, error) {
	if err := s.exist(ctx, who, targets...); err != nil {
		return nil, err
	}
	return s.Store.Series(ctx, targets, sel)
}

// Scalars returns a page of the points of a target's series, the single ones
// among them, and how many there are in all.
func (s *Service) Scalars(ctx context.Context, who user.Identity, t Target, sel Selection, q curve.Query) (found []Event, total int, err error) {
	if err := within("batch_size", q.Limit, MaxRaw); err != nil {
		return nil, 0, err
	}
	series, err := s.Series(ctx, who, []Target{t}, sel)
	if err != nil {
		return nil, 0, err
	}
	found, err = s.Store.Scalars(ctx, t, series, q)
	return found, points(series), err
}

// Sampled is a curve cut into buckets.
type Sampled struct {
	Series
	Width   int64
	Buckets []curve.Bucket
}

// Sample cuts the curves of the targets into buckets, each target by itself:
// at most samples of them, or one for each key if there are fewer points.
// Together widens buckets to those of others of nearly the same width, so that
// their places agree.
func (s *Service) Sample(ctx context.Context, who user.Identity, targets []Target, sel Selection, key curve.Key, samples int, together bool) ([]Sampled, error) {
	if err := within("samples", samples, MaxSamples); err != nil {
		return nil, err
	}
	if len(targets) > MaxTargets {
		return nil, ErrLimit.Errorf("tasks: at most %d, got %d", MaxTargets, len(targets)).With("field", "tasks")
	}
	series, err := s.Series(ctx, who, targets, sel)
	if err != nil {
		return nil, err
	}
	out := make([]Sampled, 0, len(series))
	for _, one := range series {
		if one.Curve.Count > 0 {
			out = append(out, Sampled{Series: one, Width: curve.Width(key, one.Curve, samples)})
		}
	}
	if together {
		align(out)
	}
	for i := range out {
		if out[i].Buckets, err = s.Store.Buckets(ctx, out[i].Series, key, out[i].Width); err != nil {
			return nil, fmt.Errorf("sample %s/%s: %w", out[i].Metric, out[i].Variant, err)
		}
	}
	return out, nil
}

// align gives the curves of a target whose widths lie within 10 % of the least
// of them the greatest of theirs.
func align(curves []Sampled) {
	order := make([]*Sampled, len(curves))
	for i := range curves {
		order[i] = &curves[i]
	}
	slices.SortStableFunc(order, func(a, b *Sampled) int {
		switch {
		case a.Target.ID != b.Target.ID:
			if a.Target.ID < b.Target.ID {
				return -1
			}
			return 1
		case a.Width < b.Width:
			return -1
		case a.Width > b.Width:
			return 1
		}
		return 0
	})
	for len(order) > 0 {
		n := 1
		for n < len(order) && order[n].Target == order[0].Target && float64(order[n].Width) <= 1.1*float64(order[0].Width) {
			n++
		}
		for _, c := range order[:n] {
			c.Width = order[n-1].Width
		}
		order = order[n:]
	}
}

// Names returns which metrics and variants the targets have events of.
func (s *Service) Names(ctx context.Context, who user.Identity, targets []Target, types []Type) ([]Name, error) {
	if err := s.exist(ctx, who, targets...); err != nil {
		return nil, err
	}
	return s.Store.Names(ctx, targets, types)
}
