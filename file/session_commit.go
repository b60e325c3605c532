package file

import (
	"context"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/user"
)

// CommitSession makes the file of a session the newest generation of its path,
// once the SHA-256 of its bytes is the promised one. When it returns nil that
// is durable. Committing again gives the same answer. After a refusal nothing
// is visible and the session stays open.
func (s *Service) CommitSession(ctx context.Context, who user.Identity, id SessionID, digest blob.Digest) (Session, error) {
	of, err := s.session(ctx, who, id)
	if err != nil {
		return Session{}, err
	}
	f := s.desk.at(id)
	whole := Span{0, of.Size}
	if err := f.claim(whole); err != nil {
		return Session{}, err
	}
	defer f.release(whole)
	if of, err = s.Sessions.Get(ctx, id); err != nil { // from here on nothing changes it
		return Session{}, err
	}
	if of.Digest, err = of.promised(digest); err != nil || !of.Committed.IsZero() {
		return of, err
	}
	_, known, err := s.holds(ctx, of.Digest)
	if err != nil {
		return Session{}, err
	}
	if !known {
		if err := s.assemble(ctx, of, f); err != nil {
			return Session{}, err
		}
	}
	done := of
	err = s.Tx(ctx, func(ctx context.Context) error {
		locked, err := s.Sessions.Lock(ctx, id)
		if err != nil {
			return err
		}
		if !locked.Committed.IsZero() {
			done = locked
			return nil
		}
		if locked.Hashed.Revision != of.Hashed.Revision {
			return ErrBusy.Errorf("a part was taken back meanwhile; try again")
		}
		g, err := s.landSession(ctx, who, of, known)
		if err != nil {
			return err
		}
		done.Committed, done.Version = s.Now(), g.Number
		return s.Sessions.Commit(ctx, done)
	})
	if err != nil {
		return Session{}, err
	}
	s.forget(ctx, done)
	done.Received = done.Size
	return done, nil
}

// promised returns the digest that the file must have: the one of the commit,
// that of the session, or either if they agree.
func (s Session) promised(digest blob.Digest) (blob.Digest, error) {
	switch {
	case digest == "" && s.Digest == "":
		return "", ErrSessionSpec.Errorf("sha256: the SHA-256 of the whole file is required, when the session begins or now")
	case digest == "":
		return s.Digest, nil
	case s.Digest != "" && s.Digest != digest:
		return "", blob.ErrMismatch.Errorf("the upload session is for the SHA-256 %s, the commit names %s", s.Digest, digest)
	}
	return digest, nil
}

// assemble makes a complete file with the promised digest an object.
func (s *Service) assemble(ctx context.Context, of Session, f *folder) error {
	drafts, err := s.drafts(ctx, of.Volume)
	if err != nil {
		return err
	}
	gaps, err := s.Sessions.Gaps(ctx, of.ID, of.Size, 1)
	if err != nil {
		return err
	}
	if len(gaps) > 0 {
		return ErrIncomplete.Errorf("%d of %d bytes are received; the first gap is %d bytes from byte %d on", of.Received, of.Size, gaps[0].Size, gaps[0].Offset)
	}
	received, err := s.hashAll(ctx, of, f)
	if err != nil {
		return err
	}
	if received != of.Digest {
		return blob.ErrMismatch.Errorf("expected the SHA-256 %s, received %s", of.Digest, received)
	}
	if err := s.thaw(ctx, of.Path); err != nil {
		return err
	}
	return drafts.FinishDraft(ctx, of.Key, of.Size)
}

// landSession makes the file of a session the newest generation of its path.
// If its bytes were in the store without it, they must still be.
func (s *Service) landSession(ctx context.Context, who user.Identity, of Session, known bool) (Generation, error) {
	if !known {
		return s.commit(ctx, who, of.Path, blob.Object{Key: of.Key, Digest: of.Digest, Size: of.Size}, of.Volume)
	}
	b, found, err := s.Store.Live(ctx, of.Digest)
	if err != nil {
		return Generation{}, err
	}
	if !found {
		return Generation{}, ErrIncomplete.Errorf("the content with SHA-256 %s was deleted meanwhile; send its bytes", of.Digest)
	}
	return s.land(ctx, who, of.Path, b)
}
