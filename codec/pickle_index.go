package codec

import (
	"fmt"
	"math"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// labels is an index: its columns, or a range.
type labels struct {
	names   []string
	columns []arrow.Array
	r       rangeIndex
	length  int64
}

// asIndex is an index by itself.
func asIndex(p *pickled, c *pyCall, depth int64) (any, error) {
	rows, err := p.labels(c, depth)
	if err != nil {
		return nil, err
	}
	t, err := p.frame(nil, nil, rows)
	if err != nil {
		return nil, err
	}
	return &Index{t}, nil
}

// texts are a frame's column names as texts: pandas' tuples and numbers are
// printed, as pyarrow does.
func (l labels) texts() ([]string, error) {
	out := make([]string, l.length)
	for i := range out {
		switch {
		case len(l.columns) == 0:
			out[i] = fmt.Sprint(l.r.start + int64(i)*l.r.step)
		case len(l.columns) == 1:
			out[i] = plainCell(l.columns[0], i)
			if d, ok := l.columns[0].(*array.Dictionary); ok {
				out[i] = plainCell(d.Dictionary(), d.GetValueIndex(i))
			}
		default:
			parts := make([]string, len(l.columns))
			for k, c := range l.columns {
				parts[k] = plainCell(c, i)
				if arrow.IsBaseBinary(c.DataType().ID()) {
					parts[k] = pyRepr(parts[k])
				}
			}
			out[i] = "(" + strings.Join(parts, ", ") + ")"
		}
	}
	return out, nil
}

func labelText(v any) string {
	if v == nil {
		return ""
	}
	if s, ok := v.(string); ok {
		return s
	}
	return PyRepr(v)
}

// labels reads an index.
func (p *pickled) labels(v any, depth int64) (labels, error) {
	defer p.leave()
	if err := p.enter(); err != nil {
		return labels{}, err
	}
	c, ok := v.(*pyCall)
	if !ok || len(c.args) != 2 || !strings.HasPrefix(p.callee(c), "pandas.core.indexes.") {
		return labels{}, malformed("no index")
	}
	class, ok := c.args[0].(*pyGlobal)
	d, also := c.args[1].(*pyDict)
	if !ok || !also {
		return labels{}, malformed("no index")
	}
	state := map[string]any{}
	d.pairs.into(state)
	name := ""
	if state["name"] != nil {
		v, err := p.value(state["name"], depth)
		if err != nil {
			return labels{}, err
		}
		name = labelText(v)
	}
	switch class.name {
	case "RangeIndex":
		return rangeLabels(name, state)
	case "MultiIndex":
		return p.multiLabels(state, depth)
	}
	a, err := p.column(state["data"], depth)
	if err != nil {
		return labels{}, err
	}
	return labels{names: []string{name}, columns: []arrow.Array{a}, length: int64(a.Len())}, nil
}

func rangeLabels(name string, state map[string]any) (labels, error) {
	n, ok := integersOf([]any{state["start"], state["stop"], state["step"]})
	if !ok || n[2] == 0 || abs(n[0]) > math.MaxInt32*1000 || abs(n[1]) > math.MaxInt32*1000 {
		return labels{}, malformed("no range")
	}
	length := (n[1] - n[0] + n[2] - n[2]/abs(n[2])) / n[2]
	return labels{r: rangeIndex{name: name, start: n[0], step: n[2]}, length: max(length, 0)}, nil
}

// multiLabels reads levels and the codes that point into them.
func (p *pickled) multiLabels(state map[string]any, depth int64) (labels, error) {
	items := func(v any) []any {
		switch v := v.(type) {
		case *pyList:
			return v.items
		case *pyTuple:
			return v.items
		case *pyCall: // pandas 1 wraps its lists in FrozenList
			if len(v.args) == 1 {
				switch a := v.args[0].(type) {
				case *pyList:
					return a.items
				case *pyTuple:
					return a.items
				}
			}
		}
		return nil
	}
	levels, codes, names := items(state["levels"]), items(firstOf(state, "codes", "labels")), items(state["names"])
	if len(levels) == 0 || len(codes) != len(levels) || int64(len(levels)) > p.l.Depth {
		return labels{}, malformed("no levels of an index")
	}
	var out labels
	for i := range levels {
		level, err := p.labels(levels[i], depth)
		if err != nil {
			return out, err
		}
		if len(level.columns) == 0 {
			a, err := p.numbers(level)
			if err != nil {
				return out, err
			}
			level.columns = []arrow.Array{a}
		}
		at, err := p.value(codes[i], depth)
		if err != nil {
			return out, err
		}
		a, ok := at.(*NDArray)
		if !ok || len(a.Shape) != 1 || (i > 0 && int64(a.Len()) != out.length) {
			return out, malformed("no codes of an index")
		}
		values, err := p.taken(level.columns[0], a)
		if err != nil {
			return out, err
		}
		out.length = int64(a.Len())
		out.columns = append(out.columns, values)
		name := ""
		if i < len(names) && names[i] != nil {
			v, err := p.value(names[i], depth)
			if err != nil {
				return out, err
			}
			name = labelText(v)
		}
		out.names = append(out.names, name)
	}
	return out, nil
}

// numbers writes a range out.
func (p *pickled) numbers(l labels) (arrow.Array, error) {
	if err := p.l.rows(l.length); err != nil {
		return nil, err
	}
	b := array.NewInt64Builder(p.mem)
	for i := range l.length {
		b.Append(l.r.start + i*l.r.step)
	}
	return b.NewArray(), nil
}

// taken picks elements by their places; -1 is a missing one.
func (p *pickled) taken(from arrow.Array, places *NDArray) (arrow.Array, error) {
	at, err := places.Float64s()
	if err != nil {
		return nil, err
	}
	b := array.NewBuilder(p.mem, from.DataType())
	defer b.Release()
	for _, f := range at {
		switch {
		case f == -1:
			b.AppendNull()
		case f < 0 || f >= float64(from.Len()):
			return nil, malformed("no element %g of %d", f, from.Len())
		default:
			if err := appendFrom(b, from, int(f)); err != nil {
				return nil, err
			}
		}
	}
	return b.NewArray(), nil
}
