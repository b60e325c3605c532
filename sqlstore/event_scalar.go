package sqlstore

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/internal/curve"
)

// points is what a batch brings for one series.
type points struct {
	event.Series
	owner  int64
	place  int // of a new series
	tree   curve.Tree
	events []*event.Event
	at     []int // of each, in what the caller brought
}

type seriesName struct {
	owner           int64
	metric, variant string
}

func (s events) AddScalars(ctx context.Context, list []*event.Event, limit int) (refused []int, err error) {
	if len(list) == 0 {
		return nil, nil
	}
	owners, err := s.own(ctx, targetsOf(list, func(e *event.Event) event.Target { return e.Target }))
	if err != nil {
		return nil, err
	}
	byName := make(map[seriesName]*points)
	var all []*points
	for i, e := range list {
		name := seriesName{owners[e.Target], clean(e.Metric), clean(e.Variant)}
		p := byName[name]
		if p == nil {
			p = &points{owner: name.owner}
			p.Target, p.Metric, p.Variant = e.Target, name.metric, name.variant
			byName[name] = p
			all = append(all, p)
		}
		p.events, p.at = append(p.events, e), append(p.at, i)
	}
	if err := s.findSeries(ctx, all, byName); err != nil {
		return nil, err
	}
	taken := all[:0]
	places := make(map[int64]int) // by owner: how many series it has
	for _, p := range all {
		if p.ID == 0 {
			ok, err := s.begin(ctx, p, places, limit)
			if err != nil {
				return nil, err
			}
			if !ok {
				refused = append(refused, p.at...)
				continue
			}
		}
		taken = append(taken, p)
	}
	if err := s.loadTails(ctx, taken); err != nil {
		return nil, err
	}
	var rows [][]any
	for _, p := range taken {
		nodes, err := s.extend(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("add scalars to %s/%s: %w", p.Metric, p.Variant, err)
		}
		for _, n := range nodes {
			rows = append(rows, []any{p.ID, n.Level, n.Start, n.Body})
		}
	}
	return refused, s.db.insert(ctx, `INSERT INTO event_node (series, level, start, body) VALUES `,
		` ON CONFLICT (series, level, start) DO UPDATE SET body = excluded.body`, rows)
}

// findSeries fills in those that exist.
func (s events) findSeries(ctx context.Context, all []*points, byName map[seriesName]*points) error {
	names := make([][]any, len(all))
	for i, p := range all {
		names[i] = []any{p.owner, p.Metric, p.Variant}
	}
	_, err := collect(ctx, s.db, func(r scanner) (_ struct{}, err error) {
		var name seriesName
		var found event.Series
		if err := r.Scan(append([]any{&name.owner}, into(&found)...)...); err != nil {
			return struct{}{}, err
		}
		name.metric, name.variant = found.Metric, found.Variant
		p := byName[name]
		found.Target = p.Target
		p.Series = found
		return struct{}{}, nil
	}, `SELECT s.owner, `+seriesColumns+` FROM `+s.db.dialect.rows("itt")+` r CROSS JOIN event_series s
		WHERE s.owner = r.c1 AND s.metric = r.c2 AND s.variant = r.c3`, tuples(names))
	return err
}

const seriesColumns = `s.id, s.metric, s.variant, s.label, s.levels, s.aggregate, s.single`

// into is where seriesColumns go.
func into(v *event.Series) []any {
	return []any{&v.ID, &v.Metric, &v.Variant, &v.Label, &v.Levels, aggregate{&v.Curve}, lonely{&v.Single}}
}

// begin gives a new series its place, unless the target has reached the limit.
func (s events) begin(ctx context.Context, p *points, places map[int64]int, limit int) (ok bool, err error) {
	place, counted := places[p.owner]
	if !counted {
		if place, err = one(ctx, s.db, nil, scalar[int], `SELECT count(*) FROM event_series WHERE owner = ?`, p.owner); err != nil {
			return false, err
		}
	}
	places[p.owner] = place
	if place >= limit {
		return false, nil
	}
	places[p.owner]++
	p.place = place
	return true, nil
}

// loadTails reads the last leaf of each series, where most points go.
func (s events) loadTails(ctx context.Context, all []*points) error {
	var asked [][]any
	byID := make(map[int64]*points)
	for _, p := range all {
		p.tree = curve.Tree{Levels: p.Levels, Load: func(level int, at int64) (curve.Node, error) { return s.node(ctx, p.ID, level, at) }}
		if p.Levels > 0 {
			asked = append(asked, []any{p.ID, 0})
			byID[p.ID] = p
		}
	}
	return s.tails(ctx, asked, func(series int64, n curve.Node) error { return byID[series].tree.Have(n) })
}

