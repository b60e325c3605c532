package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/user"
)

type txKey struct{}

// transaction is the state of one open transaction; it travels in the context.
type transaction struct {
	db     *DB
	run    runner
	after  []func()
	doomed error // set when a joined call failed: then nothing is committed
	broken error // the first error of the engine, whatever became of it
	failed error // an error after which nothing is run any more
	rows   int64 // that were changed
	ended  bool
}

// errEnded meets those who keep the context of a transaction beyond its end.
var errEnded = errors.New("the transaction of this context has ended")

func (t *transaction) exec(ctx context.Context, query string, args []any) (sql.Result, error) {
	if t.ended {
		return nil, errEnded
	}
	if t.failed != nil {
		return nil, t.failed
	}
	res, err := t.run.exec(ctx, query, stored(args)...)
	if err == nil {
		n, _ := res.RowsAffected() // both engines know it
		t.rows += n
	}
	return res, t.note(err)
}

func (t *transaction) query(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	if t.ended {
		return nil, errEnded
	}
	if t.failed != nil {
		return nil, t.failed
	}
	rows, err := t.run.query(ctx, query, stored(args)...)
	return rows, t.note(err)
}

// note translates an error of the engine and remembers the first one: nouns
// may make something else of it, but whether to run again hangs on it.
func (t *transaction) note(err error) error {
	err = translate(err)
	if t == nil {
		return err
	}
	if t.broken == nil {
		t.broken = err
	}
	// The engine may have rolled back all by itself, as on a full disk: what
	// ran after that would be kept alone.
	if t.failed == nil && err != nil && fault.KindOf(err) == fault.Unavailable {
		t.failed = err
	}
	return err
}

// stored makes values fit for either engine: texts that both can hold, and no
// negative zero, of which SQLite keeps no sign.
func stored(args []any) []any {
	for i, a := range args {
		switch v := a.(type) {
		case float64:
			args[i] = v + 0
		case *float64:
			if v != nil {
				args[i] = *v + 0
			}
		default:
			if s := reflect.ValueOf(a); s.Kind() == reflect.String && !storable(s.String()) { // ids and the like, too
				args[i] = clean(s.String())
			}
		}
	}
	return args
}

func (db *DB) open(ctx context.Context) *transaction {
	t, _ := ctx.Value(txKey{}).(*transaction)
	if t == nil || t.db != db {
		return nil
	}
	return t
}

// InTx reports whether ctx carries an open transaction of any database. Code
// that talks to the outside uses it to assert that it does not.
func InTx(ctx context.Context) bool { return ctx.Value(txKey{}) != nil }

// Tx runs fn in a transaction: committed if fn returns nil, rolled back if it
// returns an error or panics. Inside an open transaction fn joins it, and an
// error of fn then dooms the whole. After the commit the functions given to
// After run in order. Once it has begun, a transaction is not interrupted by
// the end of ctx: they are short, and a half-told caller helps nobody. fn must
// not wait for anybody who may be waiting for a transaction.
//
// Each transaction is as if it ran alone. On PostgreSQL those that get into
// each other's way are run again, so fn may run several times: what it leaves
// outside of the database must not add up.
func (db *DB) Tx(ctx context.Context, fn func(context.Context) error) error {
	return db.tx(ctx, interactive, fn)
}

// BulkTx is Tx for slices of large amounts: interactive transactions that wait
// go first.
func (db *DB) BulkTx(ctx context.Context, fn func(context.Context) error) error {
	return db.tx(ctx, bulk, fn)
}

func (db *DB) tx(ctx context.Context, c class, fn func(context.Context) error) error {
	if t := db.open(ctx); t != nil {
		err := fn(ctx)
		if err != nil && t.doomed == nil {
			t.doomed = err
		}
		return err
	}
	if db.rehearse {
		_, _ = db.try(ctx, db.beginner(c, 0), func(ctx context.Context) error { return errors.Join(fn(ctx), errRehearsal) })
	}
	for r := (retries{began: time.Now()}); ; { //nolint:forbidigo // bounds a wait, no time that is kept
		t, err := db.try(ctx, db.beginner(c, r.conflicts), fn)
		if err == nil {
			for _, f := range t.after {
				f()
			}
			return nil
		}
		if !r.again(ctx, err, t.broken) {
			return r.verdict(err, t.broken)
		}
	}
}

// errRehearsal ends a rehearsal.
var errRehearsal = errors.New("a rehearsal")

// begin begins a transaction, see writer.
type begin func(context.Context) (runner, func(commit bool) error, error)

