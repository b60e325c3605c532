package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
)

// writer begins transactions. end(true) commits, end(false) rolls back; it is
// called exactly once.
type writer interface {
	// begin begins one; try counts how often it got into the way of others.
	begin(ctx context.Context, c class, try int) (run runner, end func(commit bool) error, err error)
	// alone begins the one that changes the schema. What others are about to
	// do to the schema it waits for, and then sees.
	alone(ctx context.Context) (run runner, end func(commit bool) error, err error)
	close() error
}

// maxStatements bounds how many statements are kept prepared. Filters make new
// texts without end; those beyond the bound are prepared for each use.
const maxStatements = 400

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
