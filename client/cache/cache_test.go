package cache_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/client/cache"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, cfg cache.Config) *cache.Cache {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	c, err := cache.Open(cfg)
	must(t, err)
	t.Cleanup(func() { must(t, c.Close()) })
	return c
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func key(content []byte, name string) cache.Key {
	return cache.Key{Digest: digest(content), Name: name}
}

// put makes an entry of content and tells whether it had to be fetched.
func put(t *testing.T, c *cache.Cache, k cache.Key, content []byte) (*cache.Entry, bool) {
	t.Helper()
	fetched := false
	e, err := c.File(t.Context(), k, int64(len(content)), func(_ context.Context, w io.Writer) error {
		fetched = true
		_, err := w.Write(content)
		return err
	})
	must(t, err)
	got, err := os.ReadFile(e.Path)
	must(t, err)
	if !bytes.Equal(got, content) {
		t.Errorf("%s holds other bytes", e.Path)
	}
	return e, fetched
}

func TestI01ContentIsFetchedOnce(t *testing.T) {
	c := open(t, cache.Config{})
	content := []byte("features")
	first, fetched := put(t, c, key(content, "x.npz"), content)
	second, again := put(t, c, key(content, "x.npz"), content)
	if !fetched || again || first.Path != second.Path || filepath.Base(first.Path) != "x.npz" || first.Digest != digest(content) || first.Size != 8 {
		t.Errorf("%+v %+v", first, second)
	}
	other, fetched := put(t, c, key(content, "y.npz"), content)
	if !fetched || filepath.Base(other.Path) != "y.npz" {
		t.Error("one name is given for another")
	}
	one := cache.Key{Address: "http://host/x", Version: "1", Name: "x"}
	put(t, c, one, content)
	one.Version = "2"
	if _, fetched := put(t, c, one, []byte("changed")); !fetched {
		t.Error("content that changed at its address was not noticed")
	}
}

func TestI12ManyWhoAskAtOnceFetchOnce(t *testing.T) {
	dir := t.TempDir()
	content := bytes.Repeat([]byte("x"), 1<<20)
	var fetches atomic.Int32
	var wg sync.WaitGroup
	for range 4 { // as processes do, each with a cache of its own on one folder
		c := open(t, cache.Config{Dir: dir})
		for range 8 {
			wg.Go(func() {
				e, err := c.File(t.Context(), key(content, "big"), int64(len(content)), func(_ context.Context, w io.Writer) error {
					fetches.Add(1)
					time.Sleep(20 * time.Millisecond)
					_, err := w.Write(content)
					return err
				})
				if err != nil {
					t.Error(err)
					return
				}
				defer e.Release()
				if got, err := os.ReadFile(e.Path); err != nil || !bytes.Equal(got, content) {
					t.Errorf("got %d bytes, error %v", len(got), err)
				}
			})
		}
	}
	wg.Wait()
	if fetches.Load() != 1 {
		t.Errorf("fetched %d times", fetches.Load())
	}
}

