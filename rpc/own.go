package rpc

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"path"
	"strconv"
	"time"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// ownRoute is an endpoint that the protocol does not have.
type ownRoute struct {
	pattern string
	access  door.Access
	serve   func(context.Context, Call) (any, error)
	// write, in place of serve, writes its reply itself.
	write func(context.Context, Call) error
	// stream, in place of both, goes on for long and asks anew who is there.
	stream http.HandlerFunc
}

// ownTable lists them: artifacts with their states and versions, curves that
// lose nothing, what led to what, accounts.
func (h *handlers) ownTable() []ownRoute {
	return []ownRoute{
		{pattern: "GET /artifacts", access: door.Guest, serve: h.searchArtifacts},
		{pattern: "GET /tasks/{task}/artifacts", access: door.Guest, serve: h.ownList},
		{pattern: "GET /tasks/{task}/artifact", access: door.Guest, serve: h.ownGet},
		{pattern: "GET /tasks/{task}/artifact/versions", access: door.Guest, serve: h.ownVersions},
		{pattern: "PATCH /tasks/{task}/artifact", access: door.Member, serve: h.ownChange},
		{pattern: "DELETE /tasks/{task}/artifact", access: door.Member, serve: h.ownDelete},
		{pattern: "POST /tasks/{task}/artifact/restore", access: door.Member, serve: h.ownRestore},
		{pattern: "GET /archive", access: door.Guest, write: h.archive},
		{pattern: "GET /blobs/{digest}", access: door.Guest, serve: h.blob},
		{pattern: "POST /delete-plan", access: door.Member, serve: h.deletePlan},
		{pattern: "GET /search", access: door.Guest, serve: h.search},
		{pattern: "GET /usage", access: door.Guest, serve: h.usage},
		{pattern: "GET /tasks/{task}/scalars", access: door.Guest, serve: h.ownScalars},
		{pattern: "GET /tasks/{task}/log/search", access: door.Guest, serve: h.searchLog},
		{pattern: "GET /events/stream", access: door.Guest, stream: h.stream},
		{pattern: "GET /lineage", access: door.Guest, serve: h.lineage},
		{pattern: "GET /preview/{digest}", access: door.Guest, write: h.preview},
		{pattern: "GET /preview/{digest}/image", access: door.Guest, write: h.previewImage},
		{pattern: "GET /preview/{digest}/html", access: door.Guest, write: h.previewPage},
		{pattern: "GET /preview/{digest}/bytes", access: door.Guest, write: h.previewBytes},

		{pattern: "GET /rules", access: door.Guest, serve: h.ownRules},
		{pattern: "PATCH /rules", access: door.Admin, serve: h.ownSetRules},
		{pattern: "GET /users", access: door.Admin, serve: h.ownUsers},
		{pattern: "POST /users", access: door.Admin, serve: h.ownCreateUser},
		{pattern: "PATCH /users/{user}", access: door.Admin, serve: h.ownUpdateUser},
		{pattern: "DELETE /users/{user}", access: door.Admin, serve: h.ownDeleteUser},
		{pattern: "POST /users/{user}/reset", access: door.Admin, serve: h.ownResetUser},
		{pattern: "GET /users/{user}/keys", access: door.Admin, serve: h.ownUserKeys},
		{pattern: "POST /users/password", access: door.Self, serve: h.ownPassword},
		{pattern: "GET /audit", access: door.Admin, serve: h.ownAudit},
		{pattern: "POST /invitation/look", access: door.Anyone, serve: h.ownInvitation},
		{pattern: "POST /invitation/accept", access: door.Anyone, serve: h.ownAccept},
	}
}

// own returns the handler of our own endpoints.
func (h *handlers) own() http.Handler {
	m := http.NewServeMux()
	for _, r := range h.ownTable() {
		switch {
		case r.write != nil:
			m.Handle(r.pattern, h.raw(r.pattern, r.access, r.write))
		case r.stream != nil:
			m.HandleFunc(r.pattern, r.stream)
		default:
			m.Handle(r.pattern, h.plain(r.pattern, r.access, r.serve))
		}
	}
	none := h.plain("none", door.Guest, func(_ context.Context, c Call) (any, error) {
		return nil, ErrNoEndpoint.Errorf("there is no endpoint %s %.200q", c.Request.Method, c.Request.URL.Path)
	})
	m.Handle("/", none)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path.Clean(r.URL.Path) != r.URL.Path { // the mux would redirect, without the prefix that a caller used
			none.ServeHTTP(w, r)
			return
		}
		m.ServeHTTP(w, r)
	})
}

