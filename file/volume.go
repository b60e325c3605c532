package file

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/internal/ident"
)

// The reasons of volumes.
var (
	ErrNoVolume = fault.Reason{Kind: fault.Unavailable, Name: "volume.not_open"}
	ErrForeign  = fault.Reason{Kind: fault.Conflict, Name: "volume.foreign_store"}
	ErrVolume   = fault.Reason{Kind: fault.Invalid, Name: "volume.bad"}
	ErrUnmarked = fault.Reason{Kind: fault.Conflict, Name: "volume.no_mark"}
)

// VolumeID is the number under which rows name a store.
type VolumeID int64

// Volume is a store that holds bytes of this installation. It is known by its
// mark, wherever it lies.
type Volume struct {
	ID       VolumeID
	Mark     string // 32 hex digits
	Location string // the last place where it was found, without credentials
	Created  time.Time
	Marked   time.Time // zero until it is certain that the store has its mark
}

// Tally is what a volume holds.
type Tally struct {
	Volume
	Blobs   int   // contents
	Bytes   int64 // of them
	Left    int   // copies of contents that were moved away, kept for the grace period
	Failed  int   // contents whose bytes are lost
	Uploads int   // open upload sessions
}

// VolumeStore keeps volumes. Writes take part in the transaction of the
// context.
type VolumeStore interface {
	// All returns the volumes in the order of their numbers.
	All(ctx context.Context) ([]Volume, error)
	// Add gives the next number to a volume.
	Add(ctx context.Context, v Volume) (Volume, error)
	// Note changes location and time of marking.
	Note(ctx context.Context, v Volume) error
	// Tally returns what each volume holds, in the order of their numbers.
	Tally(ctx context.Context) ([]Tally, error)
}

// Volumes are the stores of an installation.
type Volumes struct {
	Rows  VolumeStore
	Files Store
	Tx    func(ctx context.Context, fn func(context.Context) error) error
	Now   func() time.Time
	// Open opens the store at a location that nobody attached, with what the
	// environment has of credentials; nil if that is not wanted.
	Open func(ctx context.Context, location string) (blob.Store, error)
	// Forgets reports whether the store at a location begins empty each time;
	// nil means that none does.
	Forgets func(location string) bool

	mu   sync.RWMutex
	open map[VolumeID]attached
}

type attached struct {
	store          blob.Store
	mark, location string
}

// Attach makes the store at a location a volume: the one that its mark names,
// or a new one if it is empty. ErrForeign if it belongs to somebody else,
// ErrUnmarked if it should have a mark and has none.
func (v *Volumes) Attach(ctx context.Context, location string, s blob.Store) (Volume, error) {
	mark, err := blob.ReadMark(ctx, s)
	if errors.Is(err, blob.ErrNotFound) {
		if err := v.mayMark(ctx, location, s); err != nil {
			return Volume{}, err
		}
		return v.Adopt(ctx, location, s)
	}
	if err != nil {
		return Volume{}, err
	}
	return v.known(ctx, location, s, mark)
}

// known makes a store with a mark the volume that the mark names.
func (v *Volumes) known(ctx context.Context, location string, s blob.Store, mark blob.Mark) (of Volume, err error) {
	err = v.Tx(ctx, func(ctx context.Context) error {
		all, err := v.Rows.All(ctx)
		if err != nil {
			return err
		}
		for _, of = range all {
			if of.Mark != mark.Volume {
				continue
			}
			if of.Location == location && !of.Marked.IsZero() {
				return nil
			}
			of.Location, of.Marked = location, v.Now()
			return v.Rows.Note(ctx, of)
		}
		return ErrForeign.Errorf("the store at %s belongs to another Coffer, with another database (its mark is %s, of %s): each would delete the files of the other. Give each installation a store, a folder or a prefix of its own", location, mark.Volume, mark.Created.Format(time.DateOnly))
	})
	if err != nil {
		return Volume{}, err
	}
	v.keep(of, s)
	return of, nil
}

