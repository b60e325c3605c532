package lifecycle

import (
	"context"

	"github.com/coffer-ml/coffer/queue"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// AddToQueue puts a task at the end of a queue, whatever its status, which
// stays. With runs the task is to be run by that queue.
func (s *Service) AddToQueue(ctx context.Context, who user.Identity, in queue.ID, id task.ID, runs bool) error {
	return s.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.Tasks.Get(ctx, who, id); err != nil {
			return err
		}
		if err := s.Queues.Append(ctx, in, id); err != nil || !runs {
			return err
		}
		return s.runBy(ctx, who, id, string(in))
	})
}

// runBy notes the queue that a task is to be run by.
func (s *Service) runBy(ctx context.Context, who user.Identity, id task.ID, in string) error {
	_, err := s.Tasks.Edit(ctx, who, id, task.Patch{Execution: func(e *task.Execution) { e.Queue = in }}, true)
	return err
}

// NextTask takes the task that waits longest out of a queue, for somebody who
// runs it; with only that one, and none if another stands before it. One that
// was stopped while it waited is queued again, so that it can be started.
func (s *Service) NextTask(ctx context.Context, who user.Identity, in queue.ID, only task.ID) (e queue.Entry, t task.Task, ok bool, err error) {
	err = s.Tx(ctx, func(ctx context.Context) error {
		if e, ok, err = s.Queues.Next(ctx, who, in, only); err != nil || !ok {
			return err
		}
		if t, err = s.Tasks.Get(ctx, who, e.Task); err != nil || t.Status != task.Stopped {
			return err
		}
		t, err = s.Tasks.Enqueue(ctx, who, e.Task, string(in), task.Why{})
		return err
	})
	return e, t, ok, err
}

// TakeFromQueue takes a task out of a queue; ErrNotQueued if it does not stand
// there. With back a task that waited to be run by that queue goes back to where
// it was.
func (s *Service) TakeFromQueue(ctx context.Context, who user.Identity, from queue.ID, id task.ID, back bool) error {
	if err := who.Require(user.Member); err != nil {
		return err
	}
	return s.Tx(ctx, func(ctx context.Context) error {
		if err := s.Queues.Store.Lock(ctx, from); err != nil {
			return err
		}
		n, err := s.Queues.Leave(ctx, id, from, "")
		if err == nil && n == 0 {
			err = queue.ErrNotQueued.Errorf("task %s does not stand in queue %s", id, from)
		}
		if err != nil || !back {
			return err
		}
		t, err := s.Tasks.Get(ctx, who, id)
		if err != nil || t.Status != task.Queued || queue.ID(t.Execution.Queue) != from {
			return err
		}
		if _, _, err := s.Tasks.Dequeue(ctx, who, id, "", task.Why{Reason: "taken out of its queue"}); err != nil {
			return err
		}
		return s.runBy(ctx, who, id, "")
	})
}
