package rpc_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

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
		s.words = append(s.words, pick(d, []string{pick(d, w.docs)["id"].(string), pick(d, w.models)}))
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
		sign := strings.Compare(a["id"].(string), b["id"].(string))
		if n := len(q.order); n > 0 && q.order[n-1].desc && !q.order[n-1].score { // as the last key goes
			return -sign
		}
		return sign
	})
	return out
}
