package codec

import (
	"encoding/json"
	"fmt"
	"image"
	"io"
	"math/big"
	"reflect"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"gonum.org/v1/gonum/mat"
)

// As returns a decoded value as a T:
//
//   - what is a T already
//   - an array as *mat.Dense, *mat.VecDense, *mat.CDense, []E of its elements
//     or of float64, [][]float64
//   - JSON, YAML and plain pickled values as structs, maps, slices and numbers,
//     by the rules of encoding/json
//   - a Blob as []byte or string, read whole
//
// Else the error is ErrType and names what the value is.
func As[T any](v any) (T, error) {
	var out T
	if t, ok := v.(T); ok {
		return t, nil
	}
	if _, anything := any(&out).(*any); anything { // None, which is of no type
		return out, nil
	}
	err := convertInto(v, &out)
	return out, err
}

func convertInto(v, target any) error {
	switch v := v.(type) {
	case *NDArray:
		return v.into(target)
	case *Blob:
		b, err := io.ReadAll(io.NewSectionReader(v, 0, v.Size()))
		if err != nil {
			return err
		}
		switch t := target.(type) {
		case *[]byte:
			*t = b
			return nil
		case *string:
			*t = string(b)
			return nil
		}
		return wrongType(v, target)
	}
	switch v.(type) {
	case Tuple, Set:
		items, _ := sequence(v)
		v = items
	default:
		if isOther(v) {
			return wrongType(v, target)
		}
	}
	if reflect.TypeOf(target).Elem().Kind() == reflect.Interface {
		return wrongType(v, target)
	}
	tree, err := treeOf(v)
	if err != nil {
		return wrongType(v, target)
	}
	if err := into(tree, target); err != nil {
		return fmt.Errorf("a %T as %T: %w", v, reflect.ValueOf(target).Elem().Interface(), err)
	}
	return nil
}

func wrongType(v, target any) error {
	return mistyped("%s, not a %s", describe(v), reflect.TypeOf(target).Elem())
}

// describe names a value for people.
func describe(v any) string {
	if a, ok := v.(*NDArray); ok && a != nil {
		return fmt.Sprintf("an array of %s and shape %s", a.DType, shapeText(a.Shape))
	}
	if v == nil {
		return "None"
	}
	return fmt.Sprintf("a %T", v)
}

// into gives the array in another form.
func (a *NDArray) into(target any) error {
	var err error
	switch t := target.(type) {
	case **mat.Dense:
		*t, err = a.Dense()
	case **mat.VecDense:
		*t, err = a.Vector()
	case **mat.CDense:
		*t, err = a.CDense()
	case *[]float64:
		if len(a.Shape) != 1 {
			return wrongType(a, target)
		}
		*t, err = a.Float64s()
	case *[][]float64:
		if len(a.Shape) != 2 {
			return wrongType(a, target)
		}
		var data []float64
		if data, err = a.Float64s(); err == nil {
			rows, columns := a.Shape[0], a.Shape[1]
			*t = make([][]float64, rows)
			for i := range rows {
				(*t)[i] = data[i*columns : (i+1)*columns : (i+1)*columns]
			}
		}
	case *[]time.Time:
		if len(a.Shape) != 1 {
			return wrongType(a, target)
		}
		*t, err = a.Times()
	default:
		data, to := reflect.ValueOf(a.Data), reflect.ValueOf(target).Elem()
		if len(a.Shape) != 1 || !data.IsValid() || data.Type() != to.Type() {
			return wrongType(a, target)
		}
		to.Set(data)
	}
	return err
}

// isOther reports the types that have a form of their own, so that they are
// not taken for a dict although they are structs or maps.
func isOther(v any) bool {
	switch v.(type) {
	case *NDArray, Arrays, Columns, *Blob, *Archive, Dir, Paths, File, Link,
		image.Image, mat.Matrix, mat.CMatrix, arrow.Table, arrow.RecordBatch, *Series, *Index,
		Tuple, Set, Dict, Date, TimeOfDay, Range, time.Duration,
		*big.Int, big.Int, time.Time, *time.Time, json.Number, Record:
		return true
	}
	return false
}
