package client

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/client/internal/hocon"
)

// Store is where objects are kept by address: a bucket, a folder, a file
// server. Errors that are [ErrNotFound] say that there is no such object, those
// that are [ErrUnavailable] that it may be tried again.
type Store interface {
	// Put makes the size bytes of r the object at an address, whole or not at
	// all, in place of what was there. Told, if it is not nil, is called with
	// the number of bytes that arrived, never twice at once.
	Put(ctx context.Context, address string, r io.ReaderAt, size int64, o PutOptions) error
	// Open reads an object from a byte on; of a length below 0 to its end.
	Open(ctx context.Context, address string, offset, length int64) (io.ReadCloser, Object, error)
	// Stat tells of an object.
	Stat(ctx context.Context, address string) (Object, error)
	// Delete removes an object.
	Delete(ctx context.Context, address string) error
	// List lists the objects whose addresses begin with one, by address.
	List(ctx context.Context, prefix string) iter.Seq2[Object, error]
}

// PutOptions say how an object is put.
type PutOptions struct {
	ContentType string
	SHA256      string      // of the content, "" if it is not known
	Told        func(int64) // of bytes that arrived
}

// Object is what a store tells of an object.
type Object struct {
	Address     string
	Size        int64 // bytes; -1 if the store does not tell
	Modified    time.Time
	Version     string // changes when the content does; "" if the store does not tell
	SHA256      string // "" if the store does not tell
	ContentType string
}

// Driver opens stores for the addresses of some schemes. Those for s3, gs and
// azure are packages of their own below client/storage, so that programs
// without them stay small; Config.Drivers takes them.
type Driver interface {
	// Schemes are those of the addresses, such as "s3".
	Schemes() []string
	// Open returns the store that an address belongs to. It is asked once for
	// each scheme and host.
	Open(ctx context.Context, address string, s Settings) (Store, error)
}

// Settings are the sdk section of clearml.conf, where credentials of stores
// stand, with the environment filled in.
type Settings interface {
	// Text returns the value at a dotted path such as "aws.s3.region", "" if
	// there is none.
	Text(path string) string
	// List returns the sections in the list at a path such as
	// "aws.s3.credentials".
	List(path string) []Settings
	// Keys lists the keys of the section at a path.
	Keys(path string) []string
	// Env looks up an environment variable.
	Env(name string) string
}

// store returns the store of an address.
func (c *Client) store(ctx context.Context, address string) (Store, error) {
	scheme, rest, ok := strings.Cut(address, "://")
	switch {
	case !ok || scheme == "file":
		return localStore{}, nil
	case scheme == "http", scheme == "https":
		return webStore{c.conn}, nil
	}
	host, _, _ := strings.Cut(rest, "/")
	key := scheme + "://" + host
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.stores[key]; ok {
		return s, nil
	}
	for _, d := range c.conn.set.Drivers {
		if slices.Contains(d.Schemes(), scheme) {
			s, err := d.Open(ctx, address, part{c.conn.set.conf.Object("sdk"), c.conn.set})
			if err == nil {
				c.stores[key] = s
			}
			return s, err
		}
	}
	return nil, &Error{Kind: KindUnsupported, Op: "open a store", Object: address, Message: "there is no driver for " + scheme +
		": add the one of client/storage to Config.Drivers"}
}

// substituted is an address as it is read: path_substitution of clearml.conf
// maps prefixes of recorded addresses to where they are reached from here.
func (c *Client) substituted(address string) string {
	for _, rule := range c.conn.set.conf.Objects("sdk.storage.path_substitution") {
		if rest, ok := strings.CutPrefix(address, rule.Text("registered_prefix")); ok && rule.Text("registered_prefix") != "" {
			return rule.Text("local_prefix") + rest
		}
	}
	return address
}

// localPath is the path of a local address, "" if it is none.
func localPath(address string) string {
	if rest, ok := strings.CutPrefix(address, "file://"); ok {
		return rest
	}
	if strings.Contains(address, "://") {
		return ""
	}
	return address
}

// localStore keeps objects as files, below folders that may be shared.
type localStore struct{}

func localError(op, address string, err error) error {
	e := &Error{Kind: KindInternal, Op: op, Object: address, Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Kind = KindNotFound
	case errors.Is(err, fs.ErrPermission):
		e.Kind = KindDenied
	}
	return e
}

// Put implements Store: aside, synced, and renamed into its place.
func (localStore) Put(ctx context.Context, address string, r io.ReaderAt, size int64, o PutOptions) (err error) {
	path := localPath(address)
	defer func() {
		if err != nil {
			err = localError("write", address, err)
		}
	}()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".coffer-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // if it was not renamed
	_, err = io.Copy(f, &stopped{ctx, io.NewSectionReader(r, 0, size)})
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	if o.Told != nil {
		o.Told(size)
	}
	return nil
}

// stopped reads until its context ends.
type stopped struct {
	ctx context.Context
	r   io.Reader
}

func (s *stopped) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}

