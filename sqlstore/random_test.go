package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/mem"
	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/internal/ident"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/lifecycle"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/queue"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// actor does things at random to the services of one database. Two actors with
// one seed do the same, as long as what they are answered is the same.
type actor struct {
	*nouns
	*rand.Rand
	now time.Time

	taskIDs    []task.ID // also those that were deleted
	projectIDs []project.ID
	modelIDs   []model.ID // also those that were deleted
	userIDs    []user.ID
	keys       []string
	parts      []inParts

	names map[string]string // of ids that were drawn, by order
	said  []string          // what was answered
}

// inParts is an upload in parts that was begun.
type inParts struct {
	id      file.SessionID
	content string
}

func newActor(t *testing.T, db *sqlstore.DB, seed uint64) *actor {
	t.Helper()
	a := &actor{Rand: rand.New(rand.NewPCG(seed, 7)), now: at(0), names: make(map[string]string)}
	clock := func() time.Time { return a.now }
	sqlstore.SetNow(db, clock)
	blobs := &mem.Store{Now: clock}
	a.nouns = nounsOn(db, blobs, clock, time.Hour)
	a.files.Volumes = &file.Volumes{
		Rows: db.Volumes(), Files: db.Files(), Tx: db.Tx, Now: clock, Forgets: func(string) bool { return true },
	}
	here, err := a.files.Volumes.Attach(context.Background(), "here", blobs)
	must(t, err)
	_, err = a.files.Volumes.Attach(context.Background(), "there", &mem.Store{Now: clock})
	must(t, err)
	a.files.Volume = here.ID
	return a
}

// texts are what names, tags and values are made of: plain and odd ones.
var texts = []string{
	"a", "b", "A", "zeta", "Äpfel", "ä", "ß", "漢字", "emoji 😀", "nul\x00nul", "broken \xff", "quote ' \" \\ %", "_", "%",
	"1", "-0.5e3", "1e400", "NaN", " spaced ", "line\nbreak", "ſ", "İ", strings.Repeat("long", 40), "~", "\u00a0",
}

func (a *actor) text() string { return texts[a.IntN(len(texts))] }

func (a *actor) some(most int) []string {
	out := make([]string, a.IntN(most+1))
	for i := range out {
		out[i] = a.text()
	}
	return out
}

func (a *actor) path() file.Path { return file.Path(fmt.Sprintf("dir/%d ä.bin", a.IntN(60))) }

func (a *actor) content() string { return fmt.Sprint("content ", a.IntN(40)) }

// pick is a task, now and then one that never was.
func (a *actor) pick() task.ID {
	if len(a.taskIDs) == 0 || a.IntN(40) == 0 {
		return "nobody"
	}
	return a.taskIDs[len(a.taskIDs)-1-a.IntN(min(len(a.taskIDs), 60))]
}

func (a *actor) pickProject() project.ID {
	if len(a.projectIDs) == 0 || a.IntN(5) == 0 {
		return ""
	}
	return a.projectIDs[a.IntN(len(a.projectIDs))]
}

// pickModel is a model, now and then one that never was.
func (a *actor) pickModel() model.ID {
	if len(a.modelIDs) == 0 || a.IntN(20) == 0 {
		return "nothing"
	}
	return a.modelIDs[len(a.modelIDs)-1-a.IntN(min(len(a.modelIDs), 40))]
}

func (a *actor) address() file.Address {
	if a.IntN(4) == 0 {
		return file.Elsewhere("s3://bucket/" + a.text())
	}
	own, _ := file.Own(string(a.path()))
	return own
}

func (a *actor) items() (out []model.Item) {
	for range 1 + a.IntN(3) {
		out = append(out, model.Item{Key: a.text(), Type: "str", Value: a.text()})
	}
	return out
}

func (a *actor) outputs() lifecycle.Outputs {
	return lifecycle.Outputs{Files: a.IntN(2) == 0, KeepModels: a.IntN(3) == 0}
}

func (a *actor) publish(ctx context.Context, who user.Identity, id task.ID, why task.Why) (task.Task, error) {
	return a.lifecycle.PublishTask(ctx, who, id, why, a.IntN(2) == 0)
}

// drawn names an id that came into being.
func (a *actor) drawn(kind, id string) {
	if id != "" && a.names[id] == "" {
		a.names[id] = fmt.Sprintf("<%s %d>", kind, len(a.names))
	}
}

func (a *actor) addTask(t task.Task, err error) (any, error) {
	if err == nil {
		a.drawn("task", string(t.ID))
		a.taskIDs = append(a.taskIDs, t.ID)
	}
	return t.Name, err
}

func (a *actor) addProject(p project.Project, err error) (any, error) {
	if err == nil && a.names[string(p.ID)] == "" {
		// its parents may have been made with it
		for _, id := range append(slices.Clone(p.Path), p.ID) {
			if a.names[string(id)] == "" {
				a.drawn("project", string(id))
				a.projectIDs = append(a.projectIDs, id)
			}
		}
	}
	return p.Name, err
}

