package artifact

import (
	"context"

	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/user"
)

// Fields declares what a search for artifacts may ask for.
var Fields = query.Fields{
	"name":       {Type: query.Text, Ask: query.Pattern},
	"mode":       {Type: query.Text, Ask: query.Choice},
	"type":       {Type: query.Text, Ask: query.Choice},
	"state":      {Type: query.Text, Ask: query.Choice},
	"digest":     {Type: query.Text, Ask: query.Choice},
	"size":       {Type: query.Number, Ask: query.Range},
	"metadata.*": {Type: query.Text, Ask: query.Choice},
	"project":    {Type: query.Text, Ask: query.Choice},
	"task":       {Type: query.Text, Ask: query.Choice},
	"arrival":    {Type: query.Number}, // the order in which versions came in
}

// Query is a search for artifacts across tasks.
type Query struct {
	query.Request
	// Projects are those of the tasks; nil means everywhere.
	Projects      []project.ID
	Earlier       bool // also versions that a newer one took the place of
	IncludeHidden bool // also those of tasks with the system tag hidden
}

// Found is a version with the task that has it.
type Found struct {
	Artifact
	TaskName string
	Project  project.ID
}

// Search answers a query, the latest arrival first.
func (s *Service) Search(ctx context.Context, who user.Identity, q Query) ([]Found, error) {
	if err := who.Require(user.Guest); err != nil {
		return nil, err
	}
	if q.Projects != nil {
		within := make([]string, len(q.Projects))
		for i, p := range q.Projects {
			within[i] = string(p)
		}
		q.Filter = query.And{q.Filter, query.In{Field: "project", Values: within}}
	}
	q.Order = []query.Order{{Field: "arrival", Desc: true}}
	return s.Store.Search(ctx, q)
}
