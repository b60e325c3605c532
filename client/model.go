package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/codec"
)

// packageTag is how the protocol marks a model that is an archive of several
// files.
const packageTag = "package"

// packageName is the file of such a model.
const packageName = "model_package.zip"

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
	return func(yield func(*Model, error) bool) {
		fields, ok, err := q.conditions(ctx, c)
		if err != nil {
			yield(nil, err)
			return
		}
		if !ok {
			return
		}
		fields["only_fields"] = modelFields
		for d, err := range pages[modelDocument](ctx, c.conn, "models.get_all_ex", "models", fields, q.Limit) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(d.model(c), nil) {
				return
			}
		}
	}
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

// Reload reads the model anew.
func (m *Model) Reload(ctx context.Context) error {
	fresh, err := m.c.Model(ctx, m.ID)
	if err == nil {
		fresh.run = m.run
		*m = *fresh
	}
	return err
}

// ModelSpec says what model to make.
type ModelSpec struct {
	Name      string // "" means that of the task
	Entry     string // its name on the task; "" means Name
	Framework string // "" means what the suffix of the weights tells
	Comment   string
	Tags      []string
	Labels    map[string]int64
	Design    string // its configuration, as text
	Project   string // full name, of an imported one
}

func (s ModelSpec) fields() map[string]any {
	fields := map[string]any{"name": s.Name}
	for key, value := range map[string]string{"framework": s.Framework, "comment": s.Comment} {
		if value != "" {
			fields[key] = value
		}
	}
	if s.Tags != nil {
		fields["tags"] = s.Tags
	}
	if s.Labels != nil {
		fields["labels"] = s.Labels
	}
	if s.Design != "" {
		fields["design"] = map[string]any{"design": s.Design}
	}
	return fields
}

func (c *Client) createModel(ctx context.Context, fields map[string]any) (*Model, error) {
	var made struct{ ID string }
	name, _ := fields["name"].(string)
	if err := c.conn.call(ctx, "models.create", name, once, fields, &made); err != nil {
		return nil, err
	}
	return c.Model(ctx, made.ID)
}

// OutputModel makes a model that the task puts out. Its weights come with
// [Model.Update]; each model is a snapshot of its own.
func (t *Task) OutputModel(ctx context.Context, spec ModelSpec) (*Model, error) {
	if spec.Name == "" {
		spec.Name = t.Name
	}
	fields := spec.fields()
	fields["uri"] = t.destination("") + noWeights
	fields["task"] = t.ID
	fields["ready"] = false
	if t.ProjectID != "" {
		fields["project"] = t.ProjectID
	}
	m, err := t.c.createModel(ctx, fields)
	if err != nil {
		return nil, err
	}
	m.run = t
	entry := spec.Entry
	if entry == "" {
		entry = spec.Name
	}
	return m, t.linkModel(ctx, m, "output", entry, nil)
}

func (t *Task) linkModel(ctx context.Context, m *Model, kind, entry string, iteration *int64) error {
	fields := map[string]any{"task": t.ID, "model": m.ID, "type": kind, "name": entry}
	if iteration != nil {
		fields["iteration"] = *iteration
	}
	return t.c.conn.call(ctx, "tasks.add_or_update_model", entry, again, fields, nil)
}

// ConnectModel makes a model an input of the task, under a name; "" means the
// name of the model.
func (t *Task) ConnectModel(ctx context.Context, m *Model, entry string) error {
	if entry == "" {
		entry = m.Name
	}
	return t.linkModel(ctx, m, "input", entry, nil)
}

// DisconnectModel takes a model off the task, by the name that it has there.
func (t *Task) DisconnectModel(ctx context.Context, mode Mode, entry string) error {
	return t.c.conn.call(ctx, "tasks.delete_models", entry, again, map[string]any{
		"task": t.ID, "models": []any{map[string]any{"name": entry, "type": string(mode)}},
	}, nil)
}

// TaskModel is a model with the name that it has on a task.
type TaskModel struct {
	Entry string
	*Model
}

// TaskModels are the models of a task, in the order in which they came: the
// last one is the newest.
type TaskModels struct{ Input, Output []TaskModel }

