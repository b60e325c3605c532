package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// fields is an API document, or a part of one.
type fields = map[string]any

// ask is one kind of list request.
type ask struct {
	name     string
	endpoint string // "" for tasks.get_all_ex
	budget   string // "" for that of common filters
	// body makes a request about the world. Draws come from r, so that two
	// worlds are asked alike.
	body func(w *world, r *rand.Rand) fields
	// fits tells whether a task may be in the reply; nil if all may.
	fits func(w *world, asked, task fields) bool
	// empty says that nothing may be found.
	empty bool
	// follow asks for the next pages of a scroll, and times these.
	follow bool
	// size is how many rows a page has; 0 for as many as body says.
	size int
}

// alike is the same list in pages as short as the small database has them, if
// its are shorter than the large one's: a large part of a list's time goes into
// the rows it sends.
func (a ask) alike(took [2]asking) (ask, bool) {
	large, small := int(math.Round(took[0].rows())), int(math.Round(took[1].rows()))
	if a.budget == noBudget || small >= large {
		return a, false
	}
	a.size = max(1, small)
	a.name = fmt.Sprintf("%s, %d of them", a.name, a.size)
	return a, true
}

const (
	commonBudget    = "p99 < 20 ms, ratio <= 1.5"
	substringBudget = "p99 < 50 ms"
	statsBudget     = "p99 < 100 ms"
	noBudget        = "-" // also of pages longer than fifty, which the SDK asks for
)

// columns are what the table of tasks in a web app shows.
var columns = []string{
	"id", "name", "type", "status", "tags", "system_tags", "comment", "user.name", "project.name", "parent.name",
	"started", "last_update", "last_iteration", "active_duration",
}

const pageSize = 50

// tasksWith is a request for the newest tasks that meet conditions.
func tasksWith(more fields) fields {
	out := fields{"size": pageSize, "start": 0, "order_by": []string{"-last_update"}, "only_fields": columns}
	for key, value := range more {
		out[key] = value
	}
	return out
}

func fixed(more fields) func(*world, *rand.Rand) fields {
	return func(*world, *rand.Rand) fields { return tasksWith(more) }
}

var (
	alive = []string{"__$and", "__$not", "archived"}
	// loss is the last value of a curve that most tasks have, and withLoss the
	// columns of a table that shows it.
	loss     = "last_metrics." + sum("loss") + "." + sum("validation") + ".value"
	withLoss = append(slices.Clone(columns), loss)
	byLoss   = fields{"order_by": []string{"-" + loss}, "only_fields": withLoss}
)

// lossOf is that value of a task.
func lossOf(task fields) (value float64, ok bool) {
	at := any(task)
	for _, name := range strings.Split(loss, ".") {
		of, _ := at.(fields)
		at = of[name]
	}
	value, ok = at.(float64)
	return value, ok
}

// hasLoss tells whether a task has a value of the curve, as all of a first page
// have that is ordered by it.
func hasLoss(_ *world, _, task fields) bool {
	_, ok := lossOf(task)
	return ok
}

// both tells whether a task passes two checks.
func both(a, b func(*world, fields, fields) bool) func(*world, fields, fields) bool {
	return func(w *world, asked, task fields) bool { return a(w, asked, task) && b(w, asked, task) }
}

// drawn makes requests with one value that is drawn each time.
func drawn(key string, value func(w *world, r *rand.Rand) any, more fields) func(*world, *rand.Rand) fields {
	return func(w *world, r *rand.Rand) fields {
		out := tasksWith(more)
		out[key] = value(w, r)
		return out
	}
}

func anyProject(w *world, r *rand.Rand) any { return []string{projectID(r.IntN(w.projects))} }
func largest(*world, *rand.Rand) any        { return []string{projectID(0)} }
func oneOfTheLarge(w *world, r *rand.Rand) any {
	return []string{projectID(r.IntN(max(1, w.projects/100)))}
}
func anyUser(_ *world, r *rand.Rand) any { return []string{userID(r.IntN(usersInAll))} }

func tagBetween(least, most int) func(*world, *rand.Rand) any {
	return func(_ *world, r *rand.Rand) any { return []string{topic(least + r.IntN(most-least))} }
}

