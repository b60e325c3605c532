package lifecycle

import (
	"context"
	"time"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/queue"
	"github.com/coffer-ml/coffer/task"
)

// Config is what the service needs; all fields are required.
type Config struct {
	Projects  *project.Service
	Tasks     *task.Service
	Models    *model.Service
	Artifacts *artifact.Service
	Events    *event.Service
	Queues    *queue.Service
	Files     *file.Service
	Tx        func(ctx context.Context, fn func(context.Context) error) error
	Now       func() time.Time
}

// Service runs operations that span nouns.
type Service struct{ Config }

// New returns the service.
func New(cfg Config) *Service { return &Service{cfg} }
