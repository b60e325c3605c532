package rpc

import (
	"context"
	"maps"
	"strings"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
)

func (h *handlers) createTask(ctx context.Context, c Call, req api.TasksCreateRequest) (api.IDResponse, error) {
	spec, artifacts, err := h.spec(c, req)
	if err != nil {
		return api.IDResponse{}, err
	}
	t, err := h.Lifecycle.CreateTask(ctx, c.Who, spec, artifacts)
	return api.IDResponse{ID: string(t.ID)}, err
}

func (h *handlers) validateTask(ctx context.Context, c Call, req api.TasksCreateRequest) (api.Empty, error) {
	spec, artifacts, err := h.spec(c, req)
	if err != nil {
		return api.Empty{}, err
	}
	if err := h.Lifecycle.ValidateTask(ctx, c.Who, spec); err != nil {
		return api.Empty{}, err
	}
	return api.Empty{}, h.Artifacts.Validate(artifacts)
}

// spec reads a new task and its artifacts.
func (h *handlers) spec(c Call, req api.TasksCreateRequest) (task.Spec, []artifact.Spec, error) {
	if req.Name == nil || req.Type == nil {
		return task.Spec{}, nil, ErrMissing.Errorf("name and type: these fields are required").With("field", "name")
	}
	patch, err := h.patch(c, req.TaskFields)
	if err != nil {
		return task.Spec{}, nil, err
	}
	var artifacts []artifact.Spec
	if req.Execution != nil && req.Execution.Artifacts != nil {
		artifacts = h.specs(c, *req.Execution.Artifacts)
	}
	return patch.Spec(), artifacts, nil
}

// patch converts the parts of a task that a request gives.
func (h *handlers) patch(c Call, in api.TaskFields) (task.Patch, error) {
	c.splitTags(&in.Tags, &in.SystemTags)
	p := task.Patch{
		Name: in.Name, Comment: in.Comment, Type: (*task.Type)(in.Type), Status: (*task.Status)(in.Status),
		StatusMessage: in.StatusMessage, Parent: (*task.ID)(in.Parent), Project: (*project.ID)(in.Project),
		Tags: in.Tags, SystemTags: in.SystemTags, Runtime: in.Runtime, OutputError: in.OutputError,
	}
	if in.OutputDest != nil {
		destination := h.destination(c, *in.OutputDest)
		p.OutputDestination = &destination
	}
	if in.Hyperparams != nil {
		params, err := paramsOf(*in.Hyperparams)
		if err != nil {
			return p, err
		}
		p.Hyperparams = func(to *task.Params) { *to = params }
	}
	if in.Configuration != nil {
		configuration, err := configurationOf(*in.Configuration)
		if err != nil {
			return p, err
		}
		p.Configuration = func(to *map[string]task.ConfigItem) { *to = configuration }
	}
	if in.Container != nil {
		p.Container = func(to *map[string]any) { *to = *in.Container }
	}
	if in.Script != nil {
		p.Script = func(s *task.Script) { mergeScript(s, *in.Script) }
	}
	if in.Execution != nil {
		p.Execution = func(e *task.Execution) { mergeExecution(e, *in.Execution) }
	}
	if in.Models != nil {
		p.Models = func(m *task.Models) { mergeModels(m, *in.Models, h) }
	}
	if !c.Version.less(linksAndImages) {
		in = withoutLinksAndImages(in)
	}
	h.modernise(&p, in)
	return p, nil
}

// paramsOf reads nested hyper-parameters; section and name of an item are
// those it stands under.
func paramsOf(in map[string]api.Section) (task.Params, error) {
	out := make(task.Params, len(in))
	for section, items := range in {
		section = strings.TrimSpace(section)
		if out[section] == nil {
			out[section] = make(map[string]task.Param, len(items))
		}
		for name, p := range items {
			name = strings.TrimSpace(name)
			if p.Value == nil {
				return nil, ErrField.Errorf("hyperparams.%s.%s: a value is required", section, name).With("field", "hyperparams")
			}
			out[section][name] = task.Param{Section: section, Name: name, Value: *p.Value, Type: p.Type, Description: p.Description}
		}
	}
	return out, nil
}

func configurationOf(in map[string]api.ConfigIn) (map[string]task.ConfigItem, error) {
	out := make(map[string]task.ConfigItem, len(in))
	for name, it := range in {
		name = strings.TrimSpace(name)
		if it.Value == nil {
			return nil, ErrField.Errorf("configuration.%s: a value is required", name).With("field", "configuration")
		}
		out[name] = task.ConfigItem{Name: name, Value: *it.Value, Type: it.Type, Description: it.Description}
	}
	return out, nil
}

func mergeScript(s *task.Script, in api.ScriptIn) {
	give(&s.Binary, in.Binary)
	give(&s.Repository, in.Repository)
	give(&s.Tag, in.Tag)
	give(&s.Branch, in.Branch)
	give(&s.VersionNum, in.VersionNum)
	give(&s.EntryPoint, in.EntryPoint)
	give(&s.WorkingDir, in.WorkingDir)
	give(&s.Requirements, in.Requirements)
	give(&s.Diff, in.Diff)
}

