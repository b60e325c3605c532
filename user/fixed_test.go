package user_test

import (
	"encoding/base64"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/user"
)

func TestFixedAccounts(t *testing.T) {
	w := newWorld(t)
	hash, err := bcrypt.GenerateFromPassword([]byte("battery staple"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	ana := user.Fixed{Name: "ana", Role: user.Member, Password: "correct horse"}
	eva := user.Fixed{Name: "Eva", Role: user.Guest, Hash: string(hash)}
	fix := func(list ...user.Fixed) {
		t.Helper()
		for _, f := range list {
			if err := f.Check(); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Fix(t.Context(), list); err != nil {
			t.Fatal(err)
		}
	}
	fix(ana, eva)
	me := w.mustSignIn(t, "ana", "correct horse")
	if her := w.mustSignIn(t, "eva", "battery staple"); me.Role != user.Member || her.Role != user.Guest || her.Name != "Eva" {
		t.Errorf("%+v, %+v", me, her)
	}
	session := w.mustLogin(t, me, 0)
	pair, err := w.CreateKey(t.Context(), me, me.User, "")
	if err != nil {
		t.Fatal(err)
	}

	t.Run("are changed in the file alone", func(t *testing.T) {
		name, role, family := "anna", user.Admin, "Müller"
		_, _, err := w.Update(t.Context(), w.admin, me.User, user.Patch{Name: &name})
		wantIs(t, err, user.ErrFixed)
		_, _, err = w.Update(t.Context(), w.admin, me.User, user.Patch{Role: &role})
		wantIs(t, err, user.ErrFixed)
		wantIs(t, w.ChangePassword(t.Context(), me, "", "correct horse", "battery staple"), user.ErrFixed)
		_, err = w.Reset(t.Context(), w.admin, me.User)
		wantIs(t, err, user.ErrFixed)
		wantIs(t, w.Delete(t.Context(), w.admin, me.User), user.ErrFixed)
		if _, _, err := w.Update(t.Context(), me, me.User, user.Patch{FamilyName: &family}); err != nil {
			t.Errorf("what the file does not tell: %v", err)
		}
	})
	t.Run("a start that finds them as they are changes nothing", func(t *testing.T) {
		before, err := w.Get(t.Context(), w.admin, me.User)
		if err != nil {
			t.Fatal(err)
		}
		fix(eva, ana)
		if after, err := w.Get(t.Context(), w.admin, me.User); err != nil || after != before {
			t.Errorf("%+v, %v", after, err)
		}
		if _, err := w.another().AuthenticateToken(t.Context(), session); err != nil {
			t.Error(err)
		}
	})
	t.Run("a new password ends the sessions of the old one, and no pair", func(t *testing.T) {
		ana.Password, ana.Role = "tr0ub4dor & 3", user.Admin
		fix(ana, eva)
		_, err := w.another().AuthenticateToken(t.Context(), session)
		wantIs(t, err, user.ErrInvalidToken)
		_, err = w.another().Authenticate(t.Context(), user.Basic{Name: "ana", Secret: "correct horse", From: "host"})
		wantIs(t, err, user.ErrInvalidCredentials)
		if got := w.mustSignIn(t, pair.Access, pair.Secret); got.User != me.User || got.Role != user.Admin {
			t.Errorf("%+v", got)
		}
	})
	t.Run("end when they are not listed any more, and come back as themselves", func(t *testing.T) {
		fix(eva)
		_, err := w.signIn(pair.Access, pair.Secret)
		wantIs(t, err, user.ErrInvalidCredentials)
		_, err = w.signIn("ana", "tr0ub4dor & 3")
		wantIs(t, err, user.ErrInvalidCredentials)
		fix(ana)
		if got := w.mustSignIn(t, "ana", "tr0ub4dor & 3"); got.User != me.User {
			t.Errorf("back as %s, expected %s", got.User, me.User)
		}
		_, err = w.signIn(pair.Access, pair.Secret)
		wantIs(t, err, user.ErrInvalidCredentials)
		_, err = w.signIn("eva", "battery staple")
		wantIs(t, err, user.ErrInvalidCredentials)
	})
	t.Run("take over an account of their name", func(t *testing.T) {
		old := w.mustCreate(t, "ole", user.Guest)
		fix(ana, user.Fixed{Name: "OLE", Role: user.Member, Hash: base64.StdEncoding.EncodeToString(hash)})
		if got := w.mustSignIn(t, "ole", "battery staple"); got.User != old.ID || got.Role != user.Member {
			t.Errorf("%+v", got)
		}
	})
	t.Run("leave an administrator", func(t *testing.T) {
		ana.Role = user.Member
		err := w.Fix(t.Context(), []user.Fixed{ana, {Name: w.first.Name, Role: user.Member, Password: "correct horse"}})
		wantIs(t, err, user.ErrLastAdmin)
		w.mustSignIn(t, w.first.Name, w.first.Password) // nothing of it happened
	})
}

func TestFixedAccountsThatCannotBe(t *testing.T) {
	for expectation, f := range map[string]user.Fixed{
		"no name":                  {Role: user.Member, Password: "correct horse"},
		"a role that is none":      {Name: "x", Role: "root", Password: "correct horse"},
		"no password":              {Name: "x", Role: user.Member},
		"two passwords":            {Name: "x", Role: user.Member, Password: "correct horse", Hash: "$2b$12$x"},
		"a short password":         {Name: "x", Role: user.Member, Password: "short"},
		"a hash that is none":      {Name: "x", Role: user.Member, Hash: "correct horse"},
		"a hash by something else": {Name: "x", Role: user.Member, Hash: "5f4dcc3b5aa765d61d8327deb882cf99"},
		"a cut hash":               {Name: "x", Role: user.Member, Hash: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$"},
		"what the audit says":      {Name: "operator", Role: user.Member, Password: "correct horse"},
	} {
		t.Run(expectation, func(t *testing.T) { wantIs(t, f.Check(), fault.ErrInvalid) })
	}
}
