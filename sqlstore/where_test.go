package sqlstore_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/internal/ident"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/queue"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// The words that random tasks and filters are made of: with and without case
// and ASCII, prefixes of each other, longer than what indexes hold.
var words = []string{
	"", "a", "ab", "abc", "Abc", "b", "ba", "über", "Über", "straße", "日本", "日本語", "k", "K", "\u212a", "a.b", "a%b_", "10", "9", "1e1", "x y",
	strings.Repeat("long", 32), strings.Repeat("long", 32) + "er", strings.Repeat("long", 32) + "est", strings.Repeat("ü", 140), "z\U0010FFFF", "😀",
}

var patterns = []string{
	"", "a", "^a", "b$", "^abc$", "^a.*c$", "[ab]+", "(?i)ABC", "^(?i)ü", "日", "^日本$", "語$", `a\.b`, "^$", ".*", "b.*", "a|ü", "^long", "er$",
	"^" + strings.Repeat("long", 32) + "e", "^" + strings.Repeat("long", 32) + "est$", "(a)(b)", "k", "z\U0010FFFF", "^\U0010FFFF?😀", `\d`, "[^a]b",
}

var ops = []query.Op{query.Equal, query.Less, query.LessEqual, query.Greater, query.GreaterEqual}

var (
	textFields   = []string{"id", "name", "comment", "type", "status", "script.branch", "user", "parent", "execution.queue", "hyperparams.Args.lr.value", "hyperparams.Args.opt"}
	listFields   = []string{"tags", "system_tags"}
	numberFields = []string{"active_duration", "last_iteration", "hyperparams.Args.lr.value"}
	timeFields   = []string{"started", "last_update"}
)

// dice makes random tasks and filters.
type dice struct {
	*rand.Rand
	ids []string
}

func pick[T any](d dice, from []T) T { return from[d.IntN(len(from))] }

func (d dice) some(from []string, most int) []string {
	out := make([]string, d.IntN(most+1))
	for i := range out {
		out[i] = pick(d, from)
	}
	return out
}

// moment is one of few, in three days.
func (d dice) moment() time.Time { return at(d.IntN(5) * 40_000) }

func (d dice) task() task.Task {
	t := aTask(pick(d, words[1:]))
	t.ID = task.ID(pick(d, []string{"a", "0"}) + ident.New()[1:])
	t.Comment, t.Script.Branch = pick(d, words), pick(d, words)
	t.Type, t.Status = pick(d, task.Types()[:3]), pick(d, []task.Status{task.Created, task.Completed})
	t.User, t.Parent, t.Execution.Queue = user.ID(pick(d, words[:3])), task.ID(pick(d, words[:3])), pick(d, words[:2])
	t.Tags, t.SystemTags = d.tags(), d.tags()
	t.LastUpdate = d.moment()
	if d.IntN(2) == 0 {
		t.Started = d.moment()
	}
	if d.IntN(2) == 0 {
		n := int64(d.IntN(5))
		t.ActiveDuration = &n
	}
	t.Hyperparams = task.Params{"Args": {}}
	for _, name := range []string{"lr", "opt"} {
		if d.IntN(3) > 0 {
			t.Hyperparams["Args"][name] = task.Param{Section: "Args", Name: name, Value: pick(d, words)}
		}
	}
	return t
}

func (d dice) tags() []string {
	tags := d.some(words[1:8], 3)
	slices.Sort(tags)
	return slices.Compact(tags)
}

