package event

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/user"
)

// batch is what one caller brings at a time, a slice at most.
type batch struct {
	who    user.Identity
	act    user.Act // for the audit; none outside of one
	lines  []Line
	result Result
	err    error
	turn   chan turn // has room for one, so that nobody waits to tell
}

// turn is what a batch that waits is told.
type turn int

const (
	written turn = iota // by somebody else
	lead                // it writes, and takes along who waits behind it
)

// errInterrupted is what the others are told when who writes for them panics.
var errInterrupted = errors.New("writing the events was interrupted")

// line is where batches wait while others are written. The zero value is
// ready to use.
type line struct {
	mu      sync.Mutex
	busy    bool
	waiting []*batch
}

// join reports whether the batch is to be written at once; else it waits.
func (l *line) join(b *batch) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.busy {
		l.busy = true
		return true
	}
	l.waiting = append(l.waiting, b)
	return false
}

// leave takes a batch out, unless it has been taken out already.
func (l *line) leave(b *batch) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.Index(l.waiting, b)
	if i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
	}
	return i >= 0
}

// group takes out those who are written together with a batch: as they came,
// up to so many events in all.
func (l *line) group(first *batch, events int) []*batch {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, sum := 0, len(first.lines)
	for n < len(l.waiting) && sum+len(l.waiting[n].lines) <= events {
		sum += len(l.waiting[n].lines)
		n++
	}
	all := append([]*batch{first}, l.waiting[:n]...)
	l.waiting = slices.Delete(l.waiting, 0, n)
	return all
}

// pass lets the next one lead.
func (l *line) pass() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		l.busy = false
		return
	}
	l.waiting[0].turn <- lead
	l.waiting = slices.Delete(l.waiting, 0, 1)
}

// write stores a batch, together with those of other callers that wait: so a
// thousand programs that report a few events each share statements and syncs.
func (s *Service) write(ctx context.Context, b *batch) error {
	b.turn = make(chan turn, 1)
	if !s.line.join(b) {
		select {
		case t := <-b.turn:
			if t == written {
				return b.err
			}
		case <-ctx.Done():
			if s.line.leave(b) {
				return ctx.Err()
			}
			if <-b.turn == written {
				return b.err
			}
			s.line.pass()
			return ctx.Err()
		}
	}
	defer s.line.pass()
	all := s.line.group(b, int(s.size.Load()))
	defer func() {
		for _, other := range all[1:] {
			other.turn <- written
		}
	}()
	s.writeAll(ctx, all)
	return b.err
}

// writeAll stores batches in one transaction; if that fails, each in one of its
// own, so that nobody bears what is wrong with the batch of somebody else.
func (s *Service) writeAll(ctx context.Context, all []*batch) {
	count := 0
	for _, b := range all {
		b.err = errInterrupted
		count += len(b.lines)
	}
	if len(all) > 1 {
		ctx = context.WithoutCancel(ctx) // that of one caller
	}
	var took time.Duration // without waiting for the turn
	err := s.Tx(ctx, func(ctx context.Context) error {
		begun := s.Now()
		err := s.addSlice(ctx, all)
		took = s.Now().Sub(begun)
		return err
	})
	if err != nil && len(all) > 1 && fault.KindOf(err) != fault.Unavailable {
		for _, b := range all {
			s.writeAll(ctx, []*batch{b})
		}
		return
	}
	for _, b := range all {
		b.err = err
	}
	if err == nil {
		s.size.Store(nextSlice(count, s.size.Load(), took))
	}
}

// noteTargets tells the audit whose events a caller brought. A batch may be
// written by somebody else's call.
func noteTargets(ctx context.Context, b *batch, stored map[Target]int64) {
	if b.act.Action == "" || b.result.Added == 0 {
		return
	}
	var last Target
	for i := range b.lines {
		t := b.lines[i].Target
		if t == last {
			continue
		}
		last = t
		if _, ok := stored[t]; ok {
			user.NoteSteady(ctx, b.act, user.Kind(t.Kind), t.ID)
		}
	}
}
