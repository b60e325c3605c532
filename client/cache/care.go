package cache

import (
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
	"time"
)

// Info is what is known of an entry.
type Info struct {
	Path   string
	Source string
	Size   int64
	Used   time.Time // the last time
	Tree   bool      // an extracted archive
	InUse  bool      // by this or another process
}

// Usage is how much there is.
type Usage struct {
	Dir      string
	Entries  int
	Bytes    int64 // of entries and of what is being fetched
	InUse    int   // entries
	MaxBytes int64 // less than 0 if there is no limit
	MinFree  int64
	Free     int64 // bytes on the disk
}

// Usage counts.
func (c *Cache) Usage() (Usage, error) {
	u := Usage{Dir: c.cfg.Dir, MaxBytes: c.cfg.MaxBytes, MinFree: c.cfg.MinFree}
	err := c.locked(func(s *state) error {
		leases, err := s.leases()
		if err != nil {
			return err
		}
		if err := s.count(); err != nil {
			return err
		}
		keys, err := s.keys()
		u.Entries, u.Bytes = len(keys), s.used
		for _, key := range keys {
			if leases.keys[key] {
				u.InUse++
			}
		}
		return err
	})
	if err != nil {
		return u, err
	}
	u.Free, err = freeSpace(c.cfg.Dir)
	return u, err
}

// List tells of all entries, the one that was not used for longest first.
func (c *Cache) List() ([]Info, error) {
	var all []Info
	err := c.locked(func(s *state) error {
		leases, err := s.leases()
		if err != nil {
			return err
		}
		entries, err := s.oldest()
		if err != nil {
			return err
		}
		for _, e := range entries {
			m, err := s.read(e.key)
			if err != nil {
				continue // nothing is known of it
			}
			all = append(all, Info{
				Path: s.path("e", e.key, m.Name), Source: m.Source, Size: m.Size, Used: e.used, Tree: m.Tree, InUse: leases.keys[e.key],
			})
		}
		return nil
	})
	return all, err
}

// Prune removes the entries that which chooses and nobody uses, and tells how
// many bytes that freed.
func (c *Cache) Prune(which func(Info) bool) (entries int, bytes int64, err error) {
	all, err := c.List()
	if err != nil {
		return 0, 0, err
	}
	err = c.locked(func(s *state) error {
		leases, err := s.leases()
		if err != nil {
			return err
		}
		for _, info := range all {
			key := filepath.Base(filepath.Dir(info.Path))
			if leases.keys[key] || !which(info) {
				continue
			}
			switch err := s.trash(key); {
			case err == nil:
				entries++
				bytes += info.Size
			case !errors.Is(err, fs.ErrNotExist):
				return err
			}
		}
		return nil
	})
	return entries, bytes, err
}

// Verify reads every entry and removes those that are not what was fetched. It
// tells which these were.
func (c *Cache) Verify(ctx context.Context) (sound int, spoiled []Info, err error) {
	all, err := c.List()
	if err != nil {
		return 0, nil, err
	}
	for _, info := range all {
		if err := ctx.Err(); err != nil {
			return sound, spoiled, err
		}
		key := filepath.Base(filepath.Dir(info.Path))
		m, err := c.read(key)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile
		}
		var digest string
		if err == nil && m.Tree {
			digest, _, err = listing(info.Path)
		} else if err == nil {
			digest, err = hashFile(info.Path)
		}
		if err == nil && digest == m.Digest {
			sound++
			continue
		}
		spoiled = append(spoiled, info)
		err = c.locked(func(s *state) error { return s.trash(key) })
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return sound, spoiled, err
		}
	}
	return sound, spoiled, nil
}

func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
}

// listing is the digest of the names and contents of a folder, and how many
// bytes it holds.
func listing(dir string) (digest string, size int64, err error) {
	var lines strings.Builder
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		sum, err := hashFile(path)
		size += info.Size()
		fmt.Fprintf(&lines, "%q %s\n", filepath.ToSlash(name), sum)
		return err
	})
	sum := sha256.Sum256([]byte(lines.String()))
	return hex.EncodeToString(sum[:]), size, err
}
