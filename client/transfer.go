package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coffer-ml/coffer/api"
)

const (
	// mostAtOnce is up to where a file goes as one form. Above, it goes in
	// parts: those that arrived need not be sent again.
	mostAtOnce = 4 << 20
	// smallestPart is where halving stops that a proxy's 413 makes: one that
	// passes less is not made for files.
	smallestPart = 512 << 10
	// partWorkers is how many parts travel at a time: enough to keep hashing,
	// network and the server's disk busy together.
	partWorkers = 4
)

// content is what is sent: it can be read again when it must be.
type content struct {
	io.ReaderAt
	size   int64
	digest string // SHA-256; "" if it is not known yet
	media  string // content type
}

func (c *content) section() io.Reader { return io.NewSectionReader(c, 0, c.size) }

// hash fills the digest in.
func (c *content) hash() error {
	if c.digest != "" {
		return nil
	}
	sum, err := digestOf(c, 0, c.size)
	c.digest = sum
	return err
}

func digestOf(r io.ReaderAt, offset, size int64) (string, error) {
	h := sha256.New()
	n, err := io.CopyBuffer(h, struct{ io.Reader }{io.NewSectionReader(r, offset, size)}, make([]byte, 256<<10))
	if err == nil && n != size {
		err = fmt.Errorf("%d bytes from byte %d on were expected, found %d", size, offset, n)
	}
	return hex.EncodeToString(h.Sum(nil)), err
}

// sendFile makes content the newest version of a path on the server. Told is
// called, never twice at once, with the number of bytes that arrived.
func (c *conn) sendFile(ctx context.Context, path string, body *content, told func(int64)) error {
	if err := body.hash(); err != nil {
		return &Error{Kind: KindInvalid, Op: "upload", Object: path, Err: err}
	}
	// A form cannot hold every name; a session can.
	if body.size <= mostAtOnce && !strings.ContainsAny(path, "\"\\\r\n") {
		err := c.sendForm(ctx, path, body, told)
		if KindOf(err) != KindTooLarge || body.size <= smallestPart {
			return err
		}
	}
	s := session{c: c, path: path, body: body, told: told}
	return s.send(ctx)
}

// sendForm sends a file as the Python SDK does, with a promise of its digest.
func (c *conn) sendForm(ctx context.Context, path string, body *content, told func(int64)) error {
	return c.retried(ctx, "upload", again, func() error {
		return c.authorized(ctx, func(token string) error {
			boundary := rand.Text()
			head := fmt.Sprintf("--%s\r\nContent-Disposition: form-data; name=\"/%s\"; filename=\"/%s\"\r\nContent-Type: %s\r\n\r\n",
				boundary, path, path, orOctets(body.media))
			tail := fmt.Sprintf("\r\n--%s--\r\n", boundary)
			form := io.MultiReader(strings.NewReader(head), body.section(), strings.NewReader(tail))
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.set.Files, form)
			if err != nil {
				return err
			}
			r.ContentLength = int64(len(head)) + body.size + int64(len(tail))
			r.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
			r.Header.Set("X-Coffer-Digest", body.digest)
			r.Header.Set("Authorization", "Bearer "+token)
			resp, err := c.do(r, "upload", path)
			if err != nil {
				return err
			}
			_, _ = io.Copy(io.Discard, resp.Body) // so that the connection is used again
			_ = resp.Body.Close()
			told(body.size)
			return nil
		})
	})
}

func orOctets(media string) string {
	if media == "" {
		return "application/octet-stream"
	}
	return media
}

// mediaOf guesses the content type of a file by its name.
func mediaOf(name string) string {
	return orOctets(mime.TypeByExtension(strings.ToLower(path.Ext(name))))
}

// session sends a file in parts, as docs/protocol/uploads.md tells. Sending the
// same content to the same path again goes on with what the server has,
// whichever process began it.
type session struct {
	c    *conn
	path string
	body *content
	told func(int64)

	partSize atomic.Int64 // the most that is sent at a time; 0 until known
	proven   atomic.Int64 // the largest part that passed
	received atomic.Int64
	telling  sync.Mutex
}

