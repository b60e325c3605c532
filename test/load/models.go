package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/internal/query"
)

// perTask is how many models a task made on average, in the databases of
// models: snapshots of one training are several.
const perTask = 5

// measureModels asks two databases of models, a large and a small one, for the
// same lists in turn.
func (b *bench) measureModels(ctx context.Context) error {
	return b.measureWorlds(ctx, "models", modelWorld(b.models), modelWorld(few), modelAsks())
}

func modelWorld(models int) *world {
	w := newWorld(models/perTask, models/perProject)
	w.models = models
	return w
}

var (
	frameworks = choice([]string{"PyTorch", "TensorFlow", "ScikitLearn", "XGBoost", "Keras", "ONNX"}, 60, 15, 10, 8, 5, 2)
	stages     = choice([]string{"experiment", "staging", "retired", "production"}, 80, 12, 6, 2)
)

// modelSample is a model, of which everything follows from its number.
type modelSample struct {
	id, name, comment, framework, uri string
	task                              sample
	ready, archived                   bool
	created, update                   time.Time
	tags, system                      []string
	metadata                          []param // section has the type
}

func modelID(n int) string { return idOf(modelStream, n) }

// model makes the n-th in the order of time.
func (w *world) model(n int) modelSample {
	r := rand.New(rand.NewPCG(uint64(n), modelStream))
	m := modelSample{id: modelID(n), task: w.task(n / perTask), framework: frameworks.draw(r), ready: r.IntN(100) < 20}
	kind, on := models[r.IntN(len(models))], data[r.IntN(len(data))]
	if r.IntN(2) == 0 { // as the SDK names what a task saves
		m.name = m.task.name + " - " + kind
	} else {
		m.name = fmt.Sprintf("%s fine-tuned on %s %06d", kind, on, n)
	}
	if r.IntN(100) < 4 {
		m.comment = fmt.Sprintf("the best %s so far, from run %d", kind, r.IntN(w.models))
	}
	m.uri = fmt.Sprintf("s3://models/%s/%s/weights.%05d.pt", on, m.task.id, n%perTask*1000)
	m.created = epoch.Add(-span + time.Duration(float64(span)*float64(n)/float64(w.models)))
	m.update = m.created.Add(time.Duration(r.IntN(36_000_000)) * time.Millisecond)
	for range []int{0, 0, 1, 1, 1, 2, 2, 3, 4, 6}[r.IntN(10)] {
		if tag := topic(w.topics.draw(r)); !slices.Contains(m.tags, tag) {
			m.tags = append(m.tags, tag)
		}
	}
	if m.archived = r.IntN(100) < 15; m.archived {
		m.system = []string{"archived"}
	}
	m.metadata = append(m.metadata,
		param{"str", "stage", stages.draw(r)}, param{"float", "accuracy", fmt.Sprint(float64(r.IntN(1000)) / 1000)}, param{"int", "layers", fmt.Sprint(1 + r.IntN(96))})
	return m
}

// modelTables are the tables of the models, if the world has some.
func (w *world) modelTables() []table {
	if w.models == 0 {
		return nil
	}
	sorted, ids := make([]int, w.models), make([]string, w.models)
	for n := range sorted {
		sorted[n], ids[n] = n, modelID(n)
	}
	slices.SortFunc(sorted, func(a, b int) int { return strings.Compare(ids[a], ids[b]) })
	tables := []table{
		{"model", `id name name_fold comment comment_fold uri place path_key framework task_id parent project_id user_id
			ready public archived created last_update last_change labels cache design iteration`, w.modelRows},
		{"model_tag", "model_id system tag tag_fold day", func(yield func(...any) bool) {
			for _, n := range sorted {
				m := w.model(n)
				for system, tags := range [][]string{slices.Sorted(slices.Values(m.tags)), m.system} {
					for _, tag := range tags {
						if !yield(m.id, system, tag, query.Fold(tag), m.update.Unix()/(24*60*60)) {
							return
						}
					}
				}
			}
		}},
		{"model_comment", "model_id comment comment_fold", func(yield func(...any) bool) {
			for _, n := range sorted {
				if m := w.model(n); m.comment != "" && !yield(m.id, m.comment, query.Fold(m.comment)) {
					return
				}
			}
		}},
		{"model_metadata", "model_id key type value number sort_key day", func(yield func(...any) bool) {
			for _, n := range sorted {
				m := w.model(n)
				slices.SortFunc(m.metadata, func(a, b param) int { return strings.Compare(a.name, b.name) })
				for _, p := range m.metadata {
					row := []any{m.id, p.name, p.section, p.value, nil, nil, m.update.Unix() / (24 * 60 * 60)}
					if number, err := strconv.ParseFloat(p.value, 64); err == nil {
						row[4] = number
					} else {
						row[5] = query.Natural(p.value)
					}
					if !yield(row...) {
						return
					}
				}
			}
		}},
	}
	return append(tables, searched("model", ids, func(yield func(int, string, []weighed) bool) {
		for _, n := range sorted {
			m := w.model(n)
			if !yield(n, m.name, []weighed{{m.name, 10}, {m.comment, 10}}) {
				return
			}
		}
	})...)
}

