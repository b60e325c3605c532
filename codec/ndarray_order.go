package codec

// turn is a direction between the two orders of an array's elements.
type turn bool

const (
	toC       turn = false
	toFortran turn = true
)

// permute returns the elements, block values each, in the other order.
func permute(data any, shape []int, to turn, block int) any {
	switch v := data.(type) {
	case []bool:
		return permuted(v, shape, to, block)
	case []int8:
		return permuted(v, shape, to, block)
	case []int16:
		return permuted(v, shape, to, block)
	case []int32:
		return permuted(v, shape, to, block)
	case []int64:
		return permuted(v, shape, to, block)
	case []uint8:
		return permuted(v, shape, to, block)
	case []uint16:
		return permuted(v, shape, to, block)
	case []uint32:
		return permuted(v, shape, to, block)
	case []uint64:
		return permuted(v, shape, to, block)
	case []Float16:
		return permuted(v, shape, to, block)
	case []float32:
		return permuted(v, shape, to, block)
	case []float64:
		return permuted(v, shape, to, block)
	case []LongDouble:
		return permuted(v, shape, to, block)
	case []complex64:
		return permuted(v, shape, to, block)
	case []complex128:
		return permuted(v, shape, to, block)
	case []ComplexLongDouble:
		return permuted(v, shape, to, block)
	case []Datetime64:
		return permuted(v, shape, to, block)
	case []Timedelta64:
		return permuted(v, shape, to, block)
	case []string:
		return permuted(v, shape, to, block)
	case [][]byte:
		return permuted(v, shape, to, block)
	case []any:
		return permuted(v, shape, to, block)
	case Columns:
		out := make(Columns, len(v))
		for i, c := range v {
			out[i] = &NDArray{DType: c.DType, Shape: c.Shape, Data: permute(c.Data, shape, to, block*product(c.Shape[len(shape):]))}
		}
		return out
	}
	return data
}

func permuted[T any](in []T, shape []int, to turn, block int) []T {
	out := make([]T, len(in))
	index := make([]int, len(shape))
	stride := make([]int, len(shape)) // of the Fortran order
	step := 1
	for i, n := range shape {
		stride[i] = step
		step *= n
	}
	f := 0 // where the element of the C order c stands in Fortran order
	for c := 0; c*block < len(in); c++ {
		from, at := f, c
		if to == toFortran {
			from, at = c, f
		}
		copy(out[at*block:(at+1)*block], in[from*block:])
		for i := len(shape) - 1; i >= 0; i-- {
			index[i]++
			f += stride[i]
			if index[i] < shape[i] {
				break
			}
			f -= stride[i] * shape[i]
			index[i] = 0
		}
	}
	return out
}