// tails reads the last node of each pair of series and level.
func (s events) tails(ctx context.Context, asked [][]any, visit func(series int64, n curve.Node) error) error {
	if len(asked) == 0 {
		return nil
	}
	_, err := collect(ctx, s.db, func(r scanner) (_ struct{}, err error) {
		var series int64
		var n curve.Node
		if err := r.Scan(&series, &n.Level, &n.Start, &n.Body); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, visit(series, n)
	}, `WITH tail AS MATERIALIZED (SELECT r.c1, r.c2, (SELECT max(m.start) FROM event_node m WHERE m.series = r.c1 AND m.level = r.c2) AS c3
			FROM `+s.db.dialect.rows("ii")+` r)
		SELECT n.series, n.level, n.start, n.body FROM tail t CROSS JOIN event_node n
		WHERE n.series = t.c1 AND n.level = t.c2 AND n.start = t.c3`, tuples(asked))
	return err
}

// node reads the node that covers a place, and where the next one begins.
func (s events) node(ctx context.Context, series int64, level int, at int64) (curve.Node, error) {
	return one(ctx, s.db, errNoRow, func(r scanner) (curve.Node, error) {
		n := curve.Node{Level: level}
		var next *int64
		err := r.Scan(&n.Start, &n.Body, &next)
		if next != nil {
			n.Next, n.HasNext = *next, true
		}
		return n, err
	}, `SELECT n.start, n.body, (SELECT min(m.start) FROM event_node m WHERE m.series = ? AND m.level = ? AND m.start > n.start)
		FROM event_node n WHERE n.series = ? AND n.level = ? AND n.start <= ? ORDER BY n.start DESC LIMIT 1`,
		series, level, series, level, at)
}

// extend puts the points into their tree, brings what the series says of
// itself up to date and returns the nodes that changed.
func (s events) extend(ctx context.Context, p *points) ([]curve.Node, error) {
	fresh := make([]curve.Point, 0, len(p.events))
	for _, e := range p.events {
		point, err := pointOf(e)
		if err != nil {
			return nil, err
		}
		if e.Label != "" {
			p.Label = clean(e.Label)
		}
		if e.Iter == event.Single {
			p.Single = &point
			continue
		}
		fresh = append(fresh, point)
	}
	overwritten, err := p.tree.Put(fresh)
	if err != nil {
		return nil, err
	}
	if overwritten == 0 {
		for _, point := range fresh {
			p.Curve.Add(point)
		}
	} else if p.Curve, err = p.tree.Aggregate(); err != nil {
		return nil, err
	}
	var single []byte
	if p.Single != nil {
		single = curve.EncodePoints([]curve.Point{*p.Single})
	}
	return p.tree.Changed(), s.save(ctx, p, single)
}

// save writes the row of a series.
func (s events) save(ctx context.Context, p *points, single []byte) (err error) {
	sum := p.Summary()
	args := []any{
		p.Label, p.tree.Levels, p.Curve.Encode(), single, unsigned(sum.Last.Value), unsigned(sum.Min.Value), sum.Min.Iter,
		unsigned(sum.Max.Value), sum.Max.Iter, unsigned(sum.First.Value), sum.First.Iter, sum.Count, unsigned(sum.Mean()),
	}
	if p.ID != 0 {
		_, err = s.db.exec(ctx, `UPDATE event_series SET label = ?, levels = ?, aggregate = ?, single = ?, last_value = ?,
			min_value = ?, min_iter = ?, max_value = ?, max_iter = ?, first_value = ?, first_iter = ?, count = ?, mean_value = ? WHERE id = ?`,
			append(args, p.ID)...)
		return err
	}
	p.ID, err = one(ctx, s.db, errNoRow, scalar[int64], `INSERT INTO event_series (label, levels, aggregate, single, last_value,
		min_value, min_iter, max_value, max_iter, first_value, first_iter, count, mean_value, owner, metric, variant, place, name_key, project_id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT project_id FROM event_progress WHERE id = ?)) RETURNING id`,
		append(args, p.owner, p.Metric, p.Variant, p.place, seriesKey(p.Metric, p.Variant), p.owner)...)
	return err
}

// unsigned makes one zero of the two: SQLite has no other.
func unsigned(f float64) float64 { return f + 0 }

func pointOf(e *event.Event) (curve.Point, error) {
	p := curve.Point{Iter: e.Iter, Value: *e.Value, Time: e.Timestamp, Received: e.Received.UnixMilli(), Source: clean(e.Worker)}
	if len(e.Body) > 0 {
		extra, err := document(e.Body)
		if err != nil {
			return p, err
		}
		p.Extra = clean(extra)
	}
	return p, nil
}

func eventOf(t event.Target, s event.Series, p curve.Point) (event.Event, error) {
	e := event.Event{
		Type: event.Scalar, Target: t, Metric: s.Metric, Variant: s.Variant, Iter: p.Iter, Value: &p.Value, Timestamp: p.Time,
		Received: time.UnixMilli(p.Received).UTC(), Worker: p.Source,
	}
	var err error
	if p.Extra != "" {
		err = exact{&e.Body}.Scan(p.Extra)
	}
	return e, err
}

