package client

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/coffer-ml/coffer/api"
)

// State tells whether the bytes of an artifact are there.
type State string

// The states of an artifact.
const (
	Stored     State = "stored"     // the registered bytes are there
	Pending    State = "pending"    // none have come since the registration
	Mismatched State = "mismatched" // others have; the right ones may still come
	External   State = "external"   // its address is not on this server
	Missing    State = "missing"    // they were there and are lost
)

// Mode tells whether a task made an artifact or was given it.
type Mode string

// The modes of artifacts.
const (
	Output Mode = "output"
	Input  Mode = "input"
)

// Artifact is one version of an artifact, as it was registered. Nothing of it
// needs the bytes.
type Artifact struct {
	Task        string // id
	Name        string
	Mode        Mode
	Type        string // such as "numpy", "pandas", "image", "archive", "custom"
	ContentType string // "" if nobody could tell
	State       State
	Version     int
	Versions    int    // how many there are; 0 where it does not matter
	URI         string // where the bytes are
	Size        int64  // bytes; -1 if nobody told
	SHA256      string // "" if nobody told
	DataHash    string // of a registered table: the digest of its content
	Timestamp   time.Time
	Registered  time.Time
	Metadata    map[string]string
	Preview     string // "" in lists
	User        string // id of who registered it

	c    *Client
	file int // generation of the file at URI; 0 if it is none of the server
}

func (c *Client) artifact(a api.Artifact) *Artifact {
	out := &Artifact{
		Task: a.Task, Name: a.Key, Mode: Mode(a.Mode), Type: a.Type, ContentType: a.ContentType, State: State(a.State),
		Version: a.Version, Versions: a.Versions, URI: a.URI, Size: -1, SHA256: a.SHA256, DataHash: a.DataHash,
		Timestamp: time.Unix(a.Timestamp, 0), Metadata: a.Metadata, User: a.User, c: c, file: a.FileVersion,
	}
	if a.Size != nil {
		out.Size = *a.Size
	}
	if a.Preview != nil {
		out.Preview = *a.Preview
	}
	var at moment
	if at.UnmarshalJSON([]byte(strconv.Quote(a.Registered))) == nil {
		out.Registered = time.Time(at)
	}
	return out
}

// Which names an artifact more closely than its name does.
type Which struct {
	Mode    Mode // "" means Output
	Version int  // 0 means the newest
}

func (w Which) query(name string) url.Values {
	q := url.Values{"key": {name}}
	if w.Mode != "" {
		q.Set("mode", string(w.Mode))
	}
	if w.Version != 0 {
		q.Set("v", strconv.Itoa(w.Version))
	}
	return q
}

// shortLimit is how long one try of a request to an endpoint of our own may
// take that waits for nothing.
const shortLimit = time.Minute

// Artifact returns an artifact of the task by name, with its preview; which may
// name another than the newest output. [ErrNotFound] if there is none.
func (t *Task) Artifact(ctx context.Context, name string, which ...Which) (*Artifact, error) {
	return t.c.readArtifact(ctx, t.ID, name, first(which), 0)
}

func (c *Client) readArtifact(ctx context.Context, task, name string, which Which, wait time.Duration) (*Artifact, error) {
	q := which.query(name)
	if seconds := int(wait.Seconds()); seconds > 0 {
		q.Set("wait", strconv.Itoa(seconds))
	}
	var a api.Artifact
	err := c.conn.own(ctx, http.MethodGet, "/tasks/"+url.PathEscape(task)+"/artifact", q, "read an artifact", name, shortLimit+wait, &a)
	if err != nil {
		return nil, err
	}
	return c.artifact(a), nil
}

// first is the one option that was given, or the zero value.
func first[T any](options []T) T {
	var none T
	if len(options) == 0 {
		return none
	}
	return options[0]
}

