package model

import (
	"context"
	"errors"
	"slices"

	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// UpdateTags adds and removes tags on many models and returns how many there
// were. Those that do not exist, or are public, are passed over.
func (s *Service) UpdateTags(ctx context.Context, who user.Identity, ids []ID, add, remove []string) (int, error) {
	if err := project.CheckTags(add); err != nil {
		return 0, err
	}
	return s.each(ctx, who, ids, func(ctx context.Context, m *Model) (Part, error) {
		m.Tags = retagged(m.Tags, add, remove)
		return Tags, s.Projects.Touch(ctx, m.Project)
	})
}

// Archive puts a model away; one that is already stays as it is.
func (s *Service) Archive(ctx context.Context, who user.Identity, id ID) (Model, error) {
	return s.retag(ctx, who, id, []string{Archived}, nil)
}

// Unarchive brings a model back.
func (s *Service) Unarchive(ctx context.Context, who user.Identity, id ID) (Model, error) {
	return s.retag(ctx, who, id, nil, []string{Archived})
}

func (s *Service) retag(ctx context.Context, who user.Identity, id ID, add, remove []string) (Model, error) {
	return s.change(ctx, who, id, func(_ context.Context, m *Model) (Part, error) {
		tags := retagged(m.SystemTags, add, remove)
		if slices.Equal(tags, m.SystemTags) {
			return 0, nil
		}
		m.SystemTags = tags
		return Tags, nil
	})
}

// Move files models under a project; "" is the root. Those that do not exist,
// or are public, are passed over.
func (s *Service) Move(ctx context.Context, who user.Identity, ids []ID, to project.ID) (int, error) {
	if to != "" {
		if _, err := s.Projects.Own(ctx, to); err != nil {
			return 0, err
		}
	}
	return s.each(ctx, who, ids, func(_ context.Context, m *Model) (Part, error) {
		m.Project = to
		return Row, nil
	})
}

// Share makes models public, or private again. Nothing changes unless each of
// them exists and is not yet what it shall be.
func (s *Service) Share(ctx context.Context, who user.Identity, ids []ID, public bool) (int, error) {
	if err := who.Require(user.Member); err != nil {
		return 0, err
	}
	return s.all(ctx, ids, func(ctx context.Context, id ID) (bool, error) {
		m, err := s.Store.Lock(ctx, id)
		if err != nil {
			return false, err
		}
		if m.Public == public {
			state := "private"
			if public {
				state = "public"
			}
			return false, ErrNotFound.Errorf("model %s is %s already", id, state)
		}
		m.Public, m.LastChange, m.LastChangedBy = public, s.Now(), who.User
		return true, s.Store.Save(ctx, m, Row)
	})
}

// Publish is the model's part of publishing: lifecycle publishes its task in
// the same transaction. ErrReady if it is published already.
func (s *Service) Publish(ctx context.Context, who user.Identity, id ID) (Model, error) {
	return s.change(ctx, who, id, func(_ context.Context, m *Model) (Part, error) {
		if m.Ready {
			return 0, ErrReady.Errorf("model %s (%s) is published already", m.ID, m.Name)
		}
		m.Ready, m.LastUpdate = true, s.Now()
		return Row, nil
	})
}

// Release says that the task which made a model is gone, or has begun anew:
// its place takes the given text.
func (s *Service) Release(ctx context.Context, who user.Identity, id ID, to task.ID) error {
	_, err := s.change(ctx, who, id, func(_ context.Context, m *Model) (Part, error) {
		m.Task = to
		return Row, nil
	})
	return err
}

// each changes many models in one transaction and returns how many there were.
func (s *Service) each(ctx context.Context, who user.Identity, ids []ID, fn func(context.Context, *Model) (Part, error)) (int, error) {
	if err := who.Require(user.Member); err != nil {
		return 0, err
	}
	return s.all(ctx, ids, func(ctx context.Context, id ID) (bool, error) {
		m, err := s.Lock(ctx, id)
		if errors.Is(err, ErrNotFound) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		return true, s.alter(ctx, who, &m, fn)
	})
}

// all runs fn on each of the models in one transaction and returns for how
// many it did something.
func (s *Service) all(ctx context.Context, ids []ID, fn func(context.Context, ID) (bool, error)) (n int, err error) {
	if len(ids) > task.MaxIDs {
		return 0, ErrInvalid.Errorf("ids: %d models are named, the limit is %d at once", len(ids), task.MaxIDs).With("field", "ids")
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids))) // one order of locks for all callers
	err = s.Tx(ctx, func(ctx context.Context) error {
		n = 0
		for _, id := range ids {
			did, err := fn(ctx, id)
			if err != nil {
				return err
			}
			if did {
				n++
			}
		}
		return nil
	})
	return n, err
}

func retagged(tags, add, remove []string) []string {
	out := slices.DeleteFunc(slices.Clone(tags), func(t string) bool { return slices.Contains(remove, t) })
	return project.SortTags(append(out, add...))
}
