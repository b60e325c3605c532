package cache

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// state is the cache while it is locked. Folders that are to be removed wait
// in trashed until the lock is given back: that takes its time.
type state struct {
	*Cache
	used    int64
	trashed []string
}

// locked runs fn alone among all processes.
func (c *Cache) locked(fn func(*state) error) error {
	s := &state{Cache: c}
	err := func() error {
		c.mu.Lock()
		defer c.mu.Unlock()
		l := flock.New(c.path("lock"))
		if err := l.Lock(); err != nil {
			return err
		}
		defer func() { _ = l.Close() }()
		if err := s.begin(); err != nil {
			return err
		}
		return fn(s)
	}()
	for _, dir := range s.trashed {
		err = errors.Join(err, remove(dir))
	}
	return err
}

// begin reads how much is used; after a process that was killed in the midst of
// a change it counts.
func (s *state) begin() error {
	text, err := os.ReadFile(s.path("used"))
	if err == nil {
		if s.used, err = strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
			if _, dirty := os.Stat(s.path("dirty")); errors.Is(dirty, fs.ErrNotExist) {
				return nil
			}
		}
	}
	return s.count()
}

// change runs what changes the number of bytes used, such that a kill in its
// midst is noticed.
func (s *state) change(by int64, fn func() error) error {
	if err := os.WriteFile(s.path("dirty"), nil, 0o644); err != nil {
		return err
	}
	if err := fn(); err != nil {
		return err // counted anew by the next one
	}
	s.used += by
	return s.settle()
}

