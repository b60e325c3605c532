package codec

import (
	"math/big"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/float16"
	"github.com/parquet-go/parquet-go"
)

func appendValue(b array.Builder, v parquet.Value) error {
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(v.Boolean())
	case *array.Int8Builder:
		b.Append(int8(v.Int32()))
	case *array.Int16Builder:
		b.Append(int16(v.Int32()))
	case *array.Int32Builder:
		b.Append(v.Int32())
	case *array.Int64Builder:
		b.Append(v.Int64())
	case *array.Uint8Builder:
		b.Append(uint8(v.Int32()))
	case *array.Uint16Builder:
		b.Append(uint16(v.Int32()))
	case *array.Uint32Builder:
		b.Append(uint32(v.Int32()))
	case *array.Uint64Builder:
		b.Append(uint64(v.Int64()))
	case *array.Float32Builder:
		b.Append(v.Float())
	case *array.Float64Builder:
		b.Append(v.Double())
	case *array.StringBuilder:
		b.Append(string(v.ByteArray()))
	case *array.BinaryBuilder:
		b.Append(v.ByteArray())
	case *array.FixedSizeBinaryBuilder:
		b.Append(v.ByteArray())
	case *array.Date32Builder:
		b.Append(arrow.Date32(v.Int32()))
	case *array.Time32Builder:
		b.Append(arrow.Time32(v.Int32()))
	case *array.Time64Builder:
		b.Append(arrow.Time64(v.Int64()))
	case *array.TimestampBuilder:
		if v.Kind() == parquet.Int96 {
			b.Append(arrow.Timestamp(int96Nanos(v)))
		} else {
			b.Append(arrow.Timestamp(v.Int64()))
		}
	case *array.Float16Builder:
		raw := v.ByteArray()
		if len(raw) != 2 {
			return malformed("a half-precision number of %d bytes", len(raw))
		}
		b.Append(float16.FromBits(uint16(raw[0]) | uint16(raw[1])<<8))
	case *array.Decimal128Builder:
		return appendDecimal(b, v)
	case *array.NullBuilder:
		b.AppendNull()
	default:
		return mistyped("a column of %s", b.Type())
	}
	return nil
}

// int96Nanos is Impala's moment: nanoseconds of the day, and the Julian day.
func int96Nanos(v parquet.Value) int64 {
	n := v.Int96()
	const epoch = 2440588 // the Julian day of 1970-01-01
	return (int64(n[2])-epoch)*86400e9 + int64(uint64(n[1])<<32|uint64(n[0]))
}

func appendDecimal(b *array.Decimal128Builder, v parquet.Value) error {
	switch v.Kind() {
	case parquet.Int32:
		b.Append(decimal128.FromI64(int64(v.Int32())))
	case parquet.Int64:
		b.Append(decimal128.FromI64(v.Int64()))
	default:
		raw := v.ByteArray()
		if len(raw) > 16 {
			return malformed("a decimal of %d bytes", len(raw))
		}
		n := new(big.Int).SetBytes(raw)
		if len(raw) > 0 && raw[0]&0x80 != 0 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(raw))))
		}
		b.Append(decimal128.FromBigInt(n))
	}
	return nil
}
