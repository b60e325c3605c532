package task

import (
	"time"

	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/user"
)

// ID is the id of a task: 32 hex digits.
type ID string

// DeletedPrefix begins the parent of a task whose parent was deleted.
const DeletedPrefix = "__DELETED__"

// The system tags that mean something to the server.
const (
	Archived    = "archived"
	Development = "development" // a run by hand, not by an agent
	Hidden      = "hidden"      // left out of lists
)

// Task is one run of a program.
type Task struct {
	ID            ID
	Name          string
	Type          Type
	Comment       string
	Parent        ID
	Project       project.ID
	User          user.ID
	Tags          []string // sorted
	SystemTags    []string // sorted
	Status        Status
	StatusReason  string
	StatusMessage string
	StatusChanged time.Time

	Created       time.Time
	Started       time.Time
	Completed     time.Time
	Published     time.Time
	LastUpdate    time.Time // content or progress
	LastChange    time.Time // anything
	LastChangedBy user.ID

	// ActiveDuration is how long the run was active, in seconds; nil before
	// the first report.
	ActiveDuration   *int64
	LastWorker       string
	LastWorkerReport time.Time

	Output        Output
	Script        Script
	Execution     Execution
	Hyperparams   Params
	Configuration map[string]ConfigItem
	Runtime       map[string]any // values are what JSON can say
	Container     map[string]any
	Models        Models

	// Public says that everybody may read the task and nobody may change it.
	Public bool

	// EnqueuedFrom is the status that the task had before it was queued.
	EnqueuedFrom Status
}

// Standing is what must be known of a task by those who change what belongs to
// it.
type Standing struct {
	Status Status
	Public bool
}

// Output is where results go.
type Output struct {
	Destination string `json:"destination,omitempty"` // as file.Address.String gives it
	Result      string `json:"result,omitempty"`
	Error       string `json:"error,omitempty"`
}

// Script is the program that ran.
type Script struct {
	Binary       string         `json:"binary,omitempty"`
	Repository   string         `json:"repository,omitempty"`
	Tag          string         `json:"tag,omitempty"`
	Branch       string         `json:"branch,omitempty"`
	VersionNum   string         `json:"version_num,omitempty"`
	EntryPoint   string         `json:"entry_point,omitempty"`
	WorkingDir   string         `json:"working_dir,omitempty"`
	Requirements map[string]any `json:"requirements,omitempty"`
	Diff         string         `json:"diff,omitempty"`
}

// Execution is how the program was run.
type Execution struct {
	Queue       string         `json:"queue,omitempty"`
	Framework   string         `json:"framework,omitempty"`
	ModelLabels map[string]any `json:"model_labels,omitempty"`
	TestSplit   *int64         `json:"test_split,omitempty"`
}

// Params are hyper-parameters by section and name.
type Params map[string]map[string]Param

// Param is one hyper-parameter.
type Param struct {
	Section     string `json:"section"`
	Name        string `json:"name"`
	Value       string `json:"value"`
	Type        string `json:"type,omitempty"`
	Description string `json:"description,omitempty"`
}

// Properties is the section of user properties, which may change in any
// status.
const Properties = "properties"

// ConfigItem is one configuration object.
type ConfigItem struct {
	Name        string `json:"name"`
	Value       string `json:"value"`
	Type        string `json:"type,omitempty"`
	Description string `json:"description,omitempty"`
}

// Models are links to models, in the order in which they were added.
type Models struct {
	Input  []ModelLink
	Output []ModelLink
}

// ModelLink names a model that a task used or made.
type ModelLink struct {
	Name    string
	Model   string // id
	Updated time.Time
}

// The reasons of this package.
var (
	ErrNotFound      = fault.Reason{Kind: fault.NotFound, Name: "task.not_found"}
	ErrUnknown       = fault.Reason{Kind: fault.NotFound, Name: "task.unknown_to_started"}
	ErrBadParent     = fault.Reason{Kind: fault.Invalid, Name: "task.bad_reference"}
	ErrInvalid       = fault.Reason{Kind: fault.Invalid, Name: "task.invalid"}
	ErrBadStatus     = fault.Reason{Kind: fault.State, Name: "task.status_forbids"}
	ErrUndeletable   = fault.Reason{Kind: fault.State, Name: "task.cannot_be_deleted"}
	ErrPublic        = fault.Reason{Kind: fault.Forbidden, Name: "task.public"}
	ErrTooMany       = fault.Reason{Kind: fault.Invalid, Name: "task.too_many_ids"}
	ErrMixedSections = fault.Reason{Kind: fault.Invalid, Name: "task.section_and_item"}
)

// MaxName bounds a name in bytes: 200 characters of any script and their
// percent-encoding by a client fit.
const MaxName = 4096

// MaxParam bounds the section and the name of a hyper-parameter in bytes: both
// stand in one entry of an index, which takes 2,700.
const MaxParam = 1024

// MaxRef bounds the id of anything else that a task names, for the same reason:
// an id that is longer is none.
const MaxRef = 1024

// MaxIDs bounds how many tasks one call may name: it is one transaction, and
// clients of the protocol send no more.
const MaxIDs = 500
