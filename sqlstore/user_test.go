package sqlstore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/user"
)

func aUser(id, name string) user.User {
	return user.User{ID: user.ID(id), Name: name, Role: user.Member, Created: at(1)}
}

func TestAccountsAreKeptWhole(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		s := db.Users()
		full := user.User{
			ID: "u1", Name: "Ana", GivenName: "Ána", FamilyName: "漢字", Email: "Ana@example.org", Avatar: "https://example.org/a.png",
			Role: user.Guest, PasswordHash: "$argon2id$", Fixed: true, Created: at(1), Invitation: user.Invitation{TokenHash: "00", Expires: at(9)},
		}
		must(t, s.Insert(ctx, full))
		for name, read := range map[string]func() (user.User, error){
			"by id":         func() (user.User, error) { return s.Get(ctx, "u1") },
			"by name":       func() (user.User, error) { return s.ByName(ctx, "aNA") },
			"by invitation": func() (user.User, error) { return s.Invited(ctx, "00") },
		} {
			if got, err := read(); err != nil || got != full {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
		wantIs(t, s.Insert(ctx, aUser("u1", "other")), user.ErrIDTaken)
		wantIs(t, s.Insert(ctx, aUser("u2", "ANA")), user.ErrNameTaken)
		other := aUser("u2", "other")
		other.Email = "ana@EXAMPLE.org"
		wantIs(t, s.Insert(ctx, other), user.ErrNameTaken)
		other.Email = ""
		must(t, s.Insert(ctx, other))
		other.Name = "ana"
		wantIs(t, s.Save(ctx, other), user.ErrNameTaken)
		full.Disabled, full.Invitation = at(5), user.Invitation{}
		must(t, s.Save(ctx, full))
		other.Email = full.Email
		must(t, s.Save(ctx, other)) // both are free now
		if got, err := s.Get(ctx, "u1"); err != nil || got != full {
			t.Errorf("a removed one: %+v, %v", got, err)
		}
		wantIs(t, s.Save(ctx, aUser("u3", "third")), user.ErrNotFound)
		_, err := s.Invited(ctx, "00")
		wantIs(t, err, user.ErrNotFound)
		_, err = s.Preferences(ctx, "u3")
		wantIs(t, err, user.ErrNotFound)
		wantIs(t, s.SetPreferences(ctx, "u3", `{}`), user.ErrNotFound)
		must(t, s.SetPreferences(ctx, "u2", `{"a":"ä"}`))
		if got, err := s.Preferences(ctx, "u2"); err != nil || got != `{"a":"ä"}` {
			t.Errorf("preferences %s, %v", got, err)
		}
		must(t, s.Save(ctx, other))
		if got, err := s.Preferences(ctx, "u2"); err != nil || got == "" {
			t.Errorf("saving an account lost its preferences: %q, %v", got, err)
		}
	})
}

func TestAllKeysAndSessionsOfAnAccountEnd(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		s := db.Users()
		for i, of := range []user.ID{"u1", "u2"} {
			must(t, s.Insert(ctx, aUser(string(of), fmt.Sprint("user ", i))))
			must(t, s.InsertKey(ctx, user.Key{Access: "K" + string(of), User: of, Created: at(1)}))
			for _, id := range []string{"a", "b"} {
				must(t, s.InsertSession(ctx, user.Session{ID: string(of) + id, User: of, Created: at(1), Expires: at(99)}))
			}
			must(t, s.InsertSession(ctx, user.Session{ID: string(of) + "k", User: of, Key: "K" + string(of), By: "u1", Created: at(1), Expires: at(99)}))
		}
		must(t, s.RevokeSessions(ctx, "u1", "u1b", at(2)))
		for id, ended := range map[string]bool{"u1a": true, "u1b": false, "u1k": false, "u2a": false} {
			if got, err := s.Session(ctx, id); err != nil || got.Revoked.IsZero() == ended {
				t.Errorf("session %s: %+v, %v", id, got, err)
			}
		}
		if got, err := s.Session(ctx, "u2k"); err != nil || got.By != "u1" || got.Key != "Ku2" {
			t.Errorf("%+v, %v", got, err)
		}
		must(t, s.RevokeKeys(ctx, "u1", at(3)))
		if keys, err := s.Keys(ctx, ""); err != nil || len(keys) != 1 || keys[0].Access != "Ku2" {
			t.Errorf("%+v, %v", keys, err)
		}
	})
}

func TestListsOfAccountsUseAnIndex(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		s := db.Users()
		p := aProject("p")
		addProjects(t, db, p)
		addTasks(t, db, fullTask(p.ID, ""))
		for i := range 20 {
			must(t, s.Insert(ctx, aUser(fmt.Sprint("u", i), fmt.Sprint("user ", i))))
		}
		some := []string{string(p.ID)}
		for name, fn := range map[string]func() error{
			"get":     func() error { _, err := s.Get(ctx, "u1"); return err },
			"by name": func() error { _, err := s.ByName(ctx, "user 1"); return err },
			"save":    func() error { return s.Save(ctx, aUser("u1", "user 1")) },
			"invited": func() error { _, err := s.Invited(ctx, "x"); _ = err; return nil },
			"by ids": func() error {
				_, err := s.List(ctx, user.Query{Request: query.Request{Filter: query.In{Field: "id", Values: []string{"u1", "u2"}}}})
				return err
			},
			"by name is": func() error {
				_, err := s.List(ctx, user.Query{Request: query.Request{Filter: query.Match{Field: "name", Pattern: pattern(t, "^user 1$", false)}}})
				return err
			},
			"active": func() error {
				_, err := s.List(ctx, user.Query{Active: &some, Request: query.Request{Filter: query.In{Field: "id", Values: []string{"u1"}}}})
				return err
			},
			"keys":     func() error { return s.RevokeKeys(ctx, "u1", at(1)) },
			"sessions": func() error { return s.RevokeSessions(ctx, "u1", "", at(1)) },
			"drop":     func() error { _, err := s.DropSessions(ctx, time.UnixMilli(1)); return err },
		} {
			t.Run(name, func(t *testing.T) { wantNoScan(t, db, func() { must(t, fn()) }) })
		}
	})
}
