package codec

import (
	"encoding/binary"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/parquet-go/parquet-go"
)

// level is where a value stands: at which repetition and definition level, and
// within how many lists.
type level struct{ rep, def, lists int }

// columnValues adds element i of a, whose leaves begin at column leaf, to the
// row. Each value has its levels: how deep it is defined and which list goes on.
func columnValues(row parquet.Row, a arrow.Array, i int, at level, leaf int, optional bool) (parquet.Row, error) {
	if optional {
		if a.IsNull(i) || a.DataType().ID() == arrow.NULL {
			return noValues(row, a.DataType(), at, leaf), nil
		}
		at.def++
	}
	switch a := a.(type) {
	case *array.Dictionary:
		return columnValues(row, a.Dictionary(), a.GetValueIndex(i), at, leaf, false)
	case *array.Struct:
		for k := range a.NumField() {
			var err error
			if row, err = columnValues(row, a.Field(k), i, at, leaf, true); err != nil {
				return nil, err
			}
			leaf += arrowLeaves(a.Field(k).DataType())
		}
		return row, nil
	case array.ListLike:
		from, to := a.ValueOffsets(i)
		if from == to {
			return noValues(row, a.ListValues().DataType(), at, leaf), nil
		}
		at.def++
		at.lists++
		for j := from; j < to; j++ {
			var err error
			if row, err = columnValues(row, a.ListValues(), int(j), at, leaf, true); err != nil {
				return nil, err
			}
			at.rep = at.lists
		}
		return row, nil
	}
	v, err := leafValue(a, i)
	if err != nil {
		return nil, err
	}
	return append(row, v.Level(at.rep, at.def, leaf)), nil
}

// noValues adds a missing value for each leaf.
func noValues(row parquet.Row, t arrow.DataType, at level, leaf int) parquet.Row {
	for k := range arrowLeaves(t) {
		row = append(row, parquet.Value{}.Level(at.rep, at.def, leaf+k))
	}
	return row
}

func arrowLeaves(t arrow.DataType) int {
	switch t := t.(type) {
	case *arrow.StructType:
		n := 0
		for _, f := range t.Fields() {
			n += arrowLeaves(f.Type)
		}
		return n
	case arrow.ListLikeType:
		return arrowLeaves(t.Elem())
	}
	return 1
}

func leafValue(a arrow.Array, i int) (parquet.Value, error) {
	switch a := a.(type) {
	case *array.Boolean:
		return parquet.BooleanValue(a.Value(i)), nil
	case *array.Int8:
		return parquet.Int32Value(int32(a.Value(i))), nil
	case *array.Int16:
		return parquet.Int32Value(int32(a.Value(i))), nil
	case *array.Int32:
		return parquet.Int32Value(a.Value(i)), nil
	case *array.Int64:
		return parquet.Int64Value(a.Value(i)), nil
	case *array.Uint8:
		return parquet.Int32Value(int32(a.Value(i))), nil
	case *array.Uint16:
		return parquet.Int32Value(int32(a.Value(i))), nil
	case *array.Uint32:
		return parquet.Int32Value(int32(a.Value(i))), nil
	case *array.Uint64:
		return parquet.Int64Value(int64(a.Value(i))), nil
	case *array.Float32:
		return parquet.FloatValue(a.Value(i)), nil
	case *array.Float64:
		return parquet.DoubleValue(a.Value(i)), nil
	case *array.String:
		return parquet.ByteArrayValue([]byte(a.Value(i))), nil
	case *array.Float16:
		bits := a.Value(i).Uint16()
		return parquet.FixedLenByteArrayValue([]byte{byte(bits), byte(bits >> 8)}), nil
	case *array.StringView:
		return parquet.ByteArrayValue([]byte(a.Value(i))), nil
	case *array.BinaryView:
		return parquet.ByteArrayValue(a.Value(i)), nil
	case *array.LargeString:
		return parquet.ByteArrayValue([]byte(a.Value(i))), nil
	case *array.Binary:
		return parquet.ByteArrayValue(a.Value(i)), nil
	case *array.LargeBinary:
		return parquet.ByteArrayValue(a.Value(i)), nil
	case *array.FixedSizeBinary:
		return parquet.FixedLenByteArrayValue(a.Value(i)), nil
	case *array.Timestamp:
		v := int64(a.Value(i))
		if a.DataType().(*arrow.TimestampType).Unit == arrow.Second {
			v *= 1000
		}
		return parquet.Int64Value(v), nil
	case *array.Date32:
		return parquet.Int32Value(int32(a.Value(i))), nil
	case *array.Date64:
		days, _ := floorDiv(int64(a.Value(i)), 86400_000)
		return parquet.Int32Value(int32(days)), nil
	case *array.Time32:
		v := int32(a.Value(i))
		if a.DataType().(*arrow.Time32Type).Unit == arrow.Second {
			v *= 1000
		}
		return parquet.Int32Value(v), nil
	case *array.Time64:
		return parquet.Int64Value(int64(a.Value(i))), nil
	case *array.Duration:
		return parquet.Int64Value(int64(a.Value(i))), nil
	case *array.Decimal128:
		var b [16]byte
		n := a.Value(i)
		binary.BigEndian.PutUint64(b[:8], uint64(n.HighBits()))
		binary.BigEndian.PutUint64(b[8:], n.LowBits())
		return parquet.FixedLenByteArrayValue(b[:]), nil
	}
	return parquet.Value{}, mistyped("Parquet keeps no %s", a.DataType())
}
