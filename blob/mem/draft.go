package mem

import (
	"context"
	"io"
	"iter"
	"time"

	"github.com/coffer-ml/coffer/blob"
)

var _ blob.Drafter = (*Store)(nil)

// WriteDraft implements blob.Drafter.
func (s *Store) WriteDraft(ctx context.Context, key blob.Key, off int64, r io.Reader) (int64, error) {
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
		return 0, blob.ErrExists.Errorf("the draft was finished")
	}
	if s.drafts == nil {
		s.drafts = make(map[blob.Key]object)
	}
	d := s.drafts[key]
	if missing := off + int64(len(content)) - int64(len(d.bytes)); missing > 0 {
		d.bytes = append(d.bytes, make([]byte, missing)...)
	}
	copy(d.bytes[off:], content)
	d.modified = s.now()
	s.drafts[key] = d
	return int64(len(content)), nil
}

func (s *Store) now() time.Time {
	if s.Now == nil {
		return time.Time{}
	}
	return s.Now()
}

// draft returns what was written under the key, finished or not.
func (s *Store) draft(key blob.Key) (object, error) {
	s.mu.RLock()
	d, ok := s.drafts[key]
	s.mu.RUnlock()
	if ok {
		return d, nil
	}
	return s.get(key)
}

// OpenDraft implements blob.Drafter.
func (s *Store) OpenDraft(_ context.Context, key blob.Key, off, n int64) (io.ReadCloser, error) {
	d, err := s.draft(key)
	if err != nil {
		return nil, err
	}
	return d.open(off, n), nil
}

// StatDraft implements blob.Drafter.
func (s *Store) StatDraft(_ context.Context, key blob.Key) (blob.Info, error) {
	d, err := s.draft(key)
	return blob.Info{Key: key, Size: int64(len(d.bytes)), Modified: d.modified}, err
}

// FinishDraft implements blob.Drafter.
func (s *Store) FinishDraft(_ context.Context, key blob.Key, size int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	finished, ok := s.objects[key]
	if !ok {
		finished = s.drafts[key]
	}
	if int64(len(finished.bytes)) != size {
		return blob.ErrLength.Errorf("expected a draft of %d bytes, found %d", size, len(finished.bytes))
	}
	delete(s.drafts, key)
	if ok {
		return nil
	}
	if s.objects == nil {
		s.objects = make(map[blob.Key]object)
	}
	finished.modified = s.now()
	s.objects[key] = finished
	return nil
}

// DropDraft implements blob.Drafter.
func (s *Store) DropDraft(_ context.Context, key blob.Key) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.drafts, key)
	return nil
}

// ListDrafts implements blob.Drafter.
func (s *Store) ListDrafts(context.Context) iter.Seq2[blob.Info, error] {
	s.mu.RLock()
	all := infos(s.drafts, "")
	s.mu.RUnlock()
	return yieldAll(all)
}
