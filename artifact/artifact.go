package artifact

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// Mode says whether a task made or used an artifact.
type Mode string

// The modes.
const (
	Output Mode = "output"
	Input  Mode = "input"
)

// State says what is known of a version's bytes; see the package comment.
type State string

// The states.
const (
	Stored     State = "stored"
	Pending    State = "pending"
	Mismatched State = "mismatched"
	External   State = "external"
	Missing    State = "missing"
)

// Ref names an artifact within its task.
type Ref struct {
	Key  string
	Mode Mode
}

// Artifact is what a task has logged under a key, as its newest version says.
type Artifact struct {
	Task task.ID
	Ref
	Version      // the newest living one
	Versions int // how many living versions there are
}

// Version is one registration.
type Version struct {
	ID          int64 // row id
	Number      int   // counted from 1 in order of arrival
	Type        string
	Address     file.Address
	Hash        string // as recorded: a SHA-256 in hex, or "" if unknown
	Size        *int64 // bytes as recorded; nil if unknown
	Timestamp   int64  // seconds since 1970 as recorded; 0 if unknown
	ContentType string
	DataHash    string
	Preview     string // loaded only when asked for
	Metadata    [][]string

	State      State
	Generation int64 // file generation it is bound to (row id); 0 if none
	FileNumber int   // number of that generation, for ?version=
	Registered time.Time
	User       user.ID
}

// Digest returns the recorded hash as a digest; "" if it is none.
func (v Version) Digest() blob.Digest {
	d, err := blob.ParseDigest(v.Hash)
	if err != nil {
		return ""
	}
	return d
}

// identity is what makes two registrations repeats of each other.
func (v Version) identity() string {
	size := "-"
	if v.Size != nil {
		size = fmt.Sprint(*v.Size)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %s %d", v.Address.Canonical(), v.Hash, size, v.Timestamp))
	return hex.EncodeToString(sum[:16])
}

// Spec is a registration: what a client says of an artifact.
type Spec struct {
	Ref
	Version
}

// The reasons of this package.
var (
	ErrNotFound  = fault.Reason{Kind: fault.NotFound, Name: "artifact.not_found"}
	ErrNoVersion = fault.Reason{Kind: fault.NotFound, Name: "artifact.no_such_version"}
	ErrTaken     = fault.Reason{Kind: fault.Conflict, Name: "artifact.taken"}
	ErrInvalid   = fault.Reason{Kind: fault.Invalid, Name: "artifact.invalid"}
)

// Limits.
const (
	// MaxKey bounds a name in bytes; 200 characters of any script fit.
	MaxKey = 1024
	// KeepVersions is how many versions of an artifact are kept: a frame that
	// is registered anew every few minutes must not grow for ever.
	KeepVersions = 100
	// MaxWait bounds how long a reader waits for bytes.
	MaxWait = 5 * time.Minute
)

func (s Spec) check() error {
	switch {
	case s.Key == "":
		return ErrInvalid.Errorf("artifacts: an artifact needs a key").With("field", "key")
	case len(s.Key) > MaxKey:
		return ErrInvalid.Errorf("artifacts: the key has %d bytes, the limit is %d", len(s.Key), MaxKey).With("field", "key")
	case !utf8.ValidString(s.Key):
		return ErrInvalid.Errorf("artifacts: the key is not UTF-8").With("field", "key")
	case s.Mode != Output && s.Mode != Input:
		return ErrInvalid.Errorf("artifacts: the mode of %q is %q, expected %q or %q", s.Key, s.Mode, Output, Input).With("field", "mode")
	case s.Size != nil && *s.Size < 0:
		return ErrInvalid.Errorf("artifacts: the content_size of %q is negative", s.Key).With("field", "content_size")
	}
	return nil
}
