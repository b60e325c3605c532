package client

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// RemoveOptions say how artifacts are removed.
type RemoveOptions struct {
	KeepBytes bool // remove the record alone
}

// RemoveArtifacts removes artifacts of the task with all their versions, and
// their bytes, wherever they are. The error names what could not be removed;
// the others are.
func (t *Task) RemoveArtifacts(ctx context.Context, names []string, options ...RemoveOptions) error {
	var errs []error
	for _, name := range names {
		a, err := t.Artifact(ctx, name)
		if err == nil {
			err = a.Remove(ctx, first(options))
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Remove removes the artifact with all its versions, and its bytes.
func (a *Artifact) Remove(ctx context.Context, options ...RemoveOptions) error {
	addresses := map[string]bool{a.URI: true}
	for v, err := range a.All(ctx) {
		if err != nil {
			return err
		}
		addresses[v.URI] = true
	}
	var reply struct{ Deleted int }
	mode := string(a.Mode)
	err := a.c.conn.call(ctx, "tasks.delete_artifacts", a.Name, again, map[string]any{
		"task": a.Task, "artifacts": []any{map[string]any{"key": a.Name, "mode": mode}},
	}, &reply)
	if err != nil {
		return err
	}
	if reply.Deleted == 0 {
		return absent("remove an artifact", a.c.conn.host, a.Name, "there is no such artifact")
	}
	if first(options).KeepBytes || a.Mode == Input {
		return nil
	}
	var errs []error
	for address := range addresses {
		if err := a.c.remove(ctx, address, a.State != External); err != nil && KindOf(err) != KindNotFound {
			errs = append(errs, fmt.Errorf("the record is removed, the bytes at %s are not: %w", address, err))
		}
	}
	return errors.Join(errs...)
}

// remove deletes bytes. A link to somebody else's web page is not ours to
// delete.
func (c *Client) remove(ctx context.Context, address string, ours bool) error {
	address = c.substituted(address)
	if ours {
		address = c.conn.ours(address)
	}
	if _, mine := c.conn.mine(address); !mine && (strings.HasPrefix(address, "http://") || strings.HasPrefix(address, "https://")) {
		return nil
	}
	s, err := c.store(ctx, address)
	if err != nil {
		return err
	}
	return s.Delete(ctx, address)
}

// RemoveVersion removes the record of this one version of the artifact.
func (a *Artifact) RemoveVersion(ctx context.Context) error {
	q := Which{Mode: a.Mode, Version: a.Version}.query(a.Name)
	return a.c.conn.own(ctx, "DELETE", "/tasks/"+url.PathEscape(a.Task)+"/artifact", q, "remove a version", a.Name, time.Minute, nil)
}
