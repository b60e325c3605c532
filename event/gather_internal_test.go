package event

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/internal/notify"
	"github.com/coffer-ml/coffer/user"
)

// ledger is a store that notes log lines and nothing else.
type ledger struct {
	Store
	groups [][]string // the texts of each transaction that was kept
	now    []string
}

func (l *ledger) AddLog(_ context.Context, lines []Line) error {
	for _, x := range lines {
		if x.Msg == "broken" {
			return errBroken
		}
		l.now = append(l.now, x.Msg)
	}
	return nil
}

func (*ledger) AddScalars(context.Context, []*Event, int) ([]int, error) { return nil, nil }
func (*ledger) Put(context.Context, []Item) error                        { return nil }
func (*ledger) Raise(context.Context, map[Target]int64) error            { return nil }
func (*ledger) Note(context.Context, map[Target][]Latest) error          { return nil }
func (*ledger) Touch(context.Context, map[Target]user.Identity) error    { return nil }
func (*ledger) Check(_ context.Context, targets []Target) (map[Target]TargetState, error) {
	states := make(map[Target]TargetState)
	for _, t := range targets {
		states[t] = TargetState{Exists: t.ID != "unknown"}
	}
	return states, nil
}

var errBroken = fault.Reason{Kind: fault.Internal, Name: "event.broken"}.Errorf("broken")

// crowd has a service whose first transaction waits until all batches stand in
// line behind it.
type crowd struct {
	*Service
	ledger
	begun, open chan struct{}
}

func newCrowd() *crowd {
	c := &crowd{begun: make(chan struct{}), open: make(chan struct{})}
	first := sync.OnceFunc(func() {
		close(c.begun)
		<-c.open
	})
	c.Service = New(Config{
		Store: &c.ledger, Targets: &c.ledger, Hub: new(notify.Hub), Now: time.Now,
		After: func(_ context.Context, fn func()) { fn() },
		Tx: func(ctx context.Context, fn func(context.Context) error) error {
			first()
			c.now = nil
			if err := errors.Join(ctx.Err(), fn(ctx)); err != nil {
				return err
			}
			c.groups = append(c.groups, c.now)
			return nil
		},
	})
	return c
}

// add reports a line for each text in one call, and returns once so many calls
// stand in line behind the first.
func (c *crowd) add(ctx context.Context, wait *sync.WaitGroup, done func(Result, error), standing int, texts ...string) {
	var events []Event
	for _, text := range texts {
		target := Target{Task, "t"}
		if text == "lost" {
			target.ID = "unknown"
		}
		events = append(events, Event{Type: Log, Target: target, Msg: text})
	}
	wait.Go(func() { done(c.Add(ctx, user.Identity{Role: user.Member}, events)) })
	<-c.begun
	for c.standing() != standing {
		time.Sleep(time.Millisecond)
	}
}

func (c *crowd) standing() int {
	c.line.mu.Lock()
	defer c.line.mu.Unlock()
	return len(c.line.waiting)
}

func TestBatchesThatWaitAreWrittenTogether(t *testing.T) {
	c := newCrowd()
	var wait sync.WaitGroup
	taken := func(want int) func(Result, error) {
		return func(r Result, err error) {
			if err != nil || r.Added != want {
				t.Errorf("%d added, %v; want %d", r.Added, err, want)
			}
		}
	}
	c.add(t.Context(), &wait, taken(1), 0, "first")
	c.add(t.Context(), &wait, taken(2), 1, "a", "b")
	c.add(t.Context(), &wait, func(r Result, err error) {
		if err != nil || r.Added != 1 || r.Errors != 1 {
			t.Errorf("%+v, %v; want one taken and one refused", r, err)
		}
	}, 2, "lost", "c")
	gone, cancel := context.WithCancel(t.Context())
	var left sync.WaitGroup
	c.add(gone, &left, func(_ Result, err error) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a caller who went was told %v", err)
		}
	}, 3, "never")
	cancel()
	left.Wait()
	c.add(t.Context(), &wait, taken(1), 3, "d")
	close(c.open)
	wait.Wait()
	want := [][]string{{"first"}, {"a", "b", "c", "d"}}
	if !slices.EqualFunc(c.groups, want, slices.Equal[[]string]) {
		t.Errorf("written were %q, want %q", c.groups, want)
	}
	c.add(t.Context(), &wait, taken(1), 0, "later")
	wait.Wait()
}

// What is wrong with one batch is borne by its caller alone.
func TestBatchThatFailsIsAlone(t *testing.T) {
	c := newCrowd()
	var wait sync.WaitGroup
	good := func(_ Result, err error) {
		if err != nil {
			t.Error(err)
		}
	}
	c.add(t.Context(), &wait, good, 0, "first")
	c.add(t.Context(), &wait, good, 1, "a")
	c.add(t.Context(), &wait, func(_ Result, err error) {
		if !errors.Is(err, errBroken) {
			t.Errorf("the broken batch was told %v", err)
		}
	}, 2, "broken")
	c.add(t.Context(), &wait, good, 3, "b")
	close(c.open)
	wait.Wait()
	want := [][]string{{"first"}, {"a"}, {"b"}}
	if !slices.EqualFunc(c.groups, want, slices.Equal[[]string]) {
		t.Errorf("written were %q, want %q", c.groups, want)
	}
}

// More than a slice is never written at once, and everybody has his turn.
func TestSlicesAreBounded(t *testing.T) {
	c := newCrowd()
	var wait sync.WaitGroup
	good := func(_ Result, err error) {
		if err != nil {
			t.Error(err)
		}
	}
	c.add(t.Context(), &wait, good, 0, "first")
	texts := slices.Repeat([]string{"x"}, slice/2+1)
	for n := range 5 {
		c.add(t.Context(), &wait, good, n+1, texts...)
	}
	close(c.open)
	wait.Wait()
	if len(c.groups) != 6 {
		t.Errorf("%d transactions, want one for each of 6 batches of which two are more than a slice", len(c.groups))
	}
}
