package server

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/fileserver"
	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/rpc"
	"github.com/coffer-ml/coffer/web"
)

// doors are the handlers of the listeners.
type doors struct{ web, api, files, admin http.Handler }

// mount is what a listener serves at a path and, if that ends with a slash, at
// all below it. Its routes say what it asks of callers; what has none is not
// mounted.
type mount struct {
	path    string
	base    string // what stands before the paths of the routes
	handler http.Handler
	routes  []door.Route
}

// mounts are the parts of a listener. The first that fits a path serves it.
type mounts []mount

// ServeHTTP implements http.Handler. No standard mux stands here: it would clean
// the paths of files, and redirect a POST that has no trailing slash.
func (m mounts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, part := range m {
		if below, all := strings.CutSuffix(part.path, "/"); part.path == "/" || r.URL.Path == below || all && strings.HasPrefix(r.URL.Path, part.path) {
			part.handler.ServeHTTP(w, r)
			return
		}
	}
	http.NotFound(w, r)
}

// listening are the parts of each listener.
type listening struct{ web, api, files, admin mounts }

// newListening joins the handlers to what each listener serves.
func newListening(s *services, cfg Config, m *metrics, logger *slog.Logger, addresses rpc.Addresses, at keyPair, stopping func() bool) listening {
	api := rpc.New(rpc.Config{
		Guard: s.guard, Users: s.users, Projects: s.projects, Tasks: s.tasks, Models: s.models, Artifacts: s.artifacts, Events: s.events,
		Queues: s.queues, Lifecycle: s.lifecycle, Files: s.files, Previews: s.previews, Addresses: addresses, Logger: logger, Now: time.Now,
		Build: Version, Commit: commit(), Stopping: stopping, Observe: m.call, TLS: cfg.TLSCert != "",
		CookieDomain: cfg.CookieDomain, Settings: cfg.Settings,
	})
	bytes := func(prefix string) fileserver.Config {
		return fileserver.Config{
			Files: s.files, Guard: s.guard, Logger: logger, Prefix: prefix, Stopping: stopping, Redirect: cfg.RedirectDownloads,
			Received: func(n int64) { m.received.Add(float64(n)) },
		}
	}
	files := func(prefix string) http.Handler {
		return fileserver.CORS(cfg.FilesOrigins).Wrap(fileserver.New(bytes(prefix)))
	}
	sessions := fileserver.NewSessions(bytes(rpc.APIPrefix))
	public := func(name string) []door.Route { return []door.Route{{Name: name, Access: door.Anyone}} }
	probes := mounts{
		{"/healthz", "", http.HandlerFunc(health), public("GET /healthz")},
		{"/readyz", "", ready(s, stopping), public("GET /readyz")},
		{"/metrics", "", m.handler(s.guard), []door.Route{{Name: "GET /metrics", Access: door.Guest}}},
	}
	parts := func(base string) mount {
		return mount{base + fileserver.SessionsPath + "/", base, sessions, fileserver.SessionRoutes()}
	}
	front := append(slices.Clone(probes),
		mount{rpc.FilesPrefix + "/", rpc.FilesPrefix, files(rpc.FilesPrefix), fileserver.Routes()},
		parts(rpc.APIPrefix),
		mount{rpc.APIPrefix + "/", rpc.APIPrefix, api, rpc.Routes()},
		mount{"/", "", web.New(web.Config{Version: Version, PublicURL: cfg.PublicURL}), public("GET /")},
	)
	return listening{
		web:   front,
		api:   append(slices.Clone(probes), parts(""), parts(rpc.APIPrefix), mount{"/", "", api, rpc.Routes()}),
		files: mounts{{"/", "", files(""), fileserver.Routes()}},
		admin: append(mounts{adminMount(s, at, logger)}, front...),
	}
}

// newDoors makes the handlers of the listeners, with the log around them.
func newDoors(l listening, m *metrics, logger *slog.Logger) doors {
	logged := func(name string, h http.Handler) http.Handler {
		return door.Log{Logger: logger, Now: time.Now, Observe: m.observe(name)}.Wrap(h)
	}
	return doors{web: logged("web", l.web), api: logged("api", l.api), files: logged("files", l.files), admin: logged("admin", l.admin)}
}
