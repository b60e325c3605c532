package file

import (
	"context"
	"errors"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/user"
)

// Delete deletes a path. While living records name it the delete is only
// remembered. ErrNotFound if there is no such path, ErrFrozen if something
// published names it. Deleting twice is no error.
func (s *Service) Delete(ctx context.Context, who user.Identity, p Path) error {
	if err := who.Require(user.Member); err != nil {
		return err
	}
	return s.Tx(ctx, func(ctx context.Context) error {
		if err := s.thaw(ctx, p); err != nil {
			return err
		}
		return s.condemn(ctx, p)
	})
}

// condemn deletes a path, now or when the last record that names it goes.
func (s *Service) condemn(ctx context.Context, p Path) error {
	rec, err := s.Store.Lock(ctx, p)
	if err != nil || !rec.Condemned.IsZero() {
		return err
	}
	user.Note(ctx, user.FileObject, string(p), "")
	r, err := s.references(ctx, p)
	if err != nil {
		return err
	}
	if r.Count > 0 {
		return s.Store.AskDelete(ctx, rec.ID, s.Now())
	}
	return s.Store.Condemn(ctx, rec.ID, s.Now())
}

// Condemn deletes paths with the records that named them: a caller asked for
// it. It is called after the records went, in the same transaction. Paths that
// do not exist are passed over.
func (s *Service) Condemn(ctx context.Context, paths []Path) error {
	for _, p := range paths {
		if err := s.condemn(ctx, p); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return nil
}

// Released says that records which named the paths went: deletes that were
// remembered take effect where no other record names the path.
func (s *Service) Released(ctx context.Context, paths []Path) error {
	for _, p := range paths {
		rec, err := s.Store.Lock(ctx, p)
		if errors.Is(err, ErrNotFound) || err == nil && rec.DeleteAsked.IsZero() {
			continue
		}
		if err != nil {
			return err
		}
		if err := s.condemn(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// Drop lets go of generations whose record was deleted, unless they are the
// newest of a live path or other records bind to them.
func (s *Service) Drop(ctx context.Context, generations []int64) error {
	if len(generations) == 0 {
		return nil
	}
	old, err := s.Store.Superseded(ctx, generations)
	if err != nil {
		return err
	}
	free, err := s.unbound(ctx, old)
	if err != nil || len(free) == 0 {
		return err
	}
	return s.Store.Drop(ctx, free, s.Now())
}

// unbound returns those of the generations that no record binds to.
func (s *Service) unbound(ctx context.Context, generations []int64) ([]int64, error) {
	var bound []int64
	for _, l := range s.landings {
		ids, err := l.Bound(ctx, generations)
		if err != nil {
			return nil, err
		}
		bound = append(bound, ids...)
	}
	return without(generations, func(id int64) int64 { return id }, bound), nil
}

// LandedSince reports whether an upload of that digest ended at that path
// after the given time.
func (s *Service) LandedSince(ctx context.Context, p Path, d blob.Digest, after time.Time) (bool, error) {
	return s.Store.LandedSince(ctx, p, d, after)
}
