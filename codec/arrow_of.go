package codec

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// sliced is a part of an array's data.
func sliced(data any, from, to int) any {
	switch d := data.(type) {
	case []bool:
		return d[from:to]
	case []int8:
		return d[from:to]
	case []int16:
		return d[from:to]
	case []int32:
		return d[from:to]
	case []int64:
		return d[from:to]
	case []uint8:
		return d[from:to]
	case []uint16:
		return d[from:to]
	case []uint32:
		return d[from:to]
	case []uint64:
		return d[from:to]
	case []Float16:
		return d[from:to]
	case []float32:
		return d[from:to]
	case []float64:
		return d[from:to]
	case []Datetime64:
		return d[from:to]
	case []Timedelta64:
		return d[from:to]
	case []any:
		return d[from:to]
	case []complex64:
		return d[from:to]
	case []complex128:
		return d[from:to]
	}
	return nil
}

// appender is what Arrow's builders of numbers have in common.
type appender[T any] interface {
	Append(T)
	AppendNull()
	NewArray() arrow.Array
}

// filled appends values; missing ones by the mask or by none.
func filled[T any](b appender[T], values []T, mask []bool, none func(T) bool) arrow.Array {
	for i, v := range values {
		if (mask != nil && mask[i]) || (none != nil && none(v)) {
			b.AppendNull()
		} else {
			b.Append(v)
		}
	}
	return b.NewArray()
}

// arrowOf makes an Arrow array of one dimension of NumPy's, as pyarrow does of
// a DataFrame's column: NaN and NaT are missing values.
func arrowOf(mem memory.Allocator, a *NDArray, mask []bool, zone string) (arrow.Array, error) {
	switch d := a.Data.(type) {
	case []bool:
		return filled(array.NewBooleanBuilder(mem), d, mask, nil), nil
	case []int8:
		return filled(array.NewInt8Builder(mem), d, mask, nil), nil
	case []int16:
		return filled(array.NewInt16Builder(mem), d, mask, nil), nil
	case []int32:
		return filled(array.NewInt32Builder(mem), d, mask, nil), nil
	case []int64:
		return filled(array.NewInt64Builder(mem), d, mask, nil), nil
	case []uint8:
		return filled(array.NewUint8Builder(mem), d, mask, nil), nil
	case []uint16:
		return filled(array.NewUint16Builder(mem), d, mask, nil), nil
	case []uint32:
		return filled(array.NewUint32Builder(mem), d, mask, nil), nil
	case []uint64:
		return filled(array.NewUint64Builder(mem), d, mask, nil), nil
	case []Float16:
		return filled(array.NewFloat32Builder(mem), convert(d, func(v Float16) float32 { return float32(v.Float64()) }), mask,
			func(v float32) bool { return v != v }), nil
	case []float32:
		return filled(array.NewFloat32Builder(mem), d, mask, func(v float32) bool { return v != v }), nil
	case []float64:
		return filled(array.NewFloat64Builder(mem), d, mask, math.IsNaN), nil
	case []Datetime64:
		unit, ok := arrowUnits[a.DType.Unit]
		if !ok {
			return nil, mistyped("a column of %s", a.DType)
		}
		b := array.NewTimestampBuilder(mem, &arrow.TimestampType{Unit: unit, TimeZone: zone})
		return filled(b, convert(d, func(v Datetime64) arrow.Timestamp { return arrow.Timestamp(v) }), mask,
			func(v arrow.Timestamp) bool { return v == NaT }), nil
	case []Timedelta64:
		unit, ok := arrowUnits[a.DType.Unit]
		if !ok {
			return nil, mistyped("a column of %s", a.DType)
		}
		b := array.NewDurationBuilder(mem, &arrow.DurationType{Unit: unit})
		return filled(b, convert(d, func(v Timedelta64) arrow.Duration { return arrow.Duration(v) }), mask,
			func(v arrow.Duration) bool { return v == NaT }), nil
	case []any:
		return arrowOfObjects(mem, d)
	}
	return nil, mistyped("a column of %s", a.DType)
}

var arrowUnits = map[string]arrow.TimeUnit{"s": arrow.Second, "ms": arrow.Millisecond, "us": arrow.Microsecond, "ns": arrow.Nanosecond}

// arrowOfObjects makes an array of Python objects that are all of one type,
// or missing.
func arrowOfObjects(mem memory.Allocator, values []any) (arrow.Array, error) {
	var first any
	for _, v := range values {
		if !isNone(v) {
			first = v
			break
		}
	}
	switch first.(type) {
	case nil:
		return array.MakeArrayOfNull(mem, arrow.BinaryTypes.String, len(values)), nil
	case string:
		return objects(array.NewStringBuilder(mem), values)
	case bool:
		return objects(array.NewBooleanBuilder(mem), values)
	case int64:
		return objects(array.NewInt64Builder(mem), values)
	case float64:
		return objects(array.NewFloat64Builder(mem), values)
	case []byte:
		b := array.NewBinaryBuilder(mem, arrow.BinaryTypes.Binary)
		return objects(b, values)
	case Date:
		days := make([]any, len(values))
		for i, v := range values {
			if d, ok := v.(Date); ok {
				days[i] = arrow.Date32FromTime(d.Time())
			} else if !isNone(v) {
				days[i] = v
			}
		}
		return objects(array.NewDate32Builder(mem), days)
	case time.Time:
		return momentObjects(mem, values)
	}
	return nil, mistyped("a column of objects: %s", describe(first))
}

func isNone(v any) bool {
	f, ok := v.(float64)
	return v == nil || (ok && f != f)
}

