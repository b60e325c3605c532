package task

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/coffer-ml/coffer/internal/ident"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/user"
)

// Config is what the service needs; all fields are required.
type Config struct {
	Store    Store
	Projects *project.Service
	Tx       func(ctx context.Context, fn func(context.Context) error) error
	Now      func() time.Time
}

// Service is the task noun.
type Service struct{ Config }

// New returns the service.
func New(cfg Config) *Service { return &Service{cfg} }

// Spec is what a new task is made of. Fields that the server sets itself are
// ignored.
type Spec = Task

// Create makes a task with status created. Its parent and project must exist.
func (s *Service) Create(ctx context.Context, who user.Identity, spec Spec) (Task, error) {
	if err := who.Require(user.Member); err != nil {
		return Task{}, err
	}
	t, now := spec, s.Now()
	t.ID, t.User, t.LastChangedBy = ID(ident.New()), who.User, who.User
	t.Status, t.EnqueuedFrom = Created, ""
	t.Created, t.LastUpdate, t.LastChange, t.StatusChanged = now, now, now, now
	t.Started, t.Completed, t.Published = time.Time{}, time.Time{}, time.Time{}
	t.Tags, t.SystemTags = project.SortTags(t.Tags), project.SortTags(t.SystemTags)
	t.Script.trim()
	stampLinks(&t.Models, now)
	err := s.Tx(ctx, func(ctx context.Context) error {
		if err := s.Validate(ctx, who, t); err != nil {
			return err
		}
		if err := s.Store.Insert(ctx, t); err != nil {
			return err
		}
		return s.Projects.Touch(ctx, t.Project)
	})
	return t, err
}

// Validate refuses what Create would refuse, and creates nothing.
func (s *Service) Validate(ctx context.Context, who user.Identity, spec Spec) error {
	if err := who.Require(user.Member); err != nil {
		return err
	}
	if err := errors.Join(CheckName(spec.Name), checkType(spec.Type), checkTags(spec.Tags, spec.SystemTags), checkSections(spec), checkIDs(spec)); err != nil {
		return err
	}
	return s.checkReferences(ctx, spec.Parent, spec.Project)
}

