package task

import (
	"context"
	"slices"

	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/user"
)

// UpdateTags adds and removes tags on many tasks; all of them must exist.
func (s *Service) UpdateTags(ctx context.Context, who user.Identity, ids []ID, add, remove []string) (int, error) {
	if err := checkTags(add); err != nil {
		return 0, err
	}
	return s.each(ctx, who, ids, func(ctx context.Context, t *Task) (Part, error) {
		t.Tags = retagged(t.Tags, add, remove)
		return Tags, s.Projects.Touch(ctx, t.Project)
	})
}

// Archive hides tasks away; all of them must exist. Running ones are stopped,
// queued ones go back to where they were: lifecycle takes them out of their
// queues in the same transaction.
func (s *Service) Archive(ctx context.Context, who user.Identity, ids []ID, why Why) (int, error) {
	why.Force = true
	return s.each(ctx, who, ids, func(ctx context.Context, t *Task) (Part, error) {
		var what Part
		var err error
		switch t.Status {
		case InProgress:
			if what, err = s.move(ctx, t, Stopped, why); err == nil {
				s.settle(t)
			}
		case Queued:
			what, err = s.unqueue(ctx, t, "", why)
		default:
			t.StatusReason, t.StatusMessage = why.Reason, why.Message
		}
		t.SystemTags = retagged(t.SystemTags, []string{Archived}, nil)
		return what | Row | Tags, err
	})
}

// Unarchive brings tasks back; all of them must exist.
func (s *Service) Unarchive(ctx context.Context, who user.Identity, ids []ID, why Why) (int, error) {
	return s.each(ctx, who, ids, func(_ context.Context, t *Task) (Part, error) {
		t.SystemTags = retagged(t.SystemTags, nil, []string{Archived})
		t.StatusReason, t.StatusMessage = why.Reason, why.Message
		return Row | Tags, nil
	})
}

// Move files tasks under a project; "" is the root. All of them must exist.
func (s *Service) Move(ctx context.Context, who user.Identity, ids []ID, to project.ID) (int, error) {
	if to != "" {
		if _, err := s.Projects.Own(ctx, to); err != nil {
			return 0, err
		}
	}
	return s.each(ctx, who, ids, func(ctx context.Context, t *Task) (Part, error) {
		return Row, s.file(ctx, t, to)
	})
}

// Share makes tasks public, or private again. Nothing changes unless each of
// them exists and is not yet what it shall be.
func (s *Service) Share(ctx context.Context, who user.Identity, ids []ID, public bool) (int, error) {
	if err := who.Require(user.Member); err != nil {
		return 0, err
	}
	return s.all(ctx, ids, func(ctx context.Context, id ID) error {
		t, err := s.Store.Lock(ctx, id)
		if err != nil {
			return err
		}
		if t.Public == public {
			state := "private"
			if public {
				state = "public"
			}
			return ErrNotFound.Errorf("task %s is %s already", id, state)
		}
		t.Public, t.LastChange, t.LastChangedBy = public, s.Now(), who.User
		return s.Store.Save(ctx, t, Row)
	})
}

// each changes many tasks in one transaction: all or none.
func (s *Service) each(ctx context.Context, who user.Identity, ids []ID, fn func(context.Context, *Task) (Part, error)) (int, error) {
	return s.all(ctx, ids, func(ctx context.Context, id ID) error {
		_, err := s.change(ctx, who, id, fn)
		return err
	})
}

// all runs fn on each of the tasks in one transaction and returns how many
// there are.
func (s *Service) all(ctx context.Context, ids []ID, fn func(context.Context, ID) error) (int, error) {
	if len(ids) > MaxIDs {
		return 0, ErrTooMany.Errorf("ids: %d tasks are named, the limit is %d at once", len(ids), MaxIDs).With("field", "ids")
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids))) // one order of locks for all callers
	err := s.Tx(ctx, func(ctx context.Context) error {
		for _, id := range ids {
			if err := fn(ctx, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return len(ids), nil
}

func retagged(tags, add, remove []string) []string {
	out := slices.DeleteFunc(slices.Clone(tags), func(t string) bool { return slices.Contains(remove, t) })
	return project.SortTags(append(out, add...))
}