func twoTags(first, second [2]int) func(*world, *rand.Rand) any {
	return func(_ *world, r *rand.Rand) any {
		return []string{"__$all", topic(first[0] + r.IntN(first[1]-first[0])), topic(second[0] + r.IntN(second[1]-second[0]))}
	}
}

func anyTask(w *world, r *rand.Rand) sample { return w.task(r.IntN(w.tasks)) }

func exactly(w *world, r *rand.Rand) any {
	return wholly(anyTask(w, r).name)
}

// wholly is the pattern by which the SDK asks for a name.
func wholly(name string) string { return "^" + escaped(name) + "$" }

func escaped(name string) string {
	return strings.NewReplacer(" ", `\ `, "-", `\-`, ".", `\.`).Replace(name)
}

// has tells whether a task has a value, or one of those, in a field.
func has(field string) func(*world, fields, fields) bool {
	return func(_ *world, asked, task fields) bool {
		value, _ := task[field].(string)
		if of, ok := task[field].(fields); ok {
			value, _ = of["id"].(string)
		}
		return slices.Contains(asked[field].([]string), value)
	}
}

func hasTags(_ *world, asked, task fields) bool {
	for _, want := range asked["tags"].([]string) {
		if !strings.HasPrefix(want, "_") && !slices.Contains(task["tags"].([]any), any(want)) {
			return false
		}
	}
	return true
}

