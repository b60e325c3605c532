package rpctest

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/blob/mem"
	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/internal/notify"
	"github.com/coffer-ml/coffer/lifecycle"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/preview"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/queue"
	"github.com/coffer-ml/coffer/rpc"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/test/rows"
	"github.com/coffer-ml/coffer/user"
)

// Host is how requests name the server: its API port.
const Host = "coffer.test:8008"

// FilesBase is where such callers reach the files.
const FilesBase = "http://coffer.test:8081"

// World is a whole server without listeners.
type World struct {
	Handler http.Handler
	Files   *file.Service
	Users   *user.Service
	Tasks   *task.Service
	Queues  *queue.Service
	// Pairs are key pairs by role.
	Pairs map[user.Role]user.Pair
	// Operator may do everything.
	Operator user.Identity
	// Rows reads the database.
	Rows *rows.Reader

	mu  sync.Mutex
	now time.Time
}

// New builds a world on an empty database with one account and key pair for each role.
func New(t testing.TB) *World {
	t.Helper()
	ctx := t.Context()
	w := &World{now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), Pairs: make(map[user.Role]user.Pair), Operator: user.Operator}
	cfg := database(t)
	cfg.Now = w.Now
	db, err := sqlstore.Open(ctx, cfg)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	w.Rows = rows.Open(t, cfg)
	logger := slog.New(slog.NewTextHandler(io.Discard, nil))

	w.Users = user.New(user.Config{Store: db.Users(), Tx: db.Tx, Now: w.Now, Build: "test"})
	first, err := w.Users.Bootstrap(ctx)
	must(t, err)
	w.Pairs[user.Admin] = first.Pair
	for _, role := range []user.Role{user.Member, user.Guest} {
		u, err := w.Users.Create(ctx, user.Operator, user.Spec{Name: string(role), Role: role})
		must(t, err)
		w.Pairs[role], err = w.Users.CreateKey(ctx, user.Operator, u.ID, "")
		must(t, err)
	}
	projects := project.New(project.Config{Store: db.Projects(), Tx: db.Tx, Now: w.Now})
	tasks := task.New(task.Config{Store: db.Tasks(), Projects: projects, Tx: db.Tx, Now: w.Now})
	queues := queue.New(queue.Config{Store: db.Queues(), Tx: db.Tx, Now: w.Now})
	must(t, queues.Bootstrap(ctx))
	w.Tasks, w.Queues = tasks, queues
	w.Files = file.New(file.Config{Store: db.Files(), Sessions: db.Sessions(), Blobs: &mem.Store{Now: w.Now}, Tx: db.Tx, After: db.After, Now: w.Now, Logger: logger})
	hub := &notify.Hub{}
	models := model.New(model.Config{Store: db.Models(), Projects: projects, Tasks: tasks, Files: w.Files, Tx: db.Tx, Now: w.Now})
	artifacts := artifact.New(artifact.Config{Store: db.Artifacts(), Tasks: tasks, Files: w.Files, Tx: db.Tx, After: db.After, Hub: hub, Now: w.Now})
	events := event.New(event.Config{
		Store: db.Events(), Targets: lifecycle.Targets{Tasks: tasks, Models: models}, Files: w.Files, Tx: db.Tx, After: db.After, Hub: hub, Now: w.Now,
	})
	w.Files.Join(artifacts, models, events)
	api := rpc.New(rpc.Config{
		Guard: &door.Guard{Users: w.Users}, Users: w.Users, Projects: projects, Tasks: tasks, Models: models, Artifacts: artifacts, Events: events, Queues: queues,
		Lifecycle: lifecycle.New(lifecycle.Config{Projects: projects, Tasks: tasks, Models: models, Artifacts: artifacts, Events: events, Queues: queues, Files: w.Files, Tx: db.Tx, Now: w.Now}),
		Files:     w.Files, Previews: preview.New(preview.Config{Dir: t.TempDir()}),
		Addresses: rpc.Addresses{WebPort: "8080", APIPort: "8008", FilesPort: "8081"}, Logger: logger, Now: w.Now, Build: "test", Commit: "test",
		Settings: map[string]string{"listen": ":8080", "db": "postgres://coffer:xxxxx@db/coffer"},
	})
	w.Handler = door.Log{Logger: logger, Now: w.Now}.Wrap(api)
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Now is the world's clock: each look moves it on by a millisecond.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(time.Millisecond)
	return w.now
}