func (w *world) modelRows(yield func(...any) bool) {
	for n := range w.models {
		m := w.model(n)
		if !yield(m.id, m.name, query.Fold(m.name), m.comment, query.Fold(m.comment), m.uri, m.uri, nil, m.framework, m.task.id, nil,
			projectID(m.task.project), userID(m.task.user), flagOf(m.ready), 0, flagOf(m.archived), millis(m.created), millis(m.update), millis(m.update),
			`{"cat":0,"dog":1}`, nil, nil, n%perTask*1000) {
			return
		}
	}
}

func flagOf(b bool) int {
	if b {
		return 1
	}
	return 0
}

// modelColumns are what the table of models in a web app shows.
var modelColumns = []string{
	"id", "name", "tags", "system_tags", "comment", "framework", "ready", "uri", "created", "last_update", "user.name", "project.name", "task.name", "parent",
}

// modelsWith is a request for the newest models that meet conditions.
func modelsWith(more fields) fields {
	out := tasksWith(more)
	out["only_fields"] = modelColumns
	return out
}

// modelFits tells whether a model has the name, the tags and the metadata that
// were asked for.
func modelFits(w *world, asked, m fields) bool {
	if _, ok := asked["name"]; ok && !nameHolds(w, asked, m) {
		return false
	}
	if _, ok := asked["tags"]; ok && !hasTags(w, asked, m) {
		return false
	}
	return true
}

// modelAsks is what is asked of lists of models.
func modelAsks() []ask {
	list := func(name, budget string, conditions func(w *world, r *rand.Rand) fields) ask {
		return ask{
			name: name, budget: budget, endpoint: "models.get_all_ex", fits: modelFits,
			body: func(w *world, r *rand.Rand) fields { return modelsWith(conditions(w, r)) },
		}
	}
	of := func(conditions fields) func(*world, *rand.Rand) fields {
		return func(*world, *rand.Rand) fields { return conditions }
	}
	kind := func(r *rand.Rand) string { return models[r.IntN(len(models))] }
	tag := func(r *rand.Rand, least, most int) []string { return []string{topic(least + r.IntN(most-least))} }
	accuracy := func(r *rand.Rand) []string { return []string{fmt.Sprint(float64(r.IntN(1000)) / 1000)} }
	return []ask{
		list("the newest models", "", of(nil)),
		list("models, not archived", "", of(fields{"system_tags": alive})),
		list("models of a project", "", func(w *world, r *rand.Rand) fields {
			return fields{"project": anyProject(w, r), "system_tags": alive}
		}),
		list("models of a task", "", func(w *world, r *rand.Rand) fields { return fields{"task": []string{taskID(r.IntN(w.tasks))}} }),
		list("models, published, of a user", "", func(_ *world, r *rand.Rand) fields {
			return fields{"ready": true, "user": []string{userID(r.IntN(usersInAll))}}
		}),
		list("models of a rare framework", "", of(fields{"framework": []string{"ONNX"}})),
		list("models, rare tag", "", func(_ *world, r *rand.Rand) fields { return fields{"tags": tag(r, 600, 1000)} }),
		list("models, common tag", "", func(_ *world, r *rand.Rand) fields { return fields{"tags": tag(r, 0, 10)} }),
		list("models, rare metadata", "", func(_ *world, r *rand.Rand) fields { return fields{"metadata.accuracy.value": accuracy(r)} }),
		list("models, middling metadata", "", of(fields{"metadata.stage.value": []string{"production"}})),
		list("models, common metadata", "", of(fields{"metadata.stage.value": []string{"experiment"}})),
		list("models whose name holds a common word", substringBudget, func(_ *world, r *rand.Rand) fields { return fields{"name": kind(r)} }),
		list("models whose name holds a rare text", substringBudget, func(w *world, r *rand.Rand) fields {
			return fields{"name": fmt.Sprintf("%05d", r.IntN(w.models/10))}
		}),
		list("models by name, common tag, middling metadata", substringBudget, func(_ *world, r *rand.Rand) fields {
			return fields{"name": kind(r), "tags": tag(r, 0, 10), "metadata.stage.value": []string{"staging"}}
		}),
		list("models by name, middling tag, common metadata", substringBudget, func(_ *world, r *rand.Rand) fields {
			return fields{"name": kind(r), "tags": tag(r, 10, 100), "metadata.stage.value": []string{"experiment"}}
		}),
		list("models by name, rare tag, metadata", substringBudget, func(_ *world, r *rand.Rand) fields {
			return fields{"name": kind(r), "tags": tag(r, 600, 1000), "metadata.stage.value": []string{"production", "staging"}}
		}),
		list("models by name, common tag, common metadata", substringBudget, func(_ *world, r *rand.Rand) fields {
			return fields{"name": "fine-tuned", "tags": tag(r, 0, 3), "metadata.stage.value": []string{"experiment"}}
		}),
		list("models by name, common tag, rare metadata", substringBudget, func(_ *world, r *rand.Rand) fields {
			return fields{"name": kind(r), "tags": tag(r, 0, 3), "metadata.accuracy.value": accuracy(r)}
		}),
		list("models by rare name, common tag, common metadata", substringBudget, func(w *world, r *rand.Rand) fields {
			return fields{"name": fmt.Sprintf("%05d", r.IntN(w.models/10)), "tags": tag(r, 0, 3), "metadata.stage.value": []string{"experiment"}}
		}),
		list("models by metadata, in order", "", of(fields{"order_by": []string{"-metadata.accuracy.value"}})),
		list("models by name, in order", "", of(fields{"order_by": []string{"name"}})),
	}
}
