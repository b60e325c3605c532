package sqlstore

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/coffer-ml/coffer/event"
)

const (
	// A chunk of the log is full at these: what one more line makes us write.
	chunkLines = 2000
	chunkSize  = 128 << 10
	// maxLogPage ends a page of long lines early, in bytes: it is held in
	// memory.
	maxLogPage = 32 << 20
)

// chunk is some lines of a log, in the order in which they came.
type chunk struct {
	seq         int64
	first, last int64 // times
	lines       int
	size        int64
	list        []event.Event
}

const chunkColumns = `SELECT seq, first_time, last_time, lines FROM event_log `

func scanChunk(r scanner) (c chunk, err error) {
	err = r.Scan(&c.seq, &c.first, &c.last, &c.lines)
	return c, err
}

func (s events) AddLog(ctx context.Context, lines []event.Line) error {
	if len(lines) == 0 {
		return nil
	}
	owners, err := s.own(ctx, targetsOf(lines, func(l event.Line) event.Target { return l.Target }))
	if err != nil {
		return err
	}
	byOwner := make(map[int64][]event.Line)
	for _, l := range lines {
		byOwner[owners[l.Target]] = append(byOwner[owners[l.Target]], l)
	}
	for t, owner := range owners {
		if err := s.addLog(ctx, owner, t, byOwner[owner]); err != nil {
			return fmt.Errorf("add log lines: %w", err)
		}
	}
	return nil
}

// addLog adds lines to the last chunk of a log. A line that is there already
// lies in a chunk whose times include its own.
func (s events) addLog(ctx context.Context, owner int64, t event.Target, lines []event.Line) error {
	tail, err := one(ctx, s.db, nil, scanChunk, chunkColumns+`WHERE owner = ? ORDER BY seq DESC LIMIT 1`, owner)
	if err != nil {
		return err
	}
	earliest := lines[0].Timestamp
	for _, l := range lines {
		earliest = min(earliest, l.Timestamp)
	}
	around, err := collect(ctx, s.db, scanChunk, chunkColumns+`WHERE owner = ? AND last_time >= ?`, owner, earliest)
	if err != nil {
		return err
	}
	known := make(map[logKey]int)
	for _, c := range around {
		if c.seq == tail.seq || !slices.ContainsFunc(lines, func(l event.Line) bool { return l.Timestamp >= c.first && l.Timestamp <= c.last }) {
			continue
		}
		if err := s.open(ctx, owner, t, &c); err != nil {
			return err
		}
		tally(known, c.list)
	}
	if tail.seq > 0 {
		if err := s.open(ctx, owner, t, &tail); err != nil {
			return err
		}
		tally(known, tail.list)
	}
	changed := false
	for _, l := range lines {
		l.Worker, l.Level, l.Msg, l.Metric, l.Variant = clean(l.Worker), clean(l.Level), clean(l.Msg), clean(l.Metric), clean(l.Variant)
		k := keyOf(l.Event)
		if known[k] > l.Ordinal {
			continue
		}
		known[k]++
		if tail.seq == 0 || tail.lines >= chunkLines || tail.size >= chunkSize {
			if changed {
				if err := s.keep(ctx, owner, tail); err != nil {
					return err
				}
			}
			tail = chunk{seq: tail.seq + 1}
		}
		tail.add(l.Event)
		changed = true
	}
	if !changed {
		return nil
	}
	return s.keep(ctx, owner, tail)
}

type logKey struct {
	worker, level, msg string
	at                 int64
}

func keyOf(e event.Event) logKey { return logKey{e.Worker, e.Level, e.Msg, e.Timestamp} }

func tally(known map[logKey]int, lines []event.Event) {
	for _, l := range lines {
		known[keyOf(l)]++
	}
}

func (c *chunk) add(e event.Event) {
	if c.lines == 0 {
		c.first, c.last = e.Timestamp, e.Timestamp
	}
	c.first, c.last = min(c.first, e.Timestamp), max(c.last, e.Timestamp)
	c.lines++
	c.size += int64(len(e.Msg)) + 32
	c.list = append(c.list, e)
}

