package sqlstore

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/coffer-ml/coffer/internal/query"
)

// names keeps the texts of a column, each once, and finds those that hold a
// text: many rows share few names, so that going over the names is cheap, and
// the runs of three letters in them say which to look at.
type names struct {
	table         string // its trigrams are in table_trigram
	owner, column string // where the names stand
}

var (
	taskNames     = names{table: "task_name", owner: "task", column: "name"}
	modelNames    = names{table: "model_name", owner: "model", column: "name"}
	artifactNames = names{table: "artifact_name", owner: "artifact", column: "key"}
)

const (
	// maxNames is how many names may stand for a pattern: with more of them,
	// the rows that meet it are so many that walking the list is quicker.
	maxNames = 1_000
	// maxFindings bounds how many names a run of three letters may lead to
	// before it says too little.
	maxFindings = 20_000
	// firstFindings is how many of them are looked at first: a text that many
	// names hold shows among those.
	firstFindings = 2_000
	// probes is from how many places it is looked how rare a run is: with
	// sixteen the estimate is seldom off by more than a half, and only says
	// which way is quicker.
	probes = 16
	// maxRuns is how many runs of a long text are looked at.
	maxRuns = 32
)

// add keeps a name.
func (n names) add(ctx context.Context, db *DB, name string) error {
	name = clean(name)
	fold := query.Fold(name)
	absent := errors.New("kept already")
	id, err := one(ctx, db, absent, scalar[int64], `INSERT INTO `+n.table+` (name, name_key, name_fold) VALUES (?, ?, ?)
		ON CONFLICT (name_key) DO NOTHING RETURNING id`, name, key(name), fold)
	if err == absent { //nolint:errorlint // it is the very value given above
		return nil
	}
	if err != nil {
		return err
	}
	var rows []string
	var args []any
	for _, t := range query.Trigrams(fold) {
		rows, args = append(rows, "(?, ?)"), append(args, t, id)
		if len(rows) == maxRowsAtOnce {
			if err := n.insert(ctx, db, rows, args); err != nil {
				return err
			}
			rows, args = nil, nil
		}
	}
	return n.insert(ctx, db, rows, args)
}

// maxRowsAtOnce bounds the rows of one INSERT: engines bound its arguments.
const maxRowsAtOnce = 100

func (n names) insert(ctx context.Context, db *DB, rows []string, args []any) error {
	if len(rows) == 0 {
		return nil
	}
	_, err := db.exec(ctx, `INSERT INTO `+n.table+`_trigram (trigram, name_id) VALUES `+strings.Join(rows, ", "), args...)
	return err
}

// drop forgets a name that no row bears any more.
func (n names) drop(ctx context.Context, db *DB, name string) error {
	where, args := `name_key = ? AND NOT EXISTS (SELECT 1 FROM `+n.owner+` o WHERE `, []any{key(name)}
	if db.dialect.indexesWhole() {
		where, args = where+`o.`+n.column+` = ?)`, append(args, name)
	} else {
		where, args = where+head("o."+n.column)+` = ? AND o.`+n.column+` = ?)`, append(args, headOf(clean(name)), name)
	}
	ids, err := collect(ctx, db, scalar[int64], `DELETE FROM `+n.table+` WHERE `+where+` RETURNING id`, args...)
	if err != nil || len(ids) == 0 {
		return err
	}
	trigrams := query.Trigrams(query.Fold(clean(name)))
	_, err = db.exec(ctx, `DELETE FROM `+n.table+`_trigram WHERE name_id = ? AND `+db.dialect.in("trigram"), ids[0], list(trigrams))
	return err
}

// find returns the names that a pattern matches; false if they are too many,
// or the pattern tells too little.
func (n names) find(ctx context.Context, db *DB, r query.Regexp) ([]string, bool, error) {
	text := clean(r.Literal)
	trigrams := query.Trigrams(query.Fold(text))
	if r.Form == query.General || len(trigrams) == 0 {
		return nil, false, nil
	}
	picks, err := n.rarest(ctx, db, query.Fold(text), trigrams)
	if err != nil || picks[0].names > maxFindings {
		return nil, false, err
	}
	column := "n.name"
	if r.Fold {
		column = "n.name_fold"
	}
	test := matches(db.dialect, column, r.Form, text)
	if picks[0].names > 2*maxNames {
		share, err := n.share(ctx, db, picks[0].seen, test)
		if err != nil || share*float64(picks[0].names) > 2*maxNames {
			return nil, false, err
		}
	}
	// In two steps: in one, PostgreSQL would read all names.
	candidates, args := `SELECT t.name_id FROM `+n.table+`_trigram t WHERE t.trigram = ?`, []any{picks[0].trigram}
	if len(picks) > 1 && picks[0].names > maxNames {
		candidates += ` AND EXISTS (SELECT 1 FROM ` + n.table + `_trigram o WHERE o.trigram = ? AND o.name_id = t.name_id)`
		args = append(args, picks[1].trigram)
	}
	var found []string
	seen, after := 0, int64(0)
	for size := firstFindings; ; size = maxFindings {
		ids, err := collect(ctx, db, scalar[int64], candidates+` AND t.name_id > ? ORDER BY t.name_id LIMIT ?`, append(args[:len(args):len(args)], after, size)...)
		if err != nil {
			return nil, false, err
		}
		if len(ids) > 0 {
			more, err := collect(ctx, db, scalar[string], `SELECT n.name FROM `+n.table+` n WHERE `+db.dialect.inInts("n.id")+` AND `+test.sql+` LIMIT ?`,
				append(append([]any{list(ids)}, test.args...), maxNames+1)...)
			if err != nil {
				return nil, false, err
			}
			found = append(found, more...)
		}
		if seen += len(ids); len(found) > maxNames || seen > maxFindings {
			return nil, false, nil
		}
		if len(ids) < size {
			return found, true, nil
		}
		after = ids[len(ids)-1]
	}
}

