package sqlstore

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// Add implements artifact.Store. What it reads and writes does not grow with
// the number of artifacts or versions.
func (s artifacts) Add(ctx context.Context, of task.ID, ref artifact.Ref, v artifact.Version, identity string) (number int, err error) {
	docs, err := documents(v.Metadata)
	if err != nil {
		return 0, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context) error {
		noteArtifact(ctx, of, ref)
		var id int64
		if _, err := one(ctx, s.db, nil, func(s scanner) (struct{}, error) {
			return struct{}{}, s.Scan(&id, &number)
		}, `INSERT INTO artifact (task_id, key, key_fold, mode, last_number, living) VALUES (?, ?, ?, ?, 1, 1)
			ON CONFLICT (task_id, key, mode) DO UPDATE SET last_number = artifact.last_number + 1, living = artifact.living + 1
			RETURNING id, last_number`, of, ref.Key, query.Fold(clean(ref.Key)), ref.Mode); err != nil {
			return err
		}
		preview, err := s.addPreview(ctx, v.Preview)
		if err != nil {
			return err
		}
		var path any
		if v.Address.IsOwn() {
			path = key(v.Address.Path)
		}
		var generation any
		if v.Generation != 0 {
			generation = v.Generation
		}
		row, err := one(ctx, s.db, nil, scalar[int64], `
			INSERT INTO artifact_version (artifact_id, number, identity, state, generation, type, uri, path_key, hash, digest, size,
				timestamp, content_type, data_hash, metadata, preview, registered, user_id)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, coalesce(?, (SELECT g.digest FROM generation g WHERE g.id = ?)), ?, ?, ?, ?, ?, ?, ?, ?)
			RETURNING id`,
			id, number, identity, v.State, generation, v.Type, v.Address.String(), path, v.Hash, null(v.Digest()), generation, v.Size,
			v.Timestamp, v.ContentType, v.DataHash, docs[0], preview, millis(v.Registered), null(v.User))
		if err != nil {
			return err
		}
		if err := s.addMetadata(ctx, row, v.Metadata); err != nil {
			return err
		}
		if number == 1 {
			if err := artifactNames.add(ctx, s.db, ref.Key); err != nil {
				return err
			}
		}
		// Numbers grow, so that of equal timestamps this one is the newest.
		_, err = s.db.exec(ctx, `
			UPDATE artifact SET newest = ? WHERE id = ? AND NOT EXISTS (
				SELECT 1 FROM artifact_version o WHERE o.id = artifact.newest AND o.timestamp > ?)`, row, id, v.Timestamp)
		return err
	})
	return number, err
}

// noteArtifact tells the audit of an artifact, which is a part of its task.
func noteArtifact(ctx context.Context, of task.ID, ref artifact.Ref) {
	user.Note(ctx, user.TaskObject, string(of), string(ref.Mode)+" artifact "+ref.Key)
}

// addMetadata makes pairs of display data searchable.
func (s artifacts) addMetadata(ctx context.Context, version int64, pairs [][]string) error {
	var rows []string
	var args []any
	for i, p := range pairs {
		if len(p) >= 2 && len(rows) < maxRowsAtOnce {
			rows, args = append(rows, "(?, ?, ?, ?)"), append(args, version, i, p[0], p[1])
		}
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := s.db.exec(ctx, `INSERT INTO artifact_metadata (version_id, place, key, value) VALUES `+strings.Join(rows, ", "), args...)
	return err
}

// Annotate implements artifact.Store.
func (s artifacts) Annotate(ctx context.Context, of task.ID, ref artifact.Ref, metadata [][]string) error {
	docs, err := documents(metadata)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context) error {
		noteArtifact(ctx, of, ref)
		version, err := one(ctx, s.db, nil, scalar[int64], `
			UPDATE artifact_version SET metadata = ?
			WHERE id = (SELECT a.newest FROM artifact a WHERE a.task_id = ? AND a.key = ? AND a.mode = ?)
			RETURNING id`, docs[0], of, ref.Key, ref.Mode)
		if err != nil {
			return err
		}
		if _, err := s.db.exec(ctx, `DELETE FROM artifact_metadata WHERE version_id = ?`, version); err != nil {
			return err
		}
		return s.addMetadata(ctx, version, metadata)
	})
}

