package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/test/objectstore"
)

// Stall is how long a driver under test lets a connection stand still: short
// enough not to be waited for, long enough for a server that is only busy.
const Stall = "5s"

// Faults checks what a driver makes of a store that fails, of a network that
// breaks and of keys that expire: never a wrong byte, nothing half-there, and an
// error that says what happened and whether a retry helps. Open makes a store
// of an address.
func Faults(t *testing.T, kind objectstore.Kind, open func(t *testing.T, at string) blob.Store) {
	for name, test := range map[string]func(*testing.T, *world){
		"what fails for a moment is done all the same":        passing,
		"what goes on failing is told, and leaves nothing":    lasting,
		"what is refused is told, and not tried again":        refused,
		"a body that breaks off is taken up where it broke":   resumed,
		"a body that goes on breaking ends with an error":     endless,
		"another version is never mixed in":                   versions,
		"an answer that was lost makes no second object":      lost,
		"keys that expire in the middle leave nothing":        expired,
		"cuts anywhere, with many at work, never alter bytes": anywhere,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of it is waiting
			test(t, newWorld(t, kind, open))
		})
	}
}

// world is a bucket behind a proxy.
type world struct {
	kind   objectstore.Kind
	open   func(t *testing.T, at string) blob.Store
	direct string // its address past the proxy
	proxy  *objectstore.Proxy
	store  blob.Store // through the proxy
	sure   blob.Store // past it
}

func newWorld(t *testing.T, kind objectstore.Kind, open func(t *testing.T, at string) blob.Store) *world {
	w := &world{kind: kind, open: open, direct: objectstore.Bucket(t, kind)}
	w.proxy = objectstore.NewProxy(t, objectstore.Shared(t, kind))
	w.store = open(t, w.proxy.Address(t, w.direct, "stall="+Stall))
	w.sure = open(t, w.direct)
	return w
}

// slowDown and internal are how a store says that it has too much to do, and
// that something broke.
func (w *world) slowDown() objectstore.Break {
	return objectstore.Break{Status: 503, Code: map[objectstore.Kind]string{objectstore.S3: "SlowDown", objectstore.GCS: "backendError", objectstore.Azure: "ServerBusy"}[w.kind]}
}

func (w *world) internal() objectstore.Break {
	return objectstore.Break{Status: 500, Code: map[objectstore.Kind]string{objectstore.S3: "InternalError", objectstore.GCS: "internalError", objectstore.Azure: "InternalError"}[w.kind]}
}

func (w *world) forbidden() objectstore.Break {
	return objectstore.Break{Status: 403, Code: map[objectstore.Kind]string{objectstore.S3: "AccessDenied", objectstore.GCS: "forbidden", objectstore.Azure: "AuthorizationPermissionMismatch"}[w.kind]}
}

func (w *world) expired() objectstore.Break {
	switch w.kind {
	case objectstore.GCS:
		return objectstore.Break{Status: 401, Code: "authError"}
	case objectstore.Azure:
		return objectstore.Break{Status: 401, Code: "InvalidAuthenticationInfo"}
	}
	return objectstore.Break{Status: 400, Code: "ExpiredToken"}
}

// farAhead is later than anything.
var farAhead = time.Now().Add(24 * time.Hour)

// big is more than two parts.
const big = 20<<20 + 7

func (w *world) put(t *testing.T, content []byte) (blob.Object, error) {
	t.Helper()
	return blob.Put(t.Context(), w.store, bytes.NewReader(content), blob.PutOptions{})
}

func (w *world) holds(t *testing.T, key blob.Key, content []byte) {
	t.Helper()
	if got := read(t, w.sure, key, 0, -1); !bytes.Equal(got, content) {
		t.Error("other bytes are stored")
	}
}

// empty checks that nothing is visible and nothing is under way.
func (w *world) empty(t *testing.T) {
	t.Helper()
	if keys := listed(t, w.sure, ""); len(keys) != 0 {
		t.Errorf("visible: %v", keys)
	}
	if ids := w.unfinished(t); len(ids) != 0 {
		t.Errorf("unfinished multipart uploads: %v", ids)
	}
}

