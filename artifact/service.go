package artifact

import (
	"context"
	"slices"
	"time"

	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/notify"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// Config is what the service needs; all fields are required.
type Config struct {
	Store Store
	Tasks *task.Service
	Files *file.Service
	Tx    func(ctx context.Context, fn func(context.Context) error) error
	After func(ctx context.Context, fn func())
	Hub   *notify.Hub
	Now   func() time.Time
}

// Service is the artifact noun. It implements file.Landing.
type Service struct{ Config }

// New returns the service.
func New(cfg Config) *Service { return &Service{cfg} }

// topic is what waiters for the artifacts of a task listen to.
func topic(of task.ID) string { return "artifacts/" + string(of) }

func (s *Service) changed(ctx context.Context, of task.ID) {
	s.After(ctx, func() { s.Hub.Publish(topic(of)) })
}

// Register records artifacts of a task and returns how many were new. Repeats
// are passed over without a write. On a published task nothing new is taken.
func (s *Service) Register(ctx context.Context, who user.Identity, of task.ID, specs []Spec) (added int, err error) {
	if err := who.Require(user.Member); err != nil {
		return 0, err
	}
	if err := s.Validate(specs); err != nil {
		return 0, err
	}
	refs := make([]Ref, len(specs))
	for i, spec := range specs {
		refs[i] = spec.Ref
	}
	// A first look outside the writer's turn: the usual long list of repeats
	// must not wait for it.
	known, err := s.Store.Known(ctx, of, refs)
	if err != nil {
		return 0, err
	}
	fresh := slices.DeleteFunc(slices.Clone(specs), func(spec Spec) bool {
		removed, ok := known[spec.Ref][spec.identity()]
		return ok && removed.IsZero()
	})
	if len(fresh) == 0 {
		_, err := s.Tasks.Store.Standing(ctx, of)
		return 0, err
	}
	err = s.Tx(ctx, func(ctx context.Context) error {
		added, err = s.register(ctx, who, of, fresh)
		return err
	})
	return added, err
}

// Validate refuses what Register would refuse on any task.
func (s *Service) Validate(specs []Spec) error {
	for _, spec := range specs {
		if err := spec.check(); err != nil {
			return err
		}
	}
	return nil
}

// register does the work of Register inside the transaction.
func (s *Service) register(ctx context.Context, who user.Identity, of task.ID, specs []Spec) (added int, err error) {
	status, err := s.Tasks.LockStatus(ctx, of)
	if err != nil {
		return 0, err
	}
	refs := make([]Ref, len(specs))
	for i, spec := range specs {
		refs[i] = spec.Ref
	}
	known, err := s.Store.Known(ctx, of, refs)
	if err != nil {
		return 0, err
	}
	for _, spec := range specs {
		repeat, err := s.isRepeat(ctx, known, spec)
		if err != nil {
			return 0, err
		}
		if repeat {
			continue
		}
		if status.Frozen() {
			return 0, task.ErrBadStatus.Errorf("task %s is %s: artifact %q can neither be added nor replaced", of, status, spec.Key).With("status", status)
		}
		if err := s.add(ctx, who, of, spec); err != nil {
			return 0, err
		}
		if known[spec.Ref] == nil {
			known[spec.Ref] = make(map[string]time.Time)
		}
		known[spec.Ref][spec.identity()] = time.Time{}
		added++
	}
	if added == 0 {
		return 0, nil
	}
	s.changed(ctx, of)
	return added, s.Tasks.Touch(ctx, who, of)
}

// isRepeat reports whether the registration is on record. One that was removed
// stays removed, since clients send their whole list again and again; unless
// its very bytes were uploaded anew to its path after the removal.
func (s *Service) isRepeat(ctx context.Context, known Known, spec Spec) (bool, error) {
	removed, ok := known[spec.Ref][spec.identity()]
	if !ok || removed.IsZero() || !spec.Address.IsOwn() || spec.Digest() == "" {
		return ok, nil
	}
	again, err := s.Files.LandedSince(ctx, spec.Address.Path, spec.Digest(), removed)
	return !again, err
}

func (s *Service) add(ctx context.Context, who user.Identity, of task.ID, spec Spec) error {
	v := spec.Version
	v.Registered, v.User = s.Now(), who.User
	v.State, v.Generation = External, 0
	if v.Address.IsOwn() {
		v.State = Pending
		g, found, err := s.Files.Find(ctx, v.Address.Path, v.Digest())
		if err != nil {
			return err
		}
		if found {
			v.State, v.Generation = Stored, g.ID
		}
	}
	if _, err := s.Store.Add(ctx, of, spec.Ref, v, v.identity()); err != nil {
		return err
	}
	pruned, err := s.Store.Prune(ctx, of, spec.Ref, KeepVersions)
	if err != nil {
		return err
	}
	return s.release(ctx, pruned)
}

// release lets go of the files of versions that are no longer living.
func (s *Service) release(ctx context.Context, gone []Version) error {
	var paths []file.Path
	var generations []int64
	for _, v := range gone {
		if v.Address.IsOwn() {
			paths = append(paths, v.Address.Path)
		}
		if v.Generation != 0 {
			generations = append(generations, v.Generation)
		}
	}
	if len(paths) == 0 {
		return nil
	}
	slices.Sort(paths)
	if err := s.Files.Released(ctx, slices.Compact(paths)); err != nil {
		return err
	}
	return s.Files.Drop(ctx, generations)
}

// Remove takes artifacts off a task and returns how many there were. Their
// files stay, unless their deletion was asked for before.
func (s *Service) Remove(ctx context.Context, who user.Identity, of task.ID, refs []Ref) (removed int, err error) {
	if err := who.Require(user.Member); err != nil {
		return 0, err
	}
	err = s.Tx(ctx, func(ctx context.Context) error {
		removed = 0
		if err := s.thawed(ctx, of, "its artifacts cannot be removed"); err != nil {
			return err
		}
		gone, err := s.Discard(ctx, of, refs)
		if err != nil || len(gone) == 0 {
			return err
		}
		removed = len(gone)
		s.changed(ctx, of)
		return s.Tasks.Touch(ctx, who, of)
	})
	return removed, err
}

// Discard removes artifacts inside somebody else's transaction, whatever the
// task's status; a nil refs means all. It returns the addresses by artifact.
func (s *Service) Discard(ctx context.Context, of task.ID, refs []Ref) (map[Ref][]file.Address, error) {
	pointers, err := s.Store.Remove(ctx, of, refs, s.Now())
	if err != nil || len(pointers) == 0 {
		return nil, err
	}
	gone := make(map[Ref][]file.Address)
	versions := make([]Version, 0, len(pointers))
	for _, p := range pointers {
		gone[p.Ref] = append(gone[p.Ref], p.Address)
		versions = append(versions, p.Version)
	}
	// The generations stay until gc finds them superseded and unbound: only
	// the deletion of a single version drops its bytes at once.
	for i := range versions {
		versions[i].Generation = 0
	}
	return gone, s.release(ctx, versions)
}

// Restore makes an earlier version the newest again: a new version with what
// the earlier one says, logged now. Bytes of ours become the newest ones of
// their path, so that readers who know only the address get them.
func (s *Service) Restore(ctx context.Context, who user.Identity, of task.ID, ref Ref, number int) (Artifact, error) {
	if err := who.Require(user.Member); err != nil {
		return Artifact{}, err
	}
	err := s.Tx(ctx, func(ctx context.Context) error {
		if err := s.thawed(ctx, of, "no version of its artifacts can be restored"); err != nil {
			return err
		}
		versions, err := s.Store.Versions(ctx, of, ref, true)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(versions, func(v Version) bool { return v.Number == number })
		switch {
		case len(versions) == 0:
			return ErrNotFound.Errorf("task %s has no %s artifact %q", of, ref.Mode, ref.Key)
		case i < 0:
			return ErrNoVersion.Errorf("artifact %q of task %s has no version %d", ref.Key, of, number)
		case i == 0:
			return nil // it is the newest
		}
		v := versions[i]
		if v.Address.IsOwn() {
			if v.State != Stored {
				return ErrNoVersion.Errorf("the bytes of version %d of artifact %q are %s", number, ref.Key, v.State)
			}
			g, err := s.Files.Stat(ctx, who, v.Address.Path, file.Want{Number: v.FileNumber})
			if err != nil {
				return err
			}
			if _, err := s.Files.Again(ctx, who, v.Address.Path, g.Digest); err != nil {
				return err
			}
		}
		// The order of versions is that of their times, which clients choose.
		v.Timestamp = max(s.Now().Unix(), versions[0].Timestamp+1)
		if err := s.add(ctx, who, of, Spec{ref, v}); err != nil {
			return err
		}
		s.changed(ctx, of)
		return s.Tasks.Touch(ctx, who, of)
	})
	if err != nil {
		return Artifact{}, err
	}
	return s.get(ctx, of, ref, 0)
}

// RemoveVersion deletes one version; its bytes go with it if nothing else
// refers to them.
func (s *Service) RemoveVersion(ctx context.Context, who user.Identity, of task.ID, ref Ref, number int) error {
	if err := who.Require(user.Member); err != nil {
		return err
	}
	return s.Tx(ctx, func(ctx context.Context) error {
		if err := s.thawed(ctx, of, "its artifacts cannot be removed"); err != nil {
			return err
		}
		v, err := s.Store.RemoveVersion(ctx, of, ref, number, s.Now())
		if err != nil {
			return err
		}
		s.changed(ctx, of)
		if err := s.release(ctx, []Version{v}); err != nil {
			return err
		}
		return s.Tasks.Touch(ctx, who, of)
	})
}
