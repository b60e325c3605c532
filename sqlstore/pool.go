package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// writer begins transactions. end(true) commits, end(false) rolls back; it is
// called exactly once.
type writer interface {
	begin(ctx context.Context) (run runner, end func(commit bool) error, err error)
	close() error
}

// maxStatements bounds how many statements are kept prepared. Filters make new
// texts without end; those beyond the bound are prepared for each use.
const maxStatements = 400

// sqliteWriter is the one connection that writes. It is taken in turn, and
// statements are prepared on it once: preparing costs SQLite more than most
// of our statements do.
type sqliteWriter struct {
	turn  chan struct{} // holds one token
	shut  chan struct{} // closed with the writer
	once  sync.Once
	pool  *sql.DB
	conn  *sql.Conn
	cache map[string]*sql.Stmt // used only by the holder of the token
}

func newSQLiteWriter(ctx context.Context, pool *sql.DB) (*sqliteWriter, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	w := &sqliteWriter{
		turn: make(chan struct{}, 1), shut: make(chan struct{}),
		pool: pool, conn: conn, cache: make(map[string]*sql.Stmt),
	}
	w.turn <- struct{}{}
	return w, nil
}

func (w *sqliteWriter) begin(ctx context.Context) (runner, func(bool) error, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	select {
	case <-w.turn:
	case <-w.shut:
		return nil, nil, errClosed
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	ctx = context.WithoutCancel(ctx)
	// IMMEDIATE: a transaction that reads before it writes must not find, at
	// its first write, that another process was quicker.
	if _, err := w.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		w.turn <- struct{}{}
		return nil, nil, err
	}
	end := func(commit bool) error {
		defer func() { w.turn <- struct{}{} }()
		if !commit {
			_, err := w.exec(ctx, "ROLLBACK")
			return err
		}
		if _, err := w.exec(ctx, "COMMIT"); err != nil {
			_, _ = w.exec(ctx, "ROLLBACK") // a failed commit leaves the transaction open
			return err
		}
		return nil
	}
	return w, end, nil
}

// statement is a text ready to run.
type statement interface {
	ExecContext(ctx context.Context, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, args ...any) (*sql.Rows, error)
}

// loose is a statement that is prepared for each use.
type loose struct {
	on interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	}
	text string
}

func (l loose) ExecContext(ctx context.Context, args ...any) (sql.Result, error) {
	return l.on.ExecContext(ctx, l.text, args...)
}

func (l loose) QueryContext(ctx context.Context, args ...any) (*sql.Rows, error) {
	return l.on.QueryContext(ctx, l.text, args...)
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
	return s.ExecContext(ctx, args...)
}

func (w *sqliteWriter) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := w.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

// errClosed meets those who write to a database that was closed.
var errClosed = errors.New("the database is closed")

// close waits for the transaction that may be running; those that wait for
// their turn are refused.
func (w *sqliteWriter) close() (err error) {
	w.once.Do(func() {
		<-w.turn
		close(w.shut)
		for _, s := range w.cache {
			_ = s.Close()
		}
		_ = w.conn.Close()
		err = w.pool.Close()
	})
	return err
}

// reader runs reads outside of transactions. It can execute what changes
// nothing in the database, such as writing a copy of it.
type reader interface {
	runner
	ping(ctx context.Context) error
	close() error
}

// readPool runs reads on any of its connections.
type readPool struct {
	pool    *sql.DB
	dialect dialect
	mu      sync.RWMutex
	cache   map[string]*sql.Stmt
}

func (p *readPool) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return p.pool.ExecContext(ctx, rebind(p.dialect, query), args...)
}

func (p *readPool) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := p.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

func (p *readPool) statement(ctx context.Context, query string) (statement, error) {
	p.mu.RLock()
	s, room := p.cache[query], len(p.cache) < maxStatements
	p.mu.RUnlock()
	if s != nil {
		return s, nil
	}
	text := rebind(p.dialect, query)
	if !room {
		return loose{p.pool, text}, nil
	}
	fresh, err := p.pool.PrepareContext(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", query, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.cache[query]; s != nil { // somebody else was quicker
		defer func() { _ = fresh.Close() }()
		return s, nil
	}
	p.cache[query] = fresh
	return fresh, nil
}

func (p *readPool) ping(ctx context.Context) error { return p.pool.PingContext(ctx) }
func (p *readPool) close() error                   { return p.pool.Close() }
