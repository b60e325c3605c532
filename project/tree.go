package project

import (
	"context"
	"slices"
	"strings"

	"github.com/coffer-ml/coffer/user"
)

// Own returns a project that may be changed: ErrPublic if it is public.
func (s *Service) Own(ctx context.Context, id ID) (Project, error) {
	p, err := s.Store.Get(ctx, id)
	if err == nil && p.Public {
		err = publicProject(p)
	}
	return p, err
}

func publicProject(p Project) error {
	return ErrPublic.Errorf("project %s is public: it can be read and made private again, but neither be changed nor filled", p.ID)
}

// Move hangs a project, with all below it, under the one of a name, which is
// made if it is missing; "" is the root. It returns how many projects moved.
func (s *Service) Move(ctx context.Context, who user.Identity, id ID, under string) (moved int, err error) {
	if err := who.Require(user.Member); err != nil {
		return 0, err
	}
	if strings.Trim(under, "/ ") == "" {
		under = ""
	} else if under, err = Normalise(under); err != nil {
		return 0, err
	}
	err = s.Tx(ctx, func(ctx context.Context) error {
		p, err := s.Own(ctx, id)
		if err != nil {
			return err
		}
		switch {
		case under+"/" == folder(p.Name) || under == folder(p.Name):
			return ErrSamePlace.Errorf("project %q lies there already", p.Name)
		case Within(under, p.Name):
			return ErrUnderSelf.Errorf("project %q cannot be moved under itself", p.Name)
		}
		var parent Project
		if under != "" {
			if parent, err = s.findOrInsert(ctx, who, under); err != nil {
				return err
			}
		}
		moved, err = s.Hang(ctx, p, parent)
		return err
	})
	return moved, err
}

// Hang puts a project, with all below it, under another; the zero Project is
// the root. It returns how many projects moved.
func (s *Service) Hang(ctx context.Context, p, under Project) (int, error) {
	if under.Public {
		return 0, publicProject(under)
	}
	below, err := s.Store.Below(ctx, []ID{p.ID})
	if err != nil {
		return 0, err
	}
	base, depth := p.Basename(), 0
	for _, d := range append(below, p) {
		depth = max(depth, len(d.Path)-len(p.Path))
	}
	p.Parent, p.Path, p.Name = under.ID, nil, base
	if under.ID != "" {
		p.Name, p.Path = under.Name+"/"+base, append(slices.Clone(under.Path), under.ID)
	}
	if n := len(p.Path) + 1 + depth; n > MaxDepth {
		return 0, ErrTooDeep.Errorf("a project lies at most %d levels deep; what lies below %q would be %d deep", MaxDepth, base, n)
	}
	if err := s.free(ctx, p.Name); err != nil {
		return 0, err
	}
	p.LastUpdate = s.Now()
	if err := s.Store.Update(ctx, p); err != nil {
		return 0, err
	}
	return 1 + len(below), s.Touch(ctx, under.ID)
}

// Within reports whether a name is that of a project or of one below it.
func Within(name, of string) bool { return name == of || strings.HasPrefix(name, of+"/") }

// Below returns everything below projects, by name.
func (s *Service) Below(ctx context.Context, who user.Identity, ids []ID) ([]Project, error) {
	if err := who.Require(user.Guest); err != nil {
		return nil, err
	}
	return s.Store.Below(ctx, ids)
}

// Share makes projects public, or private again. ErrNotFound if one of them is
// so already, or does not exist; then nothing changes.
func (s *Service) Share(ctx context.Context, who user.Identity, ids []ID, public bool) (int, error) {
	if err := who.Require(user.Member); err != nil {
		return 0, err
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	err := s.Tx(ctx, func(ctx context.Context) error {
		for _, id := range ids {
			p, err := s.Store.Get(ctx, id)
			if err != nil {
				return err
			}
			if p.Public == public {
				state := map[bool]string{true: "public", false: "private"}[public]
				return ErrNotFound.Errorf("project %s is %s already", id, state)
			}
			p.Public, p.LastUpdate = public, s.Now()
			if err := s.Store.Update(ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return len(ids), nil
}
