package client

import (
	"context"
	"errors"
	"path"
	"strings"
)

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

// extensionOf is the usual suffix of a framework's files, "" if none is known.
func extensionOf(framework string) string {
	found := ""
	for ext, name := range frameworks {
		if strings.EqualFold(name, framework) && (found == "" || len(ext) < len(found) || len(ext) == len(found) && ext < found) {
			found = ext
		}
	}
	return found
}
