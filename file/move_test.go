package file_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/blobtest"
	"github.com/coffer-ml/coffer/blob/mem"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/user"
)

// moveAll moves everything, step by step.
func (w *world) moveAll(t testing.TB, from, to file.VolumeID) (all file.Moved) {
	t.Helper()
	for !all.Done {
		m, err := w.files.Move(t.Context(), from, to, all.Next)
		must(t, err)
		all.Next, all.Done = m.Next, m.Done
		all.Blobs += m.Blobs
		all.Bytes += m.Bytes
		all.Lost = append(all.Lost, m.Lost...)
		all.Damaged = append(all.Damaged, m.Damaged...)
	}
	return all
}

func (w *world) tally(t testing.TB, of file.VolumeID) file.Tally {
	t.Helper()
	all, err := w.db.Volumes().Tally(t.Context())
	must(t, err)
	i := slices.IndexFunc(all, func(x file.Tally) bool { return x.ID == of })
	return all[i]
}

func TestMove(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		v := w.volumes(t)
		from := w.files.Volume
		target := &mem.Store{Now: time.Now}
		to := w.attach(t, v, "second", target)
		content := map[file.Path][]byte{}
		for i := range 300 { // more than one step
			p := file.Path(fmt.Sprint("f", i))
			content[p] = blobtest.Bytes(i, uint64(i))
			_, err := w.upload(ctx, p, content[p])
			must(t, err)
		}
		// Somebody has begun to read.
		g, err := w.files.Stat(ctx, user.Operator, "f200", file.Want{})
		must(t, err)
		begun, err := w.files.Open(ctx, user.Operator, g)
		must(t, err)
		defer func() { _ = begun.Close() }()

		m := w.moveAll(t, from, to)
		if m.Blobs != 300 || m.Bytes != 300*299/2 || len(m.Lost)+len(m.Damaged) != 0 {
			t.Errorf("moved %+v", m)
		}
		for p, want := range content {
			g, got, err := w.read(ctx, p, file.Want{})
			if err != nil || !bytes.Equal(got, want) || g.Volume != to {
				t.Errorf("%s: %d bytes in volume %d, %v", p, len(got), g.Volume, err)
			}
		}
		if again := w.moveAll(t, from, to); again.Blobs != 0 {
			t.Errorf("moved again: %+v", again)
		}
		t.Run("keeps the old bytes for the grace period", func(t *testing.T) {
			if got, err := io.ReadAll(begun); err != nil || !bytes.Equal(got, content["f200"]) {
				t.Errorf("a reader that had begun: %d bytes, %v", len(got), err)
			}
			_, err := w.files.Collect(ctx, time.Hour)
			must(t, err)
			if n := len(w.stored(t)); n != 301 || w.tally(t, from).Left != 300 {
				t.Errorf("%d objects, %+v", n, w.tally(t, from))
			}
			r, err := w.files.Collect(ctx, 0)
			must(t, err)
			if n := len(w.stored(t)); n != 1 || r.Blobs != 300 || r.Orphans != 0 { // the mark
				t.Errorf("%d objects, %+v", n, r)
			}
			for p, want := range content {
				if _, got, err := w.read(ctx, p, file.Want{}); err != nil || !bytes.Equal(got, want) {
					t.Errorf("%s: %d bytes, %v", p, len(got), err)
				}
			}
		})
		t.Run("is found by those who asked before it, also when the old bytes are gone", func(t *testing.T) {
			c, err := w.files.Open(ctx, user.Operator, g)
			must(t, err)
			defer func() { _ = c.Close() }()
			if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, content["f200"]) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
		t.Run("goes back, and new uploads of the same content find it", func(t *testing.T) {
			if m := w.moveAll(t, to, from); m.Blobs != 300 {
				t.Errorf("moved %+v", m)
			}
			g, err := w.upload(ctx, "again", content["f7"])
			must(t, err)
			if g.Volume != from {
				t.Errorf("it is in volume %d", g.Volume)
			}
		})
		t.Run("to where it is makes no sense", func(t *testing.T) {
			if _, err := w.files.Move(ctx, from, from, 0); !errors.Is(err, file.ErrVolume) {
				t.Errorf("got %v", err)
			}
			if _, err := w.files.Move(ctx, from, 77, 0); !errors.Is(err, file.ErrNoVolume) {
				t.Errorf("got %v", err)
			}
		})
	})
}

