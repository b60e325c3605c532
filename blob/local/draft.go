package local

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"github.com/coffer-ml/coffer/blob"
)

var _ blob.Drafter = (*Store)(nil)

// draft returns where the draft is, and where it is going to be as an object.
func (s *Store) draft(key blob.Key) (draft, object string, err error) {
	object, err = s.path(key)
	return filepath.Join(s.drafts(), string(key)), object, err
}

// WriteDraft implements blob.Drafter.
func (s *Store) WriteDraft(ctx context.Context, key blob.Key, off int64, r io.Reader) (size int64, err error) {
	draft, object, err := s.draft(key)
	if err != nil {
		return 0, err
	}
	if _, err := os.Stat(object); err == nil {
		return 0, blob.ErrExists.Errorf("the draft was finished")
	}
	f, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return 0, unwritten(err, "open draft")
	}
	defer func() { _ = f.Close() }()
	if size, err = s.disk.write(f, off, cancelled{ctx, r}); err != nil {
		return 0, unwritten(err, "write draft")
	}
	if err := s.syncDraft(f, draft); err != nil {
		return 0, err
	}
	return size, nil
}

// syncDraft makes a draft durable, with its entry in the folder, which is new
// only once.
func (s *Store) syncDraft(f *os.File, draft string) error {
	if err := s.disk.sync(f); err != nil {
		return unwritten(err, "sync draft")
	}
	if _, ok := s.begun.Load(draft); ok {
		return nil
	}
	if err := s.disk.syncDir(s.drafts()); err != nil {
		return unwritten(err, "sync folder")
	}
	s.begun.Store(draft, struct{}{})
	return nil
}

// openDraft opens what was written, finished or not.
func (s *Store) openDraft(key blob.Key) (*os.File, error) {
	draft, object, err := s.draft(key)
	if err != nil {
		return nil, err
	}
	f, err := look(draft, os.Open, s.drafts())
	if errors.Is(err, fs.ErrNotExist) {
		f, err = look(object, os.Open, filepath.Dir(object))
	}
	if err != nil {
		return nil, translate(err, "open draft")
	}
	return f, nil
}

// OpenDraft implements blob.Drafter.
func (s *Store) OpenDraft(_ context.Context, key blob.Key, off, n int64) (io.ReadCloser, error) {
	f, err := s.openDraft(key)
	if err != nil {
		return nil, err
	}
	return section(f, off, n)
}

// StatDraft implements blob.Drafter.
func (s *Store) StatDraft(_ context.Context, key blob.Key) (blob.Info, error) {
	f, err := s.openDraft(key)
	if err != nil {
		return blob.Info{}, err
	}
	defer func() { _ = f.Close() }()
	fi, err := f.Stat()
	if err != nil {
		return blob.Info{}, translate(err, "stat draft")
	}
	return blob.Info{Key: key, Size: fi.Size(), Modified: fi.ModTime().UTC()}, nil
}

// FinishDraft implements blob.Drafter. A crash may leave the draft beside the
// object; finishing again removes it.
func (s *Store) FinishDraft(ctx context.Context, key blob.Key, size int64) error {
	draft, object, err := s.draft(key)
	if err != nil {
		return err
	}
	there, err := s.finished(ctx, key, object, size)
	if err != nil || there {
		return err
	}
	err = s.finish(draft, object, size)
	if err == nil {
		return s.DropDraft(ctx, key)
	}
	// Another server may have been quicker.
	if there, ferr := s.finished(ctx, key, object, size); there && ferr == nil {
		return nil
	}
	return err
}

// finished makes sure of an object that is there, and removes what is left of
// its draft.
func (s *Store) finished(ctx context.Context, key blob.Key, object string, size int64) (bool, error) {
	info, err := s.Stat(ctx, key)
	if err != nil {
		return false, nil //nolint:nilerr // what is wrong shows when it is made
	}
	if info.Size != size {
		return true, wrongEnd(size, info.Size)
	}
	// What made it visible may have been cut short before it was synced.
	if err := s.disk.syncDir(filepath.Dir(object)); err != nil {
		return true, unwritten(err, "sync folder")
	}
	return true, s.DropDraft(ctx, key)
}

// finish makes a draft the object.
func (s *Store) finish(draft, object string, size int64) error {
	f, err := os.OpenFile(draft, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return unwritten(err, "open draft")
	}
	defer func() { _ = f.Close() }()
	fi, err := f.Stat()
	if err != nil {
		return translate(err, "stat draft")
	}
	if fi.Size() != size {
		return wrongEnd(size, fi.Size())
	}
	if err := s.syncDraft(f, draft); err != nil {
		return err
	}
	return s.show(draft, object)
}

func wrongEnd(expected, found int64) error {
	return blob.ErrLength.Errorf("expected a draft of %d bytes, found %d", expected, found)
}

// DropDraft implements blob.Drafter. As with Delete, the removal is not synced.
func (s *Store) DropDraft(_ context.Context, key blob.Key) error {
	draft, _, err := s.draft(key)
	if err != nil {
		return err
	}
	s.begun.Delete(draft)
	if err := s.disk.unlink(draft); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return translate(err, "remove draft")
	}
	return nil
}

// ListDrafts implements blob.Drafter.
func (s *Store) ListDrafts(ctx context.Context) iter.Seq2[blob.Info, error] {
	return func(yield func(blob.Info, error) bool) {
		entries, err := os.ReadDir(s.drafts())
		if err != nil {
			yield(blob.Info{}, translate(err, "list drafts"))
			return
		}
		for _, e := range entries {
			fi, err := e.Info()
			if err != nil || !blob.Key(e.Name()).Valid() {
				continue // dropped meanwhile, or none of ours
			}
			if err := ctx.Err(); err != nil {
				yield(blob.Info{}, err)
				return
			}
			if !yield(blob.Info{Key: blob.Key(e.Name()), Size: fi.Size(), Modified: fi.ModTime().UTC()}, nil) {
				return
			}
		}
	}
}