func (a *actor) params() (out []task.Param) {
	for range a.IntN(4) {
		out = append(out, task.Param{Section: []string{"Args", "General", "properties", "ä"}[a.IntN(4)], Name: a.text(), Value: a.text(), Type: "str"})
	}
	return out
}

func (a *actor) spec() artifact.Spec {
	content := a.content()
	size := int64(len(content))
	v := artifact.Version{
		Type: "custom", Address: file.Elsewhere("s3://bucket/" + a.text()), Hash: string(sumOf(content)), Size: &size,
		Timestamp: int64(a.IntN(5)), ContentType: a.text(), DataHash: a.text(), Preview: a.text(), Metadata: [][]string{{a.text(), a.text()}},
	}
	if a.IntN(4) > 0 {
		v.Address, _ = file.Own(string(a.path()))
	}
	if a.IntN(5) == 0 {
		v.Hash, v.Size = "", nil
	}
	return artifact.Spec{Ref: a.ref(), Version: v}
}

func (a *actor) ref() artifact.Ref {
	mode := artifact.Output
	if a.IntN(4) == 0 {
		mode = artifact.Input
	}
	return artifact.Ref{Key: fmt.Sprint("key ", a.IntN(4)), Mode: mode}
}

func (a *actor) event() event.Event {
	target := event.Target{Kind: event.Task, ID: string(a.pick())}
	if a.IntN(6) == 0 {
		target = event.Target{Kind: event.Model, ID: string(a.pickModel())}
	}
	e := event.Event{
		Target: target, Timestamp: int64(1 + a.IntN(5)), Worker: a.text(), Metric: a.text(),
		Variant: a.text(), Iter: int64(a.IntN(20)), AllowLocked: a.IntN(2) == 0,
	}
	switch a.IntN(4) {
	case 0:
		v := []float64{1.5, -2, 0, math.Copysign(0, -1), 1e308, 5e-324, math.Inf(1), 0.1}[a.IntN(8)]
		e.Type, e.Value = event.Scalar, &v
	case 1:
		e.Type, e.Level, e.Msg = event.Log, "info", a.text()
	case 2:
		e.Type, e.Key = event.DebugImage, strings.Repeat("http://files/", a.IntN(400))+a.text()
		e.URL, _ = file.Own(string(a.path()))
		e.Body = map[string]any{"text": a.text()}
	case 3:
		e.Type, e.Body = event.Plot, map[string]any{"plot": a.text(), "number": 1.5}
	}
	return e
}

func (a *actor) filter() query.Filter {
	// Those from the sixth on hold ids, which are drawn and fit no pattern.
	fields := []string{"name", "comment", "tags", "status", "hyperparams.Args.a.value", "project", "parent"}
	field := fields[a.IntN(len(fields))]
	var f query.Filter
	switch a.IntN(5) {
	case 0:
		f = query.In{Field: field, Values: append(a.some(2), "created", "training", string(a.pickProject()))}
	case 1:
		source := []string{"a", "^a", "ä", "o.*g", "^zeta$", "t$"}[a.IntN(6)]
		re, err := query.Compile(source, a.IntN(2) == 0)
		if err != nil {
			panic(err)
		}
		f = query.Match{Field: fields[a.IntN(5)], Pattern: re}
	case 2:
		f = query.Empty{Field: field}
	case 3:
		f = query.Compare{Field: "last_update", Op: query.GreaterEqual, Value: a.now.Add(-time.Duration(a.IntN(100)) * time.Second)}
	case 4:
		f = query.And{query.Not{Part: query.In{Field: "status", Values: []string{"published"}}}, query.Or{query.In{Field: field, Values: a.some(3)}, query.Empty{Field: "parent"}}}
	}
	if a.IntN(3) == 0 {
		f = query.Not{Part: f}
	}
	return f
}

// deed is one kind of thing to do, and how often it is done.
type deed struct {
	name   string
	weight int
	do     func(ctx context.Context, a *actor) (any, error)
}

var why = task.Why{Reason: "because", Message: "nul\x00"}

