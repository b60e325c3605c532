package sqlstore

import (
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/model"
)

var modelTags = tagTable{table: "model_tag", owner: "model_id", dated: "model"}

// modelSource maps model.Fields to columns.
var modelSource = source{
	table: "model",
	words: &modelWords,
	fields: map[string]field{
		"id":              idField("model.id"),
		"name":            listed(nameField("model.name"), &modelNames),
		"comment":         noted(noteField("model.comment"), &modelComments),
		"user":            within(refField("model.user_id"), "last_update"),
		"project":         within(refField("model.project_id"), "last_update"),
		"task":            within(refField("model.task_id"), "created"),
		"parent":          within(refField("model.parent")),
		"tags":            dated(tagField(modelTags, 0), "model_tag_by_tag"),
		"system_tags":     flagged(dated(tagField(modelTags, 1), "model_tag_by_tag"), map[string]string{model.Archived: "model.archived"}),
		"framework":       within(textField("model.framework")),
		"uri":             within(field{kind: query.Text, value: "model.place", long: true}),
		"ready":           {kind: query.Bool, value: "model.ready"},
		"created":         timeField("model.created"),
		"last_update":     timeField("model.last_update"),
		"last_change":     timeField("model.last_change"),
		"last_changed_by": refField("model.last_changed_by"),
		"last_iteration": {
			kind:  query.Number,
			value: "coalesce((SELECT p.last_iteration FROM event_progress p WHERE p.target = model.id), 0)",
		},
	},
	family: map[string]func([]string) (field, bool){
		"metadata":     itemField,
		"last_metrics": metricField,
	},
}

// itemField is the field "metadata.<key>", which is its value, or one of its
// other parts.
func itemField(path []string) (field, bool) {
	f := field{kind: query.Text, value: "v.value", number: "v.number", natural: "v.sort_key", long: true}
	if len(path) == 2 {
		switch path[1] {
		case "value":
		case "type", "key":
			f = field{kind: query.Text, value: "v." + path[1]}
		default:
			return missingField(query.Text), true
		}
		path = path[:1]
	}
	if len(path) != 1 {
		return field{}, false
	}
	f.rows = &rows{table: "model_metadata", owner: "model_id", where: "v.key = ?", args: []any{clean(path[0])}, single: true}
	if f.number != "" {
		f.ranks = valueRanking(*f.rows, f.head())
		f.byDay = "model_metadata_by_value"
	}
	return f, true
}