// share returns about how many of the names with a run meet a condition, from 0
// to 1, by those that were seen of it.
func (n names) share(ctx context.Context, db *DB, seen []int64, test cond) (float64, error) {
	met, err := collect(ctx, db, scalar[int64], `SELECT n.id FROM `+n.table+` n WHERE `+db.dialect.inInts("n.id")+` AND `+test.sql,
		append([]any{list(seen)}, test.args...)...)
	if err != nil || len(seen) == 0 {
		return 0, err
	}
	hits := 0
	for _, id := range seen {
		if slices.Contains(met, id) {
			hits++
		}
	}
	return float64(hits) / float64(len(seen)), nil
}

// run is a run of three letters, and about how many names have it.
type run struct {
	trigram string
	names   int64
	seen    []int64 // one name with it after each place that it was looked for at
}

// rarest returns the run that leads to the fewest names, and the rarest of
// those that share no letter of the text with it, if there are some: runs that
// overlap tend to stand in the same names.
//
// They are not counted, which takes the longer the more common they are: from
// places spread evenly over all names it is looked how far away the next name
// with the run is. The more names have it, the nearer.
func (n names) rarest(ctx context.Context, db *DB, text string, trigrams []string) ([]run, error) {
	all, err := one(ctx, db, nil, scalar[int64], `SELECT coalesce(max(id), 0) FROM `+n.table)
	if err != nil {
		return nil, err
	}
	if step := (len(trigrams) + maxRuns - 1) / maxRuns; step > 1 {
		some := make([]string, 0, maxRuns)
		for i := 0; i < len(trigrams); i += step {
			some = append(some, trigrams[i])
		}
		trigrams = some
	}
	var looks [][]any
	for _, t := range trigrams {
		for i := range int64(probes) {
			looks = append(looks, []any{t, all * (2*i + 1) / (2 * probes)})
		}
	}
	type look struct {
		trigram     string
		place, next int64
	}
	found, err := collect(ctx, db, func(s scanner) (l look, err error) { return l, s.Scan(&l.trigram, &l.place, &l.next) },
		`SELECT r.c1, r.c2, coalesce((SELECT t.name_id FROM `+n.table+`_trigram t WHERE t.trigram = r.c1 AND t.name_id > r.c2 ORDER BY t.name_id LIMIT 1), ?)
		FROM `+db.dialect.rows("ti")+` r`, all+1, tuples(looks))
	if err != nil {
		return nil, err
	}
	passed, seen := make(map[string]int64, len(trigrams)), make(map[string][]int64, len(trigrams))
	for _, l := range found {
		passed[l.trigram] += l.next - l.place
		if l.next <= all {
			seen[l.trigram] = append(seen[l.trigram], l.next)
		}
	}
	runs := make([]run, len(trigrams))
	for i, t := range trigrams {
		runs[i] = run{t, all * probes / passed[t], seen[t]}
	}
	slices.SortStableFunc(runs, func(a, b run) int { return cmp.Compare(a.names, b.names) })
	first := strings.Index(text, runs[0].trigram)
	for _, c := range runs[1:] {
		at := strings.Index(text, c.trigram)
		if at+len(c.trigram) <= first || at >= first+len(runs[0].trigram) {
			return []run{runs[0], c}, nil
		}
	}
	return runs[:1], nil
}

// matches is the condition that a text has the form with the literal.
func matches(d dialect, column string, form query.Form, text string) cond {
	switch form {
	case query.Exact:
		return when(column+" = ?", text)
	case query.Prefix:
		return when("substr("+column+", 1, ?) = ?", utf8.RuneCountInString(text), text)
	case query.Suffix:
		n := utf8.RuneCountInString(text)
		return when("length("+column+") >= ? AND substr("+column+", length("+column+") - ? + 1) = ?", n, n, text)
	}
	return when(d.contains(column), text)
}