// addPreview keeps a text and returns what stands for it in a version.
func (s artifacts) addPreview(ctx context.Context, body string) (any, error) {
	if body == "" {
		return nil, nil
	}
	hash := key(body)
	_, err := s.db.exec(ctx, `INSERT INTO preview (hash, body) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING`, hash, body)
	return hash, err
}

// dropPreviews removes those of the texts that no version uses any more.
func (s artifacts) dropPreviews(ctx context.Context, hashes []string) error {
	hashes = slices.DeleteFunc(hashes, func(h string) bool { return h == "" })
	if len(hashes) == 0 {
		return nil
	}
	where, arg := among(s.db.dialect, "hash", hashes)
	_, err := s.db.exec(ctx, `DELETE FROM preview WHERE `+where+`
		AND NOT EXISTS (SELECT 1 FROM artifact_version v WHERE v.preview = preview.hash)`, arg)
	return err
}

// Remove implements artifact.Store.
func (s artifacts) Remove(ctx context.Context, of task.ID, refs []artifact.Ref, at time.Time) ([]artifact.Pointer, error) {
	if refs != nil && len(refs) == 0 {
		return nil, nil
	}
	where, args := `a.task_id = ? AND a.newest IS NOT NULL`, []any{of}
	asked, keys := inquiry(refs)
	if refs != nil {
		in, arg := among(s.db.dialect, "a.key", keys)
		where, args = where+` AND `+in, append(args, arg)
	}
	var gone []artifact.Pointer
	err := s.db.Tx(ctx, func(ctx context.Context) error {
		gone = nil
		type row struct {
			id int64
			artifact.Ref
		}
		rows, err := collect(ctx, s.db, func(s scanner) (r row, err error) {
			return r, s.Scan(&r.id, &r.Key, &r.Mode)
		}, `SELECT a.id, a.key, a.mode FROM artifact a WHERE `+where, args...)
		if err != nil {
			return err
		}
		var ids []int64
		for _, r := range rows {
			if refs == nil || asked[r.Ref] {
				noteArtifact(ctx, of, r.Ref)
				ids = append(ids, r.id)
			}
		}
		if len(ids) == 0 {
			return nil
		}
		gone, err = s.pointers(ctx, ` WHERE v.removed IS NULL AND `+s.db.dialect.inInts("v.artifact_id")+` ORDER BY a.key, a.mode, v.number`, list(ids))
		if err != nil {
			return err
		}
		if err := s.entomb(ctx, at, `artifact_version.removed IS NULL AND `+s.db.dialect.inInts("artifact_version.artifact_id"), list(ids)); err != nil {
			return err
		}
		_, err = s.db.exec(ctx, `UPDATE artifact SET newest = NULL, living = 0 WHERE `+s.db.dialect.inInts("id"), list(ids))
		return err
	})
	return gone, err
}

// entomb marks versions as removed. They stay known by their identities, but
// hold on to nothing any more.
func (s artifacts) entomb(ctx context.Context, at time.Time, where string, args ...any) error {
	previews, err := collect(ctx, s.db, scalar[string],
		`SELECT DISTINCT preview FROM artifact_version WHERE preview IS NOT NULL AND `+where, args...)
	if err != nil {
		return err
	}
	if _, err := s.db.exec(ctx, `UPDATE artifact_version SET removed = ?, generation = NULL, preview = NULL WHERE `+where,
		append([]any{millis(at)}, args...)...); err != nil {
		return err
	}
	return s.dropPreviews(ctx, previews)
}

// RemoveVersion implements artifact.Store.
func (s artifacts) RemoveVersion(ctx context.Context, of task.ID, ref artifact.Ref, number int, at time.Time) (artifact.Version, error) {
	var gone artifact.Version
	err := s.db.Tx(ctx, func(ctx context.Context) error {
		found, err := s.pointers(ctx, ` WHERE a.task_id = ? AND a.key = ? AND a.mode = ? AND v.removed IS NULL AND v.number = ?`,
			of, ref.Key, ref.Mode, number)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return artifact.ErrNoVersion.Errorf("artifact %q of task %s has no version %d", ref.Key, of, number)
		}
		noteArtifact(ctx, of, ref)
		gone = found[0].Version
		if err := s.entomb(ctx, at, `artifact_version.id = ?`, gone.ID); err != nil {
			return err
		}
		return s.recount(ctx, of, ref, 1)
	})
	return gone, err
}

