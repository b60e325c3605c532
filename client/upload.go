package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/codec"
)

// UploadOptions say how a value becomes an artifact. The zero value is what the
// Python SDK would do.
type UploadOptions struct {
	Format      codec.Codec       // nil means the usual one for the value
	Preview     string            // what people are shown; "" means what the format makes of it
	Metadata    map[string]string // shown with the artifact
	Destination string            // a folder or an address; "" means that of the task
	Wait        bool              // until the bytes have arrived
	// Timeout is how long the upload may take in all, tries included; 0 means no
	// limit.
	Timeout time.Duration
	// DeleteFile removes a codec.File once it has arrived.
	DeleteFile bool

	mode   Mode
	format string // type of the artifact, in place of that of the format
}

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

// mostInMemory is up to where an encoded value waits in memory; larger ones
// wait in a file.
const mostInMemory = 4 << 20

// spool takes an encoded value in, and gives it back as often as it must.
type spool struct {
	memory bytes.Buffer
	file   *os.File
}

// Write implements io.Writer.
func (s *spool) Write(p []byte) (int, error) {
	if s.file == nil && s.memory.Len()+len(p) <= mostInMemory {
		return s.memory.Write(p)
	}
	if s.file == nil {
		f, err := os.CreateTemp("", "coffer-upload-*")
		if err != nil {
			return 0, err
		}
		// Nobody else needs its name; where files in use cannot be removed, Close does.
		_ = os.Remove(f.Name())
		s.file = f
		if _, err := s.memory.WriteTo(f); err != nil {
			return 0, err
		}
		s.memory = bytes.Buffer{}
	}
	return s.file.Write(p)
}

func (s *spool) reader() io.ReaderAt {
	if s.file != nil {
		return s.file
	}
	return bytes.NewReader(s.memory.Bytes())
}

// Close implements io.Closer.
func (s *spool) Close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	_ = os.Remove(s.file.Name())
	return err
}

// encode makes the bytes of a value and their record. A file is sent from where
// it is.
func encode(format codec.Codec, name string, value any) (codec.Record, io.ReaderAt, io.Closer, error) {
	if file, ok := value.(codec.File); ok {
		f, err := os.Open(string(file))
		if err != nil {
			return codec.Record{}, nil, nil, err
		}
		if info, err := f.Stat(); err == nil && info.IsDir() {
			_ = f.Close()
			return codec.Record{}, nil, nil, fmt.Errorf("%s is a folder: codec.Dir takes folders", file)
		}
		record, err := codec.Write(io.Discard, format, name, value)
		if err != nil {
			_ = f.Close()
		}
		return record, f, f, err
	}
	s := new(spool)
	record, err := codec.Write(s, format, name, value)
	if err != nil {
		_ = s.Close()
		return record, nil, nil, err
	}
	return record, s.reader(), s, nil
}

// codecError gives an error of package codec its kind.
func codecError(op, name string, err error) error {
	if err == nil {
		return nil
	}
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	e := &Error{Kind: KindInvalid, Op: op, Object: name, Err: err}
	switch {
	case errors.Is(err, codec.ErrUnsafe):
		e.Kind = KindUnsafe
	case errors.Is(err, codec.ErrType):
		e.Kind = KindType
	case errors.Is(err, codec.ErrTooLarge):
		e.Kind = KindTooLarge
	case errors.Is(err, os.ErrNotExist):
		e.Kind = KindNotFound
	case errors.Is(err, os.ErrPermission):
		e.Kind = KindDenied
	}
	return e
}

func removeFile(path string) error {
	if err := os.Remove(path); err != nil {
		return localError("delete", path, err)
	}
	return nil
}

// Upload makes an artifact of a value: arrays, tables, images, maps, structs,
// texts, folders (codec.Dir), files (codec.File) and addresses (codec.Link), as
// package codec tells. It returns when the value has been encoded and the
// artifact is registered; the bytes go in the background. A file must not
// change before they have arrived. Under a name that the task has, the newest
// version is made; earlier ones stay.
//
// When the queue is full, Upload waits for its turn. A published task is
// refused with [ErrState].
func (t *Task) Upload(ctx context.Context, name string, value any, options ...UploadOptions) error {
	_, err := t.upload(ctx, name, value, first(options))
	return err
}

