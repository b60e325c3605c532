package user_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/user"
)

// world is a service on a database of its own, with a clock that stands still.
type world struct {
	*user.Service
	db    *sqlstore.DB
	path  string
	first *user.FirstRun
	admin user.Identity

	mu  sync.Mutex
	now time.Time
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// another returns a second service on the same database, as another process
// would have it.
func (w *world) another() *user.Service {
	return user.New(user.Config{Store: w.db.Users(), Tx: w.db.Tx, Now: w.clock, Build: "test"})
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{path: filepath.Join(t.TempDir(), "coffer.db"), now: time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)}
	var err error
	if w.db, err = sqlstore.Open(t.Context(), sqlstore.Config{Path: w.path}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.db.Close(); err != nil {
			t.Error(err)
		}
	})
	w.Service = w.another()
	if w.first, err = w.Bootstrap(t.Context()); err != nil || w.first == nil {
		t.Fatalf("first start: %v, %v", w.first, err)
	}
	admin, err := w.ByName(t.Context(), user.Operator, w.first.Name)
	if err != nil {
		t.Fatal(err)
	}
	w.admin = user.Identity{User: admin.ID, Name: admin.Name, Role: admin.Role}
	return w
}

func (w *world) signIn(name, secret string) (user.Identity, error) {
	return w.Authenticate(context.Background(), user.Basic{Name: name, Secret: secret, From: "host"})
}

func (w *world) mustSignIn(t *testing.T, name, secret string) user.Identity {
	t.Helper()
	who, err := w.signIn(name, secret)
	if err != nil {
		t.Fatalf("sign in as %s: %v", name, err)
	}
	return who
}

