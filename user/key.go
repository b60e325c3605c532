package user

import "context"

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
	var p Pair
	err := s.Tx(ctx, func(ctx context.Context) error {
		u, err := s.living(ctx, of)
		if err == nil {
			p, err = s.newKey(ctx, u.ID, label)
		}
		return err
	})
	return p, err
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

// KeysOf returns the living pairs of an account, oldest first: one's own, or
// anybody's for an administrator.
func (s *Service) KeysOf(ctx context.Context, who Identity, of ID) ([]Key, error) {
	if of != who.User {
		if err := who.Require(Admin); err != nil {
			return nil, err
		}
	}
	if _, err := s.Store.Get(ctx, of); err != nil {
		return nil, err
	}
	return s.Store.Keys(ctx, of)
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
	return s.Tx(ctx, func(ctx context.Context) error {
		if err := s.own(ctx, who, access); err != nil {
			return err
		}
		return s.Store.SetKeyLabel(ctx, access, label)
	})
}

// RevokeKey ends a pair and the sessions that were opened with it.
func (s *Service) RevokeKey(ctx context.Context, who Identity, access string) error {
	err := s.Tx(ctx, func(ctx context.Context) error {
		if err := s.own(ctx, who, access); err != nil {
			return err
		}
		return s.Store.RevokeKey(ctx, access, s.Now())
	})
	s.verdicts.forget()
	return err
}

// RevokeKeys ends all pairs of an account and the sessions that were opened
// with them, and tells how many there were.
func (s *Service) RevokeKeys(ctx context.Context, who Identity, of ID) (n int, err error) {
	if of != who.User {
		if err := who.Require(Admin); err != nil {
			return 0, err
		}
	}
	err = s.Tx(ctx, func(ctx context.Context) error {
		u, err := s.living(ctx, of)
		if err != nil {
			return err
		}
		keys, err := s.Store.Keys(ctx, u.ID)
		n = len(keys)
		if err != nil || n == 0 {
			return err
		}
		for _, k := range keys {
			Note(ctx, KeyObject, k.Access, "")
		}
		return s.Store.RevokeKeys(ctx, u.ID, s.Now())
	})
	s.verdicts.forget()
	return n, err
}
