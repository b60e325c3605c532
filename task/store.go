package task

import (
	"context"
	"maps"
	"time"

	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/user"
)

// Fields declares what lists of tasks may be asked for.
var Fields = query.Fields{
	"id":                {Type: query.Text, Ask: query.Choice},
	"name":              {Type: query.Text, Ask: query.Pattern},
	"comment":           {Type: query.Text, Ask: query.Pattern},
	"user":              {Type: query.Text, Ask: query.Choice},
	"project":           {Type: query.Text, Ask: query.Choice},
	"parent":            {Type: query.Text, Ask: query.Choice},
	"type":              {Type: query.Text, Ask: query.Choice},
	"status":            {Type: query.Text, Ask: query.Choice},
	"tags":              {Type: query.List, Ask: query.Choice},
	"system_tags":       {Type: query.List, Ask: query.Choice},
	"hyperparams.*":     {Type: query.Text, Ask: query.Choice},
	"created":           {Type: query.Time, Ask: query.Range},
	"started":           {Type: query.Time, Ask: query.Range},
	"completed":         {Type: query.Time},
	"published":         {Type: query.Time},
	"last_update":       {Type: query.Time, Ask: query.Range | query.Datetime},
	"last_change":       {Type: query.Time, Ask: query.Range | query.Datetime},
	"status_changed":    {Type: query.Time, Ask: query.Range | query.Datetime},
	"active_duration":   {Type: query.Number, Ask: query.Range},
	"last_iteration":    {Type: query.Number, Ask: query.Range},
	"status_reason":     {Type: query.Text},
	"status_message":    {Type: query.Text},
	"script.repository": {Type: query.Text},
	"script.branch":     {Type: query.Text},
	"execution.queue":   {Type: query.Text, Ask: query.Choice},

	"report":              {Type: query.Text, Ask: query.Pattern},
	"last_worker":         {Type: query.Text},
	"last_changed_by":     {Type: query.Text},
	"execution.framework": {Type: query.Text},
	"output.destination":  {Type: query.Text},
	"output.result":       {Type: query.Text},
	"output.error":        {Type: query.Text},
	"script.binary":       {Type: query.Text},
	"script.tag":          {Type: query.Text},
	"script.version_num":  {Type: query.Text},
	"script.entry_point":  {Type: query.Text},
	"script.working_dir":  {Type: query.Text},
	"script.diff":         {Type: query.Text},
	"models.input.model":  {Type: query.List, Ask: query.Choice},
	"models.input.name":   {Type: query.List},
	"models.output.model": {Type: query.List},
	"models.output.name":  {Type: query.List},
	"runtime.*":           {Type: query.Text, Ask: query.Equality},
	"container.*":         {Type: query.Text},
	"last_metrics.*":      {Type: query.Number, Ask: query.Range},
}

// Query is a list request.
type Query struct {
	query.Request
	IncludeHidden bool // also tasks with the system tag hidden
	Parts         Part // which to load; 0 for all
}

// Part names what Save writes and what List loads.
type Part uint8

// The parts of a task.
const (
	Row        Part = 1 << iota // everything that has no part of its own
	Tags                        // Tags and SystemTags
	Parameters                  // Hyperparams
	Links                       // Models
	Settings                    // Output, Execution, Runtime and Container, which are saved with Row
	Source                      // Script and Configuration, which are saved with Row
	Heading                     // alone: ID and Name, and nothing else of Row
	All        = Row | Tags | Parameters | Links | Settings | Source
)

