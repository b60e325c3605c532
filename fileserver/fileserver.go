package fileserver

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/user"
)

// Config is what the handler needs; fields without a default are required.
type Config struct {
	Files  *file.Service
	Guard  *door.Guard
	Logger *slog.Logger
	// Prefix is the path that the handler is mounted under, without a slash at
	// its end; "" means the root of its host.
	Prefix string
	// Stopping reports whether the server is about to exit; nil means never.
	Stopping func() bool
	// Redirect says which downloads go to a signed address of the store; ""
	// means none.
	Redirect Redirects
	// Received, if set, is told how many bytes an upload brought.
	Received func(bytes int64)
}

type handler struct {
	Config
	routes map[string]route // by their names
}

// request is one that was admitted.
type request struct {
	*http.Request
	who    user.Identity
	path   string // of the file, decoded once and not cleaned, with its leading slash
	upload target // for uploads in parts
}

// route is what one method of a place does.
type route struct {
	name   string // method and place
	access door.Access
	action string // what the audit calls it
	serve  func(w http.ResponseWriter, r request) error
}

// table lists what can be done with files. A path is whatever is not the root;
// HEAD goes with GET.
func (h *handler) table() []route {
	return []route{
		{"GET /", door.Anyone, "files.look", h.alive},
		{"POST /", door.Member, "files.upload", h.upload},
		{"POST /delete_many", door.Member, "files.delete_many", h.deleteMany},
		{"GET /{path}", door.Guest, "files.download", h.download},
		{"DELETE /{path}", door.Member, "files.delete", h.delete},
	}
}

func byName(routes []route) map[string]route {
	out := make(map[string]route, len(routes))
	for _, r := range routes {
		out[r.name] = r
	}
	return out
}

// Routes lists what is served: the files themselves, below the prefix.
func Routes() []door.Route { return described((&handler{}).table()) }

func described(routes []route) []door.Route {
	out := make([]door.Route, len(routes))
	for i, r := range routes {
		out[i] = door.Route{Name: r.name, Access: r.access}
	}
	return out
}

// New returns the handler.
func New(cfg Config) http.Handler {
	h := &handler{Config: cfg}
	h.routes = byName(h.table())
	return h
}

// CORS is what scripts in pages of those origins may do with files: what their
// token allows, in the requests and with the headers that files have.
func CORS(origins []string) door.CORS {
	return door.CORS{
		Origins: origins,
		Methods: []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete},
		Allow:   []string{"Authorization", "Content-Type", "Range", "If-Range", "If-Match", "If-None-Match", digestHeader},
		Expose:  []string{"Accept-Ranges", "Content-Disposition", "Content-Range", "ETag", digestHeader, versionHeader},
	}
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, err := h.path(r)
	if err == nil {
		err = h.serve(w, r, path)
	}
	if err != nil {
		h.fail(w, r, err)
	}
}

// path returns the requested path, decoded once and not cleaned, with its
// leading slash; "" or "/" is the root.
func (h *handler) path(r *http.Request) (string, error) {
	path, ok := strings.CutPrefix(r.URL.Path, h.Prefix)
	if !ok || path != "" && path[0] != '/' {
		return "", file.ErrNotFound.Errorf("there is nothing at %.200q", r.URL.Path)
	}
	return path, nil
}

func (h *handler) serve(w http.ResponseWriter, r *http.Request, path string) error {
	if err := h.ready(); err != nil {
		return err
	}
	if r.Method == http.MethodOptions {
		w.Header().Set("Allow", "GET, HEAD, POST, DELETE, OPTIONS")
		w.WriteHeader(http.StatusOK)
		return nil
	}
	method, place := r.Method, "/{path}"
	if method == http.MethodHead {
		method = http.MethodGet
	}
	switch {
	case path == "" || path == "/":
		place = "/"
	case method == http.MethodPost && path == "/delete_many":
		place = path
	}
	route, ok := h.routes[method+" "+place]
	if !ok {
		return errMethod.Errorf("%s is not offered here; uploads are POST to the root, files are read by GET and HEAD and removed by DELETE", r.Method)
	}
	return h.run(w, r, route, request{path: path})
}

// run runs a route for a caller who may call it.
func (h *handler) run(w http.ResponseWriter, r *http.Request, of route, what request) (err error) {
	what.Request, what.who, err = h.admit(r, of.access, of.action)
	if err != nil {
		return err
	}
	return of.serve(w, what)
}

