package server

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coffer-ml/coffer/internal/door"
)

// paced accepts connections that are cut when their other end stops reading:
// in each window of a write at least door.LeastProgress bytes must go out.
type paced struct {
	net.Listener
	window time.Duration
}

// Accept implements net.Listener.
func (l paced) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, window: l.window}, nil
}

// conn is one connection. TLS, if any, is above it.
type conn struct {
	net.Conn
	window time.Duration
	late   atomic.Bool // a read ended at the deadline that was set last

	mu    sync.Mutex
	until time.Time // deadline of writes; zero if others set it
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.late.Store(true)
	}
	return n, err
}

// SetReadDeadline implements net.Conn. With each deadline the count begins
// anew; net/http also ends its own reads by one in the past.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.late.Store(false)
	return c.Conn.SetReadDeadline(t)
}

// SetWriteDeadline implements net.Conn.
func (c *conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = time.Time{}
	return c.Conn.SetWriteDeadline(t)
}

// SetDeadline implements net.Conn.
func (c *conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// extend moves the deadline of writes when that is worth a call.
func (c *conn) extend() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if end := time.Now().Add(c.window); end.Sub(c.until) > c.window/8 {
		c.until = end
		return c.Conn.SetWriteDeadline(end)
	}
	return nil
}

// sendStep is how much goes out before the deadline is moved: the most that
// the kernel takes at once.
const sendStep = 4 << 20

// Write implements net.Conn.
func (c *conn) Write(p []byte) (sent int, err error) {
	for {
		if err := c.extend(); err != nil {
			return sent, err
		}
		n, err := c.Conn.Write(p[sent:min(len(p), sent+sendStep)])
		if sent += n; err != nil && !c.slow(err, int64(n)) {
			return sent, err
		}
		if sent == len(p) {
			return sent, nil
		}
	}
}

// ReadFrom implements io.ReaderFrom: files go out by sendfile.
func (c *conn) ReadFrom(src io.Reader) (sent int64, err error) {
	limited, isLimited := src.(*io.LimitedReader)
	to, isTo := c.Conn.(io.ReaderFrom)
	if !isLimited || !isTo {
		return io.Copy(struct{ io.Writer }{c}, src)
	}
	if _, isFile := limited.R.(*os.File); !isFile {
		return io.Copy(struct{ io.Writer }{c}, src)
	}
	for limited.N > 0 {
		if err := c.extend(); err != nil {
			return sent, err
		}
		step := &io.LimitedReader{R: limited.R, N: min(limited.N, sendStep)}
		n, err := to.ReadFrom(step)
		sent += n
		limited.N -= n
		if err != nil && !c.slow(err, n) {
			return sent, err
		}
		if err == nil && n == 0 {
			break // the file is shorter than it was
		}
	}
	return sent, nil
}

// slow reports whether a write that ended at its deadline brought enough to go
// on.
func (c *conn) slow(err error, n int64) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) || n < door.LeastProgress {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	ours := !c.until.IsZero()
	c.until = time.Time{}
	return ours
}

// CloseWrite lets net/http end a reply before it closes the connection.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// answerLate tells a client whose header did not come in time why its
// connection is closed. It is called when the state of a connection changes:
// net/http says that one is active after reading its header, whether that went
// well or not, and closes it without a word if it was late.
func answerLate(limit time.Duration) func(net.Conn, http.ConnState) {
	return func(x net.Conn, s http.ConnState) {
		if s != http.StateActive {
			return
		}
		raw := x
		if t, ok := x.(*tls.Conn); ok {
			raw = t.NetConn()
		}
		if c, ok := raw.(*conn); ok && c.late.Load() {
			_, _ = fmt.Fprintf(x, "HTTP/1.1 408 Request Timeout\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"+
				"408 Request Timeout: the header of a request must come within %s\n", limit)
		}
	}
}

// closeAfterChunks lets a connection end with a request in chunks. If it also
// gave a length, which net/http drops without a trace, a proxy may have seen
// the end of this request elsewhere and take what follows for something else;
// RFC 9112, section 6.1, wants the connection closed for that.
func closeAfterChunks(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TransferEncoding) > 0 {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}
