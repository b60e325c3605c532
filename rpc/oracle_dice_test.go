package rpc_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/user"
)

// Names and texts with what patterns, paths, case and orders stumble over.
var oddNames = []string{
	"train", "training 9", "training 10", "Train the model", "models of train", "resnet50", "a.b*c+d?", "(x)[y]{z}", "^$|\\", "50% off",
	"__x__", "-minus", "__$all", "日本語", "Übung", "übung 2", "straße", "#&~ tab\there", "10", "9", "0.05", "1e-3", "x", "K",
	"a long name that goes on " + strings.Repeat("and on ", 20),
}

var oddComments = []string{"", "", "trained well", "Training the Models", "50%", "line\nfeed", "日本", "resnet50 twice", "no"}

var oddTags = []string{"prod", "dev", "-x", "a b", "Prod", "日本", "50%", "dataset", "null"}

// oddKeys are names of hyper-parameters.
var oddKeys = []string{"lr", "a.b", "50%", "__x__", "_y", "$d"}

var oddValues = []string{"0.1", "0.05", "10", "9", "1e-3", "", "Adam", "adam", "layer 9", "layer 10", "layer 010", "true", "x.y", "-1", "日本"}

var words = []string{"train", "training", "trained", "model", "models", "the", "resnet50", "übung", "twice", "well", "repo", "py", "nothing", "10"}

var phrases = []string{"train the", "models of", "Training the Models", "resnet50 twice", "no such phrase"}

// field is one that conditions may name.
type field struct {
	key  string   // as a client writes it
	path []string // where a document has it
}

func plain(key string) field { return field{key, strings.Split(key, ".")} }

func param(name string) field {
	return field{"hyperparams.Args." + mangle(name) + ".value", []string{"hyperparams", "Args", name, "value"}}
}

func metric(name, part string) field {
	path := []string{"last_metrics", md5Of(name), md5Of("val"), part}
	return field{strings.Join(path, "."), path}
}

// dataset is what requests are put to.
type dataset struct {
	*rpctest.World
	docs     []document
	projects []string            // ids
	below    map[string][]string // with their descendants
}

func newDataset(t testing.TB, d dice, on *rpctest.World, tasks int) *dataset {
	w := &dataset{World: on, below: make(map[string][]string)}
	for _, name := range []string{"p", "p/sub", "p/sub/deep", "q"} {
		id := w.Call(t, "projects.create", map[string]any{"name": name})["id"].(string)
		w.projects = append(w.projects, id)
	}
	p := w.projects
	w.below[p[0]], w.below[p[1]] = []string{p[1], p[2]}, []string{p[2]}
	var ids []string
	for i := range tasks {
		ids = append(ids, w.newTask(t, d, ids))
		if i%3 == 0 {
			w.Pass(time.Duration(d.IntN(3)) * time.Hour)
		}
	}
	all := w.Call(t, "tasks.get_all", map[string]any{"page": nil, "page_size": nil, "search_hidden": true})["tasks"].([]any)
	for _, x := range all {
		w.docs = append(w.docs, x.(document))
	}
	if len(w.docs) != tasks {
		t.Fatalf("%d of %d tasks are listed", len(w.docs), tasks)
	}
	return w
}

