package lifecycle

import (
	"context"
	"slices"
	"strings"

	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/internal/ident"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// Merged tells what a merge moved.
type Merged struct {
	Entities int // tasks and models
	Projects int // that lay directly below the one that is gone
}

// MergeProject moves all that lies in a project, archived or not, and the
// projects directly below it, into another, "" being the root. Then the project
// is gone.
func (s *Service) MergeProject(ctx context.Context, who user.Identity, from, into project.ID) (m Merged, err error) {
	if err := who.Require(user.Member); err != nil {
		return m, err
	}
	err = s.Tx(ctx, func(ctx context.Context) error {
		m = Merged{}
		source, err := s.Projects.Own(ctx, from)
		if err != nil {
			return err
		}
		var to project.Project
		if into != "" {
			if to, err = s.Projects.Own(ctx, into); err != nil {
				return err
			}
		}
		switch {
		case from == into:
			return project.ErrSamePlace.Errorf("project %q cannot be merged into itself", source.Name)
		case slices.Contains(to.Path, from):
			return project.ErrIntoChild.Errorf("project %q cannot be merged into %q, which lies below it", source.Name, to.Name)
		}
		below, err := s.directlyBelow(ctx, source)
		if err != nil {
			return err
		}
		if to.ID == source.Parent && slices.ContainsFunc(below, func(p project.Project) bool { return p.Basename() == source.Basename() }) {
			// It takes the name of the one that is going.
			source.Name = strings.TrimSuffix(source.Name, source.Basename()) + ident.New()
			if err := s.Projects.Store.Update(ctx, source); err != nil {
				return err
			}
			if below, err = s.directlyBelow(ctx, source); err != nil {
				return err
			}
		}
		for _, p := range below {
			if _, err := s.Projects.Hang(ctx, p, to); err != nil {
				return err
			}
			m.Projects++
		}
		for _, c := range []Contents{s.tasksInside(), s.modelsInside()} {
			n, err := c.Refile(ctx, who, from, into)
			if err != nil {
				return err
			}
			m.Entities += n
		}
		if err := s.Projects.Store.Delete(ctx, []project.ID{from}); err != nil {
			return err
		}
		return s.Projects.Touch(ctx, into)
	})
	return m, err
}

func (s *Service) directlyBelow(ctx context.Context, p project.Project) ([]project.Project, error) {
	below, err := s.Projects.Store.Below(ctx, []project.ID{p.ID})
	return slices.DeleteFunc(below, func(b project.Project) bool { return b.Parent != p.ID }), err
}

// Inside is what lies in a project and everywhere below it. Projects that hold
// runs of pipelines or versions of datasets are counted as such; what lies in
// them is counted nowhere else.
type Inside struct {
	Tasks, Models, Reports Amount
	Pipelines, Datasets    int // where something is not archived
}

// Amount counts things; Living are those that are not archived.
type Amount struct{ All, Living int }

func (a *Amount) add(h project.Held) {
	a.All += h.Number
	if !h.Archived {
		a.Living += h.Number
	}
}

// DeleteProject says how a project is to be deleted.
type DeleteProject struct {
	Force    bool
	Contents bool // with all that lies in it; else that is filed nowhere
	Outputs  Outputs
}

// Deleted tells what went with a project.
type Deleted struct {
	Projects      int
	Disassociated int // tasks
	Tasks, Models Gone
}

// DeleteProject deletes a project with all projects below it. Without force,
// things in them that are not archived forbid it.
func (s *Service) DeleteProject(ctx context.Context, who user.Identity, id project.ID, d DeleteProject) (out Deleted, err error) {
	if err := who.Require(user.Member); err != nil {
		return out, err
	}
	err = s.Tx(ctx, func(ctx context.Context) error {
		out = Deleted{}
		top, err := s.Projects.Own(ctx, id)
		if err != nil {
			return err
		}
		all, err := s.Projects.Store.Below(ctx, []project.ID{id})
		if err != nil {
			return err
		}
		all = append(all, top)
		if !d.Force {
			in, err := s.inside(ctx, all)
			if err == nil {
				err = in.obstacle(top)
			}
			if err != nil {
				return err
			}
		}
		ids := make([]project.ID, len(all))
		for i, p := range all {
			ids[i] = p.ID
		}
		if d.Contents {
			// Models first: tasks that are going with them need not be mended.
			if out.Models, err = s.modelsInside().Remove(ctx, who, ids, d.Outputs); err != nil {
				return err
			}
			if out.Tasks, err = s.tasksInside().Remove(ctx, who, ids, d.Outputs); err != nil {
				return err
			}
		} else {
			for _, id := range ids {
				n, err := s.tasksInside().Refile(ctx, who, id, "")
				if err != nil {
					return err
				}
				out.Disassociated += n
				if _, err := s.modelsInside().Refile(ctx, who, id, ""); err != nil {
					return err
				}
			}
		}
		out.Projects = len(ids)
		if err := s.Projects.Store.Delete(ctx, ids); err != nil {
			return err
		}
		return s.Projects.Touch(ctx, top.Parent)
	})
	return out, err
}

// Inside counts what lies in a project and everywhere below it.
func (s *Service) Inside(ctx context.Context, who user.Identity, id project.ID) (Inside, error) {
	p, err := s.Projects.Get(ctx, who, id)
	if err != nil {
		return Inside{}, err
	}
	all, err := s.Projects.Below(ctx, who, []project.ID{id})
	if err != nil {
		return Inside{}, err
	}
	return s.inside(ctx, append(all, p))
}

func (s *Service) inside(ctx context.Context, all []project.Project) (in Inside, err error) {
	ids := make([]project.ID, len(all))
	tags := make(map[project.ID][]string, len(all))
	for i, p := range all {
		ids[i], tags[p.ID] = p.ID, p.SystemTags
	}
	held, err := s.tasksInside().Held(ctx, ids)
	if err != nil {
		return in, err
	}
	pipelines, datasets := map[project.ID]bool{}, map[project.ID]bool{}
	for _, h := range held {
		switch {
		case slices.Contains(tags[h.Project], project.Pipeline):
			if !h.Archived && task.Type(h.Type) == pipeline {
				pipelines[h.Project] = true
			}
		case slices.Contains(tags[h.Project], project.Datasets):
			if !h.Archived {
				datasets[h.Project] = true
			}
		case task.Type(h.Type) == report:
			in.Reports.add(h)
		default:
			in.Tasks.add(h)
		}
	}
	in.Pipelines, in.Datasets = len(pipelines), len(datasets)
	if held, err = s.modelsInside().Held(ctx, ids); err != nil {
		return in, err
	}
	for _, h := range held {
		if !slices.Contains(tags[h.Project], project.Pipeline) && !slices.Contains(tags[h.Project], project.Datasets) {
			in.Models.add(h)
		}
	}
	return in, nil
}

// obstacle is what forbids to delete the project.
func (in Inside) obstacle(p project.Project) error {
	for _, o := range []struct {
		reason fault.Reason
		number int
		what   string
	}{
		{project.ErrHasPipelines, in.Pipelines, "pipelines"},
		{project.ErrHasDatasets, in.Datasets, "datasets"},
		{project.ErrHasTasks, in.Tasks.Living + in.Reports.Living, "tasks"},
		{project.ErrHasModels, in.Models.Living, "models"},
	} {
		if o.number > 0 {
			return o.reason.Errorf("project %q holds %d %s that are not archived; archive them, or use force", p.Name, o.number, o.what).With(o.what, o.number)
		}
	}
	return nil
}

// UpdateProject changes a project. One that holds a dataset gives its new name
// to the versions that were called like it: clients look for them by that name.
func (s *Service) UpdateProject(ctx context.Context, who user.Identity, id project.ID, patch project.Patch) (p project.Project, err error) {
	if err := who.Require(user.Member); err != nil {
		return p, err
	}
	err = s.Tx(ctx, func(ctx context.Context) error {
		before, err := s.Projects.Get(ctx, who, id)
		if err != nil {
			return err
		}
		if p, err = s.Projects.Update(ctx, who, id, patch); err != nil || !slices.Contains(p.SystemTags, project.Datasets) {
			return err
		}
		from, to := before.Basename(), p.Basename()
		if from == to {
			return nil
		}
		ids, err := s.Tasks.Store.IDs(ctx, []project.ID{id})
		if err != nil {
			return err
		}
		for _, id := range ids {
			t, err := s.Tasks.Get(ctx, who, id)
			if err == nil && t.Name == from {
				_, err = s.Tasks.Update(ctx, who, id, task.Patch{Name: &to})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return p, err
}
