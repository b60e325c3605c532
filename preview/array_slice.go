package preview

import (
	"strconv"
	"strings"
)

// readAhead is up to which length a run of elements is read for the sake of
// some of them.
const readAhead = 256 << 10

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