// unfinished are the multipart uploads under way, on S3.
func (w *world) unfinished(t *testing.T) (ids []string) {
	t.Helper()
	return Unfinished(t, w.kind, w.direct)
}

// Unfinished lists the multipart uploads under way in a bucket of S3; other
// stores show none.
func Unfinished(t *testing.T, kind objectstore.Kind, at string) (ids []string) {
	t.Helper()
	if kind != objectstore.S3 {
		return nil
	}
	c, err := objectstore.Shared(t, kind).Minio()
	if err != nil {
		t.Fatal(err)
	}
	for up := range c.ListIncompleteUploads(t.Context(), objectstore.Parse(t, at).Host, "", true) {
		if up.Err != nil {
			t.Fatal(up.Err)
		}
		ids = append(ids, up.Key+" "+up.UploadID)
	}
	return ids
}

func passing(t *testing.T, w *world) {
	for name, b := range map[string]objectstore.Break{
		"500": w.internal(), "503": w.slowDown(), "no answer": {Hang: true}, "a cut": {Cut: true},
		"a cut within the request": {CutRequest: 50_000}, "a cut within the answer": {CutAnswer: 10}, "an answer that is lost": {Lose: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, w.kind, w.open)
			w.passes(t, b, Bytes(100_000, 40))
			w.passes(t, b, Bytes(big, 41))
		})
	}
}

// passes makes every call of a store that fails once.
func (w *world) passes(t *testing.T, b objectstore.Break, content []byte) {
	w.proxy.First(1, "", b)
	o, err := w.put(t, content)
	if err != nil {
		t.Fatalf("put %d bytes: %v", len(content), err)
	}
	w.holds(t, o.Key, content)
	w.proxy.First(2, "", b)
	if got := read(t, w.store, o.Key, 10, 1000); !bytes.Equal(got, content[10:1010]) {
		t.Error("other bytes are read")
	}
	w.proxy.First(1, "", b)
	if info, err := w.store.Stat(t.Context(), o.Key); err != nil || info.Size != int64(len(content)) {
		t.Errorf("stat: %+v, %v", info, err)
	}
	w.proxy.First(1, "", b)
	if keys := listed(t, w.store, ""); len(keys) != 1 || keys[0] != o.Key {
		t.Errorf("list: %v", keys)
	}
	w.proxy.First(1, "", b)
	if err := w.store.Delete(t.Context(), o.Key); err != nil {
		t.Errorf("delete: %v", err)
	}
	w.proxy.Heal()
	w.empty(t)
}

// tells checks that an error is a failure for the moment that names the call.
func tells(t *testing.T, err error, op string, b objectstore.Break, retry bool) {
	t.Helper()
	var f *blob.Failure
	if !errors.As(err, &f) {
		t.Errorf("%s: %v is no failure", op, err)
		return
	}
	if f.Op != op || f.Bucket == "" || f.Retry != retry || blob.CanRetry(err) != retry {
		t.Errorf("%s: %+v, %v", op, f, err)
	}
	if b.Code != "" && (f.Code != b.Code || f.Status != b.Status) {
		t.Errorf("%s: code %q and status %d, want %q and %d", op, f.Code, f.Status, b.Code, b.Status)
	}
	if errors.Is(err, blob.ErrNotFound) || retry && fault.KindOf(err) != fault.Unavailable || !retry && !errors.Is(err, blob.ErrRefused) {
		t.Errorf("%s: a fault of kind %s, %v", op, fault.KindOf(err), err)
	}
}

// each makes every call of a store under a rule.
func (w *world) each(t *testing.T, there blob.Key, b objectstore.Break, retry bool) {
	ctx := t.Context()
	calls := map[string]func() error{
		"put":    func() error { _, err := w.store.Put(ctx, blob.NewKey(), bytes.NewReader(Bytes(1000, 42))); return err },
		"get":    func() error { _, err := w.store.Open(ctx, there, 0, -1); return err },
		"stat":   func() error { _, err := w.store.Stat(ctx, there); return err },
		"delete": func() error { return w.store.Delete(ctx, there) },
		"list": func() error {
			for _, err := range w.store.List(ctx, "") {
				return err
			}
			return nil
		},
	}
	var wg sync.WaitGroup
	for op, call := range calls {
		wg.Go(func() {
			// HEAD has no body to tell a code in.
			if err := call(); op == "stat" && w.kind == objectstore.S3 {
				tells(t, err, op, objectstore.Break{}, retry)
			} else {
				tells(t, err, op, b, retry)
			}
		})
	}
	wg.Wait()
}

