package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/coffer-ml/coffer/internal/fault"
)

// sqliteWriter is the one connection that writes. Transactions take it in
// turn. Those that follow each other closely share one commit, and so one sync
// of the disk: each is a savepoint within a transaction of the engine, and
// none returns before that is durable.
//
// Statements are prepared on the connection once: preparing costs SQLite more
// than most of our statements do.
type sqliteWriter struct {
	turns turns
	pool  *sql.DB
	conn  *sql.Conn
	once  sync.Once

	// Used only by whose turn it is.
	cache map[string]*sql.Stmt
	group *group // the transaction of the engine; nil if none is open
}

// group is a transaction of the engine: members wait until it has ended.
type group struct {
	members int
	cause   error // with which the engine failed a statement
	ended   chan struct{}
	err     error // set before ended is closed
}

// maxGroup bounds a group: the first member must not wait much longer for the
// others than for the disk.
const maxGroup = 16

func newSQLiteWriter(ctx context.Context, pool *sql.DB) (*sqliteWriter, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &sqliteWriter{pool: pool, conn: conn, cache: make(map[string]*sql.Stmt)}, nil
}

func (w *sqliteWriter) alone(ctx context.Context) (runner, func(bool) error, error) {
	return w.begin(ctx, interactive, 0)
}

func (w *sqliteWriter) begin(ctx context.Context, c class, _ int) (runner, func(bool) error, error) {
	if err := w.turns.take(ctx, c); err != nil {
		return nil, nil, err
	}
	ctx = context.WithoutCancel(ctx)
	first := w.group == nil
	open := "SAVEPOINT member"
	if first {
		// IMMEDIATE: a transaction that reads before it writes must not find,
		// at its first write, that another process was quicker.
		open = "BEGIN IMMEDIATE"
		w.group = &group{ended: make(chan struct{})}
	}
	if _, err := w.exec(ctx, open); err != nil {
		w.settle(ctx, first)
		return nil, nil, err
	}
	return w, func(commit bool) error { return w.end(ctx, first, commit) }, nil
}

// end ends a member of the group and, unless somebody follows who joins it, the
// group.
func (w *sqliteWriter) end(ctx context.Context, first, commit bool) error {
	g := w.group
	var err error
	switch {
	case commit:
		g.members++
		if !first {
			_, err = w.exec(ctx, "RELEASE member")
		}
	case first: // nobody else is in it
		_, err = w.exec(ctx, "ROLLBACK")
		g.err = errRolledBack
	default:
		if _, err = w.exec(ctx, "ROLLBACK TO member"); err == nil {
			_, err = w.exec(ctx, "RELEASE member")
		}
	}
	if err != nil && g.err == nil {
		// After some failures, such as a full disk, the engine rolls back all
		// by itself. Nothing of the group is left then; all are told why.
		g.err = fault.ErrUnavailable.Wrap(errors.Join(g.cause, err), "the database could not keep the change")
	}
	if g.err != nil || g.members >= maxGroup || !w.turns.hand() {
		w.settle(ctx, false)
	}
	if !commit {
		return err
	}
	<-g.ended
	return g.err
}

// errRolledBack marks a group that is over.
var errRolledBack = errors.New("rolled back")

// settle ends the group, unless it never began, and passes the turn.
func (w *sqliteWriter) settle(ctx context.Context, never bool) {
	g := w.group
	w.group = nil
	if !never && g.err == nil {
		_, g.err = w.exec(ctx, "COMMIT")
	}
	if !never && g.err != nil && !errors.Is(g.err, errRolledBack) {
		_, _ = w.exec(ctx, "ROLLBACK") // a failed commit leaves the transaction open
	}
	close(g.ended)
	w.turns.pass()
}

func (w *sqliteWriter) statement(ctx context.Context, query string) (statement, error) {
	if s := w.cache[query]; s != nil {
		return s, nil
	}
	if len(w.cache) >= maxStatements {
		return loose{w.conn, query}, nil
	}
	s, err := w.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", query, err)
	}
	w.cache[query] = s
	return s, nil
}

func (w *sqliteWriter) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := w.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	res, err := s.ExecContext(ctx, args...)
	return res, w.note(err)
}

// note keeps the error of an engine that fails, for all of the group.
func (w *sqliteWriter) note(err error) error {
	if err != nil && w.group != nil && fault.KindOf(translate(err)) == fault.Unavailable {
		w.group.cause = err
	}
	return err
}

func (w *sqliteWriter) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := w.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, args...)
	return rows, w.note(err)
}

// close waits for the transaction that may be running; those that wait for
// their turn are refused.
func (w *sqliteWriter) close() (err error) {
	w.once.Do(func() {
		err = w.turns.close()
		for _, s := range w.cache {
			_ = s.Close()
		}
		err = errors.Join(err, w.conn.Close(), w.pool.Close())
	})
	return err
}
