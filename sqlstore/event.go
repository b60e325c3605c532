package sqlstore

import (
	"cmp"
	"context"
	"crypto/md5" //nolint:gosec // the protocol names metrics by it
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/file"
)

// Events returns the store of events.
func (db *DB) Events() event.Store { return events{db} }

type events struct{ db *DB }

// owner returns the row that a target's events belong to; 0 if it has none.
func (s events) owner(ctx context.Context, t event.Target) (int64, error) {
	return one(ctx, s.db, nil, scalar[int64], `SELECT id FROM event_progress WHERE target = ?`, t.ID)
}

// owners is owner for several targets, by target; those without a row are
// absent.
func (s events) owners(ctx context.Context, targets []event.Target) (map[event.Target]int64, error) {
	rows, err := s.reported(ctx, targets)
	out := make(map[event.Target]int64, len(rows))
	for _, r := range rows {
		out[r.target] = r.owner
	}
	return out, err
}

// reported is the row of a target that reported anything.
type reported struct {
	owner  int64 // its id
	target event.Target
	last   int64 // iteration
}

// reported returns those of some targets.
func (s events) reported(ctx context.Context, targets []event.Target) ([]reported, error) {
	if len(targets) == 0 {
		return nil, nil
	}
	kinds, ids := idsOf(targets)
	where, arg := among(s.db.dialect, "target", ids)
	return collect(ctx, s.db, func(r scanner) (row reported, err error) {
		var id string
		err = r.Scan(&row.owner, &id, &row.last)
		row.target = kinds[id]
		return row, err
	}, `SELECT id, target, last_iteration FROM event_progress`+s.db.dialect.by("event_progress_of_target")+` WHERE `+where, arg)
}

// ownersOf are the ids of rows, and whose they are.
func ownersOf(rows []reported) (ids elements, of map[int64]event.Target) {
	owners := make([]int64, len(rows))
	of = make(map[int64]event.Target, len(rows))
	for i, r := range rows {
		owners[i], of[r.owner] = r.owner, r.target
	}
	return list(owners), of
}

// own is owners for writers: rows that are missing are made.
func (s events) own(ctx context.Context, targets []event.Target) (map[event.Target]int64, error) {
	out, err := s.owners(ctx, targets)
	if err != nil {
		return nil, err
	}
	for _, t := range targets {
		if _, ok := out[t]; ok {
			continue
		}
		out[t], err = one(ctx, s.db, errNoRow, scalar[int64], `INSERT INTO event_progress (target, last_iteration) VALUES (?, 0)
			ON CONFLICT (target) DO UPDATE SET target = excluded.target RETURNING id`, t.ID)
		if err != nil {
			return nil, fmt.Errorf("make the row of a target: %w", err)
		}
	}
	return out, nil
}

// targetsOf returns the targets of events, each once, in order.
func targetsOf[E any](list []E, of func(E) event.Target) []event.Target {
	var out []event.Target
	seen := make(map[event.Target]bool)
	for _, e := range list {
		if t := of(e); !seen[t] {
			seen[t] = true
			out = append(out, t)
		}
	}
	return out
}

// seriesKey names a curve as the protocol does.
func seriesKey(metric, variant string) string {
	m, v := md5.Sum([]byte(metric)), md5.Sum([]byte(variant)) //nolint:gosec // names, no secrets
	return hex.EncodeToString(m[:]) + "." + hex.EncodeToString(v[:])
}

func (s events) Raise(ctx context.Context, iterations map[event.Target]int64) error {
	var rows [][]any
	for _, t := range byID(iterations) {
		rows = append(rows, []any{t.ID, max(0, iterations[t])}) // as where nothing was reported
	}
	return s.db.insert(ctx, `INSERT INTO event_progress (target, last_iteration) VALUES `,
		` ON CONFLICT (target) DO UPDATE SET last_iteration = excluded.last_iteration
		WHERE event_progress.last_iteration < excluded.last_iteration`, rows)
}

