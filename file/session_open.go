package file

import (
	"context"
	"errors"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/internal/ident"
	"github.com/coffer-ml/coffer/user"
)

// SessionSpec says what is going to be uploaded.
type SessionSpec struct {
	Path   Path
	Size   int64
	Digest blob.Digest // of the whole file; "" if it is not known yet
}

// drafts returns the capability of a volume's store to take files in parts.
func (s *Service) drafts(ctx context.Context, in VolumeID) (blob.Drafter, error) {
	store, err := s.store(ctx, in)
	if err != nil {
		return nil, err
	}
	d, ok := blob.As[blob.Drafter](store)
	if !ok {
		return nil, ErrNoDrafts.Errorf("the store of this server takes no uploads in parts; send the file as one form")
	}
	return d, nil
}

// OpenSession begins an upload in parts. Where the caller has an open session
// for the same path, size and digest, that one goes on, whichever process of
// his began it.
func (s *Service) OpenSession(ctx context.Context, who user.Identity, spec SessionSpec) (p Progress, begun bool, err error) {
	if err := who.Require(user.Member); err != nil {
		return Progress{}, false, err
	}
	if _, err := s.drafts(ctx, s.Volume); err != nil {
		return Progress{}, false, err
	}
	if spec.Size < 0 {
		return Progress{}, false, ErrSessionSpec.Errorf("size: expected a number of bytes from 0 on, got %d", spec.Size)
	}
	if s.MaxSize > 0 && spec.Size > s.MaxSize {
		return Progress{}, false, blob.ErrTooLarge.Errorf("the content is larger than the limit of %d bytes", s.MaxSize)
	}
	if err := s.thaw(ctx, spec.Path); err != nil {
		return Progress{}, false, err
	}
	known, found, err := s.holds(ctx, spec.Digest)
	if err != nil {
		return Progress{}, false, err
	}
	if found && known.Size != spec.Size {
		return Progress{}, false, ErrSessionSpec.Errorf("size: the content with SHA-256 %s has %d bytes, not %d", spec.Digest, known.Size, spec.Size)
	}
	if !found { // how much is still to come is asked with each part
		if err := s.HasRoom(ctx, 0); err != nil {
			return Progress{}, false, err
		}
	}
	var open Session
	err = s.Tx(ctx, func(ctx context.Context) (err error) {
		open, begun, err = s.findOrBegin(ctx, who, spec)
		return err
	})
	if err != nil {
		return Progress{}, false, err
	}
	p, err = s.progress(ctx, open)
	return p, begun, err
}

func (s *Service) findOrBegin(ctx context.Context, who user.Identity, spec SessionSpec) (Session, bool, error) {
	all, err := s.Sessions.Open(ctx, who.User, "", s.Now().Add(-SessionLife))
	if err != nil {
		return Session{}, false, err
	}
	for _, o := range all {
		if spec.Digest != "" && o.Path == spec.Path && o.Size == spec.Size && o.Digest == spec.Digest {
			return o, false, nil
		}
	}
	if len(all) >= MaxSessions {
		return Session{}, false, ErrSessions.Errorf("%d upload sessions are open, the limit is %d: commit or abort some", len(all), MaxSessions)
	}
	now := s.Now()
	begun := Session{
		ID: SessionID(ident.New()), Owner: who.User, Path: spec.Path, Size: spec.Size, Digest: spec.Digest,
		Key: blob.NewKey(), Volume: s.Volume, Created: now, Touched: now,
	}
	return begun, true, s.Sessions.Insert(ctx, begun)
}

// holds returns the live blob with the digest, if its bytes are really there:
// nobody is going to send them again.
func (s *Service) holds(ctx context.Context, d blob.Digest) (Bytes, bool, error) {
	if d == "" {
		return Bytes{}, false, nil
	}
	b, found, err := s.Sessions.Holds(ctx, d)
	if err != nil || !found {
		return Bytes{}, false, err
	}
	store, err := s.store(ctx, b.Volume)
	if err != nil {
		return Bytes{}, false, err
	}
	if _, err := store.Stat(ctx, b.Key); errors.Is(err, blob.ErrNotFound) {
		return Bytes{}, false, s.lose(ctx, b.Key)
	} else if err != nil {
		return Bytes{}, false, err
	}
	return b, true, nil
}

