package user

import (
	"context"
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/internal/ident"
)

// What tokens tell their clients of the protocol. The Python SDK chooses its
// requests by APIVersion and compares ServerVersion as dotted numbers.
const (
	APIVersion    = "2.34"
	ServerVersion = "2.3.0"
	featureSet    = "basic" // any other makes the SDK ask for vaults
)

// Lives of tokens.
const (
	DefaultLife = 30 * 24 * time.Hour
	MaxLife     = 365 * 24 * time.Hour
)

// Basic are credentials in clear: a key pair, or name and password.
type Basic struct {
	Name, Secret string
	From         string // where the caller says he is, for the key's last use
	Address      string // network address of the caller, for the count of wrong passwords
}

// claims are what a token says. The protocol's clients read it unverified.
type claims struct {
	jwt.RegisteredClaims
	Identity      tokenIdentity `json:"identity"`
	AuthType      string        `json:"auth_type"`
	Env           string        `json:"env"`
	Session       string        `json:"session_id"`
	APIVersion    string        `json:"api_version"`
	ServerVersion string        `json:"server_version"`
	ServerBuild   string        `json:"server_build"`
	FeatureSet    string        `json:"feature_set"`
}

type tokenIdentity struct {
	User        ID     `json:"user"`
	Company     string `json:"company"`
	Role        Role   `json:"role"`
	UserName    string `json:"user_name"`
	CompanyName string `json:"company_name"`
}

// Authenticate checks a key pair, or a name and its password.
func (s *Service) Authenticate(ctx context.Context, b Basic) (Identity, error) {
	now := s.Now()
	cached, check := credentialOf("key", b.Name, b.Secret), s.byKey
	if !isAccessKey(b.Name) {
		// Not known from elsewhere: there the name may be locked.
		cached, check = credentialOf("password", b.Name, b.Secret, network(b.Address)), s.byPassword
	}
	if who, ok := s.verdicts.get(cached, now); ok {
		return who, nil
	}
	who, err := check(ctx, b)
	if err != nil {
		return Identity{}, err
	}
	s.verdicts.put(cached, who, now)
	return who, nil
}

func (s *Service) byKey(ctx context.Context, b Basic) (Identity, error) {
	k, err := s.Store.Key(ctx, b.Name)
	if err != nil && !errors.Is(err, ErrNoKey) {
		return Identity{}, err
	}
	if err != nil || !sameText(k.SecretHash, hashSecret(b.Secret)) || !k.Revoked.IsZero() {
		return Identity{}, ErrInvalidCredentials.Errorf("the key pair is unknown, wrong or revoked")
	}
	who, err := s.identity(ctx, k.User, k.Access, "")
	if err == nil && s.Now().Sub(k.LastUsed) >= touchEvery && s.touches.due(k.Access, s.Now()) {
		s.touch(ctx, k.Access, b.From)
	}
	return who, err
}

// touch notes the use of a pair. Nobody waits for it while others write, and
// nobody is refused because it could not be written.
func (s *Service) touch(ctx context.Context, access, from string) {
	ctx, cancel := context.WithTimeout(ctx, touchPatience)
	defer cancel()
	_ = s.Store.TouchKey(ctx, access, s.Now(), from)
}

func (s *Service) byPassword(ctx context.Context, b Basic) (Identity, error) {
	u, err := s.Store.ByName(ctx, b.Name)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Identity{}, err
	}
	if err := s.verify(ctx, u, b); err != nil {
		return Identity{}, err
	}
	return s.identity(ctx, u.ID, "", "")
}

// identity loads what a caller may do now, whatever his token says.
func (s *Service) identity(ctx context.Context, id ID, key, session string) (Identity, error) {
	u, err := s.Store.Get(ctx, id)
	if errors.Is(err, ErrNotFound) || err == nil && !u.Disabled.IsZero() {
		return Identity{}, ErrInvalidCredentials.Errorf("the account is gone or disabled")
	}
	if err != nil {
		return Identity{}, err
	}
	return Identity{User: u.ID, Name: u.Name, Role: u.Role, Key: key, Session: session}, nil
}

// AuthenticateToken checks a token: its signature, its session and the key
// pair that the session was opened with.
func (s *Service) AuthenticateToken(ctx context.Context, token string) (Identity, error) {
	now := s.Now()
	cached := credentialOf("token", token)
	if who, ok := s.verdicts.get(cached, now); ok {
		return who, nil
	}
	session, err := s.session(ctx, token)
	if err != nil {
		return Identity{}, err
	}
	if !session.Revoked.IsZero() || now.After(session.Expires) {
		return Identity{}, ErrInvalidToken.Errorf("the token has ended; sign in again")
	}
	if session.Key != "" {
		k, err := s.Store.Key(ctx, session.Key)
		if err != nil && !errors.Is(err, ErrNoKey) {
			return Identity{}, err
		}
		if err != nil || !k.Revoked.IsZero() {
			return Identity{}, ErrInvalidToken.Errorf("the key pair of this token was revoked")
		}
	}
	who, err := s.identity(ctx, session.User, session.Key, session.ID)
	if err != nil {
		return Identity{}, err
	}
	if session.By != "" {
		by, err := s.identity(ctx, session.By, "", "")
		if err != nil || by.Require(Admin) != nil {
			return Identity{}, ErrInvalidToken.Wrap(err, "who opened this session in somebody else's name is no administrator any more")
		}
		who.By = by.User
	}
	s.verdicts.put(cached, who, now)
	return who, nil
}