func (d dice) filter(depth int) query.Filter {
	if depth > 0 && d.IntN(2) == 0 {
		parts := make([]query.Filter, d.IntN(4))
		for i := range parts {
			parts[i] = d.filter(depth - 1)
		}
		switch d.IntN(3) {
		case 0:
			return query.And(parts)
		case 1:
			return query.Or(parts)
		}
		return query.Not{Part: d.filter(depth - 1)}
	}
	all := slices.Concat(textFields, listFields)
	switch d.IntN(7) {
	case 0:
		return query.In{Field: pick(d, all), Values: d.some(slices.Concat(words, d.ids[:3]), 4)}
	case 1:
		return query.HasAll{Field: pick(d, all), Values: d.some(words[:8], 3)}
	case 2:
		return query.Empty{Field: pick(d, slices.Concat(all, numberFields, timeFields))}
	case 3:
		return query.Compare{Field: pick(d, textFields), Op: pick(d, ops), Value: pick(d, words)}
	case 4:
		if d.IntN(2) == 0 {
			return query.Compare{Field: pick(d, numberFields), Op: pick(d, ops), Value: int64(d.IntN(11))}
		}
		return query.Compare{Field: pick(d, numberFields), Op: pick(d, ops), Value: float64(d.IntN(22)) / 2}
	case 5:
		finer := time.Duration(d.IntN(3)-1) * time.Microsecond
		return query.Compare{Field: pick(d, timeFields), Op: pick(d, ops), Value: d.moment().Add(finer)}
	}
	re, err := query.Compile(pick(d, patterns), d.IntN(2) == 0)
	if err != nil {
		panic(err)
	}
	return query.Match{Field: pick(d, all), Pattern: re}
}

func (d dice) order() []query.Order {
	keys := make([]query.Order, d.IntN(3))
	for i := range keys {
		keys[i] = query.Order{Field: pick(d, slices.Concat(textFields, listFields, numberFields, timeFields)), Desc: d.IntN(2) == 0}
	}
	return keys
}

// wholeScroll reads a list page by page, each from where the last one ended.
func wholeScroll(t *testing.T, db *sqlstore.DB, r query.Request, size int) (all []string) {
	t.Helper()
	r.Page, r.Bookmark = query.Page{Limit: size}, &query.Bookmark{}
	for {
		at, err := query.ParseBookmark(r.Bookmark.Encode(r.Order), r.Order)
		must(t, err)
		r.Bookmark = &at
		got, err := db.Tasks().List(context.Background(), task.Query{Request: r, IncludeHidden: true, Parts: task.Row | task.Tags})
		must(t, err)
		if all = append(all, ids(got, taskID)...); len(got) < size {
			return all
		}
	}
}

func TestListAnswersAsTheOracle(t *testing.T) {
	ctx := context.Background()
	const tasks, cases = 60, 600
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		d := dice{Rand: rand.New(rand.NewPCG(seed, 0))}
		all := make([]task.Task, tasks)
		iterations := make(map[task.ID]int64)
		for i := range all {
			all[i] = d.task()
			d.ids = append(d.ids, string(all[i].ID))
			if n := int64(d.IntN(4)); n > 0 {
				iterations[all[i].ID] = n
				must(t, db.Exec(ctx, `INSERT INTO event_progress (target, last_iteration) VALUES (?, ?)`, string(all[i].ID), n))
			}
		}
		addTasks(t, db, all...)
		for i := range cases {
			sqlstore.LetDrive(db, []int{5000, 10, 2}[i%3])
			r := query.Request{Filter: d.filter(3), Order: d.order(), Page: query.Page{Offset: d.IntN(10), Limit: d.IntN(20)}}
			want := answer(all, iterations, r)
			got, err := db.Tasks().List(ctx, task.Query{Request: r, IncludeHidden: true, Parts: task.Part(i) & task.All})
			if err != nil {
				t.Fatalf("case %d: %+v: %v", i, r, err)
			}
			if !slices.Equal(ids(got, taskID), want) {
				t.Fatalf("case %d: %+v\n got %q\nwant %q", i, r, ids(got, taskID), want)
			}
			if i%5 > 0 {
				continue
			}
			r.Page = query.Page{}
			want = answer(all, iterations, r)
			if got := wholeScroll(t, db, r, 1+d.IntN(30)); !slices.Equal(got, want) {
				t.Fatalf("case %d, scrolled: %+v\n got %q\nwant %q", i, r, got, want)
			}
		}
	})
}

