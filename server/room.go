package server

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/local"
)

// room knows how much space is left where things are kept.
type room struct {
	places []place
	keep   int64
}

// place is somewhere that can run full.
type place struct {
	name, what string
	grows      bool // by the bytes of an upload
	measure    func(context.Context) (blob.Space, error)
}

func newRoom(cfg Config, blobs blob.Store) *room {
	r := &room{keep: cfg.MinFreeSpace}
	if m, ok := blob.As[blob.Measurer](blobs); ok {
		r.places = append(r.places, place{"blobs", "the disk that holds the files", true, m.Space})
	}
	r.places = append(r.places, place{"data", "the disk that holds the data directory", false, func(context.Context) (blob.Space, error) {
		return local.SpaceAt(cfg.Data)
	}})
	return r
}

// autoFreeSpace keeps a hundredth free, but no more than autoMost.
const (
	autoFreeSpace int64 = -1
	// autoMost holds the log of the database many times over, which deleting
	// and the collection need to grow; a hundredth of a large disk would only
	// lie idle.
	autoMost = 512 << 20
)

// kept is how much must stay free of a total.
func (r *room) kept(total int64) int64 {
	if r.keep == autoFreeSpace {
		return min(total/100, autoMost)
	}
	return r.keep
}

// check refuses an upload that would take what must stay free.
func (r *room) check(ctx context.Context, size int64) error {
	if r.keep == 0 {
		return nil
	}
	for _, p := range r.places {
		s, err := p.measure(ctx)
		if err != nil {
			return err
		}
		kept := r.kept(s.Total)
		switch {
		case s.Free < kept:
			return blob.ErrStoreFull.Errorf("the store is full: %d bytes are free on %s, and %d must stay free", s.Free, p.what, kept)
		case p.grows && s.Free-size < kept:
			return blob.ErrStoreFull.Errorf("the store is full for an upload of %d bytes: %d are free on %s, and %d must stay free", size, s.Free, p.what, kept)
		}
	}
	return nil
}

// watch shows the room of each place.
func (m *metrics) watch(r *room) {
	for _, p := range r.places {
		show := func(name, help string, of func(blob.Space) int64) {
			m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
				Name: name, Help: help, ConstLabels: prometheus.Labels{"of": p.name},
			}, func() float64 {
				s, err := p.measure(context.Background())
				if err != nil {
					return -1
				}
				return float64(of(s))
			}))
		}
		show("coffer_free_bytes", "Bytes free where blobs and data are; -1 if they cannot be measured.", func(s blob.Space) int64 { return s.Free })
		show("coffer_free_bytes_least", "Bytes that must stay free there, else uploads are refused.", func(s blob.Space) int64 { return r.kept(s.Total) })
	}
}