func (w *dataset) newTask(t testing.TB, d dice, earlier []string) string {
	args := map[string]any{}
	for _, k := range oddKeys {
		if d.IntN(3) > 0 {
			args[k] = map[string]any{"value": pick(d, oddValues), "section": "Args", "name": k}
		}
	}
	runtime := map[string]any{}
	for k, v := range map[string][]any{
		"version": {"1.0", "1.10", "2"}, "n": {5, 6.5}, "flag": {true, false}, "list": {[]any{1, "a"}, []any{}}, "dotted.key": {"x", "y"}, "gone": {nil},
	} {
		if d.IntN(2) == 0 {
			runtime[k] = pick(d, v)
		}
	}
	body := map[string]any{
		"name": pick(d, oddNames), "type": pick(d, []string{"training", "testing", "data_processing"}), "comment": pick(d, oddComments),
		"tags": d.some(oddTags, 3), "system_tags": d.some([]string{"archived", "development", "hidden"}, 1),
		"hyperparams": map[string]any{"Args": args}, "runtime": runtime,
		"script": map[string]any{"repository": pick(d, []string{"", "git@host:repo.git"}), "entry_point": pick(d, []string{"train.py", "main.py"}), "binary": pick(d, []string{"", "python3.11"})},
	}
	if slices.Contains(body["tags"].([]string), "__$all") {
		t.Fatal("tags must not be operators")
	}
	if d.IntN(4) > 0 {
		body["project"] = pick(d, w.projects)
	}
	if len(earlier) > 0 && d.IntN(3) == 0 {
		body["parent"] = pick(d, earlier[:min(5, len(earlier))])
	}
	if d.IntN(3) == 0 {
		body["execution"] = map[string]any{"queue": pick(d, []string{"q1", "q2"})}
	}
	if d.IntN(3) == 0 {
		body["models"] = map[string]any{"input": []any{map[string]any{"name": "in", "model": pick(d, []string{strings.Repeat("a", 32), strings.Repeat("b", 32)})}}}
	}
	text, _ := json.Marshal(body)
	r := w.Do(t, rpctest.Request{Path: "/v2.34/tasks.create", Body: string(text), As: pick(d, []user.Role{user.Admin, user.Member})})
	if r.Status != 200 {
		t.Fatal(r.Message)
	}
	id := r.Data["id"].(string)
	if d.IntN(2) == 0 {
		w.Call(t, "tasks.started", map[string]any{"task": id})
		w.Pass(time.Duration(d.IntN(100)) * time.Second)
		for _, name := range []string{"loss", "accuracy"} {
			for iter := range d.IntN(3) {
				w.Call(t, "events.add", map[string]any{
					"type": "training_stats_scalar", "task": id, "iter": iter, "timestamp": 1764000000000 + iter, "metric": name, "variant": "val",
					"value": float64(d.IntN(40)-20) / 8,
				})
			}
		}
		if d.IntN(2) == 0 {
			w.Call(t, pick(d, []string{"tasks.completed", "tasks.failed"}), map[string]any{"task": id})
		}
	}
	return id
}

// dice makes requests, and beside each what the oracle says to it.
type dice struct {
	*rand.Rand
	forms map[string]int
}

func pick[T any](d dice, from []T) T { return from[d.IntN(len(from))] }

func (d dice) some(from []string, most int) []string {
	out := []string{}
	for range d.IntN(most + 1) {
		out = append(out, pick(d, from))
	}
	return out
}

// form counts that a form of the language was made.
func (d dice) form(name string) { d.forms[name]++ }

// question is a request with its answer.
type question struct {
	body    map[string]any
	tests   []func(document) bool
	order   []orderKey
	search  *search
	refused int // the subcode, 0 if it is to be answered
	paths   [][]string
	named   map[string]bool // the list fields that have conditions already
}

// name notes a list field; false if it is noted already.
func (q *question) name(f field) bool {
	key := strings.Join(f.path, "\x00")
	if q.named[key] {
		return false
	}
	q.named[key] = true
	return true
}

type orderKey struct {
	path    []string
	desc    bool
	natural bool
	score   bool
}

func (q *question) test(fn func(document) bool) { q.tests = append(q.tests, fn) }

func (q *question) refuse(subcode int) { q.refused = subcode }

func (w *dataset) pool(f field) []string {
	out := []string{"none"}
	for _, doc := range w.docs {
		for _, v := range values(at(doc, f.path...)) {
			out = append(out, fmt.Sprint(v))
		}
	}
	return out
}

func (d dice) question(w *dataset) question {
	q := question{body: map[string]any{}, named: make(map[string]bool)}
	makers := []func(dice, *dataset, *question){
		dice.pattern, dice.list, dice.list, dice.block, dice.between, dice.datetime, dice.equality, dice.multi, dice.text, dice.scope, dice.ignored,
	}
	for range d.IntN(4) {
		pick(d, makers)(d, w, &q)
		if q.refused != 0 {
			return q
		}
	}
	d.ordering(w, &q)
	d.projection(&q)
	// What is hidden shows to those who ask for it, or name ids.
	if truthy, _ := q.body["search_hidden"].(bool); !truthy && !given(q.body["id"]) {
		q.test(func(doc document) bool { return !has(doc["system_tags"], "hidden") })
	}
	return q
}

