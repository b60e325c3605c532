package user_test

import (
	"errors"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/coffer-ml/coffer/user"
)

func TestRevocationIsFeltWithinTwoSecondsOnOtherServers(t *testing.T) {
	for _, c := range []struct {
		expectation string
		revoke      func(t *testing.T, w *world, who user.Identity, p user.Pair) error
		want        error
	}{
		{"a revoked pair ends itself and its sessions", func(t *testing.T, w *world, _ user.Identity, p user.Pair) error {
			return w.RevokeKey(t.Context(), w.admin, p.Access)
		}, user.ErrInvalidToken},
		{"signing out ends the session", func(t *testing.T, w *world, who user.Identity, _ user.Pair) error {
			return w.Logout(t.Context(), who)
		}, user.ErrInvalidToken},
	} {
		t.Run(c.expectation, func(t *testing.T) {
			w := newWorld(t)
			p, err := w.CreateKey(t.Context(), w.admin, w.admin.User, "")
			if err != nil {
				t.Fatal(err)
			}
			token := w.mustLogin(t, w.mustSignIn(t, p.Access, p.Secret), 0)
			other := w.another()
			who, err := other.AuthenticateToken(t.Context(), token)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.revoke(t, w, who, p); err != nil {
				t.Fatal(err)
			}
			if _, err := w.AuthenticateToken(t.Context(), token); !errors.Is(err, c.want) {
				t.Errorf("this server says %v, expected %v at once", err, c.want)
			}
			w.pass(2 * time.Second)
			_, err = other.AuthenticateToken(t.Context(), token)
			wantIs(t, err, c.want)
		})
	}
	t.Run("also for calls with Basic credentials", func(t *testing.T) {
		w := newWorld(t)
		p, other := w.first.Pair, w.another()
		basic := user.Basic{Name: p.Access, Secret: p.Secret}
		if _, err := other.Authenticate(t.Context(), basic); err != nil {
			t.Fatal(err)
		}
		if err := w.RevokeKey(t.Context(), w.admin, p.Access); err != nil {
			t.Fatal(err)
		}
		_, err := w.signIn(p.Access, p.Secret)
		wantIs(t, err, user.ErrInvalidCredentials)
		w.pass(2 * time.Second)
		_, err = other.Authenticate(t.Context(), basic)
		wantIs(t, err, user.ErrInvalidCredentials)
	})
}

func TestRevokingOneEndsNoOther(t *testing.T) {
	w := newWorld(t)
	token := w.mustLogin(t, w.admin, 0)
	if err := w.RevokeKey(t.Context(), w.admin, w.first.Pair.Access); err != nil {
		t.Fatal(err)
	}
	if _, err := w.AuthenticateToken(t.Context(), token); err != nil {
		t.Errorf("a session opened by password ended: %v", err)
	}
	wantIs(t, w.RevokeKey(t.Context(), w.admin, w.first.Pair.Access), user.ErrNoKey)
	keys, err := w.Keys(t.Context(), w.admin, true)
	if err != nil || len(keys) != 0 {
		t.Errorf("living pairs: %v, %v", keys, err)
	}
}

