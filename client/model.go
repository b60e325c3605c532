package client

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// packageTag is how the protocol marks a model that is an archive of several
// files.
const packageTag = "package"

// Model is a model as it was when it was read, and what can be done to it: an
// entity with an id of its own, which outlives the task that made it. What is
// said of the fields and methods of a [Task] holds for it, too.
type Model struct {
	ID         string
	Name       string
	URI        string // of the weights; "" as long as there are none
	Framework  string
	Comment    string
	Project    string // full name
	ProjectID  string
	Task       string // id of the task that made it, "" if it was imported
	Tags       []string
	SystemTags []string
	Labels     map[string]int64
	Design     string // its configuration, as text
	Metadata   map[string]Metadata
	Published  bool
	Created    time.Time
	Updated    time.Time

	c   *Client
	run *Task // that it is an output of in this program; nil if it was read
}

// Metadata is a typed text that is kept with a model under a key.
type Metadata struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

type modelDocument struct {
	ID         string              `json:"id"`
	Name       string              `json:"name"`
	URI        string              `json:"uri"`
	Framework  string              `json:"framework"`
	Comment    string              `json:"comment"`
	Project    named               `json:"project"`
	Task       named               `json:"task"`
	Tags       []string            `json:"tags"`
	SystemTags []string            `json:"system_tags"`
	Labels     map[string]int64    `json:"labels"`
	Design     map[string]any      `json:"design"`
	Metadata   map[string]Metadata `json:"metadata"`
	Ready      bool                `json:"ready"`
	Created    moment              `json:"created"`
	Updated    moment              `json:"last_update"`
}

var modelFields = []string{
	"id", "name", "uri", "framework", "comment", "project.name", "task.id", "tags", "system_tags", "labels", "design", "metadata", "ready", "created", "last_update",
}

// noWeights is the end of the address of a model that has no weights yet.
const noWeights = "/uploading_file"

func (d *modelDocument) model(c *Client) *Model {
	m := &Model{
		ID: d.ID, Name: d.Name, URI: d.URI, Framework: d.Framework, Comment: d.Comment, Project: d.Project.Name, ProjectID: d.Project.ID, Task: d.Task.ID,
		Tags: d.Tags, SystemTags: d.SystemTags, Labels: d.Labels, Metadata: d.Metadata, Published: d.Ready,
		Created: time.Time(d.Created), Updated: time.Time(d.Updated), c: c,
	}
	if strings.HasSuffix(m.URI, noWeights) {
		m.URI = ""
	}
	if text, ok := d.Design["design"].(string); ok {
		m.Design = text
	}
	return m
}

// Reload reads the model anew.
func (m *Model) Reload(ctx context.Context) error {
	fresh, err := m.c.Model(ctx, m.ID)
	if err == nil {
		fresh.run = m.run
		*m = *fresh
	}
	return err
}

func (m *Model) edit(ctx context.Context, fields map[string]any) error {
	fields["model"] = m.ID
	if err := m.c.conn.call(ctx, "models.edit", m.ID, again, fields, nil); err != nil {
		return err
	}
	return m.Reload(ctx)
}

// ModelEdit says what to change of a model; nil leaves as it is.
type ModelEdit struct {
	Name      *string
	Comment   *string
	Framework *string
	Tags      *[]string
	Labels    *map[string]int64
	Design    *string
}

// Edit changes a model. Of a published one name, comment and tags can change.
func (m *Model) Edit(ctx context.Context, e ModelEdit) error {
	fields := map[string]any{}
	for key, value := range map[string]*string{"name": e.Name, "comment": e.Comment, "framework": e.Framework} {
		if value != nil {
			fields[key] = *value
		}
	}
	if e.Tags != nil {
		fields["tags"] = orEmpty(*e.Tags)
	}
	if e.Labels != nil {
		fields["labels"] = *e.Labels
	}
	if e.Design != nil {
		fields["design"] = map[string]any{"design": *e.Design}
	}
	return m.edit(ctx, fields)
}

// SetMetadata sets metadata by key; others stay unless replace says that these
// are all. It can be set on published models, too.
func (m *Model) SetMetadata(ctx context.Context, values map[string]Metadata, replace bool) error {
	items := []any{}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		kind := values[key].Type
		if kind == "" {
			kind = "str"
		}
		items = append(items, map[string]any{"key": key, "type": kind, "value": values[key].Value})
	}
	err := m.c.conn.call(ctx, "models.add_or_update_metadata", m.ID, again, map[string]any{"model": m.ID, "metadata": items, "replace_metadata": replace}, nil)
	if err != nil {
		return err
	}
	return m.Reload(ctx)
}

// Publish freezes the model and its weights; withTask also the task that made
// it.
func (m *Model) Publish(ctx context.Context, withTask bool) error {
	err := m.c.conn.call(ctx, "models.set_ready", m.ID, again, map[string]any{"model": m.ID, "publish_task": withTask}, nil)
	if err != nil {
		return err
	}
	return m.Reload(ctx)
}

// Archive hides the model away; Unarchive brings it back. Both may be repeated.
func (m *Model) Archive(ctx context.Context) error { return m.many(ctx, "models.archive_many") }

// Unarchive brings an archived model back.
func (m *Model) Unarchive(ctx context.Context) error { return m.many(ctx, "models.unarchive_many") }

func (m *Model) many(ctx context.Context, endpoint string) error {
	if err := m.c.conn.call(ctx, endpoint, m.ID, again, map[string]any{"ids": []string{m.ID}}, nil); err != nil {
		return err
	}
	return m.Reload(ctx)
}

// Archived reports whether the model is archived.
func (m *Model) Archived() bool { return slices.Contains(m.SystemTags, "archived") }

// Package reports whether the weights are several files in an archive.
func (m *Model) Package() bool {
	return slices.Contains(m.SystemTags, packageTag) || path.Base(m.URI) == packageName
}

// ModelDeleteOptions say how a model is deleted.
type ModelDeleteOptions struct {
	KeepWeights bool // delete the record alone
	Force       bool // also if tasks use it, or it is published
}

// Delete removes the model and its weights. If the record went and the weights
// did not, the error says so.
func (m *Model) Delete(ctx context.Context, o ModelDeleteOptions) error {
	err := m.c.conn.call(ctx, "models.delete", m.ID, again, map[string]any{"model": m.ID, "force": o.Force, "delete_external_artifacts": !o.KeepWeights}, nil)
	if err != nil || o.KeepWeights || m.URI == "" {
		return err
	}
	if err := m.c.remove(ctx, m.URI, true); err != nil && KindOf(err) != KindNotFound {
		return fmt.Errorf("the record is deleted, the weights at %s are not: %w", m.URI, err)
	}
	return nil
}
