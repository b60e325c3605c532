package sqlstore

import (
	"context"
	"strings"

	"github.com/coffer-ml/coffer/internal/query"
)

// words is the index of a word search over a noun.
type words struct {
	table, owner string
	// said are the texts that phrases are looked for in, with case folded
	// away.
	said []string
	// named is the condition that the row is, or refers to, one of the ids
	// given as its arguments, with what that weighs.
	named []named
}

type named struct {
	where  func(d dialect) string // with one argument, a JSON array of ids
	weight int
}

var (
	taskWords = words{
		table: "task_word", owner: "task_id", said: []string{"task.name_fold", "task.comment_fold"},
		named: []named{
			{func(d dialect) string { return d.in("task.id") }, nameWeight},
			{func(d dialect) string {
				return "task.id IN (SELECT m.task_id FROM task_model m WHERE " + d.in("m.model_id") + ")"
			}, modelWeight},
		},
	}
	modelWords = words{
		table: "model_word", owner: "model_id", said: []string{"model.name_fold", "model.comment_fold"},
		named: []named{
			{func(d dialect) string { return d.in("model.id") }, nameWeight},
			{func(d dialect) string { return d.in("model.parent") }, parentWeight},
			{func(d dialect) string { return d.in("model.task_id") }, placeWeight},
			{func(d dialect) string { return d.in("model.project_id") }, placeWeight},
		},
	}
	projectWords = words{
		table: "project_word", owner: "project_id", said: []string{"project.name_fold", "project.description_fold"},
		named: []named{{func(d dialect) string { return d.in("project.id") }, nameWeight}},
	}
)

// What a word tells of a row, by the field that holds it.
const (
	nameWeight   = 10 // also of comments and descriptions
	parentWeight = 5
	placeWeight  = 3 // of the task and project of a model
	modelWeight  = 2
	codeWeight   = 1
)

// weighed is a text with what its words tell.
type weighed struct {
	text   string
	weight int
}

// weigh returns the words of texts; of several fields the weights add up.
func weigh(texts []weighed) map[string]int {
	out := make(map[string]int)
	for _, t := range texts {
		for _, w := range query.Stems(clean(t.text)) {
			if _, known := out[w]; known || len(out) < query.MaxWords {
				out[w] += t.weight
			}
		}
	}
	return out
}

// change makes the words of a row, writing only what differs.
func (x words) change(ctx context.Context, db *DB, id string, from, to []weighed) error {
	old, now := weigh(from), weigh(to)
	var gone []string
	for w := range old {
		if _, kept := now[w]; !kept {
			gone = append(gone, w)
		}
	}
	if len(gone) > 0 {
		if _, err := db.exec(ctx, `DELETE FROM `+x.table+` WHERE `+x.owner+` = ? AND `+db.dialect.in("word"), id, list(gone)); err != nil {
			return err
		}
	}
	var rows []string
	var args []any
	flush := func() error {
		if len(rows) == 0 {
			return nil
		}
		_, err := db.exec(ctx, `INSERT INTO `+x.table+` (word, `+x.owner+`, weight) VALUES `+strings.Join(rows, ", "), args...)
		rows, args = nil, nil
		return err
	}
	for w, weight := range now {
		switch before, known := old[w]; {
		case known && before != weight:
			if _, err := db.exec(ctx, `UPDATE `+x.table+` SET weight = ? WHERE word = ? AND `+x.owner+` = ?`, weight, w, id); err != nil {
				return err
			}
			continue
		case known:
			continue
		}
		rows, args = append(rows, "(?, ?, ?)"), append(args, w, id, weight)
		if len(rows) == maxRowsAtOnce {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// condition is that a row meets a search. If few rows have the words, these
// pick the rows of the list.
func (x words) condition(ctx context.Context, db *DB, src source, s *query.Search) (cond, error) {
	if len(s.Words) == 0 {
		return never, nil
	}
	where, arg := among(db.dialect, "w.word", s.Words)
	hits := `SELECT w.` + x.owner + ` FROM ` + x.table + ` w WHERE ` + where
	common, err := db.more(ctx, x.table+" w", when(where, arg), db.driving)
	if err != nil {
		return cond{}, err
	}
	worded := when(src.id()+` IN (`+hits+`)`, arg)
	if common {
		worded = when(`EXISTS (SELECT 1 FROM `+x.table+` w WHERE w.`+x.owner+` = `+src.id()+` AND `+where+`)`, arg)
	}
	any := []cond{worded}
	if ids := identifiers(s.Words); len(ids) > 0 {
		for _, n := range x.named {
			any = append(any, when(n.where(db.dialect), list(ids)))
		}
	}
	parts := []cond{join(" OR ", never, any)}
	for _, p := range s.Phrases {
		parts = append(parts, x.says(db.dialect, p))
	}
	if len(s.Not) > 0 {
		not, arg := among(db.dialect, "w.word", s.Not)
		parts = append(parts, when(`NOT EXISTS (SELECT 1 FROM `+x.table+` w WHERE w.`+x.owner+` = `+src.id()+` AND `+not+`)`, arg))
	}
	for _, p := range s.NotSaid {
		said := x.says(db.dialect, p)
		parts = append(parts, when("NOT ("+said.sql+")", said.args...))
	}
	return all(parts...), nil
}

// says holds if one of the texts holds the phrase.
func (x words) says(d dialect, phrase string) cond {
	parts := make([]cond, len(x.said))
	for i, column := range x.said {
		parts[i] = when(d.contains(column), clean(phrase))
	}
	return join(" OR ", never, parts)
}

// score is what a row weighs in a search.
func (x words) score(d dialect, src source, s *query.Search) cond {
	where, arg := among(d, "w.word", s.Words)
	score := when(`(SELECT coalesce(sum(w.weight), 0) FROM `+x.table+` w WHERE w.`+x.owner+` = `+src.id()+` AND `+where+`)`, arg)
	if ids := identifiers(s.Words); len(ids) > 0 {
		for _, n := range x.named {
			score.sql += ` + CASE WHEN ` + n.where(d) + ` THEN ? ELSE 0 END`
			score.args = append(score.args, list(ids), n.weight)
		}
	}
	return score
}

// identifiers picks the words that may be ids: 32 hex digits.
func identifiers(words []string) []string {
	var out []string
	for _, w := range words {
		if len(w) == 32 && strings.Trim(w, "0123456789abcdef") == "" {
			out = append(out, w)
		}
	}
	return out
}
