package lifecycle

import (
	"context"

	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// Contents are the things of one noun that lie in projects. What happens to
// projects happens to them through this; each call takes part in the
// transaction of the context.
type Contents interface {
	// Held counts what lies directly in each of the projects, by sort.
	Held(ctx context.Context, in []project.ID) ([]project.Held, error)
	// Refile files all that lies directly in one project, archived or not,
	// under another, "" being the root. It returns how many there were.
	Refile(ctx context.Context, who user.Identity, from, to project.ID) (int, error)
	// Remove deletes all that lies directly in the projects, published or not,
	// with what it logged.
	Remove(ctx context.Context, who user.Identity, in []project.ID, out Outputs) (Gone, error)
}

// Gone tells what was deleted with a project.
type Gone struct {
	Number    int
	Addresses []file.Address // of the files that belonged to it
	Weights   []file.Address // of models that went with a task
}

// tasksIn are the tasks in projects.
type tasksIn struct{ *Service }

// Held implements Contents.
func (c tasksIn) Held(ctx context.Context, in []project.ID) ([]project.Held, error) {
	return c.Tasks.Store.Held(ctx, in)
}

// Refile implements Contents.
func (c tasksIn) Refile(ctx context.Context, who user.Identity, from, to project.ID) (int, error) {
	return c.Tasks.Store.Refile(ctx, from, to, who.User, c.Now())
}

// Remove implements Contents. Of tasks elsewhere that stand on a deleted one
// the parent is taken.
func (c tasksIn) Remove(ctx context.Context, who user.Identity, in []project.ID, out Outputs) (Gone, error) {
	var g Gone
	ids, err := c.Tasks.Store.IDs(ctx, in)
	if err != nil {
		return g, err
	}
	var (
		r    Removed
		gone []departed
	)
	for _, id := range ids {
		more, err := c.deleteTask(ctx, who, id, Delete{Force: true, Outputs: out}, &r)
		if err != nil {
			return g, err
		}
		gone = append(gone, more...)
	}
	if err := c.disbandAll(ctx, who, gone, out, &r); err != nil {
		return g, err
	}
	g.Number, g.Addresses, g.Weights = len(ids), r.Addresses, r.Weights
	return g, c.Tasks.Store.Orphan(ctx, ids)
}

// modelsIn are the models in projects.
type modelsIn struct{ *Service }

// Held implements Contents.
func (c modelsIn) Held(ctx context.Context, in []project.ID) ([]project.Held, error) {
	return c.Models.Store.Held(ctx, in)
}

// Refile implements Contents.
func (c modelsIn) Refile(ctx context.Context, who user.Identity, from, to project.ID) (int, error) {
	return c.Models.Store.Refile(ctx, from, to, who.User, c.Now())
}

// Remove implements Contents. Tasks elsewhere that name a deleted one name its
// mark.
func (c modelsIn) Remove(ctx context.Context, who user.Identity, in []project.ID, out Outputs) (Gone, error) {
	var g Gone
	ids, err := c.Models.Store.IDs(ctx, in)
	if err != nil {
		return g, err
	}
	for _, id := range ids {
		m, err := c.Models.Store.Lock(ctx, id)
		if err == nil {
			err = c.discardModel(ctx, who, m, out.Files)
		}
		if err != nil {
			return g, err
		}
		g.Number++
		g.Addresses = append(g.Addresses, m.Address)
	}
	return g, nil
}

// tasksInside and modelsInside are the two kinds of contents.
func (s *Service) tasksInside() Contents  { return tasksIn{s} }
func (s *Service) modelsInside() Contents { return modelsIn{s} }

// report is the type of tasks that are reports.
const report task.Type = "report"
