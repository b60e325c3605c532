package codec

import (
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// extension is a column's values: an array of NumPy with what pandas adds to
// it, or an array of Arrow.
type extension struct {
	values     *NDArray
	mask       []bool // true where a value is missing
	zone       string
	categories arrow.Array
	ordered    bool
	arrow      arrow.Array
}

// extension reads an array of NumPy or one of pandas' own.
func (p *pickled) extension(v any, depth int64) (extension, error) {
	defer p.leave()
	if err := p.enter(); err != nil {
		return extension{}, err
	}
	c, ok := v.(*pyCall)
	if !ok {
		return extension{}, malformed("no array: a %T", v)
	}
	name := p.callee(c)
	if strings.HasPrefix(name, "numpy.") {
		return p.plainValues(c, depth)
	}
	state := stateDict(c)
	dtype := state["_dtype"]
	data := firstOf(state, "_ndarray", "_data")
	class := name
	if name == "pandas._libs.arrays.__pyx_unpickle_NDArrayBacked" && len(c.args) > 0 {
		if g, ok := c.args[0].(*pyGlobal); ok {
			class = g.named()
		}
		for _, s := range c.states {
			if t, ok := s.(*pyTuple); ok && len(t.items) >= 2 {
				dtype, data = t.items[0], t.items[1]
				if again, ok := dtype.(*pyCall); ok && strings.Contains(p.callee(again), "_reconstruct") {
					dtype, data = data, dtype // (values, type) in pandas 1
				}
			}
		}
	}
	switch short := class[strings.LastIndexByte(class, '.')+1:]; short {
	case "IntegerArray", "FloatingArray", "BooleanArray":
		e, err := p.plainValues(data, depth)
		if err != nil {
			return e, err
		}
		m, err := p.plainValues(state["_mask"], depth)
		if err != nil {
			return e, err
		}
		e.mask, ok = m.values.Data.([]bool)
		if !ok || len(e.mask) != e.values.Len() {
			return e, malformed("no mask of an array")
		}
		return e, nil
	case "StringArray", "TimedeltaArray", "NumpyExtensionArray", "PandasArray":
		return p.plainValues(data, depth)
	case "DatetimeArray", "DatetimeIndex":
		e, err := p.plainValues(data, depth)
		if err != nil {
			return e, err
		}
		e.zone, err = p.zoneName(dtype, depth)
		return e, err
	case "Categorical":
		return p.categorical(state, dtype, data, depth)
	case "ArrowStringArray", "ArrowExtensionArray", "ArrowStringArrayNumpySemantics":
		a, err := p.arrowArray(firstOf(state, "_pa_array", "_data"), depth)
		return extension{arrow: a}, err
	}
	return extension{}, unsafely("a column of %s", class)
}

func (p *pickled) plainValues(v any, depth int64) (extension, error) {
	solved, err := p.value(v, depth)
	if err != nil {
		return extension{}, err
	}
	a, ok := solved.(*NDArray)
	if !ok {
		return extension{}, malformed("no array: %s", describe(solved))
	}
	return extension{values: a}, nil
}

// zoneName reads the zone of a DatetimeTZDtype.
func (p *pickled) zoneName(v any, depth int64) (string, error) {
	c, ok := v.(*pyCall)
	if !ok || !strings.HasSuffix(p.callee(c), ".DatetimeTZDtype") {
		return "", nil
	}
	tz := stateDict(c)["tz"]
	if tz == nil && len(c.args) > 1 {
		tz = c.args[1]
	}
	if text, ok := tz.(string); ok {
		return text, nil
	}
	zone, err := p.zone(tz, depth)
	if err != nil || zone == nil {
		return "", err
	}
	if zone != time.UTC && zone.String() == "" || strings.HasPrefix(zone.String(), "UTC") && zone != time.UTC {
		return time.Unix(0, 0).In(zone).Format("-07:00"), nil
	}
	return zone.String(), nil
}

func (p *pickled) categorical(state map[string]any, dtype, data any, depth int64) (extension, error) {
	if codes := state["_codes"]; codes != nil && data == nil {
		data = codes
	}
	e, err := p.plainValues(data, depth)
	if err != nil {
		return e, err
	}
	c, ok := dtype.(*pyCall)
	if !ok {
		return e, malformed("a Categorical without its categories")
	}
	kept := stateDict(c)
	l, err := p.labels(firstOf(kept, "categories", "_categories"), depth)
	if err != nil {
		return e, err
	}
	e.categories = nil
	if len(l.columns) == 1 {
		e.categories = l.columns[0]
	} else if len(l.columns) == 0 {
		if e.categories, err = p.numbers(l); err != nil {
			return e, err
		}
	}
	if e.categories == nil {
		return e, mistyped("categories of several levels")
	}
	e.ordered, _ = firstOf(kept, "ordered", "_ordered").(bool)
	return e, nil
}

// array makes an Arrow array of the values.
func (e extension) array(p *pickled) (arrow.Array, error) {
	if e.arrow != nil {
		return e.arrow, nil
	}
	if len(e.values.Shape) != 1 {
		return nil, mistyped("a column of shape %s", shapeText(e.values.Shape))
	}
	p.bytes += footprintOf(e.values)
	if err := p.l.bytes(p.bytes); err != nil {
		return nil, err
	}
	if e.categories != nil {
		return e.dictionary(p)
	}
	return arrowOf(p.mem, e.values, e.mask, e.zone)
}

func footprintOf(a *NDArray) int64 { return footprint(a.DType, int64(a.Len())) }

func (e extension) dictionary(p *pickled) (arrow.Array, error) {
	at, err := e.values.Float64s()
	if err != nil {
		return nil, err
	}
	b := array.NewInt32Builder(p.mem)
	for _, f := range at {
		switch {
		case f == -1:
			b.AppendNull()
		case f < 0 || f >= float64(e.categories.Len()):
			return nil, malformed("no category %g of %d", f, e.categories.Len())
		default:
			b.Append(int32(f))
		}
	}
	t := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: e.categories.DataType(), Ordered: e.ordered}
	return array.NewDictionaryArray(t, b.NewArray(), e.categories), nil
}