// Models returns the models of the task.
func (t *Task) Models(ctx context.Context) (TaskModels, error) {
	var all TaskModels
	var reply struct {
		Tasks []struct {
			Models struct {
				Input, Output []struct {
					Name  string `json:"name"`
					Model named  `json:"model"`
				}
			} `json:"models"`
		} `json:"tasks"`
	}
	err := t.c.conn.call(ctx, "tasks.get_all_ex", t.ID, again, map[string]any{
		"id": []string{t.ID}, "only_fields": []string{"models.input.model.name", "models.output.model.name", "models.input.name", "models.output.name"}, "search_hidden": true,
	}, &reply)
	if err != nil {
		return all, err
	}
	if len(reply.Tasks) == 0 {
		return all, absent("read a task", t.c.conn.host, t.ID, "there is no such task")
	}
	links := reply.Tasks[0].Models
	var ids []string
	for _, l := range append(slices.Clone(links.Input), links.Output...) {
		ids = append(ids, l.Model.ID)
	}
	if len(ids) == 0 {
		return all, nil
	}
	found := map[string]*Model{}
	for m, err := range t.c.Models(ctx, ModelQuery{IDs: ids, Archived: true}) {
		if err != nil {
			return all, err
		}
		found[m.ID] = m
	}
	for _, l := range links.Input {
		if m := found[l.Model.ID]; m != nil {
			all.Input = append(all.Input, TaskModel{l.Name, m})
		}
	}
	for _, l := range links.Output {
		if m := found[l.Model.ID]; m != nil {
			all.Output = append(all.Output, TaskModel{l.Name, m})
		}
	}
	return all, nil
}

// ImportModel returns the model whose weights are at an address: the one that
// is registered, whatever spec says, else a new one.
func (c *Client) ImportModel(ctx context.Context, uri string, spec ModelSpec) (*Model, error) {
	m, err := c.FindModel(ctx, ModelQuery{URI: uri, Archived: true})
	if err == nil || !errors.Is(err, ErrNotFound) {
		return m, err
	}
	if spec.Name == "" {
		spec.Name = path.Base(uri)
	}
	if spec.Framework == "" {
		spec.Framework = frameworkOf(uri)
	}
	fields := spec.fields()
	fields["uri"] = uri
	fields["ready"] = false
	if spec.Project != "" {
		id, err := c.ensureProject(ctx, spec.Project)
		if err != nil {
			return nil, err
		}
		fields["project"] = id
	}
	return c.createModel(ctx, fields)
}

// frameworks by the suffix of their files, as the Python SDK takes them.
var frameworks = map[string]string{
	".pt": "PyTorch", ".pth": "PyTorch", ".h5": "Keras", ".keras": "Keras", ".pb": "TensorFlow", ".meta": "TensorFlow", ".onnx": "ONNX",
	".cbm": "CatBoost", ".pkl": "ScikitLearn", ".joblib": "ScikitLearn", ".bst": "XGBoost", ".caffemodel": "Caffe", ".weights": "Darknet", ".mge": "MegEngine",
}

func frameworkOf(file string) string { return frameworks[strings.ToLower(path.Ext(file))] }

// SnapshotOptions say how weights become those of a model.
type SnapshotOptions struct {
	Iteration   int64  // 0 means that none is told
	FileName    string // "" means that of the file
	Destination string // a folder or an address; "" means that of the task
	Comment     string // added to the description
	Wait        bool   // until the bytes have arrived
	Timeout     time.Duration
	DeleteFile  bool // a codec.File, once it has arrived
}

