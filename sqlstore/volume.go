package sqlstore

import (
	"context"

	"github.com/coffer-ml/coffer/file"
)

// Volumes returns the store of volumes.
func (db *DB) Volumes() file.VolumeStore { return volumes{db} }

type volumes struct{ db *DB }

func scanVolume(r scanner) (v file.Volume, err error) {
	err = r.Scan(&v.ID, &v.Mark, &v.Location, clock{&v.Created}, clock{&v.Marked})
	return v, err
}

const volumeColumns = `SELECT id, mark, location, created, marked FROM volume `

func (s volumes) All(ctx context.Context) ([]file.Volume, error) {
	return collect(ctx, s.db, scanVolume, volumeColumns+`ORDER BY id`)
}

// Add implements file.VolumeStore. The engine draws no numbers here: it may
// leave some out, and rows from before there were volumes are of the first.
func (s volumes) Add(ctx context.Context, v file.Volume) (file.Volume, error) {
	return one(ctx, s.db, errNoRow, scanVolume, `INSERT INTO volume (id, mark, location, created)
		SELECT coalesce(max(id), 0) + 1, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT) FROM volume RETURNING id, mark, location, created, marked`,
		v.Mark, clean(v.Location), millis(v.Created))
}

func (s volumes) Note(ctx context.Context, v file.Volume) error {
	_, err := s.db.exec(ctx, `UPDATE volume SET location = ?, marked = ? WHERE id = ?`, clean(v.Location), millis(v.Marked), v.ID)
	return err
}

func (s volumes) Tally(ctx context.Context) ([]file.Tally, error) {
	const of = `(SELECT count(*) FROM blob b WHERE b.volume_id = v.id AND b.state = `
	return collect(ctx, s.db, func(r scanner) (t file.Tally, err error) {
		err = r.Scan(&t.ID, &t.Mark, &t.Location, clock{&t.Created}, clock{&t.Marked}, &t.Blobs, &t.Bytes, &t.Left, &t.Failed, &t.Uploads)
		return t, err
	}, `SELECT v.id, v.mark, v.location, v.created, v.marked, `+of+`'live'),
		CAST((SELECT coalesce(sum(b.size), 0) FROM blob b WHERE b.volume_id = v.id AND b.state = 'live') AS BIGINT), `+of+`'left'), `+of+`'failed'),
		(SELECT count(*) FROM upload u WHERE u.volume_id = v.id AND u.committed IS NULL)
		FROM volume v ORDER BY v.id`)
}
