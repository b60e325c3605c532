package task

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/coffer-ml/coffer/user"
)

// Why goes with a change of status: free texts, both replaced by each change.
type Why struct {
	Reason  string
	Message string
	Force   bool // permits any move
}

// move changes the status along the table and stamps what hangs on it.
func (s *Service) move(ctx context.Context, t *Task, to Status, why Why) (Part, error) {
	if !why.Force && !t.Status.May(to) {
		return 0, ErrBadStatus.Errorf("task %s is %s and cannot become %s", t.ID, t.Status, to).
			With("status", t.Status).With("new_status", to)
	}
	now := s.Now()
	what := Row
	t.Status, t.StatusReason, t.StatusMessage, t.StatusChanged = to, why.Reason, why.Message, now
	t.LastUpdate = now
	if to == Queued {
		if i := slices.Index(t.SystemTags, Development); i >= 0 {
			t.SystemTags = slices.Delete(slices.Clone(t.SystemTags), i, i+1)
			what |= Tags
		}
	}
	return what, s.Projects.Touch(ctx, t.Project)
}

// Started puts a task in progress. One that is already keeps its time of start.
// An unknown id is ErrUnknown.
func (s *Service) Started(ctx context.Context, who user.Identity, id ID, why Why) (Task, error) {
	t, err := s.change(ctx, who, id, func(ctx context.Context, t *Task) (Part, error) {
		running := t.Status == InProgress && !t.Started.IsZero()
		what, err := s.move(ctx, t, InProgress, why)
		if err == nil && !running {
			t.Started, t.Completed, t.ActiveDuration = s.Now(), time.Time{}, nil
		}
		return what, err
	})
	if errors.Is(err, ErrNotFound) {
		err = ErrUnknown.Errorf("there is no task %s", id)
	}
	return t, err
}

// Stopped ends a run that was aborted.
func (s *Service) Stopped(ctx context.Context, who user.Identity, id ID, why Why) (Task, error) {
	return s.end(ctx, who, id, Stopped, why)
}

// Failed ends a run that failed.
func (s *Service) Failed(ctx context.Context, who user.Identity, id ID, why Why) (Task, error) {
	return s.end(ctx, who, id, Failed, why)
}

// Completed ends a run that did what it should.
func (s *Service) Completed(ctx context.Context, who user.Identity, id ID, why Why) (Task, error) {
	return s.end(ctx, who, id, Completed, why)
}

// Close files an ended run away.
func (s *Service) Close(ctx context.Context, who user.Identity, id ID, why Why) (Task, error) {
	return s.change(ctx, who, id, func(ctx context.Context, t *Task) (Part, error) {
		return s.move(ctx, t, Closed, why)
	})
}

func (s *Service) end(ctx context.Context, who user.Identity, id ID, to Status, why Why) (Task, error) {
	return s.change(ctx, who, id, func(ctx context.Context, t *Task) (Part, error) {
		what, err := s.move(ctx, t, to, why)
		if err == nil {
			s.settle(t)
		}
		return what, err
	})
}

// settle fixes the end of a run and how long it was active.
func (s *Service) settle(t *Task) {
	t.Completed = s.Now()
	if !t.Started.IsZero() && t.Completed.After(t.Started) {
		seconds := int64(t.Completed.Sub(t.Started) / time.Second)
		t.ActiveDuration = &seconds
	}
}

// Publish is the task's part of publishing: lifecycle publishes its models in
// the same transaction.
func (s *Service) Publish(ctx context.Context, who user.Identity, id ID, why Why) (Task, error) {
	return s.change(ctx, who, id, func(ctx context.Context, t *Task) (Part, error) {
		if t.Status == Published && !why.Force {
			return 0, ErrBadStatus.Errorf("task %s is published already", t.ID).With("status", t.Status)
		}
		what, err := s.move(ctx, t, Published, why)
		if err == nil {
			t.Published = s.Now()
		}
		return what, err
	})
}

// Reset is the task's part of a reset: lifecycle removes what the run logged
// in the same transaction. Hyper-parameters and configuration stay; with
// clearAll execution and script go too.
func (s *Service) Reset(ctx context.Context, who user.Identity, id ID, force, clearAll bool) (Task, error) {
	return s.change(ctx, who, id, func(ctx context.Context, t *Task) (Part, error) {
		what, err := s.move(ctx, t, Created, Why{Reason: "reset", Message: "reset", Force: force})
		if err != nil {
			return 0, err
		}
		t.Started, t.Completed, t.Published, t.ActiveDuration = time.Time{}, time.Time{}, time.Time{}, nil
		t.LastWorker, t.LastWorkerReport, t.EnqueuedFrom = "", time.Time{}, ""
		t.Output.Result, t.Output.Error = "", ""
		t.Runtime, t.Models.Output, t.Execution.Queue = nil, nil, ""
		if clearAll {
			t.Execution, t.Script = Execution{}, Script{}
		}
		return what | Links, nil
	})
}

