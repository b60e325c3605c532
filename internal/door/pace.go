package door

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/internal/fault"
)

// ErrTooSlow is the reason for ending a request whose body comes too slowly.
var ErrTooSlow = fault.Reason{Kind: fault.Invalid, Name: "door.body_too_slow"}

// LeastProgress is what a connection must bring, or take, in each window of a
// Pace. The Python SDK gives up below 50 KiB/s; in the usual window of half a
// minute this is a fortieth of that, which a bad line still brings and which
// keeps whoever holds connections on purpose busy.
const LeastProgress = 32 << 10

// Pace ends requests whose body does not come: in each window of waiting for
// the client at least LeastProgress bytes must, or the rest. There is no limit
// on the whole, so that a slow upload of any size lives. Time that the server
// itself takes does not count.
//
// What is left of a body that nobody read is read after the reply, for a
// window at most: a client that sends before it listens would otherwise see a
// reset in place of its answer.
type Pace struct {
	Window time.Duration
	Now    func() time.Time
}

// Wrap returns next with the pace around it.
func (p Pace) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		b := &pacedBody{ReadCloser: r.Body, Pace: p, control: http.NewResponseController(w)}
		b.extend(p.Now())
		out := *r // net/http looks at the body of its own request
		out.Body = b
		next.ServeHTTP(w, &out)
		if !strings.EqualFold(r.Header.Get("Expect"), "100-continue") { // such a client sends nothing unasked
			b.linger()
		}
	})
}

type pacedBody struct {
	io.ReadCloser
	Pace
	control *http.ResponseController
	brought int           // bytes in this window
	waited  time.Duration // for the client, in this window
	until   time.Time     // the deadline that the connection has
	ended   error
}

// Read implements io.Reader.
func (b *pacedBody) Read(p []byte) (int, error) {
	if b.ended != nil {
		return 0, b.ended
	}
	begun := b.Now()
	b.extend(begun)
	n, err := b.ReadCloser.Read(p)
	b.waited += b.Now().Sub(begun)
	if b.brought += n; b.brought >= LeastProgress {
		b.brought, b.waited = 0, 0
	}
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		b.ended = ErrTooSlow.Wrap(err, "the body came too slowly: at least %d bytes are expected in each %s", LeastProgress, b.Window)
	default:
		b.ended = err
		// From here on net/http reads ahead to notice that the client went
		// away; a deadline would look like that.
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, b.ended
}

// extend moves the deadline to where the window ends if nothing else is waited
// for. It does so only when that is worth a call.
func (b *pacedBody) extend(now time.Time) {
	if end := now.Add(b.Window - b.waited); end.Sub(b.until) > b.Window/8 {
		b.until = end
		_ = b.control.SetReadDeadline(end) // where there are no deadlines, nothing is slow
	}
}

// linger sends the reply and reads what is left.
func (b *pacedBody) linger() {
	if b.ended != nil || b.control.Flush() != nil {
		return
	}
	begun := b.Now()
	buf := make([]byte, LeastProgress)
	for b.ended == nil && b.Now().Sub(begun) < b.Window {
		_, _ = b.Read(buf)
	}
	if b.ended == nil {
		_ = b.control.SetReadDeadline(begun) // the end: net/http must not wait either
	}
}
