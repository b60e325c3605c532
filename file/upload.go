package file

import (
	"context"
	"errors"
	"io"

	"github.com/coffer-ml/coffer/blob"
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
// Whoever received them commits or discards them; until then the sweep of
// orphans leaves them alone.
type Received struct {
	Path   Path
	obj    blob.Object
	volume VolumeID
}

// Receive takes the bytes of one file in.
func (s *Service) Receive(ctx context.Context, who user.Identity, p Path, r io.Reader, o UploadOptions) (Received, error) {
	if err := who.Require(user.Member); err != nil {
		return Received{}, err
	}
	if err := s.thaw(ctx, p); err != nil {
		return Received{}, err
	}
	var size int64
	if o.Size != nil {
		size = *o.Size
	}
	if err := s.HasRoom(ctx, size); err != nil {
		return Received{}, err
	}
	key := blob.NewKey()
	s.arriving.Store(key, nil)
	obj, err := blob.Put(ctx, s.Blobs, r, blob.PutOptions{Key: key, MaxSize: s.MaxSize, Size: o.Size, Digest: o.Digest})
	if err != nil {
		s.arriving.Delete(key)
		return Received{}, err
	}
	if s.Hashed != nil {
		s.Hashed(obj.Size)
	}
	return Received{Path: p, obj: obj, volume: s.Volume}, nil
}

// Commit makes received bytes the newest generations of their paths, all of
// them or none.
func (s *Service) Commit(ctx context.Context, who user.Identity, files ...Received) ([]Generation, error) {
	out := make([]Generation, len(files))
	asked := false
	err := s.Tx(ctx, func(ctx context.Context) (err error) {
		for i, f := range files {
			if out[i], err = s.commit(ctx, who, f.Path, f.obj, f.volume); err != nil {
				asked = false
				return err
			}
		}
		asked = true
		return nil
	})
	if err != nil && !asked {
		s.Discard(ctx, files...)
		return nil, err
	}
	for _, f := range files {
		s.arriving.Delete(f.obj.Key)
	}
	// A commit that was asked for and failed may have come through all the
	// same, say when the connection broke before the answer. Then the bytes
	// are in use; if not, the sweep of orphans removes them.
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Discard drops received bytes.
func (s *Service) Discard(ctx context.Context, files ...Received) {
	for _, f := range files {
		s.discard(ctx, f.volume, f.obj.Key)
		s.arriving.Delete(f.obj.Key)
	}
}

// HasRoom refuses bytes for which there is no room. Whoever takes them from a
// client asks first; Receive asks again.
func (s *Service) HasRoom(ctx context.Context, size int64) error {
	if s.Room == nil {
		return nil
	}
	return s.Room(ctx, size)
}

// commit makes stored bytes the newest generation of a path.
func (s *Service) commit(ctx context.Context, who user.Identity, p Path, obj blob.Object, in VolumeID) (Generation, error) {
	b, known, err := s.Store.Live(ctx, obj.Digest)
	if err != nil {
		return Generation{}, err
	}
	if known {
		s.After(ctx, func() { s.discard(ctx, in, obj.Key) })
	} else if b, err = s.Store.AddBlob(ctx, obj, in, s.Now()); err != nil {
		return Generation{}, err
	}
	return s.land(ctx, who, p, b)
}

// land makes a live blob the newest generation of a path.
func (s *Service) land(ctx context.Context, who user.Identity, p Path, b Bytes) (Generation, error) {
	if err := s.thaw(ctx, p); err != nil {
		return Generation{}, err
	}
	user.Note(ctx, user.FileObject, string(p), "")
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
func (s *Service) discard(ctx context.Context, in VolumeID, key blob.Key) {
	ctx = context.WithoutCancel(ctx)
	store, err := s.store(ctx, in)
	if err == nil {
		err = store.Delete(ctx, key)
	}
	if err != nil {
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

// Holding returns, for nouns that look for bytes, up to limit generations of
// live paths with the digest, by path, the newest of each.
func (s *Service) Holding(ctx context.Context, d blob.Digest, limit int) ([]Generation, error) {
	return s.Store.Holding(ctx, d, limit)
}
