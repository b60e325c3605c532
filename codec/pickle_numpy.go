package codec

import (
	"bytes"
	"fmt"
)

// dtype reads a call of numpy.dtype and the state given to it:
// (version, order, subtype, names, fields, size, alignment, flags[, metadata]).
func (p *pickled) dtype(v any) (DType, error) {
	defer p.leave()
	if err := p.enter(); err != nil {
		return DType{}, err
	}
	c, ok := v.(*pyCall)
	if !ok || p.callee(c) != "numpy.dtype" || len(c.args) < 1 {
		return DType{}, malformed("no type of NumPy")
	}
	text, ok := textOf(c.args[0])
	if !ok {
		return DType{}, malformed("no type of NumPy")
	}
	var state []any
	if len(c.states) > 0 {
		t, ok := c.states[0].(*pyTuple)
		if !ok || len(t.items) < 8 {
			return DType{}, malformed("no state of a NumPy type")
		}
		state = t.items
	}
	if state != nil && state[3] != nil {
		return p.structured(state)
	}
	d, err := parseDescr(text)
	if err != nil || state == nil {
		return d, err
	}
	if order, _ := textOf(state[1]); order == ">" && d.Size > 1 && d.Kind != 'S' && d.Kind != 'V' {
		d.BigEndian = true
	}
	// ("M8", then ({}, (unit, count, 1, 1)))
	if (d.Kind == 'M' || d.Kind == 'm') && len(state) > 8 {
		if meta, ok := state[8].(*pyTuple); ok && len(meta.items) == 2 {
			d.Unit, err = p.unitText(meta.items[1])
		}
	}
	return d, err
}

func (p *pickled) unitText(v any) (string, error) {
	t, ok := v.(*pyTuple)
	if !ok || len(t.items) < 2 {
		return "", malformed("no unit of time")
	}
	var unit string
	switch u := t.items[0].(type) {
	case string:
		unit = u
	default:
		b, err := p.buffer(u, 0)
		if err != nil {
			return "", err
		}
		unit = string(b)
	}
	if n, ok := t.items[1].(int64); ok && n > 1 {
		unit = fmt.Sprint(n) + unit
	}
	if unit == "generic" {
		return "", nil
	}
	if !validUnit(unit) {
		return "", malformed("no unit of time")
	}
	return unit, nil
}

func textOf(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case pyBytes2:
		return string(v), true
	}
	return "", false
}

// fieldMemory is what a field of a structured type takes.
const fieldMemory = 160

// structured reads the names and fields of a structured type.
func (p *pickled) structured(state []any) (DType, error) {
	bad := malformed("no structured type of NumPy")
	names, ok := state[3].(*pyTuple)
	fields, also := state[4].(*pyDict)
	size, sized := state[5].(int64)
	if !ok || !also || !sized || size < 0 || size > maxItem || len(names.items) > maxFields {
		return DType{}, bad
	}
	if err := p.take(len(names.items) * fieldMemory); err != nil {
		return DType{}, err
	}
	d := DType{Kind: 'V', Size: int(size)}
	byName := map[string]*pyTuple{}
	for _, pair := range fields.pairs {
		name, _ := textOf(pair[0])
		byName[name], _ = pair[1].(*pyTuple)
	}
	for _, n := range names.items {
		name, _ := textOf(n)
		def := byName[name]
		if def == nil || len(def.items) < 2 {
			return d, bad
		}
		offset, ok := def.items[1].(int64)
		if !ok || offset < 0 {
			return d, bad
		}
		f := Field{Name: name, Offset: int(offset)}
		var err error
		if f.Type, f.Shape, err = p.subtype(def.items[0]); err != nil {
			return d, err
		}
		n, err := elements(f.Shape, f.Type.Size, Limits{Bytes: maxItem})
		if err != nil {
			return d, err
		}
		if offset+int64(n)*int64(f.Type.Size) > size {
			return d, bad
		}
		d.Fields = append(d.Fields, f)
	}
	return d, nil
}

// subtype reads a field's type, which may have a shape of its own.
func (p *pickled) subtype(v any) (DType, []int, error) {
	if c, ok := v.(*pyCall); ok && len(c.states) > 0 {
		if t, ok := c.states[0].(*pyTuple); ok && len(t.items) > 2 {
			if sub, ok := t.items[2].(*pyTuple); ok && len(sub.items) == 2 {
				d, err := p.dtype(sub.items[0])
				if err != nil {
					return d, nil, err
				}
				shape, err := p.shape(sub.items[1])
				return d, shape, err
			}
		}
	}
	d, err := p.dtype(v)
	return d, nil, err
}

func (p *pickled) shape(v any) ([]int, error) {
	if n, ok := v.(int64); ok {
		v = &pyTuple{[]any{n}}
	}
	t, ok := v.(*pyTuple)
	if !ok {
		return nil, malformed("no shape")
	}
	items := make(tuple, len(t.items))
	for i, item := range t.items {
		n, ok := item.(int64)
		if !ok || n != int64(int(n)) {
			return nil, malformed("no shape")
		}
		items[i] = int(n)
	}
	return shapeOf(items)
}

