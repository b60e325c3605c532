package queue

import (
	"context"
	"time"

	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/internal/ident"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// ID is the id of a queue: 32 hex digits.
type ID string

// Default is the system tag of the default queue, and the name it is made
// with.
const Default = "default"

// Glue is the system tag of queues that machinery made for itself.
const Glue = "k8s-glue"

// Queue is a waiting line.
type Queue struct {
	ID          ID
	Name        string
	DisplayName string
	User        user.ID
	Created     time.Time
	LastUpdate  time.Time
	Tags        []string // sorted
	SystemTags  []string // sorted
}

// The reasons of this package.
var (
	ErrNotFound  = fault.Reason{Kind: fault.NotFound, Name: "queue.not_found"}
	ErrNameTaken = fault.Reason{Kind: fault.Conflict, Name: "queue.name_taken"}
	ErrNoDefault = fault.Reason{Kind: fault.State, Name: "queue.no_default"}
	ErrDefaults  = fault.Reason{Kind: fault.State, Name: "queue.several_defaults"}
	ErrNotEmpty  = fault.Reason{Kind: fault.State, Name: "queue.not_empty"}
	ErrInvalid   = fault.Reason{Kind: fault.Invalid, Name: "queue.invalid"}
	// ErrQueuedAlready says that a task stands in the queue.
	ErrQueuedAlready = fault.Reason{Kind: fault.Conflict, Name: "queue.queued_already"}
	// ErrNotQueued says that it does not.
	ErrNotQueued = fault.Reason{Kind: fault.NotFound, Name: "queue.not_queued"}
)

// Fields declares what lists of queues may be asked for.
var Fields = query.Fields{
	"id":          {Type: query.Text, Ask: query.Choice},
	"name":        {Type: query.Text, Ask: query.Pattern},
	"tags":        {Type: query.List, Ask: query.Choice},
	"system_tags": {Type: query.List, Ask: query.Choice},
	"metadata.*":  {Type: query.Text, Ask: query.Choice},
	"created":     {Type: query.Time},
	"last_update": {Type: query.Time},
}

// Store keeps queues. Writes take part in the transaction of the context.
type Store interface {
	// Insert adds a queue; ErrNameTaken if its name exists.
	Insert(ctx context.Context, q Queue) error
	// Get returns one; ErrNotFound if there is none.
	Get(ctx context.Context, id ID) (Queue, error)
	// ByName returns one; ErrNotFound if there is none.
	ByName(ctx context.Context, name string) (Queue, error)
	// List answers a query.
	List(ctx context.Context, r query.Request) ([]Queue, error)
	// Lock holds a queue for a transaction that changes what stands in it;
	// ErrNotFound if there is none.
	Lock(ctx context.Context, id ID) error
	// Update writes names, tags and system tags; ErrNameTaken if another has
	// the name, ErrNotFound if there is no such queue.
	Update(ctx context.Context, q Queue) error
	// Delete removes a queue with what stands in it; ErrNotFound if there is
	// none.
	Delete(ctx context.Context, id ID) error
	// Append puts a task at the end; ErrQueuedAlready if it stands there.
	Append(ctx context.Context, id ID, e Entry) error
	// Remove takes a task out of a queue, or with "" out of all, but not out
	// of the one named last. It returns out of how many.
	Remove(ctx context.Context, of task.ID, from, unless ID) (int, error)
	// Entries returns what stands in queues, the first in line first.
	Entries(ctx context.Context, ids []ID) (map[ID][]Entry, error)
}

// Config is what the service needs; all fields are required.
type Config struct {
	Store Store
	Tx    func(ctx context.Context, fn func(context.Context) error) error
	Now   func() time.Time
}

// Service is the queue noun.
type Service struct{ Config }

// New returns the service.
func New(cfg Config) *Service { return &Service{cfg} }

var isDefault = query.Request{Filter: query.HasAll{Field: "system_tags", Values: []string{Default}}, Page: query.Page{Limit: 2}}

// Bootstrap makes the default queue if there is none.
func (s *Service) Bootstrap(ctx context.Context) error {
	return s.Tx(ctx, func(ctx context.Context) error {
		found, err := s.Store.List(ctx, isDefault)
		if err != nil || len(found) > 0 {
			return err
		}
		now := s.Now()
		return s.Store.Insert(ctx, Queue{ID: ID(ident.New()), Name: Default, Created: now, LastUpdate: now, SystemTags: []string{Default}})
	})
}

// DefaultQueue returns the default queue; ErrNoDefault if there is none,
// ErrDefaults if there are several.
func (s *Service) DefaultQueue(ctx context.Context, who user.Identity) (Queue, error) {
	if err := who.Require(user.Guest); err != nil {
		return Queue{}, err
	}
	found, err := s.Store.List(ctx, isDefault)
	if err != nil {
		return Queue{}, err
	}
	if len(found) == 0 {
		return Queue{}, ErrNoDefault.Errorf("there is no default queue")
	}
	if len(found) > 1 {
		return Queue{}, ErrDefaults.Errorf("several queues are marked as the default queue, among them %q and %q", found[0].Name, found[1].Name)
	}
	return found[0], nil
}

// Get returns one queue.
func (s *Service) Get(ctx context.Context, who user.Identity, id ID) (Queue, error) {
	if err := who.Require(user.Guest); err != nil {
		return Queue{}, err
	}
	return s.Store.Get(ctx, id)
}

// List answers a query.
func (s *Service) List(ctx context.Context, who user.Identity, r query.Request) ([]Queue, error) {
	if err := who.Require(user.Guest); err != nil {
		return nil, err
	}
	return s.Store.List(ctx, r)
}
