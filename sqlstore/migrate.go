package sqlstore

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/coffer-ml/coffer/internal/fault"
)

//go:embed migration
var migrations embed.FS

// ErrSchemaNewer is the reason for refusing a database that a later version
// of Coffer has upgraded.
var ErrSchemaNewer = fault.Reason{Kind: fault.State, Name: "sqlstore.schema_newer"}

// ErrSchemaChanged is the reason for refusing a database whose applied
// migrations are not the ones that this program holds.
var ErrSchemaChanged = fault.Reason{Kind: fault.State, Name: "sqlstore.schema_changed"}

// step is one migration: NNNN_name.sql, never changed once it was released.
type step struct {
	number   int
	name     string
	sql      string
	checksum string
}

func steps(migrations fs.FS, engine string) ([]step, error) {
	dir := path.Join("migration", engine)
	entries, err := fs.ReadDir(migrations, dir)
	if err != nil {
		return nil, err
	}
	var out []step
	for _, e := range entries { // ReadDir sorts by name
		if path.Ext(e.Name()) != ".sql" {
			continue
		}
		text, err := fs.ReadFile(migrations, path.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		digits, name, ok := strings.Cut(strings.TrimSuffix(e.Name(), ".sql"), "_")
		number, err := strconv.Atoi(digits)
		if !ok || err != nil || number != len(out)+1 {
			return nil, fmt.Errorf("migration %s: names are NNNN_what.sql, counted from 0001 without gaps", e.Name())
		}
		sum := sha256.Sum256(text)
		out = append(out, step{number: number, name: name, sql: string(text), checksum: hex.EncodeToString(sum[:])})
	}
	return out, nil
}

// ledger is the table of the steps that were applied.
const ledger = `CREATE TABLE IF NOT EXISTS schema_step (
	number BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied BIGINT NOT NULL)`

// migrate brings the schema up to date: all missing steps in one transaction,
// after a snapshot if there was anything to lose. Servers that start at once
// do so one after the other.
func (db *DB) migrate(ctx context.Context, migrations fs.FS, file string) error {
	all, err := steps(migrations, db.dialect.name())
	if err != nil {
		return err
	}
	_, err = db.try(ctx, db.writer.alone, func(ctx context.Context) error {
		if _, err := db.exec(ctx, ledger); err != nil {
			return fmt.Errorf("prepare schema: %w", err)
		}
		done, err := db.appliedSteps(ctx, all)
		if err != nil || done == len(all) {
			return err
		}
		if done > 0 {
			if err := db.keep(ctx, all, done, file); err != nil {
				return fmt.Errorf("snapshot before the upgrade: %w", err)
			}
		}
		return db.apply(ctx, all[done:])
	})
	return err
}

// keep takes a snapshot of a database that has the first steps.
func (db *DB) keep(ctx context.Context, all []step, done int, file string) error {
	next := fmt.Sprintf("before-%04d", all[done].number)
	if db.dialect.name() == (sqlite{}).name() {
		return snapshot(ctx, file, file+"."+next)
	}
	return db.copySchema(ctx, strings.ReplaceAll(next, "-", "_"), all[:done])
}

// apply runs steps and notes that they were.
func (db *DB) apply(ctx context.Context, steps []step) error {
	for _, s := range steps {
		for _, stmt := range statements(s.sql) {
			if _, err := db.exec(ctx, stmt); err != nil {
				return fmt.Errorf("migration %04d_%s: %w", s.number, s.name, err)
			}
		}
		if _, err := db.exec(ctx, `INSERT INTO schema_step (number, name, checksum, applied) VALUES (?, ?, ?, ?)`,
			s.number, s.name, s.checksum, db.now().UnixMilli()); err != nil {
			return fmt.Errorf("record migration %04d: %w", s.number, err)
		}
	}
	return nil
}

// appliedSteps returns how many of the steps the database has seen.
func (db *DB) appliedSteps(ctx context.Context, all []step) (int, error) {
	type applied struct {
		number         int
		name, checksum string
	}
	rows, err := collect(ctx, db, func(s scanner) (a applied, err error) {
		err = s.Scan(&a.number, &a.name, &a.checksum)
		return a, err
	}, `SELECT number, name, checksum FROM schema_step ORDER BY number`)
	if err != nil {
		return 0, fmt.Errorf("read schema version: %w", err)
	}
	for i, a := range rows {
		if i >= len(all) {
			return 0, ErrSchemaNewer.Errorf("the database has schema %d, this program knows %d: use a newer coffer", rows[len(rows)-1].number, len(all))
		}
		if a.number != all[i].number || a.checksum != all[i].checksum {
			return 0, ErrSchemaChanged.Errorf("migration %04d_%s of the database is not the one in this program", a.number, a.name)
		}
	}
	return len(rows), nil
}

// statements splits a migration at the semicolons that end a line.
func statements(text string) []string {
	var out []string
	for part := range strings.SplitSeq(text, ";\n") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, strings.TrimSuffix(part, ";"))
		}
	}
	return out
}