// asArray reads _reconstruct(class, (0,), b"b") with the state
// (version, shape, type, Fortran, data).
func asArray(p *pickled, c *pyCall, depth int64) (any, error) {
	if len(c.states) != 1 {
		return nil, malformed("an array without its state")
	}
	if class, ok := c.args[0].(*pyGlobal); len(c.args) != 3 || !ok || class.module[:min(5, len(class.module))] != "numpy" {
		return nil, unsafely("an array of a class of its own")
	}
	t, ok := c.states[0].(*pyTuple)
	if !ok || len(t.items) < 4 {
		return nil, malformed("no state of an array")
	}
	state := t.items
	if len(state) == 5 {
		state = state[1:]
	}
	shape, err := p.shape(state[0])
	if err != nil {
		return nil, err
	}
	d, err := p.dtype(state[1])
	if err != nil {
		return nil, err
	}
	fortran, _ := state[2].(bool)
	return p.array(d, shape, fortran, state[3], depth)
}

func (p *pickled) array(d DType, shape []int, fortran bool, data any, depth int64) (*NDArray, error) {
	n, err := elements(shape, d.Size, p.l)
	if err != nil {
		return nil, err
	}
	if list, ok := data.(*pyList); ok {
		if d.Kind != 'O' || len(list.items) != n {
			return nil, malformed("%d objects for an array of shape %s", len(list.items), shapeText(shape))
		}
		items, err := p.list(list.items, depth)
		if err != nil {
			return nil, err
		}
		a := &NDArray{DType: d, Shape: shape, Fortran: fortran && len(shape) > 1, Data: items}
		if a.Fortran {
			a.Data = permute(items, shape, toC, 1)
		}
		return a, nil
	}
	if d.object() {
		return nil, malformed("an array of objects without them")
	}
	raw, err := p.buffer(data, depth)
	if err != nil {
		return nil, err
	}
	if len(raw) != n*d.Size {
		return nil, malformed("%d bytes for an array of shape %s and type %s", len(raw), shapeText(shape), d)
	}
	p.bytes += footprint(d, int64(n))
	if err := p.l.bytes(p.bytes); err != nil {
		return nil, err
	}
	return readArray(bytes.NewReader(raw), d, shape, n, fortran)
}

// buffer returns the bytes of a value, whatever kept them.
func (p *pickled) buffer(v any, depth int64) ([]byte, error) {
	defer p.leave()
	if err := p.enter(); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case []byte:
		return v, nil
	case pyBytes2:
		return v, nil
	case *pyCall:
		if name := p.callee(v); name == "pyarrow.lib.py_buffer" && len(v.args) == 1 {
			return p.buffer(v.args[0], depth+1)
		}
		b, err := p.value(v, depth)
		if err != nil {
			return nil, err
		}
		if b, ok := b.([]byte); ok {
			return b, nil
		}
	}
	return nil, malformed("no bytes: a %T", v)
}

// asBufferArray reads _frombuffer(bytes, type, shape, order[, axes]), which
// protocol 5 writes.
func asBufferArray(p *pickled, c *pyCall, depth int64) (any, error) {
	if len(c.args) < 4 {
		return nil, wrongArgs(c.args)
	}
	d, err := p.dtype(c.args[1])
	if err != nil {
		return nil, err
	}
	shape, err := p.shape(c.args[2])
	if err != nil {
		return nil, err
	}
	order, ok := c.args[3].(string)
	if !ok || (order != "C" && order != "F") {
		return nil, mistyped("an array in order %.20v", c.args[3])
	}
	return p.array(d, shape, order == "F", c.args[0], depth)
}

// asScalar reads scalar(type, bytes).
func asScalar(p *pickled, c *pyCall, depth int64) (any, error) {
	if len(c.args) != 2 {
		return nil, wrongArgs(c.args)
	}
	d, err := p.dtype(c.args[0])
	if err != nil {
		return nil, err
	}
	if d.Kind == 'O' {
		return p.value(c.args[1], depth)
	}
	a, err := p.array(d, nil, false, c.args[1], depth)
	if err != nil {
		return nil, err
	}
	return a.scalar()
}

// scalar returns the only element as a Go value.
func (a *NDArray) scalar() (any, error) {
	switch d := a.Data.(type) {
	case []bool:
		return d[0], nil
	case []int8:
		return d[0], nil
	case []int16:
		return d[0], nil
	case []int32:
		return d[0], nil
	case []int64:
		return d[0], nil
	case []uint8:
		return d[0], nil
	case []uint16:
		return d[0], nil
	case []uint32:
		return d[0], nil
	case []uint64:
		return d[0], nil
	case []Float16:
		return d[0], nil
	case []float32:
		return d[0], nil
	case []float64:
		return d[0], nil
	case []LongDouble:
		return d[0], nil
	case []complex64:
		return d[0], nil
	case []complex128:
		return d[0], nil
	case []string:
		return d[0], nil
	case [][]byte:
		return d[0], nil
	case []Datetime64:
		if d[0] == NaT {
			return nil, nil
		}
		t, err := moment(int64(d[0]), a.DType.Unit)
		return Naive(t), err
	case []Timedelta64:
		if d[0] == NaT {
			return nil, nil
		}
		return span(int64(d[0]), a.DType.Unit)
	}
	return a, nil
}
