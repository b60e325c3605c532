package cache

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

const (
	// DefaultMaxBytes holds some models or some thousand small artifacts.
	DefaultMaxBytes = 20 << 30
	// DefaultMinFree leaves the disk to others before it is full.
	DefaultMinFree = 1 << 30
	// maxName is what a file system allows, less what is put behind it.
	maxName = 200
	// poll is how often a waiting fetch looks whether it is its turn.
	poll = 5 * time.Millisecond
	// margin is how much more than it must a sweep removes, of the limit: so
	// that not every fetch of a full cache sweeps.
	margin = 20 // one part of
)

// Config says where and how much. The zero value but for Dir is the default.
type Config struct {
	Dir      string // required; made if it is not there
	MaxBytes int64  // of all entries; 0 means DefaultMaxBytes, less than 0 no limit
	MinFree  int64  // of the disk; 0 means DefaultMinFree, less than 0 none
	// Second is a cache that is asked before anything is fetched, such as one on
	// a shared drive, and that keeps what was fetched.
	Second *Cache
	Now    func() time.Time // nil means time.Now
}

// ErrNoRoom is that of a disk that would get less free space than it must keep.
var ErrNoRoom = errors.New("the disk of the cache has too little free space")

// DigestError is that of content with another digest than the key's.
type DigestError struct{ Want, Got string }

// Error implements error.
func (e *DigestError) Error() string {
	return fmt.Sprintf("SHA-256 %s was expected, %s came", e.Want, e.Got)
}

// Cache is a folder of entries.
type Cache struct {
	cfg Config
	id  string

	alive *flock.Flock // of this process, for as long as it uses the cache
	mu    sync.Mutex   // goes before the lock on disk
	lease *os.File
	uses  map[string]int // by key
	made  int            // folders in t, to tell them apart
	holds int64          // bytes being fetched
}

