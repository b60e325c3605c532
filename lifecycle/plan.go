package lifecycle

import (
	"context"
	"errors"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// MaxPlan bounds the things of a plan: what it does, and takes back, holds up
// other writers.
const MaxPlan = 200

// Deletion names what is to be deleted together.
type Deletion struct {
	Tasks     []task.ID
	Models    []model.ID
	Artifacts map[task.ID][]artifact.Ref
	Force     bool
	Files     bool // with their bytes
}

// Size is how many things a deletion names.
func (d Deletion) Size() int {
	n := len(d.Tasks) + len(d.Models)
	for _, refs := range d.Artifacts {
		n += len(refs)
	}
	return n
}

// Blocked is a thing that would not be deleted.
type Blocked struct {
	Kind NodeKind
	ID   string
	Ref  artifact.Ref // of an artifact, whose task ID names
	Why  *fault.Error
}

// Plan is what a deletion would do.
type Plan struct {
	Removed int      // of the things that it names
	Models  int      // that would go with their tasks
	Named   file.Sum // contents that the things name, whoever else has them
	Freed   file.Sum // contents, also of events, that nothing would refer to
	Blocked []Blocked
}

// errPlanned takes back what a plan did.
var errPlanned = errors.New("this was a plan")

// PlanDeletion tells what a deletion would do: it is done, looked at, and taken
// back, so that it is what comes.
func (s *Service) PlanDeletion(ctx context.Context, who user.Identity, d Deletion) (Plan, error) {
	if err := who.Require(user.Member); err != nil {
		return Plan{}, err
	}
	if n := d.Size(); n == 0 || n > MaxPlan {
		return Plan{}, fault.ErrInvalid.Errorf("expected from 1 to %d things to delete, got %d", MaxPlan, n)
	}
	var p Plan
	err := s.Tx(ctx, func(ctx context.Context) (err error) {
		if p, err = s.plan(ctx, who, d); err == nil {
			err = errPlanned
		}
		return err
	})
	if errors.Is(err, errPlanned) {
		err = nil
	}
	return p, err
}

func (s *Service) plan(ctx context.Context, who user.Identity, d Deletion) (p Plan, err error) {
	since := s.Now()
	before, err := s.Files.Freed(ctx, since)
	if err != nil {
		return p, err
	}
	var named []file.Address
	// settled notes what came of one thing; other errors end the plan.
	settled := func(kind NodeKind, id string, ref artifact.Ref, err error) error {
		if err == nil {
			p.Removed++
			return nil
		}
		why := fault.Of(err)
		if why.Reason.Kind == fault.Internal || why.Reason.Kind == fault.Unavailable {
			return err
		}
		p.Blocked = append(p.Blocked, Blocked{kind, id, ref, why})
		return nil
	}
	for of, refs := range d.Artifacts {
		for _, ref := range refs {
			addresses, err := s.planArtifact(ctx, who, of, ref, d.Files)
			if err := settled(ArtifactNode, string(of), ref, err); err != nil {
				return p, err
			}
			named = append(named, addresses...)
		}
	}
	for _, id := range d.Tasks {
		r, err := s.DeleteTask(ctx, who, id, Delete{Force: d.Force, Outputs: Outputs{Files: d.Files}})
		if err := settled(TaskNode, string(id), artifact.Ref{}, err); err != nil {
			return p, err
		}
		named = append(append(named, r.Addresses...), r.Weights...)
		p.Models += r.DeletedModels
	}
	for _, id := range d.Models {
		m, err := s.DeleteModel(ctx, who, id, d.Force, d.Files)
		if err := settled(ModelNode, string(id), artifact.Ref{}, err); err != nil {
			return p, err
		}
		named = append(named, m.Address)
	}
	after, err := s.Files.Freed(ctx, since)
	if err != nil {
		return p, err
	}
	p.Freed = file.Sum{Count: after.Count - before.Count, Bytes: after.Bytes - before.Bytes}
	p.Named, err = s.Files.Named(ctx, paths(named))
	return p, err
}

// planArtifact deletes one artifact with all its versions.
func (s *Service) planArtifact(ctx context.Context, who user.Identity, of task.ID, ref artifact.Ref, files bool) ([]file.Address, error) {
	versions, err := s.Artifacts.Versions(ctx, who, of, ref)
	if err != nil {
		return nil, err
	}
	if _, err := s.Artifacts.Remove(ctx, who, of, []artifact.Ref{ref}); err != nil {
		return nil, err
	}
	var named []file.Address
	for _, v := range versions {
		named = append(named, v.Address)
	}
	if files {
		err = s.Files.Condemn(ctx, paths(named))
	}
	return named, err
}
