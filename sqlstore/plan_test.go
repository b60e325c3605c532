package sqlstore_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// A scan reads every row of something. Small things made for one statement
// may be read whole: the arguments as rows, a page of ids, types.
var (
	scan    = regexp.MustCompile(`(?m)^SCAN (\S+)(.*)$`)
	scanned = regexp.MustCompile(`^SCAN (json_each|w VIRTUAL|below|known|kinds|chapter|t|CONSTANT|\(subquery|few|\d+)`)
	// PostgreSQL avoids it here at any price, so this is what no index serves.
	scanPostgres = regexp.MustCompile(`Seq Scan on .*`)
	// comments are looked through: few rows have one.
	comments = regexp.MustCompile(`(task|model)_comment`)
	index    = regexp.MustCompile(`\w+_by_\w+`)
)

// inPlan is a step of SQLite in the plan of the engine: that of PostgreSQL holds
// the name of the index.
func inPlan(db *sqlstore.DB, step string) string {
	if sqlstore.Engine(db) != "postgres" {
		return step
	}
	switch name := index.FindString(step); {
	case strings.HasPrefix(name, "event_series_by_"):
		return "event_series_by_" // of few rows either index will do
	case strings.Contains(step, "COVERING INDEX task_by_type"), step == "task_by_type":
		return "task_" // nor does it matter where all rows are of the type
	case name != "":
		return name
	case strings.Contains(step, "event_progress_of_target"):
		return "event_progress_target"
	case strings.Contains(step, "project_heading"):
		return "project_pkey"
	case strings.Contains(step, "(tag=? AND system=?)"):
		return "task_tag_by_tag"
	}
	return "task_pkey"
}

// wantNoScan runs fn and checks the plan of each of its statements.
func wantNoScan(t *testing.T, db *sqlstore.DB, fn func()) {
	t.Helper()
	r, stop := sqlstore.Record(db)
	fn()
	stop()
	if len(r.Statements()) == 0 {
		t.Error("no statement was recorded")
	}
	for _, s := range r.Statements() {
		plan, err := db.Plan(context.Background(), s)
		must(t, err)
		steps := append(scan.FindAllString(plan, -1), scanPostgres.FindAllString(plan, -1)...)
		for _, step := range steps {
			if !scanned.MatchString(step) && !comments.MatchString(step) {
				t.Errorf("%s\nruns %s\nfull plan:\n%s", strings.TrimSpace(s.Text), step, plan)
			}
		}
	}
}

// wantPlan checks that a list of tasks is found by a step: that of the
// statement which puts it in order, or of one which picked its rows before.
func wantPlan(t *testing.T, db *sqlstore.DB, q task.Query, step string) {
	t.Helper()
	wantListStep(t, db, "task", inPlan(db, step), func() error {
		_, err := db.Tasks().List(context.Background(), q)
		return err
	})
}

func wantListStep(t *testing.T, db *sqlstore.DB, table, step string, list func() error) {
	t.Helper()
	r, stop := sqlstore.Record(db)
	err := list()
	stop()
	must(t, err)
	var seen []string
	listed := false
	for _, s := range r.Statements() {
		text := strings.Replace(s.Text, ", "+table+".rowid FROM", " FROM", 1) // as lists of tasks tell too
		if !strings.HasPrefix(text, "SELECT "+table+".id FROM "+table) && !strings.HasPrefix(text, "SELECT "+table+"_id FROM ") {
			continue
		}
		listed = listed || strings.Contains(s.Text, "ORDER BY")
		plan, err := db.Plan(context.Background(), s)
		must(t, err)
		if strings.Contains(plan, step) {
			return
		}
		seen = append(seen, s.Text+"\n"+plan)
	}
	if !listed {
		t.Fatal("no list was recorded")
	}
	t.Errorf("expected %s in\n%s", step, strings.Join(seen, "\n"))
}