func (w *world) mustLogin(t *testing.T, who user.Identity, life time.Duration) string {
	t.Helper()
	token, err := w.Login(t.Context(), who, life)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (w *world) mustCreate(t *testing.T, name string, role user.Role) user.User {
	t.Helper()
	u, err := w.Create(t.Context(), w.admin, user.Spec{Name: name, Role: role, Password: "correct horse"})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func wantIs(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("error %v, expected %v", err, target)
	}
}

func TestFirstStart(t *testing.T) {
	t.Run("draws everything once", func(t *testing.T) {
		w := newWorld(t)
		again, err := w.Bootstrap(t.Context())
		if err != nil || again != nil {
			t.Fatalf("second start drew %v, %v", again, err)
		}
		if w.admin.Role != user.Admin || w.admin.Name != w.first.Name {
			t.Errorf("the first account is %+v", w.admin)
		}
		if byPassword := w.mustSignIn(t, w.first.Name, w.first.Password); byPassword != w.admin {
			t.Errorf("the first password belongs to %+v", byPassword)
		}
		if byPair := w.mustSignIn(t, w.first.Pair.Access, w.first.Pair.Secret); byPair.User != w.admin.User || byPair.Key != w.first.Pair.Access {
			t.Errorf("the first pair belongs to %+v", byPair)
		}
	})
	t.Run("two installations have nothing in common", func(t *testing.T) {
		a, b := newWorld(t), newWorld(t)
		companyA, _, err := a.Company(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		companyB, _, err := b.Company(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(companyA) != 32 || companyA == companyB || a.first.Password == b.first.Password || a.first.Pair == b.first.Pair {
			t.Error("something was not drawn anew")
		}
		_, err = b.AuthenticateToken(t.Context(), a.mustLogin(t, a.admin, 0))
		wantIs(t, err, user.ErrInvalidToken)
	})
	t.Run("a service without it refuses to sign anything", func(t *testing.T) {
		db, err := sqlstore.Open(t.Context(), sqlstore.Config{Path: filepath.Join(t.TempDir(), "coffer.db")})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		s := user.New(user.Config{Store: db.Users(), Tx: db.Tx, Now: time.Now})
		if _, err := s.AuthenticateToken(t.Context(), "a.b.c"); err == nil {
			t.Error("a token was accepted")
		}
	})
}

func TestWhoMaySignIn(t *testing.T) {
	w := newWorld(t)
	w.mustCreate(t, "Ana", user.Member)
	gone := w.mustCreate(t, "gone", user.Member)
	robot, err := w.Create(t.Context(), w.admin, user.Spec{Name: "robot", Role: user.Member})
	if err != nil {
		t.Fatal(err)
	}
	disabledPair, err := w.CreateKey(t.Context(), w.admin, gone.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	robotPair, err := w.CreateKey(t.Context(), w.admin, robot.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Delete(t.Context(), w.admin, gone.ID); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		expectation, name, secret string
		want                      error
	}{
		{"name and password", "Ana", "correct horse", nil},
		{"the case of a name does not matter", "aNA", "correct horse", nil},
		{"a wrong password is refused", "Ana", "correct horsf", user.ErrInvalidCredentials},
		{"an empty password is refused", "Ana", "", user.ErrInvalidCredentials},
		{"an unknown name is refused", "Eva", "correct horse", user.ErrInvalidCredentials},
		{"key pair", robotPair.Access, robotPair.Secret, nil},
		{"a wrong secret is refused", robotPair.Access, w.first.Pair.Secret, user.ErrInvalidCredentials},
		{"an unknown key is refused", strings.Repeat("A", 30), robotPair.Secret, user.ErrInvalidCredentials},
		{"an account without password takes none", "robot", "", user.ErrInvalidCredentials},
		{"nor the one that nobody has", "robot", "nobody", user.ErrInvalidCredentials},
		{"a removed account is refused with its password", "gone", "correct horse", user.ErrInvalidCredentials},
		{"a removed account is refused with its pair", disabledPair.Access, disabledPair.Secret, user.ErrInvalidCredentials},
		{"nothing is refused", "", "", user.ErrInvalidCredentials},
	} {
		t.Run(c.expectation, func(t *testing.T) {
			_, err := w.signIn(c.name, c.secret)
			wantIs(t, err, c.want)
		})
	}
}

func TestGuessingPasswordsIsSlow(t *testing.T) {
	w := newWorld(t)
	w.mustCreate(t, "ana", user.Member)
	for i := range 10 {
		if _, err := w.signIn([]string{"ana", "ANA"}[i%2], "guess"); !errors.Is(err, user.ErrInvalidCredentials) {
			t.Fatal(err)
		}
	}
	_, err := w.signIn("ana", "correct horse")
	wantIs(t, err, user.ErrInvalidCredentials)
	w.mustSignIn(t, "admin", w.first.Password)
	w.pass(5 * time.Minute)
	w.mustSignIn(t, "ana", "correct horse")
}

// Who guesses is locked out where he is, and nobody elsewhere with him.
func TestNobodyLocksOutSomebodyElsewhere(t *testing.T) {
	from := func(w *world, address, secret string) error {
		_, err := w.Authenticate(t.Context(), user.Basic{Name: "admin", Secret: secret, Address: address})
		return err
	}
	for name, c := range map[string]struct {
		guesser, other string
		locked         bool
	}{
		"the same address":                         {"192.0.2.7", "192.0.2.7", true},
		"another address":                          {"192.0.2.7", "192.0.2.8", false},
		"the same address, written otherwise":      {"192.0.2.7", "::ffff:192.0.2.7", true},
		"another address of one network of IPv6":   {"2001:db8:1:2::7", "2001:db8:1:2:ffff::1", true},
		"an address of another network of IPv6":    {"2001:db8:1:2::7", "2001:db8:1:3::7", false},
		"the same link, whatever it is called":     {"fe80::1%eth0", "fe80::1%eth1", true},
		"the admin socket, which has no addresses": {"@", "@", true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for range 10 {
				wantIs(t, from(w, c.guesser, "guess"), user.ErrInvalidCredentials)
			}
			var want error
			if c.locked {
				want = user.ErrInvalidCredentials
			}
			wantIs(t, from(w, c.other, w.first.Password), want)
			if !c.locked { // and that it was right there is not believed here
				wantIs(t, from(w, c.guesser, w.first.Password), user.ErrInvalidCredentials)
			}
		})
	}
}

func TestGuessesAtOnceAreCountedOneByOne(t *testing.T) {
	w := newWorld(t)
	w.mustCreate(t, "ana", user.Member)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { _, _ = w.signIn("ana", "guess") })
	}
	wg.Wait()
	_, err := w.signIn("ana", "correct horse")
	wantIs(t, err, user.ErrInvalidCredentials)
}

func TestAccountsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		expectation, name, password string
		role                        user.Role
		want                        error
	}{
		{"no name", "", "correct horse", user.Member, fault.ErrInvalid},
		{"a name with a colon", "a:b", "correct horse", user.Member, fault.ErrInvalid},
		{"a name with spaces around", " ana", "correct horse", user.Member, fault.ErrInvalid},
		{"a name on two lines", "a\nb", "correct horse", user.Member, fault.ErrInvalid},
		{"a name like an access key", strings.Repeat("K7", 15), "correct horse", user.Member, fault.ErrInvalid},
		{"a name that is too long", strings.Repeat("ä", 101), "correct horse", user.Member, fault.ErrInvalid},
		{"a short password", "ana", "1234567", user.Member, fault.ErrInvalid},
		{"an endless password", "ana", strings.Repeat("x", 1025), user.Member, fault.ErrInvalid},
		{"what the operator is called", "Operator", "correct horse", user.Member, fault.ErrInvalid},
		{"an unknown role", "ana", "correct horse", "root", fault.ErrInvalid},
		{"a name that differs by case alone", "ADMIN", "correct horse", user.Member, user.ErrNameTaken},
	} {
		t.Run(c.expectation, func(t *testing.T) {
			_, err := w.Create(t.Context(), w.admin, user.Spec{Name: c.name, Role: c.role, Password: c.password})
			wantIs(t, err, c.want)
		})
	}
	t.Run("and everyone's if no administrator asks", func(t *testing.T) {
		_, err := w.Create(t.Context(), user.Identity{User: "x", Role: user.Member}, user.Spec{Name: "ana", Role: user.Member, Password: "correct horse"})
		wantIs(t, err, user.ErrForbidden)
	})
}

func TestRoles(t *testing.T) {
	for _, c := range []struct {
		has, needs user.Role
		may        bool
	}{
		{user.Guest, user.Guest, true},
		{user.Guest, user.Member, false},
		{user.Member, user.Guest, true},
		{user.Member, user.Admin, false},
		{user.Admin, user.Member, true},
		{"", user.Guest, false},
		{"", "", false},
		{"root", user.Guest, false},
	} {
		if may := c.has.AtLeast(c.needs); may != c.may {
			t.Errorf("%q at least %q: %v", c.has, c.needs, may)
		}
	}
}
