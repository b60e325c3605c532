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

// Archive hides tasks away; all of them must exist. Queued and running ones
// are taken back.
func (s *Service) Archive(ctx context.Context, who user.Identity, ids []ID, why Why) (int, error) {
	return s.each(ctx, who, ids, func(ctx context.Context, t *Task) (Part, error) {
		var what Part
		var err error
		switch t.Status {
		case InProgress:
			why.Force = true
			what, err = s.move(ctx, t, Stopped, why)
			t.Completed = s.Now()
			t.settleDuration()
		case Queued:
			to := t.EnqueuedFrom
			if to == "" {
				to = Created
			}
			why.Force = true
			what, err = s.move(ctx, t, to, why)
			t.EnqueuedFrom, t.Execution.Queue = "", ""
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
		if _, err := s.Projects.Get(ctx, who, to); err != nil {
			return 0, err
		}
	}
	return s.each(ctx, who, ids, func(ctx context.Context, t *Task) (Part, error) {
		return Row, s.file(ctx, t, to)
	})
}

// each changes many tasks in one transaction: all or none.
func (s *Service) each(ctx context.Context, who user.Identity, ids []ID, fn func(context.Context, *Task) (Part, error)) (int, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids))) // one order of locks for all callers
	err := s.Tx(ctx, func(ctx context.Context) error {
		for _, id := range ids {
			if _, err := s.change(ctx, who, id, fn); err != nil {
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

// AddModel links a model to a task; a link of the same name is replaced in
// place.
func (s *Service) AddModel(ctx context.Context, who user.Identity, id ID, input bool, name, model string) (Task, error) {
	return s.change(ctx, who, id, func(_ context.Context, t *Task) (Part, error) {
		if t.Status.Frozen() {
			return 0, frozen(*t, "its models")
		}
		links := &t.Models.Output
		if input {
			links = &t.Models.Input
		}
		l := ModelLink{Name: name, Model: model, Updated: s.Now()}
		if i := slices.IndexFunc(*links, func(o ModelLink) bool { return o.Name == name }); i >= 0 {
			(*links)[i] = l
		} else {
			*links = append(*links, l)
		}
		t.LastUpdate = s.Now()
		return Links, nil
	})
}
