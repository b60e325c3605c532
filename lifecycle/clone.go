package lifecycle

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// Clone says how a copy differs from its source; zero fields are copied.
type Clone struct {
	Name          string
	Comment       string
	Tags          []string
	SystemTags    []string
	Parent        task.ID
	Project       project.ID
	ProjectName   string // found or made, if Project is not given
	Hyperparams   task.Params
	Configuration map[string]task.ConfigItem
	Container     map[string]any
	Inputs        []task.ModelLink
	Overrides     task.Patch // changes the copy in further ways
	CheckInputs   bool       // input models must exist also where they are only copied
}

// CloneTask makes a draft out of a task: its parameters, configuration,
// program, input models and input artifacts; nothing that a run produced. The
// copy's parent is the given one, else the source's, else the source.
func (s *Service) CloneTask(ctx context.Context, who user.Identity, source task.ID, c Clone) (made task.Task, in project.Project, err error) {
	if err := who.Require(user.Member); err != nil {
		return task.Task{}, project.Project{}, err
	}
	err = s.Tx(ctx, func(ctx context.Context) error {
		src, err := s.Tasks.Store.Get(ctx, source)
		if err != nil {
			return err
		}
		spec := draft(src, c)
		if spec.Parent, err = s.cloneParent(ctx, src, c.Parent); err != nil {
			return err
		}
		if c.Project != "" {
			if _, err := s.Projects.Own(ctx, c.Project); err != nil {
				return err
			}
		} else if c.ProjectName != "" {
			if in, err = s.Projects.FindOrCreate(ctx, who, c.ProjectName); err != nil {
				return err
			}
			spec.Project = in.ID
		}
		if c.CheckInputs || len(c.Inputs) > 0 || c.Overrides.Models != nil {
			if err := s.CheckInputs(ctx, spec.Models.Input); err != nil {
				return err
			}
		}
		if made, err = s.Tasks.Create(ctx, who, spec); err != nil {
			return err
		}
		return s.copyInputs(ctx, who, src.ID, made.ID)
	})
	return made, in, err
}

func draft(src task.Task, c Clone) task.Task {
	t := task.Task{
		Name: src.Name, Type: src.Type, Comment: src.Comment, Project: src.Project, Tags: src.Tags,
		SystemTags: slices.DeleteFunc(slices.Clone(src.SystemTags), func(tag string) bool {
			return tag == task.Development || tag == task.Archived
		}),
		Script: src.Script, Container: src.Container, Configuration: src.Configuration,
		Hyperparams: src.Hyperparams, Execution: src.Execution,
		Output: task.Output{Destination: src.Output.Destination},
		Models: task.Models{Input: slices.Clone(src.Models.Input)},
	}
	t.Execution.Queue = ""
	override(&t.Name, c.Name)
	override(&t.Comment, c.Comment)
	override(&t.Project, c.Project)
	if len(c.Tags) > 0 {
		t.Tags = c.Tags
	}
	if len(c.SystemTags) > 0 {
		t.SystemTags = c.SystemTags
	}
	if len(c.Hyperparams) > 0 {
		t.Hyperparams = c.Hyperparams
	}
	if len(c.Configuration) > 0 {
		t.Configuration = c.Configuration
	}
	if len(c.Container) > 0 {
		t.Container = c.Container
	}
	if len(c.Inputs) > 0 {
		t.Models.Input = c.Inputs
	}
	return c.Overrides.Over(t)
}

func override[T ~string](to *T, from T) {
	if from != "" {
		*to = from
	}
}

// cloneParent picks the parent of a copy.
func (s *Service) cloneParent(ctx context.Context, src task.Task, given task.ID) (task.ID, error) {
	if given != "" {
		_, err := s.Tasks.Store.Standing(ctx, given)
		return given, err
	}
	if src.Parent == "" || strings.HasPrefix(string(src.Parent), task.DeletedPrefix) {
		return src.ID, nil
	}
	if _, err := s.Tasks.Store.Standing(ctx, src.Parent); errors.Is(err, task.ErrNotFound) {
		return src.ID, nil
	} else if err != nil {
		return "", err
	}
	return src.Parent, nil
}

// copyInputs registers the input artifacts of one task on another.
func (s *Service) copyInputs(ctx context.Context, who user.Identity, from, to task.ID) error {
	list, err := s.Artifacts.Store.List(ctx, artifact.Selection{Tasks: []task.ID{from}, Previews: true})
	if err != nil {
		return err
	}
	var inputs []artifact.Spec
	for _, a := range list {
		if a.Mode == artifact.Input {
			inputs = append(inputs, artifact.Spec{Ref: a.Ref, Version: a.Version})
		}
	}
	if len(inputs) == 0 {
		return nil
	}
	_, err = s.Artifacts.Register(ctx, who, to, inputs)
	return err
}
