package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// source names bytes that are read: where they are and what they must be.
type source struct {
	name    string // of the artifact or model, for errors and progress
	address string // as recorded, path substitution done
	digest  string // SHA-256 that they must have; "" if nobody knows
	size    int64  // -1 if nobody knows
	label   string // for people who look into the cache
	fetchAt string // where they are fetched; "" for address
}

// source is where the bytes of an artifact are read.
func (a *Artifact) source() (source, error) {
	switch a.State {
	case Pending, Mismatched, Missing:
		return source{}, a.notThere()
	}
	s := source{name: a.Name, address: a.c.substituted(a.URI), digest: a.SHA256, size: a.Size, label: a.Task + ":" + a.Name}
	if a.State == Stored {
		s.address = a.c.conn.ours(s.address)
		// This version, whatever has come to its address since.
		if s.digest != "" {
			s.fetchAt = s.address + "?digest=" + s.digest
		} else if a.file > 0 {
			s.fetchAt = fmt.Sprintf("%s?version=%d", s.address, a.file)
		}
	}
	return s, nil
}

// ours is an address on our server, as this client reaches its files: records
// are rendered for the address of the API, which may differ.
func (c *conn) ours(address string) string {
	if _, ok := c.mine(address); ok {
		return address
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return address
	}
	files, err := url.Parse(c.set.Files)
	if err != nil || !strings.EqualFold(u.Hostname(), hostnameOf(c.set.API)) {
		return address
	}
	p := u.EscapedPath()
	if rest, ok := strings.CutPrefix(p, "/files/"); ok {
		p = "/" + rest
	}
	return files.Scheme + "://" + files.Host + strings.TrimRight(files.EscapedPath(), "/") + p
}

func hostnameOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

func (s source) at() string {
	if s.fetchAt != "" {
		return s.fetchAt
	}
	return s.address
}

// file is the name of the file at an address.
func (s source) file() string {
	p := s.address
	if u, err := url.Parse(s.address); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
		p = u.Path
	}
	return path.Base(strings.TrimRight(filepath.ToSlash(p), "/"))
}

// local is the path of what can be used where it is, "" for all else.
func (s source) local() string { return localPath(s.address) }

// Open reads the artifact from its beginning. Reading to the end checks the
// digest: if other bytes came, the last Read fails with [ErrMismatch] in place
// of io.EOF. A connection that breaks is gone on with where it broke.
func (a *Artifact) Open(ctx context.Context) (io.ReadCloser, error) {
	s, err := a.source()
	if err != nil {
		return nil, err
	}
	return a.c.read(ctx, s)
}

// OpenRange reads length bytes from offset on; of a length below 0 to the end.
// A part has no digest of its own, so that none is checked.
func (a *Artifact) OpenRange(ctx context.Context, offset, length int64) (io.ReadCloser, error) {
	s, err := a.source()
	if err != nil {
		return nil, err
	}
	store, err := a.c.store(ctx, s.at())
	if err != nil {
		return nil, err
	}
	r, _, err := store.Open(ctx, s.at(), offset, length)
	return r, err
}

// read opens bytes such that they are checked, resumed and told of.
func (c *Client) read(ctx context.Context, s source) (io.ReadCloser, error) {
	store, err := c.store(ctx, s.at())
	if err != nil {
		return nil, err
	}
	body, o, err := store.Open(ctx, s.at(), 0, -1)
	if err != nil {
		return nil, err
	}
	r := &reading{ctx: ctx, c: c, store: store, s: s, body: body, version: o.Version, size: o.Size, hash: sha256.New()}
	if s.size >= 0 {
		if o.Size >= 0 && o.Size != s.size && s.digest != "" {
			_ = body.Close()
			return nil, mismatch(s, fmt.Sprintf("%d bytes were registered, there are %d", s.size, o.Size))
		}
		r.size = s.size
	}
	return r, nil
}

func mismatch(s source, message string) error {
	return &Error{Kind: KindMismatch, Op: "read", Host: hostOf(s.address), Object: s.name, Message: message}
}

// reading is a download on its way.
type reading struct {
	ctx     context.Context
	c       *Client
	store   Store
	s       source
	body    io.ReadCloser
	version string // of the object, so that nothing is gone on with that changed
	size    int64
	done    int64
	told    int64
	hash    hash.Hash
	ended   error
}

// tellEvery is how many bytes lie between two tellings of progress.
const tellEvery = 256 << 10

// Read implements io.Reader.
func (r *reading) Read(p []byte) (int, error) {
	if r.ended != nil {
		return 0, r.ended
	}
	n, err := r.body.Read(p)
	r.hash.Write(p[:n])
	r.done += int64(n)
	if errors.Is(err, io.EOF) && (r.size < 0 || r.done >= r.size) {
		r.ended = r.check()
		r.tell(r.ended)
		return n, r.ended
	}
	if err != nil {
		if err := r.resume(err); err != nil {
			r.ended = err
			r.tell(err)
			return n, err
		}
	}
	if r.done >= r.told+tellEvery {
		r.tell(nil)
	}
	return n, nil
}

func (r *reading) tell(ended error) {
	r.told = r.done
	if tell := r.c.conn.set.Progress; tell != nil {
		p := Progress{Op: "download", Name: r.s.name, Done: r.done, Total: r.size, Ended: ended != nil}
		if ended != nil && !errors.Is(ended, io.EOF) {
			p.Err = ended
		}
		tell(p)
	}
}

// check is the end of a reading: io.EOF, or what is wrong with what came.
func (r *reading) check() error {
	got := hex.EncodeToString(r.hash.Sum(nil))
	if r.s.digest != "" && got != r.s.digest {
		return mismatch(r.s, fmt.Sprintf("SHA-256 %s was expected, %s came", r.s.digest, got))
	}
	return io.EOF
}

// resume goes on where a connection broke.
func (r *reading) resume(cause error) error {
	_ = r.body.Close()
	r.body = io.NopCloser(strings.NewReader(""))
	lost := &Error{Kind: KindUnavailable, Op: "read", Host: hostOf(r.s.address), Object: r.s.name, Retryable: true, Err: cause}
	if errors.Is(cause, io.EOF) {
		lost.Err = io.ErrUnexpectedEOF
	}
	if r.ctx.Err() != nil || r.c.conn.set.Patience < 0 || r.size >= 0 && r.done >= r.size {
		return lost
	}
	r.c.conn.set.Log.WarnContext(r.ctx, "going on with a download", "name", r.s.name, "from", r.done, "error", cause)
	body, o, err := r.store.Open(r.ctx, r.s.at(), r.done, -1)
	if err != nil {
		return errors.Join(lost, err)
	}
	if o.Version != r.version {
		_ = body.Close()
		return mismatch(r.s, "it changed while it was read")
	}
	r.body = body
	return nil
}

// Close implements io.Closer.
func (r *reading) Close() error {
	if r.ended == nil {
		r.ended = os.ErrClosed
		r.tell(os.ErrClosed)
	}
	return r.body.Close()
}