// recount sets what an artifact knows of its versions after some went.
func (s artifacts) recount(ctx context.Context, of task.ID, ref artifact.Ref, fewer int) error {
	_, err := s.db.exec(ctx, `
		UPDATE artifact SET living = living - ?, newest = (
			SELECT v.id FROM artifact_version v WHERE v.artifact_id = artifact.id AND v.removed IS NULL
			ORDER BY v.timestamp DESC, v.number DESC LIMIT 1)
		WHERE task_id = ? AND key = ? AND mode = ?`, fewer, of, ref.Key, ref.Mode)
	return err
}

// Prune implements artifact.Store.
func (s artifacts) Prune(ctx context.Context, of task.ID, ref artifact.Ref, keep int) ([]artifact.Version, error) {
	var gone []artifact.Version
	err := s.db.Tx(ctx, func(ctx context.Context) error {
		gone = nil
		living, err := one(ctx, s.db, nil, scalar[int], `SELECT living FROM artifact WHERE task_id = ? AND key = ? AND mode = ?`, of, ref.Key, ref.Mode)
		if err != nil || living <= keep {
			return err
		}
		found, err := s.pointers(ctx, ` WHERE a.task_id = ? AND a.key = ? AND a.mode = ? AND v.removed IS NULL
			ORDER BY v.timestamp ASC, v.number ASC LIMIT ?`, of, ref.Key, ref.Mode, living-keep)
		if err != nil {
			return err
		}
		ids := make([]int64, len(found))
		for i, p := range found {
			ids[i] = p.ID
			gone = append(gone, p.Version)
		}
		if err := s.erase(ctx, s.db.dialect.inInts("id"), list(ids)); err != nil {
			return err
		}
		return s.recount(ctx, of, ref, len(gone))
	})
	return gone, err
}

// erase deletes the rows of versions and the previews that only they used.
func (s artifacts) erase(ctx context.Context, where string, args ...any) error {
	previews, err := collect(ctx, s.db, func(s scanner) (hash string, err error) {
		return hash, s.Scan(nullable(&hash))
	}, `DELETE FROM artifact_version WHERE `+where+` RETURNING preview`, args...)
	if err != nil {
		return err
	}
	slices.Sort(previews)
	return s.dropPreviews(ctx, slices.Compact(previews))
}

// Forget implements artifact.Store.
func (s artifacts) Forget(ctx context.Context, of task.ID) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		if err := s.erase(ctx, `artifact_id IN (SELECT a.id FROM artifact a WHERE a.task_id = ?)`, of); err != nil {
			return err
		}
		keys, err := collect(ctx, s.db, scalar[string], `DELETE FROM artifact WHERE task_id = ? RETURNING key`, of)
		if err != nil {
			return err
		}
		for _, key := range keys {
			if err := artifactNames.drop(ctx, s.db, key); err != nil {
				return err
			}
		}
		return nil
	})
}

// Settle implements artifact.Store. The digest of the generation is noted for
// versions that recorded none, so that Lose finds them.
func (s artifacts) Settle(ctx context.Context, version int64, state artifact.State, generation int64) error {
	var bound any
	if generation != 0 {
		bound = generation
	}
	_, err := s.db.exec(ctx, `
		UPDATE artifact_version SET state = ?, generation = ?, digest = coalesce((SELECT g.digest FROM generation g WHERE g.id = ?), digest)
		WHERE id = ?`, state, bound, bound, version)
	return err
}

// Lose implements artifact.Store.
func (s artifacts) Lose(ctx context.Context, d blob.Digest) ([]task.ID, error) {
	var hit []task.ID
	err := s.db.Tx(ctx, func(ctx context.Context) error {
		hit = nil
		ids, err := collect(ctx, s.db, scalar[int64], `
			UPDATE artifact_version SET state = ? WHERE digest = ? AND removed IS NULL AND state = ? RETURNING artifact_id`,
			artifact.Missing, d, artifact.Stored)
		if err != nil || len(ids) == 0 {
			return err
		}
		hit, err = collect(ctx, s.db, scalar[task.ID], `SELECT DISTINCT a.task_id FROM artifact a WHERE `+s.db.dialect.inInts("a.id"), list(ids))
		return err
	})
	return hit, err
}