func TestCommonFiltersUseAnIndex(t *testing.T) {
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		p := aProject("p")
		addProjects(t, db, p)
		for i := range 20 {
			x := fullTask(p.ID, "")
			x.Name = fmt.Sprint("task ", i)
			addTasks(t, db, x)
		}
		latest := []query.Order{{Field: "last_update", Desc: true}}
		is := func(field, value string) query.Filter { return query.In{Field: field, Values: []string{value}} }
		for name, c := range map[string]struct {
			filter query.Filter
			order  []query.Order
			step   string
		}{
			"no filter, the latest first":       {nil, latest, "task_by_update"},
			"no filter, by name":                {nil, []query.Order{{Field: "name"}}, "SCAN task USING COVERING INDEX task_by_name"},
			"no filter, the last started first": {nil, []query.Order{{Field: "started", Desc: true}}, "INDEX task_by_start"},
			"project, the latest first":         {is("project", string(p.ID)), latest, "task_by_project (project_id=?)"},
			"project and status":                {query.And{is("project", string(p.ID)), query.In{Field: "status", Values: []string{"created", "completed"}}}, latest, "task_by_project (project_id=?)"},
			"project without archived":          {query.And{is("project", string(p.ID)), query.Not{Part: is("system_tags", task.Archived)}}, latest, "task_by_project (project_id=?)"},
			"project and exact name":            {query.And{is("project", string(p.ID)), query.Match{Field: "name", Pattern: pattern(t, `^task\ 7$`, false)}}, nil, "task_in_project_by_name (project_id=? AND name=?)"},
			"exact name":                        {query.Match{Field: "name", Pattern: pattern(t, `^task\ 7$`, false)}, nil, "task_by_name (name=?)"},
			"name that begins so":               {query.Match{Field: "name", Pattern: pattern(t, "^task 1", false)}, nil, "task_by_name (name>? AND name<?)"},
			"name that holds":                   {query.Match{Field: "name", Pattern: pattern(t, "SK 1", true)}, nil, "task_by_name (name=?)"},
			"name that ends so":                 {query.Match{Field: "name", Pattern: pattern(t, "ask 7$", false)}, nil, "task_by_name (name=?)"},
			"name, id or comment that holds": {query.Or{
				query.Match{Field: "name", Pattern: pattern(t, "TASK 7", true)},
				query.Match{Field: "id", Pattern: pattern(t, "TASK 7", true)},
				query.Match{Field: "comment", Pattern: pattern(t, "TASK 7", true)},
			}, latest, "task_comment"},
			"a metric in a range":      {query.Compare{Field: query.Join("last_metrics", "a", "b", "value"), Op: query.GreaterEqual, Value: 0.5}, latest, "event_series_by_last"},
			"status, the latest first": {is("status", "created"), latest, "task_by_status (status=?)"},
			"user, the latest first":   {is("user", "u1"), latest, "task_by_user (user_id=?)"},
			"parent":                   {is("parent", "x"), nil, "task_by_parent (parent=?)"},
			"ids":                      {query.In{Field: "id", Values: []string{"x", "y"}}, nil, "(id=?)"},
			"type in a project":        {query.And{is("type", "training"), is("project", string(p.ID))}, nil, "task_by_type"},
			"queue":                    {is("execution.queue", "q1"), nil, "task_by_queue (execution_queue=?)"},
			"status changed since":     {query.Compare{Field: "status_changed", Op: query.GreaterEqual, Value: at(9)}, nil, "task_by_status_change (status_changed>?)"},
			"created since":            {query.Compare{Field: "created", Op: query.GreaterEqual, Value: at(9)}, nil, "task_by_creation (created>?)"},
			"a tag that few have":      {is("tags", "a"), latest, "task_tag_by_tag (tag=? AND system=?)"},
			"a tag of a project":       {query.And{is("project", string(p.ID)), is("tags", "a")}, latest, "(tag=? AND system=?)"},
			"a parameter":              {is("hyperparams.Args.lr.value", "0.1"), nil, "task_param_by_value (section=? AND name=? AND head=?)"},
		} {
			t.Run(name, func(t *testing.T) {
				q := task.Query{Request: query.Request{Filter: c.filter, Order: c.order, Page: query.Page{Limit: 50}}}
				wantPlan(t, db, q, c.step)
				if c.filter != nil { // without one the index is walked, as it should
					wantNoScan(t, db, func() { _, _ = db.Tasks().List(context.Background(), q) })
				}
			})
		}
	})
}

