package lifecycle

import (
	"context"
	"errors"

	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// Targets tells the event noun about the tasks that events are about.
type Targets struct {
	// Tasks is the noun that owns them.
	Tasks *task.Service
}

var _ event.Targets = Targets{}

// Check implements event.Targets.
func (t Targets) Check(ctx context.Context, targets []event.Target) (map[event.Target]event.TargetState, error) {
	states := make(map[event.Target]event.TargetState, len(targets))
	for _, target := range targets {
		if target.Kind != event.Task {
			continue
		}
		st, err := t.Tasks.Store.Standing(ctx, task.ID(target.ID))
		if errors.Is(err, task.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		states[target] = event.TargetState{Exists: true, Locked: st.Status.Frozen() || st.Public}
	}
	return states, nil
}

// Touch implements event.Targets.
func (t Targets) Touch(ctx context.Context, who user.Identity, target event.Target) error {
	return t.Tasks.Report(ctx, who, task.ID(target.ID))
}
