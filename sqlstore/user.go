package sqlstore

import (
	"context"
	"time"

	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/user"
)

// Users returns the store of accounts.
func (db *DB) Users() user.Store { return users{db} }

type users struct{ db *DB }

func (s users) Setting(ctx context.Context, name string) (string, error) {
	return one(ctx, s.db, nil, scalar[string], `SELECT value FROM setting WHERE name = ?`, name)
}

func (s users) SetSetting(ctx context.Context, name, value string) error {
	_, err := s.db.exec(ctx, `INSERT INTO setting (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}

func (s users) Insert(ctx context.Context, u user.User) error {
	_, err := s.db.exec(ctx, `INSERT INTO user_account (id, name, name_key, given_name, family_name, role, password_hash, created, disabled)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		u.ID, clean(u.Name), query.Fold(clean(u.Name)), clean(u.GivenName), clean(u.FamilyName), u.Role, null(u.PasswordHash), millis(u.Created), millis(u.Disabled))
	if isDuplicate(err) {
		return user.ErrNameTaken.Wrap(err, "a user named %q exists already", u.Name)
	}
	return err
}

const userColumns = `SELECT id, name, given_name, family_name, role, password_hash, created, disabled FROM user_account `

func scanUser(r scanner) (u user.User, err error) {
	err = r.Scan(&u.ID, &u.Name, &u.GivenName, &u.FamilyName, &u.Role, text[string]{&u.PasswordHash}, clock{&u.Created}, clock{&u.Disabled})
	return u, err
}

func (s users) Get(ctx context.Context, id user.ID) (user.User, error) {
	return one(ctx, s.db, user.ErrNotFound.Errorf("there is no user %s", id), scanUser, userColumns+`WHERE id = ?`, id)
}

func (s users) ByName(ctx context.Context, name string) (user.User, error) {
	return one(ctx, s.db, user.ErrNotFound.Errorf("there is no user named %q", name), scanUser, userColumns+`WHERE name_key = ?`, query.Fold(clean(name)))
}

func (s users) All(ctx context.Context) ([]user.User, error) {
	return collect(ctx, s.db, scanUser, userColumns+`ORDER BY name, id`)
}

// userSource maps user.Fields to columns.
var userSource = source{
	table: "user_account",
	fields: map[string]field{
		"id":          idField("user_account.id"),
		"name":        {kind: query.Text, value: "user_account.name", fold: "user_account.name_key"},
		"given_name":  textField("user_account.given_name"),
		"family_name": textField("user_account.family_name"),
		"role":        textField("user_account.role"),
		"created":     timeField("user_account.created"),
	},
}

// List answers a query, by name unless asked otherwise.
func (s users) List(ctx context.Context, r query.Request) ([]user.User, error) {
	if len(r.Order) == 0 && r.Bookmark == nil {
		r.Order = []query.Order{{Field: "name"}}
	}
	ids, err := s.db.page(ctx, userSource, nil, r)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	where, arg := among(s.db.dialect, "id", ids)
	found, err := collect(ctx, s.db, scanUser, userColumns+`WHERE `+where, arg)
	return inOrder(ids, found, func(u user.User) string { return string(u.ID) }), err
}

func (s users) InsertKey(ctx context.Context, k user.Key) error {
	_, err := s.db.exec(ctx, `INSERT INTO user_key (access_key, secret_hash, user_id, label, created) VALUES (?, ?, ?, ?, ?)`,
		k.Access, k.SecretHash, k.User, clean(k.Label), millis(k.Created))
	return err
}

const keyColumns = `SELECT access_key, secret_hash, user_id, label, created, last_used, last_used_from, revoked FROM user_key `

func scanKey(r scanner) (k user.Key, err error) {
	err = r.Scan(&k.Access, &k.SecretHash, &k.User, &k.Label, clock{&k.Created}, clock{&k.LastUsed}, text[string]{&k.LastUsedFrom}, clock{&k.Revoked})
	return k, err
}

func (s users) Key(ctx context.Context, access string) (user.Key, error) {
	return one(ctx, s.db, user.ErrNoKey.Errorf("there is no key pair %q", access), scanKey, keyColumns+`WHERE access_key = ?`, access)
}

func (s users) Keys(ctx context.Context, of user.ID) ([]user.Key, error) {
	return collect(ctx, s.db, scanKey, keyColumns+`WHERE revoked IS NULL AND (user_id = ? OR ? = '') ORDER BY created, access_key`, of, of)
}

func (s users) SetKeyLabel(ctx context.Context, access, label string) error {
	n, err := s.db.changed(ctx, `UPDATE user_key SET label = ? WHERE access_key = ? AND revoked IS NULL`, clean(label), access)
	return touchedNone(n, err, user.ErrNoKey.Errorf("there is no key pair %q", access))
}

func (s users) TouchKey(ctx context.Context, access string, at time.Time, from string) error {
	_, err := s.db.exec(ctx, `UPDATE user_key SET last_used = ?, last_used_from = ? WHERE access_key = ?`, millis(at), null(from), access)
	return err
}

func (s users) RevokeKey(ctx context.Context, access string, at time.Time) error {
	n, err := s.db.changed(ctx, `UPDATE user_key SET revoked = ? WHERE access_key = ? AND revoked IS NULL`, millis(at), access)
	return touchedNone(n, err, user.ErrNoKey.Errorf("there is no key pair %q", access))
}

func (s users) InsertSession(ctx context.Context, v user.Session) error {
	_, err := s.db.exec(ctx, `INSERT INTO user_session (id, user_id, access_key, created, expires) VALUES (?, ?, ?, ?, ?)`,
		v.ID, v.User, null(v.Key), millis(v.Created), millis(v.Expires))
	return err
}

func (s users) Session(ctx context.Context, id string) (user.Session, error) {
	return one(ctx, s.db, user.ErrInvalidToken.Errorf("the token's session is unknown"), func(r scanner) (v user.Session, err error) {
		err = r.Scan(&v.ID, &v.User, text[string]{&v.Key}, clock{&v.Created}, clock{&v.Expires}, clock{&v.Revoked})
		return v, err
	}, `SELECT id, user_id, access_key, created, expires, revoked FROM user_session WHERE id = ?`, id)
}

func (s users) RevokeSession(ctx context.Context, id string, at time.Time) error {
	_, err := s.db.exec(ctx, `UPDATE user_session SET revoked = ? WHERE id = ? AND revoked IS NULL`, millis(at), id)
	return err
}

func (s users) DropSessions(ctx context.Context, before time.Time) (int64, error) {
	return s.db.changed(ctx, `DELETE FROM user_session WHERE expires < ?`, millis(before))
}