func lasting(t *testing.T, w *world) {
	content := Bytes(1000, 43)
	there := put(t, w.sure, content)
	for name, b := range map[string]objectstore.Break{"500": w.internal(), "503": w.slowDown(), "cut": {Cut: true}} {
		t.Run(name, func(t *testing.T) {
			w.proxy.First(1<<30, "", b)
			w.each(t, there, b, true)
			w.proxy.Heal()
			w.holds(t, there, content)
		})
	}
	t.Run("in the middle of an upload", func(t *testing.T) {
		if err := w.sure.Delete(t.Context(), there); err != nil {
			t.Fatal(err)
		}
		content := Bytes(big, 44)
		for after := int64(0); ; after++ {
			w.failWrites(after)
			o, err := w.put(t, content)
			w.proxy.Heal()
			if err == nil { // after the last request that an upload makes
				w.holds(t, o.Key, content)
				if after < 3 {
					t.Errorf("an upload in parts is done with %d requests", after)
				}
				return
			}
			tells(t, err, "put", w.slowDown(), true)
			w.empty(t)
		}
	})
}

// failWrites makes every request that sends bytes fail after so many of them.
func (w *world) failWrites(after int64) {
	b := w.slowDown()
	seen := int64(0)
	var mu sync.Mutex
	w.proxy.Set(func(r *http.Request) objectstore.Break {
		if r.Method != http.MethodPut && r.Method != http.MethodPost {
			return objectstore.Break{}
		}
		mu.Lock()
		defer mu.Unlock()
		if seen++; seen > after {
			return b
		}
		return objectstore.Break{}
	})
}

func refused(t *testing.T, w *world) {
	there := put(t, w.sure, Bytes(1000, 45))
	b := w.forbidden()
	w.proxy.First(1<<30, "", b)
	before := w.proxy.Requests()
	w.each(t, there, b, false)
	if n := w.proxy.Requests() - before; n > 6 {
		t.Errorf("5 calls that were refused made %d requests", n)
	}
}

func resumed(t *testing.T, w *world) {
	content := Bytes(5<<20, 46)
	key := put(t, w.sure, content)
	random := rand.New(rand.NewPCG(1, 2))
	for range 10 {
		off := random.Int64N(1 << 20)
		w.proxy.First(3, http.MethodGet, objectstore.Break{CutAnswer: 1 + random.Int64N(1<<20)})
		if got := read(t, w.store, key, off, 3<<20); !bytes.Equal(got, content[off:off+3<<20]) {
			t.Errorf("a body from %d on that broke off came out as other bytes", off)
		}
	}
}

func endless(t *testing.T, w *world) {
	content := Bytes(1<<20, 47)
	key := put(t, w.sure, content)
	w.proxy.First(1<<30, http.MethodGet, objectstore.Break{CutAnswer: 1000})
	r, err := w.store.Open(t.Context(), key, 0, -1)
	if err == nil {
		var got []byte
		got, err = io.ReadAll(r)
		_ = r.Close()
		if !bytes.HasPrefix(content, got) || len(got) == len(content) {
			t.Errorf("read %d bytes, or other ones", len(got))
		}
	}
	tells(t, err, "get", objectstore.Break{}, true)
}

