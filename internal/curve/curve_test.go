package curve_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/coffer-ml/coffer/internal/curve"
)

// shelf keeps nodes as a database would, and counts what is read.
type shelf struct {
	levels int
	nodes  map[int]map[int64][]byte
	starts map[int][]int64 // by level, sorted
	reads  int
}

func (s *shelf) node(level int, at int64) (curve.Node, error) {
	s.reads++
	starts := s.starts[level]
	i, exact := slices.BinarySearch(starts, at)
	if !exact {
		i--
	}
	if i < 0 {
		return curve.Node{}, fmt.Errorf("level %d has nothing at %d", level, at)
	}
	n := curve.Node{Level: level, Start: starts[i], Body: s.nodes[level][starts[i]]}
	if i+1 < len(starts) {
		n.Next, n.HasNext = starts[i+1], true
	}
	return n, nil
}

func (s *shelf) put(t *testing.T, points []curve.Point) (overwritten int, sum curve.Aggregate) {
	t.Helper()
	tree := curve.Tree{Levels: s.levels, Load: s.node}
	for level := range s.levels {
		tail, err := s.node(level, math.MaxInt64)
		must(t, err)
		must(t, tree.Have(tail))
	}
	overwritten, err := tree.Put(points)
	must(t, err)
	sum, err = tree.Aggregate()
	must(t, err)
	for _, n := range tree.Changed() {
		if s.nodes == nil {
			s.nodes, s.starts = make(map[int]map[int64][]byte), make(map[int][]int64)
		}
		if s.nodes[n.Level] == nil {
			s.nodes[n.Level] = make(map[int64][]byte)
		}
		if i, known := slices.BinarySearch(s.starts[n.Level], n.Start); !known {
			s.starts[n.Level] = slices.Insert(s.starts[n.Level], i, n.Start)
		}
		s.nodes[n.Level][n.Start] = n.Body
	}
	s.levels = tree.Levels
	return overwritten, sum
}

func (s *shelf) view(t *testing.T) *curve.View {
	v := &curve.View{Load: func(_ context.Context, level int, starts []int64, visit func(curve.Node) error) error {
		for _, start := range starts {
			s.reads++
			body, ok := s.nodes[level][start]
			if !ok {
				return fmt.Errorf("level %d has no node %d", level, start)
			}
			if err := visit(curve.Node{Level: level, Start: start, Body: body}); err != nil {
				return err
			}
		}
		return nil
	}}
	for level := range s.levels {
		tail, err := s.node(level, math.MaxInt64)
		must(t, err)
		v.Tails = append(v.Tails, tail)
	}
	return v
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// naive computes what a series comes to from all its points. Values are whole
// numbers, so that sums are exact in any order.
func naive(points map[int64]curve.Point) (a curve.Aggregate) {
	for _, x := range slices.Sorted(maps.Keys(points)) {
		p := points[x]
		s := curve.Spot{Iter: p.Iter, Time: p.Time, Value: p.Value}
		if a.Count == 0 {
			a = curve.Aggregate{First: s, Min: s, Max: s, Start: p.Time, End: p.Time}
		}
		a.Count++
		a.Total += p.Value
		a.Last = s
		if p.Value < a.Min.Value {
			a.Min = s
		}
		if p.Value > a.Max.Value {
			a.Max = s
		}
		a.Start, a.End = min(a.Start, p.Time), max(a.End, p.Time)
	}
	return a
}

// scripts are ways in which series come into being: iterations by batch.
var scripts = map[string]func(r *rand.Rand, batch int) []int64{
	"in order":                  func(_ *rand.Rand, b int) []int64 { return run(int64(b)*700, 700, 1) },
	"in order, small batches":   func(_ *rand.Rand, b int) []int64 { return run(int64(b)*7, 7, 1) },
	"with gaps":                 func(r *rand.Rand, b int) []int64 { return run(int64(b)*1e9, 300, 1+r.Int64N(1e6)) },
	"downwards below zero":      func(_ *rand.Rand, b int) []int64 { return run(-int64(b+1)*500, 500, 1) },
	"anywhere, with duplicates": func(r *rand.Rand, _ int) []int64 { return some(r, 400, 40_000) },
	"mostly over what is there": func(r *rand.Rand, b int) []int64 {
		if b < 40 {
			return run(int64(b)*1000, 1000, 1)
		}
		return some(r, 300, 40_000)
	},
	"at the ends of what there is": func(r *rand.Rand, b int) []int64 {
		if b%2 == 0 {
			return []int64{math.MinInt64 + r.Int64N(1000), math.MaxInt64 - r.Int64N(1000)}
		}
		return some(r, 500, 10)
	},
}

func run(from int64, n int, step int64) (out []int64) {
	for i := range int64(n) {
		out = append(out, from+i*step)
	}
	return out
}

func some(r *rand.Rand, n int, span int64) (out []int64) {
	for range n {
		out = append(out, r.Int64N(2*span)-span)
	}
	return out
}

func TestCurve(t *testing.T) {
	for name, script := range scripts {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			var s shelf
			want := make(map[int64]curve.Point)
			for b := range 80 {
				var batch []curve.Point
				over := 0
				for i, x := range script(r, b) {
					p := curve.Point{
						Iter: x, Value: float64(r.IntN(2000) - 1000), Time: int64(b)*1000 + int64(i) + r.Int64N(3), Received: int64(b),
						Source: fmt.Sprint("worker ", r.IntN(2)),
					}
					if i%97 == 0 {
						p.Extra = `{"note":1}`
					}
					if _, ok := want[x]; ok {
						over++
					}
					want[x] = p
					batch = append(batch, p)
				}
				overwritten, sum := s.put(t, batch)
				if overwritten != over {
					t.Fatalf("batch %d: %d overwritten, want %d", b, overwritten, over)
				}
				if b%20 == 19 {
					if exact := naive(want); sum != exact {
						t.Fatalf("batch %d: the series comes to\n%+v, want\n%+v", b, sum, exact)
					}
				}
			}
			points := slices.SortedFunc(maps.Values(want), func(a, b curve.Point) int { return cmp.Compare(a.Iter, b.Iter) })
			for _, key := range []curve.Key{curve.ByIter, curve.ByTime} {
				for _, samples := range []int{1, 2, 7, 100, 1000, 6000} {
					checkBuckets(t, s.view(t), points, key, samples)
				}
				for _, desc := range []bool{false, true} {
					checkPages(t, s.view(t), points, key, desc, 1+r.IntN(3000))
				}
			}
		})
	}
}

