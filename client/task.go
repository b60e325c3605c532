package client

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/coffer-ml/coffer/api"
)

// Status is where a task stands in its life.
type Status string

// The statuses of a task.
const (
	Created   Status = "created" // a draft
	Queued    Status = "queued"
	Running   Status = "in_progress"
	Stopped   Status = "stopped" // aborted
	Failed    Status = "failed"
	Completed Status = "completed"
	Published Status = "published" // frozen: nothing of it changes any more
	Closed    Status = "closed"
	Unknown   Status = "unknown"
)

// TaskType is what a task is for.
type TaskType string

// The types of tasks.
const (
	Training       TaskType = "training"
	Testing        TaskType = "testing"
	Inference      TaskType = "inference"
	DataProcessing TaskType = "data_processing"
	Application    TaskType = "application"
	Monitor        TaskType = "monitor"
	Controller     TaskType = "controller"
	Optimizer      TaskType = "optimizer"
	Service        TaskType = "service"
	QC             TaskType = "qc"
	Custom         TaskType = "custom"
)

// Task is a task as it was when it was read, and what can be done to it. Its
// methods that change the task on the server bring its fields up to date as
// far as they changed them; Reload brings all of them. Fields are not to be
// read while another goroutine calls such a method.
type Task struct {
	ID            string
	Name          string
	Project       string // full name, such as "vision/yolo"; "" for none
	ProjectID     string
	Type          TaskType
	Status        Status
	StatusReason  string
	StatusMessage string
	Comment       string // the description
	Tags          []string
	SystemTags    []string
	Parent        string // id of the task that this one was made of
	User          string // name of the account
	Created       time.Time
	Started       time.Time // zero if it never was
	Completed     time.Time
	Updated       time.Time // the last change of anything
	Iteration     int64     // the last one that was reported
	Destination   string    // where its artifacts go; "" for the usual place

	c              *Client
	projectDefault string // destination of its project
	inPlace        bool   // weights of models are not uploaded
}

// taskFields are what a Task is made of.
var taskFields = []string{
	"id", "name", "project.name", "project.default_output_destination", "type", "status", "status_reason", "status_message", "comment",
	"tags", "system_tags", "parent.id", "user.name", "created", "started", "completed", "last_update", "last_iteration", "output.destination",
}

// named is a joined document.
type named struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Destination string `json:"default_output_destination"`
}

// taskDocument is a task as the server tells it.
type taskDocument struct {
	ID            string   `json:"id"`
	Name          string   `json:"name"`
	Project       named    `json:"project"`
	Type          TaskType `json:"type"`
	Status        Status   `json:"status"`
	StatusReason  string   `json:"status_reason"`
	StatusMessage string   `json:"status_message"`
	Comment       string   `json:"comment"`
	Tags          []string `json:"tags"`
	SystemTags    []string `json:"system_tags"`
	Parent        named    `json:"parent"`
	User          named    `json:"user"`
	Created       moment   `json:"created"`
	Started       moment   `json:"started"`
	Completed     moment   `json:"completed"`
	Updated       moment   `json:"last_update"`
	Iteration     int64    `json:"last_iteration"`
	Output        struct {
		Destination string `json:"destination"`
	} `json:"output"`
}

// moment reads a time of the protocol, null included.
type moment time.Time

func (m *moment) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil || s == "" {
		return err
	}
	t, err := time.Parse("2006-01-02T15:04:05.999999999Z07:00", s)
	*m = moment(t)
	return err
}

func (d *taskDocument) task(c *Client) *Task {
	return &Task{
		ID: d.ID, Name: d.Name, Project: d.Project.Name, ProjectID: d.Project.ID, Type: d.Type, Status: d.Status,
		StatusReason: d.StatusReason, StatusMessage: d.StatusMessage, Comment: d.Comment, Tags: d.Tags, SystemTags: d.SystemTags,
		Parent: d.Parent.ID, User: d.User.Name, Created: time.Time(d.Created), Started: time.Time(d.Started),
		Completed: time.Time(d.Completed), Updated: time.Time(d.Updated), Iteration: d.Iteration, Destination: d.Output.Destination,
		c: c, projectDefault: d.Project.Destination,
	}
}

