package codec

import (
	"fmt"
	"reflect"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// group is a group of columns in the order they were added; the library's own
// sorts them by name.
type group struct {
	parquet.Group
	fields []parquet.Field
}

type groupField struct {
	parquet.Node
	name string
}

// Name implements parquet.Field.
func (f groupField) Name() string { return f.name }

// Value implements parquet.Field; rows are built by hand, never by reflection.
func (groupField) Value(reflect.Value) reflect.Value { return reflect.Value{} }

func (g *group) add(name string, n parquet.Node) {
	g.fields = append(g.fields, groupField{n, name})
}

// Fields implements parquet.Node.
func (g *group) Fields() []parquet.Field { return g.fields }

// String implements parquet.Node.
func (g *group) String() string { return fmt.Sprintf("group of %d", len(g.fields)) }

func leaves(n parquet.Node) int {
	if n.Leaf() {
		return 1
	}
	total := 0
	for _, f := range n.Fields() {
		total += leaves(f)
	}
	return total
}

var timeUnits = map[arrow.TimeUnit]parquet.TimeUnit{
	arrow.Second: parquet.Millisecond, arrow.Millisecond: parquet.Millisecond,
	arrow.Microsecond: parquet.Microsecond, arrow.Nanosecond: parquet.Nanosecond,
}

// parquetNode returns the column that keeps an Arrow type.
func parquetNode(t arrow.DataType, optional bool) (parquet.Node, error) {
	node, err := plainNode(t)
	if err != nil {
		return nil, err
	}
	if optional {
		node = parquet.Optional(node)
	}
	return node, nil
}

func plainNode(t arrow.DataType) (parquet.Node, error) {
	switch t := t.(type) {
	case *arrow.BooleanType:
		return parquet.Leaf(parquet.BooleanType), nil
	case *arrow.Int8Type, *arrow.Int16Type, *arrow.Int32Type, *arrow.Int64Type:
		return parquet.Int(t.(arrow.FixedWidthDataType).BitWidth()), nil
	case *arrow.Uint8Type, *arrow.Uint16Type, *arrow.Uint32Type, *arrow.Uint64Type:
		return parquet.Uint(t.(arrow.FixedWidthDataType).BitWidth()), nil
	case *arrow.Float32Type:
		return parquet.Leaf(parquet.FloatType), nil
	case *arrow.Float64Type:
		return parquet.Leaf(parquet.DoubleType), nil
	case *arrow.Float16Type:
		return halfNode{parquet.Leaf(parquet.FixedLenByteArrayType(2))}, nil
	case *arrow.StringType, *arrow.LargeStringType, *arrow.StringViewType:
		return dictionary(parquet.String()), nil
	case *arrow.BinaryType, *arrow.LargeBinaryType, *arrow.BinaryViewType:
		return dictionary(parquet.Leaf(parquet.ByteArrayType)), nil
	case *arrow.FixedSizeBinaryType:
		return parquet.Leaf(parquet.FixedLenByteArrayType(t.ByteWidth)), nil
	case *arrow.TimestampType:
		return parquet.TimestampAdjusted(timeUnits[t.Unit], t.TimeZone != ""), nil
	case *arrow.Date32Type, *arrow.Date64Type:
		return parquet.Date(), nil
	case *arrow.Time32Type:
		return parquet.TimeAdjusted(parquet.Millisecond, false), nil
	case *arrow.Time64Type:
		return parquet.TimeAdjusted(timeUnits[t.Unit], false), nil
	case *arrow.DurationType:
		return parquet.Leaf(parquet.Int64Type), nil
	case *arrow.Decimal128Type:
		return parquet.Decimal(int(t.Scale), int(t.Precision), parquet.FixedLenByteArrayType(16)), nil
	case *arrow.NullType:
		return parquet.Leaf(parquet.Int32Type), nil
	case *arrow.DictionaryType:
		n, err := plainNode(t.ValueType)
		if err == nil && n.Leaf() && n.Type().Kind() != parquet.Boolean {
			n = dictionary(n)
		}
		return n, err
	case *arrow.ListType:
		return listNode(t.Elem())
	case *arrow.LargeListType:
		return listNode(t.Elem())
	case *arrow.FixedSizeListType:
		return listNode(t.Elem())
	case *arrow.StructType:
		g := &group{}
		for _, f := range t.Fields() {
			node, err := parquetNode(f.Type, true)
			if err != nil {
				return nil, err
			}
			g.add(f.Name, node)
		}
		if len(g.fields) == 0 {
			return nil, mistyped("a struct without a field")
		}
		return g, nil
	}
	return nil, mistyped("Parquet keeps no %s", t)
}

// halfNode is a column of half-precision numbers, which the library reads but
// has no name for.
type halfNode struct{ parquet.Node }

// Type implements parquet.Node.
func (n halfNode) Type() parquet.Type { return halfType{n.Node.Type()} }

type halfType struct{ parquet.Type }

// LogicalType implements parquet.Type.
func (halfType) LogicalType() *format.LogicalType {
	return &format.LogicalType{Value: new(format.Float16Type)}
}

// dictionary keeps texts once each, as pyarrow does. It reads categories from
// no other encoding, and the library's own choice would be one of those.
func dictionary(n parquet.Node) parquet.Node { return parquet.Encoded(n, &parquet.RLEDictionary) }

func listNode(elem arrow.DataType) (parquet.Node, error) {
	node, err := parquetNode(elem, true)
	if err != nil {
		return nil, err
	}
	return parquet.List(node), nil
}

// arrowType returns the Arrow type of a column that comes without Arrow's
// schema.
func arrowType(n parquet.Node) (arrow.DataType, error) {
	if n.Leaf() {
		return leafType(n)
	}
	fields := n.Fields()
	if isList(n) && len(fields) == 1 && fields[0].Repeated() {
		elem, err := arrowType(listElement(n))
		if err != nil {
			return nil, err
		}
		return arrow.ListOf(elem), nil
	}
	out := make([]arrow.Field, len(fields))
	for i, f := range fields {
		t, err := arrowType(f)
		if err != nil {
			return nil, err
		}
		if f.Repeated() {
			t = arrow.ListOf(t)
		}
		out[i] = arrow.Field{Name: f.Name(), Type: t, Nullable: true}
	}
	return arrow.StructOf(out...), nil
}

// listElement is what a list repeats: the only field of its repeated group,
// or that group itself where older writers left the group out.
func listElement(n parquet.Node) parquet.Node {
	repeated := n.Fields()[0]
	if !repeated.Leaf() && len(repeated.Fields()) == 1 {
		return repeated.Fields()[0]
	}
	return repeated
}

func leafType(n parquet.Node) (arrow.DataType, error) {
	t := n.Type()
	if l := t.LogicalType(); l != nil {
		switch l := l.Value.(type) {
		case *format.StringType, *format.EnumType, *format.JsonType:
			return arrow.BinaryTypes.String, nil
		case *format.IntType:
			return intType(int(l.BitWidth), l.IsSigned), nil
		case *format.DateType:
			return arrow.FixedWidthTypes.Date32, nil
		case *format.TimestampType:
			zone := ""
			if l.IsAdjustedToUTC {
				zone = "UTC"
			}
			return &arrow.TimestampType{Unit: arrowUnit(l.Unit), TimeZone: zone}, nil
		case *format.TimeType:
			if unit := arrowUnit(l.Unit); unit != arrow.Millisecond {
				return &arrow.Time64Type{Unit: unit}, nil
			}
			return arrow.FixedWidthTypes.Time32ms, nil
		case *format.DecimalType:
			if l.Precision > 38 {
				return nil, mistyped("a decimal of %d digits", l.Precision)
			}
			return &arrow.Decimal128Type{Precision: l.Precision, Scale: l.Scale}, nil
		case *format.Float16Type:
			return arrow.FixedWidthTypes.Float16, nil
		case *format.NullType:
			return arrow.Null, nil
		}
	}
	switch t.Kind() {
	case parquet.Boolean:
		return arrow.FixedWidthTypes.Boolean, nil
	case parquet.Int32:
		return arrow.PrimitiveTypes.Int32, nil
	case parquet.Int64:
		return arrow.PrimitiveTypes.Int64, nil
	case parquet.Int96: // moments of older writers
		return arrow.FixedWidthTypes.Timestamp_ns, nil
	case parquet.Float:
		return arrow.PrimitiveTypes.Float32, nil
	case parquet.Double:
		return arrow.PrimitiveTypes.Float64, nil
	case parquet.ByteArray:
		return arrow.BinaryTypes.Binary, nil
	case parquet.FixedLenByteArray:
		return &arrow.FixedSizeBinaryType{ByteWidth: t.Length()}, nil
	}
	return nil, mistyped("a column of %s", t)
}

func arrowUnit(u format.TimeUnit) arrow.TimeUnit {
	switch u.Value.(type) {
	case *format.MilliSeconds:
		return arrow.Millisecond
	case *format.MicroSeconds:
		return arrow.Microsecond
	}
	return arrow.Nanosecond
}

func isList(n parquet.Node) bool {
	l := n.Type().LogicalType()
	if l == nil {
		return false
	}
	_, is := l.Value.(*format.ListType)
	return is
}

func intType(bits int, signed bool) arrow.DataType {
	if signed {
		switch bits {
		case 8:
			return arrow.PrimitiveTypes.Int8
		case 16:
			return arrow.PrimitiveTypes.Int16
		case 32:
			return arrow.PrimitiveTypes.Int32
		}
		return arrow.PrimitiveTypes.Int64
	}
	switch bits {
	case 8:
		return arrow.PrimitiveTypes.Uint8
	case 16:
		return arrow.PrimitiveTypes.Uint16
	case 32:
		return arrow.PrimitiveTypes.Uint32
	}
	return arrow.PrimitiveTypes.Uint64
}
