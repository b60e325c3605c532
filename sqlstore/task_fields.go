package sqlstore

import (
	"strings"

	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/task"
)

// taskSource maps task.Fields to columns.
var taskSource = source{
	table: "task",
	rowed: true,
	words: &taskWords,
	fields: map[string]field{
		"id":              idField("task.id"),
		"name":            listed(nameField("task.name"), &taskNames),
		"comment":         noted(noteField("task.comment"), &taskComments),
		"report":          missingField(query.Text), // reports are no part of this server yet
		"user":            within(refField("task.user_id"), "last_update"),
		"project":         within(refField("task.project_id"), "last_update", "name"),
		"parent":          within(refField("task.parent")),
		"type":            ofFew(within(textField("task.type"), "last_update")),
		"status":          ofFew(within(textField("task.status"), "last_update")),
		"tags":            dated(tagField(taskTags, 0), "task_tag_by_tag"),
		"system_tags":     flagged(dated(tagField(taskTags, 1), "task_tag_by_tag"), map[string]string{task.Archived: "task.archived", task.Hidden: "task.hidden"}),
		"created":         spanned(timeField("task.created"), "task_by_creation_day"),
		"started":         spanned(maybeTimeField("task.started"), "task_by_start_day"),
		"completed":       maybeTimeField("task.completed"),
		"published":       maybeTimeField("task.published"),
		"last_update":     spanned(timeField("task.last_update"), ""),
		"last_change":     timeField("task.last_change"),
		"last_changed_by": refField("task.last_changed_by"),
		"last_worker":     textField("task.last_worker"),
		"status_changed":  spanned(timeField("task.status_changed"), "task_by_status_change_day"),
		"active_duration": {kind: query.Number, value: "task.active_duration", null: true, ranks: &ranking{
			phases: []phase{{"task.active_duration IS NOT NULL", []string{"task.active_duration"}}}, keys: valueAlone,
		}},
		"last_iteration": {
			kind:  query.Number,
			value: "coalesce((SELECT p.last_iteration FROM event_progress p WHERE p.target = task.id), 0)",
			ranks: &ranking{
				from: "event_progress p", id: "p.target", where: "TRUE", filed: "p.project_id", least: true,
				phases: []phase{{"p.last_iteration > 0", []string{"p.last_iteration"}}}, keys: valueOrZero,
			},
		},
		"status_reason":       textField("task.status_reason"),
		"status_message":      textField("task.status_message"),
		"script.repository":   textField("task.script_repository"),
		"script.branch":       textField("task.script_branch"),
		"script.entry_point":  textField("task.script_entry_point"),
		"script.diff":         documentField("v.script_diff", ""),
		"script.binary":       binaryField(),
		"script.tag":          documentField("v.script", "tag"),
		"script.version_num":  documentField("v.script", "version_num"),
		"script.working_dir":  documentField("v.script", "working_dir"),
		"output.destination":  memberField("task.output", "destination"),
		"output.result":       memberField("task.output", "result"),
		"output.error":        memberField("task.output", "error"),
		"execution.framework": memberField("task.execution", "framework"),
		"execution.queue":     within(refField("task.execution_queue")),
		"models.input.model":  modelField("v.model_id", 1),
		"models.input.name":   modelField("v.name", 1),
		"models.output.model": modelField("v.model_id", 0),
		"models.output.name":  modelField("v.name", 0),
	},
	family: map[string]func([]string) (field, bool){
		"hyperparams":  paramField,
		"last_metrics": filedMetricField,
		"runtime":      objectField("task.runtime"),
		"container":    objectField("task.container"),
	},
}

func listed(f field, n *names) field {
	f.names = n
	return within(f)
}

// binaryField is the interpreter, which is Python unless a task says otherwise.
func binaryField() field {
	f := documentField("v.script", "binary")
	f.otherwise = "python"
	return f
}

// dated marks a field whose rows have the day of the last update, by which an
// index has them.
func dated(f field, index string) field {
	f.byDay = index
	return f
}

// flagged names the columns that tell whether a list holds certain texts.
func flagged(f field, flags map[string]string) field {
	f.flags = flags
	return f
}

func ofFew(f field) field {
	f.few = true
	return f
}

func spanned(f field, daily string) field {
	f.spanned, f.daily = true, daily
	return f
}

func noted(f field, k *comments) field {
	f.comments = k
	return f
}

func modelField(column string, input int) field {
	return field{kind: query.List, value: column, rows: &rows{table: "task_model", owner: "task_id", where: "v.input = ?", args: []any{input}}}
}

