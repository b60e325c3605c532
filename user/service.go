package user

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/coffer-ml/coffer/internal/ident"
	"github.com/coffer-ml/coffer/internal/query"
)

// Config is what the service needs; all fields are required.
type Config struct {
	Store Store
	Tx    func(ctx context.Context, fn func(context.Context) error) error
	Now   func() time.Time
	// Build names this build in tokens.
	Build string
}

// Service is the user noun.
type Service struct {
	Config
	facts    atomic.Pointer[facts]
	verdicts verdicts
	touches  touches
	failures failures
	hashing  turns
}

// New returns the service.
func New(cfg Config) *Service { return &Service{Config: cfg, hashing: make(turns, maxHashing)} }

// facts are the settings that every token needs.
type facts struct {
	company, companyName string
	signing              []byte
}

// Names of settings.
const (
	settingCompany     = "company.id"
	settingCompanyName = "company.name"
	settingSigning     = "token.secret"
)

// FirstRun is what the first start drew and shows once.
type FirstRun struct {
	Name, Password string // of the administrator
	Pair           Pair
}

// Pair is a new key pair with its secret in clear, shown once.
type Pair struct {
	Access, Secret string
	Label          string
}

// AdminName is what the first account is called.
const AdminName = "admin"

// Bootstrap draws, at the first start, what must not be constant: company id,
// token secret, the administrator and one key pair. Later it returns nil.
func (s *Service) Bootstrap(ctx context.Context) (*FirstRun, error) {
	var first *FirstRun
	err := s.Tx(ctx, func(ctx context.Context) error {
		first = nil // another server may have been quicker than an earlier run
		known, err := s.Store.Setting(ctx, settingSigning)
		if err != nil || known != "" {
			return err
		}
		for name, value := range map[string]string{
			settingCompany: ident.New(), settingCompanyName: "coffer", settingSigning: ident.Secret(signingBytes),
		} {
			if err := s.Store.SetSetting(ctx, name, value); err != nil {
				return err
			}
		}
		first = &FirstRun{Name: AdminName, Password: ident.Secret(passwordBytes)}
		admin := User{ID: ID(ident.New()), Name: AdminName, Role: Admin, PasswordHash: hashPassword(first.Password), Created: s.Now()}
		if err := s.Store.Insert(ctx, admin); err != nil {
			return err
		}
		first.Pair, err = s.newKey(ctx, admin.ID, "first start")
		return err
	})
	return first, err
}

// Company returns id and name of the one tenant.
func (s *Service) Company(ctx context.Context) (id, name string, err error) {
	f, err := s.loadFacts(ctx)
	if err != nil {
		return "", "", err
	}
	return f.company, f.companyName, nil
}

func (s *Service) loadFacts(ctx context.Context) (*facts, error) {
	if f := s.facts.Load(); f != nil {
		return f, nil
	}
	f := &facts{}
	var signing string
	for name, to := range map[string]*string{settingCompany: &f.company, settingCompanyName: &f.companyName, settingSigning: &signing} {
		v, err := s.Store.Setting(ctx, name)
		if err != nil {
			return nil, err
		}
		*to = v
	}
	if signing == "" {
		return nil, errors.New("the database was never prepared by a first start")
	}
	f.signing = []byte(signing)
	s.facts.Store(f)
	return f, nil
}

// Get returns one account.
func (s *Service) Get(ctx context.Context, who Identity, id ID) (User, error) {
	if err := who.Require(Guest); err != nil {
		return User{}, err
	}
	return s.Store.Get(ctx, id)
}

// All returns all accounts, by name.
func (s *Service) All(ctx context.Context, who Identity) ([]User, error) {
	if err := who.Require(Guest); err != nil {
		return nil, err
	}
	return s.Store.All(ctx)
}

// List answers a query.
func (s *Service) List(ctx context.Context, who Identity, r query.Request) ([]User, error) {
	if err := who.Require(Guest); err != nil {
		return nil, err
	}
	return s.Store.List(ctx, r)
}

// Create makes an account; with a password it can sign in by name, without
// one by key pairs only.
func (s *Service) Create(ctx context.Context, who Identity, name string, role Role, password string) (User, error) {
	if err := who.Require(Admin); err != nil {
		return User{}, err
	}
	if err := checkAccount(name, role, password); err != nil {
		return User{}, err
	}
	u := User{ID: ID(ident.New()), Name: name, Role: role, Created: s.Now()}
	if password != "" {
		u.PasswordHash = hashPassword(password)
	}
	return u, s.Store.Insert(ctx, u)
}

// newKey draws a pair and keeps its hash.
func (s *Service) newKey(ctx context.Context, of ID, label string) (Pair, error) {
	if err := checkLabel(label); err != nil {
		return Pair{}, err
	}
	p := newPair(label)
	k := Key{Access: p.Access, SecretHash: hashSecret(p.Secret), User: of, Label: label, Created: s.Now()}
	return p, s.Store.InsertKey(ctx, k)
}

// CreateKey makes a key pair for a user: everybody for himself, an
// administrator for all.
func (s *Service) CreateKey(ctx context.Context, who Identity, of ID, label string) (Pair, error) {
	if of != who.User {
		if err := who.Require(Admin); err != nil {
			return Pair{}, err
		}
	}
	if _, err := s.Store.Get(ctx, of); err != nil {
		return Pair{}, err
	}
	return s.newKey(ctx, of, label)
}

// ByName finds an account by its name.
func (s *Service) ByName(ctx context.Context, who Identity, name string) (User, error) {
	if err := who.Require(Guest); err != nil {
		return User{}, err
	}
	return s.Store.ByName(ctx, name)
}

// Keys returns the living pairs of the caller; an administrator may ask for
// everybody's with all.
func (s *Service) Keys(ctx context.Context, who Identity, all bool) ([]Key, error) {
	if !all {
		return s.Store.Keys(ctx, who.User)
	}
	if err := who.Require(Admin); err != nil {
		return nil, err
	}
	return s.Store.Keys(ctx, "")
}

// own loads a pair that the caller may change: his own, or any for an
// administrator.
func (s *Service) own(ctx context.Context, who Identity, access string) error {
	k, err := s.Store.Key(ctx, access)
	if err != nil {
		return err
	}
	if k.User != who.User && !who.Role.AtLeast(Admin) {
		return ErrNoKey.Errorf("you have no key pair %s", access)
	}
	return nil
}

// LabelKey changes the label of a pair.
func (s *Service) LabelKey(ctx context.Context, who Identity, access, label string) error {
	if err := checkLabel(label); err != nil {
		return err
	}
	if err := s.own(ctx, who, access); err != nil {
		return err
	}
	return s.Store.SetKeyLabel(ctx, access, label)
}

// RevokeKey ends a pair and the sessions that were opened with it.
func (s *Service) RevokeKey(ctx context.Context, who Identity, access string) error {
	if err := s.own(ctx, who, access); err != nil {
		return err
	}
	err := s.Store.RevokeKey(ctx, access, s.Now())
	s.verdicts.forget()
	return err
}

// DropSessions removes expired sessions.
func (s *Service) DropSessions(ctx context.Context) (int64, error) {
	return s.Store.DropSessions(ctx, s.Now())
}
