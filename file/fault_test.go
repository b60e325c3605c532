package file_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/blobtest"
	"github.com/coffer-ml/coffer/blob/mem"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/user"
)

// brokenReader is a client that goes away.
type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func newFaulty(t *testing.T) (*world, *blobtest.Faulty) {
	f := &blobtest.Faulty{Store: &mem.Store{}}
	return newWorld(t, "sqlite", f, nil), f
}

func TestUploadsToAFailingStoreAreRefusedAndChangeNothing(t *testing.T) {
	for name, breakIt := range map[string]func(*blobtest.Faulty){
		"that breaks off":           func(f *blobtest.Faulty) { f.FailPutAfter.Store(1000) },
		"that fails at the end":     func(f *blobtest.Faulty) { f.FailPut.Store(true) },
		"that takes only a part":    func(f *blobtest.Faulty) { f.ShortPut.Store(1000) },
		"that takes nothing at all": func(f *blobtest.Faulty) { f.ShortPut.Store(-1) },
	} {
		t.Run(name, func(t *testing.T) {
			w, f := newFaulty(t)
			before := blobtest.Bytes(5000, 1)
			_, err := w.upload(t.Context(), "a", before)
			must(t, err)
			must(t, w.register(t.Context(), "a", "a", before, 1))
			breakIt(f)
			_, err = w.upload(t.Context(), "a", blobtest.Bytes(5000, 2))
			if told := errors.Is(err, blobtest.ErrInjected); err == nil || !told && f.ShortPut.Load() == 0 {
				t.Errorf("%v, want what the store said", err)
			}
			if _, err := w.upload(t.Context(), "b", blobtest.Bytes(5000, 3)); err == nil {
				t.Error("an upload was acknowledged")
			}
			f.Heal()
			if _, got, err := w.read(t.Context(), "a", file.Want{}); err != nil || !bytes.Equal(got, before) {
				t.Errorf("what was acknowledged reads otherwise: %v", err)
			}
			if _, _, err := w.read(t.Context(), "b", file.Want{}); !errors.Is(err, file.ErrNotFound) {
				t.Errorf("something of the refused upload is visible: %v", err)
			}
			if n := len(w.stored(t)); n != 1 {
				t.Errorf("%d objects, want 1", n)
			}
			if _, err := w.upload(t.Context(), "a", blobtest.Bytes(5000, 2)); err != nil {
				t.Errorf("once the store works again: %v", err)
			}
		})
	}
}

// A store that fails now and then, slowly, while many upload the same contents:
// who was told that it went well can read his bytes.
func TestUploadsToAStoreThatFailsNowAndThen(t *testing.T) {
	w, f := newFaulty(t)
	f.Every.Store(3)
	var wait sync.WaitGroup
	var mu sync.Mutex
	acked, refused := map[file.Path][]byte{}, 0
	for n := range 8 {
		wait.Go(func() {
			for i := range 20 {
				path, content := file.Path(fmt.Sprintf("%d/%d", n, i%5)), blobtest.Bytes(i*300, uint64(i))
				_, err := w.upload(t.Context(), path, content)
				mu.Lock()
				switch {
				case err == nil:
					acked[path] = content
				case errors.Is(err, blobtest.ErrInjected):
					refused++
				default:
					t.Errorf("%s: %v", path, err)
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	f.Heal()
	if len(acked) == 0 || refused == 0 {
		t.Errorf("%d acknowledged, %d refused: nothing was shown", len(acked), refused)
	}
	for path, content := range acked {
		if g, got, err := w.read(t.Context(), path, file.Want{}); err != nil || !bytes.Equal(got, content) || g.Digest != digestOf(content) {
			t.Errorf("%s was acknowledged and reads otherwise: %v", path, err)
		}
	}
	_, err := w.files.Collect(t.Context(), 0)
	must(t, err)
	digests := map[blob.Digest]bool{}
	for _, content := range acked {
		digests[digestOf(content)] = true
	}
	if n := len(w.stored(t)); n != len(digests) {
		t.Errorf("%d objects for %d contents", n, len(digests))
	}
}

func TestCollectTriesAgainWhatTheStoreDidNotDelete(t *testing.T) {
	w, f := newFaulty(t)
	ctx := t.Context()
	_, err := w.upload(ctx, "stays", []byte("stays"))
	must(t, err)
	_, err = w.upload(ctx, "goes", []byte("goes"))
	must(t, err)
	must(t, w.files.Delete(ctx, user.Operator, "goes"))
	_, err = blob.Put(ctx, f, bytes.NewReader([]byte("an orphan")), blob.PutOptions{})
	must(t, err)

	f.FailDelete.Store(true)
	if r, err := w.files.Collect(ctx, 0); !errors.Is(err, blobtest.ErrInjected) || r.Bytes != 0 {
		t.Errorf("with deletes failing: %+v, %v", r, err)
	}
	f.FailList.Store(true)
	f.FailDelete.Store(false)
	if r, err := w.files.Collect(ctx, 0); !errors.Is(err, blobtest.ErrInjected) || r.Blobs != 1 {
		t.Errorf("with lists failing: %+v, %v; want one blob deleted", r, err)
	}
	f.Heal()
	if r, err := w.files.Collect(ctx, 0); err != nil || r.Blobs != 1 || r.Orphans != 1 {
		t.Errorf("once the store works again: %+v, %v; want the orphan deleted", r, err)
	}
	if n := len(w.stored(t)); n != 1 {
		t.Errorf("%d objects are left, want 1", n)
	}
	if _, got, err := w.read(ctx, "stays", file.Want{}); err != nil || string(got) != "stays" {
		t.Errorf("what is referenced reads as %q, %v", got, err)
	}
}

// Bytes that are lost are told, and the next upload of them brings them back.
func TestBytesThatTheStoreLost(t *testing.T) {
	w, f := newFaulty(t)
	ctx := t.Context()
	content := blobtest.Bytes(3000, 1)
	g, err := w.upload(ctx, "a", content)
	must(t, err)
	must(t, w.register(ctx, "a", "a", content, 1))
	f.FailOpen.Store(true) // for the moment: no reason to give anything up
	if _, _, err := w.read(ctx, "a", file.Want{}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("%v, want that the store is unavailable", err)
	}
	f.Heal()
	must(t, f.Store.Delete(ctx, g.Key))
	if _, _, err := w.read(ctx, "a", file.Want{}); !errors.Is(err, file.ErrLost) {
		t.Errorf("%v, want that the bytes are lost", err)
	}
	state := func() artifact.State {
		t.Helper()
		a, err := w.artifacts.Get(ctx, user.Operator, w.task, artifact.Ref{Key: "a", Mode: artifact.Output}, 0, 0)
		must(t, err)
		return a.State
	}
	if got := state(); got != artifact.Missing {
		t.Errorf("the artifact is %s, want %s", got, artifact.Missing)
	}
	_, err = w.upload(ctx, "b", content) // must not share the lost bytes
	must(t, err)
	for _, path := range []file.Path{"b", "a"} {
		if path == "a" {
			_, err = w.upload(ctx, "a", content)
			must(t, err)
		}
		if _, got, err := w.read(ctx, path, file.Want{}); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s does not read after its upload: %v", path, err)
		}
	}
	if got := state(); got != artifact.Stored {
		t.Errorf("the artifact is %s after its bytes came again, want %s", got, artifact.Stored)
	}
}
