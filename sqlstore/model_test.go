package sqlstore_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/ident"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/task"
)

func aModel(name string) model.Model {
	return model.Model{ID: model.ID(ident.New()), Name: name, Address: file.Elsewhere("s3://bucket/" + name), Created: at(1), LastUpdate: at(2), LastChange: at(3)}
}

// fullModel has a value in every field.
func fullModel(t testing.TB, in project.ID, of task.ID) model.Model {
	m := aModel("full")
	m.Comment, m.Address, m.Framework, m.Project, m.Task, m.Parent, m.User = "a comment", ownAddress(t, "w eights.pt"), "PyTorch", in, of, "parent", "u1"
	m.Design = map[string]any{"design": "layers", "big": json.Number("9007199254740993")}
	m.Labels = map[string]int64{"cat": 1, "none": 0, "big": 9007199254740993}
	m.Tags, m.SystemTags = []string{"a", "b"}, []string{"package"}
	m.Metadata = model.Metadata{"acc": {Key: "acc", Type: "float", Value: "0.9"}, "a.b": {Key: "a.b", Type: "", Value: ""}}
	m.Ready, m.Public, m.Cache, m.LastChangedBy = true, true, map[string]any{"page": "x"}, "u2"
	return m
}

func addModels(t testing.TB, db *sqlstore.DB, models ...model.Model) {
	t.Helper()
	for _, m := range models {
		must(t, db.Models().Insert(context.Background(), m))
	}
}

func wantModel(t *testing.T, db *sqlstore.DB, want model.Model) {
	t.Helper()
	got, err := db.Models().Get(context.Background(), want.ID)
	must(t, err)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestModels(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		store := db.Models()
		p, of := aProject("p"), aTask("t")
		addProjects(t, db, p)
		addTasks(t, db, of)
		bare, full := aModel("bare"), fullModel(t, p.ID, of.ID)
		addModels(t, db, bare, full)

		t.Run("are read as they were written", func(t *testing.T) {
			wantModel(t, db, bare)
			wantModel(t, db, full)
			found, err := store.Standings(ctx, []model.ID{bare.ID, full.ID, "nothing"})
			must(t, err)
			if want := (map[model.ID]model.Standing{bare.ID: {}, full.ID: {Ready: true, Public: true}}); !reflect.DeepEqual(found, want) {
				t.Errorf("standings %v", found)
			}
			for parts := range model.All + 1 {
				list, err := store.List(ctx, model.Query{Parts: parts, Request: query.Request{Order: []query.Order{{Field: "name", Desc: true}}}})
				must(t, err)
				want := full
				if parts&model.Tags == 0 && parts != 0 {
					want.Tags, want.SystemTags = nil, nil
				}
				if parts&model.Items == 0 && parts != 0 {
					want.Metadata = nil
				}
				if parts&model.Design == 0 && parts != 0 {
					want.Design, want.Cache = nil, nil
				}
				if !reflect.DeepEqual(list, []model.Model{want, bare}) {
					t.Errorf("parts %b: %+v", parts, list)
				}
			}
			list, err := store.List(ctx, model.Query{PrivateOnly: true})
			if err != nil || len(list) != 1 || list[0].ID != bare.ID {
				t.Errorf("private ones: %v, %v", list, err)
			}
		})

		t.Run("absent ones are told", func(t *testing.T) {
			_, err := store.Get(ctx, "nothing")
			wantIs(t, err, model.ErrNotFound)
			wantIs(t, db.Tx(ctx, func(ctx context.Context) error { _, err := store.Lock(ctx, "nothing"); return err }), model.ErrNotFound)
			wantIs(t, store.Save(ctx, aModel("nothing"), model.All), model.ErrNotFound)
			wantIs(t, store.Delete(ctx, "nothing"), model.ErrNotFound)
		})

		t.Run("are changed part by part", func(t *testing.T) {
			x := fullModel(t, p.ID, of.ID)
			addModels(t, db, x)
			changed := x
			changed.Name, changed.Comment, changed.Address, changed.Framework = "other", "", file.Elsewhere("file:///w"), ""
			changed.Project, changed.Task, changed.Parent, changed.Ready, changed.Public = "", "", "", false, false
			changed.Design, changed.Labels, changed.Cache, changed.LastUpdate = nil, nil, nil, at(50)
			changed.Tags, changed.SystemTags = []string{"b", "c"}, nil
			changed.Metadata = model.Metadata{"acc": {Key: "acc", Type: "str", Value: "high"}, "new": {Key: "new", Value: "1"}}
			step := x
			step.Metadata = changed.Metadata
			must(t, store.Save(ctx, changed, model.Items))
			wantModel(t, db, step)
			step.Tags, step.SystemTags = changed.Tags, changed.SystemTags
			must(t, store.Save(ctx, changed, model.Tags))
			wantModel(t, db, step)
			must(t, store.Save(ctx, changed, model.Row))
			wantModel(t, db, changed)
			must(t, store.Delete(ctx, x.ID))
			_, err := store.Get(ctx, x.ID)
			wantIs(t, err, model.ErrNotFound)
			for _, table := range []string{"model_tag", "model_metadata", "model_word"} {
				left, err := db.Texts(ctx, `SELECT model_id FROM `+table+` WHERE model_id = '`+string(x.ID)+`'`)
				must(t, err)
				if len(left) > 0 {
					t.Errorf("%s keeps %v", table, left)
				}
			}
		})

		t.Run("text that no engine keeps is kept as near as can be", func(t *testing.T) {
			x := aModel("nul\x00name")
			x.Tags, x.Metadata = []string{"t\x00g"}, model.Metadata{"k\x00": {Key: "k\x00", Value: "v\x00"}}
			addModels(t, db, x)
			got, err := store.Get(ctx, x.ID)
			must(t, err)
			if got.Name != "nul\uFFFDname" || got.Tags[0] != "t\uFFFDg" || got.Metadata["k\uFFFD"].Value != "v\uFFFD" {
				t.Errorf("got %+v", got)
			}
			must(t, store.Save(ctx, x, model.All)) // again, over what was kept
			if again, err := store.Get(ctx, x.ID); err != nil || !reflect.DeepEqual(again, got) {
				t.Errorf("got %+v, %v", again, err)
			}
		})

		t.Run("tell who made them and what names a path", func(t *testing.T) {
			made, err := store.MadeBy(ctx, of.ID)
			must(t, err)
			if !slices.Equal(made, []model.ID{full.ID}) {
				t.Errorf("made %v", made)
			}
			r, err := store.References(ctx, "w eights.pt")
			must(t, err)
			if r.Count != 1 || !strings.Contains(r.FrozenBy, string(full.ID)) {
				t.Errorf("%+v", r)
			}
			if r, err := store.References(ctx, "s3://bucket/bare"); err != nil || r.Count != 0 || r.FrozenBy != "" {
				t.Errorf("%+v, %v", r, err)
			}
		})

		t.Run("are touched unless they were just now, or are public", func(t *testing.T) {
			x := aModel("touched")
			addModels(t, db, x)
			must(t, store.TouchOld(ctx, []model.ID{x.ID, full.ID, "nothing"}, "u9", at(90), at(80)))
			x.LastUpdate, x.LastChange, x.LastChangedBy = at(90), at(90), "u9"
			wantModel(t, db, x)
			wantModel(t, db, full)
			must(t, store.TouchOld(ctx, []model.ID{x.ID}, "u8", at(91), at(89)))
			wantModel(t, db, x)
		})
	})
}

