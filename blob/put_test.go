package blob_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/blobtest"
	"github.com/coffer-ml/coffer/blob/local"
	"github.com/coffer-ml/coffer/blob/mem"
	"github.com/coffer-ml/coffer/internal/fault"
)

func TestPut(t *testing.T) {
	size := func(n int64) *int64 { return &n }
	content := blobtest.Bytes(3<<20+5, 1)
	digest := blob.DigestOf(sha256.Sum256(content))
	other := blob.DigestOf(sha256.Sum256([]byte("other")))
	for name, c := range map[string]struct {
		o    blob.PutOptions
		want fault.Reason
	}{
		"no promise":          {},
		"right length":        {o: blob.PutOptions{Size: size(3<<20 + 5)}},
		"right digest":        {o: blob.PutOptions{Digest: digest}},
		"at the limit":        {o: blob.PutOptions{MaxSize: 3<<20 + 5}},
		"one byte over limit": {o: blob.PutOptions{MaxSize: 3<<20 + 4}, want: blob.ErrTooLarge},
		"too short":           {o: blob.PutOptions{Size: size(3<<20 + 6)}, want: blob.ErrLength},
		"too long":            {o: blob.PutOptions{Size: size(3<<20 + 4)}, want: blob.ErrLength},
		"promised nothing":    {o: blob.PutOptions{Size: size(0)}, want: blob.ErrLength},
		"wrong digest":        {o: blob.PutOptions{Digest: other}, want: blob.ErrMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			s := &mem.Store{}
			o, err := blob.Put(t.Context(), s, iotest.HalfReader(bytes.NewReader(content)), c.o)
			if (c.want != fault.Reason{}) {
				if !errors.Is(err, c.want) {
					t.Fatalf("%v, want %v", err, c.want)
				}
				nothingIn(t, s)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if o.Digest != digest || o.Size != int64(len(content)) {
				t.Errorf("digest %s, size %d", o.Digest, o.Size)
			}
			r, err := s.Open(t.Context(), o.Key, 0, -1)
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := io.ReadAll(r); !bytes.Equal(got, content) {
				t.Error("other bytes are stored")
			}
		})
	}
}

func nothingIn(t *testing.T, s blob.Store) {
	t.Helper()
	for info, err := range s.List(t.Context(), "") {
		t.Errorf("%s is visible (%v)", info.Key, err)
	}
}

func TestPutNothing(t *testing.T) {
	o, err := blob.Put(t.Context(), &mem.Store{}, strings.NewReader(""), blob.PutOptions{})
	if err != nil || o.Digest != blob.EmptyDigest || o.Size != 0 {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestPutPassesOnTheReadersError(t *testing.T) {
	for _, broken := range []error{errors.New("the client went away"), io.ErrUnexpectedEOF} {
		for _, before := range []int{0, 100, 2 << 20} {
			passesOn(t, broken, before)
		}
	}
}

func passesOn(t *testing.T, broken error, before int) {
	s := &mem.Store{}
	r := io.MultiReader(bytes.NewReader(blobtest.Bytes(before, 1)), iotest.ErrReader(broken))
	if _, err := blob.Put(t.Context(), s, r, blob.PutOptions{}); !errors.Is(err, broken) {
		t.Errorf("after %d bytes: %v, want %v", before, err, broken)
	}
	nothingIn(t, s)
}

func TestPutRefusesADriverThatStopsEarly(t *testing.T) {
	f := &blobtest.Faulty{Store: &mem.Store{}}
	f.FailPutAfter.Store(1000)
	if _, err := blob.Put(t.Context(), f, bytes.NewReader(blobtest.Bytes(5000, 1)), blob.PutOptions{}); !errors.Is(err, blobtest.ErrInjected) {
		t.Errorf("%v, want the driver's error", err)
	}
}

// A file of any size goes through two buffers.
func TestPutTakesBoundedMemory(t *testing.T) {
	s, err := local.Open(local.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const size = 256 << 20
	if _, err := blob.Put(t.Context(), s, io.LimitReader(zeros{}, size), blob.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	const most = 16 << 20
	if n := after.TotalAlloc - before.TotalAlloc; n > most {
		t.Errorf("%d bytes allocated for %d stored, want at most %d", n, size, most)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestParseDigest(t *testing.T) {
	upper := strings.ToUpper(string(blob.EmptyDigest))
	if d, err := blob.ParseDigest(upper); err != nil || d != blob.EmptyDigest {
		t.Errorf("%s, %v", d, err)
	}
	for _, bad := range []string{"", "abc", strings.Repeat("g", 64), string(blob.EmptyDigest) + "0"} {
		if _, err := blob.ParseDigest(bad); !errors.Is(err, blob.ErrDigest) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func BenchmarkPut(b *testing.B) {
	for name, size := range map[string]int64{"4KiB": 4 << 10, "64MiB": 64 << 20} {
		b.Run(name, func(b *testing.B) {
			s, err := local.Open(local.Config{Dir: b.TempDir()})
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(size)
			for b.Loop() {
				if _, err := blob.Put(b.Context(), s, io.LimitReader(zeros{}, size), blob.PutOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
