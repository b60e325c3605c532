package sqlstore_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/task"
)

// fullTask has a value in every field.
func fullTask(in project.ID, parent task.ID) task.Task {
	t := aTask("full")
	seconds, split := int64(61), int64(20)
	t.Comment, t.Parent, t.Project = "a comment", parent, in
	t.Tags, t.SystemTags = []string{"a", "b"}, []string{"development"}
	t.Status, t.StatusReason, t.StatusMessage = task.Stopped, "why", "how"
	t.Started, t.Completed, t.Published, t.LastUpdate, t.LastChange = at(1), at(2), at(3), at(4), at(5)
	t.ActiveDuration, t.LastWorker, t.LastWorkerReport, t.EnqueuedFrom = &seconds, "worker:0", at(6), task.Created
	t.Output = task.Output{Destination: "files:/x", Result: "good", Error: "none"}
	t.Script = task.Script{
		Binary: "python", Repository: "git@host:r.git", Tag: "v1", Branch: "main", VersionNum: "abc", EntryPoint: "train.py", WorkingDir: ".",
		Requirements: map[string]any{"pip": "numpy==2"}, Diff: strings.Repeat("+ line\n", 1000),
	}
	t.Execution = task.Execution{
		Queue: "q1", Framework: "torch",
		ModelLabels: map[string]any{"cat": json.Number("1")}, TestSplit: &split,
	}
	t.Hyperparams = task.Params{
		"Args":    {"lr": {Section: "Args", Name: "lr", Value: "0.1", Type: "float", Description: "rate"}, "a.b": {Section: "Args", Name: "a.b", Value: ""}},
		"General": {"x": {Section: "General", Name: "x", Value: "y"}},
	}
	t.Configuration = map[string]task.ConfigItem{"c": {Name: "c", Value: "{}", Type: "json", Description: "conf"}}
	t.Runtime = map[string]any{"progress": "50", "big": json.Number("9007199254740993"), "nested": map[string]any{"a": []any{"b", nil, true}}}
	t.Container, t.Public = map[string]any{"image": "cuda"}, true
	t.Models = task.Models{
		Input:  []task.ModelLink{{Name: "z", Model: "m1", Updated: at(1)}, {Name: "a", Model: "m2", Updated: at(2)}},
		Output: []task.ModelLink{{Name: "best", Model: "m3", Updated: at(3)}},
	}
	return t
}

func wantTask(t *testing.T, db *sqlstore.DB, want task.Task) {
	t.Helper()
	got, err := db.Tasks().Get(context.Background(), want.ID)
	must(t, err)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestTasks(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		store := db.Tasks()
		p := aProject("p")
		addProjects(t, db, p)
		bare := aTask("bare")
		full := fullTask(p.ID, bare.ID)
		addTasks(t, db, bare, full)

		t.Run("are read as they were written", func(t *testing.T) {
			wantTask(t, db, bare)
			wantTask(t, db, full)
			must(t, db.Tx(ctx, func(ctx context.Context) error {
				locked, err := store.Lock(ctx, full.ID)
				if !reflect.DeepEqual(locked, full) {
					t.Errorf("locked %+v\nwant %+v", locked, full)
				}
				for _, standing := range []func(context.Context, task.ID) (task.Standing, error){store.Standing, store.LockStanding} {
					if got, err := standing(ctx, full.ID); err != nil || got != (task.Standing{Status: task.Stopped, Public: true}) {
						t.Errorf("standing %v, %v", got, err)
					}
				}
				return err
			}))
		})

		t.Run("absent ones are told", func(t *testing.T) {
			_, err := store.Get(ctx, "nobody")
			wantIs(t, err, task.ErrNotFound)
			_, err = store.Standing(ctx, "nobody")
			wantIs(t, err, task.ErrNotFound)
			wantIs(t, db.Tx(ctx, func(ctx context.Context) error {
				_, err := store.Lock(ctx, "nobody")
				return err
			}), task.ErrNotFound)
			wantIs(t, db.Tx(ctx, func(ctx context.Context) error {
				_, err := store.LockStanding(ctx, "nobody")
				return err
			}), task.ErrNotFound)
			for part := task.Row; part <= task.Links; part <<= 1 {
				wantIs(t, store.Save(ctx, aTask("nobody"), part), task.ErrNotFound)
			}
			_, err = store.Delete(ctx, "nobody")
			wantIs(t, err, task.ErrNotFound)
			must(t, store.Touch(ctx, "nobody", "u", at(1)))
		})

		t.Run("text that no engine keeps is kept as near as can be", func(t *testing.T) {
			x := aTask("nul\x00name")
			x.Comment, x.Tags = "a\x00b", []string{"t\x00g"}
			x.Hyperparams = task.Params{"s\x00": {"n\x00": {Value: "v\x00"}}}
			addTasks(t, db, x)
			got, err := store.Get(ctx, x.ID)
			must(t, err)
			if got.Name != "nul\uFFFDname" || got.Comment != "a\uFFFDb" || got.Tags[0] != "t\uFFFDg" || got.Hyperparams["s\uFFFD"]["n\uFFFD"].Value != "v\uFFFD" {
				t.Errorf("got %+v", got)
			}
		})
	})
}

