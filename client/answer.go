package client

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/coffer-ml/coffer/api"
)

func webObject(address string, resp *http.Response) Object {
	o := Object{Address: address, Size: resp.ContentLength, Version: resp.Header.Get("ETag"), SHA256: resp.Header.Get("X-Coffer-Digest"), ContentType: resp.Header.Get("Content-Type")}
	o.Modified, _ = http.ParseTime(resp.Header.Get("Last-Modified")) // zero if it is not told
	if o.Version == "" {
		o.Version = resp.Header.Get("Last-Modified")
	}
	return o
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
