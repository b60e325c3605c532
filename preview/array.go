package preview

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/coffer-ml/coffer/codec"
)

const (
	// wholeArray is up to which size, in bytes, an array is read whole; of a
	// larger one samples are.
	wholeArray = 16 << 20
	// sampledParts and partBytes are how much is read of a larger one.
	sampledParts = 64
	partBytes    = 64 << 10
	// heatSide is the most rows and columns of a heatmap, curvePoints the most
	// points of a curve.
	heatSide    = 96
	curvePoints = 256
	// gridRows and gridCols are the values shown as numbers unless more are
	// asked for.
	gridRows, gridCols       = 20, 12
	maxGridRows, maxGridCols = 200, 100
	// listedArrays are how many arrays of an .npz file are listed: each costs
	// the reading of its header.
	listedArrays = 100
	// maxAxes is NumPy's own limit.
	maxAxes = 64
	// readAhead is up to which length a run of elements is read for the sake of
	// some of them.
	readAhead = 256 << 10
)

// ArrayView is an array, or a slice of one.
type ArrayView struct {
	// Arrays are those of an .npz file; the first of them is shown.
	Arrays   []ArrayMember `json:"arrays,omitempty"`
	DType    string        `json:"dtype"`
	Shape    []int         `json:"shape"`
	Order    string        `json:"order"` // C or F
	Elements int64         `json:"elements"`
	// Slice is the part that Curve, Heat and Values show, in Python's notation.
	Slice string `json:"slice"`
	Stats *Stats `json:"stats,omitempty"` // of the whole array
	// Curve shows one axis, Heat two.
	Curve  *Curve `json:"curve,omitempty"`
	Heat   *Heat  `json:"heat,omitempty"`
	Values *Grid  `json:"values,omitempty"`
	// Picture says that it can be shown as an image.
	Picture bool `json:"picture,omitempty"`
}

// ArrayMember is an array of an .npz file; Member is the name to ask for.
type ArrayMember struct {
	Name    string `json:"name"`
	Member  string `json:"member"`
	DType   string `json:"dtype,omitempty"`
	Shape   []int  `json:"shape,omitempty"`
	Bytes   int64  `json:"bytes"`
	Trouble string `json:"trouble,omitempty"`
}

// Curve is a row of numbers, each point of which stands for Width of them.
type Curve struct {
	Width   float64  `json:"width"`
	Sampled bool     `json:"sampled"`
	Min     []Number `json:"min"`
	Max     []Number `json:"max"`
	Mean    []Number `json:"mean"`
}

// Heat is a picture of two axes: means of blocks, row by row. A block without
// a number is NaN.
type Heat struct {
	Rows    int      `json:"rows"`
	Cols    int      `json:"cols"`
	Sampled bool     `json:"sampled"`
	Min     Number   `json:"min"`
	Max     Number   `json:"max"`
	Values  []Number `json:"values"`
}

// Grid is a window of values. Columns are named where they have names.
type Grid struct {
	From    [2]int64 `json:"from"` // row and column
	Of      [2]int64 `json:"of"`
	Columns []string `json:"columns,omitempty"`
	Cells   [][]any  `json:"cells"`
}

// nd is an array in a file.
type nd struct {
	piece
	codec.NPYHeader
	strides []int64 // in elements
	count   int64
	whole   bool // it is in memory
}

// array shows an .npy file, or an .npz file by its first array.
func (v *view) array(p *Preview, f piece) error {
	out := &ArrayView{}
	p.Array = out
	if sniff(f).format == "npz" {
		first, err := v.arrays(out, f)
		if err != nil || first == nil {
			if err == nil {
				p.Title = "No arrays"
			}
			return err
		}
		f = *first
	}
	a, err := openArray(f)
	out.DType, out.Shape, out.Order = a.DType.String(), a.Shape, "C"
	if a.Fortran {
		out.Order = "F"
	}
	if a.Shape != nil {
		p.Title = shapeText(a.Shape) + " " + out.DType
	}
	if err != nil {
		return err
	}
	out.Elements = a.count
	if err := a.load(); err != nil {
		return err
	}
	out.Picture = a.picture()
	if len(a.DType.Fields) > 0 {
		return a.records(out, v.query)
	}
	s, err := a.slice(v.query.Slice)
	if err != nil {
		return err
	}
	out.Slice = s.text
	if out.Values, err = s.grid(v.query); err != nil {
		return err
	}
	if !numeric(a.DType) || a.count == 0 {
		return nil
	}
	if a.DType.Kind == 'c' {
		p.Warning = "Complex numbers: statistics and pictures show their absolute values."
	}
	return a.draw(out, s)
}

