package lifecycle

import (
	"context"

	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// Targets tells the event noun about the tasks and models that events are
// about.
type Targets struct {
	// The nouns that own them.
	Tasks  *task.Service
	Models *model.Service
}

var _ event.Targets = Targets{}

// split sorts targets by what they are.
func split(targets []event.Target) (tasks []task.ID, models []model.ID) {
	for _, t := range targets {
		switch t.Kind {
		case event.Task:
			tasks = append(tasks, task.ID(t.ID))
		case event.Model:
			models = append(models, model.ID(t.ID))
		}
	}
	return tasks, models
}

// Check implements event.Targets.
func (t Targets) Check(ctx context.Context, targets []event.Target) (map[event.Target]event.TargetState, error) {
	states := make(map[event.Target]event.TargetState, len(targets))
	tasks, models := split(targets)
	if len(tasks) > 0 {
		found, err := t.Tasks.Store.Standings(ctx, tasks)
		if err != nil {
			return nil, err
		}
		for id, st := range found {
			states[event.Target{Kind: event.Task, ID: string(id)}] = event.TargetState{Exists: true, Locked: st.Status.Frozen() || st.Public}
		}
	}
	if len(models) > 0 {
		found, err := t.Models.Store.Standings(ctx, models)
		if err != nil {
			return nil, err
		}
		for id, st := range found {
			states[event.Target{Kind: event.Model, ID: string(id)}] = event.TargetState{Exists: true, Locked: st.Ready || st.Public}
		}
	}
	return states, nil
}

// Touch implements event.Targets.
func (t Targets) Touch(ctx context.Context, targets map[event.Target]user.Identity) error {
	reported := make(map[user.Identity][]event.Target)
	for target, who := range targets {
		reported[who] = append(reported[who], target)
	}
	for who, of := range reported {
		tasks, models := split(of)
		if len(tasks) > 0 {
			if err := t.Tasks.Report(ctx, who, tasks); err != nil {
				return err
			}
		}
		if len(models) > 0 {
			if err := t.Models.Report(ctx, who, models); err != nil {
				return err
			}
		}
	}
	return nil
}
