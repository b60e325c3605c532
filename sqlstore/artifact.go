package sqlstore

import (
	"context"
	"fmt"
	"time"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/task"
)

// Artifacts returns the store of artifacts.
func (db *DB) Artifacts() artifact.Store { return artifacts{db} }

type artifacts struct{ db *DB }

// What is read of a version v and, if wanted, of its preview p.
const (
	versionColumns = `v.id, v.number, v.type, v.uri, v.hash, v.size, v.timestamp, v.content_type, v.data_hash,
		v.metadata, v.state, v.generation, v.registered, v.user_id, g.number`
	versionJoins = ` LEFT JOIN generation g ON g.id = v.generation`
	previewJoin  = ` LEFT JOIN preview p ON p.hash = v.preview`
)

func versionFields(v *artifact.Version) []any {
	return []any{
		&v.ID, &v.Number, &v.Type,
		address{&v.Address},
		&v.Hash, &v.Size, &v.Timestamp, &v.ContentType, &v.DataHash,
		parsed{&v.Metadata},
		&v.State,
		integer[int64]{&v.Generation},
		clock{&v.Registered},
		nullable(&v.User),
		integer[int]{&v.FileNumber},
	}
}

// address scans the stored text of an address.
type address struct{ to *file.Address }

// Scan implements sql.Scanner.
func (a address) Scan(src any) error {
	var stored string
	err := nullable(&stored).Scan(src)
	*a.to = file.Stored(stored)
	return err
}

// fewKeys is how many keys are looked up one by one. Who asks for more asks, as
// a rule, for all that a task has, and reading through them is quicker.
const fewKeys = 50

// Known implements artifact.Store. The index holds all it reads.
func (s artifacts) Known(ctx context.Context, of task.ID, refs []artifact.Ref) (artifact.Known, error) {
	known := make(artifact.Known, len(refs))
	if len(refs) == 0 {
		return known, nil
	}
	asked, keys := inquiry(refs)
	type row struct {
		artifact.Ref
		identity string
		removed  time.Time
	}
	where, args := "", []any{of}
	if len(keys) <= fewKeys {
		in, arg := among(s.db.dialect, "a.key", keys)
		where, args = ` AND `+in, append(args, arg)
	}
	rows, err := collect(ctx, s.db, func(s scanner) (r row, err error) {
		return r, s.Scan(&r.Key, &r.Mode, &r.identity, clock{&r.removed})
	}, `SELECT a.key, a.mode, v.identity, v.removed
		FROM artifact a JOIN artifact_version v ON v.artifact_id = a.id
		WHERE a.task_id = ?`+where, args...)
	for _, r := range rows {
		if !asked[r.Ref] {
			continue
		}
		if known[r.Ref] == nil {
			known[r.Ref] = make(map[string]time.Time)
		}
		// one that is living counts before those that were removed
		if at, twice := known[r.Ref][r.identity]; !twice || r.removed.IsZero() || !at.IsZero() && r.removed.After(at) {
			known[r.Ref][r.identity] = r.removed
		}
	}
	return known, err
}

// inquiry splits refs into the keys that SQL looks for and the set that tells
// which of the found are meant.
func inquiry(refs []artifact.Ref) (asked map[artifact.Ref]bool, keys []string) {
	asked, keys = make(map[artifact.Ref]bool, len(refs)), make([]string, len(refs))
	for i, r := range refs {
		asked[r], keys[i] = true, r.Key
	}
	return asked, keys
}

// List implements artifact.Store.
func (s artifacts) List(ctx context.Context, sel artifact.Selection) ([]artifact.Artifact, error) {
	if len(sel.Tasks) == 0 {
		return nil, nil
	}
	columns, joins := `a.task_id, a.key, a.mode, a.living, `+versionColumns, versionJoins
	if sel.Previews {
		columns, joins = columns+`, p.body`, joins+previewJoin
	}
	where, arg := among(s.db.dialect, "a.task_id", sel.Tasks)
	args := []any{arg}
	if sel.Ref != nil {
		where += ` AND a.key = ? AND a.mode = ?`
		args = append(args, sel.Ref.Key, sel.Ref.Mode)
	}
	if sel.After != nil {
		where += ` AND (a.key > ? OR a.key = ? AND a.mode > ?)`
		args = append(args, sel.After.Key, sel.After.Key, sel.After.Mode)
	}
	tail := ` ORDER BY a.task_id, a.key, a.mode`
	if sel.Limit > 0 {
		tail, args = tail+` LIMIT ?`, append(args, sel.Limit)
	}
	return collect(ctx, s.db, func(s scanner) (a artifact.Artifact, err error) {
		into := append([]any{&a.Task, &a.Key, &a.Mode, &a.Versions}, versionFields(&a.Version)...)
		if sel.Previews {
			into = append(into, nullable(&a.Preview))
		}
		return a, s.Scan(into...)
	}, `SELECT `+columns+` FROM artifact a JOIN artifact_version v ON v.id = a.newest`+joins+`
		WHERE `+where+tail, args...)
}

