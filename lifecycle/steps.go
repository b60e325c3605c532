package lifecycle

import (
	"context"

	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// ArchiveTasks hides tasks away and takes them out of all queues; with steps
// the children of pipelines, too. All of them must exist.
func (s *Service) ArchiveTasks(ctx context.Context, who user.Identity, ids []task.ID, why task.Why, steps bool) (int, error) {
	return s.withSteps(ctx, who, ids, steps, func(ctx context.Context, ids []task.ID) (int, error) {
		n, err := s.Tasks.Archive(ctx, who, ids, why)
		for _, id := range ids {
			if err == nil {
				_, err = s.Queues.Leave(ctx, id, "", "")
			}
		}
		return n, err
	})
}

// UnarchiveTasks brings tasks back; with steps the children of pipelines, too.
func (s *Service) UnarchiveTasks(ctx context.Context, who user.Identity, ids []task.ID, why task.Why, steps bool) (int, error) {
	return s.withSteps(ctx, who, ids, steps, func(ctx context.Context, ids []task.ID) (int, error) {
		return s.Tasks.Unarchive(ctx, who, ids, why)
	})
}

// withSteps runs fn on tasks and on the steps of those that are pipelines. It
// returns how many of the tasks themselves there were.
func (s *Service) withSteps(ctx context.Context, who user.Identity, ids []task.ID, steps bool, fn func(context.Context, []task.ID) (int, error)) (n int, err error) {
	err = s.Tx(ctx, func(ctx context.Context) error {
		if n, err = fn(ctx, ids); err != nil || !steps {
			return err
		}
		for _, id := range ids {
			t, err := s.Tasks.Get(ctx, who, id)
			if err != nil {
				return err
			}
			below, err := s.steps(ctx, t, true)
			if err != nil {
				return err
			}
			children := make([]task.ID, len(below))
			for i, step := range below {
				children[i] = step.ID
			}
			if _, err := fn(ctx, children); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// StopTask asks a run to end. One that waits leaves its queue. With steps the
// waiting and running children of a pipeline are stopped before it.
func (s *Service) StopTask(ctx context.Context, who user.Identity, id task.ID, why task.Why, steps bool) (t task.Task, err error) {
	err = s.Tx(ctx, func(ctx context.Context) error {
		if t, err = s.lock(ctx, id); err != nil {
			return err
		}
		below, err := s.steps(ctx, t, steps)
		if err != nil {
			return err
		}
		for _, step := range below {
			if step.Status != task.Queued && step.Status != task.InProgress {
				continue
			}
			if _, err := s.StopTask(ctx, who, step.ID, task.Why{Reason: why.Reason, Force: true}, false); err != nil {
				return err
			}
		}
		if t.Status == task.Queued {
			if _, err := s.Queues.Leave(ctx, id, "", ""); err != nil {
				return err
			}
		}
		t, err = s.Tasks.Stop(ctx, who, id, why)
		return err
	})
	return t, err
}

// pipeline is the type of tasks that run others, their children, as steps.
const pipeline task.Type = "controller"

// steps returns the children of a pipeline, if they are asked for and it is
// one.
func (s *Service) steps(ctx context.Context, t task.Task, asked bool) ([]task.Task, error) {
	if !asked || t.Type != pipeline {
		return nil, nil
	}
	ids, err := s.Tasks.Store.Children(ctx, t.ID)
	var out []task.Task
	for _, id := range ids {
		if err == nil {
			t, err = s.Tasks.Store.Get(ctx, id)
			out = append(out, t)
		}
	}
	return out, err
}
