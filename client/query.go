package client

import (
	"context"
	"iter"
	"maps"
	"regexp"
)

// TaskQuery says which tasks to find. The zero value finds all that are
// neither archived nor hidden, the latest update first.
type TaskQuery struct {
	IDs         []string
	Project     string // full name
	Subprojects bool   // also tasks of the projects below it
	Name        string // to the letter
	NamePattern string // a regular expression (RE2)
	Text        string // words in names, comments and parameters
	Status      Status
	Statuses    []Status // any of them
	Type        TaskType
	Tags        Tags
	Parent      string // id of the parent
	Archived    bool   // also archived ones
	Hidden      bool   // also hidden ones
	// OrderBy is a field of the task document, with a minus for the greatest
	// first, such as "-last_update", "name" or "-last_metrics.ID.ID.value".
	OrderBy string
	Limit   int // at most so many; 0 means all
	// Where holds further conditions of tasks.get_all as the protocol has them,
	// such as {"hyperparams.General.lr.value": "0.1"}.
	Where map[string]any
}

// Tags are a condition on tags; see All, AnyOf and None. The zero value is
// none.
type Tags struct{ words []string }

// All finds what has all of the tags.
func All(tags ...string) Tags { return Tags{append([]string{"__$all"}, tags...)} }

// AnyOf finds what has one of the tags.
func AnyOf(tags ...string) Tags { return Tags{append([]string{"__$any"}, tags...)} }

// None finds what has none of the tags.
func None(tags ...string) Tags {
	words := []string{"__$all"}
	for _, tag := range tags {
		words = append(words, "__$not", tag)
	}
	return Tags{words}
}

// And joins two conditions: both hold.
func (t Tags) And(other Tags) Tags {
	switch {
	case len(t.words) == 0:
		return other
	case len(other.words) == 0:
		return t
	}
	return Tags{append(append([]string{"__$and"}, t.words...), other.words...)}
}

// pageSize is how many tasks come with one request. Each is about a kilobyte.
const pageSize = 200

// conditions are the query as the protocol has it. It finds nothing if the
// project does not exist, which ok tells.
func (q TaskQuery) conditions(ctx context.Context, c *Client) (fields map[string]any, ok bool, err error) {
	fields = map[string]any{}
	if q.Project != "" {
		id, err := c.project(ctx, q.Project)
		if err != nil || id == "" {
			return nil, false, err
		}
		fields["project"] = []string{id}
		fields["include_subprojects"] = q.Subprojects
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
	if q.Text != "" {
		fields["search_text"] = q.Text
	}
	statuses := q.Statuses
	if q.Status != "" {
		statuses = append([]Status{q.Status}, statuses...)
	}
	if len(statuses) > 0 {
		fields["status"] = statuses
	}
	if q.Type != "" {
		fields["type"] = []TaskType{q.Type}
	}
	if len(q.Tags.words) > 0 {
		fields["tags"] = q.Tags.words
	}
	if q.Parent != "" {
		fields["parent"] = q.Parent
	}
	if !q.Archived {
		fields["system_tags"] = []string{"-archived"}
	}
	fields["search_hidden"] = q.Hidden
	fields["order_by"] = []string{"-last_update"}
	if q.OrderBy != "" {
		fields["order_by"] = []string{q.OrderBy}
	}
	maps.Copy(fields, q.Where)
	return fields, true, nil
}

// Tasks returns the tasks that a query finds, however many there are: pages
// follow each other as the loop goes on. An error ends it.
func (c *Client) Tasks(ctx context.Context, q TaskQuery) iter.Seq2[*Task, error] {
	return found(ctx, c, q.conditions, taskFields, "tasks.get_all_ex", "tasks", q.Limit, func(d *taskDocument) *Task { return d.task(c) })
}

// found turns each document that a query finds into what it stands for.
func found[D, T any](
	ctx context.Context, c *Client, conditions func(context.Context, *Client) (map[string]any, bool, error), only any,
	endpoint, key string, limit int, of func(*D) *T,
) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		fields, ok, err := conditions(ctx, c)
		if err != nil {
			yield(nil, err)
			return
		}
		if !ok {
			return
		}
		fields["only_fields"] = only
		for d, err := range pages[D](ctx, c.conn, endpoint, key, fields, limit) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(of(d), nil) {
				return
			}
		}
	}
}

// pages follows the pages of a list to its end, or to a limit above 0. Where
// one page ends the server remembers by the last row that it gave, so what
// comes or goes meanwhile shifts nothing.
func pages[T any](ctx context.Context, c *conn, endpoint, key string, fields map[string]any, limit int) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		fields := maps.Clone(fields)
		fields["scroll_id"] = nil
		for given := 0; ; {
			size := pageSize
			if limit > 0 {
				size = min(size, limit-given)
			}
			fields["size"] = size
			var reply map[string]any
			var rows []T
			if err := c.call(ctx, endpoint, "", again, fields, &listReply[T]{key: key, rows: &rows, rest: &reply}); err != nil {
				yield(nil, err)
				return
			}
			for i := range rows {
				if !yield(&rows[i], nil) {
					return
				}
			}
			given += len(rows)
			scroll, _ := reply["scroll_id"].(string)
			if len(rows) < size || scroll == "" || limit > 0 && given >= limit {
				return
			}
			fields["scroll_id"] = scroll
		}
	}
}

// FindTask returns the task that a query finds; of several the one that was
// updated last, unless the query has an order of its own. [ErrNotFound] if
// there is none.
func (c *Client) FindTask(ctx context.Context, q TaskQuery) (*Task, error) {
	q.Limit = 1
	for t, err := range c.Tasks(ctx, q) {
		return t, err
	}
	return nil, absent("find a task", c.conn.host, q.describe(), "there is no such task")
}

// describe names what is looked for, for messages.
func (q TaskQuery) describe() string {
	name := q.Name
	if name == "" {
		name = q.NamePattern
	}
	if q.Project == "" {
		return name
	}
	return q.Project + "/" + name
}