// keep writes a chunk; one without lines is removed.
func (s events) keep(ctx context.Context, owner int64, c chunk) error {
	if len(c.list) == 0 {
		_, err := s.db.exec(ctx, `DELETE FROM event_log WHERE owner = ? AND seq = ?`, owner, c.seq)
		return err
	}
	body, err := encodeLines(c.list)
	if err != nil {
		return err
	}
	_, err = s.db.exec(ctx, `INSERT INTO event_log (owner, seq, first_time, last_time, lines, size, body) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (owner, seq) DO UPDATE SET first_time = excluded.first_time, last_time = excluded.last_time,
		lines = excluded.lines, size = excluded.size, body = excluded.body`,
		owner, c.seq, c.first, c.last, c.lines, c.size, pack(body))
	return err
}

// open reads the lines of a chunk.
func (s events) open(ctx context.Context, owner int64, t event.Target, c *chunk) error {
	body, err := one(ctx, s.db, errNoRow, func(r scanner) (b []byte, err error) {
		err = r.Scan(&c.size, &b)
		return b, err
	}, `SELECT size, body FROM event_log WHERE owner = ? AND seq = ?`, owner, c.seq)
	if err != nil {
		return err
	}
	if body, err = unpack(body); err != nil {
		return err
	}
	c.list, err = decodeLines(body, t)
	return err
}

func (s events) Log(ctx context.Context, t event.Target, q event.LogQuery) ([]event.Event, error) {
	owner, err := s.owner(ctx, t)
	if err != nil || owner == 0 {
		return nil, err
	}
	var chunks []chunk
	if q.Earlier {
		chunks, err = collect(ctx, s.db, scanChunk, chunkColumns+`WHERE owner = ? AND first_time < ? ORDER BY last_time DESC, seq DESC`, owner, from(q))
	} else {
		chunks, err = collect(ctx, s.db, scanChunk, chunkColumns+`WHERE owner = ? AND last_time > ? ORDER BY first_time, seq`, owner, from(q))
	}
	if err != nil {
		return nil, err
	}
	var page []event.Event
	for i, c := range chunks {
		if err := s.open(ctx, owner, t, &c); err != nil {
			return nil, err
		}
		if q.Earlier {
			slices.Reverse(c.list)
		}
		for _, l := range c.list {
			if beyond(q, l.Timestamp) && q.Selection.Has(l.Metric, l.Variant) {
				page = append(page, l)
			}
		}
		if i+1 < len(chunks) {
			next := chunks[i+1].first
			if q.Earlier {
				next = chunks[i+1].last
			}
			if cut, full := cutPage(page, q); full && comes(q, cut[len(cut)-1].Timestamp, next) {
				return cut, nil
			}
		}
	}
	page, _ = cutPage(page, q)
	return page, nil
}

func from(q event.LogQuery) int64 {
	switch {
	case q.From != 0:
		return q.From
	case q.Earlier:
		return math.MaxInt64
	}
	return math.MinInt64
}

// beyond reports whether a time lies behind where the page begins.
func beyond(q event.LogQuery, at int64) bool {
	if q.Earlier {
		return q.From == 0 || at < q.From
	}
	return at > from(q)
}

// comes reports whether time a comes before time b in the page's direction.
func comes(q event.LogQuery, a, b int64) bool {
	if q.Earlier {
		return a > b
	}
	return a < b
}

// cutPage orders lines and cuts them at the limit, or where they become too
// many bytes. Lines share times: a page ends with all lines of its last time,
// so that the next one can begin strictly after it.
func cutPage(page []event.Event, q event.LogQuery) (cut []event.Event, full bool) {
	slices.SortStableFunc(page, func(a, b event.Event) int {
		switch {
		case comes(q, a.Timestamp, b.Timestamp):
			return -1
		case comes(q, b.Timestamp, a.Timestamp):
			return 1
		}
		return 0
	})
	size := 0
	for i, l := range page {
		if i > 0 && (i >= q.Limit || size >= maxLogPage) && l.Timestamp != page[i-1].Timestamp {
			return page[:i], true
		}
		size += len(l.Msg)
	}
	return page, len(page) >= q.Limit || size >= maxLogPage
}

