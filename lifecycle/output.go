package lifecycle

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// outputName is what the one output model of a task is called within it, as
// clients know it that know of one only.
const outputName = "Output Model"

// OutputModel says what the output model of a task shall be.
type OutputModel struct {
	Override  model.ID    // this one; "" for the one that the patch describes
	Patch     model.Patch // has an address
	Iteration *int64      // at which it was made
}

// UpdateModelForTask changes the last output model of a task that is a draft
// or runs, and returns what it wrote. If there is none, one is made and
// nothing was written: it, or the one that is named, becomes the only one.
func (s *Service) UpdateModelForTask(ctx context.Context, who user.Identity, id task.ID, o OutputModel) (m model.Model, wrote model.Patch, err error) {
	if err := who.Require(user.Member); err != nil {
		return model.Model{}, model.Patch{}, err
	}
	err = s.Tx(ctx, func(ctx context.Context) error {
		wrote = model.Patch{}
		t, err := s.lock(ctx, id)
		if err != nil {
			return err
		}
		if t.Status != task.Created && t.Status != task.InProgress {
			return task.ErrBadStatus.Errorf("task %s is %s; its output model can be set while %s or %s", id, t.Status, task.Created, task.InProgress).
				With("status", t.Status)
		}
		if o.Override != "" {
			m, err = s.Models.Store.Get(ctx, o.Override)
		} else {
			p := o.Patch
			if p.At, err = s.moment(ctx, p.Address, id, o.Iteration); err == nil {
				m, wrote, err = s.describe(ctx, who, t, p)
			}
		}
		if err == nil && wrote.IsZero() {
			err = s.onlyOutput(ctx, who, t, m.ID)
		}
		if err != nil {
			return err
		}
		return s.raise(ctx, id, o.Iteration)
	})
	return m, wrote, err
}

// describe changes the last output model of a task, or makes one of it.
func (s *Service) describe(ctx context.Context, who user.Identity, t task.Task, p model.Patch) (model.Model, model.Patch, error) {
	comment := "made by task " + t.Name
	if p.Name == nil {
		p.Name = &t.Name
	}
	if p.Comment == nil {
		p.Comment = &comment
	}
	if n := len(t.Models.Output); n > 0 {
		last := model.ID(t.Models.Output[n-1].Model)
		_, err := s.Models.Lock(ctx, last)
		if err == nil {
			m, err := s.Models.Update(ctx, who, last, p)
			return m, p.Filing(), err
		}
		if !errors.Is(err, model.ErrNotFound) {
			return model.Model{}, model.Patch{}, err
		}
	}
	spec := p.Spec()
	spec.Task, spec.Project, spec.Framework = t.ID, t.Project, t.Execution.Framework
	spec.Labels, spec.Design = labels(t.Execution.ModelLabels), design(t.Configuration)
	if len(t.Models.Input) > 0 {
		spec.Parent = model.ID(t.Models.Input[0].Model)
	}
	m, err := s.Models.Create(ctx, who, spec, p.At)
	return m, model.Patch{}, err
}

// onlyOutput makes a model the one output of a task.
func (s *Service) onlyOutput(ctx context.Context, who user.Identity, t task.Task, id model.ID) error {
	_, err := s.Tasks.Edit(ctx, who, t.ID, task.Patch{Models: func(m *task.Models) {
		m.Output = []task.ModelLink{{Name: outputName, Model: string(id), Updated: s.Now()}}
	}}, true)
	return err
}

// labels reads the label enumeration of a task, as far as it is one.
func labels(of map[string]any) map[string]int64 {
	out := make(map[string]int64, len(of))
	for name, value := range of {
		n, ok := value.(json.Number)
		if i, err := n.Int64(); ok && err == nil {
			out[name] = i
		}
	}
	return out
}

// design is the text of a task's model configuration, in the form of a model.
func design(configuration map[string]task.ConfigItem) map[string]any {
	for _, name := range []string{"design", "General"} {
		if it, ok := configuration[name]; ok {
			return map[string]any{"design": it.Value}
		}
	}
	return nil
}