// LastIteration implements event.Store.
// byID returns targets in one order for all callers, since each takes the
// lock of a row.
func byID[V any](of map[event.Target]V) []event.Target {
	return slices.SortedFunc(maps.Keys(of), func(a, b event.Target) int { return cmp.Compare(a.ID, b.ID) })
}

func (s events) Note(ctx context.Context, latest map[event.Target][]event.Latest) error {
	type kind struct {
		metric string
		of     event.Type
	}
	targets := byID(latest)
	owners, err := s.own(ctx, targets)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, t := range targets {
		at := make(map[kind]int64)
		for _, l := range latest[t] {
			k := kind{clean(l.Metric), l.Type}
			at[k] = max(at[k], l.At.UnixMilli())
		}
		for _, k := range slices.SortedFunc(maps.Keys(at), func(a, b kind) int {
			return cmp.Or(cmp.Compare(a.metric, b.metric), cmp.Compare(a.of, b.of))
		}) {
			rows = append(rows, []any{owners[t], k.metric, k.of, at[k]})
		}
	}
	return s.db.insert(ctx, `INSERT INTO event_metric (owner, metric, type, last_update) VALUES `,
		` ON CONFLICT (owner, metric, type) DO UPDATE SET last_update = excluded.last_update
		WHERE event_metric.last_update < excluded.last_update`, rows)
}

func (s events) Progress(ctx context.Context, targets []event.Target, what event.Part, limit int) (map[event.Target]event.Progress, error) {
	rows, err := s.reported(ctx, targets)
	out := make(map[event.Target]event.Progress, len(rows))
	if err != nil || len(rows) == 0 {
		return out, err
	}
	for _, r := range rows {
		out[r.target] = event.Progress{LastIteration: r.last}
	}
	if what&event.WithSeries != 0 {
		series, err := s.scanSeries(ctx, rows, ` AND s.place < ?`, limit)
		if err != nil {
			return nil, err
		}
		for _, one := range series {
			p := out[one.Target]
			p.Series = append(p.Series, one)
			out[one.Target] = p
		}
	}
	if what&event.WithLatest == 0 {
		return out, nil
	}
	owners, of := ownersOf(rows)
	_, err = collect(ctx, s.db, func(r scanner) (owner int64, err error) {
		var l event.Latest
		err = r.Scan(&owner, &l.Metric, &l.Type, clock{&l.At})
		p := out[of[owner]]
		p.Latest = append(p.Latest, l)
		out[of[owner]] = p
		return owner, err
	}, `SELECT owner, metric, type, last_update FROM event_metric WHERE `+s.db.dialect.inInts("owner")+` ORDER BY owner, metric, type`, owners)
	return out, err
}

// idsOf returns the ids of targets, which no two kinds share, and what they
// stand for.
func idsOf(targets []event.Target) (kinds map[string]event.Target, ids []string) {
	kinds, ids = make(map[string]event.Target, len(targets)), make([]string, 0, len(targets))
	for _, t := range targets {
		kinds[t.ID] = t
		ids = append(ids, t.ID)
	}
	return kinds, ids
}

func (s events) Names(ctx context.Context, targets []event.Target, types []event.Type) ([]event.Name, error) {
	owners, err := s.owners(ctx, targets)
	if err != nil || len(owners) == 0 {
		return nil, err
	}
	byOwner := make(map[int64]event.Target, len(owners))
	ids := make([]int64, 0, len(owners))
	for t, id := range owners {
		byOwner[id] = t
		ids = append(ids, id)
	}
	series, logs, others := false, false, []event.Type{}
	for _, of := range types {
		switch of {
		case event.Scalar:
			series = true
		case event.Log:
			logs = true
		default:
			others = append(others, of)
		}
	}
	var out []event.Name
	read := func(query string, args ...any) {
		if err != nil {
			return
		}
		var found []event.Name
		found, err = collect(ctx, s.db, func(r scanner) (n event.Name, err error) {
			var owner int64
			var levels int64
			err = r.Scan(&owner, &n.Metric, &n.Variant, &levels)
			n.Target, n.Lonely = byOwner[owner], levels == 0
			return n, err
		}, query, args...)
		out = append(out, found...)
	}
	in := s.db.dialect.inInts("owner")
	if series {
		read(`SELECT owner, metric, variant, levels FROM event_series WHERE `+in+` ORDER BY owner, metric, variant`, list(ids))
	}
	if len(others) > 0 {
		where, arg := among(s.db.dialect, "type", others)
		read(`SELECT DISTINCT owner, metric, variant, 1 FROM event_item WHERE `+in+` AND `+where+` ORDER BY owner, metric, variant`, list(ids), arg)
	}
	if logs { // lines of named metrics are rare, and named in the chunks only
		read(`SELECT DISTINCT owner, '', '', 1 FROM event_log WHERE `+in+` ORDER BY owner`, list(ids))
	}
	return out, err
}

