package client

import (
	"context"
	"iter"
)

// Project is a project as a list of them tells it.
type Project struct {
	ID          string
	Name        string // full name, such as "vision/yolo"
	Description string
	Destination string // where artifacts of its tasks go that say nothing else
	Tags        []string
}

// Projects returns all projects that are not hidden, by name.
func (c *Client) Projects(ctx context.Context) iter.Seq2[*Project, error] {
	type document struct {
		ID          string   `json:"id"`
		Name        string   `json:"name"`
		Description string   `json:"description"`
		Destination string   `json:"default_output_destination"`
		Tags        []string `json:"tags"`
	}
	return func(yield func(*Project, error) bool) {
		fields := map[string]any{"order_by": []string{"name"}, "only_fields": []string{"id", "name", "description", "default_output_destination", "tags"}}
		for d, err := range pages[document](ctx, c.conn, "projects.get_all", "projects", fields, 0) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(&Project{ID: d.ID, Name: d.Name, Description: d.Description, Destination: d.Destination, Tags: d.Tags}, nil) {
				return
			}
		}
	}
}
