package file

import (
	"context"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/user"
)

// Record is the row of a path.
type Record struct {
	ID          int64
	Path        Path
	Newest      int       // number of the newest generation
	Condemned   time.Time // zero while live
	DeleteAsked time.Time // zero unless a delete is remembered
}

// Bytes is the row of a blob.
type Bytes struct {
	ID     int64
	Digest blob.Digest
	Size   int64
	Key    blob.Key
	Volume VolumeID
}

// Want says which generation of a path is meant; the zero value is the newest.
type Want struct {
	Number int
	Digest blob.Digest // the newest one with this digest
}

// Store keeps paths and generations. Writes take part in the transaction of
// the context.
type Store interface {
	// Lock returns the row of a path for a transaction that is going to
	// change it; ErrNotFound if there is none.
	Lock(ctx context.Context, p Path) (Record, error)
	// Create adds a path without a generation.
	Create(ctx context.Context, p Path, at time.Time) (Record, error)
	// Revive takes back condemnation and remembered delete.
	Revive(ctx context.Context, file int64) error
	// Condemn marks a path as deleted; blobs that nothing else refers to are
	// unreferenced from then on.
	Condemn(ctx context.Context, file int64, at time.Time) error
	// AskDelete remembers a delete.
	AskDelete(ctx context.Context, file int64, at time.Time) error

	// Live returns the live blob with the digest, locked against gc.
	Live(ctx context.Context, d blob.Digest) (b Bytes, found bool, err error)
	// AddBlob adds a live blob; ErrSwept if its key was claimed.
	AddBlob(ctx context.Context, o blob.Object, in VolumeID, at time.Time) (Bytes, error)
	// AddGeneration adds the next generation of a path and marks the one
	// before as superseded.
	AddGeneration(ctx context.Context, of Record, b Bytes, by user.ID, at time.Time) (Generation, error)
	// Again notes that the bytes of a generation arrived once more.
	Again(ctx context.Context, generation int64, at time.Time) error

	// Generation returns one of a live path; ErrNotFound if there is none.
	Generation(ctx context.Context, p Path, w Want) (Generation, error)
	// Holding returns up to limit generations of live paths with the digest, by
	// path, the newest of each.
	Holding(ctx context.Context, d blob.Digest, limit int) ([]Generation, error)
	// Usage sums up what is kept. It looks at every row.
	Usage(ctx context.Context) (Usage, error)
	// Freed sums up the live blobs that are unreferenced since a time.
	Freed(ctx context.Context, since time.Time) (Sum, error)
	// Named sums up the blobs of paths, each once.
	Named(ctx context.Context, paths []Path) (Sum, error)
	// LandedSince reports whether bytes with the digest arrived at the live
	// path after the time.
	LandedSince(ctx context.Context, p Path, d blob.Digest, after time.Time) (bool, error)
	// Superseded returns which of the generations have been superseded or
	// belong to a condemned path.
	Superseded(ctx context.Context, generations []int64) ([]int64, error)
	// Drop removes generations; blobs that nothing refers to any more are
	// unreferenced from then on.
	Drop(ctx context.Context, generations []int64, at time.Time) error
	// Lose marks the blob under the key as failed and returns its digest.
	Lose(ctx context.Context, k blob.Key) (blob.Digest, error)

	// ExpireFiles removes up to limit paths condemned before the time, with
	// their generations, and returns how many.
	ExpireFiles(ctx context.Context, before time.Time, limit int) (int, error)
	// SupersededBefore pages through generations superseded before the time,
	// by id.
	SupersededBefore(ctx context.Context, before time.Time, after int64, limit int) ([]int64, error)
	// Doom sets up to limit blobs that were unreferenced or moved away before
	// the time, and those that were doomed earlier, to condemned and returns
	// them.
	Doom(ctx context.Context, before time.Time, limit int) ([]Bytes, error)
	// Gone marks doomed blobs as deleted.
	Gone(ctx context.Context, ids []int64) error
	// Known returns which of the keys belong to a blob that is not gone or to
	// an open upload session.
	Known(ctx context.Context, keys []blob.Key) ([]blob.Key, error)
	// Claim adds a doomed blob for each object that no blob knows, or only one
	// that is gone, and returns those: AddBlob refuses their keys from then on.
	Claim(ctx context.Context, objects []blob.Info, in VolumeID, at time.Time) ([]Bytes, error)

	// Movable pages through the live blobs of a volume, by id.
	Movable(ctx context.Context, of VolumeID, after int64, limit int) ([]Bytes, error)
	// Relocate makes a copy the bytes of a live blob, and leaves a row for
	// those that it had; false if the blob is not where it was any more, or
	// the key of the copy was claimed.
	Relocate(ctx context.Context, b Bytes, to VolumeID, key blob.Key, at time.Time) (bool, error)
}
