package preview

import (
	"archive/zip"
	"strconv"
	"strings"

	"github.com/coffer-ml/coffer/codec"
)

// listedArrays are how many arrays of an .npz file are listed: each costs the
// reading of its header.
const listedArrays = 100

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