func TestCommonFiltersOfModelsUseAnIndex(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		p, of := aProject("p"), aTask("t")
		addProjects(t, db, p)
		addTasks(t, db, of)
		for i := range 20 {
			m := fullModel(t, p.ID, of.ID)
			m.Name = fmt.Sprint("model ", i)
			addModels(t, db, m)
		}
		// What walks an index, as it should: in the wanted order, or one of few rows.
		walks := map[string]bool{"published, the latest first": true, "comment that holds": true, "a metric in a range": true}
		latest := []query.Order{{Field: "last_update", Desc: true}}
		is := func(field, value string) query.Filter { return query.In{Field: field, Values: []string{value}} }
		for name, c := range map[string]struct {
			filter query.Filter
			order  []query.Order
			step   string
		}{
			"no filter, the latest first": {nil, latest, "model_by_update"},
			"project, the latest first":   {is("project", string(p.ID)), latest, "model_by_project"},
			"task, the oldest first":      {is("task", string(of.ID)), []query.Order{{Field: "created"}}, "model_by_task"},
			"user, the latest first":      {is("user", "u1"), latest, "model_by_user"},
			"exact name":                  {query.Match{Field: "name", Pattern: pattern(t, `^model\ 7$`, false)}, nil, "model_by_name"},
			"name that holds":             {query.Match{Field: "name", Pattern: pattern(t, "EL 1", true)}, nil, "model_by_name"},
			"address":                     {is("uri", "files:/w eights.pt"), nil, "model_by_place"},
			"parent":                      {is("parent", "x"), nil, "model_by_parent"},
			"framework in a project":      {query.And{is("framework", "PyTorch"), is("project", string(p.ID))}, latest, "model_by_project"},
			"a tag that few have":         {is("tags", "a"), latest, "model_tag_by_tag"},
			"metadata":                    {is("metadata.acc.value", "0.9"), latest, "model_metadata_by_value"},
			"metadata of a framework":     {query.And{is("metadata.acc.value", "0.9"), is("framework", "PyTorch")}, latest, "model_metadata_by_value"},
			"created since":               {query.Compare{Field: "created", Op: query.GreaterEqual, Value: at(9)}, nil, "model_by_creation"},
			"name, tags and metadata":     {query.And{query.Match{Field: "name", Pattern: pattern(t, "del 1", false)}, is("tags", "a"), is("metadata.acc.value", "0.9")}, latest, "model_tag_by_tag"},
			"comment that holds":          {query.Match{Field: "comment", Pattern: pattern(t, "omm", false)}, latest, "model_comment"},
			"a metric in a range":         {query.Compare{Field: query.Join("last_metrics", "a", "b", "value"), Op: query.GreaterEqual, Value: 0.5}, latest, "event_series_by_"},
			"published, the latest first": {query.Same{Field: "ready", Value: true}, latest, "model_by_update"},
			"several ids":                 {query.In{Field: "id", Values: []string{"x", "y"}}, nil, ""},
			"project without archived":    {query.And{is("project", string(p.ID)), query.Not{Part: is("system_tags", model.Archived)}}, latest, "model_by_project"},
		} {
			t.Run(name, func(t *testing.T) {
				q := model.Query{Request: query.Request{Filter: c.filter, Order: c.order, Page: query.Page{Limit: 50}}}
				r, stop := sqlstore.Record(db)
				_, err := db.Models().List(ctx, q)
				stop()
				must(t, err)
				if n := len(r.Statements()); n > 12 {
					t.Errorf("%d statements", n)
				}
				wantListStep(t, db, "model", c.step, func() error {
					_, err := db.Models().List(ctx, q)
					return err
				})
				if c.filter != nil && !walks[name] {
					wantNoScan(t, db, func() { _, _ = db.Models().List(ctx, q) })
				}
			})
		}
	})
}

