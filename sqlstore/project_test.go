package sqlstore_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/sqlstore"
)

func projectID(p project.Project) string { return string(p.ID) }

// below makes a project under another.
func child(of project.Project, name string) project.Project {
	p := aProject(of.Name + "/" + name)
	p.Parent = of.ID
	p.Path = append(slices.Clone(of.Path), of.ID)
	return p
}

func TestProjects(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		store := db.Projects()
		full := aProject("vision")
		full.Description, full.DefaultOutputDestination = "what we see", "files:/x"
		full.Tags, full.SystemTags = []string{"a", "b"}, []string{"s"}
		sub := child(full, "yolo")
		leaf := child(sub, "ablations")
		sibling := aProject("visionary")
		addProjects(t, db, full, sub, leaf, sibling)

		t.Run("are read as they were written", func(t *testing.T) {
			for _, want := range []project.Project{full, leaf} {
				got, err := store.Get(ctx, want.ID)
				must(t, err)
				if want.Path == nil {
					want.Path = []project.ID{}
				}
				if !reflect.DeepEqual(got, want) {
					t.Errorf("got %+v\nwant %+v", got, want)
				}
				byName, err := store.ByName(ctx, want.Name)
				must(t, err)
				if !reflect.DeepEqual(byName, want) {
					t.Errorf("by name: got %+v\nwant %+v", byName, want)
				}
			}
		})

		t.Run("absent ones are told", func(t *testing.T) {
			_, err := store.Get(ctx, "nobody")
			wantIs(t, err, project.ErrNotFound)
			_, err = store.ByName(ctx, "Vision")
			wantIs(t, err, project.ErrNotFound)
			wantIs(t, store.Update(ctx, aProject("nobody")), project.ErrNotFound)
			wantIs(t, store.Touch(ctx, "nobody", at(1)), project.ErrNotFound)
		})

		t.Run("a name is taken once", func(t *testing.T) {
			wantIs(t, store.Insert(ctx, aProject("vision")), project.ErrNameTaken)
			renamed := sibling
			renamed.Name = "vision"
			wantIs(t, store.Update(ctx, renamed), project.ErrNameTaken)
		})

		t.Run("names longer than any index entry work", func(t *testing.T) {
			long := aProject(strings.Repeat("長", 3000))
			addProjects(t, db, long)
			got, err := store.ByName(ctx, long.Name)
			must(t, err)
			if got.ID != long.ID {
				t.Error("another project was found")
			}
			wantIs(t, store.Insert(ctx, aProject(long.Name)), project.ErrNameTaken)
		})

		t.Run("many are loaded at once, the unknown passed over", func(t *testing.T) {
			got, err := store.Many(ctx, []project.ID{leaf.ID, "nobody", full.ID})
			must(t, err)
			found := ids(got, projectID)
			slices.Sort(found)
			want := []string{string(full.ID), string(leaf.ID)}
			slices.Sort(want)
			if !slices.Equal(found, want) {
				t.Errorf("got %v, want %v", found, want)
			}
			none, err := store.Many(ctx, nil)
			if err != nil || len(none) != 0 {
				t.Errorf("of no ids: %v, %v", none, err)
			}
		})

		t.Run("descendants are those below, at any depth", func(t *testing.T) {
			got, err := store.Descendants(ctx, []project.ID{full.ID, sub.ID})
			must(t, err)
			slices.Sort(got)
			want := []project.ID{sub.ID, leaf.ID}
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
			none, err := store.Descendants(ctx, []project.ID{leaf.ID})
			if err != nil || len(none) != 0 {
				t.Errorf("of a leaf: %v, %v", none, err)
			}
		})

		t.Run("an update writes what can change, and renames all below", func(t *testing.T) {
			p := full
			p.Name, p.Description, p.DefaultOutputDestination = "sight", "new", "s3://b"
			p.Tags, p.SystemTags, p.LastUpdate = []string{"b", "c"}, nil, at(7)
			must(t, store.Update(ctx, p))
			got, err := store.Get(ctx, p.ID)
			must(t, err)
			p.Path = []project.ID{}
			if !reflect.DeepEqual(got, p) {
				t.Errorf("got %+v\nwant %+v", got, p)
			}
			for id, name := range map[project.ID]string{sub.ID: "sight/yolo", leaf.ID: "sight/yolo/ablations", sibling.ID: "visionary"} {
				got, err := store.ByName(ctx, name)
				if err != nil || got.ID != id {
					t.Errorf("%s: %v, %v", name, got.ID, err)
				}
			}
			_, err = store.ByName(ctx, "vision/yolo")
			wantIs(t, err, project.ErrNotFound)
			found, err := store.List(ctx, project.Query{Request: query.Request{Filter: query.Match{Field: "name", Pattern: pattern(t, "^SIGHT/y", true)}}})
			if err != nil || len(found) != 2 {
				t.Errorf("the search finds %d renamed projects, %v; expected 2", len(found), err)
			}
			addProjects(t, db, aProject("vision")) // the name is free again
		})

		t.Run("a touch sets the time of the last update only", func(t *testing.T) {
			before, err := store.Get(ctx, leaf.ID)
			must(t, err)
			must(t, store.Touch(ctx, leaf.ID, at(99)))
			after, err := store.Get(ctx, leaf.ID)
			must(t, err)
			before.LastUpdate = at(99)
			if !reflect.DeepEqual(after, before) {
				t.Errorf("got %+v\nwant %+v", after, before)
			}
		})
	})
}

