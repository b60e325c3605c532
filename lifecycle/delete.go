package lifecycle

import (
	"context"
	"slices"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// Outputs says what becomes of the things that a task logged when it is
// deleted or reset.
type Outputs struct {
	// Files condemns the files that output artifacts and events name, in the
	// same transaction. Those that other living records name stay.
	Files bool
	// KeepModels keeps draft models that the task made, which otherwise go
	// with it unless tasks that stay use them.
	KeepModels bool
}

// Removed tells what a deletion or reset took away.
type Removed struct {
	Children      int            // tasks whose parent is gone now
	Addresses     []file.Address // of output artifacts
	Weights       []file.Address // of models that went with it
	DeletedModels int
	UpdatedModels int // that stayed
	Queues        int // that the task stood in
}

// Delete says how a task is to be deleted.
type Delete struct {
	Force   bool
	Steps   bool // of a pipeline: its children go with it, by force
	Outputs Outputs
}

// DeleteTask deletes a task with all it logged. Without force it must be
// created or archived and have neither published children nor ready models.
func (s *Service) DeleteTask(ctx context.Context, who user.Identity, id task.ID, d Delete) (Removed, error) {
	if err := who.Require(user.Member); err != nil {
		return Removed{}, err
	}
	var r Removed
	err := s.Tx(ctx, func(ctx context.Context) error {
		r = Removed{}
		gone, err := s.deleteTask(ctx, who, id, d, &r)
		if err != nil {
			return err
		}
		return s.disbandAll(ctx, who, gone, d.Outputs, &r)
	})
	return r, err
}

// departed is a task that is deleted while the models it made are still there.
type departed struct {
	task task.ID
	made []model.ID
}

// deleteTask is DeleteTask but for the models, which the caller disbands when
// all tasks that are deleted together are gone: what one of them made for
// another then goes with them, in whatever order they went.
func (s *Service) deleteTask(ctx context.Context, who user.Identity, id task.ID, d Delete, r *Removed) ([]departed, error) {
	t, err := s.lock(ctx, id)
	if err != nil {
		return nil, err
	}
	if !d.Force && t.Status != task.Created && !slices.Contains(t.SystemTags, task.Archived) {
		return nil, task.ErrUndeletable.Errorf("task %s is %s; it can be deleted while created, when archived, or by force", id, t.Status).With("status", t.Status)
	}
	if err := s.childrenAllow(ctx, id, d.Force); err != nil {
		return nil, err
	}
	made, err := s.outputs(ctx, t)
	if err != nil {
		return nil, err
	}
	if err := modelsAllow(t, made, d.Force); err != nil {
		return nil, err
	}
	steps, err := s.steps(ctx, t, d.Steps)
	if err != nil {
		return nil, err
	}
	var gone []departed
	for _, step := range steps {
		more, err := s.deleteTask(ctx, who, step.ID, Delete{Force: true, Outputs: d.Outputs}, r)
		if err != nil {
			return nil, err
		}
		gone = append(gone, more...)
	}
	addresses, err := s.discard(ctx, id, nil, d.Outputs)
	if err != nil {
		return nil, err
	}
	r.Addresses = append(r.Addresses, addresses...)
	if err := s.Artifacts.Store.Forget(ctx, id); err != nil {
		return nil, err
	}
	if r.Queues, err = s.Queues.Leave(ctx, id, "", ""); err != nil { // after the steps: those of the task count
		return nil, err
	}
	children, err := s.Tasks.Store.Delete(ctx, id)
	if err != nil {
		return nil, err
	}
	r.Children += children
	return append(gone, departed{id, modelIDs(made)}), s.Projects.Touch(ctx, t.Project)
}

// disbandAll disbands the models of tasks that are gone.
func (s *Service) disbandAll(ctx context.Context, who user.Identity, gone []departed, out Outputs, r *Removed) error {
	for _, g := range gone {
		if err := s.disband(ctx, who, g.task, g.made, task.DeletedPrefix+g.task, out, r); err != nil {
			return err
		}
	}
	return nil
}

// lock loads a task that is going to be changed.
func (s *Service) lock(ctx context.Context, id task.ID) (task.Task, error) {
	if _, err := s.Tasks.LockStatus(ctx, id); err != nil {
		return task.Task{}, err
	}
	return s.Tasks.Store.Get(ctx, id)
}

// childrenAllow refuses to take away what published tasks stand on.
func (s *Service) childrenAllow(ctx context.Context, id task.ID, force bool) error {
	if force {
		return nil
	}
	n, err := s.Tasks.Store.PublishedChildren(ctx, id)
	if err == nil && n > 0 {
		return task.ErrUndeletable.Errorf("task %s has %d published children; use force", id, n).With("children", n)
	}
	return err
}

// discard removes artifacts (those given, nil for all) and all events, and
// condemns the files of outputs if that was asked for.
func (s *Service) discard(ctx context.Context, id task.ID, refs []artifact.Ref, out Outputs) ([]file.Address, error) {
	gone, err := s.Artifacts.Discard(ctx, id, refs)
	if err != nil {
		return nil, err
	}
	var addresses []file.Address
	for ref, list := range gone {
		if ref.Mode == artifact.Output {
			addresses = append(addresses, list...)
		}
	}
	slices.SortFunc(addresses, compare)
	addresses = slices.CompactFunc(addresses, func(a, b file.Address) bool { return compare(a, b) == 0 })
	shown, err := s.Events.Delete(ctx, event.Target{Kind: event.Task, ID: string(id)})
	if err != nil || !out.Files {
		return addresses, err
	}
	return addresses, s.Files.Condemn(ctx, paths(addresses, shown))
}

// paths returns the own paths among the addresses, each once.
func paths(lists ...[]file.Address) []file.Path {
	var out []file.Path
	for _, list := range lists {
		for _, a := range list {
			if a.IsOwn() {
				out = append(out, a.Path)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func compare(a, b file.Address) int {
	switch ca, cb := a.Canonical(), b.Canonical(); {
	case ca < cb:
		return -1
	case ca > cb:
		return 1
	}
	return 0
}

// Reset says how a task is to be reset.
type Reset struct {
	Force    bool
	ClearAll bool // execution and script go, too
	Outputs  Outputs
}

// ResetTask takes a task back to created: what it logged is removed, its
// parameters and configuration stay, and so do input artifacts.
func (s *Service) ResetTask(ctx context.Context, who user.Identity, id task.ID, reset Reset) (task.Task, Removed, error) {
	var t task.Task
	var r Removed
	err := s.Tx(ctx, func(ctx context.Context) (err error) {
		r = Removed{}
		before, err := s.lock(ctx, id)
		if err != nil {
			return err
		}
		made, err := s.outputs(ctx, before)
		if err != nil {
			return err
		}
		if t, err = s.Tasks.Reset(ctx, who, id, reset.Force, reset.ClearAll); err != nil {
			return err
		}
		if err := s.childrenAllow(ctx, id, reset.Force); err != nil {
			return err
		}
		if err := modelsAllow(t, made, reset.Force); err != nil {
			return err
		}
		if err := s.disband(ctx, who, id, modelIDs(made), "", reset.Outputs, &r); err != nil {
			return err
		}
		if r.Queues, err = s.Queues.Leave(ctx, id, "", ""); err != nil {
			return err
		}
		logged, err := s.Artifacts.Store.List(ctx, artifact.Selection{Tasks: []task.ID{id}})
		if err != nil {
			return err
		}
		outputs := []artifact.Ref{} // not nil: an empty list means none
		for _, a := range logged {
			if a.Mode == artifact.Output {
				outputs = append(outputs, a.Ref)
			}
		}
		r.Addresses, err = s.discard(ctx, id, outputs, reset.Outputs)
		return err
	})
	return t, r, err
}
