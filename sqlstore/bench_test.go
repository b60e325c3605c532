package sqlstore_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/task"
)

// BenchmarkRegisterOne adds one artifact to a task, durably, on an empty task
// and on one that has two thousand with previews of 64 KiB.
func BenchmarkRegisterOne(b *testing.B) {
	for _, e := range engines(b) {
		for _, n := range []int{0, 2000} {
			b.Run(fmt.Sprintf("%s/on a task with %d", e.name, n), func(b *testing.B) {
				db := e.open(b)
				x := aTask("x")
				addTasks(b, db, x)
				crowd(b, db, x.ID, n)
				i := 0
				for b.Loop() {
					i++
					must(b, registerOne(context.Background(), db, x.ID, fmt.Sprint("one more ", i), "a preview"))
				}
			})
		}
	}
}

// BenchmarkKnown recognises the whole list that a client sends again with each
// upload.
func BenchmarkKnown(b *testing.B) {
	for _, e := range engines(b) {
		for _, n := range []int{2, 2000} {
			b.Run(fmt.Sprintf("%s/of %d", e.name, n), func(b *testing.B) {
				db := e.open(b)
				x := aTask("x")
				addTasks(b, db, x)
				crowd(b, db, x.ID, n)
				refs := make([]artifact.Ref, n)
				for i := range refs {
					refs[i] = output(fmt.Sprintf("artifact %d", i))
				}
				for b.Loop() {
					known, err := db.Artifacts().Known(context.Background(), x.ID, refs)
					must(b, err)
					if len(known) != n {
						b.Fatalf("%d are known, expected %d", len(known), n)
					}
				}
			})
		}
	}
}

// BenchmarkTaskGet loads one whole task.
func BenchmarkTaskGet(b *testing.B) {
	for _, e := range engines(b) {
		b.Run(e.name, func(b *testing.B) {
			db := e.open(b)
			x := fullTask("", "")
			addTasks(b, db, x)
			for b.Loop() {
				_, err := db.Tasks().Get(context.Background(), x.ID)
				must(b, err)
			}
		})
	}
}

// BenchmarkTaskList loads a page of fifty.
func BenchmarkTaskList(b *testing.B) {
	for _, e := range engines(b) {
		b.Run(e.name, func(b *testing.B) {
			db := e.open(b)
			p := aProject("p")
			addProjects(b, db, p)
			for i := range 1000 {
				x := fullTask(p.ID, "")
				x.Name, x.LastUpdate = fmt.Sprint(i), at(i)
				addTasks(b, db, x)
			}
			q := task.Query{Parts: task.Row | task.Tags, Request: query.Request{
				Filter: query.And{
					query.In{Field: "project", Values: []string{string(p.ID)}},
					query.Not{Part: query.In{Field: "system_tags", Values: []string{task.Archived}}},
				},
				Order: []query.Order{{Field: "last_update", Desc: true}},
				Page:  query.Page{Limit: 50},
			}}
			for b.Loop() {
				_, err := db.Tasks().List(context.Background(), q)
				must(b, err)
			}
		})
	}
}

// BenchmarkTouch changes one row durably, alone and from eight sides.
func BenchmarkTouch(b *testing.B) {
	for _, e := range engines(b) {
		b.Run(e.name+"/alone", func(b *testing.B) {
			db := e.open(b)
			x := aTask("x")
			addTasks(b, db, x)
			for b.Loop() {
				must(b, db.Tasks().Touch(context.Background(), x.ID, "u1", at(1)))
			}
		})
		b.Run(e.name+"/eight at once", func(b *testing.B) {
			db := e.open(b)
			x := aTask("x")
			addTasks(b, db, x)
			b.SetParallelism(4)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := db.Tasks().Touch(context.Background(), x.ID, "u1", at(1)); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
