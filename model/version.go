package model

import (
	"context"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/user"
)

// State says what is known of a version's bytes.
type State string

// The states.
const (
	Stored  State = "stored"
	Missing State = "missing" // they were stored and got lost
)

// Version is a snapshot: one content of an address that the model named.
type Version struct {
	ID         int64 // row id
	Number     int   // counted from 1 in order of arrival
	Address    file.Address
	Generation int64 // file generation it is bound to (row id)
	FileNumber int   // number of that generation, for ?version=
	Digest     blob.Digest
	Size       int64 // bytes
	State      State
	Iteration  *int64 // at which it was made; nil if nobody told
	Created    time.Time
	User       user.ID // who uploaded it
}

// Moment is the iteration that goes with an edit which names an address.
type Moment struct {
	Iteration int64
	// Told says that the client told it. Else it is where the task that makes
	// the model was at the time.
	Told bool
}

func (m *Moment) iteration() *int64 {
	if m == nil {
		return nil
	}
	return &m.Iteration
}

// Named is a model that names a path.
type Named struct {
	ID        ID
	Address   file.Address
	Iteration *int64 // that was told last with the address
}

// Holder is a model with a version that holds certain bytes.
type Holder struct {
	Model
	Version int
}

// Page is a part of the versions of a model.
type Page struct {
	Offset int
	Limit  int // 0 means all
}

// Versions returns the snapshots of a model, the newest first.
func (s *Service) Versions(ctx context.Context, who user.Identity, id ID, p Page) ([]Version, error) {
	if _, err := s.Get(ctx, who, id); err != nil {
		return nil, err
	}
	return s.Store.Versions(ctx, id, p)
}

// snapshot binds a model to what is at the address that it has just named, and
// dates what came there since the last time.
func (s *Service) snapshot(ctx context.Context, m Model, at *Moment) error {
	if !m.Address.IsOwn() {
		return nil
	}
	g, found, err := s.Files.Find(ctx, m.Address.Path, "")
	if err != nil {
		return err
	}
	if found {
		if err := s.bind(ctx, Named{m.ID, m.Address, m.Iteration}, g); err != nil {
			return err
		}
	}
	return s.Store.Date(ctx, m.ID, m.Address.Path, at)
}

// bind makes a content of the address the newest version of a model, unless it
// is already. Until an edit says better, it was made when the address was
// named last.
func (s *Service) bind(ctx context.Context, m Named, g file.Generation) error {
	last, found, err := s.Store.Last(ctx, m.ID, g.Path)
	if err != nil {
		return err
	}
	if found && last.Digest == g.Digest {
		if last.State == Stored && last.Generation == g.ID {
			return nil
		}
		return s.Store.Settle(ctx, last.ID, Stored, g.ID)
	}
	return s.Store.AddVersion(ctx, m.ID, Version{
		Address: m.Address, Generation: g.ID, Digest: g.Digest, Size: g.Size, State: Stored, Iteration: m.Iteration,
		Created: s.Now(), User: g.Uploader,
	})
}

// failed is how clients end the address of weights whose upload failed.
const failed = "/failed_uploading"

// spoils reports whether an address tells of a failed upload only, while the
// one that the model has leads to weights.
func (s *Service) spoils(ctx context.Context, m Model, a file.Address) (bool, error) {
	if !strings.HasSuffix(a.Text, failed) || !m.Address.IsOwn() {
		return false, nil
	}
	_, found, err := s.Files.Find(ctx, m.Address.Path, "")
	return found, err
}
