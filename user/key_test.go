package user_test

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/user"
)

func TestKeyPairsHaveTheFormOfTheProtocol(t *testing.T) {
	w := newWorld(t)
	for range 50 {
		p, err := w.CreateKey(t.Context(), w.admin, w.admin.User, "x")
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Access) != 30 || strings.Trim(p.Access, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
			t.Errorf("access key %q", p.Access)
		}
		if raw, err := base64.RawURLEncoding.DecodeString(p.Secret); err != nil || len(raw) != 50 || strings.ContainsAny(p.Secret[:1], "-_") {
			t.Errorf("secret key %q", p.Secret)
		}
	}
}

func TestSecretsAreNeverKept(t *testing.T) {
	w := newWorld(t)
	token := w.mustLogin(t, w.admin, 0)
	for _, path := range []string{w.path, w.path + "-wal"} {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for name, secret := range map[string]string{"password": w.first.Password, "secret key": w.first.Pair.Secret, "token": token} {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("the %s stands in %s", name, filepath.Base(path))
			}
		}
	}
	k, err := w.db.Users().Key(t.Context(), w.first.Pair.Access)
	if err != nil || len(k.SecretHash) != 64 {
		t.Errorf("the secret is kept as %q, %v", k.SecretHash, err)
	}
	u, err := w.db.Users().Get(t.Context(), w.admin.User)
	if err != nil || !strings.HasPrefix(u.PasswordHash, "$argon2id$") {
		t.Errorf("the password is kept as %q, %v", u.PasswordHash, err)
	}
}

func TestTheLastUseIsNotedOnceAMinute(t *testing.T) {
	w := newWorld(t)
	p := w.first.Pair
	lastUse := func() (time.Time, string) {
		k, err := w.db.Users().Key(t.Context(), p.Access)
		if err != nil {
			t.Fatal(err)
		}
		return k.LastUsed, k.LastUsedFrom
	}
	begin := w.now
	w.mustSignIn(t, p.Access, p.Secret)
	if at, from := lastUse(); !at.Equal(begin) || from != "host" {
		t.Fatalf("noted %v from %q", at, from)
	}
	w.pass(57 * time.Second)
	w.mustSignIn(t, p.Access, p.Secret)
	if at, _ := lastUse(); !at.Equal(begin) {
		t.Errorf("noted again within the minute: %v", at)
	}
	w.pass(3 * time.Second) // the verdict of the last call is forgotten too
	w.mustSignIn(t, p.Access, p.Secret)
	if at, _ := lastUse(); !at.Equal(begin.Add(time.Minute)) {
		t.Errorf("not noted after a minute: %v", at)
	}
	if _, err := w.signIn(p.Access, "wrong"); err == nil {
		t.Fatal("a wrong secret was accepted")
	}
	w.pass(time.Hour)
	if _, err := w.signIn(p.Access, "wrong"); err == nil {
		t.Fatal("a wrong secret was accepted")
	}
	if at, _ := lastUse(); !at.Equal(begin.Add(time.Minute)) {
		t.Errorf("a refused call was noted: %v", at)
	}
}

func TestWhoMayDoWhatWithKeyPairs(t *testing.T) {
	w := newWorld(t)
	ana, eva := w.mustCreate(t, "ana", user.Guest), w.mustCreate(t, "eva", user.Member)
	asAna := user.Identity{User: ana.ID, Role: user.Guest}
	asEva := user.Identity{User: eva.ID, Role: user.Member}
	mine, err := w.CreateKey(t.Context(), asAna, ana.ID, "laptop")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("one's own pairs are listed", func(t *testing.T) {
		keys, err := w.Keys(t.Context(), asAna, false)
		if err != nil || len(keys) != 1 || keys[0].Access != mine.Access || keys[0].Label != "laptop" {
			t.Errorf("%v, %v", keys, err)
		}
	})
	t.Run("everybody's only for administrators", func(t *testing.T) {
		_, err := w.Keys(t.Context(), asEva, true)
		wantIs(t, err, user.ErrForbidden)
	})
	t.Run("nobody makes a pair for somebody else but an administrator", func(t *testing.T) {
		_, err := w.CreateKey(t.Context(), asEva, ana.ID, "")
		wantIs(t, err, user.ErrForbidden)
		if _, err := w.CreateKey(t.Context(), w.admin, ana.ID, ""); err != nil {
			t.Error(err)
		}
		_, err = w.CreateKey(t.Context(), w.admin, "nobody", "")
		wantIs(t, err, user.ErrNotFound)
	})
	t.Run("the operator has no account to make one for", func(t *testing.T) {
		_, err := w.CreateKey(t.Context(), user.Operator, user.Operator.User, "")
		wantIs(t, err, user.ErrNotFound)
		_, err = w.Login(t.Context(), user.Operator, 0)
		wantIs(t, err, user.ErrNotFound)
	})
	t.Run("somebody else's pair is not there", func(t *testing.T) {
		wantIs(t, w.RevokeKey(t.Context(), asEva, mine.Access), user.ErrNoKey)
		wantIs(t, w.LabelKey(t.Context(), asEva, mine.Access, "x"), user.ErrNoKey)
	})
	t.Run("labels change, within limits", func(t *testing.T) {
		if err := w.LabelKey(t.Context(), asAna, mine.Access, "büro 👩‍💻"); err != nil {
			t.Error(err)
		}
		wantIs(t, w.LabelKey(t.Context(), asAna, mine.Access, strings.Repeat("x", 251)), fault.ErrInvalid)
		wantIs(t, w.LabelKey(t.Context(), asAna, mine.Access, "two\nlines"), fault.ErrInvalid)
	})
	t.Run("one's own pair ends", func(t *testing.T) {
		if err := w.RevokeKey(t.Context(), asAna, mine.Access); err != nil {
			t.Error(err)
		}
	})
}
