package preview

import "math"

// bins of a histogram.
const bins = 32

// Histogram counts numbers by size, in bins of one width from From to To.
type Histogram struct {
	From   Number  `json:"from"`
	To     Number  `json:"to"`
	Counts []int64 `json:"counts"`
}

// Stats is what numbers have in common. NaN and the infinities are counted
// and left out of the rest.
type Stats struct {
	// Count is how many values were looked at, Of how many there are.
	Count     int64      `json:"count"`
	Of        int64      `json:"of"`
	Sampled   bool       `json:"sampled"`
	Min       Number     `json:"min"`
	Max       Number     `json:"max"`
	Mean      Number     `json:"mean"`
	Std       Number     `json:"std"`
	Zeros     int64      `json:"zeros"`
	NaN       int64      `json:"nan"`
	Inf       int64      `json:"inf"`
	Histogram *Histogram `json:"histogram,omitempty"`
}

// spread takes numbers one by one and remembers what Stats tells of them. Its
// memory does not grow: the histogram doubles the width of its bins whenever a
// number lies outside of it.
type spread struct {
	n, zeros, nan, inf int64
	min, max, mean, m2 float64

	first  []float64 // until there are enough to choose the bins by
	lo     float64
	width  float64
	counts []int64 // twice as many as are shown, since doubling halves them
}

const firstNumbers = 512

func (s *spread) add(x float64) {
	switch {
	case math.IsNaN(x):
		s.nan++
		return
	case math.IsInf(x, 0):
		s.inf++
		return
	case x == 0:
		s.zeros++
	}
	s.n++
	if s.n == 1 || x < s.min {
		s.min = x
	}
	if s.n == 1 || x > s.max {
		s.max = x
	}
	d := x - s.mean // Welford: https://doi.org/10.1080/00401706.1962.10490022
	s.mean += d / float64(s.n)
	s.m2 += d * (x - s.mean)
	if s.counts != nil {
		s.count(x)
		return
	}
	if s.first = append(s.first, x); len(s.first) == firstNumbers {
		s.settle()
	}
}

// settle chooses the bins by the numbers seen so far.
func (s *spread) settle() {
	s.counts = make([]int64, 2*bins)
	s.lo, s.width = s.min, s.max/(2*bins)-s.min/(2*bins)
	if s.width <= 0 {
		s.width = math.Max(math.Abs(s.min), 1) * 0x1p-40
	}
	for _, x := range s.first {
		s.count(x)
	}
	s.first = nil
}

func (s *spread) count(x float64) {
	k := len(s.counts)
	for range 2200 { // more doublings than float64 has exponents
		i := math.Floor((x - s.lo) / s.width)
		if x == s.max && i == float64(k) {
			i--
		}
		if i >= 0 && i < float64(k) {
			s.counts[int(i)]++
			return
		}
		wider := make([]int64, k)
		shift := 0
		if i < 0 {
			s.lo -= s.width * float64(k)
			shift = k / 2
		}
		for j, c := range s.counts {
			wider[shift+j/2] += c
		}
		s.counts, s.width = wider, 2*s.width
		if math.IsInf(s.width, 0) || math.IsInf(s.lo, 0) || math.IsNaN(s.lo) {
			s.counts[0]++
			return
		}
	}
}

// stats returns what was found; of is how many values there are in all.
func (s *spread) stats(of int64) *Stats {
	out := &Stats{
		Count: s.n + s.nan + s.inf, Of: of, Zeros: s.zeros, NaN: s.nan, Inf: s.inf,
		Min: Number(s.min), Max: Number(s.max), Mean: Number(s.mean), Std: Number(math.Sqrt(s.m2 / float64(max(s.n, 1)))),
	}
	out.Sampled = out.Count < of
	if s.n == 0 {
		out.Min, out.Max, out.Mean, out.Std = Number(math.NaN()), Number(math.NaN()), Number(math.NaN()), Number(math.NaN())
		return out
	}
	if s.counts == nil {
		s.settle()
	}
	out.Histogram = s.histogram()
	return out
}

// histogram shows the bins from the least to the greatest number.
func (s *spread) histogram() *Histogram {
	from, to := 0, len(s.counts)
	for from < to-1 && s.counts[from] == 0 {
		from++
	}
	for to > from+1 && s.counts[to-1] == 0 {
		to--
	}
	kept, width := s.counts[from:to], s.width
	lo := s.lo + float64(from)*width
	if len(kept) > bins {
		half := make([]int64, (len(kept)+1)/2)
		for i, c := range kept {
			half[i/2] += c
		}
		kept, width = half, 2*width
	}
	return &Histogram{From: Number(lo), To: Number(lo + float64(len(kept))*width), Counts: kept}
}
