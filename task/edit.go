package task

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/user"
)

// Patch says what to change; nil fields stay. The fields in the function form
// change what is stored: the caller merges.
type Patch struct {
	Name              *string
	Comment           *string
	Type              *Type
	Status            *Status // bypasses the life cycle, as the protocol has it
	StatusMessage     *string
	Parent            *ID
	Project           *project.ID
	Tags              *[]string
	SystemTags        *[]string
	OutputDestination *string
	OutputError       *string
	Runtime           *map[string]any
	Hyperparams       func(*Params)
	Configuration     func(*map[string]ConfigItem)
	Container         func(*map[string]any)
	Script            func(*Script)
	Execution         func(*Execution)
	Models            func(*Models)
}

// Content reports whether the patch changes more than what the task is called
// and how it is filed.
func (p Patch) Content() bool {
	return p.Type != nil || p.Status != nil || p.Parent != nil || p.OutputDestination != nil || p.OutputError != nil ||
		p.Hyperparams != nil || p.Configuration != nil || p.Runtime != nil || p.Container != nil ||
		p.Script != nil || p.Execution != nil || p.Models != nil
}

// IsZero reports whether the patch changes nothing.
func (p Patch) IsZero() bool { return p.parts() == 0 }

// Spec returns the new task that the patch makes out of nothing.
func (p Patch) Spec() Spec { return p.Over(Spec{}) }

// Over returns the new task that the patch makes out of another.
func (p Patch) Over(spec Spec) Spec {
	p.write(&spec)
	return spec
}

// parts returns what must be saved.
func (p Patch) parts() Part {
	var what Part
	if p.Content() || p.Name != nil || p.Comment != nil || p.StatusMessage != nil || p.Project != nil {
		what |= Row
	}
	if p.Tags != nil || p.SystemTags != nil {
		what |= Tags
	}
	if p.Hyperparams != nil {
		what |= Parameters
	}
	if p.Models != nil {
		what |= Links
	}
	return what
}

// Edit changes a task. Without force it must have status created. An empty
// patch changes nothing.
func (s *Service) Edit(ctx context.Context, who user.Identity, id ID, patch Patch, force bool) (Task, error) {
	return s.change(ctx, who, id, func(ctx context.Context, t *Task) (Part, error) {
		if t.Status != Created && !force {
			return 0, ErrBadStatus.Errorf("task %s is %s; it can be edited while %s, or by force", t.ID, t.Status, Created).With("status", t.Status)
		}
		return s.apply(ctx, t, patch)
	})
}

// Update changes what a task is called and how it is filed, in any status: of
// the patch only name, comment, tags, system tags, project, status message and
// output error take effect.
func (s *Service) Update(ctx context.Context, who user.Identity, id ID, patch Patch) (Task, error) {
	return s.change(ctx, who, id, func(ctx context.Context, t *Task) (Part, error) { return s.update(ctx, t, patch) })
}

func (s *Service) update(ctx context.Context, t *Task, patch Patch) (Part, error) {
	patch = Patch{
		Name: patch.Name, Comment: patch.Comment, Tags: patch.Tags, SystemTags: patch.SystemTags,
		Project: patch.Project, StatusMessage: patch.StatusMessage, OutputError: patch.OutputError,
	}
	before := t.LastUpdate
	what, err := s.apply(ctx, t, patch)
	t.LastUpdate = before
	return what, err
}

// UpdateMany is Update for many tasks in one transaction; all of them must
// exist. It returns how many were changed.
func (s *Service) UpdateMany(ctx context.Context, who user.Identity, patches map[ID]Patch) (int, error) {
	changed := make(map[ID]bool, len(patches))
	_, err := s.each(ctx, who, slices.Collect(maps.Keys(patches)), func(ctx context.Context, t *Task) (Part, error) {
		what, err := s.update(ctx, t, patches[t.ID])
		if what == 0 || err != nil {
			return 0, err
		}
		changed[t.ID] = true
		return what, s.Projects.Touch(ctx, t.Project)
	})
	if err != nil {
		return 0, err
	}
	return len(changed), nil
}

