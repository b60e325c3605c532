package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/codec"
)

const (
	projectName = "Coffer examples"
	taskName    = "Go artifacts"
)

// logAll makes a task, logs one artifact of every kind to it and completes it.
func logAll(ctx context.Context) (task string, err error) {
	dir, err := os.MkdirTemp("", "coffer-example-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	dataset, file := filepath.Join(dir, "dataset"), filepath.Join(dir, "weights.csv")
	if err := errors.Join(writeAll(dataset, theFolder()), os.WriteFile(file, []byte(weights), 0o600)); err != nil {
		return "", err
	}
	spec := client.TaskSpec{Project: projectName, Name: taskName}
	err = client.RunTask(ctx, client.Config{}, spec, func(ctx context.Context, run *client.Run) error {
		task = run.ID
		return errors.Join(
			run.Upload(ctx, "file", codec.File(file)),
			run.Upload(ctx, "settings", theSettings()),
			run.Upload(ctx, "picture", thePicture()),
			run.Upload(ctx, "note", note),
			run.Upload(ctx, "folder", codec.Dir(dataset)),
			run.Upload(ctx, "array", codec.Array(theArray().Values, theArray().Shape...)),
			run.Flush(ctx), // files must stay until they have arrived
		)
	})
	return task, err
}

func writeAll(dir string, files map[string]string) error {
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}