// Task returns the task with an id; [ErrNotFound] if there is none.
func (c *Client) Task(ctx context.Context, id string) (*Task, error) {
	if id == "" {
		return nil, invalid("read a task", "", "the id is empty")
	}
	var reply struct {
		Tasks []taskDocument `json:"tasks"`
	}
	err := c.conn.call(ctx, "tasks.get_all_ex", id, again, map[string]any{
		"id": []string{id}, "only_fields": taskFields, "search_hidden": true,
	}, &reply)
	if err != nil {
		return nil, err
	}
	if len(reply.Tasks) == 0 {
		return nil, absent("read a task", c.conn.host, id, "there is no such task")
	}
	return reply.Tasks[0].task(c), nil
}

// Client returns the client that the task was read with.
func (t *Task) Client() *Client { return t.c }

// Reload reads the task anew.
func (t *Task) Reload(ctx context.Context) error {
	fresh, err := t.c.Task(ctx, t.ID)
	if err == nil {
		fresh.inPlace = t.inPlace
		*t = *fresh
	}
	return err
}

// TaskSpec says what task to make.
type TaskSpec struct {
	Project string   // full name; it is made if there is none. "" for no project
	Name    string   // required
	Type    TaskType // "" means Training
	Comment string
	Tags    []string
	Parent  string // id of the task that it goes on from
	// Destination is where artifacts and models go: a folder, or an address such
	// as s3://bucket/folder. "" means that of the project, else
	// sdk.development.default_output_uri or CLEARML_DEFAULT_OUTPUT_URI, else the
	// server.
	Destination string
}

// CreateTask makes a draft: a task that nobody runs yet.
func (c *Client) CreateTask(ctx context.Context, spec TaskSpec) (*Task, error) {
	if spec.Name == "" {
		return nil, invalid("make a task", spec.Project, "the name is empty")
	}
	if spec.Type == "" {
		spec.Type = Training
	}
	fields := map[string]any{"name": spec.Name, "type": spec.Type, "comment": spec.Comment}
	if spec.Project != "" {
		id, err := c.ensureProject(ctx, spec.Project)
		if err != nil {
			return nil, err
		}
		fields["project"] = id
	}
	if len(spec.Tags) > 0 {
		fields["tags"] = spec.Tags
	}
	if spec.Parent != "" {
		fields["parent"] = spec.Parent
	}
	switch spec.Destination {
	case "":
	case ToServer, NoUpload:
		fields["output_dest"] = c.conn.set.Files
	default:
		fields["output_dest"] = spec.Destination
	}
	var made api.IDResponse
	if err := c.conn.call(ctx, "tasks.create", spec.Name, once, fields, &made); err != nil {
		c.forget(spec.Project) // in case that was deleted meanwhile
		return nil, err
	}
	t, err := c.Task(ctx, made.ID)
	if err == nil {
		t.inPlace = spec.Destination == NoUpload
	}
	return t, err
}

// TaskEdit says what to change of a task; nil leaves as it is.
type TaskEdit struct {
	Name        *string
	Comment     *string
	Tags        *[]string
	Parent      *string
	Project     *string // full name; made if there is none
	Destination *string
}

// Edit changes a task. What was stored under its old name and project stays
// readable.
func (t *Task) Edit(ctx context.Context, e TaskEdit) error {
	fields := map[string]any{"task": t.ID, "force": true}
	for name, value := range map[string]*string{"name": e.Name, "comment": e.Comment, "parent": e.Parent, "output_dest": e.Destination} {
		if value != nil {
			fields[name] = *value
		}
	}
	if e.Tags != nil {
		fields["tags"] = append([]string{}, *e.Tags...)
	}
	if e.Project != nil {
		id, err := t.c.ensureProject(ctx, *e.Project)
		if err != nil {
			return err
		}
		fields["project"] = id
	}
	if err := t.c.conn.call(ctx, "tasks.edit", t.ID, again, fields, nil); err != nil {
		return err
	}
	return t.Reload(ctx)
}

// AddTags adds tags to those that the task has.
func (t *Task) AddTags(ctx context.Context, tags ...string) error { return t.tag(ctx, tags, nil) }

// RemoveTags takes tags off.
func (t *Task) RemoveTags(ctx context.Context, tags ...string) error { return t.tag(ctx, nil, tags) }

func (t *Task) tag(ctx context.Context, add, remove []string) error {
	err := t.c.conn.call(ctx, "tasks.update_tags", t.ID, again, api.TagsRequest{
		IDsRequest: api.IDsRequest{IDs: []string{t.ID}}, AddTags: orEmpty(add), RemoveTags: orEmpty(remove),
	}, nil)
	if err != nil {
		return err
	}
	t.Tags = slices.DeleteFunc(slices.Clone(t.Tags), func(tag string) bool { return slices.Contains(remove, tag) || slices.Contains(add, tag) })
	t.Tags = append(t.Tags, add...)
	return nil
}

