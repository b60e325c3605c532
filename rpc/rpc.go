package rpc

import (
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/lifecycle"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/preview"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/queue"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// Config is what the handler needs; fields without a default are required.
type Config struct {
	Guard     *door.Guard
	Users     *user.Service
	Projects  *project.Service
	Tasks     *task.Service
	Models    *model.Service
	Artifacts *artifact.Service
	Events    *event.Service
	Queues    *queue.Service
	Lifecycle *lifecycle.Service
	Files     *file.Service
	Previews  *preview.Service

	Addresses Addresses
	Logger    *slog.Logger
	Now       func() time.Time
	// Build and Commit name what is running, for server.info.
	Build, Commit string
	// Stopping reports whether the server is about to exit; nil means never.
	Stopping func() bool
	// Observe, if set, is told of each call.
	Observe func(endpoint string, status int, took time.Duration)
	// TLS says that browsers reach us by https, so that cookies are for that.
	TLS bool
	// CookieDomain is the domain of the session cookie; "" means our host alone.
	CookieDomain string
	// Settings is the configuration by its keys, without passwords, for
	// server.config.
	Settings map[string]string
}

// handlers holds what the typed functions share.
type handlers struct{ Config }

// New returns the handler of the API. Paths come without the prefix "/api".
func New(cfg Config) http.Handler {
	h := &handlers{cfg}
	return &mux{cfg: cfg, endpoints: index(h.table()), own: h.own(), bodies: semaphore.NewWeighted(sharedBodies)}
}
