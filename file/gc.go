package file

import (
	"context"
	"errors"
	"time"

	"github.com/coffer-ml/coffer/blob"
)

// slice is how many rows one transaction of a collection touches, so that it
// never keeps an upload waiting for long.
const slice = 500

// Report tells what a collection did.
type Report struct {
	Files       int   `json:"files"`       // condemned paths whose grace period has passed
	Generations int   `json:"generations"` // superseded and bound by no record
	Blobs       int   `json:"blobs"`       // deleted from the store
	Orphans     int   `json:"orphans"`     // of them objects that no row knew
	Bytes       int64 `json:"bytes"`       // freed by that
	Temporary   int   `json:"temporary"`   // unfinished writes
	Sessions    int   `json:"sessions"`    // uploads in parts that nobody goes on with
	Drafts      int   `json:"drafts"`      // of sessions that are gone
}

// IsZero reports whether there was nothing to do.
func (r Report) IsZero() bool { return r == Report{} }

// Collect frees what nothing refers to and whose grace period has passed. It
// can be interrupted anywhere and run on several servers: states change in
// transactions only, and an object is deleted only after its row says so. A
// grace shorter than uploads take is safe, too: uploads through this service
// are left alone, and one through another server is refused when its bytes
// were swept before it committed.
func (s *Service) Collect(ctx context.Context, grace time.Duration) (Report, error) {
	var r Report
	// Times are kept in milliseconds: what happened within this one is over.
	before := s.Now().Add(time.Millisecond - grace)
	for _, step := range []func(context.Context, time.Time, *Report) error{
		s.expireFiles, s.dropSuperseded, s.deleteBlobs, s.expireSessions, s.sweepOrphans, s.sweepTemporary, s.sweepDrafts,
	} {
		if err := step(ctx, before, &r); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (s *Service) expireFiles(ctx context.Context, before time.Time, r *Report) error {
	for {
		var n int
		err := s.Tx(ctx, func(ctx context.Context) (err error) {
			n, err = s.Store.ExpireFiles(ctx, before, slice)
			return err
		})
		r.Files += n
		if err != nil || n < slice {
			return err
		}
	}
}

func (s *Service) dropSuperseded(ctx context.Context, before time.Time, r *Report) error {
	for after := int64(0); ; {
		var page, free []int64
		err := s.Tx(ctx, func(ctx context.Context) (err error) {
			if page, err = s.Store.SupersededBefore(ctx, before, after, slice); err != nil || len(page) == 0 {
				return err
			}
			if free, err = s.unbound(ctx, page); err != nil || len(free) == 0 {
				return err
			}
			// Their grace period has passed: their bytes get no other.
			return s.Store.Drop(ctx, free, before.Add(-time.Millisecond))
		})
		if err != nil {
			return err
		}
		r.Generations += len(free)
		if len(page) < slice {
			return nil
		}
		after = page[len(page)-1]
	}
}

func (s *Service) deleteBlobs(ctx context.Context, before time.Time, r *Report) error {
	var failed []error
	for {
		var doomed []Bytes
		err := s.Tx(ctx, func(ctx context.Context) (err error) {
			doomed, err = s.Store.Doom(ctx, before, slice)
			return err
		})
		if err != nil {
			return errors.Join(append(failed, err)...)
		}
		deleted, err := s.deleteAll(ctx, doomed, r)
		failed = append(failed, err)
		if len(doomed) < slice || deleted == 0 {
			return errors.Join(failed...)
		}
	}
}

// deleteAll deletes doomed blobs. Those that the store does not delete stay
// doomed, and are tried again next time.
func (s *Service) deleteAll(ctx context.Context, doomed []Bytes, r *Report) (deleted int, err error) {
	var gone []int64
	var bytes int64
	var failed []error
	for _, b := range doomed {
		store, err := s.store(ctx, b.Volume)
		if err == nil {
			err = store.Delete(ctx, b.Key)
		}
		if err != nil {
			failed = append(failed, err)
			continue
		}
		gone = append(gone, b.ID)
		bytes += b.Size
	}
	if err := s.Store.Gone(ctx, gone); err != nil {
		return 0, errors.Join(append(failed, err)...)
	}
	r.Blobs += len(gone)
	r.Bytes += bytes
	return len(gone), errors.Join(failed...)
}

// sweepOrphans deletes objects that no row knows: what a crash between the
// store and the database left. They are claimed first: of a claim and the
// commit of the same object only one comes through, so that no upload is ever
// acknowledged whose bytes the sweep took.
func (s *Service) sweepOrphans(ctx context.Context, before time.Time, r *Report) error {
	var failed []error
	for id, store := range s.stores() {
		failed = append(failed, s.sweepVolume(ctx, id, store, before, r))
	}
	return errors.Join(failed...)
}

func (s *Service) sweepVolume(ctx context.Context, id VolumeID, store blob.Store, before time.Time, r *Report) error {
	if s.Volumes != nil { // it may have become somebody else's since the start
		if err := s.Volumes.Verify(ctx, id); err != nil {
			return err
		}
	}
	var page []blob.Info
	sweep := func() error {
		unknown, err := s.unknown(ctx, page)
		if page = page[:0]; err != nil || len(unknown) == 0 {
			return err
		}
		var claimed []Bytes
		err = s.Tx(ctx, func(ctx context.Context) (err error) {
			claimed, err = s.Store.Claim(ctx, unknown, id, s.Now())
			return err
		})
		if err != nil {
			return err
		}
		n, err := s.deleteAll(ctx, claimed, r)
		r.Orphans += n
		return err
	}
	for info, err := range store.List(ctx, "") {
		if err != nil {
			return err
		}
		if _, ours := s.arriving.Load(info.Key); ours || !info.Modified.Before(before) || info.Key == blob.MarkKey {
			continue // about to get its row, or needs none
		}
		if page = append(page, info); len(page) == slice {
			if err := sweep(); err != nil {
				return err
			}
		}
	}
	return sweep()
}

// unknown returns the objects that no row knows.
func (s *Service) unknown(ctx context.Context, objects []blob.Info) ([]blob.Info, error) {
	keys := make([]blob.Key, len(objects))
	for i, o := range objects {
		keys[i] = o.Key
	}
	known, err := s.Store.Known(ctx, keys)
	if err != nil {
		return nil, err
	}
	return without(objects, func(o blob.Info) blob.Key { return o.Key }, known), nil
}

// without returns the items whose key is not among the given ones.
func without[T any, K comparable](items []T, key func(T) K, keys []K) (rest []T) {
	among := make(map[K]bool, len(keys))
	for _, k := range keys {
		among[k] = true
	}
	for _, item := range items {
		if !among[key(item)] {
			rest = append(rest, item)
		}
	}
	return rest
}

func (s *Service) sweepTemporary(ctx context.Context, before time.Time, r *Report) error {
	n, err := s.SweepTemporary(ctx, before)
	r.Temporary += n
	return err
}

// SweepTemporary removes writes to the store that did not end and have not
// grown since the time; those through this service are left alone.
func (s *Service) SweepTemporary(ctx context.Context, before time.Time) (removed int, err error) {
	var failed []error
	for _, store := range s.stores() {
		if w, ok := blob.As[blob.Sweeper](store); ok {
			n, err := w.SweepTemporary(ctx, before)
			removed += n
			failed = append(failed, err)
		}
	}
	return removed, errors.Join(failed...)
}
