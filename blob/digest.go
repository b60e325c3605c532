package blob

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/coffer-ml/coffer/internal/fault"
)

// Digest is the SHA-256 of some bytes as 64 lower-case hex digits. The zero
// value means "not known".
type Digest string

// digestLen is the length of a digest's text.
const digestLen = 2 * sha256.Size

// EmptyDigest is the digest of no bytes at all.
const EmptyDigest Digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// ErrDigest is the reason of a text that is no digest.
var ErrDigest = fault.Reason{Kind: fault.Invalid, Name: "blob.bad_digest"}

// ParseDigest accepts 64 hex digits in either case.
func ParseDigest(s string) (Digest, error) {
	if len(s) != digestLen {
		return "", ErrDigest.Errorf("a digest is %d hex digits, not %d characters", digestLen, len(s))
	}
	raw, err := hex.DecodeString(s)
	if err != nil {
		return "", ErrDigest.Errorf("a digest is %d hex digits", digestLen)
	}
	return Digest(hex.EncodeToString(raw)), nil
}

// DigestOf returns the digest of a finished hash sum.
func DigestOf(sum [sha256.Size]byte) Digest { return Digest(hex.EncodeToString(sum[:])) }
