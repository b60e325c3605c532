package sqlstore

import (
	"context"
	"strings"
)

// insertGroup is how many rows one statement inserts: each statement costs a
// round trip, and each size of a group a prepared statement.
const insertGroup = 16

// insert runs an INSERT of many rows: head up to VALUES, the rows, tail.
func (db *DB) insert(ctx context.Context, head, tail string, rows [][]any) error {
	for len(rows) > 0 {
		n := 1
		if len(rows) >= insertGroup {
			n = insertGroup
		}
		row := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(rows[0])), ", ") + ")"
		args := make([]any, 0, n*len(rows[0]))
		for _, r := range rows[:n] {
			args = append(args, r...)
		}
		if _, err := db.exec(ctx, head+strings.TrimSuffix(strings.Repeat(row+", ", n), ", ")+tail, args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}
