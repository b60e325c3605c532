package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/client"
)

func TestA05TasksAreFoundByIDAndByName(t *testing.T) {
	c := open(t)
	first, second := create(t, c, "twin"), create(t, c, "twin")
	_, err := c.Run(t.Context(), first.ID)
	must(t, err)
	got, err := c.Task(t.Context(), second.ID)
	must(t, err)
	if got.Name != "twin" || got.Project != project(t) || got.Status != client.Created || got.Type != client.Training || got.User != "admin" || got.Created.IsZero() {
		t.Errorf("got %+v", got)
	}
	got, err = c.FindTask(t.Context(), client.TaskQuery{Project: project(t), Name: "twin"})
	must(t, err)
	if got.ID != first.ID {
		t.Error("of two of one name the one that was not touched last was found")
	}
	for _, missing := range []func() (*client.Task, error){
		func() (*client.Task, error) { return c.Task(t.Context(), strings.Repeat("0", 32)) },
		func() (*client.Task, error) {
			return c.FindTask(t.Context(), client.TaskQuery{Project: project(t), Name: "twi"})
		},
		func() (*client.Task, error) {
			return c.FindTask(t.Context(), client.TaskQuery{Project: "no such project", Name: "twin"})
		},
	} {
		_, err := missing()
		is(t, err, client.ErrNotFound)
	}
}

func TestA06NamesAreFoundWithAStatus(t *testing.T) {
	c := open(t)
	done, draft := start(t, c, "job"), create(t, c, "job")
	done.End(t.Context(), nil)
	_, err := c.Run(t.Context(), draft.ID)
	must(t, err)
	got, err := c.FindTask(t.Context(), client.TaskQuery{Project: project(t), Name: "job", Status: client.Completed})
	must(t, err)
	if got.ID != done.ID {
		t.Error("the finished one was not found")
	}
}

func TestA07RenamedTasksKeepTheirID(t *testing.T) {
	c := open(t)
	task := create(t, c, "before")
	id, name, elsewhere := task.ID, "after", project(t)+"/deeper"
	must(t, task.Edit(t.Context(), client.TaskEdit{Name: &name, Project: &elsewhere}))
	got, err := c.FindTask(t.Context(), client.TaskQuery{Project: elsewhere, Name: "after"})
	must(t, err)
	if got.ID != id || task.Name != "after" || task.Project != elsewhere {
		t.Errorf("got %+v", got)
	}
}

func TestA11ContinuedTasksGoOn(t *testing.T) {
	c := open(t)
	run := start(t, c, "long")
	failed := errors.New("out of memory")
	run.End(t.Context(), &failed)
	again, err := c.ContinueTask(t.Context(), run.ID, client.ContinueOptions{})
	must(t, err)
	if again.Status != client.Running || again.FirstIteration != 0 {
		t.Errorf("got %+v", again)
	}
	again.End(t.Context(), nil)
	offset := int64(7)
	again, err = c.ContinueTask(t.Context(), run.ID, client.ContinueOptions{Iteration: &offset})
	must(t, err)
	if again.FirstIteration != 7 {
		t.Errorf("goes on from %d", again.FirstIteration)
	}
	again.End(t.Context(), nil)
	must(t, again.Publish(t.Context(), false))
	_, err = c.ContinueTask(t.Context(), run.ID, client.ContinueOptions{})
	is(t, err, client.ErrState)
}

// status reads what the server has.
func status(t *testing.T, c *client.Client, id string) *client.Task {
	t.Helper()
	task, err := c.Task(t.Context(), id)
	must(t, err)
	return task
}