func TestTaskSave(t *testing.T) {
	ctx := context.Background()
	// changed differs from the full task in every field that can change.
	changed := func(x task.Task) task.Task {
		x.Name, x.Comment, x.Type, x.Status, x.Parent, x.Project = "new", "", "testing", task.Completed, "", ""
		x.Started, x.ActiveDuration, x.LastUpdate = at(0).AddDate(1, 0, 0), nil, at(50)
		x.Script, x.Execution, x.Output = task.Script{Branch: "dev"}, task.Execution{}, task.Output{}
		x.Configuration, x.Runtime, x.Container = nil, nil, map[string]any{}
		x.Tags, x.SystemTags = []string{"b", "c"}, nil
		x.Hyperparams = task.Params{
			"Args": {"lr": {Section: "Args", Name: "lr", Value: "0.2"}},
			"New":  {"n": {Section: "New", Name: "n", Value: "1"}},
		}
		x.Models = task.Models{
			Input:  []task.ModelLink{{Name: "a", Model: "m2", Updated: at(2)}},
			Output: []task.ModelLink{{Name: "best", Model: "m3", Updated: at(3)}, {Name: "best", Model: "m4", Updated: at(9)}},
		}
		return x
	}
	for what, merge := range map[task.Part]func(old, new task.Task) task.Task{
		task.Row: func(old, new task.Task) task.Task {
			new.Tags, new.SystemTags, new.Hyperparams, new.Models = old.Tags, old.SystemTags, old.Hyperparams, old.Models
			return new
		},
		task.Tags:       func(old, new task.Task) task.Task { old.Tags, old.SystemTags = new.Tags, new.SystemTags; return old },
		task.Parameters: func(old, new task.Task) task.Task { old.Hyperparams = new.Hyperparams; return old },
		task.Links:      func(old, new task.Task) task.Task { old.Models = new.Models; return old },
		task.All:        func(_, new task.Task) task.Task { return new },
	} {
		t.Run(fmt.Sprintf("part %b writes itself and nothing else", what), func(t *testing.T) {
			onEach(t, func(t *testing.T, db *sqlstore.DB) {
				p := aProject("p")
				addProjects(t, db, p)
				old := fullTask(p.ID, "")
				addTasks(t, db, old)
				must(t, db.Tasks().Save(ctx, changed(old), what))
				wantTask(t, db, merge(old, changed(old)))
			})
		})
	}

	t.Run("what did not change is not written", func(t *testing.T) {
		onEach(t, func(t *testing.T, db *sqlstore.DB) {
			x := fullTask("", "")
			addTasks(t, db, x)
			r, stop := sqlstore.Record(db)
			defer stop()
			must(t, db.Tasks().Save(ctx, x, task.Tags|task.Parameters|task.Links))
			for _, s := range r.Statements() {
				if !strings.HasPrefix(strings.TrimSpace(s.Text), "SELECT") {
					t.Errorf("ran %s", s.Text)
				}
			}
		})
	})
}

