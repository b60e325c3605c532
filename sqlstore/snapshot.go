package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
)

// snapshot copies an SQLite database aside, whole and consistent, while it may
// be in use. It has a connection of its own: those that read are forbidden to
// write, even to another file, and the one that writes is not to be held up.
// What stands under the name is complete, and is left alone.
func snapshot(ctx context.Context, from, to string) error {
	if _, err := os.Stat(to); err == nil {
		return nil
	}
	part := to + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	pool, err := sql.Open("sqlite", sqliteDSN(from, false))
	if err != nil {
		return err
	}
	_, err = pool.ExecContext(ctx, `VACUUM INTO ?`, part)
	if err := errors.Join(err, pool.Close()); err != nil {
		return translate(err)
	}
	return settle(part, to)
}

// settle gives a file its final name once its bytes are durable.
func settle(part, to string) error {
	if err := syncPath(part); err != nil {
		return err
	}
	if err := os.Rename(part, to); err != nil {
		return err
	}
	return syncPath(filepath.Dir(to))
}

// syncPath makes a file, or the entries of a folder, survive a power cut.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
