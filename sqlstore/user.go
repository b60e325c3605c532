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
	return s.db.Tx(ctx, func(ctx context.Context) error {
		user.Note(ctx, user.AccountObject, string(u.ID), "")
		if err := s.free(ctx, u, true); err != nil {
			return err
		}
		_, err := s.db.exec(ctx, `INSERT INTO user_account (id, name, name_key, given_name, family_name, email, email_key, avatar, role,
				password_hash, fixed, created, disabled, invitation, invitation_expires)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			u.ID, clean(u.Name), nameKey(u), clean(u.GivenName), clean(u.FamilyName), u.Email, emailKey(u), clean(u.Avatar), u.Role,
			null(u.PasswordHash), flag(u.Fixed), millis(u.Created), millis(u.Disabled), null(u.Invitation.TokenHash), millis(u.Invitation.Expires))
		return taken(err, u)
	})
}

func (s users) Save(ctx context.Context, u user.User) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		user.Note(ctx, user.AccountObject, string(u.ID), "")
		if err := s.free(ctx, u, false); err != nil {
			return err
		}
		n, err := s.db.changed(ctx, `UPDATE user_account SET name = ?, name_key = ?, given_name = ?, family_name = ?, email = ?, email_key = ?,
				avatar = ?, role = ?, password_hash = ?, fixed = ?, disabled = ?, invitation = ?, invitation_expires = ? WHERE id = ?`,
			clean(u.Name), nameKey(u), clean(u.GivenName), clean(u.FamilyName), u.Email, emailKey(u), clean(u.Avatar), u.Role,
			null(u.PasswordHash), flag(u.Fixed), millis(u.Disabled), null(u.Invitation.TokenHash), millis(u.Invitation.Expires), u.ID)
		return touchedNone(n, taken(err, u), noUser(u.ID))
	})
}

// nameKey is what keeps names apart. That of an account which was removed is
// free: the colon is in no name.
func nameKey(u user.User) string {
	if !u.Disabled.IsZero() {
		return ":" + string(u.ID)
	}
	return query.Fold(clean(u.Name))
}

func emailKey(u user.User) any {
	if !u.Disabled.IsZero() {
		return nil
	}
	return null(query.Fold(u.Email))
}

// free tells which of the things that are unique somebody else has.
func (s users) free(ctx context.Context, u user.User, isNew bool) error {
	type other struct{ id, name string }
	found, err := collect(ctx, s.db, func(r scanner) (o other, err error) { return o, r.Scan(&o.id, &o.name) },
		`SELECT id, name_key FROM user_account WHERE name_key = ?
			UNION ALL SELECT id, '' FROM user_account WHERE email_key = ?
			UNION ALL SELECT id, '' FROM user_account WHERE id = ?`, nameKey(u), emailKey(u), u.ID)
	if err != nil {
		return err
	}
	for _, o := range found {
		switch own := o.id == string(u.ID); {
		case own && isNew:
			return user.ErrIDTaken.Errorf("a user with the id %s exists already", u.ID)
		case !own && o.name != "":
			return user.ErrNameTaken.Errorf("a user named %q exists already", u.Name)
		case !own:
			return user.ErrNameTaken.Errorf("a user with the address %s exists already", u.Email)
		}
	}
	return nil
}

// taken is for what came in between.
func taken(err error, u user.User) error {
	if isDuplicate(err) {
		return user.ErrNameTaken.Wrap(err, "a user named %q, or with this address, exists already", u.Name)
	}
	return err
}

func noUser(id user.ID) error { return user.ErrNotFound.Errorf("there is no user %.100q", string(id)) }

const userColumns = `SELECT id, name, given_name, family_name, email, avatar, role, password_hash, fixed, created, disabled,
	invitation, invitation_expires FROM user_account `

func scanUser(r scanner) (u user.User, err error) {
	var fixed int
	err = r.Scan(&u.ID, &u.Name, &u.GivenName, &u.FamilyName, &u.Email, &u.Avatar, &u.Role, text[string]{&u.PasswordHash}, &fixed,
		clock{&u.Created}, clock{&u.Disabled}, text[string]{&u.Invitation.TokenHash}, clock{&u.Invitation.Expires})
	u.Fixed = fixed != 0
	return u, err
}

func (s users) Get(ctx context.Context, id user.ID) (user.User, error) {
	return one(ctx, s.db, noUser(id), scanUser, userColumns+`WHERE id = ?`, id)
}

func (s users) Many(ctx context.Context, ids []user.ID) ([]user.User, error) {
	where, arg := among(s.db.dialect, "id", ids)
	return collect(ctx, s.db, scanUser, userColumns+`WHERE `+where, arg)
}

func (s users) Lock(ctx context.Context, id user.ID) (user.User, error) {
	return one(ctx, s.db, noUser(id), scanUser, userColumns+`WHERE id = ?`+s.db.dialect.lock("user_account"), id)
}

func (s users) ByName(ctx context.Context, name string) (user.User, error) {
	return one(ctx, s.db, user.ErrNotFound.Errorf("there is no user named %q", name), scanUser, userColumns+`WHERE name_key = ?`, query.Fold(clean(name)))
}

func (s users) Invited(ctx context.Context, tokenHash string) (user.User, error) {
	return one(ctx, s.db, user.ErrNotFound.Errorf("there is no such invitation"), scanUser, userColumns+`WHERE invitation = ?`, tokenHash)
}

func (s users) All(ctx context.Context) ([]user.User, error) {
	return collect(ctx, s.db, scanUser, userColumns+`WHERE disabled IS NULL ORDER BY name, id`)
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

// List implements user.Store.
func (s users) List(ctx context.Context, q user.Query) ([]user.User, error) {
	r := q.Request
	if len(r.Order) == 0 && r.Bookmark == nil {
		r.Order = []query.Order{{Field: "name"}}
	}
	var own []cond
	if !q.Gone {
		own = append(own, when("user_account.disabled IS NULL"))
	}
	if q.Active != nil {
		own = append(own, active(s.db.dialect, *q.Active))
	}
	ids, err := s.db.page(ctx, userSource, own, r)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	where, arg := among(s.db.dialect, "id", ids)
	found, err := collect(ctx, s.db, scanUser, userColumns+`WHERE `+where, arg)
	return inOrder(ids, found, func(u user.User) string { return string(u.ID) }), err
}

// active holds for accounts that made a project, a task or a model in one of
// the projects, or below, or anywhere.
func active(d dialect, projects []string) cond {
	if len(projects) == 0 {
		return when(`(EXISTS (SELECT 1 FROM task WHERE task.user_id = user_account.id)
			OR EXISTS (SELECT 1 FROM project WHERE project.user_id = user_account.id)
			OR EXISTS (SELECT 1 FROM model WHERE model.user_id = user_account.id))`)
	}
	return when(`user_account.id IN (
		SELECT task.user_id FROM task WHERE `+inTree(d, "task.project_id")+`
		UNION SELECT model.user_id FROM model WHERE `+inTree(d, "model.project_id")+`
		UNION SELECT project.user_id FROM project WHERE `+inTree(d, "project.id")+`)`,
		list(projects), list(projects), list(projects), list(projects), list(projects), list(projects))
}

func (s users) Preferences(ctx context.Context, id user.ID) (string, error) {
	return one(ctx, s.db, noUser(id), func(r scanner) (json string, err error) { return json, r.Scan(text[string]{&json}) },
		`SELECT preferences FROM user_account WHERE id = ?`, id)
}

func (s users) SetPreferences(ctx context.Context, id user.ID, json string) error {
	user.Note(ctx, user.AccountObject, string(id), "preferences")
	n, err := s.db.changed(ctx, `UPDATE user_account SET preferences = ? WHERE id = ?`, json, id)
	return touchedNone(n, err, noUser(id))
}

func (s users) InsertKey(ctx context.Context, k user.Key) error {
	user.Note(ctx, user.KeyObject, k.Access, "")
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
	user.Note(ctx, user.KeyObject, access, "")
	n, err := s.db.changed(ctx, `UPDATE user_key SET label = ? WHERE access_key = ? AND revoked IS NULL`, clean(label), access)
	return touchedNone(n, err, user.ErrNoKey.Errorf("there is no key pair %q", access))
}

func (s users) TouchKey(ctx context.Context, access string, at time.Time, from string) error {
	_, err := s.db.exec(ctx, `UPDATE user_key SET last_used = ?, last_used_from = ? WHERE access_key = ?`, millis(at), null(from), access)
	return err
}

func (s users) RevokeKey(ctx context.Context, access string, at time.Time) error {
	user.Note(ctx, user.KeyObject, access, "")
	n, err := s.db.changed(ctx, `UPDATE user_key SET revoked = ? WHERE access_key = ? AND revoked IS NULL`, millis(at), access)
	return touchedNone(n, err, user.ErrNoKey.Errorf("there is no key pair %q", access))
}

func (s users) RevokeKeys(ctx context.Context, of user.ID, at time.Time) error {
	_, err := s.db.exec(ctx, `UPDATE user_key SET revoked = ? WHERE user_id = ? AND revoked IS NULL`, millis(at), of)
	return err
}

func (s users) InsertSession(ctx context.Context, v user.Session) error {
	user.Note(ctx, user.SessionObject, v.ID, "")
	_, err := s.db.exec(ctx, `INSERT INTO user_session (id, user_id, access_key, made_by, created, expires) VALUES (?, ?, ?, ?, ?, ?)`,
		v.ID, v.User, null(v.Key), null(v.By), millis(v.Created), millis(v.Expires))
	return err
}

func (s users) Session(ctx context.Context, id string) (user.Session, error) {
	return one(ctx, s.db, user.ErrInvalidToken.Errorf("the token's session is unknown"), func(r scanner) (v user.Session, err error) {
		err = r.Scan(&v.ID, &v.User, text[string]{&v.Key}, nullable(&v.By), clock{&v.Created}, clock{&v.Expires}, clock{&v.Revoked})
		return v, err
	}, `SELECT id, user_id, access_key, made_by, created, expires, revoked FROM user_session WHERE id = ?`, id)
}

func (s users) RevokeSession(ctx context.Context, id string, at time.Time) error {
	user.Note(ctx, user.SessionObject, id, "")
	_, err := s.db.exec(ctx, `UPDATE user_session SET revoked = ? WHERE id = ? AND revoked IS NULL`, millis(at), id)
	return err
}

func (s users) RevokeSessions(ctx context.Context, of user.ID, except string, at time.Time) error {
	_, err := s.db.exec(ctx, `UPDATE user_session SET revoked = ? WHERE user_id = ? AND access_key IS NULL AND revoked IS NULL AND id <> ?`,
		millis(at), of, except)
	return err
}

func (s users) DropSessions(ctx context.Context, before time.Time) (int64, error) {
	return s.db.changed(ctx, `DELETE FROM user_session WHERE expires < ?`, millis(before))
}
