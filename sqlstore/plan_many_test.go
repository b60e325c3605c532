package sqlstore_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/task"
)

// manyTasks are 6,000, one an hour, twelve of a name: every other one has a tag and two parameters,
// every fourth another tag, every third a metric and an iteration, every fifth
// the time that it took. They are completed and failed in turn, a third of them,
// no two next to each other, lie in a project p, and a twelfth, without a metric, in q.
func manyTasks(t *testing.T, db *sqlstore.DB) {
	t.Helper()
	ctx := context.Background()
	for _, text := range []string{
		`INSERT INTO task (id, name, name_fold, type, comment, comment_fold, status, status_reason, status_message, status_changed, created,
			last_update, active_duration, last_change, last_worker, enqueued_from, script_repository, script_branch, output, execution)
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
		SELECT 'id' || i, 'name ' || (100 + i % 500), 'NAME ' || (100 + i % 500), 'training', '', '', CASE WHEN i % 2 = 0 THEN 'completed' ELSE 'failed' END, '', '', 0, i * CAST(3600000 AS BIGINT), i * CAST(3600000 AS BIGINT), CASE WHEN i % 5 = 0 THEN i END, 0, '', '', '', '', '{}', '{}' FROM n`,
		`INSERT INTO task_tag (task_id, system, tag, tag_fold, day)
		SELECT id, 0, 'half', 'HALF', last_update / 86400000 FROM task WHERE last_update / 3600000 % 2 = 0`,
		`INSERT INTO task_tag (task_id, system, tag, tag_fold, day)
		SELECT id, 0, 'quarter', 'QUARTER', last_update / 86400000 FROM task WHERE last_update / 3600000 % 4 = 0`,
		`INSERT INTO task_param (task_id, section, name, value, number, type, description)
		SELECT id, 'Args', 'lr', '0.' || (last_update / 3600000 % 7), last_update / 3600000 % 7 / 10.0, '', '' FROM task WHERE last_update / 3600000 % 2 = 0`,
		`INSERT INTO task_param (task_id, section, name, value, head, sort_key, type, description, day)
		SELECT id, 'Args', 'optimizer', 'Adam', 'Adam', 'ADAM', '', '', last_update / 86400000 FROM task WHERE last_update / 3600000 % 2 = 0`,
		`INSERT INTO event_progress (target, last_iteration) SELECT id, last_update / 3600000 FROM task WHERE last_update / 3600000 % 3 = 0 ORDER BY last_update`,
		`INSERT INTO event_series (owner, metric, variant, place, label, levels, name_key, last_value, min_value, min_iter, max_value, max_iter,
			first_value, first_iter, count, mean_value)
		SELECT id, 'a', 'b', 0, '', 1, 'a.b', id, id, 0, id, 0, id, 0, 1, id FROM event_progress ORDER BY last_iteration`,
	} {
		must(t, db.Exec(ctx, text))
	}
	p, q := aProject("p"), aProject("q")
	p.ID, q.ID = "p", "q"
	addProjects(t, db, p, q)
	must(t, db.Exec(ctx, `UPDATE task SET project_id = 'p' WHERE last_update / 3600000 % 3 = 0`))
	must(t, db.Exec(ctx, `UPDATE task SET project_id = 'q' WHERE last_update / 3600000 % 12 = 1`))
	if sqlstore.Engine(db) == "postgres" {
		must(t, db.Exec(ctx, `ANALYZE`))
	}
	sqlstore.LetDrive(db, 1000)
}

