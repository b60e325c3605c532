package project

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/internal/ident"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/user"
)

// Config is what the service needs; all fields are required.
type Config struct {
	Store Store
	Tx    func(ctx context.Context, fn func(context.Context) error) error
	Now   func() time.Time
}

// Service is the project noun.
type Service struct{ Config }

// New returns the service.
func New(cfg Config) *Service { return &Service{cfg} }

// Create makes a project and its missing ancestors. ErrNameTaken if a project
// of that name exists.
func (s *Service) Create(ctx context.Context, who user.Identity, spec Spec) (Project, error) {
	if err := who.Require(user.Member); err != nil {
		return Project{}, err
	}
	name, err := Normalise(spec.Name)
	if err != nil {
		return Project{}, err
	}
	if err := errors.Join(CheckTags(spec.Tags), CheckTags(spec.SystemTags)); err != nil {
		return Project{}, err
	}
	spec.Name = name
	var made Project
	err = s.Tx(ctx, func(ctx context.Context) error {
		if err := s.free(ctx, name); err != nil {
			return err
		}
		made, err = s.insert(ctx, who, spec)
		return err
	})
	return made, err
}

// FindOrCreate returns the project of that name, made with its ancestors if
// it is missing.
func (s *Service) FindOrCreate(ctx context.Context, who user.Identity, name string) (Project, error) {
	if err := who.Require(user.Member); err != nil {
		return Project{}, err
	}
	name, err := Normalise(name)
	if err != nil {
		return Project{}, err
	}
	var p Project
	err = s.Tx(ctx, func(ctx context.Context) error {
		p, err = s.findOrInsert(ctx, who, name)
		return err
	})
	return p, err
}

func (s *Service) findOrInsert(ctx context.Context, who user.Identity, name string) (Project, error) {
	p, err := s.Store.ByName(ctx, name)
	if err == nil || !errors.Is(err, ErrNotFound) {
		return p, err
	}
	spec := Spec{Name: name}
	if slices.Contains(folders, (Project{Name: name}).Basename()) {
		spec.SystemTags = []string{Hidden}
	}
	return s.insert(ctx, who, spec)
}

// folders are the names of projects that hold those of one kind, and are no
// place of people's.
var folders = []string{".datasets", ".pipelines", ".reports"}

// insert adds one project below its parent, which it makes if need be.
func (s *Service) insert(ctx context.Context, who user.Identity, spec Spec) (Project, error) {
	now := s.Now()
	p := Project{
		ID: ID(ident.New()), Name: spec.Name, Description: spec.Description, User: who.User,
		Created: now, LastUpdate: now, Tags: SortTags(spec.Tags), SystemTags: SortTags(spec.SystemTags),
		DefaultOutputDestination: spec.DefaultOutputDestination,
	}
	if i := strings.LastIndexByte(spec.Name, '/'); i >= 0 {
		parent, err := s.findOrInsert(ctx, who, spec.Name[:i])
		if err == nil && parent.Public {
			err = publicProject(parent)
		}
		if err != nil {
			return Project{}, err
		}
		p.Parent = parent.ID
		p.Path = append(slices.Clone(parent.Path), parent.ID)
	}
	return p, s.Store.Insert(ctx, p)
}

// Get returns one project.
func (s *Service) Get(ctx context.Context, who user.Identity, id ID) (Project, error) {
	if err := who.Require(user.Guest); err != nil {
		return Project{}, err
	}
	return s.Store.Get(ctx, id)
}

// Many returns those of the ids that exist, by id.
func (s *Service) Many(ctx context.Context, who user.Identity, ids []ID) (map[ID]Project, error) {
	if err := who.Require(user.Guest); err != nil {
		return nil, err
	}
	found, err := s.Store.Many(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[ID]Project, len(found))
	for _, p := range found {
		out[p.ID] = p
	}
	return out, nil
}

// List answers a query.
func (s *Service) List(ctx context.Context, who user.Identity, q Query) ([]Project, error) {
	if err := who.Require(user.Guest); err != nil {
		return nil, err
	}
	return s.Store.List(ctx, q)
}