func (s events) LogSince(ctx context.Context, t event.Target, from event.Place, limit int) ([]event.Event, event.Place, error) {
	owner, err := s.owner(ctx, t)
	if err != nil || owner == 0 {
		return nil, event.Place{}, err
	}
	if from.Log != owner {
		from = event.Place{Log: owner}
	}
	chunks, err := collect(ctx, s.db, scanChunk, chunkColumns+`WHERE owner = ? AND seq >= ? ORDER BY seq LIMIT ?`, owner, from.Chunk, limit)
	if err != nil {
		return nil, from, err
	}
	var out []event.Event
	for _, c := range chunks {
		if c.seq != from.Chunk {
			from.Chunk, from.Line = c.seq, 0
		}
		if from.Line >= int64(c.lines) {
			from.Line = int64(c.lines) // lines before it were cleared
			continue
		}
		if err := s.open(ctx, owner, t, &c); err != nil {
			return nil, from, err
		}
		for _, l := range c.list[min(from.Line, int64(len(c.list))):] {
			if len(out) == limit {
				return out, from, nil
			}
			out = append(out, l)
			from.Line++
		}
	}
	return out, from, nil
}

func (s events) LogEnd(ctx context.Context, t event.Target) (event.Place, error) {
	owner, err := s.owner(ctx, t)
	if err != nil || owner == 0 {
		return event.Place{}, err
	}
	last, err := one(ctx, s.db, nil, scanChunk, chunkColumns+`WHERE owner = ? ORDER BY seq DESC LIMIT 1`, owner)
	return event.Place{Log: owner, Chunk: last.seq, Line: int64(last.lines)}, err
}

func (s events) LogCount(ctx context.Context, t event.Target, sel event.Selection) (n int, err error) {
	owner, err := s.owner(ctx, t)
	if err != nil || owner == 0 {
		return 0, err
	}
	if sel == nil {
		return one(ctx, s.db, nil, scalar[int], `SELECT coalesce(sum(lines), 0) FROM event_log WHERE owner = ?`, owner)
	}
	chunks, err := collect(ctx, s.db, scanChunk, chunkColumns+`WHERE owner = ?`, owner)
	for _, c := range chunks {
		if err := s.open(ctx, owner, t, &c); err != nil {
			return 0, err
		}
		for _, l := range c.list {
			if sel.Has(l.Metric, l.Variant) {
				n++
			}
		}
	}
	return n, err
}

func (s events) LastLog(ctx context.Context, t event.Target) (int64, error) {
	return one(ctx, s.db, nil, scalar[int64], `SELECT coalesce(max(l.last_time), 0) FROM event_log l JOIN event_progress p ON p.id = l.owner WHERE p.target = ?`, t.ID)
}

func (s events) ClearLog(ctx context.Context, t event.Target, upTo int64, gone func(event.Event) bool) (deleted int, err error) {
	owner, err := s.owner(ctx, t)
	if err != nil || owner == 0 {
		return 0, err
	}
	chunks, err := collect(ctx, s.db, scanChunk, chunkColumns+`WHERE owner = ? AND first_time <= ? ORDER BY seq`, owner, upTo)
	if err != nil {
		return 0, err
	}
	for _, c := range chunks {
		if err := s.open(ctx, owner, t, &c); err != nil {
			return 0, err
		}
		left := chunk{seq: c.seq}
		for _, l := range c.list {
			if l.Timestamp > upTo || !gone(l) {
				left.add(l)
			}
		}
		if left.lines == c.lines {
			continue
		}
		deleted += c.lines - left.lines
		if err := s.keep(ctx, owner, left); err != nil {
			return 0, err
		}
	}
	return deleted, nil
}
