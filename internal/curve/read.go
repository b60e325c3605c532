package curve

import (
	"container/heap"
	"context"
	"maps"
	"math"
	"slices"
)

// View reads the tree of one series.
type View struct {
	// Tails are the last nodes of all levels.
	Tails []Node
	// Loose are points that are kept beside the tree.
	Loose []Point
	// Load reads the nodes of a level with these starts, in any order.
	Load func(ctx context.Context, level int, starts []int64, visit func(Node) error) error
}

// below is a node that is known by its entry.
type below struct {
	level int
	entry
}

// top returns what stands in for the whole tree: entries of nodes and points.
func (v *View) top() (nodes []below, points []Point, err error) {
	points = slices.Clone(v.Loose)
	type place struct {
		level int
		start int64
	}
	covered := make(map[place]bool)
	byLevel := slices.SortedFunc(slices.Values(v.Tails), func(a, b Node) int { return b.Level - a.Level })
	for _, tail := range byLevel {
		if covered[place{tail.Level, tail.Start}] {
			continue
		}
		if tail.Level == 0 {
			leaf, err := DecodePoints(tail.Body)
			if err != nil {
				return nil, nil, err
			}
			points = append(points, leaf...)
			continue
		}
		entries, err := decodeBranch(tail.Body)
		if err != nil {
			return nil, nil, err
		}
		for _, e := range entries {
			nodes = append(nodes, below{tail.Level - 1, e})
			covered[place{tail.Level - 1, e.start}] = true
		}
	}
	return nodes, points, nil
}

// Buckets sums the points up in buckets of the width, which begin at its
// multiples, in order of their keys; empty ones are left out. What lies within
// one bucket as a whole is taken from the aggregates.
func (v *View) Buckets(ctx context.Context, key Key, width int64) ([]Bucket, error) {
	sums := make(map[int64]*Aggregate)
	var latest *Aggregate // neighbours mostly share a bucket
	var at int64
	sum := func(bucket int64) *Aggregate {
		if latest != nil && at == bucket {
			return latest
		}
		a := sums[bucket]
		if a == nil {
			a = new(Aggregate)
			sums[bucket] = a
		}
		latest, at = a, bucket
		return a
	}
	nodes, points, err := v.top()
	if err != nil {
		return nil, err
	}
	for {
		for _, p := range points {
			sum(floor(key.of(p), width)).Add(p)
		}
		points = nil
		torn := make(map[int][]int64) // starts by level, of nodes that lie across a border
		for _, n := range nodes {
			least, greatest := key.Span(n.sum)
			if b := floor(least, width); b == floor(greatest, width) {
				sum(b).Merge(n.sum)
				continue
			}
			torn[n.level] = append(torn[n.level], n.start)
		}
		if len(torn) == 0 {
			break
		}
		nodes = nil
		for level, starts := range torn {
			err := v.Load(ctx, level, starts, func(n Node) error {
				if level == 0 {
					return eachPoint(n.Body, func(p Point) { sum(floor(key.of(p), width)).Add(p) })
				}
				entries, err := decodeBranch(n.Body)
				for _, e := range entries {
					nodes = append(nodes, below{level - 1, e})
				}
				return err
			})
			if err != nil {
				return nil, err
			}
		}
	}
	out := make([]Bucket, 0, len(sums))
	for _, b := range slices.Sorted(maps.Keys(sums)) {
		out = append(out, Bucket{At: b, Aggregate: *sums[b]})
	}
	return out, nil
}

// Bucket is the aggregate of the points of one bucket.
type Bucket struct {
	At int64 // where it begins
	Aggregate
}

// Width returns how wide buckets are for the span of the aggregate to be cut
// into at most that many; 1 if there are fewer points.
func Width(key Key, a Aggregate, samples int) int64 {
	if a.Count < int64(samples) {
		return 1
	}
	least, greatest := key.Span(a)
	w := (uint64(greatest)-uint64(least))/uint64(samples) + 1
	return int64(min(w, math.MaxInt64))
}

// floor returns the greatest multiple of the width that is not above x.
func floor(x, width int64) int64 {
	rest := x % width
	if rest < 0 {
		rest += width
	}
	if x < math.MinInt64+rest {
		return math.MinInt64
	}
	return x - rest
}

// Query asks for a part of some series in the order of a key.
type Query struct {
	Key   Key
	Desc  bool
	After *int64 // exclusive; nil means from the end
	Limit int    // all points of the last key are added, also beyond it
}

// Found is a point of one of the series.
type Found struct {
	Series int // place in the list
	Point
}

// Page reads a part of several series as if they were one. It opens nodes in
// the order of their keys, and no more than it needs.
func Page(ctx context.Context, series []*View, q Query) ([]Found, error) {
	p := pager{q: q}
	for i, v := range series {
		nodes, points, err := v.top()
		if err != nil {
			return nil, err
		}
		for _, n := range nodes {
			p.node(i, n)
		}
		for _, point := range points {
			p.point(i, point)
		}
	}
	var out []Found
	for len(p.heap) > 0 {
		next := p.heap[0]
		if len(out) >= q.Limit && next.at > p.at(q.Key.of(out[len(out)-1].Point)) {
			break
		}
		heap.Pop(&p.heap)
		if next.isPoint {
			out = append(out, Found{next.series, next.point})
			continue
		}
		err := series[next.series].Load(ctx, next.node.level, []int64{next.node.start}, func(n Node) error {
			return p.open(next.series, n)
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

type pager struct {
	q    Query
	heap candidates
}

// at turns keys round for pages that go down.
func (p *pager) at(key int64) int64 {
	if p.q.Desc {
		return ^key
	}
	return key
}

func (p *pager) beyond(key int64) bool { return p.q.After == nil || p.at(key) > p.at(*p.q.After) }

func (p *pager) point(series int, point Point) {
	if key := p.q.Key.of(point); p.beyond(key) {
		heap.Push(&p.heap, candidate{at: p.at(key), series: series, isPoint: true, point: point})
	}
}

func (p *pager) node(series int, n below) {
	near, far := p.q.Key.Span(n.sum)
	if p.q.Desc {
		near, far = far, near
	}
	if p.beyond(far) {
		heap.Push(&p.heap, candidate{at: p.at(near), series: series, node: n})
	}
}

func (p *pager) open(series int, n Node) error {
	if n.Level == 0 {
		points, err := DecodePoints(n.Body)
		for _, point := range points {
			p.point(series, point)
		}
		return err
	}
	entries, err := decodeBranch(n.Body)
	for _, e := range entries {
		p.node(series, below{n.Level - 1, e})
	}
	return err
}

// candidate is a point, or a node whose points are at at or beyond.
type candidate struct {
	at      int64
	series  int
	isPoint bool
	point   Point
	node    below
}

// candidates is a heap: nodes come before points, so that all points of a key
// are known when the first one is taken.
type candidates []candidate

func (c candidates) Len() int      { return len(c) }
func (c candidates) Swap(i, j int) { c[i], c[j] = c[j], c[i] }
func (c candidates) Less(i, j int) bool {
	a, b := &c[i], &c[j]
	switch {
	case a.at != b.at:
		return a.at < b.at
	case a.isPoint != b.isPoint:
		return b.isPoint
	case a.series != b.series:
		return a.series < b.series
	}
	return a.point.Iter < b.point.Iter
}

// Push implements heap.Interface.
func (c *candidates) Push(x any) { *c = append(*c, x.(candidate)) }

// Pop implements heap.Interface.
func (c *candidates) Pop() any {
	last := (*c)[len(*c)-1]
	*c = (*c)[:len(*c)-1]
	return last
}