// Enqueue puts a task in the state of waiting; lifecycle puts it in the queue
// in the same transaction. The status it had is remembered. With queue "" the
// queue that it is to be run by stays what it was, and it must be waiting
// already.
func (s *Service) Enqueue(ctx context.Context, who user.Identity, id ID, queue string, why Why) (Task, error) {
	return s.change(ctx, who, id, func(ctx context.Context, t *Task) (Part, error) {
		if queue == "" && t.Status != Queued {
			return 0, ErrInvalid.Errorf("update_execution_queue: task %s is %s; only for one that is %s its queue may stay what it is", id, t.Status, Queued).
				With("field", "update_execution_queue")
		}
		from := t.Status
		what, err := s.move(ctx, t, Queued, why)
		if err != nil {
			return 0, err
		}
		if from != Queued {
			t.EnqueuedFrom = from
		}
		if queue != "" {
			t.Execution.Queue = queue
		}
		return what, nil
	})
}

// Dequeue takes a task that waits or runs back to the given status, or with ""
// to the one it was queued from. One in another status is left alone.
func (s *Service) Dequeue(ctx context.Context, who user.Identity, id ID, to Status, why Why) (t Task, moved bool, err error) {
	if to != "" && !to.Valid() || to == Queued {
		return Task{}, false, ErrInvalid.Errorf("new_status: %q is no status that a task can have when it waits no more", to).With("field", "new_status")
	}
	t, err = s.change(ctx, who, id, func(ctx context.Context, t *Task) (Part, error) {
		if moved = t.Status == Queued || t.Status == InProgress; !moved {
			return 0, nil
		}
		return s.unqueue(ctx, t, to, why)
	})
	return t, moved, err
}

// unqueue ends the waiting of a task.
func (s *Service) unqueue(ctx context.Context, t *Task, to Status, why Why) (Part, error) {
	why.Force = true
	what, err := s.move(ctx, t, cmp.Or(to, t.EnqueuedFrom, Created), why)
	t.EnqueuedFrom = ""
	return what, err
}

// StopSilent stops runs whose program reported nothing for as long as the given
// time, up to 500 at once, and returns which. What they logged stays.
func (s *Service) StopSilent(ctx context.Context, silence time.Duration) ([]ID, error) {
	since := s.Now().Add(-silence)
	silent, err := s.Store.Silent(ctx, since, MaxIDs)
	if err != nil {
		return nil, err
	}
	var stopped []ID
	for _, id := range silent {
		done := false
		_, err := s.change(ctx, user.Operator, id, func(ctx context.Context, t *Task) (Part, error) {
			if done = t.Status == InProgress && t.LastUpdate.Before(since); !done {
				return 0, nil // it reported meanwhile
			}
			what, err := s.move(ctx, t, Stopped, Why{Reason: "forced stop (non-responsive)", Message: "nothing was reported for " + silence.String()})
			// It was active until its last report, not until now.
			t.Completed = s.Now()
			return what, err
		})
		if err == nil && done {
			stopped = append(stopped, id)
		}
		if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrPublic) {
			return stopped, err
		}
	}
	return stopped, nil
}

// Stop asks a run to end: at once if nothing of it is alive, else by a message
// that its worker polls.
func (s *Service) Stop(ctx context.Context, who user.Identity, id ID, why Why) (Task, error) {
	// silence after which a worker counts as gone
	const silence = 10 * time.Minute
	return s.change(ctx, who, id, func(ctx context.Context, t *Task) (Part, error) {
		alive := t.LastWorker != "" && s.Now().Sub(t.LastUpdate) < silence
		if t.Status == Queued || !alive || slices.Contains(t.SystemTags, Development) {
			why.Message = "stopped by " + who.Name
			what, err := s.move(ctx, t, Stopped, why)
			if err == nil && !t.Started.IsZero() {
				s.settle(t)
			}
			return what, err
		}
		if !why.Force && !t.Status.May(Stopped) {
			return s.move(ctx, t, Stopped, why) // names the refusal
		}
		t.StatusReason, t.StatusMessage = why.Reason, "stopping"
		return Row, nil
	})
}
