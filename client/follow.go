package client

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/coffer-ml/coffer/codec"
)

// followEvery is how often a registered table is looked at, as the Python SDK
// does.
const followEvery = 5 * time.Minute

// RegisterOptions say how a table is followed.
type RegisterOptions struct {
	Metadata map[string]string // shown with the artifact
	Every    time.Duration     // how often it is looked at; 0 means five minutes
}

// Registered is a dynamic artifact: a table of a run that changes while the run
// goes on, and is stored anew when it did. Its methods may be called from
// several goroutines at once.
type Registered struct {
	run  *Run
	name string
	stop context.CancelFunc
	gone sync.WaitGroup

	mu       sync.Mutex // held while it is encoded, so that snapshots follow each other
	table    any
	metadata map[string]string
	sent     *job // the last one; nil before
	hash     string
}

// Register makes a dynamic artifact of a table that changes: an arrow.Table or
// arrow.RecordBatch, which [Registered.Set] replaces, or a
// func() (arrow.Table, error), which is asked for the table as it is. It is
// looked at now, every five minutes, at [Run.Flush] and at [Run.End], and
// stored if its content has changed, as CSV without the index. Others read the
// last snapshot meanwhile; earlier ones are versions of it.
//
// A name that is registered already follows the new table. What is no table is
// [ErrType].
func (r *Run) Register(ctx context.Context, name string, table any, options ...RegisterOptions) (*Registered, error) {
	const op = "register a table"
	o := first(options)
	if name == "" {
		return nil, invalid(op, name, "the name is empty")
	}
	if o.Every <= 0 {
		o.Every = followEvery
	}
	following, stop := context.WithCancel(context.WithoutCancel(ctx))
	g := &Registered{run: r, name: name, stop: stop, table: table, metadata: maps.Clone(o.Metadata)}
	if err := g.Sync(ctx); err != nil {
		stop()
		return nil, err
	}
	r.following.Lock()
	defer r.following.Unlock()
	if r.over {
		stop()
		return nil, &Error{Kind: KindState, Op: op, Object: name, Message: "the run is over"}
	}
	if old := r.registered[name]; old != nil {
		old.end()
	}
	if r.registered == nil {
		r.registered = map[string]*Registered{}
	}
	r.registered[name] = g
	g.gone.Go(func() { g.follow(following, o.Every) })
	return g, nil
}

// Registered returns the tables that the run follows, by name.
func (r *Run) Registered() map[string]*Registered {
	r.following.Lock()
	defer r.following.Unlock()
	return maps.Clone(r.registered)
}

// Unregister takes a last snapshot of a registered table and follows it no
// longer. The artifact stays. [ErrNotFound] if none is registered under the
// name.
func (r *Run) Unregister(ctx context.Context, name string) error {
	r.following.Lock()
	g := r.registered[name]
	delete(r.registered, name)
	r.following.Unlock()
	if g == nil {
		return absent("unregister a table", "", name, "no table is registered under this name")
	}
	g.end()
	return g.Sync(ctx)
}

// Upload is [Task.Upload]; the name of a registered table is [ErrConflict]: it
// has another way.
func (r *Run) Upload(ctx context.Context, name string, value any, options ...UploadOptions) error {
	r.following.Lock()
	taken := r.registered[name] != nil
	r.following.Unlock()
	if taken {
		return &Error{Kind: KindConflict, Op: "upload an artifact", Object: name, Message: "a registered table has this name: Set replaces it, Unregister lets go of it"}
	}
	return r.Task.Upload(ctx, name, value, options...)
}

// syncTables looks at all registered tables.
func (r *Run) syncTables(ctx context.Context) error {
	var errs []error
	all := r.Registered()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		errs = append(errs, all[name].Sync(ctx))
	}
	return errors.Join(errs...)
}

// unfollow ends the background of all registered tables, and takes no more of
// them. They are still looked at when the run is flushed.
func (r *Run) unfollow() {
	r.following.Lock()
	r.over = true
	all := slices.Collect(maps.Values(r.registered))
	r.following.Unlock()
	for _, g := range all {
		g.end()
	}
}

// Name returns the name of the artifact.
func (g *Registered) Name() string { return g.name }

// Set replaces the table and stores the new one if its content differs.
func (g *Registered) Set(ctx context.Context, table any) error {
	g.mu.Lock()
	before := g.table
	g.table = table
	g.mu.Unlock()
	err := g.Sync(ctx)
	if errors.Is(err, ErrType) { // what is followed stays a table
		g.mu.Lock()
		g.table = before
		g.mu.Unlock()
	}
	return err
}

// Table returns the table as it is.
func (g *Registered) Table() (arrow.Table, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	v, err := g.current()
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case arrow.Table:
		return v, nil
	case arrow.RecordBatch:
		return array.NewTableFromRecords(v.Schema(), []arrow.RecordBatch{v}), nil
	}
	return nil, codecError("read a registered table", g.name, codec.ErrType)
}

// current is the value that is followed, as it is.
func (g *Registered) current() (any, error) {
	if ask, ok := g.table.(func() (arrow.Table, error)); ok {
		t, err := ask()
		if err != nil {
			return nil, &Error{Kind: KindInvalid, Op: "look at a registered table", Object: g.name, Err: err}
		}
		return t, nil
	}
	return g.table, nil
}

// Sync looks at the table and stores it, in the background, if its content has
// changed since it was stored. It need not be called: that happens by itself.
func (g *Registered) Sync(ctx context.Context) error {
	const op = "store a registered table"
	g.mu.Lock()
	defer g.mu.Unlock()
	value, err := g.current()
	if err != nil {
		return err
	}
	t := g.run.Task
	turn, err := t.c.uploads.turn(ctx, op, g.name)
	if err != nil {
		return err
	}
	record, body, closer, err := encode(codec.AuditTable{}, g.name, value)
	if err != nil {
		turn.leave()
		return codecError(op, g.name, err)
	}
	if g.hash == record.DataHash && !g.sent.failed() {
		turn.leave()
		return closer.Close()
	}
	address, err := t.address("", "artifacts", g.name, record.File)
	if err != nil {
		turn.leave()
		return errors.Join(err, closer.Close())
	}
	record.URI = address
	j := &job{
		task: t.ID, name: g.name, address: address, done: make(chan struct{}), closer: closer,
		body: &content{ReaderAt: body, size: record.Size, digest: record.Hash, media: record.ContentType},
	}
	// The record follows the bytes, so that whoever reads meanwhile finds the
	// snapshot before this one whole.
	metadata := g.metadata
	j.after = func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callLimit)
		defer cancel()
		return t.register(ctx, record, UploadOptions{Metadata: metadata})
	}
	g.sent, g.hash = j, record.DataHash
	turn.start(ctx, j)
	return nil
}

// follow looks at the table now and then, until ctx ends.
func (g *Registered) follow(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := g.Sync(ctx); err != nil && ctx.Err() == nil {
			g.run.c.conn.set.Log.WarnContext(ctx, "a registered table was not stored", "task", g.run.ID, "name", g.name, "error", err)
		}
	}
}

// end ends the background.
func (g *Registered) end() {
	g.stop()
	g.gone.Wait()
}
