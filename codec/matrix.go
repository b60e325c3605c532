package codec

import (
	"gonum.org/v1/gonum/mat"
)

// Matrix makes a float64 array of a gonum matrix: two dimensions, or one for a
// vector. A *mat.Dense without gaps and a *mat.VecDense are not copied.
func Matrix(m mat.Matrix) *NDArray {
	rows, columns := m.Dims()
	switch m := m.(type) {
	case *mat.VecDense:
		if v := m.RawVector(); v.Inc == 1 {
			return Array(v.Data[:v.N])
		}
	case *mat.Dense:
		if d := m.RawMatrix(); d.Stride == d.Cols {
			return Array(d.Data[:d.Rows*d.Cols], d.Rows, d.Cols)
		}
	}
	data := make([]float64, 0, rows*columns)
	for i := range rows {
		for j := range columns {
			data = append(data, m.At(i, j))
		}
	}
	if _, ok := m.(mat.Vector); ok {
		return Array(data)
	}
	return Array(data, rows, columns)
}

// CMatrix makes a complex128 array of two dimensions of a gonum matrix.
func CMatrix(m mat.CMatrix) *NDArray {
	rows, columns := m.Dims()
	data := make([]complex128, 0, rows*columns)
	for i := range rows {
		for j := range columns {
			data = append(data, m.At(i, j))
		}
	}
	return Array(data, rows, columns)
}

// Dense returns an array of real numbers of two dimensions as a gonum matrix,
// and one of one dimension as a matrix of one column. Gonum has no matrix
// without rows or columns: for such the error is ErrType. Data of float64 is
// not copied.
func (a *NDArray) Dense() (*mat.Dense, error) {
	rows, columns, err := a.dims()
	if err != nil {
		return nil, err
	}
	data, err := a.Float64s()
	if err != nil {
		return nil, err
	}
	return mat.NewDense(rows, columns, data), nil
}

// Vector returns an array of real numbers of one dimension as a gonum vector.
func (a *NDArray) Vector() (*mat.VecDense, error) {
	if len(a.Shape) != 1 || a.Len() == 0 {
		return nil, mistyped("an array of shape %s is no vector", shapeText(a.Shape))
	}
	data, err := a.Float64s()
	if err != nil {
		return nil, err
	}
	return mat.NewVecDense(len(data), data), nil
}

// CDense returns an array of complex or real numbers of one or two dimensions
// as a gonum matrix.
func (a *NDArray) CDense() (*mat.CDense, error) {
	rows, columns, err := a.dims()
	if err != nil {
		return nil, err
	}
	switch d := a.Data.(type) {
	case []complex128:
		return mat.NewCDense(rows, columns, d), nil
	case []complex64:
		return mat.NewCDense(rows, columns, convert(d, func(v complex64) complex128 { return complex128(v) })), nil
	}
	data, err := a.Float64s()
	if err != nil {
		return nil, err
	}
	return mat.NewCDense(rows, columns, convert(data, func(v float64) complex128 { return complex(v, 0) })), nil
}

func (a *NDArray) dims() (rows, columns int, err error) {
	switch {
	case a.Len() == 0:
	case len(a.Shape) == 1:
		return a.Shape[0], 1, nil
	case len(a.Shape) == 2:
		return a.Shape[0], a.Shape[1], nil
	}
	return 0, 0, mistyped("an array of shape %s is no matrix", shapeText(a.Shape))
}
