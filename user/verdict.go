package user

import (
	"crypto/sha256"
	"sync"
	"time"
)

// verdictLife is how long a verdict on credentials is believed without asking
// the database: revocation works within five seconds on every server, this
// uses two of them.
const verdictLife = 2 * time.Second

// maxVerdicts bounds the cache; beyond it, it starts anew.
const maxVerdicts = 4096

// verdicts remembers who came with which credentials, by their hash.
type verdicts struct {
	mu   sync.Mutex
	seen map[[sha256.Size]byte]verdict
}

type verdict struct {
	who   Identity
	until time.Time
}

func (v *verdicts) get(credentials string, now time.Time) (Identity, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	d, ok := v.seen[sha256.Sum256([]byte(credentials))]
	if !ok || now.After(d.until) {
		return Identity{}, false
	}
	return d.who, true
}

func (v *verdicts) put(credentials string, who Identity, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.seen == nil || len(v.seen) >= maxVerdicts {
		v.seen = make(map[[sha256.Size]byte]verdict)
	}
	v.seen[sha256.Sum256([]byte(credentials))] = verdict{who, now.Add(verdictLife)}
}

func (v *verdicts) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.seen = nil
}

// After maxFailures failed passwords within failureWindow a name is refused
// until the window has passed: guessing stays slow, and one's own typing
// mistakes stay cheap.
const (
	maxFailures   = 10
	failureWindow = 5 * time.Minute
	maxNames      = 4096 // bound on names remembered
)

// failures counts failed passwords by name.
type failures struct {
	mu    sync.Mutex
	names map[string]failed
}

type failed struct {
	count int
	since time.Time
}

func (f *failures) locked(name string, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.names[name]
	return e.count >= maxFailures && now.Sub(e.since) < failureWindow
}

func (f *failures) add(name string, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.names == nil || len(f.names) >= maxNames {
		f.names = make(map[string]failed)
	}
	e := f.names[name]
	if now.Sub(e.since) >= failureWindow {
		e = failed{since: now}
	}
	e.count++
	f.names[name] = e
}

func (f *failures) clear(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.names, name)
}