// plain runs one of our own endpoints: JSON and plain HTTP statuses.
func (h *handlers) plain(action string, need door.Access, fn func(context.Context, Call) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var result any
		ctx, c, err := h.admit(w, r, action, need)
		if err == nil {
			result, err = fn(ctx, c)
		}
		status := http.StatusOK
		if err != nil {
			status, result = h.problem(r, err)
		}
		body, err := encode(result)
		if err != nil {
			status, body = http.StatusInternalServerError, []byte("{}\n")
		}
		h.send(w, r, status, body)
	})
}

// admit checks who is calling one of our own endpoints.
func (h *handlers) admit(w http.ResponseWriter, r *http.Request, action string, need door.Access) (context.Context, Call, error) {
	if h.Stopping != nil && h.Stopping() {
		return nil, Call{}, ErrStopping.Errorf("the server is stopping; try again in a moment")
	}
	who, err := h.Guard.Admit(r, need)
	if err != nil {
		return nil, Call{}, err
	}
	door.NoteUser(r.Context(), who.Name)
	return user.WithAct(r.Context(), door.Act(r, who, action)), Call{Who: who, Request: r, Writer: w, files: h.Addresses.base(r)}, nil
}

// raw runs one of our own endpoints that writes its reply itself. It has
// written nothing if it returns an error.
func (h *handlers) raw(action string, need door.Access, fn func(context.Context, Call) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, c, err := h.admit(w, r, action, need)
		if err == nil {
			err = fn(ctx, c)
		}
		if err != nil {
			status, problem := h.problem(r, err)
			body, _ := encode(problem) // texts only
			h.send(w, r, status, body)
		}
	})
}

// problem turns an error into what a caller may see; causes are logged.
func (h *handlers) problem(r *http.Request, err error) (int, api.Problem) {
	f := fault.Of(err)
	status := statuses[f.Reason.Kind]
	if f.Reason == ErrStopping {
		status = http.StatusServiceUnavailable
	}
	id := door.RequestID(r.Context())
	if f.Reason.Kind == fault.Internal && r.Context().Err() == nil {
		h.Logger.LogAttrs(r.Context(), slog.LevelError, "call failed", slog.String("id", id), slog.String("error", err.Error()))
	}
	return status, api.Problem{Error: api.ProblemDetail{Kind: f.Reason.Kind.String(), Reason: f.Reason.Name, Message: f.Message, RequestID: id}}
}

// send writes the reply with an ETag, so that pages can ask again cheaply.
func (h *handlers) send(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "private, no-cache")
	h.sendAs(w, r, status, body)
}

// sendAs is send with the type and the caching that the header has already; it
// sets those of our JSON where there are none.
func (h *handlers) sendAs(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	header := w.Header()
	if header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/json")
	}
	if header.Get("Cache-Control") == "" {
		header.Set("Cache-Control", "private, no-cache")
	}
	if status == http.StatusOK && r.Method == http.MethodGet {
		sum := sha256.Sum256(body)
		tag := `"` + hex.EncodeToString(sum[:16]) + `"`
		header.Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that went away is no error of ours
}

// named reads which artifact a request is about.
func (c Call) named() (task.ID, artifact.Ref, error) {
	q := c.Request.URL.Query()
	ref := artifact.Ref{Key: q.Get("key"), Mode: artifact.Mode(firstOf(q.Get("mode"), string(artifact.Output)))}
	if ref.Key == "" {
		return "", ref, ErrMissing.Errorf("key: the artifact's key is required").With("field", "key")
	}
	if ref.Mode != artifact.Output && ref.Mode != artifact.Input {
		return "", ref, ErrField.Errorf("mode: expected output or input, got %.40q", string(ref.Mode)).With("field", "mode")
	}
	return task.ID(c.Request.PathValue("task")), ref, nil
}

// number reads an optional whole number from 1 on.
func (c Call) number(name string) (int, error) {
	s := c.Request.URL.Query().Get(name)
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, ErrField.Errorf("%s: expected a whole number from 1 on, got %.40q", name, s).With("field", name)
	}
	return n, nil
}

// maxOwnPage bounds a page of our own lists; 1,000 artifacts without previews
// are about 500 kB.
const maxOwnPage = 1000

// cursorOf names the place behind an artifact in a list.
func cursorOf(ref artifact.Ref) string {
	text, _ := json.Marshal([]string{ref.Key, string(ref.Mode)}) // texts only
	return base64.RawURLEncoding.EncodeToString(text)
}

// cursor reads the place that a page begins behind; nil is the beginning.
func (c Call) cursor() (*artifact.Ref, error) {
	s := c.Request.URL.Query().Get("after")
	if s == "" {
		return nil, nil
	}
	var parts []string
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(text, &parts)
	}
	if err != nil || len(parts) != 2 {
		return nil, ErrField.Wrap(err, "after: expected what a page gave as next, got %.40q", s).With("field", "after")
	}
	return &artifact.Ref{Key: parts[0], Mode: artifact.Mode(parts[1])}, nil
}

