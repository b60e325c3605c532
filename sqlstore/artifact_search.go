package sqlstore

import (
	"context"
	"strconv"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/task"
)

// artifactSource maps artifact.Fields to columns. A row is a version.
var artifactSource = source{
	table: `artifact_version JOIN artifact ON artifact.id = artifact_version.artifact_id JOIN task ON task.id = artifact.task_id`,
	key:   "artifact_version.id",
	fields: map[string]field{
		"name":    {kind: query.Text, value: "artifact.key", fold: "artifact.key_fold", names: &artifactNames, home: "artifact", indexed: []string{}},
		"mode":    textField("artifact.mode"),
		"task":    textField("artifact.task_id"),
		"project": refField("task.project_id"),
		"type":    ofVersion(within(textField("artifact_version.type"), "arrival")),
		"state":   ofVersion(within(textField("artifact_version.state"), "arrival")),
		"digest":  ofVersion(within(refField("artifact_version.digest"), "arrival")),
		"size":    {kind: query.Number, value: "artifact_version.size", null: true},
		"arrival": {kind: query.Number, value: "artifact_version.id"},
	},
	family: map[string]func([]string) (field, bool){"metadata": metadataField},
}

func ofVersion(f field) field {
	f.home, f.kept = "artifact_version", "artifact_version.removed IS NULL"
	return f
}

// metadataField is the value of a pair of display data.
func metadataField(rest []string) (field, bool) {
	if len(rest) != 1 {
		return field{}, false
	}
	name := clean(rest[0])
	return field{
		kind: query.Text, value: "v.value", long: true,
		rows: &rows{
			table: "artifact_metadata", owner: "version_id",
			where: head("v.key") + " = ? AND v.key = ?", args: []any{headOf(name), name},
		},
	}, true
}

// Search implements artifact.Store.
func (s artifacts) Search(ctx context.Context, q artifact.Query) ([]artifact.Found, error) {
	own := []cond{when("artifact_version.removed IS NULL")}
	if !q.Earlier {
		own = append(own, when("artifact.newest = artifact_version.id"))
	}
	if !q.IncludeHidden {
		own = append(own, when("NOT EXISTS (SELECT 1 FROM task_tag h WHERE h.task_id = artifact.task_id AND h.system = 1 AND h.tag = ?)", task.Hidden))
	}
	ids, err := s.db.page(ctx, artifactSource, own, q.Request)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	rows, err := numbers(ids)
	if err != nil {
		return nil, err
	}
	found, err := collect(ctx, s.db, func(s scanner) (f artifact.Found, err error) {
		return f, s.Scan(append([]any{&f.Task, &f.Key, &f.Mode, &f.Versions, &f.TaskName, nullable(&f.Project)}, versionFields(&f.Version)...)...)
	}, `SELECT a.task_id, a.key, a.mode, a.living, t.name, t.project_id, `+versionColumns+`
		FROM artifact_version v JOIN artifact a ON a.id = v.artifact_id JOIN task t ON t.id = a.task_id`+versionJoins+`
		WHERE `+s.db.dialect.inInts("v.id"), list(rows))
	return inOrder(ids, found, func(f artifact.Found) string { return strconv.FormatInt(f.ID, 10) }), err
}
