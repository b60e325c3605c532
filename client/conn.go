package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/coffer-ml/coffer/api"
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

func webObject(address string, resp *http.Response) Object {
	o := Object{Address: address, Size: resp.ContentLength, Version: resp.Header.Get("ETag"), SHA256: resp.Header.Get("X-Coffer-Digest"), ContentType: resp.Header.Get("Content-Type")}
	o.Modified, _ = http.ParseTime(resp.Header.Get("Last-Modified")) // zero if it is not told
	if o.Version == "" {
		o.Version = resp.Header.Get("Last-Modified")
	}
	return o
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

func decode(resp *http.Response, op, object string, out any) error {
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxReply)).Decode(out); err != nil {
		return &Error{Kind: KindInternal, Op: op, Host: resp.Request.URL.Host, Object: object, Message: "the answer cannot be read: " + err.Error(), Retryable: broken(err), Err: err}
	}
	return nil
}

// broken reports whether an answer ended too early, rather than being wrong.
func broken(err error) bool {
	var syntax *json.SyntaxError
	var typed *json.UnmarshalTypeError
	return !errors.As(err, &syntax) && !errors.As(err, &typed)
}

// meta is the head of the protocol's envelope.
type meta struct {
	ID      string `json:"id"`
	Code    int    `json:"result_code"`
	Subcode int    `json:"result_subcode"`
	Message string `json:"result_msg"`
}

// envelope sends an API request and opens the reply.
func (c *conn) envelope(r *http.Request, op, object string, out any) error {
	resp, err := c.http.Do(r)
	if err != nil {
		return unreachable(r, op, object, err)
	}
	defer func() { _ = resp.Body.Close() }()
	var reply struct {
		Meta *meta           `json:"meta"`
		Data json.RawMessage `json:"data"`
	}
	content, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if err != nil {
		return unreachable(r, op, object, err)
	}
	if json.Unmarshal(content, &reply) != nil || reply.Meta == nil {
		return between(r, resp, op, object)
	}
	if m := reply.Meta; m.Code != http.StatusOK {
		e := &Error{
			Kind: kindOf(m.Code, m.Subcode), Op: op, Host: r.URL.Host, Object: object, Message: m.Message, RequestID: m.ID,
			Err: &reason{status: m.Code, after: retryAfter(resp)},
		}
		if temporary(m.Code) || m.Code == http.StatusInternalServerError && m.Subcode == subcodeBusy {
			e.Kind, e.Retryable = KindUnavailable, true
		}
		return e
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(reply.Data, out); err != nil {
		return &Error{Kind: KindInternal, Op: op, Host: r.URL.Host, Object: object, Message: "the answer cannot be read: " + err.Error(), Err: err}
	}
	return nil
}

// subcodeBusy is that of a 500 which says that the database or the store fails
// for the moment.
const subcodeBusy = 102

// kindOf translates a code of the protocol with its subcode. Things that do not
// exist are 400 there, with a subcode for each noun.
func kindOf(code, subcode int) Kind {
	if code == http.StatusBadRequest {
		switch subcode {
		case 101, 201, 301, 401, 701:
			return KindNotFound
		case 110, 123:
			return KindState
		case 801:
			return KindConflict
		}
	}
	return kindOfStatus(code)
}

func kindOfStatus(status int) Kind {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return KindDenied
	case status == http.StatusNotFound, status == http.StatusGone:
		return KindNotFound
	case status == http.StatusConflict, status == http.StatusPreconditionFailed:
		return KindConflict
	case status == http.StatusRequestEntityTooLarge, status == http.StatusInsufficientStorage:
		return KindTooLarge
	case temporary(status):
		return KindUnavailable
	case status >= http.StatusInternalServerError:
		return KindInternal
	}
	return KindInvalid
}

