package sqlstore

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/user"
)

// Sessions returns the store of upload sessions.
func (db *DB) Sessions() file.SessionStore { return sessions{db} }

type sessions struct{ db *DB }

func noSession(id file.SessionID) error {
	return file.ErrNoSession.Errorf("there is no upload session %.40q", string(id))
}

const sessionColumns = `SELECT id, owner, path, size, digest, store_key, volume_id, received, parts, hashed, hash_state, revision,
	created, touched, committed, version FROM upload `

func scanSession(r scanner) (s file.Session, err error) {
	var state string
	err = r.Scan(&s.ID, &s.Owner, &s.Path, &s.Size, nullable(&s.Digest), &s.Key, &s.Volume, &s.Received, &s.Parts, &s.Hashed.Size, nullable(&state),
		&s.Hashed.Revision, clock{&s.Created}, clock{&s.Touched}, clock{&s.Committed}, &s.Version)
	if err == nil && state != "" {
		s.Hashed.State, err = base64.StdEncoding.DecodeString(state)
	}
	return s, err
}

func (s sessions) Insert(ctx context.Context, n file.Session) error {
	noteUpload(ctx, n.ID)
	_, err := s.db.exec(ctx, `INSERT INTO upload (id, owner, path, path_key, size, digest, store_key, volume_id, received, parts, hashed, revision, created, touched, version)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, ?, ?, 0)`,
		n.ID, n.Owner, clean(string(n.Path)), pathKey(n.Path), n.Size, null(n.Digest), n.Key, n.Volume, millis(n.Created), millis(n.Touched))
	return err
}

func noteUpload(ctx context.Context, id file.SessionID) {
	user.Note(ctx, user.UploadObject, string(id), "")
}

func (s sessions) Get(ctx context.Context, id file.SessionID) (file.Session, error) {
	return one(ctx, s.db, noSession(id), scanSession, sessionColumns+`WHERE id = ?`, id)
}

func (s sessions) Lock(ctx context.Context, id file.SessionID) (file.Session, error) {
	return one(ctx, s.db, noSession(id), scanSession, sessionColumns+`WHERE id = ?`+s.db.dialect.lock("upload"), id)
}

func (s sessions) Open(ctx context.Context, owner user.ID, p file.Path, since time.Time) ([]file.Session, error) {
	const of = sessionColumns + `WHERE owner = ? AND committed IS NULL AND touched >= ? `
	if p == "" {
		return collect(ctx, s.db, scanSession, of+`ORDER BY created, id`, owner, millis(since))
	}
	return collect(ctx, s.db, scanSession, of+`AND path_key = ? ORDER BY created, id`, owner, millis(since), pathKey(p))
}

func (s sessions) Holds(ctx context.Context, d blob.Digest) (file.Bytes, bool, error) {
	b, err := one(ctx, s.db, nil, scanBytes, `SELECT id, digest, size, store_key, volume_id FROM blob WHERE digest = ? AND state = 'live'`, d)
	return b, b.ID != 0, err
}

func scanPart(r scanner) (p file.Part, err error) {
	err = r.Scan(&p.Offset, &p.Size, &p.Digest)
	return p, err
}

func (s sessions) Parts(ctx context.Context, id file.SessionID, from int64, limit int) ([]file.Part, error) {
	return collect(ctx, s.db, scanPart, `SELECT first_byte, size, digest FROM upload_part
		WHERE upload_id = ? AND first_byte >= ? ORDER BY first_byte LIMIT ?`, id, from, limit)
}

func (s sessions) Overlapping(ctx context.Context, id file.SessionID, at file.Span) ([]file.Part, error) {
	// Parts do not overlap each other: of those that begin before the span
	// only the last one can reach into it.
	return collect(ctx, s.db, scanPart, `SELECT first_byte, size, digest FROM upload_part
		WHERE upload_id = ? AND first_byte < ? AND first_byte + size > ?
		AND first_byte >= coalesce((SELECT max(first_byte) FROM upload_part WHERE upload_id = ? AND first_byte <= ?), 0)
		ORDER BY first_byte LIMIT 2`, id, at.End(), at.Offset, id, at.Offset)
}