func objects[T any](b appender[T], values []any) (arrow.Array, error) {
	for _, v := range values {
		switch v := v.(type) {
		case T:
			if isNone(v) {
				b.AppendNull()
			} else {
				b.Append(v)
			}
		default:
			if !isNone(v) {
				return nil, mistyped("a column of several types: %s among others", describe(v))
			}
			b.AppendNull()
		}
	}
	return b.NewArray(), nil
}

func momentObjects(mem memory.Allocator, values []any) (arrow.Array, error) {
	b := array.NewTimestampBuilder(mem, &arrow.TimestampType{Unit: arrow.Microsecond})
	for _, v := range values {
		t, ok := v.(time.Time)
		switch {
		case ok && IsNaive(t):
			b.Append(arrow.Timestamp(t.UnixMicro()))
		case isNone(v):
			b.AppendNull()
		default:
			return nil, mistyped("a column of several types: %s among others", describe(v))
		}
	}
	return b.NewArray(), nil
}

// appendFrom appends one element of another array of the same type.
func appendFrom(b array.Builder, from arrow.Array, i int) error {
	if from.IsNull(i) {
		b.AppendNull()
		return nil
	}
	switch b := b.(type) {
	case *array.TimestampBuilder:
		b.Append(from.(*array.Timestamp).Value(i))
		return nil
	case *array.DurationBuilder:
		b.Append(from.(*array.Duration).Value(i))
		return nil
	case *array.BinaryBuilder:
		if v, ok := from.(*array.Binary); ok {
			b.Append(v.Value(i))
			return nil
		}
	}
	return b.AppendValueFromString(from.ValueStr(i))
}

// rebuilt reads length values out of Arrow's buffers: a bitmap of what is
// there, then the values, or offsets and the texts they point into.
func rebuilt(mem memory.Allocator, t arrow.DataType, length, offset int, buffers [][]byte) (arrow.Array, error) {
	there := func(i int) bool {
		return len(buffers) == 0 || buffers[0] == nil || buffers[0][(offset+i)/8]>>((offset+i)%8)&1 == 1
	}
	if len(buffers) > 0 && buffers[0] != nil && len(buffers[0]) < (offset+length+7)/8 {
		return nil, malformed("a bitmap of %d bytes for %d values", len(buffers[0]), length)
	}
	b := array.NewBuilder(mem, t)
	defer b.Release()
	var item func(i int) error
	switch t := t.(type) {
	case *arrow.StringType, *arrow.LargeStringType, *arrow.BinaryType, *arrow.LargeBinaryType:
		wide := 4
		if t.ID() == arrow.LARGE_STRING || t.ID() == arrow.LARGE_BINARY {
			wide = 8
		}
		if len(buffers) < 3 || (length > 0 && len(buffers[1]) < (offset+length+1)*wide) {
			return nil, malformed("no offsets of texts")
		}
		item = func(i int) error { return appendText(b, buffers[1], buffers[2], offset+i, wide) }
	case *arrow.BooleanType:
		if len(buffers) < 2 || len(buffers[1]) < (offset+length+7)/8 {
			return nil, malformed("no values")
		}
		item = func(i int) error {
			b.(*array.BooleanBuilder).Append(buffers[1][(offset+i)/8]>>((offset+i)%8)&1 == 1)
			return nil
		}
	case arrow.FixedWidthDataType:
		width := t.Bytes()
		if len(buffers) < 2 || len(buffers[1]) < (offset+length)*width {
			return nil, malformed("no values")
		}
		item = func(i int) error { return appendNumber(b, buffers[1][(offset+i)*width:]) }
	default:
		return nil, mistyped("an array of Arrow's %s", t)
	}
	for i := range length {
		if !there(i) {
			b.AppendNull()
			continue
		}
		if err := item(i); err != nil {
			return nil, err
		}
	}
	return b.NewArray(), nil
}

func appendText(b array.Builder, offsets, text []byte, i, wide int) error {
	at := func(i int) int64 {
		if wide == 8 {
			return int64(binary.LittleEndian.Uint64(offsets[8*i:]))
		}
		return int64(int32(binary.LittleEndian.Uint32(offsets[4*i:])))
	}
	from, to := at(i), at(i+1)
	if from < 0 || to < from || to > int64(len(text)) {
		return malformed("a text from %d to %d of %d", from, to, len(text))
	}
	switch b := b.(type) {
	case *array.StringBuilder:
		b.Append(pickleText(text[from:to]))
	case *array.LargeStringBuilder:
		b.Append(pickleText(text[from:to]))
	case *array.BinaryBuilder:
		b.Append(text[from:to])
	}
	return nil
}

func appendNumber(b array.Builder, raw []byte) error {
	switch b := b.(type) {
	case *array.Int8Builder:
		b.Append(int8(raw[0]))
	case *array.Int16Builder:
		b.Append(int16(binary.LittleEndian.Uint16(raw)))
	case *array.Int32Builder:
		b.Append(int32(binary.LittleEndian.Uint32(raw)))
	case *array.Int64Builder:
		b.Append(int64(binary.LittleEndian.Uint64(raw)))
	case *array.Uint8Builder:
		b.Append(raw[0])
	case *array.Uint16Builder:
		b.Append(binary.LittleEndian.Uint16(raw))
	case *array.Uint32Builder:
		b.Append(binary.LittleEndian.Uint32(raw))
	case *array.Uint64Builder:
		b.Append(binary.LittleEndian.Uint64(raw))
	case *array.Float32Builder:
		b.Append(math.Float32frombits(binary.LittleEndian.Uint32(raw)))
	case *array.Float64Builder:
		b.Append(math.Float64frombits(binary.LittleEndian.Uint64(raw)))
	default:
		return mistyped("an array of %s", b.Type())
	}
	return nil
}
