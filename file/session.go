package file

import (
	"context"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/user"
)

// The reasons of upload sessions.
var (
	ErrNoSession   = fault.Reason{Kind: fault.NotFound, Name: "upload.no_session"}
	ErrSessions    = fault.Reason{Kind: fault.Conflict, Name: "upload.too_many_sessions"}
	ErrSessionSpec = fault.Reason{Kind: fault.Invalid, Name: "upload.bad_session"}
	ErrCommitted   = fault.Reason{Kind: fault.State, Name: "upload.committed"}
	ErrIncomplete  = fault.Reason{Kind: fault.State, Name: "upload.incomplete"}
	ErrPart        = fault.Reason{Kind: fault.Invalid, Name: "upload.bad_part"}
	ErrNoPart      = fault.Reason{Kind: fault.NotFound, Name: "upload.no_part"}
	ErrPartTaken   = fault.Reason{Kind: fault.Conflict, Name: "upload.part_taken"}
	ErrBusy        = fault.Reason{Kind: fault.Unavailable, Name: "upload.busy"}
	ErrNoDrafts    = fault.Reason{Kind: fault.Unsupported, Name: "upload.no_drafts"}
)

// Limits on upload sessions.
const (
	// SessionLife is how long a session waits for its next part: a machine
	// that broke down on a Friday can go on a week later.
	SessionLife = 7 * 24 * time.Hour
	// CommittedLife is how long a committed session is remembered, for callers
	// who lost the answer.
	CommittedLife = 24 * time.Hour
	// MaxSessions is how many sessions of one user may be open: each may hold
	// bytes for a week. A program that uploads in parallel has dozens.
	MaxSessions = 1000
	// MaxParts is how many parts a session may have: enough for 97 GiB behind
	// a proxy that passes 1 MiB at a time, few enough to be listed.
	MaxParts = 100_000
	// MaxListed is how many parts or gaps are told at once, about 1 MB of text.
	MaxListed = 10_000
)

// SessionID is the id of an upload session: 32 hex digits.
type SessionID string

// Span is a range of a file, in bytes.
type Span struct {
	Offset int64
	Size   int64
}

// End is where the span ends.
func (s Span) End() int64 { return s.Offset + s.Size }

func (s Span) overlaps(o Span) bool { return s.Offset < o.End() && o.Offset < s.End() }

// Part is a received piece of a session's file. It never changes; it can be
// taken back.
type Part struct {
	Span
	Digest blob.Digest
}

// Prefix is how far the beginning of a session's file was hashed, and the
// state of its hash there. Taking back a part begins a new revision.
type Prefix struct {
	Size     int64
	State    []byte
	Revision int64
}

// Session is one upload in parts.
type Session struct {
	ID        SessionID
	Owner     user.ID
	Path      Path
	Size      int64       // of the whole file, in bytes
	Digest    blob.Digest // of the whole file: promised, then committed; "" if not promised
	Key       blob.Key    // of the draft, and of the object that it becomes
	Volume    VolumeID    // where they are
	Received  int64       // bytes in parts
	Parts     int
	Hashed    Prefix
	Created   time.Time
	Touched   time.Time // the last time that a part came
	Committed time.Time // zero while open
	Version   int       // number of the generation that it became
}

// Expires is when the session is forgotten.
func (s Session) Expires() time.Time {
	if !s.Committed.IsZero() {
		return s.Committed.Add(CommittedLife)
	}
	return s.Touched.Add(SessionLife)
}

// Part sizes that are proposed to clients, who may choose others.
const (
	// partSize is large against the cost of a request and small against what
	// a broken connection may lose.
	partSize = 8 << 20
	// partsProposed leaves clients room to send smaller parts.
	partsProposed = MaxParts / 10
	mebibyte      = 1 << 20
)

// PartSize is the size of a part that suits the session's file.
func (s Session) PartSize() int64 {
	needed := (s.Size + partsProposed - 1) / partsProposed
	return max(partSize, (needed+mebibyte-1)/mebibyte*mebibyte)
}

// Progress is what a session has and lacks.
type Progress struct {
	Session
	// Known says that the bytes are in the store already: nothing is to be sent.
	Known bool
	// Missing are the gaps, the first MaxListed of them.
	Missing []Span
}

// SessionStore keeps upload sessions. Writes take part in the transaction of
// the context.
type SessionStore interface {
	// Insert adds a session.
	Insert(ctx context.Context, s Session) error
	// Get returns one; ErrNoSession if there is none.
	Get(ctx context.Context, id SessionID) (Session, error)
	// Lock is Get for a transaction that is going to change the session.
	Lock(ctx context.Context, id SessionID) (Session, error)
	// Open returns the sessions of a user that were touched at the time or
	// later and are not committed, the oldest first; of one path or, if it is
	// "", of all.
	Open(ctx context.Context, owner user.ID, p Path, since time.Time) ([]Session, error)
	// Holds returns the live blob with the digest.
	Holds(ctx context.Context, d blob.Digest) (b Bytes, found bool, err error)

	// Parts returns the parts from an offset on, in order.
	Parts(ctx context.Context, id SessionID, from int64, limit int) ([]Part, error)
	// Overlapping returns the first parts that share bytes with the span.
	Overlapping(ctx context.Context, id SessionID, s Span) ([]Part, error)
	// Gaps returns the spans between 0 and size that no part covers.
	Gaps(ctx context.Context, id SessionID, size int64, limit int) ([]Span, error)
	// AddPart adds a part and notes how far the file was hashed, unless more
	// is known.
	AddPart(ctx context.Context, id SessionID, p Part, hashed Prefix, at time.Time) error
	// RemovePart takes a part back, with all hashing.
	RemovePart(ctx context.Context, id SessionID, p Part) error
	// NoteHashed notes how far the file was hashed, unless more is known.
	NoteHashed(ctx context.Context, id SessionID, hashed Prefix) error
	// Commit notes what an open session became, and forgets its parts.
	Commit(ctx context.Context, s Session) error
	// Remove removes sessions with their parts.
	Remove(ctx context.Context, ids []SessionID) error

	// Stale returns sessions that were touched or committed before the times.
	Stale(ctx context.Context, touched, committed time.Time, limit int) ([]Session, error)
	// Page returns open sessions by id.
	Page(ctx context.Context, after SessionID, limit int) ([]Session, error)
	// Drafted returns which of the keys belong to open sessions.
	Drafted(ctx context.Context, keys []blob.Key) ([]blob.Key, error)
}
