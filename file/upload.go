package file

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/user"
)

// UploadOptions says what the bytes must be. The zero value promises nothing.
type UploadOptions struct {
	Size   *int64
	Digest blob.Digest
}

// Upload stores bytes under a path. When it returns nil they are durable and
// the newest generation of the path; an upload equal to the newest generation
// makes no new one. If r fails, or the bytes are not what was promised,
// nothing has changed.
func (s *Service) Upload(ctx context.Context, who user.Identity, p Path, r io.Reader, o UploadOptions) (Generation, error) {
	f, err := s.Receive(ctx, who, p, r, o)
	if err != nil {
		return Generation{}, err
	}
	stored, err := s.Commit(ctx, who, f)
	if err != nil {
		return Generation{}, err
	}
	return stored[0], nil
}

// Received are bytes that have come for a path and that nobody sees yet.
// Whoever received them commits or discards them.
type Received struct {
	Path Path
	obj  blob.Object
	at   time.Time
}

// Receive takes the bytes of one file in.
func (s *Service) Receive(ctx context.Context, who user.Identity, p Path, r io.Reader, o UploadOptions) (Received, error) {
	if err := who.Require(user.Member); err != nil {
		return Received{}, err
	}
	if err := s.thaw(ctx, p); err != nil {
		return Received{}, err
	}
	obj, err := blob.Put(ctx, s.Blobs, r, blob.PutOptions{MaxSize: s.MaxSize, Size: o.Size, Digest: o.Digest})
	if err != nil {
		return Received{}, err
	}
	if s.Hashed != nil {
		s.Hashed(obj.Size)
	}
	return Received{Path: p, obj: obj, at: s.Now()}, nil
}

// Commit makes received bytes the newest generations of their paths, all of
// them or none.
func (s *Service) Commit(ctx context.Context, who user.Identity, files ...Received) ([]Generation, error) {
	out := make([]Generation, len(files))
	err := s.Tx(ctx, func(ctx context.Context) (err error) {
		for i, f := range files {
			// The sweep takes what no row names for left over after the grace
			// period.
			if wait := s.Now().Sub(f.at); wait > s.Grace/2 {
				return ErrExpired.Errorf("the file %q came %s before the last one of its form; send them in separate forms", shorten(string(f.Path)), wait.Round(time.Second))
			}
			if out[i], err = s.commit(ctx, who, f.Path, f.obj); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		if !errors.Is(err, fault.ErrUncertain) { // else the sweep of orphans decides
			s.Discard(ctx, files...)
		}
		return nil, err
	}
	return out, nil
}

// Discard drops received bytes.
func (s *Service) Discard(ctx context.Context, files ...Received) {
	for _, f := range files {
		s.discard(ctx, f.obj.Key)
	}
}

// commit makes stored bytes the newest generation of a path.
func (s *Service) commit(ctx context.Context, who user.Identity, p Path, obj blob.Object) (Generation, error) {
	b, known, err := s.Store.Live(ctx, obj.Digest)
	if err != nil {
		return Generation{}, err
	}
	if known {
		s.After(ctx, func() { s.discard(ctx, obj.Key) })
	} else if b, err = s.Store.AddBlob(ctx, obj, s.Now()); err != nil {
		return Generation{}, err
	}
	return s.land(ctx, who, p, b)
}

// land makes a live blob the newest generation of a path.
func (s *Service) land(ctx context.Context, who user.Identity, p Path, b Bytes) (Generation, error) {
	if err := s.thaw(ctx, p); err != nil {
		return Generation{}, err
	}
	rec, err := s.Store.Lock(ctx, p)
	if errors.Is(err, ErrNotFound) {
		rec, err = s.Store.Create(ctx, p, s.Now())
	}
	if err != nil {
		return Generation{}, err
	}
	if !rec.Condemned.IsZero() || !rec.DeleteAsked.IsZero() {
		if err := s.Store.Revive(ctx, rec.ID); err != nil {
			return Generation{}, err
		}
	}
	g, err := s.next(ctx, who, rec, b)
	if err != nil {
		return Generation{}, err
	}
	for _, l := range s.landings {
		if err := l.Landed(ctx, g); err != nil {
			return Generation{}, err
		}
	}
	return g, nil
}

// next returns the generation that the bytes are: the newest one if it is the
// same, else a new one.
func (s *Service) next(ctx context.Context, who user.Identity, rec Record, b Bytes) (Generation, error) {
	if rec.Newest > 0 {
		newest, err := s.Store.Generation(ctx, rec.Path, Want{})
		if err != nil && !errors.Is(err, ErrNotFound) {
			return Generation{}, err
		}
		if err == nil && newest.Digest == b.Digest && newest.Key == b.Key {
			return newest, s.Store.Again(ctx, newest.ID, s.Now())
		}
	}
	return s.Store.AddGeneration(ctx, rec, b, who.User, s.Now())
}

// discard deletes an object that no row will ever name. If that fails the
// sweep of orphans finds it.
func (s *Service) discard(ctx context.Context, key blob.Key) {
	if err := s.Blobs.Delete(context.WithoutCancel(ctx), key); err != nil {
		s.Logger.Warn("an unused object stays until the next sweep", "key", key, "error", err)
	}
}

// Find returns, for nouns inside their transactions, the newest generation of
// the live path with the digest; with "" that of any digest.
func (s *Service) Find(ctx context.Context, p Path, d blob.Digest) (g Generation, found bool, err error) {
	g, err = s.Store.Generation(ctx, p, Want{Digest: d})
	if errors.Is(err, ErrNotFound) {
		return Generation{}, false, nil
	}
	return g, err == nil, err
}
