package sqlstore_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/task"
)

// derived is all that searches need beside the rows.
func derived(t *testing.T, db *sqlstore.DB) []string {
	t.Helper()
	var out []string
	for _, text := range []string{
		`SELECT 'name ' || name || ' ' || name_fold FROM task_name`,
		`SELECT 'trigram ' || t.trigram || ' of ' || n.name FROM task_name_trigram t LEFT JOIN task_name n ON n.id = t.name_id`,
		`SELECT 'artifact ' || name || ' ' || name_fold FROM artifact_name`,
		`SELECT 'trigram ' || t.trigram || ' of artifact ' || n.name FROM artifact_name_trigram t LEFT JOIN artifact_name n ON n.id = t.name_id`,
		`SELECT 'artifact fold ' || key_fold FROM artifact`,
		`SELECT 'word ' || word || ' ' || task_id || ' ' || weight FROM task_word`,
		`SELECT 'comment ' || comment || ' ' || comment_fold || ' ' || task_id FROM task_comment`,
		`SELECT 'comment ' || comment || ' ' || comment_fold || ' ' || model_id FROM model_comment`,
		`SELECT 'word ' || word || ' ' || project_id || ' ' || weight FROM project_word`,
		`SELECT 'sort ' || task_id || ' ' || name || ' ' || coalesce(sort_key, '-') FROM task_param`,
		`SELECT 'metadata ' || key || ' ' || value FROM artifact_metadata`,
	} {
		rows, err := db.Texts(context.Background(), text)
		must(t, err)
		if len(rows) == 0 {
			t.Errorf("%s: nothing is derived", text)
		}
		out = append(out, rows...)
	}
	slices.Sort(out)
	return out
}

func TestWhatSearchesNeedIsDerivedAnew(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "coffer.db")
	db, err := sqlstore.Open(ctx, sqlstore.Config{Path: path})
	must(t, err)
	p := aProject("vision/Yolo")
	p.Description = "boxes around things"
	addProjects(t, db, p)
	m := aModel("net")
	m.Comment = "the best"
	addModels(t, db, m)
	for i := range 700 { // more than one slice
		x := aTask(fmt.Sprint("train ", i%20))
		x.Comment, x.Script.Repository, x.Script.EntryPoint = "a comment", "git@host:repo.git", "train.py"
		x.Hyperparams = task.Params{"Args": {"lr": {Value: "0.1"}, "opt": {Value: "Adam 10"}}}
		addTasks(t, db, x)
		if i == 0 {
			v := aVersion(1)
			v.Metadata = [][]string{{"rows", "10"}, {"cut"}}
			add(t, db, x.ID, artifact.Ref{Key: "features", Mode: artifact.Output}, v, "1")
		}
	}
	want := derived(t, db)
	for _, text := range []string{
		`DELETE FROM setting WHERE name = 'search.rules'`, `DELETE FROM task_word`, `DELETE FROM task_comment`, `DELETE FROM artifact_name`, `UPDATE artifact SET key_fold = 'stale'`,
		`INSERT INTO task_name (name, name_key, name_fold) VALUES ('stale', 'stale', 'STALE')`,
		`UPDATE task_param SET sort_key = 'stale'`,
	} {
		must(t, db.Exec(ctx, text))
	}
	must(t, db.Close())
	got := derived(t, openFile(t, path))
	if !slices.Equal(got, want) {
		t.Errorf("derived anew: %d entries, before %d", len(got), len(want))
	}
}
