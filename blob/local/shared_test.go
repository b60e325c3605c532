package local_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/blobtest"
	"github.com/coffer-ml/coffer/blob/local"
)

// pair is two servers on one folder, which take turns.
type pair [2]*local.Store

func openPair(t *testing.T) (p pair, dir string) {
	t.Helper()
	dir = t.TempDir()
	for i := range p {
		p[i] = open(t, local.Config{Dir: dir})
	}
	return p, dir
}

// What one server acknowledged the other one has, while both write, delete,
// list and sweep.
func TestTwoServersOnOneFolder(t *testing.T) {
	p, dir := openPair(t)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			one, other := p[w%2], p[(w+1)%2]
			for i := range 20 {
				content := blobtest.Bytes(1000+w*31+i*977, uint64(w*100+i))
				o, err := blob.Put(t.Context(), one, bytes.NewReader(content), blob.PutOptions{})
				if err != nil {
					t.Errorf("put: %v", err)
					return
				}
				if got := all(t, other, o.Key); !bytes.Equal(got, content) {
					t.Error("the other server has other bytes")
				}
				if _, err := other.SweepTemporary(t.Context(), time.Now().Add(-time.Hour)); err != nil {
					t.Errorf("sweep: %v", err)
				}
				for _, err := range other.List(t.Context(), "") {
					if err != nil {
						t.Errorf("list: %v", err)
					}
				}
				if err := other.Delete(t.Context(), o.Key); err != nil {
					t.Errorf("delete: %v", err)
				}
				if _, err := one.Stat(t.Context(), o.Key); !errors.Is(err, blob.ErrNotFound) {
					t.Errorf("deleted by the other server: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func all(t *testing.T, s *local.Store, key blob.Key) []byte {
	t.Helper()
	r, err := s.Open(t.Context(), key, 0, -1)
	if err != nil {
		t.Errorf("open: %v", err)
		return nil
	}
	defer func() { _ = r.Close() }()
	got, err := io.ReadAll(r)
	if err != nil {
		t.Error(err)
	}
	return got
}

// Parts of one upload come to either server, and both finish it at once.
func TestTwoServersOnOneDraft(t *testing.T) {
	p, dir := openPair(t)
	const size, part = 1 << 20, 64 << 10
	for round := range 5 {
		content := blobtest.Bytes(size, uint64(round))
		key := blob.NewKey()
		var parts, finish sync.WaitGroup
		for n := range size / part {
			parts.Go(func() {
				if _, err := p[n%2].WriteDraft(t.Context(), key, int64(n*part), bytes.NewReader(content[n*part:(n+1)*part])); err != nil {
					t.Errorf("part %d: %v", n, err)
				}
			})
		}
		parts.Wait()
		var failed []error
		var mu sync.Mutex
		for _, s := range p {
			finish.Go(func() {
				if err := s.FinishDraft(t.Context(), key, size); err != nil {
					mu.Lock()
					failed = append(failed, err)
					mu.Unlock()
				}
			})
		}
		finish.Wait()
		if len(failed) == len(p) {
			t.Fatalf("neither finished: %v", failed)
		}
		for i, s := range p {
			if err := s.FinishDraft(t.Context(), key, size); err != nil {
				t.Errorf("server %d finishes again: %v", i, err)
			}
			if got := all(t, s, key); !bytes.Equal(got, content) {
				t.Errorf("server %d has other bytes", i)
			}
		}
	}
	if left := files(t, dir); slices.ContainsFunc(left, func(f string) bool { return !strings.Contains(f, "/objects/") }) {
		t.Errorf("left behind: %v", left)
	}
}