func (s *Service) progress(ctx context.Context, of Session) (p Progress, err error) {
	p.Session = of
	if !of.Committed.IsZero() {
		return p, nil
	}
	if _, p.Known, err = s.holds(ctx, of.Digest); err != nil || p.Known || of.Received == of.Size {
		return p, err
	}
	p.Missing, err = s.Sessions.Gaps(ctx, of.ID, of.Size, MaxListed)
	return p, err
}

// session returns a session of the caller. Those of others look as if they
// did not exist.
func (s *Service) session(ctx context.Context, who user.Identity, id SessionID) (Session, error) {
	if err := who.Require(user.Member); err != nil {
		return Session{}, err
	}
	found, err := s.Sessions.Get(ctx, id)
	if err != nil {
		return Session{}, err
	}
	if found.Owner != who.User {
		return Session{}, ErrNoSession.Errorf("you have no upload session %.40q", string(id))
	}
	if !s.Now().Before(found.Expires()) {
		return Session{}, ErrNoSession.Errorf("the upload session %s expired at %s", id, found.Expires().Format("2006-01-02T15:04:05Z"))
	}
	return found, nil
}

// underway is session for those that are not committed.
func (s *Service) underway(ctx context.Context, who user.Identity, id SessionID) (Session, error) {
	found, err := s.session(ctx, who, id)
	if err == nil {
		err = found.open()
	}
	return found, err
}

func (s Session) open() error {
	if s.Committed.IsZero() {
		return nil
	}
	return ErrCommitted.Errorf("the upload session %s is committed: it became version %d of %q", s.ID, s.Version, shorten(string(s.Path)))
}

// Session tells what a session has and lacks.
func (s *Service) Session(ctx context.Context, who user.Identity, id SessionID) (Progress, error) {
	found, err := s.session(ctx, who, id)
	if err != nil {
		return Progress{}, err
	}
	return s.progress(ctx, found)
}

// Parts returns the received parts of a session that Session returned, from an
// offset on, the first MaxListed of them.
func (s *Service) Parts(ctx context.Context, of Session, from int64) ([]Part, error) {
	return s.Sessions.Parts(ctx, of.ID, from, MaxListed)
}

// OpenSessions returns the caller's open sessions, the oldest first; of one
// path or, if it is "", of all.
func (s *Service) OpenSessions(ctx context.Context, who user.Identity, p Path) ([]Session, error) {
	if err := who.Require(user.Member); err != nil {
		return nil, err
	}
	return s.Sessions.Open(ctx, who.User, p, s.Now().Add(-SessionLife))
}

// AbortSession ends an open session and drops what it received.
func (s *Service) AbortSession(ctx context.Context, who user.Identity, id SessionID) error {
	found, err := s.underway(ctx, who, id)
	if err != nil {
		return err
	}
	return s.drop(ctx, found)
}

// drop removes an open session with its bytes.
func (s *Service) drop(ctx context.Context, o Session) error {
	err := s.Tx(ctx, func(ctx context.Context) error {
		if err := s.lockOpen(ctx, o.ID); err != nil {
			return err
		}
		return s.Sessions.Remove(ctx, []SessionID{o.ID})
	})
	if err == nil {
		s.forget(ctx, o)
	}
	return err
}

// lockOpen keeps a session open until the end of the transaction.
func (s *Service) lockOpen(ctx context.Context, id SessionID) error {
	locked, err := s.Sessions.Lock(ctx, id)
	if err != nil {
		return err
	}
	return locked.open()
}

// forget drops what sessions that are no longer open leave behind. What remains
// after a failure is found by the sweeps.
func (s *Service) forget(ctx context.Context, sessions ...Session) {
	ctx = context.WithoutCancel(ctx)
	for _, o := range sessions {
		s.desk.leave(o.ID)
		if d, err := s.drafts(ctx, o.Volume); err == nil {
			if err := d.DropDraft(ctx, o.Key); err != nil {
				s.Logger.Warn("a draft stays until the next sweep", "key", o.Key, "error", err)
			}
		}
		if o.Committed.IsZero() {
			s.discard(ctx, o.Volume, o.Key) // it may have been made an object that was not committed
		}
	}
}
