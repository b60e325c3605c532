package server

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/fileserver"
	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/rpc"
	"github.com/coffer-ml/coffer/web"
)

// doors are the handlers of the listeners.
type doors struct{ web, api, files, admin http.Handler }

// newDoors makes the handlers. No standard mux stands before files: it would
// clean their paths, and redirect a POST that has no trailing slash.
func newDoors(s *services, cfg Config, m *metrics, logger *slog.Logger, addresses rpc.Addresses, at keyPair, stopping func() bool) doors {
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
	api = withSessions(api, fileserver.NewSessions(bytes(rpc.APIPrefix)))
	probes := map[string]http.Handler{
		"/healthz": http.HandlerFunc(health),
		"/readyz":  ready(s, stopping),
		"/metrics": m.handler(s.guard),
	}
	page := web.New(web.Config{Version: Version, PublicURL: cfg.PublicURL})
	prefixed := fileserver.New(bytes(rpc.FilesPrefix))
	front := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch p := r.URL.Path; {
		case probes[p] != nil:
			probes[p].ServeHTTP(w, r)
		case p == rpc.FilesPrefix || strings.HasPrefix(p, rpc.FilesPrefix+"/"):
			prefixed.ServeHTTP(w, r)
		case strings.HasPrefix(p, rpc.APIPrefix+"/"):
			api.ServeHTTP(w, r)
		default:
			page.ServeHTTP(w, r)
		}
	})
	apiDoor := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if probe := probes[r.URL.Path]; probe != nil {
			probe.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
	keys := adminRoutes(s, at, logger)
	admin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/admin/") {
			keys.ServeHTTP(w, r)
			return
		}
		front.ServeHTTP(w, r)
	})
	logged := func(name string, h http.Handler) http.Handler {
		return door.Log{Logger: logger, Now: time.Now, Observe: m.observe(name)}.Wrap(h)
	}
	return doors{web: logged("web", front), api: logged("api", apiDoor), files: logged("files", fileserver.New(bytes(""))), admin: logged("admin", admin)}
}

// withSessions puts uploads in parts beside the API, with its prefix or without.
func withSessions(api, sessions http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := strings.TrimPrefix(r.URL.Path, rpc.APIPrefix)
		if p == fileserver.SessionsPath || strings.HasPrefix(p, fileserver.SessionsPath+"/") {
			sessions.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
}
