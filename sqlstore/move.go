package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/coffer-ml/coffer/internal/fault"
)

// The reasons for a move that did not take place.
var (
	ErrNotEmpty = fault.Reason{Kind: fault.Conflict, Name: "sqlstore.not_empty"}
	ErrDiffers  = fault.Reason{Kind: fault.Internal, Name: "sqlstore.differs"}
)

// Moved tells how many rows of a table were copied.
type Moved struct {
	Table string
	Rows  int64
}

// Move copies everything from an SQLite database into an empty one on a
// PostgreSQL server, and compares each row there with what it came from. It
// happens whole or not at all; the source stays as it is, but for being brought
// up to date. Nobody may write to it meanwhile.
func Move(ctx context.Context, from, to *DB) ([]Moved, error) {
	return move(ctx, from, to, func(context.Context) error { return nil })
}

// move is Move with something to be done between copying and comparing.
func move(ctx context.Context, from, to *DB, copied func(context.Context) error) (moved []Moved, err error) {
	source, err := from.frozen(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, source.Rollback()) }() // it only read
	_, err = to.try(ctx, to.writer.alone, func(ctx context.Context) error {
		tables, err := to.movable(ctx, from)
		if err != nil {
			return err
		}
		moved = nil
		for _, t := range tables {
			n, err := t.copy(ctx, source, to)
			if err != nil {
				return fmt.Errorf("copy table %s: %w", t.name, err)
			}
			moved = append(moved, Moved{t.name, n})
		}
		if err := to.continueNumbers(ctx); err != nil {
			return err
		}
		if err := copied(ctx); err != nil {
			return err
		}
		for _, t := range tables {
			if err := t.compare(ctx, source, to); err != nil {
				return err
			}
		}
		return nil
	})
	return moved, err
}

// frozen begins a transaction that reads what is there now.
func (db *DB) frozen(ctx context.Context) (*sql.Tx, error) {
	p, ok := db.reader.(*readPool)
	if !ok {
		return nil, errors.New("a move begins at an SQLite database")
	}
	return p.pool.BeginTx(ctx, nil)
}

// table is a table to be moved.
type table struct {
	name    string
	columns []string
	floats  []bool // of each column
	bytes   []bool
	key     []int // the columns that tell rows apart
}

// movable locks the tables of an empty database and tells what is to be copied
// into them.
func (db *DB) movable(ctx context.Context, from *DB) ([]table, error) {
	names, err := db.tables(ctx)
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(n string) bool { return n == "schema_step" }) // each has its own
	if _, err := db.exec(ctx, `LOCK TABLE `+strings.Join(names, ", ")+` IN ACCESS EXCLUSIVE MODE`); err != nil {
		return nil, err
	}
	tables := make([]table, len(names))
	// Opening the database made one: what it says of the rules of searching
	// holds for what is copied, too.
	if _, err := db.exec(ctx, `DELETE FROM setting WHERE name = ?`, reindexed); err != nil {
		return nil, err
	}
	for i, name := range names {
		if n, err := one(ctx, db, nil, scalar[int], `SELECT count(*) FROM (SELECT 1 FROM `+name+` LIMIT 1) few`); err != nil || n > 0 {
			return nil, errors.Join(err, ErrNotEmpty.Errorf("the database is not empty, there are rows in %s: give one that no Coffer has used", name))
		}
		if tables[i], err = db.describe(ctx, from, name); err != nil {
			return nil, err
		}
	}
	return tables, nil
}

// describe reads the columns of a table, and the primary key that it has on
// SQLite: on PostgreSQL a column may be too long for one.
func (db *DB) describe(ctx context.Context, from *DB, name string) (table, error) {
	t := table{name: name}
	if _, err := collect(ctx, db, func(s scanner) (struct{}, error) {
		var column, kind string
		err := s.Scan(&column, &kind)
		t.columns, t.floats = append(t.columns, column), append(t.floats, kind == "double precision")
		t.bytes = append(t.bytes, kind == "bytea")
		return struct{}{}, err
	}, `SELECT column_name::text, data_type::text FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name = ? ORDER BY ordinal_position`, name); err != nil {
		return table{}, err
	}
	key, err := collect(ctx, from, scalar[string], `SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk`, name)
	for _, column := range key {
		t.key = append(t.key, slices.Index(t.columns, column))
	}
	if err == nil && (len(t.key) == 0 || t.key[0] < 0) {
		err = fmt.Errorf("table %s has no key by which its rows could be compared", name)
	}
	return t, err
}