// Stats implements artifact.Store.
func (s artifacts) Stats(ctx context.Context, of []task.ID) (map[task.ID]artifact.Stats, error) {
	out := make(map[task.ID]artifact.Stats, len(of))
	where, arg := among(s.db.dialect, "a.task_id", of)
	_, err := collect(ctx, s.db, func(r scanner) (_ struct{}, err error) {
		var id task.ID
		var state artifact.State
		var count int
		var size int64
		if err := r.Scan(&id, &state, &count, &size); err != nil {
			return struct{}{}, err
		}
		sum := out[id]
		if sum.ByState == nil {
			sum.ByState = make(map[artifact.State]int)
		}
		sum.Count, sum.Bytes, sum.ByState[state] = sum.Count+count, sum.Bytes+size, count
		out[id] = sum
		return struct{}{}, nil
	}, `SELECT a.task_id, v.state, count(*), CAST(coalesce(sum(v.size), 0) AS BIGINT)
		FROM artifact a JOIN artifact_version v ON v.id = a.newest
		WHERE `+where+` GROUP BY a.task_id, v.state`, arg)
	return out, err
}

// Versions implements artifact.Store.
func (s artifacts) Versions(ctx context.Context, of task.ID, ref artifact.Ref, previews bool) ([]artifact.Version, error) {
	columns, joins := versionColumns, versionJoins
	if previews {
		columns, joins = columns+`, p.body`, joins+previewJoin
	}
	return collect(ctx, s.db, func(s scanner) (v artifact.Version, err error) {
		into := versionFields(&v)
		if previews {
			into = append(into, nullable(&v.Preview))
		}
		return v, s.Scan(into...)
	}, `SELECT `+columns+` FROM artifact a JOIN artifact_version v ON v.artifact_id = a.id`+joins+`
		WHERE a.task_id = ? AND a.key = ? AND a.mode = ? AND v.removed IS NULL
		ORDER BY v.timestamp DESC, v.number DESC`, of, ref.Key, ref.Mode)
}

// pointers reads versions with what they belong to; tail is the query from
// WHERE on.
func (s artifacts) pointers(ctx context.Context, tail string, args ...any) ([]artifact.Pointer, error) {
	return collect(ctx, s.db, func(s scanner) (p artifact.Pointer, err error) {
		return p, s.Scan(append([]any{&p.Task, &p.Key, &p.Mode}, versionFields(&p.Version)...)...)
	}, `SELECT a.task_id, a.key, a.mode, `+versionColumns+`
		FROM artifact_version v JOIN artifact a ON a.id = v.artifact_id`+versionJoins+tail, args...)
}

// Unsettled implements artifact.Store.
func (s artifacts) Unsettled(ctx context.Context, p file.Path) ([]artifact.Pointer, error) {
	return s.pointers(ctx, ` WHERE v.path_key = ? AND v.removed IS NULL AND `+s.db.dialect.in("v.state")+` ORDER BY v.id`,
		key(p), list([]artifact.State{artifact.Pending, artifact.Mismatched, artifact.Missing}))
}

// References implements artifact.Store.
func (s artifacts) References(ctx context.Context, p file.Path) (file.References, error) {
	var r file.References
	var frozen task.ID
	_, err := one(ctx, s.db, nil, func(s scanner) (struct{}, error) {
		return struct{}{}, s.Scan(&r.Count, nullable(&frozen))
	}, `SELECT count(*), min(CASE WHEN `+s.db.dialect.in("t.status")+` THEN t.id END)
		FROM artifact_version v JOIN artifact a ON a.id = v.artifact_id JOIN task t ON t.id = a.task_id
		WHERE v.path_key = ? AND v.removed IS NULL`, list([]task.Status{task.Published, task.Publishing}), key(p))
	if err != nil || frozen == "" {
		return r, err
	}
	name, err := one(ctx, s.db, nil, scalar[string], `SELECT name FROM task WHERE id = ?`, frozen)
	r.FrozenBy = fmt.Sprintf("task %s (%s)", frozen, name)
	return r, err
}

// Bound implements artifact.Store.
func (s artifacts) Bound(ctx context.Context, generations []int64) ([]int64, error) {
	if len(generations) == 0 {
		return nil, nil
	}
	return collect(ctx, s.db, scalar[int64], `
		SELECT DISTINCT v.generation FROM artifact_version v
		WHERE v.removed IS NULL AND v.generation IS NOT NULL AND `+s.db.dialect.inInts("v.generation"), list(generations))
}
