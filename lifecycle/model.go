package lifecycle

import (
	"context"
	"errors"
	"strings"

	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// CheckInputs refuses links to input models that do not exist. One that was
// deleted, and says so, stays.
func (s *Service) CheckInputs(ctx context.Context, links []task.ModelLink) error {
	var ids []model.ID
	for _, l := range links {
		if !strings.HasPrefix(l.Model, model.DeletedPrefix) {
			ids = append(ids, model.ID(l.Model))
		}
	}
	found, err := s.Models.Store.Standings(ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, ok := found[id]; !ok {
			return model.ErrNotFound.Errorf("models.input: there is no model %s", id).With("field", "models.input")
		}
	}
	return nil
}

// CreateModel makes a model. What is at its address counts as made where its
// task is now.
func (s *Service) CreateModel(ctx context.Context, who user.Identity, spec model.Spec) (m model.Model, err error) {
	err = s.Tx(ctx, func(ctx context.Context) error {
		at, err := s.moment(ctx, &spec.Address, spec.Task, nil)
		if err != nil {
			return err
		}
		m, err = s.Models.Create(ctx, who, spec, at)
		return err
	})
	return m, err
}

// moment is the iteration that goes with an address on this server: the one
// that was told, else where the task is that makes the model.
func (s *Service) moment(ctx context.Context, a *file.Address, of task.ID, told *int64) (*model.Moment, error) {
	switch {
	case a == nil || !a.IsOwn() || told == nil && of == "":
		return nil, nil
	case told != nil:
		return &model.Moment{Iteration: *told, Told: true}, nil
	}
	t := event.Target{Kind: event.Task, ID: string(of)}
	progress, err := s.Events.Store.Progress(ctx, []event.Target{t}, 0, 0)
	return &model.Moment{Iteration: progress[t].LastIteration}, err
}

// EditModel changes a model. An iteration, if it is given, is that of the
// snapshot at the address, and moves the last iteration of the task on that
// makes the model.
func (s *Service) EditModel(ctx context.Context, who user.Identity, id model.ID, patch model.Patch, iteration *int64) (m model.Model, err error) {
	if err := who.Require(user.Member); err != nil {
		return model.Model{}, err
	}
	err = s.Tx(ctx, func(ctx context.Context) error {
		before, err := s.Models.Lock(ctx, id)
		if err != nil {
			return err
		}
		of := before.Task
		if patch.Task != nil && !gone(*patch.Task) {
			of = *patch.Task
		}
		if patch.At, err = s.moment(ctx, patch.Address, of, iteration); err != nil {
			return err
		}
		if m, err = s.Models.Edit(ctx, who, id, patch); err != nil {
			return err
		}
		return s.raise(ctx, m.Task, iteration)
	})
	return m, err
}

// gone reports whether the id is that of a task that was deleted.
func gone(id task.ID) bool { return strings.HasPrefix(string(id), task.DeletedPrefix) }

// UpdateModel changes what a model is called, how it is filed and its address.
// An iteration is that of the snapshot there, and moves the last iteration of
// the given task on.
func (s *Service) UpdateModel(ctx context.Context, who user.Identity, id model.ID, patch model.Patch, of task.ID, iteration *int64) (m model.Model, err error) {
	if err := who.Require(user.Member); err != nil {
		return model.Model{}, err
	}
	err = s.Tx(ctx, func(ctx context.Context) error {
		if of != "" && !gone(of) {
			if _, err := s.Tasks.LockStatus(ctx, of); errors.Is(err, task.ErrPublic) {
				return task.ErrNotFound.Errorf("task %s is public: it makes no models", of)
			} else if err != nil {
				return err
			}
		}
		before, err := s.Models.Lock(ctx, id)
		if err != nil {
			return err
		}
		if patch.At, err = s.moment(ctx, patch.Address, before.Task, iteration); err != nil {
			return err
		}
		if m, err = s.Models.Update(ctx, who, id, patch); err != nil {
			return err
		}
		return s.raise(ctx, of, iteration)
	})
	return m, err
}

// raise moves the last iteration of a task on.
func (s *Service) raise(ctx context.Context, of task.ID, iteration *int64) error {
	if iteration == nil || of == "" {
		return nil
	}
	if _, err := s.Tasks.LockStatus(ctx, of); errors.Is(err, task.ErrNotFound) || errors.Is(err, task.ErrPublic) {
		return nil
	} else if err != nil {
		return err
	}
	return s.Events.Store.Raise(ctx, map[event.Target]int64{{Kind: event.Task, ID: string(of)}: *iteration})
}

// MoveModels files models under a project: the one with the id, "" being the
// root, or with a name the one of that name, which is made if it is missing.
func (s *Service) MoveModels(ctx context.Context, who user.Identity, ids []model.ID, to project.ID, name string) (project.ID, error) {
	err := s.Tx(ctx, func(ctx context.Context) error {
		if name != "" {
			p, err := s.Projects.FindOrCreate(ctx, who, name)
			if err != nil {
				return err
			}
			to = p.ID
		}
		_, err := s.Models.Move(ctx, who, ids, to)
		return err
	})
	return to, err
}

// DeleteModel deletes a model with all that was reported on it, and with files
// its weights. Without force no task may use it, and that which made it must
// not be published. Tasks that go on naming it name its mark.
func (s *Service) DeleteModel(ctx context.Context, who user.Identity, id model.ID, force, files bool) (m model.Model, err error) {
	if err := who.Require(user.Member); err != nil {
		return model.Model{}, err
	}
	err = s.Tx(ctx, func(ctx context.Context) error {
		if m, err = s.Models.Lock(ctx, id); err != nil {
			return err
		}
		if err := s.modelSpared(ctx, m, force); err != nil {
			return err
		}
		return s.discardModel(ctx, who, m, files)
	})
	return m, err
}

// modelSpared refuses to take away what tasks stand on.
func (s *Service) modelSpared(ctx context.Context, m model.Model, force bool) error {
	if force {
		return nil
	}
	users, err := s.Tasks.Store.Uses(ctx, []string{string(m.ID)}, true, 1)
	if err != nil {
		return err
	}
	if len(users) > 0 {
		return model.ErrInUse.Errorf("model %s (%s) is an input of task %s; use force", m.ID, m.Name, users[0].Task).With("task", users[0].Task)
	}
	if m.Task == "" {
		return nil
	}
	st, err := s.Tasks.Store.Standing(ctx, m.Task)
	if errors.Is(err, task.ErrNotFound) {
		return nil
	}
	if err == nil && st.Status.Frozen() {
		err = model.ErrTaskPublished.Errorf("model %s (%s) was made by task %s, which is published; use force", m.ID, m.Name, m.Task).With("task", m.Task)
	}
	return err
}

// discardModel removes a locked model, its events and the links to it. With
// files it condemns what it named, ever, where no other record does.
func (s *Service) discardModel(ctx context.Context, who user.Identity, m model.Model, files bool) error {
	id, mark := string(m.ID), model.DeletedPrefix+string(m.ID)
	if err := s.Tasks.Store.Relink(ctx, id, mark); err != nil {
		return err
	}
	makers, err := s.Tasks.Store.Uses(ctx, []string{id}, false, 0)
	if err != nil {
		return err
	}
	for i, u := range makers {
		if i > 0 && makers[i-1].Task == u.Task {
			continue
		}
		if err := s.Tasks.Unlink(ctx, who, u.Task, id, mark); err != nil {
			return err
		}
	}
	shown, err := s.Events.Delete(ctx, event.Target{Kind: event.Model, ID: id})
	if err != nil {
		return err
	}
	named, err := s.Models.Store.Addresses(ctx, m.ID)
	if err != nil {
		return err
	}
	named = append(named, m.Address)
	if err := s.Models.Store.Delete(ctx, m.ID); err != nil {
		return err
	}
	if !files {
		return s.Files.Released(ctx, paths(named))
	}
	return s.Files.Condemn(ctx, paths(named, shown))
}

// outputs returns the models of a task: those that say so, and those that it
// links as outputs.
func (s *Service) outputs(ctx context.Context, t task.Task) ([]model.Model, error) {
	ids, err := s.Models.Store.MadeBy(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	seen := make(map[model.ID]bool)
	for _, l := range t.Models.Output {
		ids = append(ids, model.ID(l.Model))
	}
	var out []model.Model
	for _, id := range ids {
		if seen[id] {
			continue
		}
		seen[id] = true
		m, err := s.Models.Lock(ctx, id)
		if errors.Is(err, model.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

func modelIDs(of []model.Model) []model.ID {
	ids := make([]model.ID, len(of))
	for i, m := range of {
		ids[i] = m.ID
	}
	return ids
}

// modelsAllow refuses to take away what a task made that is published.
func modelsAllow(t task.Task, made []model.Model, force bool) error {
	if force {
		return nil
	}
	for _, m := range made {
		if m.Ready {
			return task.ErrUndeletable.Errorf("task %s made model %s (%s), which is published; use force", t.ID, m.ID, m.Name).With("model", m.ID)
		}
	}
	return nil
}

// disband removes the drafts among the models of a task that is going away, or
// begins anew. Those that tasks use stay, and so do ready ones: they name mark
// in the place of the task.
func (s *Service) disband(ctx context.Context, who user.Identity, of task.ID, made []model.ID, mark task.ID, out Outputs, r *Removed) error {
	for _, id := range made {
		m, err := s.Models.Lock(ctx, id)
		if errors.Is(err, model.ErrNotFound) {
			continue // it went with another task
		}
		if err != nil {
			return err
		}
		keep := m.Ready || out.KeepModels
		if !keep {
			users, err := s.Tasks.Store.Uses(ctx, []string{string(m.ID)}, true, 1)
			if err != nil {
				return err
			}
			keep = len(users) > 0
		}
		switch {
		case !keep:
			r.DeletedModels++
			r.Weights = append(r.Weights, m.Address)
			err = s.discardModel(ctx, who, m, out.Files)
		case m.Task == of:
			r.UpdatedModels++
			err = s.Models.Release(ctx, who, m.ID, mark)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
