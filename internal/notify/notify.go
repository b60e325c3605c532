package notify

import "sync"

// Hub joins those who publish and those who wait, within one process and, with
// a Relay, beyond it. The zero value is ready to use.
type Hub struct {
	// Relay, if set, carries topics that were published here to the hubs of
	// other processes, which Wake theirs. It must not block. It is set before
	// the first use.
	Relay func(topic string)

	mu      sync.Mutex
	waiting map[string]map[*waiter]struct{}
	closed  chan struct{} // made when it is first needed
	over    bool
}

type waiter struct{ woken chan struct{} }

// Subscribe returns a channel that receives after each Publish of the topic,
// several publications in a row becoming one. The caller cancels when done.
func (h *Hub) Subscribe(topic string) (woken <-chan struct{}, cancel func()) {
	w := &waiter{woken: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.waiting == nil {
		h.waiting = make(map[string]map[*waiter]struct{})
	}
	if h.waiting[topic] == nil {
		h.waiting[topic] = make(map[*waiter]struct{})
	}
	h.waiting[topic][w] = struct{}{}
	return w.woken, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.waiting[topic], w)
		if len(h.waiting[topic]) == 0 {
			delete(h.waiting, topic)
		}
	}
}

// Publish wakes everybody who waits for the topic. It never blocks.
func (h *Hub) Publish(topic string) {
	h.Wake(topic)
	if h.Relay != nil {
		h.Relay(topic)
	}
}

// Wake wakes those who wait for the topic in this process.
func (h *Hub) Wake(topic string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	wake(h.waiting[topic])
}

// WakeAll wakes everybody in this process: after an interruption nobody knows
// which topics were published.
func (h *Hub) WakeAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, waiters := range h.waiting {
		wake(waiters)
	}
}

func wake(waiters map[*waiter]struct{}) {
	for w := range waiters {
		select {
		case w.woken <- struct{}{}:
		default: // is awake already
		}
	}
}

// Closed returns a channel that is closed once nothing will be published any
// more: whoever waits gives up then.
func (h *Hub) Closed() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.end()
}

// Close tells all who wait to give up. Further calls do nothing.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.over {
		h.over = true
		close(h.end())
	}
}

func (h *Hub) end() chan struct{} {
	if h.closed == nil {
		h.closed = make(chan struct{})
	}
	return h.closed
}
