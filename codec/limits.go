package codec

import "math"

// Limits is the most that decoding may need. They are checked on headers,
// before anything is decoded, and again while bytes are expanded. A field that
// is zero stands for its default; Unlimited lifts one.
type Limits struct {
	// Bytes is the memory that decoded values may take; for an archive, the
	// size of what is extracted. Default: 4 GiB.
	Bytes int64
	// Rows of a table. Default: 100 million.
	Rows int64
	// Columns of a table. Default: 20,000.
	Columns int64
	// Depth of nested containers. Default: 200, which is less than any
	// goroutine stack minds and more than people nest.
	Depth int64
	// Members of an archive, fields of a structured type. Default: 100,000.
	Members int64
	// Values in a tree of containers, each counted as often as it is reached:
	// ten lists that each hold the next one ten times are 10^10 values.
	// Default: 50 million.
	Values int64
}

// Unlimited as a field of Limits lifts that limit.
const Unlimited = math.MaxInt64

// The defaults of Limits.
const (
	defaultBytes   = 4 << 30
	defaultRows    = 100_000_000
	defaultColumns = 20_000
	defaultDepth   = 200
	defaultMembers = 100_000
	defaultValues  = 50_000_000
)

// filled returns the limits with defaults in place of zeros.
func (l Limits) filled() Limits {
	for _, f := range []struct {
		field *int64
		value int64
	}{
		{&l.Bytes, defaultBytes},
		{&l.Rows, defaultRows},
		{&l.Columns, defaultColumns},
		{&l.Depth, defaultDepth},
		{&l.Members, defaultMembers},
		{&l.Values, defaultValues},
	} {
		if *f.field == 0 {
			*f.field = f.value
		}
	}
	return l
}

func check(what string, n, limit int64) error {
	if n > limit {
		return tooLarge("%d %s, of at most %d", n, what, limit)
	}
	return nil
}

func (l Limits) bytes(n int64) error   { return check("bytes", n, l.Bytes) }
func (l Limits) rows(n int64) error    { return check("rows", n, l.Rows) }
func (l Limits) columns(n int64) error { return check("columns", n, l.Columns) }
func (l Limits) members(n int64) error { return check("members", n, l.Members) }
func (l Limits) depth(n int64) error   { return check("levels", n, l.Depth) }
func (l Limits) values(n int64) error  { return check("values", n, l.Values) }