func TestD21AFailedFetchLeavesNothing(t *testing.T) {
	c := open(t, cache.Config{})
	content := []byte("the whole")
	broken := errors.New("connection reset")
	_, err := c.File(t.Context(), key(content, "f"), 9, func(_ context.Context, w io.Writer) error {
		_, _ = w.Write(content[:4])
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("got error %v", err)
	}
	_, err = c.File(t.Context(), key(content, "f"), 9, func(_ context.Context, w io.Writer) error {
		_, err := w.Write([]byte("the hole!"))
		return err
	})
	var d *cache.DigestError
	if !errors.As(err, &d) || d.Want != digest(content) || d.Got != digest([]byte("the hole!")) {
		t.Errorf("got error %v", err)
	}
	u, err := c.Usage()
	must(t, err)
	if u.Entries != 0 || u.Bytes != 0 {
		t.Errorf("left %+v", u)
	}
	if _, fetched := put(t, c, key(content, "f"), content); !fetched {
		t.Error("a broken fetch counts as a hit")
	}
}

func TestI05WhatWasNotUsedForLongestGoesFirst(t *testing.T) {
	var at atomic.Int64
	c := open(t, cache.Config{MaxBytes: 1000, Now: func() time.Time { return time.Unix(at.Add(1), 0) }})
	contents := map[string][]byte{}
	get := func(name string) bool {
		contents[name] = bytes.Repeat([]byte(name), 200)
		e, fetched := put(t, c, key(contents[name], name), contents[name])
		e.Release()
		return fetched
	}
	for _, name := range []string{"a", "b", "c", "d"} {
		get(name)
	}
	get("a") // used again
	get("e")
	get("f") // over the limit: b and what the margin takes goes
	if get("a") || get("e") || get("f") {
		t.Error("what was used lately went")
	}
	if !get("b") {
		t.Error("what was not used for longest stayed")
	}
	u, err := c.Usage()
	must(t, err)
	if u.Bytes > 1000 {
		t.Errorf("holds %d bytes", u.Bytes)
	}
}

func TestI06WhatIsInUseStays(t *testing.T) {
	dir := t.TempDir()
	mine, others := open(t, cache.Config{Dir: dir, MaxBytes: 1000}), open(t, cache.Config{Dir: dir, MaxBytes: 1000})
	held, _ := put(t, mine, key([]byte("held"), "held"), []byte("held"))
	for i := range 20 {
		content := bytes.Repeat([]byte{byte(i)}, 300)
		e, _ := put(t, others, key(content, "f"), content)
		e.Release()
	}
	if _, err := os.Stat(held.Path); err != nil {
		t.Errorf("an entry in use was removed: %v", err)
	}
	if n, _, err := others.Prune(func(cache.Info) bool { return true }); err != nil || n == 0 {
		t.Errorf("pruned %d, error %v", n, err)
	}
	if _, err := os.Stat(held.Path); err != nil {
		t.Errorf("an entry in use was pruned: %v", err)
	}
	held.Release()
	held.Release()
	if n, bytes, err := others.Prune(func(cache.Info) bool { return true }); err != nil || n != 1 || bytes != 4 {
		t.Errorf("pruned %d with %d bytes, error %v", n, bytes, err)
	}
}

func TestI07TheDiskKeepsItsFreeSpace(t *testing.T) {
	c := open(t, cache.Config{MinFree: 1 << 62})
	_, err := c.File(t.Context(), cache.Key{Address: "x", Name: "x"}, 10, func(context.Context, io.Writer) error {
		t.Error("fetched")
		return nil
	})
	if !errors.Is(err, cache.ErrNoRoom) {
		t.Errorf("got error %v", err)
	}
}

func TestEntriesThatWereChangedAreNoHits(t *testing.T) {
	c := open(t, cache.Config{})
	content := []byte("pristine")
	for expectation, spoil := range map[string]func(path string) error{
		"longer":  func(path string) error { return os.WriteFile(path, []byte("much longer"), 0o600) },
		"as long": func(path string) error { return os.WriteFile(path, []byte("spoiled!"), 0o600) },
		"gone":    os.Remove,
	} {
		t.Run(expectation, func(t *testing.T) {
			e, _ := put(t, c, key(content, "f"), content)
			must(t, os.Chmod(e.Path, 0o600))
			must(t, spoil(e.Path))
			if _, fetched := put(t, c, key(content, "f"), content); !fetched {
				t.Error("given away as it is")
			}
		})
	}
}

func TestVerifyFindsWhatNobodySees(t *testing.T) {
	c := open(t, cache.Config{})
	good, _ := put(t, c, key([]byte("good"), "good"), []byte("good"))
	bad, _ := put(t, c, cache.Key{Digest: digest([]byte("bad")), Name: "bad", Source: "churn/train:bad"}, []byte("bad"))
	tree, err := c.Tree(t.Context(), key([]byte("zip"), "folder"), 5, func(_ context.Context, dir string) error {
		return os.WriteFile(filepath.Join(dir, "member"), []byte("member"), 0o600)
	})
	must(t, err)
	info, err := os.Stat(bad.Path)
	must(t, err)
	must(t, os.Chmod(bad.Path, 0o600))
	must(t, os.WriteFile(bad.Path, []byte("rot"), 0o600))
	must(t, os.Chtimes(bad.Path, info.ModTime(), info.ModTime())) // as a disk would
	must(t, os.WriteFile(filepath.Join(tree.Path, "member"), []byte("mumble"), 0o600))
	sound, spoiled, err := c.Verify(t.Context())
	must(t, err)
	if sound != 1 || len(spoiled) != 2 {
		t.Errorf("%d sound, spoiled %+v", sound, spoiled)
	}
	if _, err := os.Stat(good.Path); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(bad.Path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the spoiled entry is still there: %v", err)
	}
}

func TestTreesAreMadeOnce(t *testing.T) {
	c := open(t, cache.Config{})
	made := 0
	for range 2 {
		e, err := c.Tree(t.Context(), key([]byte("zip"), "folder"), 3, func(_ context.Context, dir string) error {
			made++
			return os.WriteFile(filepath.Join(dir, "x"), []byte("abc"), 0o600)
		})
		must(t, err)
		if text, err := os.ReadFile(filepath.Join(e.Path, "x")); err != nil || string(text) != "abc" || filepath.Base(e.Path) != "folder" || e.Size != 3 {
			t.Errorf("%q in %+v, error %v", text, e, err)
		}
	}
	if made != 1 {
		t.Errorf("made %d times", made)
	}
}

func TestRefreshedEntriesAreFetchedAnew(t *testing.T) {
	c := open(t, cache.Config{})
	k := key([]byte("x"), "x")
	put(t, c, k, []byte("x"))
	must(t, c.Refresh(k))
	if _, fetched := put(t, c, k, []byte("x")); !fetched {
		t.Error("not fetched anew")
	}
	must(t, c.Refresh(cache.Key{Digest: "unknown"}))
}

func TestI08ASecondCacheIsAskedFirst(t *testing.T) {
	shared := t.TempDir()
	one := open(t, cache.Config{Second: open(t, cache.Config{Dir: shared})})
	content := []byte("on the shared drive")
	if _, fetched := put(t, one, key(content, "f"), content); !fetched {
		t.Error("made of nothing")
	}
	other := open(t, cache.Config{Second: open(t, cache.Config{Dir: shared})})
	if _, fetched := put(t, other, key(content, "f"), content); fetched {
		t.Error("fetched although the second cache has it")
	}
}

func TestI09NamesAreOnlyNames(t *testing.T) {
	dir := t.TempDir()
	c := open(t, cache.Config{Dir: filepath.Join(dir, "cache")})
	for _, name := range []string{
		"../../escape", "/etc/passwd", "..", ".", "", ".entry", "a\x00b", "C:\\x", "con?", "dot.", strings.Repeat("é", 300) + ".csv.gz", "x." + strings.Repeat("y", 300),
	} {
		e, _ := put(t, c, key([]byte(name), name), []byte(name))
		rel, err := filepath.Rel(filepath.Join(dir, "cache", "e"), e.Path)
		if err != nil || !filepath.IsLocal(rel) || strings.Count(rel, string(filepath.Separator)) != 1 {
			t.Errorf("%q became %s", name, rel)
		}
		if strings.HasSuffix(name, ".csv.gz") && !strings.HasSuffix(e.Path, ".csv.gz") {
			t.Errorf("%q lost its suffix: %s", name, e.Path)
		}
	}
	left, err := os.ReadDir(dir)
	must(t, err)
	if len(left) != 1 {
		t.Errorf("something was written outside: %v", left)
	}
}

func TestAKilledProcessLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	c := open(t, cache.Config{Dir: dir})
	// What a process leaves that was killed while it fetched and used.
	for _, f := range []struct{ path, text string }{
		{"l/DEAD", "fetch 5000\n"}, {"l/DEAD.lock", ""}, {"t/DEAD-1/half", "half"}, {"dirty", ""}, {"used", "5000"},
	} {
		path := filepath.Join(dir, f.path)
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, []byte(f.text), 0o600))
	}
	put(t, c, key([]byte("alive"), "alive"), []byte("alive"))
	u, err := c.Usage()
	must(t, err)
	if u.Bytes != 5 || u.Entries != 1 || u.InUse != 1 {
		t.Errorf("counts %+v", u)
	}
	for _, gone := range []string{"l/DEAD", "l/DEAD.lock", "t/DEAD-1", "dirty"} {
		if _, err := os.Stat(filepath.Join(dir, gone)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", gone, err)
		}
	}
}

func TestCountsSurviveManyChanges(t *testing.T) {
	c := open(t, cache.Config{MaxBytes: 5000})
	for i := range 300 {
		content := bytes.Repeat([]byte{byte(i), byte(i >> 8)}, i%400+1)
		e, _ := put(t, c, key(content, fmt.Sprint(i%7)), content)
		if i%3 > 0 {
			defer e.Release()
		} else {
			e.Release()
		}
		if i%50 == 0 {
			_, _, err := c.Prune(func(info cache.Info) bool { return info.Size%2 == 0 })
			must(t, err)
		}
	}
	before, err := os.ReadFile(filepath.Join(must2(c.Usage()).Dir, "used"))
	must(t, err)
	u, err := c.Usage() // counts anew
	must(t, err)
	if strings.TrimSpace(string(before)) != fmt.Sprint(u.Bytes) {
		t.Errorf("counted %s along the way, %d at the end", before, u.Bytes)
	}
}

func must2(u cache.Usage, _ error) cache.Usage { return u }
