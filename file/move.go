package file

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/coffer-ml/coffer/blob"
)

// Limits on one step of a move: what a crash makes it do again.
const (
	moveBlobs = 200
	moveBytes = 1 << 30
	// movers is how many contents are copied at once: small ones wait for the
	// far store most of the time.
	movers = 8
)

// Moved tells what one step of a move did.
type Moved struct {
	Blobs   int           `json:"blobs"`   // copied, verified and switched
	Bytes   int64         `json:"bytes"`   // of them
	Lost    []blob.Digest `json:"lost"`    // contents whose bytes are not there: their files read as lost now
	Damaged []blob.Digest `json:"damaged"` // contents that do not read as what was stored: left where they are
	Next    int64         `json:"next"`    // where the next step begins
	Done    bool          `json:"done"`    // nothing is left from there on
}

// Move copies contents of one volume to another, the next few after the given
// row, and makes the copies their bytes. Each is verified on its way. It can be
// interrupted anywhere and begun again: what a file is read from is decided by
// one transaction once the copies are durable, and what an interruption leaves
// is a copy that nobody knows, which the sweep removes. The old bytes stay for
// the grace period, for those who have begun to read them.
func (s *Service) Move(ctx context.Context, from, to VolumeID, after int64) (Moved, error) {
	m := Moved{Next: after}
	if from == to {
		return m, ErrVolume.Errorf("the contents are there already: from and to are the same store")
	}
	source, err := s.store(ctx, from)
	if err != nil {
		return m, err
	}
	target, err := s.store(ctx, to)
	if err != nil {
		return m, err
	}
	page, err := s.Store.Movable(ctx, from, after, moveBlobs)
	if err != nil {
		return m, err
	}
	if m.Done = len(page) < moveBlobs; len(page) == 0 {
		return m, nil
	}
	few := upTo(page, moveBytes)
	m.Done = m.Done && len(few) == len(page)
	m.Next = few[len(few)-1].ID
	copies, err := s.copyAll(ctx, few, source, target)
	defer func() {
		for _, c := range copies {
			s.arriving.Delete(c.key)
		}
	}()
	if err != nil {
		for _, c := range copies {
			s.discard(ctx, to, c.key)
		}
		return Moved{Next: after}, err
	}
	return m, s.switchAll(ctx, few, copies, to, &m)
}

// upTo returns the first blobs with about so many bytes, at least one.
func upTo(page []Bytes, most int64) []Bytes {
	for i, b := range page {
		if most -= b.Size; most <= 0 {
			return page[:i+1]
		}
	}
	return page
}

// copied is what became of one content.
type copied struct {
	key blob.Key // of the copy; "" if there is none
	err error    // why there is none: the bytes are lost or damaged
}

// copyAll copies contents, several at a time. Errors are those that others
// would meet, too; then nothing is known of the rest.
func (s *Service) copyAll(ctx context.Context, contents []Bytes, source, target blob.Store) ([]copied, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	copies := make([]copied, len(contents))
	next := make(chan int)
	var working sync.WaitGroup
	for range min(movers, len(contents)) {
		working.Go(func() {
			for i := range next {
				var err error
				if copies[i], err = s.copy(ctx, contents[i], source, target); err != nil {
					cancel(fmt.Errorf("copy the content with SHA-256 %s: %w", contents[i].Digest, err))
				}
			}
		})
	}
	for i := range contents {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	working.Wait()
	return copies, context.Cause(ctx)
}

func (s *Service) copy(ctx context.Context, b Bytes, source, target blob.Store) (copied, error) {
	r, err := source.Open(ctx, b.Key, 0, -1)
	if errors.Is(err, blob.ErrNotFound) {
		return copied{err: err}, nil
	}
	if err != nil {
		return copied{}, err
	}
	defer func() { _ = r.Close() }()
	key := blob.NewKey()
	s.arriving.Store(key, nil)
	_, err = blob.Put(ctx, target, r, blob.PutOptions{Key: key, MaxSize: b.Size + 1, Size: &b.Size, Digest: b.Digest})
	if err == nil {
		return copied{key: key}, nil
	}
	s.arriving.Delete(key)
	switch {
	case ctx.Err() != nil:
		return copied{}, ctx.Err()
	case errors.Is(err, blob.ErrNotFound), errors.Is(err, blob.ErrMismatch), errors.Is(err, blob.ErrLength), errors.Is(err, blob.ErrTooLarge):
		return copied{err: err}, nil
	}
	return copied{}, err
}

// switchAll makes the copies the bytes of their contents, all of them or none.
func (s *Service) switchAll(ctx context.Context, contents []Bytes, copies []copied, to VolumeID, m *Moved) error {
	var done []bool
	err := s.Tx(ctx, func(ctx context.Context) error {
		done = make([]bool, len(contents))
		for i, b := range contents {
			if copies[i].key == "" {
				continue
			}
			var err error
			if done[i], err = s.Store.Relocate(ctx, b, to, copies[i].key, s.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err // it may have come through: the sweep knows
	}
	for i, b := range contents {
		switch c := copies[i]; {
		case done[i]:
			m.Blobs++
			m.Bytes += b.Size
		case c.key != "": // deleted or moved by somebody else meanwhile
			s.discard(ctx, to, c.key)
		case errors.Is(c.err, blob.ErrNotFound):
			lost, err := s.gone(ctx, b)
			if err != nil {
				return err
			}
			if lost {
				m.Lost = append(m.Lost, b.Digest)
			}
		default:
			s.Logger.Error("a content is damaged where it is stored", "sha256", b.Digest, "key", b.Key, "error", c.err)
			m.Damaged = append(m.Damaged, b.Digest)
		}
	}
	return nil
}

// gone notes that the bytes of a content are lost, unless it was deleted or
// moved meanwhile.
func (s *Service) gone(ctx context.Context, b Bytes) (bool, error) {
	now, found, err := s.Sessions.Holds(ctx, b.Digest)
	if err != nil || !found || now.Key != b.Key {
		return false, err
	}
	return true, s.lose(ctx, b.Key)
}
