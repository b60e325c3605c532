package model

import (
	"context"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/file"
)

var _ file.Landing = (*Service)(nil)

// Landed makes what came to a path the newest version of the models that name
// it.
func (s *Service) Landed(ctx context.Context, g file.Generation) error {
	named, err := s.Store.Naming(ctx, g.Path)
	if err != nil {
		return err
	}
	for _, m := range named {
		if err := s.bind(ctx, m, g); err != nil {
			return err
		}
	}
	return nil
}

// Lost marks the versions whose bytes are gone.
func (s *Service) Lost(ctx context.Context, d blob.Digest) error { return s.Store.Lose(ctx, d) }

// References counts the models that name the path, or did when a version of
// them came there. A ready one freezes the path that it names.
func (s *Service) References(ctx context.Context, p file.Path) (file.References, error) {
	return s.Store.References(ctx, p)
}

// Bound returns which of the generations versions are bound to: all snapshots
// of a model are kept.
func (s *Service) Bound(ctx context.Context, generations []int64) ([]int64, error) {
	return s.Store.Bound(ctx, generations)
}
