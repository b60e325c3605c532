package codec

import (
	"fmt"
	"math"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Series is a pandas Series: a name and a table of one column, its index
// marked as in a DataFrame's.
type Series struct {
	Name  string
	Table arrow.Table
}

// Index is a pandas Index by itself: a table whose columns are its levels.
type Index struct{ Table arrow.Table }

// A DataFrame is kept as blocks of columns of one type. Three forms are read:
// pandas 1.3 and later call _unpickle_block for each block of a frame; before,
// and for a Series until today, the manager's state holds the blocks under
// "0.14.1".

// manager is what a BlockManager holds.
type manager struct {
	axes   []any
	blocks []block
}

type block struct {
	values any // an array, or one of pandas' own
	places any // of its columns: a slice or an array
}

// series is a column's values; nullable ones are of the pandas types that have
// a missing value of their own, such as Int64.
type series struct {
	arrow.Array
	nullable bool
}

// labels is an index: its columns, or a range.
type labels struct {
	names   []string
	columns []arrow.Array
	r       rangeIndex
	length  int64
}

func stateDict(c *pyCall) map[string]any {
	out := map[string]any{}
	for _, s := range c.states {
		if t, ok := s.(*pyTuple); ok { // (dict, slots)
			for _, item := range t.items {
				if d, ok := item.(*pyDict); ok {
					d.pairs.into(out)
				}
			}
		}
		if d, ok := s.(*pyDict); ok {
			d.pairs.into(out)
		}
	}
	return out
}

func (p pyPairs) into(out map[string]any) {
	for _, pair := range p {
		if name, ok := textOf(pair[0]); ok {
			out[name] = pair[1]
		}
	}
}

func firstOf(m map[string]any, names ...string) any {
	for _, n := range names {
		if v, ok := m[n]; ok {
			return v
		}
	}
	return nil
}

func asFrame(p *pickled, c *pyCall, depth int64) (any, error) {
	m, err := p.manager(firstOf(stateDict(c), "_mgr", "_data"))
	if err != nil {
		return nil, err
	}
	if len(m.axes) != 2 {
		return nil, malformed("a DataFrame of %d axes", len(m.axes))
	}
	heads, err := p.labels(m.axes[0], depth)
	if err != nil {
		return nil, fmt.Errorf("column names: %w", err)
	}
	rows, err := p.labels(m.axes[1], depth)
	if err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	if err := checkTable(rows.length, heads.length, p.l); err != nil {
		return nil, err
	}
	names, err := heads.texts()
	if err != nil {
		return nil, err
	}
	columns := make([]series, len(names))
	for _, b := range m.blocks {
		if err := p.spread(b, columns, rows.length, depth); err != nil {
			return nil, err
		}
	}
	return p.frame(names, columns, rows)
}

func asSeries(p *pickled, c *pyCall, depth int64) (any, error) {
	state := stateDict(c)
	m, err := p.manager(firstOf(state, "_mgr", "_data"))
	if err != nil {
		return nil, err
	}
	if len(m.axes) != 1 || len(m.blocks) != 1 {
		return nil, malformed("a Series of %d axes and %d blocks", len(m.axes), len(m.blocks))
	}
	rows, err := p.labels(m.axes[0], depth)
	if err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	parts, err := p.blockColumns(m.blocks[0].values, depth)
	if err != nil {
		return nil, err
	}
	if len(parts) != 1 {
		return nil, malformed("a Series of %d columns", len(parts))
	}
	name := ""
	if v := firstOf(state, "_name", "name"); v != nil {
		solved, err := p.value(v, depth)
		if err != nil {
			return nil, err
		}
		name = labelText(solved)
	}
	t, err := p.frame([]string{name}, parts, rows)
	if err != nil {
		return nil, err
	}
	return &Series{Name: name, Table: t}, nil
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

// frame puts columns and index together.
func (p *pickled) frame(names []string, columns []series, rows labels) (arrow.Table, error) {
	var fields []arrow.Field
	var all []arrow.Column
	nullable := map[string]bool{}
	add := func(name string, c series) error {
		a := c.Array
		nullable[name] = c.nullable
		if a == nil || int64(a.Len()) != rows.length {
			return malformed("column %q does not have %d rows", name, rows.length)
		}
		f := arrow.Field{Name: name, Type: a.DataType(), Nullable: true}
		fields = append(fields, f)
		all = append(all, *arrow.NewColumn(f, arrow.NewChunked(f.Type, []arrow.Array{a})))
		return nil
	}
	for i, name := range names {
		if err := add(name, columns[i]); err != nil {
			return nil, err
		}
	}
	var index []string
	for i, a := range rows.columns {
		name := rows.names[i]
		for _, taken := range names {
			if name == taken {
				name = ""
			}
		}
		if name == "" {
			name = fmt.Sprintf("__index_level_%d__", i)
		}
		index = append(index, name)
		if err := add(name, series{Array: a}); err != nil {
			return nil, err
		}
	}
	schema := withMeta(arrow.NewSchema(fields, nil), index, rows.r, rows.length, nullable)
	return array.NewTable(schema, all, rows.length), nil
}

func (p *pickled) manager(v any) (manager, error) {
	var m manager
	c, ok := v.(*pyCall)
	if !ok || !strings.HasPrefix(p.callee(c), "pandas.core.internals.managers.") {
		return m, malformed("no blocks")
	}
	list := func(v any) []any {
		switch v := v.(type) {
		case *pyList:
			return v.items
		case *pyTuple:
			return v.items
		}
		return nil
	}
	if len(c.args) >= 2 && len(c.states) == 0 { // (blocks, axes)
		m.axes = list(c.args[1])
		for _, b := range list(c.args[0]) {
			call, ok := b.(*pyCall)
			if !ok || len(call.args) < 2 {
				return m, malformed("no block")
			}
			m.blocks = append(m.blocks, block{call.args[0], call.args[1]})
		}
		return m, nil
	}
	if len(c.states) != 1 {
		return m, malformed("no blocks")
	}
	t, ok := c.states[0].(*pyTuple)
	if !ok || len(t.items) < 4 {
		return m, malformed("no blocks")
	}
	outer, ok := t.items[3].(*pyDict)
	if !ok {
		return m, malformed("no blocks")
	}
	state := map[string]any{}
	outer.pairs.into(state)
	inner, ok := state["0.14.1"].(*pyDict)
	if !ok {
		return m, malformed("blocks of an unknown form")
	}
	parts := map[string]any{}
	inner.pairs.into(parts)
	m.axes = list(parts["axes"])
	for _, b := range list(parts["blocks"]) {
		d, ok := b.(*pyDict)
		if !ok {
			return m, malformed("no block")
		}
		fields := map[string]any{}
		d.pairs.into(fields)
		m.blocks = append(m.blocks, block{fields["values"], fields["mgr_locs"]})
	}
	return m, nil
}

// places returns which columns a block holds.
func (p *pickled) places(v any, depth int64, columns int) ([]int, error) {
	var out []int
	if c, ok := v.(*pyCall); ok && p.callee(c) == "builtins.slice" && len(c.args) == 3 {
		args := append([]any(nil), c.args...)
		if args[2] == nil {
			args[2] = int64(1)
		}
		n, ok := integersOf(args)
		if !ok || n[2] == 0 {
			return nil, malformed("no places of columns")
		}
		for i := n[0]; (n[2] > 0 && i < n[1]) || (n[2] < 0 && i > n[1]); i += n[2] {
			if i < 0 || i >= int64(columns) || len(out) > columns {
				return nil, malformed("no place %d among %d columns", i, columns)
			}
			out = append(out, int(i))
		}
		return out, nil
	}
	solved, err := p.value(v, depth)
	if err != nil {
		return nil, err
	}
	a, ok := solved.(*NDArray)
	if !ok {
		return nil, malformed("no places of columns")
	}
	floats, err := a.Float64s()
	if err != nil {
		return nil, err
	}
	for _, f := range floats {
		if f < 0 || f >= float64(columns) {
			return nil, malformed("no place %g among %d columns", f, columns)
		}
		out = append(out, int(f))
	}
	return out, nil
}

// spread puts a block's columns where they belong.
func (p *pickled) spread(b block, columns []series, rows, depth int64) error {
	places, err := p.places(b.places, depth, len(columns))
	if err != nil {
		return err
	}
	parts, err := p.blockColumns(b.values, depth)
	if err != nil {
		return err
	}
	if len(parts) != len(places) {
		return malformed("a block of %d columns for %d places", len(parts), len(places))
	}
	for i, at := range places {
		if columns[at].Array != nil || int64(parts[i].Len()) != rows {
			return malformed("two columns at place %d, or one of another length", at)
		}
		columns[at] = parts[i]
	}
	return nil
}

// blockColumns takes a block apart: an array of two dimensions holds a column
// in each row, everything else is one column.
func (p *pickled) blockColumns(v any, depth int64) ([]series, error) {
	ext, err := p.extension(v, depth)
	if err != nil {
		return nil, err
	}
	if ext.values == nil || len(ext.values.Shape) != 2 {
		a, err := ext.array(p)
		return []series{{a, ext.mask != nil}}, err
	}
	n, m := ext.values.Shape[0], ext.values.Shape[1]
	out := make([]series, n)
	for i := range out {
		one := ext
		one.values = &NDArray{DType: ext.values.DType, Shape: []int{m}, Data: sliced(ext.values.Data, i*m, (i+1)*m)}
		if out[i].Array, err = one.array(p); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (p *pickled) column(v any, depth int64) (arrow.Array, error) {
	ext, err := p.extension(v, depth)
	if err != nil {
		return nil, err
	}
	return ext.array(p)
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
