package task

import (
	"context"
	"strings"

	"github.com/coffer-ml/coffer/user"
)

// Replace says what an edit of hyper-parameters replaces.
type Replace string

// The ways to replace.
const (
	ReplaceNone    Replace = "none"    // item by item
	ReplaceSection Replace = "section" // each section that is mentioned, whole
	ReplaceAll     Replace = "all"     // everything
)

// MaxParam bounds section and name of a parameter, in bytes: both stand in the
// keys of indexes, of which PostgreSQL holds some 2,700.
const MaxParam = 1024

func (p Param) check() error {
	if strings.TrimSpace(p.Section) == "" || strings.TrimSpace(p.Name) == "" {
		return ErrInvalid.Errorf("hyperparams: a parameter needs a section and a name, got %q/%q", p.Section, p.Name).With("field", "hyperparams")
	}
	if len(p.Section) > MaxParam || len(p.Name) > MaxParam {
		return ErrInvalid.Errorf("hyperparams: section and name of a parameter have at most %d bytes each, %.40q.../%.40q... have %d and %d",
			MaxParam, p.Section, p.Name, len(p.Section), len(p.Name)).With("field", "hyperparams")
	}
	return nil
}

// canonical returns the parameter as it is kept: the section of user
// properties is known in lower case.
func (p Param) canonical() Param {
	p.Section, p.Name = canonicalSection(p.Section), strings.TrimSpace(p.Name)
	return p
}

func canonicalSection(name string) string {
	name = strings.TrimSpace(name)
	if strings.EqualFold(name, Properties) {
		return Properties
	}
	return name
}

// EditParams sets hyper-parameters. Those of the section "properties" may
// change in any status but published; others while the task is created, or by
// force while it is queued or runs. With properties only, replacing all still
// touches nothing but properties.
func (s *Service) EditParams(ctx context.Context, who user.Identity, id ID, params []Param, replace Replace, force bool) (Task, error) {
	for i, p := range params {
		if err := p.check(); err != nil {
			return Task{}, err
		}
		params[i] = p.canonical()
	}
	return s.change(ctx, who, id, func(_ context.Context, t *Task) (Part, error) {
		onlyProperties := len(params) > 0
		for _, p := range params {
			onlyProperties = onlyProperties && p.Section == Properties
		}
		if err := s.paramsEditable(t, onlyProperties, force); err != nil {
			return 0, err
		}
		t.Hyperparams = t.Hyperparams.edited(params, replace, onlyProperties)
		return Parameters, nil
	})
}

// edited returns the parameters after an edit; p itself is not changed.
func (p Params) edited(edits []Param, replace Replace, onlyProperties bool) Params {
	out := make(Params)
	dropped := make(map[string]bool) // sections that are replaced whole
	for _, e := range edits {
		dropped[e.Section] = replace != ReplaceNone
	}
	for name, section := range p {
		if dropped[name] || replace == ReplaceAll && !onlyProperties {
			continue
		}
		kept := make(map[string]Param, len(section))
		for k, v := range section {
			kept[k] = v
		}
		out[name] = kept
	}
	for _, e := range edits {
		if out[e.Section] == nil {
			out[e.Section] = make(map[string]Param)
		}
		out[e.Section][e.Name] = e
	}
	return out
}

// paramsEditable refuses by status, and stamps LastUpdate for everything but
// properties.
func (s *Service) paramsEditable(t *Task, onlyProperties, force bool) error {
	if onlyProperties {
		if t.Status.Frozen() {
			return frozen(*t, "its user properties")
		}
		return nil
	}
	if !t.Status.Editable(force) {
		return ErrBadStatus.Errorf("task %s is %s; its parameters can change while %s, or by force while %s or %s", t.ID, t.Status, Created, Queued, InProgress).
			With("status", t.Status)
	}
	t.LastUpdate = s.Now()
	return nil
}

// DeleteParams removes hyper-parameters; one without a name stands for its
// whole section.
func (s *Service) DeleteParams(ctx context.Context, who user.Identity, id ID, params []Param, force bool) (Task, error) {
	whole, items := make(map[string]bool), make(map[string]bool)
	onlyProperties := len(params) > 0
	for i := range params {
		p := params[i].canonical()
		params[i] = p
		if p.Section == "" {
			return Task{}, ErrInvalid.Errorf("hyperparams: a section is needed").With("field", "hyperparams")
		}
		if p.Name == "" {
			whole[p.Section] = true
		} else {
			items[p.Section] = true
		}
		onlyProperties = onlyProperties && p.Section == Properties
	}
	for section := range whole {
		if items[section] {
			return Task{}, ErrMixedSections.Errorf("hyperparams: section %q is named both whole and by item", section)
		}
	}
	return s.change(ctx, who, id, func(_ context.Context, t *Task) (Part, error) {
		if err := s.paramsEditable(t, onlyProperties, force); err != nil {
			return 0, err
		}
		t.Hyperparams = t.Hyperparams.edited(nil, ReplaceNone, false) // a copy
		for _, p := range params {
			if p.Name == "" {
				delete(t.Hyperparams, p.Section)
			} else {
				delete(t.Hyperparams[p.Section], p.Name)
			}
		}
		return Parameters, nil
	})
}

// EditConfiguration sets configuration objects, or with replace makes them the
// only ones.
func (s *Service) EditConfiguration(ctx context.Context, who user.Identity, id ID, items []ConfigItem, replace, force bool) (Task, error) {
	for _, it := range items {
		if it.Name == "" {
			return Task{}, ErrInvalid.Errorf("configuration: an object needs a name").With("field", "configuration")
		}
	}
	return s.change(ctx, who, id, func(_ context.Context, t *Task) (Part, error) {
		if err := s.paramsEditable(t, false, force); err != nil {
			return 0, err
		}
		if replace || t.Configuration == nil {
			t.Configuration = make(map[string]ConfigItem)
		}
		for _, it := range items {
			t.Configuration[it.Name] = it
		}
		return Row, nil
	})
}

// DeleteConfiguration removes configuration objects by name.
func (s *Service) DeleteConfiguration(ctx context.Context, who user.Identity, id ID, names []string, force bool) (Task, error) {
	return s.change(ctx, who, id, func(_ context.Context, t *Task) (Part, error) {
		if err := s.paramsEditable(t, false, force); err != nil {
			return 0, err
		}
		for _, name := range names {
			delete(t.Configuration, name)
		}
		return Row, nil
	})
}