func TestWhatManyRowsMeetIsTestedRowByRow(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		must(t, db.Exec(ctx, `
			INSERT INTO task (id, name, name_fold, type, comment, comment_fold, status, status_reason, status_message, status_changed, created,
				last_update, last_change, last_worker, enqueued_from, script_repository, script_branch, output, execution)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
			SELECT 'id' || i, 'n', 'N', 'training', '', '', CASE WHEN i < 100 THEN 'failed' ELSE 'completed' END, '', '', 0, 0,
				i, 0, '', '', '', '', '{}', '{}' FROM n`))
		must(t, db.Exec(ctx, `INSERT INTO task_tag (task_id, system, tag, tag_fold) SELECT id, 0, 'common', 'COMMON' FROM task`))
		must(t, db.Exec(ctx, `INSERT INTO task_tag (task_id, system, tag, tag_fold) SELECT id, 0, 'rare', 'RARE' FROM task WHERE last_update < 100`))
		if sqlstore.Engine(db) == "postgres" {
			must(t, db.Exec(ctx, `ANALYZE`)) // it goes by what it knows of the values
		}
		latest := []query.Order{{Field: "last_update", Desc: true}}
		const walk = "SCAN task USING COVERING INDEX task_by_update"
		for name, c := range map[string]struct {
			filter query.Filter
			order  []query.Order
			step   string
		}{
			"a common tag":             {query.In{Field: "tags", Values: []string{"common"}}, latest, walk},
			"a rare tag":               {query.In{Field: "tags", Values: []string{"rare"}}, latest, "task_tag_by_tag (tag=? AND system=?)"},
			"both tags":                {query.HasAll{Field: "tags", Values: []string{"common", "rare"}}, latest, "task_tag_by_tag (tag=? AND system=?)"},
			"common statuses":          {query.In{Field: "status", Values: []string{"completed", "created"}}, latest, walk},
			"rare statuses":            {query.In{Field: "status", Values: []string{"failed", "created"}}, latest, "task_by_status (status=?)"},
			"one status, in its order": {query.In{Field: "status", Values: []string{"failed"}}, latest, "task_by_status (status=?)"},
			"a common type":            {query.In{Field: "type", Values: []string{"training"}}, latest, "SEARCH task USING COVERING INDEX task_by_type (type=?)"},
			"a rare type":              {query.In{Field: "type", Values: []string{"testing"}}, latest, "task_by_type (type=?)"},
			"a common status, by id":   {query.In{Field: "status", Values: []string{"completed"}}, nil, "SCAN task USING INDEX sqlite_autoindex_task_1"},
		} {
			t.Run(name, func(t *testing.T) {
				wantPlan(t, db, task.Query{Request: query.Request{Filter: c.filter, Order: c.order, Page: query.Page{Limit: 50}}}, c.step)
			})
		}
	})
}

