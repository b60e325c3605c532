package project

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/user"
)

// ID is the id of a project: 32 hex digits; "" is the root, which is no
// project.
type ID string

// System tags with a meaning.
const (
	Hidden   = "hidden"   // left out of lists
	Datasets = "dataset"  // holds the versions of one dataset
	Pipeline = "pipeline" // holds the runs of one pipeline
)

// Project is a node of the tree.
type Project struct {
	ID                       ID
	Name                     string // whole path, "vision/yolo/ablations"
	Parent                   ID
	Path                     []ID // all ancestors, the topmost first
	Description              string
	User                     user.ID
	Created                  time.Time
	LastUpdate               time.Time // of anything in it
	Tags                     []string  // sorted
	SystemTags               []string  // sorted
	DefaultOutputDestination string    // as file.Address.String gives it

	// Public says that everybody may read the project and nobody may change
	// it or put something into it.
	Public bool
}

// Basename returns the last element of the name.
func (p Project) Basename() string { return p.Name[strings.LastIndexByte(p.Name, '/')+1:] }

// The reasons of this package.
var (
	ErrNotFound  = fault.Reason{Kind: fault.NotFound, Name: "project.not_found"}
	ErrNameTaken = fault.Reason{Kind: fault.Conflict, Name: "project.name_taken"}
	ErrBadName   = fault.Reason{Kind: fault.Invalid, Name: "project.bad_name"}
	ErrTooDeep   = fault.Reason{Kind: fault.Invalid, Name: "project.too_deep"}
	ErrLocation  = fault.Reason{Kind: fault.Invalid, Name: "project.location_change"}
	ErrBadTag    = fault.Reason{Kind: fault.Invalid, Name: "project.bad_tag"}
	ErrPublic    = fault.Reason{Kind: fault.Forbidden, Name: "project.public"}
	// ErrPublicName says that a public project bears the name.
	ErrPublicName = fault.Reason{Kind: fault.Conflict, Name: "project.public_name"}
	ErrSamePlace  = fault.Reason{Kind: fault.Invalid, Name: "project.same_place"}
	ErrUnderSelf  = fault.Reason{Kind: fault.Invalid, Name: "project.under_itself"}
	ErrIntoChild  = fault.Reason{Kind: fault.Invalid, Name: "project.into_its_child"}
	// What stands in the way of a deletion.
	ErrHasTasks     = fault.Reason{Kind: fault.State, Name: "project.has_tasks"}
	ErrHasModels    = fault.Reason{Kind: fault.State, Name: "project.has_models"}
	ErrHasDatasets  = fault.Reason{Kind: fault.State, Name: "project.has_datasets"}
	ErrHasPipelines = fault.Reason{Kind: fault.State, Name: "project.has_pipelines"}
)

// Limits on names.
const (
	// MaxDepth bounds the tree, so that a path can be shown and walked.
	MaxDepth = 10
	// MaxElement bounds one element in bytes: 200 characters of any script
	// and their percent-encoding by a client fit.
	MaxElement = 4096
	// MaxTag bounds a tag in bytes: it stands in indexes, whose entries take
	// 2,700.
	MaxTag = 1024
)

// Normalise turns a name as typed into one as kept: elements trimmed, empty
// ones dropped.
func Normalise(name string) (string, error) {
	if !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
		return "", ErrBadName.Errorf("the project name is not clean UTF-8")
	}
	var elements []string
	for e := range strings.SplitSeq(name, "/") {
		if e = strings.TrimSpace(e); e == "" {
			continue
		}
		if len(e) > MaxElement {
			return "", ErrBadName.Errorf("a part of the project name has %d bytes, the limit is %d", len(e), MaxElement)
		}
		elements = append(elements, e)
	}
	if len(elements) == 0 {
		return "", ErrBadName.Errorf("the project name is empty")
	}
	if len(elements) > MaxDepth {
		return "", ErrTooDeep.Errorf("a project lies at most %d levels deep, %q has %d", MaxDepth, name, len(elements))
	}
	return strings.Join(elements, "/"), nil
}

// Patch says what to change; nil fields stay.
type Patch struct {
	Name                     *string // only the last element may differ
	Description              *string
	Tags                     *[]string
	SystemTags               *[]string
	DefaultOutputDestination *string
}

// Spec is what a new project is made of.
type Spec struct {
	Name                     string
	Description              string
	Tags                     []string
	SystemTags               []string
	DefaultOutputDestination string
}

// Query is a list request. Parents matches any ancestor, or with Shallow
// direct children only.
type Query struct {
	query.Request
	IncludeHidden bool
	Parents       []ID
	Shallow       bool  // direct children of Parents; without Parents the top level
	Among         *[]ID // only these; nil for all
	Private       bool  // without public ones
	Untagged      bool  // load them without their tags
	Heading       bool  // load nothing but ID and Name
}

// Held is how many things of one sort lie directly in a project.
type Held struct {
	Project  ID
	User     user.ID
	Type     string // of a task
	Archived bool
	Number   int
}

// Tags are those in use among the things of some projects, sorted.
type Tags struct{ Tags, System []string }

// Fields declares what lists of projects may be asked for.
var Fields = query.Fields{
	"id":                         {Type: query.Text, Ask: query.Choice},
	"name":                       {Type: query.Text, Ask: query.Pattern},
	"basename":                   {Type: query.Text, Ask: query.Pattern},
	"description":                {Type: query.Text, Ask: query.Pattern},
	"parent":                     {Type: query.Text, Ask: query.Choice},
	"tags":                       {Type: query.List, Ask: query.Choice},
	"system_tags":                {Type: query.List, Ask: query.Choice},
	"created":                    {Type: query.Time},
	"last_update":                {Type: query.Time, Ask: query.Range},
	"user":                       {Type: query.Text, Ask: query.Choice},
	"default_output_destination": {Type: query.Text},
}

// Store keeps projects. Writes take part in the transaction of the context.
type Store interface {
	// Insert adds a project; ErrNameTaken if its name exists.
	Insert(ctx context.Context, p Project) error
	// Get returns one; ErrNotFound if there is none.
	Get(ctx context.Context, id ID) (Project, error)
	// ByName finds one by its whole name; ErrNotFound if there is none.
	ByName(ctx context.Context, name string) (Project, error)
	// Many returns those of the ids that exist, in no order.
	Many(ctx context.Context, ids []ID) ([]Project, error)
	// List answers a query.
	List(ctx context.Context, q Query) ([]Project, error)
	// Count tells how many a query finds, at most limit if it is not 0.
	Count(ctx context.Context, q Query, limit int) (int, error)
	// Descendants returns the ids of everything below the given ones.
	Descendants(ctx context.Context, ids []ID) ([]ID, error)
	// Below returns everything below the given ones, by name.
	Below(ctx context.Context, ids []ID) ([]Project, error)
	// Tags returns the tags of projects that meet the filter, nil for all; of
	// those given and all below, nil meaning everywhere.
	Tags(ctx context.Context, in []ID, filter query.Filter) (Tags, error)
	// Update writes all fields of p that Patch can change, its place in the
	// tree, Public and LastUpdate; a new name or place moves all descendants
	// with it. ErrNameTaken if one of them meets a name that exists.
	Update(ctx context.Context, p Project) error
	// Delete removes projects that nothing lies in any more.
	Delete(ctx context.Context, ids []ID) error
	// Touch sets LastUpdate.
	Touch(ctx context.Context, id ID, at time.Time) error
}