// aggregate scans what a series comes to.
type aggregate struct{ to *curve.Aggregate }

// Scan implements sql.Scanner.
func (a aggregate) Scan(src any) (err error) {
	b, _ := src.([]byte)
	*a.to, err = curve.DecodeAggregate(b)
	return err
}

// lonely scans the point without iteration.
type lonely struct{ to **curve.Point }

// Scan implements sql.Scanner.
func (l lonely) Scan(src any) error {
	*l.to = nil
	b, _ := src.([]byte)
	if len(b) == 0 {
		return nil
	}
	points, err := curve.DecodePoints(b)
	if err == nil && len(points) == 1 {
		*l.to = &points[0]
	}
	return err
}

// scanSeries returns the series of some targets that are chosen, by target, metric
// and variant.
func (s events) scanSeries(ctx context.Context, rows []reported, chosen string, args ...any) ([]event.Series, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	owners, of := ownersOf(rows)
	out, err := collect(ctx, s.db, func(r scanner) (v event.Series, err error) {
		var owner int64
		err = r.Scan(append([]any{&owner}, into(&v)...)...)
		v.Target = of[owner]
		return v, err
	}, `SELECT s.owner, `+seriesColumns+` FROM event_series s WHERE `+s.db.dialect.inInts("s.owner")+chosen+` ORDER BY s.owner, s.metric, s.variant`,
		append([]any{owners}, args...)...)
	slices.SortStableFunc(out, func(a, b event.Series) int { return strings.Compare(a.Target.ID, b.Target.ID) })
	return out, err
}

func (s events) Series(ctx context.Context, targets []event.Target, sel event.Selection) ([]event.Series, error) {
	rows, err := s.reported(ctx, targets)
	if err != nil {
		return nil, err
	}
	chosen, args := s.chosen("s", sel)
	return s.scanSeries(ctx, rows, chosen, args...)
}

// chosen is a selection as a condition that follows others.
func (s events) chosen(table string, sel event.Selection) (string, []any) {
	if sel == nil {
		return "", nil
	}
	var args []any
	terms := make([]string, 0, len(sel))
	for _, m := range sel {
		term := "1 = 1"
		if !m.Any {
			term = table + ".metric = ?"
			args = append(args, clean(m.Metric))
		}
		if len(m.Variants) > 0 {
			term += " AND " + s.db.dialect.in(table+".variant")
			args = append(args, list(m.Variants))
		}
		terms = append(terms, "("+term+")")
	}
	if len(terms) == 0 {
		return " AND 1 = 0", nil
	}
	return " AND (" + strings.Join(terms, " OR ") + ")", args
}

// views opens the trees of series for reading.
func (s events) views(ctx context.Context, series []event.Series) ([]*curve.View, error) {
	views := make([]*curve.View, len(series))
	byID := make(map[int64]*curve.View, len(series))
	var asked [][]any
	for i, one := range series {
		v := &curve.View{Load: func(ctx context.Context, level int, starts []int64, visit func(curve.Node) error) error {
			return s.nodes(ctx, one.ID, level, starts, visit)
		}}
		views[i], byID[one.ID] = v, v
		for level := range one.Levels {
			asked = append(asked, []any{one.ID, level})
		}
	}
	return views, s.tails(ctx, asked, func(id int64, n curve.Node) error {
		byID[id].Tails = append(byID[id].Tails, n)
		return nil
	})
}

// nodes reads nodes of one level, one after the other.
func (s events) nodes(ctx context.Context, series int64, level int, starts []int64, visit func(curve.Node) error) error {
	_, err := collect(ctx, s.db, func(r scanner) (_ struct{}, err error) {
		n := curve.Node{Level: level}
		if err := r.Scan(&n.Start, &n.Body); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, visit(n)
	}, `SELECT start, body FROM event_node WHERE series = ? AND level = ? AND `+s.db.dialect.inInts("start"), series, level, list(starts))
	return err
}

func (s events) Buckets(ctx context.Context, series event.Series, key curve.Key, width int64) ([]curve.Bucket, error) {
	views, err := s.views(ctx, []event.Series{series})
	if err != nil {
		return nil, err
	}
	return views[0].Buckets(ctx, key, width)
}

func (s events) Scalars(ctx context.Context, t event.Target, series []event.Series, q curve.Query) ([]event.Event, error) {
	views, err := s.views(ctx, series)
	if err != nil {
		return nil, err
	}
	for i, one := range series {
		if one.Single != nil {
			views[i].Loose = []curve.Point{*one.Single}
		}
	}
	if q.Limit <= 0 {
		q.Limit = math.MaxInt
	}
	found, err := curve.Page(ctx, views, q)
	if err != nil {
		return nil, err
	}
	out := make([]event.Event, len(found))
	for i, f := range found {
		if out[i], err = eventOf(t, series[f.Series], f.Point); err != nil {
			return nil, err
		}
	}
	return out, nil
}
