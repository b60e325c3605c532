package model

import (
	"context"
	"maps"
	"strings"

	"github.com/coffer-ml/coffer/user"
)

// keyed returns the metadata as it is kept: blanks around keys dropped, each
// item under its key.
func (m Metadata) keyed() Metadata {
	if m == nil {
		return nil
	}
	out := make(Metadata, len(m))
	for key, it := range m {
		it.Key = strings.TrimSpace(key)
		out[it.Key] = it
	}
	return out
}

// EditMetadata sets metadata, or with replace makes it the only one. It may
// change in any state.
func (s *Service) EditMetadata(ctx context.Context, who user.Identity, id ID, items []Item, replace bool) (Model, error) {
	if len(items) == 0 {
		return Model{}, ErrInvalid.Errorf("metadata: at least one item is required").With("field", "metadata")
	}
	return s.change(ctx, who, id, func(_ context.Context, m *Model) (Part, error) {
		now := make(Metadata)
		if !replace {
			maps.Copy(now, m.Metadata)
		}
		for _, it := range items {
			now[strings.TrimSpace(it.Key)] = it
		}
		m.Metadata, m.LastUpdate = now.keyed(), s.Now()
		return Items, nil
	})
}

// DeleteMetadata removes metadata by key. That there is none of a key is no
// error.
func (s *Service) DeleteMetadata(ctx context.Context, who user.Identity, id ID, keys []string) (Model, error) {
	if len(keys) == 0 {
		return Model{}, ErrInvalid.Errorf("keys: at least one key is required").With("field", "keys")
	}
	return s.change(ctx, who, id, func(_ context.Context, m *Model) (Part, error) {
		m.Metadata, m.LastUpdate = m.Metadata.keyed(), s.Now()
		for _, key := range keys {
			delete(m.Metadata, strings.TrimSpace(key))
		}
		return Items, nil
	})
}
