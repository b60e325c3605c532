package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/blob"
)

// Client is one bucket through the client library of its store. Names are whole
// names within the bucket. Errors are faults of package blob, or ctx's error.
type Client interface {
	// Put stores the bytes of r under the name, atomically. blob.ErrExists if
	// the name is in use. If it fails nothing is visible and nothing is left.
	Put(ctx context.Context, name string, r io.Reader) (size int64, err error)
	// Get opens n bytes from off on, to the end if n < 0. The object must be the
	// version, if one is named. ErrRange if the object ends before off or there.
	Get(ctx context.Context, name string, off, n int64, version string) (Body, error)
	// Stat returns blob.ErrNotFound only if the bucket is there.
	Stat(ctx context.Context, name string) (Entry, error)
	// Delete of an absent name is nil.
	Delete(ctx context.Context, name string) error
	// List yields what begins with the prefix and is greater than after, in the
	// order of names.
	List(ctx context.Context, prefix, after string) iter.Seq2[Entry, error]
	// Where names the store's kind and the bucket, for those who fail.
	Where() (store, bucket string)
	// Compose makes an object of pieces of others, atomically; they stay.
	Compose(ctx context.Context, name string, pieces []Piece) error
}

// Entry is an object of a bucket.
type Entry struct {
	Name     string
	Size     int64 // bytes
	Modified time.Time
	Version  string // what names these very bytes: ETag or generation
}

// Body is an object being read.
type Body struct {
	io.ReadCloser
	Size    int64 // of what is going to be read, in bytes
	Total   int64 // of the whole object, in bytes
	Version string
}

// TotalOf returns the size of the whole object that an answer tells: behind the
// slash of its Content-Range (RFC 9110, 14.4), else it is the answer's length;
// -1 if the range cannot be read.
func TotalOf(contentRange string, length int64) int64 {
	if contentRange == "" {
		return length
	}
	_, total, _ := strings.Cut(contentRange, "/")
	n, err := strconv.ParseInt(total, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// Piece is a range of an object, in bytes.
type Piece struct {
	Name  string
	Off   int64
	Size  int64
	Whole bool // the range is all of the object
}

// ErrRange is what a Client's Get returns for a range beyond the end.
var ErrRange = errors.New("the range begins where the object has ended")

// Store makes a blob.Store of a Client.
type Store struct {
	Client Client
	// Prefix is in front of all names, such as "coffer/"; may be empty.
	Prefix string
	// Now is the clock; nil is the one of the machine.
	Now func() time.Time
}

var (
	_ blob.Store   = (*Store)(nil)
	_ blob.Drafter = (*Store)(nil)
)

const (
	objects = "objects/"
	drafts  = "drafts/"
)

// Object returns the name of an object. Keys are hex digits: nothing else ever
// becomes part of a name.
func (s *Store) Object(key blob.Key) (string, error) {
	if !key.Valid() {
		return "", fmt.Errorf("%q is no blob key", key)
	}
	return s.Prefix + objects + string(key), nil
}

// Put implements blob.Store.
func (s *Store) Put(ctx context.Context, key blob.Key, r io.Reader) (int64, error) {
	name, err := s.Object(key)
	if err != nil {
		return 0, err
	}
	return s.Client.Put(ctx, name, r)
}

// Open implements blob.Store.
func (s *Store) Open(ctx context.Context, key blob.Key, off, n int64) (io.ReadCloser, error) {
	name, err := s.Object(key)
	if err != nil {
		return nil, err
	}
	return s.open(ctx, name, off, n)
}

// open opens a range of an object, cut at its end.
func (s *Store) open(ctx context.Context, name string, off, n int64) (io.ReadCloser, error) {
	if n != 0 {
		r, err := Open(ctx, s.Client, name, off, n)
		if !errors.Is(err, ErrRange) {
			return r, err
		}
	}
	// An empty range of an object that must be there all the same.
	if _, err := s.Client.Stat(ctx, name); err != nil {
		return nil, err
	}
	return io.NopCloser(strings.NewReader("")), nil
}

// Stat implements blob.Store.
func (s *Store) Stat(ctx context.Context, key blob.Key) (blob.Info, error) {
	name, err := s.Object(key)
	if err != nil {
		return blob.Info{}, err
	}
	e, err := s.Client.Stat(ctx, name)
	if err != nil {
		return blob.Info{}, err
	}
	return blob.Info{Key: key, Size: e.Size, Modified: e.Modified}, nil
}

// Delete implements blob.Store.
func (s *Store) Delete(ctx context.Context, key blob.Key) error {
	name, err := s.Object(key)
	if err != nil {
		return err
	}
	return s.Client.Delete(ctx, name)
}

// List implements blob.Store.
func (s *Store) List(ctx context.Context, after blob.Key) iter.Seq2[blob.Info, error] {
	prefix := s.Prefix + objects
	from := ""
	if after != "" {
		from = prefix + string(after)
	}
	return func(yield func(blob.Info, error) bool) {
		for e, err := range s.Client.List(ctx, prefix, from) {
			if err != nil {
				yield(blob.Info{}, err)
				return
			}
			key := blob.Key(strings.TrimPrefix(e.Name, prefix))
			if !key.Valid() {
				continue // none of ours
			}
			if !yield(blob.Info{Key: key, Size: e.Size, Modified: e.Modified}, nil) {
				return
			}
		}
	}
}

func (s *Store) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now() //nolint:forbidigo // the default of the Now field
}
