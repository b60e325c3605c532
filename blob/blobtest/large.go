package blobtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/coffer-ml/coffer/blob"
)

// Flat is how much the heap may grow while one object passes, in bytes: some
// parts of an upload, and as much again that is waiting to be collected.
const Flat = 96 << 20

// Stream is content of any size that takes no memory.
func Stream(size int64, seed uint64) io.Reader {
	return &stream{block: Bytes(1<<20, seed), left: size}
}

// stream hands out one block again and again, numbered.
type stream struct {
	block []byte
	at    int
	n     uint64
	left  int64
}

func (s *stream) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	if s.at == 0 {
		binary.BigEndian.PutUint64(s.block, s.n)
		s.n++
	}
	n := copy(p[:min(int64(len(p)), s.left)], s.block[s.at:])
	s.at, s.left = (s.at+n)%len(s.block), s.left-int64(n)
	return n, nil
}

// watched notes the largest heap that was seen while r was read.
type watched struct {
	r    io.Reader
	peak uint64
	read int64
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	before := w.read >> 20
	if w.read += int64(n); w.read>>20 != before || err != nil {
		w.peak = max(w.peak, heap())
	}
	return n, err
}

func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// Large puts an object of so many bytes, reads it back and checks that all is
// right and that memory stays flat.
func Large(t *testing.T, s blob.Store, size int64) {
	runtime.GC()
	base := heap()
	up := &watched{r: Stream(size, 70)}
	o, err := blob.Put(t.Context(), s, up, blob.PutOptions{})
	if err != nil || o.Size != size {
		t.Fatalf("put: %+v, %v", o, err)
	}
	if grown := int64(up.peak) - int64(base); grown > Flat {
		t.Errorf("the heap grew by %d MiB while %d MiB were put", grown>>20, size>>20)
	}
	runtime.GC()
	base = heap()
	r, err := s.Open(t.Context(), o.Key, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	down := &watched{r: r}
	h := sha256.New()
	n, err := io.Copy(h, down)
	if err != nil || n != size || blob.DigestOf([sha256.Size]byte(h.Sum(nil))) != o.Digest {
		t.Errorf("read %d of %d bytes, or other ones: %v", n, size, err)
	}
	if grown := int64(down.peak) - int64(base); grown > Flat {
		t.Errorf("the heap grew by %d MiB while %d MiB were read", grown>>20, size>>20)
	}
	if err := s.Delete(t.Context(), o.Key); err != nil {
		t.Error(err)
	}
}

const (
	cutSize = 64 << 20
	cutters = 2
	// AllCuts is how often an upload is cut where the store is quick.
	AllCuts = 100
	// AllBytes is the size of a large object where the store is quick.
	AllBytes = 1 << 30
)

// SlowBytes is the size of a large object for the test servers of Google and
// Azure, one of which hashes all of it again with each part: 256 MiB, several
// times what the heap may grow, or what COFFER_LARGE says.
func SlowBytes(t *testing.T) int64 { return setting(t, "COFFER_LARGE", 256<<20) }

// SlowCuts is how often uploads to them are cut: 20 times, or COFFER_CUTS.
func SlowCuts(t *testing.T) int { return int(setting(t, "COFFER_CUTS", 20)) }

func setting(t *testing.T, name string, usual int64) int64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q, expected a whole number above 0", name, text)
	}
	return n
}

// Cuts breaks uploads of 64 MiB off at so many random offsets and checks that
// nothing is visible of any. What a store keeps besides, the caller checks.
func Cuts(t *testing.T, s blob.Store, times int) {
	broken := errors.New("the client went away")
	random := rand.New(rand.NewPCG(5, 6))
	offsets := make(chan int64)
	var wg sync.WaitGroup
	for range cutters {
		wg.Go(func() {
			for off := range offsets {
				r := io.MultiReader(Stream(off, 71), iotest.ErrReader(broken))
				if _, err := blob.Put(t.Context(), s, r, blob.PutOptions{}); !errors.Is(err, broken) {
					t.Errorf("cut at %d: %v, want the reader's error", off, err)
				}
			}
		})
	}
	for range times {
		offsets <- random.Int64N(cutSize)
	}
	close(offsets)
	wg.Wait()
	if keys := listed(t, s, ""); len(keys) != 0 {
		t.Errorf("visible: %v", keys)
	}
}

// beyondAPage is more objects than any store lists at once.
const beyondAPage = 1050

func pages(t *testing.T, s blob.Store) {
	todo := make(chan struct{})
	var wg sync.WaitGroup
	var mu sync.Mutex
	want := map[blob.Key]bool{}
	for range 16 {
		wg.Go(func() {
			for range todo {
				key := blob.NewKey()
				if _, err := s.Put(t.Context(), key, bytes.NewReader([]byte("x"))); err != nil {
					t.Error(err)
				}
				mu.Lock()
				want[key] = true
				mu.Unlock()
			}
		})
	}
	for range beyondAPage {
		todo <- struct{}{}
	}
	close(todo)
	wg.Wait()
	var last blob.Key
	for _, key := range listed(t, s, "") {
		if key <= last || !want[key] {
			t.Fatalf("%s is listed after %s", key, last)
		}
		last = key
		delete(want, key)
	}
	if len(want) != 0 {
		t.Errorf("%d objects are not listed", len(want))
	}
}
