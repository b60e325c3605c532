package main

import (
	"context"
	"crypto/md5" //nolint:gosec // the protocol names metrics by it
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	points "github.com/coffer-ml/coffer/internal/curve"
	"github.com/coffer-ml/coffer/internal/query"
)

// table is one pass over the world. Rows come in the order in which the table
// keeps them, as far as it keeps them in one: that is many times as quick.
type table struct {
	name    string
	columns string
	rows    func(yield func(...any) bool)
}

// fill writes the world into an empty database, with all that the server
// derives from it.
func (w *world) fill(ctx context.Context, b bulk) error {
	sorted := make([]int, w.tasks) // by id
	ids := make([]string, w.tasks)
	for n := range sorted {
		sorted[n], ids[n] = n, taskID(n)
	}
	slices.SortFunc(sorted, func(a, b int) int { return strings.Compare(ids[a], ids[b]) })
	tables := append(w.inTime(), w.byID(sorted)...)
	tables = append(tables, w.derived(sorted, ids)...)
	tables = append(tables, w.modelTables()...)
	for _, t := range tables {
		fmt.Fprintf(os.Stderr, "\r\x1b[K%s: filling %s", w, t.name)
		rows := func(yield func([]any) bool) { t.rows(func(v ...any) bool { return yield(v) }) }
		if err := b.fill(ctx, t.name, strings.Fields(t.columns), iter.Seq[[]any](rows)); err != nil {
			return err
		}
	}
	fmt.Fprintf(os.Stderr, "\r\x1b[K%s: making the indexes", w)
	for _, statement := range tallies {
		if err := b.exec(ctx, statement); err != nil {
			return err
		}
	}
	err := b.finish(ctx)
	fmt.Fprint(os.Stderr, "\r\x1b[K")
	return err
}

// tallies count what lies in the projects, as the server does with each change.
var tallies = []string{
	`INSERT INTO project_tally (project_id, kind, user_id, type, status, archived, number, seconds)
	SELECT project_id, 'task', coalesce(user_id, ''), type, status, archived, count(*),
		sum(CASE WHEN completed > started THEN (completed - started) / 1000 ELSE 0 END)
	FROM task WHERE project_id IS NOT NULL GROUP BY project_id, coalesce(user_id, ''), type, status, archived`,
	`INSERT INTO project_tally (project_id, kind, user_id, type, status, archived, number, seconds)
	SELECT project_id, 'model', coalesce(user_id, ''), '', '', archived, count(*), 0
	FROM model WHERE project_id IS NOT NULL GROUP BY project_id, coalesce(user_id, ''), archived`,
}

// inTime are the tables whose rows lie as they came.
func (w *world) inTime() []table {
	return []table{
		{"user_account", "id name name_key given_name family_name role created", func(yield func(...any) bool) {
			for n := range usersInAll {
				name := fmt.Sprintf("Person %02d", n)
				if !yield(userID(n), name, strings.ToLower(name), "Person", strconv.Itoa(n), "member", millis(epoch.Add(-span))) {
					return
				}
			}
		}},
		{"project", "id name name_key name_fold basename basename_fold parent path description description_fold user_id created last_update default_output_destination", w.projectRows},
		{"task", `id name name_fold type comment comment_fold parent project_id user_id status status_reason status_message status_changed
			created started completed last_update last_change active_duration last_worker enqueued_from
			script_repository script_branch script_entry_point output execution runtime public archived tags system_tags`, w.taskRows},
		{"task_document", "task_id script script_diff", func(yield func(...any) bool) {
			w.each(func(_ int, t sample) bool {
				script, _ := json.Marshal(map[string]any{
					"repository": t.repository, "entry_point": t.program, "binary": "python3.11", "version_num": t.id, "working_dir": ".",
					"requirements": map[string]any{"pip": "clearml == 2.1.7\nnumpy == 2.3.1\ntorch == 2.9.0\n"},
				})
				return yield(t.id, string(script), "")
			})
		}},
		{"event_progress", "id target last_iteration project_id", func(yield func(...any) bool) {
			w.each(func(n int, t sample) bool {
				return len(t.metrics) == 0 || yield(n+1, t.id, t.iteration, projectID(t.project))
			})
		}},
		{"event_series", `id owner metric variant place label levels aggregate name_key last_value min_value min_iter max_value max_iter
			first_value first_iter count mean_value project_id`, w.seriesRows},
	}
}

func (w *world) each(visit func(int, sample) bool) {
	for n := range w.tasks {
		if !visit(n, w.task(n)) {
			return
		}
	}
}

func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// text is NULL for none.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// arrayOf is a JSON array of texts in their order, NULL for none.
func arrayOf(texts []string) any {
	if len(texts) == 0 {
		return nil
	}
	doc, _ := json.Marshal(slices.Sorted(slices.Values(texts)))
	return string(doc)
}

func (w *world) projectRows(yield func(...any) bool) {
	for n := range w.projects {
		name := projectName(n)
		base, parent, path := name, "", "[]"
		if n%10 != 0 {
			_, base, _ = strings.Cut(name, "/")
			parent = projectID(n / 10 * 10)
			path = fmt.Sprintf("[%q]", parent)
		}
		sum := sha256.Sum256([]byte(name))
		made := epoch.Add(-span + time.Duration(n)*span/time.Duration(w.projects))
		if !yield(projectID(n), name, hex.EncodeToString(sum[:]), query.Fold(name), base, query.Fold(base), text(parent), path,
			"", "", userID(n%usersInAll), millis(made), millis(made.Add(time.Hour)), "") {
			return
		}
	}
}

