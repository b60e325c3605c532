package file_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/notify"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/test/postgres"
	"github.com/coffer-ml/coffer/user"
)

// world is the file service with a noun whose records name paths, on a real
// database.
type world struct {
	db        *sqlstore.DB
	blobs     blob.Store
	files     *file.Service
	elsewhere *file.Service // of another server on the same database and store
	artifacts *artifact.Service
	task      task.ID
}

// databases make an empty database of each engine.
var databases = map[string]func(testing.TB) sqlstore.Config{
	"sqlite": func(t testing.TB) sqlstore.Config {
		return sqlstore.Config{Path: filepath.Join(t.TempDir(), "coffer.db")}
	},
	"postgres": func(t testing.TB) sqlstore.Config { return sqlstore.Config{URL: postgres.Database(t)} },
}

// newWorld builds a world on a database of the engine; change may alter the
// configuration of its files.
func newWorld(t testing.TB, engine string, blobs blob.Store, change func(*file.Config)) *world {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), databases[engine](t))
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	w := &world{db: db, blobs: blobs}
	cfg := file.Config{Store: db.Files(), Sessions: db.Sessions(), Blobs: blobs, Tx: db.Tx, After: db.After, Now: time.Now, Logger: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&cfg)
	}
	w.files, w.elsewhere = file.New(cfg), file.New(cfg)
	projects := project.New(project.Config{Store: db.Projects(), Tx: db.Tx, Now: time.Now})
	tasks := task.New(task.Config{Store: db.Tasks(), Projects: projects, Tx: db.Tx, Now: time.Now})
	w.artifacts = artifact.New(artifact.Config{
		Store: db.Artifacts(), Tasks: tasks, Files: w.files, Tx: db.Tx, After: db.After, Hub: &notify.Hub{}, Now: time.Now,
	})
	w.files.Join(w.artifacts)
	w.elsewhere.Join(w.artifacts)
	made, err := tasks.Create(t.Context(), user.Operator, task.Spec{Name: "t", Type: "training"})
	must(t, err)
	w.task = made.ID
	return w
}

func (w *world) upload(ctx context.Context, p file.Path, content []byte) (file.Generation, error) {
	return w.files.Upload(ctx, user.Operator, p, bytes.NewReader(content), file.UploadOptions{})
}

// read returns the bytes of a generation of a path.
func (w *world) read(ctx context.Context, p file.Path, want file.Want) (file.Generation, []byte, error) {
	g, err := w.files.Stat(ctx, user.Operator, p, want)
	if err != nil {
		return g, nil, err
	}
	c, err := w.files.Open(ctx, user.Operator, g)
	if err != nil {
		return g, nil, err
	}
	defer func() { _ = c.Close() }()
	content, err := io.ReadAll(c)
	return g, content, err
}

// register records the content of a path as an artifact of the task.
func (w *world) register(ctx context.Context, key string, p file.Path, content []byte, timestamp int64) error {
	address, err := file.Own(string(p))
	if err != nil {
		return err
	}
	size := int64(len(content))
	_, err = w.artifacts.Register(ctx, user.Operator, w.task, []artifact.Spec{{
		Ref:     artifact.Ref{Key: key, Mode: artifact.Output},
		Version: artifact.Version{Address: address, Hash: string(digestOf(content)), Size: &size, Timestamp: timestamp},
	}})
	return err
}

// stored returns the keys of all objects in the store.
func (w *world) stored(t testing.TB) map[blob.Key]bool {
	t.Helper()
	keys := map[blob.Key]bool{}
	for info, err := range w.blobs.List(context.WithoutCancel(t.Context()), "") {
		must(t, err)
		keys[info.Key] = true
	}
	return keys
}

func digestOf(content []byte) blob.Digest { return blob.DigestOf(sha256.Sum256(content)) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