func given(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case []any:
		return len(v) > 0
	}
	return v != ""
}

// escape is re.escape of Python.
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("()[]{}?*+-|^$\\.&~# \t\n\r\v\f", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// expression is a pattern and what Go makes of it. The two escape alike but
// for a few characters.
func (d dice) expression(texts []string) (string, *regexp.Regexp) {
	s := pick(d, texts)
	runes := []rune(s)
	switch d.IntN(6) {
	case 0:
		d.form("pattern: exact")
		return "^" + escape(s) + "$", regexp.MustCompile("^" + regexp.QuoteMeta(s) + "$")
	case 1:
		d.form("pattern: prefix")
		s = string(runes[:min(len(runes), 1+d.IntN(5))])
		return "^" + escape(s), regexp.MustCompile("^" + regexp.QuoteMeta(s))
	case 2:
		d.form("pattern: suffix")
		s = string(runes[len(runes)-min(len(runes), 1+d.IntN(5)):])
		return escape(s) + "$", regexp.MustCompile(regexp.QuoteMeta(s) + "$")
	case 3:
		d.form("pattern: contains")
		from := d.IntN(len(runes) + 1)
		s = string(runes[from:min(len(runes), from+1+d.IntN(5))])
		return escape(s), regexp.MustCompile(regexp.QuoteMeta(s))
	case 4:
		d.form("pattern: ignoring case")
		s = string(runes[:min(len(runes), 1+d.IntN(6))])
		return "(?i)" + escape(s), regexp.MustCompile("(?i)" + regexp.QuoteMeta(s))
	}
	d.form("pattern: expression")
	text := pick(d, []string{"train|model", "[0-9]+$", "^[a-z]+$", "a.b", "(train|res)[a-z]*", "^.$", `\d{2}`, "^(?i:TRAIN)", ".*", "[^a-z]", `^a.*on $`})
	return text, regexp.MustCompile(text)
}

func (d dice) pattern(w *dataset, q *question) {
	f := plain(pick(d, []string{"name", "name", "comment"}))
	if !q.name(f) {
		return
	}
	switch d.IntN(12) {
	case 0:
		d.form("pattern: empty")
		q.body[f.key] = ""
		return
	case 1:
		d.form("pattern: refused")
		q.body[f.key] = pick(d, []string{"(", "a(?=b)", `(a)\1`, "[z-a]"})
		q.refuse(21)
		return
	case 2:
		d.form("pattern: null")
		q.body[f.key] = nil
		return
	}
	source, re := d.expression(w.pool(f)[1:])
	q.body[f.key] = source
	if source != "" {
		q.test(func(doc document) bool { return matches(at(doc, f.path...), re) })
	}
}

func (d dice) listField() field {
	return pick(d, []field{
		plain("id"), plain("user"), plain("tags"), plain("tags"), plain("system_tags"), plain("type"), plain("status"), plain("project"), plain("parent"),
		plain("execution.queue"), plain("models.input.model"), param(pick(d, oddKeys)), param("lr"),
		{"execution.parameters.lr", []string{"hyperparams", "Args", "lr", "value"}},
	})
}

func (d dice) list(w *dataset, q *question) {
	f := d.listField()
	if !q.name(f) {
		return
	}
	pool := w.pool(f)
	if d.IntN(6) == 0 {
		s := pick(d, pool)
		d.form("list: single value")
		q.body[f.key] = s
		d.listTest(q, f, []any{s})
		return
	}
	items := []any{}
	for range d.IntN(6) {
		switch d.IntN(14) {
		case 0, 1, 2, 3:
			items = append(items, pick(d, pool))
		case 4, 5:
			d.form("list: -value")
			items = append(items, "-"+pick(d, pool))
		case 6, 7:
			op := pick(d, []string{"__$all", "__$and", "__$any", "__$or", "__$nop"})
			d.form("list: " + op)
			items = append(items, op)
		case 8, 9:
			d.form("list: __$not")
			items = append(items, "__$not", pick(d, pool))
		case 10, 11:
			d.form("list: null")
			items = append(items, nil)
		case 12:
			if d.IntN(4) == 0 {
				items = append(items, pick(d, []any{"__$what", "-", "__$not", true, []any{"a"}, map[string]any{}}))
			}
		case 13:
			items = append(items, pick(d, pool), pick(d, pool))
		}
	}
	q.body[f.key] = items
	d.listTest(q, f, items)
}

func (d dice) listTest(q *question, f field, items []any) {
	test, ok := listFilter(items)
	if !ok {
		d.form("list: refused")
		q.refuse(16)
		return
	}
	q.test(func(doc document) bool { return test(at(doc, f.path...)) })
}

func (d dice) block(w *dataset, q *question) {
	f := d.listField()
	if _, twice := q.body["filters"]; twice || strings.HasPrefix(f.key, "execution.parameters") || !q.name(f) {
		return
	}
	switch d.IntN(15) {
	case 0:
		d.form("filters: refused")
		v := pick(d, []any{nil, "x", []any{}})
		q.body["filters"] = v
		q.refuse(16)
		return
	case 1:
		d.form("filters: entry refused")
		q.body["filters"] = map[string]any{f.key: pick(d, []any{
			"x", nil,
			map[string]any{"some": 1},
			map[string]any{"op": "xor"},
			map[string]any{"any": []any{}},
			map[string]any{"any": map[string]any{"with": 1}},
			map[string]any{"all": map[string]any{"include": []any{1}}},
		})}
		q.refuse(12)
		return
	case 2:
		d.form("filters: not a list field")
		q.body["filters"] = map[string]any{"name": map[string]any{"any": map[string]any{"include": []any{"x"}}}}
		return
	}
	pool := w.pool(f)
	part := func(name string) (*blockPart, any) {
		if d.IntN(3) == 0 {
			return nil, nil
		}
		d.form("filters: " + name)
		p := &blockPart{include: d.some(pool, 2), exclude: d.some(pool, 2), includeNull: d.IntN(4) == 0, excludeNull: d.IntN(4) == 0}
		list := func(values []string, null bool) []any {
			out := []any{}
			for _, v := range values {
				out = append(out, v)
			}
			if null {
				d.form("filters: null")
				out = append(out, nil)
			}
			return out
		}
		return p, map[string]any{"include": list(p.include, p.includeNull), "exclude": list(p.exclude, p.excludeNull)}
	}
	anyPart, anyBody := part("any")
	allPart, allBody := part("all")
	entry := map[string]any{}
	if anyPart != nil {
		entry["any"] = anyBody
	}
	if allPart != nil {
		entry["all"] = allBody
	}
	or := d.IntN(2) == 0
	if or {
		d.form("filters: or")
		entry["op"] = "or"
	}
	q.body["filters"] = map[string]any{f.key: entry}
	isList := f.key == "tags" || f.key == "system_tags" || f.key == "models.input.model"
	q.test(func(doc document) bool { return blockFilter(at(doc, f.path...), anyPart, allPart, or, isList) })
	if d.IntN(3) == 0 && f.key != "id" {
		d.form("filters: wins over the key")
		q.body[f.key] = []any{"nobody has this"}
	}
}

// date writes a time in one of the forms of clients.
func (d dice) date(t time.Time) (string, time.Time) {
	switch d.IntN(5) {
	case 0:
		return t.Format("2006-01-02T15:04:05.000000+00:00"), t
	case 1:
		return t.Format("2006-01-02T15:04:05.000"), t
	case 2:
		return t.Format("2006-01-02 15:04:05.000"), t
	case 3:
		return t.In(time.FixedZone("", 2*60*60)).Format(time.RFC3339Nano), t
	}
	day := t.Truncate(24 * time.Hour)
	return day.Format("2006-01-02"), day
}

func (d dice) moment(w *dataset) time.Time {
	t, _ := moment(pick(d, w.docs)["last_update"])
	return t.Add(time.Duration(d.IntN(3)-1) * time.Millisecond).UTC()
}

func (d dice) between(w *dataset, q *question) {
	f := pick(d, []field{
		plain("created"), plain("started"), plain("active_duration"), plain("last_iteration"), metric("loss", "value"), metric("loss", "min_value"), metric("accuracy", "max_value"),
		metric("nothing", "value"),
	})
	if _, twice := q.body[f.key]; twice {
		return
	}
	if d.IntN(12) == 0 {
		d.form("range: refused")
		q.body[f.key] = pick(d, []any{[]any{nil, nil}, []any{1}, "x", 5, []any{1, 2, 3}})
		q.refuse(12)
		return
	}
	bound := func() (any, any) {
		if f.key == "created" || f.key == "started" {
			text, t := d.date(d.moment(w))
			return text, t
		}
		n := float64(d.IntN(40)-20) / 8
		if f.key == "active_duration" || f.key == "last_iteration" {
			n = float64(d.IntN(80))
		}
		if d.IntN(4) == 0 {
			d.form("range: number as text")
			return fmt.Sprint(n), n
		}
		return n, n
	}
	sentLeast, least := bound()
	sentMost, most := bound()
	switch d.IntN(4) {
	case 0:
		d.form("range: no least")
		sentLeast, least = nil, nil
	case 1:
		d.form("range: no most")
		sentMost, most = nil, nil
	default:
		d.form("range: both")
	}
	q.body[f.key] = []any{sentLeast, sentMost}
	q.test(func(doc document) bool { return inRange(at(doc, f.path...), least, most) })
}

// dates makes a datetime condition.
func (d dice) dates(w *dataset) (sent any, test func(v any) bool, refused int) {
	switch d.IntN(10) {
	case 0:
		d.form("datetime: refused")
		return pick(d, []any{5, []any{"<=2026-01-01", nil}, true, map[string]any{}}), nil, 16
	case 1:
		d.form("datetime: refused range")
		return []any{nil, nil}, nil, 12
	case 2, 3:
		d.form("datetime: range")
		a, at := d.date(d.moment(w))
		b, bt := d.date(d.moment(w))
		var sentA, sentB, least, most any = a, b, at, bt
		switch d.IntN(3) {
		case 0:
			d.form("datetime: range without least")
			sentA, least = nil, nil
		case 1:
			sentB, most = nil, nil
		}
		return []any{sentA, sentB}, func(v any) bool { return inRange(v, least, most) }, 0
	}
	type condition struct {
		op string
		t  time.Time
	}
	var list []any
	by := map[string]condition{}
	for range 1 + d.IntN(3) {
		op := pick(d, []string{">=", ">", "<=", "<", "<=", ">="})
		text, t := d.date(d.moment(w))
		if _, twice := by[op]; twice {
			d.form("datetime: the last of two counts")
		}
		by[op] = condition{op, t}
		list = append(list, op+text)
	}
	test = func(v any) bool {
		for _, c := range by {
			if !onTime(v, c.op, c.t) {
				return false
			}
		}
		return true
	}
	if len(list) == 1 {
		if d.IntN(3) == 0 {
			d.form("datetime: equal")
			t, _ := moment(pick(d, w.docs)["last_update"])
			return t.Format(time.RFC3339Nano), func(v any) bool { return onTime(v, "", t) }, 0
		}
		d.form("datetime: single")
		return list[0], test, 0
	}
	d.form("datetime: list")
	return list, test, 0
}

func (d dice) datetime(w *dataset, q *question) {
	f := plain(pick(d, []string{"status_changed", "last_update", "last_change"}))
	if _, twice := q.body[f.key]; twice {
		return
	}
	sent, test, refused := d.dates(w)
	q.body[f.key] = sent
	if q.refuse(refused); refused == 0 {
		q.test(func(doc document) bool { return test(at(doc, f.path...)) })
	}
}

func (d dice) equality(_ *dataset, q *question) {
	name := pick(d, []string{"version", "n", "flag", "list", "dotted.key", "nothing"})
	key := "runtime." + mangle(name)
	if _, twice := q.body[key]; twice {
		return
	}
	want := pick(d, []any{"1.0", "1.10", "x", 5.0, 6.5, "5", true, false, []any{1.0, "a"}, []any{}, map[string]any{}})
	d.form(fmt.Sprintf("equality: %T", want))
	q.body[key] = want
	same := func(v any) bool {
		a, _ := json.Marshal(v)
		b, _ := json.Marshal(want)
		return v != nil && string(a) == string(b)
	}
	q.test(func(doc document) bool { return same(at(doc, "runtime", name)) })
}

func (d dice) multi(w *dataset, q *question) {
	key := pick(d, []string{"_any_", "_or_", "_all_", "_and_"})
	if _, twice := q.body[key]; twice {
		return
	}
	or := key == "_any_" || key == "_or_"
	d.form("multi: " + key)
	join := func(tests []func(document) bool) {
		if len(tests) == 0 {
			return
		}
		q.test(func(doc document) bool {
			n := 0
			for _, t := range tests {
				n += btoi(t(doc))
			}
			return or && n > 0 || !or && n == len(tests)
		})
	}
	var tests []func(document) bool
	switch d.IntN(8) {
	case 0:
		d.form("multi: refused")
		q.body[key] = pick(d, []any{
			nil, "x",
			map[string]any{"fields": []any{"name"}},
			map[string]any{"pattern": "x"},
			map[string]any{"fields": []any{"name"}, "pattern": "x", "datetime": "2026-01-01"},
			map[string]any{"fields": []any{"name"}, "pattern": "x", "more": 1},
		})
		q.refuse(16)
	case 1:
		d.form("multi: unknown field")
		q.body[key] = map[string]any{"fields": []any{"name", pick(d, []string{"nose", "project.name"})}, "pattern": "x"}
		q.refuse(14)
	case 2, 3:
		d.form("multi: datetime")
		sent, test, refused := d.dates(w)
		fields := []any{"name"} // dropped: it has no dates
		for range 1 + d.IntN(2) {
			f := plain(pick(d, []string{"status_changed", "last_update", "last_change"}))
			fields = append(fields, f.key)
			if test != nil {
				tests = append(tests, func(doc document) bool { return test(at(doc, f.path...)) })
			}
		}
		q.body[key] = map[string]any{"fields": fields, "datetime": sent}
		if q.refuse(refused); refused == 0 {
			join(tests)
		}
	default:
		d.form("multi: pattern")
		fields := []any{}
		source, re := d.expression(w.pool(plain("name"))[1:])
		folded := regexp.MustCompile("(?i)" + re.String())
		for range d.IntN(4) {
			f := pick(d, []field{
				plain("name"), plain("comment"), plain("id"), plain("tags"), plain("type"), plain("parent"), plain("script.repository"), plain("script.entry_point"),
				plain("script.binary"), param("lr"), param("a.b"), plain("models.input.model"), plain("execution.queue"), plain("output.destination"),
				{"runtime.version", []string{"runtime", "version"}},
				{"runtime.dotted%2Ekey", []string{"runtime", "dotted.key"}},
				plain("status_reason"),
			})
			fields = append(fields, f.key)
			if source != "" {
				tests = append(tests, func(doc document) bool { return matches(at(doc, f.path...), folded) })
			}
		}
		q.body[key] = map[string]any{"fields": fields, "pattern": source}
		join(tests)
	}
}

func (d dice) text(w *dataset, q *question) {
	if q.search != nil {
		return
	}
	if d.IntN(8) == 0 {
		d.form("search: empty")
		if _, twice := q.body["search_text"]; !twice {
			q.body["search_text"] = pick(d, []any{"", nil})
		}
		return
	}
	s := search{words: d.some(words, 3), not: d.some(words, 1)}
	if d.IntN(3) == 0 {
		d.form("search: phrase")
		s.phrases = []string{pick(d, phrases)}
	}
	if d.IntN(6) == 0 {
		d.form("search: forbidden phrase")
		s.notPhrases = []string{pick(d, phrases)}
	}
	if d.IntN(6) == 0 {
		d.form("search: id")
		s.words = append(s.words, pick(d, []string{pick(d, w.docs)["id"].(string), strings.Repeat("a", 32)}))
	}
	if s.text() == "" {
		return
	}
	d.form("search: words")
	q.search = &s
	q.body["search_text"] = s.text()
	q.test(func(doc document) bool {
		_, found := s.score(doc)
		return found
	})
}

func (d dice) scope(w *dataset, q *question) {
	if d.IntN(2) == 0 {
		d.form("scope: search_hidden")
		q.body["search_hidden"] = true
		return
	}
	if !q.name(plain("project")) {
		return
	}
	d.form("scope: include_subprojects")
	id := pick(d, w.projects)
	sent := []any{id}
	wanted := append([]string{id}, w.below[id]...)
	null := d.IntN(4) == 0
	if null {
		d.form("scope: sub-projects and none")
		sent = append(sent, nil)
	}
	q.body["project"], q.body["include_subprojects"] = sent, true
	q.test(func(doc document) bool { return hasAny(doc["project"], wanted) || null && doc["project"] == nil })
}

func (d dice) ignored(_ *dataset, q *question) {
	d.form("ignored key")
	q.body[pick(d, []string{"execution.artifacts.x", "completed", "nose", "models.output.model", "script.binary", "project.name"})] = pick(d, []any{"x", []any{1}, 5})
}

func (d dice) ordering(_ *dataset, q *question) {
	var sent []any
	for range d.IntN(4) {
		desc := d.IntN(2) == 0
		var f field
		natural := false
		switch d.IntN(10) {
		case 0:
			f, natural = param(pick(d, oddKeys)), true
			d.form("order: parameter")
		case 1:
			f = metric(pick(d, []string{"loss", "accuracy"}), pick(d, []string{"value", "min_value", "max_value", "max_value_iteration", "count", "mean_value"}))
			d.form("order: metric")
		case 2:
			if len(sent) == 0 && !desc {
				if d.IntN(6) == 0 {
					d.form("order: refused")
					q.body["order_by"] = []any{pick(d, []string{"nose", "project.name"})}
					q.refuse(14)
					return
				}
				continue
			}
			d.form("order: unknown without effect")
			sent = append(sent, prefixed(desc, "nose"))
			continue
		case 3:
			if q.search == nil {
				if d.IntN(6) == 0 {
					d.form("order: score without search")
					q.body["order_by"] = []any{"@text_score"}
					q.refuse(16)
					return
				}
				continue
			}
			d.form("order: score")
			sent = append(sent, "@text_score")
			q.order = append(q.order, orderKey{score: true})
			continue
		default:
			f = plain(pick(d, []string{
				"name", "comment", "type", "status", "created", "started", "last_update", "user", "project", "parent", "tags", "system_tags",
				"active_duration", "last_iteration", "id", "execution.queue", "script.repository", "script.binary", "models.input.model", "runtime.version",
			}))
			d.form("order: field")
		}
		sent = append(sent, prefixed(desc, f.key))
		q.order = append(q.order, orderKey{path: f.path, desc: desc, natural: natural})
	}
	if len(sent) > 0 {
		q.body["order_by"] = sent
	}
}

func prefixed(desc bool, key string) string {
	if desc {
		return "-" + key
	}
	return key
}

func (d dice) projection(q *question) {
	q.paths = [][]string{{"id"}}
	sent := []any{"id"}
	for _, f := range []field{
		plain("name"), plain("comment"), plain("tags"), plain("script.repository"), plain("execution.queue"), plain("models.input.model"), plain("project"),
		param("a.b"),
		{"runtime.version", []string{"runtime", "version"}},
		metric("loss", "value"), plain("output.destination"), plain("started"),
		plain("execution.artifacts"), plain("last_iteration"),
	} {
		if d.IntN(6) == 0 {
			sent, q.paths = append(sent, f.key), append(q.paths, f.path)
		}
	}
	d.form("projection")
	q.body["only_fields"] = sent
	if d.IntN(40) == 0 {
		d.form("projection: refused")
		q.body["only_fields"] = append(sent, pick(d, []any{"nose", "*", "project.name", "script.*", "script.nose", "tags.x"}))
		q.refuse(14)
	}
}

// answer is what the oracle says: the documents in their order.
func (q question) answer(docs []document) []document {
	var out []document
	for _, doc := range docs {
		if !slices.ContainsFunc(q.tests, func(t func(document) bool) bool { return !t(doc) }) {
			out = append(out, doc)
		}
	}
	slices.SortFunc(out, func(a, b document) int {
		for _, k := range q.order {
			if k.score {
				sa, _ := q.search.score(a)
				sb, _ := q.search.score(b)
				if sa != sb {
					return sb - sa
				}
				continue
			}
			if sign := before(at(a, k.path...), at(b, k.path...), k.desc, k.natural); sign != 0 {
				return sign
			}
		}
		return strings.Compare(a["id"].(string), b["id"].(string))
	})
	return out
}
