package rpc

import (
	"context"
	"fmt"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/model"
)

// modelVersions lists the snapshots of a model.
func (h *handlers) modelVersions(ctx context.Context, c Call, req api.ModelsVersionsRequest) (api.ModelsVersionsResponse, error) {
	page, size := int64(0), int64(maxPage)
	give(&page, req.Page)
	give(&size, req.PageSize)
	switch size = min(size, maxPage); {
	case page < 0 || page > maxPages:
		return api.ModelsVersionsResponse{}, ErrField.Errorf("page: expected a whole number from 0 to %d", maxPages).With("field", "page")
	case size < 1:
		return api.ModelsVersionsResponse{}, ErrField.Errorf("page_size: expected a whole number from 1 on").With("field", "page_size")
	}
	found, err := h.Models.Versions(ctx, c.Who, model.ID(req.Model), model.Page{Offset: int(page * size), Limit: int(size)})
	out := api.ModelsVersionsResponse{Versions: make([]api.ModelVersion, len(found))}
	for i, v := range found {
		uri := v.Address.Render(c.files)
		out.Versions[i] = api.ModelVersion{
			Version: v.Number, Iteration: v.Iteration, State: string(v.State), URI: uri, URL: fmt.Sprintf("%s?version=%d", uri, v.FileNumber),
			FileVersion: v.FileNumber, SHA256: string(v.Digest), Size: v.Size, Created: stamp(v.Created), User: string(v.User),
		}
	}
	return out, err
}

// maxPages bounds a page number, so that its product with a page size is a
// number.
const maxPages = 1 << 40