func TestTokens(t *testing.T) {
	w := newWorld(t)
	token := w.mustLogin(t, w.mustSignIn(t, w.first.Pair.Access, w.first.Pair.Secret), 0)
	var claims jwt.MapClaims
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err != nil {
		t.Fatal(err)
	}
	signing, err := w.db.Users().Setting(t.Context(), "token.secret")
	if err != nil {
		t.Fatal(err)
	}
	sign := func(method jwt.SigningMethod, key any, change func(jwt.MapClaims)) string {
		changed := jwt.MapClaims{}
		for k, v := range claims {
			changed[k] = v
		}
		change(changed)
		text, err := jwt.NewWithClaims(method, changed).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	same := func(jwt.MapClaims) {}

	t.Run("they tell clients what they go by", func(t *testing.T) {
		company, companyName, err := w.Company(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]any{
			"api_version": "2.34", "server_version": "2.3.0", "server_build": "test", "feature_set": "basic", "env": "", "auth_type": "Bearer",
			"iat": float64(w.now.Unix()), "exp": float64(w.now.Unix() + 30*24*3600),
		} {
			if claims[name] != want {
				t.Errorf("%s is %v, expected %v", name, claims[name], want)
			}
		}
		identity := claims["identity"].(map[string]any)
		for name, want := range map[string]string{
			"user": string(w.admin.User), "company": company, "role": "admin", "user_name": "admin", "company_name": companyName,
		} {
			if identity[name] != want {
				t.Errorf("identity.%s is %v, expected %v", name, identity[name], want)
			}
		}
	})
	for _, c := range []struct {
		expectation, token string
		want               error
	}{
		{"the same claims signed by ourselves are good", sign(jwt.SigningMethodHS256, []byte(signing), same), nil},
		{"another algorithm with the right secret is refused", sign(jwt.SigningMethodHS512, []byte(signing), same), user.ErrInvalidToken},
		{"no signature is refused", sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, same), user.ErrInvalidToken},
		{"another secret is refused", sign(jwt.SigningMethodHS256, []byte("secret"), same), user.ErrInvalidToken},
		{"a token without expiry is refused", sign(jwt.SigningMethodHS256, []byte(signing), func(c jwt.MapClaims) { delete(c, "exp") }), user.ErrInvalidToken},
		{"a session that has no row is refused", sign(jwt.SigningMethodHS256, []byte(signing), func(c jwt.MapClaims) { c["session_id"] = "none" }), user.ErrInvalidToken},
		{"a later end than the session's is good while that lives", sign(jwt.SigningMethodHS256, []byte(signing), func(c jwt.MapClaims) { c["exp"] = float64(w.now.Unix() + 1e9) }), nil},
		{"no token is refused", "", user.ErrInvalidToken},
	} {
		t.Run(c.expectation, func(t *testing.T) {
			_, err := w.AuthenticateToken(t.Context(), c.token)
			wantIs(t, err, c.want)
		})
	}
	t.Run("the role is that of the account, whatever the token says", func(t *testing.T) {
		guest := w.mustCreate(t, "visitor", user.Guest)
		lying := sign(jwt.SigningMethodHS256, []byte(signing), func(c jwt.MapClaims) {
			honest := jwt.MapClaims{}
			if _, _, err := jwt.NewParser().ParseUnverified(w.mustLogin(t, user.Identity{User: guest.ID, Role: user.Guest}, 0), &honest); err != nil {
				t.Fatal(err)
			}
			c["session_id"] = honest["session_id"]
		})
		who, err := w.AuthenticateToken(t.Context(), lying)
		if err != nil || who.Role != user.Guest || who.User != guest.ID {
			t.Errorf("%+v, %v", who, err)
		}
	})
	t.Run("the session's end ends them", func(t *testing.T) {
		forged := sign(jwt.SigningMethodHS256, []byte(signing), func(c jwt.MapClaims) { c["exp"] = float64(w.now.Unix() + 1e9) })
		w.pass(user.DefaultLife + time.Second)
		_, err := w.AuthenticateToken(t.Context(), token)
		wantIs(t, err, user.ErrInvalidToken)
		_, err = w.AuthenticateToken(t.Context(), forged)
		wantIs(t, err, user.ErrInvalidToken)
	})
}

func TestLivesOfTokens(t *testing.T) {
	for _, c := range []struct {
		expectation string
		ask         time.Duration
		lives       time.Duration
		want        error
	}{
		{"nothing asked: thirty days", 0, 30 * 24 * time.Hour, nil},
		{"what is asked", time.Minute, time.Minute, nil},
		{"a year", user.MaxLife, user.MaxLife, nil},
		{"more than a year is refused", user.MaxLife + time.Second, 0, user.ErrExpiry},
		{"less than nothing is refused", -time.Second, 0, user.ErrExpiry},
	} {
		t.Run(c.expectation, func(t *testing.T) {
			w := newWorld(t)
			token, err := w.Login(t.Context(), w.admin, c.ask)
			wantIs(t, err, c.want)
			if c.want != nil {
				return
			}
			w.pass(c.lives - time.Second)
			if _, err := w.AuthenticateToken(t.Context(), token); err != nil {
				t.Errorf("a second before its end: %v", err)
			}
			w.pass(3 * time.Second)
			_, err = w.AuthenticateToken(t.Context(), token)
			wantIs(t, err, user.ErrInvalidToken)
			if n, err := w.DropSessions(t.Context()); err != nil || n != 1 {
				t.Errorf("dropped %d sessions, %v", n, err)
			}
		})
	}
}