func TestTaskTouch(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		seven := int64(7)
		for name, c := range map[string]struct {
			change func(*task.Task)
			want   *int64
		}{
			"counts the seconds of a run":            {func(x *task.Task) { x.Status, x.Started = task.InProgress, at(10) }, ptr(int64(50))},
			"leaves the duration of an ended one":    {func(x *task.Task) { x.Status, x.Started, x.ActiveDuration = task.Stopped, at(10), &seven }, &seven},
			"leaves it where no start is known":      {func(x *task.Task) { x.Status, x.ActiveDuration = task.InProgress, &seven }, &seven},
			"does not count back from a later start": {func(x *task.Task) { x.Status, x.Started = task.InProgress, at(61) }, nil},
		} {
			t.Run(name, func(t *testing.T) {
				x := aTask("t")
				c.change(&x)
				addTasks(t, db, x)
				must(t, db.Tasks().Touch(ctx, x.ID, "u2", at(60)))
				x.LastUpdate, x.LastChange, x.LastChangedBy, x.ActiveDuration = at(60), at(60), "u2", c.want
				wantTask(t, db, x)
			})
		}
	})
}

func TestTaskTouchOld(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		x := aTask("t")
		x.LastUpdate = at(60)
		addTasks(t, db, x)
		must(t, db.Tasks().TouchOld(ctx, []task.ID{x.ID}, "u2", at(61), at(59)))
		wantTask(t, db, x)
		must(t, db.Tasks().TouchOld(ctx, []task.ID{x.ID}, "u2", at(61), at(60)))
		x.LastUpdate, x.LastChange, x.LastChangedBy = at(61), at(61), "u2"
		wantTask(t, db, x)
	})
}

func ptr[T any](v T) *T { return &v }

func TestTaskDelete(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		store := db.Tasks()
		parent := fullTask("", "")
		var children []task.Task
		for i := range 3 {
			c := aTask(fmt.Sprint("child ", i))
			c.Parent = parent.ID
			if i > 0 {
				c.Status = task.Published
			}
			children = append(children, c)
		}
		addTasks(t, db, append(children, parent)...)

		if n, err := store.PublishedChildren(ctx, parent.ID); err != nil || n != 2 {
			t.Errorf("%d published children, %v; expected 2", n, err)
		}
		if n, err := store.Delete(ctx, parent.ID); err != nil || n != 3 {
			t.Errorf("%d children, %v; expected 3", n, err)
		}
		_, err := store.Get(ctx, parent.ID)
		wantIs(t, err, task.ErrNotFound)
		for _, c := range children {
			c.Parent = task.DeletedPrefix + parent.ID
			wantTask(t, db, c)
		}
		for _, table := range []string{"task_document", "task_tag", "task_param", "task_model"} {
			left, err := db.Texts(ctx, `SELECT task_id FROM `+table+` WHERE task_id = ?`, string(parent.ID))
			if err != nil || len(left) != 0 {
				t.Errorf("%s holds %d rows of the deleted task, %v", table, len(left), err)
			}
		}
		if n, err := store.PublishedChildren(ctx, parent.ID); err != nil || n != 0 {
			t.Errorf("%d published children of a deleted task, %v", n, err)
		}
	})
}

func TestTaskTypes(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		a, b := aProject("a"), aProject("b")
		addProjects(t, db, a, b)
		for i, typ := range []task.Type{"training", "testing", "training", "qc"} {
			x := aTask(fmt.Sprint("t", i))
			x.Type, x.Project = typ, []project.ID{a.ID, a.ID, b.ID, ""}[i]
			addTasks(t, db, x)
		}
		for name, c := range map[string]struct {
			in   []project.ID
			want []task.Type
		}{
			"everywhere":     {nil, []task.Type{"qc", "testing", "training"}},
			"in a project":   {[]project.ID{b.ID}, []task.Type{"training"}},
			"in both":        {[]project.ID{a.ID, b.ID}, []task.Type{"testing", "training"}},
			"in no project":  {[]project.ID{}, nil},
			"in unknown one": {[]project.ID{"nowhere"}, nil},
		} {
			t.Run(name, func(t *testing.T) {
				got, err := db.Tasks().Types(ctx, c.in)
				must(t, err)
				if !slices.Equal(got, c.want) {
					t.Errorf("got %v, want %v", got, c.want)
				}
			})
		}
	})
}

