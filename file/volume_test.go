package file_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/blobtest"
	"github.com/coffer-ml/coffer/blob/mem"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/user"
)

// volumes makes the stores of a world known to it, and further ones.
func (w *world) volumes(t testing.TB) *file.Volumes {
	t.Helper()
	v := &file.Volumes{Rows: w.db.Volumes(), Files: w.db.Files(), Tx: w.db.Tx, Now: time.Now}
	first := w.attach(t, v, "first", w.blobs)
	for _, s := range []*file.Service{w.files, w.elsewhere} {
		s.Volumes, s.Volume = v, first
	}
	return v
}

func (w *world) attach(t testing.TB, v *file.Volumes, location string, s blob.Store) file.VolumeID {
	t.Helper()
	of, err := v.Attach(t.Context(), location, s)
	must(t, err)
	return of.ID
}

// onBoth runs a test in a world on each engine.
func onBoth(t *testing.T, test func(t *testing.T, w *world)) {
	for engine := range databases {
		t.Run(engine, func(t *testing.T) { test(t, newWorld(t, engine, &mem.Store{Now: time.Now}, nil)) })
	}
}

func TestVolumes(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		v := w.volumes(t)
		again := func() *file.Volumes {
			return &file.Volumes{Rows: v.Rows, Files: v.Files, Tx: v.Tx, Now: time.Now, Open: v.Open}
		}
		t.Run("are known again by their mark, wherever they lie", func(t *testing.T) {
			of, err := again().Attach(ctx, "elsewhere", w.blobs)
			must(t, err)
			if of.ID != w.files.Volume || of.Location != "elsewhere" {
				t.Errorf("it is %+v", of)
			}
		})
		t.Run("have numbers of their own", func(t *testing.T) {
			if id := w.attach(t, v, "second", &mem.Store{}); id != w.files.Volume+1 {
				t.Errorf("the second store has the number %d", id)
			}
		})
		t.Run("of another database are refused", func(t *testing.T) {
			other := newWorld(t, "sqlite", &mem.Store{}, nil)
			other.volumes(t)
			_, err := again().Attach(ctx, "second", other.blobs)
			if !errors.Is(err, file.ErrForeign) || !strings.Contains(err.Error(), "second") {
				t.Errorf("got %v", err)
			}
		})
		t.Run("with objects of somebody else are refused", func(t *testing.T) {
			full := &mem.Store{}
			_, err := blob.Put(ctx, full, strings.NewReader("x"), blob.PutOptions{})
			must(t, err)
			if _, err = again().Attach(ctx, "full", full); !errors.Is(err, file.ErrForeign) {
				t.Errorf("got %v", err)
			}
			_, err = blob.ReadMark(ctx, full)
			if !errors.Is(err, blob.ErrNotFound) {
				t.Errorf("it was marked: %v", err)
			}
		})
		t.Run("that lost their mark are refused until somebody says so", func(t *testing.T) {
			must(t, w.blobs.Delete(ctx, blob.MarkKey))
			if _, err := again().Attach(ctx, "elsewhere", w.blobs); !errors.Is(err, file.ErrUnmarked) {
				t.Errorf("attached: %v", err)
			}
			if err := v.Verify(ctx, w.files.Volume); !errors.Is(err, file.ErrUnmarked) {
				t.Errorf("verified: %v", err)
			}
			_, err := w.files.Collect(ctx, 0)
			if !errors.Is(err, file.ErrUnmarked) {
				t.Errorf("swept: %v", err)
			}
			of, err := again().Adopt(ctx, "elsewhere", w.blobs)
			must(t, err)
			if of.ID != w.files.Volume {
				t.Errorf("it is %+v", of)
			}
			must(t, v.Verify(ctx, w.files.Volume))
		})
		t.Run("that became somebody else's are not swept", func(t *testing.T) {
			_, err := blob.Put(ctx, w.blobs, strings.NewReader("of somebody else"), blob.PutOptions{})
			must(t, err)
			must(t, w.blobs.Delete(ctx, blob.MarkKey))
			_, err = blob.WriteMark(ctx, w.blobs, blob.Mark{Volume: "of somebody else"})
			must(t, err)
			if r, err := w.files.Collect(ctx, 0); !errors.Is(err, file.ErrForeign) || r.Orphans != 0 {
				t.Errorf("%+v, %v", r, err)
			}
		})
	})
}

func TestStoresFromBeforeMarksAreTheFirstVolume(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.files.Volume = 1 // as the migration has it
		content := blobtest.Bytes(100, 1)
		_, err := w.upload(t.Context(), "old", content)
		must(t, err)
		w.volumes(t)
		if w.files.Volume != 1 {
			t.Errorf("it is volume %d", w.files.Volume)
		}
		_, got, err := w.read(t.Context(), "old", file.Want{})
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	})
}

func TestStoresThatNobodyAttachedAreFoundWhereTheyWere(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		v := w.volumes(t)
		second := &mem.Store{Now: time.Now}
		to := w.attach(t, v, "second", second)
		content := blobtest.Bytes(100, 2)
		_, err := w.upload(t.Context(), "a", content)
		must(t, err)
		_, err = w.files.Move(t.Context(), w.files.Volume, to, 0)
		must(t, err)

		places := map[string]blob.Store{"second": &mem.Store{}}
		w.files.Volumes = &file.Volumes{Rows: v.Rows, Files: v.Files, Tx: v.Tx, Now: time.Now, Open: func(_ context.Context, location string) (blob.Store, error) {
			if places[location] == nil {
				return nil, errors.New("nobody answers at " + location)
			}
			return places[location], nil
		}}
		for what, place := range map[string]blob.Store{"empty": &mem.Store{}, "away": nil} {
			places["second"] = place
			_, _, err := w.read(t.Context(), "a", file.Want{})
			if !errors.Is(err, file.ErrNoVolume) || !strings.Contains(err.Error(), "second") {
				t.Errorf("%s: %v", what, err)
			}
		}
		places["second"] = second
		if _, got, err := w.read(t.Context(), "a", file.Want{}); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	})
}

// An upload in parts goes on where it began, also when new ones go elsewhere.
func TestUploadsInPartsStayInTheirStore(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		v := w.volumes(t)
		first := w.files.Volume
		content := blobtest.Bytes(1000, 3)
		p, _, err := w.files.OpenSession(ctx, user.Operator, file.SessionSpec{Path: "parts", Size: 1000})
		must(t, err)
		_, err = w.files.PutPart(ctx, user.Operator, p.ID, file.Span{Size: 600}, bytes.NewReader(content[:600]), "")
		must(t, err)
		second := &mem.Store{Now: time.Now}
		w.files.Volume, w.files.Blobs = w.attach(t, v, "second", second), second
		must(t, w.files.Recover(ctx))
		_, err = w.files.PutPart(ctx, user.Operator, p.ID, file.Span{Offset: 600, Size: 400}, bytes.NewReader(content[600:]), "")
		must(t, err)
		_, err = w.files.CommitSession(ctx, user.Operator, p.ID, digestOf(content))
		must(t, err)
		g, got, err := w.read(ctx, "parts", file.Want{})
		if err != nil || !bytes.Equal(got, content) || g.Volume != first {
			t.Errorf("%d bytes in volume %d, %v", len(got), g.Volume, err)
		}
	})
}