// draw adds statistics and the picture of the slice.
func (a *nd) draw(out *ArrayView, s *sliced) (err error) {
	if out.Stats, err = a.stats(); err != nil {
		return err
	}
	if s.rows*s.cols == 0 {
		return nil
	}
	switch s.free {
	case 1:
		out.Curve, err = s.curve()
	case 2:
		out.Heat, err = s.heat()
	}
	return err
}

// arrays lists the arrays of an .npz file and opens the first.
func (v *view) arrays(out *ArrayView, f piece) (*piece, error) {
	z, err := unzip(f)
	if err != nil {
		return nil, err
	}
	var first *piece
	for _, m := range z.File {
		name, ok := strings.CutSuffix(m.Name, ".npy")
		if !ok || len(out.Arrays) == listedArrays {
			continue
		}
		one := ArrayMember{Name: clip(name, 200), Member: m.Name, Bytes: int64(min(m.UncompressedSize64, 1<<62)), Trouble: trouble(m)}
		if one.Trouble == "" {
			h, err := peekArray(m)
			if err != nil {
				one.Trouble = problem(err)
			}
			one.DType, one.Shape = h.DType.String(), h.Shape
		}
		out.Arrays = append(out.Arrays, one)
		if first == nil && one.Trouble == "" {
			opened, err := v.member(m)
			if err != nil {
				return nil, err
			}
			first = &opened
		}
	}
	if first == nil && len(out.Arrays) > 0 {
		return nil, malformed("none of its arrays can be opened: %s", out.Arrays[0].Trouble)
	}
	return first, nil
}

func peekArray(m *zip.File) (codec.NPYHeader, error) {
	r, err := m.Open()
	if err != nil {
		return codec.NPYHeader{}, malformed("%v", err)
	}
	defer func() { _ = r.Close() }()
	return codec.ReadNPYHeader(r)
}

// openArray reads the header. An array that is not all there is an error, and
// its header is returned all the same.
func openArray(f piece) (*nd, error) {
	h, err := codec.ReadNPYHeader(f.from(0))
	a := &nd{piece: f, NPYHeader: h}
	if err != nil {
		return a, err
	}
	if len(h.Shape) > maxAxes {
		return a, malformed("an array of %d axes", len(h.Shape))
	}
	if h.DType.HoldsObjects() {
		return a, fmt.Errorf("%w: it holds Python objects, which only a pickle can keep", codec.ErrUnsafe)
	}
	a.count = 1
	for _, n := range h.Shape {
		if n > 0 && a.count > (1<<62)/int64(n)/int64(max(h.DType.Size, 1)) {
			return a, tooLarge("an array of shape %s", shapeText(h.Shape))
		}
		a.count *= int64(n)
	}
	if need, have := a.count*int64(h.DType.Size), f.size-h.Offset; need > have {
		return a, malformed("an array of shape %s and type %s needs %d bytes, the file has %d", shapeText(h.Shape), h.DType, need, have)
	}
	if h.DType.Size > wholeArray || h.DType.Size == 0 && a.count > wholeArray {
		return a, tooLarge("elements of %d bytes", h.DType.Size)
	}
	a.strides = make([]int64, len(h.Shape))
	step := int64(1)
	for i := range h.Shape {
		axis := len(h.Shape) - 1 - i
		if h.Fortran {
			axis = i
		}
		a.strides[axis] = step
		step *= int64(h.Shape[axis])
	}
	return a, nil
}

// load takes a small array into memory, so that it is read once.
func (a *nd) load() error {
	size := a.count * int64(a.DType.Size)
	if size > wholeArray {
		return nil
	}
	b := make([]byte, size)
	if n, err := a.ReadAt(b, a.Offset); n < len(b) {
		return err
	}
	a.piece = piece{name: a.name, size: size, ReaderAt: bytes.NewReader(b)}
	a.Offset, a.whole = 0, true
	return nil
}

// values reads n elements that follow each other in the file.
func (a *nd) values(at int64, n int) (any, error) {
	size := int64(a.DType.Size)
	return codec.ReadNPYValues(io.NewSectionReader(a.ReaderAt, a.Offset+at*size, int64(n)*size), a.DType, n)
}

func (a *nd) numbers(at int64, n int) ([]float64, error) {
	v, err := a.values(at, n)
	if err != nil {
		return nil, err
	}
	return floats(v), nil
}

// stats looks at all elements, or at parts of a large array.
func (a *nd) stats() (*Stats, error) {
	var s spread
	part := int64(max(partBytes/max(a.DType.Size, 1), 1))
	step := part
	end := a.count
	if !a.whole {
		if _, compressed := a.ReaderAt.(*stream); compressed {
			end = min(end, wholeArray/int64(a.DType.Size)) // only its beginning is near
		}
		step = max(part, end/sampledParts)
	}
	for at := int64(0); at < end; at += step {
		values, err := a.numbers(at, int(min(part, end-at)))
		if err != nil {
			return nil, err
		}
		for _, x := range values {
			s.add(x)
		}
	}
	return s.stats(a.count), nil
}