func TestTheEndOfARunTellsItsStatus(t *testing.T) {
	c := open(t)
	for _, w := range []struct {
		expectation string
		body        func(ctx context.Context, cancel func()) error
		status      client.Status
		message     string
	}{
		{"done", func(context.Context, func()) error { return nil }, client.Completed, ""},
		{"an error", func(context.Context, func()) error { return errors.New("no convergence") }, client.Failed, "no convergence"},
		{"a panic", func(context.Context, func()) error { panic("index out of reach") }, client.Failed, "index out of reach"},
		{"a cancelled context", func(ctx context.Context, cancel func()) error {
			cancel()
			return fmt.Errorf("epoch 3: %w", ctx.Err())
		}, client.Stopped, "epoch 3"},
		{"another error after a cancelled context", func(_ context.Context, cancel func()) error {
			cancel()
			return errors.New("disk full")
		}, client.Failed, "disk full"},
	} {
		t.Run(w.expectation, func(t *testing.T) {
			var id string
			var panicked any
			func() {
				defer func() { panicked = recover() }()
				_ = func() (err error) {
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					run, err := c.StartTask(ctx, client.TaskSpec{Project: project(t), Name: "run"})
					must(t, err)
					id = run.ID
					defer run.End(ctx, &err)
					return w.body(ctx, cancel)
				}()
			}()
			if (panicked != nil) != strings.Contains(w.expectation, "panic") {
				t.Errorf("the program went on with %v", panicked)
			}
			got := status(t, c, id)
			if got.Status != w.status || !strings.Contains(got.StatusMessage, w.message) {
				t.Errorf("%s, message %q", got.Status, got.StatusMessage)
			}
			if w.status == client.Completed && got.Completed.IsZero() {
				t.Error("no time of completion")
			}
		})
	}
}

func TestAnEndThatCannotBeToldIsAnError(t *testing.T) {
	c := open(t)
	run := start(t, c, "gone")
	must(t, run.Delete(t.Context(), client.DeleteOptions{Force: true}))
	var err error
	run.End(t.Context(), &err)
	is(t, err, client.ErrNotFound)
}

func TestA18ToA22StatesAllowWhatTheyShould(t *testing.T) {
	c := open(t)
	ctx := t.Context()
	task := create(t, c, "draft")
	is(t, task.Publish(ctx, false), client.ErrState)
	run, err := c.Run(ctx, task.ID)
	must(t, err)
	must(t, run.SetParameters(ctx, map[string]any{"lr": 0.1}))
	run.End(ctx, nil)
	must(t, run.Reset(ctx, false))
	if run.Status != client.Created {
		t.Errorf("after a reset: %s", run.Status)
	}
	again, err := c.Run(ctx, task.ID)
	must(t, err)
	again.End(ctx, nil)
	must(t, again.Publish(ctx, false))
	if got := status(t, c, task.ID); got.Status != client.Published {
		t.Errorf("after publishing: %s", got.Status)
	}
	is(t, again.Reset(ctx, false), client.ErrState)
	is(t, again.Delete(ctx, client.DeleteOptions{}), client.ErrState)
	clone, err := again.Clone(ctx, client.CloneOptions{Name: "copy", Comment: "of what was published"})
	must(t, err)
	parameters, err := clone.Parameters(ctx)
	must(t, err)
	if clone.Status != client.Created || clone.Name != "copy" || clone.Parent != task.ID || clone.Project != project(t) || parameters["General/lr"] != "0.1" {
		t.Errorf("got %+v with %v", clone, parameters)
	}
	must(t, clone.Delete(ctx, client.DeleteOptions{}))
	_, err = c.Task(ctx, clone.ID)
	is(t, err, client.ErrNotFound)
}

