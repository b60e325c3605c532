package remote

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coffer-ml/coffer/blob/bucket"
	"github.com/coffer-ml/coffer/client"
)

// Part is the size of a part of a large object, in bytes: that of the Python
// SDK.
const Part = 8 << 20

// PartOf is the size of the parts of an object of so many bytes: the one that
// is asked for, unless there would be more than most.
func PartOf(size, asked, most int64) int64 { return max(asked, (size+most-1)/most) }

// Sequence is how many parts travel at a time.
const Sequence = 4

// Digest is the name of the metadata that holds the SHA-256 of an object, as
// the Python SDK keeps it.
const Digest = "sha256"

// DigestIn finds the SHA-256 in the metadata of an object: stores differ in how
// they write names.
func DigestIn(metadata map[string]string) string {
	for key, value := range metadata {
		if strings.EqualFold(key, Digest) {
			return value
		}
	}
	return ""
}

// Split takes an address apart: scheme://host/first/rest has the path
// first/rest. Paths are taken to the letter, as the Python SDK does.
func Split(address string) (host, path string) {
	_, rest, _ := strings.Cut(address, "://")
	host, path, _ = strings.Cut(rest, "/")
	return host, path
}

// Below reports whether an address is a prefix or lies below it, whatever the
// case, as entries of clearml.conf are matched.
func Below(address, prefix string) bool {
	address, prefix = strings.ToLower(address), strings.TrimRight(strings.ToLower(prefix), "/")
	rest, ok := strings.CutPrefix(address, prefix)
	return ok && (rest == "" || rest[0] == '/')
}

// Flag reads a truth value of clearml.conf; what says nothing is otherwise.
func Flag(text string, otherwise bool) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "", "none", "null":
		return otherwise, nil
	case "true", "yes", "on", "1":
		return true, nil
	case "false", "no", "off", "0":
		return false, nil
	}
	return otherwise, fmt.Errorf("%q is not valid: expected true or false", text)
}

// Number reads a whole number of clearml.conf above 0; what says nothing is
// otherwise.
func Number(text string, otherwise int64) (int64, error) {
	if text == "" || strings.EqualFold(text, "none") {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return otherwise, fmt.Errorf("%q is not valid: expected a whole number above 0", text)
	}
	return n, nil
}

// Transport is the HTTP transport of a driver; connections is how many idle
// ones are kept, 0 for what the server's drivers keep.
func Transport(o bucket.TLS, connections int64) (*http.Transport, error) {
	t, err := bucket.Transport(o, 0)
	if err == nil && connections > 0 {
		t.MaxIdleConns, t.MaxIdleConnsPerHost = int(connections), int(connections)
	}
	return t, err
}

// Call is a call to a store, for errors.
type Call struct {
	Op      string // such as "upload"
	Address string // of the object
}

// Invalid is a setting or an address that cannot be meant.
func (c Call) Invalid(format string, args ...any) error {
	host, _ := Split(c.Address)
	return &client.Error{Kind: client.KindInvalid, Op: c.Op, Host: host, Object: c.Address, Message: fmt.Sprintf(format, args...)}
}

// Failed makes an error of an answer with an HTTP status, 0 if none came, and
// the store's own word for what is wrong.
func (c Call) Failed(ctx context.Context, status int, code string, err error) error {
	host, _ := Split(c.Address)
	e := &client.Error{Kind: client.KindInvalid, Op: c.Op, Host: host, Object: c.Address, Err: err}
	var untrusted *tls.CertificateVerificationError
	switch {
	case ctx.Err() != nil:
		e.Kind, e.Err = client.KindUnavailable, ctx.Err()
	case errors.As(err, &untrusted):
		e.Kind = client.KindDenied
	case status == http.StatusNotFound, status == http.StatusGone:
		e.Kind = client.KindNotFound
	case status == http.StatusForbidden, status == http.StatusUnauthorized:
		e.Kind = client.KindDenied
	case status == http.StatusConflict, status == http.StatusPreconditionFailed:
		e.Kind = client.KindConflict
	case status == http.StatusRequestEntityTooLarge, status == http.StatusInsufficientStorage:
		e.Kind = client.KindTooLarge
	case status == 0, status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status >= http.StatusInternalServerError:
		e.Kind, e.Retryable = client.KindUnavailable, true
	}
	if code != "" {
		e.Message = strings.TrimSpace(fmt.Sprintf("%s: %v", code, err))
	}
	return e
}

// Opened keeps what was opened once, by a key.
type Opened[T any] struct {
	mu  sync.Mutex
	all map[string]T
}

// Get returns what is kept under the key, or opens it.
func (o *Opened[T]) Get(key string, open func() (T, error)) (T, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if v, ok := o.all[key]; ok {
		return v, nil
	}
	v, err := open()
	if err == nil {
		if o.all == nil {
			o.all = map[string]T{}
		}
		o.all[key] = v
	}
	return v, err
}

// Teller tells how many bytes of a whole arrived. A part that is sent again is
// not told of twice as often as there are bytes.
type Teller struct {
	mu   sync.Mutex
	told func(int64)
	most int64
	done int64
}

// NewTeller makes one of what a Store is given; told may be nil.
func NewTeller(told func(int64), size int64) *Teller { return &Teller{told: told, most: size} }

// Add counts bytes that arrived.
func (t *Teller) Add(n int64) {
	if t.told == nil || n == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done = min(t.done+n, t.most)
	t.told(t.done)
}

// Read implements io.Reader as a library uses it that tells of progress.
func (t *Teller) Read(p []byte) (int, error) {
	t.Add(int64(len(p)))
	return len(p), nil
}

// Object makes an Object.
func Object(address string, size int64, modified time.Time, version, contentType string, metadata map[string]string) client.Object {
	return client.Object{Address: address, Size: size, Modified: modified, Version: version, ContentType: contentType, SHA256: DigestIn(metadata)}
}

// TotalOf is the size of the whole object that an answer tells.
func TotalOf(contentRange string, length int64) int64 { return bucket.TotalOf(contentRange, length) }
