package codec

import (
	"fmt"
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
