package preview

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// DefaultDirBytes is how much a server keeps of the previews it made.
const DefaultDirBytes = 256 << 20

// version is part of every key: a server that makes other previews of the same
// bytes finds none of those made before.
const version = "1"

// maxKept bounds one preview that is kept, in bytes.
const maxKept = 8 << 20

// cache keeps previews in a directory. What was not asked for the longest goes
// first. Losing any of it costs time alone, so nothing is synced.
type cache struct {
	dir  string
	most int64
	log  func(string, error)
	read sync.Once // of what the directory has

	mu    sync.Mutex
	size  int64
	files map[string]*entry
	clock int64
}

type entry struct {
	size int64
	used int64
}

// cacheKey names a preview: by the bytes, by the ending of their name, which
// chooses between texts, and by the query.
func cacheKey(src Source, q Query) string {
	name := strings.ToLower(src.Name)
	parts, _ := json.Marshal([]any{version, src.Digest, name, q}) // texts and numbers only
	sum := sha256.Sum256(parts)
	return hex.EncodeToString(sum[:])
}

func newCache(dir string, most int64, log func(string, error)) *cache {
	c := &cache{dir: dir, most: most, log: log, files: map[string]*entry{}}
	if c.most <= 0 {
		c.most = DefaultDirBytes
	}
	return c
}

// open reads which previews the directory has.
func (c *cache) open() { c.read.Do(c.list) }

func (c *cache) list() {
	if c.dir == "" {
		return
	}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		c.log("making the directory of previews", err)
		return
	}
	type found struct {
		name string
		size int64
		at   int64
	}
	var all []found
	err := fs.WalkDir(os.DirFS(c.dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return nil // it went meanwhile
		}
		all = append(all, found{path.Base(name), info.Size(), info.ModTime().UnixNano()})
		return nil
	})
	if err != nil {
		c.log("reading the previews that are kept", err)
	}
	slices.SortFunc(all, func(a, b found) int { return cmp.Compare(a.at, b.at) })
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range all {
		c.clock++
		c.files[f.name] = &entry{f.size, c.clock}
		c.size += f.size
	}
	c.shrink()
}

func (c *cache) path(key string) string { return filepath.Join(c.dir, key[:2], key) }

func (c *cache) get(key string) ([]byte, bool) {
	if c.dir == "" {
		return nil, false
	}
	c.open()
	c.mu.Lock()
	e := c.files[key]
	if e != nil {
		c.clock++
		e.used = c.clock
	}
	c.mu.Unlock()
	if e == nil {
		return nil, false
	}
	b, err := os.ReadFile(c.path(key))
	if err != nil || int64(len(b)) != e.size {
		c.drop(key)
		return nil, false
	}
	return b, true
}

func (c *cache) put(key string, b []byte) {
	if c.dir == "" || len(b) > maxKept {
		return
	}
	c.open()
	if err := write(c.path(key), b); err != nil {
		c.log("keeping a preview", err)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.files[key]; old != nil {
		c.size -= old.size
	}
	c.clock++
	c.files[key] = &entry{int64(len(b)), c.clock}
	c.size += int64(len(b))
	c.shrink()
}

// write makes a file visible whole.
func write(name string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "new-")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the error before counts
	}
	return err
}

func (c *cache) drop(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.files[key]; e != nil {
		c.size -= e.size
		delete(c.files, key)
	}
}

// shrink removes what was not used the longest until the rest fits. It goes
// somewhat further than it must, so that it is not called for each preview.
func (c *cache) shrink() {
	if c.size <= c.most {
		return
	}
	keys := make([]string, 0, len(c.files))
	for k := range c.files {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Compare(c.files[a].used, c.files[b].used) })
	for _, k := range keys {
		if c.size <= c.most-c.most/10 {
			return
		}
		if err := os.Remove(c.path(k)); err != nil && !os.IsNotExist(err) {
			c.log("removing a preview", err)
		}
		c.size -= c.files[k].size
		delete(c.files, k)
	}
}