func mergeExecution(e *task.Execution, in api.ExecutionIn) {
	give(&e.Queue, in.Queue)
	give(&e.Framework, in.Framework)
	give(&e.ModelLabels, in.ModelLabels)
	if in.TestSplit != nil {
		e.TestSplit = in.TestSplit
	}
}

func mergeModels(m *task.Models, in api.ModelsIn, h *handlers) {
	for _, l := range []struct {
		to   *[]task.ModelLink
		from *[]api.ModelLinkIn
	}{{&m.Input, in.Input}, {&m.Output, in.Output}} {
		if l.from != nil {
			*l.to = h.linksOf(*l.from)
		}
	}
}

func (h *handlers) linksOf(in []api.ModelLinkIn) []task.ModelLink {
	out := make([]task.ModelLink, len(in))
	for i, l := range in {
		out[i] = task.ModelLink{Name: l.Name, Model: l.Model, Updated: h.Now()}
	}
	return out
}

func give[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func (h *handlers) editTask(ctx context.Context, c Call, req api.TasksEditRequest) (api.FieldsResponse, error) {
	patch, err := h.patch(c, req.TaskFields)
	if err != nil {
		return api.FieldsResponse{}, err
	}
	var artifacts *[]artifact.Spec
	if req.Execution != nil && req.Execution.Artifacts != nil {
		specs := h.specs(c, *req.Execution.Artifacts)
		artifacts = &specs
	}
	if patch.IsZero() && artifacts == nil {
		return api.FieldsResponse{Fields: api.Fields{}}, nil
	}
	t, err := h.Lifecycle.EditTask(ctx, c.Who, task.ID(req.Task), patch, req.Force, artifacts)
	if err != nil {
		return api.FieldsResponse{}, err
	}
	wrote := given(req.TaskFields)
	if patch.Content() {
		wrote = append(wrote, "last_update")
	}
	return c.changedFields(t, wrote...), nil
}

func (h *handlers) updateTask(ctx context.Context, c Call, req api.TasksEditRequest) (api.FieldsResponse, error) {
	patch, err := h.patch(c, req.TaskFields)
	if err != nil {
		return api.FieldsResponse{}, err
	}
	t, err := h.Tasks.Update(ctx, c.Who, task.ID(req.Task), patch)
	if err != nil {
		return api.FieldsResponse{}, err
	}
	var wrote []string
	for _, name := range given(req.TaskFields) {
		if updatable[name] {
			wrote = append(wrote, name)
		}
	}
	if len(wrote) == 0 {
		return api.FieldsResponse{Fields: api.Fields{}}, nil
	}
	return c.changedFields(t, wrote...), nil
}

// updateBatch updates the task of each line; of several lines for one task the
// last counts.
func (h *handlers) updateBatch(ctx context.Context, c Call, req batch) (api.UpdatedResponse, error) {
	patches := make(map[task.ID]task.Patch, len(req))
	for i, line := range req {
		object := line.object()
		if object == nil {
			return api.UpdatedResponse{}, ErrBody.Errorf("line %d of the batch is no JSON object", i+1).With("line", i+1)
		}
		var one api.TasksEditRequest
		if err := decode(object, &one); err != nil {
			return api.UpdatedResponse{}, fault.Of(err).With("line", i+1)
		}
		patch, err := h.patch(c, one.TaskFields)
		if err != nil {
			return api.UpdatedResponse{}, fault.Of(err).With("line", i+1)
		}
		patches[task.ID(one.Task)] = patch
	}
	n, err := h.Tasks.UpdateMany(ctx, c.Who, patches)
	return api.UpdatedResponse{Updated: n}, err
}

// updatable are the fields that tasks.update writes.
var updatable = names("name", "tags", "system_tags", "comment", "project", "status_message", "output.error")

// given lists the paths of the document that a request writes.
func given(in api.TaskFields) []string {
	var out []string
	for name, set := range map[string]bool{
		"name": in.Name != nil, "type": in.Type != nil, "comment": in.Comment != nil, "parent": in.Parent != nil,
		"project": in.Project != nil, "status": in.Status != nil, "status_message": in.StatusMessage != nil,
		"tags": in.Tags != nil, "system_tags": in.SystemTags != nil, "output.destination": in.OutputDest != nil,
		"output.error": in.OutputError != nil, "container": in.Container != nil, "runtime": in.Runtime != nil,
		"hyperparams":   in.Hyperparams != nil || in.Execution != nil && in.Execution.Parameters != nil,
		"configuration": in.Configuration != nil || in.Execution != nil && in.Execution.ModelDesc != nil, "script": in.Script != nil,
		"execution": in.Execution != nil, "models": in.Models != nil,
	} {
		if set {
			out = append(out, name)
		}
	}
	return out
}

// changedFields tells what was written: the named paths as they are now, and
// what goes with every change.
func (c Call) changedFields(t task.Task, paths ...string) api.FieldsResponse {
	document := c.taskDocument(t, taskObjects, nil, noProgress)
	fields := api.Fields{}
	for _, path := range append(paths, "last_change", "last_changed_by") {
		if v, ok := lookUp(document, path); ok {
			fields[path] = v
		}
	}
	if e, ok := fields["execution"].(map[string]any); ok {
		e = maps.Clone(e)
		delete(e, "artifacts") // another noun's, not loaded here
		fields["execution"] = e
	}
	return api.FieldsResponse{Updated: 1, Fields: fields}
}
