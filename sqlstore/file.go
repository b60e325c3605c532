package sqlstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/user"
)

// Files returns the store of paths and generations.
func (db *DB) Files() file.Store { return files{db} }

type files struct{ db *DB }

// pathKey is what paths are found by: they are too long for an index.
func pathKey(p file.Path) string {
	sum := sha256.Sum256([]byte(p))
	return hex.EncodeToString(sum[:])
}

func noFile(p file.Path) error { return file.ErrNotFound.Errorf("there is no file %.200q", string(p)) }

func scanRecord(r scanner) (f file.Record, err error) {
	err = r.Scan(&f.ID, &f.Path, &f.Newest, clock{&f.Condemned}, clock{&f.DeleteAsked})
	return f, err
}

func (s files) Lock(ctx context.Context, p file.Path) (file.Record, error) {
	return one(ctx, s.db, noFile(p), scanRecord,
		`SELECT id, path, newest, condemned, delete_asked FROM file WHERE path_key = ?`+s.db.dialect.lock("file"), pathKey(p))
}

func (s files) Create(ctx context.Context, p file.Path, at time.Time) (file.Record, error) {
	return one(ctx, s.db, noFile(p), scanRecord,
		`INSERT INTO file (path, path_key, newest, created) VALUES (?, ?, 0, ?)
		RETURNING id, path, newest, condemned, delete_asked`, clean(string(p)), pathKey(p), millis(at))
}

func (s files) Revive(ctx context.Context, id int64) error {
	if _, err := s.db.exec(ctx, `UPDATE file SET condemned = NULL, delete_asked = NULL WHERE id = ?`, id); err != nil {
		return err
	}
	_, err := s.db.exec(ctx, `UPDATE blob SET unreferenced_since = NULL
		WHERE state = 'live' AND unreferenced_since IS NOT NULL AND id IN (SELECT blob_id FROM generation WHERE file_id = ?)`, id)
	return err
}

// unreferenced marks those of the live blobs to which no generation of a live
// path refers. It is completed by a condition on blob.id.
const unreferenced = `UPDATE blob SET unreferenced_since = ? WHERE state = 'live' AND unreferenced_since IS NULL
	AND NOT EXISTS (SELECT 1 FROM generation g JOIN file f ON f.id = g.file_id WHERE g.blob_id = blob.id AND f.condemned IS NULL)
	AND `

func (s files) Condemn(ctx context.Context, id int64, at time.Time) error {
	if _, err := s.db.exec(ctx, `UPDATE file SET condemned = ?, delete_asked = NULL WHERE id = ?`, millis(at), id); err != nil {
		return err
	}
	_, err := s.db.exec(ctx, unreferenced+`blob.id IN (SELECT blob_id FROM generation WHERE file_id = ?)`, millis(at), id)
	return err
}

func (s files) AskDelete(ctx context.Context, id int64, at time.Time) error {
	_, err := s.db.exec(ctx, `UPDATE file SET delete_asked = ? WHERE id = ?`, millis(at), id)
	return err
}

func scanBytes(r scanner) (b file.Bytes, err error) {
	err = r.Scan(&b.ID, &b.Digest, &b.Size, &b.Key, &b.Volume)
	return b, err
}

func (s files) Live(ctx context.Context, d blob.Digest) (file.Bytes, bool, error) {
	b, err := one(ctx, s.db, nil, scanBytes,
		`SELECT id, digest, size, store_key, volume_id FROM blob WHERE digest = ? AND state = 'live'`+s.db.dialect.lock("blob"), d)
	return b, b.ID != 0, err
}

func (s files) AddBlob(ctx context.Context, o blob.Object, in file.VolumeID, at time.Time) (file.Bytes, error) {
	swept := file.ErrSwept.Errorf("the bytes were swept before the upload ended; send them again")
	return one(ctx, s.db, swept, scanBytes, `INSERT INTO blob (digest, size, store_key, volume_id, state, created) VALUES (?, ?, ?, ?, 'live', ?)
		ON CONFLICT (store_key) DO NOTHING RETURNING id, digest, size, store_key, volume_id`, o.Digest, o.Size, o.Key, in, millis(at))
}

