package sqlstore

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// class says how urgent a transaction is.
type class int

const (
	interactive class = iota // somebody waits for it
	bulk                     // a slice of a large amount
)

// courtesy is how many interactive transactions may go before a bulk one that
// waits: enough that nobody notices, few enough that it does not starve.
const courtesy = 16

// errClosed meets those who write to a database that was closed.
var errClosed = errors.New("the database is closed")

// turns lets one at a time write: interactive ones before bulk ones, and each
// class in the order of arrival. The zero value is ready to use.
type turns struct {
	mu      sync.Mutex
	taken   bool
	closed  bool
	waiting [2][]chan error // by class; what is sent is the outcome of take
	passed  int             // interactive ones that went before a waiting bulk one
}

// take waits for a turn. Who gets nil must pass or hand it on.
func (q *turns) take(ctx context.Context, c class) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return errClosed
	}
	if !q.taken {
		q.taken = true
		q.mu.Unlock()
		return nil
	}
	called := make(chan error, 1)
	q.waiting[c] = append(q.waiting[c], called)
	q.mu.Unlock()
	select {
	case err := <-called:
		return err
	case <-ctx.Done():
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if i := slices.Index(q.waiting[c], called); i >= 0 {
		q.waiting[c] = slices.Delete(q.waiting[c], i, i+1)
		return ctx.Err()
	}
	return <-called // the turn came first
}

// pass ends a turn.
func (q *turns) pass() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if c, ok := q.next(); ok {
		q.call(c)
		return
	}
	q.taken = false
}

// hand gives the turn to an interactive transaction, if one is next.
func (q *turns) hand() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	c, ok := q.next()
	if !ok || c != interactive || q.closed {
		return false
	}
	q.call(c)
	return true
}

// next is the class of who goes next, if anybody waits.
func (q *turns) next() (class, bool) {
	switch {
	case len(q.waiting[bulk]) > 0 && (len(q.waiting[interactive]) == 0 || q.passed >= courtesy):
		return bulk, true
	case len(q.waiting[interactive]) > 0:
		return interactive, true
	}
	return interactive, false
}

func (q *turns) call(c class) {
	if c == interactive && len(q.waiting[bulk]) > 0 {
		q.passed++
	} else {
		q.passed = 0
	}
	first := q.waiting[c][0]
	q.waiting[c] = q.waiting[c][1:]
	first <- nil
}

// close takes the last turn there is: those who wait are refused.
func (q *turns) close() error {
	q.mu.Lock()
	q.closed = true
	for c := range q.waiting {
		for _, called := range q.waiting[c] {
			called <- errClosed
		}
		q.waiting[c] = nil
	}
	if !q.taken {
		q.taken = true
		q.mu.Unlock()
		return nil
	}
	last := make(chan error, 1)
	q.waiting[interactive] = append(q.waiting[interactive], last)
	q.mu.Unlock()
	return <-last
}
