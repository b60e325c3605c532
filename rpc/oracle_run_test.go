package rpc_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/rpc/rpctest"
)

// forms are those of the language that a run must have made.
var forms = []string{
	"pattern: exact", "pattern: prefix", "pattern: suffix", "pattern: contains", "pattern: ignoring case", "pattern: expression", "pattern: empty", "pattern: refused", "pattern: null",
	"list: single value", "list: -value", "list: __$all", "list: __$and", "list: __$any", "list: __$or", "list: __$nop", "list: __$not", "list: null", "list: refused",
	"filters: any", "filters: all", "filters: or", "filters: null", "filters: refused", "filters: entry refused", "filters: not a list field", "filters: wins over the key",
	"range: no least", "range: no most", "range: both", "range: number as text", "range: refused",
	"datetime: range", "datetime: range without least", "datetime: refused", "datetime: refused range", "datetime: single", "datetime: list", "datetime: equal", "datetime: the last of two counts",
	"equality: string", "equality: float64", "equality: bool", "equality: []interface {}", "equality: map[string]interface {}",
	"multi: _any_", "multi: _or_", "multi: _all_", "multi: _and_", "multi: pattern", "multi: datetime", "multi: refused", "multi: unknown field",
	"search: words", "search: phrase", "search: forbidden phrase", "search: id", "search: empty",
	"scope: search_hidden", "scope: include_subprojects", "scope: sub-projects and none", "ignored key",
	"order: field", "order: parameter", "order: metric", "order: score", "order: score without search", "order: unknown without effect", "order: refused",
	"projection", "projection: refused", "page: all", "page: page", "page: start", "page: scroll", "page: refreshed scroll",
}

// TestRandomRequestsAreAnsweredAsTheOracleDoes puts random requests to the
// server, on each engine. COFFER_ORACLE_CASES sets how many, COFFER_ORACLE_SEED repeats a run.
func TestRandomRequestsAreAnsweredAsTheOracleDoes(t *testing.T) {
	runOracle(t, number(t, "COFFER_ORACLE_CASES", 2000))
}

func runOracle(t *testing.T, cases int) {
	seed := number(t, "COFFER_ORACLE_SEED", int(time.Now().UnixNano()))
	t.Logf("COFFER_ORACLE_SEED=%d", seed)
	d := dice{Rand: rand.New(rand.NewPCG(uint64(seed), 0)), forms: make(map[string]int)}
	const perDataset = 1000 // then another set of tasks
	for done := 0; done < cases; done += perDataset {
		t.Run(fmt.Sprint("from case ", done), func(t *testing.T) { // a world ends with its test
			w := newDataset(t, d, rpctest.New(t), 60)
			for i := range min(perDataset, cases-done) {
				q := d.question(w)
				if ok := w.ask(t, d, q); !ok {
					body, _ := json.Marshal(q.body)
					t.Fatalf("case %d of COFFER_ORACLE_SEED=%d: tasks.get_all %s", done+i, seed, body)
				}
			}
		})
		if t.Failed() {
			return
		}
	}
	for _, f := range forms {
		if d.forms[f] == 0 && cases >= 2000 {
			t.Errorf("no request had the form %q", f)
		}
	}
	for _, f := range slices.Sorted(maps.Keys(d.forms)) {
		if !slices.Contains(forms, f) {
			t.Errorf("the form %q is not listed", f)
		}
	}
}

func number(t *testing.T, name string, otherwise int) int {
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// ask puts one question and compares.
func (w *dataset) ask(t *testing.T, d dice, q question) bool {
	t.Helper()
	if q.refused != 0 {
		body, _ := json.Marshal(q.body)
		r := w.Do(t, rpctest.Request{Path: "/v2.34/tasks.get_all", Body: string(body)})
		if r.Status != 400 || r.Subcode != q.refused {
			t.Errorf("answered %d/%d %s, expected 400/%d", r.Status, r.Subcode, r.Message, q.refused)
			return false
		}
		return true
	}
	all := q.answer(w.docs)
	want := make([]document, len(all))
	for i, doc := range all {
		want[i] = projected(doc, q.paths)
	}
	got, want := w.read(t, d, q.body, want)
	if got == nil {
		return false
	}
	if len(got) != len(want) {
		t.Errorf("%d tasks, expected %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("task %d is %v, expected %v", i, got[i], want[i])
			break
		}
	}
	return !t.Failed()
}

// read asks for the list in one of the ways to go through it.
func (w *dataset) read(t *testing.T, d dice, body map[string]any, want []document) (got, part []document) {
	t.Helper()
	body = maps.Clone(body)
	send := func() (tasks []document, scroll any) {
		text, _ := json.Marshal(body)
		r := w.Do(t, rpctest.Request{Path: "/v2.34/tasks.get_all", Body: string(text)})
		// On a busy machine an expression may run out of its time, which says
		// nothing about the answer.
		for again := 0; r.Subcode == 21 && strings.Contains(r.Message, "takes more than") && again < 100; again++ {
			r = w.Do(t, rpctest.Request{Path: "/v2.34/tasks.get_all", Body: string(text)})
		}
		if r.Status != 200 {
			t.Errorf("answered %d/%d %s", r.Status, r.Subcode, r.Message)
			return nil, nil
		}
		tasks = []document{}
		for _, x := range r.Data["tasks"].([]any) {
			tasks = append(tasks, x.(document))
		}
		return tasks, r.Data["scroll_id"]
	}
	from, size := d.IntN(20), 1+d.IntN(20)
	switch d.IntN(5) {
	case 0:
		d.form("page: page")
		body["page"], body["page_size"] = from/4, size
		from = from / 4 * size
	case 1:
		d.form("page: start")
		body["start"], body["size"] = from, size
	case 2:
		d.form("page: scroll")
		body["scroll_id"], body["size"] = nil, size
		for {
			page, scroll := send()
			if page == nil {
				return nil, nil
			}
			got = append(got, page...)
			if len(page) < size {
				if got == nil {
					got = []document{}
				}
				return got, want
			}
			if len(got) > len(want) {
				t.Errorf("the scroll goes on after %d of %d tasks", len(got), len(want))
				return got, want
			}
			if body["scroll_id"] = scroll; d.IntN(20) == 0 {
				d.form("page: refreshed scroll")
				again := maps.Clone(body)
				body["refresh_scroll"] = true
				page, scroll := send()
				if !reflect.DeepEqual(page, got) {
					t.Errorf("refreshed, the scroll has %d tasks, before it had %d", len(page), len(got))
				}
				body = again
				body["scroll_id"] = scroll
			}
		}
	default:
		d.form("page: all")
		body["page"], body["page_size"] = nil, nil
		got, _ = send()
		return got, want
	}
	got, _ = send()
	return got, want[min(from, len(want)):min(from+size, len(want))]
}
