package sqlstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/task"
)

var latestArrival = []query.Order{{Field: "arrival", Desc: true}}

// wanted is a condition of a search with what it means.
type wanted struct {
	filter query.Filter
	holds  func(f artifact.Found) bool
}

func (d dice) wanted(all []artifact.Found, fields []string) wanted {
	some := pick(d, all)
	values := func(of func(artifact.Found) string) ([]string, func(artifact.Found) bool) {
		list := []string{of(some), of(pick(d, all)), "nothing"}[:1+d.IntN(3)]
		list = slices.DeleteFunc(list, func(s string) bool { return s == "" }) // what is missing is none of a list
		return list, func(f artifact.Found) bool { return slices.Contains(list, of(f)) }
	}
	switch field := pick(d, fields); field {
	case "name":
		runes := []rune(some.Key)
		n := d.IntN(len(runes) + 1)
		text := string(runes[n:min(len(runes), n+1+d.IntN(6))])
		re, err := query.Compile(strings.NewReplacer("$", `\$`, "^", `\^`, ".", `\.`).Replace(text), d.IntN(2) == 0)
		if err != nil {
			panic(err)
		}
		return wanted{query.Match{Field: "name", Pattern: re}, func(f artifact.Found) bool { return re.MatchString(f.Key) }}
	case "size":
		op, n := pick(d, ops), int64(d.IntN(5))
		return wanted{query.Compare{Field: "size", Op: op, Value: n}, func(f artifact.Found) bool {
			return f.Size != nil && meets(int(*f.Size-n), op)
		}}
	case "metadata":
		key, value := pick(d, []string{"rows", "a.b", "50%"}), fmt.Sprint(d.IntN(4))
		return wanted{query.In{Field: query.Join("metadata", key), Values: []string{value}}, func(f artifact.Found) bool {
			return slices.ContainsFunc(f.Metadata, func(p []string) bool { return len(p) > 1 && p[0] == key && p[1] == value })
		}}
	default:
		list, holds := values(map[string]func(artifact.Found) string{
			"type":    func(f artifact.Found) string { return f.Type },
			"state":   func(f artifact.Found) string { return string(f.State) },
			"digest":  func(f artifact.Found) string { return f.Hash },
			"mode":    func(f artifact.Found) string { return string(f.Mode) },
			"task":    func(f artifact.Found) string { return string(f.Task) },
			"project": func(f artifact.Found) string { return string(f.Project) },
		}[field])
		return wanted{query.In{Field: field, Values: list}, holds}
	}
}

func TestSearchForArtifactsAnswersAsTheOracle(t *testing.T) {
	ctx := context.Background()
	fields := []string{"name", "type", "state", "digest", "size", "metadata", "project", "task", "mode"}
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		d := dice{Rand: rand.New(rand.NewPCG(seed, 0))}
		p := aProject("p")
		addProjects(t, db, p)
		tasks := make([]task.Task, 8)
		for i := range tasks {
			tasks[i] = aTask(fmt.Sprint("task ", i))
			if i%2 == 0 {
				tasks[i].Project = p.ID
			}
			if i == 0 {
				tasks[i].SystemTags = []string{task.Hidden}
			}
		}
		addTasks(t, db, tasks...)
		// everything that was added, in order of arrival
		var all []artifact.Found
		newest := make(map[string]int)
		for i := range 200 {
			of := pick(d, tasks)
			ref := artifact.Ref{Key: pick(d, words[1:]), Mode: pick(d, []artifact.Mode{artifact.Output, artifact.Input})}
			v := aVersion(int64(i))
			v.Type, v.State = pick(d, []string{"custom", "numpy", "image"}), pick(d, []artifact.State{artifact.External, artifact.Pending, artifact.Missing})
			if d.IntN(3) > 0 {
				size := int64(d.IntN(5))
				v.Size, v.Hash = &size, strings.Repeat(fmt.Sprint(d.IntN(5)), 64)
			}
			if d.IntN(3) > 0 {
				v.Metadata = [][]string{{pick(d, []string{"rows", "a.b", "50%"}), fmt.Sprint(d.IntN(4))}, {"cut"}}
			}
			v = add(t, db, of.ID, ref, v, fmt.Sprint(i))
			all = append(all, artifact.Found{Artifact: artifact.Artifact{Task: of.ID, Ref: ref, Version: v}, TaskName: of.Name, Project: of.Project})
			newest[fmt.Sprint(of.ID, ref)] = i
		}
		for i := range 300 {
			q := artifact.Query{Earlier: d.IntN(2) == 0, IncludeHidden: d.IntN(2) == 0}
			q.Order, q.Bookmark, q.Page.Limit = latestArrival, &query.Bookmark{}, 1+d.IntN(30)
			var and query.And
			var conditions []wanted
			for range d.IntN(4) {
				w := d.wanted(all, fields)
				and, conditions = append(and, w.filter), append(conditions, w)
			}
			q.Filter = and
			var want []string
			for i := len(all) - 1; i >= 0; i-- {
				f := all[i]
				if (q.Earlier || newest[fmt.Sprint(f.Task, f.Ref)] == i) && (q.IncludeHidden || f.Task != tasks[0].ID) &&
					!slices.ContainsFunc(conditions, func(w wanted) bool { return !w.holds(f) }) {
					want = append(want, foundID(f))
				}
			}
			var got []string
			for {
				page, err := db.Artifacts().Search(ctx, q)
				must(t, err)
				got = append(got, ids(page, foundID)...)
				if len(page) < q.Page.Limit || len(got) > len(want) {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("case %d: %+v\n got %q\nwant %q", i, q.Filter, got, want)
			}
		}
	})
}