// Open implements Store.
func (l localStore) Open(ctx context.Context, address string, offset, length int64) (io.ReadCloser, Object, error) {
	o, err := l.Stat(ctx, address)
	if err != nil {
		return nil, o, err
	}
	f, err := os.Open(localPath(address))
	if err != nil {
		return nil, o, localError("read", address, err)
	}
	if length < 0 {
		length = max(0, o.Size-offset)
	}
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(f, offset, length), f}, o, nil
}

// Stat implements Store. A folder is no object.
func (localStore) Stat(_ context.Context, address string) (Object, error) {
	info, err := os.Stat(localPath(address))
	if err == nil && info.IsDir() {
		err = fs.ErrNotExist
	}
	if err != nil {
		return Object{}, localError("look for", address, err)
	}
	return localObject(address, info), nil
}

func localObject(address string, info fs.FileInfo) Object {
	return Object{Address: address, Size: info.Size(), Modified: info.ModTime(), Version: info.ModTime().String(), ContentType: mediaOf(address)}
}

// Delete implements Store.
func (localStore) Delete(_ context.Context, address string) error {
	if err := os.Remove(localPath(address)); err != nil {
		return localError("delete", address, err)
	}
	return nil
}

// List implements Store.
func (localStore) List(ctx context.Context, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		root := localPath(prefix)
		head := strings.TrimSuffix(prefix, root)
		if info, err := os.Stat(root); err != nil || !info.IsDir() {
			root = filepath.Dir(root)
		}
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			if d.IsDir() || !strings.HasPrefix(path, localPath(prefix)) || strings.HasPrefix(d.Name(), ".coffer-") {
				return nil
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			if !yield(localObject(head+path, info), nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			yield(Object{}, localError("list", prefix, err))
		}
	}
}

// webStore reads and writes the files of our server, and reads what other
// servers give away.
type webStore struct{ c *conn }

// mine reports whether an address is one of our server's files, which take its
// credentials, and which path it has there.
func (c *conn) mine(address string) (path string, ok bool) {
	bases := []string{c.set.Files, c.set.Web + "/files"}
	bases = append(bases, c.set.conf.Texts("sdk.storage.http.legacy_fileservers")...)
	for _, base := range bases {
		base = strings.TrimRight(base, "/")
		if rest, found := strings.CutPrefix(address, base+"/"); found && base != "" {
			path, err := url.PathUnescape(rest)
			return path, err == nil
		}
	}
	return "", false
}

// Put implements Store.
func (w webStore) Put(ctx context.Context, address string, r io.ReaderAt, size int64, o PutOptions) error {
	path, ok := w.c.mine(address)
	if !ok {
		return &Error{Kind: KindUnsupported, Op: "upload", Host: hostOf(address), Object: address, Message: "only the configured file server takes uploads over HTTP"}
	}
	told := o.Told
	if told == nil {
		told = func(int64) {}
	}
	return w.c.sendFile(ctx, path, &content{ReaderAt: r, size: size, digest: o.SHA256, media: o.ContentType}, told)
}

// Open implements Store.
func (w webStore) Open(ctx context.Context, address string, offset, length int64) (body io.ReadCloser, o Object, err error) {
	if length == 0 {
		return io.NopCloser(strings.NewReader("")), Object{Address: address}, nil
	}
	err = w.c.fetch(ctx, http.MethodGet, address, "download", span(offset, length), func(resp *http.Response) error {
		o = webObject(address, resp)
		body = resp.Body
		if (offset > 0 || length > 0) && resp.StatusCode != http.StatusPartialContent {
			_ = resp.Body.Close()
			return &Error{Kind: KindUnsupported, Op: "download", Host: hostOf(address), Object: address, Message: "the server sends no ranges"}
		}
		return nil
	})
	return body, o, err
}

// Stat implements Store.
func (w webStore) Stat(ctx context.Context, address string) (o Object, err error) {
	err = w.c.fetch(ctx, http.MethodHead, address, "look for", "", func(resp *http.Response) error {
		o = webObject(address, resp)
		return resp.Body.Close()
	})
	return o, err
}

// Delete implements Store.
func (w webStore) Delete(ctx context.Context, address string) error {
	return w.c.fetch(ctx, http.MethodDelete, address, "delete", "", func(resp *http.Response) error { return resp.Body.Close() })
}

// List implements Store: HTTP has no lists.
func (w webStore) List(_ context.Context, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		yield(Object{}, &Error{Kind: KindUnsupported, Op: "list", Host: hostOf(prefix), Object: prefix, Message: "files behind HTTP cannot be listed"})
	}
}

// part is a section of the configuration as Settings.
type part struct {
	conf *hocon.Object
	set  *settings
}

// Text implements Settings.
func (p part) Text(path string) string { return p.conf.Text(path) }

// List implements Settings.
func (p part) List(path string) []Settings {
	var all []Settings
	for _, o := range p.conf.Objects(path) {
		all = append(all, part{o, p.set})
	}
	return all
}

// Keys implements Settings.
func (p part) Keys(path string) []string { return p.conf.Object(path).Keys() }

// Env implements Settings.
func (p part) Env(name string) string {
	v, _ := p.set.Env(name)
	return v
}
