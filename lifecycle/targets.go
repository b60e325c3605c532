package lifecycle

import (
	"context"

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
	var ids []task.ID
	for _, target := range targets {
		if target.Kind == event.Task {
			ids = append(ids, task.ID(target.ID))
		}
	}
	found, err := t.Tasks.Store.Standings(ctx, ids)
	states := make(map[event.Target]event.TargetState, len(found))
	for id, st := range found {
		states[event.Target{Kind: event.Task, ID: string(id)}] = event.TargetState{Exists: true, Locked: st.Status.Frozen() || st.Public}
	}
	return states, err
}

// Touch implements event.Targets.
func (t Targets) Touch(ctx context.Context, targets map[event.Target]user.Identity) error {
	ids := make(map[user.Identity][]task.ID)
	for target, who := range targets {
		if target.Kind == event.Task {
			ids[who] = append(ids[who], task.ID(target.ID))
		}
	}
	for who, reported := range ids {
		if err := t.Tasks.Report(ctx, who, reported); err != nil {
			return err
		}
	}
	return nil
}