// paramField is the field "hyperparams.<section>.<name>", which is its value,
// or one of its other parts.
func paramField(path []string) (field, bool) {
	f := field{kind: query.Text, value: "v.value", number: "v.number", natural: "v.sort_key", long: true, headed: "v.head"}
	if len(path) == 3 {
		switch path[2] {
		case "value":
		case "type", "description", "name", "section":
			f = field{kind: query.Text, value: "v." + path[2]}
		default:
			return missingField(query.Text), true
		}
		path = path[:2]
	}
	f.rows = &rows{table: "task_param", owner: "task_id", filed: "v.project_id"}
	switch len(path) {
	case 1: // a whole section compares to nothing, but may be missing
		f = field{kind: query.Text, value: "CAST(NULL AS TEXT)", rows: f.rows}
		f.rows.where, f.rows.args = "v.section = ?", []any{clean(path[0])}
	case 2:
		f.rows.where, f.rows.args = "v.section = ? AND v.name = ?", []any{clean(path[0]), clean(path[1])}
		f.rows.single = true
		if f.number != "" {
			f.ranks = valueRanking(*f.rows, f.head())
			f.byDay = "task_param_by_value"
		}
	default:
		return field{}, false
	}
	return f, true
}

// valueRanking goes by values that may be numbers: these, then texts that are
// none. Empty ones come last.
func valueRanking(of rows, head string) *ranking {
	return &ranking{
		from: of.table + " v", id: "v." + of.owner, where: of.where, filed: of.filed, keys: valueKeys,
		phases: []phase{
			{"v.number IS NOT NULL", []string{"v.number", head}},
			{"v.number IS NULL AND v.sort_key <> ''", []string{"v.sort_key", head}},
		},
	}
}

// valueKeys are number, sort key and head; downwards there is also what puts
// empty texts last and numbers behind texts.
func valueKeys(phase int, values []any, desc bool) []any {
	var out []any
	empty, numeric := int64(0), int64(0)
	switch phase {
	case 0:
		out, numeric = []any{values[0], nil, values[1]}, 1
	case 1:
		out = []any{nil, values[0], values[1]}
	default:
		out, empty = []any{nil, nil, nil}, 1
	}
	if desc {
		out = append([]any{empty, numeric}, out...)
	}
	return out
}

func valueAlone(phase int, values []any, _ bool) []any {
	if phase == without {
		return []any{nil}
	}
	return values
}

func valueOrZero(phase int, values []any, _ bool) []any {
	if phase == without {
		return []any{int64(0)}
	}
	return values
}

// metricColumns are the parts of a summary as the protocol names them.
var metricColumns = map[string]string{
	"value":                 "v.last_value",
	"min_value":             "v.min_value",
	"min_value_iteration":   "v.min_iter",
	"max_value":             "v.max_value",
	"max_value_iteration":   "v.max_iter",
	"first_value":           "v.first_value",
	"first_value_iteration": "v.first_iter",
	"count":                 "v.count",
	"mean_value":            "v.mean_value",
}

// taskSeries are the series with the tasks that they belong to. Those that
// wait to be swept have none.
const taskSeries = `(SELECT p.target, s.name_key, s.last_value, s.min_value, s.min_iter, s.max_value, s.max_iter, s.first_value, s.first_iter,
	s.count, s.mean_value FROM event_series s JOIN event_progress p ON p.id = s.owner)`

// seriesOfTask is taskSeries where the task is known. An engine that does not know
// how often a name occurs would go through the curves of that name of all tasks,
// since the index that has them by value holds all that is asked for.
func seriesOfTask(d dialect) string {
	return strings.Replace(taskSeries, "event_series s", "event_series s"+d.by("event_series_by_key"), 1)
}

// metricField is the field "last_metrics.<metric>.<variant>.<part>", where
// metric and variant are MD5 sums.
func metricField(path []string) (field, bool) {
	if len(path) != 3 {
		return missingField(query.Number), true
	}
	column, ok := metricColumns[path[2]]
	if !ok {
		return missingField(query.Number), true
	}
	var ranks *ranking
	if path[2] == "value" {
		ranks = &ranking{
			from: "event_series s CROSS JOIN event_progress p", id: "p.target", where: "s.name_key = ? AND p.id = s.owner",
			phases: []phase{{"s.last_value IS NOT NULL", []string{"s.last_value"}}}, keys: valueAlone,
		}
	}
	return field{
		kind: query.Number, value: column, ranks: ranks,
		rows: &rows{table: taskSeries, near: seriesOfTask, owner: "target", where: "v.name_key = ?", args: []any{clean(path[0] + "." + path[1])}},
	}, true
}

// filedMetricField is metricField of tasks, whose project stands beside each series.
func filedMetricField(path []string) (field, bool) {
	f, ok := metricField(path)
	if f.ranks != nil {
		f.ranks.filed = "s.project_id"
	}
	return f, ok
}
