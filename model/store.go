package model

import (
	"context"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// Fields declares what lists of models may be asked for.
var Fields = query.Fields{
	"id":              {Type: query.Text, Ask: query.Choice},
	"name":            {Type: query.Text, Ask: query.Pattern},
	"comment":         {Type: query.Text, Ask: query.Pattern},
	"user":            {Type: query.Text, Ask: query.Choice},
	"project":         {Type: query.Text, Ask: query.Choice},
	"task":            {Type: query.Text, Ask: query.Choice},
	"parent":          {Type: query.Text, Ask: query.Choice},
	"tags":            {Type: query.List, Ask: query.Choice},
	"system_tags":     {Type: query.List, Ask: query.Choice},
	"framework":       {Type: query.Text, Ask: query.Choice},
	"uri":             {Type: query.Text, Ask: query.Choice}, // as file.Address.Canonical has it
	"metadata.*":      {Type: query.Text, Ask: query.Choice},
	"ready":           {Type: query.Bool, Ask: query.Equality},
	"created":         {Type: query.Time, Ask: query.Range},
	"last_update":     {Type: query.Time, Ask: query.Range | query.Datetime},
	"last_change":     {Type: query.Time, Ask: query.Range | query.Datetime},
	"last_changed_by": {Type: query.Text},
	"last_iteration":  {Type: query.Number, Ask: query.Range},
	"last_metrics.*":  {Type: query.Number, Ask: query.Range},
}

// Query is a list request.
type Query struct {
	query.Request
	PrivateOnly bool // without those that are public
	Parts       Part // which to load; 0 for all
}

// Part names what Save writes and what List loads.
type Part uint8

// The parts of a model.
const (
	Row    Part = 1 << iota // everything that has no part of its own
	Tags                    // Tags and SystemTags
	Items                   // Metadata
	Design                  // Design and Cache, which are saved with Row
	All    = Row | Tags | Items | Design
)

// Store keeps models. Writes take part in the transaction of the context.
type Store interface {
	// Insert adds a model.
	Insert(ctx context.Context, m Model) error
	// Get returns one; ErrNotFound if there is none.
	Get(ctx context.Context, id ID) (Model, error)
	// Lock is Get for a transaction that is going to change the model: no
	// other transaction changes it before this one has ended.
	Lock(ctx context.Context, id ID) (Model, error)
	// Standings returns the standing of those models that exist.
	Standings(ctx context.Context, ids []ID) (map[ID]Standing, error)
	// List answers a query in a fixed number of SQL queries. Row is always
	// loaded.
	List(ctx context.Context, q Query) ([]Model, error)
	// Count tells how many models a query finds, at most limit if it is not 0.
	Count(ctx context.Context, q Query, limit int) (int, error)
	Filed
	// Save writes the named parts.
	Save(ctx context.Context, m Model, what Part) error
	// TouchOld sets LastUpdate, LastChange and LastChangedBy of those models
	// whose LastUpdate is not after a time; public ones are left out.
	TouchOld(ctx context.Context, ids []ID, by user.ID, at, notAfter time.Time) error
	// Delete removes the row and what hangs on it; ErrNotFound if there is
	// none.
	Delete(ctx context.Context, id ID) error
	// MadeBy returns the models whose task is the given one, the oldest first.
	MadeBy(ctx context.Context, of task.ID) ([]ID, error)
	// Frameworks returns the frameworks in use in the projects, sorted; nil
	// means everywhere.
	Frameworks(ctx context.Context, projects []project.ID) ([]string, error)

	// IDs returns the models that lie directly in the projects, the oldest
	// first.
	IDs(ctx context.Context, in []project.ID) ([]ID, error)
	// Refile files the models of one project under another, "" being the root,
	// and returns how many there were.
	Refile(ctx context.Context, from, to project.ID, by user.ID, at time.Time) (int, error)

	// Versions returns versions of a model, the newest first.
	Versions(ctx context.Context, of ID, p Page) ([]Version, error)
	// Last returns the newest version of a model that came to the path.
	Last(ctx context.Context, of ID, p file.Path) (v Version, found bool, err error)
	// AddVersion appends a version with the next number.
	AddVersion(ctx context.Context, of ID, v Version) error
	// Settle sets state and generation of a version.
	Settle(ctx context.Context, version int64, st State, generation int64) error
	// Date sets the iteration of the versions that came to the path since the
	// last time; nil leaves it what it was when they came. One that was told
	// also takes the place of what the task said of the newest of them.
	Date(ctx context.Context, of ID, p file.Path, at *Moment) error
	// Addresses returns the addresses that versions of a model came to.
	Addresses(ctx context.Context, of ID) ([]file.Address, error)
	// Naming returns the models that name the path, by id.
	Naming(ctx context.Context, p file.Path) ([]Named, error)
	// Holding returns up to limit models with a version of the digest, and the
	// number of the newest such version, by id; without design and metadata.
	Holding(ctx context.Context, d blob.Digest, limit int) ([]Holder, error)
	// Lose sets the stored versions with the digest to missing.
	Lose(ctx context.Context, d blob.Digest) error
	// References counts the models that name the path, or have a version that
	// came there, and names a ready one among those that name it.
	References(ctx context.Context, p file.Path) (file.References, error)
	// Bound returns which of the generations versions are bound to.
	Bound(ctx context.Context, generations []int64) ([]int64, error)
}

// Filed looks at models by where they lie: directly in one of the projects, of
// which "" is the root; nil means everywhere.
type Filed interface {
	// Held counts the models of projects by sort.
	Held(ctx context.Context, in []project.ID) ([]project.Held, error)
	// Tags returns the tags of the models that meet the filter, nil for all.
	Tags(ctx context.Context, in []project.ID, filter query.Filter) (project.Tags, error)
	// Keys returns the keys of metadata, sorted.
	Keys(ctx context.Context, in []project.ID) ([]string, error)
	// Values returns the values under a key of metadata, numbers by size before
	// other texts.
	Values(ctx context.Context, in []project.ID, key string) ([]string, error)
	// Metrics returns the names of scalars, by metric and variant; MetricsOf
	// those of single models.
	Metrics(ctx context.Context, in []project.ID) ([]task.Series, error)
	MetricsOf(ctx context.Context, ids []ID) ([]task.Series, error)
	// Owners returns those who have models there.
	Owners(ctx context.Context, in []project.ID) ([]user.ID, error)
}
