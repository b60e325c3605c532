package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/coffer-ml/coffer/internal/fault"
)

const (
	// postgresWriters is how many transactions of this server write at once:
	// enough to share the syncs of their commits, few enough that they seldom
	// meet.
	postgresWriters = 8
	// postgresReaders is how many connections read beside them.
	postgresReaders = 8
	// connectTimeout bounds one try to connect; several fit into patience.
	connectTimeout = 4 * time.Second
	// idleTime is how long a connection is kept that nobody uses.
	idleTime = 5 * time.Minute
	// cancelDelay is how long the server may take to end a cancelled statement
	// before the connection is given up.
	cancelDelay = 2 * time.Second
	// minPostgres is the oldest version that its makers still mend, as
	// server_version_num counts.
	minPostgres = 140000
)

// keepAlive finds out within seconds that the other end is gone, also while a
// long statement runs.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 4 * time.Second, Interval: 2 * time.Second, Count: 3}

// postgresConfig is how connections are made.
func postgresConfig(at string, parameters map[string]string) (*pgx.ConnConfig, error) {
	conf, err := pgx.ParseConfig(at)
	if err != nil { // not wrapped: it may repeat the password
		return nil, fault.ErrInvalid.Errorf("the address of the database is not valid: expected postgres://user:password@host/name")
	}
	if conf.ConnectTimeout == 0 {
		conf.ConnectTimeout = connectTimeout
	}
	conf.StatementCacheCapacity = maxStatements
	conf.DialFunc = (&net.Dialer{KeepAliveConfig: keepAlive}).DialContext
	conf.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: cancelDelay}
	}
	conf.RuntimeParams["jit"] = "off" // compiling takes longer than our statements do
	if conf.RuntimeParams["application_name"] == "" {
		conf.RuntimeParams["application_name"] = "coffer"
	}
	for name, value := range parameters {
		conf.RuntimeParams[name] = value
	}
	return conf, nil
}

// postgresPool returns a pool of connections. None is made before it is used.
func postgresPool(at string, size int, parameters map[string]string) (*sql.DB, error) {
	conf, err := postgresConfig(at, parameters)
	if err != nil {
		return nil, err
	}
	pool := stdlib.OpenDB(*conf)
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	pool.SetConnMaxIdleTime(idleTime)
	return pool, nil
}

// openPostgres opens a database on a PostgreSQL server, and waits for one that
// is about to start.
func (db *DB) openPostgres(ctx context.Context, cfg Config) error {
	db.dialect = postgres{}
	writers, readers := cfg.Writers, cfg.Readers
	if writers == 0 {
		writers = postgresWriters
	}
	if readers == 0 {
		readers = postgresReaders
	}
	wpool, err := postgresPool(cfg.URL, writers, map[string]string{
		// Who reads a whole table gets into the way of all who write to it, and
		// of a small table the planner would rather read the whole.
		"enable_seqscan": "off",
	})
	if err != nil {
		return err
	}
	rpool, err := postgresPool(cfg.URL, readers, map[string]string{
		"default_transaction_read_only": "on",
		// Filters are planned for the values they have: some occur in all rows,
		// some in few.
		"plan_cache_mode": "force_custom_plan",
		// What the next entries of an index lead to is mostly in memory, or on a
		// disk without heads. Taken for as slow as the usual setting has it,
		// tables are read whole where an index has what is wanted.
		"random_page_cost": "1.1",
		// To start helpers takes longer than most lists do.
		"max_parallel_workers_per_gather": "0",
	})
	if err != nil {
		return errors.Join(err, wpool.Close())
	}
	db.writer, db.reader = &postgresWriter{pool: wpool}, postgresReader{rpool}
	return db.patiently(ctx, func() error { return checkPostgres(ctx, wpool) })
}

// checkPostgres refuses servers on which our texts would mean something else.
func checkPostgres(ctx context.Context, pool *sql.DB) error {
	var version, encoding, fsync string
	err := pool.QueryRowContext(ctx, `SELECT current_setting('server_version_num'), current_setting('server_encoding'), current_setting('synchronous_commit')`).
		Scan(&version, &encoding, &fsync)
	if err != nil {
		return translate(err)
	}
	switch n, err := strconv.Atoi(version); {
	case err != nil || n < minPostgres:
		return ErrEngine.Errorf("the PostgreSQL server has version %s (server_version_num), at least %d is needed", version, minPostgres)
	case encoding != "UTF8":
		return ErrEngine.Errorf("the database has the encoding %s; create it with ENCODING 'UTF8'", encoding)
	case fsync == "off":
		return ErrEngine.Errorf("synchronous_commit is off: what was acknowledged could be lost in a crash; set it to on for this database or role")
	}
	return nil
}

