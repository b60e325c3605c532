package rpc

import (
	"context"
	"strings"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/lifecycle"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
)

// noProgress stands in where a reply shows no metrics.
var noProgress event.Progress

func (h *handlers) pingTask(ctx context.Context, c Call, req api.TaskID) (api.Empty, error) {
	return api.Empty{}, h.Tasks.Ping(ctx, c.Who, task.ID(req.Task))
}

func why(req api.TasksStatusRequest) task.Why {
	return task.Why{Reason: req.StatusReason, Message: req.StatusMessage, Force: req.Force}
}

// statusFields are what every change of status writes.
var statusFields = []string{"status", "status_reason", "status_message", "status_changed", "last_update"}

func (c Call) status(t task.Task, err error, more ...string) (api.FieldsResponse, error) {
	if err != nil {
		return api.FieldsResponse{}, err
	}
	return c.changedFields(t, append(more, statusFields...)...), nil
}

func (h *handlers) taskStarted(ctx context.Context, c Call, req api.TasksStatusRequest) (api.StartedResponse, error) {
	t, err := h.Tasks.Started(ctx, c.Who, task.ID(req.Task), why(req))
	r, err := c.status(t, err, "started")
	return api.StartedResponse{Updated: r.Updated, Started: r.Updated, Fields: r.Fields}, err
}

func (h *handlers) stopTask(ctx context.Context, c Call, req api.TasksStatusRequest) (api.FieldsResponse, error) {
	t, err := h.Lifecycle.StopTask(ctx, c.Who, task.ID(req.Task), why(req), req.Steps)
	return c.status(t, err)
}

func (h *handlers) taskStopped(ctx context.Context, c Call, req api.TasksStatusRequest) (api.FieldsResponse, error) {
	t, err := h.Tasks.Stopped(ctx, c.Who, task.ID(req.Task), why(req))
	return c.status(t, err, "completed")
}

func (h *handlers) taskFailed(ctx context.Context, c Call, req api.TasksStatusRequest) (api.FieldsResponse, error) {
	t, err := h.Tasks.Failed(ctx, c.Who, task.ID(req.Task), why(req))
	return c.status(t, err, "completed")
}

func (h *handlers) closeTask(ctx context.Context, c Call, req api.TasksStatusRequest) (api.FieldsResponse, error) {
	t, err := h.Tasks.Close(ctx, c.Who, task.ID(req.Task), why(req))
	return c.status(t, err)
}

func (h *handlers) taskCompleted(ctx context.Context, c Call, req api.TasksStatusRequest) (api.CompletedResponse, error) {
	t, err := h.Lifecycle.CompleteTask(ctx, c.Who, task.ID(req.Task), why(req), req.Publish)
	r, err := c.status(t, err, "completed")
	out := api.CompletedResponse{Updated: r.Updated, Fields: r.Fields}
	if err == nil && req.Publish {
		out.Published = 1
	}
	return out, err
}

func (h *handlers) publishTask(ctx context.Context, c Call, req api.TasksStatusRequest) (api.FieldsResponse, error) {
	t, err := h.Lifecycle.PublishTask(ctx, c.Who, task.ID(req.Task), why(req), unlessFalse(req.PublishModel))
	return c.status(t, err, "published")
}

// unlessFalse reads a switch that is on by default.
func unlessFalse(given *bool) bool { return given == nil || *given }

// deletesFiles reports whether the caller wants the server to delete files
// with a record. The Python SDK always says so in tasks.delete and then
// deletes the files that it means by itself, and so it does with models.
func deletesFiles(c Call, asked *bool) bool {
	return unlessFalse(asked) && !strings.HasPrefix(c.Who.Client, "clearml-")
}

func deletion(c Call, o api.DeleteOptions) lifecycle.Delete {
	return lifecycle.Delete{Force: o.Force, Steps: o.Steps, Outputs: lifecycle.Outputs{
		Files: deletesFiles(c, o.DeleteExternalArtifacts), KeepModels: !unlessFalse(o.DeleteOutputModels),
	}}
}