func (s *state) settle() error {
	if err := os.WriteFile(s.path("used"), []byte(strconv.FormatInt(s.used, 10)), 0o644); err != nil {
		return err
	}
	if err := os.Remove(s.path("dirty")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// count counts anew, and clears away what killed processes left.
func (s *state) count() error {
	leases, err := s.leases()
	if err != nil {
		return err
	}
	s.used = leases.fetching
	keys, err := s.keys()
	if err != nil {
		return err
	}
	for _, key := range keys {
		m, err := s.read(key)
		if err != nil { // cannot be: it was renamed into its place
			if err := s.move(key); err != nil {
				return err
			}
			continue
		}
		s.used += m.Size
	}
	return s.settle()
}

func (s *state) keys() ([]string, error) {
	f, err := os.Open(s.path("e"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return f.Readdirnames(-1)
}

// leased is what living processes use and fetch.
type leased struct {
	keys     map[string]bool
	fetching int64
}

// leases reads what living processes say, and clears away after dead ones.
func (s *state) leases() (leased, error) {
	l := leased{keys: map[string]bool{}}
	files, err := os.ReadDir(s.path("l"))
	if err != nil {
		return l, err
	}
	for _, f := range files {
		id, ok := strings.CutSuffix(f.Name(), ".lock")
		if !ok {
			continue
		}
		if id != s.id {
			alive := flock.New(s.path("l", f.Name()))
			free, err := alive.TryLock()
			if err != nil {
				return l, err
			}
			if free {
				err := s.bury(id)
				_ = alive.Close()
				if err != nil {
					return l, err
				}
				continue
			}
			_ = alive.Close()
		}
		if err := l.read(s.path("l", id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return l, err
		}
	}
	return l, nil
}

// bury clears away after a dead process.
func (s *state) bury(id string) error {
	left, err := filepath.Glob(s.path("t", id+"-*"))
	if err != nil {
		return err
	}
	s.trashed = append(s.trashed, left...)
	// The bytes that it was fetching count no more.
	if err := os.WriteFile(s.path("dirty"), nil, 0o644); err != nil {
		return err
	}
	for _, name := range []string{id, id + ".lock"} {
		if err := os.Remove(s.path("l", name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// read adds what one process uses: lines of a key, a sign and a number.
func (l *leased) read(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	uses := map[string]int{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		key, number, _ := strings.Cut(lines.Text(), " ")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			continue // cut off: its writer was killed
		}
		if key == "fetch" {
			l.fetching += n
		} else {
			uses[key] += int(n)
		}
	}
	for key, n := range uses {
		if n > 0 {
			l.keys[key] = true
		}
	}
	return nil
}

// say writes a line of the own lease.
func (c *Cache) say(what string, n int64) error {
	_, err := fmt.Fprintf(c.lease, "%s %d\n", what, n)
	return err
}

// use counts the uses of an entry. The lock is held.
func (c *Cache) use(key string, by int) error {
	before := c.uses[key]
	c.uses[key] += by
	if c.uses[key] <= 0 {
		delete(c.uses, key)
	}
	if len(c.uses) == 0 && c.holds == 0 {
		return c.lease.Truncate(0)
	}
	if (before > 0) == (c.uses[key] > 0) {
		return nil
	}
	return c.say(key, int64(by))
}

func (c *Cache) hold(by int64) error {
	c.holds += by
	if len(c.uses) == 0 && c.holds == 0 {
		return c.lease.Truncate(0)
	}
	return c.say("fetch", by)
}

// aside is a new folder for what is being made, or removed.
func (c *Cache) aside() string {
	c.made++
	return c.path("t", fmt.Sprintf("%s-%d", c.id, c.made))
}

// reserve makes room for size bytes and a folder to fetch them into.
func (c *Cache) reserve(size int64) (string, error) {
	var dir string
	err := c.locked(func(s *state) error {
		if err := s.room(size); err != nil {
			return err
		}
		if err := s.change(size, func() error { return c.hold(size) }); err != nil {
			return err
		}
		dir = c.aside()
		return os.Mkdir(dir, 0o755)
	})
	return dir, err
}

// drop gives a reservation back.
func (c *Cache) drop(dir string, size int64) error {
	return c.locked(func(s *state) error {
		s.trashed = append(s.trashed, dir)
		return s.change(-size, func() error { return c.hold(-size) })
	})
}

// publish makes an entry of a folder, in use by who made it.
func (c *Cache) publish(key, dir string, reserved, size int64) error {
	return c.locked(func(s *state) error {
		if size > reserved { // more came than was told
			if err := s.room(size - reserved); err != nil && !errors.Is(err, ErrNoRoom) {
				return err
			}
		}
		return s.change(size-reserved, func() error {
			if err := c.use(key, 1); err != nil {
				return err
			}
			if err := c.hold(-reserved); err != nil {
				return err
			}
			now := c.cfg.Now()
			return errors.Join(os.Chtimes(dir, now, now), os.Rename(dir, c.path("e", key)))
		})
	})
}

func (c *Cache) release(key string) {
	// What cannot be written here only keeps an entry longer than it must.
	_ = c.locked(func(s *state) error {
		if err := c.use(key, -1); err != nil {
			return err
		}
		if c.cfg.MaxBytes > 0 && s.used > c.cfg.MaxBytes {
			return s.room(0)
		}
		return nil
	})
}

// move takes an entry out of its place, to be removed.
func (s *state) move(key string) error {
	aside := s.aside()
	if err := os.Rename(s.path("e", key), aside); err != nil {
		return err
	}
	s.trashed = append(s.trashed, aside)
	return nil
}

// trash removes an entry.
func (s *state) trash(key string) error {
	m, err := s.read(key)
	if err != nil && errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return s.change(-m.Size, func() error { return s.move(key) })
}

// aged is an entry with its last use.
type aged struct {
	key  string
	used time.Time
}

// oldest lists entries, that which was not used for longest first.
func (s *state) oldest() ([]aged, error) {
	entries, err := os.ReadDir(s.path("e"))
	if err != nil {
		return nil, err
	}
	all := make([]aged, 0, len(entries))
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		all = append(all, aged{e.Name(), info.ModTime()})
	}
	slices.SortFunc(all, func(a, b aged) int { return a.used.Compare(b.used) })
	return all, nil
}

// room removes what was not used for longest, until need more bytes fit. When
// all that is left is in use, the limit gives way, but not the free space.
func (s *state) room(need int64) error {
	free, err := freeSpace(s.cfg.Dir)
	if err != nil {
		return err
	}
	over := int64(0) // bytes to be removed
	if s.cfg.MaxBytes > 0 && s.used+need > s.cfg.MaxBytes {
		over = s.used + need - s.cfg.MaxBytes + s.cfg.MaxBytes/margin
	}
	short := int64(0)
	if s.cfg.MinFree > 0 {
		short = max(0, s.cfg.MinFree+need-free)
	}
	if over = max(over, short); over == 0 {
		return nil
	}
	inUse, err := s.leases()
	if err != nil {
		return err
	}
	if _, err := os.Stat(s.path("dirty")); err == nil { // somebody died
		if err := s.count(); err != nil {
			return err
		}
	}
	all, err := s.oldest()
	if err != nil {
		return err
	}
	removed := int64(0)
	for _, e := range all {
		if removed >= over {
			break
		}
		if inUse.keys[e.key] {
			continue
		}
		before := s.used
		if err := s.trash(e.key); err != nil {
			return err
		}
		removed += before - s.used
	}
	if removed < short {
		return fmt.Errorf("%w: %d bytes are free, %d are needed besides the %d that stay free", ErrNoRoom, free+removed, need, s.cfg.MinFree)
	}
	return nil
}

// remove deletes a folder, also one whose files nobody may write.
func remove(dir string) error {
	err := os.RemoveAll(dir)
	if errors.Is(err, fs.ErrPermission) {
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				return os.Chmod(path, 0o755) //nolint:gosec // a folder that is being deleted
			}
			return err
		})
		err = os.RemoveAll(dir)
	}
	return err
}
