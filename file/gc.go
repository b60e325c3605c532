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
	Files       int   // condemned paths whose grace period has passed
	Generations int   // superseded and bound by no record
	Blobs       int   // deleted from the store
	Bytes       int64 // freed
	Orphans     int   // objects that no row knew
	Temporary   int   // unfinished writes
	Sessions    int   // uploads in parts that nobody goes on with
	Drafts      int   // of sessions that are gone
}

// Collect frees what nothing refers to and whose grace period has passed. It
// can be interrupted anywhere and run on several servers: states change in
// transactions only, and an object is deleted only after its row says so.
func (s *Service) Collect(ctx context.Context) (Report, error) {
	var r Report
	before := s.Now().Add(-s.Grace)
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
			return s.Store.Drop(ctx, free, s.Now())
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
		deleted := 0
		for _, b := range doomed {
			if err := s.Blobs.Delete(ctx, b.Key); err != nil {
				failed = append(failed, err) // stays doomed, and is tried again next time
				continue
			}
			if err := s.Store.Gone(ctx, b.ID); err != nil {
				return errors.Join(append(failed, err)...)
			}
			deleted++
			r.Blobs++
			r.Bytes += b.Size
		}
		if len(doomed) < slice || deleted == 0 {
			return errors.Join(failed...)
		}
	}
}

// sweepOrphans deletes objects that no row knows: what a crash between the
// store and the database left.
func (s *Service) sweepOrphans(ctx context.Context, before time.Time, r *Report) error {
	var page []blob.Key
	sweep := func() error {
		known, err := s.Store.Known(ctx, page)
		if err != nil {
			return err
		}
		named := make(map[blob.Key]bool, len(known))
		for _, k := range known {
			named[k] = true
		}
		for _, k := range page {
			if named[k] {
				continue
			}
			if err := s.Blobs.Delete(ctx, k); err != nil {
				return err
			}
			r.Orphans++
		}
		page = page[:0]
		return nil
	}
	for info, err := range s.Blobs.List(ctx, "") {
		if err != nil {
			return err
		}
		if !info.Modified.Before(before) {
			continue // may be about to get its row
		}
		if page = append(page, info.Key); len(page) == slice {
			if err := sweep(); err != nil {
				return err
			}
		}
	}
	return sweep()
}

func (s *Service) sweepTemporary(ctx context.Context, before time.Time, r *Report) error {
	if w, ok := s.Blobs.(blob.Sweeper); ok {
		n, err := w.SweepTemporary(ctx, before)
		r.Temporary += n
		return err
	}
	return nil
}