func (db *DB) beginner(c class, try int) begin {
	return func(ctx context.Context) (runner, func(bool) error, error) { return db.writer.begin(ctx, c, try) }
}

// try runs fn in one transaction, from begin to end.
func (db *DB) try(ctx context.Context, begin begin, fn func(context.Context) error) (*transaction, error) {
	t := &transaction{db: db}
	run, end, err := begin(ctx)
	if err != nil {
		return t, t.note(fmt.Errorf("begin transaction: %w", err))
	}
	t.run = run
	defer func() {
		if !t.ended { // fn panicked
			t.ended = true
			_ = end(false)
		}
	}()
	ctx, notes := user.WithNotes(context.WithValue(context.WithoutCancel(ctx), txKey{}, t))
	err = fn(ctx)
	if err == nil {
		err = t.doomed
	}
	if err == nil {
		err = db.audit.write(ctx, db, t, notes.List())
	}
	if err == nil {
		err = t.failed
	}
	t.ended = true
	eerr := end(err == nil)
	if err != nil && t.broken != nil {
		return t, err // what the rollback says then is only its echo
	}
	if eerr == nil {
		return t, err
	}
	eerr = fmt.Errorf("end transaction: %w", eerr)
	if err == nil && lostInCommit(eerr) {
		return t, fault.ErrUncertain.Wrap(eerr, "the connection to the database was lost while the change was being kept: it may or may not have been")
	}
	return t, errors.Join(err, t.note(eerr))
}

// After runs fn once the transaction in ctx is committed, and never if it is
// rolled back; at once if there is none.
func (db *DB) After(ctx context.Context, fn func()) {
	if t := db.open(ctx); t != nil {
		t.after = append(t.after, fn)
		return
	}
	fn()
}

// runner runs statements, inside a transaction or on the read pool.
type runner interface {
	exec(ctx context.Context, query string, args ...any) (sql.Result, error)
	query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// exec runs a changing statement, in the open transaction or in one of its own.
func (db *DB) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if t := db.open(ctx); t != nil {
		return t.exec(ctx, query, args)
	}
	var res sql.Result
	err := db.Tx(ctx, func(ctx context.Context) (err error) {
		res, err = db.exec(ctx, query, args...)
		return err
	})
	return res, err
}

// changed is exec for callers who need to know how many rows were touched.
func (db *DB) changed(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := db.exec(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return n, translate(err)
}

// query reads rows: in the open transaction, else from the read pool. The
// caller closes them; collect and one do so.
func (db *DB) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if t := db.open(ctx); t != nil {
		return t.query(ctx, query, args)
	}
	rows, err := db.reader.query(ctx, query, stored(args)...)
	return rows, translate(err)
}

// patiently runs a read again while the database cannot be reached.
func (db *DB) patiently(ctx context.Context, read func() error) error {
	for r := (retries{began: time.Now()}); ; { //nolint:forbidigo // bounds a wait, no time that is kept
		err := read()
		if err == nil || db.open(ctx) != nil || !r.again(ctx, err, nil) {
			return err
		}
	}
}

// scanner is the part of *sql.Rows that the stores' scan functions use.
type scanner interface{ Scan(dest ...any) error }

// collect reads all rows, each through scan.
func collect[T any](ctx context.Context, db *DB, scan func(scanner) (T, error), query string, args ...any) (out []T, err error) {
	err = db.patiently(ctx, func() (err error) {
		out, err = gather(ctx, db, scan, query, args)
		return err
	})
	return out, err
}

// pageful is how many rows are usually read at once.
const pageful = 50

func gather[T any](ctx context.Context, db *DB, scan func(scanner) (T, error), query string, args []any) ([]T, error) {
	rows, err := db.query(ctx, query, args...)
	if err != nil {
		return nil, stopped(ctx, err)
	}
	defer func() { _ = rows.Close() }()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, translate(err)
		}
		if len(out) == 1 { // what has two rows tends to have a page of them
			out = slices.Grow(out, pageful)
		}
		out = append(out, v)
	}
	return out, stopped(ctx, db.open(ctx).note(rows.Err()))
}

// one reads a single row through scan; absent is returned if there is none.
func one[T any](ctx context.Context, db *DB, absent error, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	all, err := collect(ctx, db, scan, query, args...)
	if err != nil {
		var zero T
		return zero, err
	}
	if len(all) == 0 {
		var zero T
		return zero, absent
	}
	return all[0], nil
}

// scalar scans one column of any type.
func scalar[T any](s scanner) (T, error) {
	var v T
	err := s.Scan(&v)
	return v, err
}