// ready refuses requests that come while the server stops.
func (h *handler) ready() error {
	if h.Stopping != nil && h.Stopping() {
		return errStopping.Errorf("the server is stopping; try again in a moment")
	}
	return nil
}

// admit checks who is calling and tells the access log. The request that it
// returns knows what is done, for the audit.
func (h *handler) admit(r *http.Request, need door.Access, action string) (*http.Request, user.Identity, error) {
	who, err := h.Guard.Admit(r, need)
	if err != nil {
		return r, who, err
	}
	door.NoteUser(r.Context(), who.Name)
	return r.WithContext(user.WithAct(r.Context(), door.Act(r, who, action))), who, nil
}

// alive answers a look at the root: credentials are checked only if given.
func (h *handler) alive(w http.ResponseWriter, r request) error {
	if r.Header.Get("Authorization") != "" {
		if _, _, err := h.admit(r.Request, door.Guest, "files.look"); err != nil {
			return err
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := io.WriteString(w, "OK")
	return ignoreGone(err)
}

// The reasons of this package.
var (
	errStopping  = fault.Reason{Kind: fault.Unavailable, Name: "fileserver.stopping"}
	errMethod    = fault.Reason{Kind: fault.Unsupported, Name: "fileserver.method"}
	errBody      = fault.Reason{Kind: fault.Invalid, Name: "fileserver.bad_body"}
	errEncoding  = fault.Reason{Kind: fault.Unsupported, Name: "fileserver.content_encoding"}
	errLength    = fault.Reason{Kind: fault.Invalid, Name: "fileserver.length_required"}
	errBodyLimit = fault.Reason{Kind: fault.TooLarge, Name: "fileserver.body_too_large"}
)

// statuses is the one table from kinds of faults to HTTP.
var statuses = map[fault.Kind]int{
	fault.Internal:        http.StatusInternalServerError,
	fault.Invalid:         http.StatusBadRequest,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Conflict:        http.StatusConflict,
	fault.State:           http.StatusConflict,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.Unsupported:     http.StatusBadRequest,
	fault.Unavailable:     http.StatusServiceUnavailable,
}

// reasons are those whose status is not that of their kind.
var reasons = map[fault.Reason]int{
	errMethod:   http.StatusMethodNotAllowed,
	errEncoding: http.StatusUnsupportedMediaType,
	errLength:   http.StatusLengthRequired,

	door.ErrTooSlow: http.StatusRequestTimeout,
	// Not 503: waiting a little does not help, and clients repeat such calls.
	blob.ErrStoreFull: http.StatusInsufficientStorage,
	fault.ErrFull:     http.StatusInsufficientStorage,
}

// retryAfter is told with 503, in seconds: a restart takes one or two.
const retryAfter = 2

// fail tells the caller what went wrong. Causes are logged, never shown.
func (h *handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.Of(err)
	status, ok := reasons[f.Reason]
	if !ok {
		status = statuses[f.Reason.Kind]
	}
	id := door.RequestID(r.Context())
	if status >= http.StatusInternalServerError && f.Reason != errStopping && r.Context().Err() == nil {
		h.Logger.LogAttrs(r.Context(), slog.LevelError, "file request failed",
			slog.String("id", id), slog.String("reason", f.Reason.Name), slog.String("error", err.Error()))
	}
	header := w.Header()
	switch status {
	case http.StatusUnauthorized:
		header.Set("WWW-Authenticate", "Bearer")
	case http.StatusServiceUnavailable:
		header.Set("Retry-After", strconv.Itoa(retryAfter))
	case http.StatusMethodNotAllowed:
		if header.Get("Allow") == "" {
			header.Set("Allow", "GET, HEAD, POST, DELETE, OPTIONS")
		}
	}
	h.json(w, r, status, map[string]any{"error": map[string]string{
		"kind": f.Reason.Kind.String(), "reason": f.Reason.Name, "message": f.Message, "request_id": id,
	}})
}

// json writes a JSON reply, never anything that a browser takes for a page.
func (h *handler) json(w http.ResponseWriter, r *http.Request, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{}`)
	}
	header := w.Header()
	protect(header)
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a client that went away is no error of ours
	}
}

// protect sets the headers that keep a browser from running what it gets.
func protect(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
}