func TestWhatManyRowsHaveIsFoundInItsOrder(t *testing.T) {
	latest := []query.Order{{Field: "last_update", Desc: true}}
	since := func(hour int) query.Filter {
		return query.Compare{Field: "last_update", Op: query.GreaterEqual, Value: time.UnixMilli(int64(hour) * 3_600_000)}
	}
	made := func(from, before int) query.Filter {
		at := func(hour int) time.Time { return time.UnixMilli(int64(hour) * 3_600_000) }
		return query.And{query.Compare{Field: "created", Op: query.GreaterEqual, Value: at(from)}, query.Compare{Field: "created", Op: query.Less, Value: at(before)}}
	}
	ids := func(from, before int) (out []string) {
		for i := from; i < before; i++ {
			out = append(out, fmt.Sprint("id", i))
		}
		return out
	}
	in := query.In{Field: "project", Values: []string{"p"}}
	tagged := func(tags ...string) query.Filter { return query.HasAll{Field: "tags", Values: tags} }
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		manyTasks(t, db)
		both := "d1.id = d0.id" // PostgreSQL merges a join
		if sqlstore.Engine(db) == "sqlite" {
			both = "INTERSECT"
		}
		for name, c := range map[string]struct {
			filter    query.Filter
			order     []query.Order
			statement string // what is in the text of the one that is meant
			step      string // or one of several, of which the engine finds the best by itself
			first     string // id of the first task
		}{
			"a tag, the newest first":    {tagged("half"), latest, "ORDER BY d.day DESC", "task_tag_by_tag", "id6000"},
			"the rarer of two tags":      {tagged("half", "quarter"), latest, "ORDER BY d.day DESC", "task_tag_by_tag", "id6000"},
			"what has two tags alike":    {tagged("half", "quarter"), latest, both, "MERGE (INTERSECT)|task_tag_by_tag", "id6000"},
			"of a status, with the two":  {query.And{tagged("half", "quarter"), query.In{Field: "status", Values: []string{"completed"}}}, latest, both, "MERGE (INTERSECT)|task_tag_by_tag", "id6000"},
			"what is left of a day":      {tagged("half"), latest, "UNION ALL SELECT v.task_id", "task_tag_by_tag", "id6000"},
			"by parameter":               {nil, []query.Order{{Field: "hyperparams.Args.lr.value"}}, "ORDER BY v.number ASC", "task_param_by_number", "id1008"},
			"by parameter, downwards":    {nil, []query.Order{{Field: "hyperparams.Args.lr.value", Desc: true}}, "ORDER BY v.number DESC", "task_param_by_number", "id986"},
			"by parameter, of a status":  {query.In{Field: "status", Values: []string{"completed"}}, []query.Order{{Field: "hyperparams.Args.lr.value"}}, "ORDER BY v.number ASC", "task_param_by_number", "id1008"},
			"by a metric, downwards":     {nil, []query.Order{{Field: "last_metrics.a.b.value", Desc: true}}, "ORDER BY s.last_value DESC", "event_series_by_last", "id6000"},
			"by duration":                {nil, []query.Order{{Field: "active_duration"}}, "ORDER BY task.active_duration ASC", "task_by_duration", "id5"},
			"by duration, downwards":     {nil, []query.Order{{Field: "active_duration", Desc: true}}, "ORDER BY task.active_duration DESC", "task_by_duration", "id6000"},
			"by iteration, downwards":    {nil, []query.Order{{Field: "last_iteration", Desc: true}}, "ORDER BY p.last_iteration DESC", "event_progress_by_iteration", "id6000"},
			"by status, the newest":      {nil, []query.Order{{Field: "status"}, latest[0]}, "ORDER BY task.last_update DESC", "task_by_", "id6000"},
			"by status, downwards":       {nil, []query.Order{{Field: "status", Desc: true}, latest[0]}, "ORDER BY task.last_update DESC", "task_by_", "id5999"},
			"of long after, by name":     {since(3000), []query.Order{{Field: "name"}}, "<= ?", "task_by_name", "id3000"},
			"of late, by name":           {since(5801), []query.Order{{Field: "name"}}, "(task.last_update >= ?) ORDER BY", "task_by_", "id6000"},
			"of a status, some days old": {query.And{query.In{Field: "status", Values: []string{"failed"}}, made(101, 200)}, latest, "/ 86400000", "task_by_creation_day", "id199"},
			"some days old":              {made(101, 200), latest, "/ 86400000 = ?", "task_by_creation_day", "id199"},
			"ids of some days":           {query.And{query.In{Field: "id", Values: ids(101, 200)}, made(1, 5000)}, latest, "last_update", "(id=?)|task_pkey", "id199"},
			"a tag in a project":         {query.And{in, tagged("half")}, latest, "v.project_id = ?", "task_tag_in_project", "id6000"},
			"a tag of those in projects": {query.And{query.In{Field: "project", Values: []string{"p", "q"}}, tagged("half")}, latest, "ORDER BY d.day DESC", "task_tag_by_tag", "id6000"},
			"a parameter in a project":   {query.And{in, query.In{Field: "hyperparams.Args.optimizer.value", Values: []string{"Adam"}}}, latest, "v.project_id = ?", "task_param_by_value", "id6000"},
			"by parameter in a project":  {in, []query.Order{{Field: "hyperparams.Args.lr.value"}}, "v.project_id = ?", "task_param_in_project_by_number", "id1008"},
			"by a metric in a project":   {in, []query.Order{{Field: "last_metrics.a.b.value", Desc: true}}, "s.project_id = ?", "event_series_in_project", "id6000"},
			"by a metric of others":      {query.In{Field: "project", Values: []string{"q"}}, []query.Order{{Field: "last_metrics.a.b.value", Desc: true}}, "NOT EXISTS", "task_by_project|task_in_project|task_pkey", "id997"},
			"by a metric, of a few":      {query.In{Field: "name", Values: []string{"name 103", "name 106", "name 109", "name 112", "name 115", "name 118"}}, []query.Order{{Field: "last_metrics.a.b.value", Desc: true}}, "ORDER BY (SELECT max(v.last_value)", "event_series_by_key", "id4518"},
			"by name in a project":       {in, []query.Order{{Field: "name"}}, "(task.project_id = ?) ORDER BY", "task_in_project_by_name", "id1500"},
			"by iteration in a project":  {in, []query.Order{{Field: "last_iteration", Desc: true}}, "p.project_id = ?", "event_progress_in_project|event_progress_by_iteration", "id6000"},
			"of a type, late, by name":   {query.And{query.In{Field: "type", Values: []string{"training"}}, since(5801)}, []query.Order{{Field: "name"}}, "(task.last_update >= ?)", "task_by_", "id6000"},
			"texts of a parameter first": {nil, []query.Order{{Field: "hyperparams.Args.lr.value", Desc: true}}, "ORDER BY v.sort_key DESC", "task_param_by_text", "id986"},
		} {
			t.Run(name, func(t *testing.T) {
				q := task.Query{Request: query.Request{Filter: c.filter, Order: c.order, Page: query.Page{Limit: 50}}}
				got, r := listTasks(t, db, q)
				if len(got) != 50 || string(got[0].ID) != c.first {
					t.Errorf("%d tasks, the first %s; expected 50 and %s", len(got), got[0].ID, c.first)
				}
				wantStepIn(t, db, r, c.statement, c.step)
			})
		}
	})
}