var deeds = []deed{
	{"make a project", 4, func(ctx context.Context, a *actor) (any, error) {
		return a.addProject(a.projects.Create(ctx, user.Operator, project.Spec{
			Name: fmt.Sprintf("p%d/%d", a.IntN(4), a.IntN(6)), Description: strings.ToValidUTF8(a.text(), ""), Tags: a.some(2),
		}))
	}},
	{"find or make a project", 4, func(ctx context.Context, a *actor) (any, error) {
		return a.addProject(a.projects.FindOrCreate(ctx, user.Operator, fmt.Sprintf("q%d/ä/%d", a.IntN(3), a.IntN(5))))
	}},
	{"change a project", 5, func(ctx context.Context, a *actor) (any, error) {
		id := a.pickProject()
		patch := project.Patch{}
		if a.IntN(2) == 0 {
			tags := a.some(3)
			patch.Tags = &tags
		}
		if a.IntN(2) == 0 {
			text := a.text()
			patch.Description = &text
		}
		if p, err := a.projects.Get(ctx, user.Operator, id); err == nil && a.IntN(3) == 0 {
			name := strings.TrimSuffix(p.Name, p.Basename()) + fmt.Sprint("r", a.IntN(9))
			patch.Name = &name
		}
		p, err := a.projects.Update(ctx, user.Operator, id, patch)
		return p.Name, err
	}},
	{"move a project", 3, func(ctx context.Context, a *actor) (any, error) {
		under := []string{"", "p1", "q1/ä", "moved/here", "p0/1"}[a.IntN(5)]
		n, err := a.projects.Move(ctx, user.Operator, a.pickProject(), under)
		if under != "" && err == nil {
			p, err := a.db.Projects().ByName(ctx, under)
			if err != nil {
				return nil, err
			}
			if _, err := a.addProject(p, nil); err != nil {
				return nil, err
			}
		}
		return n, err
	}},
	{"merge projects", 2, func(ctx context.Context, a *actor) (any, error) {
		return a.lifecycle.MergeProject(ctx, user.Operator, a.pickProject(), a.pickProject())
	}},
	{"delete a project", 1, func(ctx context.Context, a *actor) (any, error) {
		d := lifecycle.DeleteProject{Force: a.IntN(2) == 0, Contents: a.IntN(3) == 0, Outputs: lifecycle.Outputs{Files: a.IntN(2) == 0}}
		got, err := a.lifecycle.DeleteProject(ctx, user.Operator, a.pickProject(), d)
		return fmt.Sprint(got.Projects, got.Disassociated, got.Tasks.Number, got.Models.Number, len(got.Tasks.Weights)), err
	}},
	{"share a project", 2, func(ctx context.Context, a *actor) (any, error) {
		return a.projects.Share(ctx, user.Operator, []project.ID{a.pickProject()}, a.IntN(3) == 0)
	}},
	{"sum up projects", 3, func(ctx context.Context, a *actor) (any, error) {
		in := []project.ID{a.pickProject(), a.pickProject()}
		kept, err := a.db.Tasks().Summaries(ctx, task.Summing{Projects: in, Living: true, Since: a.now.Add(-time.Minute)})
		if err != nil {
			return nil, err
		}
		counted, err := a.db.Tasks().Summaries(ctx, task.Summing{
			Projects: in, Living: true, Since: a.now.Add(-time.Minute), Filter: query.Or{query.Empty{Field: "parent"}, query.Not{Part: query.Empty{Field: "parent"}}},
		})
		var said []string
		for _, id := range in {
			if fmt.Sprint(kept[id]) != fmt.Sprint(counted[id]) {
				return nil, fault.ErrInternal.Errorf("kept %v, counted %v", kept[id], counted[id])
			}
			said = append(said, fmt.Sprint(kept[id]))
		}
		return said, err
	}},
	{"make a task", 12, func(ctx context.Context, a *actor) (any, error) {
		spec := task.Spec{
			Name: strings.ToValidUTF8(a.text()+fmt.Sprint(" ", a.IntN(50)), ""), Type: "training", Comment: a.text(), Project: a.pickProject(), Tags: a.some(3),
			Script: task.Script{Repository: a.text(), Diff: a.text(), Requirements: map[string]any{"pip": a.text()}},
			Models: task.Models{Input: []task.ModelLink{{Name: a.text(), Model: string(a.pickModel())}}},
		}
		if a.IntN(3) == 0 {
			spec.Parent = a.pick()
		}
		return a.addTask(a.tasks.Create(ctx, user.Operator, spec))
	}},
	{"clone a task", 3, func(ctx context.Context, a *actor) (any, error) {
		made, in, err := a.lifecycle.CloneTask(ctx, user.Operator, a.pick(), lifecycle.Clone{Name: "clone", ProjectName: fmt.Sprint("clones/", a.IntN(3))})
		if err == nil {
			if _, err := a.addProject(a.projects.Get(ctx, user.Operator, in.ID)); err != nil {
				return nil, err
			}
		}
		return a.addTask(made, err)
	}},
	{"edit a task", 10, func(ctx context.Context, a *actor) (any, error) {
		comment, tags, container := a.text(), a.some(3), map[string]any{"image": a.text()}
		patch := task.Patch{Comment: &comment, Tags: &tags}
		if a.IntN(2) == 0 {
			patch.Container = func(c *map[string]any) { *c = container }
		}
		if a.IntN(3) == 0 {
			to := a.pickProject()
			patch.Project = &to
		}
		if a.IntN(3) == 0 {
			configuration := map[string]task.ConfigItem{"c": {Name: "c", Value: a.text()}}
			patch.Configuration = func(c *map[string]task.ConfigItem) { *c = configuration }
		}
		got, err := a.tasks.Edit(ctx, user.Operator, a.pick(), patch, a.IntN(2) == 0)
		return got.Tags, err
	}},
	{"edit parameters", 8, func(ctx context.Context, a *actor) (any, error) {
		how := []task.Replace{task.ReplaceNone, task.ReplaceSection, task.ReplaceAll}[a.IntN(3)]
		got, err := a.tasks.EditParams(ctx, user.Operator, a.pick(), a.params(), how, a.IntN(2) == 0)
		return len(got.Hyperparams), err
	}},
	{"delete parameters", 3, func(ctx context.Context, a *actor) (any, error) {
		got, err := a.tasks.DeleteParams(ctx, user.Operator, a.pick(), a.params(), true)
		return len(got.Hyperparams), err
	}},
	{"tag tasks", 4, func(ctx context.Context, a *actor) (any, error) {
		return a.tasks.UpdateTags(ctx, user.Operator, []task.ID{a.pick(), a.pick()}, a.some(2), a.some(2))
	}},
	{"archive tasks", 2, func(ctx context.Context, a *actor) (any, error) {
		return a.lifecycle.ArchiveTasks(ctx, user.Operator, []task.ID{a.pick(), a.pick()}, why, false)
	}},
	{"unarchive tasks", 2, func(ctx context.Context, a *actor) (any, error) {
		return a.lifecycle.UnarchiveTasks(ctx, user.Operator, []task.ID{a.pick()}, why, false)
	}},
	{"move tasks", 3, func(ctx context.Context, a *actor) (any, error) {
		return a.tasks.Move(ctx, user.Operator, []task.ID{a.pick(), a.pick()}, a.pickProject())
	}},
	{"link a model", 4, func(ctx context.Context, a *actor) (any, error) {
		got, err := a.tasks.AddModel(ctx, user.Operator, a.pick(), task.LinkRef{Name: a.text(), Input: a.IntN(2) == 0}, string(a.pickModel()))
		return len(got.Models.Input), err
	}},
	{"move on", 10, func(ctx context.Context, a *actor) (any, error) {
		steps := []func(context.Context, user.Identity, task.ID, task.Why) (task.Task, error){
			a.tasks.Started, a.tasks.Stopped, a.tasks.Failed, a.tasks.Completed, a.tasks.Close, a.publish, a.tasks.Started,
		}
		got, err := steps[a.IntN(len(steps))](ctx, user.Operator, a.pick(), why)
		return got.Status, err
	}},
	{"enqueue a task", 4, func(ctx context.Context, a *actor) (any, error) {
		e := lifecycle.Enqueue{QueueName: fmt.Sprint("queue ", a.IntN(3)), Beside: a.IntN(4) == 0, Why: why}
		got, err := a.lifecycle.EnqueueTask(ctx, user.Operator, a.pick(), e)
		if in := got.Execution.Queue; err == nil && a.names[in] == "" {
			a.drawn("queue", in)
		}
		return got.Status, err
	}},
	{"dequeue a task", 2, func(ctx context.Context, a *actor) (any, error) {
		got, _, err := a.lifecycle.DequeueTask(ctx, user.Operator, a.pick(), lifecycle.Dequeue{All: a.IntN(2) == 0})
		return got.Status, err
	}},
	{"reset a task", 2, func(ctx context.Context, a *actor) (any, error) {
		got, _, err := a.lifecycle.ResetTask(ctx, user.Operator, a.pick(), lifecycle.Reset{Force: a.IntN(2) == 0, ClearAll: a.IntN(2) == 0, Outputs: a.outputs()})
		return got.Status, err
	}},
	{"delete a task", 5, func(ctx context.Context, a *actor) (any, error) {
		got, err := a.lifecycle.DeleteTask(ctx, user.Operator, a.pick(), lifecycle.Delete{Force: a.IntN(3) > 0, Outputs: a.outputs()})
		return got, err
	}},
	{"make a model", 8, func(ctx context.Context, a *actor) (any, error) {
		spec := model.Spec{
			Name: strings.ToValidUTF8(a.text()+fmt.Sprint(" ", a.IntN(50)), ""), Comment: a.text(), Address: a.address(), Framework: a.text(), Project: a.pickProject(),
			Tags: a.some(2), Design: map[string]any{"design": a.text()}, Labels: map[string]int64{a.text(): int64(a.IntN(3))}, Ready: a.IntN(4) == 0,
		}
		if a.IntN(2) == 0 {
			spec.Task = a.pick()
		}
		m, err := a.lifecycle.CreateModel(ctx, user.Operator, spec)
		if err == nil {
			a.drawn("model", string(m.ID))
			a.modelIDs = append(a.modelIDs, m.ID)
		}
		return m.Name, err
	}},
	{"edit a model", 8, func(ctx context.Context, a *actor) (any, error) {
		name, comment, address, in, ready := "renamed "+fmt.Sprint(a.IntN(9)), a.text(), a.address(), a.pickProject(), a.IntN(2) == 0
		patch := model.Patch{Comment: &comment, Address: &address, Project: &in}
		if a.IntN(2) == 0 {
			patch.Name, patch.Ready = &name, &ready
		}
		if of := a.pick(); a.IntN(3) == 0 {
			patch.Task = &of
		}
		iteration := int64(a.IntN(30))
		m, err := a.lifecycle.EditModel(ctx, user.Operator, a.pickModel(), patch, &iteration)
		return fmt.Sprint(m.Name, m.Ready), err
	}},
	{"edit metadata", 5, func(ctx context.Context, a *actor) (any, error) {
		m, err := a.models.EditMetadata(ctx, user.Operator, a.pickModel(), a.items(), a.IntN(3) == 0)
		return len(m.Metadata), err
	}},
	{"tag models", 3, func(ctx context.Context, a *actor) (any, error) {
		return a.models.UpdateTags(ctx, user.Operator, []model.ID{a.pickModel(), a.pickModel()}, a.some(2), a.some(2))
	}},
	{"archive a model", 2, func(ctx context.Context, a *actor) (any, error) {
		m, err := a.models.Archive(ctx, user.Operator, a.pickModel())
		return m.SystemTags, err
	}},
	{"publish a model", 2, func(ctx context.Context, a *actor) (any, error) {
		m, with, err := a.lifecycle.PublishModel(ctx, user.Operator, a.pickModel(), lifecycle.PublishModel{Task: a.IntN(2) == 0, Force: a.IntN(3) == 0})
		return fmt.Sprint(m.Ready, with != nil), err
	}},
	{"delete a model", 3, func(ctx context.Context, a *actor) (any, error) {
		m, err := a.lifecycle.DeleteModel(ctx, user.Operator, a.pickModel(), a.IntN(2) == 0, a.IntN(2) == 0)
		return m.Name, err
	}},
	{"list models", 6, func(ctx context.Context, a *actor) (any, error) {
		keys := []string{"name", "comment", "tags", "framework", "metadata.a.value"}
		re, err := query.Compile([]string{"a", "^a", "ä", "o.*g", "t$"}[a.IntN(5)], a.IntN(2) == 0)
		if err != nil {
			return nil, err
		}
		var filter query.Filter = query.Match{Field: keys[a.IntN(5)], Pattern: re}
		if a.IntN(2) == 0 {
			filter = query.And{query.In{Field: keys[a.IntN(5)], Values: a.some(3)}, query.Same{Field: "ready", Value: a.IntN(2) == 0}}
		}
		order := []query.Order{{Field: keys[a.IntN(5)], Desc: a.IntN(2) == 0}, {Field: "name"}, {Field: "comment"}, {Field: "created"}}
		list, err := a.models.List(ctx, user.Operator, model.Query{Parts: model.Part(a.IntN(int(model.All)+1)) | model.Tags, Request: query.Request{Filter: filter, Order: order, Page: query.Page{Limit: 1 + a.IntN(8)}}})
		var out []string
		for _, m := range list {
			out = append(out, fmt.Sprintln(m.Name, m.Comment, m.Tags, m.Framework, m.Labels, m.Design, m.Address))
		}
		return out, err
	}},
	{"look at versions", 3, func(ctx context.Context, a *actor) (any, error) {
		versions, err := a.models.Versions(ctx, user.Operator, a.pickModel(), model.Page{Offset: a.IntN(2), Limit: 1 + a.IntN(5)})
		var out []string
		for _, v := range versions {
			iteration := int64(-1)
			if v.Iteration != nil {
				iteration = *v.Iteration
			}
			out = append(out, fmt.Sprintln(v.Number, v.Address, v.FileNumber, v.Digest, v.Size, v.State, iteration))
		}
		return out, err
	}},
	{"look for frameworks", 1, func(ctx context.Context, a *actor) (any, error) {
		return a.models.Frameworks(ctx, user.Operator, nil)
	}},
	{"ping", 2, func(ctx context.Context, a *actor) (any, error) {
		return nil, a.tasks.Ping(ctx, user.Operator, a.pick())
	}},
	{"upload", 15, func(ctx context.Context, a *actor) (any, error) {
		g, err := upload(a.nouns, a.path(), a.content())
		return fmt.Sprint(g.Number, g.Digest), err
	}},
	{"begin an upload in parts", 4, func(ctx context.Context, a *actor) (any, error) {
		content := a.content()
		spec := file.SessionSpec{Path: a.path(), Size: int64(len(content))}
		if a.IntN(2) == 0 {
			spec.Digest = sumOf(content)
		}
		p, begun, err := a.files.OpenSession(ctx, user.Operator, spec)
		if err == nil && begun {
			a.drawn("upload", string(p.ID))
			a.parts = append(a.parts, inParts{p.ID, content})
		}
		return fmt.Sprint(begun, p.Known, p.Missing), err
	}},
	{"send a part", 6, func(ctx context.Context, a *actor) (any, error) {
		if len(a.parts) == 0 {
			return nil, nil
		}
		u := a.parts[len(a.parts)-1-a.IntN(min(len(a.parts), 10))]
		from := a.IntN(len(u.content))
		size := 1 + a.IntN(len(u.content)-from)
		return a.files.PutPart(ctx, user.Operator, u.id, file.Span{Offset: int64(from), Size: int64(size)}, strings.NewReader(u.content[from:from+size]), "")
	}},
	{"commit an upload in parts", 4, func(ctx context.Context, a *actor) (any, error) {
		if len(a.parts) == 0 {
			return nil, nil
		}
		u := a.parts[len(a.parts)-1-a.IntN(min(len(a.parts), 10))]
		done, err := a.files.CommitSession(ctx, user.Operator, u.id, sumOf(u.content))
		return done.Version, err
	}},
	{"delete a file", 6, func(ctx context.Context, a *actor) (any, error) {
		return nil, a.files.Delete(ctx, user.Operator, a.path())
	}},
	{"read a file", 4, func(_ context.Context, a *actor) (any, error) { return read(a.nouns, a.path()) }},
	{"lose bytes", 1, func(ctx context.Context, a *actor) (any, error) {
		g, err := a.files.Stat(ctx, user.Operator, a.path(), file.Want{})
		if err != nil {
			return nil, err
		}
		if err := a.files.Volumes.Attached()[g.Volume].Delete(ctx, g.Key); err != nil && !errors.Is(err, blob.ErrNotFound) {
			return nil, err
		}
		return read(a.nouns, g.Path)
	}},
	{"move bytes to another store", 1, func(ctx context.Context, a *actor) (any, error) {
		m, err := a.files.Move(ctx, file.VolumeID(1+a.IntN(2)), file.VolumeID(1+a.IntN(2)), 0)
		m.Next = 0 // a number of the engine's making
		return m, err
	}},
	{"collect", 2, func(ctx context.Context, a *actor) (any, error) {
		a.now = a.now.Add(time.Duration(a.IntN(90)) * time.Minute)
		return a.files.Collect(ctx, a.files.Grace)
	}},
	{"register", 20, func(ctx context.Context, a *actor) (any, error) {
		specs := make([]artifact.Spec, 1+a.IntN(4))
		for i := range specs {
			specs[i] = a.spec()
		}
		return a.artifacts.Register(ctx, user.Operator, a.pick(), specs)
	}},
	{"remove artifacts", 4, func(ctx context.Context, a *actor) (any, error) {
		return a.artifacts.Remove(ctx, user.Operator, a.pick(), []artifact.Ref{a.ref(), a.ref()})
	}},
	{"remove a version", 3, func(ctx context.Context, a *actor) (any, error) {
		return nil, a.artifacts.RemoveVersion(ctx, user.Operator, a.pick(), a.ref(), 1+a.IntN(4))
	}},
	{"look at artifacts", 4, func(ctx context.Context, a *actor) (any, error) {
		list, err := a.artifacts.List(ctx, user.Operator, artifact.Selection{Tasks: []task.ID{a.pick()}, Previews: true})
		var out []string
		for _, x := range list {
			out = append(out, fmt.Sprintln(x.Task, x.Key, x.Mode, x.Number, x.Versions, x.State, x.FileNumber, x.Preview, x.Metadata))
		}
		return out, err
	}},
	{"report events", 12, func(ctx context.Context, a *actor) (any, error) {
		events := make([]event.Event, 1+a.IntN(6))
		for i := range events {
			events[i] = a.event()
		}
		r, err := a.events.Add(ctx, user.Operator, events)
		return fmt.Sprint(r.Added, r.Errors), err
	}},
	{"look at events", 4, func(ctx context.Context, a *actor) (any, error) {
		of := event.Target{Kind: event.Task, ID: string(a.pick())}
		kind := []event.Type{event.Scalar, event.DebugImage, event.Plot}[a.IntN(3)]
		items, total, err := a.events.Items(ctx, user.Operator, of, event.ItemQuery{Types: []event.Type{kind}, Limit: 1 + a.IntN(4), Desc: a.IntN(2) == 0})
		if err != nil {
			return nil, err
		}
		lines, count, err := a.events.Log(ctx, user.Operator, of, event.LogQuery{Limit: 1 + a.IntN(4), Earlier: a.IntN(2) == 0})
		progress, perr := a.events.Progress(ctx, user.Operator, []event.Target{of}, event.WithSeries|event.WithLatest)
		var out []string
		for _, e := range append(items, lines...) {
			out = append(out, fmt.Sprintln(e.Metric, e.Variant, e.Iter, len(e.Key), e.Timestamp, e.Msg, e.URL, e.Overwritten, e.Version, e.Body))
		}
		for _, s := range progress[of].Series {
			out = append(out, fmt.Sprintln(s.Metric, s.Variant, s.Label, s.Levels, s.Summary()))
		}
		return fmt.Sprint(out, total, count, progress[of].LastIteration, progress[of].Latest), errors.Join(err, perr)
	}},
	{"sweep events", 1, func(ctx context.Context, a *actor) (any, error) {
		// All that one statement can find, since which rows a smaller part
		// holds is for the engine to say; some wait for the end.
		return a.events.Store.Sweep(ctx, 1_000_000)
	}},
	{"list tasks", 8, func(ctx context.Context, a *actor) (any, error) {
		order := []query.Order{{Field: []string{"name", "last_update", "started", "comment", "tags", "hyperparams.Args.a.value"}[a.IntN(6)], Desc: a.IntN(2) == 0}, {Field: "name"}, {Field: "comment"}, {Field: "created"}}
		filter := a.filter()
		list, err := a.tasks.List(ctx, user.Operator, task.Query{IncludeHidden: true, Parts: task.Part(a.IntN(int(task.All)+1)) | task.Tags, Request: query.Request{
			Filter: filter, Order: order, Page: query.Page{Limit: 1 + a.IntN(8)},
		}})
		var out []string
		for _, x := range list {
			out = append(out, fmt.Sprintln(x.Name, x.Comment, x.Tags, x.Status)) // not the id: ties follow it, and it is drawn
		}
		return out, err
	}},
	{"make an account", 1, func(ctx context.Context, a *actor) (any, error) {
		u, err := a.users.Create(ctx, user.Operator, user.Spec{Name: fmt.Sprint("user ", a.IntN(30)), Role: user.Member})
		if err == nil {
			a.drawn("user", string(u.ID))
			a.userIDs = append(a.userIDs, u.ID)
		}
		return u.Name, err
	}},
	{"change an account", 1, func(ctx context.Context, a *actor) (any, error) {
		if len(a.userIDs) == 0 {
			return nil, nil
		}
		name, email := fmt.Sprint("User ", a.IntN(30)), fmt.Sprintf("user%d@example.org", a.IntN(20))
		u, changed, err := a.users.Update(ctx, user.Operator, a.userIDs[a.IntN(len(a.userIDs))], user.Patch{Name: &name, Email: &email})
		return fmt.Sprint(u.Name, changed), err
	}},
	{"prefer something", 1, func(ctx context.Context, a *actor) (any, error) {
		if len(a.userIDs) == 0 {
			return nil, nil
		}
		who := user.Identity{User: a.userIDs[a.IntN(len(a.userIDs))], Role: user.Guest}
		all, _, err := a.users.SetPreferences(ctx, who, map[string]any{fmt.Sprint("a.", a.IntN(3)): a.text()})
		return len(all), err
	}},
	{"remove an account", 1, func(ctx context.Context, a *actor) (any, error) {
		if len(a.userIDs) < 20 {
			return nil, nil
		}
		return nil, a.users.Delete(ctx, user.Operator, a.userIDs[a.IntN(len(a.userIDs))])
	}},
	{"make a key pair", 1, func(ctx context.Context, a *actor) (any, error) {
		if len(a.userIDs) == 0 {
			return nil, nil
		}
		p, err := a.users.CreateKey(ctx, user.Operator, a.userIDs[a.IntN(len(a.userIDs))], "label ä")
		if err == nil {
			a.drawn("key", p.Access)
			a.keys = append(a.keys, p.Access)
		}
		return nil, err
	}},
	{"revoke a key pair", 1, func(ctx context.Context, a *actor) (any, error) {
		if len(a.keys) == 0 {
			return nil, nil
		}
		return nil, a.users.RevokeKey(ctx, user.Operator, a.keys[a.IntN(len(a.keys))])
	}},
	{"open a session", 1, func(ctx context.Context, a *actor) (any, error) {
		if len(a.userIDs) == 0 {
			return nil, nil
		}
		s := user.Session{ID: ident.New(), User: a.userIDs[a.IntN(len(a.userIDs))], By: a.userIDs[0], Created: a.now, Expires: a.now.Add(time.Duration(a.IntN(100)) * time.Hour)}
		a.drawn("session", s.ID)
		return nil, a.users.Store.InsertSession(ctx, s)
	}},
	{"drop sessions", 1, func(ctx context.Context, a *actor) (any, error) { return a.users.DropSessions(ctx) }},
	{"make a queue", 1, func(ctx context.Context, a *actor) (any, error) {
		q := queue.Queue{ID: queue.ID(ident.New()), Name: fmt.Sprint("queue ", a.IntN(20)), DisplayName: a.text(), Tags: project.SortTags(a.some(2)), Created: a.now, LastUpdate: a.now}
		a.drawn("queue", string(q.ID))
		return nil, a.queues.Store.Insert(ctx, q)
	}},
	{"look for the default queue", 1, func(ctx context.Context, a *actor) (any, error) {
		if err := a.queues.Bootstrap(ctx); err != nil {
			return nil, err
		}
		q, err := a.queues.DefaultQueue(ctx, user.Operator)
		a.drawn("queue", string(q.ID))
		return q.Name, err
	}},
}