func orEmpty(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// CloneOptions say how a clone differs. The zero value makes one of the same
// name in the same project.
type CloneOptions struct {
	Name    string
	Project string // full name; made if there is none
	Comment string
	Parent  string // id; "" means the parent of the task, or the task itself if it has none
}

// Clone makes a draft with the configuration of the task. What the task
// produced stays with it; its inputs go along.
func (t *Task) Clone(ctx context.Context, o CloneOptions) (*Task, error) {
	req := api.TasksCloneRequest{TaskID: api.TaskID{Task: t.ID}, Name: o.Name, Comment: o.Comment, Parent: o.Parent}
	if o.Project != "" {
		id, err := t.c.ensureProject(ctx, o.Project)
		if err != nil {
			return nil, err
		}
		req.Project = id
	}
	in, err := given(req)
	if err != nil {
		return nil, err
	}
	var made api.TasksCloneResponse
	if err := t.c.conn.call(ctx, "tasks.clone", t.ID, once, in, &made); err != nil {
		return nil, err
	}
	return t.c.Task(ctx, made.ID)
}

// given leaves out of a request what it does not say.
func given(req any) (map[string]any, error) {
	text, err := json.Marshal(req)
	if err != nil {
		return nil, err
	}
	var fields map[string]any
	err = json.Unmarshal(text, &fields)
	for key, value := range fields {
		if value == nil || value == "" {
			delete(fields, key)
		}
	}
	return fields, err
}

// DeleteOptions say how a task is deleted.
type DeleteOptions struct {
	KeepFiles bool // leave its artifacts and debug samples on the server
	Force     bool // also a running or a published one
}

// Delete removes the task. Its children stay.
func (t *Task) Delete(ctx context.Context, o DeleteOptions) error {
	files := !o.KeepFiles
	return t.c.conn.call(ctx, "tasks.delete", t.ID, again, api.TasksDeleteRequest{
		TaskID: api.TaskID{Task: t.ID}, DeleteOptions: api.DeleteOptions{Force: o.Force, DeleteExternalArtifacts: &files},
	}, nil)
}

// Archive hides the task away; Unarchive brings it back. Both may be repeated.
func (t *Task) Archive(ctx context.Context) error {
	err := t.c.conn.call(ctx, "tasks.archive", t.ID, again, map[string]any{"tasks": []string{t.ID}}, nil)
	if err != nil {
		return err
	}
	return t.Reload(ctx)
}

// Unarchive brings an archived task back.
func (t *Task) Unarchive(ctx context.Context) error {
	err := t.c.conn.call(ctx, "tasks.unarchive_many", t.ID, again, map[string]any{"ids": []string{t.ID}}, nil)
	if err != nil {
		return err
	}
	return t.Reload(ctx)
}

// Archived reports whether the task is archived.
func (t *Task) Archived() bool { return slices.Contains(t.SystemTags, "archived") }

// change moves the task to another status.
func (t *Task) change(ctx context.Context, endpoint string, to Status, force bool, reason, message string) error {
	err := t.c.conn.call(ctx, endpoint, t.ID, again, map[string]any{
		"task": t.ID, "force": force, "status_reason": reason, "status_message": message,
	}, nil)
	if err == nil {
		t.Status, t.StatusReason, t.StatusMessage = to, reason, message
	}
	return err
}

// Complete marks the task as completed.
func (t *Task) Complete(ctx context.Context) error {
	return t.change(ctx, "tasks.completed", Completed, true, "", "")
}

// Fail marks the task as failed.
func (t *Task) Fail(ctx context.Context, reason, message string) error {
	return t.change(ctx, "tasks.failed", Failed, true, reason, message)
}

// Stop marks the task as stopped: aborted. Whoever runs it finds out.
func (t *Task) Stop(ctx context.Context, reason string) error {
	return t.change(ctx, "tasks.stopped", Stopped, true, reason, "")
}

// Publish freezes the task and what it produced. Only a task whose run is over
// can be published; force includes one that failed or was stopped.
func (t *Task) Publish(ctx context.Context, force bool) error {
	return t.change(ctx, "tasks.publish", Published, force, "", "")
}

// Reset takes the task back to a draft, without logs, metrics and output.
func (t *Task) Reset(ctx context.Context, force bool) error {
	err := t.c.conn.call(ctx, "tasks.reset", t.ID, again, map[string]any{"task": t.ID, "force": force}, nil)
	if err != nil {
		return err
	}
	return t.Reload(ctx)
}
