package artifact

import (
	"context"
	"time"

	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// List loads artifacts, sorted by task, key and mode.
func (s *Service) List(ctx context.Context, who user.Identity, sel Selection) ([]Artifact, error) {
	if err := who.Require(user.Guest); err != nil {
		return nil, err
	}
	if len(sel.Tasks) == 0 {
		return nil, nil
	}
	return s.Store.List(ctx, sel)
}

// Stats sums up the artifacts of tasks; a task without any has no entry.
func (s *Service) Stats(ctx context.Context, who user.Identity, of []task.ID) (map[task.ID]Stats, error) {
	if err := who.Require(user.Guest); err != nil {
		return nil, err
	}
	if len(of) == 0 {
		return nil, nil
	}
	return s.Store.Stats(ctx, of)
}

// Get returns one artifact of a task as of a version, 0 being the newest, with
// its preview. It waits up to the given time for bytes that are on their way,
// and then, or once the hub is closed, returns what is known.
func (s *Service) Get(ctx context.Context, who user.Identity, of task.ID, ref Ref, number int, wait time.Duration) (Artifact, error) {
	if err := who.Require(user.Guest); err != nil {
		return Artifact{}, err
	}
	if wait <= 0 {
		return s.get(ctx, of, ref, number)
	}
	woken, cancel := s.Hub.Subscribe(topic(of))
	defer cancel()
	deadline := time.NewTimer(min(wait, MaxWait))
	defer deadline.Stop()
	for {
		a, err := s.get(ctx, of, ref, number)
		if err != nil || a.State != Pending && a.State != Mismatched {
			return a, err
		}
		select {
		case <-woken:
		case <-deadline.C:
			return a, nil
		case <-s.Hub.Closed():
			return a, nil
		case <-ctx.Done():
			return a, ctx.Err()
		}
	}
}

func (s *Service) get(ctx context.Context, of task.ID, ref Ref, number int) (Artifact, error) {
	if _, err := s.Tasks.Store.Standing(ctx, of); err != nil {
		return Artifact{}, err
	}
	versions, err := s.Store.Versions(ctx, of, ref, true)
	if err != nil {
		return Artifact{}, err
	}
	if len(versions) == 0 {
		return Artifact{}, ErrNotFound.Errorf("task %s has no %s artifact %q", of, ref.Mode, ref.Key)
	}
	a := Artifact{Task: of, Ref: ref, Version: versions[0], Versions: len(versions)}
	if number == 0 {
		return a, nil
	}
	for _, v := range versions {
		if v.Number == number {
			a.Version = v
			return a, nil
		}
	}
	return Artifact{}, ErrNoVersion.Errorf("artifact %q of task %s has no version %d", ref.Key, of, number)
}

// Versions returns the versions of an artifact without previews, the newest
// first.
func (s *Service) Versions(ctx context.Context, who user.Identity, of task.ID, ref Ref) ([]Version, error) {
	if err := who.Require(user.Guest); err != nil {
		return nil, err
	}
	if _, err := s.Tasks.Store.Standing(ctx, of); err != nil {
		return nil, err
	}
	versions, err := s.Store.Versions(ctx, of, ref, false)
	if err == nil && len(versions) == 0 {
		err = ErrNotFound.Errorf("task %s has no %s artifact %q", of, ref.Mode, ref.Key)
	}
	return versions, err
}
