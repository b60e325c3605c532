package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/model"
)

const selectVersion = `SELECT v.id, v.number, v.uri, v.generation, v.digest, v.size, v.state, v.iteration, v.created, v.user_id, g.number
	FROM model_version v LEFT JOIN generation g ON g.id = v.generation`

func scanVersion(s scanner) (v model.Version, err error) {
	return v, s.Scan(&v.ID, &v.Number,
		address{&v.Address},
		&v.Generation, &v.Digest, &v.Size, &v.State, &v.Iteration,
		clock{&v.Created},
		nullable(&v.User),
		integer[int]{&v.FileNumber})
}

// Versions implements model.Store.
func (s models) Versions(ctx context.Context, of model.ID, p model.Page) ([]model.Version, error) {
	limit := int64(p.Limit)
	if limit <= 0 {
		limit = math.MaxInt64
	}
	return collect(ctx, s.db, scanVersion, selectVersion+` WHERE v.model_id = ? ORDER BY v.number DESC LIMIT ? OFFSET ?`, of, limit, p.Offset)
}

// Last implements model.Store.
func (s models) Last(ctx context.Context, of model.ID, p file.Path) (model.Version, bool, error) {
	absent := errors.New("no version came there")
	v, err := one(ctx, s.db, absent, scanVersion, selectVersion+` WHERE v.model_id = ? AND v.path_key = ? ORDER BY v.number DESC LIMIT 1`, of, key(p))
	if err == absent { //nolint:errorlint // it is the very value given above
		return model.Version{}, false, nil
	}
	return v, err == nil, err
}

// AddVersion implements model.Store.
func (s models) AddVersion(ctx context.Context, of model.ID, v model.Version) error {
	_, err := s.db.exec(ctx, `
		INSERT INTO model_version (model_id, number, uri, path_key, generation, digest, size, state, iteration, dated, created, user_id)
		VALUES (?, 1 + coalesce((SELECT max(number) FROM model_version WHERE model_id = ?), 0), ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)`,
		of, of, v.Address.String(), key(v.Address.Path), v.Generation, v.Digest, v.Size, v.State, v.Iteration, millis(v.Created), null(v.User))
	return err
}

// Settle implements model.Store.
func (s models) Settle(ctx context.Context, version int64, st model.State, generation int64) error {
	_, err := s.db.exec(ctx, `UPDATE model_version SET state = ?, generation = ? WHERE id = ?`, st, generation, version)
	return err
}

// Date implements model.Store.
func (s models) Date(ctx context.Context, of model.ID, p file.Path, at *model.Moment) error {
	set, args := `dated = 1`, []any{}
	told := at != nil && at.Told
	switch {
	case told:
		set, args = `dated = 2, iteration = ?`, append(args, at.Iteration)
	case at != nil:
		set, args = `dated = 1, iteration = ?`, append(args, at.Iteration)
	}
	_, err := s.db.exec(ctx, `UPDATE model_version SET `+set+` WHERE model_id = ? AND path_key = ? AND dated = 0`, append(args, of, key(p))...)
	if err != nil || !told {
		return err
	}
	_, err = s.db.exec(ctx, `
		UPDATE model_version SET dated = 2, iteration = ? WHERE dated < 2 AND id = (
			SELECT v.id FROM model_version v WHERE v.model_id = ? AND v.path_key = ? ORDER BY v.number DESC LIMIT 1)`,
		at.Iteration, of, key(p))
	return err
}

// Addresses implements model.Store.
func (s models) Addresses(ctx context.Context, of model.ID) ([]file.Address, error) {
	return collect(ctx, s.db, func(s scanner) (a file.Address, err error) {
		return a, s.Scan(address{&a})
	}, `SELECT DISTINCT uri FROM model_version WHERE model_id = ? ORDER BY uri`, of)
}

// Naming implements model.Store.
func (s models) Naming(ctx context.Context, p file.Path) ([]model.Named, error) {
	return collect(ctx, s.db, func(s scanner) (m model.Named, err error) {
		return m, s.Scan(&m.ID, address{&m.Address}, &m.Iteration)
	}, `SELECT id, uri, iteration FROM model WHERE path_key = ? ORDER BY created, id`, key(p))
}

// Holding implements model.Store.
func (s models) Holding(ctx context.Context, d blob.Digest, limit int) ([]model.Holder, error) {
	return collect(ctx, s.db, func(s scanner) (h model.Holder, err error) {
		return h, s.Scan(append(modelRow(&h.Model), &h.Version)...)
	}, `SELECT `+modelRowColumns+`, few.number
		FROM (SELECT model_id, max(number) AS number FROM model_version WHERE digest = ? GROUP BY model_id ORDER BY model_id LIMIT ?) few
		JOIN model ON model.id = few.model_id ORDER BY model.id`, d, limit)
}

// Lose implements model.Store.
func (s models) Lose(ctx context.Context, d blob.Digest) error {
	_, err := s.db.exec(ctx, `UPDATE model_version SET state = ? WHERE digest = ? AND state = ?`, model.Missing, d, model.Stored)
	return err
}

// References implements model.Store.
func (s models) References(ctx context.Context, p file.Path) (file.References, error) {
	var r file.References
	var frozen model.ID
	_, err := one(ctx, s.db, nil, func(s scanner) (struct{}, error) {
		return struct{}{}, s.Scan(&r.Count, nullable(&frozen))
	}, `SELECT count(*), min(frozen) FROM (
			SELECT id, CASE WHEN ready = 1 THEN id END AS frozen FROM model WHERE path_key = ?
			UNION ALL
			SELECT v.model_id, NULL FROM model_version v JOIN model m ON m.id = v.model_id
				WHERE v.path_key = ? AND (m.path_key IS NULL OR m.path_key <> v.path_key) GROUP BY v.model_id
		) few`, key(p), key(p))
	if err != nil || frozen == "" {
		return r, err
	}
	name, err := one(ctx, s.db, nil, scalar[string], `SELECT name FROM model WHERE id = ?`, frozen)
	r.FrozenBy = fmt.Sprintf("model %s (%s)", frozen, name)
	return r, err
}

// Bound implements model.Store.
func (s models) Bound(ctx context.Context, generations []int64) ([]int64, error) {
	if len(generations) == 0 {
		return nil, nil
	}
	return collect(ctx, s.db, scalar[int64], `SELECT DISTINCT v.generation FROM model_version v WHERE `+s.db.dialect.inInts("v.generation"), list(generations))
}
