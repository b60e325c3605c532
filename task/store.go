package task

import (
	"context"
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
	Bare          bool // rows without parameters, configuration and script
}

// Part names what Save writes.
type Part uint8

// The parts of a task.
const (
	Row        Part = 1 << iota // everything that has no part of its own
	Tags                        // Tags and SystemTags
	Parameters                  // Hyperparams
	Links                       // Models
	All        = Row | Tags | Parameters | Links
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
	// List answers a query in a fixed number of SQL queries.
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
	// PublishedChildren counts published tasks whose parent this is.
	PublishedChildren(ctx context.Context, id ID) (int, error)
	// Children returns the tasks whose parent this is, by id.
	Children(ctx context.Context, id ID) ([]ID, error)
	// Silent returns up to limit tasks in progress that reported nothing since
	// the time, the longest silent first; public ones are left out.
	Silent(ctx context.Context, since time.Time, limit int) ([]ID, error)
	// Types returns the types in use in the projects; nil means everywhere.
	Types(ctx context.Context, projects []project.ID) ([]Type, error)
}
