package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite" // the engine that the server embeds
)

// bulk fills a database whose server does not run. Indexes are dropped first
// and made again when all is there, which takes a third of the time.
type bulk interface {
	// fill writes rows into a table, in their order.
	fill(ctx context.Context, table string, columns []string, rows iter.Seq[[]any]) error
	// exec runs a statement that both engines know.
	exec(ctx context.Context, statement string) error
	// finish makes the indexes again.
	finish(ctx context.Context) error
	close() error
}

// sqliteBulk fills an SQLite file, which a crash would leave broken.
type sqliteBulk struct {
	pool    *sql.DB
	conn    *sql.Conn
	dropped []string // texts of the indexes
}

func openSQLiteBulk(ctx context.Context, path string) (*sqliteBulk, error) {
	q := url.Values{"_pragma": {"journal_mode(OFF)", "synchronous(OFF)", "cache_size(-800000)", "foreign_keys(OFF)", "locking_mode(EXCLUSIVE)"}}
	pool, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, err
	}
	b := &sqliteBulk{pool: pool}
	if b.conn, err = pool.Conn(ctx); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	rows, err := b.conn.QueryContext(ctx, `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL`)
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	defer func() { _ = rows.Close() }()
	var drops []string
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, errors.Join(err, b.close())
		}
		drops, b.dropped = append(drops, `DROP INDEX `+name), append(b.dropped, text)
	}
	if err := rows.Err(); err != nil {
		return nil, errors.Join(err, b.close())
	}
	for _, drop := range drops {
		if err := b.exec(ctx, drop); err != nil {
			return nil, errors.Join(err, b.close())
		}
	}
	return b, nil
}

// atOnce is how many rows a statement takes in SQLite: more are no quicker.
const atOnce = 30

func (b *sqliteBulk) fill(ctx context.Context, table string, columns []string, rows iter.Seq[[]any]) error {
	tx, err := b.conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	one := `(?` + strings.Repeat(`, ?`, len(columns)-1) + `)`
	text := func(n int) string {
		return `INSERT INTO ` + table + ` (` + strings.Join(columns, ", ") + `) VALUES ` + one + strings.Repeat(`, `+one, n-1)
	}
	many, err := tx.PrepareContext(ctx, text(atOnce))
	if err != nil {
		return err
	}
	defer func() { _ = many.Close() }()
	args := make([]any, 0, atOnce*len(columns))
	for row := range rows {
		if args = append(args, row...); len(args) == cap(args) {
			if _, err := many.ExecContext(ctx, args...); err != nil {
				return fmt.Errorf("fill %s: %w", table, err)
			}
			args = args[:0]
		}
	}
	if len(args) > 0 {
		if _, err := tx.ExecContext(ctx, text(len(args)/len(columns)), args...); err != nil {
			return fmt.Errorf("fill %s: %w", table, err)
		}
	}
	return tx.Commit()
}

func (b *sqliteBulk) exec(ctx context.Context, statement string) error {
	_, err := b.conn.ExecContext(ctx, statement)
	if err != nil {
		err = fmt.Errorf("%s: %w", statement, err)
	}
	return err
}

func (b *sqliteBulk) finish(ctx context.Context) error {
	for _, text := range b.dropped {
		if err := b.exec(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

func (b *sqliteBulk) close() error { return errors.Join(b.conn.Close(), b.pool.Close()) }

// postgresBulk fills a database on a PostgreSQL server.
type postgresBulk struct {
	conn    *pgx.Conn
	dropped []string
}

func openPostgresBulk(ctx context.Context, at string) (*postgresBulk, error) {
	conn, err := pgx.Connect(ctx, at)
	if err != nil {
		return nil, err
	}
	b := &postgresBulk{conn: conn}
	// References are not checked row by row, and triggers do not run.
	for _, setting := range []string{`session_replication_role = replica`, `synchronous_commit = off`, `maintenance_work_mem = '1GB'`} {
		if err := b.exec(ctx, `SET `+setting); err != nil {
			return nil, errors.Join(err, b.close())
		}
	}
	rows, err := conn.Query(ctx, `SELECT indexname, indexdef FROM pg_indexes
		WHERE schemaname = 'public' AND indexname NOT IN (SELECT conname FROM pg_constraint)`)
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	type index struct{ Name, Text string }
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[index])
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	for _, i := range found {
		b.dropped = append(b.dropped, i.Text)
		if err := b.exec(ctx, `DROP INDEX `+i.Name); err != nil {
			return nil, errors.Join(err, b.close())
		}
	}
	return b, nil
}

func (b *postgresBulk) fill(ctx context.Context, table string, columns []string, rows iter.Seq[[]any]) error {
	next, stop := iter.Pull(rows)
	defer stop()
	_, err := b.conn.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromFunc(func() ([]any, error) {
		row, _ := next()
		return row, nil // nil ends it
	}))
	if err != nil {
		return fmt.Errorf("fill %s: %w", table, err)
	}
	// Ids that the table draws by itself go on behind those given.
	var sequence *string
	if columns[0] != "id" {
		return nil
	}
	if err := b.conn.QueryRow(ctx, `SELECT pg_get_serial_sequence($1, 'id')`, table).Scan(&sequence); err != nil || sequence == nil {
		return err
	}
	return b.exec(ctx, `SELECT setval('`+*sequence+`', (SELECT max(id) FROM `+table+`))`)
}

func (b *postgresBulk) exec(ctx context.Context, statement string) error {
	_, err := b.conn.Exec(ctx, statement)
	if err != nil {
		err = fmt.Errorf("%s: %w", statement, err)
	}
	return err
}

// finish also does what the server does by itself in time: it learns how often
// values occur, and which pages hold nothing but what all may see, and writes
// what is still in memory.
func (b *postgresBulk) finish(ctx context.Context) error {
	for _, text := range append(b.dropped, `VACUUM ANALYZE`, `CHECKPOINT`) {
		if err := b.exec(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

func (b *postgresBulk) close() error { return b.conn.Close(context.Background()) }
