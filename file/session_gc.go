package file

import (
	"context"
	"errors"
	"time"

	"github.com/coffer-ml/coffer/blob"
)

// expireSessions removes sessions for which no part came for long, with their
// bytes, and forgets committed ones.
func (s *Service) expireSessions(ctx context.Context, _ time.Time, r *Report) error {
	for {
		var gone []Session
		err := s.Tx(ctx, func(ctx context.Context) (err error) {
			now := s.Now()
			if gone, err = s.Sessions.Stale(ctx, now.Add(-SessionLife), now.Add(-CommittedLife), slice); err != nil || len(gone) == 0 {
				return err
			}
			return s.Sessions.Remove(ctx, sessionIDs(gone))
		})
		if err != nil {
			return err
		}
		for _, o := range gone {
			if o.Committed.IsZero() {
				r.Sessions++
			}
		}
		s.forget(ctx, gone...)
		if len(gone) < slice {
			return nil
		}
	}
}

func sessionIDs(sessions []Session) []SessionID {
	ids := make([]SessionID, len(sessions))
	for i, o := range sessions {
		ids[i] = o.ID
	}
	return ids
}

// sweepDrafts drops drafts that no open session knows: what a crash between
// the database and the store left.
func (s *Service) sweepDrafts(ctx context.Context, before time.Time, r *Report) error {
	var failed []error
	for _, store := range s.stores() {
		if drafts, ok := blob.As[blob.Drafter](store); ok {
			failed = append(failed, s.sweepDraftsOf(ctx, drafts, before, r))
		}
	}
	return errors.Join(failed...)
}

func (s *Service) sweepDraftsOf(ctx context.Context, drafts blob.Drafter, before time.Time, r *Report) error {
	var old []blob.Key
	for info, err := range drafts.ListDrafts(ctx) {
		if err != nil {
			return err
		}
		if info.Modified.Before(before) {
			old = append(old, info.Key)
		}
	}
	known, err := s.Sessions.Drafted(ctx, old)
	if err != nil {
		return err
	}
	for _, k := range without(old, func(k blob.Key) blob.Key { return k }, known) {
		if err := drafts.DropDraft(ctx, k); err != nil {
			return err
		}
		r.Drafts++
	}
	return nil
}

// Recover drops open sessions whose bytes are not where they were
// acknowledged, as after the loss of a disk: their clients begin again rather
// than find out at the end. It is called once, before the first request; the
// sessions that are whole simply go on.
func (s *Service) Recover(ctx context.Context) error {
	for after := SessionID(""); ; {
		page, err := s.Sessions.Page(ctx, after, slice)
		if err != nil {
			return err
		}
		for _, o := range page {
			after = o.ID
			drafts, err := s.drafts(ctx, o.Volume)
			if errors.Is(err, ErrNoVolume) {
				continue // it may come back
			}
			whole := err == nil // else the store takes no uploads in parts
			if whole {
				if whole, err = s.whole(ctx, drafts, o); err != nil {
					return err
				}
			}
			if whole {
				continue
			}
			s.Logger.Warn("an upload session is dropped: its bytes are no longer in the store", "session", o.ID, "path", o.Path, "received", o.Received)
			// Another server may have ended it meanwhile.
			if err := s.drop(ctx, o); err != nil && !errors.Is(err, ErrNoSession) && !errors.Is(err, ErrCommitted) {
				return err
			}
		}
		if len(page) < slice {
			return nil
		}
	}
}

// whole reports whether the draft of a session reaches as far as its parts.
func (s *Service) whole(ctx context.Context, drafts blob.Drafter, of Session) (bool, error) {
	if of.Parts == 0 {
		return true, nil
	}
	info, err := drafts.StatDraft(ctx, of.Key)
	if errors.Is(err, blob.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	beyond, err := s.Sessions.Parts(ctx, of.ID, info.Size, 1)
	if err != nil || len(beyond) > 0 {
		return false, err
	}
	across, err := s.Sessions.Overlapping(ctx, of.ID, Span{info.Size, 1})
	return len(across) == 0, err
}