func TestNothingElseScans(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		p := aProject("p")
		sub := child(p, "sub")
		addProjects(t, db, p, sub)
		x := fullTask(p.ID, "")
		addTasks(t, db, x)
		waiting := aQueue("waiting")
		must(t, db.Queues().Insert(ctx, waiting))
		g := land(t, db, "a", "one")
		v := aVersion(1)
		v.Address, v.Generation, v.State, v.Preview = ownAddress(t, "a"), g.ID, artifact.Stored, "text"
		add(t, db, x.ID, output("a"), v, "1")
		tasks, artifacts, projects, models := db.Tasks(), db.Artifacts(), db.Projects(), db.Models()
		weights := fullModel(t, p.ID, x.ID)
		addModels(t, db, weights)
		refs := []artifact.Ref{output("a"), output("b")}
		for name, fn := range map[string]func() error{
			"task: insert":             func() error { return tasks.Insert(ctx, fullTask(p.ID, "")) },
			"task: get":                func() error { _, err := tasks.Get(ctx, x.ID); return err },
			"task: save":               func() error { return tasks.Save(ctx, x, task.All) },
			"task: touch":              func() error { return tasks.Touch(ctx, x.ID, "u", at(1)) },
			"task: published children": func() error { _, err := tasks.PublishedChildren(ctx, x.ID); return err },
			"task: types":              func() error { _, err := tasks.Types(ctx, nil); return err },
			"task: types in projects":  func() error { _, err := tasks.Types(ctx, []project.ID{p.ID}); return err },
			"task: uses of models":     func() error { _, err := tasks.Uses(ctx, []string{"m1", "m2"}, true, 1); return err },
			"task: relink":             func() error { return tasks.Relink(ctx, "m9", "m8") },
			"model: get":               func() error { _, err := models.Get(ctx, weights.ID); return err },
			"model: save":              func() error { return models.Save(ctx, weights, model.All) },
			"model: standings":         func() error { _, err := models.Standings(ctx, []model.ID{weights.ID, "y"}); return err },
			"model: touch":             func() error { return models.TouchOld(ctx, []model.ID{weights.ID, "y"}, "u", at(9), at(8)) },
			"model: made by":           func() error { _, err := models.MadeBy(ctx, x.ID); return err },
			"model: holding":           func() error { _, err := models.Holding(ctx, g.Digest, 5); return err },
			"model: versions": func() error {
				if err := models.AddVersion(ctx, weights.ID, model.Version{Address: weights.Address, Generation: g.ID, Digest: g.Digest, State: model.Stored, Created: at(1)}); err != nil {
					return err
				}
				if _, _, err := models.Last(ctx, weights.ID, weights.Address.Path); err != nil {
					return err
				}
				if err := models.Date(ctx, weights.ID, weights.Address.Path, &model.Moment{Iteration: 1, Told: true}); err != nil {
					return err
				}
				_, err := models.Versions(ctx, weights.ID, model.Page{Limit: 5})
				return err
			},
			"model: naming":     func() error { _, err := models.Naming(ctx, weights.Address.Path); return err },
			"model: bound":      func() error { _, err := models.Bound(ctx, []int64{g.ID, 7}); return err },
			"model: lose":       func() error { return models.Lose(ctx, g.Digest) },
			"file: holding":     func() error { _, err := db.Files().Holding(ctx, g.Digest, 5); return err },
			"file: freed":       func() error { _, err := db.Files().Freed(ctx, at(1)); return err },
			"file: named":       func() error { _, err := db.Files().Named(ctx, []file.Path{"a", "b"}); return err },
			"model: references": func() error { _, err := models.References(ctx, "w eights.pt"); return err },
			"model: insert and delete": func() error {
				m := fullModel(t, p.ID, x.ID)
				if err := models.Insert(ctx, m); err != nil {
					return err
				}
				return models.Delete(ctx, m.ID)
			},
			"project: insert":      func() error { return projects.Insert(ctx, aProject("q")) },
			"project: by name":     func() error { _, err := projects.ByName(ctx, "p"); return err },
			"project: many":        func() error { _, err := projects.Many(ctx, []project.ID{p.ID, sub.ID}); return err },
			"project: descendants": func() error { _, err := projects.Descendants(ctx, []project.ID{p.ID}); return err },
			"project: rename, and back": func() error {
				q := p
				q.Name = "r"
				if err := projects.Update(ctx, q); err != nil {
					return err
				}
				return projects.Update(ctx, p)
			},
			"project: touch": func() error { return projects.Touch(ctx, p.ID, at(1)) },
			"project: children": func() error {
				_, err := projects.List(ctx, project.Query{Parents: []project.ID{p.ID}, Shallow: true})
				return err
			},
			"project: below":            func() error { _, err := projects.List(ctx, project.Query{Parents: []project.ID{p.ID}}); return err },
			"project: all below, whole": func() error { _, err := projects.Below(ctx, []project.ID{p.ID}); return err },
			"project: by exact name": func() error {
				_, err := projects.List(ctx, project.Query{Request: query.Request{Filter: query.Match{Field: "name", Pattern: pattern(t, "^p$", false)}}})
				return err
			},
			"project: with a tag": func() error {
				_, err := projects.List(ctx, project.Query{IncludeHidden: true, Request: query.Request{Filter: query.In{Field: "system_tags", Values: []string{project.Datasets}}}})
				return err
			},
			"project: some of those below": func() error {
				_, err := projects.List(ctx, project.Query{Parents: []project.ID{p.ID}, Among: &[]project.ID{sub.ID, "x"}})
				return err
			},
			"project: how many below": func() error {
				_, err := projects.Count(ctx, project.Query{Parents: []project.ID{p.ID}}, 0)
				return err
			},
			"task: homes": func() error {
				_, err := tasks.Homes(ctx, query.In{Field: "type", Values: []string{"report"}}, nil)
				return err
			},
			"task: metrics of tasks": func() error { _, err := tasks.MetricsOf(ctx, []task.ID{x.ID, "y"}); return err },
			"task: owners":           func() error { _, err := tasks.Owners(ctx, []project.ID{p.ID}); return err },
			"project: tags":          func() error { _, err := projects.Tags(ctx, nil, nil); return err },
			"project: tags of some":  func() error { _, err := projects.Tags(ctx, []project.ID{p.ID}, nil); return err },
			"project: move, and back": func() error {
				q := sub
				q.Name, q.Parent, q.Path = "elsewhere", "", nil
				if err := projects.Update(ctx, q); err != nil {
					return err
				}
				return projects.Update(ctx, sub)
			},
			"project: delete": func() error {
				q := aProject("gone")
				if err := projects.Insert(ctx, q); err != nil {
					return err
				}
				return projects.Delete(ctx, []project.ID{q.ID})
			},
			"task: held": func() error { _, err := tasks.Held(ctx, []project.ID{p.ID}); return err },
			"task: what they come to": func() error {
				_, err := tasks.Summaries(ctx, task.Summing{Projects: []project.ID{p.ID, sub.ID}, Living: true, Since: at(0)})
				return err
			},
			"task: what those of a user come to": func() error {
				_, err := tasks.Summaries(ctx, task.Summing{Projects: []project.ID{p.ID, sub.ID}, Users: []user.ID{"u1"}, Living: true})
				return err
			},
			"task: what some come to": func() error {
				_, err := tasks.Summaries(ctx, task.Summing{Projects: []project.ID{p.ID, sub.ID}, Filter: query.In{Field: "tags", Values: []string{"a"}}})
				return err
			},
			"task: latest":          func() error { _, err := tasks.Latest(ctx, []project.ID{p.ID, sub.ID}); return err },
			"task: tags":            func() error { _, err := tasks.Tags(ctx, nil, nil); return err },
			"task: tags of some":    func() error { _, err := tasks.Tags(ctx, []project.ID{p.ID}, nil); return err },
			"task: params":          func() error { _, err := tasks.Params(ctx, nil); return err },
			"task: params of some":  func() error { _, err := tasks.Params(ctx, []project.ID{p.ID}); return err },
			"task: values":          func() error { _, err := tasks.ParamValues(ctx, nil, "Args", "lr"); return err },
			"task: metrics":         func() error { _, err := tasks.Metrics(ctx, nil); return err },
			"task: metrics of some": func() error { _, err := tasks.Metrics(ctx, []project.ID{p.ID}); return err },
			"task: parents":         func() error { _, err := tasks.Parents(ctx, []project.ID{p.ID}, nil); return err },
			"task: ids":             func() error { _, err := tasks.IDs(ctx, []project.ID{p.ID}); return err },
			"task: refile, and back": func() error {
				if _, err := tasks.Refile(ctx, p.ID, sub.ID, "u1", at(1)); err != nil {
					return err
				}
				_, err := tasks.Refile(ctx, sub.ID, p.ID, "u1", at(1))
				return err
			},
			"task: orphan": func() error { return tasks.Orphan(ctx, []task.ID{"x", "y"}) },
			"task: count in a project": func() error {
				_, err := tasks.Count(ctx, task.Query{Request: query.Request{Filter: query.In{Field: "project", Values: []string{string(p.ID)}}}}, 10)
				return err
			},
			"queue: insert":   func() error { return db.Queues().Insert(ctx, aQueue("q")) },
			"queue: get":      func() error { _, err := db.Queues().Get(ctx, waiting.ID); return err },
			"artifact: known": func() error { _, err := artifacts.Known(ctx, x.ID, refs); return err },
			"artifact: list":  func() error { _, err := artifacts.List(ctx, artifact.Selection{Tasks: []task.ID{x.ID}}); return err },
			"artifact: list many": func() error {
				_, err := artifacts.List(ctx, artifact.Selection{Tasks: []task.ID{x.ID, "y"}, Previews: true, Ref: &refs[0]})
				return err
			},
			"artifact: versions":   func() error { _, err := artifacts.Versions(ctx, x.ID, refs[0], true); return err },
			"artifact: unsettled":  func() error { _, err := artifacts.Unsettled(ctx, "a"); return err },
			"artifact: references": func() error { _, err := artifacts.References(ctx, "a"); return err },
			"artifact: bound":      func() error { _, err := artifacts.Bound(ctx, []int64{g.ID, 7}); return err },
			"artifact: settle":     func() error { return artifacts.Settle(ctx, 1, artifact.Stored, g.ID) },
			"artifact: lose":       func() error { _, err := artifacts.Lose(ctx, g.Digest); return err },
			"artifact: annotate":   func() error { return artifacts.Annotate(ctx, x.ID, refs[0], [][]string{{"a", "b"}}) },
			"artifact: add and prune": func() error {
				if _, err := artifacts.Add(ctx, x.ID, refs[1], v, "2"); err != nil {
					return err
				}
				if _, err := artifacts.Add(ctx, x.ID, refs[1], v, "3"); err != nil {
					return err
				}
				_, err := artifacts.Prune(ctx, x.ID, refs[1], 1)
				return err
			},
			"artifact: remove a version": func() error {
				n, err := artifacts.Add(ctx, x.ID, output("c"), v, "1")
				if err != nil {
					return err
				}
				_, err = artifacts.RemoveVersion(ctx, x.ID, output("c"), n, at(1))
				return err
			},
			"artifact: remove, forget, delete the task": func() error {
				y := fullTask(p.ID, x.ID)
				if err := tasks.Insert(ctx, y); err != nil {
					return err
				}
				if _, err := artifacts.Add(ctx, y.ID, refs[0], v, "1"); err != nil {
					return err
				}
				if _, err := artifacts.Remove(ctx, y.ID, refs, at(1)); err != nil {
					return err
				}
				if _, err := artifacts.Remove(ctx, y.ID, nil, at(1)); err != nil {
					return err
				}
				if err := artifacts.Forget(ctx, y.ID); err != nil {
					return err
				}
				_, err := tasks.Delete(ctx, y.ID)
				return err
			},
		} {
			t.Run(name, func(t *testing.T) {
				wantNoScan(t, db, func() { must(t, fn()) })
			})
		}
	})
}

