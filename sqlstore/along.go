package sqlstore

import (
	"context"
	"sync"
	"time"

	"github.com/coffer-ml/coffer/internal/query"
)

// alongNames returns the conditions of a list for a walk along the names to some
// end; false if there is none. It is for ranges of time that are met by so many
// that the page may be full by then: to read the range and put it in order would
// take four times as long. Where it is not full, more may follow, and the walk took
// less than to count the range would.
func (db *DB) alongNames(ctx context.Context, p prepared, keys []orderKey, r query.Request) (cond, bool, error) {
	if len(r.Order) != 1 || r.Order[0].Field == query.Score || r.Search != nil || r.Page.Limit <= 0 || r.Page.Offset > db.driving {
		return always, false, nil
	}
	f, err := p.find(r.Order[0].Field)
	if err != nil || !f.name || f.indexed == nil {
		return always, false, err
	}
	ranges, err := p.ranges(p.root, r.Order)
	if err != nil || len(ranges) == 0 {
		return always, false, err
	}
	for _, in := range ranges {
		if long, err := db.longer(ctx, p.compiler, in, db.driving/10); err != nil || !long {
			return always, false, err
		}
	}
	key, from := keys[0], always
	if r.Bookmark != nil && len(r.Bookmark.Keys) > 0 {
		from = key.compare(orEqual(key.desc), r.Bookmark.Keys[0])
	}
	end, ok, err := db.walkEnd(ctx, p.source.table, key, from)
	if err != nil || !ok {
		return always, false, err
	}
	for _, in := range ranges {
		test(in.nodes)
	}
	met, err := p.but(nil, key.compare(orEqual(!key.desc), end))
	return met, true, err
}

// walkEnd is the name at which a walk from a place ends, false if few rows are
// left or very many have one name. From the beginning it is remembered for a
// while: to find it takes longer than the walk, and it need not be exact.
func (db *DB) walkEnd(ctx context.Context, table string, key orderKey, from cond) (string, bool, error) {
	at := "SELECT * FROM (SELECT " + key.sql + " FROM " + table + " WHERE " + from.sql + " ORDER BY " + key.way() + " LIMIT 1 OFFSET ?) a"
	text := at + " UNION ALL " + at
	begins, now := len(from.args) == 0, db.now()
	if end, ok := db.ends.get(text, db.driving, now); ok && begins {
		return end, true, nil
	}
	args := append(append(from.args[:len(from.args):len(from.args)], db.driving), from.args...)
	ends, err := collect(ctx, db, scalar[string], text, append(args, 2*db.driving)...)
	if err != nil || len(ends) < 2 || ends[0] == ends[1] {
		return "", false, err
	}
	if begins {
		db.ends.put(text, db.driving, ends[0], now)
	}
	return ends[0], true, nil
}

// endsKept is how long the ends of walks are remembered.
const endsKept = 10 * time.Minute

// walkEnds remembers where walks of so many rows end, by the statement that
// tells it, of which there are as many as orders by name.
type walkEnds struct {
	mu   sync.Mutex
	ends map[string]walkEnd
}

type walkEnd struct {
	rows  int
	name  string
	until time.Time
}

func (w *walkEnds) get(text string, rows int, now time.Time) (string, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	end := w.ends[text]
	return end.name, end.rows == rows && now.Before(end.until)
}

func (w *walkEnds) put(text string, rows int, name string, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ends == nil {
		w.ends = make(map[string]walkEnd)
	}
	w.ends[text] = walkEnd{rows, name, now.Add(endsKept)}
}