func (s *Service) apply(ctx context.Context, t *Task, p Patch) (Part, error) {
	if err := s.checkPatch(ctx, p); err != nil {
		return 0, err
	}
	from := t.Project
	p.write(t)
	t.Script.trim()
	if err := errors.Join(checkSections(*t), checkIDs(*t)); err != nil {
		return 0, err
	}
	if p.Project != nil {
		t.Project = from
		if err := s.file(ctx, t, *p.Project); err != nil {
			return 0, err
		}
	}
	if p.Content() {
		t.LastUpdate = s.Now()
	}
	return p.parts(), nil
}

// write puts what the patch gives into a task.
func (p Patch) write(t *Task) {
	set(&t.Name, p.Name)
	set(&t.Comment, p.Comment)
	set(&t.Type, p.Type)
	set(&t.Status, p.Status)
	set(&t.StatusMessage, p.StatusMessage)
	set(&t.Parent, p.Parent)
	set(&t.Output.Destination, p.OutputDestination)
	set(&t.Output.Error, p.OutputError)
	set(&t.Runtime, p.Runtime)
	if p.Tags != nil {
		t.Tags = project.SortTags(*p.Tags)
	}
	if p.SystemTags != nil {
		t.SystemTags = project.SortTags(*p.SystemTags)
	}
	alter(&t.Hyperparams, p.Hyperparams)
	alter(&t.Configuration, p.Configuration)
	alter(&t.Container, p.Container)
	alter(&t.Script, p.Script)
	alter(&t.Execution, p.Execution)
	alter(&t.Models, p.Models)
	set(&t.Project, p.Project)
}

func (s *Service) checkPatch(ctx context.Context, p Patch) error {
	var errs []error
	if p.Name != nil {
		errs = append(errs, CheckName(*p.Name))
	}
	if p.Type != nil {
		errs = append(errs, checkType(*p.Type))
	}
	if p.Status != nil && !p.Status.Valid() {
		errs = append(errs, ErrInvalid.Errorf("status: %q is no task status", *p.Status).With("field", "status"))
	}
	if p.Tags != nil {
		errs = append(errs, checkTags(*p.Tags))
	}
	if p.SystemTags != nil {
		errs = append(errs, checkTags(*p.SystemTags))
	}
	if p.Parent != nil || p.Project != nil {
		var parent ID
		var in project.ID
		set(&parent, p.Parent)
		set(&in, p.Project)
		errs = append(errs, s.checkReferences(ctx, parent, in))
	}
	return errors.Join(errs...)
}

// file moves the task to a project; both projects have changed then.
func (s *Service) file(ctx context.Context, t *Task, to project.ID) error {
	from := t.Project
	t.Project = to
	if err := s.Projects.Touch(ctx, to); err != nil || from == to {
		return err
	}
	return s.Projects.Touch(ctx, from)
}

// SetRequirements replaces the package requirements of the script, in any
// status.
func (s *Service) SetRequirements(ctx context.Context, who user.Identity, id ID, requirements map[string]any) (Task, error) {
	return s.change(ctx, who, id, func(_ context.Context, t *Task) (Part, error) {
		t.Script.Requirements = requirements
		t.LastUpdate = s.Now()
		return Row, nil
	})
}

// EditRuntime sets and removes runtime properties. Nothing to do is no change.
func (s *Service) EditRuntime(ctx context.Context, who user.Identity, id ID, add map[string]any, remove []string) (Task, error) {
	return s.change(ctx, who, id, func(_ context.Context, t *Task) (Part, error) {
		if len(add) == 0 && len(remove) == 0 {
			return 0, nil
		}
		if t.Status.Frozen() {
			return 0, frozen(*t, "its runtime properties")
		}
		if err := checkKeys("add_or_update", add); err != nil {
			return 0, err
		}
		if t.Runtime == nil {
			t.Runtime = make(map[string]any)
		}
		for k, v := range add {
			t.Runtime[k] = v
		}
		for _, k := range remove {
			delete(t.Runtime, k)
		}
		t.LastUpdate = s.Now()
		return Row, nil
	})
}

func frozen(t Task, what string) error {
	return ErrBadStatus.Errorf("task %s (%s) is %s; %s can no longer change", t.ID, t.Name, t.Status, what).With("status", t.Status)
}

// alter runs a change unless it is nil.
func alter[T any](what *T, change func(*T)) {
	if change != nil {
		change(what)
	}
}

// set writes *from to *to unless from is nil.
func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}