// records shows an array of a structured type as a table.
func (a *nd) records(out *ArrayView, q Query) error {
	rows := q.Rows.or(gridRows, maxGridRows, a.count)
	g := &Grid{From: [2]int64{rows.From, 0}, Of: [2]int64{a.count, int64(len(a.DType.Fields))}, Cells: [][]any{}}
	cols := q.Cols.or(maxGridCols, maxGridCols, int64(len(a.DType.Fields)))
	g.From[1] = cols.From
	out.Values = g
	v, err := a.values(rows.From, int(rows.To-rows.From))
	if err != nil {
		return err
	}
	columns, ok := v.(codec.Columns)
	if !ok {
		return malformed("no fields")
	}
	for range rows.To - rows.From {
		g.Cells = append(g.Cells, make([]any, 0, cols.To-cols.From))
	}
	for i := cols.From; i < cols.To; i++ {
		f := a.DType.Fields[i]
		g.Columns = append(g.Columns, f.Name)
		per := 1
		for _, n := range f.Shape {
			per *= n
		}
		for r := range g.Cells {
			if per == 1 {
				g.Cells[r] = append(g.Cells[r], cell(columns[i].Data, r, f.Type))
			} else {
				g.Cells[r] = append(g.Cells[r], shapeText(f.Shape))
			}
		}
	}
	return nil
}

// picture reports whether the array has the shape and type of an image.
func (a *nd) picture() bool {
	if a.DType.Kind != 'u' || a.DType.Size != 1 || !a.whole || a.count == 0 {
		return false
	}
	switch len(a.Shape) {
	case 2:
		return a.Shape[0] > 7 && a.Shape[1] > 7
	case 3:
		return a.Shape[2] == 3 || a.Shape[2] == 4
	}
	return false
}

func numeric(d codec.DType) bool { return strings.IndexByte("biufc", d.Kind) >= 0 }

