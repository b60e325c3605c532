package curve

import (
	"math"
	"slices"
	"sort"
)

const (
	// leafCap is how many points a leaf holds: about 6 KiB, what one more
	// point of a long series makes us write.
	leafCap = 512
	// fan is from how many entries on a branch is full: about 9 KiB.
	fan = 64
)

// Node is a part of a tree as it is kept.
type Node struct {
	Level int
	Start int64
	Body  []byte
	// Next is the start of the next node of the level; HasNext is false for
	// the last one.
	Next    int64
	HasNext bool
}

// node is a part of a tree as it is worked on.
type node struct {
	start   int64
	points  []Point // of a leaf
	entries []entry // of a branch
	next    int64
	hasNext bool // in what is kept; nodes made since come on top
	dirty   bool
}

func (n *node) sum() (a Aggregate) {
	for _, p := range n.points {
		a.Add(p)
	}
	for _, e := range n.entries {
		a.Merge(e.sum)
	}
	return a
}

// Tree changes the tree of one series.
type Tree struct {
	// Levels is how many levels there are; 0 for an empty tree. Put raises it.
	Levels int
	// Load returns the node of the level with the greatest start that is not
	// greater than at.
	Load func(level int, at int64) (Node, error)

	levels [][]*node // those that are loaded or new, by start
}

// Have tells the tree of a node that was loaded already.
func (t *Tree) Have(n Node) error {
	_, err := t.adopt(n)
	return err
}

func (t *Tree) adopt(n Node) (*node, error) {
	own := &node{start: n.Start, next: n.Next, hasNext: n.HasNext}
	var err error
	if n.Level == 0 {
		own.points, err = DecodePoints(n.Body)
	} else {
		own.entries, err = decodeBranch(n.Body)
	}
	if err != nil {
		return nil, err
	}
	t.insert(n.Level, own)
	return own, nil
}

func (t *Tree) insert(level int, n *node) {
	for len(t.levels) <= level {
		t.levels = append(t.levels, nil)
	}
	list := t.levels[level]
	t.levels[level] = slices.Insert(list, t.after(level, n.start), n)
}

// after is the place of the first known node that starts beyond at.
func (t *Tree) after(level int, at int64) int {
	if level >= len(t.levels) {
		return 0
	}
	list := t.levels[level]
	return sort.Search(len(list), func(i int) bool { return list[i].start > at })
}

// find returns the node of the level that covers at; nil if the level has none.
func (t *Tree) find(level int, at int64) (*node, error) {
	i := t.after(level, at)
	if i > 0 {
		// What is kept beyond a known node begins at its next.
		if n := t.levels[level][i-1]; !n.hasNext || at < n.next {
			return n, nil
		}
	}
	if level >= t.Levels {
		return nil, nil
	}
	kept, err := t.Load(level, at)
	if err != nil {
		return nil, err
	}
	if i > 0 && t.levels[level][i-1].start >= kept.Start {
		return t.levels[level][i-1], nil
	}
	return t.adopt(kept)
}

// bound returns where the node ends; last is true if it is the last one.
func (t *Tree) bound(level int, n *node) (end int64, last bool) {
	end, last = n.next, !n.hasNext
	if i := t.after(level, n.start); i < len(t.levels[level]) {
		if s := t.levels[level][i].start; last || s < end {
			end, last = s, false
		}
	}
	return end, last
}

// Put adds points or overwrites those of the same iteration; of several of one
// iteration the last one counts. It tells how many it overwrote.
func (t *Tree) Put(points []Point) (overwritten int, err error) {
	byIter := func(a, b Point) int { return compare(a.Iter, b.Iter) }
	if !slices.IsSortedFunc(points, byIter) {
		points = slices.Clone(points)
		slices.SortStableFunc(points, byIter)
	}
	for len(points) > 0 {
		leaf, err := t.find(0, points[0].Iter)
		if err != nil {
			return 0, err
		}
		if leaf == nil {
			leaf = &node{start: math.MinInt64}
			t.insert(0, leaf)
			t.Levels = max(t.Levels, 1)
		}
		end, last := t.bound(0, leaf)
		n := len(points)
		if !last {
			n = sort.Search(n, func(i int) bool { return points[i].Iter >= end })
		}
		overwritten += leaf.merge(points[:n])
		points = points[n:]
		if err := t.settleLeaf(leaf, last); err != nil {
			return 0, err
		}
	}
	return overwritten, nil
}