// Update makes a codec.File the weights of the model, a codec.Dir or
// codec.Paths a package of several files, a codec.Link what lies elsewhere. The
// bytes go in the background, as with [Task.Upload]; the model keeps its former
// weights until they have arrived, and for good if they do not.
func (m *Model) Update(ctx context.Context, weights any, options ...SnapshotOptions) error {
	const op = "update a model"
	o := first(options)
	if m.Published {
		return &Error{Kind: KindState, Op: op, Object: m.Name, Message: "it is published, and stays as it is"}
	}
	edit := map[string]any{"model": m.ID}
	if o.Iteration != 0 {
		edit["iteration"] = o.Iteration
	}
	if o.Comment != "" {
		edit["comment"] = strings.TrimSpace(m.Comment + "\n" + o.Comment)
	}
	if link, ok := weights.(codec.Link); ok {
		edit["uri"] = string(link)
		if m.Framework == "" && frameworkOf(string(link)) != "" {
			edit["framework"] = frameworkOf(string(link))
		}
		return m.edit(ctx, edit)
	}
	t := m.run
	if t == nil {
		if m.Task == "" {
			return &Error{Kind: KindState, Op: op, Object: m.Name, Message: "it belongs to no task that could hold its weights"}
		}
		var err error
		if t, err = m.c.Task(ctx, m.Task); err != nil {
			return err
		}
	}
	format := codec.Codec(codec.Raw{})
	packed := !format.Accepts(weights)
	if packed {
		format = codec.Zip{}
	}
	turn, err := m.c.uploads.turn(ctx, op, m.Name)
	if err != nil {
		return err
	}
	record, body, closer, err := encode(format, m.Name, weights)
	if err != nil {
		turn.leave()
		return codecError(op, m.Name, err)
	}
	file := record.File
	if packed {
		file = packageName
		if !slices.Contains(m.SystemTags, packageTag) {
			edit["system_tags"] = append(slices.Clone(m.SystemTags), packageTag)
		}
	}
	if o.FileName != "" {
		file = o.FileName
		if path.Ext(file) == "" {
			file += path.Ext(record.File)
		}
	}
	if framework := frameworkOf(file); m.Framework == "" && framework != "" {
		edit["framework"] = framework
	}
	address, err := t.address(o.Destination, "models", "", file)
	if err != nil {
		turn.leave()
		return errors.Join(err, closer.Close())
	}
	edit["uri"] = address
	j := &job{
		task: t.ID, name: m.Name, address: address, timeout: o.Timeout, done: make(chan struct{}), closer: closer,
		body: &content{ReaderAt: body, size: record.Size, digest: record.Hash, media: record.ContentType},
	}
	j.after = func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callLimit)
		defer cancel()
		err := m.c.conn.call(ctx, "models.edit", m.ID, again, edit, nil)
		if local, ok := weights.(codec.File); ok && o.DeleteFile && err == nil {
			err = removeFile(string(local))
		}
		return err
	}
	turn.start(ctx, j)
	if !o.Wait {
		return nil
	}
	if err := j.wait(ctx); err != nil {
		return err
	}
	return m.Reload(ctx)
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
	err := m.c.conn.call(ctx, "models.delete", m.ID, again, map[string]any{"model": m.ID, "force": o.Force}, nil)
	if err != nil || o.KeepWeights || m.URI == "" {
		return err
	}
	if err := m.c.remove(ctx, m.URI, true); err != nil && KindOf(err) != KindNotFound {
		return fmt.Errorf("the record is deleted, the weights at %s are not: %w", m.URI, err)
	}
	return nil
}

func (m *Model) source() (source, error) {
	if m.URI == "" {
		return source{}, &Error{Kind: KindPending, Op: "read a model", Host: m.c.conn.host, Object: m.Name, Message: "it has no weights yet", Retryable: true}
	}
	return source{name: m.Name, address: m.c.conn.ours(m.c.substituted(m.URI)), size: -1, label: "model " + m.ID}, nil
}

// LocalCopy returns the path of the weights on the local disk, as that of an
// artifact: of a file, or of a package's folder.
func (m *Model) LocalCopy(ctx context.Context, options ...LocalCopyOptions) (string, error) {
	o := first(options)
	s, err := m.source()
	if err != nil {
		return "", err
	}
	return m.c.localCopy(ctx, s, m.Package() && !o.KeepArchive || o.Extract, o)
}

// Open reads the weights from their beginning.
func (m *Model) Open(ctx context.Context) (io.ReadCloser, error) {
	s, err := m.source()
	if err != nil {
		return nil, err
	}
	if _, err := m.c.key(ctx, &s); err != nil { // which tells the digest, if anybody knows it
		return nil, err
	}
	return m.c.read(ctx, s)
}
