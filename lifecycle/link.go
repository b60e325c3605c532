package lifecycle

import (
	"context"

	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// AddModel links a model to a task. The iteration at which it was made, if it
// is given, moves the task's last iteration on.
func (s *Service) AddModel(ctx context.Context, who user.Identity, id task.ID, ref task.LinkRef, model string, iteration *int64) error {
	return s.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.Tasks.AddModel(ctx, who, id, ref, model); err != nil || iteration == nil {
			return err
		}
		return s.Events.Store.Raise(ctx, map[event.Target]int64{{Kind: event.Task, ID: string(id)}: *iteration})
	})
}