func TestFrameworks(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		p, q := aProject("p"), aProject("q")
		addProjects(t, db, p, q)
		want := func(in []project.ID, want ...string) {
			t.Helper()
			got, err := db.Models().Frameworks(ctx, in)
			must(t, err)
			if !slices.Equal(got, want) {
				t.Errorf("in %v: %q, want %q", in, got, want)
			}
		}
		want(nil)
		for i, framework := range []string{"PyTorch", "", "JAX", "PyTorch", "ä"} {
			m := aModel(fmt.Sprint(i))
			m.Framework, m.Project = framework, p.ID
			if framework == "JAX" {
				m.Project = q.ID
			}
			addModels(t, db, m)
		}
		want(nil, "JAX", "PyTorch", "ä")
		want([]project.ID{p.ID}, "PyTorch", "ä")
		want([]project.ID{q.ID, "none"}, "JAX")
	})
}

func TestUsesOfModels(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		x, y := aTask("x"), aTask("y")
		x.ID, y.ID = "task x", "task y"
		x.Models = task.Models{Input: []task.ModelLink{{Name: "b", Model: "m1"}, {Name: "a", Model: "m2"}}, Output: []task.ModelLink{{Name: "out", Model: "m1"}}}
		y.Models = task.Models{Input: []task.ModelLink{{Name: "c", Model: "m1"}}}
		addTasks(t, db, x, y)
		want := func(models []string, input bool, limit int, want string) {
			t.Helper()
			uses, err := db.Tasks().Uses(ctx, models, input, limit)
			must(t, err)
			var got []string
			for _, u := range uses {
				if u.Status != task.Created || u.Input != input {
					t.Errorf("%+v", u)
				}
				got = append(got, fmt.Sprint(u.Task, " ", u.Name, " ", u.Model))
			}
			if s := strings.Join(got, ", "); s != want {
				t.Errorf("%s, want %s", s, want)
			}
		}
		want([]string{"m1", "m2", "m3"}, true, 0, "task x b m1, task y c m1, task x a m2")
		want([]string{"m1"}, true, 1, "task x b m1")
		want([]string{"m1"}, false, 0, "task x out m1")
		must(t, db.Tasks().Relink(ctx, "m1", "mark"))
		want([]string{"m1", "mark"}, true, 0, "task x b mark, task y c mark")
		want([]string{"m1"}, false, 0, "task x out m1")
	})
}