func compare(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// merge takes sorted points in and tells how many took the place of others.
func (n *node) merge(points []Point) (overwritten int) {
	n.dirty = true
	n.points = slices.Grow(n.points, len(points))
	for _, p := range points {
		size := len(n.points)
		if size == 0 || p.Iter > n.points[size-1].Iter {
			n.points = append(n.points, p)
			continue
		}
		i := sort.Search(size, func(i int) bool { return n.points[i].Iter >= p.Iter })
		if n.points[i].Iter == p.Iter {
			n.points[i] = p
			overwritten++
			continue
		}
		n.points = slices.Insert(n.points, i, p)
	}
	return overwritten
}

// settleLeaf cuts a leaf that has become too long and tells the level above.
func (t *Tree) settleLeaf(leaf *node, last bool) error {
	pieces := []*node{leaf}
	if size := len(leaf.points); size > leafCap {
		// Whoever appends fills leaves; whoever inserts leaves room.
		length := leafCap
		if !last {
			count := (size + leafCap/2 - 1) / (leafCap / 2)
			length = (size + count - 1) / count
		}
		rest := leaf.points[length:]
		leaf.points = slices.Clone(leaf.points[:length])
		for len(rest) > 0 {
			n := min(length, len(rest))
			// next is what is kept beyond: the new node stands before it.
			piece := &node{start: rest[0].Iter, points: slices.Clone(rest[:n]), next: leaf.next, hasNext: leaf.hasNext, dirty: true}
			t.insert(0, piece)
			pieces = append(pieces, piece)
			rest = rest[n:]
		}
	}
	if last {
		for _, p := range pieces[:len(pieces)-1] {
			if err := t.seal(0, p); err != nil {
				return err
			}
		}
		return nil
	}
	return t.replace(1, leaf.start, pieces)
}

// covering returns the branch that has an entry for the node of the level
// below with the start, and its place; nil if there is none yet.
func (t *Tree) covering(level int, start int64) (*node, int, error) {
	if level >= t.Levels {
		return nil, 0, nil
	}
	branch, err := t.find(level, start)
	if err != nil || branch == nil {
		return nil, 0, err
	}
	i := sort.Search(len(branch.entries), func(i int) bool { return branch.entries[i].start >= start })
	if i == len(branch.entries) || branch.entries[i].start != start {
		return nil, 0, nil
	}
	return branch, i, nil
}

// replace puts the entries of pieces in place of that of the node which they
// were, up to the top.
func (t *Tree) replace(level int, start int64, pieces []*node) error {
	branch, i, err := t.covering(level, start)
	if err != nil || branch == nil {
		return err
	}
	entries := make([]entry, len(pieces))
	for j, p := range pieces {
		entries[j] = entry{p.start, p.sum()}
	}
	branch.entries = slices.Replace(branch.entries, i, i+1, entries...)
	branch.dirty = true
	above, _, err := t.covering(level+1, branch.start)
	if err != nil {
		return err
	}
	if above == nil {
		if len(branch.entries) >= fan {
			return t.seal(level, branch)
		}
		return nil
	}
	halves := []*node{branch}
	if size := len(branch.entries); size > 2*fan {
		half := &node{start: branch.entries[size/2].start, entries: slices.Clone(branch.entries[size/2:]), next: branch.next, hasNext: branch.hasNext, dirty: true}
		branch.entries = slices.Clone(branch.entries[:size/2])
		t.insert(level, half)
		halves = append(halves, half)
	}
	return t.replace(level+1, branch.start, halves)
}

// seal appends the entry of a full node, the last of its level, to the level
// above.
func (t *Tree) seal(level int, full *node) error {
	tail, err := t.find(level+1, math.MaxInt64)
	if err != nil {
		return err
	}
	if tail != nil {
		above, _, err := t.covering(level+2, tail.start)
		if err != nil {
			return err
		}
		if above != nil {
			tail = nil // is full itself
		}
	}
	if tail == nil {
		tail = &node{start: full.start}
		t.insert(level+1, tail)
		t.Levels = max(t.Levels, level+2)
	}
	tail.entries = append(tail.entries, entry{full.start, full.sum()})
	tail.dirty = true
	if len(tail.entries) >= fan {
		return t.seal(level+1, tail)
	}
	return nil
}

// Aggregate returns what all points come to, from the last node of each level.
func (t *Tree) Aggregate() (a Aggregate, err error) {
	for level := range t.Levels {
		tail, err := t.find(level, math.MaxInt64)
		if err != nil {
			return a, err
		}
		if tail == nil {
			continue
		}
		above, _, err := t.covering(level+1, tail.start)
		if err != nil {
			return a, err
		}
		if above == nil {
			a.Merge(tail.sum())
		}
	}
	return a, nil
}

// Changed returns the nodes that are to be kept.
func (t *Tree) Changed() (out []Node) {
	for level, list := range t.levels {
		for _, n := range list {
			if !n.dirty {
				continue
			}
			body := encodeBranch(n.entries)
			if level == 0 {
				body = EncodePoints(n.points)
			}
			out = append(out, Node{Level: level, Start: n.start, Body: body})
		}
	}
	return out
}