// reset reads how tasks are reset. Here the SDK deletes nothing itself: what it
// asks for is done.
func reset(o api.ResetOptions) lifecycle.Reset {
	out := lifecycle.Outputs{Files: unlessFalse(o.DeleteExternalArtifacts), KeepModels: !unlessFalse(o.DeleteOutputModels)}
	return lifecycle.Reset{Force: o.Force, ClearAll: o.ClearAll, Outputs: out}
}

func (h *handlers) deleteTask(ctx context.Context, c Call, req api.TasksDeleteRequest) (api.TasksDeleteResponse, error) {
	gone, err := h.Lifecycle.DeleteTask(ctx, c.Who, task.ID(req.Task), deletion(c, req.DeleteOptions))
	if err != nil {
		return api.TasksDeleteResponse{}, err
	}
	r := api.TasksDeleteResponse{
		Deleted: true, UpdatedChildren: gone.Children, UpdatedModels: gone.UpdatedModels, DeletedModels: gone.DeletedModels,
	}
	if req.ReturnFileURLs {
		r.URLs = c.urls(gone)
	}
	return r, nil
}

func (c Call) urls(gone lifecycle.Removed) api.Fields {
	return api.Fields{"artifact_urls": c.rendered(gone.Addresses), "model_urls": c.rendered(gone.Weights), "event_urls": []string{}}
}

// rendered writes addresses for the caller. What was recorded without one is
// left out.
func (c Call) rendered(addresses []file.Address) []string {
	urls := make([]string, 0, len(addresses))
	for _, a := range addresses {
		if url := a.Render(c.files); url != "" {
			urls = append(urls, url)
		}
	}
	return urls
}

func (h *handlers) resetTask(ctx context.Context, c Call, req api.TasksResetRequest) (api.TasksResetResponse, error) {
	t, gone, err := h.Lifecycle.ResetTask(ctx, c.Who, task.ID(req.Task), reset(req.ResetOptions))
	f, err := c.status(t, err)
	r := api.TasksResetResponse{Updated: f.Updated, Fields: f.Fields, DeletedModels: gone.DeletedModels, Dequeued: api.Fields{}, Events: api.Fields{}, URLs: api.Fields{}}
	if err == nil && req.ReturnFileURLs {
		r.URLs = c.urls(gone)
	}
	if gone.Queues > 0 {
		r.Dequeued["removed"] = gone.Queues
	}
	return r, err
}

func (h *handlers) cloneTask(ctx context.Context, c Call, req api.TasksCloneRequest) (api.TasksCloneResponse, error) {
	params, err := paramsOf(req.Hyperparams)
	if err != nil {
		return api.TasksCloneResponse{}, err
	}
	configuration, err := configurationOf(req.Configuration)
	if err != nil {
		return api.TasksCloneResponse{}, err
	}
	clone := lifecycle.Clone{
		Name: req.Name, Comment: req.Comment, Tags: req.Tags, SystemTags: req.SystemTags, Parent: task.ID(req.Parent),
		Project: project.ID(req.Project), ProjectName: req.ProjectName, Hyperparams: params, Configuration: configuration,
		Container: req.Container, Inputs: h.linksOf(req.InputModels), CheckInputs: req.ValidateReferences,
	}
	if in := req.ExecutionOverrides; in != nil {
		clone.Overrides.Execution = func(e *task.Execution) { mergeExecution(e, *in) }
		h.modernise(&clone.Overrides, api.TaskFields{Execution: in})
	}
	made, in, err := h.Lifecycle.CloneTask(ctx, c.Who, task.ID(req.Task), clone)
	r := api.TasksCloneResponse{ID: string(made.ID)}
	if in.ID != "" {
		r.NewProject = &api.Reference{ID: string(in.ID), Name: in.Name}
	}
	return r, err
}
