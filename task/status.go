package task

import (
	"maps"
	"slices"
)

// Status is where a task is in its life.
type Status string

// The statuses.
const (
	Created    Status = "created"
	Queued     Status = "queued"
	InProgress Status = "in_progress"
	Stopped    Status = "stopped"
	Publishing Status = "publishing"
	Published  Status = "published"
	Closed     Status = "closed"
	Failed     Status = "failed"
	Completed  Status = "completed"
	Unknown    Status = "unknown"
)

// moves is the life cycle: what may follow what without force. A status may
// always follow itself.
var moves = map[Status][]Status{
	Created:    {Queued, InProgress},
	Queued:     {Created, InProgress, Stopped},
	InProgress: {Stopped, Failed, Created, Completed},
	Stopped:    {Closed, Created, Failed, Queued, InProgress, Published, Publishing, Completed},
	Closed:     {Created, Failed, Published, Publishing, Stopped},
	Failed:     {Created, Stopped, Published, Queued},
	Publishing: {Published},
	Completed:  {Published, InProgress, Created},
	Published:  {},
	Unknown:    {},
}

// Valid reports whether s is one of the statuses.
func (s Status) Valid() bool { _, ok := moves[s]; return ok }

// Statuses returns them all, sorted.
func Statuses() []Status { return slices.Sorted(maps.Keys(moves)) }

// May reports whether a task may go from s to next without force.
func (s Status) May(next Status) bool { return s == next || slices.Contains(moves[s], next) }

// Frozen reports whether nothing may be logged any more.
func (s Status) Frozen() bool { return s == Published || s == Publishing }

// Editable reports whether parameters and configuration may be edited, given
// force.
func (s Status) Editable(force bool) bool {
	return s == Created || force && (s == Queued || s == InProgress)
}

// Type is what kind of program a task is.
type Type string

// types are those that may be given.
var types = []Type{
	"training", "testing", "inference", "data_processing", "application", "monitor", "controller",
	"report", "optimizer", "service", "qc", "custom", "dataset_import", "annotation", "annotation_manual",
}

// Valid reports whether t is one of the types.
func (t Type) Valid() bool { return slices.Contains(types, t) }

// Types returns the types that may be given.
func Types() []Type { return slices.Clone(types) }
