package event

import (
	"context"
	"math"
	"time"

	"github.com/coffer-ml/coffer/file"
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

var types = map[Type]bool{Log: true, Scalar: true, Vector: true, DebugImage: true, Plot: true}

// Single is the iteration of scalars that are reported without one.
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
	Value     *float64       // of a scalar; nil if what came was no number
	Body      map[string]any // the other fields, as they came
	// AllowLocked admits the event to a published target.
	AllowLocked bool
}

// Summary is what the points of one series come to.
type Summary struct {
	Metric, Variant string
	LastIter        int64
	Last            float64
	MinIter         int64
	Min             float64
	MaxIter         int64
	Max             float64
	FirstIter       int64
	First           float64
	Count           int64
	Sum             float64
	XAxis           string // what the iterations are called; "" if nobody said
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
	Series        []Summary // by metric and variant
	Latest        []Latest  // by metric and type
}

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
	// Touch notes that the target reported something.
	Touch(ctx context.Context, who user.Identity, t Target) error
}

// The reasons of this package.
var (
	ErrEmptyBatch = fault.Reason{Kind: fault.Invalid, Name: "event.empty_batch"}
	ErrNotAdded   = fault.Reason{Kind: fault.Invalid, Name: "event.not_added"}
	ErrNoTarget   = fault.Reason{Kind: fault.NotFound, Name: "event.no_target"}
	ErrBadType    = fault.Reason{Kind: fault.Invalid, Name: "event.bad_type"}
	ErrLimit      = fault.Reason{Kind: fault.Invalid, Name: "event.bad_limit"}
)

// Store keeps events. Writes take part in the transaction of the context.
type Store interface {
	// AddLog adds log lines; those whose key the target has already are
	// passed over.
	AddLog(ctx context.Context, lines []Line) error
	// Put adds or overwrites events that are no log lines.
	Put(ctx context.Context, events []Event) error
	// Points returns the stored points among the given ones, to tell an
	// overwritten one from a new one.
	Points(ctx context.Context, t Target, metric, variant string, iters []int64) (known int, err error)
	// Summary returns the summary of a series; found is false if it has none.
	Summary(ctx context.Context, t Target, metric, variant string) (s Summary, found bool, err error)
	// Recompute makes the summary of a series from its stored points.
	Recompute(ctx context.Context, t Target, metric, variant string) (s Summary, found bool, err error)
	// SetSummary writes the summary of a series.
	SetSummary(ctx context.Context, t Target, s Summary) error
	// Raise sets the last iteration of a target if it is higher than before.
	Raise(ctx context.Context, t Target, iteration int64) error
	// Note says when events of a type came in for a metric.
	Note(ctx context.Context, t Target, l Latest) error
	// Progress returns what the targets' events come to, in three queries.
	Progress(ctx context.Context, targets []Target) (map[Target]Progress, error)
	// LogPage returns lines from a time on, exclusive, in either direction; all
	// lines of the last time are in it, also beyond the limit.
	LogPage(ctx context.Context, t Target, q LogQuery) ([]Event, error)
	// LogCount returns how many lines a target has.
	LogCount(ctx context.Context, t Target) (int, error)
	// ItemPage returns events of one type that are no log lines, by iteration;
	// all events of the last iteration are in it, also beyond the limit.
	ItemPage(ctx context.Context, t Target, q ItemQuery) ([]Event, error)
	// ItemCount returns how many events of the type a target has.
	ItemCount(ctx context.Context, t Target, of Type) (int, error)
	// Files returns the addresses that the target's debug samples name.
	Files(ctx context.Context, t Target) ([]file.Address, error)
	// Delete removes all events of a target.
	Delete(ctx context.Context, t Target) error
}

// Line is a log line with the key it is known by.
type Line struct {
	Event
	LineKey string
}

// ItemQuery asks for a part of a target's events of one type.
type ItemQuery struct {
	Type  Type
	After *int64 // iteration, exclusive; nil means from the end
	Desc  bool   // the greatest iteration first
	Limit int
}

// LogQuery asks for a part of a console log.
type LogQuery struct {
	From    int64 // milliseconds since 1970, exclusive; 0 means from the end
	Earlier bool  // newest first and backwards, else oldest first
	Limit   int
}
