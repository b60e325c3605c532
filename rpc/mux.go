package rpc

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/user"
)

// The reasons of this package.
var (
	ErrPath        = fault.Reason{Kind: fault.Invalid, Name: "rpc.bad_path"}
	ErrLeadingZero = fault.Reason{Kind: fault.Invalid, Name: "rpc.version_with_leading_zero"}
	ErrNoEndpoint  = fault.Reason{Kind: fault.NotFound, Name: "rpc.no_endpoint"}
	ErrStopping    = fault.Reason{Kind: fault.Unavailable, Name: "rpc.stopping"}
	ErrEncoding    = fault.Reason{Kind: fault.Unsupported, Name: "rpc.content_encoding"}
	ErrBody        = fault.Reason{Kind: fault.Invalid, Name: "rpc.bad_body"}
	ErrBodyLimit   = fault.Reason{Kind: fault.TooLarge, Name: "rpc.body_too_large"}
	ErrMissing     = fault.Reason{Kind: fault.Invalid, Name: "rpc.missing_field"}
	ErrMissingKey  = fault.Reason{Kind: fault.Invalid, Name: "rpc.missing_key"}
	ErrField       = fault.Reason{Kind: fault.Invalid, Name: "rpc.bad_field"}
	ErrQuery       = fault.Reason{Kind: fault.Invalid, Name: "rpc.bad_query"}
	ErrScroll      = fault.Reason{Kind: fault.Invalid, Name: "rpc.bad_scroll_id"}
	ErrNoPair      = fault.Reason{Kind: fault.NotFound, Name: "rpc.no_pair_to_revoke"}
	ErrOutdated    = fault.Reason{Kind: fault.Unsupported, Name: "rpc.outdated_call"}
	ErrProjection  = fault.Reason{Kind: fault.Invalid, Name: "rpc.bad_projection"}
)

// Call is what a typed function knows of its call beside the request.
type Call struct {
	Who      user.Identity
	Endpoint string
	Version  version // as requested
	Worker   string  // what the caller calls his machine
	Request  *http.Request
	Writer   http.ResponseWriter // for headers such as Set-Cookie
	files    string              // base of file addresses for this caller
}

// latest stands in for the version of an unversioned path.
var latest = version{2, 34}

// call is one call on its way through the adapter.
type call struct {
	id        string
	trx       string
	name      string
	requested version
	row       *row
}

// mux finds the row for a path and runs the adapter around it.
type mux struct {
	cfg       Config
	endpoints map[string][]*row // by name, the newest first
	own       http.Handler
	bodies    *semaphore.Weighted // bytes of large bodies that may be in memory
}

// APIPrefix may stand before every path, and does on hosts that also serve the
// web app.
const APIPrefix = "/api"

// ownPaths begin the paths of our own endpoints.
var ownPaths = []string{"/tasks/", "/artifacts/", "/events/", "/users/", "/invitation/", "/preview/", "/blobs/"}

// ownRoots are those of them that have nothing before them.
var ownRoots = []string{"/artifacts", "/archive", "/delete-plan", "/search", "/usage", "/lineage", "/users", "/audit", "/rules"}

// isOwn reports whether a path is one of our own endpoints: those of the
// protocol begin with a version or have a dot.
func isOwn(path string) bool {
	return slices.Contains(ownRoots, path) || slices.ContainsFunc(ownPaths, func(p string) bool { return strings.HasPrefix(path, p) })
}

// ServeHTTP implements http.Handler.
func (m *mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rest, ok := strings.CutPrefix(r.URL.Path, APIPrefix); ok && strings.HasPrefix(rest, "/") {
		r = withPath(r, rest)
	}
	switch {
	case r.Method == http.MethodOptions:
		w.WriteHeader(http.StatusOK)
		return
	case isOwn(r.URL.Path):
		m.own.ServeHTTP(w, r)
		return
	}
	begun := m.cfg.Now()
	c := &call{id: door.RequestID(r.Context()), requested: latest}
	c.trx = firstOf(r.Header.Get("X-Clearml-Trx"), r.Header.Get("X-Trains-Trx"), c.id)
	data, err := m.serve(w, r, c)
	status := m.reply(w, r, c, data, err)
	if m.cfg.Observe != nil {
		name := "unknown"
		if c.row != nil {
			name = c.name
		}
		m.cfg.Observe(name, status, m.cfg.Now().Sub(begun))
	}
}

// withPath returns the request with another path.
func withPath(r *http.Request, path string) *http.Request {
	u := *r.URL
	u.Path, u.RawPath = path, ""
	out := *r
	out.URL = &u
	return &out
}

// serve runs one call up to its result. Credentials come before the body:
// who may not call is told so whatever he sent.
func (m *mux) serve(w http.ResponseWriter, r *http.Request, c *call) (data any, err error) {
	defer func() {
		// The SDK asks forever for a reply that has no envelope.
		if broken := recover(); broken != nil {
			data, err = nil, fmt.Errorf("panic: %v\n%s", broken, debug.Stack())
		}
	}()
	if m.cfg.Stopping != nil && m.cfg.Stopping() {
		return nil, ErrStopping.Errorf("the server is stopping; try again in a moment")
	}
	if r.Header.Get("Content-Encoding") != "" {
		return nil, ErrEncoding.Errorf("compressed requests are not accepted; send the body as it is")
	}
	if err := m.route(r.URL.Path, c); err != nil {
		return nil, err
	}
	who, err := m.cfg.Guard.Admit(r, c.row.access)
	if err != nil {
		return nil, err
	}
	door.NoteUser(r.Context(), who.Name)
	body := m.open(w, r, c.row.limit)
	defer body.release()
	args, err := readArgs(r, body)
	if err != nil {
		return nil, err
	}
	ctx := user.WithAct(r.Context(), door.Act(r, who, c.name))
	var cancel context.CancelFunc = func() {}
	if c.row.patience > 0 {
		ctx, cancel = context.WithTimeout(ctx, c.row.patience)
	}
	defer cancel()
	return c.row.serve(ctx, Call{
		Who: who, Endpoint: c.name, Version: c.requested, Worker: door.Worker(r),
		Request: r, Writer: w, files: m.cfg.Addresses.base(r),
	}, args)
}

var pathPattern = regexp.MustCompile(`^/(?:v([0-9]+(?:\.[0-9]*)?|[0-9]*\.[0-9]+)/)?([A-Za-z_]\w+)\.([A-Za-z_]\w+)/?$`)

// route finds the row for a path.
func (m *mux) route(path string, c *call) error {
	parts := pathPattern.FindStringSubmatch(path)
	if parts == nil {
		return ErrPath.Errorf("the path %.100q is none of ours; expected /vX.Y/service.action", path)
	}
	c.name = parts[2] + "." + parts[3]
	if parts[1] != "" {
		v, err := parseVersion(parts[1])
		if err != nil {
			return err
		}
		c.requested = v
	}
	rows := m.endpoints[c.name]
	i := slices.IndexFunc(rows, func(r *row) bool { return !c.requested.less(r.since) })
	if i < 0 {
		return ErrNoEndpoint.Errorf("there is no endpoint %s in version %s", c.name, c.requested)
	}
	c.row = rows[i]
	return nil
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// patience is how long a call may wait for the database before it is told to
// come back: the SDK retries nothing that takes longer anyway.
const patience = 10 * time.Second
