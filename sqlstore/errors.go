package sqlstore

import (
	"context"
	"errors"

	engine "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/coffer-ml/coffer/internal/fault"
)

// errDuplicate says that a unique index refused a row. Stores turn it into
// the reason of their noun.
var errDuplicate = errors.New("row exists already")

// translate recognises driver errors by their code, never by their text.
func translate(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var se *engine.Error
	if !errors.As(err, &se) {
		return err
	}
	switch se.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return errors.Join(errDuplicate, err)
	}
	switch se.Code() & 0xff { // the low byte is the primary code
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fault.ErrUnavailable.Wrap(err, "the database is busy")
	case sqlite3.SQLITE_FULL:
		return fault.ErrUnavailable.Wrap(err, "the disk that holds the database is full")
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
		return fault.ErrUnavailable.Wrap(err, "the database cannot be read or written")
	}
	return err
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
