package sqlstore

import (
	"context"
	"crypto/md5" //nolint:gosec // the protocol names metrics by it
	"encoding/hex"
	"fmt"
	"math"

	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/file"
)

// Events returns the store of events.
func (db *DB) Events() event.Store { return events{db} }

type events struct{ db *DB }

func (s events) AddLog(ctx context.Context, lines []event.Line) error {
	for _, l := range lines {
		_, err := s.db.exec(ctx, `INSERT INTO event_log (target, line_key, timestamp, received, worker, level, msg, metric, variant)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (target, line_key) DO NOTHING`,
			l.Target.ID, l.LineKey, l.Timestamp, millis(l.Received), clean(l.Worker), clean(l.Level), clean(l.Msg), clean(l.Metric), clean(l.Variant))
		if err != nil {
			return fmt.Errorf("add log line: %w", err)
		}
	}
	return nil
}

func (s events) Put(ctx context.Context, list []event.Event) error {
	for _, e := range list {
		body, err := document(e.Body)
		if err != nil {
			return fmt.Errorf("encode event: %w", err)
		}
		_, err = s.db.exec(ctx, `INSERT INTO event_item (target, type, metric, variant, iter, item_key, timestamp, received, worker, value, body)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (target, type, metric, variant, iter, `+s.db.dialect.unique("item_key")+`) DO UPDATE SET
			timestamp = excluded.timestamp, received = excluded.received, worker = excluded.worker, value = excluded.value, body = excluded.body`,
			e.Target.ID, e.Type, clean(e.Metric), clean(e.Variant), e.Iter, clean(e.Key), e.Timestamp, millis(e.Received), clean(e.Worker), e.Value, clean(body))
		if err != nil {
			return fmt.Errorf("add event: %w", err)
		}
	}
	return nil
}

// series are the conditions that name a curve of scalars.
const series = `target = ? AND type = 'training_stats_scalar' AND metric = ? AND variant = ?`

func (s events) Points(ctx context.Context, t event.Target, metric, variant string, iters []int64) (int, error) {
	return one(ctx, s.db, nil, scalar[int], `SELECT count(*) FROM event_item WHERE `+series+` AND `+s.db.dialect.inInts("iter"),
		t.ID, clean(metric), clean(variant), list(iters))
}

const summaryColumns = `metric, variant, last_iter, last_value, min_iter, min_value, max_iter, max_value, first_iter, first_value, count, sum, x_axis_label`

func (s events) Summary(ctx context.Context, t event.Target, metric, variant string) (event.Summary, bool, error) {
	v, err := one(ctx, s.db, nil, func(r scanner) (v event.Summary, err error) {
		err = r.Scan(&v.Metric, &v.Variant, &v.LastIter, &v.Last, &v.MinIter, &v.Min, &v.MaxIter, &v.Max, &v.FirstIter, &v.First, &v.Count, &v.Sum, &v.XAxis)
		return v, err
	}, `SELECT `+summaryColumns+` FROM event_summary WHERE target = ? AND metric = ? AND variant = ?`, t.ID, clean(metric), clean(variant))
	return v, v.Count > 0, err
}

func (s events) Recompute(ctx context.Context, t event.Target, metric, variant string) (event.Summary, bool, error) {
	points, err := collect(ctx, s.db, func(r scanner) (p struct {
		iter  int64
		value float64
	}, err error,
	) {
		err = r.Scan(&p.iter, &p.value)
		return p, err
	}, `SELECT iter, value FROM event_item WHERE `+series+` ORDER BY iter`, t.ID, clean(metric), clean(variant))
	v := event.Summary{Metric: metric, Variant: variant}
	for _, p := range points {
		v.Add(p.iter, p.value)
	}
	return v, v.Count > 0, err
}

