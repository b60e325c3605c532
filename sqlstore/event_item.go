package sqlstore

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/file"
)

const itemColumns = `i.type, i.metric, i.variant, i.iter, i.sample_key, i.timestamp, i.received, i.worker, i.url, i.version, i.overwritten, i.body`

func scanItem(t event.Target) func(scanner) (event.Event, error) {
	return func(r scanner) (event.Event, error) {
		e := event.Event{Target: t}
		var url string
		var overwritten int
		err := r.Scan(&e.Type, &e.Metric, &e.Variant, &e.Iter, &e.Key, &e.Timestamp, clock{&e.Received}, &e.Worker,
			nullable(&url), integer[int]{&e.Version}, &overwritten, packed{&e.Body})
		if url != "" {
			e.URL = file.Stored(url)
		}
		e.Overwritten = overwritten != 0
		return e, err
	}
}

func (s events) Put(ctx context.Context, items []event.Item) error {
	if len(items) == 0 {
		return nil
	}
	owners, err := s.own(ctx, targetsOf(items, func(i event.Item) event.Target { return i.Target }))
	if err != nil {
		return err
	}
	for _, i := range items {
		if err := s.put(ctx, owners[i.Target], i); err != nil {
			return fmt.Errorf("add event: %w", err)
		}
	}
	return nil
}