// Pass moves the clock on.
func (w *World) Pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// Request is one HTTP request; zero fields mean POST, by an admin's key pair,
// with a JSON body.
type Request struct {
	Method string
	Path   string
	Body   string
	Header map[string]string
	As     user.Role // "" is admin, "nobody" sends no credentials
}

// Nobody sends no credentials.
const Nobody user.Role = "nobody"

// Reply is what came back.
type Reply struct {
	Status  int
	Subcode int
	Message string
	Meta    map[string]any
	Data    map[string]any
	Body    []byte
	Header  http.Header
}

// Do sends a request. Replies in the envelope are checked: status and result
// code agree, and known fields have the types that the SDK asserts.
func (w *World) Do(t testing.TB, q Request) Reply {
	t.Helper()
	if q.Method == "" {
		q.Method = http.MethodPost
	}
	r := httptest.NewRequest(q.Method, "http://"+Host+q.Path, strings.NewReader(q.Body))
	r.Header.Set("Content-Type", "application/json")
	for k, v := range q.Header {
		r.Header.Set(k, v)
	}
	if q.As == "" {
		q.As = user.Admin
	}
	if p, ok := w.Pairs[q.As]; ok && q.Header["Authorization"] == "" {
		r.SetBasicAuth(p.Access, p.Secret)
	}
	rec := httptest.NewRecorder()
	w.Handler.ServeHTTP(rec, r)
	out := Reply{Status: rec.Code, Body: rec.Body.Bytes(), Header: rec.Header()}
	var e struct {
		Meta map[string]any `json:"meta"`
		Data map[string]any `json:"data"`
	}
	if json.Unmarshal(out.Body, &e) != nil || e.Meta == nil {
		return out // one of our own endpoints
	}
	out.Meta, out.Data = e.Meta, e.Data
	out.Subcode = int(e.Meta["result_subcode"].(float64))
	out.Message, _ = e.Meta["result_msg"].(string)
	if code := int(e.Meta["result_code"].(float64)); code != out.Status {
		t.Errorf("%s: status %d, result_code %d", q.Path, out.Status, code)
	}
	endpoint := e.Meta["endpoint"].(map[string]any)
	if name, _ := endpoint["name"].(string); out.Status == http.StatusOK && typed(endpoint["requested_version"]) {
		checkTypes(t, name, out.Data)
	}
	return out
}

// Call calls an endpoint of version 2.23 as an admin and expects success.
func (w *World) Call(t testing.TB, endpoint string, body any) map[string]any {
	t.Helper()
	text, err := json.Marshal(body)
	must(t, err)
	r := w.Do(t, Request{Path: "/v2.23/" + endpoint, Body: string(text)})
	if r.Status != http.StatusOK {
		t.Fatalf("%s: %d/%d %s", endpoint, r.Status, r.Subcode, r.Message)
	}
	return r.Data
}

// Refused calls an endpoint and expects the status and subcode.
func (w *World) Refused(t testing.TB, endpoint string, body any, status, subcode int) Reply {
	t.Helper()
	text, err := json.Marshal(body)
	must(t, err)
	r := w.Do(t, Request{Path: "/v2.34/" + endpoint, Body: string(text)})
	if r.Status != status || r.Subcode != subcode {
		t.Errorf("%s %s: %d/%d %s, want %d/%d", endpoint, text, r.Status, r.Subcode, r.Message, status, subcode)
	}
	if r.Message == "" || r.Message == "OK" {
		t.Errorf("%s: the refusal says nothing", endpoint)
	}
	return r
}

// Upload stores bytes under a path.
func (w *World) Upload(t testing.TB, path, content string) file.Generation {
	t.Helper()
	p, err := file.ParsePath(path)
	must(t, err)
	g, err := w.Files.Upload(t.Context(), w.Operator, p, strings.NewReader(content), file.UploadOptions{})
	must(t, err)
	return g
}
