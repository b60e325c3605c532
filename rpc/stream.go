package rpc

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/task"
)

const (
	// streamTick is how often a stream looks by itself; notices wake it
	// earlier. It bounds how late a stop, a revoked key and a change made on
	// another server are seen.
	streamTick = time.Second
	// streamPause thins what comes: a stream looks no more often.
	streamPause = 200 * time.Millisecond
	// heartbeat is when a silent stream shows that it lives: proxies cut what
	// says nothing for half a minute.
	heartbeat = 15 * time.Second
	// streamWrite is how long a reader may take for one piece. Nothing is
	// held for him but that piece: who reads slowly gets it late, who does
	// not read at all is cut off, and goes on with Last-Event-ID.
	streamWrite = 10 * time.Second
	// streamLines is how many log lines of a task one look brings.
	streamLines = 500
	// streamTasks is how many tasks of a project are watched: those that
	// changed last.
	streamTasks = 100
)

// stream sends what happens to a task, or to the tasks of a project, as
// server-sent events: log, scalars, artifact, artifact_removed, state.
func (h *handlers) stream(w http.ResponseWriter, r *http.Request) {
	s := &streaming{h: h, w: w, control: http.NewResponseController(w), request: r, began: h.Now(), watched: make(map[string]*watch)}
	if err := s.open(); err != nil {
		status, problem := h.problem(r, err)
		body, _ := encode(problem)
		h.send(w, r, status, body)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	defer func() { _ = s.control.SetWriteDeadline(time.Time{}) }() // the connection may serve others after us
	if err := s.run(r.Context()); err != nil && r.Context().Err() == nil {
		_, problem := h.problem(r, err)
		_ = s.send("end", "", problem)
	}
}

// streaming is one open stream.
type streaming struct {
	h       *handlers
	w       http.ResponseWriter
	control *http.ResponseController
	request *http.Request
	call    Call
	began   time.Time
	said    time.Time // when something was last sent

	task, project string
	watched       map[string]*watch // by task
}

// watch is what a stream has told of a task.
type watch struct {
	place     event.Place
	points    map[[2]string]int64 // by metric and variant: how many, to see that they became more
	last      map[[2]string]float64
	artifacts map[artifact.Ref]string
	state     string
}

// open checks who asks and for what.
func (s *streaming) open() error {
	if err := s.admit(); err != nil {
		return err
	}
	q := s.request.URL.Query()
	s.task, s.project = q.Get("task"), q.Get("project")
	if (s.task == "") == (s.project == "") {
		return ErrField.Errorf("expected either task or project").With("field", "task")
	}
	ctx := s.request.Context()
	if s.project != "" {
		_, err := s.tasks(ctx)
		return err
	}
	wt, err := s.begin(ctx, s.task, q.Get("from") != "start")
	if err != nil {
		return err
	}
	if id := s.request.Header.Get("Last-Event-ID"); id != "" {
		if err := resume(id, &wt.place); err != nil {
			return err
		}
	}
	return nil
}

// admit looks anew at who asks: a key may have been revoked meanwhile.
func (s *streaming) admit() error {
	if s.h.Stopping != nil && s.h.Stopping() {
		return ErrStopping.Errorf("the server is stopping; try again in a moment")
	}
	who, err := s.h.Guard.Admit(s.request, door.Guest)
	if err != nil {
		return err
	}
	door.NoteUser(s.request.Context(), who.Name)
	s.call = Call{Who: who, Request: s.request, Writer: s.w, files: s.h.Addresses.base(s.request)}
	return nil
}

// begin starts to watch a task. What is there already is not told, unless
// lines are wanted from the start.
func (s *streaming) begin(ctx context.Context, id string, fromNow bool) (*watch, error) {
	wt := &watch{}
	end, err := s.h.Events.End(ctx, s.call.Who, target(id, false))
	if err != nil {
		return nil, err
	}
	s.watched[id] = wt
	if !fromNow {
		return wt, nil
	}
	wt.place = end
	if _, err := s.scalars(ctx, id, wt); err != nil {
		return nil, err
	}
	_, _, err = s.artifacts(ctx, id, wt)
	return wt, err
}

func (s *streaming) run(ctx context.Context) error {
	woken := make(<-chan struct{})
	if s.task != "" {
		events, cancel := s.h.Events.Hub.Subscribe(event.Topic(target(s.task, false)))
		defer cancel()
		woken = events
	}
	tick := time.NewTicker(streamTick)
	defer tick.Stop()
	pause := time.NewTimer(0)
	defer pause.Stop()
	if err := s.beat(); err != nil {
		return err
	}
	for {
		if err := s.admit(); err != nil {
			return err
		}
		full, err := s.look(ctx)
		if err != nil {
			return err
		}
		if s.h.Now().Sub(s.said) >= heartbeat {
			if err := s.beat(); err != nil {
				return err
			}
		}
		if full {
			continue // there is more
		}
		pause.Reset(streamPause)
		select {
		case <-ctx.Done():
			return nil
		case <-pause.C:
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.h.Events.Hub.Closed():
			return ErrStopping.Errorf("the server is stopping; try again in a moment")
		case <-tick.C:
		case <-woken:
		}
	}
}

// look sends what is new; full says that there are more lines.
func (s *streaming) look(ctx context.Context) (full bool, err error) {
	docs, err := s.tasks(ctx)
	if err != nil {
		return false, err
	}
	for _, d := range docs {
		id, _ := d["id"].(task.ID)
		more, err := s.lookAt(ctx, string(id), d)
		if err != nil {
			return false, err
		}
		full = full || more
	}
	return full, nil
}

// tasks are those that are watched, with their states.
func (s *streaming) tasks(ctx context.Context) ([]api.Fields, error) {
	keys := api.Fields{"only_fields": []any{"id", "name", "status", "last_iteration", "created"}, "search_hidden": true}
	if s.task != "" {
		keys["id"] = []any{s.task}
	} else {
		keys["project"], keys["order_by"] = []any{s.project}, []any{"-last_update"}
		keys["page"], keys["page_size"] = json.Number("0"), json.Number(fmt.Sprint(streamTasks))
	}
	r, err := s.h.findTasks(ctx, s.call, keys, false)
	if err != nil {
		return nil, err
	}
	if s.task != "" && len(r.Tasks) == 0 {
		return nil, event.ErrNoTarget.Errorf("the task %.40q is gone", s.task)
	}
	return r.Tasks, nil
}

func (s *streaming) lookAt(ctx context.Context, id string, d api.Fields) (full bool, err error) {
	wt := s.watched[id]
	if wt == nil {
		made, _ := time.Parse(time.RFC3339, fmt.Sprint(d["created"]))
		if wt, err = s.begin(ctx, id, made.Before(s.began)); err != nil {
			return false, err
		}
	}
	state := api.Fields{"task": id, "name": d["name"], "status": d["status"], "last_iteration": d["last_iteration"]}
	if now := fmt.Sprint(state); now != wt.state {
		wt.state = now
		if err := s.send("state", "", state); err != nil {
			return false, err
		}
	}
	lines, place, err := s.h.Events.Follow(ctx, s.call.Who, target(id, false), wt.place, streamLines)
	if err != nil {
		return false, err
	}
	wt.place = place
	for i, l := range lines {
		mark := "" // a reader goes on after the last line of a look
		if i == len(lines)-1 && s.task != "" {
			mark = scrolled(place)
		}
		if err := s.send("log", mark, s.call.eventDocument(l)); err != nil {
			return false, err
		}
	}
	moved, err := s.scalars(ctx, id, wt)
	if err != nil {
		return false, err
	}
	if len(moved) > 0 {
		if err := s.send("scalars", "", api.Fields{"task": id, "series": moved}); err != nil {
			return false, err
		}
	}
	changed, gone, err := s.artifacts(ctx, id, wt)
	for _, a := range changed {
		if err := s.send("artifact", "", a); err != nil {
			return false, err
		}
	}
	for _, ref := range gone {
		if err := s.send("artifact_removed", "", api.Fields{"task": id, "key": ref.Key, "mode": ref.Mode}); err != nil {
			return false, err
		}
	}
	return len(lines) == streamLines, err
}

// scalars are the series that became longer or whose last value changed, with
// that value: what came between two looks is left to whoever wants the curve.
func (s *streaming) scalars(ctx context.Context, id string, wt *watch) (moved []api.Fields, err error) {
	of := target(id, false)
	progress, err := s.h.Events.Progress(ctx, s.call.Who, []event.Target{of}, event.WithSeries)
	if err != nil {
		return nil, err
	}
	if wt.points == nil {
		wt.points, wt.last = make(map[[2]string]int64), make(map[[2]string]float64)
	}
	for _, one := range progress[of].Series {
		name, sum := [2]string{one.Metric, one.Variant}, one.Summary()
		if wt.points[name] == sum.Count && wt.last[name] == sum.Last.Value {
			continue
		}
		wt.points[name], wt.last[name] = sum.Count, sum.Last.Value
		moved = append(moved, api.Fields{
			"metric": one.Metric, "variant": one.Variant, "iter": sum.Last.Iter, "timestamp": sum.Last.Time, "value": sum.Last.Value,
			"min": sum.Min.Value, "max": sum.Max.Value, "points": sum.Count,
		})
	}
	return moved, nil
}

// artifacts are those that are new or were changed, and those that are gone.
func (s *streaming) artifacts(ctx context.Context, id string, wt *watch) (changed []api.Artifact, gone []artifact.Ref, err error) {
	found, err := s.h.Artifacts.List(ctx, s.call.Who, artifact.Selection{Tasks: []task.ID{task.ID(id)}})
	if err != nil {
		return nil, nil, err
	}
	before := wt.artifacts
	wt.artifacts = make(map[artifact.Ref]string, len(found))
	for _, a := range found {
		now := fmt.Sprint(a.Number, a.State, a.Metadata)
		wt.artifacts[a.Ref] = now
		if before[a.Ref] != now {
			changed = append(changed, s.call.artifact(a, false))
		}
	}
	for ref := range before {
		if _, there := wt.artifacts[ref]; !there {
			gone = append(gone, ref)
		}
	}
	return changed, gone, nil
}

// send writes one event.
func (s *streaming) send(name, id string, data any) error {
	body, err := json.Marshal(data)
	if err != nil {
		return err
	}
	if id != "" {
		id = "id: " + id + "\n"
	}
	return s.write(fmt.Appendf(nil, "event: %s\n%sdata: %s\n\n", name, id, body))
}

func (s *streaming) beat() error { return s.write([]byte(": here\n\n")) }

func (s *streaming) write(piece []byte) error {
	s.said = s.h.Now()
	_ = s.control.SetWriteDeadline(time.Now().Add(streamWrite)) //nolint:forbidigo // the deadline of a connection goes by the real clock
	if _, err := s.w.Write(piece); err != nil {
		return err
	}
	return s.control.Flush()
}
