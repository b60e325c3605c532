package curve

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Versions of the two encodings; the first byte of a node.
const (
	leafForm   = 1
	branchForm = 2
)

var errBroken = errors.New("the node is broken")

// entry is what a branch knows of a node below it.
type entry struct {
	start int64
	sum   Aggregate
}

// EncodePoints writes points, in order of iterations: deltas of whole numbers,
// values as they are, sources by their place in a list.
func EncodePoints(points []Point) []byte {
	b := make([]byte, 0, 32+16*len(points))
	b = append(b, leafForm)
	b = binary.AppendUvarint(b, uint64(len(points)))
	var sources []string
	place := make(map[string]int)
	extras := 0
	for _, p := range points {
		if _, ok := place[p.Source]; !ok {
			place[p.Source] = len(sources)
			sources = append(sources, p.Source)
		}
		if p.Extra != "" {
			extras++
		}
	}
	b = binary.AppendUvarint(b, uint64(len(sources)))
	for _, s := range sources {
		b = appendText(b, s)
	}
	var last Point
	for _, p := range points {
		if len(sources) > 1 {
			b = binary.AppendUvarint(b, uint64(place[p.Source]))
		}
		b = binary.AppendVarint(b, p.Iter-last.Iter)
		b = binary.AppendVarint(b, p.Time-last.Time)
		b = binary.AppendVarint(b, p.Received-last.Received)
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(p.Value))
		last = p
	}
	b = binary.AppendUvarint(b, uint64(extras))
	for i, p := range points {
		if p.Extra != "" {
			b = binary.AppendUvarint(b, uint64(i))
			b = appendText(b, p.Extra)
		}
	}
	return b
}

// DecodePoints reads what EncodePoints wrote.
func DecodePoints(b []byte) ([]Point, error) {
	r := reader{b: b}
	var points []Point
	err := r.points(func(n int) { points = make([]Point, 0, n) }, func(p Point) { points = append(points, p) })
	if err != nil {
		return nil, err
	}
	for range r.count(2) {
		i := r.uvarint()
		text := r.text()
		if r.err != nil || i >= uint64(len(points)) {
			return nil, errBroken
		}
		points[i].Extra = text
	}
	return points, r.err
}

// eachPoint is DecodePoints without keeping the points, and without their
// further fields.
func eachPoint(b []byte, visit func(Point)) error {
	r := reader{b: b}
	return r.points(func(int) {}, visit)
}

// points reads a leaf up to the further fields; size is told how many come.
func (r *reader) points(size func(int), visit func(Point)) error {
	if form := r.byte(); form != leafForm {
		return fmt.Errorf("%w: a leaf begins with %d, not %d", errBroken, leafForm, form)
	}
	n := r.count(11) // the least that a point takes
	sources := make([]string, r.count(1))
	for i := range sources {
		sources[i] = r.text()
	}
	size(n)
	var p Point
	for range n {
		place := 0
		if len(sources) > 1 {
			place = int(r.uvarint())
		}
		p.Iter += r.varint()
		p.Time += r.varint()
		p.Received += r.varint()
		p.Value = math.Float64frombits(r.fixed())
		if r.err != nil || place < 0 || place >= len(sources) {
			return errBroken
		}
		p.Source = sources[place]
		visit(p)
	}
	return r.err
}

func encodeBranch(entries []entry) []byte {
	b := make([]byte, 0, 8+entrySize*len(entries))
	b = append(b, branchForm)
	b = binary.AppendUvarint(b, uint64(len(entries)))
	for _, e := range entries {
		b = appendFixed(b, e.start)
		b = e.sum.append(b)
	}
	return b
}

// entrySize is what an entry takes: its start, and 16 numbers of an aggregate.
const entrySize = 8 * 17

func decodeBranch(b []byte) ([]entry, error) {
	r := reader{b: b}
	if form := r.byte(); form != branchForm {
		return nil, fmt.Errorf("%w: a branch begins with %d, not %d", errBroken, branchForm, form)
	}
	entries := make([]entry, r.count(entrySize))
	for i := range entries {
		entries[i].start = int64(r.fixed())
		entries[i].sum = r.aggregate()
	}
	return entries, r.err
}

func (a Aggregate) append(b []byte) []byte {
	b = appendFixed(b, a.Count, int64(math.Float64bits(a.Total)), a.Start, a.End)
	for _, s := range []Spot{a.First, a.Last, a.Min, a.Max} {
		b = appendFixed(b, s.Iter, s.Time, int64(math.Float64bits(s.Value)))
	}
	return b
}

func (r *reader) aggregate() (a Aggregate) {
	a.Count, a.Total = int64(r.fixed()), math.Float64frombits(r.fixed())
	a.Start, a.End = int64(r.fixed()), int64(r.fixed())
	for _, s := range []*Spot{&a.First, &a.Last, &a.Min, &a.Max} {
		s.Iter, s.Time, s.Value = int64(r.fixed()), int64(r.fixed()), math.Float64frombits(r.fixed())
	}
	return a
}

// Encode writes an aggregate as it is kept beside a series.
func (a Aggregate) Encode() []byte { return a.append(nil) }

// DecodeAggregate reads what Encode wrote; nothing is the empty aggregate.
func DecodeAggregate(b []byte) (Aggregate, error) {
	if len(b) == 0 {
		return Aggregate{}, nil
	}
	r := reader{b: b}
	a := r.aggregate()
	return a, r.err
}

func appendFixed(b []byte, values ...int64) []byte {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// reader reads a node; after the first thing that is missing all reads give
// zero.
type reader struct {
	b   []byte
	err error
}

func (r *reader) take(n uint64) []byte {
	if r.err != nil || n > uint64(len(r.b)) {
		r.err = errBroken
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) fixed() uint64 {
	if b := r.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.err, r.b = errBroken, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.err, r.b = errBroken, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) text() string { return string(r.take(r.uvarint())) }

// count reads how many things of at least the given size follow; a broken
// count must not make us allocate.
func (r *reader) count(size int) int {
	n := r.uvarint()
	if n > uint64(len(r.b)/size) {
		r.err = errBroken
		return 0
	}
	return int(n)
}
