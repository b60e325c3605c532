package rpc_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
)

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