// byID are reasons whose message depends on the order of ids, which are drawn;
// so do those of whatever is done to several tasks.
var byID = map[fault.Reason]bool{event.ErrNotAdded: true, file.ErrFrozen: true, model.ErrInUse: true}

// act does one thing, and notes what was answered.
func (a *actor) act(ctx context.Context) {
	ctx = user.WithAct(ctx, user.Act{Who: user.Operator, Action: "random"}) // fills the audit
	a.now = a.now.Add(time.Duration(a.IntN(3000)) * time.Millisecond)
	total := 0
	for _, d := range deeds {
		total += d.weight
	}
	n := a.IntN(total)
	for _, d := range deeds {
		if n -= d.weight; n < 0 {
			got, err := d.do(ctx, a)
			said := fmt.Sprintf("%s: %v", d.name, got)
			if err != nil {
				f := fault.Of(err)
				said = fmt.Sprintf("%s: %s", d.name, f.Reason.Name)
				if !byID[f.Reason] && !strings.HasSuffix(d.name, "tasks") {
					said += " " + f.Message
				}
				if f.Reason.Kind == fault.Internal && f.Reason != file.ErrLost {
					said += " " + err.Error()
				}
			}
			a.said = append(a.said, a.named(said))
			return
		}
	}
}

var drawnID = regexp.MustCompile(`\b(?:[0-9a-f]{32}|[0-9A-Z]{30})\b`)

