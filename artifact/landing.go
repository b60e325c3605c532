package artifact

import (
	"context"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/file"
)

var _ file.Landing = (*Service)(nil)

// Landed settles the versions that wait for bytes at the path: those with the
// digest, or without any, are stored now; pending ones with another digest
// have been promised something else.
func (s *Service) Landed(ctx context.Context, g file.Generation) error {
	waiting, err := s.Store.Unsettled(ctx, g.Path)
	if err != nil {
		return err
	}
	for _, p := range waiting {
		state, generation := Stored, g.ID
		if want := p.Digest(); want != "" && want != g.Digest {
			if p.State != Pending {
				continue
			}
			state, generation = Mismatched, 0
		}
		if err := s.Store.Settle(ctx, p.ID, state, generation); err != nil {
			return err
		}
		s.changed(ctx, p.Task)
	}
	return nil
}

// Lost marks the versions whose bytes are gone.
func (s *Service) Lost(ctx context.Context, d blob.Digest) error {
	tasks, err := s.Store.Lose(ctx, d)
	for _, id := range tasks {
		s.changed(ctx, id)
	}
	return err
}

// References counts the living versions that name the path.
func (s *Service) References(ctx context.Context, p file.Path) (file.References, error) {
	return s.Store.References(ctx, p)
}

// Bound returns which of the generations living versions are bound to.
func (s *Service) Bound(ctx context.Context, generations []int64) ([]int64, error) {
	return s.Store.Bound(ctx, generations)
}