func (w *world) taskRows(yield func(...any) bool) {
	w.each(func(_ int, t sample) bool {
		var duration any
		if !t.completed.IsZero() {
			duration = int64(t.completed.Sub(t.started) / time.Second)
		}
		return yield(t.id, t.name, query.Fold(t.name), t.kind, t.comment, query.Fold(t.comment), text(t.parent), projectID(t.project), userID(t.user),
			t.status, "", "", millis(t.update), millis(t.created), millis(t.started), millis(t.completed), millis(t.update), millis(t.update),
			duration, "worker:gpu0", "", t.repository, "main", t.program, "{}", "{}", `{"progress":"100"}`, 0, flagOf(slices.Contains(t.system, "archived")),
			arrayOf(t.tags), arrayOf(t.system))
	})
}

func (w *world) seriesRows(yield func(...any) bool) {
	id := 0
	w.each(func(n int, t sample) bool {
		for place, m := range t.metrics {
			id++
			var a points.Aggregate
			a.Add(points.Point{Iter: int64(t.iteration), Value: m.value, Time: t.update.UnixMilli()})
			if !yield(id, n+1, m.metric, m.variant, place, "", 1, a.Encode(), sum(m.metric)+"."+sum(m.variant),
				m.value, m.value, t.iteration, m.value, t.iteration, m.value, t.iteration, 1, m.value, projectID(t.project)) {
				return false
			}
		}
		return true
	})
}

// sum is how the protocol names a metric.
func sum(name string) string {
	b := md5.Sum([]byte(name)) //nolint:gosec // the protocol has it
	return hex.EncodeToString(b[:])
}

// byID are the tables whose rows lie by the id of their task.
func (w *world) byID(sorted []int) []table {
	return []table{
		{"task_tag", "task_id system tag tag_fold day project_id", func(yield func(...any) bool) {
			for _, n := range sorted {
				t := w.task(n)
				for system, tags := range [][]string{slices.Sorted(slices.Values(t.tags)), t.system} {
					for _, tag := range tags {
						if !yield(t.id, system, tag, query.Fold(tag), t.update.Unix()/(24*60*60), projectID(t.project)) {
							return
						}
					}
				}
			}
		}},
		{"task_param", "task_id section name value head number type description sort_key day project_id", func(yield func(...any) bool) {
			for _, n := range sorted {
				t := w.task(n)
				for _, p := range t.params {
					number, err := strconv.ParseFloat(p.value, 64)
					row := []any{taskID(n), p.section, p.name, p.value, p.value, number, "", "", nil, t.update.Unix() / (24 * 60 * 60), projectID(t.project)}
					if err != nil {
						row[5], row[8] = nil, query.Natural(p.value)
					}
					if !yield(row...) {
						return
					}
				}
			}
		}},
		{"task_comment", "task_id comment comment_fold", func(yield func(...any) bool) {
			for _, n := range sorted {
				if t := w.task(n); t.comment != "" && !yield(t.id, t.comment, query.Fold(t.comment)) {
					return
				}
			}
		}},
		{"task_model", "task_id input place name model_id", func(yield func(...any) bool) {
			for _, n := range sorted {
				if w.task(n).model && !yield(taskID(n), 0, 0, "model", idOf(taskStream, n)) {
					return
				}
			}
		}},
	}
}

// derived are the tables that the server derives of names and words.
func (w *world) derived(sorted []int, ids []string) []table {
	return append(searched("task", ids, func(yield func(int, string, []weighed) bool) {
		for _, n := range sorted {
			t := w.task(n)
			if !yield(n, t.name, []weighed{{t.name, 10}, {t.comment, 10}, {t.repository, 1}, {t.program, 1}}) {
				return
			}
		}
	}), table{"project_word", "word project_id weight", func(yield func(...any) bool) {
		for n := range w.projects {
			for _, word := range query.Stems(projectName(n)) {
				if !yield(word, projectID(n), 10) {
					return
				}
			}
		}
	}})
}

// weighed is a text that a word search looks at.
type weighed struct {
	text   string
	weight int32
}

// searched are the tables by which the names of a kind of entity are searched,
// and the words of its texts. Each gives the entities in the order of their
// ids, by their places in ids.
func searched(kind string, ids []string, each func(yield func(n int, name string, texts []weighed) bool)) []table {
	type worded struct{ n, weight int32 }
	words := make(map[string][]worded)
	var names []string
	known := make(map[string]bool)
	each(func(n int, name string, texts []weighed) bool {
		if !known[name] {
			known[name] = true
			names = append(names, name)
		}
		of := make(map[string]int32)
		for _, s := range texts {
			for _, word := range query.Stems(s.text) {
				of[word] += s.weight
			}
		}
		for word, weight := range of {
			words[word] = append(words[word], worded{int32(n), weight})
		}
		return true
	})
	runs := make(map[string][]int32)
	for i, name := range names {
		for _, run := range query.Trigrams(query.Fold(name)) {
			runs[run] = append(runs[run], int32(i))
		}
	}
	return []table{
		{kind + "_name", "id name name_key name_fold", func(yield func(...any) bool) {
			for i, name := range names {
				key := sha256.Sum256([]byte(name))
				if !yield(i+1, name, hex.EncodeToString(key[:]), query.Fold(name)) {
					return
				}
			}
		}},
		{kind + "_name_trigram", "trigram name_id", func(yield func(...any) bool) {
			for _, run := range slices.Sorted(maps.Keys(runs)) {
				for _, i := range runs[run] {
					if !yield(run, i+1) {
						return
					}
				}
			}
		}},
		{kind + "_word", "word " + kind + "_id weight", func(yield func(...any) bool) {
			for _, word := range slices.Sorted(maps.Keys(words)) {
				for _, of := range words[word] {
					if !yield(word, ids[of.n], of.weight) {
						return
					}
				}
			}
		}},
	}
}
