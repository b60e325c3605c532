package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

const (
	projectName = "Coffer examples"
	taskName    = "Go artifacts"
)

// artifact is the record that a task keeps of stored bytes.
type artifact struct {
	Key         string   `json:"key"`
	Type        string   `json:"type"`
	URI         string   `json:"uri"`
	ContentSize int64    `json:"content_size,omitempty"` // bytes
	Hash        string   `json:"hash,omitempty"`         // SHA-256 in hex
	Timestamp   int64    `json:"timestamp"`              // seconds since 1970
	TypeData    typeData `json:"type_data"`
}

type typeData struct {
	Preview     string `json:"preview"`
	ContentType string `json:"content_type"`
}

// logAll makes a task, logs one artifact of every kind to it and completes it.
func logAll(ctx context.Context, c *connection) (string, error) {
	task, err := startTask(ctx, c)
	if err != nil {
		return "", err
	}
	// The type says how the Python SDK decodes the bytes in .get().
	if err := c.log(ctx, task, "file", "custom", "weights.csv", "text/csv", []byte(weights)); err != nil {
		return "", err
	}
	content, err := json.MarshalIndent(theSettings(), "", "    ")
	if err != nil {
		return "", err
	}
	if err := c.log(ctx, task, "settings", "dict", "settings.json", "application/json", content); err != nil {
		return "", err
	}
	if content, err = encodePNG(thePicture()); err != nil {
		return "", err
	}
	if err := c.log(ctx, task, "picture", "image", "picture.png", "image/png", content); err != nil {
		return "", err
	}
	if err := c.log(ctx, task, "note", "string", "note.txt", "text/plain", []byte(note)); err != nil {
		return "", err
	}
	if content, err = encodeZip(theFolder()); err != nil {
		return "", err
	}
	if err := c.log(ctx, task, "folder", "archive", "dataset.zip", "application/zip", content); err != nil {
		return "", err
	}
	if content, err = encodeNPZ("array", theArray()); err != nil {
		return "", err
	}
	if err := c.log(ctx, task, "array", "numpy", "array.npz", "application/numpy", content); err != nil {
		return "", err
	}
	return task, c.call(ctx, "tasks.completed", map[string]any{"task": task}, nil)
}

// log stores content and records it with the task under key.
func (c *connection) log(ctx context.Context, task, key, kind, file, contentType string, content []byte) error {
	path := fmt.Sprintf("/%s/%s.%s/artifacts/%s/%s", projectName, taskName, task, key, file)
	uri, err := c.upload(ctx, path, contentType, content)
	if err != nil {
		return err
	}
	digest := sha256.Sum256(content)
	record := artifact{
		Key: key, Type: kind, URI: uri,
		ContentSize: int64(len(content)),
		Hash:        hex.EncodeToString(digest[:]),
		Timestamp:   time.Now().Unix(),
		TypeData:    typeData{Preview: fmt.Sprintf("%s - %d bytes\n", file, len(content)), ContentType: contentType},
	}
	return c.call(ctx, "tasks.add_or_update_artifacts", map[string]any{"task": task, "artifacts": []artifact{record}}, nil)
}

// startTask makes a task in the examples' project, and the project if there is
// none yet, and gives the task's id.
func startTask(ctx context.Context, c *connection) (string, error) {
	var found struct {
		Projects []struct {
			ID string `json:"id"`
		} `json:"projects"`
	}
	// Names are patterns in this protocol.
	filter := map[string]any{"name": "^" + projectName + "$", "only_fields": []string{"id"}}
	if err := c.call(ctx, "projects.get_all", filter, &found); err != nil {
		return "", err
	}
	var project struct {
		ID string `json:"id"`
	}
	if len(found.Projects) > 0 {
		project.ID = found.Projects[0].ID
	} else if err := c.call(ctx, "projects.create", map[string]any{"name": projectName}, &project); err != nil {
		return "", err
	}
	var task struct {
		ID string `json:"id"`
	}
	if err := c.call(ctx, "tasks.create", map[string]any{"name": taskName, "type": "training", "project": project.ID}, &task); err != nil {
		return "", err
	}
	return task.ID, c.call(ctx, "tasks.started", map[string]any{"task": task.ID}, nil)
}
