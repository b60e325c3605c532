package model

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// ID is the id of a model: 32 hex digits.
type ID string

// DeletedPrefix begins what refers to a model that was deleted; its id follows.
const DeletedPrefix = "__DELETED__"

// Archived is the system tag of models that were put away.
const Archived = "archived"

// Model is weights with what is known of them.
type Model struct {
	ID         ID
	Name       string
	Comment    string
	Address    file.Address // of the weights
	Iteration  *int64       // that was told last with the address; nil if none was
	Framework  string
	Design     map[string]any // values are what JSON can say
	Labels     map[string]int64
	Task       task.ID // that made it; task.DeletedPrefix and its id once that was deleted
	Parent     ID      // that it was made from
	Project    project.ID
	User       user.ID
	Tags       []string // sorted
	SystemTags []string // sorted
	Metadata   Metadata
	// Ready says that it is published.
	Ready bool
	// Public says that everybody may read it and nobody may change it.
	Public bool
	// Cache is what the web page of other servers keeps with a model.
	Cache map[string]any

	Created       time.Time
	LastUpdate    time.Time // content
	LastChange    time.Time // anything
	LastChangedBy user.ID
}

// Metadata are typed values by key.
type Metadata map[string]Item

// Item is one piece of metadata.
type Item struct {
	Key   string
	Type  string
	Value string
}

// Standing is what must be known of a model by those who change what belongs
// to it.
type Standing struct {
	Ready  bool
	Public bool
}

// The reasons of this package.
var (
	ErrNotFound      = fault.Reason{Kind: fault.NotFound, Name: "model.not_found"}
	ErrReady         = fault.Reason{Kind: fault.State, Name: "model.ready"}
	ErrInUse         = fault.Reason{Kind: fault.State, Name: "model.in_use"}
	ErrTaskPublished = fault.Reason{Kind: fault.State, Name: "model.task_published"}
	ErrNoOutput      = fault.Reason{Kind: fault.NotFound, Name: "model.task_has_none"}
	ErrBadReference  = fault.Reason{Kind: fault.Invalid, Name: "model.bad_reference"}
	ErrInvalid       = fault.Reason{Kind: fault.Invalid, Name: "model.invalid"}
)

// Limits.
const (
	// MaxName bounds a name in bytes, as that of a task.
	MaxName = task.MaxName
	// MaxText bounds frameworks, ids of what a model refers to, and keys and
	// types of metadata, in bytes: they stand in indexes, whose entries take
	// 2,700.
	MaxText = 1024
)

// CheckName refuses names that cannot be kept or shown.
func CheckName(name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return ErrInvalid.Errorf("name: a model needs a name of at least one character").With("field", "name")
	case len(name) > MaxName:
		return ErrInvalid.Errorf("name: the model name has %d bytes, the limit is %d", len(name), MaxName).With("field", "name")
	case !utf8.ValidString(name):
		return ErrInvalid.Errorf("name: the model name is not UTF-8").With("field", "name")
	}
	return nil
}

// check refuses what cannot be kept in any field.
func (m Model) check() error {
	if err := CheckName(m.Name); err != nil {
		return err
	}
	for field, text := range map[string]string{"framework": m.Framework, "task": string(m.Task), "parent": string(m.Parent)} {
		if len(text) > MaxText {
			return ErrInvalid.Errorf("%s: %d bytes are too many, the limit is %d", field, len(text), MaxText).With("field", field)
		}
	}
	for label := range m.Labels {
		if strings.TrimSpace(label) == "" {
			return ErrInvalid.Errorf("labels: a label needs a name").With("field", "labels")
		}
	}
	if err := m.Metadata.check(); err != nil {
		return err
	}
	if err := project.CheckTags(m.Tags); err != nil {
		return err
	}
	return project.CheckTags(m.SystemTags)
}

func (m Metadata) check() error {
	for key, it := range m {
		if strings.TrimSpace(key) == "" {
			return ErrInvalid.Errorf("metadata: an item needs a key").With("field", "metadata")
		}
		if len(key) > MaxText || len(it.Type) > MaxText {
			return ErrInvalid.Errorf("metadata: key and type of %.40q have %d and %d bytes, the limit is %d for each", key, len(key), len(it.Type), MaxText).
				With("field", "metadata")
		}
	}
	return nil
}

// distinctLabels refuses labels of which two share a number other than 0.
func distinctLabels(labels map[string]int64) error {
	seen := make(map[int64]string, len(labels))
	for label, n := range labels {
		if other, twice := seen[n]; twice && n != 0 {
			first, second := min(label, other), max(label, other)
			return ErrInvalid.Errorf("labels: %.40q and %.40q have the number %d both", first, second, n).With("field", "labels")
		}
		seen[n] = label
	}
	return nil
}