// Count tells how many projects a query finds, at most limit if it is not 0.
func (s *Service) Count(ctx context.Context, who user.Identity, q Query, limit int) (int, error) {
	if err := who.Require(user.Guest); err != nil {
		return 0, err
	}
	return s.Store.Count(ctx, q, limit)
}

// Tags returns the tags of the projects given and of all below, nil meaning
// everywhere, that meet the filter, nil for all.
func (s *Service) Tags(ctx context.Context, who user.Identity, in []ID, filter query.Filter) (Tags, error) {
	if err := who.Require(user.Guest); err != nil {
		return Tags{}, err
	}
	return s.Store.Tags(ctx, in, filter)
}

// Descendants returns the given ids and those of everything below them.
func (s *Service) Descendants(ctx context.Context, who user.Identity, ids []ID) ([]ID, error) {
	if err := who.Require(user.Guest); err != nil {
		return nil, err
	}
	below, err := s.Store.Descendants(ctx, ids)
	return append(slices.Clone(ids), below...), err
}

// Update changes a project. A new name may differ in its last element only.
func (s *Service) Update(ctx context.Context, who user.Identity, id ID, patch Patch) (Project, error) {
	if err := who.Require(user.Member); err != nil {
		return Project{}, err
	}
	var p Project
	err := s.Tx(ctx, func(ctx context.Context) (err error) {
		if p, err = s.Own(ctx, id); err != nil {
			return err
		}
		if err = s.apply(ctx, &p, patch); err != nil {
			return err
		}
		p.LastUpdate = s.Now()
		return s.Store.Update(ctx, p)
	})
	return p, err
}

func (s *Service) apply(ctx context.Context, p *Project, patch Patch) error {
	if patch.Name != nil {
		if err := s.rename(ctx, p, *patch.Name); err != nil {
			return err
		}
	}
	if patch.Description != nil {
		p.Description = *patch.Description
	}
	if patch.DefaultOutputDestination != nil {
		p.DefaultOutputDestination = *patch.DefaultOutputDestination
	}
	if patch.Tags != nil {
		if err := CheckTags(*patch.Tags); err != nil {
			return err
		}
		p.Tags = SortTags(*patch.Tags)
	}
	if patch.SystemTags != nil {
		if err := CheckTags(*patch.SystemTags); err != nil {
			return err
		}
		p.SystemTags = SortTags(*patch.SystemTags)
	}
	return nil
}

func (s *Service) rename(ctx context.Context, p *Project, to string) error {
	name, err := Normalise(to)
	if err != nil {
		return err
	}
	if name == p.Name {
		return nil
	}
	if folder(name) != folder(p.Name) {
		return ErrLocation.Errorf("a rename keeps the place in the tree: %q cannot become %q; move it instead", p.Name, name)
	}
	if err := s.free(ctx, name); err != nil {
		return err
	}
	p.Name = name
	return nil
}

// free refuses a name that is taken.
func (s *Service) free(ctx context.Context, name string) error {
	switch p, err := s.Store.ByName(ctx, name); {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	case p.Public:
		return ErrPublicName.Errorf("a public project named %q exists", name)
	}
	return ErrNameTaken.Errorf("a project named %q exists already", name)
}

func folder(name string) string { return name[:strings.LastIndexByte(name, '/')+1] }

// Touch notes that something in the project changed. The root is no project
// and has no time.
func (s *Service) Touch(ctx context.Context, id ID) error {
	if id == "" {
		return nil
	}
	return s.Store.Touch(ctx, id, s.Now())
}

// CheckTags refuses tags that the list syntax of queries would take for
// operators, and those that are too long.
func CheckTags(tags []string) error {
	for _, t := range tags {
		if strings.HasPrefix(t, "__$") {
			return ErrBadTag.Errorf("the tag %q begins like an operator; a tag must not begin with __$", t)
		}
		if len(t) > MaxTag {
			return ErrBadTag.Errorf("the tag %.40q... has %d bytes, the limit is %d", t, len(t), MaxTag)
		}
	}
	return nil
}

// SortTags returns the tags as they are kept: sorted, each once.
func SortTags(tags []string) []string {
	out := slices.Clone(tags)
	slices.Sort(out)
	return slices.Compact(out)
}
