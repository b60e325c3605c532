package lifecycle

import (
	"context"
	"errors"

	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// PublishTask publishes a task: what it logged is frozen from then on. With
// models its last output model is published with it, unless it is already.
func (s *Service) PublishTask(ctx context.Context, who user.Identity, id task.ID, why task.Why, models bool) (task.Task, error) {
	var t task.Task
	err := s.Tx(ctx, func(ctx context.Context) (err error) {
		if t, err = s.Tasks.Publish(ctx, who, id, why); err != nil || !models || len(t.Models.Output) == 0 {
			return err
		}
		last := model.ID(t.Models.Output[len(t.Models.Output)-1].Model)
		m, err := s.Models.Lock(ctx, last)
		if errors.Is(err, model.ErrNotFound) || err == nil && m.Ready {
			return nil
		}
		if err != nil {
			return err
		}
		_, err = s.Models.Publish(ctx, who, last)
		return err
	})
	return t, err
}

// CompleteTask ends a run that did what it should, and publishes it with its
// last output model if asked.
func (s *Service) CompleteTask(ctx context.Context, who user.Identity, id task.ID, why task.Why, publish bool) (task.Task, error) {
	var t task.Task
	err := s.Tx(ctx, func(ctx context.Context) (err error) {
		if t, err = s.Tasks.Completed(ctx, who, id, why); err != nil || !publish {
			return err
		}
		t, err = s.PublishTask(ctx, who, id, why, true)
		return err
	})
	return t, err
}

// PublishModel says how a model is to be published.
type PublishModel struct {
	// Task publishes the task that made it, too, if it is not yet.
	Task bool
	// Force publishes that task whatever its status.
	Force bool
}

// PublishModel publishes a model, and as asked the task that made it; both or
// neither. It returns that task, nil if it was left alone: there may be none,
// or nobody may change it. ErrReady if the model is published already.
func (s *Service) PublishModel(ctx context.Context, who user.Identity, id model.ID, p PublishModel) (m model.Model, with *task.Task, err error) {
	if err := who.Require(user.Member); err != nil {
		return model.Model{}, nil, err
	}
	err = s.Tx(ctx, func(ctx context.Context) error {
		with = nil
		if m, err = s.Models.Store.Get(ctx, id); err != nil {
			return err
		}
		if p.Task && m.Task != "" && !m.Ready && !m.Public {
			if with, err = s.publishMaker(ctx, who, m.Task, p.Force); err != nil {
				return err
			}
		}
		m, err = s.Models.Publish(ctx, who, id)
		return err
	})
	return m, with, err
}

// publishMaker publishes the task that made a model; nil if that is published
// already, or beyond reach.
func (s *Service) publishMaker(ctx context.Context, who user.Identity, id task.ID, force bool) (*task.Task, error) {
	st, err := s.Tasks.Store.LockStanding(ctx, id)
	if errors.Is(err, task.ErrNotFound) || err == nil && (st.Public || st.Status == task.Published) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	t, err := s.Tasks.Publish(ctx, who, id, task.Why{Force: force})
	return &t, err
}
