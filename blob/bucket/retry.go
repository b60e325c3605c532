package bucket

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/coffer-ml/coffer/blob"
)

const (
	// attempts is how often a call is made, about 3 seconds long with the pauses:
	// whoever waits behind it gives up after 10.
	attempts = 5
	// firstPause is the wait before the second attempt, doubled for each further
	// one, of which chance takes up to half: those who were turned away together
	// must not come back together.
	firstPause = 200 * time.Millisecond
	// Patience is for libraries that count in time instead.
	Patience = 10 * time.Second
)

// Retry makes a call until it succeeds, fails in a way that another attempt
// does not mend, or has failed too often. The call must read what it sends
// anew each time: a transport may still be busy with the last attempt.
func Retry(ctx context.Context, call func(attempt int) error) error {
	for attempt := 1; ; attempt++ {
		err := call(attempt)
		if err == nil || attempt == attempts || !blob.CanRetry(err) || ctx.Err() != nil {
			return err
		}
		if perr := pause(ctx, attempt); perr != nil {
			return perr
		}
	}
}

// pause waits before attempt n+1.
func pause(ctx context.Context, n int) error {
	d := firstPause << (n - 1)
	t := time.NewTimer(d - rand.N(d/2))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
