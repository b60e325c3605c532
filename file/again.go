package file

import (
	"context"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/user"
)

// Again makes bytes that are there the newest generation of a path: an earlier
// content of it is restored, and nothing is copied. ErrNotFound if no live file
// has them, ErrFrozen if something published names the path.
func (s *Service) Again(ctx context.Context, who user.Identity, p Path, d blob.Digest) (g Generation, err error) {
	if err := who.Require(user.Member); err != nil {
		return Generation{}, err
	}
	err = s.Tx(ctx, func(ctx context.Context) error {
		b, found, err := s.Store.Live(ctx, d)
		if err == nil && !found {
			err = ErrNotFound.Errorf("no file has the SHA-256 %s any more", d)
		}
		if err == nil {
			g, err = s.land(ctx, who, p, b)
		}
		return err
	})
	return g, err
}

// Usage is how much is kept.
type Usage struct {
	Blobs    Sum // contents, each once
	Waiting  Sum // of those, what nothing refers to and the grace period keeps
	Failed   Sum // contents that were lost
	Files    Sum // newest generations of files, as if none shared its bytes
	Earlier  Sum // generations that a newer one took the place of
	Measured time.Time
}

// Sum is a number of things and their bytes.
type Sum struct {
	Count int64
	Bytes int64
}

// Freed sums up the contents that nothing refers to any more since a time, for
// others inside their transactions.
func (s *Service) Freed(ctx context.Context, since time.Time) (Sum, error) {
	return s.Store.Freed(ctx, since)
}

// Named sums up the contents that files hold, each once, earlier and deleted
// ones too, for others inside their transactions.
func (s *Service) Named(ctx context.Context, paths []Path) (Sum, error) {
	if len(paths) == 0 {
		return Sum{}, nil
	}
	return s.Store.Named(ctx, paths)
}

// usageLife is how long a measurement is good for: it looks at every row.
const usageLife = time.Minute

// Usage tells how much is kept, as of at most a minute ago.
func (s *Service) Usage(ctx context.Context, who user.Identity) (Usage, error) {
	if err := who.Require(user.Guest); err != nil {
		return Usage{}, err
	}
	s.measuring.Lock()
	defer s.measuring.Unlock()
	now := s.Now()
	if !s.usage.Measured.IsZero() && now.Sub(s.usage.Measured) < usageLife {
		return s.usage, nil
	}
	u, err := s.Store.Usage(ctx)
	if err != nil {
		return Usage{}, err
	}
	u.Measured = now
	s.usage = u
	return u, nil
}