func (s events) put(ctx context.Context, owner int64, i event.Item) error {
	body, err := document(i.Body)
	if err != nil {
		return err
	}
	hash := ""
	if i.Key != "" {
		hash = key(i.Key)
	}
	var url, urlHash, generation, version any
	overwritten := false
	if !i.URL.IsZero() {
		url, urlHash = i.URL.String(), key(i.URL.Canonical())
		if overwritten, err = s.recycle(ctx, owner, i, urlHash); err != nil {
			return err
		}
	}
	if i.Generation != 0 {
		generation, version = i.Generation, i.Version
	}
	_, err = s.db.exec(ctx, `INSERT INTO event_item (owner, type, metric, variant, iter, key_hash, sample_key, timestamp, received, worker,
		url, url_hash, generation, version, overwritten, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (owner, type, metric, variant, iter, key_hash) DO UPDATE SET sample_key = excluded.sample_key,
		timestamp = excluded.timestamp, received = excluded.received, worker = excluded.worker, url = excluded.url, url_hash = excluded.url_hash,
		generation = excluded.generation, version = excluded.version, overwritten = excluded.overwritten, body = excluded.body`,
		owner, i.Type, clean(i.Metric), clean(i.Variant), i.Iter, hash, clean(i.Key), i.Timestamp, millis(i.Received), clean(i.Worker),
		url, urlHash, generation, version, flag(overwritten), pack([]byte(clean(body))))
	return err
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// recycle marks the samples of earlier iterations of a variant that named the
// same address: their pictures are gone. It tells whether the picture of this
// one is, since a later iteration has come before it.
func (s events) recycle(ctx context.Context, owner int64, i event.Item, urlHash any) (overwritten bool, err error) {
	const same = `url_hash = ? AND owner = ? AND metric = ? AND variant = ? `
	args := []any{urlHash, owner, clean(i.Metric), clean(i.Variant), i.Iter}
	if _, err := s.db.exec(ctx, `UPDATE event_item SET overwritten = 1 WHERE `+same+`AND iter < ? AND overwritten = 0`, slices.Clone(args)...); err != nil {
		return false, err
	}
	later, err := one(ctx, s.db, nil, scalar[int64], `SELECT count(*) FROM event_item WHERE `+same+`AND iter > ?`, args...)
	return later > 0, err
}

func (s events) Landed(ctx context.Context, g file.Generation) error {
	hash := key(file.Address{Path: g.Path, Text: "/" + string(g.Path)}.Canonical())
	if _, err := s.db.exec(ctx, `UPDATE event_item SET overwritten = 1 WHERE url_hash = ? AND generation IS NOT NULL AND generation <> ? AND overwritten = 0`, hash, g.ID); err != nil {
		return err
	}
	_, err := s.db.exec(ctx, `UPDATE event_item SET generation = ?, version = ? WHERE url_hash = ? AND generation IS NULL`, g.ID, g.Number, hash)
	return err
}

// typed are the conditions on owner and types.
func (s events) typed(owner int64, types []event.Type, sel event.Selection) (string, []any) {
	where, arg := among(s.db.dialect, "i.type", types)
	chosen, args := s.chosen("i", sel)
	return ` WHERE i.owner = ? AND ` + where + chosen, append([]any{owner, arg}, args...)
}

func (s events) Items(ctx context.Context, t event.Target, q event.ItemQuery) ([]event.Event, error) {
	owner, err := s.owner(ctx, t)
	if err != nil || owner == 0 {
		return nil, err
	}
	where, args := s.typed(owner, q.Types, q.Selection)
	compare, order, end := ">", "", int64(math.MaxInt64)
	if q.Desc {
		compare, order, end = "<", " DESC", math.MinInt64
	}
	if q.After != nil {
		where += " AND i.iter " + compare + " ?"
		args = append(args, *q.After)
	}
	last, err := collect(ctx, s.db, scalar[int64], `SELECT i.iter FROM event_item i`+where+` ORDER BY i.iter`+order+` LIMIT 1 OFFSET ?`, append(slices.Clone(args), q.Limit-1)...)
	if err != nil {
		return nil, err
	}
	if len(last) > 0 {
		end = last[0]
	}
	back := map[string]string{">": "<=", "<": ">="}[compare]
	return collect(ctx, s.db, scanItem(t), `SELECT `+itemColumns+` FROM event_item i`+where+` AND i.iter `+back+` ?
		ORDER BY i.iter`+order+`, i.type, i.metric, i.variant, i.key_hash`, append(args, end)...)
}

func (s events) ItemCount(ctx context.Context, t event.Target, types []event.Type, sel event.Selection) (int, error) {
	owner, err := s.owner(ctx, t)
	if err != nil || owner == 0 {
		return 0, err
	}
	where, args := s.typed(owner, types, sel)
	return one(ctx, s.db, nil, scalar[int], `SELECT count(*) FROM event_item i`+where, args...)
}

// visible keeps samples that cannot be shown out of what is browsed.
const visible = ` AND i.overwritten = 0 AND i.url IS NOT NULL`

func (s events) Iterations(ctx context.Context, t event.Target, q event.IterationQuery) ([]int64, error) {
	owner, err := s.owner(ctx, t)
	if err != nil || owner == 0 {
		return nil, err
	}
	where, args := s.typed(owner, []event.Type{q.Type}, q.Selection)
	if q.Located {
		where += visible
	}
	order := " DESC"
	if q.Before != nil {
		where += " AND i.iter < ?"
		args = append(args, *q.Before)
	}
	if q.After != nil {
		where += " AND i.iter > ?"
		args = append(args, *q.After)
		order = ""
	}
	found, err := collect(ctx, s.db, scalar[int64], `SELECT DISTINCT i.iter FROM event_item i`+where+` ORDER BY i.iter`+order+` LIMIT ?`, append(args, q.Limit)...)
	if order == "" {
		slices.Reverse(found)
	}
	return found, err
}

func (s events) At(ctx context.Context, t event.Target, of event.Type, sel event.Selection, iterations []int64) ([]event.Event, error) {
	owner, err := s.owner(ctx, t)
	if err != nil || owner == 0 || len(iterations) == 0 {
		return nil, err
	}
	where, args := s.typed(owner, []event.Type{of}, sel)
	return collect(ctx, s.db, scanItem(t), `SELECT `+itemColumns+` FROM event_item i`+where+` AND `+s.db.dialect.inInts("i.iter")+`
		ORDER BY i.iter DESC, i.metric, i.variant, i.key_hash`, append(args, list(iterations))...)
}

func (s events) Newest(ctx context.Context, t event.Target, of event.Type, sel event.Selection, n int) ([]event.Event, error) {
	owner, err := s.owner(ctx, t)
	if err != nil || owner == 0 {
		return nil, err
	}
	where, args := s.typed(owner, []event.Type{of}, sel)
	return collect(ctx, s.db, scanItem(t), `SELECT `+itemColumns+` FROM event_item i WHERE i.id IN (SELECT ranked.id FROM (
		SELECT i.id AS id, row_number() OVER (PARTITION BY i.metric, i.variant ORDER BY i.iter DESC, i.timestamp DESC, i.id) AS place
		FROM event_item i`+where+`) AS ranked WHERE ranked.place <= ?) ORDER BY i.metric, i.variant, i.iter DESC, i.id`, append(args, n)...)
}

func (s events) Ranges(ctx context.Context, t event.Target, of event.Type, sel event.Selection) ([]event.Range, error) {
	owner, err := s.owner(ctx, t)
	if err != nil || owner == 0 {
		return nil, err
	}
	where, args := s.typed(owner, []event.Type{of}, sel)
	if of == event.DebugImage {
		where += visible
	}
	return collect(ctx, s.db, func(r scanner) (v event.Range, err error) {
		err = r.Scan(&v.Metric, &v.Variant, &v.Least, &v.Greatest)
		return v, err
	}, `SELECT i.metric, i.variant, min(i.iter), max(i.iter) FROM event_item i`+where+` GROUP BY i.metric, i.variant ORDER BY i.metric, i.variant`, args...)
}