// Open opens a cache, and makes its folder if there is none.
func Open(cfg Config) (*Cache, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now //nolint:forbidigo // the default of the Now field
	}
	if cfg.MaxBytes == 0 {
		cfg.MaxBytes = DefaultMaxBytes
	}
	if cfg.MinFree == 0 {
		cfg.MinFree = DefaultMinFree
	}
	for _, sub := range []string{"e", "t", "l", "s"} {
		if err := os.MkdirAll(filepath.Join(cfg.Dir, sub), 0o755); err != nil {
			return nil, err
		}
	}
	c := &Cache{cfg: cfg, id: rand.Text(), uses: map[string]int{}}
	c.alive = flock.New(c.path("l", c.id+".lock"))
	// Alone, lest somebody takes a process for dead that is about to begin.
	err := c.locked(func(*state) error {
		if err := c.alive.Lock(); err != nil {
			return err
		}
		var err error
		if c.lease, err = os.OpenFile(c.path("l", c.id), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644); err != nil {
			return errors.Join(err, c.alive.Close())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Close releases everything. Paths of entries may be gone at any time after it.
func (c *Cache) Close() error {
	return errors.Join(c.lease.Close(), os.Remove(c.lease.Name()), os.Remove(c.alive.Path()), c.alive.Close())
}

func (c *Cache) path(parts ...string) string {
	return filepath.Join(append([]string{c.cfg.Dir}, parts...)...)
}

// Key names content: by its digest, or where that is not known by an address
// and what tells its versions apart.
type Key struct {
	Digest  string // SHA-256 in hex
	Address string
	Version string // an ETag, a time
	Name    string // of the file; a part of the key, since its suffix counts
	Source  string // where it is from, for people; no part of the key
}

// id is the key as a file name.
func (k Key) id(kind string) string {
	what := k.Digest
	if what == "" {
		what = k.Address + "\n" + k.Version
	}
	sum := sha256.Sum256([]byte(kind + "\n" + what + "\n" + k.Name))
	return hex.EncodeToString(sum[:])
}

// FileName is a name as a file system takes it: as it is, unless it is too long
// or would be something else than a name.
func FileName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
	name = strings.TrimRight(name, ". ")
	if strings.Trim(name, ".") == "" || name == metaName {
		return "content" + name
	}
	if len(name) > maxName {
		ext := filepath.Ext(name)
		if inner := filepath.Ext(strings.TrimSuffix(name, ext)); len(inner)+len(ext) < 20 {
			ext = inner + ext // .csv.gz
		}
		if len(ext) > 20 {
			ext = ""
		}
		sum := sha256.Sum256([]byte(name))
		name = strings.ToValidUTF8(name[:maxName-len(ext)-17], "") + "_" + hex.EncodeToString(sum[:8]) + ext
	}
	return name
}

// metaName is the file in an entry that tells of it.
const metaName = ".entry"

// meta is what is known of an entry.
type meta struct {
	Name    string    `json:"name"`
	Digest  string    `json:"digest"` // of the file, or of the list of files
	Size    int64     `json:"size"`
	Changed time.Time `json:"changed"` // of the file, so that changes are seen
	Tree    bool      `json:"tree,omitempty"`
	Source  string    `json:"source,omitempty"`
}

// Entry is content in the cache. It stays until it is released.
type Entry struct {
	Path   string
	Digest string // SHA-256 of the file; of a folder that of the list of its files
	Size   int64

	c    *Cache
	key  string
	once sync.Once
}

// Release lets go of the entry: it may be removed from now on.
func (e *Entry) Release() {
	e.once.Do(func() { e.c.release(e.key) })
}

// File returns the file with a key. If it is not there, fetch writes it, which
// happens once however many ask for it. The size is what is expected, 0 if
// nobody knows. A file with another digest than the key's is a *DigestError.
func (c *Cache) File(ctx context.Context, k Key, size int64, fetch func(ctx context.Context, w io.Writer) error) (*Entry, error) {
	return c.get(ctx, k.id("file"), size, func(dir string) (meta, error) {
		m := meta{Name: FileName(k.Name), Source: k.Source}
		if c.cfg.Second != nil {
			e, err := c.cfg.Second.File(ctx, k, size, fetch)
			if err != nil {
				return m, err
			}
			defer e.Release()
			in, err := os.Open(e.Path)
			if err != nil {
				return m, err
			}
			defer func() { _ = in.Close() }()
			return m, c.write(dir, &m, k.Digest, func(w io.Writer) error { _, err := io.Copy(w, in); return err })
		}
		return m, c.write(dir, &m, k.Digest, func(w io.Writer) error { return fetch(ctx, w) })
	})
}

// write makes the file of an entry.
func (c *Cache) write(dir string, m *meta, want string, fetch func(io.Writer) error) error {
	f, err := os.OpenFile(filepath.Join(dir, m.Name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	h := sha256.New()
	err = fetch(io.MultiWriter(f, h))
	if err == nil {
		err = f.Chmod(0o444) // shared by all: nobody is to write into it
	}
	info, statErr := f.Stat()
	if err = errors.Join(err, statErr, f.Close()); err != nil {
		return err
	}
	m.Digest, m.Size, m.Changed = hex.EncodeToString(h.Sum(nil)), info.Size(), info.ModTime()
	if want != "" && want != m.Digest {
		return &DigestError{Want: want, Got: m.Digest}
	}
	return nil
}

// Tree returns the folder with a key. If it is not there, fill makes its
// content in an empty folder, which happens once however many ask for it.
func (c *Cache) Tree(ctx context.Context, k Key, size int64, fill func(ctx context.Context, dir string) error) (*Entry, error) {
	return c.get(ctx, k.id("tree"), size, func(dir string) (meta, error) {
		m := meta{Name: FileName(k.Name), Source: k.Source, Tree: true}
		inner := filepath.Join(dir, m.Name)
		if err := os.Mkdir(inner, 0o755); err != nil {
			return m, err
		}
		if err := fill(ctx, inner); err != nil {
			return m, err
		}
		var err error
		m.Digest, m.Size, err = listing(inner)
		return m, err
	})
}

// get returns an entry, made by fill in an aside folder if it is not there.
func (c *Cache) get(ctx context.Context, key string, size int64, fill func(dir string) (meta, error)) (*Entry, error) {
	if e, err := c.hit(key); e != nil || err != nil {
		return e, err
	}
	turn := flock.New(c.path("s", key[:2]))
	if _, err := turn.TryLockContext(ctx, poll); err != nil {
		return nil, err
	}
	defer func() { _ = turn.Close() }()
	if e, err := c.hit(key); e != nil || err != nil { // fetched meanwhile
		return e, err
	}
	dir, err := c.reserve(size)
	if err != nil {
		return nil, err
	}
	m, err := fill(dir)
	if err != nil {
		return nil, errors.Join(err, c.drop(dir, size))
	}
	text, err := json.Marshal(m)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, metaName), text, 0o644)
	}
	if err != nil {
		return nil, errors.Join(err, c.drop(dir, size))
	}
	if err := c.publish(key, dir, size, m.Size); err != nil {
		return nil, err
	}
	return c.entry(key, m), nil
}

func (c *Cache) entry(key string, m meta) *Entry {
	return &Entry{Path: c.path("e", key, m.Name), Digest: m.Digest, Size: m.Size, c: c, key: key}
}

// Refresh forgets the entry with a key, so that the next one who asks fetches
// it anew. Who has it keeps it.
func (c *Cache) Refresh(k Key) error {
	return c.locked(func(s *state) error {
		for _, kind := range []string{"file", "tree"} {
			if err := s.trash(k.id(kind)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		return nil
	})
}

// hit returns an entry that is there, nil if it is not.
func (c *Cache) hit(key string) (*Entry, error) {
	if _, err := os.Stat(c.path("e", key)); err != nil {
		return nil, nil //nolint:nilerr // it is not there, or not to be read: fetched
	}
	var e *Entry
	err := c.locked(func(s *state) error {
		m, err := c.read(key)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && !m.Tree {
			var info fs.FileInfo
			info, err = os.Stat(c.path("e", key, m.Name))
			if err == nil && (info.Size() != m.Size || !info.ModTime().Equal(m.Changed)) {
				err = errors.New("changed by somebody")
			}
		}
		if err != nil {
			return s.trash(key)
		}
		if err := c.use(key, 1); err != nil {
			return err
		}
		now := c.cfg.Now()
		e = c.entry(key, m)
		return os.Chtimes(c.path("e", key), now, now)
	})
	return e, err
}

func (c *Cache) read(key string) (meta, error) {
	var m meta
	text, err := os.ReadFile(c.path("e", key, metaName))
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	return m, err
}
