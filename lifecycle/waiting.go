package lifecycle

import (
	"context"
	"errors"

	"github.com/coffer-ml/coffer/queue"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// Enqueue says where a task shall wait.
type Enqueue struct {
	Queue queue.ID // "" with QueueName "" means the default queue
	// QueueName is a queue that is found or made.
	QueueName string
	// Beside puts a task that waits already into one more queue: the queue
	// that it is to be run by stays what it is.
	Beside bool
	Why    task.Why
}

// EnqueueTask puts a task in a queue and takes it out of all others.
func (s *Service) EnqueueTask(ctx context.Context, who user.Identity, id task.ID, e Enqueue) (task.Task, error) {
	var t task.Task
	err := s.Tx(ctx, func(ctx context.Context) error {
		q, err := s.wanted(ctx, who, e)
		if err != nil {
			return err
		}
		runs := string(q)
		if e.Beside {
			runs = ""
		}
		if t, err = s.Tasks.Enqueue(ctx, who, id, runs, e.Why); err != nil {
			return err
		}
		if !e.Beside {
			if _, err := s.Queues.Leave(ctx, id, "", q); err != nil {
				return err
			}
		}
		return s.Queues.Append(ctx, q, id)
	})
	return t, err
}

// wanted finds the queue that a task shall wait in.
func (s *Service) wanted(ctx context.Context, who user.Identity, e Enqueue) (queue.ID, error) {
	var q queue.Queue
	var err error
	switch {
	case e.Queue != "":
		q, err = s.Queues.Get(ctx, who, e.Queue)
	case e.QueueName != "":
		q, err = s.Queues.FindOrCreate(ctx, who, e.QueueName)
	default:
		q, err = s.Queues.DefaultQueue(ctx, who)
	}
	return q.ID, err
}

// Dequeue says how a task shall stop waiting.
type Dequeue struct {
	All bool        // out of every queue, not only the one it was put in last
	To  task.Status // "" means the status that it had before
	Why task.Why
}

// DequeueTask takes a task out of its queue and back to where it was. moved is
// false if it neither waited nor ran, and for a task that is gone.
func (s *Service) DequeueTask(ctx context.Context, who user.Identity, id task.ID, d Dequeue) (t task.Task, moved bool, err error) {
	err = s.Tx(ctx, func(ctx context.Context) error {
		if t, moved, err = s.Tasks.Dequeue(ctx, who, id, d.To, d.Why); err != nil {
			return err
		}
		from := queue.ID(t.Execution.Queue)
		if d.All {
			from = ""
		} else if from == "" || !moved {
			return nil
		}
		_, err := s.Queues.Leave(ctx, id, from, "")
		return err
	})
	if errors.Is(err, task.ErrNotFound) {
		return task.Task{}, false, nil // its entries went with it
	}
	return t, moved, err
}

// DeleteQueue removes a queue. What waits there keeps it, unless by force: then
// those tasks go back to where they were.
func (s *Service) DeleteQueue(ctx context.Context, who user.Identity, id queue.ID, force bool) error {
	if err := who.Require(user.Member); err != nil {
		return err
	}
	return s.Tx(ctx, func(ctx context.Context) error {
		if err := s.Queues.Store.Lock(ctx, id); err != nil {
			return err
		}
		waiting, err := s.Queues.Entries(ctx, who, []queue.ID{id})
		if err != nil {
			return err
		}
		if n := len(waiting[id]); n > 0 && !force {
			return queue.ErrNotEmpty.Errorf("%d tasks wait in queue %s; use force", n, id).With("tasks", n)
		}
		for _, e := range waiting[id] {
			t, err := s.Tasks.Get(ctx, who, e.Task)
			if err != nil {
				return err
			}
			if t.Status != task.Queued || queue.ID(t.Execution.Queue) != id {
				continue
			}
			if _, _, err := s.Tasks.Dequeue(ctx, who, e.Task, "", task.Why{Reason: "the queue was deleted"}); err != nil {
				return err
			}
		}
		return s.Queues.Store.Delete(ctx, id)
	})
}