// named puts names in the place of ids that were drawn.
func (a *actor) named(text string) string {
	text = strings.ReplaceAll(text, task.DeletedPrefix, task.DeletedPrefix+" ") // else no word begins there
	return drawnID.ReplaceAllStringFunc(text, func(id string) string {
		if name := a.names[id]; name != "" {
			return name
		}
		return "<unknown>"
	})
}

// COFFER_RANDOM_SEED repeats a run, but for the ids, which are drawn.
func TestRandomOperationsEndInEqualContents(t *testing.T) {
	const operations = 10_000
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("COFFER_RANDOM_SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		must(t, err)
	}
	t.Logf("COFFER_RANDOM_SEED=%d", seed)
	both := engines(t)
	var actors [2]*actor
	var wait sync.WaitGroup
	for i, e := range both {
		actors[i] = newActor(t, e.open(t), seed)
		wait.Go(func() {
			for range operations {
				actors[i].act(context.Background())
			}
		})
	}
	wait.Wait()
	a, b := actors[0], actors[1]
	seen := make(map[string]int)
	for i := range a.said {
		if a.said[i] != b.said[i] {
			t.Fatalf("operation %d was answered\n%s on %s,\n%s on %s", i, a.said[i], both[0].name, b.said[i], both[1].name)
		}
		what, answer, _ := strings.Cut(a.said[i], ": ")
		seen[what]++
		if strings.HasPrefix(answer, "internal") {
			t.Errorf("operation %d: %s", i, a.said[i])
		}
	}
	if len(seen) != len(deeds) {
		t.Errorf("of %d kinds of operations only %d took place", len(deeds), len(seen))
	}
	was, is := a.dump(t), b.dump(t)
	for name, rows := range was {
		if len(rows) == 0 && name != "setting" {
			t.Errorf("table %s is empty: nothing was compared", name)
		}
		if !slices.Equal(rows, is[name]) {
			t.Errorf("table %s differs: %s", name, firstDifference(rows, is[name]))
		}
	}
	if len(is) != len(was) {
		t.Errorf("%d tables here, %d there", len(was), len(is))
	}
}

func firstDifference(a, b []string) string {
	for i := range a {
		if i >= len(b) || a[i] != b[i] {
			return fmt.Sprintf("%d and %d rows, from row %d on\n%q\n%q", len(a), len(b), i, a[i:min(i+2, len(a))], b[min(i, len(b)):min(i+2, len(b))])
		}
	}
	return fmt.Sprintf("%d and %d rows", len(a), len(b))
}
