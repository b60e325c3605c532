package blob

import (
	"context"
	"errors"
	"io"
	"iter"
)

// Drafter is a capability of stores that take an object in pieces. A draft is
// kept under the key that the object is going to have, and is no object until
// it is finished. All methods may be called concurrently; the caller sees to
// it that writes to one draft do not overlap and that none is under way while
// the draft is finished.
//
// Guarantees that every driver with this capability gives (blob/blobtest
// checks them):
//   - WriteDraft stores the bytes of r from off on, and they are durable when
//     it returns nil. The first write begins the draft. If r fails or ctx ends
//     what the range holds is not defined, and all other ranges are as before.
//     ErrExists if the draft was finished.
//   - FinishDraft makes the draft the object under its key, atomically and
//     durably, without another copy of the bytes where the store can. A draft
//     to which nobody wrote is empty. ErrLength if the draft does not end at
//     size. Finishing again is nil.
//   - OpenDraft and StatDraft see what was written, also when the draft was
//     finished; its size is the end of the last byte. ErrNotFound if nothing
//     was written or the draft was dropped.
//   - DropDraft of an absent draft is nil. It never touches an object.
//   - ListDrafts yields what was begun and neither finished nor dropped.
type Drafter interface {
	WriteDraft(ctx context.Context, key Key, off int64, r io.Reader) (size int64, err error)
	OpenDraft(ctx context.Context, key Key, off, n int64) (io.ReadCloser, error)
	StatDraft(ctx context.Context, key Key) (Info, error)
	FinishDraft(ctx context.Context, key Key, size int64) error
	DropDraft(ctx context.Context, key Key) error
	ListDrafts(ctx context.Context) iter.Seq2[Info, error]
}

// PutPart is the way in for a piece of a draft: size bytes of r from off on,
// in bounded memory, hashed while they stream by. Never more than size bytes
// are written. If their number or their digest differs from the promise ("" is
// none), r fails or ctx ends, the range counts as not written.
func PutPart(ctx context.Context, d Drafter, key Key, off, size int64, r io.Reader, promised Digest) (Digest, error) {
	in := newVerifier(r, partOf(size, promised))
	defer in.close()
	n, err := d.WriteDraft(ctx, key, off, in)
	if err != nil {
		return "", stored(longer(err, size))
	}
	if err := in.took(n); err != nil {
		return "", err
	}
	return in.digest, nil
}

// CheckPart reads a piece as PutPart does, without keeping it: for pieces that
// are there already.
func CheckPart(size int64, r io.Reader, promised Digest) (Digest, error) {
	in := newVerifier(r, partOf(size, promised))
	defer in.close()
	_, err := in.WriteTo(io.Discard)
	return in.digest, longer(err, size)
}

// partOf are the options of a piece, of which no byte beyond its end may pass.
func partOf(size int64, promised Digest) PutOptions {
	return PutOptions{MaxSize: size, Size: &size, Digest: promised}
}

// longer tells of a piece that passes its end as of any wrong length.
func longer(err error, size int64) error {
	if errors.Is(err, ErrTooLarge) {
		return ErrLength.Wrap(err, "expected %d bytes, received more", size)
	}
	return err
}
