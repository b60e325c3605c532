package lifecycle

import (
	"context"

	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// PublishTask publishes a task: what it logged is frozen from then on.
func (s *Service) PublishTask(ctx context.Context, who user.Identity, id task.ID, why task.Why) (task.Task, error) {
	return s.Tasks.Publish(ctx, who, id, why)
}

// CompleteTask ends a run that did what it should, and publishes it if asked.
func (s *Service) CompleteTask(ctx context.Context, who user.Identity, id task.ID, why task.Why, publish bool) (task.Task, error) {
	var t task.Task
	err := s.Tx(ctx, func(ctx context.Context) (err error) {
		if t, err = s.Tasks.Completed(ctx, who, id, why); err != nil || !publish {
			return err
		}
		t, err = s.PublishTask(ctx, who, id, why)
		return err
	})
	return t, err
}