func versions(t *testing.T, w *world) {
	content := Bytes(1<<20, 48)
	key := put(t, w.sure, content)
	n := 0
	w.proxy.Set(func(*http.Request) objectstore.Break {
		if n++; n == 1 {
			return objectstore.Break{CutAnswer: 1000}
		}
		return objectstore.Break{Version: true}
	})
	r, err := w.store.Open(t.Context(), key, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	got, err := io.ReadAll(r)
	if err == nil || !bytes.HasPrefix(content, got) {
		t.Errorf("read %d bytes of two versions, %v", len(got), err)
	}
}

func lost(t *testing.T, w *world) {
	for _, content := range [][]byte{Bytes(1000, 49), Bytes(big, 50)} {
		for n := range int64(6) {
			seen := int64(0)
			var mu sync.Mutex
			w.proxy.Set(func(r *http.Request) objectstore.Break {
				if r.Method != http.MethodPut && r.Method != http.MethodPost {
					return objectstore.Break{}
				}
				mu.Lock()
				defer mu.Unlock()
				seen++
				return objectstore.Break{Lose: seen == n}
			})
			o, err := w.put(t, content)
			if w.kind == objectstore.GCS && blob.CanRetry(err) {
				// fake-gcs-server takes a chunk that is sent again for one more;
				// Google goes by its Content-Range. What came of it is not kept.
				w.proxy.Heal()
				w.empty(t)
				continue
			}
			if err != nil {
				t.Errorf("answer %d of an upload of %d bytes was lost: %v", n, len(content), err)
				continue
			}
			w.proxy.Heal()
			w.holds(t, o.Key, content)
			if err := w.sure.Delete(t.Context(), o.Key); err != nil {
				t.Fatal(err)
			}
			w.empty(t)
		}
	}
}

func expired(t *testing.T, w *world) {
	b := w.expired()
	seen := int64(0)
	var mu sync.Mutex
	w.proxy.Set(func(*http.Request) objectstore.Break {
		mu.Lock()
		defer mu.Unlock()
		if seen++; seen > 2 {
			return b
		}
		return objectstore.Break{}
	})
	_, err := w.put(t, Bytes(big, 51))
	tells(t, err, "put", b, true) // new keys help
	w.proxy.Heal()
	if keys := listed(t, w.sure, ""); len(keys) != 0 {
		t.Errorf("visible: %v", keys)
	}
	// What the keys no longer sufficed to clear away is swept with new ones.
	if s, ok := w.store.(blob.Sweeper); ok {
		if _, err := s.SweepTemporary(t.Context(), farAhead); err != nil {
			t.Fatal(err)
		}
	}
	w.empty(t)
	if o, err := w.put(t, Bytes(big, 51)); err != nil {
		t.Errorf("with new keys: %v", err)
	} else {
		w.holds(t, o.Key, Bytes(big, 51))
	}
}

func anywhere(t *testing.T, w *world) {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(3, 4))
	number := func(n int64) int64 {
		mu.Lock()
		defer mu.Unlock()
		return random.Int64N(n)
	}
	w.proxy.Set(func(*http.Request) objectstore.Break {
		switch number(12) {
		case 0:
			return objectstore.Break{CutRequest: 1 + number(1<<20)}
		case 1:
			return objectstore.Break{CutAnswer: 1 + number(1<<20)}
		case 2:
			return objectstore.Break{Lose: true}
		case 3:
			return w.slowDown()
		}
		return objectstore.Break{}
	})
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 8 {
				w.turn(t, Bytes(int(number(12<<20)), uint64(60+worker*8+i)))
			}
		})
	}
	wg.Wait()
	w.proxy.Heal()
	if ids := w.unfinished(t); len(ids) != 0 {
		t.Errorf("unfinished multipart uploads: %v", ids)
	}
}

// turn puts and reads an object through a network that breaks: either call may
// fail, with an error that says that a retry helps, and neither may lie.
func (w *world) turn(t *testing.T, content []byte) {
	key := blob.NewKey()
	_, err := blob.Put(t.Context(), w.store, bytes.NewReader(content), blob.PutOptions{Key: key})
	if err != nil {
		if !blob.CanRetry(err) {
			t.Errorf("put: %v, and a retry is said not to help", err)
		}
		return
	}
	got, err := readAll(t.Context(), w.store, key)
	if err != nil && !blob.CanRetry(err) {
		t.Errorf("read: %v, and a retry is said not to help", err)
	}
	if err == nil && !bytes.Equal(got, content) || !bytes.HasPrefix(content, got) {
		t.Error("other bytes were read")
	}
	w.holds(t, key, content)
}

func readAll(ctx context.Context, s blob.Store, key blob.Key) ([]byte, error) {
	r, err := s.Open(ctx, key, 0, -1)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	got, err := io.ReadAll(r)
	if err != nil {
		return got, fmt.Errorf("after %d bytes: %w", len(got), err)
	}
	return got, nil
}