// What few tasks have picks them, however short the page is: PostgreSQL would walk
// the tasks for one, as if those lay anywhere.
func TestAFewByAMetricAreNotWalkedTo(t *testing.T) {
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		manyTasks(t, db)
		got, r := listTasks(t, db, task.Query{Request: query.Request{
			Filter: query.Compare{Field: "last_metrics.a.b.value", Op: query.Less, Value: 41.0},
			Order:  []query.Order{{Field: "last_update", Desc: true}}, Page: query.Page{Limit: 1},
		}})
		if len(got) != 1 || got[0].ID != "id120" {
			t.Errorf("%v, expected id120", got)
		}
		wantStepIn(t, db, r, "IN (SELECT v.target", "event_series_by_last")
	})
}

// What lies below a project is looked up, level by level: PostgreSQL would read all
// projects for each.
func TestProjectsBelowAreLookedUp(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		var top project.Project
		for i := range 40 {
			top = aProject(fmt.Sprint("top ", i))
			addProjects(t, db, top)
			for j := range 5 {
				addProjects(t, db, child(top, fmt.Sprint("below ", j)))
			}
		}
		if sqlstore.Engine(db) == "postgres" {
			must(t, db.Exec(ctx, `ANALYZE`))
		}
		r, stop := sqlstore.Record(db)
		got, err := db.Projects().List(ctx, project.Query{Parents: []project.ID{top.ID}})
		stop()
		must(t, err)
		if len(got) != 5 {
			t.Errorf("%d projects, expected 5", len(got))
		}
		statements := 0
		for _, s := range r.Statements() {
			if !strings.Contains(s.Text, "RECURSIVE") {
				continue
			}
			statements++
			plan, err := db.Plan(ctx, s)
			must(t, err)
			if strings.Contains(plan, "Hash") || !strings.Contains(plan, "project_by_parent") {
				t.Errorf("%s\nruns\n%s", s.Text, plan)
			}
		}
		if statements == 0 {
			t.Error("no statement went down the tree")
		}
	})
}

