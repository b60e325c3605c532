package user_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/user"
)

func identityOf(u user.User) user.Identity {
	return user.Identity{User: u.ID, Name: u.Name, Role: u.Role}
}

func TestAccountsChange(t *testing.T) {
	w := newWorld(t)
	ana, eva := w.mustCreate(t, "ana", user.Member), w.mustCreate(t, "eva", user.Guest)
	text := func(s string) *string { return &s }
	role := func(r user.Role) *user.Role { return &r }
	for _, c := range []struct {
		expectation string
		who         user.Identity
		of          user.ID
		patch       user.Patch
		changed     bool
		want        error
	}{
		{"one's own name", identityOf(ana), ana.ID, user.Patch{Name: text("Anna"), FamilyName: text("Müller")}, true, nil},
		{"nothing", identityOf(ana), ana.ID, user.Patch{Name: text("Anna")}, false, nil},
		{"also a guest's own", identityOf(eva), eva.ID, user.Patch{GivenName: text("Eva")}, true, nil},
		{"never somebody else's", identityOf(ana), eva.ID, user.Patch{Name: text("x")}, false, user.ErrForbidden},
		{"never one's own role", identityOf(ana), ana.ID, user.Patch{Role: role(user.Admin)}, false, user.ErrForbidden},
		{"an administrator any", w.admin, eva.ID, user.Patch{Role: role(user.Member), Email: text("eva@example.org")}, true, nil},
		{"no role that does not exist", w.admin, eva.ID, user.Patch{Role: role("root")}, false, fault.ErrInvalid},
		{"no name of somebody else", w.admin, eva.ID, user.Patch{Name: text("ANNA")}, false, user.ErrNameTaken},
		{"no address of somebody else", w.admin, ana.ID, user.Patch{Email: text("EVA@example.org")}, false, user.ErrNameTaken},
		{"no text that is no address", w.admin, ana.ID, user.Patch{Email: text("Ana <ana@example.org>")}, false, user.ErrBadEmail},
		{"no account that is not there", w.admin, "nobody", user.Patch{Name: text("x")}, false, user.ErrNotFound},
		{"not the last administrator", w.admin, w.admin.User, user.Patch{Role: role(user.Member)}, false, user.ErrLastAdmin},
	} {
		t.Run(c.expectation, func(t *testing.T) {
			_, changed, err := w.Update(t.Context(), c.who, c.of, c.patch)
			wantIs(t, err, c.want)
			if err == nil && changed != c.changed {
				t.Errorf("changed: %v", changed)
			}
		})
	}
	wantIs(t, w.Delete(t.Context(), w.admin, w.admin.User), user.ErrLastAdmin)
	if got, err := w.Get(t.Context(), identityOf(eva), ana.ID); err != nil || got.Name != "Anna" || got.FamilyName != "Müller" || got.Email != "" {
		t.Errorf("in the end %+v, %v", got, err)
	}
}

