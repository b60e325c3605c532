package client

import (
	"context"
	"errors"
	"iter"
	"maps"
	"regexp"
)

// ModelQuery says which models to find. The zero value finds all that are not
// archived, the latest first.
type ModelQuery struct {
	IDs         []string
	Project     string // full name
	Name        string // to the letter
	NamePattern string // a regular expression (RE2)
	URI         string // to the letter
	Task        string // id of the task that made it
	Framework   string
	Tags        Tags
	Published   bool // only published ones
	Archived    bool // also archived ones
	Metadata    map[string]string
	OrderBy     string // "" means "-created"
	Limit       int    // at most so many; 0 means all
	Where       map[string]any
}

func (q ModelQuery) conditions(ctx context.Context, c *Client) (fields map[string]any, ok bool, err error) {
	fields = map[string]any{"order_by": []string{"-created"}, "search_hidden": true}
	if q.Project != "" {
		id, err := c.project(ctx, q.Project)
		if err != nil || id == "" {
			return nil, false, err
		}
		fields["project"] = []string{id}
	}
	if len(q.IDs) > 0 {
		fields["id"] = q.IDs
	}
	switch {
	case q.NamePattern != "":
		fields["name"] = q.NamePattern
	case q.Name != "":
		fields["name"] = "^" + regexp.QuoteMeta(q.Name) + "$"
	}
	for key, value := range map[string]string{"uri": q.URI, "task": q.Task, "framework": q.Framework} {
		if value != "" {
			fields[key] = []string{value}
		}
	}
	if len(q.Tags.words) > 0 {
		fields["tags"] = q.Tags.words
	}
	if q.Published {
		fields["ready"] = true
	}
	if !q.Archived {
		fields["system_tags"] = []string{"-archived"}
	}
	for key, value := range q.Metadata {
		fields["metadata."+key+".value"] = value
	}
	if q.OrderBy != "" {
		fields["order_by"] = []string{q.OrderBy}
	}
	maps.Copy(fields, q.Where)
	return fields, true, nil
}

// Models returns the models that a query finds, however many there are.
func (c *Client) Models(ctx context.Context, q ModelQuery) iter.Seq2[*Model, error] {
	return found(ctx, c, q.conditions, modelFields, "models.get_all_ex", "models", q.Limit, func(d *modelDocument) *Model { return d.model(c) })
}

// FindModel returns the model that a query finds; of several the latest, unless
// the query has an order of its own. [ErrNotFound] if there is none.
func (c *Client) FindModel(ctx context.Context, q ModelQuery) (*Model, error) {
	q.Limit = 1
	for m, err := range c.Models(ctx, q) {
		return m, err
	}
	return nil, absent("find a model", c.conn.host, q.Name+q.NamePattern, "there is no such model")
}

// Model returns the model with an id; [ErrNotFound] if there is none.
func (c *Client) Model(ctx context.Context, id string) (*Model, error) {
	if id == "" {
		return nil, invalid("read a model", "", "the id is empty")
	}
	m, err := c.FindModel(ctx, ModelQuery{IDs: []string{id}, Archived: true})
	if errors.Is(err, ErrNotFound) {
		return nil, absent("read a model", c.conn.host, id, "there is no such model")
	}
	return m, err
}