func checkBuckets(t *testing.T, v *curve.View, points []curve.Point, key curve.Key, samples int) {
	t.Helper()
	all := make(map[int64]curve.Point)
	for _, p := range points {
		all[p.Iter] = p
	}
	width := curve.Width(key, naive(all), samples)
	got, err := v.Buckets(t.Context(), key, width)
	must(t, err)
	if width > 1 && len(got) > samples+1 {
		t.Errorf("%d buckets for %d samples", len(got), samples)
	}
	want := make(map[int64]map[int64]curve.Point)
	for _, p := range points {
		x := p.Iter
		if key == curve.ByTime {
			x = p.Time
		}
		at := int64(math.MinInt64) // a bucket that would begin below what there is begins there
		rest := x % width
		if rest < 0 {
			rest += width
		}
		if x >= math.MinInt64+rest {
			at = x - rest
		}
		if want[at] == nil {
			want[at] = make(map[int64]curve.Point)
		}
		want[at][p.Iter] = p
	}
	if len(got) != len(want) {
		t.Fatalf("%d samples: %d buckets, want %d", samples, len(got), len(want))
	}
	for _, b := range got {
		if exact := naive(want[b.At]); b.Aggregate != exact {
			t.Fatalf("%d samples: bucket %d is\n%+v, want\n%+v", samples, b.At, b.Aggregate, exact)
		}
	}
}

func checkPages(t *testing.T, v *curve.View, points []curve.Point, key curve.Key, desc bool, limit int) {
	t.Helper()
	at := func(p curve.Point) int64 {
		if key == curve.ByTime {
			return p.Time
		}
		return p.Iter
	}
	seen := make(map[int64]bool)
	q := curve.Query{Key: key, Desc: desc, Limit: limit}
	for {
		page, err := curve.Page(t.Context(), []*curve.View{v}, q)
		must(t, err)
		if len(page) == 0 {
			break
		}
		for i, f := range page {
			if i > 0 && (at(f.Point) < at(page[i-1].Point)) != desc && at(f.Point) != at(page[i-1].Point) {
				t.Fatalf("the page is out of order at %d", i)
			}
			if seen[f.Iter] {
				t.Fatalf("iteration %d came twice", f.Iter)
			}
			seen[f.Iter] = true
		}
		last := at(page[len(page)-1].Point)
		q.After = &last
	}
	if len(seen) != len(points) {
		t.Fatalf("by %d, descending %v: %d points, want %d", key, desc, len(seen), len(points))
	}
}

// What is read for a curve depends on the number of buckets, hardly on the
// number of points. The longer series is one level higher.
func TestBucketsReadLittle(t *testing.T) {
	const samples, batch = 100, 10_000
	var s shelf
	var reads []int
	for b := range int64(211) {
		points := make([]curve.Point, batch)
		for i := range points {
			x := b*batch + int64(i)
			points[i] = curve.Point{Iter: x, Value: float64(x % 977), Time: x}
		}
		_, sum := s.put(t, points)
		if sum.Count != (b+1)*batch {
			t.Fatalf("%d points, want %d", sum.Count, (b+1)*batch)
		}
		if b != 20 && b != 210 {
			continue
		}
		s.reads = 0
		got, err := s.view(t).Buckets(t.Context(), curve.ByIter, curve.Width(curve.ByIter, sum, samples))
		must(t, err)
		reads = append(reads, s.reads)
		for i, a := range got {
			width := got[1].At
			total, end := 0.0, min(int64(i+1)*width, sum.Count)
			for x := a.At; x < end; x++ {
				total += float64(x % 977)
			}
			if a.At != int64(i)*width || a.Count != end-a.At || a.Total != total {
				t.Fatalf("bucket %d is %+v, want %d points from %d on, total %v", i, a, end-a.At, int64(i)*width, total)
			}
		}
	}
	if s.levels != 4 {
		t.Errorf("the long series has %d levels, want 4", s.levels)
	}
	if reads[1] > 2*samples+20 || reads[1] > 2*reads[0] {
		t.Errorf("%d nodes were read of %d points, %d of ten times as many", reads[0], 21*batch, reads[1])
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(curve.EncodePoints([]curve.Point{{Iter: 1, Value: 2, Time: 3, Source: "w"}, {Iter: 9, Value: 1, Extra: "{}"}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		points, err := curve.DecodePoints(b)
		if err == nil && len(points) > len(b) {
			t.Errorf("%d points out of %d bytes", len(points), len(b))
		}
	})
}
