package user

import (
	"context"

	"github.com/coffer-ml/coffer/internal/ident"
	"github.com/coffer-ml/coffer/internal/query"
)

// Get returns one account, also one that was removed.
func (s *Service) Get(ctx context.Context, who Identity, id ID) (User, error) {
	if err := who.Require(Guest); err != nil {
		return User{}, err
	}
	return s.Store.Get(ctx, id)
}

// ByName finds an account by its name.
func (s *Service) ByName(ctx context.Context, who Identity, name string) (User, error) {
	if err := who.Require(Guest); err != nil {
		return User{}, err
	}
	return s.Store.ByName(ctx, name)
}

// All returns all accounts that may be used, by name.
func (s *Service) All(ctx context.Context, who Identity) ([]User, error) {
	if err := who.Require(Guest); err != nil {
		return nil, err
	}
	return s.Store.All(ctx)
}

// List answers a query.
func (s *Service) List(ctx context.Context, who Identity, q Query) ([]User, error) {
	if err := who.Require(Guest); err != nil {
		return nil, err
	}
	return s.Store.List(ctx, q)
}

// Spec is a new account. Only a name and a role are required.
type Spec struct {
	ID         ID // "" draws one
	Name       string
	GivenName  string
	FamilyName string
	Email      string
	Avatar     string
	Role       Role
	Password   string // "" means: signs in by key pair only, until it gets one
}

// Create makes an account.
func (s *Service) Create(ctx context.Context, who Identity, spec Spec) (User, error) {
	if err := who.Require(Admin); err != nil {
		return User{}, err
	}
	u := User{
		ID: spec.ID, Name: spec.Name, GivenName: spec.GivenName, FamilyName: spec.FamilyName, Email: spec.Email, Avatar: spec.Avatar,
		Role: spec.Role, Created: s.Now(),
	}
	if u.ID == "" {
		u.ID = ID(ident.New())
	}
	if err := checkAccount(u); err != nil {
		return User{}, err
	}
	if spec.Password != "" {
		if err := checkPasswordText(spec.Password); err != nil {
			return User{}, err
		}
		u.PasswordHash = hashPassword(spec.Password)
	}
	return u, s.Store.Insert(ctx, u)
}

// Patch changes an account; nil leaves a field as it is.
type Patch struct {
	Name, GivenName, FamilyName, Email, Avatar *string
	Role                                       *Role
}

// apply reports whether anything changed.
func (p Patch) apply(u *User) bool {
	was := *u
	for to, from := range map[*string]*string{&u.Name: p.Name, &u.GivenName: p.GivenName, &u.FamilyName: p.FamilyName, &u.Email: p.Email, &u.Avatar: p.Avatar} {
		if from != nil {
			*to = *from
		}
	}
	if p.Role != nil {
		u.Role = *p.Role
	}
	return *u != was
}

// Update changes an account: everybody his own, an administrator all of them
// and their roles. It reports whether anything changed.
func (s *Service) Update(ctx context.Context, who Identity, id ID, p Patch) (u User, changed bool, err error) {
	if id != who.User || p.Role != nil {
		if err := who.Require(Admin); err != nil {
			return User{}, false, err
		}
	}
	err = s.Tx(ctx, func(ctx context.Context) error {
		if u, err = s.living(ctx, id); err != nil {
			return err
		}
		was := u
		if changed = p.apply(&u); !changed {
			return nil
		}
		if err := checkAccount(u); err != nil {
			return err
		}
		if u.Fixed && (u.Name != was.Name || u.Role != was.Role) {
			return fixedAccount(u)
		}
		if err := s.keepAdmin(ctx, was, u.Role.AtLeast(Admin)); err != nil {
			return err
		}
		return s.Store.Save(ctx, u)
	})
	s.verdicts.forget()
	return u, changed, err
}

// Delete ends an account with its key pairs and sessions. What it made stays,
// and still tells its name; the name is free for others.
func (s *Service) Delete(ctx context.Context, who Identity, id ID) error {
	if err := who.Require(Admin); err != nil {
		return err
	}
	err := s.Tx(ctx, func(ctx context.Context) error {
		u, err := s.living(ctx, id)
		if err != nil {
			return err
		}
		if u.Fixed {
			return fixedAccount(u)
		}
		return s.end(ctx, u)
	})
	s.verdicts.forget()
	return err
}

// end ends an account.
func (s *Service) end(ctx context.Context, u User) error {
	if err := s.keepAdmin(ctx, u, false); err != nil {
		return err
	}
	return s.close(ctx, u)
}

// close is end, whoever is left.
func (s *Service) close(ctx context.Context, u User) error {
	now := s.Now()
	u.Disabled, u.PasswordHash, u.Invitation = now, "", Invitation{}
	if err := s.Store.Save(ctx, u); err != nil {
		return err
	}
	if err := s.Store.RevokeKeys(ctx, u.ID, now); err != nil {
		return err
	}
	return s.Store.RevokeSessions(ctx, u.ID, "", now)
}

// living returns an account that may be used, to change it.
func (s *Service) living(ctx context.Context, id ID) (User, error) {
	u, err := s.Store.Lock(ctx, id)
	if err == nil && !u.Disabled.IsZero() {
		err = ErrNotFound.Errorf("the account %s was removed", id)
	}
	return u, err
}

// keepAdmin sees to it that an administrator is left when an account may stop
// being one.
func (s *Service) keepAdmin(ctx context.Context, u User, stays bool) error {
	if stays || !u.Role.AtLeast(Admin) {
		return nil
	}
	all, err := s.Store.All(ctx)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.ID != u.ID && other.Role.AtLeast(Admin) {
			return nil
		}
	}
	return ErrLastAdmin.Errorf("%q is the last administrator; make another one first", u.Name)
}

func fixedAccount(u User) error {
	return ErrFixed.Errorf("%q is kept by the operator's file of accounts; change it there, and restart the server", u.Name)
}

// Preferences returns what the caller keeps here for its programs.
func (s *Service) Preferences(ctx context.Context, who Identity) (map[string]any, error) {
	if err := who.Require(Guest); err != nil {
		return nil, err
	}
	return s.preferences(ctx, who.User)
}

// SetPreferences sets values by their dotted paths and returns the whole, and
// whether anything changed.
func (s *Service) SetPreferences(ctx context.Context, who Identity, set map[string]any) (all map[string]any, changed bool, err error) {
	if err := who.Require(Guest); err != nil {
		return nil, false, err
	}
	err = s.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.living(ctx, who.User); err != nil {
			return err
		}
		if all, err = s.preferences(ctx, who.User); err != nil {
			return err
		}
		before, err := encodePreferences(all)
		if err != nil {
			return err
		}
		if err := setPaths(all, set); err != nil {
			return err
		}
		after, err := encodePreferences(all)
		if err != nil {
			return err
		}
		if changed = after != before; !changed {
			return nil
		}
		return s.Store.SetPreferences(ctx, who.User, after)
	})
	return all, changed, err
}

// sameName reports whether two names are one, whatever the case of letters.
func sameName(a, b string) bool { return query.Fold(a) == query.Fold(b) }
