package curve

import "math"

// Point is one value of a series.
type Point struct {
	Iter     int64
	Value    float64
	Time     int64  // milliseconds since 1970, as reported
	Received int64  // milliseconds since 1970
	Source   string // who reported it
	Extra    string // further fields as JSON; "" if there are none
}

// Spot is where a value lies.
type Spot struct {
	Iter  int64
	Time  int64
	Value float64
}

// Aggregate is what some points of a series come to.
type Aggregate struct {
	Count int64
	Total float64 // sum of the values, held within what a float can be
	First Spot    // of the least iteration
	Last  Spot    // of the greatest
	Min   Spot    // of equal values that of the least iteration
	Max   Spot
	Start int64 // least time
	End   int64 // greatest time
}

// Add takes a point in; the order of points does not matter. It is Merge for
// one point, written out: curves are cut by the hundred thousand points.
func (a *Aggregate) Add(p Point) {
	s := Spot{p.Iter, p.Time, p.Value}
	if a.Count == 0 {
		*a = Aggregate{Count: 1, Total: p.Value, First: s, Last: s, Min: s, Max: s, Start: p.Time, End: p.Time}
		return
	}
	a.Count++
	a.Total = finite(a.Total + p.Value)
	if s.Iter < a.First.Iter {
		a.First = s
	}
	if s.Iter > a.Last.Iter {
		a.Last = s
	}
	if s.Value < a.Min.Value || s.Value == a.Min.Value && s.Iter < a.Min.Iter {
		a.Min = s
	}
	if s.Value > a.Max.Value || s.Value == a.Max.Value && s.Iter < a.Max.Iter {
		a.Max = s
	}
	a.Start, a.End = min(a.Start, p.Time), max(a.End, p.Time)
}

// Merge takes the aggregate of other points in.
func (a *Aggregate) Merge(b Aggregate) {
	switch {
	case b.Count == 0:
		return
	case a.Count == 0:
		*a = b
		return
	}
	a.Count += b.Count
	a.Total = finite(a.Total + b.Total)
	if b.First.Iter < a.First.Iter {
		a.First = b.First
	}
	if b.Last.Iter > a.Last.Iter {
		a.Last = b.Last
	}
	if b.Min.Value < a.Min.Value || b.Min.Value == a.Min.Value && b.Min.Iter < a.Min.Iter {
		a.Min = b.Min
	}
	if b.Max.Value > a.Max.Value || b.Max.Value == a.Max.Value && b.Max.Iter < a.Max.Iter {
		a.Max = b.Max
	}
	a.Start, a.End = min(a.Start, b.Start), max(a.End, b.End)
}

// Mean returns the mean of the values, 0 if there are none.
func (a Aggregate) Mean() float64 {
	if a.Count == 0 {
		return 0
	}
	return a.Total / float64(a.Count)
}

// finite holds a sum of great values within what JSON can say.
func finite(f float64) float64 { return max(-math.MaxFloat64, min(f, math.MaxFloat64)) }

// Key is what points are ordered by.
type Key int

// The keys.
const (
	ByIter Key = iota
	ByTime
)

func (k Key) of(p Point) int64 {
	if k == ByTime {
		return p.Time
	}
	return p.Iter
}

// Span returns the least and the greatest key of the points.
func (k Key) Span(a Aggregate) (least, greatest int64) {
	if k == ByTime {
		return a.Start, a.End
	}
	return a.First.Iter, a.Last.Iter
}

// At returns the key of a spot.
func (k Key) At(s Spot) int64 {
	if k == ByTime {
		return s.Time
	}
	return s.Iter
}
