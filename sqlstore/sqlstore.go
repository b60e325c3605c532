package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	_ "modernc.org/sqlite" // the embedded engine, pure Go
)

// Config says where the database is. The zero value of each field is its
// default.
type Config struct {
	// Path is the SQLite file; its folder must exist.
	Path string
	// URL is the database on a PostgreSQL server to be used instead:
	// postgres://user:password@host:port/database.
	URL string
	// Readers is how many connections read. 0 means 4 on SQLite, since more
	// only compete for the same caches, and 8 on PostgreSQL.
	Readers int
	// Writers is how many transactions write at once on PostgreSQL; 0 means 8.
	// On SQLite it is one, whatever stands here.
	Writers int
	// Matching bounds the time that one list takes to put patterns to rows; 0
	// means 200 ms. More would stall everybody else.
	Matching time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Rehearse runs each transaction twice and takes the first run back: for
	// tests, to show what adds up outside of the database.
	Rehearse bool
}

const (
	defaultReaders  = 4
	defaultMatching = 200 * time.Millisecond
)

// pragmas are set on every SQLite connection, each for a reason:
var pragmas = []string{
	"busy_timeout(10000)",      // another process holding the lock for a moment is no error
	"journal_mode(WAL)",        // readers never wait for the writer
	"synchronous(FULL)",        // a commit is durable before it is acknowledged
	"foreign_keys(ON)",         // rows of a parent go with it
	"cache_size(-8192)",        // 8 MiB for each connection keeps the idle server small
	"temp_store(MEMORY)",       // sorting never writes beside the database
	"wal_autocheckpoint(2000)", // about 8 MiB of log between checkpoints
}

// DB is an open metadata database. It hands out one Store for each noun.
type DB struct {
	dialect dialect
	writer  writer
	reader  reader
	now     func() time.Time
	audit   *audit

	rehearse bool
	matching time.Duration
	driving  int // see defaultDriving
	ends     walkEnds
	url      string // of a database on a server
}

// Open opens the database, brings its schema up to date and returns it. A
// schema newer than this program is refused.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	db, err := open(ctx, cfg, migrations)
	if err != nil {
		return nil, err
	}
	if err := db.reindex(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func open(ctx context.Context, cfg Config, migrations fs.FS) (*DB, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now //nolint:forbidigo // the default clock
	}
	if cfg.Matching == 0 {
		cfg.Matching = defaultMatching
	}
	db := &DB{now: cfg.Now, audit: newAudit(), rehearse: cfg.Rehearse, matching: cfg.Matching, driving: defaultDriving, url: cfg.URL}
	connect := db.openSQLite
	if cfg.URL != "" {
		connect = db.openPostgres
	}
	if err := connect(ctx, cfg); err != nil {
		return nil, err
	}
	if err := db.migrate(ctx, migrations, cfg.Path); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// openSQLite opens a database in a file.
func (db *DB) openSQLite(ctx context.Context, cfg Config) error {
	db.dialect = sqlite{}
	if cfg.Readers == 0 {
		cfg.Readers = defaultReaders
	}
	if _, err := os.Stat(filepath.Dir(cfg.Path)); err != nil {
		return fmt.Errorf("folder of the database %s: %w", cfg.Path, err)
	}
	wpool, err := sql.Open("sqlite", sqliteDSN(cfg.Path, false))
	if err != nil {
		return fmt.Errorf("open database %s: %w", cfg.Path, err)
	}
	if db.writer, err = newSQLiteWriter(ctx, wpool); err != nil {
		_ = wpool.Close()
		return fmt.Errorf("open database %s: %w", cfg.Path, err)
	}
	rpool, err := sql.Open("sqlite", sqliteDSN(cfg.Path, true))
	if err != nil {
		_ = db.writer.close()
		return fmt.Errorf("open database %s: %w", cfg.Path, err)
	}
	rpool.SetMaxOpenConns(cfg.Readers)
	rpool.SetMaxIdleConns(cfg.Readers)
	db.reader = &readPool{pool: rpool, dialect: db.dialect, cache: make(map[string]*sql.Stmt)}
	return nil
}

func sqliteDSN(path string, readOnly bool) string {
	q := url.Values{"_pragma": slices.Clone(pragmas)}
	if readOnly {
		q.Add("_pragma", "query_only(ON)")
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// Close closes all connections, after the transaction that may be running.
func (db *DB) Close() error {
	return errors.Join(db.reader.close(), db.writer.close())
}

// Shared reports whether other servers may use the database, too.
func (db *DB) Shared() bool { return db.dialect.name() != sqlite{}.name() }

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return db.reader.ping(ctx) }