// registerOne is what the registration of one artifact does to the database.
func registerOne(ctx context.Context, db *sqlstore.DB, of task.ID, key string, preview string) error {
	return db.Tx(ctx, func(ctx context.Context) error {
		ref := output(key)
		if _, err := db.Artifacts().Known(ctx, of, []artifact.Ref{ref}); err != nil {
			return err
		}
		if _, err := db.Tasks().LockStanding(ctx, of); err != nil {
			return err
		}
		v := aVersion(1)
		v.Preview, v.Registered = preview, time.UnixMilli(1)
		if _, err := db.Artifacts().Add(ctx, of, ref, v, key); err != nil {
			return err
		}
		if _, err := db.Artifacts().Prune(ctx, of, ref, artifact.KeepVersions); err != nil {
			return err
		}
		return db.Tasks().Touch(ctx, of, "u1", at(2))
	})
}

// crowd gives a task many artifacts with large previews.
func crowd(t testing.TB, db *sqlstore.DB, of task.ID, n int) {
	t.Helper()
	must(t, db.Tx(context.Background(), func(ctx context.Context) error {
		for i := range n {
			preview := fmt.Sprint(i, strings.Repeat("preview ", 8<<10))
			if err := registerOne(ctx, db, of, fmt.Sprintf("artifact %d", i), preview); err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestOneMoreArtifactCostsTheSameOnACrowdedTask(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		empty, crowded := aTask("empty"), aTask("crowded")
		addTasks(t, db, empty, crowded)
		crowd(t, db, crowded.ID, 2000)
		cost := func(of task.ID) (statements, pages int) {
			t.Helper()
			by := string(of[:8]) // new names both times
			must(t, registerOne(ctx, db, of, "warm up "+by, "p"))
			before, err := db.Pages(ctx)
			must(t, err)
			must(t, registerOne(ctx, db, of, "one more "+by, "q"))
			after, err := db.Pages(ctx)
			must(t, err)
			r, stop := sqlstore.Record(db)
			defer stop()
			must(t, registerOne(ctx, db, of, "another "+by, "r"))
			return len(r.Statements()), after - before
		}
		s0, p0 := cost(empty.ID)
		s1, p1 := cost(crowded.ID)
		t.Logf("%d statements, %d pages; on a crowded task %d statements, %d pages", s0, p0, s1, p1)
		if s1 != s0 {
			t.Errorf("%d statements on a crowded task, %d on an empty one", s1, s0)
		}
		if p1 > p0+p0/2 {
			t.Errorf("%d pages on a crowded task, %d on an empty one", p1, p0)
		}
	})
}
