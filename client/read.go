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
	"time"

	"github.com/coffer-ml/coffer/client/cache"
	"github.com/coffer-ml/coffer/codec"
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

// LocalCopyOptions say how a local copy is made.
type LocalCopyOptions struct {
	// Extract makes a folder of an archive; only what was logged as a folder, or
	// a list of files, is one. KeepArchive leaves it as it is. By default what was
	// logged as a folder comes back as one.
	Extract     bool
	KeepArchive bool
	Refresh     bool   // fetch it anew, also if it is in the cache
	Dir         string // copy it into this folder, which is the caller's, rather than into the cache
}

// LocalCopy returns the path of the artifact on the local disk: of a file, or
// of a folder if a folder was logged. It is fetched if the cache does not have
// it, and stays there until the client is closed; it is shared, and not to be
// changed. What lies in a folder that is reachable from here is used where it
// is.
func (a *Artifact) LocalCopy(ctx context.Context, options ...LocalCopyOptions) (string, error) {
	o := first(options)
	s, err := a.source()
	if err != nil {
		return "", err
	}
	return a.c.localCopy(ctx, s, a.Type == codec.TypeArchive && !o.KeepArchive || o.Extract, o)
}

func (c *Client) localCopy(ctx context.Context, s source, extract bool, o LocalCopyOptions) (string, error) {
	if o.Dir != "" {
		return c.copyInto(ctx, s, extract, o.Dir)
	}
	if s.local() != "" && !extract {
		return s.local(), c.checkLocal(s)
	}
	e, err := c.cached(ctx, s, o.Refresh)
	if err != nil {
		return "", err
	}
	if !extract {
		c.keep(released{e})
		return e.Path, nil
	}
	defer e.Release()
	tree, err := c.extracted(ctx, s, e)
	if err != nil {
		return "", err
	}
	c.keep(released{tree})
	return tree.Path, nil
}

// checkLocal checks a file that is used where it is.
func (c *Client) checkLocal(s source) error {
	f, err := os.Open(s.local())
	if err != nil {
		return localError("read", s.address, err)
	}
	defer func() { _ = f.Close() }()
	if s.digest == "" {
		return nil
	}
	info, err := f.Stat()
	if err != nil {
		return localError("read", s.address, err)
	}
	got, err := digestOf(f, 0, info.Size())
	if err == nil && got != s.digest {
		err = mismatch(s, fmt.Sprintf("SHA-256 %s was expected, %s came", s.digest, got))
	}
	return err
}

// released lets go of an entry of the cache when the client is closed.
type released struct{ *cache.Entry }

// Close implements io.Closer.
func (r released) Close() error {
	r.Release()
	return nil
}

// key is where the cache keeps what a source names.
func (c *Client) key(ctx context.Context, s *source) (cache.Key, error) {
	k := cache.Key{Digest: s.digest, Name: s.file(), Source: s.label}
	if k.Digest != "" {
		return k, nil
	}
	store, err := c.store(ctx, s.at())
	if err != nil {
		return k, err
	}
	o, err := store.Stat(ctx, s.at())
	if err != nil {
		return k, err
	}
	if o.Size >= 0 {
		s.size = o.Size
	}
	if _, mine := c.conn.mine(s.address); mine && o.SHA256 != "" && s.fetchAt == "" { // this content, whatever comes to its address meanwhile
		s.digest, s.fetchAt = o.SHA256, s.address+"?digest="+o.SHA256
	}
	k.Digest, k.Address, k.Version = o.SHA256, s.at(), o.Version
	if k.Version == "" {
		k.Version = fmt.Sprint(o.Size, o.Modified)
	}
	return k, nil
}

// cached returns the bytes of a source as an entry of the cache.
func (c *Client) cached(ctx context.Context, s source, refresh bool) (*cache.Entry, error) {
	store, err := c.Cache()
	if err != nil {
		return nil, err
	}
	k, err := c.key(ctx, &s)
	if err != nil {
		return nil, err
	}
	if refresh {
		if err := store.Refresh(k); err != nil {
			return nil, localError("refresh", s.name, err)
		}
	}
	e, err := store.File(ctx, k, max(0, s.size), func(ctx context.Context, w io.Writer) error {
		r, err := c.read(ctx, s)
		if err != nil {
			return err
		}
		defer func() { _ = r.Close() }()
		_, err = io.CopyBuffer(struct{ io.Writer }{w}, r, make([]byte, 256<<10))
		return err
	})
	return e, cacheError(s, err)
}

// cacheError gives an error of package cache its kind.
func cacheError(s source, err error) error {
	var known *Error
	var digest *cache.DigestError
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.As(err, &digest):
		return mismatch(s, digest.Error())
	case errors.Is(err, cache.ErrNoRoom):
		return &Error{Kind: KindTooLarge, Op: "read", Object: s.name, Err: err}
	}
	return localError("read", s.name, err)
}

