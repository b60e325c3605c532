package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/drivers"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/sqlstore"
)

// openVolumes opens the stores of the configuration and checks that they are
// ours. The first one is where new bytes go.
func openVolumes(ctx context.Context, cfg Config, db *sqlstore.DB, m *metrics) (*file.Volumes, file.VolumeID, error) {
	open := func(_ context.Context, spec string) (blob.Store, error) {
		s, err := drivers.Open(spec)
		if err != nil {
			return nil, fmt.Errorf("open blob store: %w", err)
		}
		return m.meter(drivers.Location(spec), s), nil
	}
	v := newVolumes(db, open)
	var first file.VolumeID
	for i, spec := range append([]string{cfg.Blobs}, cfg.AlsoBlobs...) {
		s, err := open(ctx, spec)
		if err != nil {
			return nil, 0, err
		}
		of, err := v.Attach(ctx, drivers.Location(spec), s)
		if err != nil {
			return nil, 0, fmt.Errorf("blob store at %s: %w", drivers.Location(spec), err)
		}
		if i == 0 {
			first = of.ID
		}
	}
	return v, first, nil
}

func newVolumes(db *sqlstore.DB, open func(context.Context, string) (blob.Store, error)) *file.Volumes {
	return &file.Volumes{Rows: db.Volumes(), Files: db.Files(), Tx: db.Tx, Now: time.Now, Open: open, Forgets: drivers.Forgets}
}

// findOthers opens the stores that rows name and the configuration does not. A
// server without them would answer that files are lost.
func (s *services) findOthers(ctx context.Context, logger *slog.Logger) error {
	all, err := s.db.Volumes().All(ctx)
	if err != nil || len(all) == 1 {
		return err
	}
	held, err := s.db.Volumes().Tally(ctx)
	if err != nil {
		return err
	}
	attached := s.volumes.Attached()
	for _, t := range held {
		if attached[t.ID] != nil || t.Blobs+t.Left+t.Uploads == 0 {
			continue
		}
		_, err := s.volumes.Find(ctx, t.ID)
		switch {
		case err == nil:
			logger.Info("a store that the configuration does not name is in use, too", "location", t.Location, "contents", t.Blobs)
		case errors.Is(err, file.ErrNoVolume) && t.Blobs == 0: // what is left there is old
			logger.Warn("a store that is no longer in use cannot be cleared", "location", t.Location, "error", err)
		default:
			return err
		}
	}
	return nil
}

// volumeRow is a store in a listing.
type volumeRow struct {
	Number   file.VolumeID `json:"number"`
	Location string        `json:"location"`
	State    string        `json:"state"` // new bytes go there, open, closed
	Contents int           `json:"contents"`
	Bytes    int64         `json:"bytes"`
	Left     int           `json:"left"`
	Lost     int           `json:"lost"`
	Uploads  int           `json:"uploads"`
}

// States of a store.
const (
	stateCurrent = "new bytes go there"
	stateOpen    = "open"
	stateClosed  = "not open"
)

func listVolumes(ctx context.Context, s *services) ([]volumeRow, error) {
	all, err := s.db.Volumes().Tally(ctx)
	if err != nil {
		return nil, err
	}
	attached := s.volumes.Attached()
	rows := make([]volumeRow, len(all))
	for i, t := range all {
		state := stateClosed
		switch {
		case t.ID == s.files.Volume:
			state = stateCurrent
		case attached[t.ID] != nil:
			state = stateOpen
		}
		rows[i] = volumeRow{t.ID, t.Location, state, t.Blobs, t.Bytes, t.Left, t.Failed, t.Uploads}
	}
	return rows, nil
}

// volumeNamed finds the store that a specification or a number of a listing
// names, and opens it if need be.
func volumeNamed(ctx context.Context, s *services, name string) (file.VolumeID, error) {
	if n, err := strconv.ParseInt(name, 10, 64); err == nil {
		_, err := s.volumes.Find(ctx, file.VolumeID(n))
		return file.VolumeID(n), err
	}
	location := drivers.Location(name)
	if id, ok := s.volumes.At(location); ok {
		return id, nil
	}
	store, err := s.volumes.Open(ctx, name)
	if err != nil {
		return 0, err
	}
	of, err := s.volumes.Attach(ctx, location, store)
	return of.ID, err
}

// moveStep moves the next few contents from one store to another.
func moveStep(ctx context.Context, s *services, from, to string, after int64) (file.Moved, error) {
	source, err := volumeNamed(ctx, s, from)
	if err != nil {
		return file.Moved{}, fmt.Errorf("from: %w", err)
	}
	target := s.files.Volume
	if to != "" {
		if target, err = volumeNamed(ctx, s, to); err != nil {
			return file.Moved{}, fmt.Errorf("to: %w", err)
		}
	}
	return s.files.Move(ctx, source, target, after)
}
