package sqlstore

import (
	"context"
	"errors"
	"time"

	"github.com/coffer-ml/coffer/internal/fault"
)

const (
	// patience is how long a busy or lost database is waited for: longer than a
	// restart, and not so long that callers give up.
	patience = 10 * time.Second
	// firstPause and maxPause bound the pauses between tries to reach it.
	firstPause = 50 * time.Millisecond
	maxPause   = 500 * time.Millisecond
	// maxDuplicates is how often a transaction that met a row which it had
	// found missing is run again: the next run finds it.
	maxDuplicates = 3
)

// errConflict says that a transaction got into the way of another one and may
// well succeed if it is run again.
var errConflict = errors.New("in the way of another transaction")

// errLost says that the database cannot be reached.
var errLost = errors.New("the database cannot be reached")

// retries decides whether a transaction, or a read, is worth another try.
type retries struct {
	began      time.Time
	conflicts  int
	duplicates int
	pause      time.Duration
}

// again reports whether to try again, and waits until it is time to. cause is
// the first error of the engine.
func (r *retries) again(ctx context.Context, err, cause error) bool {
	err = errors.Join(err, cause)
	if ctx.Err() != nil || time.Since(r.began) > patience {
		return false
	}
	switch {
	case errors.Is(err, errLost):
		r.pause = min(max(2*r.pause, firstPause), maxPause)
		select {
		case <-time.After(r.pause):
			return true
		case <-ctx.Done():
			return false
		}
	case errors.Is(err, errConflict):
		r.conflicts++
		return true
	case errors.Is(err, errRepeatable):
		r.conflicts++
		r.duplicates++
		return r.duplicates < maxDuplicates
	}
	return false
}

// verdict is what the caller is told in the end.
func (r *retries) verdict(err, cause error) error {
	if errors.Is(cause, errConflict) && !errors.Is(err, fault.ErrUnavailable) {
		return cause // what the noun made of it is beside the point
	}
	return err
}
