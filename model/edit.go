package model

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"time"

	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// Patch says what to change; nil fields stay.
type Patch struct {
	Name       *string
	Comment    *string
	Address    *file.Address
	At         *Moment // goes with Address
	Framework  *string
	Design     *map[string]any
	Labels     *map[string]int64
	Task       *task.ID // one that was deleted is passed over
	Parent     *ID
	Project    *project.ID
	Tags       *[]string
	SystemTags *[]string
	Metadata   *Metadata
	Ready      *bool // bypasses publishing, as the protocol has it
	Cache      *map[string]any
	Created    *time.Time
}

// Content reports whether the patch changes more than what the model is called
// and how it is filed.
func (p Patch) Content() bool {
	return p.Address != nil || p.Framework != nil || p.Design != nil || p.Labels != nil || p.Ready != nil || p.Metadata != nil ||
		p.Tags != nil || p.SystemTags != nil
}

// IsZero reports whether the patch changes nothing.
func (p Patch) IsZero() bool {
	return !p.Content() && p.Name == nil && p.Comment == nil && p.Task == nil && p.Parent == nil && p.Project == nil &&
		p.Cache == nil && p.Created == nil
}

// Edit changes a model. What a ready one is made of stays as it is, unless it
// is made a draft again by the same call.
func (s *Service) Edit(ctx context.Context, who user.Identity, id ID, patch Patch) (Model, error) {
	return s.change(ctx, who, id, func(ctx context.Context, m *Model) (Part, error) {
		if patch.Task != nil && deleted(*patch.Task) {
			patch.Task = nil
		}
		return s.apply(ctx, m, patch)
	})
}

// Update changes what a model is called and how it is filed, and its address:
// of the patch only name, comment, tags, system tags, project, address,
// metadata, cache and time of creation take effect.
func (s *Service) Update(ctx context.Context, who user.Identity, id ID, patch Patch) (Model, error) {
	return s.Edit(ctx, who, id, patch.Filing())
}

// Filing returns the part of the patch that Update writes.
func (p Patch) Filing() Patch {
	return Patch{
		Name: p.Name, Comment: p.Comment, Tags: p.Tags, SystemTags: p.SystemTags, Project: p.Project,
		Address: p.Address, At: p.At, Metadata: p.Metadata, Cache: p.Cache, Created: p.Created,
	}
}

// Spec returns the new model that the patch makes out of nothing.
func (p Patch) Spec() Spec {
	var m Model
	p.write(&m)
	return m
}

func (s *Service) apply(ctx context.Context, m *Model, p Patch) (Part, error) {
	if p.Address != nil {
		spoils, err := s.spoils(ctx, *m, *p.Address)
		if err != nil {
			return 0, err
		}
		if spoils {
			p.Address = nil
		}
	}
	if p.IsZero() {
		return 0, nil
	}
	if err := errors.Join(m.forbids(p), s.checkReferences(ctx, *m, p)); err != nil {
		return 0, err
	}
	moved := p.Address != nil && p.Address.Canonical() != m.Address.Canonical()
	p.write(m)
	if p.Content() {
		m.LastUpdate = s.Now()
	}
	if p.Address != nil {
		if moved {
			m.Iteration = nil
		}
		if err := s.snapshot(ctx, *m, p.At); err != nil {
			return 0, err
		}
		if p.At != nil {
			m.Iteration = p.At.iteration()
		}
	}
	what := Row
	if p.Tags != nil || p.SystemTags != nil {
		what |= Tags
	}
	if p.Metadata != nil {
		what |= Items
	}
	return what, nil
}

// checkReferences makes sure that what a patch refers to exists. What the model
// refers to already may be gone meanwhile: clients send it back with every edit.
func (s *Service) checkReferences(ctx context.Context, m Model, p Patch) error {
	if p.Task != nil && *p.Task != "" && *p.Task != m.Task {
		st, err := s.Tasks.Store.Standing(ctx, *p.Task)
		switch {
		case errors.Is(err, task.ErrNotFound):
			return ErrBadReference.Errorf("task: there is no task %s", *p.Task).With("field", "task")
		case err != nil:
			return err
		case st.Public:
			return task.ErrNotFound.Errorf("task %s is public: it makes no models", *p.Task)
		}
	}
	if p.Parent != nil && *p.Parent != "" && *p.Parent != m.Parent {
		if _, err := s.Store.Get(ctx, *p.Parent); errors.Is(err, ErrNotFound) {
			return ErrBadReference.Errorf("parent: there is no model %s", *p.Parent).With("field", "parent")
		} else if err != nil {
			return err
		}
	}
	if p.Project != nil {
		_, err := s.project(ctx, *p.Project, ErrBadReference)
		return err
	}
	return nil
}

// forbids refuses to change what a ready model is made of. Clients send all
// they know of a model with every edit: what stays the same is no change.
func (m Model) forbids(p Patch) error {
	if !m.Ready || p.Ready != nil && !*p.Ready {
		return nil
	}
	for field, changed := range map[string]bool{
		"uri":       p.Address != nil && p.Address.Canonical() != m.Address.Canonical(),
		"framework": p.Framework != nil && *p.Framework != m.Framework,
		"design":    p.Design != nil && !sameObject(*p.Design, m.Design),
		"labels":    p.Labels != nil && !maps.Equal(*p.Labels, m.Labels),
	} {
		if changed {
			return ErrReady.Errorf("model %s (%s) is published; its %s can no longer change", m.ID, m.Name, field).With("field", field)
		}
	}
	return nil
}

// sameObject compares what JSON can say.
func sameObject(a, b map[string]any) bool {
	if len(a) != len(b) {
		return false
	}
	was, errA := json.Marshal(a)
	is, errB := json.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(was, is)
}

// write puts what the patch gives into a model.
func (p Patch) write(m *Model) {
	set(&m.Name, p.Name)
	set(&m.Comment, p.Comment)
	set(&m.Framework, p.Framework)
	set(&m.Design, p.Design)
	set(&m.Labels, p.Labels)
	set(&m.Task, p.Task)
	set(&m.Parent, p.Parent)
	set(&m.Project, p.Project)
	set(&m.Ready, p.Ready)
	set(&m.Cache, p.Cache)
	set(&m.Created, p.Created)
	if p.Address != nil {
		m.Address, m.Cache = *p.Address, nil
	}
	if p.Tags != nil {
		m.Tags = project.SortTags(*p.Tags)
	}
	if p.SystemTags != nil {
		m.SystemTags = project.SortTags(*p.SystemTags)
	}
	if p.Metadata != nil {
		m.Metadata = p.Metadata.keyed()
	}
}

// set writes *from to *to unless from is nil.
func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}
