package queue

import (
	"context"
	"errors"

	"github.com/coffer-ml/coffer/internal/ident"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/user"
)

// Patch says what to change; nil fields stay.
type Patch struct {
	Name        *string
	DisplayName *string
	Tags        *[]string
	SystemTags  *[]string
}

// Create makes a queue; ErrNameTaken if one of that name exists.
func (s *Service) Create(ctx context.Context, who user.Identity, spec Queue) (Queue, error) {
	if err := who.Require(user.Member); err != nil {
		return Queue{}, err
	}
	name, err := cleanName("name", spec.Name)
	if err := errors.Join(err, project.CheckTags(spec.Tags), project.CheckTags(spec.SystemTags)); err != nil {
		return Queue{}, err
	}
	now := s.Now()
	q := Queue{
		ID: ID(ident.New()), Name: name, DisplayName: spec.DisplayName, User: who.User, Created: now, LastUpdate: now,
		Tags: project.SortTags(spec.Tags), SystemTags: project.SortTags(spec.SystemTags),
	}
	return q, s.Store.Insert(ctx, q)
}

// Update changes a queue.
func (s *Service) Update(ctx context.Context, who user.Identity, id ID, patch Patch) (q Queue, err error) {
	if err := who.Require(user.Member); err != nil {
		return Queue{}, err
	}
	err = s.Tx(ctx, func(ctx context.Context) error {
		if q, err = s.Store.Get(ctx, id); err != nil {
			return err
		}
		if patch.Name != nil {
			if q.Name, err = cleanName("name", *patch.Name); err != nil {
				return err
			}
		}
		if patch.DisplayName != nil {
			q.DisplayName = *patch.DisplayName
		}
		for to, from := range map[*[]string]*[]string{&q.Tags: patch.Tags, &q.SystemTags: patch.SystemTags} {
			if from == nil {
				continue
			}
			if err := project.CheckTags(*from); err != nil {
				return err
			}
			*to = project.SortTags(*from)
		}
		return s.Store.Update(ctx, q)
	})
	return q, err
}
