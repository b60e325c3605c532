package artifact

import (
	"context"
	"maps"
	"slices"

	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// Change is what people alter of an artifact by hand.
type Change struct {
	Key   string            // the new name; "" keeps the old one
	Set   map[string]string // metadata of the newest version
	Unset []string
}

// Change renames an artifact with all its versions and annotates its newest
// one. Clients that go on to send the old name bring nothing back.
func (s *Service) Change(ctx context.Context, who user.Identity, of task.ID, ref Ref, c Change) (Artifact, error) {
	if err := who.Require(user.Member); err != nil {
		return Artifact{}, err
	}
	to := ref
	if c.Key != "" {
		to.Key = c.Key
	}
	if err := (Spec{Ref: to}).check(); err != nil {
		return Artifact{}, err
	}
	err := s.Tx(ctx, func(ctx context.Context) error {
		if err := s.thawed(ctx, of, "its artifacts cannot be changed"); err != nil {
			return err
		}
		found, err := s.get(ctx, of, ref, 0)
		if err != nil {
			return err
		}
		if err := s.annotate(ctx, of, ref, found.Metadata, c); err != nil {
			return err
		}
		if to != ref {
			if err := s.rename(ctx, of, ref, to); err != nil {
				return err
			}
		}
		s.changed(ctx, of)
		return s.Tasks.Touch(ctx, who, of)
	})
	if err != nil {
		return Artifact{}, err
	}
	return s.get(ctx, of, to, 0)
}

// annotate keeps pairs that the change does not name, in their order.
func (s *Service) annotate(ctx context.Context, of task.ID, ref Ref, pairs [][]string, c Change) error {
	if len(c.Set) == 0 && len(c.Unset) == 0 {
		return nil
	}
	pairs = slices.DeleteFunc(slices.Clone(pairs), func(p []string) bool {
		return len(p) > 0 && slices.Contains(c.Unset, p[0])
	})
	for _, key := range slices.Sorted(maps.Keys(c.Set)) {
		pair := []string{key, c.Set[key]}
		if i := slices.IndexFunc(pairs, func(p []string) bool { return len(p) > 0 && p[0] == key }); i >= 0 {
			pairs[i] = pair
		} else {
			pairs = append(pairs, pair)
		}
	}
	return s.Store.Annotate(ctx, of, ref, pairs)
}

// rename registers the versions under the new name and removes the old one,
// which so stays known to those who send it again.
func (s *Service) rename(ctx context.Context, of task.ID, from, to Ref) error {
	taken, err := s.Store.Versions(ctx, of, to, false)
	if err != nil {
		return err
	}
	if len(taken) > 0 {
		return ErrTaken.Errorf("task %s has an %s artifact %q already", of, to.Mode, to.Key).With("field", "key")
	}
	versions, err := s.Store.Versions(ctx, of, from, true)
	if err != nil {
		return err
	}
	slices.SortFunc(versions, func(a, b Version) int { return a.Number - b.Number })
	for _, v := range versions {
		if _, err := s.Store.Add(ctx, of, to, v, v.identity()); err != nil {
			return err
		}
	}
	_, err = s.Discard(ctx, of, []Ref{from})
	return err
}

// thawed locks a task and refuses if it is frozen; what tells what is refused.
func (s *Service) thawed(ctx context.Context, of task.ID, what string) error {
	status, err := s.Tasks.LockStatus(ctx, of)
	if err == nil && status.Frozen() {
		err = task.ErrBadStatus.Errorf("task %s is %s: %s", of, status, what).With("status", status)
	}
	return err
}
