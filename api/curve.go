package api

// CurveList is curves of scalars, cut into buckets.
type CurveList struct {
	Curves []Curve `json:"curves"`
}

// Curve is one series. The lists have one entry for each bucket that holds a
// point, in order. X values are iterations or milliseconds since 1970.
type Curve struct {
	Task    string `json:"task"`
	Metric  string `json:"metric"`
	Variant string `json:"variant"`
	Label   string `json:"x_axis_label,omitempty"`
	Points  int64  `json:"points"` // in all
	Width   int64  `json:"width"`  // of a bucket

	X      []int64   `json:"x"`       // where a bucket begins: a multiple of the width
	Count  []int64   `json:"count"`   // points in it
	FirstX []int64   `json:"first_x"` // least x of a point in it
	LastX  []int64   `json:"last_x"`  // greatest
	Mean   []float64 `json:"mean"`
	MeanX  []float64 `json:"mean_x"` // midway between first and last
	Min    []float64 `json:"min"`
	MinX   []int64   `json:"min_x"` // where the least value is
	Max    []float64 `json:"max"`
	MaxX   []int64   `json:"max_x"`
}
