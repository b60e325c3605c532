package blob

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/coffer-ml/coffer/internal/fault"
)

// MarkKey is the key of the mark of a store. NewKey never draws it.
const MarkKey Key = "00000000000000000000000000000000"

// Mark says whose a store is: an object in the store itself, so that it is
// copied along with the others and needs nothing of a driver. Of two servers
// with different databases on one store each would take the objects of the
// other for what a crash has left.
type Mark struct {
	Volume  string    `json:"volume"` // 32 hex digits, which stand in one database only
	Created time.Time `json:"created"`
	About   string    `json:"about"` // for people who look into the store
}

// maxMark bounds what is read of a mark: it may be an object of anybody.
const maxMark = 4 << 10

// ErrMark is the reason of a mark that cannot be read.
var ErrMark = fault.Reason{Kind: fault.Conflict, Name: "blob.bad_mark"}

// ReadMark returns the mark of a store; ErrNotFound if it has none, ErrMark if
// what lies there is none.
func ReadMark(ctx context.Context, s Store) (Mark, error) {
	r, err := s.Open(ctx, MarkKey, 0, maxMark)
	if err != nil {
		return Mark{}, err
	}
	defer func() { _ = r.Close() }()
	text, err := io.ReadAll(r)
	if err != nil {
		return Mark{}, fmt.Errorf("read the mark of the store: %w", err)
	}
	var m Mark
	if err := json.Unmarshal(text, &m); err != nil || m.Volume == "" {
		return Mark{}, ErrMark.Wrap(err, "the store has an object %s that is no mark of a Coffer", MarkKey)
	}
	return m, nil
}

// WriteMark marks a store that has no mark and returns the mark that it has
// then: of two who write one at a time, that of one of them.
func WriteMark(ctx context.Context, s Store, m Mark) (Mark, error) {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return Mark{}, err
	}
	_, err = s.Put(ctx, MarkKey, bytes.NewReader(append(text, '\n')))
	if err != nil && !errors.Is(err, ErrExists) {
		return Mark{}, fmt.Errorf("mark the store: %w", err)
	}
	return ReadMark(ctx, s)
}

// As finds a capability of a store, also below those that wrap it: they have a
// method Unwrap.
func As[T any](s Store) (T, bool) {
	for {
		if c, ok := s.(T); ok {
			return c, true
		}
		w, ok := s.(interface{ Unwrap() Store })
		if !ok {
			var none T
			return none, false
		}
		s = w.Unwrap()
	}
}
