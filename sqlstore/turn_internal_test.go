package sqlstore

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"
)

// waitFor lets a goroutine stand in the queue and waits until it does.
func waitFor(q *turns, ctx context.Context, c class, got func(error)) {
	before := q.standing()
	go func() { got(q.take(ctx, c)) }()
	for q.standing() == before {
		runtime.Gosched()
	}
}

func (q *turns) standing() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting[interactive]) + len(q.waiting[bulk])
}

func TestTurns(t *testing.T) {
	ctx := context.Background()

	// queue lets the classes stand in line behind a taken turn and returns
	// the order in which they are served.
	queue := func(t *testing.T, classes ...class) []int {
		t.Helper()
		var q turns
		if err := q.take(ctx, interactive); err != nil {
			t.Fatal(err)
		}
		var order []int
		var served sync.WaitGroup
		for i, c := range classes {
			served.Add(1)
			waitFor(&q, ctx, c, func(err error) {
				if err != nil {
					t.Error(err)
				}
				order = append(order, i)
				q.pass()
				served.Done()
			})
		}
		q.pass()
		served.Wait()
		if q.taken {
			t.Error("the turn is still taken")
		}
		return order
	}

	t.Run("go in the order of arrival, interactive before bulk", func(t *testing.T) {
		if got := queue(t, bulk, interactive, bulk, interactive); !slices.Equal(got, []int{1, 3, 0, 2}) {
			t.Errorf("order %v", got)
		}
	})

	t.Run("do not let a bulk one starve", func(t *testing.T) {
		classes := []class{bulk, bulk}
		for range 2 * courtesy {
			classes = append(classes, interactive)
		}
		got := queue(t, classes...)
		if i := slices.Index(got, 0); i != courtesy {
			t.Errorf("the first bulk one came after %d others, expected %d", i, courtesy)
		}
		if i := slices.Index(got, 1); i != 2*courtesy+1 {
			t.Errorf("the second bulk one came after %d others, expected %d", i, 2*courtesy+1)
		}
	})

	t.Run("are handed on to interactive ones only", func(t *testing.T) {
		var q turns
		if err := q.take(ctx, interactive); err != nil {
			t.Fatal(err)
		}
		if q.hand() {
			t.Fatal("handed to nobody")
		}
		got := make(chan error, 2)
		waitFor(&q, ctx, bulk, func(err error) { got <- err })
		if q.hand() {
			t.Fatal("handed to a bulk one")
		}
		waitFor(&q, ctx, interactive, func(err error) { got <- err })
		if !q.hand() {
			t.Fatal("not handed to an interactive one")
		}
		if err := <-got; err != nil {
			t.Fatal(err)
		}
		q.pass()
		if err := <-got; err != nil {
			t.Fatal(err)
		}
	})

	t.Run("who gives up leaves the line", func(t *testing.T) {
		var q turns
		if err := q.take(ctx, interactive); err != nil {
			t.Fatal(err)
		}
		soon, cancel := context.WithCancel(ctx)
		got := make(chan error, 1)
		waitFor(&q, soon, interactive, func(err error) { got <- err })
		cancel()
		if err := <-got; !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		q.pass()
		if q.taken {
			t.Error("the turn went to nobody")
		}
	})

	t.Run("closing refuses those in line and waits for whose turn it is", func(t *testing.T) {
		var q turns
		if err := q.take(ctx, interactive); err != nil {
			t.Fatal(err)
		}
		got := make(chan error, 1)
		waitFor(&q, ctx, interactive, func(err error) { got <- err })
		closed := make(chan struct{})
		go func() {
			if err := q.close(); err != nil {
				t.Error(err)
			}
			close(closed)
		}()
		if err := <-got; !errors.Is(err, errClosed) {
			t.Fatal(err)
		}
		for q.standing() == 0 { // until the one who closes stands in line himself
			runtime.Gosched()
		}
		if q.hand() {
			t.Error("an open group was handed to the one who closes")
		}
		select {
		case <-closed:
			t.Error("it did not wait")
		default:
		}
		q.pass()
		<-closed
		if err := q.take(ctx, bulk); !errors.Is(err, errClosed) {
			t.Error(err)
		}
	})
}