func taskID(t task.Task) string { return string(t.ID) }

// answer is what a list must give.
func answer(all []task.Task, iterations map[task.ID]int64, r query.Request) []string {
	of := func(t task.Task) func(string) cell {
		return func(field string) cell { return cellOf(t, iterations[t.ID], field) }
	}
	var hits []task.Task
	for _, t := range all {
		if holds(r.Filter, of(t)) {
			hits = append(hits, t)
		}
	}
	slices.SortFunc(hits, func(a, b task.Task) int {
		for _, k := range r.Order {
			if sign := before(of(a)(k.Field), of(b)(k.Field), k.Desc); sign != 0 {
				return sign
			}
		}
		sign := strings.Compare(string(a.ID), string(b.ID))
		if n := len(r.Order); n > 0 && r.Order[n-1].Desc { // as the last key goes
			return -sign
		}
		return sign
	})
	hits = hits[min(r.Page.Offset, len(hits)):]
	if r.Page.Limit > 0 {
		hits = hits[:min(r.Page.Limit, len(hits))]
	}
	return ids(hits, taskID)
}

func pattern(t testing.TB, source string, fold bool) query.Regexp {
	t.Helper()
	re, err := query.Compile(source, fold)
	must(t, err)
	return re
}

func TestListRefuses(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		addTasks(t, db, aTask("a"))
		many := make(query.Or, 501)
		for i := range many {
			many[i] = query.Empty{Field: "user"}
		}
		for name, c := range map[string]struct {
			request query.Request
			want    fault.Reason
		}{
			"an unknown field":               {query.Request{Filter: query.Empty{Field: "nose"}}, query.ErrField},
			"an unknown field in an order":   {query.Request{Order: []query.Order{{Field: "nose"}}}, query.ErrField},
			"an unknown field for a pattern": {query.Request{Filter: query.Match{Field: "nose", Pattern: pattern(t, "a+", false)}}, query.ErrField},
			"a path too long":                {query.Request{Filter: query.Empty{Field: "hyperparams.a.b.c.d"}}, query.ErrField},
			"texts for a time":               {query.Request{Filter: query.In{Field: "created", Values: []string{"1"}}}, query.ErrValue},
			"texts of a number":              {query.Request{Filter: query.HasAll{Field: "last_iteration"}}, query.ErrValue},
			"a pattern for a time":           {query.Request{Filter: query.Match{Field: "created", Pattern: pattern(t, "a", false)}}, query.ErrValue},
			"a pattern to be run for a time": {query.Request{Filter: query.Match{Field: "created", Pattern: pattern(t, "a+", false)}}, query.ErrValue},
			"a number for a text":            {query.Request{Filter: query.Compare{Field: "name", Op: query.Less, Value: int64(1)}}, query.ErrValue},
			"a text for a number":            {query.Request{Filter: query.Compare{Field: "last_iteration", Op: query.Less, Value: "1"}}, query.ErrValue},
			"no number at all":               {query.Request{Filter: query.Compare{Field: "last_iteration", Op: query.Less, Value: math.NaN()}}, query.ErrValue},
			"an order among lists":           {query.Request{Filter: query.Compare{Field: "tags", Op: query.Less, Value: "a"}}, query.ErrValue},
			"a truth for a text":             {query.Request{Filter: query.Compare{Field: "name", Op: query.Equal, Value: true}}, query.ErrValue},
			"an unknown comparison":          {query.Request{Filter: query.Compare{Field: "name", Op: "; DROP TABLE task", Value: "a"}}, query.ErrValue},
			"too many conditions":            {query.Request{Filter: many}, query.ErrTooMany},
			"too many keys":                  {query.Request{Order: make([]query.Order, 21)}, query.ErrTooMany},
		} {
			t.Run(name, func(t *testing.T) {
				_, err := db.Tasks().List(ctx, task.Query{Request: c.request})
				wantIs(t, err, c.want)
			})
		}
		t.Run("but takes as many conditions as it says", func(t *testing.T) {
			_, err := db.Tasks().List(ctx, task.Query{Request: query.Request{Filter: many[:500]}})
			must(t, err)
		})
	})
}

