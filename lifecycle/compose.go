package lifecycle

import (
	"context"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// CreateTask makes a task together with its artifacts. Its input models must
// exist.
func (s *Service) CreateTask(ctx context.Context, who user.Identity, spec task.Spec, artifacts []artifact.Spec) (t task.Task, err error) {
	err = s.Tx(ctx, func(ctx context.Context) error {
		if err := s.CheckInputs(ctx, spec.Models.Input); err != nil {
			return err
		}
		if t, err = s.Tasks.Create(ctx, who, spec); err != nil || len(artifacts) == 0 {
			return err
		}
		_, err := s.Artifacts.Register(ctx, who, t.ID, artifacts)
		return err
	})
	return t, err
}

// ValidateTask refuses what CreateTask would refuse of a task, and creates
// nothing.
func (s *Service) ValidateTask(ctx context.Context, who user.Identity, spec task.Spec) error {
	if err := s.Tasks.Validate(ctx, who, spec); err != nil {
		return err
	}
	return s.CheckInputs(ctx, spec.Models.Input)
}

// EditTask changes a task. Artifacts that are not nil are all that it shall
// have: older clients send the whole list as part of the execution. If models
// are given, all input models that the task then has must exist.
func (s *Service) EditTask(ctx context.Context, who user.Identity, id task.ID, patch task.Patch, force bool, artifacts *[]artifact.Spec) (t task.Task, err error) {
	err = s.Tx(ctx, func(ctx context.Context) error {
		if t, err = s.Tasks.Edit(ctx, who, id, patch, force); err != nil {
			return err
		}
		if patch.Models != nil {
			if err := s.CheckInputs(ctx, t.Models.Input); err != nil {
				return err
			}
		}
		if artifacts == nil {
			return nil
		}
		return s.replaceArtifacts(ctx, who, id, *artifacts)
	})
	return t, err
}

func (s *Service) replaceArtifacts(ctx context.Context, who user.Identity, id task.ID, specs []artifact.Spec) error {
	keep := make(map[artifact.Ref]bool, len(specs))
	for _, spec := range specs {
		keep[spec.Ref] = true
	}
	logged, err := s.Artifacts.Store.List(ctx, artifact.Selection{Tasks: []task.ID{id}})
	if err != nil {
		return err
	}
	var gone []artifact.Ref
	for _, a := range logged {
		if !keep[a.Ref] {
			gone = append(gone, a.Ref)
		}
	}
	if len(gone) > 0 {
		if _, err := s.Artifacts.Remove(ctx, who, id, gone); err != nil {
			return err
		}
	}
	if len(specs) == 0 {
		return nil
	}
	_, err = s.Artifacts.Register(ctx, who, id, specs)
	return err
}

// MoveTasks files tasks under a project: the one with the id, "" being the
// root, or with a name the one of that name, which is made if it is missing.
func (s *Service) MoveTasks(ctx context.Context, who user.Identity, ids []task.ID, to project.ID, name string) (project.ID, error) {
	err := s.Tx(ctx, func(ctx context.Context) error {
		if name != "" {
			p, err := s.Projects.FindOrCreate(ctx, who, name)
			if err != nil {
				return err
			}
			to = p.ID
		}
		_, err := s.Tasks.Move(ctx, who, ids, to)
		return err
	})
	return to, err
}
