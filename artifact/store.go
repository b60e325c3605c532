package artifact

import (
	"context"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/task"
)

// Known is what is on record for a key: the identities of its versions, kept
// and removed ones. A removed one has the time of its removal.
type Known map[Ref]map[string]time.Time

// Selection names the artifacts to load.
type Selection struct {
	Tasks    []task.ID
	Ref      *Ref // only this one of each task
	Previews bool // with preview texts
	After    *Ref // only what comes behind it, in the order of keys and modes
	Limit    int  // at most so many; 0 means all
}

// Pointer is a version with what it belongs to.
type Pointer struct {
	Task task.ID
	Ref
	Version
}

// Stats sums up the artifacts of a task by their newest versions.
type Stats struct {
	Count   int
	Bytes   int64         // of those whose size is known
	ByState map[State]int // how many there are of each state that occurs
}

// Store keeps artifacts. Writes take part in the transaction of the context.
type Store interface {
	// Known returns what is on record for the refs of a task.
	Known(ctx context.Context, of task.ID, refs []Ref) (Known, error)
	// Add appends a version with the next number, made living, and returns
	// its number. The artifact comes into being if it is new, and its newest
	// version is the one that the order of versions says.
	Add(ctx context.Context, of task.ID, ref Ref, v Version, identity string) (number int, err error)
	// List loads artifacts with their newest versions, sorted by task, key
	// and mode.
	List(ctx context.Context, s Selection) ([]Artifact, error)
	// Stats sums up the artifacts of tasks; a task without any has no entry.
	Stats(ctx context.Context, of []task.ID) (map[task.ID]Stats, error)
	// Search answers a query over the living versions of all tasks, in a
	// fixed number of SQL queries.
	Search(ctx context.Context, q Query) ([]Found, error)
	// Versions loads the living versions of one, the newest first.
	Versions(ctx context.Context, of task.ID, ref Ref, previews bool) ([]Version, error)
	// Remove marks all living versions of the refs as removed and returns
	// them; a nil refs means all of the task. Unknown refs are passed over.
	Remove(ctx context.Context, of task.ID, refs []Ref, at time.Time) ([]Pointer, error)
	// RemoveVersion marks one living version as removed; ErrNoVersion if
	// there is none with that number.
	RemoveVersion(ctx context.Context, of task.ID, ref Ref, number int, at time.Time) (Version, error)
	// Prune deletes the rows of living versions beyond the newest keep ones
	// and returns them.
	Prune(ctx context.Context, of task.ID, ref Ref, keep int) ([]Version, error)
	// Annotate replaces the metadata of the newest version.
	Annotate(ctx context.Context, of task.ID, ref Ref, metadata [][]string) error
	// Forget deletes every row of the task, removed ones too.
	Forget(ctx context.Context, of task.ID) error

	// Unsettled returns the living versions at the path whose state is
	// pending, mismatched or missing.
	Unsettled(ctx context.Context, p file.Path) ([]Pointer, error)
	// Settle sets state and bound generation of a version.
	Settle(ctx context.Context, version int64, s State, generation int64) error
	// Lose sets the living stored versions with the digest to missing and
	// returns their tasks.
	Lose(ctx context.Context, d blob.Digest) ([]task.ID, error)
	// References counts the living versions that name the path, and names a
	// published task among them.
	References(ctx context.Context, p file.Path) (file.References, error)
	// Bound returns which of the generations living versions are bound to.
	Bound(ctx context.Context, generations []int64) ([]int64, error)
}