func TestTaskLists(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		p := aProject("p")
		addProjects(t, db, p)
		full, hidden := fullTask(p.ID, ""), aTask("hidden")
		hidden.SystemTags = []string{task.Hidden}
		addTasks(t, db, full, hidden)

		t.Run("load whole tasks", func(t *testing.T) {
			got, err := db.Tasks().List(ctx, task.Query{})
			must(t, err)
			if len(got) != 1 || !reflect.DeepEqual(got[0], full) {
				t.Errorf("got %+v\nwant %+v", got, full)
			}
		})
		t.Run("load the parts that are asked for", func(t *testing.T) {
			for parts := task.Part(1); parts <= task.All; parts++ {
				got, err := db.Tasks().List(ctx, task.Query{Parts: parts})
				must(t, err)
				want := full
				if parts&task.Tags == 0 {
					want.Tags, want.SystemTags = nil, nil
				}
				if parts&task.Parameters == 0 {
					want.Hyperparams = nil
				}
				if parts&task.Links == 0 {
					want.Models = task.Models{}
				}
				if parts&task.Settings == 0 {
					want.Output, want.Execution, want.Runtime, want.Container = task.Output{}, task.Execution{}, nil, nil
				}
				if parts&task.Source == 0 {
					want.Script, want.Configuration = task.Script{}, nil
				}
				if len(got) != 1 || !reflect.DeepEqual(got[0], want) {
					t.Errorf("parts %b: got %+v\nwant %+v", parts, got, want)
				}
			}
		})
		t.Run("show hidden ones if asked", func(t *testing.T) {
			got, err := db.Tasks().List(ctx, task.Query{IncludeHidden: true})
			must(t, err)
			if len(got) != 2 {
				t.Errorf("got %d tasks, want 2", len(got))
			}
		})
		t.Run("run as many statements whatever their size", func(t *testing.T) {
			q := task.Query{Request: query.Request{Filter: query.And{
				query.Match{Field: "name", Pattern: pattern(t, "f[u]+ll|many", false)}, query.In{Field: "tags", Values: []string{"a", "many"}},
			}}}
			count := func(want int) int {
				r, stop := sqlstore.Record(db)
				defer stop()
				got, err := db.Tasks().List(ctx, q)
				must(t, err)
				if len(got) != want {
					t.Fatalf("got %d tasks, want %d", len(got), want)
				}
				return len(r.Statements())
			}
			one := count(1)
			for i := range 40 {
				x := fullTask(p.ID, "")
				x.Name, x.Tags = fmt.Sprint("many ", i), []string{"many"}
				addTasks(t, db, x)
			}
			if many := count(41); many != one {
				t.Errorf("41 tasks took %d statements, one took %d", many, one)
			}
		})
	})
}

func TestWritersOfDifferentPartsLoseNothing(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		const n = 50
		x := aTask("shared")
		addTasks(t, db, x)
		var wait sync.WaitGroup
		for i := range n {
			wait.Go(func() {
				err := db.Tx(ctx, func(ctx context.Context) error {
					got, err := db.Tasks().Lock(ctx, x.ID)
					if err != nil {
						return err
					}
					name := fmt.Sprintf("%02d", i)
					if i%2 == 0 {
						got.Tags = append(got.Tags, name)
						return db.Tasks().Save(ctx, got, task.Tags)
					}
					if got.Hyperparams == nil {
						got.Hyperparams = task.Params{"Args": {}}
					}
					got.Hyperparams["Args"][name] = task.Param{Value: name}
					return db.Tasks().Save(ctx, got, task.Parameters)
				})
				if err != nil {
					t.Error(err)
				}
			})
			wait.Go(func() {
				if _, err := db.Tasks().Get(ctx, x.ID); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		got, err := db.Tasks().Get(ctx, x.ID)
		must(t, err)
		if len(got.Tags) != n/2 || len(got.Hyperparams["Args"]) != n/2 {
			t.Errorf("%d tags and %d parameters are there, expected %d of each", len(got.Tags), len(got.Hyperparams["Args"]), n/2)
		}
	})
}