func TestARemovedAccountIsGoneAndStillTellsItsName(t *testing.T) {
	w := newWorld(t)
	ana := w.mustCreate(t, "ana", user.Member)
	byPassword := w.mustLogin(t, w.mustSignIn(t, "ana", "correct horse"), 0)
	pair, err := w.CreateKey(t.Context(), w.admin, ana.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	byKey := w.mustLogin(t, w.mustSignIn(t, pair.Access, pair.Secret), 0)
	wantIs(t, w.Delete(t.Context(), identityOf(ana), ana.ID), user.ErrForbidden)
	if err := w.Delete(t.Context(), w.admin, ana.ID); err != nil {
		t.Fatal(err)
	}
	wantIs(t, w.Delete(t.Context(), w.admin, ana.ID), user.ErrNotFound)
	w.pass(3 * time.Second) // another server may have known her
	other := w.another()
	for _, s := range []*user.Service{w.Service, other} {
		for _, token := range []string{byPassword, byKey} {
			_, err := s.AuthenticateToken(t.Context(), token)
			wantIs(t, err, user.ErrInvalidToken)
		}
	}
	_, err = w.signIn("ana", "correct horse")
	wantIs(t, err, user.ErrInvalidCredentials)
	_, err = w.CreateKey(t.Context(), w.admin, ana.ID, "")
	wantIs(t, err, user.ErrNotFound)
	if got, err := w.Get(t.Context(), w.admin, ana.ID); err != nil || got.Name != "ana" {
		t.Errorf("who made things is not known any more: %+v, %v", got, err)
	}
	again := w.mustCreate(t, "Ana", user.Member)
	if all, err := w.All(t.Context(), w.admin); err != nil || len(all) != 2 || again.ID == ana.ID {
		t.Errorf("%d accounts, %v", len(all), err)
	}
	_, err = w.Create(t.Context(), w.admin, user.Spec{ID: ana.ID, Name: "x", Role: user.Member})
	wantIs(t, err, user.ErrIDTaken)
}

func TestPasswordsChange(t *testing.T) {
	w := newWorld(t)
	ana := w.mustCreate(t, "ana", user.Guest)
	me := w.mustSignIn(t, "ana", "correct horse")
	here, there := w.mustLogin(t, me, 0), w.mustLogin(t, me, 0)
	pair, err := w.CreateKey(t.Context(), me, ana.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	mine, err := w.AuthenticateToken(t.Context(), here)
	if err != nil {
		t.Fatal(err)
	}
	wantIs(t, w.ChangePassword(t.Context(), mine, "", "wrong", "battery staple"), user.ErrWrongPassword)
	wantIs(t, w.ChangePassword(t.Context(), mine, "", "correct horse", "short"), fault.ErrInvalid)
	asAna, err := w.ActAs(t.Context(), w.admin, ana.ID, true)
	if err != nil {
		t.Fatal(err)
	}
	wantIs(t, w.ChangePassword(t.Context(), asAna, "", "correct horse", "battery staple"), user.ErrForbidden)
	if err := w.ChangePassword(t.Context(), mine, "", "correct horse", "battery staple"); err != nil {
		t.Fatal(err)
	}
	_, err = w.signIn("ana", "correct horse")
	wantIs(t, err, user.ErrInvalidCredentials)
	w.mustSignIn(t, "ana", "battery staple")
	w.mustSignIn(t, pair.Access, pair.Secret)
	if _, err := w.AuthenticateToken(t.Context(), here); err != nil {
		t.Errorf("the session that changed it: %v", err)
	}
	_, err = w.AuthenticateToken(t.Context(), there)
	wantIs(t, err, user.ErrInvalidToken)

	t.Run("guessing the old one is slow, too", func(t *testing.T) {
		for range 10 {
			wantIs(t, w.ChangePassword(t.Context(), mine, "192.0.2.1", "guess", "battery staple"), user.ErrWrongPassword)
		}
		wantIs(t, w.ChangePassword(t.Context(), mine, "192.0.2.1", "battery staple", "correct horse"), user.ErrWrongPassword)
	})
}

func TestInvitations(t *testing.T) {
	w := newWorld(t)
	made, err := w.Invite(t.Context(), w.admin, user.Spec{Name: "ana", Role: user.Member})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.signIn("ana", "")
	wantIs(t, err, user.ErrInvalidCredentials)
	if u, err := w.Invitation(t.Context(), made.Token); err != nil || u.Name != "ana" {
		t.Errorf("the invitation is for %+v, %v", u, err)
	}
	for _, token := range []string{"", "x", made.Token + "x"} {
		_, err := w.Accept(t.Context(), token, "correct horse")
		wantIs(t, err, user.ErrNoInvitation)
	}
	_, err = w.Accept(t.Context(), made.Token, "short")
	wantIs(t, err, fault.ErrInvalid)
	if _, err := w.Accept(t.Context(), made.Token, "correct horse"); err != nil {
		t.Fatal(err)
	}
	me := w.mustSignIn(t, "ana", "correct horse")
	_, err = w.Accept(t.Context(), made.Token, "battery staple")
	wantIs(t, err, user.ErrNoInvitation)

	t.Run("a reset ends the password and what it opened", func(t *testing.T) {
		token := w.mustLogin(t, me, 0)
		_, err := w.Reset(t.Context(), me, me.User)
		wantIs(t, err, user.ErrForbidden)
		first, err := w.Reset(t.Context(), w.admin, me.User)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.signIn("ana", "correct horse")
		wantIs(t, err, user.ErrInvalidCredentials)
		_, err = w.AuthenticateToken(t.Context(), token)
		wantIs(t, err, user.ErrInvalidToken)
		second, err := w.Reset(t.Context(), w.admin, me.User)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Accept(t.Context(), first.Token, "battery staple")
		wantIs(t, err, user.ErrNoInvitation)
		w.pass(user.InvitationLife + time.Second)
		_, err = w.Accept(t.Context(), second.Token, "battery staple")
		wantIs(t, err, user.ErrNoInvitation)
	})
}

func TestPreferences(t *testing.T) {
	w := newWorld(t)
	shown := func() string {
		all, err := w.Preferences(t.Context(), w.admin)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := json.Marshal(all)
		return string(text)
	}
	for _, c := range []struct {
		set     string
		changed bool
		want    error
		then    string
	}{
		{`{}`, false, nil, `{}`},
		{`{"a.b":1,"c":[{"d":null}]}`, true, nil, `{"a":{"b":1},"c":[{"d":null}]}`},
		{`{"a.x.y":"z"}`, true, nil, `{"a":{"b":1,"x":{"y":"z"}},"c":[{"d":null}]}`},
		{`{"a.x.y":"z"}`, false, nil, `{"a":{"b":1,"x":{"y":"z"}},"c":[{"d":null}]}`},
		{`{"a":{"big":12345678901234567890}}`, true, nil, `{"a":{"big":12345678901234567890},"c":[{"d":null}]}`},
		{`{"a.big.deep":1}`, false, user.ErrPreferencePath, ""},
		{`{"c.0":1}`, false, user.ErrPreferencePath, ""},
		{`{"$set":1}`, false, user.ErrPreferenceKey, ""},
		{`{"e":{"$inc":1}}`, false, user.ErrPreferenceKey, ""},
		{`{"e":[{"f.g":1}]}`, false, user.ErrPreferenceKey, ""},
		{`{"e..f":1}`, false, user.ErrPreferenceKey, ""},
		{`{"e":` + strings.Repeat(`[`, 60) + strings.Repeat(`]`, 60) + `}`, false, user.ErrPreferenceKey, ""},
		{fmt.Sprintf(`{"e":%q}`, strings.Repeat("x", 256<<10)), false, fault.ErrInvalid, ""},
	} {
		before := shown()
		d := json.NewDecoder(strings.NewReader(c.set))
		d.UseNumber()
		var set map[string]any
		if err := d.Decode(&set); err != nil {
			t.Fatal(err)
		}
		_, changed, err := w.SetPreferences(t.Context(), w.admin, set)
		wantIs(t, err, c.want)
		if err == nil && changed != c.changed {
			t.Errorf("%.80s changed: %v", c.set, changed)
		}
		if c.want != nil {
			c.then = before
		}
		if got := shown(); got != c.then {
			t.Errorf("after %.80s: %s, want %s", c.set, got, c.then)
		}
	}
}

func TestActingAsSomebodyElse(t *testing.T) {
	w := newWorld(t)
	ana := w.mustCreate(t, "ana", user.Guest)
	eva := w.mustCreate(t, "eva", user.Admin)
	asEva := w.mustSignIn(t, "eva", "correct horse")
	_, err := w.ActAs(t.Context(), identityOf(ana), eva.ID, true)
	wantIs(t, err, user.ErrActAs)
	_, err = w.ActAs(t.Context(), asEva, "nobody", true)
	wantIs(t, err, user.ErrActAs)
	for role, want := range map[bool]user.Role{true: user.Guest, false: user.Admin} {
		got, err := w.ActAs(t.Context(), asEva, ana.ID, role)
		if err != nil || got.User != ana.ID || got.Role != want || got.Real() != eva.ID {
			t.Errorf("%+v, %v", got, err)
		}
	}
	_, err = w.LoginAs(t.Context(), identityOf(ana), eva.ID, 0)
	wantIs(t, err, user.ErrActAs)
	token, err := w.LoginAs(t.Context(), asEva, ana.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	got, err := w.AuthenticateToken(t.Context(), token)
	if err != nil || got.User != ana.ID || got.Role != user.Guest || got.By != eva.ID {
		t.Errorf("%+v, %v", got, err)
	}
	member := user.Member
	if _, _, err := w.Update(t.Context(), w.admin, eva.ID, user.Patch{Role: &member}); err != nil {
		t.Fatal(err)
	}
	_, err = w.AuthenticateToken(t.Context(), token)
	wantIs(t, err, user.ErrInvalidToken)
}

func TestALookAtTokens(t *testing.T) {
	w := newWorld(t)
	ana := w.mustCreate(t, "ana", user.Member)
	me := w.mustSignIn(t, "ana", "correct horse")
	token := w.mustLogin(t, me, 0)
	_, err := w.Validate(t.Context(), me, token)
	wantIs(t, err, user.ErrForbidden)
	if v, err := w.Validate(t.Context(), w.admin, token); err != nil || !v.Valid || v.User != ana.ID {
		t.Errorf("a good one: %+v, %v", v, err)
	}
	if v, err := w.Validate(t.Context(), w.admin, "x.y.z"); err != nil || v.Valid || v.Cause == "" {
		t.Errorf("a bad one: %+v, %v", v, err)
	}
	mine, err := w.AuthenticateToken(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Logout(t.Context(), mine); err != nil {
		t.Fatal(err)
	}
	if v, err := w.Validate(t.Context(), w.admin, token); err != nil || v.Valid || !v.Ended || v.Cause != "" || v.User != ana.ID {
		t.Errorf("one that was ended: %+v, %v", v, err)
	}
}

func TestHashesOfOtherServersAreGood(t *testing.T) {
	w := newWorld(t)
	ana := w.mustCreate(t, "ana", user.Member)
	hash, err := bcrypt.GenerateFromPassword([]byte("battery staple"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	ana.PasswordHash = string(hash)
	if err := w.db.Users().Save(t.Context(), ana); err != nil {
		t.Fatal(err)
	}
	w.mustSignIn(t, "ana", "battery staple")
	_, err = w.signIn("ana", "correct horse")
	wantIs(t, err, user.ErrInvalidCredentials)
	_, err = w.signIn("ana", string(hash))
	wantIs(t, err, user.ErrInvalidCredentials)
}