func TestA26TasksAreFoundByFilters(t *testing.T) {
	c := open(t)
	ctx := t.Context()
	for i := range 5 {
		spec := client.TaskSpec{Project: project(t), Name: fmt.Sprintf("n%d", i), Tags: []string{"all", fmt.Sprintf("t%d", i)}}
		if i == 3 {
			spec.Type = client.Testing
		}
		if i == 4 {
			spec.Project += "/below"
		}
		task, err := c.CreateTask(ctx, spec)
		must(t, err)
		if i == 2 {
			must(t, task.Archive(ctx))
			if !task.Archived() {
				t.Error("not archived")
			}
		}
		if i == 1 {
			must(t, task.Stop(ctx, "enough"))
		}
	}
	for _, w := range []struct {
		expectation string
		query       client.TaskQuery
		want        string
	}{
		{"a project", client.TaskQuery{}, "n0 n1 n3"},
		{"with archived ones", client.TaskQuery{Archived: true}, "n0 n1 n2 n3"},
		{"with those of projects below", client.TaskQuery{Subprojects: true}, "n0 n1 n3 n4"},
		{"a pattern", client.TaskQuery{NamePattern: "^n[01]$"}, "n0 n1"},
		{"a status", client.TaskQuery{Status: client.Stopped}, "n1"},
		{"statuses", client.TaskQuery{Statuses: []client.Status{client.Stopped, client.Created}}, "n0 n1 n3"},
		{"a type", client.TaskQuery{Type: client.Testing}, "n3"},
		{"all of some tags", client.TaskQuery{Tags: client.All("all", "t1")}, "n1"},
		{"any of some tags", client.TaskQuery{Tags: client.AnyOf("t0", "t1")}, "n0 n1"},
		{"none of some tags", client.TaskQuery{Tags: client.None("t0", "t1")}, "n3"},
		{"several conditions on tags", client.TaskQuery{Tags: client.All("all").And(client.None("t0"))}, "n1 n3"},
		{"at most so many", client.TaskQuery{Limit: 2}, "n0 n1"},
		{"whatever else there is", client.TaskQuery{Where: map[string]any{"name": "n3"}}, "n3"},
	} {
		t.Run(w.expectation, func(t *testing.T) {
			w.query.Project = "sdk/TestA26TasksAreFoundByFilters"
			w.query.OrderBy = "name"
			var names []string
			for task, err := range c.Tasks(t.Context(), w.query) {
				must(t, err)
				names = append(names, task.Name)
			}
			if got := strings.Join(names, " "); got != w.want {
				t.Errorf("got %q, want %q", got, w.want)
			}
		})
	}
}

// More tasks than a page holds are all found, once each, and a loop that
// breaks off asks for no more.
func TestTasksFollowPagesToTheEnd(t *testing.T) {
	c := open(t)
	const many = 450
	want := map[string]bool{}
	for i := range many {
		want[create(t, c, fmt.Sprintf("task %d", i)).ID] = true
	}
	got := map[string]bool{}
	for task, err := range c.Tasks(t.Context(), client.TaskQuery{Project: project(t)}) {
		must(t, err)
		if got[task.ID] {
			t.Fatalf("%s came twice", task.ID)
		}
		got[task.ID] = true
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %d of %d", len(got), many)
	}
	for _, err := range c.Tasks(t.Context(), client.TaskQuery{Project: project(t)}) {
		must(t, err)
		break
	}
	for _, err := range c.Tasks(t.Context(), client.TaskQuery{NamePattern: "("}) {
		is(t, err, client.ErrInvalid)
	}
}

func TestA30TagsParametersAndDescriptionsAreSet(t *testing.T) {
	c := open(t)
	ctx := t.Context()
	run := start(t, c, "described")
	must(t, run.AddTags(ctx, "a", "b"))
	must(t, run.RemoveTags(ctx, "a"))
	must(t, run.SetParameters(ctx, map[string]any{"lr": 0.5, "Args/epochs": 3, "Args/fast": true, "properties/owner": "ada"}))
	must(t, run.DeleteParameters(ctx, "Args/epochs"))
	must(t, run.SetConfiguration(ctx, "net", "yaml", "layers: 3\n"))
	comment := "what it is about"
	must(t, run.Edit(ctx, client.TaskEdit{Comment: &comment}))
	got := status(t, c, run.ID)
	if !slices.Equal(got.Tags, []string{"b"}) || !slices.Equal(run.Tags, got.Tags) || got.Comment != comment {
		t.Errorf("got %+v", got)
	}
	parameters, err := got.Parameters(ctx)
	must(t, err)
	if want := map[string]string{"General/lr": "0.5", "Args/fast": "True", "properties/owner": "ada"}; !maps.Equal(parameters, want) {
		t.Errorf("got %v, want %v", parameters, want)
	}
	text, err := got.Configuration(ctx, "net")
	must(t, err)
	if text != "layers: 3\n" {
		t.Errorf("got %q", text)
	}
	_, err = got.Configuration(ctx, "other")
	is(t, err, client.ErrNotFound)
	must(t, got.Archive(ctx))
	must(t, got.Unarchive(ctx))
	must(t, got.Archive(ctx))
	if !got.Archived() {
		t.Error("not archived")
	}
	run.End(ctx, nil)
}
