package sqlstore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/task"
)

// perProject is how many tasks share a project in the benchmarks of lists.
const perProject = 500

// seed fills a database with tasks as people have them: many runs of few
// programs, each with parameters, every other one with metrics.
func seed(b *testing.B, db *sqlstore.DB, tasks int) (projects []project.ID) {
	b.Helper()
	ctx := context.Background()
	for i := range (tasks + perProject - 1) / perProject {
		p := aProject(fmt.Sprintf("project %04d", i))
		addProjects(b, db, p)
		projects = append(projects, p.ID)
	}
	models := []string{"resnet", "yolo", "bert", "unet", "gpt"}
	for from := 0; from < tasks; from += 1000 {
		must(b, db.Tx(ctx, func(ctx context.Context) error {
			for i := from; i < min(from+1000, tasks); i++ {
				x := aTask(fmt.Sprintf("train %s %06d", models[i%len(models)], i/2))
				x.Project, x.LastUpdate, x.Created = projects[i*7919%len(projects)], at(i), at(i)
				x.Status = []task.Status{task.Created, task.InProgress, task.Completed, task.Completed, task.Failed}[i%5]
				x.Script.Repository, x.Script.EntryPoint = "git@github.com:someone/vision.git", "train.py"
				x.Tags = []string{fmt.Sprint("tag ", i%1000)}
				if i%50 == 0 {
					x.SystemTags = []string{task.Archived}
					x.Comment = fmt.Sprint("looks good so far, run ", i)
				}
				x.Hyperparams = task.Params{"Args": {
					"lr":    {Value: fmt.Sprint(float64(i%997) / 1000)},
					"opt":   {Value: fmt.Sprint("Adam ", i%10)},
					"batch": {Value: fmt.Sprint(1 << (i % 9))},
				}}
				if err := db.Tasks().Insert(ctx, x); err != nil {
					return err
				}
				if i%2 == 0 {
					for _, metric := range []string{"loss", "accuracy"} {
						v := float64(i % 9973)
						e := event.Event{Type: event.Scalar, Target: event.Target{Kind: event.Task, ID: string(x.ID)}, Metric: metric, Variant: "val", Value: &v}
						if _, err := db.Events().AddScalars(ctx, []*event.Event{&e}, event.MaxSeries); err != nil {
							return err
						}
					}
				}
			}
			return nil
		}))
	}
	return projects
}

// BenchmarkLists loads pages of fifty by what people ask for, among few tasks
// and among many.
func BenchmarkLists(b *testing.B) {
	const loss = "last_metrics.81513effdf5790b79549208838404407.3a6d0284e743dc4a9b86f97d6dd1a3bf.value"
	latest := []query.Order{{Field: "last_update", Desc: true}}
	by := func(field string) []query.Order { return []query.Order{{Field: field, Desc: true}} }
	is := func(field string, values ...string) query.Filter { return query.In{Field: field, Values: values} }
	holds := func(field, text string) query.Filter {
		return query.Match{Field: field, Pattern: pattern(b, text, true)}
	}
	for _, n := range []int{10_000, 100_000} {
		for _, e := range engines(b) {
			b.Run(fmt.Sprintf("%s/of %d", e.name, n), func(b *testing.B) {
				db := e.open(b)
				begun := time.Now()
				projects := seed(b, db, n)
				b.Logf("seeded in %v", time.Since(begun).Round(time.Second))
				if e.name == "postgres" {
					must(b, db.Exec(context.Background(), `ANALYZE`))
				}
				in := is("project", string(projects[3]))
				live := query.Not{Part: is("system_tags", task.Archived)}
				search, err := query.ParseSearch("000042")
				must(b, err)
				common, err := query.ParseSearch("resnet vision")
				must(b, err)
				for _, c := range []struct {
					name    string
					request query.Request
				}{
					{"latest", query.Request{Order: latest}},
					{"latest alive", query.Request{Filter: live, Order: latest}},
					{"project, latest", query.Request{Filter: query.And{in, live}, Order: latest}},
					{"project and status", query.Request{Filter: query.And{in, is("status", "completed", "failed")}, Order: latest}},
					{"status, latest", query.Request{Filter: is("status", "failed"), Order: latest}},
					{"a tag", query.Request{Filter: is("tags", "tag 7"), Order: latest}},
					{"exact name", query.Request{Filter: query.Match{Field: "name", Pattern: pattern(b, `^train resnet 000045$`, false)}}},
					{"rare substring", query.Request{Filter: holds("name", "T 00004"), Order: latest}},
					{"common substring", query.Request{Filter: holds("name", "RESNET"), Order: latest}},
					{"absent substring", query.Request{Filter: holds("name", "resnet 9999999"), Order: latest}},
					{"substring in a project", query.Request{Filter: query.And{in, holds("name", "yolo")}, Order: latest}},
					{"substring in name, id or comment", query.Request{Filter: query.Or{holds("name", "run 500"), holds("id", "run 500"), holds("comment", "run 500")}, Order: latest}},
					{"expression in a project", query.Request{Filter: query.And{in, holds("name", "yolo|bert")}, Order: latest}},
					{"parameter", query.Request{Filter: is("hyperparams.Args.lr.value", "0.042"), Order: latest}},
					{"by parameter in a project", query.Request{Filter: in, Order: by("hyperparams.Args.lr.value")}},
					{"by metric in a project", query.Request{Filter: in, Order: by(loss)}},
					{"by parameter", query.Request{Order: by("hyperparams.Args.lr.value")}},
					{"by metric", query.Request{Order: by(loss)}},
					{"metric in a range", query.Request{Filter: query.Compare{Field: loss, Op: query.GreaterEqual, Value: 9900.0}, Order: latest}},
					{"rare word", query.Request{Search: search, Order: []query.Order{{Field: query.Score}}}},
					{"common words, latest", query.Request{Search: common, Order: latest}},
					{"common words, best first", query.Request{Search: common, Order: []query.Order{{Field: query.Score}}}},
				} {
					b.Run(c.name, func(b *testing.B) {
						q := task.Query{Request: c.request, Parts: task.Row | task.Tags}
						q.Page.Limit = 50
						for b.Loop() {
							_, err := db.Tasks().List(context.Background(), q)
							must(b, err)
						}
					})
				}
			})
		}
	}
}

// BenchmarkTaskInsert adds tasks, a hundred to a transaction, with names that
// are known already and with new ones: the difference is what substrings cost.
func BenchmarkTaskInsert(b *testing.B) {
	for _, e := range engines(b) {
		for _, fresh := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/new name %v", e.name, fresh), func(b *testing.B) {
				db := e.open(b)
				n := 0
				for b.Loop() {
					must(b, db.Tx(context.Background(), func(ctx context.Context) error {
						for range 100 {
							n++
							x := aTask("train resnet on imagenet")
							if fresh {
								x.Name = fmt.Sprintf("train resnet %06d", n)
							}
							if err := db.Tasks().Insert(ctx, x); err != nil {
								return err
							}
						}
						return nil
					}))
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n), "µs/task")
			})
		}
	}
}
