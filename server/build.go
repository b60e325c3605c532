package server

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"path/filepath"
	"time"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/internal/notify"
	"github.com/coffer-ml/coffer/lifecycle"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/preview"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/queue"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// services is everything behind the doors.
type services struct {
	db        *sqlstore.DB
	volumes   *file.Volumes
	users     *user.Service
	projects  *project.Service
	tasks     *task.Service
	models    *model.Service
	artifacts *artifact.Service
	files     *file.Service
	events    *event.Service
	queues    *queue.Service
	lifecycle *lifecycle.Service
	previews  *preview.Service
	guard     *door.Guard
	hub       *notify.Hub // wakes those who wait for something
	unlink    func()      // ends the exchange of wake-ups with other servers
	room      *room
}

// databaseFile is the database in the data directory, unless it is on a server.
const databaseFile = "coffer.db"

// previewDir in the data directory holds previews that were made. It may be
// deleted at any time.
const previewDir = "previews"

// openUsers opens the database and the user noun alone: what commands need
// that manage accounts without a server.
func openUsers(ctx context.Context, cfg Config) (*sqlstore.DB, *user.Service, error) {
	db, err := sqlstore.Open(ctx, sqlstore.Config{Path: filepath.Join(cfg.Data, databaseFile), URL: cfg.DB})
	if err != nil {
		return nil, nil, err
	}
	return db, user.New(user.Config{Store: db.Users(), Tx: db.Tx, Now: time.Now, Build: Version, SessionLife: cfg.SessionLife}), nil
}

// build opens the stores and joins the services. The metrics are told of what
// passes; nil is for commands.
func build(ctx context.Context, cfg Config, logger *slog.Logger, m *metrics) (*services, error) {
	db, users, err := openUsers(ctx, cfg)
	if err != nil {
		return nil, err
	}
	volumes, volume, err := openVolumes(ctx, cfg, db, m)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	blobs := volumes.Attached()[volume]
	s := &services{db: db, volumes: volumes, users: users, guard: &door.Guard{Users: users, Origins: origins(cfg)}, hub: &notify.Hub{}}
	s.projects = project.New(project.Config{Store: db.Projects(), Tx: db.Tx, Now: time.Now})
	s.tasks = task.New(task.Config{Store: db.Tasks(), Projects: s.projects, Tx: db.Tx, Now: time.Now})
	s.queues = queue.New(queue.Config{Store: db.Queues(), Tx: db.Tx, Now: time.Now})
	s.room = newRoom(cfg, blobs)
	s.files = file.New(file.Config{
		Store: db.Files(), Sessions: db.Sessions(), Blobs: blobs, Volume: volume, Volumes: volumes, Tx: db.Tx, After: db.After, Now: time.Now, Logger: logger,
		MaxSize: cfg.MaxUploadSize, Room: s.room.check, Hashed: m.hash,
	})
	s.unlink = db.Link(s.hub, logger)
	s.models = model.New(model.Config{Store: db.Models(), Projects: s.projects, Tasks: s.tasks, Files: s.files, Tx: db.Tx, Now: time.Now})
	s.artifacts = artifact.New(artifact.Config{
		Store: db.Artifacts(), Tasks: s.tasks, Files: s.files, Tx: db.Tx, After: db.After, Hub: s.hub, Now: time.Now,
	})
	s.events = event.New(event.Config{
		Store: db.Events(), Targets: lifecycle.Targets{Tasks: s.tasks, Models: s.models}, Files: s.files, Tx: db.BulkTx, After: db.After, Hub: s.hub, Now: time.Now,
	})
	s.files.Join(s.artifacts, s.models, s.events)
	s.lifecycle = lifecycle.New(lifecycle.Config{
		Projects: s.projects, Tasks: s.tasks, Models: s.models, Artifacts: s.artifacts, Events: s.events, Queues: s.queues, Files: s.files, Tx: db.Tx, Now: time.Now,
	})
	s.previews = preview.New(preview.Config{
		Dir: filepath.Join(cfg.Data, previewDir), DirBytes: cfg.PreviewCache,
		Log: func(message string, err error) { logger.Debug(message, "error", err) },
	})
	if err := s.findOthers(ctx, logger); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// origins are the hosts of our own pages as browsers know them behind a proxy.
func origins(cfg Config) []string {
	if u, err := url.Parse(cfg.PublicURL); err == nil && u.Host != "" {
		return []string{u.Host}
	}
	return nil
}

func (s *services) close() error {
	s.unlink()
	return s.db.Close()
}