func (s files) AddGeneration(ctx context.Context, of file.Record, b file.Bytes, by user.ID, at time.Time) (file.Generation, error) {
	number := of.Newest + 1
	if of.Newest > 0 {
		if _, err := s.db.exec(ctx, `UPDATE generation SET superseded = ? WHERE file_id = ? AND superseded IS NULL`, millis(at), of.ID); err != nil {
			return file.Generation{}, err
		}
	}
	if _, err := s.db.exec(ctx, `UPDATE file SET newest = ? WHERE id = ?`, number, of.ID); err != nil {
		return file.Generation{}, err
	}
	if _, err := s.db.exec(ctx, `UPDATE blob SET unreferenced_since = NULL WHERE id = ? AND unreferenced_since IS NOT NULL`, b.ID); err != nil {
		return file.Generation{}, err
	}
	id, err := one(ctx, s.db, errNoRow, scalar[int64],
		`INSERT INTO generation (file_id, number, blob_id, digest, size, created, landed, uploader) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		of.ID, number, b.ID, b.Digest, b.Size, millis(at), millis(at), by)
	return file.Generation{
		ID: id, Path: of.Path, Number: number, Digest: b.Digest, Size: b.Size, Key: b.Key, Volume: b.Volume,
		Created: time.UnixMilli(at.UnixMilli()).UTC(), Uploader: by,
	}, err
}

func (s files) Again(ctx context.Context, generation int64, at time.Time) error {
	_, err := s.db.exec(ctx, `UPDATE generation SET landed = ? WHERE id = ?`, millis(at), generation)
	return err
}

func scanGeneration(r scanner) (g file.Generation, err error) {
	err = r.Scan(&g.ID, &g.Path, &g.Number, &g.Digest, &g.Size, &g.Key, &g.Volume, clock{&g.Created}, &g.Uploader)
	return g, err
}

func (s files) Generation(ctx context.Context, p file.Path, w file.Want) (file.Generation, error) {
	const columns = `SELECT g.id, f.path, g.number, g.digest, g.size, b.store_key, b.volume_id, g.created, g.uploader
		FROM file f JOIN generation g ON g.file_id = f.id JOIN blob b ON b.id = g.blob_id
		WHERE f.path_key = ? AND f.condemned IS NULL `
	switch {
	case w.Number != 0:
		return one(ctx, s.db, file.ErrNotFound.Errorf("the file %.200q has no version %d", string(p), w.Number), scanGeneration,
			columns+`AND g.number = ?`, pathKey(p), w.Number)
	case w.Digest != "":
		return one(ctx, s.db, file.ErrNotFound.Errorf("the file %.200q has no version with SHA-256 %s", string(p), w.Digest), scanGeneration,
			columns+`AND g.digest = ? ORDER BY g.number DESC LIMIT 1`, pathKey(p), w.Digest)
	}
	return one(ctx, s.db, noFile(p), scanGeneration, columns+`AND g.number = f.newest`, pathKey(p))
}

func (s files) Holding(ctx context.Context, d blob.Digest, limit int) ([]file.Generation, error) {
	// By the blobs, of which an index knows the digest: those that are live.
	return collect(ctx, s.db, scanGeneration, `
		SELECT g.id, f.path, g.number, g.digest, g.size, b.store_key, b.volume_id, g.created, g.uploader
		FROM blob b JOIN generation g ON g.blob_id = b.id JOIN file f ON f.id = g.file_id
		WHERE b.digest = ? AND b.state = 'live' AND f.condemned IS NULL
			AND NOT EXISTS (SELECT 1 FROM generation n WHERE n.file_id = g.file_id AND n.blob_id = g.blob_id AND n.number > g.number)
		ORDER BY f.path LIMIT ?`, d, limit)
}

func (s files) Usage(ctx context.Context) (u file.Usage, err error) {
	sums := func(to ...*file.Sum) func(scanner) (struct{}, error) {
		return func(r scanner) (struct{}, error) {
			var into []any
			for _, t := range to {
				into = append(into, &t.Count, &t.Bytes)
			}
			return struct{}{}, r.Scan(into...)
		}
	}
	sum := func(where string) string {
		return `count(CASE WHEN ` + where + ` THEN 1 END), CAST(coalesce(sum(CASE WHEN ` + where + ` THEN size ELSE 0 END), 0) AS BIGINT)`
	}
	if _, err = one(ctx, s.db, nil, sums(&u.Blobs, &u.Waiting, &u.Failed), `SELECT `+sum(`state = 'live'`)+`, `+
		sum(`state IN ('live', 'condemned', 'left') AND unreferenced_since IS NOT NULL`)+`, `+sum(`state = 'failed'`)+` FROM blob`); err != nil {
		return u, err
	}
	_, err = one(ctx, s.db, nil, sums(&u.Files, &u.Earlier), `SELECT `+sum(`superseded IS NULL`)+`, `+sum(`superseded IS NOT NULL`)+` FROM generation`)
	return u, err
}

func scanBlobSum(r scanner) (u file.Sum, err error) { return u, r.Scan(&u.Count, &u.Bytes) }

const sumColumns = `count(*), CAST(coalesce(sum(b.size), 0) AS BIGINT)`

func (s files) Freed(ctx context.Context, since time.Time) (file.Sum, error) {
	return one(ctx, s.db, nil, scanBlobSum, `SELECT `+sumColumns+` FROM blob b WHERE b.unreferenced_since >= ? AND b.state = 'live'`, millis(since))
}

func (s files) Named(ctx context.Context, paths []file.Path) (file.Sum, error) {
	keys := make([]string, len(paths))
	for i, p := range paths {
		keys[i] = pathKey(p)
	}
	return one(ctx, s.db, nil, scanBlobSum, `SELECT `+sumColumns+` FROM blob b WHERE b.state = 'live' AND b.id IN (
		SELECT g.blob_id FROM file f JOIN generation g ON g.file_id = f.id WHERE `+s.db.dialect.in("f.path_key")+`)`, list(keys))
}

func (s files) LandedSince(ctx context.Context, p file.Path, d blob.Digest, after time.Time) (bool, error) {
	n, err := one(ctx, s.db, nil, scalar[int64], `SELECT count(*) FROM file f JOIN generation g ON g.file_id = f.id
		WHERE f.path_key = ? AND f.condemned IS NULL AND g.digest = ? AND g.landed > ?`, pathKey(p), d, millis(after))
	return n > 0, err
}

func (s files) Superseded(ctx context.Context, generations []int64) ([]int64, error) {
	return collect(ctx, s.db, scalar[int64], `SELECT g.id FROM generation g JOIN file f ON f.id = g.file_id
		WHERE (g.superseded IS NOT NULL OR f.condemned IS NOT NULL) AND `+s.db.dialect.inInts("g.id"), list(generations))
}

func (s files) Drop(ctx context.Context, generations []int64, at time.Time) error {
	blobs, err := collect(ctx, s.db, scalar[int64], `DELETE FROM generation WHERE `+s.db.dialect.inInts("id")+` RETURNING blob_id`, list(generations))
	if err != nil {
		return err
	}
	_, err = s.db.exec(ctx, unreferenced+s.db.dialect.inInts("blob.id"), millis(at), list(blobs))
	return err
}

func (s files) Lose(ctx context.Context, k blob.Key) (blob.Digest, error) {
	return one(ctx, s.db, nil, scalar[blob.Digest], `UPDATE blob SET state = 'failed' WHERE store_key = ? AND state = 'live' RETURNING digest`, k)
}

func (s files) ExpireFiles(ctx context.Context, before time.Time, limit int) (int, error) {
	ids, err := collect(ctx, s.db, scalar[int64], `SELECT id FROM file WHERE condemned < ? ORDER BY condemned LIMIT ?`, millis(before), limit)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	if _, err := s.db.exec(ctx, `DELETE FROM generation WHERE `+s.db.dialect.inInts("file_id"), list(ids)); err != nil {
		return 0, err
	}
	_, err = s.db.exec(ctx, `DELETE FROM file WHERE `+s.db.dialect.inInts("id"), list(ids))
	return len(ids), err
}

func (s files) SupersededBefore(ctx context.Context, before time.Time, after int64, limit int) ([]int64, error) {
	return collect(ctx, s.db, scalar[int64], `SELECT id FROM generation WHERE superseded < ? AND id > ? ORDER BY id LIMIT ?`, millis(before), after, limit)
}

func (s files) Doom(ctx context.Context, before time.Time, limit int) ([]file.Bytes, error) {
	// The outer conditions are for an upload that makes the blob its own
	// between the choice and the change.
	_, err := s.db.exec(ctx, `UPDATE blob SET state = 'condemned' WHERE state = 'live' AND unreferenced_since IS NOT NULL AND id IN (
		SELECT b.id FROM blob b WHERE b.state = 'live' AND b.unreferenced_since < ?
		AND NOT EXISTS (SELECT 1 FROM generation g WHERE g.blob_id = b.id) ORDER BY b.unreferenced_since LIMIT ?)`, millis(before), limit)
	if err != nil {
		return nil, err
	}
	if _, err := s.db.exec(ctx, `UPDATE blob SET state = 'condemned' WHERE id IN (
		SELECT id FROM blob WHERE state = 'left' AND unreferenced_since < ? ORDER BY unreferenced_since LIMIT ?)`, millis(before), limit); err != nil {
		return nil, err
	}
	return collect(ctx, s.db, scanBytes, `SELECT id, digest, size, store_key, volume_id FROM blob WHERE state = 'condemned' ORDER BY id LIMIT ?`, limit)
}

func (s files) Gone(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := s.db.exec(ctx, `UPDATE blob SET state = 'gone', unreferenced_since = NULL WHERE state = 'condemned' AND `+s.db.dialect.inInts("id"), list(ids))
	return err
}

func (s files) Known(ctx context.Context, keys []blob.Key) ([]blob.Key, error) {
	return collect(ctx, s.db, scalar[blob.Key], `SELECT store_key FROM blob WHERE state <> 'gone' AND `+s.db.dialect.in("store_key")+`
		UNION SELECT store_key FROM upload WHERE committed IS NULL AND `+s.db.dialect.in("store_key"), list(keys), list(keys))
}

func (s files) Claim(ctx context.Context, objects []blob.Info, in file.VolumeID, at time.Time) ([]file.Bytes, error) {
	var claimed []file.Bytes
	for _, o := range objects {
		b, err := one(ctx, s.db, nil, scanBytes, `INSERT INTO blob (digest, size, store_key, volume_id, state, created) VALUES ('', ?, ?, ?, 'condemned', ?)
			ON CONFLICT (store_key) DO UPDATE SET state = 'condemned', volume_id = excluded.volume_id WHERE blob.state = 'gone'
			RETURNING id, digest, size, store_key, volume_id`, o.Size, o.Key, in, millis(at))
		if err != nil {
			return nil, err
		}
		if b.ID != 0 { // else an upload was quicker
			claimed = append(claimed, b)
		}
	}
	return claimed, nil
}

func (s files) Movable(ctx context.Context, of file.VolumeID, after int64, limit int) ([]file.Bytes, error) {
	return collect(ctx, s.db, scanBytes, `SELECT id, digest, size, store_key, volume_id FROM blob
		WHERE volume_id = ? AND state = 'live' AND id > ? ORDER BY id LIMIT ?`, of, after, limit)
}

func (s files) Relocate(ctx context.Context, b file.Bytes, to file.VolumeID, key blob.Key, at time.Time) (bool, error) {
	n, err := s.db.changed(ctx, `UPDATE blob SET volume_id = ?, store_key = ? WHERE id = ? AND state = 'live' AND store_key = ?
		AND NOT EXISTS (SELECT 1 FROM blob claimed WHERE claimed.store_key = ?)`, to, key, b.ID, b.Key, key)
	if err != nil || n == 0 {
		return false, err
	}
	_, err = s.db.exec(ctx, `INSERT INTO blob (digest, size, store_key, volume_id, state, created, unreferenced_since) VALUES ('', ?, ?, ?, 'left', ?, ?)`,
		b.Size, b.Key, b.Volume, millis(at), millis(at))
	return true, err
}
