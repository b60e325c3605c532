package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/coffer-ml/coffer/blob"
)

// droppedAtOnce is how many pieces are deleted in parallel: a draft may have
// thousands, and each costs a round trip.
const droppedAtOnce = 16

// draft returns what the names of a draft's pieces begin with, and the name
// that it is going to have as an object.
func (s *Store) draft(key blob.Key) (prefix, object string, err error) {
	object, err = s.Object(key)
	return s.Prefix + drafts + string(key) + "/", object, err
}

// WriteDraft implements blob.Drafter.
func (s *Store) WriteDraft(ctx context.Context, key blob.Key, off int64, r io.Reader) (size int64, err error) {
	prefix, object, err := s.draft(key)
	if err != nil {
		return 0, err
	}
	if _, err := s.Client.Stat(ctx, object); err == nil {
		return 0, blob.ErrExists.Errorf("the draft was finished")
	} else if !errors.Is(err, blob.ErrNotFound) {
		return 0, err
	}
	return s.Client.Put(ctx, fmt.Sprintf("%s%016x-%016x-%s", prefix, off, s.now().UnixNano(), blob.NewKey()), r)
}

// pieces lists what was written to a draft.
func (s *Store) pieces(ctx context.Context, prefix string) ([]written, error) {
	var all []written
	for e, err := range s.Client.List(ctx, prefix, "") {
		if err != nil {
			return nil, err
		}
		if w, ok := parsePiece(e, prefix); ok {
			all = append(all, w)
		}
	}
	return all, nil
}

// written is a piece of a draft.
type written struct {
	Entry
	off  int64
	time int64 // in nanoseconds since 1970
}

func (w written) end() int64 { return w.off + w.Size }

func parsePiece(e Entry, prefix string) (written, bool) {
	fields := strings.Split(strings.TrimPrefix(e.Name, prefix), "-")
	if len(fields) != 3 {
		return written{}, false // none of ours
	}
	off, oerr := strconv.ParseInt(fields[0], 16, 64)
	at, terr := strconv.ParseInt(fields[1], 16, 64)
	return written{Entry: e, off: off, time: at}, oerr == nil && terr == nil
}

// OpenDraft implements blob.Drafter.
func (s *Store) OpenDraft(ctx context.Context, key blob.Key, off, n int64) (io.ReadCloser, error) {
	prefix, _, err := s.draft(key)
	if err != nil {
		return nil, err
	}
	all, err := s.pieces(ctx, prefix)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return s.Open(ctx, key, off, n) // finished, or never begun
	}
	end := endOf(all)
	if n >= 0 {
		end = min(end, off+n)
	}
	spans := cut(cover(all), off, end)
	if err := gapless(spans, off, end); err != nil {
		return nil, err
	}
	return &chain{open: func(p Piece) (io.ReadCloser, error) { return s.open(ctx, p.Name, p.Off, p.Size) }, rest: piecesOf(spans)}, nil
}

// StatDraft implements blob.Drafter.
func (s *Store) StatDraft(ctx context.Context, key blob.Key) (blob.Info, error) {
	prefix, _, err := s.draft(key)
	if err != nil {
		return blob.Info{}, err
	}
	all, err := s.pieces(ctx, prefix)
	if err != nil {
		return blob.Info{}, err
	}
	if len(all) == 0 {
		return s.Stat(ctx, key)
	}
	return infoOf(key, all), nil
}

func infoOf(key blob.Key, all []written) blob.Info {
	info := blob.Info{Key: key, Size: endOf(all)}
	for _, w := range all {
		if w.Modified.After(info.Modified) {
			info.Modified = w.Modified
		}
	}
	return info
}

