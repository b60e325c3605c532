package sqlstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coffer-ml/coffer/user"
)

// audit writes who changed what into the transaction that changed it.
type audit struct {
	// last numbers the entries of this process. It begins at random, so that
	// several servers hardly ever meet; what they write within one millisecond
	// must differ.
	last   atomic.Int64
	steady steady
}

func newAudit() *audit {
	a := &audit{}
	a.last.Store(rand.Int64N(math.MaxInt64 / 2)) //nolint:gosec // a number, no secret
	return a
}

// steadyEvery is how often a change that comes again and again is told.
const steadyEvery = time.Hour

// maxSteady bounds what is remembered of that; beyond it, it starts anew, and
// the audit tells more than it need.
const maxSteady = 65536

// steady remembers until when a change need not be told again.
type steady struct {
	mu    sync.Mutex
	until map[user.Noted]time.Time
}

func (s *steady) told(n user.Noted, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return now.Before(s.until[n])
}

func (s *steady) tell(n user.Noted, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.until == nil || len(s.until) >= maxSteady {
		s.until = make(map[user.Noted]time.Time)
	}
	s.until[n] = now.Add(steadyEvery)
}

// auditColumns are those of an entry, in the order of entryRow.
const auditColumns = `at, id, user_id, as_id, access_key, action, kind, object, part, address, worker, request`

// write ends a transaction with its entries. A change of which nobody said what
// it changes has one as well, without an object, unless the server itself made
// it.
func (a *audit) write(ctx context.Context, db *DB, t *transaction, notes []user.Noted) error {
	now := db.now()
	var rows [][]any
	for _, n := range notes {
		if n.Steady {
			if a.steady.told(n, now) {
				continue
			}
			t.after = append(t.after, func() { a.steady.tell(n, now) })
		}
		rows = append(rows, a.row(n, now))
	}
	if act, ok := user.ActOf(ctx); ok && len(notes) == 0 && t.rows > 0 && act.Who.User != user.Server.User {
		rows = append(rows, a.row(user.Noted{Act: act}, now))
	}
	if len(rows) == 0 {
		return nil
	}
	return db.insert(ctx, `INSERT INTO audit (`+auditColumns+`) VALUES `, "", rows)
}

// maxObject is how much of the name of an object the audit keeps, in bytes: what
// is longer, as the path of a file may be, no index could hold.
const maxObject = 1024

// objectName is the name of an object as the audit keeps it: one that is too
// long is known by its beginning and its SHA-256.
func objectName(id string) string {
	if id = clean(id); len(id) <= maxObject {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return strings.ToValidUTF8(id[:maxObject-80], "") + "... SHA-256 " + hex.EncodeToString(sum[:])
}

func (a *audit) row(n user.Noted, now time.Time) []any {
	who := n.Act.Who
	var as any
	if who.By != "" {
		as = who.User
	}
	return []any{
		millis(now), a.last.Add(1), who.Real(), as, null(who.Key), n.Act.Action, null(n.Kind), null(objectName(n.ID)), null(n.Part),
		null(n.Act.Address), null(n.Act.Worker), null(n.Act.Request),
	}
}

// Audit implements user.AuditStore.
func (s users) Audit(ctx context.Context, q user.AuditQuery) ([]user.Entry, error) {
	after := user.AuditPlace{ID: math.MaxInt64, At: time.UnixMilli(math.MaxInt64)}
	if q.After != nil {
		after = *q.After
	}
	where := []cond{when(`(at, id) < (?, ?)`, after.At.UnixMilli(), after.ID)}
	for column, value := range map[string]string{
		"user_id": string(q.User), "as_id": string(q.As), "action": q.Action, "kind": string(q.Kind), "object": objectName(q.Object),
	} {
		if value != "" {
			where = append(where, when(column+` = ?`, value))
		}
	}
	if !q.Since.IsZero() {
		where = append(where, when(`at >= ?`, q.Since.UnixMilli()))
	}
	if !q.Until.IsZero() {
		where = append(where, when(`at < ?`, q.Until.UnixMilli()))
	}
	c := all(where...)
	return collect(ctx, s.db, func(r scanner) (e user.Entry, err error) {
		err = r.Scan(clock{&e.At}, &e.ID, &e.User, nullable(&e.As), text[string]{&e.Key}, &e.Action, nullable(&e.Kind), text[string]{&e.Object},
			text[string]{&e.Part}, text[string]{&e.Address}, text[string]{&e.Worker}, text[string]{&e.Request})
		return e, err
	}, `SELECT `+auditColumns+` FROM audit WHERE `+c.sql+` ORDER BY at DESC, id DESC LIMIT ?`, append(c.args, q.Limit)...)
}

// DropAudit implements user.AuditStore.
func (s users) DropAudit(ctx context.Context, before time.Time, limit int) (int64, error) {
	return s.db.changed(ctx, `DELETE FROM audit WHERE (at, id) IN (SELECT at, id FROM audit WHERE at < ? ORDER BY at, id LIMIT ?)`, millis(before), limit)
}