// Store keeps tasks. Writes take part in the transaction of the context.
type Store interface {
	// Insert adds a task.
	Insert(ctx context.Context, t Task) error
	// Get returns one; ErrNotFound if there is none.
	Get(ctx context.Context, id ID) (Task, error)
	// Lock is Get for a transaction that is going to change the task: no
	// other transaction changes it before this one has ended.
	Lock(ctx context.Context, id ID) (Task, error)
	// Standing returns the standing of a task; ErrNotFound if there is none.
	Standing(ctx context.Context, id ID) (Standing, error)
	// Standings returns the standing of those tasks that exist.
	Standings(ctx context.Context, ids []ID) (map[ID]Standing, error)
	// LockStanding is Standing for a transaction that depends on its staying so.
	LockStanding(ctx context.Context, id ID) (Standing, error)
	// List answers a query in a fixed number of SQL queries. Row is always
	// loaded.
	List(ctx context.Context, q Query) ([]Task, error)
	// Save writes the named parts.
	Save(ctx context.Context, t Task, what Part) error
	// Touch sets LastUpdate, LastChange, LastChangedBy and, if the task is in
	// progress, ActiveDuration. No error if there is no such task, or if it
	// is public.
	Touch(ctx context.Context, id ID, by user.ID, at time.Time) error
	// TouchOld is Touch for those tasks whose LastUpdate is not after a time.
	TouchOld(ctx context.Context, ids []ID, by user.ID, at, notAfter time.Time) error
	// Delete removes the row and what hangs on it, and marks the parent of
	// its children as deleted. It returns how many children there were.
	Delete(ctx context.Context, id ID) (children int, err error)
	// Uses returns up to limit links to models, as input or output ones, by
	// model, task and place; 0 means all.
	Uses(ctx context.Context, models []string, input bool, limit int) ([]Use, error)
	// Relink makes every link to an input model one to another id.
	Relink(ctx context.Context, from, to string) error
	// PublishedChildren counts published tasks whose parent this is.
	PublishedChildren(ctx context.Context, id ID) (int, error)
	// Children returns the tasks whose parent this is, by id.
	Children(ctx context.Context, id ID) ([]ID, error)
	// Silent returns up to limit tasks in progress that reported nothing since
	// the time, the longest silent first; public ones are left out.
	Silent(ctx context.Context, since time.Time, limit int) ([]ID, error)
	// Types returns the types in use in the projects; nil means everywhere.
	Types(ctx context.Context, projects []project.ID) ([]Type, error)
	// Count tells how many a query finds, at most limit if it is not 0.
	Count(ctx context.Context, q Query, limit int) (int, error)
	// IDs returns the tasks of projects, by id.
	IDs(ctx context.Context, in []project.ID) ([]ID, error)
	// Refile files all tasks of one project under another and tells how many.
	Refile(ctx context.Context, from, to project.ID, by user.ID, at time.Time) (int, error)
	// Orphan takes the parent from tasks whose parent was deleted: one of
	// those given.
	Orphan(ctx context.Context, of []ID) error
	Filed
}

// Filed is the part of a store that looks at tasks by where they lie. Where
// projects are given, "" is the root and nil means everywhere.
type Filed interface {
	// Held counts the tasks of projects by sort.
	Held(ctx context.Context, in []project.ID) ([]project.Held, error)
	// Summaries tells what the tasks of projects come to.
	Summaries(ctx context.Context, q Summing) (map[project.ID]Summary, error)
	// Latest returns the runtime properties of the task of each project that
	// was updated last, of those that have any and are not archived.
	Latest(ctx context.Context, in []project.ID) (map[project.ID]map[string]any, error)
	// Tags returns the tags of the tasks that meet the filter, nil for all.
	Tags(ctx context.Context, in []project.ID, filter query.Filter) (project.Tags, error)
	// Params returns the names of hyper-parameters, by section and name.
	Params(ctx context.Context, in []project.ID) ([]Param, error)
	// ParamValues returns the values of one hyper-parameter, numbers by size
	// before other texts.
	ParamValues(ctx context.Context, in []project.ID, section, name string) ([]string, error)
	// Metrics returns the names of scalars, by metric and variant.
	Metrics(ctx context.Context, in []project.ID) ([]Series, error)
	// Homes returns the projects of the tasks that meet the filter and belong
	// to one of the users, nil for all.
	Homes(ctx context.Context, filter query.Filter, users []user.ID) ([]project.ID, error)
	// MetricsOf is Metrics of single tasks.
	MetricsOf(ctx context.Context, ids []ID) ([]Series, error)
	// Owners returns those who have tasks there.
	Owners(ctx context.Context, in []project.ID) ([]user.ID, error)
	// Parents returns those tasks that are parents of others, by name; with
	// archived only of those that are archived, or are not.
	Parents(ctx context.Context, in []project.ID, archived *bool) ([]Task, error)
}

// Summing asks for summaries.
type Summing struct {
	Projects []project.ID
	Users    []user.ID    // nil for all
	Filter   query.Filter // nil for all
	Living   bool         // without archived ones
	Since    time.Time    // of Recent
}

// Summary is what the tasks directly in a project come to.
type Summary struct {
	Number  map[Status]int
	Seconds int64 // from start to end, of all runs
	LastRun time.Time
	Recent  int // ended since a time, and well
}

// Total is how many tasks there are.
func (s Summary) Total() (n int) {
	for _, of := range s.Number {
		n += of
	}
	return n
}

// Add joins two summaries.
func (s Summary) Add(t Summary) Summary {
	sum := Summary{Number: maps.Clone(s.Number), Seconds: s.Seconds + t.Seconds, LastRun: s.LastRun, Recent: s.Recent + t.Recent}
	if sum.Number == nil {
		sum.Number = make(map[Status]int)
	}
	for status, n := range t.Number {
		sum.Number[status] += n
	}
	if t.LastRun.After(sum.LastRun) {
		sum.LastRun = t.LastRun
	}
	return sum
}

// Series is the name of a curve of scalars.
type Series struct{ Metric, Variant string }