func (s events) SetSummary(ctx context.Context, t event.Target, v event.Summary) error {
	_, err := s.db.exec(ctx, `INSERT INTO event_summary (target, series, `+summaryColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (target, metric, variant) DO UPDATE SET last_iter = excluded.last_iter, last_value = excluded.last_value,
		min_iter = excluded.min_iter, min_value = excluded.min_value, max_iter = excluded.max_iter, max_value = excluded.max_value,
		first_iter = excluded.first_iter, first_value = excluded.first_value, count = excluded.count, sum = excluded.sum, x_axis_label = excluded.x_axis_label`,
		t.ID, seriesKey(v.Metric, v.Variant), clean(v.Metric), clean(v.Variant), v.LastIter, v.Last, v.MinIter, v.Min, v.MaxIter, v.Max, v.FirstIter, v.First, v.Count, v.Sum, clean(v.XAxis))
	return err
}

// seriesKey names a curve as the protocol does.
func seriesKey(metric, variant string) string {
	m, v := md5.Sum([]byte(metric)), md5.Sum([]byte(variant)) //nolint:gosec // names, no secrets
	return hex.EncodeToString(m[:]) + "." + hex.EncodeToString(v[:])
}

func (s events) Raise(ctx context.Context, t event.Target, iteration int64) error {
	_, err := s.db.exec(ctx, `INSERT INTO event_progress (target, last_iteration) VALUES (?, ?)
		ON CONFLICT (target) DO UPDATE SET last_iteration = excluded.last_iteration
		WHERE event_progress.last_iteration < excluded.last_iteration`, t.ID, iteration)
	return err
}

func (s events) Note(ctx context.Context, t event.Target, l event.Latest) error {
	_, err := s.db.exec(ctx, `INSERT INTO event_metric (target, metric, type, last_update) VALUES (?, ?, ?, ?)
		ON CONFLICT (target, metric, type) DO UPDATE SET last_update = excluded.last_update
		WHERE event_metric.last_update < excluded.last_update`, t.ID, clean(l.Metric), l.Type, millis(l.At))
	return err
}

func (s events) Progress(ctx context.Context, targets []event.Target) (map[event.Target]event.Progress, error) {
	kinds := make(map[string]event.Target, len(targets))
	ids := make([]string, 0, len(targets))
	for _, t := range targets {
		kinds[t.ID] = t
		ids = append(ids, t.ID)
	}
	out := make(map[event.Target]event.Progress, len(targets))
	_, err := collect(ctx, s.db, func(r scanner) (id string, err error) {
		var p event.Progress
		err = r.Scan(&id, &p.LastIteration)
		out[kinds[id]] = p
		return id, err
	}, `SELECT target, last_iteration FROM event_progress WHERE `+s.db.dialect.in("target"), list(ids))
	if err != nil {
		return nil, err
	}
	_, err = collect(ctx, s.db, func(r scanner) (id string, err error) {
		var v event.Summary
		err = r.Scan(&id, &v.Metric, &v.Variant, &v.LastIter, &v.Last, &v.MinIter, &v.Min, &v.MaxIter, &v.Max, &v.FirstIter, &v.First, &v.Count, &v.Sum, &v.XAxis)
		p := out[kinds[id]]
		p.Series = append(p.Series, v)
		out[kinds[id]] = p
		return id, err
	}, `SELECT target, `+summaryColumns+` FROM event_summary WHERE `+s.db.dialect.in("target")+` ORDER BY target, metric, variant`, list(ids))
	if err != nil {
		return nil, err
	}
	_, err = collect(ctx, s.db, func(r scanner) (id string, err error) {
		var l event.Latest
		err = r.Scan(&id, &l.Metric, &l.Type, clock{&l.At})
		p := out[kinds[id]]
		p.Latest = append(p.Latest, l)
		out[kinds[id]] = p
		return id, err
	}, `SELECT target, metric, type, last_update FROM event_metric WHERE `+s.db.dialect.in("target")+` ORDER BY target, metric, type`, list(ids))
	return out, err
}

func (s events) LogPage(ctx context.Context, t event.Target, q event.LogQuery) ([]event.Event, error) {
	scan := func(r scanner) (e event.Event, err error) {
		e.Type, e.Target = event.Log, t
		err = r.Scan(&e.Timestamp, clock{&e.Received}, &e.Worker, &e.Level, &e.Msg, &e.Metric, &e.Variant)
		return e, err
	}
	const columns = `SELECT timestamp, received, worker, level, msg, metric, variant FROM event_log WHERE target = ? `
	// Lines share times: a page ends with all lines of its last time, so that
	// the next one can begin strictly after it.
	if q.Earlier {
		return collect(ctx, s.db, scan, columns+`AND (? = 0 OR timestamp < ?) AND timestamp >= COALESCE(
			(SELECT timestamp FROM event_log WHERE target = ? AND (? = 0 OR timestamp < ?) ORDER BY timestamp DESC, id DESC LIMIT 1 OFFSET ?), -1)
			ORDER BY timestamp DESC, id DESC`, t.ID, q.From, q.From, t.ID, q.From, q.From, q.Limit-1)
	}
	return collect(ctx, s.db, scan, columns+`AND timestamp > ? AND timestamp <= COALESCE(
		(SELECT timestamp FROM event_log WHERE target = ? AND timestamp > ? ORDER BY timestamp, id LIMIT 1 OFFSET ?), 9223372036854775807)
		ORDER BY timestamp, id`, t.ID, q.From, t.ID, q.From, q.Limit-1)
}

func (s events) LogCount(ctx context.Context, t event.Target) (int, error) {
	return one(ctx, s.db, nil, scalar[int], `SELECT count(*) FROM event_log WHERE target = ?`, t.ID)
}

func (s events) ItemPage(ctx context.Context, t event.Target, q event.ItemQuery) ([]event.Event, error) {
	scan := func(r scanner) (e event.Event, err error) {
		e.Type, e.Target = q.Type, t
		err = r.Scan(&e.Metric, &e.Variant, &e.Iter, &e.Key, &e.Timestamp, clock{&e.Received}, &e.Worker, &e.Value, parsed{&e.Body})
		return e, err
	}
	// One text for both directions: a descending page runs over negated
	// iterations.
	sign, after := int64(1), int64(math.MinInt64)
	if q.Desc {
		sign = -1
	}
	if q.After != nil {
		after = sign * *q.After
	}
	return collect(ctx, s.db, scan, `SELECT metric, variant, iter, item_key, timestamp, received, worker, value, body FROM event_item
		WHERE target = ? AND type = ? AND iter * ? > ? AND iter * ? <= COALESCE(
			(SELECT iter * ? FROM event_item WHERE target = ? AND type = ? AND iter * ? > ? ORDER BY 1 LIMIT 1 OFFSET ?), 9223372036854775807)
		ORDER BY iter * ?, metric, variant, item_key`,
		t.ID, q.Type, sign, after, sign, sign, t.ID, q.Type, sign, after, q.Limit-1, sign)
}

func (s events) ItemCount(ctx context.Context, t event.Target, of event.Type) (int, error) {
	return one(ctx, s.db, nil, scalar[int], `SELECT count(*) FROM event_item WHERE target = ? AND type = ?`, t.ID, of)
}

func (s events) Files(ctx context.Context, t event.Target) ([]file.Address, error) {
	return collect(ctx, s.db, func(r scanner) (file.Address, error) {
		var body struct {
			URL string `json:"url"`
		}
		err := r.Scan(parsed{&body})
		return file.Stored(body.URL), err
	}, `SELECT body FROM event_item WHERE target = ? AND type = 'training_debug_image'`, t.ID)
}

func (s events) Delete(ctx context.Context, t event.Target) error {
	for _, table := range []string{"event_log", "event_item", "event_summary", "event_progress", "event_metric"} {
		if _, err := s.db.exec(ctx, `DELETE FROM `+table+` WHERE target = ?`, t.ID); err != nil {
			return fmt.Errorf("delete events: %w", err)
		}
	}
	return nil
}
