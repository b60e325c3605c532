package blob

import (
	"context"
	"io"
	"iter"
	"os"
	"time"

	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/internal/ident"
)

// Key names an object in a Store. It is opaque: 32 hex digits drawn at random.
type Key string

// NewKey returns a key that was never used before.
func NewKey() Key { return Key(ident.New()) }

// Valid reports whether k has the form of a key. Drivers that make paths of
// keys refuse others.
func (k Key) Valid() bool { return ident.Valid(string(k)) }

// The reasons of this package.
var (
	ErrNotFound  = fault.Reason{Kind: fault.NotFound, Name: "blob.not_found"}
	ErrExists    = fault.Reason{Kind: fault.Conflict, Name: "blob.exists"}
	ErrMismatch  = fault.Reason{Kind: fault.Conflict, Name: "blob.digest_mismatch"}
	ErrLength    = fault.Reason{Kind: fault.Invalid, Name: "blob.wrong_length"}
	ErrTooLarge  = fault.Reason{Kind: fault.TooLarge, Name: "blob.too_large"}
	ErrStoreFull = fault.Reason{Kind: fault.Unavailable, Name: "blob.store_full"}
)

// Info describes an object.
type Info struct {
	Key      Key
	Size     int64 // bytes
	Modified time.Time
}

// Store keeps objects under keys. All methods may be called concurrently, by
// any number of servers.
//
// Guarantees that every driver gives (blob/blobtest checks them):
//   - Put makes the object visible atomically and durably: until it returned
//     nil nothing is visible under the key, after that everything is, also
//     after a power cut. If r fails or ctx ends, Put returns that error and
//     leaves nothing visible. r is read to its end or to its first error and
//     is never read after Put returned; Put does not close it.
//   - Put to a key in use returns ErrExists and leaves the object as it was
//     (drivers may skip the check where it costs a round trip: the server
//     never reuses keys).
//   - Open returns n bytes from off on; n < 0 means up to the end; ErrNotFound
//     if there is no such object. A range that passes the end is cut there. The
//     caller closes the reader. Deleting an object does not break readers that
//     are already open, or breaks them with an error, never with wrong bytes.
//   - Delete of an absent key is nil.
//   - List yields the objects whose key is greater than after, in key order.
//     Objects put or deleted meanwhile may or may not be listed.
//   - Failures for the moment (no space, network) are faults of kind
//     Unavailable; they never look like ErrNotFound.
type Store interface {
	Put(ctx context.Context, key Key, r io.Reader) (size int64, err error)
	Open(ctx context.Context, key Key, off, n int64) (io.ReadCloser, error)
	Stat(ctx context.Context, key Key) (Info, error)
	Delete(ctx context.Context, key Key) error
	List(ctx context.Context, after Key) iter.Seq2[Info, error]
}

// FileOpener is a capability of stores whose objects are local files: the
// caller gets the file itself and can hand it to the kernel.
type FileOpener interface {
	OpenFile(ctx context.Context, key Key) (*os.File, error)
}

// Sweeper is a capability of stores that keep unfinished writes aside: it
// removes those that have not grown since the given time, except those that
// this store is writing, and returns how many there were.
type Sweeper interface {
	SweepTemporary(ctx context.Context, before time.Time) (removed int, err error)
}

// Measurer is a capability of stores that can run full.
type Measurer interface {
	Space(ctx context.Context) (Space, error)
}

// Space is how much room there is where a store keeps its objects, in bytes.
type Space struct {
	Free  int64 // for us: what only the system may take is not counted
	Total int64
}
