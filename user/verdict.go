package user

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"sync"
	"time"
)

// credential is the hash of what somebody came with. Caches keep it in place
// of the clear text, which may also be long.
type credential [sha256.Size]byte

// credentialOf hashes the parts so that no two lists of parts meet.
func credentialOf(parts ...string) (c credential) {
	h := sha256.New()
	var length [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(length[:], uint64(len(p)))
		h.Write(length[:])
		h.Write([]byte(p))
	}
	h.Sum(c[:0])
	return c
}

// verdictLife is how long a verdict on credentials is believed without asking
// the database: revocation works within five seconds on every server, this
// uses two of them.
const verdictLife = 2 * time.Second

// maxVerdicts bounds the cache; beyond it, it starts anew. Two seconds of
// calls from more different callers than this would gain nothing from it.
const maxVerdicts = 4096

// verdicts remembers who came with which credentials.
type verdicts struct {
	mu   sync.Mutex
	seen map[credential]verdict
}

type verdict struct {
	who   Identity
	until time.Time
}

func (v *verdicts) get(c credential, now time.Time) (Identity, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	d, ok := v.seen[c]
	return d.who, ok && now.Before(d.until)
}

func (v *verdicts) put(c credential, who Identity, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.seen == nil || len(v.seen) >= maxVerdicts {
		v.seen = make(map[credential]verdict)
	}
	v.seen[c] = verdict{who, now.Add(verdictLife)}
}

// forget makes this server ask the database at the next call.
func (v *verdicts) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.seen = nil
}

// touchEvery is how often the last use of a key pair is written: it is read by
// people, and a write for each request would cost more than the request.
const touchEvery = time.Minute

// touchPatience is how long a caller may be kept waiting for that: ten times
// what the write takes on an idle server.
const touchPatience = 100 * time.Millisecond

// touches remembers when the last use of each key pair was written, so that
// many calls at once write it once. It holds living pairs only.
type touches struct {
	mu sync.Mutex
	at map[string]time.Time
}

func (t *touches) due(access string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if last, ok := t.at[access]; ok && now.Sub(last) < touchEvery {
		return false
	}
	if t.at == nil {
		t.at = make(map[string]time.Time)
	}
	t.at[access] = now
	return true
}

// After maxFailures failed passwords within failureWindow a name is refused to
// the network that they came from until the window has passed: guessing stays
// slow, one's own typing mistakes stay cheap, and nobody can lock out somebody
// who is elsewhere.
const (
	maxFailures   = 10
	failureWindow = 5 * time.Minute
	maxNames      = 4096 // bound on names remembered; guessing at more of them is slow by the hash alone
)

// network is what counts as one place: an address of IPv4, or the 64 bits of
// one of IPv6 that belong to a single household or machine room.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if a = a.Unmap().WithZone(""); a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// failures counts failed passwords by name and network.
type failures struct {
	mu    sync.Mutex
	names map[credential]failed
}

type failed struct {
	count int
	since time.Time
}

func (f *failures) locked(name credential, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.names[name]
	return e.count >= maxFailures && now.Sub(e.since) < failureWindow
}

// add counts a failure and reports whether it was the one that locks.
func (f *failures) add(name credential, now time.Time) (locks bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.names == nil || len(f.names) >= maxNames {
		f.names = make(map[credential]failed)
	}
	e := f.names[name]
	if now.Sub(e.since) >= failureWindow {
		e = failed{since: now}
	}
	e.count++
	f.names[name] = e
	return e.count == maxFailures
}

func (f *failures) clear(name credential) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.names, name)
}
