package event

import (
	"context"

	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/curve"
)

// Store keeps events. Writes take part in the transaction of the context.
// Targets that never reported anything read as empty.
type Store interface {
	// AddLog adds log lines; those that the target has already are passed
	// over.
	AddLog(ctx context.Context, lines []Line) error
	// AddScalars adds or overwrites points; the places of those that would
	// begin a series beyond the limit of their target are returned.
	AddScalars(ctx context.Context, events []*Event, limit int) (refused []int, err error)
	// Put adds or overwrites events of the other types. Samples binds those
	// with an own address to what is there now.
	Put(ctx context.Context, items []Item) error
	// Raise sets the last iterations of targets that are higher than before.
	Raise(ctx context.Context, iterations map[Target]int64) error
	// Note says when events of types came in for metrics.
	Note(ctx context.Context, latest map[Target][]Latest) error
	// Progress returns what the events of those targets that reported any come
	// to, in a query and another for each part, with at most limit series for each.
	Progress(ctx context.Context, targets []Target, what Part, limit int) (map[Target]Progress, error)

	// Log reads a part of the console log.
	Log(ctx context.Context, t Target, q LogQuery) ([]Event, error)
	// LogSince returns lines in the order in which they came, from the place
	// on, and the place after them. LogEnd is the place after all.
	LogSince(ctx context.Context, t Target, from Place, limit int) ([]Event, Place, error)
	LogEnd(ctx context.Context, t Target) (Place, error)
	// LogCount returns how many lines of the selection there are.
	LogCount(ctx context.Context, t Target, sel Selection) (int, error)
	// ClearLog removes the lines for which gone is true among those up to the
	// time, and returns how many. Last is the time of the newest line.
	ClearLog(ctx context.Context, t Target, upTo int64, gone func(Event) bool) (int, error)
	LastLog(ctx context.Context, t Target) (last int64, err error)

	// Series returns the series of the targets, by target, metric and variant.
	Series(ctx context.Context, targets []Target, sel Selection) ([]Series, error)
	// Buckets sums the points of a series up, without the one that has no
	// iteration.
	Buckets(ctx context.Context, s Series, key curve.Key, width int64) ([]curve.Bucket, error)
	// Scalars reads a part of several series of one target as if they were one.
	Scalars(ctx context.Context, t Target, series []Series, q curve.Query) ([]Event, error)

	// Items reads events of the other types by iteration.
	Items(ctx context.Context, t Target, q ItemQuery) ([]Event, error)
	// ItemCount returns how many events of the types a target has.
	ItemCount(ctx context.Context, t Target, types []Type, sel Selection) (int, error)
	// Names returns which metrics and variants have events of the types, by
	// target, metric and variant.
	Names(ctx context.Context, targets []Target, types []Type) ([]Name, error)
	// Iterations returns iterations at which the selection has events.
	Iterations(ctx context.Context, t Target, q IterationQuery) ([]int64, error)
	// At returns the events of the selection at iterations, newest first, then
	// by metric and variant.
	At(ctx context.Context, t Target, of Type, sel Selection, iterations []int64) ([]Event, error)
	// Newest returns the newest events of each metric and variant, at most n.
	Newest(ctx context.Context, t Target, of Type, sel Selection, n int) ([]Event, error)
	// Ranges returns the iterations that each variant spans with what is not
	// overwritten, by metric and variant.
	Ranges(ctx context.Context, t Target, of Type, sel Selection) ([]Range, error)

	// Landed binds the samples that waited for their file and marks those
	// whose picture it took the place of.
	Landed(ctx context.Context, g file.Generation) error
	// Addresses returns the addresses that the target's samples name.
	Addresses(ctx context.Context, t Target) ([]file.Address, error)
	// Count returns how many events a target has.
	Count(ctx context.Context, t Target) (int, error)
	// Delete removes all events of a target from sight; Sweep removes up to
	// limit rows of what was deleted and returns how many.
	Delete(ctx context.Context, t Target) error
	Sweep(ctx context.Context, limit int) (int, error)
}

// Item is an event that is neither log line nor scalar, with the generation of
// the file that its address named.
type Item struct {
	Event
	Generation int64 // row id; 0 if there was none
}

// Selection chooses by metric and variant; nil means everything.
type Selection []MetricVariants

// MetricVariants is a metric with the variants that are meant; none means all.
type MetricVariants struct {
	Metric   string
	Any      bool // all metrics
	Variants []string
}

// Has reports whether the metric and variant are chosen.
func (s Selection) Has(metric, variant string) bool {
	if s == nil {
		return true
	}
	for _, m := range s {
		if !m.Any && m.Metric != metric {
			continue
		}
		if len(m.Variants) == 0 {
			return true
		}
		for _, v := range m.Variants {
			if v == variant {
				return true
			}
		}
	}
	return false
}

// Name is a metric and variant of a target.
type Name struct {
	Target          Target
	Metric, Variant string
	Lonely          bool // there is nothing but a value without iteration
}

// Place is where a reader stands who follows a console log. A log that was
// deleted and begun anew is another one: he begins at its start.
type Place struct {
	Log   int64
	Chunk int64
	Line  int64
}

// Range is the iterations that a variant spans.
type Range struct {
	Metric, Variant string
	Least, Greatest int64
}

// ItemQuery asks for a part of a target's events.
type ItemQuery struct {
	Types     []Type
	Selection Selection
	After     *int64 // iteration, exclusive; nil means from the end
	Desc      bool   // the greatest iteration first
	Limit     int    // all events of the last iteration are added
}

// IterationQuery asks for iterations of events of one type.
type IterationQuery struct {
	Type      Type
	Selection Selection
	Located   bool   // only of events with an address
	Before    *int64 // exclusive: the nearest ones below
	After     *int64 // exclusive: the nearest ones above
	Limit     int    // newest first
}

// LogQuery asks for a part of a console log. All lines of the last time are
// in it, also beyond the limit.
type LogQuery struct {
	Selection Selection
	From      int64 // milliseconds since 1970, exclusive; 0 means from the end
	Earlier   bool  // newest first and backwards, else oldest first
	Limit     int
}