// mayMark refuses a store without a mark that is not a new one.
func (v *Volumes) mayMark(ctx context.Context, location string, s blob.Store) error {
	if v.forgets(location) {
		return nil
	}
	all, err := v.Rows.All(ctx)
	if err != nil {
		return err
	}
	for _, of := range all {
		if of.Location == location && !of.Marked.IsZero() {
			return ErrUnmarked.Errorf("the store at %s has lost its mark, the object %s: is its disk mounted, is it the right bucket? If what is there is all there is, go on with: coffer blobs mark", location, blob.MarkKey)
		}
	}
	const few = 20 // enough to tell whose it is
	var keys []blob.Key
	for info, err := range s.List(ctx, "") {
		if err != nil {
			return err
		}
		if keys = append(keys, info.Key); len(keys) == few {
			break
		}
	}
	if len(keys) == 0 {
		return nil
	}
	if known, err := v.Files.Known(ctx, keys); err != nil || len(known) > 0 {
		return err // of before there were marks
	}
	return ErrForeign.Errorf("the store at %s has no mark, and holds objects that this database does not know: they would be deleted as what a crash has left. Give each installation an empty store, folder or prefix of its own", location)
}

// Adopt marks a store that has no mark as the volume that was at its location,
// or as a new one.
func (v *Volumes) Adopt(ctx context.Context, location string, s blob.Store) (of Volume, err error) {
	err = v.Tx(ctx, func(ctx context.Context) error {
		all, err := v.Rows.All(ctx)
		if err != nil {
			return err
		}
		for _, of = range all {
			if of.Location == location {
				return nil
			}
		}
		of, err = v.Rows.Add(ctx, Volume{Mark: ident.New(), Location: location, Created: v.Now()})
		return err
	})
	if err != nil {
		return Volume{}, err
	}
	mark, err := blob.WriteMark(ctx, s, blob.Mark{Volume: of.Mark, Created: v.Now(), About: "The objects beside this one belong to one Coffer. Without it they are not used."})
	if err != nil {
		return Volume{}, err
	}
	return v.known(ctx, location, s, mark)
}

func (v *Volumes) forgets(location string) bool { return v.Forgets != nil && v.Forgets(location) }

func (v *Volumes) keep(of Volume, s blob.Store) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.open == nil {
		v.open = make(map[VolumeID]attached)
	}
	if _, ok := v.open[of.ID]; !ok {
		v.open[of.ID] = attached{s, of.Mark, of.Location}
	}
}

func (v *Volumes) get(id VolumeID) (attached, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	a, ok := v.open[id]
	return a, ok
}

// Find returns the store of a volume. One that nobody attached is opened where
// it was last seen, if it is still there.
func (v *Volumes) Find(ctx context.Context, id VolumeID) (blob.Store, error) {
	if a, ok := v.get(id); ok {
		return a.store, nil
	}
	all, err := v.Rows.All(ctx)
	if err != nil {
		return nil, err
	}
	for _, of := range all {
		if of.ID != id || v.Open == nil {
			continue
		}
		s, err := v.Open(ctx, of.Location)
		if err == nil && !v.forgets(of.Location) {
			err = verify(ctx, s, of.Mark)
		}
		if err != nil {
			return nil, ErrNoVolume.Wrap(err, "the store at %s, which holds bytes of this server, cannot be opened; name it in also-blobs", of.Location)
		}
		v.keep(of, s)
		a, _ := v.get(id)
		return a.store, nil
	}
	return nil, ErrNoVolume.Errorf("there is no store with the number %d", id)
}

// At returns the volume whose open store is at a location.
func (v *Volumes) At(location string) (VolumeID, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	for id, a := range v.open {
		if a.location == location {
			return id, true
		}
	}
	return 0, false
}

// Attached returns the volumes whose stores are open, and their stores.
func (v *Volumes) Attached() map[VolumeID]blob.Store {
	v.mu.RLock()
	defer v.mu.RUnlock()
	out := make(map[VolumeID]blob.Store, len(v.open))
	for id, a := range v.open {
		out[id] = a.store
	}
	return out
}

// Verify fails unless the store of a volume has its mark.
func (v *Volumes) Verify(ctx context.Context, id VolumeID) error {
	a, ok := v.get(id)
	if !ok {
		return ErrNoVolume.Errorf("the store with the number %d is not open", id)
	}
	return verify(ctx, a.store, a.mark)
}

func verify(ctx context.Context, s blob.Store, mark string) error {
	m, err := blob.ReadMark(ctx, s)
	switch {
	case errors.Is(err, blob.ErrNotFound):
		return ErrUnmarked.Wrap(err, "the store has lost its mark, the object %s", blob.MarkKey)
	case err != nil:
		return err
	case m.Volume != mark:
		return ErrForeign.Errorf("the store belongs to another Coffer now: its mark is %s, not %s", m.Volume, mark)
	}
	return nil
}
