package sqlstore

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	engine "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/coffer-ml/coffer/internal/fault"
)

// errDuplicate says that a unique index refused a row. Stores turn it into
// the reason of their noun.
var errDuplicate = errors.New("row exists already")

// errRepeatable marks a duplicate that may be due to a row which was added
// after the transaction had looked for it.
var errRepeatable = errors.New("perhaps added meanwhile")

// errCancelled says that a statement was ended before its time, as a rule
// because its caller is gone.
var errCancelled = errors.New("the statement was cancelled")

// stopped tells that a statement was cancelled since its caller is gone.
func stopped(ctx context.Context, err error) error {
	if errors.Is(err, errCancelled) && ctx.Err() != nil {
		return errors.Join(ctx.Err(), err)
	}
	return err
}

// ErrTooLong is the reason for a text that is longer than an index can hold.
var ErrTooLong = fault.Reason{Kind: fault.Invalid, Name: "sqlstore.too_long"}

// translate recognises driver errors by their code, never by their text.
func translate(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var se *engine.Error
	var pe *pgconn.PgError
	switch {
	case errors.As(err, &se):
		return translateSQLite(err, se)
	case errors.As(err, &pe):
		return translatePostgres(err, pe)
	case isLost(err):
		return lost(err)
	}
	return err
}

func translateSQLite(err error, se *engine.Error) error {
	switch se.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return errors.Join(errDuplicate, err)
	}
	switch se.Code() & 0xff { // the low byte is the primary code
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fault.ErrUnavailable.Wrap(err, "the database is busy")
	case sqlite3.SQLITE_FULL:
		return fault.ErrFull.Wrap(err, "the store is full: no space is left on the disk that holds the database")
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
		return fault.ErrUnavailable.Wrap(err, "the database cannot be read or written")
	}
	return err
}

// translatePostgres goes by SQLSTATE; its first two characters are the class.
func translatePostgres(err error, pe *pgconn.PgError) error {
	switch pe.Code {
	case "23505": // unique_violation
		return errors.Join(errDuplicate, errRepeatable, err)
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return fault.ErrUnavailable.Wrap(errors.Join(errConflict, err), "the database is busy")
	case "55P03": // lock_not_available
		return fault.ErrUnavailable.Wrap(err, "the database is busy")
	case "53100": // disk_full
		return fault.ErrFull.Wrap(err, "the store is full: no space is left on the disk that holds the database")
	case "57P01", "57P02", "57P03", "57P05", "53300": // shut down, crashed, starting, idle too long, too many connections
		return lost(err)
	case "25006": // read_only_sql_transaction: a standby
		return fault.ErrUnavailable.Wrap(err, "the database cannot be written")
	case "57014": // query_canceled
		return fault.ErrUnavailable.Wrap(errors.Join(errCancelled, err), "the database took too long")
	case "54000": // program_limit_exceeded: the key of an index
		return ErrTooLong.Wrap(err, "a text is too long: names and the like may have some 2,000 bytes")
	}
	switch pe.Code[:min(2, len(pe.Code))] {
	case "08": // connection_exception
		return lost(err)
	case "53", "58": // insufficient_resources, system_error
		return fault.ErrUnavailable.Wrap(err, "the database server is short of resources")
	}
	return err
}

func lost(err error) error {
	return fault.ErrUnavailable.Wrap(errors.Join(errLost, err), "the database cannot be reached")
}

// isLost recognises a connection that was never made, or broke.
func isLost(err error) bool {
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, driver.ErrBadConn)
}

// lostInCommit reports whether it is unknown what became of a commit: the
// connection broke before the answer came.
func lostInCommit(err error) bool {
	var pe *pgconn.PgError
	if errors.As(err, &pe) { // 57P01 and the like come instead of the answer, too
		return strings.HasPrefix(pe.Code, "57") || strings.HasPrefix(pe.Code, "08")
	}
	return isLost(err) && !pgconn.SafeToRetry(err) // else it was never sent
}

// errNoRow says that a statement which always returns a row returned none.
var errNoRow = errors.New("the statement returned no row")

func isDuplicate(err error) bool { return errors.Is(err, errDuplicate) }

// touchedNone turns "no row was changed" into absent.
func touchedNone(n int64, err, absent error) error {
	if err != nil {
		return err
	}
	if n == 0 {
		return absent
	}
	return nil
}