// read selects all rows in the order of their keys.
func (t table) read() string {
	var order []string
	for _, i := range t.key {
		order = append(order, t.columns[i])
	}
	return `SELECT ` + strings.Join(t.columns, ", ") + ` FROM ` + t.name + ` ORDER BY ` + strings.Join(order, ", ")
}

// rowsOf is the rows of a table as they are to be kept, one at a time.
type rowsOf struct {
	table  table
	rows   *sql.Rows
	values []any
	into   []any
	err    error
}

func (t table) walk(rows *sql.Rows) *rowsOf {
	r := &rowsOf{table: t, rows: rows, values: make([]any, len(t.columns)), into: make([]any, len(t.columns))}
	for i := range r.into {
		r.into[i] = &r.values[i]
	}
	return r
}

// Next implements pgx.CopyFromSource.
func (r *rowsOf) Next() bool {
	if r.err != nil || !r.rows.Next() {
		return false
	}
	if r.err = r.rows.Scan(r.into...); r.err != nil {
		return false
	}
	for i, v := range r.values {
		switch v := v.(type) {
		case string:
			r.values[i] = clean(v)
		case []byte:
			if !r.table.bytes[i] {
				r.values[i] = clean(string(v))
			}
		case int64:
			if r.table.floats[i] { // SQLite keeps whole ones so
				r.values[i] = float64(v)
			}
		}
	}
	return true
}

// Values implements pgx.CopyFromSource.
func (r *rowsOf) Values() ([]any, error) { return r.values, nil }

// Err implements pgx.CopyFromSource.
func (r *rowsOf) Err() error { return errors.Join(r.err, r.rows.Err()) }

// copy streams the rows of a table from the source.
func (t table) copy(ctx context.Context, source *sql.Tx, to *DB) (n int64, err error) {
	rows, err := source.QueryContext(ctx, t.read())
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }()
	run, ok := to.open(ctx).run.(postgresTx)
	if !ok {
		return 0, errors.New("a move ends at a PostgreSQL database")
	}
	err = run.conn.Raw(func(c any) error {
		n, err = c.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, t.walk(rows))
		return err
	})
	return n, to.open(ctx).note(errors.Join(err, rows.Err()))
}

// compare reads a table on both sides, row by row.
func (t table) compare(ctx context.Context, source *sql.Tx, to *DB) error {
	was, err := source.QueryContext(ctx, t.read())
	if err != nil {
		return err
	}
	defer func() { _ = was.Close() }()
	is, err := to.query(ctx, t.read())
	if err != nil {
		return err
	}
	defer func() { _ = is.Close() }()
	a, b := t.walk(was), t.walk(is)
	for n := 1; ; n++ {
		more, also := a.Next(), b.Next()
		if err := errors.Join(a.Err(), b.Err()); err != nil {
			return fmt.Errorf("compare table %s: %w", t.name, err)
		}
		switch {
		case !more && !also:
			return nil
		case more != also:
			return ErrDiffers.Errorf("table %s has another number of rows than its source: they part after row %d", t.name, n-1)
		}
		for i, column := range t.columns {
			if !same(a.values[i], b.values[i]) {
				return ErrDiffers.Errorf("table %s, row %d (%s): %s is %.100q there and was %.100q here",
					t.name, n, a.key(), column, fmt.Sprint(b.values[i]), fmt.Sprint(a.values[i]))
			}
		}
	}
}

// same reports whether two values of a column are equal.
func same(a, b any) bool {
	was, bytesHere := a.([]byte)
	is, bytesThere := b.([]byte)
	if bytesHere || bytesThere {
		return bytesHere && bytesThere && bytes.Equal(was, is)
	}
	return a == b
}

// key names the row.
func (r *rowsOf) key() string {
	var parts []string
	for _, i := range r.table.key {
		parts = append(parts, fmt.Sprintf("%s %.60q", r.table.columns[i], fmt.Sprint(r.values[i])))
	}
	return strings.Join(parts, ", ")
}
