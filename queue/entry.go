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
	name = strings.TrimSpace(name)
	switch {
	case name == "" || !utf8.ValidString(name):
		return Queue{}, ErrInvalid.Errorf("queue_name: a queue needs a name in UTF-8 of at least one character").With("field", "queue_name")
	case len(name) > MaxName:
		return Queue{}, ErrInvalid.Errorf("queue_name: the name has %d bytes, the limit is %d", len(name), MaxName).With("field", "queue_name")
	}
	var q Queue
	err := s.Tx(ctx, func(ctx context.Context) (err error) {
		if q, err = s.Store.ByName(ctx, name); !errors.Is(err, ErrNotFound) {
			return err
		}
		now := s.Now()
		q = Queue{ID: ID(ident.New()), Name: name, User: who.User, Created: now, LastUpdate: now}
		return s.Store.Insert(ctx, q)
	})
	return q, err
}