// listTasks lists tasks, and the statements that it took.
func listTasks(t *testing.T, db *sqlstore.DB, q task.Query) ([]task.Task, *sqlstore.Recorder) {
	t.Helper()
	r, stop := sqlstore.Record(db)
	defer stop()
	got, err := db.Tasks().List(context.Background(), q)
	must(t, err)
	return got, r
}

// wantStepIn wants one of the steps, with "|" between them, in the plan of the first
// of the recorded statements that has a text.
func wantStepIn(t *testing.T, db *sqlstore.DB, r *sqlstore.Recorder, statement, steps string) {
	t.Helper()
	for _, s := range r.Statements() {
		if !strings.Contains(s.Text, statement) {
			continue
		}
		plan, err := db.Plan(context.Background(), s)
		must(t, err)
		if !slices.ContainsFunc(strings.Split(steps, "|"), func(step string) bool { return strings.Contains(plan, step) }) {
			t.Errorf("%s\nexpected %s in\n%s", s.Text, steps, plan)
		}
		return
	}
	t.Errorf("there was no statement with %s", statement)
}

// A tag that many have is found by itself in a project, however few tasks lie there.
func TestATagInASmallProject(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		manyTasks(t, db)
		sqlstore.LetDrive(db, 2500) // of the 500 in q, all could be looked at
		must(t, db.Exec(ctx, `INSERT INTO task_tag (task_id, system, tag, tag_fold, day, project_id)
			SELECT id, 0, 'odd', 'ODD', last_update / 86400000, project_id FROM task WHERE last_update / 3600000 % 2 = 1`))
		q := task.Query{Request: query.Request{
			Filter: query.And{query.In{Field: "project", Values: []string{"q"}}, query.HasAll{Field: "tags", Values: []string{"odd"}}},
			Order:  []query.Order{{Field: "last_update", Desc: true}}, Page: query.Page{Limit: 50},
		}}
		got, r := listTasks(t, db, q)
		if len(got) != 50 || got[0].ID != "id5989" || got[49].ID != "id5401" {
			t.Errorf("%d tasks, from %s on; expected 50 from id5989 on", len(got), got[0].ID)
		}
		wantStepIn(t, db, r, "v.project_id = ?", "task_tag_in_project")
	})
}

// The last iterations of a page are read from an index alone on SQLite, which reads
// each page of the table from the system again.
func TestLastIterationsComeFromAnIndex(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		manyTasks(t, db)
		late := event.Target{Kind: event.Task, ID: "id6000"}
		r, stop := sqlstore.Record(db)
		got, err := db.Events().Progress(ctx, []event.Target{late, {Kind: event.Task, ID: "absent"}}, 0, event.MaxSummaries)
		stop()
		must(t, err)
		if p := got[late]; p.LastIteration != 6000 || p.Series != nil || p.Latest != nil || len(got) != 1 || len(r.Statements()) != 1 {
			t.Errorf("progress %+v by %d statements, expected the last iteration of %s alone by one", got, len(r.Statements()), late.ID)
		}
		wantStepIn(t, db, r, "last_iteration FROM event_progress", inPlan(db, "COVERING INDEX event_progress_of_target"))
	})
}

