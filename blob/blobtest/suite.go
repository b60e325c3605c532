package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/coffer-ml/coffer/blob"
)

// Run checks every guarantee of blob.Store on stores that open makes, an empty
// one for each test.
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	for name, test := range map[string]func(*testing.T, blob.Store){
		"what was put is read back, whole and in ranges":       reads,
		"an empty object is an object":                         empty,
		"an object is visible only when it is whole":           whole,
		"a reader that fails leaves nothing":                   failing,
		"a context that ends leaves nothing":                   cancelled,
		"an absent object is not found":                        absent,
		"a key in use is refused":                              taken,
		"deleted objects are gone, deleting again is no error": deletes,
		"objects are listed in the order of their keys":        lists,
		"objects are listed beyond a page":                     pages,
		"signed addresses are good for anybody":                signs,
		"many writers and readers do not disturb each other":   concurrent,
		"local files are the objects":                          opensFiles,
		"unfinished writes can be swept":                       sweeps,
		"pieces in any order make an object when finished":     drafting(pieces),
		"a finished draft is not written to":                   drafting(finished),
		"a draft that does not end where it should is none":    drafting(unfinished),
		"a piece that fails leaves the others as they were":    drafting(untouched),
		"a draft that nobody wrote to is empty":                drafting(nothing),
		"a piece that comes anew takes the place of the old":   drafting(replaced),
		"pieces of any size and number make an object":         drafting(assembled),
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// Bytes returns n bytes that are the same for the same seed.
func Bytes(n int, seed uint64) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16)})
	_, _ = r.Read(b)
	return b
}

func put(t *testing.T, s blob.Store, content []byte) blob.Key {
	t.Helper()
	key := blob.NewKey()
	n, err := s.Put(t.Context(), key, bytes.NewReader(content))
	if err != nil || n != int64(len(content)) {
		t.Fatalf("put %d bytes: %d, %v", len(content), n, err)
	}
	return key
}

func read(t *testing.T, s blob.Store, key blob.Key, off, n int64) []byte {
	t.Helper()
	r, err := s.Open(t.Context(), key, off, n)
	if err != nil {
		t.Fatalf("open %d+%d: %v", off, n, err)
	}
	defer func() { _ = r.Close() }()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("read %d+%d: %v", off, n, err)
	}
	return b
}

func reads(t *testing.T, s blob.Store) {
	content := Bytes(3<<20+17, 1)
	size := int64(len(content))
	key := put(t, s, content)
	info, err := s.Stat(t.Context(), key)
	if err != nil || info.Size != size || info.Key != key {
		t.Errorf("stat: %+v, %v", info, err)
	}
	for _, c := range [][2]int64{{0, -1}, {0, size}, {0, 0}, {1, 1}, {size - 1, 1}, {size, -1}, {size, 5}, {1 << 20, 1 << 20}, {size - 3, 100}} {
		want := content[c[0]:]
		if c[1] >= 0 && c[1] < int64(len(want)) {
			want = want[:c[1]]
		}
		if got := read(t, s, key, c[0], c[1]); !bytes.Equal(got, want) {
			t.Errorf("range %d+%d: %d bytes, want %d, or other ones", c[0], c[1], len(got), len(want))
		}
	}
}

func empty(t *testing.T, s blob.Store) {
	key := put(t, s, nil)
	if info, err := s.Stat(t.Context(), key); err != nil || info.Size != 0 {
		t.Errorf("stat: %+v, %v", info, err)
	}
	if got := read(t, s, key, 0, -1); len(got) != 0 {
		t.Errorf("%d bytes out of none", len(got))
	}
}

// gate hands out some bytes, then waits until it is opened.
type gate struct {
	first, rest io.Reader
	reached     chan struct{}
	open        chan struct{}
	once        sync.Once
}

func (g *gate) Read(p []byte) (int, error) {
	n, err := g.first.Read(p)
	if err != io.EOF {
		return n, err
	}
	g.once.Do(func() {
		close(g.reached)
		<-g.open
	})
	return g.rest.Read(p)
}

func whole(t *testing.T, s blob.Store) {
	content := Bytes(2<<20, 2)
	key := blob.NewKey()
	g := &gate{
		first: bytes.NewReader(content[:1<<20]), rest: bytes.NewReader(content[1<<20:]),
		reached: make(chan struct{}), open: make(chan struct{}),
	}
	done := make(chan error)
	go func() {
		_, err := s.Put(t.Context(), key, g)
		done <- err
	}()
	<-g.reached
	if _, err := s.Stat(t.Context(), key); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("half an object is visible: %v", err)
	}
	if keys := listed(t, s, ""); len(keys) != 0 {
		t.Errorf("half an object is listed: %v", keys)
	}
	close(g.open)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := read(t, s, key, 0, -1); !bytes.Equal(got, content) {
		t.Error("the whole object has other bytes")
	}
}

func gone(t *testing.T, s blob.Store, key blob.Key) {
	t.Helper()
	if _, err := s.Stat(context.WithoutCancel(t.Context()), key); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("something is visible: %v", err)
	}
	if keys := listed(t, s, ""); len(keys) != 0 {
		t.Errorf("something is listed: %v", keys)
	}
}

