package user

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/coffer-ml/coffer/internal/ident"
)

// Config is what the service needs; fields without a default are required.
type Config struct {
	Store Store
	Tx    func(ctx context.Context, fn func(context.Context) error) error
	Now   func() time.Time
	// Build names this build in tokens.
	Build string
	// SessionLife is how long a session lives unless its caller says
	// otherwise; 0 means DefaultLife.
	SessionLife time.Duration
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
func New(cfg Config) *Service {
	if cfg.SessionLife == 0 {
		cfg.SessionLife = DefaultLife
	}
	return &Service{Config: cfg, hashing: make(turns, maxHashing)}
}

// facts are the settings that every token needs.
type facts struct {
	company, companyName, installation string
	signing                            []byte
}

// Names of settings.
const (
	settingCompany     = "company.id"
	settingCompanyName = "company.name"
	settingServer      = "server.id"
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
			settingCompany: ident.New(), settingCompanyName: "coffer", settingServer: ident.New(), settingSigning: ident.Secret(signingBytes),
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

// Installation returns the id of what is installed here, drawn at the first
// start.
func (s *Service) Installation(ctx context.Context) (string, error) {
	f, err := s.loadFacts(ctx)
	if err != nil {
		return "", err
	}
	return f.installation, nil
}

func (s *Service) loadFacts(ctx context.Context) (*facts, error) {
	if f := s.facts.Load(); f != nil {
		return f, nil
	}
	f := &facts{}
	var signing string
	for name, to := range map[string]*string{settingCompany: &f.company, settingCompanyName: &f.companyName, settingServer: &f.installation, settingSigning: &signing} {
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

// DropSessions removes expired sessions.
func (s *Service) DropSessions(ctx context.Context) (int64, error) {
	return s.Store.DropSessions(ctx, s.Now())
}
