package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	engine "modernc.org/sqlite"
)

// OpenWith is Open with other migrations.
func OpenWith(ctx context.Context, cfg Config, migrations fs.FS) (*DB, error) {
	return open(ctx, cfg, migrations)
}

// Migrations are those of the program.
var Migrations fs.FS = migrations

// MaxStatements is the bound on prepared statements.
const MaxStatements = maxStatements

// MaxCandidates is the bound on rows for patterns.
const MaxCandidates = maxCandidates

// IsDuplicate tells the error of a unique index.
var IsDuplicate = isDuplicate

// Translate recognises driver errors.
var Translate = translate

// Exec runs a changing statement.
func (db *DB) Exec(ctx context.Context, query string, args ...any) error {
	_, err := db.exec(ctx, query, args...)
	return err
}

// Texts reads the first column of all rows.
func (db *DB) Texts(ctx context.Context, query string, args ...any) ([]string, error) {
	return collect(ctx, db, scalar[string], query, args...)
}

// Kept returns how many statements are prepared for reading.
func (db *DB) Kept() int {
	p := db.reader.(*readPool)
	p.mu.RLock()
	defer p.mu.RUnlock()
	return len(p.cache)
}

// Pages returns how many pages the writing connection has looked at so far.
func (db *DB) Pages() (n int, err error) {
	err = db.writer.(*sqliteWriter).conn.Raw(func(c any) error {
		for _, op := range []engine.DBStatusOp{engine.DBStatusCacheHit, engine.DBStatusCacheMiss} {
			v, _, err := c.(engine.DBStatus).Status(op, false)
			if err != nil {
				return err
			}
			n += v
		}
		return nil
	})
	return n, err
}

// Recorder notes the statements that a database runs.
type Recorder struct {
	mu   sync.Mutex
	list []Statement
}

// Statement is one that was run.
type Statement struct {
	Text string
	Args []any
}

// Record makes db note its statements from now on, until stop.
func Record(db *DB) (r *Recorder, stop func()) {
	r = &Recorder{}
	w, p := db.writer, db.reader
	db.writer, db.reader = recordingWriter{w, r}, recordingReader{p, r}
	return r, func() { db.writer, db.reader = w, p }
}

func (r *Recorder) note(text string, args []any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, Statement{text, args})
}

// Statements returns what was noted so far, but for the frames of transactions.
func (r *Recorder) Statements() []Statement {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Statement{}, r.list...)
}

// Plan returns how the engine would run a statement, one step a line.
func (db *DB) Plan(ctx context.Context, s Statement) (string, error) {
	steps, err := collect(ctx, db, func(s scanner) (detail string, err error) {
		var id, parent, unused int
		return detail, s.Scan(&id, &parent, &unused, &detail)
	}, "EXPLAIN QUERY PLAN "+s.Text, append([]any{}, s.Args...)...)
	if err != nil {
		return "", fmt.Errorf("%s: %w", s.Text, err)
	}
	return strings.Join(steps, "\n"), nil
}

type recordingWriter struct {
	writer
	r *Recorder
}

func (w recordingWriter) begin(ctx context.Context, c class) (runner, func(bool) error, error) {
	run, end, err := w.writer.begin(ctx, c)
	return recordingRunner{run, w.r}, end, err
}

type recordingReader struct {
	reader
	r *Recorder
}

func (w recordingReader) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	w.r.note(query, args)
	return w.reader.query(ctx, query, args...)
}

type recordingRunner struct {
	runner
	r *Recorder
}

func (w recordingRunner) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	w.r.note(query, args)
	return w.runner.exec(ctx, query, args...)
}

func (w recordingRunner) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	w.r.note(query, args)
	return w.runner.query(ctx, query, args...)
}

// Standing returns how many transactions wait for their turn.
func Standing(db *DB) int {
	q := &db.writer.(*sqliteWriter).turns
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting[interactive]) + len(q.waiting[bulk])
}

// LimitPages makes the disk full for the writer: the database may grow by so
// many pages; 0 takes the limit back.
func LimitPages(db *DB, more int) error {
	conn := db.writer.(*sqliteWriter).conn
	var pages int
	if err := conn.QueryRowContext(context.Background(), `PRAGMA page_count`).Scan(&pages); err != nil {
		return err
	}
	limit := pages + more
	if more == 0 {
		limit = 1 << 30
	}
	_, err := conn.ExecContext(context.Background(), fmt.Sprintf(`PRAGMA max_page_count = %d`, limit))
	return err
}