// extracted returns the folder that an archive in the cache becomes.
func (c *Client) extracted(ctx context.Context, s source, e *cache.Entry) (*cache.Entry, error) {
	f, err := os.Open(e.Path)
	if err != nil {
		return nil, localError("read", e.Path, err)
	}
	defer func() { _ = f.Close() }()
	archive, err := codec.OpenArchive(f, e.Size, c.conn.set.Limits)
	if err != nil {
		return nil, codecError("extract", s.name, err)
	}
	size := int64(0)
	for _, m := range archive.Members {
		size += m.Size
	}
	store, err := c.Cache()
	if err != nil {
		return nil, err
	}
	k := cache.Key{Digest: e.Digest, Name: strings.TrimSuffix(s.file(), path.Ext(s.file())), Source: s.label}
	tree, err := store.Tree(ctx, k, size, func(_ context.Context, dir string) error {
		return codecError("extract", s.name, archive.Extract(dir))
	})
	return tree, cacheError(s, err)
}

// copyInto makes a copy in a folder of the caller's.
func (c *Client) copyInto(ctx context.Context, s source, extract bool, dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", localError("write", dir, err)
	}
	r, err := c.read(ctx, s)
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }()
	f, err := os.CreateTemp(dir, ".coffer-*")
	if err != nil {
		return "", localError("write", dir, err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // unless it was renamed
	defer func() { _ = f.Close() }()
	size, err := io.CopyBuffer(struct{ io.Writer }{f}, r, make([]byte, 256<<10))
	if err != nil {
		var known *Error
		if errors.As(err, &known) {
			return "", err
		}
		return "", localError("write", dir, err)
	}
	name := cache.FileName(s.file())
	if extract {
		archive, err := codec.OpenArchive(f, size, c.conn.set.Limits)
		if err != nil {
			return "", codecError("extract", s.name, err)
		}
		target := filepath.Join(dir, strings.TrimSuffix(name, path.Ext(name)))
		return target, codecError("extract", s.name, archive.Extract(target))
	}
	target := filepath.Join(dir, name)
	if err := errors.Join(f.Chmod(0o644), f.Close(), os.Rename(f.Name(), target)); err != nil {
		return "", localError("write", target, err)
	}
	return target, nil
}

// GetOptions say how an artifact is decoded.
type GetOptions struct {
	Format  codec.Codec  // nil means the one that its record names
	Limits  codec.Limits // zero fields are those of Config.Limits
	Refresh bool         // fetch it anew, also if it is in the cache
}

// Get returns the value of an artifact as a T: what package codec decodes it to,
// such as *codec.NDArray or an arrow.Table, or what codec.As makes of that, such
// as *mat.Dense, []float64, a map, a struct, a string, []byte. The digest is
// checked before anything is decoded. If it is something else the error is
// [ErrType] and names what it is; if reading it would need running code,
// [ErrUnsafe].
//
// Of any artifact, a codec.File is its path, as LocalCopy returns it, and of a
// logged folder a codec.Dir that of the folder.
func Get[T any](ctx context.Context, a *Artifact, options ...GetOptions) (T, error) {
	var none T
	v, err := a.value(ctx, first(options), any(none))
	if err != nil {
		return none, err
	}
	t, err := codec.As[T](v)
	return t, codecError("read an artifact", a.Name, err)
}

// value decodes the artifact; wanted is of the type that is asked for.
func (a *Artifact) value(ctx context.Context, o GetOptions, wanted any) (any, error) {
	switch wanted.(type) {
	case codec.File:
		p, err := a.LocalCopy(ctx, LocalCopyOptions{KeepArchive: true, Refresh: o.Refresh})
		return codec.File(p), err
	case codec.Dir:
		p, err := a.LocalCopy(ctx, LocalCopyOptions{Extract: true, Refresh: o.Refresh})
		return codec.Dir(p), err
	}
	s, err := a.source()
	if err != nil {
		return nil, err
	}
	f, size, err := a.c.checked(ctx, s, o.Refresh)
	if err != nil {
		return nil, err
	}
	record := codec.Record{Name: a.Name, Type: a.Type, ContentType: a.ContentType, File: s.file(), Hash: a.SHA256, DataHash: a.DataHash, Size: size, Preview: a.Preview}
	format := o.Format
	if format == nil {
		format = a.c.conn.set.Codecs.Of(record)
	}
	limits := o.Limits
	if limits == (codec.Limits{}) {
		limits = a.c.conn.set.Limits
	}
	v, err := format.Decode(f, size, record, limits)
	switch v.(type) {
	case *codec.Blob, *codec.Archive: // which read from the file as they are used
		a.c.keep(f)
	default:
		err = errors.Join(err, f.Close())
	}
	return v, codecError("read an artifact", a.Name, err)
}

// opened is a file in the cache, or one that is used where it is.
type opened struct {
	*os.File
	entry *cache.Entry
}

// Close implements io.Closer.
func (o *opened) Close() error {
	err := o.File.Close()
	if o.entry != nil {
		o.entry.Release()
	}
	return err
}

// checked opens the bytes of a source, all of which were checked just now:
// what lies on the disk for long may have changed there.
func (c *Client) checked(ctx context.Context, s source, refresh bool) (*opened, int64, error) {
	if p := s.local(); p != "" {
		f, err := os.Open(p)
		if err != nil {
			return nil, 0, localError("read", s.address, err)
		}
		info, err := f.Stat()
		if err == nil && s.digest != "" {
			var got string
			if got, err = digestOf(f, 0, info.Size()); err == nil && got != s.digest {
				err = mismatch(s, fmt.Sprintf("SHA-256 %s was expected, %s came", s.digest, got))
			}
		}
		if err != nil {
			_ = f.Close()
			return nil, 0, err
		}
		return &opened{File: f}, info.Size(), nil
	}
	for again := false; ; again = true {
		e, err := c.cached(ctx, s, refresh || again)
		if err != nil {
			return nil, 0, err
		}
		f, err := os.Open(e.Path)
		if err != nil {
			e.Release()
			return nil, 0, localError("read", e.Path, err)
		}
		got, err := digestOf(f, 0, e.Size)
		if err == nil && got == e.Digest {
			return &opened{f, e}, e.Size, nil
		}
		_ = f.Close()
		e.Release()
		if again {
			return nil, 0, mismatch(s, fmt.Sprintf("SHA-256 %s was expected, %s lies in the cache", e.Digest, got))
		}
		c.conn.set.Log.WarnContext(ctx, "the cache holds other bytes than it was given; fetching them anew", "path", e.Path)
	}
}

// RemoveOptions say how artifacts are removed.
type RemoveOptions struct {
	KeepBytes bool // remove the record alone
}

// RemoveArtifacts removes artifacts of the task with all their versions, and
// their bytes, wherever they are. The error names what could not be removed;
// the others are.
func (t *Task) RemoveArtifacts(ctx context.Context, names []string, options ...RemoveOptions) error {
	var errs []error
	for _, name := range names {
		a, err := t.Artifact(ctx, name)
		if err == nil {
			err = a.Remove(ctx, first(options))
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Remove removes the artifact with all its versions, and its bytes.
func (a *Artifact) Remove(ctx context.Context, options ...RemoveOptions) error {
	addresses := map[string]bool{a.URI: true}
	for v, err := range a.All(ctx) {
		if err != nil {
			return err
		}
		addresses[v.URI] = true
	}
	var reply struct{ Deleted int }
	mode := string(a.Mode)
	err := a.c.conn.call(ctx, "tasks.delete_artifacts", a.Name, again, map[string]any{
		"task": a.Task, "artifacts": []any{map[string]any{"key": a.Name, "mode": mode}},
	}, &reply)
	if err != nil {
		return err
	}
	if reply.Deleted == 0 {
		return absent("remove an artifact", a.c.conn.host, a.Name, "there is no such artifact")
	}
	if first(options).KeepBytes || a.Mode == Input {
		return nil
	}
	var errs []error
	for address := range addresses {
		if err := a.c.remove(ctx, address, a.State != External); err != nil && KindOf(err) != KindNotFound {
			errs = append(errs, fmt.Errorf("the record is removed, the bytes at %s are not: %w", address, err))
		}
	}
	return errors.Join(errs...)
}

// remove deletes bytes. A link to somebody else's web page is not ours to
// delete.
func (c *Client) remove(ctx context.Context, address string, ours bool) error {
	address = c.substituted(address)
	if ours {
		address = c.conn.ours(address)
	}
	if _, mine := c.conn.mine(address); !mine && (strings.HasPrefix(address, "http://") || strings.HasPrefix(address, "https://")) {
		return nil
	}
	s, err := c.store(ctx, address)
	if err != nil {
		return err
	}
	return s.Delete(ctx, address)
}

// RemoveVersion removes the record of this one version of the artifact.
func (a *Artifact) RemoveVersion(ctx context.Context) error {
	q := Which{Mode: a.Mode, Version: a.Version}.query(a.Name)
	return a.c.conn.own(ctx, "DELETE", "/tasks/"+url.PathEscape(a.Task)+"/artifact", q, "remove a version", a.Name, time.Minute, nil)
}

// Read returns the value of an artifact of a task by its name: [Task.Artifact]
// and [Get] in one.
func Read[T any](ctx context.Context, t *Task, name string, which ...Which) (T, error) {
	var none T
	a, err := t.Artifact(ctx, name, which...)
	if err != nil {
		return none, err
	}
	return Get[T](ctx, a)
}
