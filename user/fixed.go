package user

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"time"

	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/internal/query"
)

// Fixed is an account as the operator's file has it.
type Fixed struct {
	Name     string
	Role     Role
	Password string // in clear, or
	Hash     string // argon2id in the PHC text form, or bcrypt, that also in base64
}

// Check says what is wrong with an entry.
func (f Fixed) Check() error {
	if err := checkAccount(User{Name: f.Name, Role: f.Role}); err != nil {
		return err
	}
	switch {
	case (f.Password == "") == (f.Hash == ""):
		return fault.ErrInvalid.Errorf("password: expected either a password or a password_hash").With("field", "password")
	case f.Password != "":
		return checkPasswordText(f.Password)
	case plainHash(f.Hash) == "":
		return fault.ErrInvalid.Errorf("password_hash: expected a hash by bcrypt ($2b$...) or argon2id ($argon2id$...)").With("field", "password_hash")
	}
	return nil
}

// plainHash returns a hash as accounts keep it; "" if it is none.
func plainHash(text string) string {
	if _, ok := parseArgon(text); ok || isBcrypt(text) {
		return text
	}
	if raw, err := base64.StdEncoding.DecodeString(text); err == nil && isBcrypt(string(raw)) {
		return string(raw)
	}
	return ""
}

// has reports whether an account has the password of the entry already.
func (f Fixed) has(u User) bool {
	if f.Hash != "" {
		return u.PasswordHash == plainHash(f.Hash)
	}
	return u.PasswordHash != "" && checkPassword(u.PasswordHash, f.Password)
}

func (f Fixed) hash() string {
	if f.Hash != "" {
		return plainHash(f.Hash)
	}
	return hashPassword(f.Password)
}

// Fix makes the accounts of the list, takes over those that have their names,
// and ends those that an earlier list had and this one has not. Entries must
// have passed Check, and have different names. ErrLastAdmin if nobody would be
// an administrator then.
func (s *Service) Fix(ctx context.Context, list []Fixed) error {
	err := s.Tx(ctx, func(ctx context.Context) error {
		company, err := s.Store.Setting(ctx, settingCompany)
		if err != nil {
			return err
		}
		kept := make(map[ID]bool, len(list))
		for _, f := range list {
			id, err := s.fix(ctx, company, f)
			if err != nil {
				return err
			}
			kept[id] = true
		}
		all, err := s.Store.All(ctx)
		if err != nil {
			return err
		}
		admins := 0
		for _, u := range all {
			switch {
			case u.Fixed && !kept[u.ID]:
				if err := s.close(ctx, u); err != nil {
					return err
				}
			case u.Role.AtLeast(Admin):
				admins++
			}
		}
		if admins == 0 {
			return ErrLastAdmin.Errorf("with these fixed accounts nobody would be an administrator; give one of them the role admin")
		}
		return nil
	})
	s.verdicts.forget()
	return err
}

// fix makes one account, or brings it into line, and returns its id.
func (s *Service) fix(ctx context.Context, company string, f Fixed) (ID, error) {
	u, err := s.Store.ByName(ctx, f.Name)
	if errors.Is(err, ErrNotFound) { // one that was in the list before comes back under the same id
		sum := sha256.Sum256([]byte(company + ":" + query.Fold(f.Name)))
		id := ID(hex.EncodeToString(sum[:16]))
		if u, err = s.Store.Get(ctx, id); errors.Is(err, ErrNotFound) {
			return id, s.Store.Insert(ctx, User{ID: id, Name: f.Name, Role: f.Role, PasswordHash: f.hash(), Fixed: true, Created: s.Now()})
		}
	}
	if err != nil {
		return "", err
	}
	was := u
	u.Name, u.Role, u.Fixed, u.Disabled, u.Invitation = f.Name, f.Role, true, time.Time{}, Invitation{}
	if !f.has(u) {
		u.PasswordHash = f.hash()
	}
	if u == was {
		return u.ID, nil
	}
	if err := s.Store.Save(ctx, u); err != nil || u.PasswordHash == was.PasswordHash {
		return u.ID, err
	}
	return u.ID, s.Store.RevokeSessions(ctx, u.ID, "", s.Now())
}