// So are names, where tasks or projects are asked for nothing else.
func TestHeadingsComeFromAnIndex(t *testing.T) {
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		manyTasks(t, db)
		got, r := listTasks(t, db, task.Query{Request: query.Request{
			Filter: query.In{Field: "id", Values: []string{"id17", "absent", "id16"}}, Order: []query.Order{{Field: "id"}},
		}, Parts: task.Heading})
		if want := (task.Task{ID: "id17", Name: "name 117"}); len(got) != 2 || got[0].ID != "id16" || !reflect.DeepEqual(got[1], want) {
			t.Errorf("%+v, expected id16 and %+v", got, want)
		}
		wantStepIn(t, db, r, "SELECT id, name FROM task", inPlan(db, "COVERING INDEX task_heading"))

		r, stop := sqlstore.Record(db)
		projects, err := db.Projects().List(context.Background(), project.Query{Request: query.Request{
			Filter: query.In{Field: "id", Values: []string{"q", "absent", "p"}}, Order: []query.Order{{Field: "id"}},
		}, IncludeHidden: true, Heading: true})
		stop()
		must(t, err)
		if want := []project.Project{{ID: "p", Name: "p"}, {ID: "q", Name: "q"}}; !reflect.DeepEqual(projects, want) {
			t.Errorf("%+v, expected %+v", projects, want)
		}
		wantStepIn(t, db, r, "SELECT id, name FROM project", inPlan(db, "COVERING INDEX project_heading"))
	})
}

// The rows of a list are read by their numbers on SQLite. A number may have been
// given to another task since the list was made: what is read is what was listed.
func TestRowsAreReadByNumber(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		manyTasks(t, db)
		for field, third := range map[string]task.ID{"last_update": "id5998", "last_iteration": "id5994", "active_duration": "id5990"} {
			got, r := listTasks(t, db, task.Query{Request: query.Request{
				Order: []query.Order{{Field: field, Desc: true}}, Page: query.Page{Limit: 3},
			}, Parts: task.Row})
			if len(got) != 3 || got[0].ID != "id6000" || got[2].ID != third {
				t.Errorf("%d tasks by %s, the first %s; expected three from id6000 to %s", len(got), field, got[0].ID, third)
			}
			wantStepIn(t, db, r, "task.status_reason", inPlan(db, "INTEGER PRIMARY KEY (rowid=?)"))
		}
		if sqlstore.Engine(db) == "postgres" {
			return
		}
		ids := []string{"id30", "gone", "id20", "id10"}
		for _, rows := range [][]int64{{30, 40, 20, 10}, {1, 2, 3, 4}, {30, 0, 20, 10}, {-1, -2, -3, -4}, nil} {
			got, err := sqlstore.ReadTasks(ctx, db, ids, rows)
			must(t, err)
			if len(got) != 3 || got[0].ID != "id30" || got[1].ID != "id20" || got[2].ID != "id10" {
				t.Errorf("by the numbers %v: %d tasks, expected id30, id20 and id10", rows, len(got))
			}
		}
	})
}

// Where a walk along the names ends is remembered, and names that came before
// that end since are listed all the same.
func TestNamesBeforeTheEndOfAWalk(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		manyTasks(t, db)
		q := task.Query{Request: query.Request{
			Filter: query.Compare{Field: "last_update", Op: query.GreaterEqual, Value: time.UnixMilli(3000 * 3_600_000)},
			Order:  []query.Order{{Field: "name"}}, Page: query.Page{Limit: 50},
		}}
		wantFirst := func(id string, statements int) {
			t.Helper()
			r, stop := sqlstore.Record(db)
			got, err := db.Tasks().List(ctx, q)
			stop()
			must(t, err)
			if len(got) != 50 || string(got[0].ID) != id {
				t.Errorf("%d tasks, the first %s; expected 50 and %s", len(got), got[0].ID, id)
			}
			if n := len(r.Statements()); n != statements {
				t.Errorf("%d statements, expected %d", n, statements)
			}
		}
		q.Parts = task.Row
		wantFirst("id3000", 4) // whether the range is long, the end, the walk, the rows
		wantFirst("id3000", 3)
		must(t, db.Exec(ctx, `UPDATE task SET name = 'a' || name WHERE id IN (SELECT id FROM task WHERE last_update >= CAST(5000 AS BIGINT) * 3600000)`))
		wantFirst("id5000", 3)
	})
}

