package model

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/internal/ident"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// Config is what the service needs; all fields are required.
type Config struct {
	Store    Store
	Projects *project.Service
	Tasks    *task.Service
	Files    *file.Service
	Tx       func(ctx context.Context, fn func(context.Context) error) error
	Now      func() time.Time
}

// Service is the model noun. It implements file.Landing.
type Service struct{ Config }

// New returns the service.
func New(cfg Config) *Service { return &Service{cfg} }

// Spec is what a new model is made of. Fields that the server sets itself are
// ignored.
type Spec = Model

// Create adds a model. Its project and task must exist and be as public as the
// model shall be. Its parent is not looked for. If weights are
// at its address, they are its first version, made at the given moment.
func (s *Service) Create(ctx context.Context, who user.Identity, spec Spec, at *Moment) (Model, error) {
	if err := who.Require(user.Member); err != nil {
		return Model{}, err
	}
	m, now := spec, s.Now()
	m.ID, m.User, m.LastChangedBy = ID(ident.New()), who.User, who.User
	m.Created, m.LastUpdate, m.LastChange = now, now, now
	m.Tags, m.SystemTags = project.SortTags(m.Tags), project.SortTags(m.SystemTags)
	m.Metadata, m.Iteration = m.Metadata.keyed(), at.iteration()
	if err := errors.Join(m.check(), distinctLabels(m.Labels)); err != nil {
		return Model{}, err
	}
	err := s.Tx(ctx, func(ctx context.Context) error {
		p, err := s.project(ctx, m.Project, ErrInvalid)
		if err == nil && m.Project != "" && p.Public != m.Public {
			err = ErrInvalid.Errorf("project: project %s is not as public as its model", m.Project).With("field", "project")
		}
		if err != nil {
			return err
		}
		if m.Task != "" {
			st, err := s.Tasks.Store.Standing(ctx, m.Task)
			if err == nil && st.Public != m.Public {
				err = task.ErrNotFound.Errorf("task %s is not as public as its model", m.Task)
			}
			if err != nil {
				return err
			}
		}
		if err := s.Store.Insert(ctx, m); err != nil {
			return err
		}
		return s.snapshot(ctx, m, at)
	})
	return m, err
}

// project returns a project that must exist; none for "".
func (s *Service) project(ctx context.Context, id project.ID, why fault.Reason) (project.Project, error) {
	if id == "" {
		return project.Project{}, nil
	}
	p, err := s.Projects.Store.Get(ctx, id)
	if errors.Is(err, project.ErrNotFound) {
		err = why.Errorf("project: there is no project %s", id).With("field", "project")
	}
	return p, err
}

// Get returns one model.
func (s *Service) Get(ctx context.Context, who user.Identity, id ID) (Model, error) {
	if err := who.Require(user.Guest); err != nil {
		return Model{}, err
	}
	return s.Store.Get(ctx, id)
}

// List answers a query.
func (s *Service) List(ctx context.Context, who user.Identity, q Query) ([]Model, error) {
	if err := who.Require(user.Guest); err != nil {
		return nil, err
	}
	return s.Store.List(ctx, q)
}

// Filed returns what looks at models by where they lie.
func (s *Service) Filed(who user.Identity) (Filed, error) { return s.Store, who.Require(user.Guest) }

// Count tells how many models a query finds, at most limit if it is not 0.
func (s *Service) Count(ctx context.Context, who user.Identity, q Query, limit int) (int, error) {
	if err := who.Require(user.Guest); err != nil {
		return 0, err
	}
	return s.Store.Count(ctx, q, limit)
}

// Frameworks returns the frameworks in use in the projects, sorted; nil means
// everywhere.
func (s *Service) Frameworks(ctx context.Context, who user.Identity, projects []project.ID) ([]string, error) {
	if err := who.Require(user.Guest); err != nil {
		return nil, err
	}
	return s.Store.Frameworks(ctx, projects)
}

// reportEvery is how often what is reported on a model moves its times: a busy
// program reports many times a second.
const reportEvery = time.Second

// Report notes, for the noun of events inside its transactions, that something
// was reported on models. The times may be behind by up to a second.
func (s *Service) Report(ctx context.Context, who user.Identity, ids []ID) error {
	now := s.Now()
	return s.Store.TouchOld(ctx, ids, who.User, now, now.Add(-reportEvery))
}

// Lock returns a model for other nouns inside their transactions, which change
// what belongs to it; ErrNotFound also for a public one, which nobody may
// change.
func (s *Service) Lock(ctx context.Context, id ID) (Model, error) {
	m, err := s.Store.Lock(ctx, id)
	if err == nil && m.Public {
		err = publicModel(id)
	}
	return m, err
}

// publicModel tells what is true and has the reason that clients know.
func publicModel(id ID) error {
	return ErrNotFound.Errorf("model %s is public: it can be read, used and made private again, but not changed", id)
}

// change loads the model under its lock, lets fn change it, stamps it and
// saves the parts that fn names. If fn names none, nothing is written.
func (s *Service) change(ctx context.Context, who user.Identity, id ID, fn func(context.Context, *Model) (Part, error)) (Model, error) {
	if err := who.Require(user.Member); err != nil {
		return Model{}, err
	}
	var m Model
	err := s.Tx(ctx, func(ctx context.Context) (err error) {
		if m, err = s.Lock(ctx, id); err != nil {
			return err
		}
		return s.alter(ctx, who, &m, fn)
	})
	return m, err
}

// alter is change for a model that is locked.
func (s *Service) alter(ctx context.Context, who user.Identity, m *Model, fn func(context.Context, *Model) (Part, error)) error {
	what, err := fn(ctx, m)
	if err != nil || what == 0 {
		return err
	}
	if err := m.check(); err != nil {
		return err
	}
	m.LastChange, m.LastChangedBy = s.Now(), who.User
	return s.Store.Save(ctx, *m, what|Row)
}

// deleted reports whether the id is that of a task that was deleted.
func deleted(id task.ID) bool { return strings.HasPrefix(string(id), task.DeletedPrefix) }
