package client

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/coffer-ml/coffer/api"
)

const (
	// pingEvery is how often a run says that it is alive. The server takes a run
	// for dead after two hours of silence, unless it is told otherwise.
	pingEvery = 30 * time.Second
	// lastWord is how long the end of a run may take to be told when the context
	// has ended before.
	lastWord = 30 * time.Second
	// maxStatusMessage bounds what a status tells of an error, in bytes.
	maxStatusMessage = 4 << 10
)

// Run is a task that this program is running.
type Run struct {
	*Task
	// FirstIteration is what to go on from when a task is continued: reports
	// are counted from there.
	FirstIteration int64

	logger *Logger
	stop   context.CancelFunc
	pinged sync.WaitGroup
	once   sync.Once

	following  sync.Mutex
	registered map[string]*Registered // tables that are followed, by name
	over       bool                   // no more are taken
}

// StartTask makes a task and runs it. End it with [Run.End]. A destination that
// cannot be written to is an error, and leaves no task.
func (c *Client) StartTask(ctx context.Context, spec TaskSpec) (*Run, error) {
	t, err := c.CreateTask(ctx, spec)
	if err != nil {
		return nil, err
	}
	r, err := c.start(ctx, t, false)
	if err != nil && t.Status == Created { // nobody asked for a draft
		err = errors.Join(err, t.Delete(ctx, DeleteOptions{Force: true}))
	}
	return r, err
}

// Run runs a task that exists: a draft, such as a clone.
func (c *Client) Run(ctx context.Context, id string) (*Run, error) {
	t, err := c.Task(ctx, id)
	if err != nil {
		return nil, err
	}
	return c.start(ctx, t, false)
}

// ContinueOptions say how a task goes on.
type ContinueOptions struct {
	// Iteration is what reports are counted from; nil means one after the last
	// that was reported.
	Iteration *int64
}

// ContinueTask runs a task again. What it has produced stays, and more is
// added to it. A published task is refused with [ErrState].
func (c *Client) ContinueTask(ctx context.Context, id string, o ContinueOptions) (*Run, error) {
	t, err := c.Task(ctx, id)
	if err != nil {
		return nil, err
	}
	if t.Status == Published {
		return nil, &Error{Kind: KindState, Op: "continue a task", Host: c.conn.host, Object: id, Message: "it is published, and stays as it is"}
	}
	r, err := c.start(ctx, t, true)
	if err != nil {
		return nil, err
	}
	if t.Iteration > 0 {
		r.FirstIteration = t.Iteration + 1
	}
	if o.Iteration != nil {
		r.FirstIteration = *o.Iteration
	}
	return r, nil
}

func (c *Client) start(ctx context.Context, t *Task, force bool) (*Run, error) {
	if err := t.writable(ctx); err != nil {
		return nil, err
	}
	err := c.conn.call(ctx, "tasks.started", t.ID, again, map[string]any{"task": t.ID, "force": force}, nil)
	if err != nil {
		return nil, err
	}
	t.Status = Running
	r := &Run{Task: t}
	// Pings go on when the context of the start has ended: the run has not.
	pinging, stop := context.WithCancel(context.WithoutCancel(ctx))
	r.stop = stop
	r.logger = newLogger(r)
	r.pinged.Go(func() { r.ping(pinging) })
	r.pinged.Go(func() { r.logger.loop(pinging) })
	c.mu.Lock()
	c.runs[r] = struct{}{}
	c.mu.Unlock()
	return r, nil
}

// ping tells the server that the run is alive, until ctx ends.
func (r *Run) ping(ctx context.Context) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := r.c.conn.call(ctx, "tasks.ping", r.ID, again, api.TaskID{Task: r.ID}, nil); err != nil && ctx.Err() == nil {
				r.c.conn.set.Log.WarnContext(ctx, "the server was not told that the run is alive", "task", r.ID, "error", err)
			}
		}
	}
}

// Flush looks at the registered tables, and waits until everything that the run
// uploaded and reported has arrived or failed, or ctx ends. Uploads that did not arrive are an [*UploadError].
func (r *Run) Flush(ctx context.Context) error {
	looked := r.syncTables(ctx)
	return errors.Join(looked, r.Task.Flush(ctx), r.logger.flush(ctx)) // samples are reported once they are there
}

// quiet ends the pings and whatever else goes on in the background.
func (r *Run) quiet() {
	r.once.Do(r.silence)
}

func (r *Run) silence() {
	r.stop()
	r.pinged.Wait()
	r.unfollow()
}

// End ends the run, once everything that it produced has arrived or failed,
// and tells the server how it went: completed, or failed with *err, or stopped
// if that is because ctx was cancelled. Deferred, it also sees a panic, which
// makes the run a failed one and goes on. err may be nil. What did not arrive
// is added to *err, and makes the run a failed one.
//
//	defer run.End(ctx, &err)
//
// When ctx has ended, End still has half a minute to tell the status. A second
// End does nothing.
func (r *Run) End(ctx context.Context, err *error) {
	panicked := recover()
	if panicked != nil {
		defer panic(panicked)
	}
	var none error
	if err == nil {
		err = &none
	}
	first := false
	r.once.Do(func() {
		first = true
		r.silence()
	})
	if !first {
		return
	}
	r.c.mu.Lock()
	delete(r.c.runs, r)
	r.c.mu.Unlock()

	ended := ctx
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), lastWord)
		defer cancel()
	}
	if lost := r.Flush(ctx); lost != nil {
		*err = errors.Join(*err, lost)
	}
	status, reason, message := r.outcome(ended, *err, panicked)
	endpoint := map[Status]string{Completed: "tasks.completed", Failed: "tasks.failed", Stopped: "tasks.stopped"}[status]
	if told := r.change(ctx, endpoint, status, true, reason, message); told != nil {
		*err = errors.Join(*err, told)
	}
}

// outcome is what a run has come to.
func (r *Run) outcome(ctx context.Context, err error, panicked any) (status Status, reason, message string) {
	switch {
	case panicked != nil:
		return Failed, "panic", cut(fmt.Sprintf("%v\n\n%s", panicked, debug.Stack()))
	case err == nil:
		return Completed, "", ""
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return Stopped, "cancelled", cut(err.Error())
	}
	return Failed, "error", cut(err.Error())
}

func cut(s string) string {
	if len(s) > maxStatusMessage {
		return s[:maxStatusMessage] + "..."
	}
	return s
}

// RunTask runs fn as a task: it opens a client, starts the task, ends it with
// what fn came to, a panic included, and closes the client.
func RunTask(ctx context.Context, cfg Config, spec TaskSpec, fn func(ctx context.Context, run *Run) error) (err error) {
	c, err := Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { // what did not arrive, the end told
		if closed := c.Close(ctx); err == nil {
			err = closed
		}
	}()
	run, err := c.StartTask(ctx, spec)
	if err != nil {
		return err
	}
	defer run.End(ctx, &err)
	return fn(ctx, run)
}