// What a list shows of tags is what it searches them by, and is read with the rows.
func TestTagsAreShownByTheirTasks(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		x := aTask("x")
		addTasks(t, db, x)
		for _, tags := range [][2][]string{{{"b", "a", "b"}, {task.Hidden}}, {{"a"}, {task.Hidden, task.Archived}}, {{"a"}, nil}, {nil, {"s"}}, {}} {
			x.Tags, x.SystemTags = tags[0], tags[1]
			must(t, db.Tasks().Save(ctx, x, task.Tags))
			got, r := listTasks(t, db, task.Query{IncludeHidden: true, Parts: task.Row | task.Tags})
			for system, shown := range [][]string{got[0].Tags, got[0].SystemTags} {
				want, err := db.Texts(ctx, `SELECT tag FROM task_tag WHERE task_id = ? AND system = ? ORDER BY tag`, x.ID, system)
				must(t, err)
				if !slices.Equal(shown, want) || len(want) != len(slices.Compact(slices.Sorted(slices.Values(tags[system])))) {
					t.Errorf("of %q it shows %q, and the table has %q", tags[system], shown, want)
				}
			}
			if n := len(r.Statements()); n != 2 {
				t.Errorf("%d statements, expected that of the ids and that of the rows", n)
			}
		}
	})
}

func TestDaysOfTagsFollowTheirTasks(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		x := aTask("x")
		x.Tags, x.SystemTags = []string{"a"}, []string{task.Hidden}
		addTasks(t, db, x)
		days := func() []string {
			t.Helper()
			out, err := db.Texts(ctx, `SELECT t.tag || ' ' || (t.day - k.last_update / 86400000) || ' ' || k.hidden FROM task_tag t JOIN task k ON k.id = t.task_id ORDER BY t.tag`)
			must(t, err)
			return out
		}
		want := func(texts ...string) {
			t.Helper()
			if got := strings.Join(days(), ", "); got != strings.Join(texts, ", ") {
				t.Errorf("tags, days behind and hidden are %s, expected %s", got, strings.Join(texts, ", "))
			}
		}
		want("a 0 1", "hidden 0 1")
		must(t, db.Tasks().Touch(ctx, x.ID, "u1", at(90_000)))
		want("a 0 1", "hidden 0 1")
		x.Tags, x.SystemTags, x.LastUpdate = []string{"a", "b"}, nil, at(200_000)
		must(t, db.Tasks().Save(ctx, x, task.All))
		want("a 0 0", "b 0 0")
	})
}

// The days in which lists look for values are those of their rows, whoever
// writes last.
func TestDaysOfValuesFollowTheirRows(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		want := func(text, table string) {
			t.Helper()
			behind, err := db.Texts(ctx, `SELECT v.value || ' ' || (v.day - k.last_update / 86400000) FROM `+table+` ORDER BY v.value`)
			must(t, err)
			if got := strings.Join(behind, ", "); got != text {
				t.Errorf("values and the days they are behind are %s, expected %s", got, text)
			}
		}
		const params = "task_param v JOIN task k ON k.id = v.task_id"
		x := aTask("x")
		x.Hyperparams = task.Params{"Args": {"lr": {Value: "0.1"}}}
		addTasks(t, db, x)
		want("0.1 0", params)
		must(t, db.Tasks().Touch(ctx, x.ID, "u1", at(90_000)))
		want("0.1 0", params)
		x.Hyperparams["Args"]["epochs"], x.LastUpdate = task.Param{Value: "3"}, at(200_000)
		must(t, db.Tasks().Save(ctx, x, task.All))
		want("0.1 0, 3 0", params)

		const items = "model_metadata v JOIN model k ON k.id = v.model_id"
		m := aModel("m")
		m.Metadata = model.Metadata{"stage": {Key: "stage", Value: "draft"}}
		addModels(t, db, m)
		want("draft 0", items)
		m.LastUpdate = at(90_000)
		must(t, db.Models().Save(ctx, m, model.All))
		want("draft 0", items)
	})
}

