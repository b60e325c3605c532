package query

import (
	"strings"

	"github.com/coffer-ml/coffer/internal/fault"
)

// The reasons of this package.
var (
	ErrField   = fault.Reason{Kind: fault.Invalid, Name: "query.unknown_field"}
	ErrValue   = fault.Reason{Kind: fault.Invalid, Name: "query.bad_value"}
	ErrPattern = fault.Reason{Kind: fault.Invalid, Name: "query.bad_pattern"}
	ErrTooMany = fault.Reason{Kind: fault.Invalid, Name: "query.too_many_rows"}
)

// Type is what values of a field are.
type Type uint8

// The types of fields.
const (
	Text   Type = iota // one text
	List               // a set of texts, such as tags
	Number             // integer or floating point
	Time               // a moment
	Bool               // true or false
)

// Ask is a set of questions that may be put to a field.
type Ask uint8

// The questions.
const (
	Pattern  Ask = 1 << iota // a regular expression, searched
	Choice                   // one of, all of, none of a list of values
	Range                    // between two bounds
	Datetime                 // before and after
	Equality                 // the value as given
)

// Field is one field of a noun as list requests know it.
type Field struct {
	Type Type
	Ask  Ask
}

// Fields maps names to fields. A name that ends in ".*" stands for every name
// with that prefix: "hyperparams.*" holds "hyperparams.Args.lr.value".
type Fields map[string]Field

// Find returns the declaration for name.
func (f Fields) Find(name string) (Field, bool) {
	if d, ok := f[name]; ok {
		return d, true
	}
	for i := strings.LastIndexByte(name, '.'); i > 0; i = strings.LastIndexByte(name[:i], '.') {
		if d, ok := f[name[:i]+".*"]; ok {
			return d, true
		}
	}
	return Field{}, false
}
