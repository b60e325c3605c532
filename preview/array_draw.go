package preview

import (
	"errors"
	"math"

	"github.com/coffer-ml/coffer/codec"
)

const (
	// heatSide is the most rows and columns of a heatmap, curvePoints the most
	// points of a curve.
	heatSide    = 96
	curvePoints = 256
	// gridRows and gridCols are the values shown as numbers unless more are
	// asked for.
	gridRows, gridCols       = 20, 12
	maxGridRows, maxGridCols = 200, 100
)

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
