package mem

import (
	"bytes"
	"context"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coffer-ml/coffer/blob"
)

// Store keeps objects in memory. The zero value is ready to use.
type Store struct {
	// Now is the clock of modification times; nil leaves them zero.
	Now func() time.Time

	mu      sync.RWMutex
	objects map[blob.Key]object
	drafts  map[blob.Key]object
}

type object struct {
	bytes    []byte
	modified time.Time
}

var _ blob.Store = (*Store)(nil)

// Put implements blob.Store.
func (s *Store) Put(ctx context.Context, key blob.Key, r io.Reader) (int64, error) {
	content, err := io.ReadAll(r)
	if err != nil {
		return 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.objects[key]; ok {
		return 0, blob.ErrExists.Errorf("an object with this key exists")
	}
	if s.objects == nil {
		s.objects = make(map[blob.Key]object)
	}
	s.objects[key] = object{bytes: content, modified: s.now()}
	return int64(len(content)), nil
}

func (s *Store) get(key blob.Key) (object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	o, ok := s.objects[key]
	if !ok {
		return object{}, blob.ErrNotFound.Errorf("there is no such object")
	}
	return o, nil
}

// Open implements blob.Store.
func (s *Store) Open(_ context.Context, key blob.Key, off, n int64) (io.ReadCloser, error) {
	o, err := s.get(key)
	if err != nil {
		return nil, err
	}
	return o.open(off, n), nil
}

func (o object) open(off, n int64) io.ReadCloser {
	size := int64(len(o.bytes))
	off = min(off, size)
	if n < 0 || off+n > size {
		n = size - off
	}
	return io.NopCloser(bytes.NewReader(o.bytes[off : off+n]))
}

// Stat implements blob.Store.
func (s *Store) Stat(_ context.Context, key blob.Key) (blob.Info, error) {
	o, err := s.get(key)
	return blob.Info{Key: key, Size: int64(len(o.bytes)), Modified: o.modified}, err
}

// Delete implements blob.Store.
func (s *Store) Delete(_ context.Context, key blob.Key) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.objects, key)
	return nil
}

// List implements blob.Store.
func (s *Store) List(_ context.Context, after blob.Key) iter.Seq2[blob.Info, error] {
	s.mu.RLock()
	all := infos(s.objects, after)
	s.mu.RUnlock()
	return yieldAll(all)
}

// infos lists what has a greater key than after, in key order.
func infos(objects map[blob.Key]object, after blob.Key) []blob.Info {
	var all []blob.Info
	for key, o := range objects {
		if key > after {
			all = append(all, blob.Info{Key: key, Size: int64(len(o.bytes)), Modified: o.modified})
		}
	}
	slices.SortFunc(all, func(a, b blob.Info) int { return strings.Compare(string(a.Key), string(b.Key)) })
	return all
}

func yieldAll(all []blob.Info) iter.Seq2[blob.Info, error] {
	return func(yield func(blob.Info, error) bool) {
		for _, info := range all {
			if !yield(info, nil) {
				return
			}
		}
	}
}
