package user

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// Kind is what kind of object the audit speaks of.
type Kind string

// The kinds of objects.
const (
	AccountObject Kind = "user"
	KeyObject     Kind = "key"
	SessionObject Kind = "session"
	ProjectObject Kind = "project"
	TaskObject    Kind = "task"
	ModelObject   Kind = "model"
	QueueObject   Kind = "queue"
	FileObject    Kind = "file"
	UploadObject  Kind = "upload"
	RulesObject   Kind = "rules"
)

// Act is what a caller does. It travels in the context, for the audit alone:
// what he may do is decided by the Identity that is handed on beside it.
type Act struct {
	Who     Identity
	Action  string // what was called, such as "tasks.create"
	Address string // network address of the caller
	Worker  string // what he calls his machine
	Request string // id of the request, as the log has it
}

type actKey struct{}

// WithAct returns a context in which changes are those of the act.
func WithAct(ctx context.Context, a Act) context.Context { return context.WithValue(ctx, actKey{}, a) }

// ActOf returns the act that the context belongs to; none for what nobody asked
// for.
func ActOf(ctx context.Context) (a Act, ok bool) {
	a, ok = ctx.Value(actKey{}).(Act)
	return a, ok
}

// Noted is an object that an act changed.
type Noted struct {
	Act    Act
	Kind   Kind
	ID     string
	Part   string // what of it, if that is small beside the whole
	Steady bool   // one of many alike: see NoteSteady
}

// Notes are what was changed within a transaction so far, each object once.
type Notes struct {
	mu   sync.Mutex
	list []Noted
	seen map[Noted]struct{}
}

type notesKey struct{}

// WithNotes returns a context in which Note keeps what it is told. Whoever runs
// a transaction makes a new one for each run.
func WithNotes(ctx context.Context) (context.Context, *Notes) {
	n := &Notes{}
	return context.WithValue(ctx, notesKey{}, n), n
}

// List returns what was noted, in order.
func (n *Notes) List() []Noted {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.list
}

// Note tells the audit that the transaction in ctx changes an object, and what
// part of it, if that is not the whole. Outside of an act it does nothing.
func Note(ctx context.Context, kind Kind, id, part string) {
	if act, ok := ActOf(ctx); ok {
		note(ctx, Noted{Act: act, Kind: kind, ID: id, Part: part})
	}
}

// NoteSteady is Note for changes that come again and again, such as the events
// of a task: of those alike, by one caller and to one object, the audit has one
// an hour.
func NoteSteady(ctx context.Context, act Act, kind Kind, id string) {
	if act.Action != "" {
		act.Request = "" // it stands for many
		note(ctx, Noted{Act: act, Kind: kind, ID: id, Steady: true})
	}
}

func note(ctx context.Context, what Noted) {
	n, ok := ctx.Value(notesKey{}).(*Notes)
	if !ok {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, again := n.seen[what]; !again {
		if n.seen == nil {
			n.seen = make(map[Noted]struct{})
		}
		n.seen[what] = struct{}{}
		n.list = append(n.list, what)
	}
}

// Entry is a row of the audit.
type Entry struct {
	At      time.Time
	ID      int64 // tells entries of one moment apart, and orders them
	User    ID    // who did it
	As      ID    // in whose name, if that was somebody else
	Key     string
	Action  string
	Kind    Kind // "" if a change named no object
	Object  string
	Part    string
	Address string
	Worker  string
	Request string
}

// AuditQuery asks for entries, the newest first. Zero fields ask for nothing.
type AuditQuery struct {
	User, As ID
	Action   string
	Kind     Kind
	Object   string
	Since    time.Time // from then on
	Until    time.Time // before then
	After    *AuditPlace
	Limit    int // required
}

// AuditPlace is where a page ended.
type AuditPlace struct {
	At time.Time
	ID int64
}

// AuditStore keeps the audit. Rows come into being in the transactions that
// they tell of, which is the business of whoever runs those.
type AuditStore interface {
	// Audit answers a query.
	Audit(ctx context.Context, q AuditQuery) ([]Entry, error)
	// DropAudit removes up to limit entries from before the time, the oldest
	// first, and tells how many.
	DropAudit(ctx context.Context, before time.Time, limit int) (int64, error)
}

// Audit returns entries of the audit to an administrator, and the names of the
// accounts that they speak of.
func (s *Service) Audit(ctx context.Context, who Identity, q AuditQuery) (entries []Entry, names map[ID]string, err error) {
	if err := who.Require(Admin); err != nil {
		return nil, nil, err
	}
	if entries, err = s.Store.Audit(ctx, q); err != nil {
		return nil, nil, err
	}
	names = make(map[ID]string)
	for _, e := range entries {
		for _, id := range []ID{e.User, e.As} {
			if names[id] == "" && id != "" {
				names[id] = string(id)
			}
		}
	}
	if len(names) == 0 {
		return entries, names, nil
	}
	found, err := s.Store.Many(ctx, slices.Collect(maps.Keys(names)))
	for _, u := range found {
		names[u.ID] = u.Name
	}
	return entries, names, err
}

// auditSlice is how many old entries go at a time: a few milliseconds of
// writing, after which others have their turn.
const auditSlice = 2000

// PruneAudit removes entries from before the time.
func (s *Service) PruneAudit(ctx context.Context, before time.Time) (removed int64, err error) {
	for {
		n, err := s.Store.DropAudit(ctx, before, auditSlice)
		removed += n
		if err != nil || n < auditSlice {
			return removed, err
		}
	}
}