func nameHolds(_ *world, asked, task fields) bool {
	text := strings.ReplaceAll(strings.TrimPrefix(asked["name"].(string), "^"), `\`, "")
	return strings.Contains(task["name"].(string), text)
}

func since(days int) func(*world, *rand.Rand) any {
	return func(_ *world, r *rand.Rand) any {
		from := epoch.AddDate(0, 0, -days-r.IntN(900))
		return []string{">=" + from.Format(time.RFC3339), "<" + from.AddDate(0, 0, days).Format(time.RFC3339)}
	}
}

func anywhere(pattern string) fields {
	return fields{"_any_": fields{"fields": []string{"name", "id", "comment"}, "pattern": pattern}}
}

// asks is everything that is asked of the lists.
func asks() []ask {
	name := func(what string, body func(w *world, r *rand.Rand) any) ask {
		return ask{name: what, budget: substringBudget, body: drawn("name", body, nil), fits: nameHolds}
	}
	same := func(text string) func(*world, *rand.Rand) any {
		return func(*world, *rand.Rand) any { return text }
	}
	return []ask{
		{name: "the newest", body: fixed(nil)},
		{name: "the newest not archived", body: fixed(fields{"system_tags": alive})},
		{name: "of a project", body: drawn("project", anyProject, nil), fits: has("project")},
		{name: "of a project, not archived", body: drawn("project", anyProject, fields{"system_tags": alive}), fits: has("project")},
		{name: "of the largest project, not archived", body: drawn("project", largest, fields{"system_tags": alive}), fits: has("project")},
		{name: "of a large project and a status", body: drawn("project", oneOfTheLarge, fields{"status": []string{"failed", "stopped"}, "system_tags": alive}), fits: has("project")},
		{name: "of the largest project, published, by type", body: drawn("project", largest, fields{"status": []string{"published"}, "type": []string{"testing"}}), fits: has("type")},
		{name: "of a rare status", body: fixed(fields{"status": []string{"queued"}}), fits: has("status")},
		{name: "of two statuses", body: fixed(fields{"status": []string{"failed", "stopped"}}), fits: has("status")},
		{name: "of common statuses, not archived", body: fixed(fields{"status": []string{"completed", "published"}, "system_tags": alive}), fits: has("status")},
		{name: "of a rare type", body: fixed(fields{"type": []string{"qc"}}), fits: has("type")},
		{name: "of a common type", body: fixed(fields{"type": []string{"training"}}), fits: has("type")},
		{name: "of a user", body: drawn("user", anyUser, nil), fits: has("user")},
		{name: "of a user and a status", body: drawn("user", anyUser, fields{"status": []string{"failed"}}), fits: has("user")},
		{name: "of a user, rare type", body: drawn("user", anyUser, fields{"type": []string{"qc"}}), fits: has("user")},
		{name: "common tag", body: drawn("tags", tagBetween(0, 10), nil), fits: hasTags},
		{name: "tag of one in a hundred", body: drawn("tags", tagBetween(10, 40), nil), fits: hasTags},
		{name: "tag of one in a thousand", body: drawn("tags", tagBetween(60, 300), nil), fits: hasTags},
		{name: "rare tag", body: drawn("tags", tagBetween(600, 1000), nil), fits: hasTags},
		{name: "tag of five tasks", body: drawn("tags", func(w *world, r *rand.Rand) any { return []string{release(r.IntN(w.tasks / 40 / releaseSize))} }, nil), fits: hasTags},
		{name: "absent tag", body: fixed(fields{"tags": []string{"nobody has it"}}), empty: true},
		{name: "two common tags", body: drawn("tags", twoTags([2]int{0, 4}, [2]int{4, 10}), nil), fits: hasTags},
		{name: "common and middling tag", body: drawn("tags", twoTags([2]int{0, 4}, [2]int{20, 100}), nil), fits: hasTags},
		{name: "two middling tags", body: drawn("tags", twoTags([2]int{10, 40}, [2]int{40, 200}), nil), fits: hasTags},
		{name: "two rare tags", body: drawn("tags", twoTags([2]int{500, 700}, [2]int{700, 1000}), nil), fits: hasTags},
		{name: "without a tag", body: drawn("tags", func(_ *world, r *rand.Rand) any { return []string{"-" + topic(r.IntN(5))} }, nil)},
		{name: "middling tag in a large project", body: drawn("tags", tagBetween(10, 100), fields{"project": []string{projectID(1)}}), fits: hasTags},
		{name: "common tag in a project", body: func(w *world, r *rand.Rand) fields {
			return tasksWith(fields{"project": anyProject(w, r), "tags": []string{topic(r.IntN(10))}, "system_tags": alive})
		}, fits: hasTags},
		{name: "of a parent", body: func(w *world, r *rand.Rand) fields {
			return tasksWith(fields{"parent": []string{taskID(r.IntN(w.tasks/family) * family)}})
		}, fits: has("parent")},
		{name: "fifty ids", body: func(w *world, r *rand.Rand) fields {
			ids := make([]string, pageSize)
			for i := range ids {
				ids[i] = taskID(r.IntN(w.tasks))
			}
			return tasksWith(fields{"id": ids})
		}, fits: has("id")},
		{name: "exact name", body: func(w *world, r *rand.Rand) fields {
			return fields{"name": exactly(w, r), "only_fields": []string{"id", "name", "last_update"}, "search_hidden": true, "page": 0, "page_size": 500}
		}, endpoint: "tasks.get_all", budget: noBudget},
		{name: "exact name in a project", body: func(w *world, r *rand.Rand) fields {
			t := anyTask(w, r)
			return fields{
				"name": wholly(t.name), "project": []string{projectID(t.project)}, "order_by": []string{"-last_update"},
				"only_fields": []string{"id", "name", "last_update"}, "page": 0, "page_size": 500,
			}
		}, endpoint: "tasks.get_all", budget: noBudget},
		name("name that holds a rare text", func(w *world, r *rand.Rand) any { return fmt.Sprintf("run %06d", r.IntN(w.tasks/10)) }),
		name("name that holds a middling text", func(_ *world, r *rand.Rand) any {
			return escaped(fmt.Sprintf("%s lr=%s run", data[r.IntN(len(data))], rates[r.IntN(len(rates))]))
		}),
		name("name that holds a common word", func(_ *world, r *rand.Rand) any { return models[r.IntN(len(models))] }),
		name("name that holds three letters", func(_ *world, r *rand.Rand) any { return []string{"net", "ain", "lr=", "010", "777"}[r.IntN(5)] }),
		{name: "name that holds an absent text", budget: substringBudget, body: drawn("name", same("zzqx"), nil), empty: true},
		{name: "name that holds an absent text of known letters", budget: substringBudget, body: drawn("name", same("resnet50 on resnet50"), nil), empty: true},
		name("name that begins with a rare text", func(w *world, r *rand.Rand) any {
			return "^" + escaped(fmt.Sprintf("search %s: Args/lr=%s Args/seed=%d", data[r.IntN(len(data))], rates[r.IntN(len(rates))], 10+r.IntN(90)))
		}),
		name("name that begins with a common word", func(_ *world, r *rand.Rand) any { return "^" + verbs[r.IntN(len(verbs))] }),
		{name: "common word in a large project", budget: substringBudget, body: drawn("name", func(_ *world, r *rand.Rand) any { return models[r.IntN(len(models))] }, fields{"project": []string{projectID(1)}}), fits: nameHolds},
		{name: "name, id or comment that holds a rare text", budget: substringBudget, body: func(w *world, r *rand.Rand) fields {
			return tasksWith(anywhere(fmt.Sprintf("run %06d", r.IntN(w.tasks/10))))
		}},
		{name: "name, id or comment that holds a common word", budget: substringBudget, body: func(_ *world, r *rand.Rand) fields {
			return tasksWith(anywhere(models[r.IntN(len(models))]))
		}},
		{name: "name, id or comment that holds an absent text", budget: substringBudget, body: fixed(anywhere("zzqx")), empty: true},
		{name: "words, rare", body: func(w *world, r *rand.Rand) fields {
			return tasksWith(fields{"search_text": fmt.Sprintf("%07d", r.IntN(w.tasks))})
		}},
		{name: "words, common", body: func(_ *world, r *rand.Rand) fields {
			return tasksWith(fields{"search_text": models[r.IntN(len(models))] + " " + data[r.IntN(len(data))]})
		}},
		{name: "updated within a day", body: drawn("last_update", since(1), nil)},
		{name: "updated within a month, by name", body: drawn("last_update", since(30), fields{"order_by": []string{"name"}})},
		{name: "created within a week", body: func(_ *world, r *rand.Rand) fields {
			from := epoch.AddDate(0, 0, -7-r.IntN(900))
			return tasksWith(fields{"created": []string{from.Format(time.RFC3339), from.AddDate(0, 0, 7).Format(time.RFC3339)}})
		}},
		{name: "status changed within a week, of a user", body: drawn("status_changed", since(7), fields{"user": []string{userID(3)}}), fits: has("user")},
		{name: "started within a month, failed", body: func(_ *world, r *rand.Rand) fields {
			from := epoch.AddDate(0, 0, -30-r.IntN(900))
			return tasksWith(fields{"started": []string{from.Format(time.RFC3339), from.AddDate(0, 0, 30).Format(time.RFC3339)}, "status": []string{"failed"}})
		}, fits: has("status")},
		{name: "parameter, common value", body: drawn("hyperparams.Args.lr.value", func(_ *world, r *rand.Rand) any { return []string{rates[r.IntN(len(rates))]} }, nil)},
		{name: "parameter, rare value", body: drawn("hyperparams.Args.seed.value", func(_ *world, r *rand.Rand) any { return []string{fmt.Sprint(r.IntN(1_000_000))} }, nil)},
		{name: "parameter in a large project", body: drawn("hyperparams.Args.optimizer.value", func(_ *world, r *rand.Rand) any {
			return []string{optimisers[r.IntN(len(optimisers))]}
		}, fields{"project": []string{projectID(1)}})},
		{name: "by name", body: fixed(fields{"order_by": []string{"name"}})},
		{name: "by name, downwards", body: fixed(fields{"order_by": []string{"-name"}})},
		{name: "by name in a large project", body: drawn("project", oneOfTheLarge, fields{"order_by": []string{"name"}}), fits: has("project")},
		{name: "by start", body: fixed(fields{"order_by": []string{"-started"}})},
		{name: "by start in the largest project", body: drawn("project", largest, fields{"order_by": []string{"-started"}}), fits: has("project")},
		{name: "by creation in the largest project", body: drawn("project", largest, fields{"order_by": []string{"created"}}), fits: has("project")},
		{name: "by duration in the largest project", body: drawn("project", largest, fields{"order_by": []string{"-active_duration"}}), fits: has("project")},
		{name: "by iteration in the largest project", body: drawn("project", largest, fields{"order_by": []string{"-last_iteration"}}), fits: has("project")},
		{name: "by status in the largest project", body: drawn("project", largest, fields{"order_by": []string{"status", "-last_update"}}), fits: has("project")},
		{name: "by metric", body: fixed(byLoss), fits: hasLoss},
		{name: "by metric, upwards", body: fixed(fields{"order_by": []string{loss}, "only_fields": withLoss}), fits: hasLoss},
		{name: "by metric in a project", body: drawn("project", anyProject, byLoss), fits: has("project")},
		{name: "by metric in the largest project", body: drawn("project", largest, byLoss), fits: both(has("project"), hasLoss)},
		{name: "by metric, not archived, completed", body: fixed(fields{"order_by": []string{"-" + loss}, "only_fields": withLoss, "system_tags": alive, "status": []string{"completed"}}), fits: both(has("status"), hasLoss)},
		{name: "metric in a range", body: fixed(fields{loss: []any{9.5, nil}, "only_fields": withLoss}), fits: func(_ *world, _, task fields) bool {
			value, ok := lossOf(task)
			return ok && value >= 9.5
		}},
		{name: "by parameter", body: fixed(fields{"order_by": []string{"-hyperparams.Args.seed.value"}})},
		{name: "by parameter that many share", body: fixed(fields{"order_by": []string{"hyperparams.Args.lr.value"}})},
		{name: "by parameter of texts that many share", body: fixed(fields{"order_by": []string{"hyperparams.Args.optimizer.value"}})},
		{name: "by parameter in a project", body: drawn("project", anyProject, fields{"order_by": []string{"hyperparams.Args.lr.value"}}), fits: has("project")},
		{name: "by parameter in the largest project", body: drawn("project", largest, fields{"order_by": []string{"-hyperparams.Args.lr.value"}}), fits: has("project")},
		{name: "next page of a scroll", body: fixed(fields{"scroll_id": nil, "system_tags": alive}), follow: true},
		{name: "next page of a scroll in a project", body: drawn("project", oneOfTheLarge, fields{"scroll_id": nil, "size": 500, "only_fields": []string{"id", "name", "last_update"}}), follow: true, budget: noBudget},
		{name: "next page of a scroll by name", body: fixed(fields{"scroll_id": nil, "order_by": []string{"name"}}), follow: true},
		{name: "next page of a scroll by parameter", body: fixed(fields{"scroll_id": nil, "order_by": []string{"hyperparams.Args.lr.value"}}), follow: true},
		{name: "the hundredth page", body: fixed(fields{"start": 100 * pageSize})},
		{name: "from the middle", body: func(w *world, _ *rand.Rand) fields { return tasksWith(fields{"start": w.tasks / 2}) }, budget: noBudget},
		{name: "from the middle of the largest project", body: func(w *world, _ *rand.Rand) fields {
			return tasksWith(fields{"start": int(w.places[0] / w.places[len(w.places)-1] * float64(w.tasks) / 2), "project": []string{projectID(0)}, "system_tags": alive})
		}, budget: noBudget},
		{name: "projects, the newest", endpoint: "projects.get_all_ex", body: fixed(fields{"only_fields": []string{"id", "name", "basename", "last_update", "tags", "user.name"}})},
		{name: "projects at the top", endpoint: "projects.get_all_ex", body: fixed(fields{"shallow_search": true, "only_fields": []string{"id", "name", "last_update"}})},
		{name: "projects below one", endpoint: "projects.get_all_ex", body: drawn("parent", func(w *world, r *rand.Rand) any { return []string{projectID(r.IntN(w.projects/10) * 10)} }, fields{"only_fields": []string{"id", "name"}})},
		{name: "projects by name that holds", endpoint: "projects.get_all_ex", budget: substringBudget, body: drawn("name", func(_ *world, r *rand.Rand) any { return data[r.IntN(len(data))] }, fields{"only_fields": []string{"id", "name"}})},
		{name: "fifty projects with stats", endpoint: "projects.get_all_ex", budget: statsBudget, body: fixed(fields{"include_stats": true, "shallow_search": true, "only_fields": []string{"id", "name", "last_update"}})},
	}
}