// arrowArray reads _restore_array((type, length, nulls, offset, buffers,
// children, dictionary)), or a chunked array of such.
func (p *pickled) arrowArray(v any, depth int64) (arrow.Array, error) {
	defer p.leave()
	if err := p.enter(); err != nil {
		return nil, err
	}
	c, ok := v.(*pyCall)
	if !ok {
		return nil, malformed("no array of Arrow")
	}
	switch name := p.callee(c); name {
	case "pyarrow.lib.chunked_array":
		if len(c.args) == 0 {
			return nil, wrongArgs(c.args)
		}
		list, ok := c.args[0].(*pyList)
		if !ok || len(list.items) == 0 {
			if len(c.args) > 1 {
				t, err := p.arrowType(c.args[1])
				if err != nil {
					return nil, err
				}
				return array.MakeArrayOfNull(p.mem, t, 0), nil
			}
			return nil, wrongArgs(c.args)
		}
		parts := make([]arrow.Array, len(list.items))
		for i, item := range list.items {
			var err error
			if parts[i], err = p.arrowArray(item, depth+1); err != nil {
				return nil, err
			}
		}
		if len(parts) == 1 {
			return parts[0], nil
		}
		return array.Concatenate(parts, p.mem)
	case "pyarrow.lib._restore_array":
		if len(c.args) != 1 {
			return nil, wrongArgs(c.args)
		}
		t, ok := c.args[0].(*pyTuple)
		if !ok || len(t.items) < 7 {
			return nil, wrongArgs(c.args)
		}
		return p.restored(t.items, depth)
	default:
		return nil, unsafely("an array of %s", name)
	}
}

// restored rebuilds an array value by value, so that no offset is trusted.
func (p *pickled) restored(state []any, depth int64) (arrow.Array, error) {
	t, err := p.arrowType(state[0])
	if err != nil {
		return nil, err
	}
	n, ok := integersOf([]any{state[1], state[3]})
	list, also := state[4].(*pyList)
	if !ok || !also || n[0] < 0 || n[1] < 0 || n[0] > maxItem || n[1] > maxItem {
		return nil, malformed("no array of Arrow")
	}
	length, offset := int(n[0]), int(n[1])
	if err := p.l.rows(n[0]); err != nil {
		return nil, err
	}
	buffers := make([][]byte, len(list.items))
	for i, item := range list.items {
		if item == nil {
			continue
		}
		if buffers[i], err = p.buffer(item, depth); err != nil {
			return nil, err
		}
	}
	return rebuilt(p.mem, t, length, offset, buffers)
}

// arrowType reads type_for_alias("int64") and its like.
func (p *pickled) arrowType(v any) (arrow.DataType, error) {
	c, ok := v.(*pyCall)
	if !ok {
		return nil, malformed("no type of Arrow")
	}
	if p.callee(c) == "pyarrow.lib.type_for_alias" && len(c.args) == 1 {
		name, _ := c.args[0].(string)
		for _, t := range []arrow.DataType{
			arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.Binary, arrow.BinaryTypes.LargeBinary,
			arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64,
			arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Uint64,
			arrow.PrimitiveTypes.Float64, arrow.FixedWidthTypes.Boolean,
		} {
			if alias := map[string]string{"utf8": "string", "large_utf8": "large_string"}[t.Name()]; name == t.Name() || name == alias {
				return t, nil
			}
		}
		switch name {
		case "double", "float64":
			return arrow.PrimitiveTypes.Float64, nil
		case "float", "float32":
			return arrow.PrimitiveTypes.Float32, nil
		}
		return nil, mistyped("an array of Arrow's %.40q", name)
	}
	return nil, mistyped("an array of Arrow of type %s", p.callee(c))
}
