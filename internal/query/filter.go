package query

// Filter is a condition on an entity. A nil Filter holds for all.
type Filter interface{ isFilter() }

// And holds if all parts hold; an empty one holds.
type And []Filter

// Or holds if a part holds; an empty one does not.
type Or []Filter

// Not holds if its part does not.
type Not struct{ Part Filter }

// In holds if the field is one of the texts, or, for a List, has one of them.
type In struct {
	Field  string
	Values []string
}

// HasAll holds if the List has all the texts.
type HasAll struct {
	Field  string
	Values []string
}

// Empty holds if the field is missing, null or an empty list. An empty text is
// not empty in this sense.
type Empty struct{ Field string }

// Match holds if the pattern is found in the field, or, for a List, in any of
// its texts.
type Match struct {
	Field   string
	Pattern Regexp
}

// Op compares.
type Op string

// The comparisons.
const (
	Equal        Op = "="
	Less         Op = "<"
	LessEqual    Op = "<="
	Greater      Op = ">"
	GreaterEqual Op = ">="
)

// Compare holds if the field compares so to the value: a string, int64,
// float64, bool or time.Time. A missing field compares to nothing.
type Compare struct {
	Field string
	Op    Op
	Value any
}

// Same holds if the field is the value as given: what JSON can say, numbers as
// json.Number.
type Same struct {
	Field string
	Value any
}

func (Same) isFilter()    {}
func (And) isFilter()     {}
func (Or) isFilter()      {}
func (Not) isFilter()     {}
func (In) isFilter()      {}
func (HasAll) isFilter()  {}
func (Empty) isFilter()   {}
func (Match) isFilter()   {}
func (Compare) isFilter() {}

// Score is the field of an order that puts first what a word search fits best,
// whatever Desc says.
const Score = "@text_score"

// Order is one key of an order. Missing values come last either way.
type Order struct {
	Field string
	Desc  bool
}

// Page is a window on a list.
type Page struct {
	Offset int
	Limit  int // 0 = no limit
}

// Request is a whole list request.
type Request struct {
	Filter Filter
	Search *Search // nil for none
	Order  []Order // the id is always appended as the last key
	Page   Page
	// Bookmark, if not nil, is where the page begins, in place of its offset,
	// and is moved on to where it ends.
	Bookmark *Bookmark
}