// Artifacts returns the newest version of each artifact of the task, sorted by
// name, without previews.
func (t *Task) Artifacts(ctx context.Context) iter.Seq2[*Artifact, error] {
	return func(yield func(*Artifact, error) bool) {
		path := "/tasks/" + url.PathEscape(t.ID) + "/artifacts"
		query := url.Values{"limit": {strconv.Itoa(pageSize)}}
		for {
			var page api.ArtifactList
			if err := t.c.conn.own(ctx, http.MethodGet, path, query, "list artifacts", t.ID, shortLimit, &page); err != nil {
				yield(nil, err)
				return
			}
			for _, a := range page.Artifacts {
				if !yield(t.c.artifact(a), nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			query.Set("after", page.Next)
		}
	}
}

// All returns the versions of the artifact, the newest first, without
// previews.
func (a *Artifact) All(ctx context.Context) iter.Seq2[*Artifact, error] {
	return func(yield func(*Artifact, error) bool) {
		var list api.ArtifactVersions
		path := "/tasks/" + url.PathEscape(a.Task) + "/artifact/versions"
		if err := a.c.conn.own(ctx, http.MethodGet, path, Which{Mode: a.Mode}.query(a.Name), "list versions", a.Name, shortLimit, &list); err != nil {
			yield(nil, err)
			return
		}
		for _, v := range list.Versions {
			if !yield(a.c.artifact(v), nil) {
				return
			}
		}
	}
}

// waitStep is how long the server is asked to wait at a time: short enough for
// proxies that cut silent connections, and to notice that the task has failed.
const waitStep = 20 * time.Second

// Wait returns once the bytes of the artifact are there, and fails if they
// cannot come any more: when they are lost, or the task failed or was stopped
// before. A deadline of ctx ends the waiting with [ErrPending], or
// [ErrMismatch] if other bytes have come.
func (a *Artifact) Wait(ctx context.Context) error {
	fresh, err := a.c.waitFor(ctx, a.Task, a.Name, Which{Mode: a.Mode, Version: a.Version})
	if err == nil {
		*a = *fresh
	}
	return err
}

// WaitArtifact returns an artifact once its bytes are there. It need not be
// registered yet.
func (t *Task) WaitArtifact(ctx context.Context, name string, which ...Which) (*Artifact, error) {
	return t.c.waitFor(ctx, t.ID, name, first(which))
}

func (c *Client) waitFor(ctx context.Context, task, name string, which Which) (*Artifact, error) {
	var last *Error
	step := time.Duration(0) // the first look waits for nothing
	for pause := shortestPause; ; pause = min(2*pause, time.Second) {
		a, err := c.readArtifact(ctx, task, name, which, step)
		switch {
		case err != nil && ctx.Err() == nil && KindOf(err) == KindNotFound:
			errors.As(err, &last)
		case err != nil && last != nil && ctx.Err() != nil:
			return nil, last
		case err != nil:
			return nil, err
		case a.State == Stored || a.State == External:
			return a, nil
		case a.State == Missing:
			return nil, &Error{Kind: KindNotFound, Op: "wait for an artifact", Host: c.conn.host, Object: name, Message: "its bytes are lost"}
		default:
			last = a.notThere()
		}
		t, err := c.Task(ctx, task)
		if err != nil {
			if ctx.Err() != nil {
				return nil, last
			}
			return nil, err
		}
		if t.Status == Failed || t.Status == Stopped {
			e := *last
			e.Message += "; its task has " + string(t.Status)
			return nil, &e
		}
		select {
		case <-ctx.Done():
			return nil, last
		case <-time.After(pause):
		}
		step = waitStep
		if deadline, ok := ctx.Deadline(); ok {
			step = max(0, min(step, deadline.Sub(c.conn.set.Now())))
		}
	}
}

// notThere is the error of reading an artifact whose bytes are not there.
func (a *Artifact) notThere() *Error {
	e := &Error{Kind: KindPending, Op: "read an artifact", Host: a.c.conn.host, Object: a.Name, Retryable: true, Message: "its bytes have not arrived yet"}
	switch a.State {
	case Mismatched:
		e.Kind, e.Message = KindMismatch, "other bytes have arrived than those that were registered, SHA-256 "+a.SHA256
	case Missing:
		e.Kind, e.Retryable, e.Message = KindNotFound, false, "its bytes are lost"
	}
	return e
}
