package rpc

import (
	"context"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/lifecycle"
	"github.com/coffer-ml/coffer/model"
)

// usualLineage is how many nodes a lineage has at most unless asked otherwise.
const usualLineage = 200

// lineage tells what led to a model, or to bytes wherever they are used, and
// what came of them.
func (h *handlers) lineage(ctx context.Context, c Call) (any, error) {
	q := c.Request.URL.Query()
	id, text := q.Get("model"), q.Get("digest")
	if (id == "") == (text == "") {
		return nil, ErrMissing.Errorf("model or digest: exactly one of them is required").With("field", "model")
	}
	limit, err := c.number("limit")
	if err != nil {
		return nil, err
	}
	if limit == 0 {
		limit = usualLineage
	}
	limit = min(limit, lifecycle.MaxLineage)
	var found lifecycle.Lineage
	if id != "" {
		found, err = h.Lifecycle.ModelLineage(ctx, c.Who, model.ID(id), limit)
	} else {
		var d blob.Digest
		if d, err = blob.ParseDigest(text); err != nil {
			return nil, ErrField.Wrap(err, "digest: expected a SHA-256 in hex, got %.80q", text).With("field", "digest")
		}
		found, err = h.Lifecycle.BytesLineage(ctx, c.Who, d, limit)
	}
	if err != nil {
		return nil, err
	}
	out := api.Lineage{Nodes: make([]api.LineageNode, len(found.Nodes)), Edges: make([]api.LineageEdge, len(found.Edges)), Limit: limit, Cut: found.Cut}
	for i, n := range found.Nodes {
		out.Nodes[i] = api.LineageNode{
			Kind: string(n.Kind), ID: n.ID, Task: string(n.Task), Key: n.Ref.Key, Mode: string(n.Ref.Mode), Name: n.Name,
			Status: string(n.Status), Ready: n.Ready, Version: n.Version, More: n.More,
		}
	}
	for i, e := range found.Edges {
		out.Edges[i] = api.LineageEdge{From: e.From, To: e.To, How: string(e.How)}
	}
	return out, nil
}
