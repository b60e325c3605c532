package server

import (
	"net/http"
	"sync"
)

// drain knows which requests run, so that a stop can wait for them while new
// ones are told to come back.
type drain struct {
	release  func() // ends the requests that only wait
	mu       sync.Mutex
	running  int
	stopping bool
	idle     chan struct{} // closed when stopping and nothing runs that began before
}

func newDrain(release func()) *drain { return &drain{release: release, idle: make(chan struct{})} }

// Stopping reports whether the stop has begun.
func (d *drain) Stopping() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stopping
}

// Running returns how many requests run that began before the stop.
func (d *drain) Running() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.running
}

// stop begins the stop and returns a channel that is closed once the requests
// that ran have ended.
func (d *drain) stop() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.stopping {
		d.stopping = true
		d.release()
		d.settle()
	}
	return d.idle
}

func (d *drain) settle() {
	if d.stopping && d.running == 0 {
		close(d.idle)
	}
}

// wrap counts the requests to next that begin before the stop.
func (d *drain) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.enter() {
			defer d.leave()
		}
		next.ServeHTTP(w, r)
	})
}

func (d *drain) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopping {
		return false
	}
	d.running++
	return true
}

func (d *drain) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.running--
	d.settle()
}