func (s *Service) session(ctx context.Context, token string) (Session, error) {
	f, err := s.loadFacts(ctx)
	if err != nil {
		return Session{}, err
	}
	var c claims
	_, err = jwt.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return f.signing, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithTimeFunc(s.Now), jwt.WithExpirationRequired())
	if err != nil {
		return Session{}, ErrInvalidToken.Wrap(err, "the token is malformed, expired or not ours")
	}
	return s.Store.Session(ctx, c.Session)
}

// Login opens a session and returns its token. A life of 0 means SessionLife.
func (s *Service) Login(ctx context.Context, who Identity, life time.Duration) (string, error) {
	return s.open(ctx, who, life)
}

// LoginAs opens a session in the name of another user, for an administrator.
// It ends with the credentials that the administrator came with, and when he
// is none any more.
func (s *Service) LoginAs(ctx context.Context, who Identity, id ID, life time.Duration) (string, error) {
	as, err := s.ActAs(ctx, who, id, true)
	if err != nil {
		return "", err
	}
	return s.open(ctx, as, life)
}

// ActAs returns the identity of an administrator who acts in the name of
// another user: with that user's role, or with his own. ErrActAs unless the
// caller is one and the user exists.
func (s *Service) ActAs(ctx context.Context, who Identity, id ID, role bool) (Identity, error) {
	if err := who.Require(Admin); err != nil {
		return Identity{}, ErrActAs.Wrap(err, "only an administrator may act as somebody else")
	}
	u, err := s.Store.Get(ctx, id)
	if errors.Is(err, ErrNotFound) || err == nil && !u.Disabled.IsZero() {
		return Identity{}, ErrActAs.Errorf("there is no user %.100q to act as", string(id))
	}
	if err != nil {
		return Identity{}, err
	}
	as := who
	as.User, as.Name, as.By = u.ID, u.Name, who.Real()
	if role {
		as.Role = u.Role
	}
	return as, nil
}

// open opens a session.
func (s *Service) open(ctx context.Context, who Identity, life time.Duration) (string, error) {
	switch {
	case life == 0:
		life = s.SessionLife
	case life < 0 || life > MaxLife:
		return "", ErrExpiry.Errorf("expiration_sec: a token lives from 1 to %d seconds", int64(MaxLife/time.Second)).With("field", "expiration_sec")
	}
	f, err := s.loadFacts(ctx)
	if err != nil {
		return "", err
	}
	now := s.Now()
	session := Session{ID: ident.New(), User: who.User, Key: who.Key, By: who.By, Created: now, Expires: now.Add(life)}
	err = s.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.living(ctx, who.User); err != nil {
			return err
		}
		return s.Store.InsertSession(ctx, session)
	})
	if err != nil {
		return "", err
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(session.Expires)},
		Identity:         tokenIdentity{who.User, f.company, who.Role, who.Name, f.companyName},
		AuthType:         "Bearer", Session: session.ID,
		APIVersion: APIVersion, ServerVersion: ServerVersion, ServerBuild: s.Build, FeatureSet: featureSet,
	})
	return token.SignedString(f.signing)
}

// Verdict is what a look at a token tells.
type Verdict struct {
	Valid bool
	User  ID
	Ended bool   // it is one of ours that was ended before its time
	Cause string // why it is none of ours, or too old
}

// Validate tells an administrator whether a token is valid.
func (s *Service) Validate(ctx context.Context, who Identity, token string) (Verdict, error) {
	if err := who.Require(Admin); err != nil {
		return Verdict{}, err
	}
	of, err := s.AuthenticateToken(ctx, token)
	if err == nil {
		return Verdict{Valid: true, User: of.User}, nil
	}
	session, serr := s.session(ctx, token)
	switch {
	case fault.KindOf(err) != fault.Unauthenticated:
		return Verdict{}, err
	case serr != nil:
		return Verdict{Cause: fault.Of(err).Message}, nil
	}
	return Verdict{User: session.User, Ended: true}, nil
}

// Logout ends the caller's session.
func (s *Service) Logout(ctx context.Context, who Identity) error {
	if who.Session == "" {
		return nil
	}
	err := s.Tx(ctx, func(ctx context.Context) error {
		return s.Store.RevokeSession(ctx, who.Session, s.Now())
	})
	s.verdicts.forget()
	return err
}
