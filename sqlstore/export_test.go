package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"iter"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	engine "modernc.org/sqlite"

	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/task"
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

// MoveWith is Move with something done between copying and comparing.
var MoveWith = move

// Dump returns the rows of every table but the ledger of migrations, in
// no order, and the columns of each.
func (db *DB) Dump(ctx context.Context) (map[string][][]any, map[string][]string, error) {
	names, err := db.tables(ctx)
	if err != nil {
		return nil, nil, err
	}
	all, columns := make(map[string][][]any), make(map[string][]string)
	for _, name := range names {
		if name == "schema_step" {
			continue
		}
		if all[name], columns[name], err = db.all(ctx, name); err != nil {
			return nil, nil, err
		}
	}
	return all, columns, nil
}

// all reads a table whole.
func (db *DB) all(ctx context.Context, table string) (all [][]any, columns []string, err error) {
	rows, err := db.query(ctx, `SELECT * FROM `+table)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = rows.Close() }()
	if columns, err = rows.Columns(); err != nil {
		return nil, nil, err
	}
	all = [][]any{}
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range into {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, nil, err
		}
		all = append(all, values)
	}
	return all, columns, rows.Err()
}

// Exec runs a changing statement.
func (db *DB) Exec(ctx context.Context, query string, args ...any) error {
	_, err := db.exec(ctx, query, args...)
	return err
}

// Texts reads the first column of all rows.
func (db *DB) Texts(ctx context.Context, query string, args ...any) ([]string, error) {
	return collect(ctx, db, scalar[string], query, args...)
}

// LetDrive sets how many rows may be picked by a condition, so that few rows
// are listed as many are.
func LetDrive(db *DB, n int) { db.driving = n }

// AddNames keeps names of tasks that no task has.
func AddNames(ctx context.Context, db *DB, names iter.Seq[string]) error {
	return db.Tx(ctx, func(ctx context.Context) error {
		for name := range names {
			if err := taskNames.add(ctx, db, name); err != nil {
				return err
			}
		}
		return nil
	})
}

// FindNames returns the names of tasks that a pattern matches; false if they are
// too many to be told.
func FindNames(ctx context.Context, db *DB, r query.Regexp) ([]string, bool, error) {
	return taskNames.find(ctx, db, r)
}

// MaxNames is how many they may be.
const MaxNames = maxNames

// Engine is the name of the engine that runs db.
func Engine(db *DB) string { return db.dialect.name() }

// AtOnce is how many transactions may be open at once.
func AtOnce(db *DB) int {
	if w, ok := db.writer.(*postgresWriter); ok {
		return w.pool.Stats().MaxOpenConnections
	}
	return 1
}

// Kept returns how many statements are prepared for reading: on PostgreSQL each
// connection keeps its own, within the same bound.
func (db *DB) Kept() int {
	p, ok := db.reader.(*readPool)
	if !ok {
		return 0
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	return len(p.cache)
}

// Pages returns how many pages the engine has looked at so far: on SQLite those
// of the writing connection, on PostgreSQL those of all that have told it.
func (db *DB) Pages(ctx context.Context) (n int, err error) {
	if w, ok := db.writer.(*sqliteWriter); ok {
		return pagesOfSQLite(w)
	}
	if err := db.Exec(ctx, `SELECT pg_stat_force_next_flush()`); err != nil {
		return 0, err
	}
	return one(ctx, db, nil, scalar[int], `SELECT blks_hit + blks_read FROM pg_stat_database WHERE datname = current_database()`)
}

func pagesOfSQLite(w *sqliteWriter) (n int, err error) {
	err = w.conn.Raw(func(c any) error {
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
	explain, scan := "EXPLAIN QUERY PLAN ", func(s scanner) (detail string, err error) {
		var id, parent, unused int
		return detail, s.Scan(&id, &parent, &unused, &detail)
	}
	if db.dialect.name() == (postgres{}).name() {
		explain, scan = "EXPLAIN ", scalar[string]
	}
	var steps []string
	err := db.Tx(ctx, func(ctx context.Context) (err error) {
		if db.dialect.name() == (postgres{}).name() {
			// It reads small tables whole, which says nothing about large ones.
			if err := db.Exec(ctx, `SET LOCAL enable_seqscan = off`); err != nil {
				return err
			}
		}
		steps, err = collect(ctx, db, scan, explain+s.Text, append([]any{}, s.Args...)...)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("%s: %w", s.Text, err)
	}
	return strings.Join(steps, "\n"), nil
}

type recordingWriter struct {
	writer
	r *Recorder
}

func (w recordingWriter) begin(ctx context.Context, c class, try int) (runner, func(bool) error, error) {
	run, end, err := w.writer.begin(ctx, c, try)
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

// Standing returns how many transactions wait for their turn; ok is false where
// they take none.
func Standing(db *DB) (n int, ok bool) {
	w, ok := db.writer.(*sqliteWriter)
	if !ok {
		return 0, false
	}
	return w.turns.standing(), true
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

// CountWrites counts the statements that change rows from now on.
func (db *DB) CountWrites() *atomic.Int64 {
	c := &countingWriter{writer: db.writer}
	db.writer = c
	return &c.writes
}

type countingWriter struct {
	writer
	writes atomic.Int64
}

func (c *countingWriter) begin(ctx context.Context, of class, try int) (runner, func(bool) error, error) {
	run, end, err := c.writer.begin(ctx, of, try)
	return countingRunner{run, c}, end, err
}

type countingRunner struct {
	runner
	of *countingWriter
}

func (r countingRunner) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	r.of.writes.Add(1)
	return r.runner.exec(ctx, query, args...)
}

func (r countingRunner) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if strings.Contains(query, "RETURNING") {
		r.of.writes.Add(1)
	}
	return r.runner.query(ctx, query, args...)
}

// SetNow gives a database another clock.
func SetNow(db *DB, now func() time.Time) { db.now = now }

// ReadTasks reads tasks that a list found, by the numbers that it told of their rows.
func ReadTasks(ctx context.Context, db *DB, ids []string, rows []int64) ([]task.Task, error) {
	return tasks{db}.read(ctx, ids, rows, task.Row)
}