func failing(t *testing.T, s blob.Store) {
	broken := errors.New("the client went away")
	key := blob.NewKey()
	r := io.MultiReader(bytes.NewReader(Bytes(1<<20, 3)), iotest.ErrReader(broken))
	if _, err := s.Put(t.Context(), key, r); !errors.Is(err, broken) {
		t.Errorf("put: %v, want the reader's error", err)
	}
	gone(t, s, key)
}

func cancelled(t *testing.T, s blob.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	key := blob.NewKey()
	g := &gate{
		first: bytes.NewReader(Bytes(1<<20, 4)), rest: bytes.NewReader(Bytes(1<<20, 5)),
		reached: make(chan struct{}), open: make(chan struct{}),
	}
	go func() {
		<-g.reached
		cancel()
		close(g.open)
	}()
	if _, err := s.Put(ctx, key, g); !errors.Is(err, context.Canceled) {
		t.Errorf("put: %v, want a cancelled context", err)
	}
	gone(t, s, key)
}

func absent(t *testing.T, s blob.Store) {
	key := blob.NewKey()
	_, serr := s.Stat(t.Context(), key)
	r, oerr := s.Open(t.Context(), key, 0, -1)
	if oerr == nil {
		_ = r.Close()
	}
	for call, err := range map[string]error{"stat": serr, "open": oerr} {
		if !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("%s: %v, want not found", call, err)
		}
	}
	if err := s.Delete(t.Context(), key); err != nil {
		t.Errorf("delete: %v", err)
	}
}

func taken(t *testing.T, s blob.Store) {
	content := Bytes(1000, 6)
	key := put(t, s, content)
	if _, err := s.Put(t.Context(), key, bytes.NewReader(Bytes(1000, 7))); !errors.Is(err, blob.ErrExists) {
		t.Errorf("put again: %v, want exists", err)
	}
	if got := read(t, s, key, 0, -1); !bytes.Equal(got, content) {
		t.Error("the object was replaced")
	}
}

func deletes(t *testing.T, s blob.Store) {
	key := put(t, s, Bytes(1000, 8))
	for range 2 {
		if err := s.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	gone(t, s, key)
}

func listed(t *testing.T, s blob.Store, after blob.Key) []blob.Key {
	t.Helper()
	var keys []blob.Key
	for info, err := range s.List(context.WithoutCancel(t.Context()), after) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, info.Key)
	}
	return keys
}

func lists(t *testing.T, s blob.Store) {
	var want []blob.Key
	for i := range 60 {
		want = append(want, put(t, s, Bytes(i, uint64(i))))
	}
	slices.Sort(want)
	if got := listed(t, s, ""); !slices.Equal(got, want) {
		t.Errorf("listed %d keys, want %d in order", len(got), len(want))
	}
	if got := listed(t, s, want[29]); !slices.Equal(got, want[30:]) {
		t.Errorf("after the 30th: %d keys, want 30", len(got))
	}
	n := 0
	for _, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 5 {
			break // a list may be left
		}
	}
}

func concurrent(t *testing.T, s blob.Store) {
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			for i := range 8 {
				content := Bytes(10_000+w*100+i, uint64(w*100+i))
				key := blob.NewKey()
				if _, err := s.Put(t.Context(), key, bytes.NewReader(content)); err != nil {
					t.Errorf("put: %v", err)
					return
				}
				r, err := s.Open(t.Context(), key, 0, -1)
				if err != nil {
					t.Errorf("open: %v", err)
					return
				}
				got, err := io.ReadAll(r)
				_ = r.Close()
				if err != nil || !bytes.Equal(got, content) {
					t.Errorf("writer %d, object %d: other bytes, %v", w, i, err)
				}
			}
		})
	}
	wg.Wait()
	if n := len(listed(t, s, "")); n != 16*8 {
		t.Errorf("%d objects, want %d", n, 16*8)
	}
}

func opensFiles(t *testing.T, s blob.Store) {
	local, ok := s.(blob.FileOpener)
	if !ok {
		return // a capability that not every store has
	}
	content := Bytes(5000, 9)
	f, err := local.OpenFile(t.Context(), put(t, s, content))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, content) {
		t.Errorf("the file has other bytes, %v", err)
	}
	if _, err := local.OpenFile(t.Context(), blob.NewKey()); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("absent file: %v, want not found", err)
	}
}

func sweeps(t *testing.T, s blob.Store) {
	sweeper, ok := s.(blob.Sweeper)
	if !ok {
		return // a capability that not every store has
	}
	key := put(t, s, Bytes(100, 10))
	if n, err := sweeper.SweepTemporary(t.Context(), time.Now().Add(time.Hour)); err != nil || n != 0 {
		t.Errorf("swept %d of none, %v", n, err)
	}
	if got := fmt.Sprint(listed(t, s, "")); got != fmt.Sprint([]blob.Key{key}) {
		t.Errorf("a finished object was swept: %s", got)
	}
}
