package task

import (
	"context"
	"slices"

	"github.com/coffer-ml/coffer/user"
)

// LinkRef names a link to a model within its task.
type LinkRef struct {
	Name  string
	Input bool
}

// Use is a link to a model with the task that has it.
type Use struct {
	Task   ID
	Status Status
	LinkRef
	Model string // id
}

func (m *Models) list(input bool) *[]ModelLink {
	if input {
		return &m.Input
	}
	return &m.Output
}

// AddModel links a model to a task; a link of the same name is replaced in
// place.
func (s *Service) AddModel(ctx context.Context, who user.Identity, id ID, ref LinkRef, model string) (Task, error) {
	return s.change(ctx, who, id, func(_ context.Context, t *Task) (Part, error) {
		if t.Status.Frozen() {
			return 0, frozen(*t, "its models")
		}
		links := t.Models.list(ref.Input)
		l := ModelLink{Name: ref.Name, Model: model, Updated: s.Now()}
		if i := slices.IndexFunc(*links, func(o ModelLink) bool { return o.Name == ref.Name }); i >= 0 {
			(*links)[i] = l
		} else {
			*links = append(*links, l)
		}
		s.report(t)
		return Links, checkIDs(*t)
	})
}

// RemoveModels takes links off a task. That there is none of a name is no
// error.
func (s *Service) RemoveModels(ctx context.Context, who user.Identity, id ID, refs []LinkRef) (Task, error) {
	return s.change(ctx, who, id, func(_ context.Context, t *Task) (Part, error) {
		if t.Status.Frozen() {
			return 0, frozen(*t, "its models")
		}
		for _, ref := range refs {
			links := t.Models.list(ref.Input)
			*links = slices.DeleteFunc(*links, func(l ModelLink) bool { return l.Name == ref.Name })
		}
		return Links, nil
	})
}

// Unlink takes an output model that is going away off a task, inside somebody
// else's transaction. A published task keeps the place, which names what is
// gone, and its output says so.
func (s *Service) Unlink(ctx context.Context, who user.Identity, id ID, model, mark string) error {
	t, err := s.Store.Lock(ctx, id)
	if err != nil {
		return err
	}
	gone := func(l ModelLink) bool { return l.Model == model }
	if t.Status.Frozen() {
		for i := range t.Models.Output {
			if gone(t.Models.Output[i]) {
				t.Models.Output[i].Model = mark
			}
		}
		t.Output.Error = "the output model " + model + " was deleted by " + who.Name
	} else {
		t.Models.Output = slices.DeleteFunc(t.Models.Output, gone)
	}
	t.LastChange, t.LastChangedBy = s.Now(), who.User
	return s.Store.Save(ctx, t, Row|Links)
}