func (s sessions) Gaps(ctx context.Context, id file.SessionID, size int64, limit int) ([]file.Span, error) {
	// An empty part at the beginning stands for the edge before the first gap.
	return collect(ctx, s.db, func(r scanner) (gap file.Span, err error) {
		var end int64
		err = r.Scan(&gap.Offset, &end)
		gap.Size = end - gap.Offset
		return gap, err
	}, `SELECT first_byte + size, coalesce(following, ?) FROM (
			SELECT first_byte, size, LEAD(first_byte) OVER (ORDER BY first_byte, size) AS following FROM (
				SELECT 0 AS first_byte, 0 AS size UNION ALL SELECT first_byte, size FROM upload_part WHERE upload_id = ?) AS part) AS edge
		WHERE coalesce(following, ?) > first_byte + size ORDER BY first_byte, size LIMIT ?`, size, id, size, limit)
}

func (s sessions) AddPart(ctx context.Context, id file.SessionID, p file.Part, hashed file.Prefix, at time.Time) error {
	if act, ok := user.ActOf(ctx); ok {
		user.NoteSteady(ctx, act, user.UploadObject, string(id))
	}
	if _, err := s.db.exec(ctx, `INSERT INTO upload_part (upload_id, first_byte, size, digest) VALUES (?, ?, ?, ?)`, id, p.Offset, p.Size, p.Digest); err != nil {
		return err
	}
	if _, err := s.db.exec(ctx, `UPDATE upload SET received = received + ?, parts = parts + 1, touched = ? WHERE id = ?`, p.Size, millis(at), id); err != nil {
		return err
	}
	return s.NoteHashed(ctx, id, hashed)
}

func (s sessions) RemovePart(ctx context.Context, id file.SessionID, p file.Part) error {
	noteUpload(ctx, id)
	n, err := s.db.changed(ctx, `DELETE FROM upload_part WHERE upload_id = ? AND first_byte = ?`, id, p.Offset)
	if err := touchedNone(n, err, file.ErrNoPart.Errorf("no received part begins at byte %d", p.Offset)); err != nil {
		return err
	}
	_, err = s.db.exec(ctx, `UPDATE upload SET received = received - ?, parts = parts - 1, hashed = 0, hash_state = NULL, revision = revision + 1
		WHERE id = ?`, p.Size, id)
	return err
}

func (s sessions) NoteHashed(ctx context.Context, id file.SessionID, hashed file.Prefix) error {
	if hashed.Size == 0 {
		return nil
	}
	_, err := s.db.exec(ctx, `UPDATE upload SET hashed = ?, hash_state = ? WHERE id = ? AND revision = ? AND hashed < ?`,
		hashed.Size, base64.StdEncoding.EncodeToString(hashed.State), id, hashed.Revision, hashed.Size)
	return err
}

func (s sessions) Commit(ctx context.Context, c file.Session) error {
	noteUpload(ctx, c.ID)
	if _, err := s.db.exec(ctx, `DELETE FROM upload_part WHERE upload_id = ?`, c.ID); err != nil {
		return err
	}
	n, err := s.db.changed(ctx, `UPDATE upload SET digest = ?, committed = ?, version = ?, received = size, hash_state = NULL
		WHERE id = ? AND committed IS NULL`, c.Digest, millis(c.Committed), c.Version, c.ID)
	return touchedNone(n, err, noSession(c.ID))
}

func (s sessions) Remove(ctx context.Context, ids []file.SessionID) error {
	for _, id := range ids {
		noteUpload(ctx, id)
	}
	if _, err := s.db.exec(ctx, `DELETE FROM upload_part WHERE `+s.db.dialect.in("upload_id"), list(ids)); err != nil {
		return err
	}
	_, err := s.db.exec(ctx, `DELETE FROM upload WHERE `+s.db.dialect.in("id"), list(ids))
	return err
}

func (s sessions) Stale(ctx context.Context, touched, committed time.Time, limit int) ([]file.Session, error) {
	return collect(ctx, s.db, scanSession, sessionColumns+`WHERE committed IS NULL AND touched < ? OR committed IS NOT NULL AND committed < ?
		ORDER BY id LIMIT ?`, millis(touched), millis(committed), limit)
}

func (s sessions) Page(ctx context.Context, after file.SessionID, limit int) ([]file.Session, error) {
	return collect(ctx, s.db, scanSession, sessionColumns+`WHERE committed IS NULL AND id > ? ORDER BY id LIMIT ?`, after, limit)
}

func (s sessions) Drafted(ctx context.Context, keys []blob.Key) ([]blob.Key, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	return collect(ctx, s.db, scalar[blob.Key], `SELECT store_key FROM upload WHERE committed IS NULL AND `+s.db.dialect.in("store_key"), list(keys))
}