// ErrEngine is the reason for refusing a database server that cannot keep what
// is promised.
var ErrEngine = fault.Reason{Kind: fault.State, Name: "sqlstore.engine"}

// postgresReader runs reads on any of its connections, each of which keeps the
// statements that it ran prepared.
type postgresReader struct{ pool *sql.DB }

func (r postgresReader) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return r.pool.ExecContext(ctx, rebind(postgres{}, query), native(args)...)
}

func (r postgresReader) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return r.pool.QueryContext(ctx, rebind(postgres{}, query), native(args)...)
}

func (r postgresReader) ping(ctx context.Context) error { return r.pool.PingContext(ctx) }
func (r postgresReader) close() error                   { return r.pool.Close() }

// postgresWriter runs transactions that do not see each other: each is as if
// it ran alone, in some order, as they do on SQLite. The server finds out when
// two get into each other's way and fails one of them, which is then run again.
//
// Who failed goes through a narrow door: one at a time of all servers, by a
// lock taken before the first look at the data. So it meets those only who
// came by their first try, and hundreds that change one row do not fail each
// other over and over.
type postgresWriter struct {
	pool *sql.DB
	door turns // of this server, so that only one connection waits at the door
	bulk turns // large amounts go one at a time, and leave connections to others
}

func (w *postgresWriter) begin(ctx context.Context, c class, try int) (runner, func(bool) error, error) {
	if c == bulk {
		if err := w.bulk.take(ctx, c); err != nil {
			return nil, nil, err
		}
	}
	if try > 0 {
		if err := w.door.take(ctx, c); err != nil {
			w.leave(c, 0)
			return nil, nil, err
		}
	}
	run, end, err := w.start(ctx, sql.LevelSerializable)
	if err == nil && try > 0 {
		// Of no consequence for the table: nobody else takes this lock.
		_, err = run.exec(ctx, `LOCK TABLE schema_step IN SHARE ROW EXCLUSIVE MODE`)
		if err != nil {
			_ = end(false)
		}
	}
	if err != nil {
		w.leave(c, try)
		return nil, nil, err
	}
	return run, func(commit bool) error {
		defer w.leave(c, try)
		return end(commit)
	}, nil
}

func (w *postgresWriter) leave(c class, try int) {
	if try > 0 {
		w.door.pass()
	}
	if c == bulk {
		w.bulk.pass()
	}
}

// start begins a transaction. Waiting for a connection ends with ctx, the
// transaction does not.
func (w *postgresWriter) start(ctx context.Context, level sql.IsolationLevel) (runner, func(bool) error, error) {
	conn, err := w.pool.Conn(ctx)
	if err != nil {
		return nil, nil, err
	}
	tx, err := conn.BeginTx(context.WithoutCancel(ctx), &sql.TxOptions{Isolation: level})
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	return postgresTx{conn, tx}, func(commit bool) error {
		defer func() { _ = conn.Close() }() // it goes back to the pool
		if commit {
			return tx.Commit()
		}
		return tx.Rollback()
	}, nil
}

// schemaLock is the key of the lock that is held while the schema changes. It
// is any number that nobody else on the server uses.
const schemaLock = 0x636f66666572 // "coffer"

// alone begins the transaction that brings the schema up to date. Servers that
// start at once do so one after the other, and each sees what the one before
// did, which is why it is not serializable.
func (w *postgresWriter) alone(ctx context.Context) (runner, func(bool) error, error) {
	run, end, err := w.start(ctx, sql.LevelReadCommitted)
	if err != nil {
		return nil, nil, err
	}
	if _, err := run.exec(ctx, fmt.Sprintf(`SELECT pg_advisory_xact_lock(%d)`, schemaLock)); err != nil {
		return nil, nil, errors.Join(err, end(false))
	}
	return run, end, nil
}

func (w *postgresWriter) close() error {
	return errors.Join(w.bulk.close(), w.door.close(), w.pool.Close())
}

// native are the arguments as the driver takes them: lists as arrays.
func native(args []any) []any {
	out := slices.Clone(args)
	for i, a := range out {
		if e, ok := a.(elements); ok {
			out[i] = e.of
		}
	}
	return out
}

// postgresTx runs statements in a transaction, which has the connection to
// itself.
type postgresTx struct {
	conn *sql.Conn
	tx   *sql.Tx
}

func (t postgresTx) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return t.tx.ExecContext(ctx, rebind(postgres{}, query), native(args)...)
}

func (t postgresTx) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return t.tx.QueryContext(ctx, rebind(postgres{}, query), native(args)...)
}