// So do the projects, in which lists look for them, too.
func TestProjectsOfValuesFollowTheirTasks(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		p, q := aProject("p"), aProject("q")
		addProjects(t, db, p, q)
		x := aTask("x")
		x.Project, x.Tags = p.ID, []string{"a"}
		x.Hyperparams = task.Params{"Args": {"lr": {Value: "0.1"}}}
		addTasks(t, db, x)
		report := func(variant string) {
			t.Helper()
			s := scalar(variant, 3, 0.5)
			s.Target.ID = string(x.ID)
			addScalars(t, db, s)
		}
		report("train")
		want := func(home project.ID, rows int) {
			t.Helper()
			got, err := db.Texts(ctx, `SELECT coalesce(v.project_id, 'none') FROM (SELECT project_id FROM task_tag UNION ALL SELECT project_id FROM task_param
				UNION ALL SELECT project_id FROM event_progress UNION ALL SELECT project_id FROM event_series) v`)
			must(t, err)
			if len(got) != rows || slices.ContainsFunc(got, func(p string) bool { return p != string(home) }) {
				t.Errorf("the projects of %d rows are %s, expected %d of %s", len(got), got, rows, home)
			}
		}
		want(p.ID, 4)
		x.Project = q.ID
		must(t, db.Tasks().Save(ctx, x, task.All))
		want(q.ID, 4)
		x.Tags = []string{"a", "b"}
		x.Hyperparams["Args"]["epochs"] = task.Param{Value: "3"}
		must(t, db.Tasks().Save(ctx, x, task.All))
		report("test")
		want(q.ID, 7)
		_, err := db.Tasks().Refile(ctx, q.ID, "", "u1", at(2))
		must(t, err)
		want("none", 7)
	})
}

// What models report stands where that of tasks does, but without a project.
func TestManyModelsOfAProjectByAMetric(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		p := aProject("p")
		addProjects(t, db, p)
		var want []string
		for i := range 60 {
			m := aModel(fmt.Sprint("m", i))
			m.Project = p.ID
			addModels(t, db, m)
			if i%2 == 0 {
				want = append(want, m.Name)
				must(t, db.Exec(ctx, `INSERT INTO event_progress (target, last_iteration) VALUES (?, 1)`, m.ID))
				must(t, db.Exec(ctx, `INSERT INTO event_series (owner, metric, variant, place, label, levels, name_key, last_value, min_value, min_iter, max_value,
					max_iter, first_value, first_iter, count, mean_value) SELECT id, 'a', 'b', 0, '', 1, 'a.b', ?, 0, 0, 0, 0, 0, 0, 1, 0 FROM event_progress WHERE target = ?`, float64(i), m.ID))
			}
		}
		sqlstore.LetDrive(db, 20)
		slices.Reverse(want)
		got, err := db.Models().List(ctx, model.Query{Request: query.Request{
			Filter: query.In{Field: "project", Values: []string{string(p.ID)}},
			Order:  []query.Order{{Field: "last_metrics.a.b.value", Desc: true}}, Page: query.Page{Limit: len(want)},
		}})
		must(t, err)
		names := make([]string, len(got))
		for i, m := range got {
			names[i] = m.Name
		}
		if !slices.Equal(names, want) {
			t.Errorf("listed %v\nexpected %v", names, want)
		}
	})
}
