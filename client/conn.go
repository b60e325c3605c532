package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"sync"
	"syscall"
	"time"
)

const (
	// apiVersion is the version of the protocol that is spoken; see
	// docs/protocol/endpoints.md.
	apiVersion = "2.34"
	// callLimit is how long one try of an API call may take. A server that is
	// busy answers within ten seconds.
	callLimit = time.Minute
	// maxReply is above any page of tasks with all they hold.
	maxReply = 512 << 20
	// renewAhead is how long before its end a token is renewed, so that none
	// ends on its way.
	renewAhead = 2 * time.Minute
	// The pause between tries grows from the one to the other.
	shortestPause = 100 * time.Millisecond
	longestPause  = 10 * time.Second
)

// conn talks to one server: with a token, and again where that may help.
type conn struct {
	set  *settings
	http *http.Client
	host string // of the API, for errors

	mu      sync.Mutex // held during a login, so that there is one at a time
	token   string
	expires time.Time // zero for never
}

func newConn(s *settings) *conn {
	c := &conn{set: s, http: s.HTTP, host: hostOf(s.API)}
	if c.http == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		// Bytes arrive as they are kept: a .csv.gz stays one.
		t.DisableCompression = true
		t.MaxIdleConnsPerHost = 32
		t.ResponseHeaderTimeout = 6 * time.Minute // above the longest wait for an artifact
		if !s.verify {
			t.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} // asked for by api.verify_certificate
		}
		c.http = &http.Client{Transport: t}
	}
	return c
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// tries says whether a call may be sent again when its answer was lost.
type tries bool

const (
	again tries = true  // the same again changes nothing
	once  tries = false // it would make another one
)

// call sends an API call and decodes its data into out, unless that is nil.
// Object is what it is about, for errors.
func (c *conn) call(ctx context.Context, endpoint, object string, t tries, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return invalid(endpoint, object, err.Error())
	}
	return c.send(ctx, endpoint, object, "application/json", body, t, out)
}

func (c *conn) send(ctx context.Context, endpoint, object, contentType string, body []byte, t tries, out any) error {
	return c.retried(ctx, endpoint, t, func() error {
		ctx, cancel := context.WithTimeout(ctx, callLimit)
		defer cancel()
		return c.authorized(ctx, func(token string) error {
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.set.API+"/v"+apiVersion+"/"+endpoint, bytes.NewReader(body))
			if err != nil {
				return err
			}
			r.Header.Set("Content-Type", contentType)
			r.Header.Set("Authorization", "Bearer "+token)
			return c.envelope(r, endpoint, object, out)
		})
	})
}

// own sends a request to an endpoint of Coffer's own, docs/protocol/own.md.
func (c *conn) own(ctx context.Context, method, path string, query url.Values, op, object string, limit time.Duration, out any) error {
	address := c.set.API + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return c.retried(ctx, op, again, func() error {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		return c.authorized(ctx, func(token string) error {
			r, err := http.NewRequestWithContext(ctx, method, address, nil)
			if err != nil {
				return err
			}
			r.Header.Set("Authorization", "Bearer "+token)
			resp, err := c.do(r, op, object)
			if err != nil {
				return err
			}
			defer func() { _ = resp.Body.Close() }()
			if out == nil {
				return nil
			}
			return decode(resp, op, object, out)
		})
	})
}

// fetch sends a request for a file, with our credentials if it is on our
// server, and gives a good answer to use, which closes its body.
func (c *conn) fetch(ctx context.Context, method, address, op, ranges string, use func(*http.Response) error) error {
	_, mine := c.mine(address)
	ask := func(token string) error {
		r, err := http.NewRequestWithContext(ctx, method, address, nil)
		if err != nil {
			return invalid(op, address, err.Error())
		}
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		if ranges != "" {
			r.Header.Set("Range", ranges)
		}
		resp, err := c.do(r, op, address) //nolint:bodyclose // use closes it, or hands it on
		if err != nil {
			return err
		}
		return use(resp)
	}
	return c.retried(ctx, op, again, func() error {
		if mine {
			return c.authorized(ctx, ask)
		}
		return ask("")
	})
}

// span is a Range header, "" for everything.
func span(offset, length int64) string {
	switch {
	case length > 0:
		return fmt.Sprintf("bytes=%d-%d", offset, offset+length-1)
	case offset > 0:
		return fmt.Sprintf("bytes=%d-", offset)
	}
	return ""
}

// do sends a request and makes an error of an answer that is none of 2xx and
// 304. The body is the caller's to close, if there is no error.
func (c *conn) do(r *http.Request, op, object string) (*http.Response, error) {
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, unreachable(r, op, object, err)
	}
	if resp.StatusCode < http.StatusMultipleChoices || resp.StatusCode == http.StatusNotModified {
		return resp, nil
	}
	defer func() { _ = resp.Body.Close() }()
	return nil, problem(r, resp, op, object)
}

// retried runs fn until it succeeds, fails for good, or patience or context
// end.
func (c *conn) retried(ctx context.Context, op string, t tries, fn func() error) error {
	deadline := c.set.Now().Add(max(0, c.set.Patience))
	for pause := shortestPause; ; pause = min(2*pause, longestPause) {
		err := fn()
		var e *Error
		if err == nil || ctx.Err() != nil || !errors.As(err, &e) || !e.Retryable || t == once && !undone(err) {
			return err
		}
		wait := pause/2 + rand.N(pause/2+1)
		var r *reason
		if errors.As(err, &r) && r.after > wait {
			wait = r.after
		}
		if c.set.Now().Add(wait).After(deadline) {
			return err
		}
		c.set.Log.WarnContext(ctx, "trying again", "op", op, "host", e.Host, "in", wait, "error", err)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

// undone reports whether a request cannot have done anything: it reached
// nobody, or was turned away at the door.
func undone(err error) bool {
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" || errors.Is(err, syscall.ECONNREFUSED) {
		return true
	}
	var r *reason
	return errors.As(err, &r) && (r.status == http.StatusServiceUnavailable || r.status == http.StatusTooManyRequests)
}
