package event

import (
	"context"
	"math"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/curve"
	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/user"
)

// Kind says what a target is.
type Kind string

// The kinds of targets.
const (
	Task  Kind = "task"
	Model Kind = "model"
)

// Target is what an event is about.
type Target struct {
	Kind Kind
	ID   string
}

// Type is what an event reports.
type Type string

// The types.
const (
	Log        Type = "log"
	Scalar     Type = "training_stats_scalar"
	Vector     Type = "training_stats_vector"
	DebugImage Type = "training_debug_image"
	Plot       Type = "plot"
)

// Types are all of them.
var Types = []Type{Log, Scalar, Vector, DebugImage, Plot}

// Single is the iteration of scalars that are reported without one. They are
// no part of curves.
const Single = math.MinInt32

// Event is one report.
type Event struct {
	Type      Type
	Target    Target
	Timestamp int64 // milliseconds since 1970, as reported
	Received  time.Time
	Worker    string
	Metric    string
	Variant   string
	Iter      int64
	Level     string         // of a log line
	Msg       string         // of a log line
	Key       string         // of a debug sample
	URL       file.Address   // of a debug sample
	Value     *float64       // of a scalar; nil if what came was no number
	Label     string         // of the x axis of a scalar
	Body      map[string]any // the other fields, as they came
	// Overwritten says that the address of a debug sample shows another
	// picture by now; Version is that of the file it was reported for, 0 if
	// that is not known.
	Overwritten bool
	Version     int
	// AllowLocked admits the event to a published target.
	AllowLocked bool
	// Broken says what could not be read of the event; "" if all could.
	Broken string
}

// Line is a log line. It is known by worker, time, level, text and its
// ordinal, from 0, among equal ones of one call.
type Line struct {
	Event
	Ordinal int
}

// Series is a curve of scalars.
type Series struct {
	ID              int64
	Target          Target
	Metric, Variant string
	Label           string // of the x axis
	Levels          int    // of the tree of its points
	// Curve is what the points come to that have an iteration; Single is the
	// one without, nil if there is none.
	Curve  curve.Aggregate
	Single *curve.Point
}

// Summary is what all points of the series come to, for the task document.
func (s Series) Summary() curve.Aggregate {
	a := s.Curve
	if s.Single != nil {
		a.Add(*s.Single)
	}
	return a
}

// Latest tells when the last event of a type came in for a metric.
type Latest struct {
	Metric string
	Type   Type
	At     time.Time
}

// Progress is what the task document tells of a target's events.
type Progress struct {
	LastIteration int64
	Series        []Series // by metric and variant, at most MaxSummaries
	Latest        []Latest // by metric and type
}

// Part names what of Progress is loaded beside the last iteration.
type Part uint8

// The parts of Progress.
const (
	WithSeries Part = 1 << iota
	WithLatest
)

// TargetState is what the owner of a target says of it.
type TargetState struct {
	Exists bool
	Locked bool // published or public: takes events only when they insist
}

// Targets is implemented by whoever owns the targets. Both are called inside
// the transaction of a slice.
type Targets interface {
	// Check tells the state of each target.
	Check(ctx context.Context, targets []Target) (map[Target]TargetState, error)
	// Touch notes that the targets reported something, and for whom.
	Touch(ctx context.Context, targets map[Target]user.Identity) error
}

// Files finds out which content of a path an address means at the moment. It
// is implemented by the file noun.
type Files interface {
	Find(ctx context.Context, p file.Path, d blob.Digest) (g file.Generation, found bool, err error)
}

// The reasons of this package.
var (
	ErrEmptyBatch = fault.Reason{Kind: fault.Invalid, Name: "event.empty_batch"}
	ErrNotAdded   = fault.Reason{Kind: fault.Invalid, Name: "event.not_added"}
	ErrMixed      = fault.Reason{Kind: fault.Invalid, Name: "event.task_and_model"}
	ErrNoTarget   = fault.Reason{Kind: fault.NotFound, Name: "event.no_target"}
	ErrNoModel    = fault.Reason{Kind: fault.NotFound, Name: "event.no_model"}
	ErrLocked     = fault.Reason{Kind: fault.State, Name: "event.target_published"}
	ErrBadType    = fault.Reason{Kind: fault.Invalid, Name: "event.bad_type"}
	ErrLimit      = fault.Reason{Kind: fault.Invalid, Name: "event.bad_limit"}
)
