package upload

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coffer-ml/coffer/api"
)

const (
	// smallestPart is where a client that meets 413 stops to halve: a proxy
	// that passes less is not made for files.
	smallestPart = 512 << 10
	// workers is how many parts travel at a time by default: enough to keep
	// hashing, network and the server's disk busy together.
	workers = 4
	// tries is how often it goes on without any progress.
	tries = 8
	// shortestPause doubles with each try without progress.
	shortestPause = 100 * time.Millisecond
)

// Config says where to and how. API, Access and Secret are required.
type Config struct {
	API     string // base of the API, such as http://host:8008 or https://host/api
	Access  string // key pair
	Secret  string
	HTTP    *http.Client // nil means http.DefaultClient
	Workers int          // parts that travel at a time; 0 means 4
	// Progress, if set, is told how many bytes the server has, as they grow.
	// Calls do not overlap.
	Progress func(received, size int64)
}

// Client sends files.
type Client struct {
	cfg      Config
	partSize atomic.Int64 // the most that is sent at a time; 0 until known
	proven   atomic.Int64 // the largest part that passed
}

// New returns a client.
func New(cfg Config) *Client {
	cfg.API = strings.TrimRight(cfg.API, "/")
	if cfg.HTTP == nil {
		cfg.HTTP = http.DefaultClient
	}
	if cfg.Workers == 0 {
		cfg.Workers = workers
	}
	return &Client{cfg: cfg}
}

// Send makes content the newest version of path and returns the committed
// upload.
func (c *Client) Send(ctx context.Context, path string, content io.ReaderAt, size int64) (api.Upload, error) {
	whole, err := digest(content, 0, size)
	if err != nil {
		return api.Upload{}, fmt.Errorf("hash the content of %s: %w", path, err)
	}
	pause, stalled, received := shortestPause, 0, int64(-1)
	for {
		done, err := c.advance(ctx, api.UploadSpec{Path: path, Size: &size, SHA256: whole}, content, &received, &stalled)
		if err == nil || ctx.Err() != nil || !temporary(err) {
			return done, err
		}
		if stalled++; stalled > tries {
			return api.Upload{}, fmt.Errorf("gave up after %d tries without progress: %w", tries, err)
		}
		if stalled == 1 {
			pause = shortestPause
		}
		select {
		case <-ctx.Done():
			return api.Upload{}, ctx.Err()
		case <-time.After(pause):
		}
		pause *= 2
	}
}

// advance asks what is missing, sends it and commits.
func (c *Client) advance(ctx context.Context, spec api.UploadSpec, content io.ReaderAt, received *int64, stalled *int) (api.Upload, error) {
	var u api.Upload
	if err := c.call(ctx, http.MethodPost, "", spec, &u); err != nil {
		return u, err
	}
	if u.Received > *received {
		*received, *stalled = u.Received, 0
	}
	for !u.Complete {
		if err := c.fill(ctx, u, content); err != nil {
			return u, err
		}
		if err := c.call(ctx, http.MethodGet, "/"+u.ID, nil, &u); err != nil {
			return u, err
		}
	}
	err := c.call(ctx, http.MethodPost, "/"+u.ID+"/commit", api.UploadCommit{SHA256: spec.SHA256}, &u)
	return u, err
}

// call sends a small request; body and reply are JSON.
func (c *Client) call(ctx context.Context, method, path string, body, into any) error {
	var text io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		text = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.cfg.API+"/uploads"+path, text)
	if err != nil {
		return err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return c.do(r, into)
}

func (c *Client) do(r *http.Request, into any) error {
	r.SetBasicAuth(c.cfg.Access, c.cfg.Secret)
	resp, err := c.cfg.HTTP.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode >= http.StatusBadRequest {
		return refusal(r, resp)
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return fmt.Errorf("%s %s: read the reply: %w", r.Method, r.URL.Path, err)
	}
	return nil
}

// Refusal is an answer of 400 or above.
type Refusal struct {
	Status  int
	Reason  string // "" if it did not come from the server but from what lies between
	Message string
}

// Error implements error.
func (e *Refusal) Error() string {
	return fmt.Sprintf("%d %s: %s", e.Status, http.StatusText(e.Status), e.Message)
}

func refusal(r *http.Request, resp *http.Response) error {
	const most = 64 << 10
	text, _ := io.ReadAll(io.LimitReader(resp.Body, most)) // what is told is told
	var p api.Problem
	if json.Unmarshal(text, &p) != nil || p.Error.Message == "" {
		p.Error.Message = fmt.Sprintf("%s %s was refused by %s, not by the file server", r.Method, r.URL.Path, between(resp))
	}
	return &Refusal{Status: resp.StatusCode, Reason: p.Error.Reason, Message: p.Error.Message}
}

// between names what answered in the server's place.
func between(resp *http.Response) string {
	if name := resp.Header.Get("Server"); name != "" {
		return name
	}
	return "a proxy"
}

// temporary reports whether the same may succeed later: broken connections,
// servers that are not there for the moment, places that another part takes.
func temporary(err error) bool {
	var refused *Refusal
	if !errors.As(err, &refused) {
		return !errors.Is(err, context.Canceled)
	}
	switch refused.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return refused.Reason == "upload.part_taken" || refused.Reason == "upload.incomplete"
}

func digest(content io.ReaderAt, offset, size int64) (string, error) {
	h := sha256.New()
	n, err := io.CopyBuffer(h, struct{ io.Reader }{io.NewSectionReader(content, offset, size)}, make([]byte, 256<<10))
	if err == nil && n != size {
		err = fmt.Errorf("%d bytes from byte %d on were expected, found %d", size, offset, n)
	}
	return hex.EncodeToString(h.Sum(nil)), err
}
