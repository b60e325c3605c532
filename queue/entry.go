package queue

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/coffer-ml/coffer/internal/ident"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// Entry is a task that waits in a queue.
type Entry struct {
	Task  task.ID
	Added time.Time
}

// MaxName bounds a name in bytes, like that of a task.
const MaxName = task.MaxName

// Entries returns what stands in queues, the first in line first.
func (s *Service) Entries(ctx context.Context, who user.Identity, ids []ID) (map[ID][]Entry, error) {
	if err := who.Require(user.Guest); err != nil {
		return nil, err
	}
	return s.Store.Entries(ctx, ids)
}

// Append puts a task at the end of a queue, inside the transaction of whoever
// changes its status with that. ErrQueuedAlready if it stands there.
func (s *Service) Append(ctx context.Context, id ID, of task.ID) error {
	return s.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.Lock(ctx, id); err != nil {
			return err
		}
		return s.Store.Append(ctx, id, Entry{Task: of, Added: s.Now()})
	})
}

// Leave takes a task out of a queue, or with "" out of all; unless keeps one of
// them. It returns out of how many. A task that stands in none is no error.
func (s *Service) Leave(ctx context.Context, of task.ID, from, unless ID) (int, error) {
	return s.Store.Remove(ctx, of, from, unless)
}

// FindOrCreate returns the queue of that name, made if it is missing.
func (s *Service) FindOrCreate(ctx context.Context, who user.Identity, name string) (Queue, error) {
	if err := who.Require(user.Member); err != nil {
		return Queue{}, err
	}
	name, err := cleanName("queue_name", name)
	if err != nil {
		return Queue{}, err
	}
	var q Queue
	err = s.Tx(ctx, func(ctx context.Context) (err error) {
		if q, err = s.Store.ByName(ctx, name); !errors.Is(err, ErrNotFound) {
			return err
		}
		now := s.Now()
		q = Queue{ID: ID(ident.New()), Name: name, User: who.User, Created: now, LastUpdate: now}
		return s.Store.Insert(ctx, q)
	})
	return q, err
}

// cleanName returns a name as it is kept.
func cleanName(field, name string) (string, error) {
	name = strings.TrimSpace(name)
	switch {
	case name == "" || !utf8.ValidString(name):
		return "", ErrInvalid.Errorf("%s: a queue needs a name in UTF-8 of at least one character", field).With("field", field)
	case len(name) > MaxName:
		return "", ErrInvalid.Errorf("%s: the name has %d bytes, the limit is %d", field, len(name), MaxName).With("field", field)
	}
	return name, nil
}

// Next takes the task that waits longest out of a queue; with only that one,
// and none if another stands before it. ok is false if there is none.
func (s *Service) Next(ctx context.Context, who user.Identity, id ID, only task.ID) (e Entry, ok bool, err error) {
	if err := who.Require(user.Member); err != nil {
		return Entry{}, false, err
	}
	err = s.Tx(ctx, func(ctx context.Context) error {
		e, ok = Entry{}, false
		if err := s.Store.Lock(ctx, id); err != nil {
			return err
		}
		waiting, err := s.Store.Entries(ctx, []ID{id})
		if err != nil || len(waiting[id]) == 0 || only != "" && waiting[id][0].Task != only {
			return err
		}
		e, ok = waiting[id][0], true
		_, err = s.Store.Remove(ctx, e.Task, id, "")
		return err
	})
	return e, ok, err
}
