package sqlstore_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// drawnColumns hold what was drawn at random, or is made of that.
var drawnColumns = map[string]bool{
	"blob.store_key": true, "volume.mark": true, "user_key.secret_hash": true, "setting.value": true, "audit.id": true,
}

// rowReferences are the columns that hold the number of a row of another table.
var rowReferences = map[string]string{
	"generation.file_id": "file", "generation.blob_id": "blob", "artifact.newest": "artifact_version",
	"artifact_version.artifact_id": "artifact", "artifact_version.generation": "generation",
	"task_name_trigram.name_id": "task_name", "artifact_name_trigram.name_id": "artifact_name", "model_name_trigram.name_id": "model_name",
	"model_version.generation":     "generation",
	"artifact_metadata.version_id": "artifact_version",
	"event_dead.owner":             "event_progress", "event_series.owner": "event_progress", "event_log.owner": "event_progress",
	"event_item.owner": "event_progress", "event_metric.owner": "event_progress", "event_node.series": "event_series",
	"event_item.generation": "generation",
}

// numbered are the tables whose rows have numbers of the engine's making.
var numbered = []string{
	"blob", "file", "generation", "artifact", "artifact_version", "event_progress", "event_series", "event_item", "task_name", "artifact_name", "model_name", "model_version",
}

// dump returns every row of every table as a text, in order, with names in the
// place of what was drawn. The numbers of rows become their ranks: engines
// draw them differently, but in one order.
func (a *actor) dump(t *testing.T) map[string][]string {
	t.Helper()
	tables, columns, err := a.db.Dump(context.Background())
	must(t, err)
	ranks := make(map[string]map[any]int)
	for _, name := range numbered {
		var ids []int64
		at := slices.Index(columns[name], "id")
		for _, row := range tables[name] {
			ids = append(ids, row[at].(int64))
		}
		if name == "event_progress" { // those that wait to be swept are not there any more
			for _, row := range tables["event_dead"] {
				ids = append(ids, row[0].(int64))
			}
		}
		slices.Sort(ids)
		ranks[name] = make(map[any]int)
		for i, id := range ids {
			ranks[name][id] = i + 1
		}
	}
	out := make(map[string][]string)
	for name, rows := range tables {
		out[name] = []string{}
		for _, row := range rows {
			var parts []string
			for i, v := range row {
				column := columns[name][i]
				full := name + "." + column
				rank, ok := ranks[name], column == "id" && ranks[name] != nil
				if to := rowReferences[full]; to != "" {
					rank, ok = ranks[to], v != nil
				}
				switch {
				case drawnColumns[full]:
					v = "<drawn>"
				case ok && rank[v] == 0 && full == "event_item.generation":
					v = "<collected>" // a sample keeps the number of what it showed
				case ok && rank[v] == 0:
					t.Errorf("%s refers to %v, which is not there", full, v)
				case ok:
					v = rank[v]
				case column == "access_key" && v != nil:
					v = a.names[v.(string)]
				}
				parts = append(parts, fmt.Sprintf("%s=%v", column, v))
			}
			out[name] = append(out[name], a.named(strings.Join(parts, " | ")))
		}
		slices.Sort(out[name])
	}
	return out
}