func TestMoveOfLostAndDamagedContents(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		v := w.volumes(t)
		to := w.attach(t, v, "second", &mem.Store{Now: time.Now})
		var lost, damaged file.Generation
		for i, g := range []*file.Generation{&lost, &damaged, new(file.Generation)} {
			var err error
			*g, err = w.upload(ctx, file.Path(fmt.Sprint("f", i)), blobtest.Bytes(100+i, uint64(i)))
			must(t, err)
		}
		must(t, w.blobs.Delete(ctx, lost.Key))
		must(t, w.blobs.Delete(ctx, damaged.Key))
		_, err := w.blobs.Put(ctx, damaged.Key, strings.NewReader(strings.Repeat("x", 101)))
		must(t, err)

		m := w.moveAll(t, w.files.Volume, to)
		if m.Blobs != 1 || !slices.Equal(m.Lost, []blob.Digest{lost.Digest}) || !slices.Equal(m.Damaged, []blob.Digest{damaged.Digest}) {
			t.Errorf("moved %+v", m)
		}
		if x := w.tally(t, w.files.Volume); x.Failed != 1 || x.Blobs != 1 || x.Left != 1 {
			t.Errorf("where they were: %+v", x)
		}
		_, err = w.files.Collect(ctx, 0)
		must(t, err)
		if x := w.tally(t, w.files.Volume); x.Failed != 1 || x.Blobs != 1 || x.Left != 0 {
			t.Errorf("later: %+v", x)
		}
	})
}

func TestMoveFromAndToFailingStores(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		source := &blobtest.Faulty{Store: w.blobs}
		w.blobs, w.files.Blobs = source, source
		v := w.volumes(t)
		target := &blobtest.Faulty{Store: &mem.Store{Now: time.Now}}
		to := w.attach(t, v, "second", target)
		content := blobtest.Bytes(5000, 1)
		for i := range 20 {
			_, err := w.upload(ctx, file.Path(fmt.Sprint("f", i)), content[i:])
			must(t, err)
		}
		for name, fail := range map[string]func(){
			"the source fails":          func() { source.FailOpen.Store(true) },
			"the target fails":          func() { target.FailPut.Store(true) },
			"the target breaks off":     func() { target.FailPutAfter.Store(100) },
			"the target takes too few":  func() { target.ShortPut.Store(100) },
			"the target fails at times": func() { target.Every.Store(3) },
		} {
			fail()
			_, err := w.files.Move(ctx, w.files.Volume, to, 0)
			source.Heal()
			target.Heal()
			if err == nil {
				t.Errorf("%s: no error", name)
			}
			for i := range 20 {
				if g, got, err := w.read(ctx, file.Path(fmt.Sprint("f", i)), file.Want{}); err != nil || !bytes.Equal(got, content[i:]) || g.Volume == to {
					t.Errorf("%s: %d bytes in volume %d, %v", name, len(got), g.Volume, err)
				}
			}
		}
		if m := w.moveAll(t, w.files.Volume, to); m.Blobs != 20 {
			t.Errorf("moved %+v", m)
		}
		_, err := w.files.Collect(ctx, 0)
		must(t, err)
		n := 0
		for _, err := range target.List(ctx, "") {
			must(t, err)
			n++
		}
		if n != 21 { // with the mark
			t.Errorf("%d objects are left of what failed", n)
		}
	})
}

// Two movers, writers, deleters and a collector without grace beside each
// other: what is named can be read all the time.
func TestMoveBesideEverythingElse(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		v := w.volumes(t)
		second := &mem.Store{Now: time.Now}
		from, to := w.files.Volume, w.attach(t, v, "second", second)
		content := func(i int) []byte { return blobtest.Bytes(50+i%7, uint64(i%7)) }
		var stored [3]map[file.Path][]byte // what each writer left
		var wait sync.WaitGroup
		ended := make(chan struct{})
		for n := range stored {
			stored[n] = map[file.Path][]byte{}
			wait.Go(func() {
				for i := range 40 {
					p := file.Path(fmt.Sprintf("%d/%d", n, i%5))
					if _, err := w.upload(ctx, p, content(i+n)); err != nil {
						if !errors.Is(err, file.ErrSwept) { // then what was there is there
							t.Errorf("upload: %v", err)
						}
						continue
					}
					stored[n][p] = content(i + n)
					if _, got, err := w.read(ctx, p, file.Want{}); err != nil || !bytes.Equal(got, content(i+n)) {
						t.Errorf("%s: %d bytes, %v", p, len(got), err)
					}
					if i%4 == 3 {
						if err := w.files.Delete(ctx, user.Operator, p); err != nil {
							t.Errorf("delete: %v", err)
						}
						delete(stored[n], p)
					}
				}
			})
		}
		var others sync.WaitGroup
		for n := range 2 {
			others.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-ended:
						return
					default:
					}
					a, b := from, to
					if i%2 == n {
						a, b = to, from
					}
					if _, err := w.files.Move(ctx, a, b, 0); err != nil {
						t.Errorf("move: %v", err)
						return
					}
					if n == 0 {
						if _, err := w.elsewhere.Collect(ctx, 0); err != nil {
							t.Errorf("collect: %v", err)
							return
						}
					}
				}
			})
		}
		wait.Wait()
		close(ended)
		others.Wait()
		for n := range stored {
			for i := range 5 {
				p := file.Path(fmt.Sprintf("%d/%d", n, i))
				want, there := stored[n][p]
				_, got, err := w.read(ctx, p, file.Want{})
				switch {
				case !there && errors.Is(err, file.ErrNotFound):
				case err != nil || !there || !bytes.Equal(got, want):
					t.Errorf("%s: %d bytes, %v; stored: %t, %d bytes", p, len(got), err, there, len(want))
				}
			}
		}
	})
}
