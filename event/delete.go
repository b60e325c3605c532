package event

import (
	"context"
	"slices"
	"time"

	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/user"
)

// sweepStep is how many rows one step of the sweep removes: some milliseconds.
const sweepStep = 200

// Delete removes all events of a target inside the caller's transaction and
// returns the addresses that its debug samples named.
func (s *Service) Delete(ctx context.Context, t Target) ([]file.Address, error) {
	named, err := s.Store.Addresses(ctx, t)
	if err != nil {
		return nil, err
	}
	return named, s.Store.Delete(ctx, t)
}

// Clear removes all events of a target and returns how many there were.
func (s *Service) Clear(ctx context.Context, who user.Identity, t Target, allowLocked bool) (deleted int, err error) {
	err = s.change(ctx, who, t, allowLocked, func(ctx context.Context) error {
		if deleted, err = s.Store.Count(ctx, t); err != nil {
			return err
		}
		return s.Store.Delete(ctx, t)
	})
	return deleted, err
}

// LogClearing says which lines of a console log are to go.
type LogClearing struct {
	Keep             time.Duration // the newest part that stays; 0 keeps nothing
	Include, Exclude []string      // metrics; none means all, and none
	AllowLocked      bool
}

// ClearLog removes lines of the console log and returns how many.
func (s *Service) ClearLog(ctx context.Context, who user.Identity, t Target, c LogClearing) (deleted int, err error) {
	err = s.change(ctx, who, t, c.AllowLocked, func(ctx context.Context) error {
		last, err := s.Store.LastLog(ctx, t)
		if err != nil {
			return err
		}
		if c.Keep > 0 {
			last -= c.Keep.Milliseconds() + 1
		}
		deleted, err = s.Store.ClearLog(ctx, t, last, func(e Event) bool {
			return (len(c.Include) == 0 || slices.Contains(c.Include, e.Metric)) && !slices.Contains(c.Exclude, e.Metric)
		})
		return err
	})
	return deleted, err
}

// change runs fn in a transaction if the target may be changed.
func (s *Service) change(ctx context.Context, who user.Identity, t Target, allowLocked bool, fn func(context.Context) error) error {
	if err := who.Require(user.Member); err != nil {
		return err
	}
	return s.Tx(ctx, func(ctx context.Context) error {
		states, err := s.Targets.Check(ctx, []Target{t})
		if err != nil {
			return err
		}
		switch st := states[t]; {
		case !st.Exists:
			return missing(t)
		case st.Locked && !allowLocked && t.Kind == Model:
			return ErrNoModel.Errorf("the model %s is ready; use allow_locked", t.ID)
		case st.Locked && !allowLocked:
			return ErrLocked.Errorf("the task %s is published; use allow_locked", t.ID)
		}
		user.Note(ctx, user.Kind(t.Kind), t.ID, "events")
		return fn(ctx)
	})
}

// Sweep removes what deleted targets left, in small steps, and returns how
// many rows that were.
func (s *Service) Sweep(ctx context.Context) (removed int, err error) {
	for ctx.Err() == nil {
		n := 0
		err := s.Tx(ctx, func(ctx context.Context) (err error) {
			n, err = s.Store.Sweep(ctx, sweepStep)
			return err
		})
		removed += n
		if err != nil || n == 0 {
			return removed, err
		}
	}
	return removed, ctx.Err()
}
