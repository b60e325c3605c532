package rpc

import (
	"context"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/lifecycle"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/task"
)

// deletePlan tells what a deletion would do.
func (h *handlers) deletePlan(ctx context.Context, c Call) (any, error) {
	var r api.DeletePlanRequest
	if err := c.body(&r); err != nil {
		return nil, err
	}
	d := lifecycle.Deletion{Artifacts: map[task.ID][]artifact.Ref{}, Force: r.Force, Files: r.Files}
	for _, id := range r.Tasks {
		d.Tasks = append(d.Tasks, task.ID(id))
	}
	for _, id := range r.Models {
		d.Models = append(d.Models, model.ID(id))
	}
	for _, a := range r.Artifacts {
		ref := artifact.Ref{Key: a.Key, Mode: artifact.Mode(firstOf(a.Mode, string(artifact.Output)))}
		d.Artifacts[task.ID(a.Task)] = append(d.Artifacts[task.ID(a.Task)], ref)
	}
	p, err := h.Lifecycle.PlanDeletion(ctx, c.Who, d)
	sum := func(s file.Sum) api.Sum { return api.Sum{Count: s.Count, Bytes: s.Bytes} }
	out := api.DeletePlan{Removed: p.Removed, Models: p.Models, Named: sum(p.Named), Freed: sum(p.Freed), Blocked: []api.DeleteBlock{}}
	for _, b := range p.Blocked {
		out.Blocked = append(out.Blocked, api.DeleteBlock{Kind: string(b.Kind), ID: b.ID, Key: b.Ref.Key, Reason: b.Why.Reason.Name, Message: b.Why.Message})
	}
	return out, err
}
