package preview

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/coffer-ml/coffer/codec"
)

const (
	// countedTexts is how many different texts of a column are counted.
	countedTexts = 100
	// countedBytes is how much of a text counts.
	countedBytes = 100
	// shownTop is how many of them are shown.
	shownTop = 5
)

// summary takes the values of a column one by one and remembers what Summary
// tells of them. Its memory does not grow with them.
type summary struct {
	rows, nulls int64
	numbers     spread
	numeric     int64 // how many were numbers
	texts       map[string]int64
	over        bool // there are more different texts than are counted
	first, last string
	timed       bool
	least, most int64 // of moments

	// Of texts that may be numbers: what all of them so far are.
	not struct{ whole, real, truth bool }
}

func (s *summary) text(value string) {
	value = strings.Clone(clip(value, countedBytes))
	if s.first == "" && s.last == "" || value < s.first {
		s.first = value
	}
	if value > s.last {
		s.last = value
	}
	if s.texts == nil {
		s.texts = map[string]int64{}
	}
	if _, known := s.texts[value]; known || len(s.texts) < countedTexts {
		s.texts[value]++
	} else {
		s.over = true
	}
}

// take looks at the values of an Arrow column.
func (s *summary) take(a arrow.Array) {
	for i := range a.Len() {
		s.rows++
		if a.IsNull(i) {
			s.nulls++
			continue
		}
		if x, ok := arrowNumber(a, i); ok {
			s.numeric++
			s.numbers.add(x)
			continue
		}
		if at, ok := arrowMoment(a, i); ok {
			if !s.timed || at < s.least {
				s.least, s.first = at, momentText(a, i)
			}
			if !s.timed || at > s.most {
				s.most, s.last = at, momentText(a, i)
			}
			s.timed = true
			continue
		}
		switch x := a.(type) {
		case *array.String:
			s.text(x.Value(i))
		case *array.LargeString:
			s.text(x.Value(i))
		case *array.Boolean:
			s.text(strconv.FormatBool(x.Value(i)))
		case *array.Dictionary:
			s.text(x.Dictionary().ValueStr(x.GetValueIndex(i)))
		default:
			s.over = true
		}
	}
}

// arrowMoment is a value that is a point in time, in its own unit.
func arrowMoment(a arrow.Array, i int) (int64, bool) {
	switch x := a.(type) {
	case *array.Timestamp:
		return int64(x.Value(i)), true
	case *array.Date32:
		return int64(x.Value(i)), true
	case *array.Date64:
		return int64(x.Value(i)), true
	case *array.Duration:
		return int64(x.Value(i)), true
	case *array.Time32:
		return int64(x.Value(i)), true
	case *array.Time64:
		return int64(x.Value(i)), true
	}
	return 0, false
}

// field looks at a field of a text: it narrows what the column can be, and
// counts it as a number as long as all of them are.
func (s *summary) field(value string) {
	s.rows++
	if codec.IsMissing(value) {
		s.nulls++
		return
	}
	if !s.not.real {
		t := strings.TrimSpace(value)
		if !s.not.whole {
			if _, err := strconv.ParseInt(t, 10, 64); err != nil {
				s.not.whole = true
			}
		}
		x, ok := decimal(t)
		if ok {
			s.numbers.add(x)
			s.numeric++
		} else {
			s.not.real, s.not.whole = true, true
			// The texts of the numbers before are not known any more.
			s.over = s.numeric > 0
			s.numbers = spread{}
		}
	}
	if !s.not.truth {
		switch value {
		case "True", "TRUE", "true", "False", "FALSE", "false":
		default:
			s.not.truth = true
		}
	}
	if s.not.real {
		s.text(value)
	}
}

// decimal reads a number; Go's hexadecimal ones and underscores are none.
func decimal(s string) (float64, bool) {
	if strings.ContainsAny(s, "xXpP_") {
		return 0, false
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(x, 0) { // what is out of range is infinite
		return 0, false
	}
	return x, s != ""
}

// kind is the type of a column of texts, as pandas would choose it.
func (s *summary) kind() string {
	switch {
	case s.rows == s.nulls:
		return "empty"
	case !s.not.whole && s.nulls == 0:
		return "int64"
	case !s.not.truth && s.nulls == 0:
		return "bool"
	case !s.not.real:
		return "float64"
	}
	return "string"
}

// result returns what was found; of is how many rows there are in all.
func (s *summary) result(of int64) *Summary {
	out := &Summary{Rows: s.rows, Nulls: s.nulls, First: s.first, Last: s.last}
	if s.numbers.n+s.numbers.nan+s.numbers.inf > 0 {
		out.Numbers = s.numbers.stats(s.numeric + max(of-s.rows, 0))
		return out
	}
	if s.timed {
		return out
	}
	out.Distinct = int64(len(s.texts))
	if s.over {
		out.Distinct = -1
	}
	for value, count := range s.texts {
		out.Top = append(out.Top, Top{value, count})
	}
	slices.SortFunc(out.Top, func(a, b Top) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value)) })
	out.Top = out.Top[:min(len(out.Top), shownTop)]
	return out
}