func foundID(f artifact.Found) string {
	return fmt.Sprint(f.TaskName, " ", f.Key, " ", f.Mode, " ", f.Number, " ", f.Project != "")
}

func TestSearchesForArtifactsUseAnIndex(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		p := aProject("p")
		addProjects(t, db, p)
		x := aTask("x")
		x.Project = p.ID
		addTasks(t, db, x)
		for i := range 20 {
			v := aVersion(int64(i))
			size := int64(i)
			v.Size, v.Hash, v.Type = &size, strings.Repeat(fmt.Sprintf("%02d", i), 32), fmt.Sprint("type ", i)
			v.Metadata = [][]string{{"rows", fmt.Sprint(i)}}
			add(t, db, x.ID, output(fmt.Sprint("features ", i)), v, "1")
		}
		many := func(column, value string, rows int) {
			t.Helper()
			must(t, db.Exec(ctx, `INSERT INTO artifact (task_id, key, key_fold, mode, last_number, living)
				WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
				SELECT ?, CAST(? AS TEXT) || i, upper(CAST(? AS TEXT) || i), 'output', 1, 1 FROM n`, rows, x.ID, column, column))
			must(t, db.Exec(ctx, `INSERT INTO artifact_version (artifact_id, number, identity, state, type, uri, hash, timestamp, content_type, data_hash, registered)
				SELECT id, 1, '', 'stored', ?, '', '', 0, '', '', 0 FROM artifact WHERE newest IS NULL`, value))
			must(t, db.Exec(ctx, `UPDATE artifact SET newest = (SELECT v.id FROM artifact_version v WHERE v.artifact_id = artifact.id) WHERE newest IS NULL`))
		}
		many("many", "common", 6000)
		if sqlstore.Engine(db) == "postgres" {
			must(t, db.Exec(ctx, `ANALYZE`)) // it goes by how many rows it expects
		}
		is := func(field, value string) query.Filter { return query.In{Field: field, Values: []string{value}} }
		for name, c := range map[string]struct {
			filter query.Filter
			step   string
		}{
			"a digest":                 {is("digest", strings.Repeat("07", 32)), "artifact_version_by_digest"},
			"a rare type":              {is("type", "type 7"), "artifact_version_by_type"},
			"a rare state":             {is("state", "missing"), "artifact_version_by_state"},
			"a name to the letter":     {query.Match{Field: "name", Pattern: pattern(t, "^features 7$", false)}, "artifact_by_key"},
			"a name that holds":        {query.Match{Field: "name", Pattern: pattern(t, "TURES 7", true)}, "artifact_by_key"},
			"metadata":                 {is("metadata.rows", "7"), "artifact_metadata_by_value"},
			"a digest and much else":   {query.And{is("digest", strings.Repeat("07", 32)), is("state", "stored"), is("project", string(p.ID))}, "artifact_version_by_digest"},
			"a common state, a digest": {query.And{is("state", "stored"), is("digest", strings.Repeat("07", 32))}, "artifact_version_by_digest"},
		} {
			t.Run(name, func(t *testing.T) {
				q := artifact.Query{Request: query.Request{Filter: c.filter, Order: latestArrival, Page: query.Page{Limit: 50}, Bookmark: &query.Bookmark{}}}
				wantStep(t, db, c.step, func() { _, err := db.Artifacts().Search(ctx, q); must(t, err) })
				wantNoScan(t, db, func() { _, _ = db.Artifacts().Search(ctx, q) })
			})
		}
	})
}

// wantStep checks that one of the statements of fn has a step in its plan.
func wantStep(t *testing.T, db *sqlstore.DB, step string, fn func()) {
	t.Helper()
	r, stop := sqlstore.Record(db)
	fn()
	stop()
	var plans []string
	for _, s := range r.Statements() {
		plan, err := db.Plan(context.Background(), s)
		must(t, err)
		if strings.Contains(s.Text, "ORDER BY") && strings.Contains(plan, step) {
			return
		}
		plans = append(plans, s.Text+"\n"+plan)
	}
	t.Errorf("expected %s in one of\n%s", step, strings.Join(plans, "\n\n"))
}
