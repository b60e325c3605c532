package user

import (
	"context"
	"errors"
	"time"

	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/internal/ident"
	"github.com/coffer-ml/coffer/internal/query"
)

// InvitationLife is how long an invitation may wait: over a weekend and a
// holiday, and not so long that it is forgotten in a mailbox.
const InvitationLife = 7 * 24 * time.Hour

// verify checks the password of an account; u may be none.
func (s *Service) verify(ctx context.Context, u User, b Basic) error {
	hash := u.PasswordHash
	if hash == "" {
		hash = nobody()
	}
	from := credentialOf(query.Fold(b.Name), network(b.Address))
	locks := false
	err := s.hashing.run(ctx, func() error {
		if s.failures.locked(from, s.Now()) {
			return ErrInvalidCredentials.Errorf("too many wrong passwords for this name from where you are; try again in some minutes")
		}
		if !checkPassword(hash, b.Secret) || u.PasswordHash == "" {
			locks = s.failures.add(from, s.Now())
			return ErrInvalidCredentials.Errorf("the name or the password is wrong")
		}
		s.failures.clear(from)
		return nil
	})
	if locks && u.ID != "" {
		s.noteLock(ctx, u, b)
	}
	return err
}

// noteLock tells the audit that a name was locked to a network: somebody may be
// guessing. Nobody is known to have done it.
func (s *Service) noteLock(ctx context.Context, u User, b Basic) {
	act := Act{Who: Nobody, Action: "lock after wrong passwords", Address: b.Address}
	if b.From != b.Address {
		act.Worker = b.From
	}
	// That it cannot be told is no reason to let anybody in.
	_ = s.Tx(WithAct(ctx, act), func(ctx context.Context) error {
		Note(ctx, AccountObject, string(u.ID), "")
		return nil
	})
}

// ChangePassword gives the caller a new password. Other sessions that a
// password opened end; key pairs stay.
func (s *Service) ChangePassword(ctx context.Context, who Identity, address, old, password string) error {
	if err := who.Require(Guest); err != nil {
		return err
	}
	if who.By != "" {
		return ErrForbidden.Errorf("a password is changed by nobody but its owner; an administrator can reset it")
	}
	u, err := s.Store.Get(ctx, who.User)
	if err != nil {
		return err
	}
	if u.Fixed {
		return fixedAccount(u)
	}
	if err := s.verify(ctx, u, Basic{Name: u.Name, Secret: old, Address: address}); errors.Is(err, ErrInvalidCredentials) {
		return ErrWrongPassword.Wrap(err, "the old password is wrong, or was too often").With("field", "old")
	} else if err != nil {
		return err
	}
	if err := checkPasswordText(password); err != nil {
		return err
	}
	hash := hashPassword(password)
	return s.setPassword(ctx, func(ctx context.Context) (User, error) { return s.living(ctx, u.ID) }, hash, who.Session)
}

// setPassword writes a password of the account that find finds, and ends the
// sessions that the earlier one opened, but for one.
func (s *Service) setPassword(ctx context.Context, find func(context.Context) (User, error), hash, except string) error {
	err := s.Tx(ctx, func(ctx context.Context) error {
		u, err := find(ctx)
		if err != nil {
			return err
		}
		u.PasswordHash, u.Invitation = hash, Invitation{}
		if err := s.Store.Save(ctx, u); err != nil {
			return err
		}
		return s.Store.RevokeSessions(ctx, u.ID, except, s.Now())
	})
	s.verdicts.forget()
	return err
}

// Invited is an invitation with its token in clear, shown once.
type Invited struct {
	User    User
	Token   string
	Expires time.Time
}

// Invite makes an account whose owner chooses the password.
func (s *Service) Invite(ctx context.Context, who Identity, spec Spec) (out Invited, err error) {
	if spec.Password != "" {
		return Invited{}, fault.ErrInvalid.Errorf("password: whoever is invited chooses it").With("field", "password")
	}
	err = s.Tx(ctx, func(ctx context.Context) error {
		u, err := s.Create(ctx, who, spec)
		if err != nil {
			return err
		}
		out, err = s.invite(ctx, u)
		return err
	})
	return out, err
}

// Reset takes the password of an account away, ends the sessions that it
// opened, and returns an invitation to choose a new one. Key pairs stay.
func (s *Service) Reset(ctx context.Context, who Identity, id ID) (out Invited, err error) {
	if err := who.Require(Admin); err != nil {
		return Invited{}, err
	}
	err = s.Tx(ctx, func(ctx context.Context) error {
		u, err := s.living(ctx, id)
		if err != nil {
			return err
		}
		if u.Fixed {
			return fixedAccount(u)
		}
		u.PasswordHash = ""
		if out, err = s.invite(ctx, u); err != nil {
			return err
		}
		return s.Store.RevokeSessions(ctx, id, "", s.Now())
	})
	s.verdicts.forget()
	return out, err
}

// invite writes a new invitation in the place of an earlier one.
func (s *Service) invite(ctx context.Context, u User) (Invited, error) {
	out := Invited{Token: ident.Secret(inviteBytes), Expires: s.Now().Add(InvitationLife)}
	u.Invitation = Invitation{TokenHash: hashSecret(out.Token), Expires: out.Expires}
	out.User = u
	return out, s.Store.Save(ctx, u)
}

// Invitation returns the account that an invitation is for.
func (s *Service) Invitation(ctx context.Context, token string) (User, error) {
	u, err := s.Store.Invited(ctx, hashSecret(token))
	if errors.Is(err, ErrNotFound) || err == nil && (!u.Disabled.IsZero() || s.Now().After(u.Invitation.Expires)) {
		return User{}, ErrNoInvitation.Errorf("the invitation is unknown, was used or has expired; ask for another one")
	}
	return u, err
}

// Accept sets the password of the account that an invitation is for, and uses
// it up.
func (s *Service) Accept(ctx context.Context, token, password string) (User, error) {
	// Before the hash is paid for: nobody has shown any credentials yet.
	u, err := s.Invitation(ctx, token)
	if err != nil {
		return User{}, err
	}
	if err := checkPasswordText(password); err != nil {
		return User{}, err
	}
	var hash string
	err = s.hashing.run(ctx, func() error {
		hash = hashPassword(password)
		return nil
	})
	if err != nil {
		return User{}, err
	}
	return u, s.setPassword(ctx, func(ctx context.Context) (User, error) { return s.Invitation(ctx, token) }, hash, "")
}
