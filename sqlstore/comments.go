package sqlstore

import (
	"context"
	"fmt"

	"github.com/coffer-ml/coffer/internal/query"
)

// comments keeps the comments of a noun once more, each beside the id of its
// row: few rows have one, and these are looked through in a fraction of the
// time that the rows themselves would take.
type comments struct{ table, owner string }

var (
	taskComments  = comments{table: "task_comment", owner: "task_id"}
	modelComments = comments{table: "model_comment", owner: "model_id"}
)

// change brings the comment of a row up to date.
func (k comments) change(ctx context.Context, db *DB, id, from, to string) (err error) {
	switch {
	case from == to:
	case to == "":
		_, err = db.exec(ctx, `DELETE FROM `+k.table+` WHERE `+k.owner+` = ?`, id)
	default:
		_, err = db.exec(ctx, `INSERT INTO `+k.table+` (`+k.owner+`, comment, comment_fold) VALUES (?, ?, ?)
			ON CONFLICT (`+k.owner+`) DO UPDATE SET comment = excluded.comment, comment_fold = excluded.comment_fold`, id, clean(to), query.Fold(clean(to)))
	}
	return err
}

// find returns the ids of the rows whose comment matches a pattern; false if
// they are too many to pick the rows of a list.
func (k comments) find(ctx context.Context, db *DB, c compiler, r query.Regexp) ([]string, bool, error) {
	met := c.match(field{kind: query.Text, value: "comment", fold: "comment_fold"}, r)
	found, err := collect(ctx, db, scalar[string], fmt.Sprintf("SELECT %s FROM %s WHERE %s LIMIT %d", k.owner, k.table, met.sql, db.driving+1), met.args...)
	return found, len(found) <= db.driving, err
}