func (h *handlers) ownList(ctx context.Context, c Call) (any, error) {
	id := task.ID(c.Request.PathValue("task"))
	if _, err := h.Tasks.Get(ctx, c.Who, id); err != nil {
		return nil, err
	}
	limit, err := c.number("limit")
	if err != nil {
		return nil, err
	}
	after, err := c.cursor()
	if err != nil {
		return nil, err
	}
	sel := artifact.Selection{Tasks: []task.ID{id}, After: after}
	if limit > 0 {
		sel.Limit = min(limit, maxOwnPage) + 1 // one more tells whether there are more
	}
	found, err := h.Artifacts.List(ctx, c.Who, sel)
	if err != nil {
		return nil, err
	}
	var out api.ArtifactList
	if limit > 0 && len(found) == sel.Limit {
		found = found[:len(found)-1]
		out.Next = cursorOf(found[len(found)-1].Ref)
	}
	out.Artifacts = make([]api.Artifact, len(found))
	for i, a := range found {
		out.Artifacts[i] = c.artifact(a, false)
	}
	return out, nil
}

func (h *handlers) ownGet(ctx context.Context, c Call) (any, error) {
	id, ref, err := c.named()
	if err != nil {
		return nil, err
	}
	version, err := c.number("v")
	if err != nil {
		return nil, err
	}
	wait, err := c.number("wait")
	if err != nil {
		return nil, err
	}
	a, err := h.Artifacts.Get(ctx, c.Who, id, ref, version, time.Duration(wait)*time.Second)
	return c.artifact(a, true), err
}

func (h *handlers) ownVersions(ctx context.Context, c Call) (any, error) {
	id, ref, err := c.named()
	if err != nil {
		return nil, err
	}
	versions, err := h.Artifacts.Versions(ctx, c.Who, id, ref)
	out := api.ArtifactVersions{Versions: make([]api.Artifact, len(versions))}
	for i, v := range versions {
		out.Versions[i] = c.artifact(artifact.Artifact{Task: id, Ref: ref, Version: v}, false)
	}
	return out, err
}

func (h *handlers) ownDelete(ctx context.Context, c Call) (any, error) {
	id, ref, err := c.named()
	if err != nil {
		return nil, err
	}
	version, err := c.number("v")
	if err != nil {
		return nil, err
	}
	if version != 0 {
		return map[string]int{"deleted": 1}, h.Artifacts.RemoveVersion(ctx, c.Who, id, ref, version)
	}
	n, err := h.Artifacts.Remove(ctx, c.Who, id, []artifact.Ref{ref})
	if err == nil && n == 0 {
		err = artifact.ErrNotFound.Errorf("task %s has no %s artifact %q", id, ref.Mode, ref.Key)
	}
	return map[string]int{"deleted": n}, err
}

// ownChange renames an artifact and annotates its newest version.
func (h *handlers) ownChange(ctx context.Context, c Call) (any, error) {
	id, ref, err := c.named()
	if err != nil {
		return nil, err
	}
	var req api.ArtifactPatch
	if err := c.body(&req); err != nil {
		return nil, err
	}
	a, err := h.Artifacts.Change(ctx, c.Who, id, ref, artifact.Change{Key: req.Key, Set: req.Set, Unset: req.Unset})
	return c.artifact(a, true), err
}

// ownRestore makes an earlier version the newest.
func (h *handlers) ownRestore(ctx context.Context, c Call) (any, error) {
	id, ref, err := c.named()
	if err != nil {
		return nil, err
	}
	version, err := c.number("v")
	if err == nil && version == 0 {
		err = ErrMissing.Errorf("v: the number of a version is required").With("field", "v")
	}
	if err != nil {
		return nil, err
	}
	a, err := h.Artifacts.Restore(ctx, c.Who, id, ref, version)
	return c.artifact(a, true), err
}

// artifact shows an artifact as our own endpoints do.
func (c Call) artifact(a artifact.Artifact, preview bool) api.Artifact {
	out := api.Artifact{
		Task: string(a.Task), Key: a.Key, Mode: string(a.Mode), Type: a.Type, State: string(a.State),
		Version: a.Number, Versions: a.Versions, URI: a.Address.Render(c.files), FileVersion: a.FileNumber,
		Size: a.Size, SHA256: a.Hash, ContentType: a.ContentType, DataHash: a.DataHash, Timestamp: a.Timestamp,
		Metadata: map[string]string{}, Registered: stamp(a.Registered), User: string(a.User),
	}
	for _, row := range a.Metadata {
		if len(row) >= 2 {
			out.Metadata[row[0]] = row[1]
		}
	}
	if preview {
		out.Preview = &a.Preview
	}
	return out
}