func TestListQuotesNothingIntoSQL(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		for _, evil := range []string{`'`, `"`, `')--`, `\`, "a\x00b", `?`, `%_`, `{"a":1}`, "];"} {
			x := aTask(evil)
			x.Tags = []string{evil}
			x.Hyperparams = task.Params{evil: {evil: {Value: evil}}}
			addTasks(t, db, x)
			field := query.Join("hyperparams", evil, evil, "value")
			for _, f := range []query.Filter{
				query.In{Field: "name", Values: []string{evil}},
				query.In{Field: "name", Values: []string{evil, "other"}},
				query.HasAll{Field: "tags", Values: []string{evil}},
				query.In{Field: field, Values: []string{evil}},
				query.Compare{Field: "name", Op: query.Equal, Value: evil},
			} {
				got, err := db.Tasks().List(ctx, task.Query{Request: query.Request{Filter: f}})
				must(t, err)
				if !slices.Equal(ids(got, taskID), []string{string(x.ID)}) {
					t.Errorf("%q: %+v found %d tasks, expected its own", evil, f, len(got))
				}
			}
		}
	})
}

func TestPatternsOverManyRows(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		needle := aQueue("needle 7")
		needle.Tags = []string{"sharp"}
		must(t, db.Queues().Insert(ctx, needle))
		must(t, db.Exec(ctx, `
			INSERT INTO queue (id, name, name_key, name_fold, display_name, created, last_update)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
			SELECT 'id' || i, 'hay ' || i, i, 'HAY ' || i, '', 0, 0 FROM n`, sqlstore.MaxCandidates))
		run := query.Match{Field: "name", Pattern: pattern(t, `needle \d`, false)}
		list := func(f query.Filter) ([]queue.Queue, error) {
			return db.Queues().List(ctx, query.Request{Filter: f, Page: query.Page{Limit: 10}})
		}
		finds := func(t *testing.T, f query.Filter) {
			t.Helper()
			got, err := list(f)
			must(t, err)
			if len(got) != 1 || got[0].ID != needle.ID {
				t.Errorf("found %d queues, expected the needle", len(got))
			}
		}
		t.Run("are refused, naming the limit", func(t *testing.T) {
			_, err := list(run)
			wantIs(t, err, query.ErrTooMany)
			if text := fault.Of(err).Message; !strings.Contains(text, fmt.Sprint(sqlstore.MaxCandidates)) && !strings.Contains(text, "200ms") {
				t.Errorf("message %q names no limit", text)
			}
		})
		t.Run("are run over what the other conditions leave", func(t *testing.T) {
			finds(t, query.And{run, query.In{Field: "tags", Values: []string{"sharp"}}})
		})
		t.Run("need no program when they are literal", func(t *testing.T) {
			finds(t, query.Match{Field: "name", Pattern: pattern(t, "NEEDLE", true)})
		})
	})
}

func TestPreparedStatementsAreBounded(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		fields := slices.Concat(textFields, listFields, numberFields, timeFields)
		for _, first := range fields {
			for i := range 2 * len(fields) {
				order := []query.Order{{Field: first}, {Field: fields[i/2], Desc: i%2 == 0}}
				_, err := db.Tasks().List(ctx, task.Query{Request: query.Request{Order: order}})
				must(t, err)
			}
		}
		if n := 2 * len(fields) * len(fields); n < sqlstore.MaxStatements {
			t.Fatalf("%d statements show nothing about a limit of %d", n, sqlstore.MaxStatements)
		}
		if n := db.Kept(); n > sqlstore.MaxStatements {
			t.Errorf("%d statements are kept, the limit is %d", n, sqlstore.MaxStatements)
		}
	})
}