func TestProjectLists(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		top, other, hidden := aProject("top"), aProject("Other"), aProject("secret")
		hidden.SystemTags = []string{project.Hidden}
		sub := child(top, "sub")
		leaf := child(sub, "Other leaf")
		addProjects(t, db, top, other, hidden, sub, leaf)
		byName := []query.Order{{Field: "name"}}
		for name, c := range map[string]struct {
			q    project.Query
			want []string
		}{
			"all but hidden ones, in the order asked for": {project.Query{}, []string{"Other", "top", "top/sub", "top/sub/Other leaf"}},
			"hidden ones too":                 {project.Query{IncludeHidden: true}, []string{"Other", "secret", "top", "top/sub", "top/sub/Other leaf"}},
			"the top level":                   {project.Query{Shallow: true}, []string{"Other", "top"}},
			"what lies anywhere below":        {project.Query{Parents: []project.ID{top.ID}}, []string{"top/sub", "top/sub/Other leaf"}},
			"what lies directly below":        {project.Query{Parents: []project.ID{top.ID}, Shallow: true}, []string{"top/sub"}},
			"by the last element":             {project.Query{Request: query.Request{Filter: query.Match{Field: "basename", Pattern: pattern(t, "^other", true)}}}, []string{"Other", "top/sub/Other leaf"}},
			"by parent and pattern to be run": {project.Query{Parents: []project.ID{top.ID}, Request: query.Request{Filter: query.Match{Field: "name", Pattern: pattern(t, "s[ux]b$", false)}}}, []string{"top/sub"}},
			"a page":                          {project.Query{Request: query.Request{Page: query.Page{Offset: 1, Limit: 2}}}, []string{"top", "top/sub"}},
		} {
			t.Run(name, func(t *testing.T) {
				c.q.Order = byName
				got, err := db.Projects().List(ctx, c.q)
				must(t, err)
				if names := ids(got, func(p project.Project) string { return p.Name }); !slices.Equal(names, c.want) {
					t.Errorf("got %q, want %q", names, c.want)
				}
			})
		}
	})
}

func TestProjectListsRunAsManyStatementsWhateverTheirSize(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		count := func() int {
			r, stop := sqlstore.Record(db)
			defer stop()
			_, err := db.Projects().List(ctx, project.Query{})
			must(t, err)
			return len(r.Statements())
		}
		addProjects(t, db, aProject("first"))
		one := count()
		for i := range 30 {
			addProjects(t, db, aProject(fmt.Sprint(i)))
		}
		if many := count(); many != one {
			t.Errorf("31 projects took %d statements, one took %d", many, one)
		}
	})
}