// FinishDraft implements blob.Drafter. A crash may leave pieces beside the
// object; finishing again removes them.
func (s *Store) FinishDraft(ctx context.Context, key blob.Key, size int64) error {
	prefix, object, err := s.draft(key)
	if err != nil {
		return err
	}
	if info, err := s.Stat(ctx, key); err == nil {
		if info.Size != size {
			return wrongEnd(size, info.Size)
		}
		return s.DropDraft(ctx, key)
	} else if !errors.Is(err, blob.ErrNotFound) {
		return err
	}
	all, err := s.pieces(ctx, prefix)
	if err != nil {
		return err
	}
	if end := endOf(all); end != size {
		return wrongEnd(size, end)
	}
	spans := cut(cover(all), 0, size)
	if err := gapless(spans, 0, size); err != nil {
		return err
	}
	if err := s.compose(ctx, object, piecesOf(spans)); err != nil && !errors.Is(err, blob.ErrExists) {
		return err
	}
	// Another server may have been quicker; and a store that put together
	// something else than it was told to must not be believed.
	info, err := s.Stat(ctx, key)
	if err != nil {
		return err
	}
	if info.Size != size {
		_ = s.Delete(context.WithoutCancel(ctx), key)
		return fmt.Errorf("the store made %d bytes of pieces that have %d", info.Size, size)
	}
	return s.DropDraft(ctx, key)
}

func (s *Store) compose(ctx context.Context, object string, pieces []Piece) error {
	if len(pieces) == 0 {
		_, err := s.Client.Put(ctx, object, strings.NewReader(""))
		return err
	}
	return s.Client.Compose(ctx, object, pieces)
}

func wrongEnd(expected, found int64) error {
	return blob.ErrLength.Errorf("expected a draft of %d bytes, found %d", expected, found)
}

// DropDraft implements blob.Drafter.
func (s *Store) DropDraft(ctx context.Context, key blob.Key) error {
	prefix, _, err := s.draft(key)
	if err != nil {
		return err
	}
	deletes, ctx := errgroup.WithContext(ctx)
	deletes.SetLimit(droppedAtOnce)
	for e, err := range s.Client.List(ctx, prefix, "") {
		if err != nil {
			return errors.Join(err, deletes.Wait())
		}
		deletes.Go(func() error { return s.Client.Delete(ctx, e.Name) })
	}
	return deletes.Wait()
}

// ListDrafts implements blob.Drafter.
func (s *Store) ListDrafts(ctx context.Context) iter.Seq2[blob.Info, error] {
	prefix := s.Prefix + drafts
	return func(yield func(blob.Info, error) bool) {
		var of blob.Key
		var all []written
		tell := func() bool { return len(all) == 0 || yield(infoOf(of, all), nil) }
		for e, err := range s.Client.List(ctx, prefix, "") {
			if err != nil {
				yield(blob.Info{}, err)
				return
			}
			key, _, _ := strings.Cut(strings.TrimPrefix(e.Name, prefix), "/")
			w, ok := parsePiece(e, prefix+key+"/")
			if !ok || !blob.Key(key).Valid() {
				continue // none of ours
			}
			if blob.Key(key) != of {
				if !tell() {
					return
				}
				of, all = blob.Key(key), all[:0]
			}
			all = append(all, w)
		}
		tell()
	}
}

// chain reads pieces one after the other.
type chain struct {
	open func(Piece) (io.ReadCloser, error)

	mu      sync.Mutex // between Read and Close
	rest    []Piece
	current io.ReadCloser
}

// Read implements io.Reader.
func (c *chain) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if c.current == nil {
			if len(c.rest) == 0 {
				return 0, io.EOF
			}
			r, err := c.open(c.rest[0])
			if err != nil {
				return 0, err
			}
			c.current, c.rest = r, c.rest[1:]
		}
		n, err := c.current.Read(p)
		if errors.Is(err, io.EOF) {
			_ = c.current.Close()
			c.current, err = nil, nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// Close implements io.Closer.
func (c *chain) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rest = nil
	if c.current == nil {
		return nil
	}
	err := c.current.Close()
	c.current = nil
	return err
}