func (s *session) send(ctx context.Context) error {
	most, stalled := int64(-1), s.c.set.Now()
	for pause := shortestPause; ; pause = min(2*pause, longestPause) {
		err := s.advance(ctx)
		if err == nil || ctx.Err() != nil || !s.passing(err) {
			return err
		}
		if got := s.received.Load(); got > most {
			most, stalled, pause = got, s.c.set.Now(), shortestPause
		}
		if s.c.set.Now().Add(pause).After(stalled.Add(max(0, s.c.set.Patience))) {
			return err
		}
		s.c.set.Log.WarnContext(ctx, "going on with an upload", "path", s.path, "received", s.received.Load(), "error", err)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}

// passing reports whether the same may succeed later.
func (s *session) passing(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	var r *reason
	return e.Retryable || errors.As(e.Err, &r) && (r.name == "upload.part_taken" || r.name == "upload.incomplete")
}

// advance asks what is missing, sends it and commits.
func (s *session) advance(ctx context.Context) error {
	var u api.Upload
	spec := api.UploadSpec{Path: s.path, Size: &s.body.size, SHA256: s.body.digest}
	if err := s.call(ctx, http.MethodPost, "", spec, &u); err != nil {
		return err
	}
	for !u.Complete {
		if err := s.fill(ctx, u); err != nil {
			return err
		}
		if err := s.call(ctx, http.MethodGet, "/"+u.ID, nil, &u); err != nil {
			return err
		}
	}
	if err := s.call(ctx, http.MethodPost, "/"+u.ID+"/commit", api.UploadCommit{SHA256: s.body.digest}, &u); err != nil {
		return err
	}
	s.tell(s.body.size)
	return nil
}

func (s *session) tell(received int64) {
	s.telling.Lock()
	s.told(received)
	s.telling.Unlock()
}

// call sends a small request; body and reply are JSON.
func (s *session) call(ctx context.Context, method, path string, body, into any) error {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	// A commit hashes what was not hashed while it came in: that takes its time.
	ctx, cancel := context.WithTimeout(ctx, 30*time.Minute)
	defer cancel()
	return s.c.authorized(ctx, func(token string) error {
		r, err := http.NewRequestWithContext(ctx, method, s.c.set.API+"/uploads"+path, bytes.NewReader(text))
		if err != nil {
			return err
		}
		if body != nil {
			r.Header.Set("Content-Type", "application/json")
		}
		r.Header.Set("Authorization", "Bearer "+token)
		resp, err := s.c.do(r, "upload", s.path)
		if err != nil {
			return err
		}
		defer func() { _ = resp.Body.Close() }()
		return decode(resp, "upload", s.path, into)
	})
}

// fill sends what an upload lacks, some parts at a time.
func (s *session) fill(ctx context.Context, u api.Upload) error {
	s.partSize.CompareAndSwap(0, max(u.PartSize, smallestPart))
	s.received.Store(u.Received)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	todo := gaps{missing: u.Missing}
	var running sync.WaitGroup
	for range partWorkers {
		running.Go(func() {
			for ctx.Err() == nil {
				span, ok := todo.take(s.partSize.Load())
				if !ok {
					return
				}
				err := s.part(ctx, u.ID, span)
				if s.smaller(err, span.Size) {
					todo.giveBack(span)
					continue
				}
				if err != nil {
					cancel(err)
					return
				}
				s.tell(s.received.Add(span.Size))
			}
		})
	}
	running.Wait()
	return context.Cause(ctx)
}

// part sends one part.
func (s *session) part(ctx context.Context, id string, span api.UploadSpan) error {
	sum, err := digestOf(s.body, span.Offset, span.Size)
	if err != nil {
		return &Error{Kind: KindInvalid, Op: "upload", Object: s.path, Err: err}
	}
	err = s.c.authorized(ctx, func(token string) error {
		body := io.NewSectionReader(s.body, span.Offset, span.Size)
		r, err := http.NewRequestWithContext(ctx, http.MethodPut, fmt.Sprintf("%s/uploads/%s/parts/%d", s.c.set.API, url.PathEscape(id), span.Offset), io.NopCloser(body))
		if err != nil {
			return err
		}
		r.ContentLength = span.Size
		r.Header.Set("Content-Type", "application/octet-stream")
		r.Header.Set("X-Coffer-Digest", sum)
		r.Header.Set("Authorization", "Bearer "+token)
		if span.Size > s.proven.Load() {
			r.Header.Set("Expect", "100-continue") // asks before it sends what may be refused for its size
		}
		resp, err := s.c.do(r, "upload", s.path)
		if err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		return resp.Body.Close()
	})
	if err != nil {
		return err
	}
	for {
		proven := s.proven.Load()
		if span.Size <= proven || s.proven.CompareAndSwap(proven, span.Size) {
			return nil
		}
	}
}

// smaller halves the parts if one of the size was too large, unless they are
// as small as they get.
func (s *session) smaller(err error, size int64) bool {
	var r *reason
	if !errors.As(err, &r) || r.status != http.StatusRequestEntityTooLarge || size <= smallestPart {
		return false
	}
	half := max(size/2, smallestPart)
	for {
		current := s.partSize.Load()
		if current <= half || s.partSize.CompareAndSwap(current, half) {
			return true
		}
	}
}

// gaps are what is still to be sent.
type gaps struct {
	mu      sync.Mutex
	missing []api.UploadSpan
}

// take cuts a part off the first gap.
func (g *gaps) take(most int64) (api.UploadSpan, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.missing) == 0 {
		return api.UploadSpan{}, false
	}
	first := &g.missing[0]
	part := api.UploadSpan{Offset: first.Offset, Size: min(most, first.Size)}
	first.Offset += part.Size
	if first.Size -= part.Size; first.Size == 0 {
		g.missing = g.missing[1:]
	}
	return part, true
}

func (g *gaps) giveBack(s api.UploadSpan) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.missing = append([]api.UploadSpan{s}, g.missing...)
}
