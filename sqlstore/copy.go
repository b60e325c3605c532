package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// copySchema copies the tables, as they are, into a schema of their own within
// the same database: a whole Coffer of the earlier version, which takes the
// place of the upgraded one when the two schemas change their names. What
// stands under the name is complete, and is left alone. Nobody writes meanwhile.
func (db *DB) copySchema(ctx context.Context, name string, done []step) error {
	type place struct{ schema, path string }
	home, err := one(ctx, db, errNoRow, func(s scanner) (p place, err error) {
		return p, s.Scan(&p.schema, &p.path)
	}, `SELECT current_schema(), current_setting('search_path')`)
	if err != nil {
		return err
	}
	if there, err := collect(ctx, db, scalar[string], `SELECT nspname::text FROM pg_namespace WHERE nspname = ?`, name); err != nil || len(there) > 0 {
		return err
	}
	tables, err := db.tables(ctx)
	if err != nil {
		return err
	}
	run := func(statements ...string) {
		for _, stmt := range statements {
			if err == nil {
				_, err = db.exec(ctx, stmt)
			}
		}
	}
	run(`LOCK TABLE `+strings.Join(tables, ", ")+` IN SHARE MODE`, `CREATE SCHEMA `+name, `SET LOCAL search_path TO `+name, ledger)
	for _, s := range done {
		run(statements(s.sql)...)
	}
	run(`TRUNCATE ` + strings.Join(tables, ", ")) // steps may have added rows
	for _, t := range tables {
		run(fmt.Sprintf(`INSERT INTO %s OVERRIDING SYSTEM VALUE SELECT * FROM %q.%s`, t, home.schema, t))
	}
	if err != nil {
		return err
	}
	return errors.Join(db.continueNumbers(ctx), db.searchIn(ctx, home.path))
}

func (db *DB) searchIn(ctx context.Context, path string) error {
	_, err := collect(ctx, db, scalar[string], `SELECT set_config('search_path', ?, true)`, path)
	return err
}

// outlived are references to rows that are gone: their numbers must not be given
// away again.
var outlived = map[string]string{
	"event_progress": " UNION ALL SELECT owner FROM event_dead",
	"generation":     " UNION ALL SELECT max(generation) FROM event_item",
}

// continueNumbers lets the numbers that PostgreSQL draws by itself go on from
// the highest that is there.
func (db *DB) continueNumbers(ctx context.Context) error {
	type column struct{ table, name string }
	drawn, err := collect(ctx, db, func(s scanner) (c column, err error) {
		return c, s.Scan(&c.table, &c.name)
	}, `SELECT table_name::text, column_name::text FROM information_schema.columns
		WHERE table_schema = current_schema() AND is_identity = 'YES'`)
	if err != nil {
		return err
	}
	for _, c := range drawn {
		if _, err := collect(ctx, db, scalar[int64], fmt.Sprintf(
			`SELECT setval(pg_get_serial_sequence('%s', '%s'), coalesce(max(n), 1), max(n) IS NOT NULL) FROM (SELECT %s AS n FROM %s%s) drawn`,
			c.table, c.name, c.name, c.table, outlived[c.table])); err != nil {
			return err
		}
	}
	return nil
}

// tables lists the tables, those that others refer to first.
func (db *DB) tables(ctx context.Context) ([]string, error) {
	names, references := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'`,
		`SELECT m.name, f."table" FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`
	if db.dialect.name() == (postgres{}).name() {
		names = `SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()`
		references = `SELECT c.conrelid::regclass::text, c.confrelid::regclass::text FROM pg_constraint c
			WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace`
	}
	all, err := collect(ctx, db, scalar[string], names)
	if err != nil {
		return nil, err
	}
	needs := make(map[string][]string)
	if _, err := collect(ctx, db, func(s scanner) (struct{}, error) {
		var from, to string
		err := s.Scan(&from, &to)
		needs[from] = append(needs[from], to)
		return struct{}{}, err
	}, references); err != nil {
		return nil, err
	}
	slices.Sort(all)
	return inOrderOfNeed(all, needs), nil
}

// inOrderOfNeed puts names into an order in which each comes after those that
// it needs. A need of itself counts for nothing.
func inOrderOfNeed(names []string, needs map[string][]string) []string {
	var out []string
	seen := make(map[string]bool)
	var visit func(string)
	visit = func(name string) {
		if seen[name] {
			return
		}
		seen[name] = true
		for _, need := range needs[name] {
			visit(need)
		}
		out = append(out, name)
	}
	for _, name := range names {
		visit(name)
	}
	return out
}
