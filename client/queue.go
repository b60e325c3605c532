package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"
)

// UploadError lists what did not arrive. Nothing that failed is silent: it
// comes back from [Task.Flush], [Run.End] and [Client.Close], until an upload
// under the same name succeeds.
type UploadError struct {
	Failed []FailedUpload
}

// FailedUpload is an upload that did not arrive.
type FailedUpload struct {
	Task string // id
	Name string // of the artifact, model or file
	URI  string // where it should have gone
	Err  error
}

// Error implements error.
func (e *UploadError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d uploads did not arrive", len(e.Failed))
	if len(e.Failed) == 1 {
		b.Reset()
		b.WriteString("an upload did not arrive")
	}
	for _, f := range e.Failed {
		fmt.Fprintf(&b, "; %s: %v", f.Name, f.Err)
	}
	return b.String()
}

// Unwrap returns the errors of the uploads.
func (e *UploadError) Unwrap() []error {
	errs := make([]error, len(e.Failed))
	for i, f := range e.Failed {
		errs[i] = f.Err
	}
	return errs
}

// Flush waits until everything that the task uploaded has arrived or failed,
// or ctx ends. What did not arrive is an [*UploadError].
func (t *Task) Flush(ctx context.Context) error { return t.c.uploads.flush(ctx, t.ID) }

// uploads is the queue of a client.
type uploads struct {
	c     *Client
	slots chan struct{} // those that wait and those that travel
	lanes chan struct{} // those that travel
	ctx   context.Context
	stop  context.CancelFunc

	mu      sync.Mutex
	last    map[string]*job // by address: two to one place go one after the other
	pending map[*job]struct{}
	failed  map[[2]string]FailedUpload // by task and name
	closed  bool
}

func newUploads(c *Client) *uploads {
	u := &uploads{
		c: c, slots: make(chan struct{}, c.conn.set.Queue+c.conn.set.Uploads), lanes: make(chan struct{}, c.conn.set.Uploads),
		last: map[string]*job{}, pending: map[*job]struct{}{}, failed: map[[2]string]FailedUpload{},
	}
	u.ctx, u.stop = context.WithCancel(context.Background())
	return u
}

// job is one upload.
type job struct {
	task, name, address string
	body                *content
	timeout             time.Duration
	closer              io.Closer
	after               func() error // once it has arrived
	previous            *job         // to the same address
	done                chan struct{}
	err                 error // once done
}

// wait returns how the job went.
func (j *job) wait(ctx context.Context) error {
	select {
	case <-j.done:
		return j.err
	case <-ctx.Done():
		return &Error{Kind: KindPending, Op: "upload", Object: j.name, Message: "it is still on its way", Retryable: true, Err: ctx.Err()}
	}
}

// failed reports whether the job is over and has not arrived.
func (j *job) failed() bool {
	select {
	case <-j.done:
		return j.err != nil
	default:
		return false
	}
}

// turn is a place in the queue.
type turn struct{ u *uploads }

// turn waits for a place in the queue.
func (u *uploads) turn(ctx context.Context, op, name string) (turn, error) {
	select {
	case u.slots <- struct{}{}:
	case <-ctx.Done():
		return turn{}, &Error{Kind: KindUnavailable, Op: op, Object: name, Message: "the queue of uploads is full", Retryable: true, Err: ctx.Err()}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		<-u.slots
		return turn{}, &Error{Kind: KindState, Op: op, Object: name, Message: "the client is closed"}
	}
	return turn{u}, nil
}

func (t turn) leave() { <-t.u.slots }

// start sends a job in the background.
func (t turn) start(ctx context.Context, j *job) {
	u := t.u
	u.mu.Lock()
	j.previous = u.last[j.address]
	u.last[j.address] = j
	u.pending[j] = struct{}{}
	u.mu.Unlock()
	// The upload goes on when the call that began it is over.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	if j.timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, j.timeout)
	}
	ended := context.AfterFunc(u.ctx, cancel)
	go func() {
		defer cancel()
		defer ended()
		defer t.leave()
		u.finish(j, u.carry(ctx, j))
	}()
}

// carry sends the bytes of a job.
func (u *uploads) carry(ctx context.Context, j *job) (err error) {
	defer func() { err = errors.Join(err, j.closer.Close()) }()
	if j.previous != nil {
		select {
		case <-j.previous.done:
		case <-ctx.Done():
		}
		j.previous = nil
	}
	select {
	case u.lanes <- struct{}{}:
		defer func() { <-u.lanes }()
	case <-ctx.Done():
		return &Error{Kind: KindUnavailable, Op: "upload", Object: j.name, Message: "its turn did not come", Retryable: true, Err: ctx.Err()}
	}
	err = u.c.put(ctx, j.name, j.address, j.body)
	if err == nil && j.after != nil {
		err = j.after()
	}
	return err
}

// finish keeps how a job went.
func (u *uploads) finish(j *job, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	key := [2]string{j.task, j.name}
	if err != nil {
		u.failed[key] = FailedUpload{Task: j.task, Name: j.name, URI: j.address, Err: err}
		u.c.conn.set.Log.Warn("an upload did not arrive", "task", j.task, "name", j.name, "address", j.address, "error", err)
	} else {
		delete(u.failed, key)
	}
	if u.last[j.address] == j {
		delete(u.last, j.address)
	}
	delete(u.pending, j)
	j.err = err
	close(j.done)
}

// flush waits for the jobs of a task, of all if it is "".
func (u *uploads) flush(ctx context.Context, task string) error {
	u.mu.Lock()
	var waiting []*job
	for j := range u.pending {
		if task == "" || j.task == task {
			waiting = append(waiting, j)
		}
	}
	u.mu.Unlock()
	var late []FailedUpload
	for _, j := range waiting {
		select {
		case <-j.done:
		case <-ctx.Done():
			select {
			case <-j.done:
			default:
				late = append(late, FailedUpload{Task: j.task, Name: j.name, URI: j.address, Err: j.wait(ctx)})
			}
		}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, f := range u.failed {
		if task == "" || f.Task == task {
			late = append(late, f)
		}
	}
	if len(late) == 0 {
		return nil
	}
	sort.Slice(late, func(i, j int) bool { return late[i].Name < late[j].Name })
	return &UploadError{Failed: late}
}

// close waits for all jobs, and ends those that have not arrived when ctx does.
func (u *uploads) close(ctx context.Context) error {
	u.mu.Lock()
	u.closed = true
	u.mu.Unlock()
	err := u.flush(ctx, "")
	u.stop()
	u.mu.Lock()
	left := slices.Collect(maps.Keys(u.pending))
	u.mu.Unlock()
	for _, j := range left { // they end now: no goroutine outlives the client
		<-j.done
	}
	return err
}

// put sends bytes to an address and tells of its progress.
func (c *Client) put(ctx context.Context, name, address string, body *content) error {
	s, err := c.store(ctx, address)
	if err != nil {
		return err
	}
	tell := c.conn.set.Progress
	told := func(int64) {}
	if tell != nil {
		told = func(n int64) { tell(Progress{Op: "upload", Name: name, Done: n, Total: body.size}) }
		told(0)
	}
	err = s.Put(ctx, address, body.ReaderAt, body.size, PutOptions{ContentType: body.media, SHA256: body.digest, Told: told})
	if tell != nil {
		p := Progress{Op: "upload", Name: name, Total: body.size, Ended: true, Err: err}
		if err == nil {
			p.Done = body.size
		}
		tell(p)
	}
	return err
}
