package rpc

import (
	"context"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/task"
)

func (h *handlers) addArtifacts(ctx context.Context, c Call, req api.TasksAddArtifactsRequest) (api.UpdatedResponse, error) {
	if len(req.Artifacts) == 0 {
		return api.UpdatedResponse{}, ErrMissing.Errorf("artifacts: at least one item is required").With("field", "artifacts")
	}
	_, err := h.Artifacts.Register(ctx, c.Who, task.ID(req.Task), h.specs(c, req.Artifacts))
	// Clients take 0 for a failure, and a repeat is none.
	return api.UpdatedResponse{Updated: 1}, err
}

// specs converts artifacts as sent; of duplicates in one call the last counts.
func (h *handlers) specs(c Call, in []api.ArtifactIn) []artifact.Spec {
	out := make([]artifact.Spec, 0, len(in))
	at := make(map[artifact.Ref]int, len(in))
	for _, a := range in {
		spec := artifact.Spec{
			Ref: artifact.Ref{Key: a.Key, Mode: mode(a.Mode)},
			Version: artifact.Version{
				Type: a.Type, Hash: a.Hash, Size: a.ContentSize, Timestamp: a.Timestamp,
				ContentType: a.TypeData.ContentType, DataHash: a.TypeData.DataHash, Preview: a.TypeData.Preview,
				Metadata: a.DisplayData, Address: file.Elsewhere(a.URI),
			},
		}
		if a.URI != "" {
			spec.Address = h.address(c, a.URI)
		}
		if i, ok := at[spec.Ref]; ok {
			out[i] = spec
			continue
		}
		at[spec.Ref] = len(out)
		out = append(out, spec)
	}
	return out
}

func mode(m *string) artifact.Mode {
	if m == nil {
		return artifact.Output
	}
	return artifact.Mode(*m)
}

func (h *handlers) deleteArtifacts(ctx context.Context, c Call, req api.TasksDeleteArtifactsRequest) (api.DeletedCountResponse, error) {
	if len(req.Artifacts) == 0 {
		return api.DeletedCountResponse{}, ErrMissing.Errorf("artifacts: at least one item is required").With("field", "artifacts")
	}
	refs := make([]artifact.Ref, len(req.Artifacts))
	for i, a := range req.Artifacts {
		refs[i] = artifact.Ref{Key: a.Key, Mode: mode(a.Mode)}
	}
	n, err := h.Artifacts.Remove(ctx, c.Who, task.ID(req.Task), refs)
	return api.DeletedCountResponse{Deleted: n}, err
}