func (s events) Count(ctx context.Context, t event.Target) (int, error) {
	owner, err := s.owner(ctx, t)
	if err != nil || owner == 0 {
		return 0, err
	}
	series, err := s.Series(ctx, []event.Target{t}, nil)
	if err != nil {
		return 0, err
	}
	n, err := one(ctx, s.db, nil, scalar[int], `SELECT (SELECT count(*) FROM event_item WHERE owner = ?)
		+ (SELECT coalesce(sum(lines), 0) FROM event_log WHERE owner = ?)`, owner, owner)
	for _, one := range series {
		n += int(one.Summary().Count)
	}
	return n, err
}

func (s events) Addresses(ctx context.Context, t event.Target) ([]file.Address, error) {
	return collect(ctx, s.db, func(r scanner) (file.Address, error) {
		var url string
		err := r.Scan(&url)
		return file.Stored(url), err
	}, `SELECT DISTINCT i.url FROM event_item i JOIN event_progress p ON p.id = i.owner WHERE p.target = ? AND i.url IS NOT NULL`, t.ID)
}

func (s events) Delete(ctx context.Context, t event.Target) error {
	owner, err := s.owner(ctx, t)
	if err != nil || owner == 0 {
		return err
	}
	// Samples are looked up by address, whoever reported them.
	if _, err := s.db.exec(ctx, `UPDATE event_item SET url_hash = NULL WHERE owner = ? AND url_hash IS NOT NULL`, owner); err != nil {
		return fmt.Errorf("delete events: %w", err)
	}
	if _, err := s.db.exec(ctx, `INSERT INTO event_dead (owner) VALUES (?)`, owner); err != nil {
		return fmt.Errorf("delete events: %w", err)
	}
	_, err = s.db.exec(ctx, `DELETE FROM event_progress WHERE id = ?`, owner)
	return err
}

// sweeps are the statements that remove a part of what a deleted target left,
// in this order; each takes the owner and a limit.
var sweeps = []string{
	`DELETE FROM event_node WHERE (series, level, start) IN (SELECT n.series, n.level, n.start FROM event_node n
		WHERE n.series IN (SELECT id FROM event_series WHERE owner = ?) LIMIT ?)`,
	`DELETE FROM event_series WHERE id IN (SELECT id FROM event_series WHERE owner = ? LIMIT ?)`,
	`DELETE FROM event_log WHERE (owner, seq) IN (SELECT owner, seq FROM event_log WHERE owner = ? LIMIT ?)`,
	`DELETE FROM event_item WHERE id IN (SELECT id FROM event_item WHERE owner = ? LIMIT ?)`,
	`DELETE FROM event_metric WHERE (owner, metric, type) IN (SELECT owner, metric, type FROM event_metric WHERE owner = ? LIMIT ?)`,
	`DELETE FROM event_dead WHERE owner IN (SELECT owner FROM event_dead WHERE owner = ? LIMIT ?)`,
}

func (s events) Sweep(ctx context.Context, limit int) (int, error) {
	owner, err := one(ctx, s.db, nil, scalar[int64], `SELECT owner FROM event_dead ORDER BY owner LIMIT 1`)
	if err != nil || owner == 0 {
		return 0, err
	}
	for _, sweep := range sweeps {
		if n, err := s.db.changed(ctx, sweep, owner, limit); err != nil || n > 0 {
			return int(n), err
		}
	}
	return 0, nil
}
