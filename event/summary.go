package event

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"
)

// series is one curve of a target.
type series struct {
	target          Target
	metric, variant string
}

// putItems writes events that are no log lines, and brings the summaries of
// their series up to date.
func (s *Service) putItems(ctx context.Context, events []Event) error {
	if len(events) == 0 {
		return nil
	}
	points := make(map[series]map[int64]float64)
	labels := make(map[series]string)
	for _, e := range events {
		if e.Type != Scalar {
			continue
		}
		k := series{e.Target, e.Metric, e.Variant}
		if points[k] == nil {
			points[k] = make(map[int64]float64)
		}
		points[k][e.Iter] = *e.Value // of two in one batch the later one counts
		if label, _ := e.Body["x_axis_label"].(string); label != "" {
			labels[k] = label
		}
	}
	overwritten := make(map[series]bool)
	for k, values := range points {
		known, err := s.Store.Points(ctx, k.target, k.metric, k.variant, keys(values))
		if err != nil {
			return err
		}
		overwritten[k] = known > 0
	}
	if err := s.Store.Put(ctx, events); err != nil {
		return err
	}
	if err := s.note(ctx, events); err != nil {
		return err
	}
	for k, values := range points {
		if err := s.summarise(ctx, k, values, labels[k], overwritten[k]); err != nil {
			return err
		}
	}
	return nil
}

// note says for each metric when which kind of event came in last.
func (s *Service) note(ctx context.Context, events []Event) error {
	type of struct {
		Target
		metric string
		typ    Type
	}
	at := make(map[of]time.Time)
	for _, e := range events {
		if k := (of{e.Target, e.Metric, e.Type}); e.Received.After(at[k]) {
			at[k] = e.Received
		}
	}
	// In one order for all callers, since each takes the lock of a row.
	for _, k := range slices.SortedFunc(maps.Keys(at), func(a, b of) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.metric, b.metric), cmp.Compare(a.typ, b.typ))
	}) {
		if err := s.Store.Note(ctx, k.Target, Latest{Metric: k.metric, Type: k.typ, At: at[k]}); err != nil {
			return err
		}
	}
	return nil
}

// summarise adds new points to a summary. Overwritten ones cannot be taken out
// of a sum or a minimum, so then it is made anew from what is stored.
func (s *Service) summarise(ctx context.Context, k series, values map[int64]float64, label string, overwritten bool) error {
	sum, found, err := s.Store.Summary(ctx, k.target, k.metric, k.variant)
	if err != nil {
		return err
	}
	label = cmp.Or(label, sum.XAxis)
	if overwritten {
		if sum, found, err = s.Store.Recompute(ctx, k.target, k.metric, k.variant); err != nil || !found {
			return err
		}
		values = nil // all of them are stored by now
	}
	if !found {
		sum = Summary{Metric: k.metric, Variant: k.variant}
	}
	for iter, v := range values {
		sum.Add(iter, v)
	}
	sum.XAxis = label
	return s.Store.SetSummary(ctx, k.target, sum)
}

// Add takes a new point into the summary; of equal values the earliest
// iteration is kept, whatever the order in which points come.
func (s *Summary) Add(iter int64, v float64) {
	if s.Count == 0 {
		s.LastIter, s.MinIter, s.MaxIter, s.FirstIter = iter, iter, iter, iter
		s.Last, s.Min, s.Max, s.First = v, v, v, v
	}
	if iter >= s.LastIter {
		s.LastIter, s.Last = iter, v
	}
	if iter <= s.FirstIter {
		s.FirstIter, s.First = iter, v
	}
	if v < s.Min || v == s.Min && iter < s.MinIter {
		s.MinIter, s.Min = iter, v
	}
	if v > s.Max || v == s.Max && iter < s.MaxIter {
		s.MaxIter, s.Max = iter, v
	}
	s.Count++
	s.Sum += v
}

// Mean returns the mean of the points.
func (s Summary) Mean() float64 {
	if s.Count == 0 {
		return 0
	}
	return s.Sum / float64(s.Count)
}
