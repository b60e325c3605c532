package rpc

import (
	"context"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/lifecycle"
	"github.com/coffer-ml/coffer/project"
)

func (h *handlers) moveProject(ctx context.Context, c Call, req api.ProjectsMoveRequest) (api.ProjectsMoveResponse, error) {
	n, err := h.Projects.Move(ctx, c.Who, project.ID(req.Project), *req.NewLocation)
	return api.ProjectsMoveResponse{Moved: n}, err
}

func (h *handlers) mergeProject(ctx context.Context, c Call, req api.ProjectsMergeRequest) (api.ProjectsMergeResponse, error) {
	m, err := h.Lifecycle.MergeProject(ctx, c.Who, project.ID(req.Project), project.ID(req.Destination))
	return api.ProjectsMergeResponse{MovedEntities: m.Entities, MovedProjects: m.Projects}, err
}

func (h *handlers) validateDeleteProject(ctx context.Context, c Call, req api.ProjectID) (api.ProjectsInsideResponse, error) {
	in, err := h.Lifecycle.Inside(ctx, c.Who, project.ID(req.Project))
	return api.ProjectsInsideResponse{
		Tasks: in.Tasks.All, NonArchivedTasks: in.Tasks.Living, Models: in.Models.All, NonArchivedModels: in.Models.Living,
		Reports: in.Reports.All, NonArchivedReports: in.Reports.Living, Pipelines: in.Pipelines, Datasets: in.Datasets,
	}, err
}

func (h *handlers) deleteProject(ctx context.Context, c Call, req api.ProjectsDeleteRequest) (api.ProjectsDeleteResponse, error) {
	gone, err := h.Lifecycle.DeleteProject(ctx, c.Who, project.ID(req.Project), lifecycle.DeleteProject{
		Force: req.Force, Contents: req.DeleteContents,
		// Here the SDK deletes nothing by itself: what it asks for is done.
		Outputs: lifecycle.Outputs{Files: req.DeleteExternalArtifacts == nil || *req.DeleteExternalArtifacts},
	})
	if err != nil {
		return api.ProjectsDeleteResponse{}, err
	}
	r := api.ProjectsDeleteResponse{
		Deleted: gone.Projects, Disassociated: gone.Disassociated, DeletedModels: gone.Models.Number, DeletedTasks: gone.Tasks.Number,
	}
	if req.DeleteContents {
		r.URLs = c.urls(lifecycle.Removed{Addresses: gone.Tasks.Addresses, Weights: append(gone.Models.Addresses, gone.Tasks.Weights...)})
	}
	return r, nil
}

func projectIDs(ids []string) []project.ID {
	out := make([]project.ID, len(ids))
	for i, id := range ids {
		out[i] = project.ID(id)
	}
	return out
}

func (h *handlers) publicProjects(ctx context.Context, c Call, req api.IDsRequest) (api.UpdatedResponse, error) {
	return h.shareProjects(ctx, c, req, true)
}

func (h *handlers) privateProjects(ctx context.Context, c Call, req api.IDsRequest) (api.UpdatedResponse, error) {
	return h.shareProjects(ctx, c, req, false)
}

func (h *handlers) shareProjects(ctx context.Context, c Call, req api.IDsRequest, public bool) (api.UpdatedResponse, error) {
	if err := someIDs(req.IDs); err != nil {
		return api.UpdatedResponse{}, err
	}
	n, err := h.Projects.Share(ctx, c.Who, projectIDs(req.IDs), public)
	return api.UpdatedResponse{Updated: n}, err
}