func (t *Task) upload(ctx context.Context, name string, value any, o UploadOptions) (codec.Record, error) {
	const op = "upload an artifact"
	if name == "" {
		return codec.Record{}, invalid(op, name, "the name is empty")
	}
	format := o.Format
	if format == nil {
		var err error
		if format, err = t.c.conn.set.Codecs.For(value); err != nil {
			return codec.Record{}, codecError(op, name, err)
		}
	}
	turn, err := t.c.uploads.turn(ctx, op, name)
	if err != nil {
		return codec.Record{}, err
	}
	record, body, closer, err := encode(format, name, value)
	if err != nil {
		turn.leave()
		return record, codecError(op, name, err)
	}
	if o.format != "" {
		record.Type = o.format
	}
	if o.Preview != "" {
		record.Preview = o.Preview
	}
	if record.URI != "" { // a link: there is nothing to be sent
		turn.leave()
		return record, errors.Join(closer.Close(), t.register(ctx, record, o))
	}
	address, err := t.address(o.Destination, "artifacts", name, record.File)
	if err != nil {
		turn.leave()
		return record, errors.Join(err, closer.Close())
	}
	record.URI = address
	if err := t.register(ctx, record, o); err != nil {
		turn.leave()
		return record, errors.Join(err, closer.Close())
	}
	j := &job{
		task: t.ID, name: name, address: address, timeout: o.Timeout, done: make(chan struct{}), closer: closer,
		body: &content{ReaderAt: body, size: record.Size, digest: record.Hash, media: record.ContentType},
	}
	if file, ok := value.(codec.File); ok && o.DeleteFile {
		j.after = func() error { return removeFile(string(file)) }
	}
	turn.start(ctx, j)
	if o.Wait {
		return record, j.wait(ctx)
	}
	return record, nil
}

// destination is where what a task produces goes: what the call, the task, its
// project and the configuration say, in this order, else the server.
func (t *Task) destination(call string) string {
	for _, d := range []string{call, t.Destination, t.projectDefault, t.c.conn.set.Destination} {
		if d == "" {
			continue
		}
		if !strings.Contains(d, "://") {
			d = "file://" + expand(d, t.c.conn.set.Env)
		}
		return strings.TrimRight(d, "/")
	}
	return t.c.conn.set.Files
}

// address is where a file of the task goes.
func (t *Task) address(destination, section, name, file string) (string, error) {
	d := t.destination(destination)
	p := joinPath(taskFolder(t.Project, t.ProjectID, t.Name, t.ID), section, segment(name), segment(file))
	if segment(file) == "" {
		return "", invalid("upload", file, "the file has no name")
	}
	return quotedAddress(d, p), nil
}

// register records an artifact.
func (t *Task) register(ctx context.Context, r codec.Record, o UploadOptions) error {
	in := api.ArtifactIn{
		Key: r.Name, Type: r.Type, URI: r.URI, Hash: r.Hash, Timestamp: t.c.conn.set.Now().Unix(),
		TypeData: api.ArtifactTypeData{Preview: r.Preview, ContentType: r.ContentType, DataHash: r.DataHash},
	}
	if r.Hash != "" {
		in.ContentSize = &r.Size
	}
	if o.mode != "" {
		mode := string(o.mode)
		in.Mode = &mode
	}
	for _, key := range slices.Sorted(maps.Keys(o.Metadata)) {
		in.DisplayData = append(in.DisplayData, []string{key, o.Metadata[key]})
	}
	fields, err := given(in)
	if err != nil {
		return err
	}
	return t.c.conn.call(ctx, "tasks.add_or_update_artifacts", r.Name, again, map[string]any{"task": t.ID, "artifacts": []any{fields}}, nil)
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
