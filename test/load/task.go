package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// newTask makes a task that is in progress.
func (s *server) newTask(ctx context.Context) (task string, err error) {
	var project, made struct {
		ID string `json:"id"`
	}
	if err := s.call(ctx, "projects.create", map[string]any{"name": fmt.Sprintf("load %d", time.Now().UnixNano())}, &project); err != nil {
		return "", err
	}
	if err := s.call(ctx, "tasks.create", map[string]any{"name": "load", "type": "training", "project": project.ID}, &made); err != nil {
		return "", err
	}
	return made.ID, s.call(ctx, "tasks.started", map[string]any{"task": made.ID}, nil)
}

// taskWith makes a task that is in progress and has n stored artifacts, each a
// small dict as the SDK would have logged it.
func (s *server) taskWith(ctx context.Context, n int) (task string, err error) {
	if task, err = s.newTask(ctx); err != nil {
		return "", err
	}
	w, err := dial(ctx, s.filesAddress())
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	records := make([]map[string]any, 0, n)
	for i := range n {
		key := fmt.Sprintf("artifact %04d", i)
		content := fmt.Appendf(nil, "{\n    \"epoch\": %d,\n    \"loss\": 0.%04d,\n    \"note\": \"one of many\"\n}", i, i)
		path := fmt.Sprintf("/load/load.%s/artifacts/%s/%s.json", task, key, key)
		a, err := w.post(path, s.token, bytes.NewReader(content), int64(len(content)))
		if err != nil {
			return "", err
		}
		if a.status != http.StatusOK {
			return "", fmt.Errorf("an upload was answered with status %d", a.status)
		}
		digest := sha256.Sum256(content)
		records = append(records, map[string]any{
			"key": key, "type": "dict", "uri": s.Files + escape(path),
			"content_size": len(content), "hash": hex.EncodeToString(digest[:]), "timestamp": time.Now().Unix(),
			"type_data": map[string]any{"preview": string(content), "content_type": "application/json"},
		})
	}
	return task, s.call(ctx, "tasks.add_or_update_artifacts", map[string]any{"task": task, "artifacts": records}, nil)
}