func temporary(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// problem reads an error of an endpoint of our own or of the file server.
func problem(r *http.Request, resp *http.Response, op, object string) error {
	const most = 64 << 10
	text, _ := io.ReadAll(io.LimitReader(resp.Body, most)) // what is told is told
	var p api.Problem
	if json.Unmarshal(text, &p) != nil || p.Error.Message == "" {
		return between(r, resp, op, object)
	}
	e := &Error{
		Kind: kindOfStatus(resp.StatusCode), Op: op, Host: r.URL.Host, Object: object,
		Message: p.Error.Message, RequestID: p.Error.RequestID, Retryable: temporary(resp.StatusCode),
	}
	switch p.Error.Kind {
	case "state":
		e.Kind = KindState
	case "unavailable":
		e.Kind, e.Retryable = KindUnavailable, true
	}
	if p.Error.Reason == "file.frozen" {
		e.Kind = KindState
	}
	if p.Error.Reason == "blob.digest_mismatch" {
		e.Kind = KindMismatch
	}
	e.Err = &reason{name: p.Error.Reason, status: resp.StatusCode, after: retryAfter(resp)}
	return e
}

// reason is the private half of an answer: what its text does not tell.
type reason struct {
	name   string
	status int
	after  time.Duration // to be waited before the next try
}

func (r *reason) Error() string {
	if r.name == "" {
		return strconv.Itoa(r.status) + " " + http.StatusText(r.status)
	}
	return r.name
}

// between makes an error of an answer that did not come from the server, but
// from what lies between.
func between(r *http.Request, resp *http.Response, op, object string) error {
	who := "a proxy"
	if name := resp.Header.Get("Server"); name != "" {
		who = name
	}
	return &Error{
		Kind: kindOfStatus(resp.StatusCode), Op: op, Host: r.URL.Host, Object: object, Retryable: temporary(resp.StatusCode),
		Message: fmt.Sprintf("%s %s was answered with %d by %s: is this the address of a server?", r.Method, r.URL.Path, resp.StatusCode, who),
		Err:     &reason{status: resp.StatusCode, after: retryAfter(resp)},
	}
}

func retryAfter(resp *http.Response) time.Duration {
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, 300)) * time.Second
}

// unreachable makes an error of a request that got no answer.
func unreachable(r *http.Request, op, object string, err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // which repeats method and address
	}
	e := &Error{Kind: KindUnavailable, Op: op, Host: r.URL.Host, Object: object, Retryable: true, Err: err}
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &certificate):
		e.Kind, e.Retryable = KindDenied, false
	case r.Context().Err() != nil && errors.Is(r.Context().Err(), context.Canceled):
		e.Retryable = false
	}
	return e
}

// authorized runs fn with a token, with a new one if the server takes the
// first for ended.
func (c *conn) authorized(ctx context.Context, fn func(token string) error) error {
	token, err := c.login(ctx, "")
	if err != nil {
		return err
	}
	err = fn(token)
	var e *Error
	var why *reason
	if !errors.As(err, &e) || !errors.As(e.Err, &why) || why.status != http.StatusUnauthorized {
		return err
	}
	if token, err = c.login(ctx, token); err != nil {
		return err
	}
	return fn(token)
}

// login returns the token, a new one if there is none, if it ends soon, or if
// it is stale.
func (c *conn) login(ctx context.Context, stale string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token == "" && stale == "" && c.set.Token != "" {
		c.token, c.expires = c.set.Token, expiry(c.set.Token)
	}
	ends := !c.expires.IsZero() && c.set.Now().Add(renewAhead).After(c.expires)
	if c.token != "" && c.token != stale && !ends {
		return c.token, nil
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.set.API+"/v"+apiVersion+"/auth.login", nil)
	if err != nil {
		return "", err
	}
	switch {
	case c.set.AccessKey != "":
		r.SetBasicAuth(c.set.AccessKey, c.set.SecretKey)
	case c.token != "":
		r.Header.Set("Authorization", "Bearer "+c.token)
	default:
		return "", &Error{Kind: KindDenied, Op: "auth.login", Host: c.host, Message: fmt.Sprintf(
			"no key pair is configured: coffer login asks for one, or set %s and %s", varAccess, varSecret)}
	}
	var reply api.LoginResponse
	if err := c.envelope(r, "auth.login", "", &reply); err != nil {
		return "", err
	}
	c.token, c.expires = reply.Token, expiry(reply.Token)
	return c.token, nil
}

// expiry reads the end of a token, a JWT whose signature is the server's
// concern; zero if it tells none.
func expiry(token string) time.Time {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return time.Time{}
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Exp int64 `json:"exp"`
	}
	if err != nil || json.Unmarshal(text, &claims) != nil || claims.Exp == 0 {
		return time.Time{}
	}
	return time.Unix(claims.Exp, 0)
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