// checkReferences makes sure that parent and project exist.
func (s *Service) checkReferences(ctx context.Context, parent ID, in project.ID) error {
	if parent != "" && !strings.HasPrefix(string(parent), DeletedPrefix) {
		if _, err := s.Store.Get(ctx, parent); errors.Is(err, ErrNotFound) {
			return ErrBadParent.Errorf("the parent task %s does not exist", parent)
		} else if err != nil {
			return err
		}
	}
	if in != "" {
		if _, err := s.Projects.Own(ctx, in); errors.Is(err, project.ErrNotFound) {
			return ErrBadParent.Errorf("the project %s does not exist", in)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// Get returns one task.
func (s *Service) Get(ctx context.Context, who user.Identity, id ID) (Task, error) {
	if err := who.Require(user.Guest); err != nil {
		return Task{}, err
	}
	return s.Store.Get(ctx, id)
}

// List answers a query.
func (s *Service) List(ctx context.Context, who user.Identity, q Query) ([]Task, error) {
	if err := who.Require(user.Guest); err != nil {
		return nil, err
	}
	return s.Store.List(ctx, q)
}

// Types returns the types in use in the projects; nil means everywhere.
func (s *Service) Types(ctx context.Context, who user.Identity, projects []project.ID) ([]Type, error) {
	if err := who.Require(user.Guest); err != nil {
		return nil, err
	}
	return s.Store.Types(ctx, projects)
}

// Filed returns what looks at tasks by where they lie.
func (s *Service) Filed(who user.Identity) (Filed, error) { return s.Store, who.Require(user.Guest) }

// Count tells how many tasks a query finds, at most limit if it is not 0.
func (s *Service) Count(ctx context.Context, who user.Identity, q Query, limit int) (int, error) {
	if err := who.Require(user.Guest); err != nil {
		return 0, err
	}
	return s.Store.Count(ctx, q, limit)
}

// Ping notes that the run is alive. An unknown id is no error.
func (s *Service) Ping(ctx context.Context, who user.Identity, id ID) error {
	if err := who.Require(user.Member); err != nil {
		return err
	}
	return s.Tx(ctx, func(ctx context.Context) error {
		if act, ok := user.ActOf(ctx); ok {
			user.NoteSteady(ctx, act, user.TaskObject, string(id))
		}
		return s.Store.Touch(ctx, id, who.User, s.Now())
	})
}

// ReportWorker notes who runs a task, and that it reported.
func (s *Service) ReportWorker(ctx context.Context, who user.Identity, id ID, worker string) error {
	_, err := s.change(ctx, who, id, func(_ context.Context, t *Task) (Part, error) {
		t.LastWorker, t.LastWorkerReport = worker, s.Now()
		s.report(t)
		return Row, nil
	})
	return err
}

// Touch notes, for other nouns inside their transactions, that the content of
// the task changed.
func (s *Service) Touch(ctx context.Context, who user.Identity, id ID) error {
	return s.Store.Touch(ctx, id, who.User, s.Now())
}

// reportEvery is how often what a run reports moves its time of last update: a
// busy one reports many times a second, and the row stands in a dozen indexes.
const reportEvery = time.Second

// Report notes, for the noun of events inside its transactions, that tasks
// reported something. The times may be behind by up to a second.
func (s *Service) Report(ctx context.Context, who user.Identity, ids []ID) error {
	now := s.Now()
	return s.Store.TouchOld(ctx, ids, who.User, now, now.Add(-reportEvery))
}

// LockStatus returns the status of a task for other nouns inside their
// transactions, which change what belongs to it; ErrPublic if nobody may.
func (s *Service) LockStatus(ctx context.Context, id ID) (Status, error) {
	st, err := s.Store.LockStanding(ctx, id)
	if err == nil && st.Public {
		err = publicTask(id)
	}
	return st.Status, err
}

func publicTask(id ID) error {
	return ErrPublic.Errorf("task %s is public: it can be read, copied and made private again, but not changed", id)
}

// report stamps a task of which something was reported.
func (s *Service) report(t *Task) {
	t.LastUpdate = s.Now()
	if t.Status == InProgress && !t.Started.IsZero() {
		seconds := int64(t.LastUpdate.Sub(t.Started) / time.Second)
		t.ActiveDuration = &seconds
	}
}

// change loads the task under its lock, lets fn change it, stamps it and saves
// the parts that fn names. If fn names none, nothing is written.
func (s *Service) change(ctx context.Context, who user.Identity, id ID, fn func(context.Context, *Task) (Part, error)) (Task, error) {
	if err := who.Require(user.Member); err != nil {
		return Task{}, err
	}
	var t Task
	err := s.Tx(ctx, func(ctx context.Context) (err error) {
		if t, err = s.Store.Lock(ctx, id); err != nil {
			return err
		}
		if t.Public {
			return publicTask(id)
		}
		what, err := fn(ctx, &t)
		if err != nil || what == 0 {
			return err
		}
		t.LastChange, t.LastChangedBy = s.Now(), who.User
		return s.Store.Save(ctx, t, what|Row)
	})
	return t, err
}

// CheckName refuses names that cannot be kept or shown.
func CheckName(name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return ErrInvalid.Errorf("name: a task needs a name of at least one character").With("field", "name")
	case len(name) > MaxName:
		return ErrInvalid.Errorf("name: the task name has %d bytes, the limit is %d", len(name), MaxName).With("field", "name")
	case !utf8.ValidString(name):
		return ErrInvalid.Errorf("name: the task name is not UTF-8").With("field", "name")
	}
	return nil
}

func checkType(t Type) error {
	if t.Valid() {
		return nil
	}
	return ErrInvalid.Errorf("type: %q is no task type, expected one of %v", t, types).With("field", "type")
}

func checkTags(lists ...[]string) error {
	for _, l := range lists {
		if err := project.CheckTags(l); err != nil {
			return err
		}
	}
	return nil
}

// checkSections refuses what has no name in the open-ended sections.
func checkSections(t Task) error {
	for _, section := range t.Hyperparams {
		for _, p := range section {
			if err := p.check(); err != nil {
				return err
			}
		}
	}
	for name := range t.Configuration {
		if strings.TrimSpace(name) == "" {
			return ErrInvalid.Errorf("configuration: an object needs a name").With("field", "configuration")
		}
	}
	return errors.Join(checkKeys("runtime", t.Runtime), checkKeys("container", t.Container), checkKeys("execution.model_labels", t.Execution.ModelLabels))
}

// checkIDs refuses what is too long to be the id of anything.
func checkIDs(t Task) error {
	named := map[string]string{"parent": string(t.Parent), "execution.queue": t.Execution.Queue}
	for list, links := range map[string][]ModelLink{"models.input": t.Models.Input, "models.output": t.Models.Output} {
		for i, l := range links {
			named[fmt.Sprintf("%s[%d].model", list, i)] = l.Model
		}
	}
	for field, id := range named {
		if len(id) > MaxRef {
			return ErrInvalid.Errorf("%s: an id has at most %d bytes, this one has %d", field, MaxRef, len(id)).With("field", field)
		}
	}
	return nil
}

func checkKeys(field string, m map[string]any) error {
	for key := range m {
		if strings.TrimSpace(key) == "" {
			return ErrInvalid.Errorf("%s: an entry needs a name", field).With("field", field)
		}
	}
	return nil
}

// trim removes the blanks around the texts of a script, as its readers expect.
func (s *Script) trim() {
	for _, p := range []*string{&s.Binary, &s.Repository, &s.Tag, &s.Branch, &s.VersionNum, &s.EntryPoint, &s.WorkingDir} {
		*p = strings.TrimSpace(*p)
	}
}

func stampLinks(m *Models, now time.Time) {
	for _, links := range [][]ModelLink{m.Input, m.Output} {
		for i := range links {
			links[i].Updated = now
		}
	}
}
