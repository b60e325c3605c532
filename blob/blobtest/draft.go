package blobtest

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/coffer-ml/coffer/blob"
)

// drafting runs a test on stores that take objects in pieces, a capability
// that not every store has.
func drafting(test func(*testing.T, blob.Store, blob.Drafter)) func(*testing.T, blob.Store) {
	return func(t *testing.T, s blob.Store) {
		if d, ok := s.(blob.Drafter); ok {
			test(t, s, d)
		}
	}
}

func write(t *testing.T, d blob.Drafter, key blob.Key, off int64, content []byte) {
	t.Helper()
	n, err := d.WriteDraft(t.Context(), key, off, bytes.NewReader(content))
	if err != nil || n != int64(len(content)) {
		t.Errorf("write %d bytes at %d: %d, %v", len(content), off, n, err)
	}
}

func readDraft(t *testing.T, d blob.Drafter, key blob.Key, off, n int64) []byte {
	t.Helper()
	r, err := d.OpenDraft(t.Context(), key, off, n)
	if err != nil {
		t.Fatalf("open draft %d+%d: %v", off, n, err)
	}
	defer func() { _ = r.Close() }()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("read draft %d+%d: %v", off, n, err)
	}
	return b
}

func drafted(t *testing.T, d blob.Drafter) []blob.Key {
	t.Helper()
	var keys []blob.Key
	for info, err := range d.ListDrafts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, info.Key)
	}
	return keys
}

func pieces(t *testing.T, s blob.Store, d blob.Drafter) {
	const piece, count = 100_003, 16
	content := Bytes(piece*count, 20)
	key := blob.NewKey()
	var wg sync.WaitGroup
	for _, n := range []int{15, 3, 0, 7, 8, 9, 1, 14, 2, 4, 13, 12, 5, 6, 10, 11} {
		wg.Go(func() { write(t, d, key, int64(n*piece), content[n*piece:(n+1)*piece]) })
	}
	wg.Wait()
	gone(t, s, key)
	if got := readDraft(t, d, key, piece-1, 2); !bytes.Equal(got, content[piece-1:piece+1]) {
		t.Error("the draft has other bytes")
	}
	if info, err := d.StatDraft(t.Context(), key); err != nil || info.Size != piece*count || info.Key != key {
		t.Errorf("stat: %+v, %v", info, err)
	}
	if keys := drafted(t, d); !slices.Equal(keys, []blob.Key{key}) {
		t.Errorf("drafts are listed as %v", keys)
	}
	for range 2 {
		if err := d.FinishDraft(t.Context(), key, piece*count); err != nil {
			t.Fatal(err)
		}
		if got := read(t, s, key, 0, -1); !bytes.Equal(got, content) {
			t.Error("the object has other bytes")
		}
	}
	if keys := listed(t, s, ""); !slices.Equal(keys, []blob.Key{key}) {
		t.Errorf("objects are listed as %v", keys)
	}
	if keys := drafted(t, d); len(keys) != 0 {
		t.Errorf("the finished draft is still listed: %v", keys)
	}
}

