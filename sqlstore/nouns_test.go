package sqlstore_test

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/notify"
	"github.com/coffer-ml/coffer/lifecycle"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/queue"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// nouns are the services of one server.
type nouns struct {
	db        *sqlstore.DB
	users     *user.Service
	projects  *project.Service
	tasks     *task.Service
	models    *model.Service
	artifacts *artifact.Service
	files     *file.Service
	events    *event.Service
	queues    *queue.Service
	lifecycle *lifecycle.Service
}

// nounsOn joins the services on a database and a blob store. Deleted bytes are
// kept for the grace period.
func nounsOn(db *sqlstore.DB, blobs blob.Store, now func() time.Time, grace time.Duration) *nouns {
	n := &nouns{db: db}
	n.users = user.New(user.Config{Store: db.Users(), Tx: db.Tx, Now: now, Build: "test"})
	n.projects = project.New(project.Config{Store: db.Projects(), Tx: db.Tx, Now: now})
	n.tasks = task.New(task.Config{Store: db.Tasks(), Projects: n.projects, Tx: db.Tx, Now: now})
	n.queues = queue.New(queue.Config{Store: db.Queues(), Tx: db.Tx, Now: now})
	n.files = file.New(file.Config{
		Store: db.Files(), Sessions: db.Sessions(), Blobs: blobs, Tx: db.Tx, After: db.After, Now: now, Grace: grace,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	hub := &notify.Hub{}
	n.models = model.New(model.Config{Store: db.Models(), Projects: n.projects, Tasks: n.tasks, Files: n.files, Tx: db.Tx, Now: now})
	n.artifacts = artifact.New(artifact.Config{
		Store: db.Artifacts(), Tasks: n.tasks, Files: n.files, Tx: db.Tx, After: db.After, Hub: hub, Now: now,
	})
	n.events = event.New(event.Config{
		Store: db.Events(), Targets: lifecycle.Targets{Tasks: n.tasks, Models: n.models}, Files: n.files, Tx: db.BulkTx, After: db.After, Hub: hub, Now: now,
	})
	n.files.Join(n.artifacts, n.models, n.events)
	n.lifecycle = lifecycle.New(lifecycle.Config{
		Projects: n.projects, Tasks: n.tasks, Models: n.models, Artifacts: n.artifacts, Events: n.events, Queues: n.queues, Files: n.files, Tx: db.Tx, Now: now,
	})
	return n
}

// newTask makes a task.
func (n *nouns) newTask(t testing.TB, name string) task.ID {
	t.Helper()
	made, err := n.tasks.Create(context.Background(), user.Operator, task.Spec{Name: name, Type: "training"})
	must(t, err)
	return made.ID
}
