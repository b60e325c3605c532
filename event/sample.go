package event

import (
	"context"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/user"
)

// Iterations returns the iterations of a page of plots or samples, newest
// first.
func (s *Service) Iterations(ctx context.Context, who user.Identity, t Target, q IterationQuery) ([]int64, error) {
	if err := within("iters", q.Limit, MaxIterations); err != nil {
		return nil, err
	}
	if err := s.exist(ctx, who, t); err != nil {
		return nil, err
	}
	return s.Store.Iterations(ctx, t, q)
}

// At returns the plots or samples at iterations, newest first, then by metric
// and variant. Of samples only those that can be shown are told: with an
// address that still is the picture that was reported.
func (s *Service) At(ctx context.Context, who user.Identity, t Target, of Type, sel Selection, iterations []int64) ([]Event, error) {
	if err := who.Require(user.Guest); err != nil {
		return nil, err
	}
	found, err := s.Store.At(ctx, t, of, sel, iterations)
	if err != nil {
		return nil, err
	}
	return shown(found, of), nil
}

// shown leaves one event for each metric, variant and iteration: of samples
// the one with the greatest address, of plots the newest.
func shown(found []Event, of Type) []Event {
	out := found[:0]
	for _, e := range found {
		if of == DebugImage && (e.Overwritten || e.URL.IsZero()) {
			continue
		}
		if n := len(out); n > 0 && out[n-1].Iter == e.Iter && out[n-1].Metric == e.Metric && out[n-1].Variant == e.Variant {
			if of == DebugImage && e.URL.Canonical() > out[n-1].URL.Canonical() || of != DebugImage && e.Timestamp > out[n-1].Timestamp {
				out[n-1] = e
			}
			continue
		}
		out = append(out, e)
	}
	return out
}

// Newest returns the newest plots of each metric and variant.
func (s *Service) Newest(ctx context.Context, who user.Identity, t Target, sel Selection, n int) ([]Event, error) {
	if err := within("iters", n, MaxIterations); err != nil {
		return nil, err
	}
	if err := s.exist(ctx, who, t); err != nil {
		return nil, err
	}
	return s.Store.Newest(ctx, t, Plot, sel, n)
}

// Ranges returns the iterations that each variant spans.
func (s *Service) Ranges(ctx context.Context, who user.Identity, t Target, of Type, sel Selection) ([]Range, error) {
	if err := s.exist(ctx, who, t); err != nil {
		return nil, err
	}
	return s.Store.Ranges(ctx, t, of, sel)
}

var _ file.Landing = (*Service)(nil)

// Landed implements file.Landing: samples that were reported before their
// file are bound to it, and those whose picture it replaced are marked.
func (s *Service) Landed(ctx context.Context, g file.Generation) error { return s.Store.Landed(ctx, g) }

// Lost implements file.Landing; a sample whose file is lost says so when it
// is opened.
func (s *Service) Lost(context.Context, blob.Digest) error { return nil }

// References implements file.Landing: whoever deletes the file of a sample
// means it.
func (s *Service) References(context.Context, file.Path) (file.References, error) {
	return file.References{}, nil
}

// Bound implements file.Landing: an overwritten sample is not shown any more,
// so that recycled names keep bounding what is stored.
func (s *Service) Bound(context.Context, []int64) ([]int64, error) { return nil, nil }