func finished(t *testing.T, s blob.Store, d blob.Drafter) {
	content := Bytes(1000, 21)
	key := blob.NewKey()
	write(t, d, key, 0, content)
	if err := d.FinishDraft(t.Context(), key, 1000); err != nil {
		t.Fatal(err)
	}
	if _, err := d.WriteDraft(t.Context(), key, 0, bytes.NewReader(Bytes(1000, 22))); !errors.Is(err, blob.ErrExists) {
		t.Errorf("a write after the end: %v, want exists", err)
	}
	if err := d.FinishDraft(t.Context(), key, 999); !errors.Is(err, blob.ErrLength) {
		t.Errorf("finished with another size: %v", err)
	}
	if err := d.DropDraft(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if got := readDraft(t, d, key, 10, 20); !bytes.Equal(got, content[10:30]) {
		t.Error("a finished draft reads as other bytes")
	}
	if info, err := d.StatDraft(t.Context(), key); err != nil || info.Size != 1000 {
		t.Errorf("stat: %+v, %v", info, err)
	}
	if got := read(t, s, key, 0, -1); !bytes.Equal(got, content) {
		t.Error("the object was changed")
	}
}

func unfinished(t *testing.T, s blob.Store, d blob.Drafter) {
	key := blob.NewKey()
	write(t, d, key, 500, Bytes(500, 23))
	for _, size := range []int64{0, 999, 1001} {
		if err := d.FinishDraft(t.Context(), key, size); !errors.Is(err, blob.ErrLength) {
			t.Errorf("1000 bytes finished as %d: %v", size, err)
		}
	}
	gone(t, s, key)
	for range 2 {
		if err := d.DropDraft(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	gone(t, s, key)
	if keys := drafted(t, d); len(keys) != 0 {
		t.Errorf("the dropped draft is still listed: %v", keys)
	}
	_, serr := d.StatDraft(t.Context(), key)
	r, oerr := d.OpenDraft(t.Context(), key, 0, 1)
	if oerr == nil {
		_ = r.Close()
	}
	if !errors.Is(serr, blob.ErrNotFound) || !errors.Is(oerr, blob.ErrNotFound) {
		t.Errorf("a dropped draft: stat %v, open %v", serr, oerr)
	}
}

func untouched(t *testing.T, s blob.Store, d blob.Drafter) {
	content := Bytes(3<<20, 24)
	key := blob.NewKey()
	write(t, d, key, 0, content[:1<<20])
	write(t, d, key, 2<<20, content[2<<20:])
	broken := errors.New("the client went away")
	r := io.MultiReader(bytes.NewReader(Bytes(1<<19, 25)), iotest.ErrReader(broken))
	if _, err := d.WriteDraft(t.Context(), key, 1<<20, r); !errors.Is(err, broken) {
		t.Errorf("write: %v, want the reader's error", err)
	}
	write(t, d, key, 1<<20, content[1<<20:2<<20])
	if err := d.FinishDraft(t.Context(), key, 3<<20); err != nil {
		t.Fatal(err)
	}
	if got := read(t, s, key, 0, -1); !bytes.Equal(got, content) {
		t.Error("a write that failed touched other ranges")
	}
}

func nothing(t *testing.T, s blob.Store, d blob.Drafter) {
	key := blob.NewKey()
	if err := d.FinishDraft(t.Context(), key, 0); err != nil {
		t.Fatal(err)
	}
	if got := read(t, s, key, 0, -1); len(got) != 0 {
		t.Errorf("%d bytes out of none", len(got))
	}
}

// replaced writes over parts of what is there, as when parts were taken back and
// the client cuts its file in another way.
func replaced(t *testing.T, s blob.Store, d blob.Drafter) {
	content := Bytes(1000, 26)
	key := blob.NewKey()
	write(t, d, key, 0, Bytes(600, 27))
	write(t, d, key, 600, Bytes(400, 28))
	write(t, d, key, 0, Bytes(1000, 29))
	want := Bytes(1000, 29)
	for _, at := range [][2]int{{250, 750}, {0, 100}, {700, 1000}, {300, 400}} {
		write(t, d, key, int64(at[0]), content[at[0]:at[1]])
		copy(want[at[0]:at[1]], content[at[0]:at[1]])
	}
	if got := readDraft(t, d, key, 50, 800); !bytes.Equal(got, want[50:850]) {
		t.Error("the draft has other bytes")
	}
	if err := d.FinishDraft(t.Context(), key, 1000); err != nil {
		t.Fatal(err)
	}
	if got := read(t, s, key, 0, -1); !bytes.Equal(got, want) {
		t.Error("the object has other bytes")
	}
}

// assembled makes objects of pieces that stores must treat in different ways:
// too small for what they copy, large enough, and more than they take at once.
func assembled(t *testing.T, s blob.Store, d blob.Drafter) {
	for name, sizes := range map[string][]int{
		"one":   {7 << 20},
		"large": {6 << 20, 5 << 20, 1 << 20},
		"mixed": {1 << 20, 6 << 20, 100, 5<<20 + 1, 5 << 20, 3},
		"many":  slices.Repeat([]int{1000}, 70),
	} {
		total := 0
		for _, n := range sizes {
			total += n
		}
		content := Bytes(total, 30)
		key := blob.NewKey()
		var wg sync.WaitGroup
		at := 0
		for _, n := range sizes {
			off := at
			wg.Go(func() { write(t, d, key, int64(off), content[off:off+n]) })
			at += n
		}
		wg.Wait()
		if err := d.FinishDraft(t.Context(), key, int64(total)); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := read(t, s, key, 0, -1); !bytes.Equal(got, content) {
			t.Errorf("%s: the object has other bytes", name)
		}
		if keys := drafted(t, d); len(keys) != 0 {
			t.Errorf("%s: left behind: %v", name, keys)
		}
	}
}