// shapeText is a shape as Python writes a tuple.
func shapeText(shape []int) string {
	parts := make([]string, len(shape))
	for i, n := range shape {
		parts[i] = strconv.Itoa(n)
	}
	if len(parts) == 1 {
		return "(" + parts[0] + ",)"
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// sliced is a part of an array with at most two free axes: rows and columns.
type sliced struct {
	*nd
	text       string
	free       int
	base       int64
	rows, cols int64
	rowStep    int64
	colStep    int64
}

// slice reads a slice: a place for each axis, or ":" for the free ones. "" is
// the first of everything but the last two axes.
func (a *nd) slice(text string) (*sliced, error) {
	parts := strings.Split(text, ",")
	if text == "" {
		parts = nil
		for i := range a.Shape {
			if i < len(a.Shape)-2 {
				parts = append(parts, "0")
			} else {
				parts = append(parts, ":")
			}
		}
	}
	s := &sliced{nd: a, text: strings.Join(parts, ","), rows: 1, cols: 1}
	if len(parts) != len(a.Shape) {
		return nil, ErrQuery.Errorf("slice: expected %d places separated by commas, got %.80q", len(a.Shape), text)
	}
	empty := a.count == 0
	for i, part := range parts {
		if part = strings.TrimSpace(part); part == ":" {
			s.free++
			s.rows, s.rowStep, s.cols, s.colStep = s.cols, s.colStep, int64(a.Shape[i]), a.strides[i]
			continue
		}
		at, err := strconv.Atoi(part)
		if at < 0 {
			at += a.Shape[i]
		}
		if err != nil || !empty && (at < 0 || at >= a.Shape[i]) {
			return nil, ErrQuery.Errorf("slice: axis %d has places from 0 to %d, or : for all, got %.40q", i, a.Shape[i]-1, part)
		}
		s.base += int64(at) * a.strides[i]
	}
	if s.free > 2 {
		return nil, ErrQuery.Errorf("slice: at most two axes can be free, got %.80q", text)
	}
	if s.free == 1 { // a single axis runs downwards
		s.rows, s.rowStep, s.cols, s.colStep = s.cols, s.colStep, 1, 0
	}
	if empty {
		s.rows, s.cols = min(s.rows, s.rows*s.cols), min(s.cols, s.rows*s.cols)
	}
	return s, nil
}

// run reads elements of a row or column: count of them from a place on, step
// elements apart, each stride elements of the file.
func (s *sliced) run(at, stride, step, count int64) ([]float64, error) {
	if stride == 1 && (step*count*int64(s.DType.Size) <= readAhead || s.whole) {
		all, err := s.numbers(at, int((count-1)*step+1))
		if err != nil || step == 1 {
			return all, err
		}
		out := make([]float64, count)
		for i := range out {
			out[i] = all[int64(i)*step]
		}
		return out, nil
	}
	out := make([]float64, count)
	for i := range out {
		x, err := s.numbers(at+int64(i)*step*stride, 1)
		if err != nil {
			return nil, err
		}
		out[i] = x[0]
	}
	return out, nil
}

// curve draws one axis: all of it where that is near, else parts of it.
func (s *sliced) curve() (*Curve, error) {
	points := min(s.rows, curvePoints)
	c := &Curve{Width: float64(s.rows) / float64(points), Sampled: !s.whole && s.rows > points}
	most := int64(max(block/4/max(s.DType.Size, 1), 1))
	if s.rowStep != 1 {
		most = 1
	}
	for i := range points {
		from, to := i*s.rows/points, (i+1)*s.rows/points
		n := to - from
		if c.Sampled {
			n = min(n, most)
		}
		values, err := s.run(s.base+from*s.rowStep, s.rowStep, 1, n)
		if errors.Is(err, codec.ErrTooLarge) {
			c.Sampled = true
			break // what is further in is not near
		}
		if err != nil {
			return nil, err
		}
		var b spread
		for _, x := range values {
			b.plain(x)
		}
		least, most, mean := b.ends()
		c.Min, c.Max, c.Mean = append(c.Min, least), append(c.Max, most), append(c.Mean, mean)
	}
	return c, nil
}

// heat draws two axes. Of a large slice one element stands for a block.
func (s *sliced) heat() (*Heat, error) {
	h := &Heat{Rows: int(min(s.rows, heatSide)), Cols: int(min(s.cols, heatSide))}
	sums, counts := make([]float64, h.Rows*h.Cols), make([]int, h.Rows*h.Cols)
	h.Sampled = !s.whole && s.rows*s.cols > int64(h.Rows*h.Cols)
	// The axis along which the file runs is read in runs.
	outer, inner, outerStep, innerStep, turned := s.rows, s.cols, s.rowStep, s.colStep, false
	if s.rowStep < s.colStep && s.rowStep > 0 {
		outer, inner, outerStep, innerStep, turned = s.cols, s.rows, s.colStep, s.rowStep, true
	}
	stepOut, stepIn := int64(1), int64(1)
	if h.Sampled {
		stepOut, stepIn = max(outer/heatSide, 1), max(inner/heatSide, 1)
	}
	reached := outer
	for i := int64(0); i < outer; i += stepOut {
		values, err := s.run(s.base+i*outerStep, innerStep, stepIn, (inner-1)/stepIn+1)
		if errors.Is(err, codec.ErrTooLarge) {
			reached, h.Sampled = i, true
			break
		}
		if err != nil {
			return nil, err
		}
		for j, x := range values {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				continue
			}
			r, c := i, int64(j)*stepIn
			if turned {
				r, c = c, r
			}
			k := int(r*int64(h.Rows)/s.rows)*h.Cols + int(c*int64(h.Cols)/s.cols)
			sums[k] += x
			counts[k]++
		}
	}
	if reached == 0 {
		return nil, nil
	}
	var all spread
	for k, n := range counts {
		x := math.NaN()
		if n > 0 {
			x = sums[k] / float64(n)
		}
		h.Values = append(h.Values, Number(x))
		all.plain(x)
	}
	h.Min, h.Max, _ = all.ends()
	return h, nil
}

// grid reads a window of values as they are.
func (s *sliced) grid(q Query) (*Grid, error) {
	rows, cols := q.Rows.or(gridRows, maxGridRows, s.rows), q.Cols.or(gridCols, maxGridCols, s.cols)
	g := &Grid{From: [2]int64{rows.From, cols.From}, Of: [2]int64{s.rows, s.cols}, Cells: [][]any{}}
	for r := rows.From; r < rows.To; r++ {
		line := make([]any, 0, cols.To-cols.From)
		at := s.base + r*s.rowStep + cols.From*s.colStep
		if s.colStep == 1 {
			v, err := s.values(at, int(cols.To-cols.From))
			if err != nil {
				return nil, err
			}
			for i := range cols.To - cols.From {
				line = append(line, cell(v, int(i), s.DType))
			}
		} else {
			for range cols.To - cols.From {
				v, err := s.values(at, 1)
				if err != nil {
					return nil, err
				}
				line = append(line, cell(v, 0, s.DType))
				at += s.colStep
			}
		}
		g.Cells = append(g.Cells, line)
	}
	return g, nil
}
