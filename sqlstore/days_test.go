package sqlstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/task"
)

// The newest of a range of time are found day by day. Where the id is a second key
// of the order, they are not: both must list the same.
func TestTheNewestOfDaysAreThoseOfTheWholeRange(t *testing.T) {
	ctx := context.Background()
	const tasks, lists, hour = 700, 120, int64(60 * 60 * 1000)
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		r := rand.New(rand.NewPCG(seed, 11))
		p, q := aProject("p"), aProject("q")
		addProjects(t, db, p, q)
		for i := range tasks {
			x := fullTask(p.ID, "")
			x.Name = fmt.Sprint("task ", i)
			if r.IntN(20) == 0 {
				x.Project = q.ID
			}
			at := func(hours int) time.Time { return time.UnixMilli(int64(hours)*hour + r.Int64N(3)).UTC() }
			made := r.IntN(24 * 40)
			if i%2 == 0 { // half of them on two days
				made = 24*20 + r.IntN(48)
			}
			x.Created, x.StatusChanged = at(made), at(made+r.IntN(100))
			x.LastUpdate = at(made + r.IntN(20))
			if r.IntN(10) == 0 { // touched long after, some at the same time
				x.LastUpdate = at(24 * (40 + r.IntN(3)))
			}
			if x.Started = (time.Time{}); r.IntN(5) > 0 {
				x.Started = at(made + r.IntN(30))
			}
			if r.IntN(8) == 0 {
				x.Status = task.Failed
			}
			addTasks(t, db, x)
		}
		sqlstore.LetDrive(db, 100)
		list := func(filter query.Filter, page query.Page, bookmark *query.Bookmark, keys ...query.Order) []string {
			t.Helper()
			got, err := db.Tasks().List(ctx, task.Query{Request: query.Request{Filter: filter, Order: keys, Page: page, Bookmark: bookmark}})
			must(t, err)
			ids := make([]string, len(got))
			for i, x := range got {
				ids[i] = string(x.ID)
			}
			return ids
		}
		latest, byID := query.Order{Field: "last_update", Desc: true}, query.Order{Field: "id", Desc: true}
		daily := 0
		for range lists {
			field := []string{"created", "started", "status_changed"}[r.IntN(3)]
			at := func(day float64) time.Time { return time.UnixMilli(int64(day * 24 * float64(hour))).UTC() }
			from := r.Float64() * 45
			filter := query.And{query.Compare{Field: field, Op: query.GreaterEqual, Value: at(from)}}
			if r.IntN(3) > 0 {
				filter = append(filter, query.Compare{Field: field, Op: query.Less, Value: at(from + r.Float64()*10)})
			}
			switch r.IntN(7) {
			case 0:
				filter = append(filter, query.In{Field: "status", Values: []string{string(task.Failed)}})
			case 1:
				filter = append(filter, query.In{Field: "project", Values: []string{string(p.ID)}})
			case 2:
				filter = append(filter, query.In{Field: "project", Values: []string{string(q.ID)}})
			case 3:
				filter = append(filter, query.Match{Field: "name", Pattern: pattern(t, fmt.Sprint(r.IntN(10)), false)})
			case 4:
				filter = append(filter, query.In{Field: "tags", Values: []string{"a"}})
			case 5:
				filter = append(filter, query.Compare{Field: "created", Op: query.Less, Value: at(r.Float64() * 40)})
			}
			page := query.Page{Limit: 1 + r.IntN(60), Offset: max(0, r.IntN(80)-50)}
			record, stop := sqlstore.Record(db)
			got := list(filter, page, nil, latest)
			stop()
			if slices.ContainsFunc(record.Statements(), func(s sqlstore.Statement) bool { return strings.Contains(s.Text, " / 86400000 ") }) {
				daily++
			}
			if want := list(filter, page, nil, latest, byID); !slices.Equal(got, want) {
				t.Errorf("%+v from %d on: %d tasks, expected %d:\n%v\n%v", filter, page.Offset, len(got), len(want), got, want)
			}
			var pages []string
			mark := &query.Bookmark{}
			for {
				next := list(filter, query.Page{Limit: page.Limit}, mark, latest)
				if pages = append(pages, next...); len(next) < page.Limit {
					break
				}
			}
			if want := list(filter, query.Page{}, nil, latest, byID); !slices.Equal(pages, want) {
				t.Errorf("%+v, page by page: %d tasks, expected %d:\n%v\n%v", filter, len(pages), len(want), pages, want)
			}
		}
		if daily < lists/3 {
			t.Errorf("%d of %d lists were read day by day", daily, lists)
		}
	})
}
