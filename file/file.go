package file

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/user"
)

// The reasons of this package.
var (
	ErrNotFound = fault.Reason{Kind: fault.NotFound, Name: "file.not_found"}
	ErrBadPath  = fault.Reason{Kind: fault.Invalid, Name: "file.bad_path"}
	ErrFrozen   = fault.Reason{Kind: fault.Conflict, Name: "file.frozen"}
	ErrLost     = fault.Reason{Kind: fault.Internal, Name: "file.bytes_lost"}
	ErrSwept    = fault.Reason{Kind: fault.Unavailable, Name: "file.swept"}
)

// Path is the name of a file: decoded, UTF-8, no leading slash.
type Path string

// MaxPath bounds a path in bytes. The Python SDK builds paths of project (256
// characters), task (128), artifact and file name (250 each), which percent
// encoding of UTF-8 may stretch ninefold.
const MaxPath = 8192

// ParsePath takes a name as an upload or a decoded URL gives it. Leading
// slashes are dropped; nothing is decoded. Empty names, NUL bytes, broken
// UTF-8 and the segments "." and ".." are refused.
func ParsePath(raw string) (Path, error) {
	p := strings.TrimLeft(raw, "/")
	switch {
	case p == "":
		return "", ErrBadPath.Errorf("the file path is empty")
	case len(p) > MaxPath:
		return "", ErrBadPath.Errorf("the file path has %d bytes, the limit is %d", len(p), MaxPath)
	case !utf8.ValidString(p):
		return "", ErrBadPath.Errorf("the file path is not UTF-8")
	case strings.ContainsRune(p, 0):
		return "", ErrBadPath.Errorf("the file path holds a NUL byte")
	}
	for segment := range strings.SplitSeq(p, "/") {
		if segment == "." || segment == ".." {
			return "", ErrBadPath.Errorf("the file path %q holds the segment %q", shorten(p), segment)
		}
	}
	return Path(p), nil
}

// shorten keeps messages readable.
func shorten(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}

// Base returns the last segment, the name to save a download under.
func (p Path) Base() string { return string(p[strings.LastIndexByte(string(p), '/')+1:]) }

// Generation is one content of a path. It never changes.
type Generation struct {
	ID       int64 // row id, what other nouns bind to
	Path     Path
	Number   int // counted from 1 for each path
	Digest   blob.Digest
	Size     int64 // bytes
	Key      blob.Key
	Volume   VolumeID
	Created  time.Time
	Uploader user.ID
}

// References is what living records say about a path.
type References struct {
	// Count is how many living records name the path.
	Count int
	// FrozenBy names what is published and names the path; "" if nothing does.
	FrozenBy string
}

// Landing is implemented by the nouns whose records name paths. The server
// joins them. All calls come inside the transaction of the change.
type Landing interface {
	// Landed says that g has become the newest generation of its path. The
	// noun settles the states of its records there.
	Landed(ctx context.Context, g Generation) error
	// Lost says that the bytes of a digest are gone for good.
	Lost(ctx context.Context, d blob.Digest) error
	// References counts the living records that name the path.
	References(ctx context.Context, p Path) (References, error)
	// Bound reports which of the generations (by row id) living records bind
	// to; only those not in the answer may be dropped when superseded.
	Bound(ctx context.Context, generations []int64) (bound []int64, err error)
}
